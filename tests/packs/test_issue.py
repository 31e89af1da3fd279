"""Which rows go into whose pack (docs/facts/merge.md, Packs), case by case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import pytest
from tables import directory, problems, requirements, tasks

from collab_xl.catalogue import LANGS, finding_text
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.merge import Pack
from collab_xl.model.pack_plan import PackPlan
from collab_xl.model.sheets import Table
from collab_xl.model.values import Unreadable
from collab_xl.plan.issue import not_issued, packs_for
from collab_xl.rules.reporting_week import deadline
from collab_xl.settings import Settings

SCHEMA = load()
PEOPLE = directory("""
    | 部门   | 别名     | 接口人 | 邮箱       |
    | 研发部 | R&D、研发 | 王主管 | rd@x.cn    |
    | 市场部 |          | 李经理 | mk@x.cn    |
    | 行政部 |          |        |            |
""")
WEEK, NOW = "2026-W47", datetime(2026, 11, 16, 9)


def issued(
    tables: Mapping[str, Table], last: Mapping[str, Pack | datetime] | None = None, *, blank: int = 2, departments: list[str] | None = None
) -> dict[str, PackPlan]:
    plans = packs_for(
        tables,
        SCHEMA,
        PEOPLE,
        Settings(blank_rows=blank),
        week=WEEK,
        issued_at=NOW,
        make_id=lambda department: f"P-{department}",
        last_pack=last,
        departments=departments,
    )
    return {p.pack.department: p for p in plans}


def keys(plan: PackPlan, form: str) -> list[str]:
    return [row_id for sheet in plan.sheets if sheet.form == form for row_id, _ in sheet.rows]


def last(*rows: tuple[str, str], form: str = "tasks") -> dict[str, Pack | datetime]:
    """研发部's last pack with these keys and status ids."""
    forms = {form: {key: {"status": status} for key, status in rows}}
    return {"研发部": Pack("P-old", "研发部", "2026-W46", datetime(2026, 11, 9, 9), "1", forms)}


def test_each_department_gets_the_rows_that_name_it() -> None:
    plans = issued(
        {
            "tasks": tasks("""
            | 任务ID | 任务名称 | 负责部门 |
            | RW-001 | 联调     | 研发部   |
            | RW-002 | 物料     | 市场部   |
            | RW-003 | 压测     | r&d      |
        """),
            "requirements": requirements("""
            | 需求编号    | 涉及部门       |
            | XZ-2026-001 | 研发部、市场部 |
            | XZ-2026-002 | 市场部         |
        """),
            "problems": problems("""
            | 问题编号 | 责任部门 |
            | WT-001   | 研发     |
        """),
        }
    )
    assert list(plans) == ["研发部", "市场部", "行政部"], "every department, in directory order, also one without rows"
    assert [keys(plans["研发部"], f) for f in ("requirements", "tasks", "problems")] == [["XZ-2026-001"], ["RW-001", "RW-003"], ["WT-001"]]
    assert [keys(plans["市场部"], f) for f in ("requirements", "tasks", "problems")] == [["XZ-2026-001", "XZ-2026-002"], ["RW-002"], []]
    assert plans["行政部"].row_count == 0


CLOSED = """
    | 任务ID | 负责部门 | 完成状态 | 实际完成时间 |
    | RW-001 | 研发部   | 进行中   |              |
    | RW-002 | 研发部   | 已完成   | 2026-11-05   |
    | RW-003 | 研发部   | 已完成   | 2026-11-09   |
    | RW-004 | 研发部   | 已取消   |              |
    | RW-005 | 研发部   |          |              |
    | RW-006 | 研发部   | 滞后     |              |
"""


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        pytest.param(None, ["RW-001", "RW-005", "RW-006"], id="first pack: open rows, a blank status is open"),
        pytest.param(
            {"研发部": datetime(2026, 11, 9, 17)}, ["RW-001", "RW-003", "RW-005", "RW-006"], id="by date, the day itself included"
        ),
        pytest.param({"市场部": datetime(2026, 11, 1)}, ["RW-001", "RW-005", "RW-006"], id="another department's pack does not count"),
        pytest.param(
            last(("RW-002", "in_progress")),
            ["RW-001", "RW-002", "RW-003", "RW-005", "RW-006"],
            id="issued open: closed since, whatever its date",
        ),
        pytest.param(last(("RW-003", "done")), ["RW-001", "RW-005", "RW-006"], id="issued closed: not again"),
        pytest.param(last(("RW-004", "late")), ["RW-001", "RW-003", "RW-004", "RW-005", "RW-006"], id="issued open, no date at all"),
    ],
)
def test_closed_rows_are_shown_once_more(earlier: dict[str, Pack | datetime] | None, expected: list[str]) -> None:
    assert keys(issued({"tasks": tasks(CLOSED)}, earlier)["研发部"], "tasks") == expected


def test_a_requirement_closed_since_its_last_pack_has_no_date_but_is_known_from_the_pack() -> None:
    table = requirements("""
        | 需求编号    | 涉及部门 | 状态   |
        | XZ-2026-001 | 研发部   | 已完成 |
        | XZ-2026-002 | 研发部   | 已完成 |
    """)
    earlier = last(("XZ-2026-001", "in_progress"), ("XZ-2026-002", "done"), form="requirements")
    assert keys(issued({"requirements": table}, earlier)["研发部"], "requirements") == ["XZ-2026-001"]


