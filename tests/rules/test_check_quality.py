"""Family Q, more than one example per rule: names that mean the same, people in two places, circles, requirements and tasks."""

from __future__ import annotations

import importlib
import inspect
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import directory, requirements, table, tasks

import collab_xl.rules
import collab_xl.rules.names as check_names
from collab_xl.forms import Field, load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.plan.finding_list import finding_rows
from collab_xl.rules.chain import walked
from collab_xl.rules.check import CHECKS, check
from collab_xl.rules.functions import FUNCTIONS
from collab_xl.rules.names import SHORTEST, SIMILAR, another_thing, near_pairs, normal_name
from collab_xl.rules.overload import people_of
from collab_xl.rules.requirements import resources_of
from collab_xl.rules.rows import Rows
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)


def found(*codes: str, people: Directory | None = None, **tables: Table) -> list[Finding]:
    everything = check(tables, load(), people or Directory(), Settings(), Calendar(), FRIDAY)
    return [f for f in everything if f.code in codes]


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("支付接口联调", "支付接口联调测试", True),
        ("支付接口联调", "联调支付接口", True),
        ("渠道合同续签与归档", "渠道合同续签归档", True),
        ("Payment interface test", "Payment-Interface tests", True),
        ("用户登录测试", "用户登出测试", False),
        ("第1期验收", "第2期验收", False),
        ("接口联调V2", "接口联调V3", False),
        ("测试", "测试二", False),
        ("开发", "设计", False),
    ],
)
def test_near_same_names(one: str, other: str, near: bool) -> None:
    a, b = normal_name(one), normal_name(other)
    assert (a == b or list(near_pairs([a, b])) == [(a, b)]) is near


def test_punctuation_width_and_empty_words_make_no_difference() -> None:
    assert normal_name("支付 接口，联调（V2）") == normal_name("支付接口联调v２")
    assert normal_name("合同的评审工作") == normal_name("合同评审")
    assert normal_name("工作") == "工作"


def similar(a: str, b: str) -> bool:
    """The definition, without optimisation."""
    if sorted(a) == sorted(b):
        return True
    x, y = ({name[i : i + 2] for i in range(len(name) - 1)} for name in (a, b))
    return len(x & y) / len(x | y) >= SIMILAR


@settings(max_examples=300)
@given(st.lists(st.text("支付接口联调", min_size=1, max_size=9), max_size=12, unique=True))
def test_the_shortcut_finds_exactly_the_pairs_of_the_definition(names: list[str]) -> None:
    long = [n for n in names if len(n) >= SHORTEST]
    wanted = {(a, b) for k, b in enumerate(long) for a in long[:k] if similar(a, b)}
    assert set(near_pairs(names)) == wanted


def test_a_third_department_is_pointed_at_another_row_than_its_own() -> None:
    sheet = tasks("""
        | 任务ID | 任务名称 | 负责部门 | 完成状态 |
        | RW-001 | 支付接口联调 | 研发部 | 进行中 |
        | RW-002 | 支付接口联调 | 研发部 | 进行中 |
        | RW-003 | 支付接口联调 | 客服部 | 进行中 |
        | RW-004 | 支付接口联调 |        | 进行中 |
        | RW-005 | 支付接口联调 | 销售部 | 已取消 |
    """)
    assert [(f.row_id, f.facts["other_cell"]) for f in found("Q501", tasks=sheet)] == [("RW-001", "B4"), ("RW-002", "B4"), ("RW-003", "B2")]


def test_work_both_have_finished_is_past_settling() -> None:
    rows = (
        "| 任务ID | 任务名称 | 负责部门 | 完成状态 |\n| RW-001 | 支付接口联调 | 研发部 | 已完成 |\n| RW-002 | 支付接口联调 | 客服部 | {} |"
    )
    assert found("Q501", tasks=tasks(rows.format("已完成"))) == []
    assert len(found("Q501", tasks=tasks(rows.format("未开始")))) == 2


