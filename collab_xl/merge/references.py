"""References that name a row by its title: 所属需求 | 用户增长活动. The key takes its place as soon as exactly one row is called so. Pure.

A request form refers to the row it asks for, which has no key before the PMO has accepted it; people also write titles where keys belong.
A title that no row or several rows have stays as it is written (R302 reports it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from collab_xl.forms import ANY, Field
from collab_xl.merge.view import FormView, MasterView, folded_text
from collab_xl.model.plan import CellChange, NewRow
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value


def reference_fields(view: FormView) -> list[Field]:
    return [f for f in view.form.fields if f.kind == "reference"]


def key_called(views: MasterView, field: Field, value: Value) -> Value:
    """The key of the only row with this title in the first form, in tab order, that has one; the value itself if there is none, or it is
    a key."""
    if not isinstance(value, str) or not value:
        return value
    forms = [v for v in views.forms.values() if field.of in (ANY, v.form.id)]
    if any(value in view for view in forms):
        return value
    title = folded_text(value)
    found = next((keys for view in forms if (keys := [*view.names().get(title, ()), *_added(view, title)])), [])
    return found[0] if len(found) == 1 else value


def _added(view: FormView, title: str) -> Iterator[str]:
    yield from (key for key, row in view.added.items() if folded_text(row.get(view.name_field)) == title)


def with_keys(table: Table, view: FormView, views: MasterView) -> Table:
    """The table with keys in place of titles in its references."""
    changed = {}
    for f in reference_fields(view):
        column = table.values.get(f.id)
        if column:
            keys = [key_called(views, f, value) for value in column]
            if keys != list(column):
                changed[f.id] = keys
    return replace(table, values={**table.values, **changed}) if changed else table


def row_with_keys(row: Mapping[str, Value], view: FormView, views: MasterView) -> dict[str, Value]:
    """A row with keys in place of titles in its references."""
    named = {f.id: f for f in reference_fields(view)}
    return {name: key_called(views, named[name], value) if name in named else value for name, value in row.items()}


def now_called(views: MasterView, form_id: str, key: str, title: Value) -> Iterator[CellChange]:
    """The references that named the row by its title before it had a key: they get the key."""
    called = folded_text(title)
    if not called:
        return
    for view in views.forms.values():
        for f in reference_fields(view):
            if f.of not in (ANY, form_id) or not view.has_column(f.id):
                continue
            for other in view.index:
                now = None if other in view.twice or view.held(other, f.id) else view.value(other, f.id)
                if isinstance(now, str) and now != key and folded_text(now) == called and key_called(views, f, now) == key:
                    yield CellChange(view.form.id, other, f.id, now, key, "decision", None)


def rows_called(rows: list[NewRow], views: MasterView) -> list[NewRow]:
    """The rows a run adds, with keys in place of titles: a row may stand before the one it refers to."""
    return [replace(row, values=row_with_keys(row.values, views.forms[row.form], views)) for row in rows]
