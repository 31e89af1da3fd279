"""What cells say of a column whose heading says nothing becomes a question, and nothing is read before the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sheets_as_typed import context, only
from sheets_as_typed import read as read_in

from collab_xl.read.cells_alone import _ORDER, _in_order
from collab_xl.read.sheet import Parsed

WORK = ["Dig the trench for the pipe", "Lay the pipe and fill up", "Pave the yard anew", "Plant trees along the wall", "Put up the fence"]
FAULTS = [
    "The gate squeaks at night",
    "The lamp is too dim to read",
    "Rain runs into the cellar",
    "The bell rings by itself",
    "A tile fell",
]
DAYS = [date(2026, 9, 7) + timedelta(days=7 * n) for n in range(5)]
LATER = [day + timedelta(days=4) for day in DAYS]
PEOPLE = ["Ann Lee", "Bob Ray", "Ann Lee", "Cy Fox", "Bob Ray"]
STATES = ["Done", "Done", "In progress", "To do", "To do"]


def suggested(headings: Sequence[str], *columns: Sequence[object], sheet: str = "Tasks") -> dict[str, str]:
    """Heading → the field that is suggested, of a sheet of these columns."""
    parsed = read_in([list(headings), *map(list, zip(*columns, strict=True))], context("en"), sheet=sheet)
    assert len(parsed.tables) == 1
    return {q.found: q.suggestion for q in parsed.questions if q.kind == "heading"}


def parsed_tasks(*columns: Sequence[object], headings: Sequence[str]) -> Parsed:
    return read_in([list(headings), *map(list, zip(*columns, strict=True))], context("en"), sheet="Tasks")


def test_days_are_told_by_the_days_that_are_named() -> None:
    names = ("Task ID", "Task name", "Owner")
    ids = [f"A-{n}" for n in range(1, 6)]
    both = suggested((*names, "Quebec", "Due date"), ids, WORK, PEOPLE, DAYS, LATER)
    assert both == {"Quebec": "start"}
    other = suggested((*names, "Start date", "Quebec"), ids, WORK, PEOPLE, DAYS, LATER)
    assert other == {"Quebec": "end"}
    two = suggested((*names, "Quebec", "Tango"), ids, WORK, PEOPLE, DAYS, LATER)
    assert two == {"Quebec": "start", "Tango": "end"}


@pytest.mark.parametrize(("heading", "field"), [("Baseline_Start", "start"), ("Quebec", "end")])
def test_a_word_for_the_beginning_in_a_heading_is_no_end(heading: str, field: str) -> None:
    ids = [f"A-{n}" for n in range(1, 6)]
    assert suggested(("Task ID", "Task name", "Owner", heading), ids, WORK, PEOPLE, DAYS) == {heading: field}


def test_predecessors_name_rows_above() -> None:
    ids = [f"A-{n}" for n in range(1, 6)]
    names = ("Task ID", "Task name", "Due date")
    before = [None, "A-1", "A-2fs", "A-2, A-3", "A-4"]
    assert suggested((*names, "Quebec"), ids, WORK, DAYS, before) == {"Quebec": "predecessors"}
    titles = [None, WORK[0], WORK[1], WORK[1], WORK[3]]
    assert suggested((*names, "Quebec"), ids, WORK, DAYS, titles) == {"Quebec": "predecessors"}
    below = ["A-2", "A-3", "A-4", "A-5", None]
    assert "Quebec" not in suggested((*names, "Quebec"), ids, WORK, DAYS, below)


def test_a_status_in_words_of_any_form() -> None:
    states = ["Open", "Open", "Closed", "Backlog", "Open"]
    assert suggested(("Task ID", "Task name", "Due date", "Quebec"), [f"A-{n}" for n in range(5)], WORK, DAYS, states) == {
        "Quebec": "status"
    }


def test_two_columns_of_people_are_who_raised_it_and_who_does_it() -> None:
    found = suggested(
        ("Issue ID", "Problem description", "Severity", "Quebec", "Tango"),
        [f"P-{n}" for n in range(5)], FAULTS, ["High", "Low", "Low", "High", "Low"], PEOPLE, PEOPLE[::-1], sheet="Issue log",
    )  # fmt: skip
    assert found == {"Quebec": "raised_by", "Tango": "owner"}


def test_short_words_that_recur_are_a_group_of_people_right_of_the_work_only() -> None:
    crews = ["north", "south", "north", "south", "north"]
    ids = [f"A-{n}" for n in range(5)]
    assert suggested(("Task ID", "Task name", "Due date", "Quebec"), ids, WORK, DAYS, crews) == {"Quebec": "owner"}
    assert suggested(("Task ID", "Quebec", "Task name", "Due date"), ids, crews, WORK, DAYS) == {}


def test_epic_is_no_person_in_charge() -> None:
    parsed = parsed_tasks(WORK, PEOPLE, DAYS, headings=("Task name", "Epic", "Due date"))
    assert "owner" not in only(parsed).columns


@pytest.mark.parametrize("heading", ["Duration", "Quarter", "Epic", "Effort", "Category"])
def test_a_heading_that_says_what_it_is_is_no_one(heading: str) -> None:
    ids = [f"A-{n}" for n in range(5)]
    assert suggested(("Task ID", "Task name", "Due date", heading), ids, WORK, DAYS, ["one", "two", "one", "two", "one"]) == {}


def test_shares_are_the_progress() -> None:
    ids = [f"A-{n}" for n in range(5)]
    found = suggested(("Task ID", "Task name", "Due date", "Quebec"), ids, WORK, DAYS, [1, 1, 0.6, 0.25, 0])
    assert found == {"Quebec": "progress"}


def test_how_often_people_are_told() -> None:
    found = suggested(
        ("Occasion", "Quebec", "Tango", "Attendees"),
        ["Steering group", "Team round", "Report to the sponsor", "Town hall"],
        ["Monthly", "Weekly", "Every Friday", "Twice a year"], ["Meeting", "Video call", "E-mail", "Meeting"],
        ["Board", "Team", "Sponsor", "All"],
        sheet="Communication plan",
    )  # fmt: skip
    assert found == {"Quebec": "frequency", "Tango": "way"}


def test_nothing_is_read_before_the_answer() -> None:
    parsed = parsed_tasks(WORK, PEOPLE, DAYS, STATES, headings=("Task name", "Owner", "Due date", "Quebec"))
    assert {q.found: q.suggestion for q in parsed.questions} == {"Quebec": "status"}
    assert "status" not in only(parsed).columns


def test_a_day_named_by_another_word_holds_days() -> None:
    texts = ["Basement is dry and clean", "Roof is closed for winter", "Keys are handed over", "Garden is planted", "Cellar is painted"]
    goals = ["Move in before winter", "Stay warm", "Sell the old flat", "Have a place to sit", "Store the wine"]
    parsed = read_in([["Goal", "Milestone", "Status"], *map(list, zip(goals, texts, STATES, strict=True))], context("en"), sheet="Goals")
    assert "due" not in only(parsed).columns


def test_a_number_may_be_a_month_and_a_day_where_the_heading_says_so() -> None:
    days = [5.13, 5.16, 5.13, 6.2, 6.11]
    rows = [
        list(r)
        for r in zip(["门口的灯不亮", "后门关不上", "水管漏水", "铃声乱响", "瓷砖脱落"], ["处理中"] * 5, ["王芳"] * 5, days, strict=True)
    ]
    parsed = read_in([["问题描述", "处理状态", "责任人", "预计完成时间"], *rows], context("zh"), sheet="问题清单")
    assert {q.found: q.suggestion for q in parsed.questions if q.kind == "heading"} == {"预计完成时间": "due"}


def test_of_two_meanings_the_one_that_is_free_is_suggested() -> None:
    rows = [list(r) for r in zip(["门口的灯不亮", "后门关不上", "水管漏水"], ["王芳"] * 3, DAYS[:3], LATER[:3], strict=True)]
    parsed = read_in([["问题描述", "责任人", "要求解决时间", "完成时间"], *rows], context("zh"), sheet="问题清单")
    assert {q.found: q.suggestion for q in parsed.questions if q.kind == "heading"} == {"完成时间": "closed_at"}


@given(st.lists(st.dictionaries(st.sampled_from(_ORDER), st.floats(0.1, 2), max_size=4), max_size=5))
def test_roles_of_days_are_given_in_their_order_for_the_most(columns: list[dict[str, float]]) -> None:
    """Against every way there is. A chart of 200 columns of days has too many ways to try them all."""
    way = _in_order(dict(enumerate(columns)))
    ways = product(*([None, *roles] for roles in columns))
    in_order = [w for w in ways if (places := [_ORDER.index(r) for r in w if r]) == sorted(set(places))]
    most = max(sum(columns[n][r] for n, r in enumerate(w) if r) for w in in_order)
    assert sum(columns[n][role] for n, role in way.items()) == pytest.approx(most)
    assert tuple(way.get(n) for n in range(len(columns))) in in_order