def test_an_alias_is_the_same_department() -> None:
    people = directory("| 部门 | 别名 |\n| 研发部 | 技术部 |")
    rows = tasks("| 任务ID | 任务名称 | 负责部门 |\n| RW-001 | 支付接口联调 | 研发部 |\n| RW-002 | 支付接口联调 | 技术部 |")
    assert found("Q501", people=people, tasks=rows) == []
    assert len(found("Q501", tasks=rows)) == 2


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("张明、陈丽", ["张明", "陈丽"]),
        ("张明,陈丽；李强/王伟", ["张明", "陈丽", "李强", "王伟"]),
        ("John Smith", ["John Smith"]),
        ("张明 陈丽", ["张明", "陈丽"]),
        ("*经理", []),
        ("张*", []),
        ("", []),
        (None, []),
    ],
)
def test_the_names_in_an_owner_cell(text: str | None, names: list[str]) -> None:
    assert people_of(text) == names


def test_who_goes_first_is_settled_by_the_urgency_of_the_requirement() -> None:
    needs = requirements("""
        | 需求编号 | 紧急程度 |
        | XZ-1     | 一般     |
        | XZ-2     | 特急     |
    """)
    sheet = tasks("""
        | 任务ID | 任务名称 | 所属需求编号 | 负责部门 | 负责人 | 计划开始时间 | 计划结束时间 |
        | RW-001 | 联调     | XZ-1         | 研发部   | 张明   | 2026-12-01   | 2026-12-10   |
        | RW-002 | 谈判     | XZ-2         | 销售部   | 张明   | 2026-12-05   | 2026-12-20   |
    """)
    (clash,) = found("Q502", tasks=sheet, requirements=needs)
    assert (clash.row_id, clash.facts["named"], clash.facts["first"]) == ("RW-001", ("RW-001 联调", "RW-002 谈判"), "RW-002 谈判")
    assert (clash.facts["weeks"], clash.facts["sides"]) == (("2026-W49～2026-W50",), ("研发部", "销售部"))
    (same,) = found("Q502", tasks=sheet)
    assert same.facts["first"] == "RW-001 联调", "equally urgent: the one due first"


spans = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 5), st.sampled_from(["甲部", "乙部"])), max_size=8)


@settings(max_examples=150)
@given(spans)
def test_a_person_is_one_finding_with_every_task_that_overlaps(lines: list[tuple[int, int, str]]) -> None:
    days = [(date(2026, 12, 1) + timedelta(s), date(2026, 12, 1) + timedelta(s + n), d) for s, n, d in lines]
    text = "| 任务ID | 负责人 | 负责部门 | 计划开始时间 | 计划结束时间 |\n"
    text += "\n".join(f"| {i} | 张明 | {d} | {a} | {b} |" for i, (a, b, d) in enumerate(days))
    flagged = found("Q502", "Q503", tasks=tasks(text))
    order = sorted(range(len(days)), key=lambda i: (days[i][0], days[i][1], i))
    pairs = [(j, i) for n, i in enumerate(order) for j in order[:n] if days[i][0] < days[j][1] or days[i][0] == days[j][0]]
    named = {str(i) for pair in pairs for i in pair}
    assert [set(f.facts["named"]) for f in flagged] == ([named] if named else [])  # type: ignore[call-overload]
    assert [f.code for f in flagged] == (["Q502" if any(days[i][2] != days[j][2] for i, j in pairs) else "Q503"] if pairs else [])


def test_an_overload_names_the_weeks_and_how_many_at_once() -> None:
    """Over the end of a year; two tasks of one day; a task that begins as another ends is none too many."""
    sheet = tasks("""
        | 任务ID | 负责部门 | 负责人 | 计划开始时间 | 计划结束时间 |
        | RW-001 | 研发部   | 张明   | 2026-12-01   | 2026-12-04   |
        | RW-002 | 研发部   | 张明   | 2026-12-04   | 2027-01-06   |
        | RW-003 | 研发部   | 张明、陈丽 | 2026-12-08 | 2026-12-08 |
        | RW-004 | 研发部   | 张明   | 2026-12-29   | 2027-01-12   |
        | RW-005 | 研发部   | 张明   | 2026-12-30   | 2027-01-01   |
    """)
    (clash,) = found("Q503", tasks=sheet)
    assert clash.facts["named"] == ("RW-002", "RW-003", "RW-004", "RW-005")
    assert (clash.facts["n"], clash.facts["most"], clash.facts["first"]) == (4, 3, "RW-003")
    assert clash.facts["weeks"] == ("2026-W50", "2026-W53～2027-W01")


