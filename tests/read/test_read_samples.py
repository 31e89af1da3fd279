"""The sample trackers read as their README says, through the product's own reader of workbooks."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from samples import sample
from sheets_as_typed import SCHEMA, at, codes, context

from collab_xl.book.csv_file import read_csv
from collab_xl.book.read import read_book
from collab_xl.model.values import Unreadable
from collab_xl.read.sheet import Parsed, parse_sheet


def parsed(start: str, sheet: str) -> Parsed:
    return parse_sheet(read_book(sample(start)).snapshot(sheet), SCHEMA, context())


def test_01_requirements() -> None:
    got = parsed("01_", "需求登记")
    (table,) = got.tables
    assert (table.heading_rows, list(table.rows), str(table.area)) == ((4, 4), [5, 6, 7, 9], "A4:H9")
    assert table.columns == {"req_id": 1, "name": 2, "from_dept": 3, "to_depts": 4, "goal": 5, "due": 6, "resources": 7, "remark": 8}
    assert table.values["to_depts"] == [("研发部", "销售部", "客服部"), ("各部门",), ("产品部", "售后部", "法务部"), ("研发部", "财务部")]
    assert table.values["due"] == [date(2024, 9, 30), date(2024, 9, 25), None, date(2024, 10, 15)]
    assert table.values["resources"] == ["研发人力5人、市场预算20万、客服培训3场", None, None, "IT 2人"]
    assert table.values["goal"][1] == "９月底前定稿"
    assert [(f.code, f.at.cell) for f in got.findings if f.at] == [
        ("V221", "D6"),
        ("V233", "F7"),
        ("V211", "H7"),
        ("V235", "F9"),
        ("V231", "F9"),
    ]


def test_02_old_tracker_with_two_line_headings() -> None:
    got = parsed("02_", "任务分配与进度")
    (table,) = got.tables
    assert (table.heading_rows, list(table.rows), str(table.area)) == ((3, 4), [6, 7, 8, 9, 11, 12], "B3:J12")
    assert got.located[0].columns[6][1] == ("start", "end")
    assert (table.columns["deliverable"], table.columns["req_id"]) == (7, 5)
    day = Unreadable("第2-4周")
    assert table.values["start"] == [date(2024, 3, 18), date(2024, 3, 22), date(2024, 7, 1), day, date(2024, 8, 1), date(2024, 8, 5)]
    assert table.values["end"] == [date(2024, 3, 20), date(2024, 3, 25), date(2024, 7, 14), day, date(2024, 8, 1), date(2024, 8, 16)]
    assert table.values["owner"] == ["*专员", "*设计师", "*经理", "*主管", "*专员", "*专员"]
    assert table.values["dept"] == [None, None, "市场部", None, "财务部", "财务部"]
    assert table.values["progress"] == [None, None, 1, 0.8, 1, 0.5]
    assert table.values["status"] == ["in_progress", "not_started", None, None, "done", None]
    assert table.values["actual_end"] == [None, None, date(2024, 7, 7), None, date(2024, 8, 2), None]
    assert at(got.findings, "H106") == ["B13", "B14"]
    assert at(got.findings, "H107") == ["B5", "B10"]
    for sheet in ("规则", "Sheet3"):
        assert parsed("02_", sheet).tables == []


def test_03_weekly_tracker_with_headings_twice() -> None:
    got = parsed("03_", "进度跟踪(7月)")
    first, second = got.tables
    assert (first.heading_rows, list(first.rows)) == ((3, 3), [4, 5, 6, 7])
    assert (second.heading_rows, list(second.rows)) == ((10, 10), [11, 12, 13])
    seven = Unreadable("7.1")
    assert first.values["start"] == [date(2024, 7, 1), date(2024, 7, 1), seven, Unreadable("3.1.2")]
    assert first.values["end"] == [date(2024, 7, 7), date(2024, 7, 15), seven, date(2024, 7, 31)]
    assert first.values["progress"] == [1, 0.8, 0.8, Unreadable("1")]
    assert first.values["updated"] == [date(2024, 7, 7), date(2024, 7, 8), date(2024, 7, 12), date(2024, 7, 9)]
    assert first.values["status"] == ["done", "in_progress", "late", "in_progress"]
    assert second.values["progress"] == [0.35, 0.005, Unreadable("120%")]
    assert second.values["end"] == [date(2024, 7, 31), Unreadable("07/11/2024"), date(2024, 6, 30)]
    assert second.values["status"] == ["in_progress", "late", "done"]
    assert at(got.findings, "V204") == ["E6", "F6", "F12"]
    assert at(got.findings, "H108") == ["A14"]
    assert [q.at.cell for q in got.questions] == ["F12"]


def test_04_problem_log() -> None:
    got = parsed("04_", "问题")
    (table,) = got.tables
    assert (table.form, table.heading_rows, list(table.rows)) == ("problems", (9, 9), [10, 11, 12])
    assert table.values["raised_at"] == [datetime(2024, 7, 9, 16, 30), datetime(2024, 7, 10, 9, 5), Unreadable("昨天")]
    assert table.values["due"] == [date(2024, 7, 12), date(2024, 7, 15), None]
    assert table.values["status"] == ["handling", "solved", "open"]
    assert table.values["description"][2] == "测试环境不可用\n同时影响小程序版本"
    assert isinstance(table.values["measure"][1], Unreadable)
    assert at(got.findings, "V213") == ["H11"]
    assert at(got.findings, "H110") == ["E13"]
    assert at(got.findings, "V206") == ["D12"]


def test_05_a_form_of_labels_is_one_record() -> None:
    got = parsed("05_", "申请表")
    table = got.tables[0]
    assert (table.form, len(table), str(table.area)) == ("requirements", 1, "A3:B9")
    parts = {part.form: len(part) for part in got.tables[1:]}
    assert parts == {"tasks": 4, "resources": 3, "acceptance": 1, "signatures": 2}, "milestones, resources, outcome and opinions are rows"
    assert table.get(0, "to_depts") == ("市场部", "技术部", "运营部")
    assert (str(table.at(0, "to_depts")), table.place(0, "goal")) == ("申请表!B7", "申请表!B6")
    assert at(got.findings, "V231") == ["B8"] * 4  # days without a year


def test_06_csv_keeps_zeros_and_formula_text() -> None:
    path = sample("06_")
    book = read_csv(path.read_bytes(), path.name)
    (name,) = book.sheets
    got = parse_sheet(book.snapshot(name), SCHEMA, context())
    (table,) = got.tables
    assert table.values["task_id"] == ["001", "002"]
    assert table.values["name"][0] == "镕铸方案评审"
    assert table.values["progress"] == [0.5, Unreadable("-5")]
    assert table.values["remark"] == ["=cmd|' /C calc'!A0", "-5"]
    assert codes(got.findings) == ["V207"]


def test_07_english_plan() -> None:
    got = parsed("07_project", "Project Plan")
    (table,) = got.tables
    assert (table.heading_rows, list(table.rows)) == ((1, 1), list(range(2, 41)))
    assert table.columns == {"task_id": 1, "req_id": 2, "name": 3, "predecessors": 7, "owner": 8, "start": 9, "end": 10}
    assert (table.values["start"][1], table.values["end"][1]) == (date(2023, 1, 2), date(2023, 2, 13))
    assert table.values["predecessors"][2] == ("2",)
    assert (1, "end") in table.held
    assert at(got.findings, "H103") == ["D1"]


@pytest.mark.parametrize(
    ("sheet", "form", "heading"),
    [
        ("Requirements", "requirements", 1),
        ("Tasks", "tasks", 1),
        ("Project Plan", "tasks", 3),
        ("Project Plan w Relays", "tasks", 1),
        ("Risk Register", "risks", 1),
    ],
)
def test_08_trackers_among_other_sheets(sheet: str, form: str, heading: int) -> None:
    (table,) = parsed("08_", sheet).tables
    assert (table.form, table.heading_rows[0]) == (form, heading)


def test_08_other_sheets_are_no_trackers() -> None:
    book = read_book(sample("08_"))
    trackers = ("Requirements", "Tasks", "Project Plan", "Project Plan w Relays", "Risk Log", "Risk Register")
    others = [s for s in book.sheets if s not in trackers]
    assert len(others) == 14
    for sheet in others:
        assert parse_sheet(book.snapshot(sheet), SCHEMA, context()).tables == [], sheet
