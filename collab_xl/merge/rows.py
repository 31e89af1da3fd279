"""Decide whole rows: added by a department, deleted in the master, not returned, blocked.

In: the scans of a pack's submissions.  Out: edits, items, findings, and the rows to add.  Pure.
Source: docs/facts/merge.md, Rows. The form says how a department may add rows (`add_rows`): at once, as a proposal,
or not at all. If not at all, the row becomes a rights item: its cells count in `rights`, and the PMO may accept it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from collab_xl.merge.cells import SubmittedEdit
from collab_xl.merge.items import ItemBook, row_item_id
from collab_xl.merge.scan import Side, SubmissionScan, same_as_baseline, stamp, stamp_of
from collab_xl.merge.view import FormView, MasterView, agree, folded_text, is_blank
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.keys import key_text
from collab_xl.model.merge import Candidate, CellKey, Kind, MergeState, Moved
from collab_xl.model.plan import Provenance
from collab_xl.model.record import Struct, field
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Unreadable, Value

SENT = "{sent}"
"""In `forms.Asked.starts`: when the file was sent."""
AddedRow = tuple[str, RowId]  # form, row id


class Added(Struct):
    """A row that exists only in the submissions of one pack."""

    side: Side
    form: str
    row_id: RowId
    key_field: str
    scans: list[tuple[SubmissionScan, int]] = field(default_factory=list)
    """(scan, record index) in the order sent."""

    @property
    def typed_key(self) -> str:
        """The key the department typed; "" if it typed none."""
        scan, i = self.scans[0]
        table = scan.sub.tables[self.form]
        return key_text(table.get(i, self.key_field))

    def title(self, view: FormView) -> str:
        """The title in the newest copy that has one, folded; "" without one."""
        titles = (folded_text(scan.sub.tables[self.form].readable(i, view.name_field)) for scan, i in reversed(self.scans))
        return next(filter(None, titles), "")


class Sorted(Struct):
    """The rows of one pack's submissions, sorted by their state in the master."""

    there: dict[tuple[str, RowId], str] = field(default_factory=dict)
    """(form, row id) → key, of rows that are in the master too."""
    deleted: dict[tuple[str, RowId], str] = field(default_factory=dict)
    added: dict[AddedRow, Added] = field(default_factory=dict)
    twice: dict[tuple[str, RowId], str] = field(default_factory=dict)
    """Rows whose key occurs more than once in the master."""


def sort_rows(side: Side, views: MasterView, state: MergeState) -> Sorted:
    """Sort every usable row of the pack's submissions."""
    found = Sorted()
    for scan in side.scans:
        for form_id, rows in scan.rows.items():
            view = views.forms[form_id]
            issued_rows = side.filled(form_id)
            if not state.keys and rows.keys() <= issued_rows and rows.keys() <= view.index.keys() and view.twice.isdisjoint(rows):
                found.there.update(((form_id, row_id), row_id) for row_id in rows)
                continue
            for row_id, i in rows.items():
                key = state.keys.get((form_id, row_id), "")
                if not key and row_id not in issued_rows:
                    added = found.added.setdefault((form_id, row_id), Added(side, form_id, row_id, view.key_field))
                    added.scans.append((scan, i))
                    continue
                key = key or row_id
                kind = found.twice if key in view.twice else found.there if key in view else found.deleted
                kind[form_id, row_id] = key
    return found


def is_of_older_pack(row: Added, views: MasterView, state: MergeState) -> bool:
    """Whether a row with a typed key is the row that another pack of the department added under this key, by its title: then it is an edit
    of that row. Under another title it may be another thing, so that is asked."""
    view, key, own = views.forms[row.form], row.typed_key, views.names.own
    if not (title := row.title(view)) or key in view.twice:
        return False
    rows = {row_id for (form, row_id), given in state.keys.items() if given == key and form == row.form}
    return any(
        cell.form == row.form and cell.row_id in rows and cell.field == view.name_field and folded_text(moved.value) == title
        for (pack, cell), moved in state.moved.items()
        if pack != row.side.pack.id and pack in state.packs and own(state.packs[pack].department) == own(row.side.pack.department)
    )


