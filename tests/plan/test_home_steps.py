"""首页: the three steps of a new project, the step of the week that is reached, and links only to sheets that are there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.build.master import template_path
from collab_xl.catalogue import text
from collab_xl.model.record import replace
from collab_xl.model.summary import Home
from collab_xl.model.values import Link
from collab_xl.plan.home import next_steps, plan_home, step_now, week_states

NEW = Home(begun=False, departments=0, tasks=0)
FRIDAY = Home(
    departments=6, tasks=9, open_tasks=5, asked=6, submitted=5, missing=("客服部",), week="2026-W47", to_issue=False, week_due=True
)  # fmt: skip


def test_a_new_project_starts_with_three_steps_each_a_link_that_exists() -> None:
    steps = next_steps(NEW, "zh")
    assert [target for target, _ in steps] == ["go_departments", "go_tasks", "go_submissions"]
    assert [line for _, line in steps] == [
        f"{n}. {text(f'model.setup.{step}', 'zh')}" for n, step in enumerate(("departments", "work", "issue"), 1)
    ]
    assert "命令 issue" in steps[2][1]
    assert {target for target, _ in steps} <= read_book(template_path("zh")).names.keys()


def test_a_step_that_is_done_says_so_and_what_else_is_wrong_comes_after() -> None:
    steps = next_steps(Home(begun=False, departments=6, tasks=4, errors=2), "zh")
    assert [line[0] for _, line in steps] == ["✓", "✓", "3", "4"]
    assert steps[3][0] == "go_findings"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_departments_are_filled_in_when_each_has_a_liaison_and_an_address(lang: str) -> None:
    steps = next_steps(Home(begun=False, departments=6, unreachable=2, tasks=4), lang)
    assert [line[0] for _, line in steps][:2] == ["1", "✓"]
    assert steps[0][1].endswith(text("plan.step.unreachable", lang, n=2))


def test_a_new_master_shows_the_same_three_steps_before_anything_was_run(tmp_path: Path) -> None:
    verbs.init(tmp_path / "m.xlsx", lang="en", as_of=date(2026, 11, 20))
    book = read_book(tmp_path / "m.xlsx")
    sheet, area = book.names["home_next"]
    shown = book.snapshot(sheet)
    lines = [shown.value(row, area.first_col) for row in range(area.first_row, area.last_row + 1)]
    assert lines[:3] == [line for _, line in next_steps(NEW, "en")]
    assert not any(lines[3:])
    assert "go_departments" in shown.formulas[area.first_row, area.first_col]


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({}, "flag"),
        ({"flagged": True}, "week"),
        ({"flagged": True, "page_made": True}, ""),
        ({"waiting": 3, "page_made": True}, "resolve"),
        ({"waiting": 3, "ready": 1}, "preview"),
        ({"week_due": False}, "chase"),
        ({"week_due": False, "submitted": 0}, "collect"),
        ({"asked": 0, "submitted": 0, "missing": ()}, "issue"),
        ({"open_tasks": 0}, ""),
        ({"begun": False}, ""),
    ],
)
def test_the_step_of_the_week_that_is_reached(change: dict[str, object], step: str) -> None:
    home = replace(FRIDAY, **change)
    assert step_now(home) == step
    assert [name for name, state in week_states(home, "zh").items() if state.startswith("▶")] == ([step] if step else [])


def test_a_week_without_packs_counts_nothing() -> None:
    states = week_states(replace(FRIDAY, asked=0, submitted=0, missing=(), waiting=2), "zh")
    assert [step for step, state in states.items() if state] == ["issue", "collect", "resolve", "flag", "week"]
    assert "2" in states["resolve"]


def test_on_monday_the_page_of_last_week_is_asked_for_though_somebody_is_missing() -> None:
    lines = [line for _, line in next_steps(FRIDAY, "zh")]
    assert any("第 47 周的周报" in line for line in lines)


def test_an_ended_project_is_asked_neither_to_chase_nor_to_issue() -> None:
    targets = {target for target, _ in next_steps(Home(departments=6, tasks=9, open_tasks=0, missing=("客服部",), page_made=True), "zh")}
    assert targets == {"go_tasks"}


def test_a_step_to_a_sheet_that_was_deleted_is_no_link() -> None:
    book = read_book(template_path("zh"))
    names = {name: place for name, place in book.names.items() if name != "go_departments"}
    new = [e.new for e in plan_home(Home(departments=0), names, book.snapshot, "zh").edits]
    assert text("plan.next.departments", "zh") in {str(value).partition(". ")[2] for value in new if isinstance(value, str)}
    assert not any(isinstance(value, Link) and value.target == "#go_departments" for value in new)


def test_what_does_not_fit_is_counted() -> None:
    book = read_book(template_path("zh"))
    full = Home(departments=0, errors=1, waiting=1, ready=1, held=("a",), bounced=("b",), missing=("c",), asked=3, escalated=1, overdue=1)
    sheet, area = book.names["home_next"]
    last = [e.new for e in plan_home(full, book.names, book.snapshot, "zh").edits if (e.sheet, e.row) == (sheet, area.last_row)]
    assert text("plan.next.more", "zh", n=len(next_steps(full, "zh")) - 5) in last
