"""Laws of single values: what was read and written down again reads the same; nothing raises; a number in a 1904 workbook."""

from __future__ import annotations

import io
from datetime import date, datetime

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from sheets_as_typed import COMPANY, SCHEMA, codes, context, record
from values_as_listed import JULY, Case, cases

from collab_xl.book.read import read_book
from collab_xl.model.values import CLEAR, Unreadable, Value, same_value
from collab_xl.plan.render import render
from collab_xl.plan.show import show
from collab_xl.read.sheet import parse_sheet

FIELDS = [(form.id, f.id) for form in SCHEMA.forms for f in form.fields]
SHOWN = {"date", "moment", "percent", "choice", "department", "departments", "person", "reference", "references"}
LISTED = [c for c in cases() if not c.place.split(".")[1].startswith("<")]
WORDS = """2024 24 7 1 12 31 13 年 月 日 号 - . / ~ 至 到 底 前 后 上旬 Q3 季度 周一 周五 起 从 由 改为 半 上半年 T （ ） ( ) 暂定
完成 80% 0.8 八成 一半 √ □ ☑ 进行中 已完成 滞后 紧急 一般 市场部 市场 研发部 技术 张三 李四 王经理 *经理 R D Tom 牵头 负责 配合 1.
2) 一、 ① 等 组 中心 北京 、 ， ； ： 和 与 + & ' RW-001 RW-002 001 Jul July pm 下午 3点 : 30 天 工作日 待定 无 同上 同步 % 成 约"""
PIECES = st.sampled_from(WORDS.split())
TEXTS = st.one_of(st.lists(PIECES, min_size=1, max_size=6).map("".join), st.sampled_from([c.raw for c in LISTED]), st.text(max_size=14))


def written_again(form_id: str, field_id: str, value: Value, lang: str, percents: list[str]) -> Value:
    table, _ = record(form_id, {field_id: value}, context(lang, COMPANY, period=JULY), percents=percents)
    return table.get(0, field_id) if len(table) else None


def stays(form_id: str, field_id: str, raw: Value, lang: str) -> None:
    """What reading gives, written into a cell as the master has it and as a person sees it, is read as the same value."""
    table, findings = record(form_id, {field_id: raw}, context(lang, COMPANY, period=JULY))
    if not len(table):
        return
    field, value = SCHEMA.form(form_id).field(field_id), table.get(0, field_id)
    if value is None or value is CLEAR or isinstance(value, Unreadable) or "V220" in codes(findings):
        return
    column = chr(ord("A") + [f.id for f in SCHEMA.form(form_id).fields].index(field_id))
    again = written_again(form_id, field_id, render(value, field, lang), lang, [f"{column}2"] if field.kind == "percent" else [])
    assert same_value(again, value), (raw, value, again)
    if field.kind in SHOWN and not (field.kind == "percent" and isinstance(value, float) and round(value, 4) != value):
        seen = written_again(form_id, field_id, show(value, field, lang), lang, [])
        exact = not isinstance(value, datetime) or not (value.second or value.microsecond)
        assert same_value(seen, value) or not exact, (raw, value, seen)


@pytest.mark.parametrize("case", LISTED, ids=[f"line{c.line}" for c in LISTED])
def test_a_listed_value_stays_what_it_was_read_as(case: Case) -> None:
    form_id, field_id = case.place.split(".")
    stays(form_id, field_id, case.raw, case.context[:2])


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(FIELDS), TEXTS, st.sampled_from(["zh", "en"]))
def test_any_value_stays_what_it_was_read_as(place: tuple[str, str], raw: Value, lang: str) -> None:
    stays(*place, raw, lang)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(FIELDS), TEXTS), min_size=1, max_size=4), st.sampled_from(["zh", "en"]))
def test_cells_of_one_row_are_read_or_reported_whatever_stands_beside_them(cells: list[tuple[tuple[str, str], Value]], lang: str) -> None:
    form_id = cells[0][0][0]
    fields = {field: raw for (form, field), raw in cells if form == form_id}
    table, findings = record(form_id, fields, context(lang, COMPANY))
    if not len(table):
        return
    for field in fields:
        if isinstance(table.get(0, field), Unreadable):
            assert any(f.at == table.at(0, field) and f.severity == "error" for f in findings), (fields, field)


def test_a_number_in_a_workbook_that_counts_from_1904() -> None:
    """A real date, and the same day as a bare number."""
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"date_1904": True, "in_memory": True}) as book:
        sheet = book.add_worksheet("任务")
        sheet.write_row(0, 0, ["任务ID", "任务名称", "计划结束时间"])
        sheet.write_row(1, 0, ["1", "a"])
        sheet.write_datetime(1, 2, datetime(2024, 7, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_row(2, 0, ["2", "b", 45_474 - 1_462])
        sheet.write_row(3, 0, ["3", "c", str(45_474 - 1_462)])
    snapshot = read_book(data.getvalue(), "旧.xlsx").snapshot("任务")
    assert snapshot.date1904
    (table,) = parse_sheet(snapshot, SCHEMA, context()).tables
    assert table.values["end"] == [date(2024, 7, 1)] * 3
