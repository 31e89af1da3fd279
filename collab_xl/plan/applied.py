"""The master's tables after a data plan is written, without reading the workbook again.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from operator import itemgetter

from collab_xl.forms import Schema
from collab_xl.model.plan import CellChange, NewRow
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.plan.data import DataPlan


def applied(tables: Mapping[str, Table], plan: DataPlan, schema: Schema, removed: Sequence[NewRow] = ()) -> dict[str, Table]:
    """form → Table with the plan's changes, with its new rows (in sheet order) and without the `removed` rows.

    Unchanged tables are the same objects.
    """
    out = dict(tables)
    touched = set(map(itemgetter(0), plan.changes)) | {r.form for r in (*plan.added, *removed)}
    for form_id in touched:
        table = tables[form_id]
        key_field = schema.form(form_id).key.id
        changed = plan.changes if len(touched) == 1 else [c for c in plan.changes if c.form == form_id]
        added = [r for r in plan.added if r.form == form_id]
        if not added and not any(r.form == form_id for r in removed):
            out[form_id] = _changed(table, changed, key_field)
            continue
        values: dict[str, list[Value]] = {f: list(column) for f, column in table.values.items()}
        raw: dict[str, list[Value]] = {f: list(column) for f, column in table.raw.items()}
        rows = list(table.rows)
        row_of: dict[str, int] = {}
        for index, key in enumerate(values.get(key_field, ())):
            if isinstance(key, str):
                row_of.setdefault(key, index)
        at_key = {edit.new: edit.row for edit in plan.edits if edit.sheet == table.sheet and edit.col == table.columns.get(key_field)}
        for row in added:
            row_of[row.row_key] = len(rows)
            rows.append(at_key[row.row_key])
            for f, column in values.items():
                column.append(row.values.get(f))
                raw[f].append(None)
        for change in changed:
            if change.field in values:
                values[change.field][row_of[change.row_key]] = change.new
        gone = {row_of[r.row_key] for r in removed if r.form == form_id and r.row_key in row_of}
        order = sorted((i for i in range(len(rows)) if i not in gone), key=rows.__getitem__)
        area = plan.tables.get(table.name or "", None)
        out[form_id] = replace(
            table,
            rows=[rows[i] for i in order],
            values={f: [column[i] for i in order] for f, column in values.items()},
            raw={f: [column[i] for i in order] for f, column in raw.items()},
            area=replace(table.area, last_row=area.last_row - table.totals_rows) if area else table.area,
            held=frozenset() if order != list(range(len(rows))) else table.held,
        )
    return out


def _changed(table: Table, changes: Sequence[CellChange], key_field: str) -> Table:
    """The same rows with changed values. Unchanged columns are the same objects."""
    return replace(table, values=_Columns(table, changes, key_field))


class _Columns(Mapping[str, Sequence[Value]]):
    """The columns of a table after changes. Each is computed when it is read, because a run reads only few of the changed columns."""

    def __init__(self, table: Table, changes: Sequence[CellChange], key_field: str) -> None:
        self._table, self._changes, self._key_field = table, changes, key_field
        changed = set(map(itemgetter(2), changes))
        self._columns = {f: column for f, column in table.values.items() if f not in changed}

    def __getitem__(self, field_id: str) -> Sequence[Value]:
        if field_id not in self._columns:
            column = list(self._table.values[field_id])
            for _, row_key, changed, _, new, _, _, _ in self._changes:
                if changed == field_id:
                    column[self._row_of[row_key]] = new
            self._columns[field_id] = column
        return self._columns[field_id]

    @cached_property
    def _row_of(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for index, key in enumerate(self._table.values.get(self._key_field, ())):
            if isinstance(key, str):
                found.setdefault(key, index)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.values)

    def __len__(self) -> int:
        return len(self._table.values)
