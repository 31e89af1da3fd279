"""What differs from a signed baseline without approval: rows that are gone or cancelled, and which requests count."""

from __future__ import annotations

from datetime import date

import pytest
from tables import table

from collab_xl.forms import load
from collab_xl.model.baseline import Agreement, Baseline
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.sheets import Table
from collab_xl.rules.case import Case
from collab_xl.rules.change_requests import agreement_of, not_approved
from collab_xl.rules.rows import rows_of
from collab_xl.rules.slips import slips
from collab_xl.rules.standing import differences, standing_of
from collab_xl.settings import Settings

SET, NOW = date(2026, 11, 13), date(2026, 11, 27)
GOALS = "| 目标编号 | 目标 | 里程碑 | 涉及部门 | 目标状态 |\n"
TASKS = "| 任务ID | 任务名称 | 负责部门 | 计划结束时间 | 完成状态 | 里程碑 |\n"
BEFORE = {
    "goals": GOALS + "| MB-01 | 转化率 | 2026-12-15 | 市场部 | 进行中 |\n| MB-02 | 成本 | 2026-12-15 | 市场部 | 已取消 |",
    "tasks": TASKS + "| RW-001 | 上线 | 研发部 | 2026-11-27 | 进行中 | 是 |\n| RW-002 | 联调 | 研发部 | 2026-11-20 | 进行中 | |",
}


def case(sheets: dict[str, str], agreed: Agreement | None = None) -> Case:
    tables: dict[str, Table] = {form: table(form, text) for form, text in sheets.items()}
    return Case(tables, load(), Directory(), Settings(), Calendar(), NOW, agreed=agreed)


def agreement(now: dict[str, str] = BEFORE) -> Agreement:
    rows = case(BEFORE).rows
    return agreement_of(Baseline("JZ-01", "启动", SET, standing=standing_of(rows)), rows_of(load(), case(now).tables))


def found(sheets: dict[str, str]) -> list[tuple[str | None, str | None]]:
    return [(f.row_id, f.field) for f in not_approved(case(sheets, agreement(sheets)))]


def test_only_milestones_and_what_was_not_cancelled_is_agreed_on() -> None:
    assert {key for _, key, _ in agreement().values} == {"MB-01", "RW-001"}
    assert found(BEFORE) == []


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ("| MB-01 | 转化率 | 2026-12-15 | 市场部 | 已取消 |", [("MB-01", "status")]),
        ("| MB-01 | 转化率提升 | 2026-12-31 | 市场部 | 进行中 |", [("MB-01", "goal"), ("MB-01", "due")]),
        ("| MB-09 | 别的 | 2026-12-15 | 市场部 | 进行中 |", [("MB-01", "goal_id")]),
    ],
)
def test_a_row_changed_cancelled_or_gone_is_reported(goal: str, said: list[tuple[str, str]]) -> None:
    assert found({**BEFORE, "goals": GOALS + goal}) == said


def test_a_row_that_got_another_id_is_the_same_row_by_its_title_and_department() -> None:
    """A renumbered milestone was said to be deleted, and no new baseline could be set."""
    renumbered = {**BEFORE, "tasks": BEFORE["tasks"].replace("RW-001", "MK-001")}
    assert found(renumbered) == []
    assert found({**renumbered, "tasks": renumbered["tasks"].replace("2026-11-27", "2026-12-04")}) == [("MK-001", "end")]
    assert found({**renumbered, "tasks": renumbered["tasks"].replace("研发部", "市场部")}) == [("RW-001", "task_id")]
    twice = renumbered["tasks"] + "\n| MK-002 | 上线 | 研发部 | 2026-11-27 | 进行中 | 是 |"
    assert found({**renumbered, "tasks": twice}) == [("RW-001", "task_id")], "which of two it is, nobody knows"
    request = "| 变更编号 | 变更事项 | 变更对象 | 申请部门 | 审批结论 | 审批人 | 审批日期 |\n"
    late = {**renumbered, "tasks": renumbered["tasks"].replace("2026-11-27", "2026-12-04")}
    for key in ("RW-001", "MK-001"):
        assert found({**late, "change_requests": request + f"| BG-001 | 推迟 | {key} | 研发部 | 已批准 | 张总 | 2026-11-18 |"}) == []


def test_what_differs_and_slips_of_a_row_with_another_id() -> None:
    now = case({**BEFORE, "tasks": BEFORE["tasks"].replace("RW-001", "MK-001").replace("2026-11-27", "2026-12-04")})
    baseline = Baseline("JZ-01", "启动", SET, standing=standing_of(case(BEFORE).rows))
    slipped = {one.key: (one.before, one.days) for one in slips(now, baseline) if one.form == "tasks"}
    assert slipped["MK-001"] == (date(2026, 11, 27), 5)
    differ = differences(baseline.standing, standing_of(now.rows), load(), Calendar())
    assert [(d.kind, d.key, d.field, d.before, d.after) for d in differ] == [
        ("moved", "MK-001", "end", date(2026, 11, 27), date(2026, 12, 4)),
        ("other", "MK-001", "task_id", "RW-001", "MK-001"),
    ]


@pytest.mark.parametrize(
    ("day", "verdict", "key", "counts"),
    [
        ("2026-11-13", "已批准", "MB-01", True),
        ("2026-11-18", "已批准", "mb01", True),
        ("2026-11-12", "已批准", "MB-01", False),
        ("2026-11-18", "不批准", "MB-01", False),
        ("2026-11-18", "待审批", "MB-01", False),
        ("2026-11-18", "已批准", "MB-02", False),
    ],
)
def test_which_requests_count(day: str, verdict: str, key: str, counts: bool) -> None:
    request = "| 变更编号 | 变更事项 | 变更对象 | 申请部门 | 审批结论 | 审批人 | 审批日期 |\n"
    changed = {**BEFORE, "goals": GOALS + "| MB-01 | 转化率 | 2026-12-31 | 市场部 | 进行中 |"}
    asked = {**changed, "change_requests": request + f"| BG-001 | 推迟 | {key} | 市场部 | {verdict} | 张总 | {day} |"}
    assert found(asked) == ([] if counts else [("MB-01", "due")])
