"""Any valid form: a pack issued and sent back as it is changes nothing, and every filled cell is accounted for."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from forms.generated import forms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collab_xl.book.read import read_book
from collab_xl.build.pack import build_pack
from collab_xl.forms import Field, Form, Schema, load
from collab_xl.forms.read import form_of
from collab_xl.merge.run import merge
from collab_xl.model.directory import Department, Directory
from collab_xl.model.merge import MergeState, Submission
from collab_xl.model.place import Area
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.plan.issue import not_issued, packs_for
from collab_xl.read.context import Context
from collab_xl.read.table import parse_table
from collab_xl.settings import Settings

PEOPLE = Directory.of([Department("研发部"), Department("市场部")])
TODAY, MONDAY = date(2026, 11, 20), datetime(2026, 11, 16, 9)


def values_of(field: Field) -> st.SearchStrategy[Value]:
    """Values the master may contain in a field."""
    ids = [c.id for c in field.choices]
    kinds: dict[str, st.SearchStrategy[Value]] = {
        "date": st.dates(date(2026, 1, 1), date(2027, 12, 31)),
        "moment": st.datetimes(datetime(2026, 1, 1, 1), datetime(2027, 1, 1)).map(lambda d: d.replace(second=0, microsecond=0)),
        "percent": st.integers(0, 100).map(lambda n: n / 100),
        "choice": st.sampled_from(ids or [""]),
        "choices": st.sets(st.sampled_from(ids or [""]), min_size=1).map(lambda s: tuple(i for i in ids if i in s)),
        "department": st.sampled_from(("研发部", "市场部")),
        "departments": st.sampled_from((("研发部",), ("市场部", "研发部"))),
        "references": st.just(("RW-001", "RW-002")),
        "reference": st.just("RW-001"),
        "whole": st.integers(-9, 999),
        "amount": st.one_of(st.integers(-9, 10**6), st.decimals(0, 999, places=2).map(float)),
        "yesno": st.booleans(),
        "person": st.sampled_from(("*经理", "李四")),
    }
    return st.none() | kinds.get(field.kind, st.sampled_from(("拜访客户", "A thing", "两行\n文字")))


@st.composite
def masters(draw: st.DrawFn) -> tuple[Schema, Table]:
    form = form_of(draw(forms()))
    rows = draw(st.integers(1, 4))
    values: dict[str, list[Value]] = {f.id: [draw(values_of(f)) for _ in range(rows)] for f in form.fields if f.access != "C"}
    values[form.key.id] = [f"{form.key_prefix}{n + 1:0{form.key_width}}" for n in range(rows)]
    values[form.id_of("title")] = [f"事情{n + 1}" for n in range(rows)]
    installed = load()
    return Schema(installed.version, (*installed.forms, form), installed.services), table_of(form, values, rows)


def table_of(form: Form, values: dict[str, list[Value]], rows: int) -> Table:
    columns = {f: n for n, f in enumerate(values, 1)}
    headings = {f: form.field(f).heading["zh"] for f in values}
    area = Area(1, 1, rows + 1, len(columns))
    return Table(form.id, form.sheet["zh"], area, (1, 1), columns, headings, list(range(2, rows + 2)), values, values, name=form.table)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(masters(), st.sampled_from(("zh", "en")), st.data())
def test_a_pack_sent_back_as_it_is_changes_nothing(world: tuple[Schema, Table], lang: str, data: Any) -> None:
    schema, table = world
    form = schema.forms[-1]
    master = {form.id: table}
    assert all(f.form == form.id for f in not_issued(master, schema, PEOPLE))
    for plan in packs_for(
        master, schema, PEOPLE, Settings(), week="2026-W47", issued_at=MONDAY, make_id=lambda name: f"P-{name}"
    ):  # fmt: skip
        pack = plan.pack
        book = read_book(build_pack(plan, schema, lang, PEOPLE, "t", "项目", "P"))
        ref = book.tables.get(form.table)
        assert (ref is not None) == any(s.form == form.id and (s.rows or s.blank) for s in plan.sheets)
        if ref is None:
            continue
        read, findings = parse_table(book.snapshot(ref.sheet), ref, form, Context(lang, PEOPLE))
        assert [f.code for f in findings if f.code[0] == "V"] == []
        state = MergeState(packs={pack.id: pack})
        sub = Submission("0" * 64, pack.department, MONDAY.replace(hour=15), {form.id: read}, pack.id)
        result = merge(master, [sub], state, schema, PEOPLE, TODAY)
        assert (result.counts[0].edits, result.changes, result.new_rows, result.opened) == (0, (), (), ())
        if len(read):
            field_id = data.draw(st.sampled_from([f for f in read.values if f != form.key.id]))
            typed = data.draw(values_of(form.field(field_id)))
            column = [typed, *read.values[field_id][1:]]
            changed = replace(read, values={**read.values, field_id: column})
            one = merge(
                master,
                [Submission("1" * 64, pack.department, MONDAY.replace(hour=16), {form.id: changed}, pack.id)],
                state,
                schema,
                PEOPLE,
                TODAY,
            )
            assert one.counts[0].edits <= 1
            assert one.counts[0].balanced
