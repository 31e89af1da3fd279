"""Collect the edits of a run to the data tables, by cell and row, in one Plan.

Rows are found by key in the current tables, so sorting, filtering and inserted columns do no harm. Several changes of
one cell become one edit whose `old` is the cell's current value.  Pure.  Source of the rules for growing: docs/facts/file-format.md,
Tables that grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from itertools import islice
from operator import itemgetter

from collab_xl.errors import CollabError
from collab_xl.forms import Form
from collab_xl.model.evidence import link_in
from collab_xl.model.place import MAX_ROW, Address, Area
from collab_xl.model.plan import CellEdit
from collab_xl.model.sheets import Snapshot, Table, TableRef
from collab_xl.model.values import Value, same_value
from collab_xl.plan.render import renderer

_LOOSE = (int, float, datetime)
"""Types in which two unequal values may be the same cell content."""
SnapshotOf = Callable[[str], Snapshot]


class Editor:
    """One data table being edited: pending raw values by cell, rows by key, and the new range."""

    def __init__(self, form: Form, table: Table, refs: Mapping[str, TableRef], snapshot_of: SnapshotOf, lang: str) -> None:
        """Raises CollabError `table_missing` if the workbook no longer has the form's ListObject."""
        name = table.name or form.table
        if name not in refs:
            raise CollabError("table_missing", table=name, sheet=table.sheet, backups="backups")
        self.form, self.table, self.ref, self.lang = form, table, refs[name], lang
        self._snapshot_of = snapshot_of
        self.pending: dict[tuple[int, int], tuple[Value, Value]] = {}
        """(row, column) → what the cell holds now, what it will hold."""
        self.last_row = self.ref.data.last_row
        self._columns: dict[str, tuple[int | None, Callable[[Value], Value]]] = {}
        self._evidence = table.columns.get(form.id_of("evidence"))
        self._render = {f.id: renderer(f, lang) for f in form.fields}

    @cached_property
    def snapshot(self) -> Snapshot:
        return self._snapshot_of(self.ref.sheet)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Key → its record, for keys that occur once."""
        first, twice = self._keyed
        return {key: index for key, index in first.items() if key not in twice} if twice else first

    @cached_property
    def _keyed(self) -> tuple[dict[str, int], set[str]]:
        first: dict[str, int] = {}
        twice: set[str] = set()
        for index, key in enumerate(self.table.values.get(self.form.key.id, ())):
            if isinstance(key, str) and first.setdefault(key, index) != index:
                twice.add(key)
        return first, twice

    def index_of(self, key: str) -> int | None:
        """The record of a key; None if no row or several rows have it."""
        return self.row_of.get(key)

    def is_twice(self, key: str) -> bool:
        return key in self._keyed[1]

    def raw(self, row: int, col: int) -> Value:
        """The planned value of a cell."""
        cell = (row, col)
        return self.pending[cell][1] if cell in self.pending else self.stands(row, col)

    def stands(self, row: int, col: int) -> Value:
        """What a cell contains: a value, or one of our links to evidence, so that undo writes the link back and not only its text."""
        value, formulas = self.snapshot.value(row, col), self.snapshot.formulas
        if col == self._evidence and formulas and (row, col) in formulas:
            return link_in(formulas[row, col], value) or value
        return value

    def is_linked(self, row: int, col: int) -> bool:
        """Whether the cell is in the column of evidence and contains a formula."""
        return col == self._evidence and (row, col) in self.snapshot.formulas

    def set(self, row: int, col: int, raw: Value) -> Value:
        """Plan a cell's value. Returns the value planned before."""
        return self.replace(row, col, raw, self.stands(row, col))

    def replace(self, row: int, col: int, raw: Value, stands: Value) -> Value:
        """`set` for a cell whose current value is known."""
        cell = row, col
        if cell in self.pending:
            stands, before = self.pending[cell]
        else:
            before = stands
        self.pending[cell] = stands, raw
        return before

    def column(self, field_id: str) -> tuple[int | None, Callable[[Value], Value]]:
        """A field's column (None if the sheet has none) and the function that renders its values."""
        found = self._columns.get(field_id)
        if found is None:
            found = self._columns[field_id] = self.table.columns.get(field_id), self._render.get(field_id, _as_it_is)
        return found

    def rendered(self, field_id: str, value: Value) -> Value:
        """The raw value of a parsed one. For a field the form no longer has: the value itself."""
        return self.column(field_id)[1](value)

    def blank_rows(self) -> Iterator[int]:
        """Rows of the table without a value in any column, from the top. A formula in a user's own column does not count as a value,
        because calculated columns have one in blank rows too."""
        used, body = set(self.table.rows), self.ref.data
        return (row for row in range(body.first_row, body.last_row + 1) if row not in used and self.is_blank(row))

    def is_blank(self, row: int) -> bool:
        """Whether a row of the table will be blank after the edits planned so far."""
        snap, own = self.snapshot, set(self.table.columns.values())
        for col in range(self.ref.area.first_col, self.ref.area.last_col + 1):
            cell = (row, col)
            if cell in self.pending:
                if self.pending[cell][1] is not None:
                    return False
            elif cell in snap.formulas:
                if col in own:
                    return False
            else:
                value = snap.value(row, col)
                if cell in snap.errors or (value is not None and not (isinstance(value, str) and not value.strip())):
                    return False
        body = Area(row, self.ref.area.first_col, row, self.ref.area.last_col)
        return not any(_meet(area, body) for area in (*snap.merges, *snap.arrays))

    def free_rows(self, count: int) -> list[int]:
        """The rows for new records: first blank rows of the table, then rows below it (the table grows).

        Raises CollabError `below_table` if cells below the table are in use, `sheet_full` past Excel's last row.
        """
        rows = list(islice(self.blank_rows(), count))
        more = count - len(rows)
        if more:
            start = self.last_row + 1
            self.last_row += more
            if self.last_row + self.ref.totals_rows > MAX_ROW:
                raise CollabError("sheet_full", table=self.ref.name, sheet=self.ref.sheet, rows=count, limit=MAX_ROW)
            self._must_be_free(self.ref.area.last_row + 1, self.last_row + self.ref.totals_rows)
            rows += range(start, self.last_row + 1)
        return rows

    def _must_be_free(self, first_row: int, last_row: int) -> None:
        area, snap = self.ref.area, self.snapshot
        ground = Area(first_row, area.first_col, last_row, area.last_col)
        taken = [cell for cell in (*snap.formulas, *snap.errors) if cell in ground]
        for row in range(first_row, min(last_row, snap.last_row) + 1):
            taken += [(row, col) for col in range(area.first_col, area.last_col + 1) if snap.value(row, col) is not None]
        others = [ref.area for ref in snap.tables if ref.name != self.ref.name]
        taken += [_corner(other, ground) for other in (*others, *snap.merges, *snap.arrays) if _meet(other, ground)]
        if taken:
            raise CollabError("below_table", cell=str(Address(self.ref.sheet, *min(taken))), table=self.ref.name)

    def cut(self, rows: int) -> None:
        """Remove `rows` rows from the end of the table, with their formulas, which were added with the rows."""
        snap, area = self.snapshot, self.ref.area
        for row in range(self.last_row - rows + 1, self.last_row + 1):
            for col in range(area.first_col, area.last_col + 1):
                if (row, col) in snap.formulas:
                    self.set(row, col, None)
        self.last_row -= rows

    @property
    def range(self) -> Area:
        """The planned range of the table: headings, body and totals row."""
        a = self.ref.area
        return Area(a.first_row, a.first_col, self.last_row + self.ref.totals_rows, a.last_col)

    @cached_property
    def own_columns(self) -> dict[str, int]:
        """Heading → column, of the user's own columns."""
        return {" ".join(heading.split()): col for col, heading in sorted(self.table.extra.items(), reverse=True) if heading}

    def edits(self) -> list[CellEdit]:
        """One edit for each cell that changes, in sheet order. In the rows below the table, where a totals row may be, the old
        value is None: the engine moves the totals row first."""
        sheet, body_end = self.ref.sheet, self.ref.data.last_row
        out: list[CellEdit] = []
        formulas = self.snapshot.formulas
        for cell, (stands, new) in sorted(self.pending.items(), key=itemgetter(0)):
            row, col = cell
            old = stands if row <= body_end else None
            if (old is not new and not same_raw(old, new)) or (formulas and cell in formulas):
                out.append(CellEdit(sheet, row, col, old, new))
        return out


def _as_it_is(value: Value) -> Value:
    return value


def same_raw(a: Value, b: Value) -> bool:
    """Whether two raw values are the same cell content. The text `1` is not the number 1."""
    if type(a) is type(b):
        return a is b or a == b or (type(a) in _LOOSE and same_value(a, b))
    return same_value(a, b) and (isinstance(a, str) == isinstance(b, str))


def _meet(a: Area, b: Area) -> bool:
    return a.first_row <= b.last_row and b.first_row <= a.last_row and a.first_col <= b.last_col and b.first_col <= a.last_col


def _corner(a: Area, b: Area) -> tuple[int, int]:
    return max(a.first_row, b.first_row), max(a.first_col, b.first_col)


def changed_ranges(editors: Iterable[Editor]) -> tuple[dict[str, Area], dict[str, tuple[str, str]]]:
    """Name → new range, and name → (before, after) as text, of the tables that grew or shrank."""
    areas, texts = {}, {}
    for editor in editors:
        if editor.range != editor.ref.area:
            areas[editor.ref.name] = editor.range
            texts[editor.ref.name] = (str(editor.ref.area), str(editor.range))
    return areas, texts
