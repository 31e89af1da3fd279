"""Rewrite one of the lists we keep in the master (findings, conflicts, change log, …): a service table, its range included.

In: the table as it is and the rows it shall hold.  Out: a Plan that touches only cells that differ.  Pure.
Columns are found by heading in either language, so a PMO may reorder or restyle them; columns that are not ours are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.errors import CollabError
from collab_xl.model.place import MAX_ROW, Address, Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.sheets import Snapshot, TableRef
from collab_xl.model.values import Link, Value, same_value
from collab_xl.schema import ServiceTable

Row = Mapping[str, Value]


def fill(ref: TableRef, snapshot: Snapshot, service: ServiceTable, rows: Sequence[Row]) -> Plan:
    """The plan that makes the table hold exactly `rows` (column id → raw value), top down, at least one row kept.

    Raises CollabError `column_missing` when a heading of ours was renamed or removed, `below_table` when something stands in
    the way of growing.
    """
    columns = columns_of(ref, service)
    first = ref.data.first_row
    have = max(0, ref.data.last_row - first + 1)
    want = max(1, len(rows))
    if first + want > MAX_ROW:
        rows, want = rows[: MAX_ROW - first], MAX_ROW - first
    if want > have:
        _must_be_empty(ref, snapshot, first + have, first + want - 1)
    edits: list[CellEdit] = []
    for offset in range(max(have, want)):
        row: Row = rows[offset] if offset < len(rows) else {}
        at = first + offset
        for column_id, col in columns.items():
            old, new = snapshot.value(at, col), row.get(column_id)
            if not _stands(snapshot, at, col, old, new):
                edits.append(CellEdit(ref.sheet, at, col, old, new))
    tables = {}
    if want != have:
        a = ref.area
        tables[ref.name] = Area(a.first_row, a.first_col, first + want - 1 + ref.totals_rows, a.last_col)
    return Plan(tuple(edits), tables)


def columns_of(ref: TableRef, service: ServiceTable) -> dict[str, int]:
    """Column id → sheet column. Raises CollabError `column_missing`."""
    by_heading = {heading.strip(): ref.area.first_col + n for n, heading in enumerate(ref.headings)}
    columns = {}
    for column in service.columns:
        col = next((by_heading[h] for h in column.heading.values() if h in by_heading), None)
        if col is None:
            raise CollabError("column_missing", sheet=ref.sheet, heading=" / ".join(column.heading.values()), table=ref.name)
        columns[column.id] = col
    return columns


def _stands(snapshot: Snapshot, row: int, col: int, old: Value, new: Value) -> bool:
    formula = snapshot.formulas.get((row, col))
    if isinstance(new, Link):
        return formula is not None and old == new.text and _quoted(new.target) in formula
    return formula is None and type(old) is type(new) and same_value(old, new)


def _quoted(target: str) -> str:
    return target.replace('"', '""')


def _must_be_empty(ref: TableRef, snapshot: Snapshot, first_row: int, last_row: int) -> None:
    for row in range(first_row + ref.totals_rows, min(last_row + ref.totals_rows, snapshot.last_row) + 1):
        for col in range(ref.area.first_col, ref.area.last_col + 1):
            if snapshot.value(row, col) is not None or (row, col) in snapshot.formulas:
                raise CollabError("below_table", cell=str(Address(ref.sheet, row, col)), table=ref.name)