def test_one_line_a_person_on_the_list() -> None:
    """Five people of one department: other findings would be one line that names the rows."""
    rows = "\n".join(f"| RW-{n}{k} | 研发部 | 张{n} | 2026-12-01 | 2026-12-10 |" for n in "一二三四五" for k in "12")
    clashes = found("Q503", tasks=tasks("| 任务ID | 负责部门 | 负责人 | 计划开始时间 | 计划结束时间 |\n" + rows))
    assert [row["count"] for row in finding_rows(clashes, load(), "zh")] == [1] * 5


RESOURCES = """
    | 资源编号 | 资源名称 | 所用任务ID | 需求部门 | 资源方 | 需求量 | 可用量 | 使用开始 | 使用结束 |
    | ZY-001 | 测试工程师 | RW-001 | 市场部 | 研发部 | {0} | {1} | 2026-11-16 | 2026-11-27 |
    | ZY-002 | 测试工程师 | RW-002 | 销售部 | 研发部 | {2} | {3} | 2026-11-23 | 2026-12-04 |
"""


def test_a_resource_wanted_twice_goes_to_the_most_urgent_requirement() -> None:
    needs = requirements("| 需求编号 | 紧急程度 |\n| XZ-1 | 一般 |\n| XZ-2 | 特急 |")
    work = tasks("| 任务ID | 所属需求编号 |\n| RW-001 | XZ-1 |\n| RW-002 | XZ-2 |")
    (clash,) = found("Q521", tasks=work, requirements=needs, resources=table("resources", RESOURCES.format("", "", "", "")))
    assert (clash.facts["other"], clash.facts["first"]) == ("ZY-001 市场部 XZ-1 一般", "ZY-002 销售部 XZ-2 特急")


@pytest.mark.parametrize(("amounts", "clashes"), [(("2", "5", "3", "5"), 0), (("2", "5", "4", "5"), 1), (("2", "", "3", "5"), 1)])
def test_where_there_is_enough_for_both_nothing_clashes(amounts: tuple[str, ...], clashes: int) -> None:
    assert len(found("Q521", resources=table("resources", RESOURCES.format(*amounts)))) == clashes


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("研发人力5人、市场预算20万、客服培训3场", ["研发人力", "市场预算", "客服培训"]),
        ("测试服务器 2 台；法务支持", ["测试服务器", "法务支持"]),
        ("5人", []),
        ("-", []),
    ],
)
def test_what_is_wanted(text: str, wanted: list[str]) -> None:
    assert resources_of(text) == wanted


edges = st.dictionaries(st.sampled_from("ABCDEF"), st.lists(st.sampled_from("ABCDEF"), max_size=3, unique=True), max_size=6)


@settings(max_examples=300)
@given(edges)
def test_circles_are_found_exactly_where_there_are_any(before: dict[str, list[str]]) -> None:
    graph = {name: before.get(name, []) for name in "ABCDEF"}

    def reaches(start: str) -> bool:
        seen, todo = set(), list(graph[start])
        while todo:
            if (here := todo.pop()) == start:
                return True
            if here not in seen:
                seen.add(here)
                todo += graph[here]
        return False

    circles, order = walked(graph)
    assert sorted(order) == sorted(graph)
    assert bool(circles) is any(reaches(name) for name in graph)
    for circle in circles:
        assert all(after in graph[one] for one, after in zip(circle, [*circle[1:], circle[0]], strict=True))
    members = [name for circle in circles for name in circle]
    assert len(members) == len(set(members))


