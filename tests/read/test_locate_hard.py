"""Sheets that mislead: calculated rows that look filled, long runs of leftovers, formatted emptiness, nothing lost without a word."""

from __future__ import annotations

import io
import time
import tracemalloc
from datetime import date

import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sheets_as_typed import SCHEMA, at, codes, context, only, read, snapshot

from collab_xl.book.read import read_book
from collab_xl.model.finding import Finding
from collab_xl.model.place import Area
from collab_xl.read.headings import fold
from collab_xl.read.left_out import left_out
from collab_xl.read.own_columns import own_columns, own_with_places
from collab_xl.read.rows import says
from collab_xl.read.sheet import parse_sheet

HEAD = ["任务ID", "任务名称", "负责部门", "计划结束时间", "当前进度", "完成状态"]
ROW = ["RW-1", "设计", "市场部", "2026-01-05", "50%", "进行中"]


@pytest.mark.parametrize("cached", ["", 0, "未开始"])
def test_formulas_filled_down_make_no_records(cached: object) -> None:
    """=IF(B5="","",…) copied to row 200 shows nothing, 0 or 未开始: none of these rows is a task."""
    rows = [HEAD, ROW, *[[None, None, None, None, 0, cached] for _ in range(200)]]
    formulas = {(r, c): '=IF(B3="","",1)' for r in range(3, 203) for c in (5, 6)}
    parsed = read(rows, formulas=formulas)
    assert list(only(parsed).rows) == [2]
    assert len(parsed.findings) <= 1


def test_a_row_of_formulas_that_names_its_task_is_a_record() -> None:
    parsed = read([HEAD, ["RW-1", "设计", "市场部", "2026-01-05", 0.5, "进行中"]], formulas={(2, c): "=Sheet2!A1" for c in range(1, 7)})
    assert list(only(parsed).rows) == [2]


def test_a_total_of_formulas_under_a_blank_row_is_none() -> None:
    parsed = read([HEAD, ROW, [], [None, None, None, None, 0.5, None]], formulas={(4, 5): "=AVERAGE(E2:E2)"})
    assert list(only(parsed).rows) == [2]
    assert "H107" not in codes(parsed.findings)


def test_numbers_typed_down_are_said_once() -> None:
    parsed = read([["序号", *HEAD[1:]], [1, *ROW[1:]], *[[n] for n in range(2, 202)]])
    assert list(only(parsed).rows) == [2]
    (found,) = [f for f in parsed.findings if f.code == "H106"]
    assert (found.at.cell if found.at else "", found.facts["row"]) == ("A3", "3–202")
    assert left_out(snapshot([["序号", *HEAD[1:]], [1, *ROW[1:]], *[[n] for n in range(2, 202)]]), parsed) == []


def test_defaults_typed_down_are_said_once() -> None:
    parsed = read([["序号", *HEAD[1:]], [1, *ROW[1:]], *[[n, None, None, None, None, "未开始"] for n in range(2, 52)]])
    assert list(only(parsed).rows) == [2]
    assert [f.facts["row"] for f in parsed.findings if f.code == "H107"] == ["3–52"]


def test_a_blank_row_does_not_shift_what_follows() -> None:
    parsed = read(
        [HEAD, ROW, [], ["RW-2", "b", "市场部", "2025-13-05", "50%", "进行中"], [], [], ["RW-3", "c", "市场部", None, "120%", "?!"]]
    )
    assert [(f.code, f.at.cell) for f in parsed.findings if f.at and f.code.startswith("V2")] == [
        ("V203", "D4"),
        ("V207", "E7"),
        ("V201", "F7"),
    ]


def test_fifty_thousand_formatted_rows_cost_little() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("任务")
    grey = book.add_format({"bg_color": "#EEEEEE", "border": 1})
    for r, line in enumerate([HEAD, ROW]):
        for c, value in enumerate(line):
            sheet.write(r, c, value, grey)
    for r in range(2, 50_002):
        for c in range(len(HEAD)):
            sheet.write_blank(r, c, None, grey)
    book.close()
    data = out.getvalue()
    tracemalloc.start()
    began = time.process_time()
    parsed = parse_sheet(read_book(data).snapshot("任务"), SCHEMA, context())
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert list(only(parsed).rows) == [2]
    assert parsed.findings == []
    assert seconds < 10
    assert peak < 150_000_000


