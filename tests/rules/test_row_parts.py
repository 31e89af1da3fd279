"""What a requirement's computed columns say of its tasks, slip against the baseline, and the clocks of the retrospective."""

from __future__ import annotations

from datetime import date

import pytest
from tables import requirements, table, tasks

from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.sheets import Table
from collab_xl.rules.check import check
from collab_xl.rules.flag import flag
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)
DEMAND = requirements("""
    | 需求编号 | 需求名称 | 期望完成时间 | 状态 | 总进度 | 预计完成 | 状态灯 | 基准完成 | 偏移天数 |
    | XZ-1 | 按期 | 2026-12-15 | 进行中 | | | | 2026-12-15 | |
    | XZ-2 | 有滞后 | 2026-12-15 | 进行中 | | | | | |
    | XZ-3 | 要升级 | 2026-12-15 | 进行中 | | | | | |
    | XZ-4 | 会晚两天 | 2026-12-02 | 进行中 | | | | 2026-12-02 | |
    | XZ-5 | 会晚很多 | 2026-11-25 | 进行中 | | | | | |
    | XZ-6 | 已过期 | 2026-11-13 | 已确认 | | | | 2026-11-13 | |
    | XZ-7 | 做完 | 2026-11-13 | 已完成 | | | | 2026-11-13 | |
""")
WORK = tasks("""
    | 任务ID | 所属需求编号 | 计划结束时间 | 基准完成 | 当前进度 | 完成状态 | 实际完成时间 | 偏移天数 |
    | RW-001 | XZ-1 | 2026-12-04 | 2026-12-01 | 50% | 进行中 | | |
    | RW-002 | xz1  | 2026-12-11 | 2026-12-14 | | 未开始 | | |
    | RW-003 | XZ-1 | 2027-01-29 | 2026-12-01 | 30% | 已取消 | | |
    | RW-004 | XZ-2 | 2026-11-19 | 2026-11-13 | 80% | 进行中 | | |
    | RW-005 | XZ-3 | 2026-11-13 | | 80% | 滞后 | | |
    | RW-006 | XZ-4 | 2026-12-04 | | 10% | 进行中 | | |
    | RW-007 | XZ-5 | 2026-12-04 | | 10% | 进行中 | | |
    | RW-008 | XZ-7 | 2026-11-10 | 2026-11-10 | 90% | 已完成 | 2026-11-09 | |
    | RW-009 | XZ-7 | 2026-11-10 | 2026-11-10 | 100% | 已完成 | 2026-11-12 | |
""")


def computed(field: str, form: str) -> dict[str, object]:
    flags = flag({"requirements": DEMAND, "tasks": WORK}, Settings(), Calendar(), FRIDAY, load(), Directory())
    return {c.row_key: c.new for c in flags.changes if c.form == form and c.field == field}


def test_progress_is_the_average_without_cancelled_tasks() -> None:
    """A done task counts as 100 % whatever its progress says; a blank progress as 0."""
    assert computed("overall", "requirements") == {"XZ-1": 0.25, "XZ-2": 0.8, "XZ-3": 0.8, "XZ-4": 0.1, "XZ-5": 0.1, "XZ-7": 1.0}


def test_the_forecast_is_the_latest_end_moved_by_lateness() -> None:
    assert computed("forecast", "requirements") == {
        "XZ-1": date(2026, 12, 11),
        "XZ-2": FRIDAY,
        "XZ-3": FRIDAY,
        "XZ-4": date(2026, 12, 4),
        "XZ-5": date(2026, 12, 4),
        "XZ-7": date(2026, 11, 12),
    }


def test_the_light() -> None:
    lights = {"XZ-1": "green", "XZ-2": "amber", "XZ-3": "red", "XZ-4": "amber", "XZ-5": "red", "XZ-6": "red"}
    assert computed("light", "requirements") == lights


def test_slip_counts_working_days_from_the_baseline() -> None:
    """Earlier is negative; an overdue task has slipped to today; a closed one is counted by its finish; a cancelled one not at all."""
    assert computed("slip", "tasks") == {"RW-001": 3, "RW-002": -1, "RW-004": 5, "RW-008": -1, "RW-009": 2}


def test_a_requirement_slips_with_its_tasks() -> None:
    """By the expected end of its open tasks, the last finish when all are closed, and its own due day without tasks."""
    assert computed("slip", "requirements") == {"XZ-1": -2, "XZ-4": 2, "XZ-6": 5, "XZ-7": -1}


def test_an_open_requirement_whose_tasks_are_done_slips_by_their_last_day() -> None:
    """By the day that its column of the forecast shows, however long it waits for its acceptance."""
    demand = requirements("""
        | 需求编号 | 需求名称 | 期望完成时间 | 状态 | 总进度 | 预计完成 | 状态灯 | 基准完成 | 偏移天数 |
        | XZ-8 | 待验收 | 2026-11-27 | 进行中 | | | | 2026-11-27 | |
        | XZ-9 | 待验收，已过期 | 2026-11-17 | 进行中 | | | | 2026-11-17 | |
    """)
    work = tasks("""
        | 任务ID | 所属需求编号 | 计划结束时间 | 完成状态 | 实际完成时间 |
        | RW-010 | XZ-8 | 2026-11-13 | 已完成 | 2026-11-13 |
        | RW-011 | XZ-9 | 2026-11-13 | 已完成 | 2026-11-16 |
    """)
    changes = flag({"requirements": demand, "tasks": work}, Settings(), Calendar(), FRIDAY, load(), Directory()).changes
    found = {(c.row_key, c.field): c.new for c in changes if c.field in ("forecast", "slip")}
    assert found == {
        ("XZ-8", "forecast"): date(2026, 11, 13),
        ("XZ-8", "slip"): -10,
        ("XZ-9", "forecast"): date(2026, 11, 16),
        ("XZ-9", "slip"): -1,
    }


REVIEWS = "| 复盘编号 | 复盘主题 | 所属需求编号 | 复盘日期 | 责任部门 |\n"


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ("| FP-001 | 十月 | | 2026-11-11 | 研发部 |", ["T321"]),
        ("| FP-001 | 十一月 | | 2026-11-12 | 研发部 |", []),
        ("| FP-001 | 做完 | xz7 | 2026-11-18 | 研发部 |", []),
        ("| FP-001 | 九月 | XZ-7 | 2026-10-19 | 研发部 |", ["T322"]),
        ("| FP-001 | 将来 | XZ-7 | 2026-12-30 | 研发部 |", []),
    ],
)
def test_when_a_retrospective_is_due(rows: str, codes: list[str]) -> None:
    """XZ-7 was finished on the 12th; one about it, or a general one since then, is enough. Future ones do not end the month."""
    reviews: dict[str, Table] = {"retrospective": table("retrospective", REVIEWS + rows)}
    found = check({"requirements": DEMAND, "tasks": WORK, **reviews}, load(), Directory(), Settings(), Calendar(), FRIDAY)
    assert [f.code for f in found if f.code in ("T321", "T322")] == codes
    later = Settings(clocks={"clock.retrospective.completion": (10, ""), "clock.retrospective.monthly": (60, "days")})
    found = check({"requirements": DEMAND, "tasks": WORK, **reviews}, load(), Directory(), later, Calendar(), FRIDAY)
    assert [f.code for f in found if f.code in ("T321", "T322")] == []
