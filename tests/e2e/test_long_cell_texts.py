"""A cell filled to Excel's limit: the lists show its beginning, nobody else is held up, and the data keep every character."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_project import DAY, Project

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.errors import CONFLICTS, FINDINGS, OK
from collab_xl.model.cell_text import MAX_TEXT, text_length

LONG = "长" * 32_760
"""A legal text; with the department and the time after it, it is longer than a cell holds."""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_conflict_about_a_full_cell_stops_nobody_and_is_resolved_with_the_whole_text(tmp_path: Path, lang: str) -> None:
    project = Project.start(tmp_path, lang)
    project.issue()
    project.type(("tasks", "RW-001", "risk", "PMO 写的"), ("tasks", "RW-001", "remark", LONG))
    ours = project.reply("市场部", {("tasks", "RW-001"): {"risk": LONG, "remark": LONG[:-1] + "短"}}, "市场部")
    other = project.reply("研发部", {("tasks", "RW-002"): {"risk": "正常"}}, "研发部")
    assert verbs.preview(project.master, [ours, other], as_of=DAY, lang=lang, progress=lambda *a: None).exit_code == CONFLICTS
    assert project.consolidate(ours, other).exit_code == CONFLICTS
    assert project.value("tasks", "RW-002", "risk") == "正常"
    shown = {row["field"]: row for row in project.listed("conflicts")}
    assert len(shown) == 2
    for row in shown.values():
        assert "…" in str(row["candidates"])
        assert "市场部" in str(row["candidates"])[-60:]
        assert all(text_length(str(value)) <= MAX_TEXT for value in row.values())
    before = project.master.read_bytes()
    assert project.consolidate().exit_code == CONFLICTS, "nothing new, nothing in the way"
    assert project.master.read_bytes() == before
    project.decide(RW_001=(text("model.word.take_submission", lang), None))
    assert verbs.resolve(project.master, as_of=DAY, lang=lang).exit_code in (OK, FINDINGS)
    assert project.value("tasks", "RW-001", "risk") == LONG
    assert project.value("tasks", "RW-001", "remark") == LONG[:-1] + "短"
    assert LONG in {row["new"] for row in project.listed("changes")}, "what fits a cell is shown whole"


def test_a_master_full_of_long_texts_is_checked_flagged_reported_and_issued(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    names = ("name", "owner", "risk", "late_reason", "measure")
    project.type(*(("tasks", "RW-001", field, LONG) for field in names), ("tasks", "RW-002", "dept", LONG))
    project.type(("problems", "WT-001", "description", LONG))
    for verb in (verbs.check, verbs.flag, verbs.week):
        assert verb(project.master, as_of=DAY, lang="zh").exit_code in (FINDINGS, CONFLICTS)
    project.issue()
    assert any(row["code"] == "P401" and str(row["message"]).endswith("不在部门与接口人表里。") for row in project.listed("findings"))
    assert project.value("tasks", "RW-001", "name") == LONG


def test_a_row_with_several_long_answers_goes_back_to_its_department(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    project.issue()
    wrong = {"progress": LONG, "status": LONG, "actual_end": LONG}
    report = project.consolidate(project.reply("市场部", {("tasks", "RW-001"): wrong}, "市场部"))
    assert report.exit_code == FINDINGS
    (returned,) = tmp_path.glob("主表.collab/returned/*/市场部/*.xlsx")
    book = read_book(returned)
    for sheet in book.sheets:
        texts = [value for row in book.snapshot(sheet).cells for value in row if isinstance(value, str)]
        assert all(text_length(words) <= MAX_TEXT for words in texts), sheet