def test_a_chain_of_ten_thousand_predecessors() -> None:
    chain = {str(n): [str(n - 1)] if n else [] for n in range(10_000)}
    assert walked(chain)[0] == []
    assert [len(c) for c in walked({**chain, "0": ["9999"]})[0]] == [10_000]


def test_a_task_that_waits_for_itself() -> None:
    (circle,) = found("Q506", tasks=tasks("| 任务ID | 前置任务 |\n| RW-001 | RW-001 |"))
    assert circle.facts["path"] == "RW-001 → RW-001"


def test_a_predecessor_that_is_done_holds_nobody_up() -> None:
    rows = """
        | 任务ID | 计划开始时间 | 计划结束时间 | 前置任务 | 完成状态 |
        | RW-001 | 2026-12-01   | 2026-12-10   |          | {} |
        | RW-002 | 2026-12-08   | 2026-12-15   | rw001    | 未开始 |
    """
    assert found("Q507", tasks=tasks(rows.format("已完成"))) == []
    (early,) = found("Q507", tasks=tasks(rows.format("进行中")))
    assert (early.expected, early.facts["other_cell"]) == ("≥ 2026-12-10", "C2")


def test_the_order_is_sheet_row_column_code_whatever_the_order_of_tables() -> None:
    sheets = {
        "tasks": tasks("| 任务ID | 负责人 | 计划结束时间 | 完成状态 |\n| RW-002 |  | 2026-11-02 | 进行中 |\n| RW-001 |  |  | 进行中 |"),
        "requirements": requirements("| 需求编号 | 期望完成时间 |\n| XZ-1 | 2026-11-02 |"),
    }
    both = [
        [(str(f.at), f.code) for f in found(*(["T301", "T303", "T306", "P402", "V101"]), **order)]
        for order in (sheets, dict(reversed(sheets.items())))
    ]
    assert both[0] == both[1] == [
        ("需求登记表!B2", "T306"),
        ("任务跟踪表!B2", "P402"),
        ("任务跟踪表!C2", "T301"),
        ("任务跟踪表!C2", "T303"),
        ("任务跟踪表!B3", "P402"),
        ("任务跟踪表!C3", "V101"),
    ]  # fmt: skip


def test_a_check_that_breaks_stops_the_run_and_says_which_it_was() -> None:
    sheet = tasks("| 任务ID | 计划结束时间 |\n| RW-001 | 2026-11-02 |")
    sheet.values["end"].clear()  # type: ignore[attr-defined]
    with pytest.raises((IndexError, ValueError)) as stopped:
        check({"tasks": sheet}, load(), Directory(), Settings(), Calendar(), FRIDAY)
    assert any("rules.values.required" in note and "tasks (1 rows)" in note for note in stopped.value.__notes__)


def test_every_check_is_run() -> None:
    """A function that yields findings is a check: of every form, or by name of the forms that ask for it."""
    asked: dict[tuple[str, ...], set[object]] = {("case",): set(CHECKS), ("case", "rows"): set(FUNCTIONS.values())}
    assert len(CHECKS) == len(asked["case",]) > 15
    assert len(FUNCTIONS) == len(asked["case", "rows"]) > 5
    written: dict[tuple[str, ...], set[object]] = {shape: set() for shape in asked}
    for path in sorted(Path(collab_xl.rules.__file__).parent.glob("*.py")):
        module = importlib.import_module(f"collab_xl.rules.{path.stem}")
        for name, one in inspect.getmembers(module, inspect.isfunction):
            shape = tuple(inspect.signature(one).parameters)
            if not name.startswith("_") and one.__annotations__.get("return") == "Iterator[Finding]" and shape in written:
                written[shape].add(one)
    assert written == asked


