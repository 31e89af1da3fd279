"""The list of running clocks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from tables import directory, problems, table

from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Person
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.summary import EscalationLine, Flags
from collab_xl.rules.clock_list import with_answers
from collab_xl.rules.flag import flag
from collab_xl.settings import Settings

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)
PEOPLE = directory("""
    | 部门   | 部门负责人 | 上级 | 分管领导 |
    | 研发部 | 王主管     | 李总 | 赵总     |
    | 销售部 | 陈经理     | 周总 | 赵总     |
""")


def flagged(tables: Mapping[str, Table], as_of: date = FRIDAY) -> Flags:
    return flag(tables, Settings(), Calendar(), as_of, load(), PEOPLE)


def test_each_clock_says_since_when_until_when_and_whom_to_ask() -> None:
    rows = problems("""
        | 问题编号 | 问题描述 | 责任部门 | 责任人 | 反馈时间         | 解决措施 | 处理状态 |
        | WT-001   | 断电     | 研发部   | 张明   | 2026-11-19 09:30 |          | 处理中   |
        | WT-002   | 改价     | 销售部   |        | 2026-11-20       |          | 处理中   |
        | WT-003   | 缺货     | 销售部   |        | 2026-11-02       | 已换货   | 处理中   |
        | WT-004   | 漏单     | 销售部   |        | 2026-11-02       |          | 已解决   |
    """)
    lines = flagged({"problems": rows}, MONDAY).clocks
    assert [(c.key, c.waits, c.since, c.until, c.left, c.late) for c in lines] == [
        ("WT-001", "解决措施", datetime(2026, 11, 19, 9, 30), datetime(2026, 11, 20, 9, 30), 0, 1),
        ("WT-002", "解决措施", date(2026, 11, 20), date(2026, 11, 21), 0, 1),
    ]
    assert lines[1].people == ("陈经理", "PMO")
    assert lines[0].people == ("张明", "王主管", "PMO")


def test_rows_of_one_meeting_have_one_clock() -> None:
    actions = table(
        "actions",
        """
        | 待办编号 | 会议 | 会议时间         | 待办事项 | 责任部门 | 待办状态 |
        | HY-001   | 周会 | 2026-11-16 10:00 | 采购     | 研发部   | 进行中 |
        | HY-002   | 周会 | 2026-11-16 10:00 | 报价     | 销售部   | 进行中 |
        """,
    )
    assert [(c.form, c.key, c.people) for c in flagged({"actions": actions}).clocks] == [("actions", "HY-001", ("PMO",))]


def test_an_escalation_waits_for_its_answer_until_it_is_there() -> None:
    line = EscalationLine(1, "tasks", "RW-001", "联调", "研发部", 4, "overdue", ("李总",), MONDAY, "", (Person("李总"),), since=FRIDAY)
    work = Calendar().counting(True)
    (waits,) = with_answers((), [line], work, FRIDAY)
    assert (waits.key, waits.waits, waits.since, waits.until, waits.left, waits.late, waits.people) == (
        "RW-001", "", FRIDAY, MONDAY, 1, 0, ("李总",),
    )  # fmt: skip
    assert with_answers((), [line], work, date(2026, 11, 25))[0].late == 2
    assert with_answers((), [replace(line, answered=True)], work, FRIDAY) == []
    assert with_answers((), [replace(line, since=None)], work, FRIDAY) == []


def test_minutes_count_where_the_moment_is_known() -> None:
    rows = problems("""
        | 问题编号 | 问题描述 | 责任部门 | 反馈时间         | 问题等级 | 解决措施 | 处理状态 |
        | WT-001   | 断电     | 研发部   | 2026-11-20 09:30 | 紧急     |          | 待处理   |
    """)

    def out(now: datetime | None) -> list[str]:
        flags = flag({"problems": rows}, Settings(), Calendar(), FRIDAY, load(), PEOPLE, now=now)
        return [f.code for f in flags.findings if f.code in ("T314", "T315")]

    moments = [datetime(2026, 11, 20, 9, 59), datetime(2026, 11, 20, 10, 1), datetime(2026, 11, 20, 10, 31)]
    assert [out(now) for now in moments] == [[], ["T314"], ["T314", "T315"]]
    assert out(None) == []  # of a day without a moment every hour still runs
    (first, second, _) = flagged({"problems": rows}).clocks
    ten, half_past = datetime(2026, 11, 20, 10), datetime(2026, 11, 20, 10, 30)
    assert (first.waits, first.until, second.until) == ("紧急问题响应", ten, half_past)
