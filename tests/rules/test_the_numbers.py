"""The numbers of docs/facts/domain.md over nights, weekends, moved workdays and ends of years, on China's calendar of 2025 and 2026.

2025-12-31 is a Wednesday; 1 and 2 January are off, Sunday the 4th is worked. In 2026 Saturday the 14th of February is worked, 16th to
20th and the 23rd are off, Saturday the 28th is worked. Each row of the table there has its cases here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest
from tables import directory, problems, requirements, table, tasks

from collab_xl.build.calendar_rows import calendar_rows
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.sheets import Table
from collab_xl.rules.case import Case
from collab_xl.rules.clocks import running
from collab_xl.rules.flag import flag
from collab_xl.rules.lateness import days_late, is_due_soon
from collab_xl.rules.meetings import next_meeting
from collab_xl.rules.reporting_week import deadline, has_come
from collab_xl.settings import Settings

CHINA = Calendar({day: kind == "work" for day, kind, _ in calendar_rows("CN", (2025, 2026))}, frozenset({2025, 2026}))
PEOPLE = directory("| 部门 | 上级 | 分管领导 |\n| 研发部 | 李总 | 赵总 |\n| 销售部 | 周总 | 钱总 |")


def day(said: str) -> date:
    return date.fromisoformat(said)


def moment(said: str) -> datetime | date:
    return datetime.fromisoformat(said) if " " in said else date.fromisoformat(said)


def sheet(form: str, since: str) -> Mapping[str, Table]:
    """One open row whose clock began then."""
    match form:
        case "risks":
            return {form: table("risks", f"| 风险编号 | 风险描述 | 提出时间 | 风险状态 |\n| FX-001 | 缺人 | {since} | 已识别 |")}
        case "problems":
            return {form: problems(f"| 问题编号 | 问题描述 | 反馈时间 | 处理状态 |\n| WT-001 | 断电 | {since} | 处理中 |")}
        case "urgent":
            text = f"| 问题编号 | 问题描述 | 反馈时间 | 问题等级 | 处理状态 |\n| WT-001 | 断电 | {since} | 紧急 | 待处理 |"
            return {"problems": problems(text)}
        case "actions":
            text = f"| 待办编号 | 会议 | 会议时间 | 待办事项 | 待办状态 |\n| HY-001 | 周会 | {since} | 采购 | 进行中 |"
            return {form: table("actions", text)}
    return {form: table("resources", f"| 资源编号 | 资源名称 | 申请时间 | 资源状态 |\n| ZY-001 | 会议室 | {since} | 待答复 |")}


def case_of(tables: Mapping[str, Table], as_of: date, now: datetime | None = None) -> Case:
    return Case(tables, load(), PEOPLE, Settings(), CHINA, as_of, now=now)


@pytest.mark.parametrize(
    ("form", "clock", "since", "until"),
    [
        # 24 hours to write up a risk: nights, weekends and holidays count, an hour is an hour
        ("risks", "response", "2025-12-31 17:30", "2026-01-01 17:30"),
        ("risks", "response", "2026-02-13 23:50", "2026-02-14 23:50"),
        ("risks", "response", "2026-02-27", "2026-02-28"),
        # 24 hours to call a meeting about a problem
        ("problems", "measure", "2025-12-31 00:00", "2026-01-01 00:00"),
        ("problems", "measure", "2026-01-02", "2026-01-03"),
        # an urgent one: 30 minutes to a response, an hour to a decision, over midnight and the end of a year
        ("urgent", "urgent_response", "2025-12-31 23:45", "2026-01-01 00:15"),
        ("urgent", "urgent_decision", "2025-12-31 23:45", "2026-01-01 00:45"),
        ("urgent", "urgent_response", "2026-02-28", "2026-03-01 00:30"),
        # minutes 24 hours after the meeting
        ("actions", "minutes", "2026-02-13 17:00", "2026-02-14 17:00"),
        ("actions", "minutes", "2025-12-31 16:00", "2026-01-01 16:00"),
        # one working day to answer a request: the worked Sunday counts, the days off do not
        ("resources", "answer", "2025-12-31 09:00", "2026-01-04"),
        ("resources", "answer", "2026-01-02 09:00", "2026-01-04"),
        ("resources", "answer", "2026-02-13 17:59", "2026-02-14"),
        ("resources", "answer", "2026-02-14 10:00", "2026-02-24"),
        ("resources", "answer", "2026-02-27", "2026-02-28"),
    ],
)
def test_when_a_clock_ends(form: str, clock: str, since: str, until: str) -> None:
    found = {one.clock.id: one.until for one in running(case_of(sheet(form, since), day("2026-03-31")))}
    assert found[clock] == moment(until)


def test_an_urgent_problem_is_judged_to_the_minute() -> None:
    rows = sheet("urgent", "2025-12-31 23:45")
    for now, out in (("2026-01-01 00:15", []), ("2026-01-01 00:16", ["urgent_response"]), ("2026-01-01 00:46", 2)):
        at = datetime.fromisoformat(now)
        ended = [one.clock.id for one in running(case_of(rows, at.date(), at)) if one.clock.id != "measure" and one.is_out(at.date(), at)]
        assert (len(ended) if isinstance(out, int) else ended) == out, now


@pytest.mark.parametrize(
    ("end", "warned_from", "late_from", "escalated_from"),
    [
        ("2025-12-31", "2025-12-29", "2026-01-04", "2026-01-07"),  # 4, 5, 6, 7 January
        ("2026-01-02", "2025-12-31", "2026-01-04", "2026-01-07"),  # due on a day off
        ("2026-02-13", "2026-02-11", "2026-02-14", "2026-02-26"),  # 14, 24, 25, 26
        ("2026-02-27", "2026-02-25", "2026-02-28", "2026-03-04"),  # 28, 2, 3, 4 March
        ("2026-03-06", "2026-03-04", "2026-03-09", "2026-03-12"),  # over a weekend
    ],
)
def test_warned_48_hours_before_and_escalated_after_3_working_days(end: str, warned_from: str, late_from: str, escalated_from: str) -> None:
    """From the day before each of these to the day itself the answer changes, and nowhere else."""
    terms = Settings().terms(CHINA)
    days = [day(end) + timedelta(n) for n in range(-6, 30)]
    late = [days_late(day(end), False, each, terms.late) for each in days]
    assert next(each for each in days if is_due_soon(day(end), False, each, terms)) == day(warned_from)
    assert next(each for each, n in zip(days, late, strict=True) if n) == day(late_from)
    assert next(each for each, n in zip(days, late, strict=True) if n > terms.escalate_days) == day(escalated_from)
    assert not any(is_due_soon(day(end), False, each, terms) for each in days if each >= day(late_from))


def test_a_warning_in_working_days_skips_the_days_off() -> None:
    terms = Settings(warning_count="working").terms(CHINA)
    found = [d for d in (day("2025-12-28") + timedelta(n) for n in range(9)) if is_due_soon(day("2026-01-05"), False, d, terms)]
    assert found[0] == day("2025-12-31"), "two working days before Monday the 5th: Sunday the 4th and Wednesday the 31st"


@pytest.mark.parametrize(("as_of", "escalated"), [("2026-01-06", False), ("2026-01-07", True)])
def test_the_superiors_and_the_sponsor_hear_of_it_then(as_of: str, escalated: bool) -> None:
    text = "| 任务ID | 负责部门 | 计划结束时间 | 完成状态 |\n| RW-001 | 研发部 | 2025-12-31 | 进行中 |"
    lines = flag({"tasks": tasks(text)}, Settings(), CHINA, day(as_of), load(), PEOPLE).escalations
    assert [(one.to, one.answer_by) for one in lines] == ([(("李总", "赵总"), day("2026-01-08"))] if escalated else [])


@pytest.mark.parametrize(("need", "have", "escalated"), [("10", "8", False), ("10", "7.9", True), ("10", "0", True), ("0", "0", False)])
def test_a_gap_over_a_fifth_is_escalated(need: str, have: str, escalated: bool) -> None:
    """Also one that nobody has computed yet: 缺口% is blank."""
    heads = "| 资源编号 | 资源名称 | 需求部门 | 资源方 | 需求量 | 可用量 | 缺口% | 资源状态 |"
    text = f"{heads}\n| ZY-001 | 工程师 | 研发部 | 销售部 | {need} | {have} | | 待答复 |"
    lines = flag({"resources": table("resources", text)}, Settings(), CHINA, day("2026-03-03"), load(), PEOPLE).escalations
    assert [one.cause for one in lines] == (["resource_gap"] if escalated else [])


@pytest.mark.parametrize(
    ("done", "reviewed_by"),
    [("2025-12-31", "2026-01-06"), ("2026-02-13", "2026-02-25"), ("2026-03-05", "2026-03-10")],
)
def test_a_retrospective_3_working_days_after_the_last_task(done: str, reviewed_by: str) -> None:
    needs = requirements("| 需求编号 | 需求名称 | 状态 |\n| XZ-1 | 门户 | 进行中 |")
    work = tasks(f"| 任务ID | 所属需求编号 | 完成状态 | 实际完成时间 |\n| RW-001 | XZ-1 | 已完成 | {done} |")
    reviews = table("retrospective", "| 复盘编号 | 复盘主题 | 所属需求编号 | 复盘日期 |\n| FP-001 | 旧事 | | 2025-12-01 |")
    case = case_of({"requirements": needs, "tasks": work, "retrospective": reviews}, day("2026-03-31"))
    assert {one.clock.id: one.until for one in running(case)}["completion"] == day(reviewed_by)


@pytest.mark.parametrize(
    ("as_of", "meeting"),
    [("2025-12-31", "2026-01-05"), ("2026-02-14", "2026-02-24"), ("2026-02-16", "2026-02-24"), ("2026-02-23", "2026-02-24")],
)
def test_the_meeting_on_monday_or_the_next_working_day_of_that_week(as_of: str, meeting: str) -> None:
    """In the week of the Spring Festival there is none; in the next one Monday is off."""
    first = day(as_of) - timedelta(day(as_of).weekday())
    assert next_meeting(day(as_of), first, 1, CHINA) == day(meeting)


@pytest.mark.parametrize(("week", "friday"), [("2025-W52", "2025-12-26"), ("2027-W01", "2027-01-08"), ("2026-W52", "2026-12-25")])
def test_departments_hand_in_on_friday_also_across_a_year(week: str, friday: str) -> None:
    assert deadline(week, Settings(), CHINA) == day(friday)
    assert deadline(week, Settings(submit_time="17:00"), CHINA) == datetime.combine(day(friday), datetime.min.time()).replace(hour=17)


@pytest.mark.parametrize(
    ("week", "due"),
    [
        ("2026-W01", "2025-12-31"),  # Friday 2 January is off, Thursday too
        ("2026-W39", "2026-09-24"),  # the Mid-Autumn Festival is on Friday
        ("2026-W40", "2026-09-30"),  # the National Day: Thursday and Friday are off
        ("2026-W41", "2026-10-09"),  # worked again on Thursday
        ("2026-W08", "2026-02-20"),  # the Spring Festival: nobody works in that week, the day stays
    ],
)
def test_where_friday_is_a_holiday_they_hand_in_before_it(week: str, due: str) -> None:
    assert deadline(week, Settings(), CHINA) == day(due)
    saturday = day(due) + timedelta(6 - day(due).isoweekday())
    assert deadline(week, Settings(submit_weekday=6), CHINA) == saturday, "a weekend that somebody chose"
    hour = datetime.combine(day(due), datetime.min.time())
    assert has_come(week, hour, Settings(), CHINA)
    assert not has_come(week, hour - timedelta(minutes=1), Settings(), CHINA)


MEETINGS = "| 待办编号 | 会议 | 会议时间 | 待办事项 | 待办状态 | 纪要发出时间 |\n"


@pytest.mark.parametrize(
    ("lines", "waiting"),
    [
        # two meetings of one day whose hours nobody wrote
        (["HY-001 | 周例会 | 2026-03-02 | 采购 | 待办 | 2026-03-02 17:00", "HY-002 | 专题会 | 2026-03-02 | 招聘 | 待办 |"], ["HY-002"]),
        # two at one hour
        (["HY-001 | 评审 | 2026-03-02 10:00 | 采购 | 待办 |", "HY-002 | 专题 | 2026-03-02 10:00 | 招聘 | 待办 |"], ["HY-001", "HY-002"]),
        # one meeting, its hour in one row only; the clock runs from the hour
        (["HY-001 | 周例会 | 2026-03-02 | 采购 | 待办 |", "HY-002 | 周例会 | 2026-03-02 10:00 | 招聘 | 待办 |"], ["HY-001"]),
        # the meeting is named in its first row only
        (["HY-001 | 周例会 | 2026-03-02 | 采购 | 待办 | 2026-03-02 17:00", "HY-002 | | 2026-03-02 | 招聘 | 待办 |"], []),
        (["HY-001 | | 2026-03-02 | 采购 | 待办 |", "HY-002 | 周例会 | 2026-03-02 | 招聘 | 待办 | 2026-03-02 17:00"], []),
        # of the second nobody knows where it was decided
        (["HY-001 | | | 采购 | 待办 |", "HY-002 | | 2026-03-02 | 招聘 | 待办 |"], ["HY-002"]),
        # last week's minutes are not this week's
        (["HY-001 | 周会 | 2026-02-24 | 采购 | 待办 | 2026-02-24 17:00", "HY-002 | 周会 | 2026-03-02 | 招聘 | 待办 |"], ["HY-002"]),
    ],
)  # fmt: skip
def test_every_meeting_has_its_own_minutes(lines: list[str], waiting: list[str]) -> None:
    sheet = table("actions", MEETINGS + "\n".join(f"| {line} |" for line in lines))
    clocks = [one for one in running(case_of({"actions": sheet}, day("2026-03-04"))) if one.clock.id == "minutes"]
    assert [one.rows.keys[one.index] for one in clocks] == waiting


def test_the_minutes_are_due_a_day_after_the_hour_that_one_row_says() -> None:
    lines = "| HY-001 | 周例会 | 2026-03-02 | 采购 | 待办 | |\n| HY-002 | 周例会 | 2026-03-02 10:00 | 招聘 | 待办 | |"
    (clock,) = running(case_of({"actions": table("actions", MEETINGS + lines)}, day("2026-03-03")))
    assert clock.until == moment("2026-03-03 10:00")
