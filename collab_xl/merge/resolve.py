"""Carry out what the PMO decided on the conflicts sheet.

In: the master as it is now, the answers, what the ledger knows.  Out: `Resolved`.  Pure.
Source: docs/facts/merge.md, Decisions: an item is asked again if its master value is no longer the value shown. A decided value is not
asked again when the same pack repeats it, so each candidate's baseline becomes the value that pack sent.

What a choice means:
  any item     later: it stays open with the reason, and is not asked about again until its candidates change
  one cell     master: unchanged · submission: use the candidate (`采用 研发部` if departments differ; of one department the newest) ·
               manual: use the typed value
  a whole row  master: unchanged · submission: add the row under its own key or the next one; for add/add add every candidate, the
               earliest with the key both wanted if that is free · manual: add the row under the typed key
  another key  master: unchanged · submission: write the edits into the row with that key · manual: into the row with the typed key
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from collab_xl.forms import Schema
from collab_xl.merge.cells import written
from collab_xl.merge.changes import in_order, updated
from collab_xl.merge.items import ItemBook, cell_id
from collab_xl.merge.references import now_called, row_with_keys, rows_called
from collab_xl.merge.rows import begun, whole_row
from collab_xl.merge.scan import stamp
from collab_xl.merge.view import FormView, MasterView, agree, is_blank
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.keys import key_text
from collab_xl.model.merge import Answer, Candidate, CellKey, Decision, Item, Kind, MasterShown, MergeState, Moved, Resolved
from collab_xl.model.plan import CellChange, NewRow
from collab_xl.model.record import replace
from collab_xl.model.sheets import RowId, Table
from collab_xl.model.values import Clear, Unreadable, Value

CHOICES = ("master", "submission", "manual", "later")


def resolve(
    master: Mapping[str, Table],
    answers: Sequence[Answer],
    state: MergeState,
    schema: Schema,
    directory: Directory,
    as_of: date,
) -> Resolved:
    """Carry out the answers in the order given.

    An answer that cannot be carried out changes nothing: its item stays open, and a finding M201 to M208 says why; its fact `item` is the
    item's id.
    """
    run = _Resolving(master, state, schema, directory)
    for answer in answers:
        run.take(answer)
    return run.result(as_of)


class _Refused(Exception):
    """An answer that cannot be carried out."""

    def __init__(self, code: str, found: str = "", expected: str = "") -> None:
        super().__init__(code)
        self.code, self.found, self.expected = code, found, expected


class _Resolving:
    def __init__(self, master: Mapping[str, Table], state: MergeState, schema: Schema, directory: Directory) -> None:
        self.state, self.views, self.book = state, MasterView(master, schema, directory, state), ItemBook(state)
        self.changes: list[CellChange] = []
        self.new_rows: list[NewRow] = []
        self.decisions: list[Decision] = []
        self.moved: dict[tuple[str, CellKey], Moved] = {}
        self.keys: dict[tuple[str, RowId], str] = {}
        self.asked_again: list[str] = []
        self.postponed: list[str] = []
        self.refused: list[str] = []
        self.findings: list[Finding] = []

    def take(self, answer: Answer) -> None:
        item = self.book.items.get(answer.item)
        try:
            if item is None:
                raise _Refused("M201", answer.item)
            if answer.choice not in CHOICES:
                raise _Refused("M208", answer.choice)
            if answer.choice == "later":
                self._later(item, answer)
            elif item.kind is Kind.NOT_ENTERED:
                self._not_entered(item, answer)
            elif item.kind is Kind.RENUMBERED:
                self._renumbered(item, answer)
            elif item.field is None:
                self._row(item, answer)
            else:
                self._cell(item, item.field, answer)
        except _Refused as no:
            self.refused.append(answer.item)
            self._find(no.code, item, no.found, no.expected)

    def _later(self, item: Item, answer: Answer) -> None:
        self.book.items[item.id] = replace(item, earlier=Decision(item.id, answer.choice, None, (), reason=answer.reason))
        self.postponed.append(item.id)

    def _not_entered(self, item: Item, answer: Answer) -> None:
        """What waits because of the master can only be refused; it comes in by itself when the master is mended."""
        if answer.choice != "master":
            raise _Refused("M206" if item.field else "M207", item.row_key or item.form)
        self._decide(item, answer, None, ())

    def _cell(self, item: Item, field_id: str, answer: Answer) -> None:
        view = self.views.forms.get(item.form)
        if view is None or item.row_key not in view or item.row_key in view.twice:
            if answer.choice != "master":
                raise _Refused("M207", item.row_key)
            self._decide(item, answer, None, item.candidates)
            return
        now = view.value(item.row_key, field_id)
        listed = item.master if isinstance(answer.shown, MasterShown) else answer.shown
        if not agree(now, listed):
            self.asked_again.append(item.id)
            self.book.items[item.id] = replace(item, master=now)
            self._find("M204", item, view.shown(field_id, now), view.shown(field_id, listed))
            return
        source, value = None, now
        if answer.choice == "submission":
            chosen = self._one(item, answer.department)
            source, value = chosen.source, written(chosen.value)
        elif answer.choice == "manual":
            value = written(self._typed(answer))
        if not agree(now, value):
            if view.held(item.row_key, field_id) or not view.has_column(field_id):
                raise _Refused("M206", view.shown(field_id, now))
            if field_id == view.key_field:
                value = self._new_key(view, item, value)
            self.changes.append(CellChange(item.form, item.row_key, field_id, now, value, "decision", source))
            view.put(item.row_key, field_id, value)
        self._decide(item, answer, value, item.candidates)

    def _new_key(self, view: FormView, item: Item, value: Value) -> str:
        """Change a key. The new key must be free, and packs that use the old key are updated."""
        key = self._free_key(view, key_text(value))
        for c in item.candidates:
            if c.source.pack:
                self.keys[item.form, c.row_id or item.row_key] = key
        self.keys.setdefault((item.form, item.row_key), key)
        return key

    def _free_key(self, view: FormView, key: str) -> str:
        if not key:
            raise _Refused("M203")
        if key in view or any(row.form == view.form.id and row.row_key == key for row in self.new_rows):
            raise _Refused("M205", key)
        self.views.maker(view.form.id).take(key)
        return key

    def _row(self, item: Item, answer: Answer) -> None:
        view, added = self.views.forms.get(item.form), list[Candidate]()
        if answer.choice != "master":
            if view is None:
                raise _Refused("M207", item.row_key or item.form)
            several = item.kind is Kind.ADD_ADD and answer.choice == "submission" and not answer.department
            added = list(item.candidates) if several else [self._one(item, answer.department)]
            first = self._first_key(view, item, added[0], answer)
            for n, candidate in enumerate(added):
                self._add(view, item, candidate, first if n == 0 else self.views.maker(item.form).next())
        self._decide(item, answer, self.new_rows[-len(added)].row_key if added else None, item.candidates)

    def _renumbered(self, item: Item, answer: Answer) -> None:
        """Edits of a row that seems to have another key now. Accepted, they are written where that row is as it was issued; a cell the PMO
        has changed since, or that is not open to the department, becomes a question of its own."""
        view, key = self.views.forms.get(item.form), item.row_key
        if answer.choice == "master":
            self._decide(item, answer, None, item.candidates)
            return
        if answer.choice == "manual":
            key = key_text(self._typed(answer))
        if view is None or key not in view or key in view.twice:
            raise _Refused("M207", key)
        (candidate,) = item.candidates
        pack = self.state.packs.get(candidate.source.pack)
        for field_id, value in candidate.row.items():
            now = view.value(key, field_id)
            if agree(now, value):
                continue
            open_to = pack is not None and self.views.may_edit(item.form, key, field_id, pack, (item.row_id,))
            issued = pack.forms.get(item.form, {}).get(item.row_id, {}).get(field_id) if pack is not None else None
            if open_to and agree(now, issued) and view.has_column(field_id) and not view.held(key, field_id):
                self.changes.append(CellChange(item.form, key, field_id, now, written(value), "decision", candidate.source))
                view.put(key, field_id, value)
            else:
                kind = Kind.CONFLICT if open_to else Kind.RIGHTS
                asked = Candidate(value, candidate.source, row_id=item.row_id, no_right=not open_to)
                item_id = cell_id(kind, item.form, key, field_id)
                self.book.ask(item_id, kind, item.form, key, field_id, asked, baseline=issued, master=now, row_id=item.row_id)
                self.asked_again.append(item_id)
        self.keys[item.form, item.row_id] = key
        self._decide(item, answer, key, item.candidates)

    def _first_key(self, view: FormView, item: Item, candidate: Candidate, answer: Answer) -> str:
        if answer.choice == "manual":
            return self._free_key(view, key_text(self._typed(answer)))
        wanted = key_text(candidate.row.get(view.key_field)) or (item.row_key if item.kind is Kind.DELETE_EDIT else "")
        if not wanted or (item.kind is Kind.ADD_ADD and wanted in view):
            return self.views.maker(item.form).next()
        return self._free_key(view, wanted)

    def _add(self, view: FormView, item: Item, candidate: Candidate, key: str) -> None:
        values = whole_row(candidate.row, view)
        for own, department in view.own_department(candidate.source.department).items():
            if own in values:
                continue
            values[own] = department
            if pack := self.state.packs.get(candidate.source.pack):
                self.moved[pack.id, CellKey(item.form, candidate.row_id, own)] = Moved(department, pack.issued_at, "")
        values = row_with_keys(values, view, self.views)
        if item.kind is not Kind.DELETE_EDIT:
            values |= begun(values, view, candidate.source.sent_at)
        values[view.key_field] = key
        view.add(key, values)
        for change in now_called(self.views, item.form, key, values.get(view.name_field)):
            self.changes.append(change)
            self.views.forms[change.form].put(change.row_key, change.field, change.new)
        row_id = candidate.row_id or item.row_id
        if row_id and row_id != key:
            self.keys[item.form, row_id] = key
        sources = {f: s for f, s in candidate.sources.items() if f in values and f != view.key_field}
        self.new_rows.append(NewRow(item.form, key, values, row_id, candidate.source, sources))

    def _one(self, item: Item, department: str) -> Candidate:
        """The chosen candidate: that of the named department, else of the only one; of its values the newest.

        Refused (M202) if several departments want different values and none is named, or if one does in files of which none is newer.
        """
        own = self.views.names.own
        found = [c for c in item.candidates if not department or own(c.source.department) == own(department)]
        if not found:
            raise _Refused("M202", department, self._said(item.candidates))
        newest = found[-1]
        others = [c for c in found if not agree(c.value, newest.value) or c.row != newest.row]
        several = any(own(c.source.department) != own(newest.source.department) for c in others)
        when = stamp(newest.source.sent_at, "")
        if several or any(stamp(c.source.sent_at, "") == when for c in others):
            raise _Refused("M202", department, self._said(found))
        return newest

    @staticmethod
    def _said(candidates: Sequence[Candidate]) -> str:
        """The departments; of only one, its files."""
        departments = list(dict.fromkeys(c.source.department for c in candidates))
        files = list(dict.fromkeys(c.source.file for c in candidates))
        return " / ".join(f"{departments[0]} {file}" for file in files) if len(departments) == 1 < len(files) else " / ".join(departments)

    @staticmethod
    def _typed(answer: Answer) -> Value:
        if isinstance(answer.value, Unreadable):
            raise _Refused("M203", answer.value.text)
        if is_blank(answer.value) and not isinstance(answer.value, Clear):
            raise _Refused("M203")
        return answer.value

    def _decide(self, item: Item, answer: Answer, value: Value, candidates: Sequence[Candidate]) -> None:
        """Close the item, and set the baseline of each candidate's pack to the value it sent."""
        offered = [c.value for c in candidates] + ([item.master] if item.kind is Kind.COPIES else [])
        refused = tuple(v for v in offered if item.field is not None and not agree(v, value))
        self.decisions.append(Decision(item.id, answer.choice, value, refused, reason=answer.reason))
        del self.book.items[item.id]
        for c in candidates:
            source = c.source
            if not source.pack or source.sent_at is None:
                continue
            said = {item.field: c.value} if item.field is not None else dict(c.row)
            for field_id, v in said.items():
                cell = CellKey(item.form, c.row_id or item.row_id or item.row_key, field_id)
                counts = self.state.moved.get((source.pack, cell)) if item.kind is Kind.COPIES else None
                self.moved[source.pack, cell] = counts._replace(value=value) if counts else Moved(v, source.sent_at, source.sha256)

    def _find(self, code: str, item: Item | None, found: str, expected: str) -> None:
        severity = Severity.NOTE if code == "M204" else Severity.WARNING
        form, key, field_id = (item.form, item.row_key, item.field) if item else (None, None, None)
        facts = {"item": item.id} if item else {}
        self.findings.append(Finding(code, severity, None, key, form, field_id, found, expected, facts))

    def result(self, as_of: date) -> Resolved:
        """The result, with 更新日期 of the rows changed or added."""
        changes = in_order(self.changes + updated(self.changes, self.views, as_of), self.views)
        rows = [
            replace(row, values={**row.values, day: as_of}) if (day := self.views.forms[row.form].updated_field) else row
            for row in rows_called(self.new_rows, self.views)
        ]
        typed = self.book.settle(self.views)
        self.keys.update(typed.keys)
        self.moved.update(typed.moved)
        again = tuple(item for i in dict.fromkeys(self.asked_again) if (item := self.book.items.get(i)))
        postponed = tuple(item for i in dict.fromkeys(self.postponed) if (item := self.book.items.get(i)))
        refused = tuple(dict.fromkeys(self.refused))
        return Resolved(
            tuple(changes),
            tuple(rows),
            tuple(self.decisions),
            self.book.closed(),
            self.moved,
            self.keys,
            again,
            refused,
            tuple(self.findings),
            postponed,
        )
