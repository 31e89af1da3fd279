"""Take out what one file said, or what one run did, where nothing later stands on it.

In: what the runs in effect did, oldest first.  Out: the changes to take back, the merge state without the file, and the cells of other
files that must be judged again.  Pure.  Source: decision 0026.

The cells that are taken out get the state they had before the first run that used the file. Every other file merged since is judged on
them again, as if the file had never come: the merge does not depend on the order, so this gives what a merge without it would have given.
What a later run wrote over, said again or decided is not taken out: by now that is somebody else's word.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from collab_xl.forms import Schema
from collab_xl.merge.fold import fold_events, fold_withdrawn
from collab_xl.merge.not_entered import Only
from collab_xl.merge.scan import place_of
from collab_xl.merge.view import agree, folded_text
from collab_xl.model.evidence import EVIDENCE
from collab_xl.model.merge import CellKey, Count, Item, MergeState, Moved, Outcome, Submission, Withdrawn
from collab_xl.model.plan import CellChange, NewRow
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.run import RunChanges, RunEvents
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Clear, Value

MasterCell = tuple[str, str, str]
"""Form, row key, field."""
PackRow = tuple[str, RowId]
"""Form, row id of a row that is not in the master."""
MERGED, KEY = "merge", "key"
"""`CellChange.why`. A key given to a row is never taken out: other rows may refer to it."""


class RunPast(Struct, frozen=True):
    """What one run in effect did."""

    events: RunEvents
    done: RunChanges
    outcomes: Sequence[Outcome] = ()


class Stays(NamedTuple):
    """A cell (or row, `field` None) that stays. `reason`: agreed (a later run said the same or decided so), used (the row was changed
    or confirmed since), shared (another file has it too)."""

    form: str
    row_key: str
    field: str | None
    reason: str


class Withdrawal(Struct, frozen=True):
    """What to take out."""

    back: tuple[RunChanges, ...]
    """Changes and added rows to take back, latest run first."""
    stays: tuple[Stays, ...]
    withdrawn: Withdrawn
    """Without the accounts."""
    again: Mapping[str, Only]
    """sha256 → the cells of other files to judge again."""
    concerns: Callable[[Outcome], bool]
    """Whether an edit is in a cell that is judged again."""


class _Found(Struct):
    """What is collected run by run, from the latest to the first."""

    later: set[MasterCell] = field(default_factory=set)
    """Cells that later runs wrote over."""
    confirmed: set[MasterCell] = field(default_factory=set)
    """Cells about which a later run said the same or decided."""
    back: list[RunChanges] = field(default_factory=list)
    stays: list[Stays] = field(default_factory=list)
    cells: set[MasterCell] = field(default_factory=set)
    rows: set[PackRow] = field(default_factory=set)


def withdraw(
    files: frozenset[str],
    run: str,
    past: Sequence[RunPast],
    before: MergeState,
    now: MergeState,
    submissions: Sequence[Submission],
    schema: Schema,
    keep: Collection[tuple[str, str, str | None]] = (),
) -> Withdrawal:
    """What to take out for these files.

    Args:
        files: sha256.
        run: id of the run that is taken back as a whole (its files are `files`); "" to take out what the files said.
        past: the runs in effect from the first one that used a file, oldest first.
        before: the state before those.
        now: the state now, but without `run`.
        submissions: those in effect of the same packs and of those with edits in the same cells; the files themselves too, if they can be
            read.
        keep: cells, and rows with field None, that a person has changed since: they stay.
    """
    computed = {(form.id, f.id) for form in schema.forms for f in form.fields if f.access == "C"}
    decided, found = _decided(past, before), _Found()
    own = [s for s in submissions if s.sha256 in files]
    others = [s for s in submissions if s.sha256 not in files]
    found.later |= {(form, key, f) for form, key, f in keep if f is not None}
    for one in reversed(past):
        mine = [c for c in one.done.changes if _is_mine(c, one, files, run)]
        _take(one, mine, files, run, computed, own, others, now, schema, keep, found)
        of_files = {(c.form, c.row_key, c.field) for c in mine}
        if not one.events.run.undoes or one.events.run.alone:  # an undo brings older values back: it says nothing of its own
            found.later |= {(c.form, c.row_key, c.field) for c in one.done.changes if (c.form, c.field) not in computed} - of_files
        if one.events.run.id != run:
            found.confirmed |= {(o.form, o.row_key, o.field) for o in one.outcomes if o.outcome == "same" and o.sha256 not in files}
            found.confirmed |= decided[one.events.run.id]
    gone = {(r.form, r.row_key) for b in found.back for r in b.added}
    whole = {(r.form, r.row_key) for one in past for r in one.done.added} - gone
    left = [cell[:2] for cell in sorted(found.cells) if cell[:2] in whole and (*cell[:2], None) not in keep]
    found.stays += [Stays(*row, None, "used") for row in dict.fromkeys(left) if not any(s[:3] == (*row, None) for s in found.stays)]
    back = [replace(b, changes=tuple(c for c in b.changes if (c.form, c.row_key) not in whole)) for b in found.back]
    cells = frozenset(c for c in found.cells if c[:2] not in whole and (c[0], c[2]) not in computed)
    rows = frozenset(found.rows | {(r.form, r.row_id) for b in back for r in b.added if r.row_id} | _kept_out(gone, past, now))
    withdrawn = _withdrawn(files, before, now, cells, rows, {(form.id, form.department_field) for form in schema.forms})
    since = {sha for one in past if one.events.run.id != run for sha in one.events.consumed}
    again = {s.sha256: only for s in others if s.sha256 in since and (only := _only(s, now, cells, rows, schema)).cells}

    places = {(s.sha256, *place) for s in others if s.sha256 in again for place in _places(s, rows)}

    def concerns(outcome: Outcome) -> bool:
        if outcome.sha256 not in again:
            return False
        place = (outcome.sha256, outcome.form, outcome.cell)
        return (outcome.form, outcome.row_key, outcome.field) in cells or place in places

    return Withdrawal(tuple(b for b in back if b.changes or b.added), tuple(found.stays), withdrawn, again, concerns)


def _kept_out(gone: Collection[tuple[str, str]], past: Iterable[RunPast], now: MergeState) -> set[PackRow]:
    """New rows of other files that wait, or say nothing more, because a row that goes has their key."""
    waiting = (item for item in now.items.values() if item.field is None and (item.form, item.row_key) in gone)
    found = {(item.form, row_id) for item in waiting for row_id in (item.row_id, *(c.row_id for c in item.candidates)) if row_id}
    files = {(o.form, o.sha256) for one in past for o in one.outcomes if (o.form, o.row_key) in gone}
    said = {(cell.form, cell.row_id) for (_, cell), m in now.moved.items() if (cell.form, m.sha256) in files}
    return found | {row for row in said if row not in now.keys and not _is_issued(row, now)}


def _is_mine(change: CellChange, one: RunPast, files: Collection[str], run: str) -> bool:
    if run:
        return one.events.run.id == run and change.why != KEY
    return change.why in (MERGED, EVIDENCE) and change.source is not None and change.source.sha256 in files


def _decided(past: Sequence[RunPast], before: MergeState) -> dict[str, set[MasterCell]]:
    """Run id → cells about which the PMO decided in it."""
    found, state = dict[str, set[MasterCell]](), before
    for one in past:
        made = one.events.resolved.decisions if one.events.resolved is not None else ()
        items = (item for d in made if (item := state.items.get(d.item)) is not None)
        found[one.events.run.id] = {(item.form, item.row_key, item.field) for item in items if item.field is not None}
        state = fold_events(state, one.events)
    return found


def _take(
    one: RunPast,
    mine: Sequence[CellChange],
    files: Collection[str],
    run: str,
    computed: Collection[tuple[str, str]],
    own: Sequence[Submission],
    others: Sequence[Submission],
    now: MergeState,
    schema: Schema,
    keep: Collection[tuple[str, str, str | None]],
    found: _Found,
) -> None:
    """What of one run is taken back, and the cells its files speak about."""
    spoken = _spoken(one, mine, files, own, now, schema)
    if not run and one.events.consumed & set(files):  # a value of another file that came in because this one did: it is judged again
        at_hand = {sub.sha256 for sub in others}
        by_others = (c for c in one.done.changes if c.why == MERGED and c.source is not None and c.source.sha256 in at_hand)
        mine = [*mine, *(c for c in by_others if (c.form, c.row_key, c.field) in spoken)]
    taken = []
    for change in mine:
        cell = (change.form, change.row_key, change.field)
        if cell in found.confirmed and cell not in found.later:
            found.stays.append(Stays(*cell, "agreed"))
        elif cell not in found.later:
            taken.append(change)
    rest = {(c.form, c.row_key) for c in one.done.changes if c not in taken and (c.form, c.field) not in computed and c.why != KEY}
    rows = {(c.form, c.row_key) for c in taken} - rest
    if not run:  # what follows from these values alone
        taken += [c for c in one.done.changes if (c.form, c.field) in computed and (c.form, c.row_key) in rows]
    added = []
    whole_run = bool(run) and one.events.run.id == run
    for row in one.done.added:
        if not (whole_run or (not run and row.source is not None and row.source.sha256 in files)):
            continue
        touched = {cell[:2] for cell in found.later | found.confirmed}
        if (row.form, row.row_key, None) in keep:
            continue
        if any(_has(sub, row, now, schema) for sub in others):
            found.stays.append(Stays(row.form, row.row_key, None, "shared"))
        elif (row.form, row.row_key) in touched:
            found.stays.append(Stays(row.form, row.row_key, None, "used"))
        else:
            added.append(row)
    found.back.append(replace(one.done, changes=tuple(taken), added=tuple(added), removed=(), unkeyed=()))
    found.cells |= (spoken | {(c.form, c.row_key, c.field) for c in taken}) - found.later - found.confirmed
    if one.events.merged is not None:
        merged = one.events.merged
        written = {row for sub in own if sub.sha256 in one.events.consumed for row in _new_rows(sub, now)}
        for item in (item for item in merged.opened if item.field is None):
            ids = {row_id for row_id in (item.row_id, *(c.row_id for c in item.candidates)) if row_id}
            theirs = any(c.source.sha256 in files for c in item.candidates)
            if theirs or any((item.form, place_of(row_id)) in written for row_id in ids):
                found.rows |= {(item.form, row_id) for row_id in ids}
        said = {(cell.form, cell.row_id) for (_, cell), values in merged.seen.items() if any(m.sha256 in files for m in values)}
        issued = {
            (form, row_id) for pack in now.packs.values() for form, ids in pack.forms.items() for row_id, cells in ids.items() if cells
        }
        found.rows |= {row for row in said if row not in now.keys and row not in issued}


def _spoken(
    one: RunPast, mine: Iterable[CellChange], files: Collection[str], own: Iterable[Submission], now: MergeState, schema: Schema
) -> set[MasterCell]:
    """The cells that the files speak about in one run."""
    spoken = {(o.form, o.row_key, o.field) for o in one.outcomes if o.sha256 in files} | {(c.form, c.row_key, c.field) for c in mine}
    for sub in own:
        spoken |= _said(sub, now, schema) if sub.sha256 in one.events.consumed else set()
    if one.events.merged is not None:
        moved = (cell for (_, cell), m in one.events.merged.moved.items() if m.sha256 in files)
        spoken |= {(cell.form, now.keys.get((cell.form, cell.row_id), cell.row_id), cell.field) for cell in moved}
    opened = one.events.merged.opened if one.events.merged is not None else ()
    asking = (item for item in opened if any(c.source.sha256 in files for c in item.candidates))
    return spoken | {(item.form, item.row_key, item.field) for item in asking if item.field is not None}


def _said(sub: Submission, now: MergeState, schema: Schema) -> set[MasterCell]:
    """The cells in which a file has another value than the pack as issued: also those in which it repeats what another file said."""
    issued, found = now.packs.get(sub.pack or ""), set[MasterCell]()
    for form_id, table in sub.tables.items() if issued else ():
        assert issued is not None
        form, rows = schema.form(form_id), issued.forms.get(form_id, {})
        keys = table.row_ids if any(table.row_ids) else table.values.get(form.key.id, ())
        for i, row_id in enumerate(keys):
            if isinstance(row_id, str):
                base, key = rows.get(row_id, {}), now.keys.get((form_id, row_id), row_id)
                fields = (f.id for f in form.fields if f.access != "C" and f.id in table.values and f.id != form.key.id)
                found |= {(form_id, key, f) for f in fields if _says(table.values[f][i], base.get(f))}
    return found


def _new_rows(sub: Submission, now: MergeState) -> set[PackRow]:
    """The blank rows of its pack in which a file has something: also where a row's proposal names another file, which says the same."""
    issued, found = now.packs.get(sub.pack or ""), set[PackRow]()
    for form_id, table in sub.tables.items() if issued else ():
        assert issued is not None
        for i, row_id in enumerate(table.row_ids):
            blank = row_id is not None and not issued.forms.get(form_id, {}).get(row_id)
            if blank and row_id is not None and any(column[i] is not None for column in table.values.values()):
                found.add((form_id, row_id))
    return found


