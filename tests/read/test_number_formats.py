"""The text of a cell is what the cell shows: number formats as Excel applies them, and what depends on them when a sheet is read."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter
from sheets_as_typed import SCHEMA, at, codes, context

from collab_xl.book.read import read_book
from collab_xl.model.sheets import Table
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.number_format import shown_as
from collab_xl.read.sheet import Parsed, parse_sheet

DAY = 46338  # 2026-11-12, a Thursday


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("0.00", 1.1, "1.10"),
        ("0.00", 1.005, "1.01"),
        ("0", 2.5, "3"),
        ("0", -3, "-3"),
        ("#.##", 3, "3."),
        ("#.0#", 0.5, ".5"),
        ("000", 1, "001"),
        ("000", 1000, "1000"),
        ("000;-000", 1, "001"),
        ('"RW-"000', 1, "RW-001"),
        (r"\R\W\-000", 12, "RW-012"),
        ('000"号"', 1, "001号"),
        ("000-0000-0000", 13800138000, "138-0013-8000"),
        ("#,##0", 1200, "1,200"),
        ("0,000", 5, "0,005"),
        ("#,##0.00", 1234567.891, "1,234,567.89"),
        ("0.0,,", 1_500_000, "1.5"),
        ('0!.0,"万"', 20000, "2.0万"),
        ("0%", 0.155, "16%"),
        ("0.0%", 0.25, "25.0%"),
        ("0.00E+00", 12345.678, "1.23E+04"),
        ("##0.0E+0", 123456, "123.5E+3"),
        ("# ?/?", 1.75, "1 3/4"),
        ("# ?/?", 2, "2"),
        ("0_);(0)", -5, "(5)"),
        ("0;[Red](0)", -5, "(5)"),
        ('0;-0;"零"', 0, "零"),
        ('[=1]"√";[=0]"×"', 1, "√"),
        ('[=1]"√";[=0]"×"', 0, "×"),
        ('[>=100]"高";[>=1]"中";"低"', 2, "中"),
        ('[>=100]"高";[>=1]"中";"低"', 0.5, "低"),
        ("_ ¥* #,##0.00_ ", 1234.5, "¥1,234.50"),
        ("[$¥-804]#,##0.00", 1234.5, "¥1,234.50"),
        ('G/通用格式"天"', 3, "3天"),
        ('General" 人"', 1.5, "1.5 人"),
        ("[DBNum1]General", 10, "一十"),
        ("[DBNum1]General", 20340, "二万〇三百四十"),
        ("[DBNum2][$-804]General", 12345, "壹万贰仟叁佰肆拾伍"),
        ("[DBNum2]General", 100_000_001, "壹亿零壹"),
        ("[DBNum1]0", 12345, "一二三四五"),
        ("[$-804]aaaa", DAY, "星期四"),
        ("[$-804]aaaa;@", DAY, "星期四"),
        ("aaa", DAY, "四"),
        ("ddd", DAY, "周四"),
        ("[$-409]dddd", DAY, "Thursday"),
        ('"周"aaa', DAY, "周四"),
        ('yyyy"年"m"月"d"日";@', DAY, "2026年11月12日"),
        ('yyyy"年第"m"月"', DAY, "2026年第11月"),
        ('[DBNum1][$-804]yyyy"年"m"月"d"日"', DAY, "二〇二六年十一月十二日"),
        ('[DBNum2][$-804]yyyy"年"m"月"d"日"', DAY, "贰零贰陆年壹拾壹月壹拾贰日"),
        ("[DBNum3]yyyy年m月d日", DAY, "２０２６年１１月１２日"),
        ("[$-409]d-mmm-yy;@", DAY, "12-Nov-26"),
        ("mmmm", DAY, "十一月"),
        ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", DAY, "2026年11月12日"),
        ("yyyy/m/d h:mm AM/PM", DAY + 0.75, "2026/11/12 6:00 PM"),
        ('上午/下午h"时"mm"分"', DAY + 0.75, "下午6时00分"),
        ("yyyy-mm-dd hh:mm:ss", DAY + 0.5, "2026-11-12 12:00:00"),
        ("h:mm:ss.00", 0.5213, "12:30:40.32"),
        ("hh:mm", 0.75, "18:00"),
        ("[h]:mm", 1.25, "30:00"),
        ('[h]"小时"mm"分"', 62.5, "1500小时00分"),
        ("[mm]:ss", 1.25, "1800:00"),
        ('@"经理"', "张三", "张三经理"),
        ('"RW-"@', "001", "RW-001"),
        ("General", 1.1, None),
        ("@", 1.1, None),
        ("m/d/yyyy", DAY, None),
        ("yyyy-mm-dd;@", "待定", None),
        ("yyyy-mm-dd", -1, None),
        ("0", True, None),
    ],
)
def test_what_a_format_shows(code: str, value: Value, shown: str | None) -> None:
    found = shown_as(value, code, "zh")
    assert (found.strip() if found else found) == shown


def test_names_of_months_and_days_are_in_the_language_of_the_workbook() -> None:
    assert shown_as(DAY, "mmmm yyyy", "en") == "November 2026"
    assert shown_as(DAY, "dddd", "en") == "Thursday"
    assert shown_as(DAY, "[$-804]dddd", "en") == "星期四"
    assert shown_as(date(2026, 11, 12), "yyyy", "en") == "2026"
    assert shown_as(DAY - 1462, "yyyy-mm-dd", "en", date1904=True) == "2026-11-12"


HEADINGS = ["任务ID", "任务名称", "负责人", "计划结束时间", "完成状态", "备注"]


def workbook(rows: Sequence[Sequence[tuple[Any, str | int] | Any]], headings: Sequence[str] = HEADINGS) -> bytes:
    """A sheet with the headings; a cell is a value, or a value and its number format: a code, or the number of a built-in one."""
    out, built_in = io.BytesIO(), {}
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("任务")
        sheet.write_row(0, 0, headings)
        for r, row in enumerate(rows, 1):
            for c, cell in enumerate(row):
                value, code = cell if isinstance(cell, tuple) else (cell, "")
                if isinstance(code, int):
                    built_in[f"@@{code}@@"], code = code, f"@@{code}@@"
                form = book.add_format({"num_format": code}) if code else None
                if isinstance(value, datetime):
                    sheet.write_datetime(r, c, value, form)
                elif value is not None:
                    sheet.write(r, c, value, form)
    return with_built_in(out.getvalue(), built_in)


def with_built_in(data: bytes, built_in: dict[str, int]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/styles.xml":
                text = part.decode()
                for mark, number in built_in.items():
                    written = re.search(rf'<numFmt numFmtId="(\d+)" formatCode="{mark}"/>', text)
                    assert written
                    text = text.replace(written[0], "").replace(f'numFmtId="{written[1]}"', f'numFmtId="{number}"')
                part = text.encode()
            new.writestr(name, part)
    return out.getvalue()


def parsed(rows: Sequence[Sequence[Any]], headings: Sequence[str] = HEADINGS, lang: str = "zh", **more: object) -> Parsed:
    return parse_sheet(read_book(workbook(rows, headings), "a.xlsx").snapshot("任务"), SCHEMA, context(lang, **more))


def column(found: Parsed, field: str) -> list[Value]:
    (table,) = found.tables
    return list(table.values[field])


def test_a_text_column_reads_what_its_cells_show() -> None:
    shown = [
        ((DAY, 31), "2026年11月12日"),
        ((DAY, 57), "2026年11月"),
        ((DAY, 58), "11月12日"),
        ((DAY, 27), "2026年11月"),
        ((DAY, 30), "11-12-26"),
        ((DAY + 0.75, 55), "下午6时00分"),
        ((DAY, 14), "2026-11-12"),
        ((DAY, "[$-804]aaaa"), "星期四"),
        ((1.25, 46), "30:00:00"),
        ((0.75, "hh:mm"), "18:00"),
        ((0.155, 10), "15.50%"),
        ((3, 'G/通用格式"天"'), "3天"),
        ((1200, 3), "1,200"),
        (("周报", '"【"@"】"'), "【周报】"),
        (("周报", "@"), "周报"),
        (46338, "46338"),
        ((46338, "G/通用格式"), "46338"),
        (0.1 + 0.2, "0.3"),
    ]
    found = parsed([[f"RW-{n}", "问卷", "张三", None, "进行中", cell] for n, (cell, _) in enumerate(shown)])
    assert column(found, "remark") == [text for _, text in shown]
    assert not found.findings


def test_ids_persons_and_choices_read_what_their_cells_show() -> None:
    rows = [
        [(1.1, "0.00"), "问卷", (7, '"工号"000'), None, (1, '[=1]"已完成";[=0]"未开始"'), None],
        [(1.11, "0.00"), "素材", "李四", None, (0, '[=1]"已完成";[=0]"未开始"'), None],
        [("001", '"RW-"@'), "样品", "李四", None, "进行中", None],
        [(DAY, 'yyyymmdd"-01"'), "联调", "李四", None, "进行中", None],
    ]
    found = parsed(rows)
    assert column(found, "task_id") == ["1.10", "1.11", "RW-001", "20261112-01"]
    assert column(found, "owner")[0] == "工号007"
    assert column(found, "status") == ["done", "not_started", "in_progress", "in_progress"]
    assert not found.findings


def test_a_date_format_that_the_reader_does_not_know_is_a_date() -> None:
    rows = [["RW-1", "问卷", "张三", (DAY, "[$-804]aaaa"), "进行中", None], ["RW-2", "素材", "张三", (DAY + 0.5, "aaa"), "进行中", None]]
    found = parsed(rows)
    assert column(found, "end") == [date(2026, 11, 12), date(2026, 11, 12)]
    assert not found.findings


def test_lengths_and_times_of_day_are_no_dates() -> None:
    cells = [(1.25, "[h]:mm"), (62.5, 46), (0.75, "hh:mm"), (0.75, 18), (1.5, 45), (DAY, "G/通用格式")]
    found = parsed([[f"RW-{n}", "问卷", "张三", cell, "进行中", None] for n, cell in enumerate(cells)])
    assert [v.text if isinstance(v, Unreadable) else v for v in column(found, "end")] == [
        "30:00",
        "1500:00:00",
        "18:00",
        "6:00 PM",
        "00:00",
        date(2026, 11, 12),
    ]
    said = sorted((f.at.cell, f.code, f.found) for f in found.findings if f.at)
    assert said[:5] == [
        ("D2", "V217", "30:00"),
        ("D3", "V217", "1500:00:00"),
        ("D4", "V203", "18:00"),
        ("D5", "V203", "6:00 PM"),
        ("D6", "V217", "00:00"),
    ]
    assert [code for _, code, _ in said[5:]] == ["V234"]


@pytest.mark.parametrize(
    ("clock", "day", "said"),
    [
        ("23:59:17", 13, ["V245"]),  # Shanghai
        ("23:59:18", 13, ["V245"]),  # Hong Kong
        ("23:59:01", 13, ["V245"]),  # Tokyo
        ("23:59:58", 13, ["V245"]),  # New York
        ("23:59:59", 12, []),  # how systems write the end of a day
        ("23:59:00", 12, []),
        ("23:58:17", 12, []),
        ("00:00:43", 12, []),
        ("00:00:00", 12, []),
    ],
)
def test_less_than_a_minute_before_midnight(clock: str, day: int, said: list[str]) -> None:
    moment = datetime.fromisoformat(f"2026-11-12 {clock}")
    for cell in ((moment, "yyyy-mm-dd"), (moment, "yyyy-mm-dd hh:mm:ss"), f"2026-11-12 {clock}"):
        found = parsed([["RW-1", "问卷", "张三", cell, "进行中", None]])
        assert column(found, "end") == [date(2026, 11, day)], cell
        assert codes(found.findings) == said, cell


def test_a_moment_just_before_midnight_is_midnight_too() -> None:
    moment = datetime(2026, 11, 12, 23, 59, 17)
    headings = ["问题编号", "问题描述", "反馈时间", "责任部门"]
    rows = [["WT-1", "样本不足", (moment, "yyyy-mm-dd hh:mm"), "市场部"], ["WT-2", "环境", (moment.replace(second=59), 22), "市场部"]]
    found = parsed(rows, headings)
    assert column(found, "raised_at") == [date(2026, 11, 13), moment.replace(second=59)]
    assert at(found.findings, "V245") == ["C2"]


def test_a_hidden_time_that_is_midnight_in_utc_is_said() -> None:
    moment = datetime(2026, 11, 11, 16)
    cells = [(moment, "yyyy-mm-dd"), (moment, "yyyy-mm-dd hh:mm"), (moment.replace(hour=15), "yyyy-mm-dd")]
    found = parsed([[f"RW-{n}", "问卷", "张三", cell, "进行中", None] for n, cell in enumerate(cells)])
    assert column(found, "end") == [date(2026, 11, 11)] * 3
    assert at(found.findings, "V246") == ["D2"]


def test_columns_of_the_users_own_keep_days_and_words() -> None:
    from collab_xl.read.own_columns import own_columns

    headings = [*HEADINGS, "星期", "批次", "金额", "份额", "起算日"]
    row = ["RW-1", "问卷", "张三", None, "进行中", None, (DAY, "aaaa"), (3, '"第"0"批"'), (1200.5, "#,##0.00"), (0.5, "0%"), (DAY, 31)]
    data = read_book(workbook([row], headings), "a.xlsx").snapshot("任务")
    found = parse_sheet(data, SCHEMA, context())
    kept = own_columns(data, found.tables[0], found.located[0], context())
    assert kept == {"星期": ["星期四"], "批次": ["第3批"], "金额": [1200.5], "份额": [0.5], "起算日": [date(2026, 11, 12)]}


def test_formats_are_looked_up_only_where_they_matter() -> None:
    rows = [["RW-1", "问卷", "张三", (datetime(2026, 11, 12), "yyyy-mm-dd"), "进行中", "备注"]] * 3
    data = read_book(workbook(rows), "a.xlsx").snapshot("任务")
    (table,) = parse_sheet(data, SCHEMA, context()).tables
    assert isinstance(table, Table)
    assert not data.number_formats._columns, "nobody asked for a column"
