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
    lines = flagged({"actions": actions}).clocks
    assert [(c.form, c.key, c.people) for c in lines if c.key] == [("actions", "HY-001", ("PMO",))]


def plan(*sent: str) -> Table:
    """A weekly meeting, its agenda sent on these days, and what needs no agenda: a report, a meeting of every day, one when needed."""
    return table(
        "communication",
        f"""
        | 沟通编号 | 沟通场景   | 沟通方式 | 沟通频率    | 下次时间 | 主持人 | 议程发出时间 |
        | GT-01    | 项目周例会 | 线下     | 每周一10:00 |          | 李*    | {" ".join(sent)} |
        | GT-02    | 进度填报   | 填报包   | 每周五      |          |        |              |
        | GT-03    | 晨会       | 会议室   | 每日9:00    |          |        |              |
        | GT-04    | 紧急会议   | 线上会议 | 即时        |          |        |              |
        """,
    )


OPEN = "| 任务ID | 任务名称 | 负责部门 | 计划结束时间 | 完成状态 |\n| RW-001 | 联调 | 研发部 | 2027-01-29 | 进行中 |"


def test_an_agenda_is_due_two_days_before_the_meeting_on_a_working_day() -> None:
    def agendas(as_of: date, *sent: str, **unit: object) -> list[tuple[str, object, int]]:
        tables = {"tasks": table("tasks", OPEN), "communication": plan(*sent)}
        flags = flag(tables, Settings(**unit), Calendar(), as_of, load(), PEOPLE)  # type: ignore[arg-type]
        late = [f for f in flags.findings if f.code == "T316"]
        assert {f.row_id for f in late} == {c.key for c in flags.clocks if c.until < as_of}
        assert {f.found for f in late} <= {"2026-11-23 10:00"}, "the meeting it is about, though the cell is still blank"
        return [(c.key, c.until, c.late) for c in flags.clocks]

    saturday = date(2026, 11, 21)
    found = flag({"tasks": table("tasks", OPEN), "communication": plan()}, Settings(), Calendar(), MONDAY, load(), PEOPLE).findings
    (said,) = (f.found for f in found if f.code == "T316")
    assert said == "2026-11-23 10:00", "the meeting that is meant, not the cell that is filled later"
    assert agendas(FRIDAY) == [("GT-01", FRIDAY, 0)]
    assert agendas(saturday) == [("GT-01", FRIDAY, 0)]
    assert agendas(MONDAY) == [("GT-01", FRIDAY, 1)]
    assert agendas(MONDAY, "2026-11-16") == [("GT-01", FRIDAY, 1)]  # that was the agenda of the meeting before
    assert agendas(MONDAY, "2026-11-19") == []
    assert agendas(date(2026, 11, 24), "2026-11-19") == [("GT-01", date(2026, 11, 27), 0)]
    three = {"clocks": {"clock.communication.agenda": (3, "working_days")}}
    assert agendas(FRIDAY, **three) == [("GT-01", date(2026, 11, 18), 2)]
    assert flag({"communication": plan()}, Settings(), Calendar(), MONDAY, load(), PEOPLE).clocks == ()  # no work is open


def test_without_a_plan_the_review_meeting_of_the_settings_is_reminded_of() -> None:
    tables = {"tasks": table("tasks", OPEN)}
    (line,) = flagged(tables, FRIDAY).clocks
    assert (line.form, line.name, line.waits, line.until, line.left) == ("", "项目例会", "会议议程（11-23 10:00 召开）", FRIDAY, 0)
    assert flagged(tables, MONDAY).clocks == ()


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
    (first, second, *_) = flagged({"problems": rows}).clocks
    ten, half_past = datetime(2026, 11, 20, 10), datetime(2026, 11, 20, 10, 30)
    assert (first.waits, first.until, second.until) == ("紧急问题响应", ten, half_past)
