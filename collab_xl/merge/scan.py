"""Match the rows of a submission with the rows of its pack, and find the cells that differ from their baseline.

In: a Submission, its Pack and the merge state.  Out: a `SubmissionScan` of each submission, a `Side` of each pack.  Pure.

A row is matched by its row id. If the visible ID names another row of the pack, cells were moved without the hidden row ids. Then the
row is matched by ID and name, and it is blocked if they do not agree. If the row id is missing (a row typed below the pack's rows, a
hidden column deleted), the row is matched by its key, else by its name. A blank pack row with a key typed by the department is matched
by row id *and* key: if two people use the same blank row of two copies and type different keys, these are two rows.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from collab_xl.merge.view import FormView, MasterView, agree, folded_text, is_blank
from collab_xl.model.keys import key_text
from collab_xl.model.merge import MergeState, Moved, Pack, Submission
from collab_xl.model.plan import Provenance
from collab_xl.model.record import Struct, field
from collab_xl.model.sheets import RowId, Table
from collab_xl.model.values import Clear, Value

if TYPE_CHECKING:
    from collab_xl.merge.copies import Copies
    from collab_xl.merge.not_entered import Only

Stamp = tuple[datetime, str]
_NOTHING: Mapping[str, Value] = {}
_UNMOVED: Mapping[str, Moved] = {}


def stamp(sent_at: datetime | None, sha256: str) -> Stamp:
    """The order sent. A time without zone counts as UTC, so that a mail and a file can be compared."""
    when = sent_at or datetime.min.replace(tzinfo=UTC)
    return (when if when.tzinfo else when.replace(tzinfo=UTC), sha256)


def stamp_of(moved: Moved) -> Stamp:
    return stamp(moved.sent_at, moved.sha256)


class SubmissionScan(Struct):
    """One submission with its rows matched."""

    sub: Submission
    at: Stamp
    rows: dict[str, dict[RowId, int]] = field(default_factory=dict)
    """form → row id → record index, of the usable rows."""
    blocked: dict[str, list[tuple[RowId, int]]] = field(default_factory=dict)
    """form → (row id, record) of rows whose row id or key occurs twice, or that cannot be matched for certain."""
    unclear: set[tuple[str, int]] = field(default_factory=set)
    """(form, record) of blocked rows whose row id, key and name contradict each other."""
    only: Only | None = None
    """Set when only these cells of a file merged before are taken again (`merge.not_entered`)."""
    places: dict[tuple[str, RowId], RowId] = field(default_factory=dict)
    """(form, row id) → the blank row of the pack it stands in, where another row uses that row id (`merge.copies`)."""

    shifted: dict[str, frozenset[tuple[RowId, str]]] = field(default_factory=dict)
    """form → (row id, field) of the cells in columns that were sorted or shifted alone (`merge.shifted`), once they were looked for."""

    def place(self, form: str, row_id: RowId) -> RowId:
        """The row id in the pack."""
        return self.places.get((form, row_id), row_id)

    def says(self, form: str, row_id: RowId, field_id: str, value: Value) -> bool:
        """Whether the file contains this value in the cell."""
        i, table = self.rows.get(form, {}).get(row_id), self.sub.tables.get(form)
        return i is not None and table is not None and field_id in table.values and agree(table.values[field_id][i], value)

    def source(self, form: str, index: int, field_id: str) -> Provenance:
        s = self.sub
        cell = s.tables[form].place(index, field_id)
        return Provenance(s.sha256, s.department, s.pack or "", s.sender, s.sent_at, s.file, cell)


class Side(Struct):
    """One pack with its submissions of this run in the order sent, and its baselines."""

    pack: Pack
    scans: list[SubmissionScan]
    moved: dict[tuple[str, RowId], dict[str, Moved]] = field(default_factory=dict)
    seen: dict[tuple[str, RowId], dict[str, Stamp]] = field(default_factory=dict)
    """The newest stamp of a value that waits."""
    earlier: list[SubmissionScan] = field(default_factory=list)
    """Its submissions merged by earlier runs, as far as they are at hand: the new ones are compared with them."""
    copies: Copies | None = None

    _filled: dict[str, frozenset[RowId]] = field(default_factory=dict)

    def issued_rows(self, form: str) -> Mapping[RowId, Mapping[str, Value]]:
        """The rows of a form as issued, filled and blank ones."""
        return self.pack.forms.get(form, _NOTHING_ROWS)

    def filled(self, form: str) -> frozenset[RowId]:
        """The rows of a form that were not blank when the pack was issued."""
        if form not in self._filled:
            self._filled[form] = frozenset(row_id for row_id, values in self.issued_rows(form).items() if values)
        return self._filled[form]

    def issued(self, form: str, row_id: RowId, field_id: str, key_field: str) -> Value:
        row = self.issued_rows(form).get(row_id, _NOTHING)
        if field_id == key_field and row and field_id not in row:
            return row_id
        return row.get(field_id)

    def is_issued(self, form: str, row_id: RowId) -> bool:
        """Whether the pack was issued with this row filled (not a blank row, not one the department added below)."""
        return row_id in self.filled(form)

    def repeats_blank_department(self, view: FormView, row_id: RowId, field_id: str, value: Value) -> bool:
        """Whether this is a blank department in a row the department added. The row got the sender's department: no edit."""
        if field_id != view.department_field or not is_blank(value) or isinstance(value, Clear):
            return False
        return not self.is_issued(view.form.id, row_id)

    def baseline(self, form: str, row_id: RowId, field_id: str, key_field: str) -> Value:
        moved = self.moved.get((form, row_id), _UNMOVED).get(field_id)
        return self.issued(form, row_id, field_id, key_field) if moved is None else moved.value


