"""A small project for merge tests: masters, packs and submissions as plain rows, and a function that applies a merge result."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import combinations

from collab_xl.forms import load
from collab_xl.merge.copies import Copies, Relation
from collab_xl.merge.fold import fold_resolved, fold_run
from collab_xl.merge.resolve import resolve
from collab_xl.merge.run import merge
from collab_xl.merge.scan import sides
from collab_xl.merge.view import MasterView
from collab_xl.model.directory import Department, Directory
from collab_xl.model.merge import Answer, MergeResult, MergeState, Pack, Resolved, Submission
from collab_xl.model.place import Area
from collab_xl.model.plan import CellChange, NewRow
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.rules.passing import Passing

SCHEMA = load()
DIRECTORY = Directory.of([Department("研发部", ("研发",)), Department("市场部"), Department("客服部")])
AS_OF = date(2026, 11, 20)
MONDAY = datetime(2026, 11, 16, 9, 0)
Rows = Mapping[str, Mapping[str, Value]]  # row id (a key, in the master) → field → value


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def table(
    form_id: str,
    rows: Sequence[Mapping[str, Value]],
    row_ids: Sequence[str | None] = (),
    *,
    held: Iterable[tuple[int, str]] = (),
    without: Iterable[str] = (),
) -> Table:
    """A parsed table with every column of the form, headings in row 1, records from row 2."""
    form = SCHEMA.form(form_id)
    fields = [f.id for f in form.fields if f.id not in set(without)]
    columns = {f: n for n, f in enumerate(fields, 1)}
    values = {f: [row.get(f) for row in rows] for f in fields}
    area = Area(1, 1, max(2, len(rows) + 1), len(fields))
    headings = {f.id: f.heading["zh"] for f in form.fields}
    numbers = list(range(2, len(rows) + 2))
    return Table(
        form_id,
        form.sheet["zh"],
        area,
        (1, 1),
        columns,
        headings,
        numbers,
        values,
        values,
        list(row_ids),
        held=frozenset(held),
        name=form.table,
    )


def tables(master: Mapping[str, Rows]) -> dict[str, Table]:
    """A master: form → key → fields (the key itself need not be among them)."""
    return {form.id: table(form.id, [{form.key.id: key, **row} for key, row in master.get(form.id, {}).items()]) for form in SCHEMA.forms}


def rows_of(master: Mapping[str, Table]) -> dict[str, dict[str, dict[str, Value]]]:
    """The inverse of `tables`, without blanks and without computed fields."""
    found: dict[str, dict[str, dict[str, Value]]] = {}
    for form in SCHEMA.forms:
        t = master[form.id]
        fields = [f.id for f in form.fields if f.access != "C"]
        found[form.id] = {
            str(t.get(i, form.key.id)): {f: v for f in fields if (v := t.get(i, f)) is not None and f != form.key.id} for i in range(len(t))
        }
    return found


def applied(master: Mapping[str, Table], changes: Sequence[CellChange], new_rows: Sequence[NewRow]) -> dict[str, Table]:
    """The master after a plan was carried out. Fails if a change does not start from the current value."""
    after = {}
    for form in SCHEMA.forms:
        t = master[form.id]
        key_field = form.key.id
        rows = [{f: t.get(i, f) for f in t.values} for i in range(len(t))]
        by_key = {row[key_field]: row for row in rows}
        for new in new_rows:
            if new.form == form.id:
                assert new.row_key not in by_key, new
                assert new.values[key_field] == new.row_key
                rows.append({f: new.values.get(f) for f in t.values})
                by_key[new.row_key] = rows[-1]
        for change in changes:
            if change.form == form.id:
                row = by_key[change.row_key]
                assert (type(row[change.field]), row[change.field]) == (type(change.old), change.old), change
                row[change.field] = change.new
        held = t.held
        after[form.id] = replace(table(form.id, rows), held=held)
    return after


def pack(
    pack_id: str, department: str, master: Mapping[str, Table], *, keys: Iterable[str] | None = None, blank: int = 3, hours: float = 0
) -> Pack:
    """Issue a pack: the rows of the master that name the department (or those asked for), and blank rows."""
    forms: dict[str, dict[str, dict[str, Value]]] = {}
    number = 0
    wanted = None if keys is None else set(keys)
    for form in SCHEMA.forms:
        t, rows = master[form.id], {}
        for i in range(len(t)):
            key, named = str(t.get(i, form.key.id)), t.get(i, form.department_field)
            names = named if isinstance(named, tuple) else (named,)
            if department in names if wanted is None else key in wanted:
                rows[key] = {f.id: t.get(i, f.id) for f in form.fields if f.access != "C"}
        if form.pack.add_rows:
            for _ in range(blank):
                number += 1
                rows[f"{pack_id}#{number}"] = {}
        forms[form.id] = rows
    return Pack(pack_id, department, "2026-W47", at(hours), SCHEMA.version, forms)


def filled(
    of: Pack, edits: Mapping[str, Mapping[str, Value]], *, hours: float = 1, sha: str = "", drop: Iterable[str] = (), **more: object
) -> Submission:
    """A pack filled in: row id → field → value. `drop`: row ids that are not returned."""
    gone, sheets = set(drop), {}
    for form_id, rows in of.forms.items():
        ids = [row_id for row_id in rows if row_id not in gone]
        sheets[form_id] = table(form_id, [{**rows[r], **edits.get(r, {})} for r in ids], ids)
    name = sha or f"{of.id}-{hours}-{abs(hash(repr(sorted(edits.items())))):x}"
    return Submission(name, of.department, at(hours), sheets, of.id, sender="a@b.cn", file=f"{of.department}.xlsx", **more)  # type: ignore[arg-type]


def hand_made(department: str, form_id: str, rows: Sequence[Mapping[str, Value]], *, hours: float = 1, sha: str = "") -> Submission:
    return Submission(sha or f"hand-{department}-{hours}", department, at(hours), {form_id: table(form_id, rows)}, None)


@dataclass
class World:
    """A master and its ledger, step by step. `consolidate` and `decide` continue from the current state; `copy` makes a fork."""

    master: dict[str, Table]
    state: MergeState = field(default_factory=MergeState)
    result: MergeResult = field(default_factory=MergeResult)
    resolved: Resolved = field(default_factory=Resolved)
    merged: tuple[Submission, ...] = ()
    """What was consolidated so far: new copies of a pack are compared with it."""
    passing: Passing | None = None
    """The rules of passing; by default none."""

    @classmethod
    def of(cls, master: Mapping[str, Rows]) -> World:
        return cls(tables(master))

    def copy(self) -> World:
        return copy.copy(self)

    def issue(self, pack_id: str, department: str, **options: object) -> Pack:
        made = pack(pack_id, department, self.master, **options)  # type: ignore[arg-type]
        self.state = replace(self.state, packs={**self.state.packs, pack_id: made})
        return made

    def preview(self, *submissions: Submission) -> MergeResult:
        return merge(self.master, [*self.merged, *submissions], self.state, SCHEMA, DIRECTORY, AS_OF, self.passing)

    def consolidate(self, *submissions: Submission) -> MergeResult:
        self.result = self.preview(*submissions)
        self.merged = (*self.merged, *(s for s in submissions if not s.set_aside))
        self.master = applied(self.master, self.result.changes, self.result.new_rows)
        self.state = fold_run(self.state, self.result, [s.sha256 for s in submissions if not s.set_aside])
        return self.result

    def decide(self, *answers: Answer) -> Resolved:
        self.resolved = resolve(self.master, answers, self.state, SCHEMA, DIRECTORY, AS_OF)
        self.master = applied(self.master, self.resolved.changes, self.resolved.new_rows)
        self.state = fold_resolved(self.state, self.resolved, "R1")
        return self.resolved

    def type(self, form_id: str, key: str, field_id: str, value: Value) -> None:
        """The PMO types into the master."""
        t = self.master[form_id]
        i = [str(k) for k in t.values[SCHEMA.form(form_id).key.id]].index(key)
        column = list(t.values[field_id])
        column[i] = value
        self.master[form_id] = replace(t, values={**t.values, field_id: column})

    def delete(self, form_id: str, key: str) -> None:
        """The PMO deletes a row of the master."""
        t, key_field = self.master[form_id], SCHEMA.form(form_id).key.id
        rows = [{f: t.get(i, f) for f in t.values} for i in range(len(t)) if t.get(i, key_field) != key]
        self.master[form_id] = table(form_id, rows)

    def value(self, form_id: str, key: str, field_id: str) -> Value:
        t = self.master[form_id]
        i = [str(k) for k in t.values[SCHEMA.form(form_id).key.id]].index(key)
        return t.get(i, field_id)

    def keys(self, form_id: str) -> list[str]:
        return [str(k) for k in self.master[form_id].values[SCHEMA.form(form_id).key.id]]

    @property
    def items(self) -> list[object]:
        return list(self.state.items.values())


def relations(world: World, files: Sequence[Submission]) -> dict[tuple[str, str], Relation]:
    """(sha256 of the earlier file, of the later one) → how the later one was made, with all these copies of one pack at hand."""
    views = MasterView(world.master, SCHEMA, DIRECTORY, world.state)
    (side,) = sides(files, world.state, views).values()
    copies = Copies(side, views)
    return {(a.sub.sha256, b.sub.sha256): copies.relation(a, b) for a, b in combinations(side.scans, 2)}


def third_file_tells(world: World, files: Sequence[Submission]) -> bool:
    """Whether how two of three copies were made looks otherwise without the third: then what was decided depends on whether it had come
    (decision 0023)."""
    known = relations(world, files)
    return any(relations(world, pair) != {of: known[of]} for pair in combinations(files, 2) for of in [tuple(f.sha256 for f in pair)])
