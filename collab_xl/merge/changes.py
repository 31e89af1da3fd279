"""After the changes of a run are known: set the day a row was updated, and sort the changes for writing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from collab_xl.merge.view import FormView, MasterView
from collab_xl.model.plan import CellChange
from collab_xl.model.values import Value, same_value


def updated(changes: Iterable[CellChange], views: MasterView, as_of: date) -> list[CellChange]:
    """The computed change of 更新日期 for every row in which a department's field changed. It is not an edit and is not counted."""
    own = {form_id: _fields_of_departments(view) for form_id, view in views.forms.items()}
    found: list[CellChange] = []
    stands: dict[Value, bool] = {}
    for form_id, key in dict.fromkeys([(c[0], c[1]) for c in changes if c[2] in own[c[0]]]):
        view = views.forms[form_id]
        day = view.updated_field
        before = view.value(key, day)
        known = stands.get(before)
        if known is None:
            known = stands[before] = same_value(before, as_of)
        if not known and not view.held(key, day):
            found.append(CellChange(form_id, key, day, before, as_of, "computed"))
    return found


def _fields_of_departments(view: FormView) -> frozenset[str]:
    if not view.updated_field or not view.has_column(view.updated_field):
        return frozenset()
    return frozenset(f for f, field in view.fields.items() if field.access == "D")


def in_order(changes: Sequence[CellChange], views: MasterView) -> list[CellChange]:
    """By form, then master row, then column: independent of the order of the submissions. Own columns, then a changed key come last."""
    by_form: dict[str, list[CellChange]] = {form_id: [] for form_id in views.forms}
    for change in changes:
        by_form[change.form].append(change)
    out: list[CellChange] = []
    for form_id, of_form in by_form.items():
        view = views.forms[form_id]
        index, rows, fields = view.index, len(view.index), len(view.order) + 2
        column = {**view.order, view.key_field: fields - 1}
        place = [index.get(change.row_key, rows) * fields + column.get(change.field, fields - 2) for change in of_form]
        out += [of_form[n] for n in sorted(range(len(of_form)), key=place.__getitem__)]
    return out