BROKEN = """
    | 任务ID | 任务名称 | 负责部门 | 完成状态 |
    |        | 无编号   | 研发部   |          |
    | RW-002 | 重复     | 研发部   |          |
    | RW-002 | 重复     | 市场部   |          |
    | RW-003 | 好       | 研发部   |          |
    | RW-004 | 无部门   |          |          |
    | RW-005 | 外人     | 路人部   |          |
    | RW-006 | 已完结   |          | 已完成   |
    | !??    | 读不懂   | 研发部   |          |
"""


def test_rows_without_a_key_of_their_own_are_not_issued_and_said() -> None:
    table = {"tasks": tasks(BROKEN)}
    plans = issued(table)
    assert keys(plans["研发部"], "tasks") == ["RW-003"]
    assert keys(plans["市场部"], "tasks") == []
    found = not_issued(table, SCHEMA, PEOPLE)
    assert [(f.code, str(f.at)) for f in found] == [
        ("S451", "任务跟踪表!A2"),
        ("S452", "任务跟踪表!A3"),
        ("S452", "任务跟踪表!A4"),
        ("S453", "任务跟踪表!C6"),
        ("S453", "任务跟踪表!C7"),
        ("S451", "任务跟踪表!A9"),
    ]
    assert [f.code for f in plans["研发部"].findings] == ["S451", "S452", "S451"]
    for lang in LANGS:
        for finding in found:
            assert "{" not in "".join(finding_text(finding, part, lang) for part in ("what", "why", "fix"))
    assert "路人部" in finding_text(found[4], "what", "zh")


def test_what_is_issued_is_kept_exactly() -> None:
    table = tasks("""
        | 任务ID | 任务名称 | 负责部门 | 前置任务       | 计划结束时间 | 当前进度 | 完成状态 | 实际完成时间 | 滞后天数 |
        | RW-001 | 联调     | 研发部   | RW-002、RW-003 | 2026-11-20   | 80%      | 进行中   | !下周        | 3        |
    """)
    plan = issued({"tasks": table})["研发部"]
    row = plan.pack.forms["tasks"]["RW-001"]
    assert row["predecessors"] == ("RW-002", "RW-003")
    assert (row["end"], row["progress"], row["status"]) == (date(2026, 11, 20), 0.8, "in_progress")
    assert row["actual_end"] == Unreadable("下周")
    assert row["remark"] is None, "a column the master lacks is issued blank"
    assert not {"late_days", "warning", "updated"} & set(row), "computed fields stay in the master"
    assert (plan.pack.id, plan.pack.week, plan.pack.issued_at, plan.pack.schema_version) == ("P-研发部", WEEK, NOW, "1")


def test_blank_rows_have_ids_of_their_own_where_the_department_may_add() -> None:
    plan = issued({}, blank=2)["研发部"]
    assert {s.form: s.blank for s in plan.sheets} == {
        **{form.id: () for form in SCHEMA.forms},
        "tasks": ("P-研发部#1", "P-研发部#2"),
        "problems": ("P-研发部#3", "P-研发部#4"),
        "risks": tuple(f"P-研发部#{n}" for n in range(5, 10)),
    }, "risks have a number of their own; forms that come only with rows of the department have none"
    assert plan.pack.forms["tasks"] == {"P-研发部#1": {}, "P-研发部#2": {}}
    without = issued({}, blank=0)["研发部"].pack.forms
    assert {form: len(rows) for form, rows in without.items() if rows} == {"risks": 5}


def test_only_the_departments_asked_for() -> None:
    assert list(issued({}, departments=["研发", "R&D", "市场部"])) == ["研发部", "市场部"]
    with pytest.raises(CollabError) as refused:
        issued({}, departments=["路人部"])
    assert (refused.value.code, refused.value.facts["department"]) == ("issue_unknown_department", "路人部")


def test_an_empty_directory_issues_to_whom_the_rows_name() -> None:
    table = tasks("""
        | 任务ID | 负责部门 |
        | RW-001 | 甲部     |
        | RW-002 | 乙部     |
    """)
    plans = packs_for({"tasks": table}, SCHEMA, directory("| 部门 |"), Settings(), week=WEEK, issued_at=NOW, make_id=str)
    assert [p.pack.department for p in plans] == ["甲部", "乙部"]


def test_issuing_moves_nothing_between_departments_and_loses_no_open_row() -> None:
    count = 60
    lines = "\n".join(f"| RW-{i:03} | {('研发部', '市场部', '行政部')[i % 3]} |" for i in range(count))
    plans = issued({"tasks": tasks(f"| 任务ID | 负责部门 |\n{lines}")})
    together = [key for plan in plans.values() for key in keys(plan, "tasks")]
    assert sorted(together) == [f"RW-{i:03}" for i in range(count)]


@pytest.mark.parametrize(
    ("week", "weekday", "day"),
    [
        ("2026-W47", 5, date(2026, 11, 20)),
        ("2026-W53", 7, date(2027, 1, 3)),
        ("2025-W53", 5, None),
        ("soon", 5, None),
        ("2026-W00", 1, None),
    ],
)
def test_the_deadline_is_the_submitting_day_of_the_week(week: str, weekday: int, day: date | None) -> None:
    assert deadline(week, Settings(submit_weekday=weekday), Calendar()) == day