def of_one_key(row: Added, rows: Iterable[Added], views: MasterView) -> list[Added]:
    """The rows of this run that are the same new row: the same typed key and title, in packs of one department. The row itself is first."""
    view, own = views.forms[row.form], views.names.own
    found = [row]
    if row.typed_key and (title := row.title(view)):
        found += (
            other
            for other in rows
            if (other.form, other.typed_key, other.title(view)) == (row.form, row.typed_key, title)
            and other.side is not row.side
            and own(other.side.pack.department) == own(row.side.pack.department)
        )
    return found


def edits_of(side: Side, scan: SubmissionScan, view: FormView, row_id: RowId, i: int) -> list[tuple[str, Value, Value]]:
    """(field, baseline, submitted) of a row's cells that differ from their baseline, without looking at other submissions."""
    table, form_id = scan.sub.tables[view.form.id], view.form.id
    found = []
    for field_id in view.mergeable:
        if field_id not in table.values or (scan.only is not None and not scan.only.allows(form_id, row_id, field_id)):
            continue
        b, s = side.baseline(form_id, row_id, field_id, view.key_field), table.values[field_id][i]
        if not same_as_baseline(s, b, master_is_blank=True) and not side.repeats_blank_department(view, row_id, field_id, s):
            found.append((field_id, b, s))
    return found


def set_aside(
    side: Side, scan: SubmissionScan, views: MasterView, form_id: str, row_id: RowId, i: int, row_key: str
) -> list[SubmittedEdit]:
    """The edits of a row that is not used: each is excluded."""
    view = views.forms[form_id]
    there = row_key in view and row_key not in view.twice
    return [
        SubmittedEdit(scan, form_id, row_key, row_id, f, "excluded", b, view.value(row_key, f) if there else None, s, i)
        for f, b, s in edits_of(side, scan, view, row_id, i)
    ]


def renumbered(side: Side, form_id: str, row_id: RowId, views: MasterView) -> str:
    """The key that a row seems to have now which is no longer found by the key issued: the only row of the department with the title
    issued whose key was not issued in this pack. "" if there is none, or if the pack has two rows of that title."""
    view = views.forms[form_id]
    title = folded_text(side.issued(form_id, row_id, view.name_field, view.key_field))
    keys = view.names().get(title, []) if title else []
    if not keys or sum(folded_text(row.get(view.name_field)) == title for row in side.issued_rows(form_id).values()) > 1:
        return ""
    issued, known = side.filled(form_id), {key for (form, _), key in views.state.keys.items() if form == form_id}
    keys = [key for key in keys if key not in issued and key not in known]
    if own := view.department_field:
        keys = [key for key in keys if views.names.named(view.value(key, own), side.pack.department)]
    return keys[0] if len(keys) == 1 else ""


def delete_edit(side: Side, form_id: str, row_id: RowId, key: str, views: MasterView, book: ItemBook) -> list[SubmittedEdit]:
    """A row the PMO has deleted. If the department edited it, open an item: with the edits, if the row seems to have another key now,
    else with the whole row as it would be restored."""
    view, edits, called = views.forms[form_id], list[SubmittedEdit](), renumbered(side, form_id, row_id, views)
    kind = Kind.RENUMBERED if called else Kind.DELETE_EDIT
    for scan in side.scans:
        i = scan.rows.get(form_id, {}).get(row_id)
        if i is None:
            continue
        issued = {f: side.issued(form_id, row_id, f, view.key_field) for f in view.mergeable}
        # A copy with the issued value did not edit the cell, whatever was decided about another copy's value.
        differing = [(f, b, s) for f, b, s in edits_of(side, scan, view, row_id, i) if is_blank(s) or not agree(s, issued[f])]
        meant = [(f, s) for f, _, s in differing if not is_blank(s) and not isinstance(s, Unreadable)]
        for f, b, s in differing:
            alone = "unreadable" if isinstance(s, Unreadable) else "not_cleared"
            edits.append(SubmittedEdit(scan, form_id, key, row_id, f, "conflicts" if meant else alone, b, None, s, i))
        item_id = row_item_id(kind, form_id, row_id, side.pack.id)
        if not meant or _newer_waits(book, item_id, scan):
            continue
        if called:
            candidate = Candidate(None, scan.source(form_id, i, meant[0][0]), dict(meant), row_id)
            book.ask(item_id, kind, form_id, called, None, candidate, baseline=key, row_id=row_id, pack=side.pack.id)
            continue
        base = {f: side.baseline(form_id, row_id, f, view.key_field) for f in view.mergeable}
        row = {f: v for f, v in {**base, **dict(meant)}.items() if not is_blank(v) and not isinstance(v, Unreadable)}
        candidate = Candidate(None, scan.source(form_id, i, meant[0][0]), row, row_id)
        book.ask(item_id, kind, form_id, key, None, candidate, row_id=row_id, pack=side.pack.id)
    return edits


