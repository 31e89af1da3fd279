"""Two colleagues of a department send a part of one pack each: all is merged, 提交台账 shows each mail, and the department counts once.

They cut the pack as people do: one deletes the rows of the other, one deletes a whole sheet.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from small_project import DAY, DEPARTMENTS, WEEK, Project, stamp
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.forms import load
from collab_xl.model.record import replace
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

MARKET, LABS = "市场部", "研发部"
LI, ZHANG = "li@example.com", "zhang@example.com"
MONDAY_AFTER = datetime(2026, 11, 23, 10)
LIS = {("tasks", "RW-001"): {"progress": "70%", "risk": "缺人", "measure": "加人"}}
ZHANGS = {
    ("tasks", "RW-003"): {"progress": "30%", "risk": "素材晚", "measure": "催"},
    ("problems", "+0"): {"task_id": "RW-003", "description": "素材没有授权", "level": "一般", "raised_by": "张*"},
}


@pytest.fixture(scope="module", params=["zh", pytest.param("en", marks=pytest.mark.slow)])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    market, labs = DEPARTMENTS
    people = (replace(market, emails=(LI, ZHANG)), labs)
    project = Project.start(tmp_path_factory.mktemp("parts"), request.param, departments=people)
    project.issue()
    return project


@pytest.fixture
def project(base: Project, tmp_path: Path) -> Project:
    return base.copy(tmp_path / "p")


def parts(project: Project) -> tuple[Path, Path]:
    """The mails of the two: Li's with the first task only, Zhang's with the other task and without the requirements."""
    first = cut(project, project.reply(MARKET, LIS, "li", 10), rows={"RW-003"}, sheets=["problems"])
    second = cut(project, project.reply(MARKET, ZHANGS, "zhang", 11), rows={"RW-001"}, sheets=["requirements"])
    return mailed(project, first, LI), mailed(project, second, ZHANG)


def cut(project: Project, path: Path, *, rows: set[str], sheets: Sequence[str]) -> Path:
    """The file without these tasks and sheets."""
    workbook = workbook_at(path)
    tasks = load().form("tasks")
    for sheet in list(workbook):
        if any(load().form(form).table in sheet.tables for form in sheets):
            del workbook[sheet.title]
        elif tasks.table in sheet.tables:
            for row in reversed(range(1, sheet.max_row + 1)):
                if any(sheet.cell(row, col).value in rows for col in range(1, 4)):
                    for col in range(1, sheet.max_column + 1):
                        sheet.cell(row, col).value = None
    workbook.save(path)
    stamp(path, datetime(2026, 11, 20, 10 if "li" in path.name else 11))
    return path


def mailed(project: Project, file: Path, sender: str) -> Path:
    message = EmailMessage()
    message["From"], message["Subject"], message["Message-ID"] = sender, "W47", f"<{file.stem}@example.com>"
    message["Date"] = f"Fri, 20 Nov 2026 {10 if sender == LI else 11}:30:00 +0800"
    message.set_content("见附件")
    message.add_attachment(file.read_bytes(), "application", "octet-stream", filename=file.name)
    path = project.folder / f"{file.stem}.eml"
    path.write_bytes(bytes(message))
    file.unlink()
    return path


def codes(report: Report, project: Project) -> list[tuple[object, object]]:
    return [(row["code"], row["row_key"]) for row in project.listed("findings") if row["code"] == "M101"]


def merged(project: Project) -> tuple[object, ...]:
    problems = [row for row in project.data()["problems"].values() if "素材没有授权" in row.values()]
    return (project.value("tasks", "RW-001", "progress"), project.value("tasks", "RW-003", "progress"), len(problems))


def status(project: Project) -> dict[str, object]:
    return dict(verbs.status(project.master, as_of=DAY, week=WEEK, lang=project.lang).json)


@pytest.mark.parametrize("order", list(itertools.permutations((0, 1))))
def test_the_parts_are_one_department(project: Project, order: tuple[int, int]) -> None:
    mails = parts(project)
    with clock.at(datetime(2026, 11, 20, 15)):
        report = project.consolidate(*(mails[n] for n in order))
    assert [i["state"] for i in report.json["items"]] == ["accepted", "accepted"]
    assert merged(project) == (0.7, 0.3, 1)
    assert report.json["conflicts"] == []
    assert codes(report, project) == []  # each row came back, with one or the other
    lines = [row for row in project.listed("submissions") if row["department"] == MARKET]
    assert [(row["sender"], row["state"]) for row in sorted(lines, key=lambda row: str(row["sender"]))] == [
        (LI, text("model.state.consolidated", project.lang)),
        (ZHANG, text("model.state.consolidated", project.lang)),
    ]
    now = status(project)
    assert {s["department"]: s["state"] for s in now["states"]} == {MARKET: "consolidated", LABS: "not_in"}  # type: ignore[attr-defined]
    assert now["missing"] == [LABS]
    page = verbs.week(project.master, as_of=DAY, week=WEEK, lang=project.lang).json
    assert sorted((d["name"], d["submitted"]) for d in page["departments"]) == sorted([(MARKET, "on_time"), (LABS, "missing")])
    with clock.at(MONDAY_AFTER):
        chased = verbs.send(project.master, what="chase", as_of=DAY, write=False, lang=project.lang, progress=no_progress)
    assert [m["department"] for m in chased.json["mails"]] == [LABS]


def test_the_second_part_completes_the_first(project: Project) -> None:
    mails = parts(project)
    first = project.consolidate(mails[0])
    assert codes(first, project) == [("M101", "RW-003")]
    second = project.consolidate(mails[1])
    assert codes(second, project) == []
    assert merged(project) == (0.7, 0.3, 1)
    assert [s["state"] for s in status(project)["states"] if s["department"] == MARKET] == ["consolidated"]  # type: ignore[attr-defined]


def test_the_department_is_done_only_when_each_part_is(project: Project) -> None:
    mails = parts(project)
    project.consolidate(mails[0])
    verbs.collect(project.master, [mails[1]], as_of=DAY, lang=project.lang, progress=no_progress)
    assert [s["state"] for s in status(project)["states"] if s["department"] == MARKET] == ["ready"]  # type: ignore[attr-defined]
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    assert status(project)["missing"] == [LABS]


def test_a_part_can_be_taken_out_alone(project: Project) -> None:
    mails = parts(project)
    project.consolidate(*mails)
    verbs.undo(project.master, submission="zhang.xlsx", confirmed=True, as_of=DAY, lang=project.lang)
    assert merged(project) == (0.7, 0, 0)
