"""Any valid form with any cells: every cell is read or reported with its place, and reading never raises."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from forms.generated import forms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collab_xl.forms import Form, Schema, load
from collab_xl.forms.read import form_of
from collab_xl.model.directory import Department, Directory
from collab_xl.model.place import Area
from collab_xl.model.sheets import Snapshot, TableRef
from collab_xl.model.values import Unreadable, normal
from collab_xl.read.context import Context
from collab_xl.read.left_out import why_none
from collab_xl.read.sheet import parse_sheet
from collab_xl.read.table import parse_table

PEOPLE = Directory.of([Department("研发部"), Department("市场部")])
SEEN = (
    "是", "否", "√", "☑是 □否", "5人", "20万", "3到5", "80%", "一半", "待定", "同上", "清空", "-", "11.3", "下周", "研发部/张三", "RW-001",
    "市场部、研发部", "选项1之0", "选项1之0、选项1之1", "已完成", "进行中60%", "合计", "示例", "填表人：李四",
    "=1+1", "\u200b", "🙂", "x" * 300,
)  # fmt: skip
RAW = st.one_of(
    st.none(), st.sampled_from(SEEN), st.sampled_from(SEEN), st.text(max_size=8), st.booleans(), st.integers(-5, 50_000), st.dates(),
    st.floats(allow_nan=False, allow_infinity=False), st.datetimes(datetime(1900, 3, 1), datetime(2100, 1, 1)),
)  # fmt: skip


@st.composite
def sheets(draw: st.DrawFn) -> tuple[Form, list[list[Any]], str]:
    form = form_of(draw(forms()))
    lang = draw(st.sampled_from(("zh", "en")))
    lines = [[f.heading[lang] for f in form.fields]]
    lines += [[normal(draw(RAW)) for _ in form.fields] for _ in range(draw(st.integers(0, 4)))]
    return form, lines, lang


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(sheets())
def test_a_sheet_of_a_generated_form_is_read_or_reported(made: tuple[Form, list[list[Any]], str]) -> None:
    form, lines, lang = made
    area = Area(1, 1, max(2, len(lines)), len(lines[0]))
    ref = TableRef(form.table, form.sheet[lang], area, tuple(lines[0]))
    snapshot = Snapshot(form.sheet[lang], 1, 1, lines, tables=(ref,))
    context = Context(lang, PEOPLE, as_of=date(2026, 11, 20))
    table, findings = parse_table(snapshot, ref, form, context)
    assert set(table.values) == {f.id for f in form.fields}
    said = {(f.at.row, f.at.col) for f in findings if f.at}
    for field_id, column in table.values.items():
        for i, value in enumerate(column):
            if isinstance(value, Unreadable):
                assert (table.rows[i], table.columns[field_id]) in said, (field_id, value)
    installed = load()
    schema = Schema(installed.version, (*installed.forms, form), installed.services)
    parsed = parse_sheet(Snapshot(form.sheet[lang], 1, 1, lines), schema, context)
    assert why_none(snapshot, parsed, schema, context) or parsed.tables
    for one in parsed.tables:
        assert all(len(column) == len(one) for column in one.values.values())