_NOTHING_ROWS: Mapping[RowId, Mapping[str, Value]] = {}


def sides(submissions: Iterable[Submission], state: MergeState, views: MasterView, earlier: Iterable[Submission] = ()) -> dict[str, Side]:
    """Pack id → its side, for submissions whose pack is in the state. `earlier`: those of the same packs that earlier runs merged."""
    found: dict[str, Side] = {}
    for sub in sorted(submissions, key=lambda s: stamp(s.sent_at, s.sha256)):
        assert sub.pack is not None
        side = found.setdefault(sub.pack, Side(state.packs[sub.pack], []))
        side.scans.append(scan(sub, side, state, views))
    for sub in earlier:
        if sub.pack in found:
            side = found[sub.pack]
            side.earlier.append(scan(sub, side, state, views))
    for (pack, cell), moved in state.moved.items():
        if pack in found:
            found[pack].moved.setdefault((cell.form, cell.row_id), {})[cell.field] = moved
    for (pack, cell), values in state.seen.items():
        if pack in found and values:
            newest = max(stamp_of(v) for v in values)
            found[pack].seen.setdefault((cell.form, cell.row_id), {})[cell.field] = newest
    return found


def scan(sub: Submission, side: Side, state: MergeState, views: MasterView) -> SubmissionScan:
    """Match the rows of one submission of a pack."""
    result = SubmissionScan(sub, stamp(sub.sent_at, sub.sha256))
    for form_id, table in sub.tables.items():
        if form_id in views.forms:
            _scan_form(result, table, side, state, views.forms[form_id])
    return result


def _scan_form(result: SubmissionScan, table: Table, side: Side, state: MergeState, view: FormView) -> None:
    form_id = view.form.id
    filled = [table.values[f] for f in view.mergeable if f in table.values]
    keys = [key_text(k) for k in table.values.get(view.key_field, (None,) * len(table))]
    rows = result.rows.setdefault(form_id, {})
    row_ids = table.row_ids
    usual = view.key_field in view.mergeable and keys == [*row_ids] and len(set(keys)) == len(keys)
    if usual and side.filled(form_id).issuperset(keys):
        rows.update((row_id, i) for i, row_id in enumerate(keys))
        return  # use the rows as issued, whatever was written into them
    issued = side.filled(form_id)
    ids: list[RowId | None] = []
    nameless: Counter[str] = Counter()
    for i in range(len(table)):
        if all(column[i] is None or is_blank(column[i]) for column in filled):
            ids.append(None)  # a wholly blank row is ignored
            continue
        row_id = _row_id(table, i, keys[i], side, state, view)
        if row_id in issued and keys[i] != row_id and keys[i] in issued and not state.keys.get((form_id, row_id)):
            name = folded_text(table.get(i, view.name_field))
            its_own, of_key = (folded_text(side.issued(form_id, r, view.name_field, view.key_field)) == name for r in (row_id, keys[i]))
            if its_own == of_key:
                result.unclear.add((form_id, i))
            elif of_key:
                row_id = keys[i]
        if row_id is None:
            name = folded_text(table.get(i, view.name_field))
            nameless[name] += 1
            row_id = f"{side.pack.id}~{short_hash(form_id, name, nameless[name])}"
        ids.append(row_id)
    ids_used = Counter(row_id for row_id in ids if row_id)
    keys_used = Counter(key for key, row_id in zip(keys, ids, strict=True) if key and row_id)
    for i, row_id in enumerate(ids):
        if row_id is None:
            continue
        if (form_id, i) in result.unclear or ids_used[row_id] > 1 or (keys[i] and keys_used[keys[i]] > 1):
            result.blocked.setdefault(form_id, []).append((row_id, i))
        else:
            rows[row_id] = i


