"""A pack that comes back untouched reads as what was issued: through a real workbook, and value by value."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sheets_as_typed import COMPANY, SCHEMA, context, record
from test_reading_laws import FIELDS, RAW

from collab_xl.book.read import read_book
from collab_xl.build.pack import build_pack, cell_value
from collab_xl.model.merge import Pack
from collab_xl.model.pack_plan import PackPlan, PackSheet
from collab_xl.model.place import a1
from collab_xl.model.values import Clear, Unreadable, Value
from collab_xl.read.table import parse_table

TASK: dict[str, Value] = {
    "task_id": "001",
    "name": "渠道谈判",
    "req_id": "XZ-2024-001",
    "dept": "市场部",
    "owner": "*经理",
    "start": date(2026, 11, 2),
    "end": date(2026, 11, 20),
    "predecessors": ("RW-002", "RW-003"),
    "progress": 0.8,
    "status": "in_progress",
    "risk": "=1+1\n-5",
    "updated": date(2026, 11, 13),
    "late_days": 0,
}
PROBLEM: dict[str, Value] = {
    "problem_id": "WT-001",
    "raised_at": datetime(2026, 11, 2, 16, 30),
    "dept": "市场部",
    "description": "渠道报价高于预算",
    "level": "cross",
    "status": "open",
    "due": date(2026, 11, 9),
}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_pack_as_issued_is_read_as_issued(lang: str) -> None:
    rows = {"tasks": ("001", TASK), "problems": ("WT-001", PROBLEM)}
    pack = Pack("P1", "市场部", "2026-W47", datetime(2026, 11, 20, 9), "1", {f: {row_id: v} for f, (row_id, v) in rows.items()})
    sheets = [PackSheet(f, tuple(x.id for x in SCHEMA.form(f).fields if x.in_pack), (rows[f],), ("P1#1", "P1#2")) for f in rows]
    book = read_book(build_pack(PackPlan(pack, tuple(sheets)), SCHEMA, lang, COMPANY, "token", "project", "id"))
    for form_id, (row_id, values) in rows.items():
        form = SCHEMA.form(form_id)
        ref = book.tables[form.table]
        table, found = parse_table(book.snapshot(ref.sheet), ref, form, context(lang, COMPANY))
        assert (found, list(table.row_ids)) == ([], [row_id])
        assert {f: table.get(0, f) for f in values} == values


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(FIELDS), raw=RAW, lang=st.sampled_from(["zh", "en"]))
def test_what_was_read_once_reads_the_same_when_written_back(place: tuple[str, str], raw: object, lang: str) -> None:
    form_id, field_id = place
    form = SCHEMA.form(form_id)
    field = form.field(field_id)
    ctx = context(lang, COMPANY)
    first, _ = record(form_id, {field_id: raw}, ctx)
    value = first.get(0, field_id) if len(first) else None
    if value is None or isinstance(value, (Unreadable, Clear)):
        return
    cell = a1(2, [f.id for f in form.fields].index(field_id) + 1)
    again, found = record(form_id, {field_id: cell_value(value, field, lang)}, ctx, percents=[cell] if field.kind == "percent" else [])
    assert again.get(0, field_id) == value
    assert not [f for f in found if f.severity == "error"]
