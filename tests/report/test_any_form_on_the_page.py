"""Whatever the forms are: their blocks fit the page side by side, and their rows are counted and written."""

from __future__ import annotations

import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from forms.forms_of_tests import written
from forms.generated import forms
from hypothesis import given, settings
from hypothesis import strategies as st
from templates.invented_week import week as invented

from collab_xl.forms import BASIC, Field, Form, Schema, load
from collab_xl.forms.blocks import form_bands
from collab_xl.forms.folders import form_files
from collab_xl.forms.read import read_forms
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.place import Area
from collab_xl.model.record import replace
from collab_xl.model.report_pages import GRID, MOST_COLUMNS
from collab_xl.model.sheets import Snapshot, Table
from collab_xl.model.values import Link, Value
from collab_xl.plan.places import width
from collab_xl.plan.weekly import plan_week
from collab_xl.report.blocks import form_blocks, form_figures
from collab_xl.rules.case import Case
from collab_xl.rules.rows import rows_of
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)
SHEET = "页"


def schema_with(data: dict[str, Any]) -> tuple[Schema, Form]:
    with tempfile.TemporaryDirectory() as folder:
        made, faults = read_forms(form_files(str(written(Path(folder), data, texts={}))))
    assert not faults
    forms = tuple(f for f in made if f.id in (*BASIC, data["id"]))
    return Schema("1", forms, load().services), next(f for f in forms if f.id == data["id"])


def values(field: Field) -> st.SearchStrategy[Value]:
    some: st.SearchStrategy[Any] = st.text("客户甲乙 ab，", max_size=40)
    if field.kind in ("choice", "choices"):
        some = st.sampled_from([c.id for c in field.choices])
    elif field.kind in ("date", "moment"):
        some = st.dates(date(2026, 1, 1), date(2027, 1, 1)) | st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1))
    elif field.kind in ("percent", "whole", "amount"):
        some = st.integers(0, 9) | st.floats(0, 9)
    elif field.kind == "yesno":
        some = st.booleans()
    if field.kind in ("choices", "departments", "references"):
        some = some.map(lambda value: (value,))
    return st.none() | some


@settings(max_examples=40)
@given(forms(), st.data())
def test_the_block_of_any_form_fits_and_is_filled(data: dict[str, Any], draw: st.DataObject) -> None:
    ids = [f["id"] for f in data["field"]]
    columns = draw.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=MOST_COLUMNS))
    sort = draw.draw(st.lists(st.sampled_from(ids).flatmap(lambda i: st.sampled_from([i, f"-{i}"])), max_size=3))
    data["report"] = {"heading": {"zh": "自制", "en": "Made"}, "where": {}, "sort": sort, "columns": columns, "lines": 3}
    schema, form = schema_with(data)
    ((block,),) = form_bands(schema)
    assert {c.name for c in block.columns} == {f"{form.id}.{column}" for column in columns}
    assert [c.first for c in block.columns] == [block.first, *(c.last + 1 for c in block.columns[:-1])]
    assert all(c.last >= c.first for c in block.columns)
    assert (block.first, block.last) in ((1, 12), (1, GRID))

    n = draw.draw(st.integers(0, 6))
    cells = {f.id: draw.draw(st.lists(values(f), min_size=n, max_size=n)) for f in form.fields}
    cells[form.key.id] = [f"Z-{i}" for i in range(n)]
    order = {f: c for c, f in enumerate(cells, 1)}
    table = Table(form.id, SHEET, Area(1, 1, n + 1, len(order)), (1, 1), order, {}, range(2, n + 2), cells, cells)
    rows, terms = rows_of(schema, {form.id: table}), Settings().terms(Calendar())
    (lines,) = form_blocks(Case({form.id: table}, schema, Directory(), Settings(), Calendar(), FRIDAY))
    assert sorted(line.key for line in lines.lines) == cells[form.key.id]
    assert all(0 <= count <= n for count in form_figures(schema, rows, terms, FRIDAY).values())
    places = {f"wk_{c.name}": (SHEET, Area(2, c.first, 4, c.first)) for c in block.columns} | {block.more: (SHEET, Area(1, 1, 1, 1))}
    whole = invented("zh", quiet=True)
    plan = plan_week(replace(whole, blocks=(lines,)), places, lambda _: Snapshot(SHEET), "zh", "", "", schema)
    assert plan.edits, "how many there are, or that there are none"
    room = {c.first: c.room for c in block.columns}
    for edit in plan.edits:
        assert edit.row == 1 or edit.col in room
        words = edit.new.text if isinstance(edit.new, Link) else edit.new
        assert not isinstance(words, str) or edit.row == 1 or width(words) <= room[edit.col] * 1.5, (
            "the page of one sheet has smaller letters"
        )