def test_titles_named_after_headings_are_no_headings() -> None:
    parsed = read([["任务名称：官网改版", None, "负责人：张三"], ["状态", "进行中", "负责部门", "市场部"], [], HEAD, ROW])
    assert [t.heading_rows for t in parsed.tables] == [(4, 4)]


def test_the_same_form_side_by_side() -> None:
    parsed = read([[*HEAD, None, *HEAD], [*ROW, None, "RW-2", *ROW[1:]]])
    assert [(t.form, str(t.area)) for t in parsed.tables] == [("tasks", "A1:F2"), ("tasks", "H1:M2")]


def test_a_table_that_begins_lower_beside_another() -> None:
    blank = [None] * 7
    parsed = read(
        [
            [*HEAD, None],
            [*ROW, None],
            [*ROW, None, "问题编号", "问题描述", "责任部门"],
            [*blank, "WT-1", "坏了", "研发部"],
            [*blank, "WT-2", "又坏了", "研发部"],
        ]
    )
    assert [(t.form, list(t.rows), str(t.area)) for t in parsed.tables] == [("tasks", [2, 3], "A1:F3"), ("problems", [4, 5], "H3:J5")]


@pytest.mark.parametrize("invisible", ["\u200b", "\ufeff", "\u00a0", "\u3000", "\u2060", "\u00ad", "\t", "\r\n"])
def test_invisible_characters_in_headings(invisible: str) -> None:
    heads = [f"{invisible}{h[:2]}{invisible}{h[2:]}{invisible}" for h in HEAD]
    assert list(only(read([heads, ROW])).columns) == ["task_id", "name", "dept", "end", "progress", "status"]


LABELS = [
    ["需求申请表"],
    ["合作名称：", "增长活动", "发起部门：", "产品部"],
    ["涉及部门", "市场部、技术部"],
    ["合作背景与目标", "背景"],
    [None, "第二段"],
    ["期望完成时间", "2026-12-31", "紧急程度", "□一般/☑紧急/□特急"],
    ["资源需求", None],
    ["申请人签字：", None],
]


def test_a_form_of_labels_two_to_a_row() -> None:
    parsed = read(LABELS, sheet="申请单")
    table = only(parsed)
    assert table.form == "requirements"
    assert {f: table.get(0, f) for f in table.values} == {
        "name": "增长活动",
        "from_dept": "产品部",
        "to_depts": ("市场部", "技术部"),
        "goal": "背景\n第二段",
        "due": date(2026, 12, 31),
        "urgency": "urgent",
        "resources": None,
    }
    assert str(table.at(0, "from_dept")) == "申请单!D2"
    assert at(parsed.findings, "H110") == ["B5"]


@pytest.mark.parametrize(
    ("rows", "places"),
    [
        ([[*HEAD, "预算科目", "备注", "备注"], [*ROW, 6601, "a", "b"]], {"预算科目": 7, "备注·I": 9}),
        ([*LABELS[:-2], ["预算科目", 6601]], {"预算科目": (7, 2)}),
    ],
)
def test_columns_of_ones_own_stand_where_their_values_are(rows: list[list[object]], places: dict[str, object]) -> None:
    shot = snapshot(rows)
    parsed = parse_sheet(shot, SCHEMA, context())
    own, found = own_with_places(shot, only(parsed), parsed.located[0], context())
    assert (found, list(own)) == (places, list(places))


def test_a_form_with_labels_and_values_in_one_cell() -> None:
    rows = [["问题反馈单"], ["问题描述：系统打不开"], ["反馈人：王*"], ["反馈时间：2026-11-02"], ["责任部门：研发部"], ["完成时限：昨天"]]
    parsed = read(rows, sheet="反馈")
    table = only(parsed)
    assert (table.form, table.get(0, "description"), table.get(0, "dept")) == ("problems", "系统打不开", "研发部")
    assert at(parsed.findings, "V206") == ["A6"]


def test_two_forms_of_labels_below_each_other() -> None:
    one = [["合作名称", "甲"], ["发起部门", "产品部"], ["涉及部门", "市场部"], ["合作背景与目标", "x"], ["资源需求", "3人"]]
    two = [[label, f"{value}2"] for label, value in one]
    parsed = read([["需求申请表"], *one, [], *two])
    found = [t for t in parsed.tables if t.form == "requirements"]
    assert [(t.get(0, "name"), t.heading_rows) for t in found] == [("甲", (2, 6)), ("甲2", (8, 12))]


