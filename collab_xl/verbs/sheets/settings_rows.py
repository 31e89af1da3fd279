"""Write values on sheet 设置: in the rows that are there, and in new rows below the table for a master that lacks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.forms import ServiceTable
from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.sheets import TableRef
from collab_xl.model.values import Value
from collab_xl.verbs.session import Session


def added_rows(session: Session, rows: Sequence[Sequence[Value]]) -> Plan:
    """These rows, as `build.lists` makes them, below the table's last one. Empty without a table, or for one with a totals row."""
    service = session.schema.service("settings")
    ref = session.refs.get(service.table)
    if ref is None or not rows or ref.totals_rows:
        return Plan()
    at = columns_of(ref, service)
    edits = [
        CellEdit(ref.sheet, n, at[column.id], None, value)
        for n, row in enumerate(rows, ref.area.last_row + 1)
        for column, value in zip(service.columns, row, strict=True)
        if column.id in at
    ]
    area = Area(ref.area.first_row, ref.area.first_col, ref.area.last_row + len(rows), ref.area.last_col)
    return Plan(tuple(sorted(edits, key=lambda e: e[:3])), {ref.name: area})


def set_values(session: Session, values: Mapping[str, Value]) -> Plan:
    """Id → the value that its row gets. Ids without a row are left out."""
    service = session.schema.service("settings")
    ref = session.refs.get(service.table)
    at = columns_of(ref, service) if ref is not None else {}
    if ref is None or not {"id", "value"} <= set(at):
        return Plan()
    snapshot, edits = session.snapshot(ref.sheet), []
    for row in range(ref.data.first_row, ref.data.last_row + 1):
        name = str(snapshot.value(row, at["id"]) or "")
        old = snapshot.value(row, at["value"])
        if name in values and old != values[name]:
            edits.append(CellEdit(ref.sheet, row, at["value"], old, values[name]))
    return Plan(tuple(edits))


def columns_of(ref: TableRef, service: ServiceTable) -> dict[str, int]:
    """Column id → column number in the sheet (from 1)."""
    out: dict[str, int] = {}
    for n, heading in enumerate(ref.headings, ref.area.first_col):
        for column in service.columns:
            if heading in column.names:
                out.setdefault(column.id, n)
    return out
