"""A master's table with the user's own columns as fields of their own (`own:<heading>`), for imports that change them. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from collab_xl.model.plan import OWN
from collab_xl.model.record import replace
from collab_xl.model.sheets import Snapshot, Table


def with_own(table: Table, snapshot: Snapshot, fields: Iterable[str] | None = None) -> Table:
    """The table with its own columns as fields `own:<heading>`, only these of them if given; their values are the raw cells."""
    at = {OWN + " ".join(heading.split()): col for col, heading in sorted(table.extra.items(), reverse=True) if heading}
    cols = {f: at[f] for f in dict.fromkeys(at if fields is None else fields) if f in at and f not in table.columns}
    if not cols:
        return table
    cells = {f: [snapshot.value(row, col) for row in table.rows] for f, col in cols.items()}
    held = {(i, f) for f, col in cols.items() for i, row in enumerate(table.rows) if (row, col) in snapshot.formulas}
    return replace(
        table,
        columns={**table.columns, **cols},
        headings={**table.headings, **{f: f.removeprefix(OWN) for f in cols}},
        values={**table.values, **cells},
        raw={**table.raw, **cells},
        held=table.held | held,
    )
