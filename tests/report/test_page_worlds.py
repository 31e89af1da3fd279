"""Every tile of the sponsor's page has a world in which it alone changes the light, the decisions wanted or an order.

A calm world is green: twenty open tasks, one of them done this week. Each test changes one thing in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from tables import directory, problems, requirements, table, tasks

from collab_xl.book.read import read_book
from collab_xl.build.master import template_path
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.record import replace
from collab_xl.model.report_pages import BANDS, KPIS, SPONSOR
from collab_xl.model.sheets import Table
from collab_xl.model.summary import AtFault, Rag, Summary, WantedLine, WeekRecord
from collab_xl.plan.weekly import _who_decides, plan_week
from collab_xl.report import summarise, week_record
from collab_xl.report.sponsor import decider
from collab_xl.rules.flag import flag
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)
PEOPLE = directory("""
    | 部门   | 上级   | 分管领导 |
    | 研发部 | 林副总 | 张总     |
    | 销售部 | 王副总 | 张总     |
""")
HEAD = (
    "| 任务ID | 任务名称 | 所属需求编号 | 负责部门 | 计划开始时间 | 计划结束时间 | 当前进度 | 完成状态 | 实际完成时间 | 里程碑 | 基准完成 |"
)
NEEDS = "| 需求编号 | 需求名称 | 紧急程度 | 期望完成时间 | 状态 |"
CALM = requirements(f"{NEEDS}\n| XZ-1 | 上线 | 特急 | 2027-01-31 | 进行中 |\n| XZ-2 | 增长 | 一般 | 2027-01-31 | 进行中 |")


BLANK = {"parent": "XZ-2", "start": "", "progress": "", "status": "进行中", "done": "", "milestone": "", "base": ""}


def task(key: str, end: str = "2026-12-31", **cells: str) -> str:
    c = {**BLANK, **cells}
    return (
        f"| {key} | 任务{key} | {c['parent']} | 研发部 | {c['start']} | {end} | {c['progress']} | {c['status']} | {c['done']} "
        f"| {c['milestone']} | {c['base']} |"
    )


def world(*more: str, others: Mapping[str, Table] | None = None, finished: bool = True, **how: object) -> Summary:
    done = [task("D-1", "2026-11-19", status="已完成", done="2026-11-19")] if finished else []
    lines = [*(task(f"T-{n}") for n in range(20)), *done, *more]
    tables = {"requirements": CALM, "tasks": tasks("\n".join([HEAD, *lines])), **(others or {})}
    options, calendar = Settings(project="试"), Calendar()
    flags = flag(tables, options, calendar, FRIDAY, load(), PEOPLE)
    if how.get("answered"):
        flags = replace(flags, escalations=tuple(replace(line, answered=True) for line in flags.escalations))
    history = (how["before"],) if isinstance(how.get("before"), WeekRecord) else ()
    return summarise(tables, flags, options, calendar, PEOPLE, as_of=FRIDAY, week="2026-W47", history=history)


def causes(summary: Summary) -> list[str]:
    return [cause.id for cause in summary.causes]


def test_a_calm_world_is_green_and_asks_for_nothing() -> None:
    calm = world()
    assert (calm.rag, causes(calm), calm.wanted) == (Rag.GREEN, [], ())
    assert [cure.facts["n"] for cure in calm.cures] == [3], "of twenty, three late ones are over 10 %"


LOG = "| 问题编号 | 责任部门 | 问题描述 | 问题等级 | 所需支持 | 完成时限 | 处理状态 |\n| WT-1 | 研发部 | 缺人 |"
SUPPORT = problems(f"{LOG} 一般 | 增派2名 | 2026-12-01 | 处理中 |")
URGENT, RAISED = problems(f"{LOG} 紧急 | | | 处理中 |"), problems(f"{LOG} 一般 | | | 已升级 |")
RISK = "| 风险编号 | 风险描述 | 风险等级 | 责任部门 | 应对措施 | 风险状态 |"
HIGH_RISK = table("risks", f"{RISK}\n| FX-1 | 供应商停产 | 高 | 研发部 |  | 应对中 |")
WORLDS: Mapping[str, tuple[Summary, str]] = {
    "rate": (world(*(task(f"B-{n}", start="2026-06-01", progress="0%") for n in range(6))), "behind"),
    "overdue": (world(*(task(f"L-{n}", "2026-11-19") for n in range(3))), "late"),
    "milestones_late": (world(task("M-1", "2026-12-18", milestone="是", base="2026-12-11")), "milestone"),
    "escalated": (
        world(
            others={
                "problems": problems("| 问题编号 | 责任部门 | 问题描述 | 问题等级 | 处理状态 |\n| WT-1 | 研发部 | 缺人 | 一般 | 已升级 |")
            }
        ),
        "unanswered",
    ),
    "finished_this_week": (world(task("W-1", "2026-11-20"), task("W-2", "2026-11-20"), finished=False), "stalled"),
    "open_problems": (world(others={"problems": URGENT}, answered=True), "at_once"),
    "demands": (
        world(others={"requirements": requirements(f"{NEEDS}\n| XZ-2 | 增长 | 一般 | 2026-12-01 | 进行中 |")}),
        "demand",
    ),
    "risks": (world(others={"risks": HIGH_RISK}), "high_risks"),
}


@pytest.mark.parametrize("tile", WORLDS)
def test_a_tile_alone_makes_the_light_amber(tile: str) -> None:
    summary, cause = WORLDS[tile]
    assert causes(summary) == [cause]
    assert summary.rag is Rag.AMBER
    assert [cure.id for cure in summary.cures] == [cause], "and the page says what would end it"


def test_one_question_is_a_decision_wanted_with_who_asks_who_decides_and_by_when() -> None:
    summary = world(others={"problems": SUPPORT})
    (wanted,) = summary.wanted
    assert (wanted.key, wanted.what, wanted.by) == ("WT-1", "增派2名", "研发部")
    assert (wanted.to, wanted.when) == (("林副总", "张总"), date(2026, 12, 1))
    assert summary.rag is Rag.GREEN, "to ask for help is no fault"


def test_an_acceptance_and_a_signature_are_asked_for_by_their_forms() -> None:
    rows = "| YS-1 | 手册 | 销售部 | 已交 | 待验收 |\n| YS-2 | 报表 | 销售部 |  | 待验收 |"
    accept = table("acceptance", f"| 验收编号 | 验收对象 | 验收部门 | 实际成果 | 验收结论 |\n{rows}")
    sign = table("signatures", "| 签认编号 | 签认事项 | 签认对象 | 签认部门 | 签认意见 |\n| QR-1 | 新目标 | MB-1 | 研发部 | 待签 |")
    wanted = world(others={"acceptance": accept, "signatures": sign}).wanted
    assert [(w.key, w.to) for w in wanted] == [("QR-1", ("研发部",)), ("YS-1", ("销售部",))], "YS-2 has nothing to accept yet"


def test_what_waits_on_the_conflict_sheet_is_no_decision_of_the_sponsor() -> None:
    assert not [kind for kind in BANDS[SPONSOR] for block in kind if block.leads_to == "conflicts"]


def test_late_work_of_the_most_urgent_requirement_comes_first_and_may_be_red() -> None:
    late = (task("L-1", "2026-11-18"), task("L-2", "2026-11-19", parent="XZ-1"))
    summary = world(*late)
    assert [line.key for line in summary.overdue] == ["L-2", "L-1"]
    assert (summary.rag, causes(summary)) == (Rag.AMBER, ["urgent"])
    old = world(task("L-1", "2026-11-18"), task("L-2", "2026-11-10", parent="XZ-1"))
    assert (old.rag, old.causes[0].id) == (Rag.RED, "urgent")


def test_what_was_done_is_named_milestones_first() -> None:
    summary = world(task("M-1", "2026-11-16", status="已完成", done="2026-11-16", milestone="是"))
    assert [(line.key, line.milestone) for line in summary.done] == [("M-1", True), ("D-1", False)]


def test_milestones_behind_their_plan_come_first() -> None:
    late = task("M-2", "2026-12-18", milestone="是", base="2026-12-11")
    summary = world(task("M-1", "2026-12-01", milestone="是"), late)
    assert [(m.key, m.late > 0) for m in summary.milestones] == [("M-2", True), ("M-1", False)]


def test_every_tile_has_a_world() -> None:
    blocks = {block.name for band in BANDS[SPONSOR] for block in band}
    told = {*WORLDS, "milestones", "decisions", "overdue", "done", "worries"}
    assert {card.id for card in KPIS} | blocks <= told


def test_a_project_without_open_tasks_is_not_red_because_of_a_share_of_nothing() -> None:
    done = tasks(f"{HEAD}\n" + task("T-1", "2026-11-02", status="已完成", done="2026-11-02"))
    flags = flag({"tasks": done, "problems": URGENT}, Settings(), Calendar(), FRIDAY, load(), PEOPLE)
    assert flags.escalations
    summary = summarise({"tasks": done, "problems": URGENT}, flags, Settings(), Calendar(), PEOPLE, as_of=FRIDAY, week="2026-W47")
    assert summary.rag is Rag.AMBER


def test_promises_are_kept_on_the_page_and_compared_on_the_next() -> None:
    before = replace(week_record(world(task("P-1", "2026-11-24"), task("P-2", "2026-11-25"), task("P-3", "2026-11-26"))), week="2026-W46")
    assert before.promised == {"研发部": ("P-1", "P-2", "P-3")}
    now = world(task("P-1", "2026-11-24", status="已完成", done="2026-11-20"), task("P-2", "2026-11-25"), before=before)
    assert now.promised == (2, 1), "P-3 is gone from the sheet and counts no more"
    assert [p.key for p in now.promises] == ["P-2"]
    assert (now.departments[0].promised, now.departments[0].kept) == (2, 1)
    assert now.rag is Rag.GREEN, "a learning figure: it changes no light"


def test_the_curve_says_of_an_earlier_week_what_its_page_said() -> None:
    before = replace(week_record(world()), week="2026-W46", planned=7, actual=5)
    point = world(before=before).progress[-2]
    assert (point.planned, point.actual) == (7, 5)


def test_a_requirement_that_is_red_though_expected_in_time_says_why() -> None:
    """Two of its tasks are late; the day expected for it is long before the day wanted."""
    summary = world(task("L-1", "2026-11-02"), task("L-2", "2026-11-16"))
    line = next(d for d in summary.demands if d.key == "XZ-2")
    assert (line.rag, line.late, line.late_parts, line.latest_part) == (Rag.RED, 0, 2, 14)
    book = read_book(template_path("zh"))
    sheet, area = book.names["wk_demand_why"]
    cells = {(e.sheet, e.row, e.col): e.new for e in plan_week(summary, book.names, book.snapshot, "zh", "R-1", "").edits}
    assert cells[sheet, area.first_row, area.first_col] == "L-1 14 天 +1"


def test_the_task_at_fault_is_the_one_where_the_delay_of_the_last_part_begins() -> None:
    """B ends last because A, of another requirement, is late; C is late too, but ends long before."""
    head = f"{HEAD} 前置任务 |"
    rows = [
        f"{task('A', '2026-11-12', parent='XZ-1')}  |",
        f"{task('B', '2026-12-01', start='2026-11-13', status='未开始')} A |",
        f"{task('C', '2026-11-10')}  |",
    ]
    needs = requirements(f"{NEEDS}\n| XZ-1 | 上线 | 一般 | 2027-01-31 | 进行中 |\n| XZ-2 | 增长 | 一般 | 2026-12-02 | 进行中 |")
    tables = {"requirements": needs, "tasks": tasks("\n".join([head, *rows]))}
    options, calendar = Settings(project="试"), Calendar()
    flags = flag(tables, options, calendar, FRIDAY, load(), PEOPLE)
    first = summarise(tables, flags, options, calendar, PEOPLE, as_of=FRIDAY, week="2026-W47").demands[0]
    assert (first.key, first.late > 0, first.fault) == ("XZ-2", True, AtFault("A", 6, None, 1))


def test_a_requirement_whose_work_is_planned_too_late_names_what_ends_last() -> None:
    needs = requirements(f"{NEEDS}\n| XZ-2 | 增长 | 一般 | 2026-12-01 | 进行中 |")
    first = world(others={"requirements": needs}).demands[0]
    assert first.fault == AtFault("T-0", 0, date(2026, 12, 31))


def test_the_note_of_decisions_names_as_many_people_as_fit() -> None:
    def waits(*who: tuple[str, int]) -> list[WantedLine]:
        return [
            WantedLine("support", "problems", f"{name}{n}", "x", "研发部", (name,), None, decides=name) for name, k in who for n in range(k)
        ]

    lines = waits(("张总", 7), ("林副总", 6), ("王副总", 4), ("采购部", 1))
    assert _who_decides(lines, 60, "zh") == "决策人：张总 7 项 · 林副总 6 项 · 王副总 4 项 · 采购部 1 项"
    assert _who_decides(lines, 23, "zh") == "张总 7 · 林副总 6 · 王副总 4 · 采购部 1"
    assert _who_decides(lines, 18, "zh") == "张总 7 · 林副总 6 · 另 2 人 5"


def test_of_several_people_the_one_superior_decides_and_between_departments_the_sponsor() -> None:
    assert decider(PEOPLE, ("林副总", "张总")) == "林副总"
    assert decider(PEOPLE, ("林副总", "王副总", "张总")) == "张总"
    assert decider(PEOPLE, ()) == ""
    summary = world(others={"problems": SUPPORT})
    assert summary.wanted[0].decides == "林副总"
    book = read_book(template_path("zh"))
    said = [e.new for e in plan_week(summary, book.names, book.snapshot, "zh", "R-1", "").edits]
    assert "林副总（张总）" in said


NEEDED = "| 资源编号 | 资源名称 | 需求部门 | 需求量 | 可用量 | 缺口% | 单位 | 资源状态 |"


@pytest.mark.parametrize(("unit", "said"), [("人", "是否补足 2 人（需要 5 人）：测试工程师"), ("", "是否补足缺口 2（需要 5）：测试工程师")])
def test_a_gap_of_resources_says_how_much_of_what_is_missing(unit: str, said: str) -> None:
    gap = table("resources", f"{NEEDED}\n| ZY-1 | 测试工程师 | 研发部 | 5 | 3 | 40% | {unit} | 待答复 |")
    (wanted,) = world(others={"resources": gap}).wanted
    assert wanted.what == said


def test_a_long_name_hides_neither_what_is_missing_nor_how_late_it_is() -> None:
    name = "华东与华南两大区域渠道首批物料的质检人员" * 5
    gap = table("resources", f"{NEEDED}\n| ZY-1 | {name} | 研发部 | 5 | 3 | 40% | 人 | 待答复 |")
    late = task("L-1", "2026-11-10").replace("任务L-1", name)
    summary = world(late, others={"resources": gap})
    book = read_book(template_path("zh"))
    plan = plan_week(summary, book.names, book.snapshot, "zh", "R-1", "")
    said = [edit.new for edit in plan.edits if isinstance(edit.new, str)]
    assert [w for w in said if w.startswith("ZY-1 是否补足 2 人（需要 5 人）") and w.endswith("… · 研发部")]
    assert [w for w in said if w.startswith("L-1 滞后 8 天，是否增援或改期") and w.endswith("… · 研发部")]


def test_a_requirement_that_will_miss_its_day_comes_before_one_with_late_work_only() -> None:
    needs = requirements(f"{NEEDS}\n| XZ-1 | 上线 | 特急 | 2027-01-31 | 进行中 |\n| XZ-2 | 增长 | 一般 | 2026-12-01 | 进行中 |")
    late = (task("L-1", "2026-11-10", parent="XZ-1"), task("L-2", "2026-12-31", parent="XZ-2"))
    lights = [(d.key, d.rag) for d in world(*late, others={"requirements": needs}).demands]
    assert lights == [("XZ-2", Rag.RED), ("XZ-1", Rag.RED)]


def test_the_reason_names_the_urgent_problem_and_the_risk_without_a_response() -> None:
    two = f"{RISK}\n| FX-1 | 停产 | 高 | 研发部 |  | 应对中 |\n| FX-2 | 涨价 | 高 | 研发部 |  | 应对中 |"
    summary = world(others={"problems": URGENT, "risks": table("risks", two)})
    named = {cause.id: (cause.facts["key"], cause.facts["n"]) for cause in summary.causes if cause.id in ("at_once", "high_risks")}
    assert named == {"at_once": ("WT-1", 1), "high_risks": ("FX-1 …", 2)}


def test_a_row_of_a_form_says_whose_it_is_and_how_late() -> None:
    heads = "| 风险编号 | 风险描述 | 风险等级 | 责任部门 | 责任人 | 解决时限 | 应对措施 | 风险状态 |"
    rows = table(
        "risks",
        f"{heads}\n| FX-1 | 停产 | 高 | 研发部 | 王* | 2026-11-17 | 备货 | 应对中 |\n| FX-2 | 涨价 | 高 | 研发部 | | | 锁价 | 应对中 |",
    )
    (block,) = (b for b in world(others={"risks": rows}).blocks if b.form == "risks")
    assert [(line.key, line.who, str(line.due), line.days_late) for line in block.lines] == [
        ("FX-1", "研发部 / 王*", "2026-11-17", 3),
        ("FX-2", "研发部", "None", 0),
    ]


def test_what_would_change_a_red_light_does_when_it_is_carried_out() -> None:
    """Two tasks of the most urgent requirement are more than five days late, one is two days late, and there is a problem at once."""
    late = [task("L-1", "2026-11-02", parent="XZ-1"), task("L-2", "2026-11-09", parent="XZ-1"), task("L-3", "2026-11-18", parent="XZ-1")]
    red = world(*late, others={"problems": URGENT})
    (cure,) = red.cures
    assert (red.rag, cure.id, cure.facts["over"], cure.facts["limit"]) == (Rag.RED, "urgent", 2, 5)
    book = read_book(template_path("zh"))
    said = [e.new for e in plan_week(red, book.names, book.snapshot, "zh", "R-1", "").edits]
    assert "转黄条件：最紧急需求的 2 项任务完成，或滞后不超过 5 天（先 L-1）；其余原因只到黄。" in said
    done = [row.replace("进行中 |", "已完成 | 2026-11-19", 1).replace("2026-11-19 |  |", "2026-11-19 |", 1) for row in late[:2]]
    assert world(*done, late[2], others={"problems": URGENT}).rag is Rag.AMBER
    caught_up = [task(key, "2026-11-13", parent="XZ-1") for key in ("L-1", "L-2")]
    assert world(*caught_up, late[2], others={"problems": URGENT}).rag is Rag.AMBER
    assert world(late[0], late[2], others={"problems": URGENT}).rag is Rag.RED, "one of the two is not enough"


def test_the_project_ends_with_its_last_requirement_or_milestone() -> None:
    calm = world(task("M-1", "2026-12-18", milestone="是", base="2026-12-11")).outlook
    assert calm is not None
    assert (str(calm.planned), str(calm.forecast), calm.late) == ("2027-01-31", "2027-01-31", 0)
    assert (calm.urgent, calm.urgent_late) == (1, 0)
    needs = requirements(f"{NEEDS}\n| XZ-1 | 上线 | 特急 | 2026-12-01 | 进行中 |")
    late = world(task("U-1", "2026-12-15", parent="XZ-1"), others={"requirements": needs}).outlook
    assert late is not None
    assert (str(late.planned), str(late.forecast), late.late, late.last) == ("2026-12-01", "2026-12-15", 10, "上线")
    assert (late.urgent, late.urgent_late) == (1, 1)
    assert world(others={"requirements": requirements(f"{NEEDS}\n| XZ-1 | 上线 | 特急 | | 进行中 |")}).outlook is None
