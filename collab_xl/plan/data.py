"""Plan changes of the data tables: turn parsed changes and new rows into cell edits and larger tables.

In: the current tables, their positions, and the changes of a merge, a decision, a flag or an import.  Out: a `DataPlan`.
Pure.  Source of the rules for growing: docs/facts/file-format.md, Tables that grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from collab_xl.errors import CollabError
from collab_xl.forms import Schema
from collab_xl.model.evidence import still_linked
from collab_xl.model.place import Address
from collab_xl.model.plan import OWN, CellChange, NewRow, Plan
from collab_xl.model.record import Struct, field
from collab_xl.model.sheets import Snapshot, Table, TableRef
from collab_xl.model.values import Link
from collab_xl.plan.edit import Editor, changed_ranges, same_raw


class Skipped(Struct, frozen=True):
    """A change that was not planned. `reason`: held (the cell has a user's formula), no_column (the sheet lacks the column),
    twice (two rows have the key). `at` is the cell, if there is one."""

    change: CellChange
    reason: str
    at: Address | None = None


class DataPlan(Plan, frozen=True):
    """A Plan, and the data for the ledger."""

    changes: tuple[CellChange, ...] = ()
    """The planned changes, in the order given. `old_raw` is set if the cell contains something else than the rendered old value."""
    added: tuple[NewRow, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    ranges: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Table name → range before and after (`A4:V20`)."""


def plan_changes(
    tables: Mapping[str, Table],
    refs: Mapping[str, TableRef],
    snapshot_of: Callable[[str], Snapshot],
    changes: Sequence[CellChange],
    new_rows: Sequence[NewRow],
    schema: Schema,
    lang: str,
) -> DataPlan:
    """Add the rows, then make the changes in order. A change may concern a row just added.

    Args:
        tables: form id → the master's table as read now. refs: ListObject name → its position. snapshot_of: sheet name → cells.

    Raises CollabError `below_table`, `sheet_full`, `table_missing`; `row_gone` for a change of a missing row.
    """
    editors = {f: Editor(schema.form(f), tables[f], refs, snapshot_of, lang) for f in _forms(tables, changes, new_rows)}
    new_at: dict[tuple[str, str], int] = {}
    for form_id, editor in editors.items():
        rows = [row for row in new_rows if row.form == form_id]
        for free, row in zip(editor.free_rows(len(rows)), rows, strict=True):
            new_at[form_id, row.row_key] = free
            write_row(editor, free, row)
    planned: list[CellChange] = []
    skipped: list[Skipped] = []
    for form_id, of_form in groupby(changes, key=itemgetter(0)):
        _change(editors[form_id], of_form, {key: row for (form, key), row in new_at.items() if form == form_id}, planned, skipped)
    areas, ranges = changed_ranges(editors.values())
    edits = tuple(edit for editor in editors.values() for edit in editor.edits())
    return DataPlan(edits, areas, changes=tuple(planned), added=tuple(new_rows), skipped=tuple(skipped), ranges=ranges)


def _change(
    editor: Editor, changes: Iterable[CellChange], new_at: Mapping[str, int], planned: list[CellChange], skipped: list[Skipped]
) -> None:
    """Make the changes of one table. `new_at`: key → row of rows just added."""
    table, row_of, column = editor.table, editor.row_of, editor.column
    rows, held, raws = table.rows, table.held, table.raw
    for change in changes:
        _, row_key, field_id, old, new = change[:5]
        col, rendered = column(field_id)
        sheet_row = new_at.get(row_key) if new_at else None
        if sheet_row is not None:
            index = None
        else:
            index = row_of.get(row_key)
            if index is None:
                if not editor.is_twice(row_key):
                    raise CollabError("row_gone", row_key=row_key, sheet=editor.ref.sheet)
                skipped.append(Skipped(change, "twice"))
                continue
            sheet_row = rows[index]
            if held and (index, field_id) in held:
                skipped.append(Skipped(change, "held", table.at(index, field_id)))
                continue
        if col is None:
            skipped.append(Skipped(change, "no_column", Address(editor.ref.sheet, sheet_row, editor.ref.area.first_col)))
            continue
        if editor.is_linked(sheet_row, col):
            raw = editor.set(sheet_row, col, still_linked(editor.raw(sheet_row, col), rendered(new)))
        elif index is not None and field_id in raws:
            raw = editor.replace(sheet_row, col, rendered(new), raws[field_id][index])
        else:
            raw = editor.set(sheet_row, col, rendered(new))
        if isinstance(new, Link):  # the link is of the cell; the value of the field is its text
            change = change._replace(new=new.text)
        was = rendered(old)
        # Store the raw value for the ledger if rendering the parsed value does not return it.
        planned.append(change if raw is was or same_raw(raw, was) else change._replace(old_raw=raw))


def _forms(tables: Mapping[str, Table], changes: Sequence[CellChange], new_rows: Sequence[NewRow]) -> list[str]:
    wanted = {c.form for c in changes} | {r.form for r in new_rows}
    return [form_id for form_id in tables if form_id in wanted]


def write_row(editor: Editor, sheet_row: int, row: NewRow) -> None:
    """Write every value of a new row for which the sheet has a column."""
    for field_id, value in row.values.items():
        own = field_id.startswith(OWN)
        col = editor.own_columns.get(field_id.removeprefix(OWN)) if own else editor.table.columns.get(field_id)
        if col is not None and value is not None:
            editor.set(sheet_row, col, value if own else editor.rendered(field_id, value))