def _newer_waits(book: ItemBook, item_id: str, scan: SubmissionScan) -> bool:
    item = book.items.get(item_id)
    return item is not None and any(
        stamp(c.source.sent_at, c.source.sha256) > scan.at for c in item.candidates if c.source.pack == scan.sub.pack
    )


def waiting_row(
    added: Added, kind: Kind, item_id: str, key: str, views: MasterView, book: ItemBook
) -> tuple[list[SubmittedEdit], dict[tuple[str, CellKey], tuple[Moved, ...]]]:
    """A row that waits for the PMO (new task, no right to add, key in use): one candidate with the values of all copies.

    For a cell filled in two copies the newer value is used; a blank clears nothing.
    """
    outcome = {Kind.RIGHTS: "rights", Kind.ADD_ADD: "conflicts"}.get(kind, "excluded")
    side, form_id, view = added.side, added.form, views.forms[added.form]
    edits: list[SubmittedEdit] = []
    seen: dict[tuple[str, CellKey], tuple[Moved, ...]] = {}
    item = book.items.get(item_id)
    old = next((c for c in item.candidates if c.source.pack == side.pack.id), None) if item else None
    row: dict[str, Value] = dict(old.row) if old else {}
    sources: dict[str, Provenance] = dict(old.sources) if old else {}
    newest = dict(side.seen.get((form_id, added.row_id), {}))
    source = old.source if old else None
    for scan, i in added.scans:
        table = scan.sub.tables[form_id]
        meant = False
        for f, b, s in edits_of(side, scan, view, added.row_id, i):
            if isinstance(s, Unreadable) or is_blank(s):
                plain = "unreadable" if isinstance(s, Unreadable) else "not_cleared"
                edits.append(SubmittedEdit(scan, form_id, key, added.row_id, f, plain, b, None, s, i))
                if isinstance(s, Unreadable) and f != view.name_field:
                    row.setdefault(f, s)  # to be seen with the proposal; it is never written
                continue
            meant = True
            moved = side.moved.get((form_id, added.row_id), {}).get(f)
            if moved is not None and stamp_of(moved) > scan.at:
                edits.append(SubmittedEdit(scan, form_id, key, added.row_id, f, "excluded", b, None, s, i, "late"))
                continue
            newer = f not in row or f not in newest or newest[f] < scan.at
            edit = SubmittedEdit(scan, form_id, key, added.row_id, f, outcome, b, None, s, i)
            if f == view.name_field and f in row and folded_text(row[f]) != folded_text(s):
                edit = edit._replace(names=(row[f], s) if newer else (s, row[f]))
            edits.append(edit)
            if newer:
                row[f], newest[f] = s, scan.at
                sources[f] = scan.source(form_id, i, f)
                cell = (side.pack.id, CellKey(form_id, added.row_id, f))
                seen[cell] = (*seen.get(cell, ()), Moved(s, scan.sub.sent_at, scan.sub.sha256))
        if meant:
            for f in view.mergeable:  # include cells decided about earlier, so that the row is complete
                if f in table.values and f not in row and not is_blank(s := table.values[f][i]) and not isinstance(s, Unreadable):
                    row[f], sources[f] = s, scan.source(form_id, i, f)
            if source is None or stamp(source.sent_at, source.sha256) < scan.at:
                source = scan.source(form_id, i, view.key_field if kind is Kind.ADD_ADD else view.name_field)
    if source is not None and row and (seen or old is not None):
        candidate = Candidate(None, source, row, added.row_id, no_right=kind is Kind.RIGHTS, sources=sources)
        row_id, pack = ("", "") if kind is Kind.ADD_ADD else (added.row_id, side.pack.id)
        book.ask(item_id, kind, form_id, key, None, candidate, row_id=row_id, pack=pack)
    return edits, seen


