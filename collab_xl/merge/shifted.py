"""Columns of a returned pack that were sorted or shifted alone: the same values, on other rows.

In: the cells of a file that differ from the pack as issued.  Out: those that hold the value of another row.  Pure.
Source: docs/facts/merge.md, A column moved alone; decision 0025 with the false alarms measured.

Every value is legal, so nothing else notices. What proves it is not that one cell has another row's value (half of all rows say 进行中 or
50 %) but that the changed cells have *exchanged* their values: each value issued is taken once, there are several different ones, and
numbers go down as well as up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from collab_xl.merge.scan import Side, SubmissionScan
from collab_xl.merge.view import FormView, agree, is_blank
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Unreadable, Value


class Thresholds(NamedTuple):
    """When the changed cells of a column have exchanged their values. Tried on ordinary weeks: decision 0025."""

    cells: int = 5
    """So many changed cells or more, blank ones not counted …"""
    share: float = 0.8
    """… of which at least this share have a value that was issued in another changed cell, each taken once …"""
    values: int = 5
    """… and among these are so many different values …"""
    own_values: int = 4
    """… or so many that only one row of the column had."""
    both_ways: float = 1 / 3
    """Numbers and days: at least this share goes up, and this share down. Progress only grows, and a plan is put off as a whole."""


THRESHOLDS: Final = Thresholds()
LISTS: Final = frozenset({"choice", "choices", "yesno", "department", "departments", "reference", "references", "key"})
"""Kinds of fields with few different values, or that name other rows: two rows with one value prove nothing."""
Cells = frozenset[tuple[RowId, str]]


def shifted(issued: Mapping[RowId, Mapping[str, Value]], changed: Iterable[tuple[RowId, str, Value]], view: FormView) -> Cells:
    """(row id, field) of the cells that hold another row's value, in the columns that were moved alone.

    Args:
        issued: the form's rows as issued.
        changed: (row id, field, submitted value) of the cells that differ from it.
    """
    columns: dict[str, list[tuple[RowId, Value]]] = defaultdict(list)
    for row_id, field_id, value in changed:
        if view.fields[field_id].kind not in LISTS and issued.get(row_id):
            columns[field_id].append((row_id, value))
    found: set[tuple[RowId, str]] = set()
    for field_id, cells in columns.items():
        if len(cells) >= THRESHOLDS.cells:
            pairs = [(row_id, issued[row_id].get(field_id), value) for row_id, value in cells]
            moved = _moved(pairs, (row.get(field_id) for row in issued.values() if row))
            found.update((row_id, field_id) for row_id in moved)
    return frozenset(found)


def _moved(cells: list[tuple[RowId, Value, Value]], column: Iterable[Value], at: Thresholds = THRESHOLDS) -> list[RowId]:
    """The rows that hold another row's value, if the cells (row, issued, submitted) have exchanged their values."""
    said = [(row_id, old, new) for row_id, old, new in cells if not is_blank(new)]
    if len(said) < at.cells:
        return []
    olds = Counter(_normal(old) for _, old, _ in cells if not is_blank(old))
    common = Counter(_normal(new) for _, _, new in said) & olds
    if common.total() < at.share * len(said):
        return []
    if len(common) < at.values:
        held = Counter(map(_normal, column))
        if sum(held[value] == 1 for value in common) < at.own_values:
            return []
    steps = [b > a for _, old, new in said if (a := _size(old)) is not None and (b := _size(new)) is not None]
    if 2 * len(steps) > len(said) and min(sum(steps), len(steps) - sum(steps)) < at.both_ways * len(steps):
        return []
    return [row_id for row_id, _, new in said if _normal(new) in olds]


def _normal(value: Value) -> object:
    """A value so that equal ones are equal keys; an unreadable text is nobody's."""
    if isinstance(value, Unreadable):
        return object()
    return value.strip() if isinstance(value, str) else (type(value) is bool, value)


def _size(value: Value) -> float | None:
    """A number or day as a number, to see which way it moved."""
    if isinstance(value, date):
        return value.toordinal() + (value.hour / 24 if isinstance(value, datetime) else 0)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def shifted_cells(side: Side, scan: SubmissionScan, form_id: str, view: FormView) -> Cells:
    """The cells of one form of a file. Worked out once for each file."""
    if form_id not in scan.shifted:
        table, issued = scan.sub.tables[form_id], side.issued_rows(form_id)
        fields = [(f, table.values[f]) for f in view.mergeable if f in table.values]
        changed = (
            (row_id, f, column[i])
            for row_id, i in scan.rows.get(form_id, {}).items()
            for f, column in fields
            if not agree(column[i], issued.get(row_id, {}).get(f))
        )
        scan.shifted[form_id] = shifted(issued, changed, view)
    return scan.shifted[form_id]
