"""summarise: every figure of the weekly sheet, and that the parts add up whatever the tracker holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import directory, problems, requirements, table, tasks

from collab_xl.catalogue import text
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.merge import Candidate, Item, Kind
from collab_xl.model.plan import Provenance
from collab_xl.model.sheets import Table
from collab_xl.model.summary import Rag, SubmissionStatus, Summary, Trend, WeekRecord
from collab_xl.model.values import CLEAR, Value
from collab_xl.report import _curve, summarise, week_record
from collab_xl.rules.flag import flag
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)
PEOPLE = directory("""
    | 部门   | 别名   | 接口人 |
    | 研发部 | 技术部 | 王主管 |
    | 销售部 |        | 陈经理 |
    | 客服部 |        | 吴主管 |
""")
TRACKER = tasks("""
    | 任务ID | 任务名称   | 负责部门 | 计划结束时间 | 当前进度 | 完成状态 | 实际完成时间 | 更新日期   | 滞后原因 | 解决措施 | 实际完成情况 |
    | RW-001 | 需求评审   | 研发部   | 2026-10-09   | 100%     | 已完成   | 2026-10-08   |            |          |          |              |
    | RW-002 | 支付联调   | 技术部   | 2026-11-16   | 80%      | 进行中   |              |            | 缺账号   | 已申请   |              |
    | RW-003 | 压测报告   | 研发部   | 2026-11-19   |          | 进行中   |              |            |          |          | 完成一半     |
    | RW-004 | 渠道谈判   | 销售部   | 2026-11-20   | 100%     | 已完成   | 2026-11-18   |            |          |          | 已签         |
    | RW-005 | 合同续签   | 销售部   | 2026-11-25   |          | 未开始   |              |            |          |          |              |
    | RW-006 | 话术培训   | 外包公司 | 2026-11-13   |          | 暂停     |              |            |          |          |              |
    | RW-007 | 旧系统下线 | 客服部   | 2026-11-18   |          | 已取消   |              |            |          |          |              |
    | RW-008 | 知识库整理 | 客服部   |              |          | 已完成   |              | 2026-11-17 |          |          |              |
    | RW-009 | 回访       | 客服部   | 2026-11-25   |          | 进行中   |              |            |          |          |              |
""")
LOG = problems("""
    | 问题编号 | 责任部门 | 问题描述 | 问题等级 | 反馈时间         | 所需支持   | 完成时限   | 处理状态 |
    | WT-001   | 研发部   | 账号不足 | 一般     | 2026-11-02       | 测试账号2个 |            | 处理中   |
    | WT-002   | 销售部   | 供应商改价 | 紧急   | 2026-11-19 09:00 |            |            | 待处理   |
    | WT-003   | 销售部   | 断电     | 跨部门   | 2026-11-10       | 发电机     |            | 已解决   |
    | WT-004   | 客服部   | 投诉激增 | 跨部门   | 2026-11-16       |            | 2026-11-18 | 处理中   |
""")
NEEDS = requirements("""
    | 需求编号    | 需求名称   | 期望完成时间 | 状态   |
    | XZ-2026-001 | 产品上线   | 2026-11-25   | 进行中 |
    | XZ-2026-002 | 旧需求     | 2026-11-25   | 已完成 |
