"""Rewrite one of our lists in the master (findings, conflicts, change log, …): a service table and its range.

In: the table as it is and its new rows.  Out: a Plan for the cells that differ.  Pure.
Columns are found by heading in either language, so a PMO may reorder or restyle them. A text too long for a cell is
shortened in the list; the data and the ledger contain it whole. What the PMO wrote into a column of their own moves with its row. If the
row is gone, it is kept below the last row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.errors import CollabError
from collab_xl.forms import ServiceTable
from collab_xl.model.cell_text import MAX_TEXT
from collab_xl.model.place import MAX_ROW, Address, Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.sheets import Snapshot, TableRef
from collab_xl.model.values import Link, Value, same_value
from collab_xl.plan.places import fitting, wrapped

ListRow = dict[str, Value]
"""One row of a list: column id → value."""
BASE_HEIGHT, HEIGHT = {"conflicts": 42.0}, 33.0
"""The height of a list's row in the template, in points: two lines."""
LINE, EDGE, HIGHEST = 12.0, 8.0, 400.0
PER_WIDTH = 0.6
"""Chinese characters of the lists' small type per unit of column width."""
IDENTITY: Mapping[str, tuple[str, ...]] = {
    "submissions": ("sha256", "file", "sender", "pack"),
    "conflicts": ("id",),
    "preview": ("department", "sheet", "row_key", "field", "cell"),
    "findings": ("code", "sheet", "row_key", "field"),
    "changes": ("run", "sheet", "row_key", "field"),
    "overdue": ("sheet", "row_key"),
    "baselines": ("row_key",),
    "comparison": ("kind", "sheet", "row_key", "field"),
    "clocks": ("sheet", "row_key", "waits"),
    "escalations": ("sheet", "row_key", "cause", "since"),
}
"""List → the columns that identify a row from one run to the next."""
SURE_TO_FIT = MAX_TEXT // 2
"""Characters of a text that fits into a cell whatever its characters are."""
TYPED = frozenset({"decision", "manual", "why", "answer", "told_at", "reply_at", "ruling"})
"""Columns a person writes into. Their text is carried out as written, so it is never shortened."""


def fill(ref: TableRef, snapshot: Snapshot, service: ServiceTable, rows: Sequence[ListRow]) -> Plan:
    """The plan that makes the table contain exactly `rows` (column id → raw value) from the top. The table keeps at least one row.

    Raises CollabError `column_missing` if a heading of ours was renamed or removed, `below_table` if cells below the
    table prevent growing.
    """
    columns = columns_of(ref, service)
    first = ref.data.first_row
    have = max(0, ref.data.last_row - first + 1)
    if first + len(rows) > MAX_ROW:
        rows = rows[: MAX_ROW - first]
    rows = [_fitting(row) for row in rows]
    own = _Own(ref, snapshot, service, columns)
    beside = own.beside(rows)
    want = max(1, len(rows), *(offset + 1 for offset in beside))
    if want > have:
        _must_be_empty(ref, snapshot, first + have, first + want - 1)
    edits: list[CellEdit] = []
    heights: dict[int, float] = {}
    ids, cols = [*columns], [*columns.values()]
    last = _height(service, dict(zip(ids, snapshot.values(first + have - 1, cols), strict=True))) if have else 0.0
    for offset in range(max(have, want)):
        row: ListRow = rows[offset] if offset < len(rows) else {}
        at = first + offset
        before, after = snapshot.values(at, cols), [*map(row.get, ids)]
        for col, old, new in zip(cols, before, after, strict=True):
            if not _is_written(snapshot, at, col, old, new):
                edits.append(CellEdit(ref.sheet, at, col, old, new))
        if before != after:
            needed = _height(service, row)
            # A row that the table gains is as high as its last one was.
            if needed != (_height(service, dict(zip(ids, before, strict=True))) if offset < have else last):
                heights[at] = needed
        for col in own.columns:
            old, new = snapshot.value(at, col), beside.get(offset, {}).get(col)
            if not _is_written(snapshot, at, col, old, new):
                edits.append(CellEdit(ref.sheet, at, col, old, new))
    tables = {}
    if want != have:
        a = ref.area
        tables[ref.name] = Area(a.first_row, a.first_col, first + want - 1 + ref.totals_rows, a.last_col)
    return Plan(tuple(edits), tables, heights={ref.sheet: heights} if heights else {})


