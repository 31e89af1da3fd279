"""Read a service table (departments, calendar, conflicts, …): raw values by column id. Pure."""

from __future__ import annotations

from collab_xl.forms import ServiceTable
from collab_xl.model.sheets import Snapshot, TableRef
from collab_xl.model.values import Value
from collab_xl.read.headings import fold
from collab_xl.read.text import clean


def service_rows(snapshot: Snapshot, ref: TableRef, service: ServiceTable, lang: str) -> list[dict[str, Value]]:
    """One dict per row that is not blank, in sheet order: column id → raw value (text cleaned, "" is None), `_row` → sheet row.

    Columns are found by their heading, first in `lang`, then in the other language; columns that are missing on the sheet are absent.
    """
    found: dict[str, int] = {}
    headings = {fold(h): ref.area.first_col + i for i, h in reversed(list(enumerate(ref.headings)))}
    for column in service.columns:
        names = (column.heading[lang], *column.names)
        col = next((headings[fold(n)] for n in names if fold(n) in headings), None)
        if col is not None:
            found[column.id] = col
    out: list[dict[str, Value]] = []
    data = ref.data
    for row in range(data.first_row, min(data.last_row, snapshot.last_row) + 1):
        values = {name: _tidy(snapshot.value(row, col)) for name, col in found.items()}
        if any(v is not None for v in values.values()):
            out.append({**values, "_row": row})
    return out


def _tidy(value: Value) -> Value:
    return (clean(value) or None) if isinstance(value, str) else value
