"""One record in lines of labels, each above its values, is a form of labels; lists and other layouts stay what they are."""

from __future__ import annotations

from datetime import date

import pytest
from sheets_as_typed import SCHEMA, at, context, snapshot

from collab_xl.read.sheet import Parsed, parse_sheet

PROBLEM: list[list[object]] = [
    ["问题反馈单"],
    ["问题描述", "反馈人", "反馈时间", "责任部门"],
    ["登录页面打不开", "张伟", date(2026, 11, 3), "技术部"],
    ["责任人", "完成时限", "处理状态", "问题等级"],
    ["李娜", date(2026, 11, 10), "处理中", "紧急"],
]


def read(rows: list[list[object]], lang: str = "zh", sheet: str = "表1") -> Parsed:
    return parse_sheet(snapshot(rows, sheet=sheet), SCHEMA, context(lang))


def test_two_lines_of_labels_are_one_record() -> None:
    parsed = read(PROBLEM)
    (table,) = parsed.tables
    assert (table.form, len(table)) == ("problems", 1)
    wanted = {"description": "登录页面打不开", "raised_by": "张伟", "owner": "李娜", "due": date(2026, 11, 10), "status": "handling"}
    assert {f: table.get(0, f) for f in wanted} == wanted
    assert (table.at(0, "description").cell, table.at(0, "due").cell) == ("A3", "B5")
    assert [f for f in parsed.findings if f.code.startswith("V2")] == []


def test_an_unreadable_value_is_reported_at_its_own_cell() -> None:
    parsed = read([*PROBLEM[:4], ["李娜", "尽快", "处理中", "紧急"]])
    assert at(parsed.findings, "V206") == ["B5"]


def test_with_a_blank_row_and_a_line_to_sign() -> None:
    rows = [*PROBLEM[:3], [], *PROBLEM[3:], [], ["审核人：王总"]]
    assert [(t.form, len(t)) for t in read(rows).tables] == [("problems", 1)]


def test_in_english() -> None:
    rows: list[list[object]] = [
        ["Issue report"],
        ["Problem", "Raised by", "Raised on", "Level"],
        ["Login times out", "Ann Lee", date(2026, 11, 3), "Urgent"],
        ["Owner", "Due", "Status", "Solution"],
        ["Bob Ray", date(2026, 11, 10), "In progress", "Restart"],
    ]
    (table,) = read(rows, "en").tables
    assert (table.get(0, "owner"), table.get(0, "measure"), table.get(0, "level")) == ("Bob Ray", "Restart", "urgent")


def test_a_label_of_ones_own_is_kept() -> None:
    rows = [*PROBLEM[:3], ["责任人", "完成时限", "处理状态", "客户编号"], ["李娜", date(2026, 11, 10), "处理中", "K-7"]]
    (table,) = read(rows).tables
    assert "status" in table.columns
    assert ("客户编号", ()) in read(rows).located[0].cells.values()


@pytest.mark.parametrize(
    "rows",
    [
        # a list: more rows below its headings
        [PROBLEM[1], PROBLEM[2], ["报表错位", "王芳", date(2026, 11, 4), "技术部"]],
        # the same headings again: two lists
        [PROBLEM[1], PROBLEM[2], PROBLEM[1], ["报表错位", "王芳", date(2026, 11, 4), "技术部"]],
        # a list, and another below
        [PROBLEM[1], PROBLEM[2], ["报表错位", "王芳", date(2026, 11, 4), "技术部"], PROBLEM[3], PROBLEM[4]],
    ],
)
def test_lists_stay_lists(rows: list[list[object]]) -> None:
    tables = read(rows).tables
    assert tables
    assert not any(t.cells for t in tables)