class _Own:
    """The content of the user's own columns of a list; columns of formulas are ignored."""

    def __init__(self, ref: TableRef, snapshot: Snapshot, service: ServiceTable, columns: Mapping[str, int]) -> None:
        data, area = ref.data, ref.area
        lines = range(data.first_row, data.last_row + 1)
        others = set(range(area.first_col, area.last_col + 1)) - set(columns.values())
        others -= {col for row, col in snapshot.formulas if row in lines}
        self.columns = sorted(others)
        self._identity = IDENTITY.get(service.id, ())
        self._known = frozenset(columns)
        self._written: list[tuple[tuple[str, ...], dict[int, Value]]] = []
        for row in lines if others else ():
            own: dict[int, Value] = {col: v for col in self.columns if (v := snapshot.value(row, col)) is not None}
            if own:
                who = tuple(_word(snapshot.value(row, columns[c])) for c in self._identity if c in columns)
                self._written.append((who, own))

    def beside(self, rows: Sequence[ListRow]) -> dict[int, dict[int, Value]]:
        """Offset of a row → the user's cells in it. Cells whose row is gone come after the last row."""
        if not self._written:
            return {}
        out: dict[int, dict[int, Value]] = {}
        free: dict[tuple[str, ...], list[int]] = {}
        for offset, row in enumerate(rows):
            free.setdefault(tuple(_word(row.get(c)) for c in self._identity if c in self._known), []).append(offset)
        lost = []
        for who, own in self._written:
            if any(who) and free.get(who):
                out[free[who].pop(0)] = own
            else:
                lost.append(own)
        return {**out, **{len(rows) + n: own for n, own in enumerate(lost)}}


def _fitting(row: ListRow) -> ListRow:
    """The row, with texts too long for a cell shortened."""
    long = [(column, value) for column, value in row.items() if not (type(value) is str and len(value) <= SURE_TO_FIT)]
    short = {column: shown for column, value in long if (shown := fitting(value)) is not value and column not in TYPED}
    return {**row, **short} if short else row


def _word(value: Value) -> str:
    return "" if value is None else value.text if isinstance(value, Link) else str(value)


def _height(service: ServiceTable, row: ListRow) -> float:
    """The row height needed for the longest text, at least that of the template."""
    lines = 1
    for column in service.columns:
        said = None if column.hidden else row.get(column.id)
        if isinstance(said, Link):
            said = said.text
        if isinstance(said, str) and len(said) > column.width * PER_WIDTH:
            lines = max(lines, sum(wrapped(part, column.width * PER_WIDTH) for part in said.split("\n")))
    return min(HIGHEST, max(BASE_HEIGHT.get(service.id, HEIGHT), EDGE + LINE * lines))


def columns_of(ref: TableRef, service: ServiceTable) -> dict[str, int]:
    """Column id → sheet column; an optional column may be missing. Raises CollabError `column_missing` for any other."""
    by_heading = {heading.strip(): ref.area.first_col + n for n, heading in enumerate(ref.headings)}
    columns = {}
    for column in service.columns:
        col = next((by_heading[h] for h in column.names if h in by_heading), None)
        if col is None and column.optional:
            continue
        if col is None:
            raise CollabError("column_missing", sheet=ref.sheet, heading=" / ".join(column.heading.values()), table=ref.name)
        columns[column.id] = col
    return columns


def _is_written(snapshot: Snapshot, row: int, col: int, old: Value, new: Value) -> bool:
    formula = snapshot.formulas.get((row, col)) if snapshot.formulas else None
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
