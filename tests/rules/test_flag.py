"""flag: computed columns, the overdue list, the escalation list, family T."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from tables import directory, problems, requirements, table, tasks

from collab_xl.catalogue import finding_text
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.rules.flag import Flags, flag
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)
PEOPLE = directory("""
    | 部门   | 别名   | 部门负责人 | 上级 | 分管领导 |
    | 研发部 | 技术部 | 王主管     | 李总 | 赵总     |
    | 销售部 |        | 陈经理     | 周总 | 赵总     |
    | 客服部 |        | 吴主管     |      | 钱总     |
""")


def flagged(tables: Mapping[str, Table], people: Directory = PEOPLE, as_of: date = FRIDAY, **how: object) -> Flags:
    return flag(tables, Settings(**how), Calendar(), as_of, load(), people)  # type: ignore[arg-type]


def codes(flags: Flags) -> list[tuple[str, str]]:
    return [(str(f.at), f.code) for f in flags.findings]


def test_the_computed_columns_of_a_task_table() -> None:
    flags = flagged(
        {
            "tasks": tasks("""
                | 任务ID | 计划结束时间 | 完成状态 | 滞后天数 | 预警 |
                | RW-001 | 2026-11-16   | 进行中   |          |      |
                | RW-002 | 2026-11-17   | 进行中   | 2        | 滞后 |
                | RW-003 | 2026-11-20   | 进行中   |          |      |
                | RW-004 | 2026-12-20   | 未开始   | 0        | 正常 |
                | RW-005 | 2026-11-02   | 已完成   | 9        | 升级 |
                | RW-006 |              | 进行中   | 1        | 滞后 |
            """)
        }
    )
    assert [(c.row_key, c.field, c.old, c.new) for c in flags.changes] == [
        ("RW-001", "late_days", None, 4),
        ("RW-001", "warning", None, "escalate"),
        ("RW-002", "late_days", 2, 3),
        ("RW-003", "late_days", None, 0),
        ("RW-003", "warning", None, "due_soon"),
        ("RW-005", "late_days", 9, None),
        ("RW-005", "warning", "escalate", None),
        ("RW-006", "late_days", 1, None),
        ("RW-006", "warning", "overdue", None),
    ]
    assert {c.why for c in flags.changes} == {"computed"}


def test_the_age_of_problems() -> None:
    flags = flagged(
        {
            "problems": problems("""
                | 问题编号 | 反馈时间         | 处理状态 | 关闭时间   | 已历天数 |
                | WT-001   | 2026-11-13 16:30 | 待处理   |            |          |
                | WT-002   | 2026-11-13       | 已解决   | 2026-11-16 |          |
                | WT-003   | 2026-11-13       | 已关闭   |            | 4        |
                | WT-004   |                  | 待处理   |            | 4        |
            """)
        }
    )
    assert [(c.row_key, c.new) for c in flags.changes] == [("WT-001", 7), ("WT-002", 3), ("WT-004", None)]


def test_what_is_not_written() -> None:
    """A row without a key, keys that occur twice, a user's formula, a column that is not there."""
    sheet = tasks("""
        | 任务ID | 计划结束时间 | 完成状态 | 滞后天数 |
        |        | 2026-11-16   | 进行中   |          |
        | RW-001 | 2026-11-16   | 进行中   |          |
        | RW-001 | 2026-11-17   | 进行中   |          |
        | RW-002 | 2026-11-17   | 进行中   |          |
    """)
    flags = flagged({"tasks": replace(sheet, held=frozenset({(3, "late_days")}))})
    assert flags.changes == ()
    assert len(flags.overdue) == 4, "they are late all the same"


def test_flagging_twice_changes_nothing() -> None:
    first = tasks("""
        | 任务ID | 计划结束时间 | 完成状态 | 滞后天数 | 预警 |
        | RW-001 | 2026-11-16   | 进行中   |          |      |
        | RW-002 | 2026-11-21   | 进行中   |          |      |
    """)
    values = {field: list(column) for field, column in first.values.items()}
    for change in flagged({"tasks": first}).changes:
        values[change.field][values["task_id"].index(change.row_key)] = change.new
    assert flagged({"tasks": replace(first, values=values)}).changes == ()


