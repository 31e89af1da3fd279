"""The rows of the forms' own blocks, and the forms' figures.

In: rows, terms and the day.  Out: lines and counts, in the order of the forms; a form that is not in the master has none.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from collab_xl.catalogue import COMMA
from collab_xl.forms import Field, Schema
from collab_xl.forms.blocks import awaited, own_blocks
from collab_xl.model.summary import FormBlock, FormLine
from collab_xl.model.terms import Terms
from collab_xl.model.values import Value
from collab_xl.rules.case import Case
from collab_xl.rules.functions import MORE_LINES
from collab_xl.rules.rows import Rows, as_text


def form_blocks(case: Case) -> tuple[FormBlock, ...]:
    """Every row that meets the block's condition, sorted, then what the form's function adds; the layout shows as many as fit."""
    schema, rows, terms, as_of, lang = case.schema, case.rows, case.terms, case.as_of, case.settings.lang
    out = []
    for form, shown in own_blocks(schema):
        if form.block is None or form.id not in rows:
            continue
        own = rows[form.id]
        chosen = [i for i, fits in enumerate(own.where(form.block.where, terms, as_of)) if fits]
        for name in reversed(form.block.sort):
            chosen = _sorted(chosen, own, name)
        columns = {f.id: own.values(f.id) for f in shown}
        waited = {f: own.values(f) for f in awaited(form)}

        def lacks(i: int, waited: Mapping[str, Sequence[Value]] = waited) -> tuple[str, ...]:
            return tuple(f for f, column in waited.items() if column[i] in (None, "", ()))

        units = own.words("unit")
        late = own.late(terms, as_of) if form.due is not None and form.due.listed else [0] * len(own)
        lines = [
            FormLine(
                own.keys[i] or "",
                {f: c[i] for f, c in columns.items()},
                _who(own, i, lang),
                own.due[i],
                late[i],
                lacks(i),
                units[i],
                _waits(own, i, lang),
            )
            for i in chosen
        ]
        lines.sort(key=lambda line: not line.lacks)
        if form.block.also:
            more = MORE_LINES[form.block.also](case, own)
            lines += [FormLine("", {f: value for f, value in line.items() if f in columns}) for line in more]
        out.append(FormBlock(form.id, lines))
    return tuple(out)


def _who(rows: Rows, i: int, lang: str) -> str:
    return " / ".join(filter(None, (COMMA[lang].join(rows.departments[i]), rows.words("owner")[i])))


def _waits(rows: Rows, i: int, lang: str) -> str:
    status = rows.field("status")
    return status.label(rows.words(status)[i], lang) if status is not None and rows.states[i] == "waiting" and rows.words(status)[i] else ""


def beside_titles(schema: Schema, rows: Mapping[str, Rows]) -> dict[str, dict[str, tuple[tuple[str, Value], ...]]]:
    """Form → row key → the filled fields that the page shows beside the row's title, with their values."""
    out: dict[str, dict[str, tuple[tuple[str, Value], ...]]] = {}
    for form in schema.forms:
        if form.beside and form.id in rows:
            own, columns = rows[form.id], {f: rows[form.id].values(f) for f in form.beside}
            said = {
                key: tuple((f, c[i]) for f, c in columns.items() if c[i] not in (None, "", ())) for i, key in enumerate(own.keys) if key
            }
            out[form.id] = {key: values for key, values in said.items() if values}
    return out


def form_figures(schema: Schema, rows: Mapping[str, Rows], terms: Terms, as_of: date) -> dict[str, int]:
    """Figure → number of rows it counts."""
    return {
        figure.id: sum(rows[form.id].where(figure.count, terms, as_of))
        for form in schema.forms
        if form.id in rows
        for figure in form.figures
    }


def _sorted(indexes: list[int], rows: Rows, name: str) -> list[int]:
    """Sort by one field or role; a `-` in front sorts the highest or latest first. A row without a value is last in both orders."""
    field = rows.form.named(name.lstrip("-"))
    if field is None:
        return indexes
    column = rows.values(field.id)
    keys = {i: _key(column[i], field) for i in indexes}
    known = [i for i in indexes if keys[i] is not None]
    known.sort(key=lambda i: keys[i], reverse=name.startswith("-"))
    return known + [i for i in indexes if keys[i] is None]


def _key(value: Value, field: Field) -> Any:
    """The sort key of a value; all keys of a field can be compared. None for a blank and for anything that is no value of the field."""
    if field.kind == "choice":
        rank = field.rank(value)
        return None if rank < 0 else rank
    if field.kind in ("date", "moment"):
        if isinstance(value, datetime):
            return value.replace(tzinfo=None)
        return datetime.combine(value, time()) if isinstance(value, date) else None
    if field.kind in ("percent", "whole", "amount", "yesno"):
        return value if isinstance(value, (int, float)) else None
    return as_text(value) or None
