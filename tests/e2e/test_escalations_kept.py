"""升级清单 in a project: what the PMO types stays, an entry is closed when it is over, and undo takes back what a run made of it."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import pytest
from small_project import DEPARTMENTS, Project, type_into
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.forms import load
from collab_xl.model.record import replace
from collab_xl.verbs.times import clock

FRIDAY, MONDAY, THURSDAY = date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 26)


@pytest.fixture(params=["zh", "en"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project.again(tmp_path / "p", request.param, issued=False)


def flag(project: Project, day: date) -> list[dict[str, object]]:
    verbs.flag(project.master, as_of=day, lang=project.lang)
    return project.listed("escalations")


def put(project: Project, row: int, column: str, value: object) -> None:
    """What the PMO types into a cell of the list; `row` counts from 0."""
    service = load().service("escalations")
    ref = read_book(project.master).tables[service.table]
    wanted = next(c for c in service.columns if c.id == column).heading[project.lang]
    type_into(project.master, ref.sheet, {(ref.data.first_row + row, ref.area.first_col + ref.headings.index(wanted)): value})


def word(project: Project, state: str) -> str:
    return text(f"model.escalation.{state}", project.lang)


def test_what_was_typed_stays_and_what_is_over_is_closed(project: Project) -> None:
    first, *others = flag(project, FRIDAY)
    assert (first["state"], first["since"], first["answer_by"], first["level"]) == (word(project, "to_tell"), FRIDAY, MONDAY, 1)
    put(project, 0, "told_at", FRIDAY)
    put(project, 0, "ruling", "延期一周")
    put(project, 0, "reply_at", "电话里说的")
    now, *rest = flag(project, THURSDAY)
    assert (now["row_key"], now["since"], now["answer_by"]) == (first["row_key"], FRIDAY, MONDAY)
    assert (now["told_at"], now["reply_at"], now["ruling"]) == (FRIDAY, "电话里说的", "延期一周")
    assert (now["state"], now["level"]) == (word(project, "ruled"), 1)
    assert {row["level"] for row in rest if row["since"] == FRIDAY} <= {2}  # nobody has answered those
    before = [dict(row) for row in project.listed("escalations")]

    ref = read_book(project.master).tables["Tasks"]
    sheet = read_book(project.master).snapshot(ref.sheet)
    key_col, end = (
        ref.area.first_col + ref.headings.index(load().form("tasks").field(f).heading[project.lang]) for f in ("task_id", "end")
    )
    (row,) = (r for r in range(ref.data.first_row, ref.data.last_row + 1) if sheet.value(r, key_col) == first["row_key"])
    type_into(project.master, ref.sheet, {(row, end): date(2027, 1, 29)})
    *_, last = flag(project, date(2026, 11, 27))
    assert (last["row_key"], last["state"], last["closed_at"]) == (first["row_key"], word(project, "ended"), date(2026, 11, 27))
    assert (last["ruling"], last["days"]) == ("延期一周", None)
    verbs.undo(project.master, as_of=date(2026, 11, 27), lang=project.lang)
    verbs.flag(project.master, as_of=THURSDAY, lang=project.lang)
    type_into(project.master, ref.sheet, {(row, end): sheet.value(row, end)})
    assert [row for row in flag(project, THURSDAY) if row["closed_at"] is None] == before
    assert len(others) == len(rest)


def test_a_row_that_was_deleted_from_the_list_comes_back_with_what_was_typed(project: Project) -> None:
    flag(project, FRIDAY)
    put(project, 0, "reply_at", MONDAY)
    first, *_ = flag(project, MONDAY)
    ref = read_book(project.master).tables["Escalations"]
    empty = {(ref.data.first_row, col): None for col in range(ref.area.first_col, ref.area.last_col + 1)}
    type_into(project.master, ref.sheet, empty)
    assert flag(project, MONDAY)[0] == first
    assert first["reply_at"] == MONDAY


def test_an_older_sheet_without_the_columns_is_filled_as_before(project: Project) -> None:
    flag(project, FRIDAY)
    book = workbook_at(project.master)
    sheet = book[read_book(project.master).tables["Escalations"].sheet]
    table = sheet.tables["Escalations"]
    headings = {c.heading[project.lang]: c.id for c in load().service("escalations").columns if c.id in ("since", "told_at", "reply_at")}
    for cell in (cell for row in sheet[table.ref][:1] for cell in row if cell.value in headings):
        next(c for c in table.tableColumns if c.name == cell.value).name = cell.value = f"我的 {headings[cell.value]}"
    book.save(project.master)
    rows = flag(project, MONDAY)
    assert {row["answer_by"] for row in rows} == {MONDAY}  # the register is in the ledger


def test_the_running_clocks_are_listed_with_the_answers_that_are_due(project: Project) -> None:
    rows = flag(project, FRIDAY)
    waiting = {row["row_key"]: row for row in project.listed("clocks") if row["waits"] == text("plan.clock.answer", project.lang)}
    assert waiting.keys() == {row["row_key"] for row in rows}
    assert {row["until"] for row in waiting.values()} == {MONDAY}
    put(project, 0, "reply_at", MONDAY)
    flag(project, MONDAY)
    answered = {row["row_key"] for row in project.listed("clocks") if row["waits"] == text("plan.clock.answer", project.lang)}
    assert rows[0]["row_key"] not in answered


def test_a_day_without_an_hour_is_shown_without_one(project: Project) -> None:
    """2026-11-23 means its end: `2026-11-23 00:00` would say its beginning."""
    sheet = workbook_at(project.master)[read_book(project.master).tables["Clocks"].sheet]
    rules = [rule for area in sheet.conditional_formatting for rule in area.rules if rule.dxf and rule.dxf.numFmt]
    assert [(rule.dxf.numFmt.formatCode, "INT(" in rule.formula[0]) for rule in rules] == [("yyyy-mm-dd", True)] * 2


def test_what_is_escalated_again_weeks_later_is_told_again(tmp_path: Path) -> None:
    """It counted as told, with the day of the first mail, and went on to the decision layer as unanswered: nobody had heard of it."""
    people = [replace(d, superior_mail="s@example.com", sponsor_mail="f@example.com") for d in DEPARTMENTS]
    project = Project.start(tmp_path, departments=people)
    weeks_later = date(2026, 12, 17)

    def told(day: date) -> int:
        with clock.at(datetime.combine(day, time(10))):
            mails = verbs.send(project.master, "escalate", as_of=day, lang="zh").json["mails"]
            verbs.send(project.master, "escalate", sure=["all"], as_of=day, lang="zh")
        return len(mails)

    flag(project, FRIDAY)
    assert (told(FRIDAY), told(FRIDAY)) == (1, 0)
    project.type(("tasks", "RW-001", "status", "done"), ("tasks", "RW-001", "actual_end", MONDAY))
    assert [row["state"] for row in flag(project, MONDAY) if _key(row) == "RW-001"] == [word(project, "ended")]
    project.type(("tasks", "RW-001", "status", "in_progress"), ("tasks", "RW-001", "actual_end", None))
    project.type(*(("tasks", other, "status", "done") for other in ("RW-002", "RW-003")))  # the mail is about RW-001 alone
    again = [row for row in flag(project, weeks_later) if _key(row) == "RW-001"]
    assert [(row["state"], row["since"], row["told_at"]) for row in again] == [
        (word(project, "to_tell"), weeks_later, None),
        (word(project, "ended"), FRIDAY, FRIDAY),
    ]
    assert (told(weeks_later), told(weeks_later)) == (1, 0)


def _key(row: dict[str, object]) -> str:
    return str(getattr(row["row_key"], "text", row["row_key"]))
