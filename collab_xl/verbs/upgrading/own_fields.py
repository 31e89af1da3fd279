"""For the verb `forms apply`: what sheet 字段 says becomes the master's fields, as one run (decision 0052).

Read the sheet, compare it with what is in force (hidden sheet), change columns, drop-downs and headings of the tables, and write what is in
force from now on. With one fault nothing is done. Undo and redo use the same plan with what was in force before or after.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from collab_xl.book.added_columns import with_words
from collab_xl.book.added_sheet import columns_used, refuse_shape
from collab_xl.book.parts import Structure
from collab_xl.build.form_sheet import donor, names_there
from collab_xl.catalogue import COMMA, text
from collab_xl.errors import FINDINGS, CollabError
from collab_xl.forms import InUse, load
from collab_xl.forms.in_use import of_master
from collab_xl.forms.own_fields import OWN_ID, FieldSaid, own_field, rows_of, said_in
from collab_xl.model.excel_limits import MAX_SHEET_NAME
from collab_xl.model.place import a1
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.run import SHAPE, Run
from collab_xl.model.shape import ChangedColumns, GrownTable, Shape, ShrunkTable
from collab_xl.model.sheets import Table, TableRef
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.field_lines import FieldFault, Wanted
from collab_xl.read.table import parse_table
from collab_xl.rules.field_lines import code_of, line_of, yes_no
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Listing, Report
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.form_sheets import listing, sources_of, structure_of, words_of
from collab_xl.verbs.sheets.service_edits import ROWS, RowChange, plan_rows
from collab_xl.verbs.sheets.service_sheets import home
from collab_xl.verbs.sheets.settings_rows import columns_of
from collab_xl.verbs.upgrading.wanted_fields import FIELDS, SERVICE

VERSION = "collab-xl/fields/1"
DAYS = ("date", "moment")
"""Kinds of fields that hold a date."""
Said = Mapping[str, tuple[FieldSaid, ...]]


class Change(Struct, frozen=True):
    """One thing that changes, for the report. `what`: added, adopted, renamed, hidden, shown, taken_out, revived, words, changed."""

    form: str
    field_id: str
    what: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def line(self, lang: str) -> str:
        return text(f"verbs.fields.{self.what}", lang, **self.facts)

    @property
    def json(self) -> dict[str, object]:
        facts = {name: list(value) if isinstance(value, tuple) else value for name, value in self.facts.items()}
        return {"form": self.form, "field": self.field_id, "what": self.what, **facts}


class FieldsPlan(Struct, frozen=True):
    """What brings a master's tables to other fields."""

    plan: Plan = field(default_factory=Plan)
    forms: tuple[InUse, ...] = ()
    changes: tuple[Change, ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    """(form, heading) of the columns that come."""
    stays: tuple[str, ...] = ()
    """A line for each column that an undo leaves, with the reason."""


def commit_fields(session: Session, found: FieldsPlan, codes: Plan | None = None, verb: str = "forms", **shape: object) -> str:
    """Write it as a run."""
    plan = found.plan + listing(session, found.forms) + (codes or Plan())
    plan += home(session, session.tables_for_viewing, verb=verb, run=session.master.new_run_id, waiting=len(session.state(packs=()).items))
    summary = {"fields": len(found.changes), SHAPE: {FIELDS: stored(session.master.forms, found), **shape}}
    return session.master.commit(session.record(verb, summary=summary), plan)


def stored(forms: Sequence[InUse], found: FieldsPlan) -> dict[str, Any]:
    """What the run's summary keeps of it."""
    before = {name: value for f in forms for name, value in rows_of(f.id, f.own).items()}
    after = {name: value for f in found.forms for name, value in rows_of(f.id, f.own).items()}
    told = [change.json for change in found.changes]
    return {"before": before, "after": after, "added": [list(a) for a in found.added], "told": told}


def faulty(session: Session, faults: Sequence[FieldFault], body: dict[str, object]) -> Report:
    """The report of a sheet with faults: nothing was applied."""
    service = session.schema.service(SERVICE)
    ref = session.ref(service)
    at = columns_of(ref, service)
    rows = []
    for fault in faults:
        cell = f"{ref.sheet}!{a1(fault.row, at.get(fault.column, ref.area.first_col))}"
        rows.append((cell, fault.text("what", session.lang), fault.text("fix", session.lang)))
    body["faults"] = [dict(zip(("cell", "what", "fix"), row, strict=True)) | {"fault": f.name} for row, f in zip(rows, faults, strict=True)]
    columns = tuple(text(f"verbs.column.{c}", session.lang) for c in ("cell", "found", "fix"))
    said = text("verbs.say.fields_faults", session.lang, n=len(rows), sheet=ref.sheet)
    step = NextStep("fields_faults", "forms apply", facts={"sheet": ref.sheet})
    return session.report(body, (said,), (Listing("", columns, tuple(rows)),), FINDINGS, then=step)


def new_codes(session: Session, wanted: Wanted) -> Plan:
    """The codes of new lines on sheet 字段, and what is meant by their blank cells."""
    service = session.schema.service(SERVICE)
    ref = session.ref(service)
    at = columns_of(ref, service)
    snapshot = session.snapshot(ref.sheet)
    own = {code_of(form, s.id): (form, s) for form, said in wanted.said.items() for s in said if s.is_own}
    edits = []
    for row, code in sorted(wanted.codes.items()):
        cells: dict[str, Value] = {"id": code}
        if code in own:
            form, said = own[code]
            line = line_of(session.schema.form(form), own_field(said), session.book_lang, hidden=said.hidden)
            asked = {"mark": None, "on_page": yes_no(bool(said.on_page), session.book_lang)}
            cells |= {name: value for name, value in {**line, **asked}.items() if name in at and snapshot.value(row, at[name]) is None}
        edits += [CellEdit(ref.sheet, row, at[name], snapshot.value(row, at[name]), cells[name]) for name in at if name in cells]
    return Plan(tuple(sorted((e for e in edits if e.old != e.new), key=lambda e: e[:3])))


def plan_fields(
    session: Session,
    structure: Structure,
    wanted: Said,
    drop: Sequence[tuple[str, str]] = (),
    cleared: frozenset[tuple[str, int, int]] = frozenset(),
    leaving: Collection[str] = (),
) -> FieldsPlan:
    """Bring the tables to these fields. The list on the hidden sheet is the caller's.

    Args:
        drop: (form, heading) of columns that an undo takes out where they are last, blank and unused.
        cleared: (sheet, row, column) of cells that the same run clears.
        leaving: forms whose sheets the same run takes out: nothing of their tables changes.

    Raises CollabError `refuse_shape`'s, `fields_heading_there`, `fields_heading_used`, `column_not_free` (when it is made).
    """
    refuse_shape(structure)
    out, forms = FieldsPlan(), []
    for used in session.master.forms:
        target = replace(used, own=tuple(wanted.get(used.id, ())))
        forms.append(target)
        if target.own != used.own and used.id not in leaving:
            made = _Table(session, structure, used, target, [h for form, h in drop if form == used.id], cleared).made()
            out = FieldsPlan(out.plan + made.plan, (), out.changes + made.changes, out.added + made.added, out.stays + made.stays)
    return replace(out, forms=tuple(forms))


class _Table:
    """The change of one form's table from the fields it has to those it shall have."""

    def __init__(
        self,
        session: Session,
        structure: Structure,
        used: InUse,
        target: InUse,
        drop: Sequence[str],
        cleared: frozenset[tuple[str, int, int]],
    ) -> None:
        self.session, self.structure, self.drop, self.cleared, self.lang = session, structure, drop, cleared, session.book_lang
        self.old = session.schema.form(used.id)
        self.new = of_master(load().form(used.id), target)
        self.ref: TableRef = session.form_ref(self.old)
        self.columns = dict(session.tables_for_viewing[used.id].columns)
        self.places = {h.casefold(): self.ref.area.first_col + n for n, h in reversed(list(enumerate(self.ref.headings)))}
        self.said = {s.id: s for s in target.own}
        self.was = {s.id: s for s in used.own}
        self.changes: list[Change] = []
        self.stays: list[str] = []

    def made(self) -> FieldsPlan:
        old = {f.id: f for f in self.old.fields}
        here: dict[int, int] = {}
        new: list[int] = []
        renamed: list[tuple[int, str, str]] = []
        hidden: list[tuple[int, bool]] = []
        dressed: list[tuple[int, bool]] = []
        as_shown: list[tuple[int, int]] = []
        words: list[tuple[int, str, str]] = []
        for n, f in enumerate(self.new.fields, 1):
            col, heading, was = self._column(f.id), f.heading[self.lang], old.get(f.id)
            if col is None:
                if OWN_ID.fullmatch(f.id):
                    new.append(n)
                    self._note("added", f.id, heading)
                continue
            here[n] = col
            now = self.ref.headings[col - self.ref.area.first_col]
            if now != heading:
                self._refuse_heading(now, heading, col)
                renamed.append((col, now, heading))
                self._note("renamed", f.id, heading, before=now)
            elif was is not None and was.heading[self.lang] != heading:  # renamed in Excel, which has adapted the formulas
                self._note("renamed", f.id, heading, before=was.heading[self.lang])
            if was is None:
                earlier = self.was.get(f.id, FieldSaid(""))
                aside = earlier.hidden and not earlier.out
                if aside:
                    hidden.append((col, False))
                self._note("shown" if aside else "adopted", f.id, heading, unreadable=self._unreadable(f.id))
                if OWN_ID.fullmatch(f.id) and not aside:
                    dressed.append((n, False))
                continue
            if (f.kind, f.of, f.access, f.help) != (was.kind, was.of, was.access, was.help) and OWN_ID.fullmatch(f.id):
                dressed.append((n, True))
                as_shown += self._shown_otherwise(col, was.kind, f.kind)
                if f.kind != was.kind:
                    self._note(
                        "kind",
                        f.id,
                        heading,
                        kind=text(f"model.field_kind.{f.kind}", self.session.lang),
                        unreadable=self._unreadable(f.id),
                    )
                    continue
            if [c.label for c in f.choices] != [c.label for c in was.choices]:
                if not any(d == n for d, _ in dressed):
                    words.append((col, words_of(was, self.lang), words_of(f, self.lang)))
                self._note("words", f.id, heading, words=tuple(c.label[self.lang] for c in f.choices))
            self._note_rest(f.id, heading)
        shrunk = self._left(old, hidden)
        words = self._ours(words)
        donor_bytes = self._donor() if new or dressed else b""
        last = self.ref.area.last_col
        grown = GrownTable(self.ref.name, donor_bytes, {**here, **{n: last + i for i, n in enumerate(new, 1)}}, tuple(new)) if new else None
        if shrunk is not None and grown is not None:
            shrunk = None
        changed = ChangedColumns(
            self.ref.name,
            donor_bytes if dressed else b"",
            here,
            tuple(renamed),
            tuple(hidden),
            tuple(dressed),
            tuple(as_shown),
            tuple(words),
        )
        shape = Shape(
            shrunk=(shrunk,) if shrunk is not None else (),
            grown=(grown,) if grown is not None else (),
            changed=(changed,) if changed else (),
        )
        added = tuple((self.new.id, self.new.fields[n - 1].heading[self.lang]) for n in new)
        return FieldsPlan(Plan(shape=shape) + self._page(renamed), (), tuple(self.changes), added, tuple(self.stays))

    def _shown_otherwise(self, col: int, was: str, kind: str) -> list[tuple[int, int]]:
        """Cells that would show something else in the format of the new kind, and be read as that: a date as a number, 12.5 as 1250 %, a
        share as a number, a number as a day."""
        snapshot = self.session.snapshot(self.ref.sheet)
        cells = ((row, snapshot.value(row, col)) for row in range(self.ref.data.first_row, self.ref.data.last_row + 1))

        def would(value: Value) -> bool:
            if isinstance(value, date):
                return kind not in DAYS
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                return False
            return kind in DAYS or (abs(value) >= 1 if kind == "percent" else was == "percent")

        return [(row, col) for row, value in cells if would(value)]

    def _note(self, what: str, field_id: str, heading: str, **facts: object) -> None:
        self.changes.append(Change(self.new.id, field_id, what, {"sheet": self.ref.sheet, "heading": heading, **facts}))

    def _note_rest(self, field_id: str, heading: str) -> None:
        """Who fills in, required, packs, weekly page, help."""
        a, b = self.old.field(field_id), self.new.field(field_id)
        lang = self.session.lang
        facts = [
            text(f"verbs.fields.said.{name}_{'yes' if after else 'no'}", lang)
            for name, before, after in (
                ("required", a.required, b.required),
                ("in_pack", a.in_pack, b.in_pack),
                ("on_page", field_id in self.old.beside, field_id in self.new.beside),
            )
            if before != after
        ]
        if a.access != b.access:
            facts.append(text(f"verbs.fields.said.access_{b.access}", lang))
        if a.help != b.help:
            facts.append(text("verbs.fields.said.help", lang))
        if facts:
            self._note("changed", field_id, heading, said=COMMA[lang].join(facts))

    def _column(self, field_id: str) -> int | None:
        """Its column: where the master's table has it, else by its heading or a former one. Another field's column is not its."""
        if field_id in self.columns:
            return self.columns[field_id]
        f, taken = self.new.field(field_id), set(self.columns.values())
        said, was = self.said.get(field_id), self.was.get(field_id)
        for heading in (f.heading[self.lang], *(said.former if said else ()), *([was.heading] if was else ()), *f.aliases):
            col = self.places.get(heading.casefold()) if heading else None
            if col is not None and col not in taken:
                return col
        return None

    def _refuse_heading(self, now: str, heading: str, col: int) -> None:
        other = self.places.get(heading.casefold())
        if other is not None and other != col:
            raise CollabError(
                "fields_heading_there", sheet=self.ref.sheet, cell=a1(self.ref.area.first_row, other), heading=heading, now=now
            )
        if now.casefold() != heading.casefold() and (part := columns_used(self.structure, [now], pivots=True)):
            raise CollabError("fields_heading_used", sheet=self.ref.sheet, heading=heading, now=now, part=part)

    def _left(self, old: Mapping[str, Any], hidden: list[tuple[int, bool]]) -> ShrunkTable | None:
        """Fields that the form goes without from now on."""
        there = {f.id for f in self.new.fields}
        gone = [f for f in self.old.fields if f.id not in there]
        dropped: list[str] = []
        for f in gone:
            col, said = self.columns.get(f.id), self.said.get(f.id)
            heading = self.ref.headings[col - self.ref.area.first_col] if col is not None else f.heading[self.lang]
            if said is not None and said.hidden and not said.out:
                if col is not None:
                    hidden.append((col, True))
                self._note("hidden", f.id, heading)
            elif heading in self.drop:
                dropped.append(heading)
            else:
                self._note("taken_out", f.id, heading)
        for f in self.old.set_aside:
            was, said, col = self.was.get(f.id), self.said.get(f.id), self._aside_column(f.heading[self.lang])
            if was is not None and was.hidden and not was.out and (said is None or said.out or not said.hidden) and f.id not in there:
                if col is not None:
                    hidden.append((col, False))
                self._note("taken_out", f.id, f.heading[self.lang])
        return self._dropped(dropped)

    def _aside_column(self, heading: str) -> int | None:
        return self.places.get(heading.casefold())

    def _dropped(self, headings: list[str]) -> ShrunkTable | None:
        """The columns that an undo takes out, if they are the last ones and nothing is in them."""
        if not headings:
            return None
        lang, ref = self.session.lang, self.ref
        tail = tuple(h for h in ref.headings if h in headings)
        for heading in headings:
            self._note("gone", next(f.id for f in self.old.fields if f.heading[self.lang] == heading), heading)
        why = ""
        if ref.headings[-len(tail) :] != tail:
            why = text("verbs.say.forms_columns_moved", lang, sheet=ref.sheet, headings=tail)
        else:
            snapshot = self.session.snapshot(ref.sheet)
            columns = range(ref.area.last_col - len(tail) + 1, ref.area.last_col + 1)
            cells = (
                (r, c) for r in range(ref.data.first_row, ref.area.last_row + 1) for c in columns if (ref.sheet, r, c) not in self.cleared
            )
            full = [(r, c) for r, c in cells if snapshot.value(r, c) is not None]
            if full:
                why = text("verbs.say.forms_columns_full", lang, headings=tail, cell=f"{ref.sheet}!{a1(*full[0])}")
            elif part := columns_used(self.structure, tail):
                why = text("verbs.say.forms_columns_used", lang, headings=tail, part=part)
        if why:
            self.stays.append(why)
            return None
        return ShrunkTable(ref.name, tail)

    def _ours(self, words: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
        """Without the drop-downs whose rule the user has changed: they stay as they are, and that is said."""
        part = self.structure.sheets[self.ref.sheet].part
        _, missed = with_words(self.structure.package.read(part), part, words)
        for col, _, new in (w for w in words if w[0] in missed):
            place = f"{self.ref.sheet}!{a1(self.ref.area.first_row, col)}"
            self.changes.append(Change(self.new.id, "", "own_drop_down", {"column": place, "words": new.strip('"')}))
        return [w for w in words if w[0] not in missed]

    def _donor(self) -> bytes:
        lists = names_there(self.structure, self.new, sources_of(self.session))
        return donor(self.new, self.lang, self.new.sheet[self.lang][:MAX_SHEET_NAME], self.ref.name, lists)

    def _unreadable(self, field_id: str) -> int:
        """How many cells of a column cannot be read as its field."""
        return sum(isinstance(v, Unreadable) for v in self._read.values.get(field_id, ()))

    @cached_property
    def _read(self) -> Table:
        """The table as it will be read."""
        headings = list(self.ref.headings)
        for f in self.new.fields:
            if (col := self._column(f.id)) is not None:
                headings[col - self.ref.area.first_col] = f.heading[self.lang]
        ref = replace(self.ref, headings=tuple(headings))
        snapshot = self.session.snapshot(self.ref.sheet)
        head = self.ref.area.first_row - snapshot.first_row
        lines = list(snapshot.cells)
        first = self.ref.area.first_col - snapshot.first_col
        lines[head] = (*lines[head][:first], *headings, *lines[head][first + len(headings) :])
        return parse_table(replace(snapshot, cells=tuple(lines)), ref, self.new, self.session.context())[0]

    def _page(self, renamed: Sequence[tuple[int, str, str]]) -> Plan:
        """The new heading above a column of 周报 that still has the old one."""
        edits = []
        by_heading = {new: old for _, old, new in renamed}
        for f in self.new.fields:
            place = self.session.names.get(f"wk_{self.new.id}.{f.id}")
            if place is None or f.heading[self.lang] not in by_heading:
                continue
            sheet, area = place
            old = self.session.snapshot(sheet).value(area.first_row - 1, area.first_col)
            if old == by_heading[f.heading[self.lang]]:
                edits.append(CellEdit(sheet, area.first_row - 1, area.first_col, old, f.heading[self.lang]))
        return Plan(tuple(edits))


def undo_fields(
    session: Session, structure: Structure | None, runs: Sequence[Run], plan: Plan, leaving: Collection[str]
) -> FieldsPlan | None:
    """Take back what these runs (latest first) did to the fields; also brings it again when an undo is undone. None if they did nothing.

    `plan`: what else the undo does. Raises as `plan_fields`, and `forms_on_screen`.
    """
    kept = [shape[FIELDS] for run in runs if (shape := run.summary.get(SHAPE) or {}).get(FIELDS)]
    if not kept:
        return None
    if session.master.book.stamp is None:
        raise CollabError("forms_on_screen", file=session.path.name)
    drop = [(form, heading) for each in kept for form, heading in each["added"]]
    cleared = frozenset((e.sheet, e.row, e.col) for e in plan.edits if e.new is None)
    return plan_fields(session, structure or structure_of(session), said_in(kept[-1]["before"]), drop, cleared, leaving)


def without_dropped(session: Session, plan: Plan, found: FieldsPlan) -> Plan:
    """The plan without its edits in columns that are taken out."""
    gone = {s.table: len(s.headings) for s in found.plan.shape.shrunk}
    lost = {(ref.sheet, ref.area.last_col - n) for ref in session.refs.values() for n in range(gone.get(ref.name, 0))}
    return replace(plan, edits=tuple(e for e in plan.edits if (e.sheet, e.col) not in lost)) if lost else plan


def new_lines(session: Session, after: Sequence[InUse]) -> tuple[Plan, dict[str, Any]]:
    """Lines on 字段 for fields that have none yet, after forms were added or brought to a newer version; and the run's summary of them."""
    service, lang = session.schema.service(SERVICE), session.book_lang
    if service.table not in session.refs:
        return Plan(), {}
    have = {str(row.get("id") or "") for row in session.service(SERVICE)}
    before = {f.id: f for f in session.schema.forms}
    changes = []
    for used in after:
        form = of_master(load().form(used.id), used)
        known = {f.id for f in (*before[form.id].fields, *before[form.id].set_aside)} if form.id in before else set()
        for f in form.fields:
            line = line_of(form, f, lang)
            if f.id not in known and line["id"] not in have:
                changes.append(RowChange(SERVICE, None, line))
    if not changes:
        return Plan(), {}
    plan, _ = plan_rows(session, changes)
    return plan, {ROWS: [change.stored for change in changes]}