def _says(value: Value, issued: Value) -> bool:
    return isinstance(value, Clear) or not agree(value, issued)


def _is_issued(row: PackRow, now: MergeState) -> bool:
    """Whether a pack was issued with this row filled."""
    return any(pack.forms.get(row[0], {}).get(row[1]) for pack in now.packs.values())


def _has(sub: Submission, row: NewRow, now: MergeState, schema: Schema) -> bool:
    """Whether another file has the row too: the same title, or, without a title, the same blank row of the pack."""
    table, title = sub.tables.get(row.form), schema.form(row.form).id_of("title")
    if table is None or not row.source or sub.pack != row.source.pack:
        return False
    name = folded_text(row.values.get(title))
    if name:
        return any(folded_text(value) == name for value in table.values.get(title, ()))
    filled = [f.id for f in schema.form(row.form).fields if f.access != "C" and f.id in table.values]
    return any(
        row_id == place_of(row.row_id) and any(table.get(i, f) is not None for f in filled) for i, row_id in enumerate(table.row_ids)
    )


def _withdrawn(
    files: frozenset[str],
    before: MergeState,
    now: MergeState,
    cells: Collection[MasterCell],
    rows: Collection[PackRow],
    departments: Collection[tuple[str, str | None]],
) -> Withdrawn:
    """The state of these cells before the files, and nothing of the files anywhere else. That another file handed a row over to another
    department stays: the department may edit it in the packs that have it."""

    def concerned(cell: CellKey) -> bool:
        key = now.keys.get((cell.form, cell.row_id), cell.row_id)
        return (cell.form, key, cell.field) in cells or (cell.form, cell.row_id) in rows

    where = {at: None for at in (*before.moved, *before.seen, *now.moved, *now.seen) if concerned(at[1])}
    moved = {at: before.moved[at] for at in where if at in before.moved}
    seen: dict[tuple[str, CellKey], tuple[Moved, ...]] = {at: before.seen.get(at, ()) for at in where}
    for at, values in now.seen.items():
        if at in where and (at[1].form, at[1].field) in departments:
            seen[at] = tuple(dict.fromkeys((*seen[at], *(m for m in values if m.sha256 not in files))))
        elif at not in where and any(m.sha256 in files for m in values):
            seen[at] = tuple(m for m in values if m.sha256 not in files)
    gone, items = set[str](), dict[str, Item]()
    for item in now.items.values():
        if _is_about(item, cells, rows):
            gone.add(item.id)
        elif any(c.source.sha256 in files for c in item.candidates):
            left = tuple(c for c in item.candidates if c.source.sha256 not in files)
            gone.add(item.id)
            items.update({item.id: replace(item, candidates=left)} if left else {})
    items.update((item.id, item) for item in before.items.values() if _is_about(item, cells, rows))
    keys = tuple(row for row in now.keys if row in rows)
    unmoved = tuple(at for at in where if at not in before.moved)
    return Withdrawn(tuple(sorted(files)), False, moved, unmoved, seen, keys, tuple(items.values()), tuple(sorted(gone)))


