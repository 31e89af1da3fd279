"""The lists of a master: service tables, departments, calendar."""

from __future__ import annotations

from datetime import date, datetime

from sheets_as_typed import SCHEMA, snapshot

from collab_xl.model.place import Area
from collab_xl.model.sheets import TableRef
from collab_xl.read.calendar import calendar_of
from collab_xl.read.directory import directory_of
from collab_xl.read.service import service_rows


def test_service_rows_by_column_id_in_either_language() -> None:
    service = SCHEMA.service("calendar")
    for headings in (["日期", "类型", "说明"], ["Date", "Kind", "Name"], ["日期 ", "Kind", "我的列"]):
        shot = snapshot([headings, [date(2026, 10, 1), " 放假 ", "国庆"], [None, "\u3000", None], ["2026-10-10", "调休上班", None]])
        rows = service_rows(shot, TableRef("WorkCalendar", "表1", Area(1, 1, 60, 3), tuple(headings)), service, "zh")
        assert [r["_row"] for r in rows] == [2, 4]
        assert (rows[0]["date"], rows[0]["kind"]) == (date(2026, 10, 1), "放假")
        assert ("name" in rows[0]) == (headings[2] != "我的列")


def test_a_directory_of_rows() -> None:
    directory = directory_of(
        [
            {"name": "市场部", "aliases": "市场、Marketing；MKT", "emails": "张三 <a@x.cn>；b@x.cn", "head": "*经理", "_row": 2},
            {"name": None, "emails": "lost@x.cn"},
            {"name": " 研发部\u3000", "emails": None},
            {"name": "市场部", "emails": "c@x.cn", "liaison": "李四"},
        ]
    )
    market, research = directory.departments
    assert (market.aliases, market.emails, market.head, market.liaison) == (
        ("市场", "Marketing", "MKT"),
        ("a@x.cn", "b@x.cn", "c@x.cn"),
        "*经理",
        "李四",
    )
    assert research.name == "研发部"
    assert directory.find("ＭＫＴ") == "市场部"
    assert directory.of_sender("B@x.cn") == "市场部"


def test_a_calendar_of_rows() -> None:
    kinds = {
        "休息日": False,
        "放假": False,
        "Holiday": False,
        "Day off": False,
        "节假日": False,
        "调休上班": True,
        "工作日": True,
        "Workday": True,
        "补班": True,
    }
    for kind, counts in kinds.items():
        calendar, found = calendar_of([{"date": date(2026, 10, 3), "kind": kind}], working=True)
        assert (calendar.special, found) == ({date(2026, 10, 3): counts}, []), kind
    calendar, _ = calendar_of(
        [{"date": "2026.10.1", "kind": "放假"}, {"date": datetime(2027, 1, 1), "kind": "放假"}, {"date": 46296, "kind": "补班"}], False
    )
    assert (
        calendar.special == {date(2026, 10, 1): False, date(2027, 1, 1): False, date(2026, 10, 1): True}
        or date(2027, 1, 1) in calendar.special
    )
    assert (calendar.years, calendar.working) == ({2026, 2027}, False)


def test_calendar_rows_that_cannot_be_used_are_reported() -> None:
    rows = [
        {"date": "国庆", "kind": "放假", "_row": 4},
        {"date": date(2026, 10, 1), "kind": "调休", "_row": 5},
        {"date": "10.1", "kind": "放假", "_row": 6},
        {"name": "x", "_row": 7},
    ]
    calendar, found = calendar_of(rows, True, "工作日历")
    assert calendar.special == {}
    assert [(f.code, str(f.at), f.found) for f in found] == [
        ("H116", "工作日历!A4", "国庆 放假"),
        ("H116", "工作日历!A5", "2026-10-01 调休"),
        ("H116", "工作日历!A6", "10.1 放假"),
    ]
