"""What a late row does to those that wait for it, in working days of the project's calendar; critical rows and room."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
from tables import tasks

from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.rules.case import Case
from collab_xl.rules.chain import held_up, network, outlook
from collab_xl.rules.check import check
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)
WORK = Calendar({date(2026, 12, 1): False, date(2026, 12, 5): True})
"""Tuesday 1 December is a holiday, Saturday 5 December is worked for it."""
HEAD = "| 任务ID | 计划开始时间 | 计划结束时间 | 前置任务 | 完成状态 |\n"


def plan(*lines: str) -> Table:
    return tasks(HEAD + "\n".join(f"| {' | '.join(line.split(' '))} |" for line in lines).replace("_", ""))


def judged(table: Table, as_of: date = FRIDAY) -> Case:
    return Case({"tasks": table}, load(), Directory(), Settings(), WORK, as_of)


def findings(table: Table, *codes: str) -> list[Finding]:
    return [f for f in check({"tasks": table}, load(), Directory(), Settings(), WORK, FRIDAY) if f.code in codes]


def slips(table: Table) -> dict[str, tuple[int, str]]:
    """ID → days and expected end of what slips."""
    found = findings(table, "T331")
    return {str(f.row_id): (int(str(f.facts["days"])), str(f.facts["end"])) for f in found}


LATE = "RW-001 2026-11-02 2026-11-13 _ 进行中"
"""Five working days late on that Friday."""


@pytest.mark.parametrize(
    ("waits", "slip"),
    [
        ("RW-002 2026-11-16 2026-11-27 RW-001 未开始", (5, "2026-12-05")),  # the holiday and the worked Saturday
        ("RW-002 2026-11-13 2026-11-27 RW-001 未开始", (5, "2026-12-05")),  # planned for the day itself: only the new days
        ("RW-002 2026-11-19 2026-11-27 RW-001 未开始", (2, "2026-12-02")),  # three days of room are used up
        ("RW-002 2026-11-23 2026-11-27 RW-001 未开始", None),
        ("RW-002 2026-11-23 2026-11-27 RW-001FS+2d 未开始", (2, "2026-12-02")),
        ("RW-002 2026-11-23 2026-11-27 RW-001FS+3ed 未开始", (1, "2026-11-30")),
        ("RW-002 2026-11-16 2026-11-27 RW-001FF 未开始", None),
        ("RW-002 2026-11-10 2026-11-16 RW-001FF+1d 进行中", (5, "2026-11-23")),
        ("RW-002 2026-11-16 2026-11-27 RW-001SS 未开始", None),
        ("RW-002 2026-11-16 2026-11-27 RW-001 进行中", None),  # it has begun all the same
        ("RW-002 2026-11-16 2026-11-27 1 未开始", (5, "2026-12-05")),
        ("RW-002 2026-11-16 2026-11-27 RW-001 已完成", None),
    ],
)
def test_what_a_late_predecessor_moves(waits: str, slip: tuple[int, str] | None) -> None:
    assert slips(plan(LATE, waits)) == ({"RW-002": slip} if slip else {})


def test_the_chain_its_days_and_who_moves_most() -> None:
    table = plan(
        LATE,
        "RW-002 2026-11-16 2026-11-20 RW-001 未开始",
        "RW-003 2026-11-25 2026-11-26 RW-002 未开始",
        "RW-004 2026-11-16 2026-11-17 RW-001FS+2天 未开始".replace("天", "d"),
    )
    found = {f.row_id: f for f in findings(table, "T331")}
    assert {key: f.facts["days"] for key, f in found.items()} == {"RW-002": 5, "RW-003": 3, "RW-004": 5}
    assert found["RW-003"].facts["chain"] == "RW-001 → RW-002 → RW-003"
    assert (found["RW-003"].facts["first"], found["RW-003"].facts["late"]) == ("RW-001", 5)
    case = judged(table)
    held = held_up(case, case.rows["tasks"])
    assert held == {0: [(1, 5), (3, 5), (2, 3)]}


def test_a_done_or_cancelled_predecessor() -> None:
    after = "RW-002 2026-11-16 2026-11-27 RW-001 未开始"
    assert slips(plan("RW-001 2026-11-02 2026-11-13 _ 已取消", after)) == {}
    assert slips(plan("RW-001 2026-11-02 2026-11-13 _ 已完成", after)) == {}


def test_a_circle_is_one_finding_with_its_tasks() -> None:
    table = plan(
        "RW-001 2026-12-01 2026-12-02 RW-003 未开始",
        "RW-002 2026-12-01 2026-12-02 RW-001 未开始",
        "RW-003 2026-12-01 2026-12-02 RW-002 未开始",
        "RW-004 2026-12-01 2026-12-02 RW-003 未开始",
    )
    (circle,) = findings(table, "Q506")
    assert (circle.row_id, circle.facts["path"]) == ("RW-001", "RW-001 → RW-002 → RW-003 → RW-001")


def test_room_and_the_critical_path() -> None:
    table = plan(
        "RW-001 2026-11-23 2026-11-24 _ 未开始",
        "RW-002 2026-11-25 2026-11-30 RW-001 未开始",
        "RW-003 2026-11-25 2026-11-26 RW-001 未开始",
        "RW-004 2026-12-02 2026-12-04 RW-002、RW-003 未开始",
        "RW-005 2026-11-23 2026-11-23 _ 已完成",
    )
    case = judged(table)
    rows = case.rows["tasks"]
    out = outlook(case, rows, network(rows))
    assert [one.slack for one in out] == [0, 0, 2, 0, None]
    assert [rows.keys[i] for i, one in enumerate(out) if one.critical] == ["RW-001", "RW-002", "RW-004"]


def test_a_number_that_two_ids_have_names_neither() -> None:
    table = plan("RW-001 2026-11-02 2026-11-13 _ 进行中", "A-1 2026-11-02 2026-11-13 _ 进行中", "RW-003 2026-11-16 2026-11-27 1 未开始")
    assert slips(table) == {}
    assert [f.row_id for f in findings(table, "R302")] == ["RW-003"]
    assert findings(plan(LATE, "RW-002 2026-11-23 2026-11-27 1SS+2d 未开始"), "R302", "R303") == []


def test_five_thousand_tasks() -> None:
    day = date(2026, 1, 1)
    body = {"task_id": [f"RW-{n:04}" for n in range(5000)], "start": [day + timedelta(n // 5) for n in range(5000)]}
    table = plan(LATE)
    values = {
        "task_id": body["task_id"],
        "start": body["start"],
        "end": [start + timedelta(3) for start in body["start"]],
        "predecessors": [(f"RW-{n - 7:04}", f"RW-{n - 3:04}SS+1d") if n > 7 else None for n in range(5000)],
        "status": ["not_started"] * 5000,
    }
    table = replace(table, values=values, rows=tuple(range(2, 5002)))
    case = judged(table)
    rows = case.rows["tasks"]
    began = time.process_time()
    out = outlook(case, rows, network(rows))
    assert time.process_time() - began < 1.5, "an order of magnitude above what it takes"
    assert sum(one.slip > 0 for one in out) > 1000


@pytest.mark.parametrize(
    ("first", "waits", "room"),
    [
        ("2026-11-19", "RW-002 2026-11-23 2026-11-27 RW-001FS+1ed 未开始", 1),  # on Friday, too, Saturday has passed by Monday
        ("2026-11-20", "RW-002 2026-11-24 2026-11-27 RW-001FS+2ed 未开始", 0),  # from Monday the lag ends on Wednesday
        ("2026-11-20", "RW-002 2026-11-24 2026-11-27 RW-001FS+2d 未开始", 0),
        ("2026-11-19", "RW-002 2026-11-23 2026-11-27 RW-001FF+4ed 未开始", 2),  # until Monday the 23rd
        ("2026-11-19", "RW-002 2026-11-23 2026-11-27 RW-001SS+7ed 未开始", 0),  # planned too early (Q507): what moves the first moves it
    ],
)
def test_room_before_a_lag_of_calendar_days(first: str, waits: str, room: int) -> None:
    table = plan(f"RW-001 2026-11-19 {first} _ 未开始", waits)
    case = judged(table, date(2026, 11, 16))
    found = outlook(case, case.rows["tasks"], network(case.rows["tasks"]))
    assert (found[0].slack, found[1].slack) == (room, 0)


def test_room_before_a_lag_of_calendar_days_has_the_room_of_what_waits() -> None:
    """RW-002 may begin on Monday 30 November: three days and one before that is Thursday."""
    table = plan(
        "RW-001 2026-11-16 2026-11-17 _ 未开始",
        "RW-002 2026-11-23 2026-11-24 RW-001FS+3ed 未开始",
        "RW-003 2026-11-16 2026-12-02 _ 未开始",
    )
    case = judged(table, date(2026, 11, 13))
    found = outlook(case, case.rows["tasks"], network(case.rows["tasks"]))
    assert [one.slack for one in found] == [7, 5, 0]