""")


def week(
    tables: Mapping[str, Table],
    people: Directory = PEOPLE,
    *,
    calendar: Calendar | None = None,
    as_of: date = FRIDAY,
    name: str = "2026-W47",
    history: Sequence[WeekRecord] = (),
    submissions: Mapping[str, SubmissionStatus] | None = None,
    waiting: Sequence[Item] = (),
    set_to: Settings | None = None,
) -> Summary:
    options = set_to or Settings(project="产品 Q3 上线")
    calendar = calendar or Calendar()
    flags = flag(tables, options, calendar, as_of, load(), people)
    return summarise(
        tables,
        flags,
        options,
        calendar,
        people,
        as_of=as_of,
        week=name,
        history=history,
        submissions=submissions,
        waiting=waiting,
    )


def record(name: str, day: date, overdue: int, by: Mapping[str, int], rag: Rag = Rag.AMBER, escalated: int = 0) -> WeekRecord:
    kpis = {"open": 6, "due_this_week": 3, "overdue": overdue, "escalated": escalated, "finished_this_week": 1, "open_problems": 5}
    return WeekRecord(name, day, kpis, rag, by, 3, 2)


ALL = {"requirements": NEEDS, "tasks": TRACKER, "problems": LOG}


def test_the_six_figures_against_last_week() -> None:
    before = record("2026-W46", date(2026, 11, 13), 1, {})
    found = {k.id: (k.value, k.before) for k in week(ALL, history=[before]).kpis}
    assert found == {
        "open": (5, 6),
        "due_this_week": (3, 3),
        "rate": (48, None),
        "overdue": (3, 1),
        "milestones_late": (0, None),
        "escalated": (3, 0),
        "finished_this_week": (2, 1),
        "open_problems": (3, 5),
    }


def test_last_week_is_the_week_before_and_no_other() -> None:
    two_ago, same, later = (record(w, FRIDAY, 9, {}) for w in ("2026-W45", "2026-W47", "2026-W48"))
    summary = week(ALL, history=[two_ago, same, later])
    assert {k.before for k in summary.kpis} == {None}
    assert summary.trend is Trend.UNKNOWN


def test_every_department_has_a_line_and_strangers_share_one() -> None:
    lines = week(ALL).departments
    assert [(d.name, d.total, d.open, d.done, d.overdue, d.escalated) for d in lines] == [
        ("研发部", 3, 2, 1, 2, 1),
        ("销售部", 2, 1, 1, 0, 1),
        ("客服部", 3, 1, 1, 0, 0),
        ("其他/未知", 1, 1, 0, 1, 1),
    ]
    assert lines[0].liaison == "王主管"


def test_without_strangers_there_is_no_line_for_them() -> None:
    assert [d.name for d in week({"tasks": tasks("| 任务ID | 负责部门 |\n| RW-001 | 技术部 |")}).departments] == [
        "研发部",
        "销售部",
        "客服部",
    ]


def test_without_a_directory_every_name_is_a_department() -> None:
    summary = week(
        {"tasks": tasks("| 任务ID | 负责部门 |\n| RW-001 | 甲部 |\n| RW-002 | 乙部 |\n| RW-003 | 甲 部 |\n| RW-004 |  |")}, Directory()
    )
    assert [(d.name, d.total) for d in summary.departments] == [("甲部", 2), ("乙部", 1), ("其他/未知", 1)]
    assert summary.check["balanced"] is True


def test_the_trend_of_a_department_over_the_weeks_that_were_reported() -> None:
    history = [
        record("2026-W44", date(2026, 10, 30), 4, {"研发部": 4}),
        record("2026-W46", date(2026, 11, 13), 1, {"研发部": 1, "销售部": 2}),
        record("2026-W38", date(2026, 9, 18), 7, {"研发部": 7}),
    ]
    trends = {d.name: d.overdue_trend for d in week(ALL, history=history).departments}
    assert trends["研发部"] == (4, 1, 2), "W38 is more than eight weeks ago"
    assert trends["销售部"] == (0, 2, 0)


def test_the_ageing_buckets() -> None:
    assert week(ALL).ageing == (("1-3", 1), ("4-7", 2), ("8-14", 0), ("15+", 0))


def test_the_progress_curve_is_cumulated_and_ends_at_what_is_done() -> None:
    points = week(ALL).progress
    assert [p.week for p in points] == [f"2026-W{n}" for n in range(40, 48)]
    assert [(p.planned, p.actual) for p in points] == [(0, 0), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (2, 1), (5, 3)]


def test_the_progress_curve_does_not_begin_before_the_project() -> None:
    weeks = [f"2026-W{n}" for n in range(40, 48)]
    counted = [(0, 0)] * 6 + [(1, 0), (3, 1)]
    made = record("2026-W43", date(2026, 10, 25), 0, {})
    assert [p.week for p in _curve(weeks, counted, {})] == weeks[5:], "one week before the first plan, so that the curve rises from 0"
    assert [p.week for p in _curve(weeks, counted, {"2026-W43": made})] == weeks[3:], "a week that has a page is never left out"
    assert [p.week for p in _curve(weeks, [(0, 0)] * 8, {})] == weeks[-1:]
    assert [p.week for p in _curve(weeks, [(2, 0)] * 8, {})] == weeks


def test_plan_against_actual_of_the_week() -> None:
    lines = week(ALL).plan
    assert [(p.key, p.actual, p.reason, p.measure) for p in lines] == [
        ("RW-002", "进行中 80%", "缺账号", "已申请"),
        ("RW-003", "完成一半", "", ""),
        ("RW-004", "已签", "", ""),
        ("RW-008", "已完成", "", ""),
    ], "cancelled RW-007 is left out; RW-008 has no planned end but was done this week"


def test_problems_urgent_first_then_by_level_and_age() -> None:
    assert [(p.key, p.level, p.age_days, p.overdue_days) for p in week(ALL).problems] == [
        ("WT-002", "urgent", 1, 0),
        ("WT-004", "cross", 4, 2),
        ("WT-001", "normal", 18, 0),
    ]


def test_of_equal_problems_the_oldest_comes_first() -> None:
    log = problems(
        "| 问题编号 | 问题等级 | 反馈时间 |\n| WT-1 | 一般 | 2026-11-18 |\n| WT-2 | 一般 | 2026-11-02 |\n| WT-3 | | 2026-11-10 |"
    )
    assert [p.key for p in week({"problems": log}).problems] == ["WT-2", "WT-3", "WT-1"]


def test_of_two_records_of_a_week_the_later_counts() -> None:
    twice = [record("2026-W46", date(2026, 11, 13), 5, {}), record("2026-W46", date(2026, 11, 12), 9, {})]
    assert {k.id: k.before for k in week(ALL, history=twice).kpis}["overdue"] == 5


def waiting(kind: Kind, field: str | None, *values: Value, master: Value = None, **row: Value) -> Item:
    """An item about RW-002 with one candidate per value, from 研发部, 销售部 … in turn."""
    candidates = tuple(Candidate(v, Provenance(department=d), row) for v, d in zip(values, ("研发部", "销售部", "客服部"), strict=False))
    return Item(f"{kind}-{field}", kind, "tasks", "RW-002", field, None, master, candidates)


def test_decisions_are_what_waits_and_what_asks_for_support() -> None:
    items = [waiting(Kind.CONFLICT, "progress", 0.8, 0.9, master=0.6), waiting(Kind.NEW_TASK, None, None, name="压测")]
    lines = week(ALL, waiting=items).decisions
    assert [(d.kind, d.key) for d in lines] == [("conflict", "RW-002"), ("new_task", "RW-002"), ("support", "WT-001")]
    assert [d.text for d in lines] == ["RW-002“当前进度”：主表 60%，报送 研发部 80%、销售部 90%", "研发部提议新任务“压测”", "测试账号2个"]
    english = week(ALL, waiting=items, set_to=Settings(lang="en")).decisions
    assert english[0].text == "RW-002 “Progress”: submitted by 研发部 “80%”, 销售部 “90%”; the master has “60%”"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (waiting(Kind.RIGHTS, "end", date(2026, 12, 4)), "研发部申请将 RW-002“计划结束时间”改为 2026-12-04"),
        (waiting(Kind.CONFLICT, "status", "done", master="in_progress"), "RW-002“完成状态”：主表 进行中，报送 研发部 已完成"),
        (waiting(Kind.CONFLICT, "measure", CLEAR, master="等待"), "RW-002“解决措施”：主表 等待，报送 研发部 清空"),
        (waiting(Kind.HAND_MADE, "predecessors", ("RW-001", "RW-003")), "研发部手工表：RW-002“前置任务”改为 RW-001、RW-003"),
        (waiting(Kind.HAND_MADE, None, None, name="年底关账"), "研发部手工表：新增“年底关账”"),
        (waiting(Kind.REVERTED, "progress", None), "研发部把 RW-002“当前进度”改回 （空白）"),
        (waiting(Kind.COPIES, "progress", 0.5, master=0.9), "研发部的两份文件：RW-002“当前进度”一份 90%，一份 50%"),
        (waiting(Kind.RENUMBERED, None, None), "研发部填的 RW-002 像是改了编号的行"),
        (waiting(Kind.ADD_ADD, None, None, None, name="联调"), "“联调”（RW-002）有 2 份不同的新增"),
        (waiting(Kind.DELETE_EDIT, None, None), "RW-002 主表已删除，研发部仍有修改"),
    ],
)
def test_what_a_waiting_item_says(item: Item, said: str) -> None:
    (line,) = week({}, waiting=[item]).decisions
    assert line.text == said.replace("（空白）", text("model.word.blank", "zh"))


def test_every_kind_of_waiting_item_has_its_sentence() -> None:
    for kind in Kind:
        for field in (None, "progress"):
            for lang in ("zh", "en"):
                (line,) = week({}, waiting=[waiting(kind, field, 0.5)], set_to=Settings(lang=lang)).decisions
                assert "{" not in line.text


def test_a_long_queue_is_counted_not_listed() -> None:
    items = [Item(f"i{n}", Kind.CONFLICT, "tasks", f"RW-{n}", "progress", 0, 0, ()) for n in range(60)]
    lines = week({}, waiting=items).decisions
    assert len(lines) == 51
    assert "10" in lines[-1].text


def test_next_week_day_by_day() -> None:
    lines = week(ALL).ahead
    assert [(a.day.isoformat(), a.text_id) for a in lines] == [
        ("2026-11-23", "meeting"),
        ("2026-11-25", "requirement"),
        ("2026-11-25", "due"),
    ]
    assert lines[0].facts == {"time": "10:00", "n": 3}
    assert lines[2].facts["n"] == 2
    for lang in ("zh", "en"):
        assert all("{" not in text(f"plan.ahead.{a.text_id}", lang, **a.facts) for a in lines)


def test_the_meeting_of_a_holiday_monday_is_held_the_next_working_day() -> None:
    summary = week(ALL, calendar=Calendar({date(2026, 11, 23): False, date(2026, 11, 24): False}))
    assert summary.ahead[0].day == date(2026, 11, 25)
    gone = Calendar({date(2026, 11, n): False for n in range(23, 30)})
    assert "meeting" not in {a.text_id for a in week(ALL, calendar=gone).ahead}


@pytest.mark.parametrize(
    ("status", "submitted", "late"),
    [
        (None, "not_asked", 0),
        (SubmissionStatus(asked=False), "not_asked", 0),
        (SubmissionStatus(deadline=datetime(2026, 11, 19, 18)), "missing", 1),
        (SubmissionStatus(deadline=datetime(2026, 11, 20, 18)), "missing", 0),
        (SubmissionStatus(submitted_at=datetime(2026, 11, 19, 17), deadline=datetime(2026, 11, 19, 18)), "on_time", 0),
        (SubmissionStatus(submitted_at=datetime(2026, 11, 19, 18), deadline=datetime(2026, 11, 19, 18)), "on_time", 0),
        (SubmissionStatus(submitted_at=datetime(2026, 11, 19, 19), deadline=datetime(2026, 11, 19, 18)), "late", 0),
        (SubmissionStatus(submitted_at=datetime(2026, 11, 19, 23), deadline=date(2026, 11, 19)), "on_time", 0),
        (SubmissionStatus(submitted_at=datetime(2026, 11, 20, 8), deadline=date(2026, 11, 18)), "late", 2),
        (SubmissionStatus(submitted_at=datetime(2026, 11, 20, 8)), "on_time", 0),
    ],
)
def test_where_a_department_stands_with_its_submission(status: SubmissionStatus | None, submitted: str, late: int) -> None:
    summary = week(ALL, submissions={} if status is None else {"技术部": status})
    line = summary.departments[0]
    assert (line.submitted, line.days_late) == (submitted, late)
    assert summary.missing == ((("研发部", late),) if submitted == "missing" else ())
    assert summary.asked == (status is not None and status.asked)
    assert summary.submitted == (status is not None and status.submitted_at is not None)


def calm(open_: int, late: int = 0, older: int = 0) -> dict[str, Table]:
    """A tracker of one department: a number of open tasks, some of them one day late and some five; one was done this week."""
    ends = ["2026-11-13"] * older + ["2026-11-19"] * late + ["2026-12-31"] * (open_ - late - older)
    return {
        "tasks": tasks(
            "| 任务ID | 负责部门 | 计划结束时间 | 完成状态 | 实际完成时间 |\n| RW-99 | 研发部 | 2026-11-18 | 已完成 | 2026-11-18 |\n"
            + "\n".join(f"| RW-{n} | 研发部 | {end} | | |" for n, end in enumerate(ends))
        )
    }


@pytest.mark.parametrize(
    ("open_", "late", "escalated", "project", "department"),
    [
        (20, 0, 0, Rag.GREEN, Rag.GREEN),
        (20, 2, 0, Rag.GREEN, Rag.AMBER),  # exactly 10 %
        (20, 3, 0, Rag.AMBER, Rag.AMBER),
        (20, 6, 0, Rag.AMBER, Rag.AMBER),  # exactly 30 %
        (20, 7, 0, Rag.RED, Rag.RED),
        (20, 0, 1, Rag.AMBER, Rag.AMBER),  # 5 %, and an escalation without an answer
    ],
)
def test_the_colour_of_the_project_and_of_a_department(open_: int, late: int, escalated: int, project: Rag, department: Rag) -> None:
    summary = week(calm(open_, late, escalated))
    assert (summary.rag, summary.departments[0].rag) == (project, department)
    assert summary.departments[1].rag is Rag.NONE, "it has no task to be judged by"


def test_a_missing_submission_is_amber_from_the_day_it_is_due() -> None:
    waiting = {"研发部": SubmissionStatus(deadline=FRIDAY)}
    assert week(calm(3), submissions=waiting).causes[0].id == "missing"
    two_of_three = {
        **waiting,
        **{name: SubmissionStatus(submitted_at=datetime(2026, 11, 19), deadline=FRIDAY) for name in ("销售部", "客服部")},
    }
    assert week(calm(3), submissions=two_of_three).rag is Rag.GREEN, "one of three is within the setting"
    done = week(calm(0), submissions=waiting)
    assert (done.rag, done.departments[0].rag, done.departments[0].submitted) == (Rag.GREEN, Rag.GREEN, "missing"), "nothing is open"
    assert week(calm(3), submissions=waiting, as_of=date(2026, 11, 19)).rag is Rag.GREEN


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (record("2026-W46", FRIDAY, 0, {}, Rag.GREEN), Trend.WORSE),
        (record("2026-W46", FRIDAY, 9, {}, Rag.RED), Trend.BETTER),
        (record("2026-W46", FRIDAY, 4, {}, Rag.AMBER), Trend.BETTER),
        (record("2026-W46", FRIDAY, 3, {}, Rag.AMBER), Trend.SAME),
        (record("2026-W46", FRIDAY, 3, {}, Rag.AMBER, escalated=1), Trend.BETTER),
        (record("2026-W46", FRIDAY, 3, {}, Rag.NONE), Trend.UNKNOWN),
    ],
)
def test_the_trend(before: WeekRecord, expected: Trend) -> None:
    assert week(calm(20, 3), history=[before]).trend is expected


def test_the_reason_is_made_of_numbers() -> None:
    history = [record("2026-W45", FRIDAY, 0, {}), record("2026-W46", FRIDAY, 1, {})]
    reason = week(ALL, history=history).reason
    parts = reason["parts"]
    assert isinstance(parts, tuple)
    assert [name for name, _ in parts] == ["late", "latest", "behind", "unanswered", "at_once", "worse"]
    said = "，".join(text(f"plan.reason.{name}", "zh", **facts) for name, facts in parts)
    assert said == (
        "3 项滞后，占未完成 5 项的 60%，最久的 RW-006 已滞后 5 个工作日，总体进度 48%，"
        "比按日期应有的低 27 个百分点，3 项升级还没有答复，1 个紧急问题未解决（WT-002），滞后连续 2 周增加"
    )
    assert (reason["overdue"], reason["overdue_before"], reason["weeks_worse"]) == (3, 1, 2)
    assert "{" not in "".join(text(f"plan.reason.{name}", "en", **facts) for name, facts in parts)


def test_a_calm_week_says_so() -> None:
    parts = week(calm(3)).reason["parts"]
    assert parts == (("none_late", {"open": 3}),)


def test_an_empty_project_has_no_light_and_no_figure() -> None:
    summary = week({}, Directory())
    assert summary.rag is Rag.NONE
    assert summary.cures == ()
    assert summary.reason["parts"] == (("no_data", {}),)
    assert summary.check["balanced"] is True
    assert summary.departments == ()
    assert [k.value for k in summary.kpis] == [0] * 8


def test_the_record_is_what_next_week_compares_with() -> None:
    first = week(ALL)
    kept = week_record(first)
    assert kept.overdue_by_department == {"研发部": 2, "销售部": 0, "客服部": 0, "其他/未知": 1}
    assert (kept.planned, kept.actual) == (5, 3)
    following = week(ALL, as_of=date(2026, 11, 27), name="2026-W48", history=[kept])
    assert {k.id: k.before for k in following.kpis} == {k.id: k.value for k in first.kpis}


def test_a_week_that_starts_on_sunday() -> None:
    summary = week(ALL, set_to=Settings(week_start=7))
    assert (summary.first_day, summary.last_day) == (date(2026, 11, 15), date(2026, 11, 21))


def test_the_same_week_in_another_spelling() -> None:
    assert week(ALL, name="2026W47").week == "2026-W47"
    with pytest.raises(ValueError, match="not a week"):
        week(ALL, name="last")


dates = st.sampled_from(
    ["", "2026-09-01", "2026-11-02", "2026-11-13", "2026-11-16", "2026-11-19", "2026-11-20", "2026-11-22", "2026-11-25"]
)
lines = st.tuples(
    st.sampled_from(["研发部", "技术部", "销售部", "外包", ""]),
    dates,
    st.sampled_from(["未开始", "进行中", "已完成", "滞后", "暂停", "已取消", ""]),
    dates,
    st.sampled_from(["RW-001", "RW-002", "", "RW-003"]),
)
troubles = st.tuples(
    st.sampled_from(["研发部", "外包", ""]),
    dates,
    st.sampled_from(["待处理", "处理中", "已解决", "已升级", "已关闭", ""]),
    st.sampled_from(["一般", "紧急", "跨部门", ""]),
)


@settings(max_examples=150)
@given(
    st.lists(lines, max_size=12),
    st.lists(troubles, max_size=6),
    st.booleans(),
    st.sampled_from(["working", "calendar"]),
    st.dictionaries(st.dates(date(2026, 11, 1), date(2026, 11, 20)), st.booleans(), max_size=8),
)
def test_the_parts_always_add_up(
    rows: list[tuple[str, ...]], log: list[tuple[str, ...]], known: bool, count: str, special: dict[date, bool]
) -> None:
    head = "| 负责部门 | 计划结束时间 | 完成状态 | 实际完成时间 | 任务ID |\n"
    head2 = "| 责任部门 | 完成时限 | 处理状态 | 问题等级 |\n"
    tracker = {
        "tasks": table("tasks", head + "\n".join(f"| {' | '.join(row)} |" for row in rows)),
        "problems": table("problems", head2 + "\n".join(f"| {' | '.join(row)} |" for row in log)),
    }
    summary = week(tracker, PEOPLE if known else Directory(), calendar=Calendar(special), set_to=Settings(day_count=count))
    kpis = {k.id: k.value for k in summary.kpis}
    facts = summary.check
    assert facts["balanced"] is True
    assert len(rows) == facts["total"] == facts["done"] + facts["cancelled"] + facts["open"]  # type: ignore[operator]
    assert kpis["overdue"] == sum(d.overdue for d in summary.departments) == sum(n for _, n in summary.ageing) == len(summary.overdue)
    assert kpis["open"] == sum(d.open for d in summary.departments)
    assert sum(d.total for d in summary.departments) == len(rows)
    assert kpis["escalated"] == sum(d.escalated for d in summary.departments) == len(summary.escalations)
    assert kpis["open_problems"] == len(summary.problems)
    assert all(a.planned <= b.planned and a.actual <= b.actual for a, b in zip(summary.progress, summary.progress[1:], strict=False))
    assert summary.progress[-1].actual == facts["done"], "the curve ends at what is done"
    assert all(d.overdue_trend[-1] == d.overdue for d in summary.departments)
