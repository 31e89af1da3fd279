"""Every form of value the process documents use (docs/facts/domain.md, How people write)
and those seen in real trackers, one numbered case each."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sheets_as_typed import COMPANY, cell, codes, context, day, ours, read, record

from collab_xl.model.finding import Severity
from collab_xl.model.values import CLEAR, Unreadable
from collab_xl.read.text import clean, shown

YEAR_2024 = context(period=(date(2024, 7, 1), date(2024, 7, 7)))

DATES = [
    (1, "2024.9.30", "2024-09-30", []),
    (2, "2024-03-31", "2024-03-31", []),
    (3, "2024.7.1", "2024-07-01", []),
    (4, "2024/7/1", "2024-07-01", []),
    (5, "2024年7月9日", "2024-07-09", []),
    (6, "\u30002024年7月9日", "2024-07-09", []),
    (7, "２０２４．７．１", "2024-07-01", []),
    (8, "20240701", "2024-07-01", []),
    (9, 20240701, "2024-07-01", ["V234"]),
    (10, date(2024, 7, 1), "2024-07-01", []),
    (11, datetime(2024, 7, 1, 16, 30), "2024-07-01", []),
    (12, "7.1", "2024-07-01", ["V231"]),
    (13, "7月1日", "2024-07-01", ["V231"]),
    (14, "7月1号", "2024-07-01", ["V231"]),
    (15, "8.2", "2024-08-02", ["V231"]),
    (16, "7/15", "2024-07-15", ["V231"]),
    (17, "3月20日前", "2024-03-20", ["V231", "V235"]),
    (18, "10月15日之前", "2024-10-15", ["V231", "V235"]),
    (19, "9月底前", "2024-09-30", ["V231", "V235"]),
    (20, "7月底", "2024-07-31", ["V231", "V235"]),
    (21, "2024年2月底", "2024-02-29", ["V235"]),
    (22, "2024Q3末", "2024-09-30", ["V235"]),
    (23, "2024年底", "2024-12-31", ["V235"]),
    (24, 45474, "2024-07-01", ["V234"]),
    (25, "45474", "2024-07-01", ["V234"]),
    (26, 7.12, "2024-07-12", ["V231", "V234"]),
    (27, "2024-7-10 9:05", "2024-07-10", []),
    (28, "2024-07-01(周一)", "2024-07-01", []),
    (29, "13/7/2024", "2024-07-13", []),
    (30, "7/13/2024", "2024-07-13", []),
    (31, "7/7/2024", "2024-07-07", []),
    (32, "24.7.1", "2024-07-01", ["V239"]),
    (33, "二〇二四年七月一日", "2024-07-01", []),
    (34, "1 Jul 2024", "2024-07-01", []),
    (35, "July 1, 2024", "2024-07-01", []),
    (36, "截止2024年7月1日", "2024-07-01", ["V235"]),
    (37, "2024-07-01T09:30:00", "2024-07-01", []),
    (38, "2024 - 7 - 1", "2024-07-01", []),
    (39, "2024。7。1", "2024-07-01", []),
    (40, "3月1日上午", "2024-03-01", ["V231"]),
]


@pytest.mark.parametrize(("raw", "expected", "notes"), [c[1:] for c in DATES], ids=[f"D{c[0]}" for c in DATES])
def test_a_date_is_read(raw: object, expected: str, notes: list[str]) -> None:
    value, found = cell("tasks", "end", raw, YEAR_2024)
    assert (value, codes(found)) == (day(expected), notes)
    assert all(f.severity is Severity.NOTE for f in found)


NO_DATES = [
    (1, "X月X日", "V203"),
    (2, "2025-13-05", "V203"),
    (3, "2024-02-30", "V203"),
    (4, "2-30", "V203"),
    (5, "3.1.2", "V203"),
    (6, "昨天", "V206"),
    (7, "下周五", "V206"),
    (8, "第2-4周", "V206"),
    (9, "3月初", "V206"),
    (10, "5月中旬", "V206"),
    (11, "2024年7月", "V206"),
    (12, "Q3", "V206"),
    (13, "尽快", "V206"),
    (14, "7/11/2024", "V204"),
    (15, "24/7/16", "V204"),
    (16, 7.1, "V204"),
    (17, 7.2, "V204"),
    (18, 7, "V203"),
    (19, True, "V203"),
    (20, "7.1-7.14", "V214"),
    (21, "2024-07-01 25:00", "V203"),
    (22, "春节前", "V206"),
    (23, 0, "V203"),
    (24, -45474, "V203"),
    (25, "0000-00-00", "V203"),
    (26, "2024-07-01 左右", "V206"),
    (27, date(1905, 7, 16), "V203"),
]


@pytest.mark.parametrize(("raw", "code"), [c[1:] for c in NO_DATES], ids=[f"N{c[0]}" for c in NO_DATES])
def test_what_is_no_date_is_reported_and_kept(raw: object, code: str) -> None:
    value, (found,) = cell("tasks", "end", raw, YEAR_2024)
    assert isinstance(value, Unreadable)
    assert (found.code, found.severity, str(found.at)) == (code, Severity.ERROR, "表1!G2")
    assert found.found == value.text


def test_7_11_2024_names_both_readings_and_is_asked_once() -> None:
    parsed = read([["任务ID", "任务名称", "计划结束时间"], ["1", "a", "7/11/2024"], ["2", "b", "7/12/2024"]])
    (question,) = parsed.questions
    assert (question.kind, question.options, question.at.cell) == ("date_order", ("day_first", "month_first"), "C2")
    first = next(f for f in parsed.findings if f.code == "V204")
    assert (first.facts["one"], first.facts["other"]) == ("2024-07-11", "2024-11-07")


@pytest.mark.parametrize(("neighbour", "expected"), [("13/7/2024", "2024-11-07"), ("7/13/2024", "2024-07-11")])
def test_a_neighbour_decides_the_order_of_the_sheet(neighbour: str, expected: str) -> None:
    parsed = read([["任务ID", "任务名称", "计划结束时间"], ["1", "a", "7/11/2024"], ["2", "b", neighbour]])
    assert parsed.tables[0].values["end"][0] == day(expected)
    assert not parsed.questions


def test_neighbours_that_contradict_each_other_decide_nothing() -> None:
    parsed = read([["任务ID", "任务名称", "计划结束时间"], ["1", "a", "7/11/2024"], ["2", "b", "13/7/2024"], ["3", "c", "7/13/2024"]])
    assert parsed.tables[0].values["end"][0] == Unreadable("7/11/2024")


def test_the_answer_about_the_order_is_used() -> None:
    assert cell("tasks", "end", "7/11/2024", context(day_first=True))[0] == date(2024, 11, 7)
    assert cell("tasks", "end", "7/11/2024", context(day_first=False))[0] == date(2024, 7, 11)


def test_in_english_7_8_has_two_readings() -> None:
    assert cell("tasks", "end", "7/8", context("en", period=(date(2024, 7, 1), date(2024, 7, 7))))[0] == Unreadable("7/8")


def test_a_year_comes_from_the_period_then_the_row_then_the_sheet() -> None:
    (by_row,) = cell("tasks", "end", "7.1", others={"start": "2023-06-01"})[1]
    assert (by_row.code, by_row.facts["year"], by_row.facts["source"]) == ("V231", 2023, "同一行的其他日期")
    rows = [["任务ID", "任务名称", "计划结束时间"], ["1", "a", "7.1"], ["2", "b", "2022-01-01"]]
    assert read(rows).tables[0].values["end"][0] == date(2022, 7, 1)
    assert read(rows, YEAR_2024).tables[0].values["end"][0] == date(2024, 7, 1)


def over_a_turn(days: list[str], title: str = "", last: str = "") -> list[object]:
    """What days without a year are read as, below a title, above a row whose day is `last`."""
    heads = [["任务ID", "任务名称", "计划结束时间"]]
    rows = [[str(n), f"任务{n}", day] for n, day in enumerate([*days, *([last] if last else [])], 1)]
    parsed = read([[title], *heads, *rows] if title else [*heads, *rows])
    return list(parsed.tables[0].values["end"])


AUTUMN = ["10.8", "10月20日", "11/18", "12.12"]
OF_2026 = [date(2026, 10, 8), date(2026, 10, 20), date(2026, 11, 18), date(2026, 12, 12)]


def test_one_day_of_january_with_its_year_does_not_move_the_autumn_before_it() -> None:
    """Who writes the year of one day only may write it because it is another."""
    assert over_a_turn(AUTUMN, "2026年工作进度", "2027.1.15") == [*OF_2026, date(2027, 1, 15)]
    assert over_a_turn(AUTUMN, "", "2027.1.15") == [*map(Unreadable, AUTUMN), date(2027, 1, 15)]
    assert over_a_turn(AUTUMN, "2024年模板", "2027.1.15") == [*map(Unreadable, AUTUMN), date(2027, 1, 15)]


def test_a_day_of_january_without_a_year_behind_an_autumn_is_of_no_certain_year() -> None:
    assert over_a_turn([*AUTUMN, "1.15"], "2026年工作进度") == [*OF_2026, Unreadable("1.15")]
    assert over_a_turn([*AUTUMN, "1.15"], "2026年工作进度", "2026-11-20") == [*OF_2026, Unreadable("1.15"), date(2026, 11, 20)]
    rows = [[str(n), f"任务{n}", day] for n, day in enumerate([*AUTUMN, "1.15"])]
    parsed = read([["2026年计划"], ["任务ID", "任务名称", "计划结束时间"], *rows])
    (said,) = (f for f in parsed.findings if f.code == "V205")
    assert (said.found, said.facts["why"]) == ("1.15", "表里的日期跨了年，这一天可能是前一年的，也可能是后一年的")


def test_a_plan_that_goes_through_its_year_is_of_that_year() -> None:
    whole = ["1.15", "3.8", "6.30", "9.15", "12.12"]
    read_as = [date(2026, 1, 15), date(2026, 3, 8), date(2026, 6, 30), date(2026, 9, 15), date(2026, 12, 12)]
    assert over_a_turn(whole, "2026年工作进度") == read_as
    assert over_a_turn(whole[1:], "", "2026.1.4") == [*read_as[1:], date(2026, 1, 4)]


def test_a_year_nobody_knows_is_not_guessed() -> None:
    value, (found,) = cell("tasks", "end", "7.1", context(as_of=date(2024, 7, 1)))
    assert (value, found.code) == (Unreadable("7.1"), "V205")


def test_january_in_a_december_pack_is_next_year() -> None:
    december = context(period=(date(2026, 12, 21), date(2026, 12, 27)))
    assert cell("tasks", "end", "1.10", december)[0] == date(2027, 1, 10)
    assert cell("tasks", "end", "7.10", december)[0] == date(2026, 7, 10)


def test_a_moment_keeps_its_time() -> None:
    assert cell("problems", "raised_at", "2024-7-10 9:05")[0] == datetime(2024, 7, 10, 9, 5)
    assert cell("problems", "raised_at", "2024年7月9日 16:30")[0] == datetime(2024, 7, 9, 16, 30)
    assert cell("problems", "raised_at", "2024年7月9日下午4点30分")[0] == datetime(2024, 7, 9, 16, 30)
    assert cell("problems", "raised_at", datetime(2024, 7, 9, 16, 30))[0] == datetime(2024, 7, 9, 16, 30)
    assert cell("problems", "raised_at", "2024-07-09")[0] == date(2024, 7, 9)
    assert cell("problems", "raised_at", 45482.6875)[0] == datetime(2024, 7, 9, 16, 30)


RANGES = [
    (1, "2024-03-18-03-20", "2024-03-18", "2024-03-20", []),
    (2, "7.1-7.14", "2024-07-01", "2024-07-14", ["V231"]),
    (3, "8月5日—8月16日", "2024-08-05", "2024-08-16", ["V231"]),
    (4, "2024.7.1-7.14", "2024-07-01", "2024-07-14", []),
    (5, "2024年3月18日至3月20日", "2024-03-18", "2024-03-20", []),
    (6, "2024/7/1~2024/7/14", "2024-07-01", "2024-07-14", []),
    (7, "7月1-14日", "2024-07-01", "2024-07-14", ["V231"]),
    (8, "2024-12-20-01-10", "2024-12-20", "2025-01-10", []),
    (9, "７．１－７．１４", "2024-07-01", "2024-07-14", ["V231"]),
    (10, "Jul 1 - Jul 14, 2024", "2024-07-01", "2024-07-14", []),
    (11, "2024年7月", "2024-07-01", "2024-07-31", ["V235"]),
    (12, date(2024, 8, 1), "2024-08-01", "2024-08-01", ["V222"]),
    (13, "2024-7-1 至 2024-7-5", "2024-07-01", "2024-07-05", []),
    (14, "2024-03-18 - 03-20", "2024-03-18", "2024-03-20", []),
]


@pytest.mark.parametrize(("raw", "start", "end", "notes"), [c[1:] for c in RANGES], ids=[f"R{c[0]}" for c in RANGES])
def test_a_period_in_one_cell_is_start_and_end(raw: object, start: str, end: str, notes: list[str]) -> None:
    parsed = read([["任务ID", "任务名称", "起止时间"], ["RW-1", "a", raw]], YEAR_2024)
    (table,) = parsed.tables
    assert (table.values["start"], table.values["end"]) == ([day(start)], [day(end)])
    assert table.columns["start"] == table.columns["end"] == 3
    assert codes(parsed.findings) == notes


@pytest.mark.parametrize(
    ("raw", "code"), [("第2-4周", "V206"), ("7.1-", "V203"), ("X月X日-X月X日", "V203"), ("2024-13-01-13-05", "V203"), ("7.1-7.40", "V203")]
)
def test_a_period_that_cannot_be_read_is_reported_once(raw: str, code: str) -> None:
    parsed = read([["任务ID", "任务名称", "起止时间"], ["RW-1", "a", raw]], YEAR_2024)
    (table,) = parsed.tables
    assert table.values["start"] == table.values["end"] == [Unreadable(raw)]
    assert [(f.code, f.at.cell) for f in parsed.findings if f.at] == [(code, "C2")]


PERCENTS = [
    (1, "100%", 1, []),
    (2, "完成80%", 0.8, []),
    (3, "80%", 0.8, []),
    (4, "８０％", 0.8, []),
    (5, 0.8, 0.8, []),
    (6, 80, 0.8, []),
    (7, "80", 0.8, []),
    (8, "0.8", 0.8, []),
    (9, "0.5%", 0.005, []),
    (10, 0, 0, []),
    (11, "0%", 0, []),
    (12, "8成", 0.8, ["V236"]),
    (13, "八成五", 0.85, ["V236"]),
    (14, "一半", 0.5, ["V236"]),
    (15, "约80%", 0.8, ["V236"]),
    (16, "百分之八十五", 0.85, []),
    (17, "80%（上周60%）", 0.8, ["V236"]),
    (18, 100, 1, []),
    (19, "已完成80%", 0.8, []),
    (20, "35.5%", 0.355, []),
    (21, "-", None, []),
    (22, "80% done", 0.8, []),
]


@pytest.mark.parametrize(("raw", "expected", "notes"), [c[1:] for c in PERCENTS], ids=[f"P{c[0]}" for c in PERCENTS])
def test_progress_is_read(raw: object, expected: float | None, notes: list[str]) -> None:
    value, found = cell("tasks", "progress", raw)
    assert (value, codes(found)) == (expected, notes)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("120%", "V207"),
        (-5, "V207"),
        ("-5", "V207"),
        (250, "V207"),
        (1, "V208"),
        ("1", "V208"),
        ("差不多", "V202"),
        ("50%-60%", "V202"),
        (True, "V202"),
        ("3/5", "V202"),
    ],
)
def test_progress_that_is_none_is_reported_and_never_zero(raw: object, code: str) -> None:
    value, (found,) = cell("tasks", "progress", raw)
    assert isinstance(value, Unreadable)
    assert (found.code, found.severity) == (code, Severity.ERROR)


def test_one_is_all_where_the_column_shows_it() -> None:
    def column(*values: object, **more: object) -> list[object]:
        return list(
            read([["任务ID", "任务名称", "进度"], *([f"{i}", "a", v] for i, v in enumerate(values))], **more).tables[0].values["progress"]
        )

    assert column(0.3, 1) == [0.3, 1]
    assert column("1", "0.5") == [1, 0.5]
    assert column(1, 0.3, percents=["C2"]) == [1, 0.3]
    assert column(1, percents=["C2"]) == [1]
    assert column(80, 1) == [0.8, Unreadable("1")]
    assert column(0.8, 80, 1)[2] == Unreadable("1")
    assert column(80, 1, percents=["C2", "C3"]) == [0.8, 1]
    assert column(1.2, percents=["C2"]) == [Unreadable("1.2")]


def test_a_status_word_in_the_progress_column_is_the_status() -> None:
    table, found = record("tasks", {"progress": "进行中"})
    assert (table.get(0, "progress"), table.get(0, "status"), codes(found)) == (None, "in_progress", ["V237"])
    table, found = record("tasks", {"progress": "未开始", "status": "未开始"})
    assert (table.get(0, "progress"), table.get(0, "status")) == (None, "not_started")


def test_a_tick_in_the_progress_column_is_done_and_all_of_it() -> None:
    table, found = record("tasks", {"progress": "√"})
    assert (table.get(0, "progress"), table.get(0, "status"), codes(found)) == (1, "done", ["V237"])


def test_a_status_word_against_the_status_column_is_an_error() -> None:
    table, (found,) = record("tasks", {"progress": "已完成", "status": "进行中"})
    assert (table.get(0, "progress"), table.get(0, "status")) == (Unreadable("已完成"), "in_progress")
    assert (found.code, found.facts["said"], found.facts["other"]) == ("V209", "已完成", "进行中")


CHOICES = [
    (1, "tasks", "status", "进行中", "in_progress"),
    (2, "tasks", "status", "延期", "late"),
    (3, "tasks", "status", "滞后", "late"),
    (4, "tasks", "status", "正常-进行中", "in_progress"),
    (5, "tasks", "status", "In Progress", "in_progress"),
    (6, "tasks", "status", "√", "done"),
    (7, "tasks", "status", " 已 完 成 ", "done"),
    (8, "tasks", "status", "已完成。", "done"),
    (9, "problems", "status", "是", "solved"),
    (10, "problems", "status", "否", "open"),
    (11, "problems", "status", "未解决", "open"),
    (12, "problems", "status", "接受已修改", "solved"),
    (13, "requirements", "urgency", "□一般/☑紧急/□特急", "urgent"),
    (14, "requirements", "urgency", "□一般 □紧急 ■特急", "critical"),
    (15, "requirements", "urgency", "□一般/□紧急/□特急", None),
    (16, "requirements", "urgency", "[ ]一般 [x]紧急 [ ]特急", "urgent"),
    (17, "requirements", "urgency", "（）一般（√）紧急（）特急", "urgent"),
    (18, "problems", "level", "跨部门", "cross"),
    (19, "requirements", "urgency", "Urgent", "urgent"),
]


@pytest.mark.parametrize(("form", "field", "raw", "expected"), [c[1:] for c in CHOICES], ids=[f"C{c[0]}" for c in CHOICES])
def test_a_word_of_a_drop_down_is_read(form: str, field: str, raw: str, expected: str | None) -> None:
    value, found = cell(form, field, raw)
    assert (value, codes(found)) == (expected, [])


def test_an_unknown_word_names_the_allowed_ones_and_the_nearest() -> None:
    value, (found,) = cell("tasks", "status", "进行种")
    assert value == Unreadable("进行种")
    assert (found.code, found.expected) == ("V201", "未开始 / 进行中 / 已完成 / 滞后 / 暂停 / 已取消")
    assert found.facts["suggestion"] == "进行中"


def test_two_ticks_or_the_whole_list_are_not_one_choice() -> None:
    for raw in ("☑一般/☑紧急/□特急", "一般/紧急/特急"):
        value, (found,) = cell("requirements", "urgency", raw)
        assert (value, found.code) == (Unreadable(raw), "V215")


def test_a_remark_in_brackets_after_a_choice_is_said() -> None:
    value, (found,) = cell("tasks", "status", "进行中（等物料）")
    assert (value, found.code, found.facts["rest"]) == ("in_progress", "V240", "等物料")


NAMES = [
    (1, "研发部、销售部、客服部", ("研发部", "销售部", "客服部"), []),
    (2, "产品部/售后部/法务部", ("产品部", "售后部", "法务部"), []),
    (3, "研发部,财务部", ("研发部", "财务部"), []),
    (4, "产品组/组长、设计组/主管", ("产品组", "设计组"), ["V238", "V238"]),
    (5, "各部门", ("各部门",), ["V221"]),
    (6, "研发部和财务部", ("研发部", "财务部"), []),
    (7, "研发部\n财务部", ("研发部", "财务部"), []),
    (8, "研发部；研发部", ("研发部",), []),
    (9, "-", None, []),
    (10, "研发部 财务部", ("研发部", "财务部"), []),
    (11, "Sales Support", ("Sales Support",), []),
]


@pytest.mark.parametrize(("raw", "expected", "notes"), [c[1:] for c in NAMES], ids=[f"B{c[0]}" for c in NAMES])
def test_departments_in_one_cell(raw: str, expected: tuple[str, ...] | None, notes: list[str]) -> None:
    value, found = cell("requirements", "to_depts", raw)
    assert (value, codes(found)) == (expected, notes)


def test_departments_take_the_directorys_names() -> None:
    known = context(directory=COMPANY)
    assert cell("requirements", "to_depts", "市场、技术部", known)[0] == ("市场部", "研发部")
    assert cell("requirements", "to_depts", "各部门", known)[0] == ("市场部", "研发部", "销售部", "客服部", "财务部")
    value, (found,) = cell("requirements", "to_depts", "市场部、销部", known)
    assert value == ("市场部", "销部")
    assert (found.code, found.severity, found.facts["suggestion"]) == ("V220", Severity.WARNING, "销售部")
    assert cell("tasks", "dept", "R&D", known)[0] == "研发部"


def test_one_department_means_one() -> None:
    value, (found,) = cell("tasks", "dept", "市场部、研发部")
    assert (value, found.code) == (Unreadable("市场部、研发部"), "V215")


def test_department_and_person_in_one_cell() -> None:
    table, found = record("tasks", {"owner": "市场部/*经理"})
    assert (table.get(0, "owner"), table.get(0, "dept"), codes(found)) == ("*经理", "市场部", ["V238"])
    table, found = record("tasks", {"owner": "市场部/*经理", "dept": "研发部"})
    assert (table.get(0, "owner"), table.get(0, "dept"), codes(found)) == ("*经理", "研发部", ["V223", "V238"])
    assert cell("tasks", "owner", "*专员")[0] == "*专员"
    assert cell("tasks", "owner", "张三/李四")[0] == "张三/李四"


def test_a_column_of_department_and_person() -> None:
    (table,) = read([["任务ID", "任务名称", "部门/负责人"], ["1", "a", "市场部/*经理"], ["2", "b", "研发部"], ["3", "c", "*专员"]]).tables
    assert table.values["dept"] == ["市场部", "研发部", None]
    assert table.values["owner"] == ["*经理", None, "*专员"]


def test_quantities_stay_text() -> None:
    assert cell("requirements", "resources", "研发人力5人、市场预算20万、客服培训3场")[0] == "研发人力5人、市场预算20万、客服培训3场"


def test_ids_keep_their_zeros_and_numbers_become_text() -> None:
    assert cell("tasks", "task_id", "001")[0] == "001"
    assert cell("tasks", "task_id", 1.0)[0] == "1"
    assert cell("tasks", "task_id", 1)[0] == "1"
    assert cell("tasks", "req_id", 1.3)[0] == "1.3"
    assert cell("tasks", "task_id", "ＲＷ－００１")[0] == "RW-001"
    value, (found,) = cell("tasks", "task_id", date(2024, 3, 1))
    assert (value, found.code) == (Unreadable("2024-03-01"), "V216")


def test_references_are_split_and_keep_their_kind() -> None:
    assert cell("tasks", "predecessors", "RW-001、RW-002")[0] == ("RW-001", "RW-002")
    assert cell("tasks", "predecessors", 7)[0] == ("7",)
    assert cell("tasks", "predecessors", "2fs, 3SS+2 days, staff")[0] == ("2", "3SS+2d", "staff")
    value, (found,) = cell("tasks", "predecessors", "2fs+4h")
    assert (value, found.code) == (("2",), "V242")


def test_whole_numbers() -> None:
    assert cell("tasks", "late_days", "3天")[0] == 3
    value, (found,) = cell("tasks", "late_days", "三天")
    assert (value, found.code) == (Unreadable("三天"), "V210")


@pytest.mark.parametrize("raw", ["-", "—", "－", "/", "／", "无", "暂无", "N/A", "\u3000", " \u200b", "——"])
@pytest.mark.parametrize("field", ["end", "progress", "status", "dept", "owner", "risk", "predecessors"])
def test_placeholders_are_blank(field: str, raw: str) -> None:
    assert cell("tasks", field, raw) == (None, [])


def test_to_be_decided_is_blank_and_said() -> None:
    for raw in ("待定", "TBD", "未定"):
        value, (found,) = cell("requirements", "due", raw)
        assert (value, found.code) == (None, "V233")


def test_same_as_above() -> None:
    rows = [
        ["任务ID", "任务名称", "负责人", "负责部门"],
        ["1", "a", "*经理", "市场部"],
        ["2", "b", "同上", "〃"],
        ["3", "c", "同上", "-"],
        ["4", "d", "-", "同上"],
    ]
    parsed = read(rows)
    (table,) = parsed.tables
    assert table.values["owner"] == ["*经理", "*经理", "*经理", None]
    assert table.values["dept"] == ["市场部", "市场部", None, Unreadable("同上")]
    assert codes(parsed.findings) == ["V211", "V232", "V232", "V232"]


def test_the_word_to_clear() -> None:
    for word in ("清空", "CLEAR", "clear"):
        assert all(cell("tasks", field, word) == (CLEAR, []) for field in ("end", "progress", "status", "owner", "risk", "predecessors"))


def test_text_is_kept_as_written() -> None:
    assert cell("tasks", "risk", "  供应链\r\n延迟 ")[0] == "供应链\n延迟"
    assert cell("tasks", "risk", "=cmd|' /C calc'!A0")[0] == "=cmd|' /C calc'!A0"
    assert cell("tasks", "risk", "-5")[0] == "-5"
    assert cell("tasks", "risk", 5)[0] == "5"
    assert cell("tasks", "risk", date(2024, 7, 1))[0] == "2024-07-01"
    assert cell("tasks", "risk", True)[0] == "TRUE"
    assert cell("tasks", "risk", 0.15, formats={"N2": "0%"})[0] == "15%"
    assert cell("tasks", "risk", "cafe\u0301")[0] == "café"


def test_true_and_one_are_not_confused() -> None:
    table, _ = ours("tasks", [[f"K{i}", *[None] * 11, None, v] for i, v in enumerate((1, True, 1.0))])
    assert table.values["risk"] == ["1", "TRUE", "1"]


def test_whether_late_is_yes_or_no() -> None:
    (table,) = read([["任务ID", "任务名称", "是否滞后"], ["1", "a", "是"], ["2", "b", "否"], ["3", "c", True], ["4", "d", "进行中"]]).tables
    assert table.values["status"] == ["late", None, "late", "in_progress"]


def test_whether_solved_is_yes_or_no() -> None:
    rows = [["问题编号", "问题描述", "是否解决"], ["1", "a", "×"], ["2", "b", "√"], ["3", "c", False], ["4", "d", "处理中"]]
    (table,) = read(rows).tables
    assert table.values["status"] == ["open", "solved", "open", "handling"]


def test_a_title_names_the_year_when_no_date_does() -> None:
    rows = [["2024年任务跟踪表"], ["任务ID", "任务名称", "计划结束时间"], ["1", "a", "9月30日"]]
    parsed = read(rows)
    assert parsed.tables[0].values["end"] == [date(2024, 9, 30)]
    assert [f.facts["source"] for f in parsed.findings] == ["本表的标题"]
    rows[0] = ["2024年—2025年任务跟踪表"]
    assert read(rows).tables[0].values["end"] == [Unreadable("9月30日")]


def test_a_person_in_the_department_column_is_the_owner() -> None:
    table, found = record("tasks", {"dept": "市场部/*经理"})
    assert (table.get(0, "dept"), table.get(0, "owner"), codes(found)) == ("市场部", "*经理", ["V238"])


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("👨\u200d👩\u200d👧 出席", "👨\u200d👩\u200d👧 出席"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("市\u200d场\u200c部", "市场部"),
        ("\u200da\u200db\u200d", "ab"),
    ],
)
def test_a_joiner_is_content_only_where_it_joins(raw: str, kept: str) -> None:
    assert clean(raw) == kept
    assert clean(kept) == kept


@pytest.mark.parametrize(
    ("raw", "seen"), [(1e15, "1000000000000000"), (202401010001.0, "202401010001"), (0.5, "0.5"), (-0.0, "0"), (1e30, "1e+30")]
)
def test_a_whole_number_is_seen_with_all_its_digits(raw: float, seen: str) -> None:
    assert shown(raw) == seen