@pytest.mark.parametrize(
    "rows",
    [
        [
            ["字段", "说明"],
            ["任务名称", "一句话说明"],
            ["负责部门", "从下拉选择"],
            ["计划结束时间", "日期"],
            ["完成状态", "选一个"],
            ["备注", "x"],
        ],
        [
            ["填写说明"],
            ["需求名称", "写清楚"],
            ["发起部门", "写部门"],
            ["涉及部门", "写部门"],
            ["核心目标", "写目标"],
            ["期望完成时间", "写日期"],
        ],
        [["项目名称", "甲"], ["项目经理", "王*"], ["开始时间", "2026-1-1"], ["结束时间", "2026-2-1"], ["备注", "x"]],
    ],
)
def test_lists_of_labels_that_are_no_form(rows: list[list[object]]) -> None:
    assert read(rows, sheet="Sheet1").tables == []


CELL = st.one_of(
    st.none(),
    st.none(),
    st.sampled_from(
        ["x", "合计", "备注：y", "7月", "一、甲", "（续）z", "进行中", "任务名称", "负责人", "说明", "2026-1-5", "50%", "-", "\u3000"]
    ),
    st.integers(0, 99),
    st.text(min_size=1, max_size=6),
)


def rows_named(told: Finding) -> range:
    """The rows a finding about whole rows names: one, or a run (第 2–5 行)."""
    first, _, last = str(told.facts.get("row", told.at.row if told.at else 0)).partition("–")
    return range(int(first), int(last or first) + 1)


@example(above=[], body=[["x"], ["x"], ["x"], ["x"]], gap=False, labels=False)
@settings(max_examples=250, deadline=None)
@given(
    above=st.lists(st.lists(CELL, max_size=8), max_size=3),
    body=st.lists(st.lists(CELL, max_size=9), max_size=8),
    gap=st.booleans(),
    labels=st.booleans(),
)
def test_every_filled_cell_is_read_kept_or_said(above: list[list[object]], body: list[list[object]], gap: bool, labels: bool) -> None:
    head = ["任务ID", "任务名称", None if gap else "负责人", "截至日期", "起止时间", "当前进度", "自有列"]
    rows = [*above, head, *body, *([[], *LABELS] if labels else [])]
    shot = snapshot(rows)
    parsed = parse_sheet(shot, SCHEMA, context())
    parsed.own = [own_columns(shot, *pair, context()) for pair in zip(parsed.tables, parsed.located, strict=True)]
    covered: set[tuple[int, int]] = set()
    for table, located in zip(parsed.tables, parsed.located, strict=True):
        first, last = table.heading_rows
        if not located.cells:
            covered |= {(r, c) for r in range(first, last + 1) for c in range(table.area.first_col, table.area.last_col + 1)}
        covered |= {(r, c) for r in table.rows for c in located.columns} | set(located.cells)
    told = {(f.at.row, f.at.col) for f in parsed.findings if f.at}
    of_rows = [f for f in parsed.findings if f.at and f.code in ("H106", "H107", "H108", "H109", "H110", "H111")]
    rows_told = {row for f in of_rows for row in rows_named(f)}
    areas: list[Area] = [area for area, _ in left_out(shot, parsed)]
    lost = []
    for r in range(1, shot.last_row + 1):
        for c in range(1, shot.last_col + 1):
            if not says(shot.value(r, c)) or not parsed.tables:
                continue
            if (r, c) in covered or (r, c) in told or r in rows_told or any((r, c) in a for a in areas):
                continue
            labelled = any(t.cells and (r, c) in t.area for t in parsed.tables)
            if not labelled:
                lost.append((r, c, shot.value(r, c)))
    assert lost == []


DAYS = [date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 2), date(2026, 1, 6)]


@pytest.mark.parametrize("order", ["planned first", "actual first"])
@pytest.mark.parametrize("merged", [True, False])
@pytest.mark.parametrize(
    "words", [("计划", "实际", "开始", "完成"), ("计划时间", "实际时间", "开始时间", "结束时间"), ("Plan", "Actual", "Start", "Finish")]
)
def test_planned_and_actual_days_under_headings_of_two_lines(order: str, merged: bool, words: tuple[str, str, str, str]) -> None:
    """实际 over 开始时间 is never the planned start, whichever stands first."""
    plan, actual, start, end = words
    groups = [plan, actual] if order == "planned first" else [actual, plan]
    rows = [
        ["任务名称", "负责人", groups[0], None, groups[1], None, "备注"],
        [None, None, start, end, start, end, None],
        ["设计", "张三", *DAYS, "x"],
    ]
    merges = ["A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:G2"] if merged else []
    table = only(read(rows, merges=merges))
    planned = 3 if order == "planned first" else 5
    actual_end = 6 if order == "planned first" else 4
    assert table.heading_rows == (1, 2)
    assert (table.columns["start"], table.columns["end"], table.columns["actual_end"]) == (planned, planned + 1, actual_end)