def missing_rows(side: Side, scan: SubmissionScan, views: MasterView, state: MergeState) -> list[Finding]:
    """M101 for every row that was issued, is still in the master, and came back in no file of the pack: colleagues may send parts of it.

    Of the files of one run the one sent last says so.
    """
    if scan is not max((s for s in side.scans if s.only is None), key=lambda s: s.at):
        return []
    found = []
    for form_id, rows in side.pack.forms.items():
        view = views.forms.get(form_id)
        if view is None or view.form.departments is None:
            continue  # a read-only row need not come back
        if any(form_id in each.sub.resting for each in side.scans):
            continue  # it was issued without a sheet
        back = {row_id for each in (*side.scans, *side.earlier) for row_id in each.rows.get(form_id, ())}
        back |= {row_id for each in (*side.scans, *side.earlier) for row_id, _ in each.blocked.get(form_id, ())}
        if side.filled(form_id) <= back:
            continue
        for row_id, issued in rows.items():
            key = state.keys.get((form_id, row_id), row_id)
            if issued and row_id not in back and key in view:
                facts = _facts(scan)
                facts["name"] = issued.get(view.name_field) or ""
                found.append(Finding("M101", Severity.WARNING, None, key, form_id, None, facts=facts))
    return found


def blocked_rows(side: Side, scan: SubmissionScan, views: MasterView, state: MergeState) -> tuple[list[SubmittedEdit], list[Finding]]:
    """Rows whose row id or key occurs twice in the submission, or contradict each other. None of their cells is used."""
    edits: list[SubmittedEdit] = []
    findings: list[Finding] = []
    for form_id, rows in scan.blocked.items():
        view, table = views.forms[form_id], scan.sub.tables[form_id]
        for row_id, i in rows:
            key = state.keys.get((form_id, row_id), "") or (row_id if side.is_issued(form_id, row_id) else "")
            shown = key_text(table.get(i, view.key_field)) or key
            edits += (e._replace(why="blocked") for e in set_aside(side, scan, views, form_id, row_id, i, key or shown))
            at, code = table.at(i, view.key_field), "R903" if (form_id, i) in scan.unclear else "R901"
            facts = {**_facts(scan), "issued": row_id}
            findings.append(Finding(code, Severity.ERROR, at, shown or None, form_id, view.key_field, shown, facts=facts))
    return edits, findings


def _facts(scan: SubmissionScan) -> dict[str, object]:
    sub = scan.sub
    return {"department": sub.department, "file": sub.file or sub.sha256[:12], "sender": sub.sender, "pack": sub.pack or ""}


facts_of = _facts


def begun(values: Mapping[str, Value], view: FormView, sent_at: datetime | None) -> dict[str, Value]:
    """What a new row of the form holds besides `values`: it asks another department (`forms.Asked`) since the file that brings it was sent.
    {} where the file says something of the answer; in a row that names nobody to give it, what is available is such an answer: a plan."""
    form, said = view.form, {f for f, value in values.items() if not is_blank(value)}
    if form.asked is None:
        return {}
    stops = {found.id for clock in form.clocks if form.asks_another(clock) for name in clock.stops if (found := form.named(name))}
    if said & (stops if form.asked.by in said else {*form.asked.fields} - form.asked.starts.keys() | stops):
        return {}
    sent = sent_at.replace(tzinfo=None, second=0, microsecond=0) if sent_at is not None else None
    starts: dict[str, Value] = {f: sent if word == SENT else word for f, word in form.asked.starts.items() if f in view.fields}
    if any(f in said and values[f] != value for f, value in starts.items() if form.asked.starts[f] != SENT):
        return {}
    return {f: value for f, value in starts.items() if f not in said and value is not None}


def whole_row(values: Mapping[str, Value], view: FormView) -> dict[str, Value]:
    """The fields of a candidate row to write, in form order, without blank and unreadable ones."""
    return {f: values[f] for f in view.fields if f in values and not is_blank(values[f]) and not isinstance(values[f], Unreadable)}