def _row_id(table: Table, i: int, key: str, side: Side, state: MergeState, view: FormView) -> RowId | None:
    """The row's id; None if neither row id nor key identifies it."""
    form_id, pack = view.form.id, side.pack
    issued = side.filled(form_id)
    row_id = table.row_ids[i] if i < len(table.row_ids) else None
    if row_id is not None and row_id in side.issued_rows(form_id):
        if row_id in issued or not key or key == state.keys.get((form_id, row_id)):
            return row_id
        further = (r for (form, r), given in state.keys.items() if form == form_id and given == key and place_of(r) == row_id)
        return next(further, f"{row_id}={key}")
    if not key:
        return None
    return key if key in issued else f"{pack.id}={key}"


def titled(place: RowId, title: str) -> RowId:
    """The row id of a further row in a blank row of the pack (`merge.copies`)."""
    return f"{place}@{short_hash(title)}"


def place_of(row_id: RowId) -> RowId:
    """The row id in the pack: the inverse of `titled`."""
    return row_id.partition("@")[0]


def short_hash(*parts: object) -> str:
    """A hash of the parts, ten hexadecimal digits."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:10]


def same_as_baseline(submitted: Value, baseline: Value, master_is_blank: bool) -> bool:
    """S = B. The word 清空 equals a blank baseline only if the master is blank too."""
    if isinstance(submitted, Clear):
        return isinstance(baseline, Clear) or (is_blank(baseline) and master_is_blank)
    return agree(submitted, baseline)


_NUMBERS: Final = frozenset({bool, int, float})


def differing(
    side: Side, scan_: SubmissionScan, form_id: str, view: FormView, rows: Iterable[tuple[RowId, int]]
) -> Iterable[tuple[RowId, int, str]]:
    """(row id, record, field) of every cell that differs from its baseline at the start of the run.

    清空 is always included.
    """
    table = scan_.sub.tables[form_id]
    fields = [f for f in view.mergeable if f in table.values]
    columns = [table.values[f] for f in fields]
    lines = list(zip(*columns, strict=True))
    numbers = [n for n, column in enumerate(columns) if not _NUMBERS.isdisjoint(map(type, column))]
    values_of = itemgetter(*fields) if len(fields) > 1 else lambda row: tuple(map(row.get, fields))
    issued_rows, moved_rows = side.issued_rows(form_id), side.moved
    for row_id, i in rows:
        issued = issued_rows.get(row_id, _NOTHING)
        moved = moved_rows.get((form_id, row_id)) if moved_rows else None
        line = lines[i]
        try:
            base = values_of(issued)
        except KeyError:  # a blank row, or a field that was not issued
            base = tuple(map(issued.get, fields))
        if moved is None and line == base and all([type(line[n]) is type(base[n]) for n in numbers]):  # True == 1 in Python
            continue
        for field_id, s, b in zip(fields, line, base, strict=True):
            if moved is not None and field_id in moved:
                b = moved[field_id].value
            if s is b or (s == b and type(s) is type(b)):
                continue
            if field_id == view.key_field and issued and field_id not in issued and s == row_id:
                continue
            if scan_.only is not None and not scan_.only.allows(form_id, row_id, field_id):
                continue
            if isinstance(s, Clear) or not agree(s, b):
                yield row_id, i, field_id