def _is_about(item: Item, cells: Collection[MasterCell], rows: Collection[PackRow]) -> bool:
    if item.field is not None:
        return (item.form, item.row_key, item.field) in cells
    return any((item.form, row_id) in rows for row_id in (item.row_id, *(c.row_id for c in item.candidates)) if row_id)


def _only(sub: Submission, now: MergeState, cells: Iterable[MasterCell], rows: Iterable[PackRow], schema: Schema) -> Only:
    """The cells of a file that are judged again, by the row ids its pack has for them."""
    ids: dict[tuple[str, str], list[RowId]] = {}
    for (form_id, row_id), key in now.keys.items():
        ids.setdefault((form_id, key), []).append(row_id)
    found = {(f, row_id, field_id) for f, key, field_id in cells if f in sub.tables for row_id in (key, *ids.get((f, key), ()))}
    rows = set(rows)
    first = {(f, place_of(row_id)) for f, row_id in rows}  # without the file, another row may be the first in its place
    whole = [row for row in rows | (first - now.keys.keys()) if row[0] in sub.tables]
    found |= {(f, row_id, each.id) for f, row_id in whole for each in schema.form(f).fields if each.access != "C"}
    return Only(frozenset(), frozenset(found))


def _places(sub: Submission, rows: Collection[PackRow]) -> Iterable[tuple[str, str]]:
    """(form, cell of the file) of these rows."""
    for form_id, table in sub.tables.items():
        wanted = {place_of(row_id) for form, row_id in rows if form == form_id}
        for i, row_id in enumerate(table.row_ids if wanted else ()):
            if row_id in wanted:
                yield from ((form_id, table.place(i, f)) for f in table.columns)


