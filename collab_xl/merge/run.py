"""Merge submissions into the master: what to change, what to ask, and the account of every edit.

In: the master's tables, the submissions, what the ledger knows.  Out: a MergeResult.  Pure; preview and apply call the same function.
Source: docs/facts/merge.md; decision 0002.

The order: (1) waiting values that the PMO has since typed into the master count as the same; (2) every row of every pack is sorted
(there, added, deleted, blocked); (3) each touched cell is decided with all packs that touch it; (4) hand-made files are compared with
the result.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date

from collab_xl.forms import Schema
from collab_xl.merge.account import Account
from collab_xl.merge.cells import CELL_KINDS, Cell, Verdict, settle_cell, written
from collab_xl.merge.changes import in_order, updated
from collab_xl.merge.copies import name_blank_rows
from collab_xl.merge.fold import fold_run
from collab_xl.merge.handmade import propose
from collab_xl.merge.items import ItemBook, cell_id, row_item_id
from collab_xl.merge.not_entered import CAUSES, Only, count_again, items_of, narrow, still_waiting, taken_again, unread_of
from collab_xl.merge.not_in_use import forms_not_in_use
from collab_xl.merge.reviews import Judged, Reviews
from collab_xl.merge.rows import (
    Added,
    Sorted,
    begun,
    blocked_rows,
    delete_edit,
    facts_of,
    is_of_older_pack,
    missing_rows,
    of_one_key,
    set_aside,
    sort_rows,
    waiting_row,
    whole_row,
)
from collab_xl.merge.scan import Side, SubmissionScan, differing, sides, stamp, stamp_of
from collab_xl.merge.shifted import shifted
from collab_xl.merge.unused import unused
from collab_xl.merge.view import MasterView, agree, is_blank
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.merge import CellKey, Kind, MergeResult, MergeState, Moved, NotEntered, Submission
from collab_xl.model.plan import CellChange, NewRow, Provenance
from collab_xl.model.record import replace
from collab_xl.model.sheets import RowId, Table
from collab_xl.rules.passing import Passing


def merge(
    master: Mapping[str, Table],
    submissions: Sequence[Submission],
    state: MergeState,
    schema: Schema,
    directory: Directory,
    as_of: date,
    passing: Passing | None = None,
    *,
    again: Mapping[str, Only] | None = None,
) -> MergeResult:
    """Merge these submissions.

    Args:
        master: form → the master's table as it is now. Rows without a key are ignored (`model.keys.missing_keys` makes keys).
        submissions: in any order; equal ones count once. Those already consolidated (`state.consumed`) are not merged again: new copies
            of the same pack are compared with them (`merge.copies`).
        as_of: written into 更新日期 of every row in which a department's field changed.
        again: sha256 of consolidated submissions → cells of them that are judged again (`merge.withdraw`).
        passing: the rules of passing; None lets in everything that fits.

    Raises AssertionError if an edit is not counted exactly once: that is a defect, not a finding.
    """
    fresh = {s.sha256: s for s in submissions if s.sha256 not in state.consumed}
    ordered = sorted(fresh.values(), key=lambda s: stamp(s.sent_at, s.sha256))
    earlier = [s for s in {s.sha256: s for s in submissions}.values() if s.sha256 in state.consumed]
    return _Run(master, ordered, state, schema, directory, as_of, earlier, passing or Passing(), again or {}).result()


class _Run:
    def __init__(
        self,
        master: Mapping[str, Table],
        submissions: list[Submission],
        state: MergeState,
        schema: Schema,
        directory: Directory,
        as_of: date,
        earlier: Sequence[Submission],
        passing: Passing,
        again: Mapping[str, Only],
    ) -> None:
        self.as_of, self.schema = as_of, schema
        self.views = MasterView(master, schema, directory, state)
        self.again = {**again, **(taken_again(earlier, state, self.views.forms) if state.not_entered and not again else {})}
        if self.again:
            submissions = [*submissions, *(s for s in earlier if s.sha256 in self.again)]
            submissions.sort(key=lambda s: stamp(s.sent_at, s.sha256))
        self.submissions = submissions
        self.book = ItemBook(state)
        self.moved: dict[tuple[str, CellKey], Moved] = {(p, cell): m for p, cell, m in self.book.agreed(self.views)}
        self.state = replace(state, moved={**state.moved, **self.moved}) if self.moved else state
        self.views.state = self.state
        self.reviews = Reviews(passing, self.views, state.items)
        self.seen: dict[tuple[str, CellKey], tuple[Moved, ...]] = {}
        self.keys: dict[tuple[str, RowId], str] = {}
        self.new_rows: list[NewRow] = []
        self.account = Account(submissions, self.views)
        known = [s for s in submissions if s.pack is not None and s.pack in state.packs]
        earlier = sorted(earlier, key=lambda s: stamp(s.sent_at, s.sha256))
        self.packs = sides((s for s in known if not s.set_aside), self.state, self.views, earlier)
        self.aside = sides((s for s in known if s.set_aside), self.state, self.views, earlier)
        for some in (self.packs, self.aside):
            name_blank_rows(some.values(), self.state, self.views)
        for scan_ in (scan_ for side in self.packs.values() for scan_ in side.scans if scan_.sub.sha256 in self.again):
            narrow(scan_, self.again[scan_.sub.sha256])

    def result(self) -> MergeResult:
        for side in self.aside.values():
            self._set_aside(side)
        sorted_rows = {pack: sort_rows(side, self.views, self.state) for pack, side in self.packs.items()}
        for pack, side in self.packs.items():
            self._rows(side, sorted_rows[pack])
        self._added(sorted_rows)
        changes = self._cells(sorted_rows)
        self._hand_made()
        for sub in self.submissions:
            if sub.sha256 in self.again:
                continue
            issued = self.state.packs.get(sub.pack or "")
            self.account.add(*forms_not_in_use(SubmissionScan(sub, stamp(sub.sent_at, sub.sha256)), issued, self.views))
        typed = self.book.settle(self.views)
        self.keys.update(typed.keys)
        self.moved.update(typed.moved)
        self.account.add((), self._split())
        not_entered = self._not_entered()
        count_again(self.account.edits, self.again, self.account.count)
        result = MergeResult(
            changes=tuple(changes),
            new_rows=tuple(self.new_rows),
            opened=self.book.opened(),
            closed=self.book.closed(),
            counts=self.account.counts(),
            outcomes=self.account.outcomes(),
            moved=self.moved,
            seen=self.seen,
            keys=self.keys,
            not_entered=not_entered,
            findings=self.account.all_findings(),
        )
        aside = unused(self.account.edits_set_aside(), lambda: fold_run(self.state, result, ()), self.views.names)
        return replace(result, aside=aside) if aside else result

    def _split(self) -> Iterator[Finding]:
        """Two rows of the master that seem to be one: see `merge.copies.Split`."""
        told: set[tuple[str, frozenset[str]]] = set()
        for split in (split for side in self.packs.values() if side.copies for split in side.copies.split):
            view, rows = self.views.forms[split.form], (split.row_id, split.other)
            key, other = ((self.keys.get((split.form, r)) or self.state.keys.get((split.form, r), "")) for r in rows)
            pair = split.form, frozenset((key, other))
            if key and other and key != other and pair not in told:
                told.add(pair)
                table = split.scan.sub.tables[split.form]
                at = table.at(split.scan.rows[split.form][split.row_id], view.name_field)
                facts = {**facts_of(split.scan), "row_id": key}
                yield Finding("M115", Severity.WARNING, at, key, split.form, view.name_field, key, other, facts)

    def _not_entered(self) -> dict[str, tuple[NotEntered, ...]]:
        """What waits because of the master or for an answer after this run; the items are made anew."""
        used = {s.sha256: s for s in self.submissions if not s.set_aside}
        edits = [e for e in self.account.edits_set_aside(CAUSES) if e.scan.sub.sha256 in used]
        new = [(e.scan.sub.sha256, NotEntered(e.form, e.row_id, e.field, e.row_key, e.why)) for e in edits]
        for sub in (s for s in used.values() if s.unread):
            unreadable = (e for e in self.account.edits if e.outcome == "unreadable" and e.scan.sub.sha256 == sub.sha256)
            new += ((sub.sha256, entry) for entry in unread_of(sub, unreadable, self.schema))
        found = still_waiting(new, self.again, self.state, self.views.forms)
        if not found and not self.state.not_entered:
            return found
        for item_id in [i for i, item in self.book.items.items() if item.kind is Kind.NOT_ENTERED]:
            del self.book.items[item_id]
        sources = {
            s.sha256: Provenance(s.sha256, s.department, s.pack or "", s.sender, s.sent_at, s.file)
            for s in self.submissions
            if s.sha256 in found
        }
        waiting = {**self.state.not_entered, **found}
        self.book.items.update((item.id, item) for item in items_of(waiting, sources, self.state))
        return found

    def _set_aside(self, side: Side) -> None:
        """Submissions marked 不采用: their edits are only counted."""
        for scan_ in side.scans:
            for form_id, rows in scan_.rows.items():
                for row_id, i in rows.items():
                    key = self.state.keys.get((form_id, row_id), row_id)
                    self.account.add(set_aside(side, scan_, self.views, form_id, row_id, i, key))
            self.account.add(blocked_rows(side, scan_, self.views, self.state)[0])

    def _rows(self, side: Side, rows: Sorted) -> None:
        """Handle rows that are decided as a whole: blocked, key twice in the master, deleted, not returned."""
        for scan_ in side.scans:
            if scan_.only is not None:
                continue
            edits, findings = blocked_rows(side, scan_, self.views, self.state)
            self.account.add(edits, findings)
            missing = missing_rows(side, scan_, self.views, self.state)
            self.account.count(scan_.sub).rows_missing = len(missing)
            self.account.add((), missing)
        for (form_id, row_id), key in rows.deleted.items():
            self.account.add(delete_edit(side, form_id, row_id, key, self.views, self.book))
        for (form_id, row_id), key in rows.twice.items():
            for scan_ in side.scans:
                if (i := scan_.rows.get(form_id, {}).get(row_id)) is None:
                    continue
                edits = [e._replace(why="twice") for e in set_aside(side, scan_, self.views, form_id, row_id, i, key)]
                field_id = self.views.forms[form_id].key_field
                at = scan_.sub.tables[form_id].at(i, field_id)
                twice = Finding("R902", Severity.ERROR, at, key, form_id, field_id, key, facts=facts_of(scan_))
                self.account.add(edits, (twice,) if edits else ())

    def _added(self, sorted_rows: Mapping[str, Sorted]) -> None:
        """Rows that only a submission has, one after the other in the order sent: add them at once or let them wait.

        A key that a department typed is its row's if it is free and no other department of this run wants it. So it does not matter whether
        two packs of one department come in one run or in two.
        """
        rows = [row for found in sorted_rows.values() for row in found.added.values()]
        rows.sort(key=lambda r: (r.scans[0][0].at, r.form, r.scans[0][1]))
        typed: dict[tuple[str, str], set[str]] = {}
        for row in rows:
            if row.typed_key:
                typed.setdefault((row.form, row.typed_key), set()).add(self.views.names.own(row.side.pack.department))
                self.views.maker(row.form).take(row.typed_key)
        done: set[tuple[str, RowId]] = set()
        for n, row in enumerate(rows):
            view, key, pack = self.views.forms[row.form], row.typed_key, row.side.pack.id
            if (row.form, row.row_id) in done:
                continue
            if key in view.index and is_of_older_pack(row, self.views, self.state):
                sorted_rows[pack].there[row.form, row.row_id] = self.keys[row.form, row.row_id] = key
                continue
            rule = view.form.add_rows
            clash = row_item_id(Kind.ADD_ADD, row.form, key or row.row_id)
            in_use = bool(key) and (key in view or len(typed[row.form, key]) > 1 or clash in self.book.items)
            decided = any(not is_blank(m.value) for m in row.side.moved.get((row.form, row.row_id), {}).values())
            if decided and all(scan_.only is not None for scan_, _ in row.scans):
                self._decided_before(row, key)  # a column that is read only now brings no row back that the PMO has refused
                continue
            if in_use or (rule == "row" and decided):
                self._wait(row, Kind.ADD_ADD, clash, key)
            elif rule == "row":
                same = of_one_key(row, rows[n + 1 :], self.views)
                done.update((other.form, other.row_id) for other in same)
                self._add_row(same, key)
            else:
                kind = Kind.NEW_TASK if rule else Kind.RIGHTS
                self._wait(row, kind, row_item_id(kind, row.form, row.row_id, pack), key)

    def _decided_before(self, row: Added, key: str) -> None:
        for scan_, i in row.scans:
            self.account.add(set_aside(row.side, scan_, self.views, row.form, row.row_id, i, key))

    def _wait(self, row: Added, kind: Kind, item_id: str, key: str) -> None:
        edits, seen = waiting_row(row, kind, item_id, key, self.views, self.book)
        self.account.add(edits)
        self.seen.update(seen)
        if edits:
            self.account.count(row.scans[0][0].sub).rows_new += 1

    def _add_row(self, same: Sequence[Added], key: str) -> None:
        """Add a row at once (problems). Its cells are decided like any others, against an empty row of the master. `same`: the row in the
        packs that have it."""
        row = same[0]
        view, side = self.views.forms[row.form], row.side
        scan_, i = row.scans[0]
        key = key or self.views.maker(row.form).next()
        view.add(key, {})
        sources: dict[str, Provenance] = {}
        wanted = {r.side.pack.id: r.row_id for r in same}
        for field_id in view.mergeable:
            cell = Cell(view, key, field_id, row.form)
            for verdict in settle_cell(cell, wanted, self.packs, self.views, self.book, added=True):
                self._take(verdict, cell)
                if verdict.claim:
                    view.put(key, field_id, verdict.claim.value)
                    sources[field_id] = verdict.claim.source
        filled = whole_row({f: view.value(key, f) for f in view.mergeable}, view)
        if not filled:
            view.added.pop(key)  # no readable value: the edits are counted, the row is not added
            return
        for own, department in view.own_department(side.pack.department).items():
            if own not in filled:
                filled[own] = department
                # As if issued with the row, so that a department named in any copy is newer.
                for pack, row_id in wanted.items():
                    self.moved[pack, CellKey(row.form, row_id, own)] = Moved(department, self.state.packs[pack].issued_at, "")
        for begins, value in begun(filled, view, scan_.sub.sent_at).items():
            filled[begins] = value
            for pack, row_id in wanted.items():
                self.moved[pack, CellKey(row.form, row_id, begins)] = Moved(value, self.state.packs[pack].issued_at, "")
        filled[view.key_field] = key
        if view.updated_field:
            filled[view.updated_field] = self.as_of
        view.add(key, filled)
        self.keys.update({(row.form, row_id): key for row_id in wanted.values()})
        source = scan_.source(row.form, i, view.key_field)
        sources = {f: s for f, s in sources.items() if f in filled and f != view.key_field}
        self.new_rows.append(NewRow(row.form, key, filled, row.row_id, source, sources))
        self.account.count(scan_.sub).rows_new += 1

    def _cells(self, sorted_rows: Mapping[str, Sorted]) -> list[CellChange]:
        """Decide every touched cell of rows on both sides, with all packs that touch it, against the master before this run."""
        touched: dict[tuple[str, str, str], dict[str, RowId]] = {}
        for pack, side in self.packs.items():
            there = sorted_rows[pack].there
            for scan_ in side.scans:
                for form_id, rows in scan_.rows.items():
                    both = [(row_id, i) for row_id, i in rows.items() if (form_id, row_id) in there]
                    view, issued = self.views.forms[form_id], side.issued_rows(form_id)
                    differ = list(differing(side, scan_, form_id, view, both))
                    if not side.moved and scan_.only is None and form_id not in scan_.shifted:  # else some differ from what was issued only
                        values = scan_.sub.tables[form_id].values
                        scan_.shifted[form_id] = shifted(issued, ((r, f, values[f][i]) for r, i, f in differ), view)
                    for row_id, _, field_id in differ:
                        touched.setdefault((form_id, there[form_id, row_id], field_id), {})[pack] = row_id
            for where, at in self.state.taken_back:
                if where == pack and (key := there.get((at.form, at.row_id))) is not None:
                    touched.setdefault((at.form, key, at.field), {})[pack] = at.row_id
            self._touch_waiting(pack, there, touched)
            if side.earlier:
                self._touch_repeated(side, there, touched)
        self._said(touched)
        judged: list[Judged] = []
        for (form_id, key, field_id), wanted in touched.items():
            cell = Cell(self.views.forms[form_id], key, field_id, form_id)
            verdicts = settle_cell(cell, wanted, self.packs, self.views, self.book, stops=self.reviews.of_cell)
            judged.append(Judged(cell, wanted, verdicts))
        for j in self.reviews.of_rows(judged):
            j.verdicts[:] = settle_cell(j.cell, j.wanted, self.packs, self.views, self.book, stops=self.reviews.stopped)
        changes: list[CellChange] = []
        for cell, _, verdicts in judged:
            for verdict in verdicts:
                changes += self._take(verdict, cell)
        for change in changes:
            self.views.forms[change.form].put(change.row_key, change.field, change.new)
        changes += self._released()
        changes += updated(changes, self.views, self.as_of)
        return in_order(changes, self.views)

    def _said(self, touched: Container[tuple[str, str, str]]) -> None:
        """Look up what the departments that send something now have said before about the touched cells, in other packs."""
        own = self.views.names.own
        sending = {own(side.pack.department) for side in self.packs.values()}
        known = {p.id: p for p in self.state.packs.values() if own(p.department) in sending}
        if len(known) == len(sending):
            return  # one pack each
        for settled, said in ((True, ((k, (m,)) for k, m in self.state.moved.items())), (False, self.state.seen.items())):
            for (pack, cell), values in said:
                if pack in known:
                    place = (cell.form, self.state.keys.get((cell.form, cell.row_id), cell.row_id), cell.field)
                    if place in touched:
                        self.views.said.setdefault(place, []).extend((known[pack], cell.row_id, v, settled) for v in values)

    def _released(self) -> list[CellChange]:
        """Let in what waited to be passed and is held back by nothing any more."""
        changes = []
        for item, value in self.reviews.released(self.book.items):
            assert item.field is not None
            view, source = self.views.forms[item.form], item.candidates[-1].source
            changes.append(
                CellChange(item.form, item.row_key, item.field, view.value(item.row_key, item.field), written(value), "merge", source)
            )
            view.put(item.row_key, item.field, value)
            for c in item.candidates:
                assert c.source.sent_at is not None
                cell = CellKey(item.form, c.row_id or item.row_key, item.field)
                self.moved[c.source.pack, cell] = Moved(c.value, c.source.sent_at, c.source.sha256)
            self.account.released += 1
            del self.book.items[item.id]
        self.book.items.update((item.id, item) for item in self.reviews.renamed(self.book.items))
        return changes

    def _touch_waiting(
        self, pack: str, there: Mapping[tuple[str, RowId], str], touched: dict[tuple[str, str, str], dict[str, RowId]]
    ) -> None:
        """Add the cells for which this pack has an open item: a newer copy may answer it without differing from the baseline."""
        for (form_id, key, field_id), ids in self.book.by_cell.items():
            for item_id in ids:
                item = self.book.items.get(item_id)
                for c in item.candidates if item else ():
                    row_id = c.row_id or key
                    if c.source.pack == pack and there.get((form_id, row_id)) == key:
                        touched.setdefault((form_id, key, field_id), {})[pack] = row_id

    @staticmethod
    def _touch_repeated(side: Side, there: Mapping[tuple[str, RowId], str], touched: dict[tuple[str, str, str], dict[str, RowId]]) -> None:
        """Add the cells in which an older copy has the value that counts already: it may be this copy's value, which newer ones knew."""
        for (form_id, row_id), fields in side.moved.items():
            for field_id, moved in fields.items() if (form_id, row_id) in there else ():
                if any(scan_.at < stamp_of(moved) and scan_.says(form_id, row_id, field_id, moved.value) for scan_ in side.scans):
                    touched.setdefault((form_id, there[form_id, row_id], field_id), {})[side.pack.id] = row_id

    def _take(self, verdict: Verdict, cell: Cell) -> list[CellChange]:
        """Apply a verdict to baselines, items and the account."""
        view, key, field_id, _ = cell
        side, book = verdict.side, self.book
        pack, where = side.pack.id, CellKey(cell.form, verdict.row_id, field_id)
        self.account.add(verdict.edits)
        self.account.stays += verdict.stays
        self.account.passed.update(verdict.let_in)
        if verdict.moved:
            self.moved[pack, where] = verdict.moved
        if verdict.seen:
            self.seen[pack, where] = (*self.seen.get((pack, where), ()), *verdict.seen)
        asked = (cell.form, key, field_id) in book.by_cell
        if asked and verdict.settles:
            book.withdraw(cell.form, key, field_id, (pack,), verdict.settles)
        if asked and verdict.outdated:
            book.withdraw(cell.form, key, field_id, verdict.outdated, CELL_KINDS)
        if verdict.passed:
            other, row_id, moved = verdict.passed
            self.moved[other, CellKey(cell.form, row_id, field_id)] = moved
            book.withdraw(cell.form, key, field_id, (other,), CELL_KINDS)
        master = view.value(key, field_id)
        if verdict.waits:
            kind, candidate = verdict.waits
            book.withdraw(cell.form, key, field_id, (pack,), set(CELL_KINDS) - {kind})
            book.ask(
                cell_id(kind, cell.form, key, field_id),
                kind,
                cell.form,
                key,
                field_id,
                candidate,
                baseline=verdict.baseline,
                master=master,
                row_id=verdict.row_id,
                rule=verdict.rule if kind is Kind.REVIEW else "",
            )
        if asked and verdict.others_judged and verdict.other is None:
            book.withdraw(cell.form, key, field_id, (pack,), (Kind.COPIES,))
        beside = ((Kind.COPIES, verdict.other), (Kind.SHIFTED, verdict.shifted)) if verdict.other or verdict.shifted else ()
        for asked_beside, value in beside:
            if value is not None:
                book.ask(
                    cell_id(asked_beside, cell.form, key, field_id),
                    asked_beside,
                    cell.form,
                    key,
                    field_id,
                    value,
                    baseline=side.issued(cell.form, verdict.row_id, field_id, view.key_field),
                    master=written(verdict.claim.value) if verdict.claim else master,
                    row_id=verdict.row_id,
                )
        if verdict.claim is None or key in view.added or agree(master, written(verdict.claim.value)):
            return []
        return [CellChange(cell.form, key, field_id, master, written(verdict.claim.value), "merge", verdict.claim.source)]

    def _hand_made(self) -> None:
        for sub in self.submissions:
            if sub.pack is not None and sub.pack in self.state.packs:
                continue
            scan_ = SubmissionScan(sub, stamp(sub.sent_at, sub.sha256), only=self.again.get(sub.sha256))
            if sub.pack is not None and scan_.only is None:
                self.account.add((), (Finding("M106", Severity.WARNING, found=sub.pack, facts=facts_of(scan_)),))
            scan_.sub = replace(sub, pack=None)
            edits, findings = propose(scan_, self.views, self.book if not sub.set_aside else ItemBook(self.state))
            if sub.set_aside:
                edits = [e._replace(outcome="excluded") for e in edits]
            self.account.add(edits, findings)
            new_rows = {(e.form, e.record) for e in edits if e.row_key not in self.views.forms[e.form]}
            self.account.count(sub).rows_new = len(new_rows)
