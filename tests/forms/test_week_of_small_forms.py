"""Forms that lack roles and have the newer kinds, from issue to undo, on a master on disk; then one of them is removed from use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from e2e.small_project import DAY, DEPARTMENTS, MONDAY, Project
from forms.forms_of_tests import installed, written
from forms.small_forms import NEEDS, NEWS
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.demo import desk
from collab_xl.forms import load
from collab_xl.model.values import Value
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

ROWS: dict[str, list[dict[str, Value]]] = {
    "news": [{"no": "GG-01", "topic": "例会改到周二", "since": DAY}],
    "needs": [
        {"no": "ZJ-001", "what": "测试人力", "unit": "研发部", "wanted": 5, "fixed": True, "areas": ("east", "north")},
        {"no": "ZJ-002", "what": "展位", "unit": "市场部", "wanted": 2.5, "fixed": False, "areas": ("rd",)},
    ],
}


@pytest.fixture(params=["zh", "en"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with installed(written(tmp_path / "forms", NEWS, NEEDS, texts={})):
        made = Project(tmp_path, request.param)
        with clock.at(MONDAY):
            verbs.init(made.master, project="资源", departments=DEPARTMENTS, lang=made.lang, as_of=DAY, forms="full")
        desk.fill_in(made.master, ROWS, made.lang, DAY)
        made.issue()
        yield made


def row(project: Project, form: str, key: str) -> dict[str, object]:
    """A row of the master by field id, as its cells are."""
    line = project.data()[form][key]
    return {f.id: line[f.heading[project.lang]] for f in load().form(form).fields if f.heading[project.lang] in line}


def test_a_week_with_them(project: Project) -> None:
    zh = project.lang == "zh"
    before = project.data()
    filled = {
        ("needs", "ZJ-001"): {"wanted": "8人", "fixed": "×", "areas": "华北、研/发" if zh else "North, R/D"},
        ("needs", "+0"): {"what": "测试机", "wanted": 3, "fixed": "☑"},
    }
    seen: dict[tuple[str, str], dict[str, object]] = {("news", "GG-01"): {"said": "不同意"}}
    report = project.consolidate(project.reply("研发部", filled, "研发部"), project.reply("市场部", seen, "市场部"))
    assert {k: v for k, v in row(project, "needs", "ZJ-001").items() if k in ("wanted", "fixed", "areas")} == {
        "wanted": 8, "fixed": "否" if zh else "No", "areas": "华北、研/发" if zh else "North, R/D",
    }  # fmt: skip
    assert row(project, "needs", "ZJ-003") == {
        "no": "ZJ-003",
        "what": "测试机",
        "unit": "研发部",
        "wanted": 3,
        "fixed": "是" if zh else "Yes",
    }
    assert [(c["row_id"], c["field"]) for c in report.json["conflicts"]] == [("GG-01", "said")], "nobody's: a question of rights"
    assert row(project, "news", "GG-01").get("said") is None
    assert project.consolidate(project.folder / "inbox").json["run"] is None, "again it changes nothing"
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    assert project.data() == before


def test_a_tracker_of_theirs_is_taken_over(project: Project) -> None:
    tracker = project.folder / "别处.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["资源内容", "归口部门", "申请数量", "是否刚性", "适用区域"])
    book.active.append(["评测服务", "研发部", "20万", "√", "华东"])
    book.active.append(["测试人力", "研发部", 5, "是", None])
    book.save(tracker)
    report = verbs.import_tracker(project.master, [tracker], as_of=DAY, confirmed=True, lang=project.lang)
    assert (report.json["written"], report.json["skipped"]) == (1, ["ZJ-001"])
    assert row(project, "needs", "ZJ-003")["wanted"] == 200_000


def test_a_master_is_taken_over_with_its_forms(project: Project) -> None:
    new = project.folder / "新主表.xlsx"
    report = verbs.import_tracker(new, [project.master], as_of=DAY, confirmed=True, lang=project.lang)
    assert report.json["written"] == 3
    assert desk.values(new, project.lang)["needs"] == desk.values(project.master, project.lang)["needs"]


def test_rows_of_a_form_taken_out_of_use_are_reported_and_nothing_is_lost(project: Project) -> None:
    reply = project.reply("研发部", {("needs", "ZJ-001"): {"wanted": 8}, ("needs", "+0"): {"what": "测试机"}}, "研发部")
    book = workbook_at(project.master)
    hidden = book["_collab"]
    cell = next(line[1] for line in hidden.iter_rows() if line[0].value == "forms")
    cell.value = " ".join(word for word in str(cell.value).split() if not word.startswith("needs:"))
    book.save(project.master)
    preview = verbs.preview(project.master, [reply], as_of=DAY, lang=project.lang, progress=no_progress)
    assert [(s["edits"], s["excluded"]) for s in preview.json["submissions"]] == [(2, 2)]
    report = project.consolidate(reply)
    assert [(s["edits"], s["excluded"]) for s in report.json["submissions"]] == [(2, 2)]
    assert "M109" in [f["code"] for f in project.listed("findings")]
    assert row(project, "needs", "ZJ-001")["wanted"] == 5
    with clock.at(datetime(2026, 11, 20) + timedelta(hours=14)):
        again = verbs.issue(
            project.master, as_of=DAY, week="2026-W47", lang=project.lang, out=project.folder / "again", progress=no_progress
        )
    names = workbook_at(str(again.json["packs"][0]["file"])).sheetnames
    assert load().form("needs").sheet[project.lang] not in names