def state_without(now: MergeState, withdrawal: Withdrawal) -> MergeState:
    """The state from which the other files are judged again."""
    return fold_withdrawn(now, withdrawal.withdrawn)


def accounts_without(
    accounts: Mapping[str, Count], files: Collection[str], old: Iterable[Outcome], new: Iterable[Outcome], withdrawal: Withdrawal
) -> tuple[Count, ...]:
    """The accounts that change: every edit of the files is excluded, and those judged again are counted where they are now.

    Args:
        accounts: sha256 → the account of a file's life so far.
        old: the outcomes of all runs in effect, oldest first. new: of the edits judged again.
    """
    changed: dict[str, Count] = {}
    for sha in files:
        if (count := accounts.get(sha)) is not None:
            changed[sha] = Count(sha, count.department, count.edits, excluded=count.edits, rows_missing=count.rows_missing)
    latest = {(o.sha256, o.form, o.cell): o for o in old if withdrawal.concerns(o) and o.sha256 not in files}
    for sign, outcomes in ((-1, latest.values()), (1, list(new))):
        for o in outcomes:
            if o.sha256 in accounts:
                count = changed.setdefault(o.sha256, replace(accounts[o.sha256]))
                count.edits += sign
                setattr(count, o.outcome, getattr(count, o.outcome) + sign)
    return tuple(changed.values())