@pytest.mark.parametrize(
    ("one", "other", "another"),
    [
        ("北京分公司年度客户满意度调查报告编制", "上海分公司年度客户满意度调查报告编制", True),
        ("iOS客户端支付接口联调测试与验收", "安卓客户端支付接口联调测试与验收", True),
        ("用户中心账号登录流程改造与回归测试", "用户中心账号登出流程改造与回归测试", True),
        ("支付接口联调", "支付接口联调测试", False),
        ("支付接口联调", "联调支付接口", False),
        ("渠道合同续签与归档", "渠道合同续签归档", False),
    ],
)
def test_a_word_in_the_place_of_another_makes_another_thing(one: str, other: str, another: bool) -> None:
    a, b = normal_name(one), normal_name(other)
    assert list(near_pairs([a, b])) == [(a, b)] or a == b
    assert another_thing(a, b) is another
    rows = tasks(f"| 任务ID | 任务名称 | 负责部门 |\n| RW-001 | {one} | 研发部 |\n| RW-002 | {other} | 销售部 |")
    assert bool(found("Q501", tasks=rows)) is not another


@pytest.mark.parametrize(("many", "most"), [(5_000, 150), pytest.param(40_000, 50, marks=pytest.mark.slow)])
def test_what_is_compared_among_many_names_of_few_words_is_bounded(many: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name shares words with thousands of others: comparing all of them would take hours. `most`: others a name is compared with."""
    words = "实施 设计 评审 测试 deploy payment interface customer order report login module service database migration"
    listed = words.split()
    names = [normal_name(" ".join(listed[n // 15**place % 15] for place in range(4))) for n in range(many)]
    candidates, compared = check_names._candidates, [0]

    def counted(*given: Any) -> set[int]:
        found = candidates(*given)
        compared[0] += len(found)
        return found

    monkeypatch.setattr(check_names, "_candidates", counted)
    assert sum(1 for _ in near_pairs(names)) > 1_000
    assert many < compared[0] <= many * most


def test_gaps_and_odd_ids_speak_once_and_only_of_a_usual_form() -> None:
    def keys(*written: str) -> list[tuple[str, str]]:
        sheet = tasks("| 任务ID |\n" + "\n".join(f"| {key} |" for key in written))
        return [(f.code, f.row_id or "") for f in found("R305", "R306", tasks=sheet)]

    assert keys("RW-001", "RW-002", "RW-003", "RW-004") == []
    assert keys("RW-001", "RW-002", "RW-004", "RW-007", "RW-008", "RW-009") == [("R306", "RW-004")]
    assert keys("RW-001", "RW-100", "RW-200", "RW-300", "RW-400") == [], "no series"
    assert keys("XZ-2025-001", "XZ-2025-002", "XZ-2026-001", "XZ-2026-002", "XZ-2026-003") == [], "each year begins anew"
    assert keys("1", "2", "3", "4", "6") == [("R306", "6")]
    assert keys("A", "B", "C", "D", "E", "F") == [], "no form is usual"
    assert keys("RW-1", "RW-2", "RW-3", "RW-4", "RW-5", "RW-6", "RW-7", "RW-8", "RW5", "任务") == [("R305", "任务")], "RW5 is R303's"


def test_people_of_one_name_are_told_apart_by_their_department() -> None:
    rows = """
        | 任务ID | 任务名称 | 负责部门 | 负责人 | 计划开始时间 | 计划结束时间 |
        | RW-001 | 联调     | 研发部   | 张三   | 2026-12-01   | 2026-12-10   |
        | RW-002 | 谈判     | 销售部   | 张三   | 2026-12-05   | 2026-12-20   |
    """
    sheet = tasks(rows)
    assert [f.row_id for f in found("Q502", tasks=sheet)] == ["RW-001"]
    for written in (["张三（研发部）", "张三（销售部）"], ["张三", "张三（销售部）"]):
        noted = replace(sheet, raw={**sheet.raw, "owner": written})
        assert found("Q502", tasks=noted) == []
    same = replace(sheet, raw={**sheet.raw, "owner": ["张三（研发部）", "张三 (研发部)"]})
    assert [f.row_id for f in found("Q502", tasks=same)] == ["RW-001"]


def test_no_check_reads_a_whole_column_again_for_each_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """On 5,000 tasks the one that did took four fifths of all checks."""
    calls: Counter[str] = Counter()

    def counted(cls: type, name: str) -> None:
        real = getattr(cls, name)
        monkeypatch.setattr(cls, name, lambda *args: calls.update([name]) or real(*args))

    counted(Rows, "words")
    counted(Rows, "numbers")
    counted(Field, "rank")

    def cost(n: int) -> Counter[str]:
        keys = range(1, n + 1)
        given = {
            "requirements": [f"| XZ-{i} | 需求{i} | 研发部 | 紧急 |" for i in keys],
            "tasks": [f"| RW-{i} | 任务{i} | XZ-{i} | 研发部 | 张{i} | 2026-11-02 | 2026-12-04 | 进行中 |" for i in keys],
            "responsibilities": [f"| ZZ-{i} | 职责{i} | RW-{i} | 市场部 | 李{i} | A |" for i in keys],
            "resources": [f"| ZY-{i} | 环境 | RW-{i} | XZ-{i} | 研发部 | 2026-11-16 | 2026-11-20 | 2 | 1 | 待答复 |" for i in keys],
        }
        heads = {
            "requirements": "| 需求编号 | 需求名称 | 涉及部门 | 紧急程度 |",
            "tasks": "| 任务ID | 任务名称 | 所属需求编号 | 负责部门 | 负责人 | 计划开始时间 | 计划结束时间 | 完成状态 |",
            "responsibilities": "| 职责编号 | 职责描述 | 对应任务ID | 部门 | 负责人 | RACI |",
            "resources": "| 资源编号 | 资源名称 | 所用任务ID | 所属需求编号 | 资源方 | 使用开始 | 使用结束 | 需求量 | 可用量 | 资源状态 |",
        }
        tables = {form: table(form, "\n".join([heads[form], *rows])) for form, rows in given.items()}
        calls.clear()
        found = check(tables, load(), Directory(), Settings(), Calendar(), FRIDAY)
        assert {"Q522", "Q521"} <= {f.code for f in found}
        return Counter(calls)

    few, many = cost(20), cost(80)
    assert many["words"] + many["numbers"] <= few["words"] + few["numbers"] + 5
    assert many["rank"] <= 5 * few["rank"]


@pytest.mark.parametrize(("third", "clashes"), [("2", 0), ("3", 1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_what_is_needed_one_after_the_other_is_not_needed_at_once(third: str, clashes: int, order: tuple[int, ...]) -> None:
    """Four testers: two for a week and two more on its first days, then two more on its last ones. The order on the sheet is no reason."""
    lines = [
        "| ZY-001 | 测试员 | 市场部 | 研发部 | 2 | 4 | 2026-11-16 | 2026-11-17 |",
        "| ZY-002 | 测试员 | 销售部 | 研发部 | 2 | 4 | 2026-11-19 | 2026-11-20 |",
        f"| ZY-003 | 测试员 | 市场部 | 研发部 | {third} | 4 | 2026-11-16 | 2026-11-20 |",
    ]
    heads = "| 资源编号 | 资源名称 | 需求部门 | 资源方 | 需求量 | 可用量 | 使用开始 | 使用结束 |\n"
    assert bool(found("Q521", resources=table("resources", heads + "\n".join(lines[n] for n in order)))) == bool(clashes)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(("needed", "clashes"), [(2, False), (3, True)])
def test_a_row_clashes_with_what_begins_after_its_first_day(needed: int, clashes: bool, order: tuple[int, ...]) -> None:
    heads = "| 资源编号 | 资源名称 | 需求部门 | 资源方 | 需求量 | 可用量 | 使用开始 | 使用结束 |\n"
    lines = [
        f"| ZY-001 | 测试员 | 市场部 | 研发部 | {needed} | 4 | 2026-11-18 | 2026-11-20 |",
        f"| ZY-002 | 测试员 | 销售部 | 研发部 | {needed} | 4 | 2026-11-16 | 2026-11-20 |",
    ]
    assert bool(found("Q521", resources=table("resources", heads + "\n".join(lines[n] for n in order)))) is clashes