def test_headings_over_three_lines() -> None:
    rows = [
        ["基本信息", None, None, "计划", None],
        ["任务", "责任", "责任", "开始", "结束"],
        ["名称", "部门", "人", "日期", "日期"],
        ["设计", "市场部", "张三", *DAYS[:2]],
    ]
    table = only(read(rows, merges=["A1:C1", "D1:E1"]))
    assert (table.heading_rows[1], table.columns) == (3, {"name": 1, "dept": 2, "owner": 3, "start": 4, "end": 5})


def test_a_table_on_its_side() -> None:
    rows = [
        ["任务单"],
        ["任务名称", "设计", "开发"],
        ["负责部门", "市场部", "研发部"],
        ["负责人", "张三", "李四"],
        ["计划结束时间", "2026-1-1", "2026-2-1"],
    ]
    rows.append(["完成状态", "进行中", "未开始"])
    parsed = read(rows)
    assert [(t.get(0, "name"), t.get(0, "end"), str(t.at(0, "end"))) for t in parsed.tables] == [
        ("设计", date(2026, 1, 1), "表1!B5"),
        ("开发", date(2026, 2, 1), "表1!C5"),
    ]


def test_a_running_number_in_two_languages_is_no_id() -> None:
    parsed = read([["No.\n序号", "Task\n任务名称", "Owner\n负责人", "Status\n状态"], [1, "a", "x", "Done"]])
    assert "H101" not in codes(parsed.findings)
    assert "task_id" not in only(parsed).columns


@pytest.mark.parametrize(
    ("lang", "heads"),
    [("zh", ["任物名称", "负责任", "计划结束时问", "完成壮态", "负责部们"]), ("en", ["Taks", "Ownr", "Due dtae", "Staus", "Deparment"])],
)
def test_headings_all_misspelt_are_asked_about_and_then_read(lang: str, heads: list[str]) -> None:
    rows = [
        ["季度安排" if lang == "zh" else "Quarter"],
        heads,
        ["a", "x", "2026-01-05", "进行中", "市场部"],
        ["b", "y", "2026-01-06", "已完成", "市场部"],
    ]
    parsed = read(rows, context(lang))
    assert parsed.tables == []
    assert [q.suggestion for q in parsed.questions] == ["name", "owner", "end", "status", "dept"]
    answers = {fold(h): q.suggestion for h, q in zip(heads, parsed.questions, strict=True)}
    table = only(read(rows, context(lang, headings=answers)))
    assert table.values["status"] == ["in_progress", "done"]
    assert table.values["end"] == [date(2026, 1, 5), date(2026, 1, 6)]


def test_a_misspelt_name_column_beside_sound_ones_is_asked_about() -> None:
    parsed = read(
        [["任物名称", "责任部门", "责任人", "截止时间"], ["设计", "市场部", "x", "2026-01-05"], ["开发", "市场部", "y", "2026-01-06"]]
    )
    assert [(q.found, q.suggestion, q.code) for q in parsed.questions] == [("任物名称", "name", "H102")]


def test_a_department_above_its_rows_is_no_task() -> None:
    parsed = read([["任务名称", "责任人", "截止时间"], ["市场部"], ["a", "x", "2026-01-05"], ["研发中心："], ["b", "y", "2026-01-06"]])
    assert list(only(parsed).rows) == [3, 5]
    assert at(parsed.findings, "H107") == ["A2", "A4"]


def test_one_cell_far_below_does_not_slow_an_honest_tracker_down() -> None:
    """What is asked for at every row (the last column) is found once: Q4000 took seven seconds, Q30000 minutes."""
    rows: list[list[object]] = [[*HEAD], *([f"RW-{n}", *ROW[1:]] for n in range(5)), *([] for _ in range(29_993)), [*[None] * 16, "x"]]
    sheet = snapshot(rows)
    assert (sheet.last_row, sheet.last_col) == (30_000, 17)
    begun = time.perf_counter()
    parsed = parse_sheet(sheet, SCHEMA, context())
    assert str(only(parsed).area) == "A1:F6"
    assert time.perf_counter() - begun < 5
