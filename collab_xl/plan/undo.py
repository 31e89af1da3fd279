"""Undo runs: restore old values where the master still contains what the run wrote. What a person typed since is unchanged.

In: the tables as they are now and what the runs did, latest first.  Out: a plan, what it changes (for the ledger, so that the
undo can be undone: a redo), and the cells that stay unchanged.  Pure.  Source: decision 0003.

The runs are undone one after the other in a copy of the tables (`_Form`), with rows by key. Only the difference between the copy and the
sheet is planned. A run adds rows, then changes cells, then removes rows; undo does this in reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from collab_xl.errors import CollabError
from collab_xl.forms import Schema
from collab_xl.model.place import Address, Area
from collab_xl.model.plan import OWN, CellChange, NewRow, Plan
from collab_xl.model.record import Struct, field
from collab_xl.model.run import RunChanges
from collab_xl.model.sheets import Snapshot, Table, TableRef
from collab_xl.model.values import Value, same_value
from collab_xl.plan.data import write_row
from collab_xl.plan.edit import Editor, changed_ranges, same_raw
from collab_xl.plan.own_values import with_own

WHY = "undo"
_NTH = "\x00"
"""Separates key and number in the name of one of several rows with the same key."""


class Kept(Struct, frozen=True):
    """A cell (or added row, `field` None) that undo leaves unchanged. `reason`: typed (a person changed it since), held (it has a
    user's formula), gone (the row or column no longer exists), twice (two rows have the key). `wrote` is what the run wrote."""

    form: str
    row_key: str
    field: str | None
    reason: str
    found: Value = None
    wrote: Value = None
    at: Address | None = None


class Undone(Struct, frozen=True):
    """The plan and the data for the ledger: pass `changes`, `added`, `removed`, `unkeyed`, `ranges` on to the RunRecord."""

    plan: Plan
    changes: tuple[CellChange, ...] = ()
    added: tuple[NewRow, ...] = ()
    removed: tuple[NewRow, ...] = ()
    unkeyed: tuple[NewRow, ...] = ()
    kept: tuple[Kept, ...] = ()
    ranges: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class _Row(Struct):
    """One row of the copy: parsed values, and raw values to write if known. `index` None: not on the sheet."""

    index: int | None
    now: dict[str, Value]
    before: dict[str, Value]
    raw: dict[str, Value] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    removed: bool = False
    stays: bool = False
    row_id: str = ""
    own: dict[str, Value] = field(default_factory=dict)
    """What the run wrote into the user's own columns (`own:<heading>`)."""


def plan_undo(
    tables: Mapping[str, Table],
    refs: Mapping[str, TableRef],
    snapshot_of: Callable[[str], Snapshot],
    runs: Sequence[RunChanges],
    schema: Schema,
    lang: str,
    *,
    alone: bool = False,
) -> Undone:
    """Undo `runs` (latest first) where the master still contains what they wrote.

    Args:
        alone: later runs stay, so computed cells may differ from what the runs wrote: they neither keep a row nor are reported.

    Raises CollabError `below_table`, `sheet_full` if a row must be restored and there is no room, `table_missing`.
    """
    forms = [form.id for form in schema.forms if any(_concerns(run, form.id) for run in runs)]
    for form_id in forms:
        if form_id not in tables:
            form = schema.form(form_id)
            raise CollabError("table_missing", table=form.table, sheet=form.sheet[lang], backups="backups")
    in_use = {form.id for form in schema.forms}
    own = {f: [c.field for run in runs for c in run.changes if c.form == f and c.field.startswith(OWN)] for f in forms}
    tables = {**tables, **{f: with_own(tables[f], snapshot_of(tables[f].sheet), fields) for f, fields in own.items() if fields}}
    lost = [(c.form, c.row_key, c.field) for run in runs for c in run.changes if c.form not in in_use]
    rows = [(r.form, r.row_key, None) for run in runs for r in (*run.added, *run.removed) if r.form not in in_use]
    done = [_Form(Editor(schema.form(f), tables[f], refs, snapshot_of, lang), runs, alone) for f in forms]
    for one in done:
        one.take_back()
        one.write()
    areas, ranges = changed_ranges(one.editor for one in done)
    return Undone(
        Plan(tuple(edit for one in done for edit in one.editor.edits()), areas),
        tuple(c for one in done for c in one.changes),
        tuple(r for one in done for r in one.added),
        tuple(r for one in done for r in one.removed),
        tuple(r for one in done for r in one.unkeyed),
        (
            *(k for one in done for k in one.kept.values()),
            *(Kept(form_id, key, field_id, "gone") for form_id, key, field_id in dict.fromkeys((*lost, *rows))),
        ),
        ranges,
    )


def _concerns(run: RunChanges, form_id: str) -> bool:
    return any(item.form == form_id for items in (run.changes, run.added, run.removed) for item in items)


class _Form:
    """The copy of one form's rows, by the key each row had in the runs."""

    def __init__(self, editor: Editor, runs: Sequence[RunChanges], alone: bool) -> None:
        self.editor, self.runs, self.id = editor, runs, editor.form.id
        self.ignored = frozenset(f.id for f in editor.form.fields if f.access == "C") if alone else frozenset()
        self.key = editor.form.key.id
        self.rows: dict[str, _Row] = {}
        self.kept: dict[tuple[str, str | None], Kept] = {}
        self.changes: list[CellChange] = []
        self.added: list[NewRow] = []
        self.removed: list[NewRow] = []
        self.unkeyed: list[NewRow] = []

    def take_back(self) -> None:
        for run in self.runs:
            for row in (r for r in run.removed if r.form == self.id):
                self._bring_back(row)
            self._find_unkeyed([r for r in run.unkeyed if r.form == self.id])
            for change in reversed(run.changes):
                if change.form == self.id:
                    self._reverse(change)
            for row in reversed(run.added):
                if row.form == self.id:
                    self._remove(row)

    def _row(self, key: str) -> _Row | None:
        if key not in self.rows:
            index = self.editor.index_of(key)
            if index is None:
                return None
            self.rows[key] = self._row_copy(index)
        return self.rows[key]

    def _added_row(self, added: NewRow) -> tuple[str, _Row | None]:
        """An added row and its name in the copy. If its key occurs twice (an import keeps the IDs of a tracker), it is the row that
        still contains what the run wrote."""
        if not self.editor.is_twice(added.row_key):
            return added.row_key, self._row(added.row_key)
        table, taken = self.editor.table, {r.index for r in self.rows.values()}
        for index, key in enumerate(table.values[self.key]):
            if key == added.row_key and index not in taken:
                row = self._row_copy(index)
                if self._holds(row, added):
                    name = f"{added.row_key}{_NTH}{index}"
                    self.rows[name] = row
                    return name, row
        return added.row_key, None

    def _holds(self, row: _Row, added: NewRow) -> bool:
        return all(f in self.ignored or self._same(row, f, added.values.get(f)) for f in row.now)

    def _same(self, row: _Row, field_id: str, wrote: Value) -> bool:
        """Whether a cell still contains what was written: the same value or (for text that is parsed differently) the same raw content."""
        if same_value(row.now.get(field_id), wrote):
            return True
        if row.index is None or row.now.get(field_id) is not row.before.get(field_id):
            return False
        raw = self.editor.raw(self.editor.table.rows[row.index], self.editor.table.columns[field_id])
        return same_raw(raw, self.editor.rendered(field_id, wrote))

    def _row_copy(self, index: int) -> _Row:
        now = {f: column[index] for f, column in self.editor.table.values.items()}
        return _Row(index, now, dict(now))

    def _bring_back(self, row: NewRow) -> None:
        """Restore a row that an undo cleared (redo). If a row has the key now, it is unchanged."""
        found = self._row(row.row_key)
        if found is not None and found.index is None and not found.removed:
            self.rows[f"{row.row_key}{_NTH}{len(self.rows)}"] = _Row(None, dict(row.values), {}, row_id=row.row_id)
        elif found is not None and not found.removed:
            self._keep(row.row_key, None, "typed", self.editor.table.at(found.index, self.key) if found.index is not None else None)
            found.stays = True
        elif found is not None:
            found.removed, found.now = False, {f: row.values.get(f) for f in found.now}
        elif self.editor.is_twice(row.row_key):
            self._keep(row.row_key, None, "twice")
        else:
            self.rows[row.row_key] = _Row(None, dict(row.values), {}, row_id=row.row_id)

    def _find_unkeyed(self, rows: Sequence[NewRow]) -> None:
        """Find rows whose key an undo removed, by all their other values."""
        if not rows:
            return
        table, taken = self.editor.table, {r.index for r in self.rows.values()}
        keyless = [i for i, k in enumerate(table.values.get(self.key, ())) if k is None and i not in taken]
        for row in rows:
            if self._row(row.row_key) is not None:
                continue
            others = [f for f in table.columns if f != self.key]
            index = next((i for i in keyless if all(same_value(table.get(i, f), row.values.get(f)) for f in others)), None)
            if index is not None:
                keyless.remove(index)
                self.rows[row.row_key] = self._row_copy(index)

    def _reverse(self, change: CellChange) -> None:
        row = self._row(change.row_key)
        if change.field in self.ignored and (row is None or not self._same(row, change.field, change.new)):
            return
        if row is None or row.removed:
            self._keep(change.row_key, change.field, "twice" if self.editor.is_twice(change.row_key) else "gone", wrote=change.new)
        elif change.field in row.kept or row.stays:
            return
        elif row.index is not None and change.field not in self.editor.table.columns:
            row.kept.add(change.field)
            self._keep(change.row_key, change.field, "gone", wrote=change.new)
        elif row.index is not None and (row.index, change.field) in self.editor.table.held:
            row.kept.add(change.field)
            self._keep(change.row_key, change.field, "held", self._at(row, change.field), row.now.get(change.field), change.new)
        elif not self._same(row, change.field, change.new):
            row.kept.add(change.field)
            self._keep(change.row_key, change.field, "typed", self._at(row, change.field), row.now.get(change.field), change.new)
        else:
            row.now[change.field] = change.old
            row.raw[change.field] = self.editor.rendered(change.field, change.old) if change.old_raw is None else change.old_raw

    def _remove(self, added: NewRow) -> None:
        """Clear an added row if it contains exactly what the run wrote, and nothing in the user's own columns."""
        _, row = self._added_row(added)
        if row is None or row.removed:
            self._keep(added.row_key, None, "twice" if self.editor.is_twice(added.row_key) else "gone")
            return
        mine = self._holds(row, added) and not row.kept and not row.stays
        if mine and (row.index is None or self._is_ours(row.index, added)):
            row.removed = True
            row.own = {f: v for f, v in added.values.items() if f.startswith(OWN)}
        else:
            row.stays = True
            self._keep(added.row_key, None, "typed", self._at(row, self.key))

    def _is_ours(self, index: int, added: NewRow) -> bool:
        """Whether our columns of the row have no formula and the user's columns only values that the run wrote."""
        wrote = {col: added.values.get(OWN + heading) for heading, col in self.editor.own_columns.items()}
        editor, sheet_row = self.editor, self.editor.table.rows[index]
        if any((index, f) in editor.table.held for f in editor.table.columns):
            return False
        snap, own = editor.snapshot, set(editor.table.columns.values())
        return not any(
            snap.value(sheet_row, col) is not None
            and (sheet_row, col) not in snap.formulas
            and not same_raw(snap.value(sheet_row, col), wrote.get(col))
            for col in range(editor.ref.area.first_col, editor.ref.area.last_col + 1)
            if col not in own
        )

    def write(self) -> None:
        """Plan the difference between the copy and the sheet, and remove the rows that the runs added at the table's end."""
        editor, coming = self.editor, list[NewRow]()
        for name, row in sorted(self.rows.items(), key=lambda item: -1 if item[1].index is None else item[1].index):
            key = name.partition(_NTH)[0]
            if row.index is None:
                if not row.removed:
                    coming.append(NewRow(self.id, key, row.now, row.row_id))
            elif row.removed:
                held = {f: v for f, v in row.before.items() if v is not None}
                self.removed.append(NewRow(self.id, key, {**held, **row.own}, row.row_id))
                written = (editor.own_columns[f.removeprefix(OWN)] for f in row.own if f.removeprefix(OWN) in editor.own_columns)
                for col in (*editor.table.columns.values(), *written):
                    editor.set(editor.table.rows[row.index], col, None)
            else:
                self._write_cells(key, row)
        for sheet_row, new in zip(editor.free_rows(len(coming)), coming, strict=True):
            write_row(editor, sheet_row, new)
            self.added.append(new)
        self._shrink()

    def _write_cells(self, key: str, row: _Row) -> None:
        assert row.index is not None
        sheet_row = self.editor.table.rows[row.index]
        for field_id, value in row.now.items():
            before = row.before[field_id]
            if field_id not in row.raw and same_value(value, before):
                continue
            col = self.editor.table.columns[field_id]
            held = self.editor.raw(sheet_row, col)
            raw = row.raw[field_id] if field_id in row.raw else self.editor.rendered(field_id, value)
            if same_raw(raw, held):
                continue
            self.editor.set(sheet_row, col, raw)
            old_raw = None if same_raw(held, self.editor.rendered(field_id, before)) else held
            self.changes.append(CellChange(self.id, key, field_id, before, value, WHY, None, old_raw))
            if field_id == self.key and value is None:
                self.unkeyed.append(NewRow(self.id, key, {f: v for f, v in row.now.items() if v is not None}))

    def _shrink(self) -> None:
        """Remove blank rows at the table's end, no more than the runs added."""
        grown, name = 0, self.editor.ref.name
        for run in self.runs:
            before, after = run.ranges.get(name, ("A1", "A1"))
            grown += _height(after) - _height(before)
        last, first, cut = self.editor.last_row, self.editor.ref.data.first_row, 0
        while cut < grown and last - cut > first and self.editor.is_blank(last - cut):
            cut += 1
        if cut:
            self.editor.cut(cut)

    def _at(self, row: _Row, field_id: str) -> Address | None:
        return None if row.index is None else self.editor.table.at(row.index, field_id)

    def _keep(
        self, key: str, field_id: str | None, reason: str, at: Address | None = None, found: Value = None, wrote: Value = None
    ) -> None:
        self.kept.setdefault((key, field_id), Kept(self.id, key, field_id, reason, found, wrote, at))


def _height(ref: str) -> int:
    area = Area.parse(ref)
    return area.last_row - area.first_row + 1
