"""What follows from the changes of a run: the day a row was updated, and the order they are written in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from collab_xl.merge.view import MasterView
from collab_xl.model.plan import CellChange
from collab_xl.model.values import same_value

UPDATED = "updated"
"""更新日期: the `as_of` of the run that changes one of the row's department fields."""


def updated(changes: Iterable[CellChange], views: MasterView, as_of: date) -> list[CellChange]:
    """The computed change of 更新日期 for every row of which a department's field changed. It counts in no law."""
    found: dict[tuple[str, str], CellChange] = {}
    for change in changes:
        view, row = views.forms[change.form], (change.form, change.row_key)
        if UPDATED not in view.fields or row in found or view.fields[change.field].access != "D" or not view.has_column(UPDATED):
            continue
        before = view.value(change.row_key, UPDATED)
        if not same_value(before, as_of) and not view.held(change.row_key, UPDATED):
            found[row] = CellChange(change.form, change.row_key, UPDATED, before, as_of, "computed")
    return list(found.values())


def in_order(changes: Sequence[CellChange], views: MasterView) -> list[CellChange]:
    """By form, then master row, then column: the same however the submissions were given. A changed key comes last in its row."""
    forms = {form_id: n for n, form_id in enumerate(views.forms)}

    def place(change: CellChange) -> tuple[int, int, bool, int]:
        view = views.forms[change.form]
        row = view.index.get(change.row_key, len(view.index))
        return forms[change.form], row, change.field == view.key_field, view.order[change.field]

    return sorted(changes, key=place)
