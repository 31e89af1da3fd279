"""The reporting week in a project: Monday shows last week, a page that is frozen is shown as it was, and what came later is counted."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from e2e.small_project import Project

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

FRIDAY, MONDAY, NEXT_FRIDAY = datetime(2026, 11, 20, 18), datetime(2026, 11, 23, 9), datetime(2026, 11, 27, 18)


@pytest.fixture(params=LANGS)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project.again(tmp_path / "p", request.param)


def week(project: Project, moment: datetime, **said: object) -> Report:
    with clock.at(moment):
        return verbs.week(project.master, as_of=moment.date(), lang=project.lang, **said)  # type: ignore[arg-type]


def page(project: Project) -> dict[str, list[object]]:
    """Every cell of the weekly sheet and its charts' data, by name."""
    book = read_book(project.master)
    out: dict[str, list[object]] = {}
    for name, (sheet, area) in book.names.items():
        if name.startswith("wk_"):
            snapshot = book.snapshot(sheet)
            out[name] = [
                snapshot.value(row, col)
                for row in range(area.first_row, area.last_row + 1)
                for col in range(area.first_col, area.last_col + 1)
            ]
    assert len(out) > 40
    return out


def status(project: Project, moment: datetime, week: str | None = None) -> Report:
    with clock.at(moment):
        return verbs.status(project.master, as_of=moment.date(), week=week, lang=project.lang)


def issue(project: Project, moment: datetime) -> None:
    with clock.at(moment):
        verbs.issue(project.master, as_of=moment.date(), lang=project.lang, progress=no_progress)


def test_on_monday_the_page_is_that_of_last_week_also_after_the_new_packs(project: Project) -> None:
    issue(project, MONDAY)
    report = week(project, MONDAY)
    assert (report.json["week"], report.json["as_of"], report.json["frozen"]) == ("2026-W47", "2026-11-22", False)
    assert text("verbs.say.week_running", project.lang, running="2026-W48") in report.lines[1]
    assert status(project, MONDAY).json["reporting_week"] == "2026-W47"
    assert status(project, MONDAY).json["week"] == "2026-W48"
    assert week(project, MONDAY, week="W48").json["week"] == "2026-W48"


def test_a_frozen_page_is_shown_as_it_was_and_what_came_later_is_said(project: Project) -> None:
    """A late reply, and a page of another week in between: W47 looks as on the day it was made, to the last cell."""
    early = project.reply("市场部", {("tasks", "RW-001"): {"progress": 0.7}}, "市场部")
    with clock.at(FRIDAY):
        project.consolidate(early)
    first = week(project, FRIDAY)
    before = page(project)
    issue(project, MONDAY)
    late = project.reply("研发部", {("tasks", "RW-002"): {"progress": 0.6, "risk": "新的风险"}}, "研发部")
    with clock.at(NEXT_FRIDAY):
        project.consolidate(late)
    second = week(project, NEXT_FRIDAY)
    assert second.json["week"] == "2026-W48"
    said = text("plan.week.came_late", project.lang, week="2026-W47", cells=2)
    assert said in str(page(project)["wk_missing"][0]), "the next page says it"
    assert text("verbs.say.week_late", project.lang, week="2026-W47", cells=2) in second.lines
    assert page(project) != before
    again = week(project, NEXT_FRIDAY, week="2026-W47")
    assert page(project) == before
    assert (again.json["frozen"], again.json["came_late"]) == (True, 2)
    same = {name: value for name, value in again.json.items() if name not in ("frozen", "came_late")}
    assert json.dumps(same, sort_keys=True) == json.dumps({n: v for n, v in first.json.items() if n != "frozen"}, sort_keys=True)
    with clock.at(NEXT_FRIDAY):
        verbs.undo(project.master, as_of=NEXT_FRIDAY.date(), lang=project.lang, progress=no_progress)
    assert said in str(page(project)["wk_missing"][0]), "undo brings the newest page back"
    listed = {each["week"]: each["frozen"] for each in status(project, NEXT_FRIDAY).json["pages"]}
    assert listed == {"2026-W47": True, "2026-W48": False}


def test_the_reporting_week_is_made_anew_until_the_next_one_becomes_it(project: Project) -> None:
    week(project, FRIDAY)
    before = page(project)
    reply = project.reply(
        "市场部", {("tasks", "RW-001"): {"progress": 1, "status": "已完成", "actual_end": "2026-11-20", "deliverable": "问卷"}}, "市场部"
    )
    with clock.at(MONDAY):
        project.consolidate(reply)
    report = week(project, MONDAY)
    assert (report.json["week"], report.json["frozen"]) == ("2026-W47", False)
    assert page(project) != before


def test_a_week_nobody_made_is_counted_back_and_says_so(project: Project) -> None:
    report = week(project, FRIDAY, week="2026-W46", write=False)
    assert text("verbs.say.week_afterwards", project.lang, week="2026-W46") in report.lines


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("2026-W46", "2026-W46"), ("2026W46", "2026-W46"), ("W46", "2026-W46"), ("46", "2026-W46"), ("第46周", "2026-W46"),
        ("上周", "2026-W46"),
        ("last week", "2026-W46"), ("本周", "2026-W47"), ("This Week", "2026-W47"), ("2026-11-13", "2026-W46"), ("2026/11/13", "2026-W46"),
        ("11月13日", "2026-W46"), ("2026年11月13日", "2026-W46"), ("13 Nov 2026", "2026-W46"), ("W1", "2027-W01"), ("1月4日", "2027-W01"),
        (" w47 ", "2026-W47"),
    ],
)  # fmt: skip
def test_a_week_is_understood_as_people_write_it(said: str, means: str, tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p")
    assert status(project, FRIDAY, said).json["chosen_week"] == means


@pytest.mark.parametrize("said", ["soon", "W54", "0", "2026-W54", "2026-02-30", "明年", "7/8/2026x"])
def test_what_is_no_week_is_wrong_usage(said: str, tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p")
    with pytest.raises(CollabError) as refused:
        status(project, FRIDAY, said)
    assert (refused.value.code, refused.value.exit_code) == ("usage_week", 2)


def test_the_home_sheet_shows_the_light_of_the_page_that_is_there(project: Project) -> None:
    """After making a page, after showing an older one again, and after taking it back; and that its week is done."""

    def home() -> dict[str, object]:
        book = read_book(project.master)
        cells = {name: (sheet, area.first_row, area.first_col) for name, (sheet, area) in book.names.items()}
        pairs = {"home_light": "wk_rag", "home_reason": "wk_reason", "home_period": "wk_period"}
        shown = {name: book.snapshot(cells[name][0]).value(*cells[name][1:]) for name in (*pairs, *pairs.values(), "home_step_week")}
        assert {name: shown[name] for name in pairs} == {name: shown[theirs] for name, theirs in pairs.items()}
        return shown

    week(project, MONDAY)
    made = home()
    assert str(made["home_step_week"]).startswith("✓")
    issue(project, MONDAY)
    week(project, MONDAY, week="W48")
    assert home()["home_period"] != made["home_period"]
    week(project, NEXT_FRIDAY, week="W47")
    assert home()["home_period"] == made["home_period"]