def test_the_latest_first_tasks_before_problems() -> None:
    flags = flagged(
        {
            "tasks": tasks("""
                | 任务ID | 任务名称 | 负责部门 | 负责人 | 计划结束时间 | 当前进度 | 完成状态 | 滞后原因 | 解决措施 |
                | RW-001 | 联调     | 技术部   | 张明   | 2026-11-18   | 80%      | 进行中   | 缺账号   | 已申请   |
                | RW-002 | 采购     | 采购部   |        | 2026-11-09   |          | 暂停     |          |          |
                | RW-003 | 谈判     | 销售部   |        | 2026-11-18   |          |          |          |          |
            """),
            "problems": problems("""
                | 问题编号 | 问题描述 | 责任部门 | 完成时限   | 处理状态 |
                | WT-001   | 改价     | 销售部   | 2026-11-18 | 处理中   |
                | WT-002   | 断电     | 销售部   | 2026-11-18 | 已解决   |
            """),
        }
    )
    assert [(o.form, o.key, o.days, o.dept) for o in flags.overdue] == [
        ("tasks", "RW-002", 9, "采购部"),
        ("tasks", "RW-001", 2, "研发部"),
        ("tasks", "RW-003", 2, "销售部"),
        ("problems", "WT-001", 2, "销售部"),
    ]
    late = flags.overdue[1]
    assert (late.owner, late.end, late.reason, late.measure, late.progress) == ("张明", date(2026, 11, 18), "缺账号", "已申请", 0.8)


def test_escalations_go_to_both_superiors_and_the_sponsors() -> None:
    flags = flagged(
        {
            "requirements": requirements("""
                | 需求编号    | 发起部门 | 涉及部门       |
                | XZ-2026-001 | 销售部   | 研发部、客服部 |
            """),
            "tasks": tasks("""
                | 任务ID | 任务名称 | 负责部门 | 所属需求编号 | 计划结束时间 | 完成状态 |
                | RW-001 | 联调     | 技术部   | XZ-2026-001  | 2026-11-16   | 进行中   |
                | RW-002 | 采购     | 采购部   |              | 2026-11-13   | 进行中   |
                | RW-003 | 三天     | 研发部   |              | 2026-11-17   | 进行中   |
            """),
        }
    )
    assert [(e.number, e.key, e.days, e.cause, e.to) for e in flags.escalations] == [
        (1, "RW-002", 5, "overdue", ()),
        (2, "RW-001", 4, "overdue", ("李总", "周总", "吴主管", "赵总", "钱总")),
    ]
    assert {e.answer_by for e in flags.escalations} == {date(2026, 11, 23)}, "the next working day"


def test_an_answer_is_due_on_a_working_day_whatever_late_days_count() -> None:
    flags = flagged({"tasks": tasks("| 任务ID | 计划结束时间 |\n| RW-001 | 2026-11-13 |")}, day_count="calendar")
    assert flags.escalations[0].answer_by == date(2026, 11, 23), "Monday, not Saturday"


def test_problems_escalate_when_urgent_or_unsettled_or_late() -> None:
    flags = flagged(
        {
            "tasks": tasks("""
                | 任务ID | 所属需求编号 |
                | RW-001 | XZ-2026-001  |
            """),
            "requirements": requirements("""
                | 需求编号    | 发起部门 | 涉及部门 |
                | XZ-2026-001 | 销售部   | 研发部   |
            """),
            "problems": problems("""
                | 问题编号 | 问题所属任务ID | 责任部门 | 问题等级 | 完成时限   | 处理状态 |
                | WT-001   |                | 研发部   | 一般     | 2026-11-13 | 处理中   |
                | WT-002   |                | 研发部   | 跨部门   |            | 已升级   |
                | WT-003   | RW-001         | 研发部   | 紧急     | 2026-11-13 | 已升级   |
                | WT-004   |                | 研发部   | 紧急     |            | 已解决   |
                | WT-005   |                | 研发部   | 跨部门   | 2026-11-17 | 处理中   |
            """),
        }
    )
    assert [(e.key, e.cause, e.days, e.answer_by) for e in flags.escalations] == [
        ("WT-003", "urgent_problem", 5, FRIDAY),
        ("WT-002", "escalated", 0, date(2026, 11, 23)),
        ("WT-001", "overdue", 5, date(2026, 11, 23)),
    ]
    assert flags.escalations[0].to == ("李总", "周总", "赵总"), "the other department of the task's requirement too"


def test_the_findings_of_family_t() -> None:
    flags = flagged(
        {
            "tasks": tasks("""
                | 任务ID | 计划结束时间 | 完成状态 |
                | RW-001 | 2026-11-16   | 进行中   |
                | RW-002 | 2026-11-20   | 进行中   |
                | RW-003 | 2026-11-19   | 进行中   |
            """),
            "requirements": requirements("""
                | 需求编号    | 期望完成时间 |
                | XZ-2026-001 | 2026-11-13   |
            """),
        }
    )
    assert codes(flags) == [
        ("需求登记表!B2", "T306"),
        ("任务跟踪表!B2", "T301"),
        ("任务跟踪表!B2", "T303"),
        ("任务跟踪表!B3", "T302"),
        ("任务跟踪表!B4", "T301"),
    ]
    late = next(f for f in flags.findings if f.code == "T301")
    assert late.facts["days"] == 4
    assert "4 个工作日" in finding_text(late, "what", "zh")
    assert "4 working days" in finding_text(late, "what", "en")


def test_what_a_problem_finding_quotes() -> None:
    log = problems("| 问题编号 | 反馈时间 | 问题等级 | 处理状态 |\n| WT-001 | 2026-11-10 09:30 | 紧急 | 待处理 |")
    found = {f.code: (str(f.at), f.found) for f in flagged({"problems": log}).findings}
    raised = ("问题跟踪表!B2", "2026-11-10 09:30")
    assert found == {"T304": raised, "T314": raised, "T315": raised, "T305": ("问题跟踪表!C2", "紧急")}


def test_calendar_days_say_so() -> None:
    sheet = {"tasks": tasks("| 任务ID | 计划结束时间 |\n| RW-001 | 2026-11-13 |")}
    flags = flagged(sheet, day_count="calendar")
    assert (flags.working_days, flags.overdue[0].days) == (False, 7)
    assert "7 个自然日" in finding_text(flags.findings[0], "what", "zh")
    assert "7 calendar days" in finding_text(flags.findings[0], "what", "en")
    # The setting decides which days count, not the calendar passed in.
    assert flag(sheet, Settings(), Calendar(working=False), FRIDAY, load(), PEOPLE).overdue[0].days == 5


def test_a_rule_switched_off_hides_findings_but_not_the_lists() -> None:
    sheet = {"tasks": tasks("| 任务ID | 计划结束时间 |\n| RW-001 | 2026-11-13 |")}
    flags = flagged(sheet, rules={"T301": "off", "T303": "error"})
    assert [(f.code, f.severity) for f in flags.findings] == [("T303", "error")]
    assert len(flags.overdue) == len(flags.escalations) == 1


def test_nothing_at_all() -> None:
    flags = flagged({}, Directory())
    assert (flags.changes, flags.overdue, flags.escalations, flags.findings) == ((), (), (), ())


def test_an_unreadable_date_is_no_date() -> None:
    flags = flagged({"tasks": tasks("| 任务ID | 计划结束时间 | 预警 |\n| RW-001 | !2025-13-05 | |")})
    assert (flags.changes, flags.findings) == ((), ())


rows = st.lists(
    st.tuples(
        st.sampled_from(
            ["2026-11-02", "2026-11-13", "2026-11-16", "2026-11-17", "2026-11-19", "2026-11-20", "2026-11-22", "2026-12-31", ""]
        ),
        st.sampled_from(["未开始", "进行中", "已完成", "滞后", "暂停", "已取消", ""]),
        st.sampled_from(["研发部", "技术部", "外包", ""]),
    ),
    max_size=15,
)


@settings(max_examples=60)
@given(rows, st.sampled_from(["working", "calendar"]), st.integers(0, 6))
def test_columns_lists_and_findings_agree(lines: list[tuple[str, str, str]], count: str, escalate: int) -> None:
    text = "| 任务ID | 计划结束时间 | 完成状态 | 负责部门 | 滞后天数 | 预警 |\n"
    text += "\n".join(f"| RW-{n:03} | {end} | {status} | {dept} | | |" for n, (end, status, dept) in enumerate(lines, 1))
    flags = flagged({"tasks": table("tasks", text)}, day_count=count, escalate_days=escalate)
    words = {c.row_key: c.new for c in flags.changes if c.field == "warning"}
    late = {c.row_key: c.new for c in flags.changes if c.field == "late_days" and c.new}
    assert {o.key: o.days for o in flags.overdue} == late
    assert (
        {k for k, w in words.items() if w in ("overdue", "escalate")}
        == late.keys()
        == {f.row_id for f in flags.findings if f.code == "T301"}
    )
    escalated = {k for k, w in words.items() if w == "escalate"}
    assert escalated == {e.key for e in flags.escalations} == {f.row_id for f in flags.findings if f.code == "T303"}
    assert {k for k, w in words.items() if w == "due_soon"} == {f.row_id for f in flags.findings if f.code == "T302"}
    assert [e.number for e in flags.escalations] == list(range(1, len(flags.escalations) + 1))
