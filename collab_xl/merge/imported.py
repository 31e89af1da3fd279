"""Bring the rows of trackers into the master: which rows are the same, what of them is new, what clashes (decision 0059).

In: the records of trackers, the master, and what earlier imports read (the base).  Out: new rows, changes, questions.  Pure.

A record is the row of the master that
  1. an earlier import made of it (its ID was given to another row, so it has another one in the master);
  2. has its ID, unless the sheet has a numbering of its own, or the tracker now says word for word there what it said of another row;
  3. this tracker has said in the same words before, or that has its title, its start (or the day it was raised) and its owner or parent.
A record whose title alone agrees, or with another ID than its row had in the tracker, is asked about. Where titles recur they say nothing:
it is a new row.

cells of a row on both sides, B what this tracker said last (else any tracker), M the master, S the record
  S blank                        M stays; counted where B was not blank
  S as M                         nothing
  S unreadable, or no column     M stays
  S as B                         M stays: the tracker has not changed
  M as B, or M blank without B   S is taken
  all three differ, or no B      a question on 冲突处理: M stays
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from itertools import count, groupby
from operator import attrgetter

from collab_xl.forms import ANY, CLOSED, Field
from collab_xl.merge.changes import in_order, updated
from collab_xl.merge.items import ItemBook, cell_id, row_item_id
from collab_xl.merge.rows import begun, whole_row
from collab_xl.merge.scan import short_hash
from collab_xl.merge.view import FormView, MasterView, agree, folded_text
from collab_xl.model.dependency import dependency
from collab_xl.model.imported import PLAN, Imported
from collab_xl.model.keys import KeyMaker
from collab_xl.model.merge import Candidate, Kind
from collab_xl.model.place import Address
from collab_xl.model.plan import OWN, CellChange, NewRow, Provenance
from collab_xl.model.project_xml import UID_KEY
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.regex import regex
from collab_xl.model.values import Unreadable, Value, same_value

LONGEST_PREFIX = 16
"""Characters of a sheet's name in the IDs of its rows."""
_NAMELESS = regex(r"(?:sheet|工作表|表)\s*\d*", re.I)
"""A sheet whose name says nothing: its rows are called after the file."""
ALL = "all"
SAME, APART = "same", "apart"


class Record(Struct, frozen=True):
    """One record of a tracker. `values` has no blanks; the ID is not among them."""

    source: int
    """Number of the file in this import."""
    tracker: str
    """See `tracker_name`."""
    sheet: str
    part: int
    """Number of the table among those of its form on the sheet, from 0."""
    form: str
    key: str
    values: Mapping[str, Value]
    cells: Mapping[str, str]
    """Field → its cell in the file; also of the ID."""
    origin: Provenance
    address: Address
    """The cell of its ID, else its first."""
    department: str = ""
    """Said for rows that name none."""

    @property
    def place(self) -> tuple[str, int]:
        return self.sheet, self.part

    def at(self, field_id: str) -> Provenance:
        return self.origin._replace(cell=self.cells.get(field_id, self.origin.cell))


class RowQuestion(Struct, frozen=True):
    """What only a person can decide about rows. `word` makes it the same question in the next import.

    kind `sheets`: `found` are names of sheets that have the same rows, the answer is one of them or `all`.
    kind `same_row`: `found` are titles, the answer is `same` or `apart`.
    """

    kind: str
    source: int
    form: str
    word: str
    found: tuple[str, ...]
    options: tuple[str, ...]
    suggestion: str
    at: Address
    count: int
    """Records that wait for the answer."""


class Renamed(Struct, frozen=True):
    """A record that could not keep its ID: another row has it."""

    record: Record
    key: str
    numbering: bool
    """Its sheet has a numbering of its own; else the ID stands twice on the sheet."""


class Brought(Struct):
    """What an import does."""

    new: list[NewRow] = field(default_factory=list)
    changes: list[CellChange] = field(default_factory=list)
    said: dict[tuple[str, str, str], dict[str, Value]] = field(default_factory=dict)
    keys: dict[tuple[str, str, str], str] = field(default_factory=dict)
    questions: list[RowQuestion] = field(default_factory=list)
    renamed: list[Renamed] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    """Keys of the rows in which nothing changes."""
    asked: list[str] = field(default_factory=list)
    """Ids of the items on 冲突处理 that this import opens or changes."""
    not_cleared: list[tuple[str, str, str]] = field(default_factory=list)
    """(form, key, field) of cells that the tracker has emptied."""
    unreadable: int = 0
    repeated: int = 0
    """Records that another record of the file says word for word."""
    waiting: int = 0
    """Records that wait for an answer."""
    removed: list[str] = field(default_factory=list)
    """Keys of rows that came in before and were deleted from the master since."""
    kept: int = 0
    """Cells that differ and stay as they are, because a person said so of all."""
    own_kept: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """(form, heading) → keys of the rows whose cell of a column of one's own was changed in the tracker and in the master: the master
    stays."""
    held: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """(form, field or `own:<heading>`) → keys of the rows where the master has a formula in a cell that differs: it is not written."""
    moved: list[tuple[Record, str]] = field(default_factory=list)
    """Records that carry the ID of another row, with the key of the row they were told to be by their words."""
    missing: list[tuple[str, str]] = field(default_factory=list)
    """(form, key) of open rows that this tracker has said before and does not say now: the master keeps them."""


Answers = Callable[[RowQuestion], str | None]


def bring_in(
    records: Sequence[Record],
    views: MasterView,
    book: ItemBook,
    past: Imported,
    used: Mapping[str, frozenset[str]],
    answers: Answers,
    as_of: date,
    take: str = "",
    partly: Collection[str] = (),
) -> Brought:
    """Decide every record, file by file: a later file meets the rows of an earlier one.

    Args:
        partly: trackers of which not every sheet was read: what is not there may be on the others.
        take: what a person said of every cell that would be asked about: `submission` or `master`; "" for nothing.
        used: form id → keys given before, also to rows deleted since.
    """
    out = Brought()
    order = {form_id: n for n, form_id in enumerate(views.forms)}
    known = [r for r in records if r.form in order]
    ids: dict[str, list[str]] = defaultdict(list)
    for r in known:
        ids[r.form].append(r.key)
    makers = {
        f: KeyMaker(v.form.key_prefix, v.form.key_width, sorted({*v.index, *used.get(f, ()), *filter(None, ids[f])}))
        for f, v in views.forms.items()
    }
    newest: dict[tuple[str, str], dict[str, Value]] = {}
    for (_, form_id, key), said in past.rows.items():
        newest.setdefault((form_id, key), {}).update(said)
    titles = _Titles(views)
    elsewhere: dict[tuple[int, str], dict[str, set[str]]] = {}
    for _, of_file in groupby(sorted(known, key=lambda r: (r.source, order[r.form])), key=attrgetter("source")):
        for form_id, group in groupby(of_file, key=attrgetter("form")):
            view, maker = views.forms[form_id], makers[form_id]
            _Importing(view, views, book, past, newest, maker, titles, answers, elsewhere, out, take).take(list(group))
    out.missing = _missing([r for r in known if r.tracker not in partly], views, past, out)
    by_new = {(row.form, row.row_key) for row in out.new}
    out.changes = in_order(out.changes, views) + updated([c for c in out.changes if (c.form, c.row_key) not in by_new], views, as_of)
    return out


def _missing(records: Sequence[Record], views: MasterView, past: Imported, out: Brought) -> list[tuple[str, str]]:
    """The open rows that the trackers have said before and no longer say. None of a form with an open question, and none of a tracker that
    says none of its rows again: another file of the same name."""
    there = {(r.tracker, r.form) for r in records} & {(tracker, f) for tracker, f, key in past.rows if (tracker, f, key) in out.said}
    asked = {q.form for q in out.questions}
    found = dict.fromkeys(
        (f, key) for tracker, f, key in past.rows if (tracker, f) in there and f not in asked and key in views.forms[f].index
    )
    said = {(f, key) for tracker, f, key in out.said if (tracker, f) in there}
    return [(f, key) for f, key in found if (f, key) not in said and not _closed(views.forms[f], key)]


def _closed(view: FormView, key: str) -> bool:
    f = view.form.id_of("status")
    value = view.value(key, f) if f else None
    state = next((c for c in view.form.field(f).choices if c.id == value), None) if f else None
    return state is not None and state.state in CLOSED


class _Importing:
    """The records of one form in one file."""

    def __init__(
        self,
        view: FormView,
        views: MasterView,
        book: ItemBook,
        past: Imported,
        newest: dict[tuple[str, str], dict[str, Value]],
        maker: KeyMaker,
        titles: _Titles,
        answers: Answers,
        elsewhere: dict[tuple[int, str], dict[str, set[str]]],
        out: Brought,
        all_clashes: str,
    ) -> None:
        self.all_clashes = all_clashes
        self.view, self.form, self.views, self.book = view, view.form, views, book
        self.elsewhere = elsewhere
        """(file, form) → ID in the file → keys of its rows in the master, for the references of other forms."""
        self.past, self.newest, self.maker, self.titles, self.answers, self.out = past, newest, maker, titles, answers, out
        self.start = next((f for role in ("start", "raised", "due") if (f := self.form.id_of(role))), "")
        self.owner, self.title = self.form.id_of("owner"), self.form.id_of("title")
        self.parents = tuple(f.id for f in self.form.parents())
        self.matched: dict[int, str] = {}
        """Number of a record → the key of its row in the master."""
        self.claimed: set[str] = set()
        self.ids: set[tuple[str, str]] = set()
        """(sheet, ID) of every record."""
        self.called: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
        """Table → ID there → key in the master, where it is another."""

    # Which row is it

    def take(self, records: list[Record]) -> None:
        records, own = self._chosen(records)
        self.records = records
        self.ids = {(r.sheet, r.key) for r in records}
        self.names = self._names()
        self._by_key(own)
        self._by_words()
        waits = self._by_title()
        keys = self._new_keys(own, waits)
        for n, record in enumerate(records):
            if record.key and n in keys and keys[n] != record.key:
                self.called[record.place].setdefault(record.key, keys[n])
            if record.key and n in keys:
                self.elsewhere.setdefault((record.source, self.form.id), {}).setdefault(record.key, set()).add(keys[n])
        for n, record in enumerate(records):
            if n in waits:
                continue
            values = self._values(record, keys)
            if n in self.matched:
                self._update(record, self.matched[n], values)
            elif (gone := self._deleted(record)) is not None:
                self._gone(record, gone, values)
            else:
                self._add(record, keys[n], values)
            if n in keys and keys[n] != record.key and record.key:
                self.out.keys[record.tracker, self.form.id, self.names[n]] = keys[n]

    def _chosen(self, records: list[Record]) -> tuple[list[Record], set[tuple[str, int]]]:
        """The records without those said twice and those of sheets that are not imported; and the tables with a numbering of their own."""
        places: dict[tuple[str, int], dict[str, Record]] = {}
        own: set[tuple[str, int]] = set()
        drop: set[int] = set()
        for r in records:
            if r.key and (first := places.setdefault(r.place, {}).setdefault(r.key, r)) is not r and _same_record(first, r):
                drop.add(id(r))
                self.out.repeated += 1
        versions: list[list[tuple[str, int]]] = []
        seen: list[tuple[str, int]] = []
        for place, rows in places.items():
            for other in seen:
                shared = [(places[other][key], r) for key, r in rows.items() if key in places[other]]
                titled = sum(self._titled(a) == self._titled(b) for a, b in shared)
                if not shared:
                    continue
                if all(_same_record(a, b) for a, b in shared):
                    drop.update(id(b) for _, b in shared)
                    self.out.repeated += len(shared)
                elif 2 * titled >= len(shared) and other[0] != place[0]:
                    group = next((g for g in versions if other in g), None)
                    if group is None:
                        versions.append(group := [other])
                    if place not in group:
                        group.append(place)
                else:
                    own |= {other, place}
            seen.append(place)
        for group in versions:
            names = list(dict.fromkeys(sheet for sheet, _ in group))
            chosen = self._which_sheet(names, [r for r in records if r.place in group])
            if chosen == ALL:
                own |= set(group)
            drop.update(id(r) for r in records if r.place in group and chosen != ALL and r.sheet != chosen)
        kept = [r for r in records if id(r) not in drop]
        return kept, own & {r.place for r in kept}

    def _which_sheet(self, names: list[str], records: Sequence[Record]) -> str:
        """The sheet to import of several with the same rows; "" while that is open."""
        often = Counter(r.sheet for r in records)
        suggestion = max(names, key=lambda name: (often[name], names.index(name)))
        first = next(r for r in records if r.sheet == names[1])
        q = RowQuestion(
            "sheets", first.source, self.form.id, "\n".join(sorted(names)), tuple(names), (*names, ALL), suggestion,
            first.address, len(records),
        )  # fmt: skip
        said = self.answers(q)
        if said is None:
            if not any(q.word == other.word and q.kind == other.kind for other in self.out.questions):
                self.out.questions.append(q)
            self.out.waiting += len(records)
        return said or ""

    def _names(self) -> list[str]:
        """The name of each record in its tracker: its ID with sheet and table, and its title where the ID stands twice there."""
        seen: set[tuple[tuple[str, int], str]] = set()
        names = []
        for r in self.records:
            again = (r.place, r.key) in seen
            seen.add((r.place, r.key))
            names.append("\n".join((r.sheet, str(r.part), r.key, *((self._titled(r),) if again else ()))))
        return names

    def _by_key(self, own: set[tuple[str, int]]) -> None:
        first = {(r.place, r.key): n for n, r in reversed(list(enumerate(self.records)))}
        fits: dict[tuple[str, int], list[bool]] = defaultdict(list)
        there = {folded_text(self.view.value(key, self.title)) for key in (*self.view.index, *self.view.added)}
        here = {self._titled(r) for r in self.records}

        def numbered_again(r: Record, key: str) -> bool:
            """Whether a number now stands with another row's words: they say which row it is."""
            title, stands = self._titled(r), folded_text(self.view.value(key, self.title))
            return r.key.isdecimal() and title != stands and (title in there or stands in here)

        self._by_place_of_words()
        for n, r in enumerate(self.records):
            key = "" if n in self.matched else self.past.keys.get((r.tracker, self.form.id, self.names[n]), "")
            if key and key in self.view and key not in self.claimed and not numbered_again(r, key):
                self._match(n, key)
            elif (
                n not in self.matched
                and r.key
                and r.key in self.view
                and first[r.place, r.key] == n
                and (r.key.isdecimal() or _of_a_plan(r.key))
            ):
                known = (r.tracker, self.form.id, r.key) in self.past.rows
                titled = self._titled(r) == folded_text(self.view.value(r.key, self.title)) and not self._of_another_plan(r, r.key)
                fits[r.place].append(known or titled)
        own |= {place for place, found in fits.items() if 2 * sum(found) < len(found)}
        for n, r in enumerate(self.records):
            if n in self.matched or not r.key or r.key not in self.view or first[r.place, r.key] != n or r.place in own:
                continue
            if r.key in self.view.twice or r.key in self.claimed:
                continue
            if not numbered_again(r, r.key):
                self._match(n, r.key)

    def _by_place_of_words(self) -> None:
        """Records whose words this tracker said of one row, and which now carry the ID of another row that it says elsewhere: the column of
        IDs, or all the others, were sorted alone. The words are the row; numbers are given again whenever a row is put in."""
        base = {key: said for (tracker, form, key), said in self.past.rows.items() if form == self.form.id and key in self.view.index}
        titles: dict[str, list[str]] = defaultdict(list)
        for key, said in base.items():
            titles[folded_text(said.get(self.title))].append(key)
        here = Counter(self._titled(r) for r in self.records)
        moved: dict[int, str] = {}
        for n, r in enumerate(self.records):
            title, stands = self._titled(r), base.get(r.key)
            if not title or stands is None or r.key.isdecimal() or _of_a_plan(r.key) or here[title] > 1 or len(titles[title]) != 1:
                continue
            (key,) = titles[title]
            was = folded_text(stands.get(self.title))
            id_then = base[key].get(self.view.key_field)
            if key != r.key and was != title and here[was] and isinstance(id_then, str) and id_then != r.key and self._said_before(r, key):
                moved[n] = key
        for n, key in moved.items():
            if key not in self.claimed and key not in self.view.twice:
                self._match(n, key)
                self.out.moved.append((self.records[n], key))

    @cached_property
    def _plans(self) -> dict[str, set[str]]:
        """Key of a row → the plans of Project that have said it, by what their files say of themselves."""
        out: dict[str, set[str]] = defaultdict(set)
        for tracker, form, key in (*self.past.rows, *self.out.said):
            if form == self.form.id and tracker.startswith(PLAN):
                out[key].add(tracker)
        return out

    def _of_another_plan(self, r: Record, key: str) -> bool:
        """Whether a row came from another plan of Project than the record: then it is another task, whatever they are called."""
        return r.tracker.startswith(PLAN) and key in self._plans and r.tracker not in self._plans[key]

    def _by_words(self) -> None:
        """Records without an ID of the master: by what this tracker said before, then by title, start and owner or parent."""
        named: dict[str, list[str]] = defaultdict(list)
        for key in (*self.view.index, *self.view.added):
            if key not in self.claimed and key not in self.view.twice:
                named[folded_text(self.view.value(key, self.title))].append(key)
        often = Counter(self._titled(r) for r in self.records)
        for same in (self._said_before, self._strictly, self._loosely, self._other_department):
            for n, r in enumerate(self.records):
                if n in self.matched:
                    continue
                title = self._titled(r)
                found = [key for key in named.get(title, ()) if key not in self.claimed and not self._other_id(r, key) and same(r, key)]
                if found and (same not in (self._loosely, self._other_department) or (len(found) == 1 and often[title] == 1)):
                    self._match(n, found[0])

    def _named(self, r: Record, key: str) -> str:
        """A record and the row it may be: title, key, and what differs of start and owner."""
        base = self.newest.get((self.form.id, key), {}).get(self.view.key_field)
        parts = [str(r.values[self.title]), key]
        if isinstance(base, str) and r.key and base != r.key:
            parts[-1:] = [f"{base} → {r.key}"]
        for f in (self.start, self.owner):
            pair = (self.view.shown(f, self.view.value(key, f)), self.view.shown(f, r.values.get(f))) if f else ("", "")
            if pair[0] != pair[1]:
                parts.append(" → ".join(part or "–" for part in pair))
        return " ".join(parts)

    def _other_id(self, r: Record, key: str) -> bool:
        """Whether both have an ID of their tracker, and not the same. Numbers are given again when a row is put in."""
        base = self.newest.get((self.form.id, key), {}).get(self.view.key_field)
        if self._of_another_plan(r, key):
            return True
        return bool(r.key) and isinstance(base, str) and base != r.key and not (r.key.isdecimal() and base.isdecimal())

    def _renumbered(self, r: Record, key: str) -> bool:
        """Whether this tracker has said the row with an ID that it no longer has, and the record has an ID that no row has."""
        base = self.past.rows.get((r.tracker, self.form.id, key), {}).get(self.view.key_field)
        gone = isinstance(base, str) and (r.sheet, base) not in self.ids
        return gone and bool(r.key) and r.key not in self.view and not self._of_another_plan(r, key)

    def _said_before(self, r: Record, key: str) -> bool:
        base = self.past.rows.get((r.tracker, self.form.id, key))
        fields = (self.title, self.start, self.owner, *self.parents) if self._titled(r) else (*r.values, *(base or ()))
        return (
            base is not None
            and all(
                agree(r.values.get(f), base.get(f))
                for f in dict.fromkeys(fields)
                if f and not f.startswith(OWN) and f != self.view.key_field
            )
            and self._one_department(r, key)
        )

    def _other_department(self, r: Record, key: str) -> bool:
        """Whether only the department of a row of this tracker was changed there: title, start and owner are those it said before."""
        base = self.past.rows.get((r.tracker, self.form.id, key), {})
        fields = (self.title, self.start, self.owner)
        return self.view.department_field in r.values and all(
            f and base.get(f) is not None and agree(r.values.get(f), base[f]) for f in fields
        )

    def _strictly(self, r: Record, key: str) -> bool:
        if not self._titled(r):
            return all(agree(v, self.view.value(key, f)) for f, v in r.values.items() if f in self.view.mergeable and not _unread(v))
        same = self._alike(r, key)
        parent = any(same(f) and f in r.values for f in self.parents)
        return same(self.start) and (same(self.owner) or parent) and self._one_parent(r, key) and self._one_department(r, key)

    def _loosely(self, r: Record, key: str) -> bool:
        """Something besides the title agrees, and nothing speaks against it: what one side lacks may have been filled in since."""
        if not self._titled(r):
            return False
        same = self._alike(r, key)
        fields = [f for f in (self.start, self.owner) if f]
        blank = [f for f in fields if f not in r.values or self.view.value(key, f) is None]
        agreeing = [f for f in (*fields, *self.parents) if f in r.values and same(f)]
        known = (r.tracker, self.form.id, key) in self.past.rows and self.start in agreeing  # its owner may have changed
        fitting = known or all(f in blank or same(f) for f in fields)
        return bool(agreeing) and fitting and self._one_parent(r, key) and self._one_department(r, key)

    def _alike(self, r: Record, key: str) -> Callable[[str], bool]:
        def same(f: str) -> bool:
            if not f:
                return True
            a, b = r.values.get(f), self.view.value(key, f)
            if f == self.owner and isinstance(a, str) and isinstance(b, str):
                return folded_text(a) == folded_text(b)
            if isinstance(a, datetime) or isinstance(b, datetime):
                a, b = (v.date() if isinstance(v, datetime) else v for v in (a, b))
            return agree(a, b)

        return same

    def _one_parent(self, r: Record, key: str) -> bool:
        pairs = ((self.titles.key(self.form.field(f), r.values.get(f)), self.view.value(key, f)) for f in self.parents)
        return all(a is None or b is None or same_value(a, b) for a, b in pairs)

    def _one_department(self, r: Record, key: str) -> bool:
        """Whether the row may be of the record's department; where one side names none, yes."""
        f = self.view.department_field
        if not f:
            return True
        there, own = self.view.value(key, f), self.views.names.own
        a, b = (
            {own(name) for name in (value if isinstance(value, tuple) else (value,)) if isinstance(name, str) and name}
            for value in (r.values.get(f) or r.department, there)
        )
        return not a or not b or bool(a & b)

    def _by_title(self) -> set[int]:
        """The records of which only the title agrees with a row: asked about, unless the title recurs. Returns those that wait."""
        titles = Counter(self._titled(r) for r in self.records)
        rows: dict[str, list[str]] = defaultdict(list)
        for key in (*self.view.index, *self.view.added):
            rows[folded_text(self.view.value(key, self.title))].append(key)
        doubtful: dict[str, list[tuple[int, str]]] = {}
        for n, r in enumerate(self.records):
            title = self._titled(r)
            if n in self.matched or not title or titles[title] > 1 or len(rows.get(title, ())) != 1:
                continue
            key = rows[title][0]
            if key in self.claimed or key in self.view.twice or not self._one_department(r, key):
                continue
            if self._other_id(r, key) and not self._renumbered(r, key):
                continue
            doubtful.setdefault(APART if _closed(self.view, key) else SAME, []).append((n, key))
        waits: set[int] = set()
        for suggestion, pairs in doubtful.items():
            first = self.records[pairs[0][0]]
            word = short_hash(*sorted("\n".join((key, *map(repr, self._identity(self.records[n])))) for n, key in pairs))
            found = tuple(self._named(self.records[n], key) for n, key in pairs)
            q = RowQuestion("same_row", first.source, self.form.id, word, found, (SAME, APART), suggestion, first.address, len(pairs))
            said = self.answers(q)
            if said is None:
                self.out.questions.append(q)
                self.out.waiting += len(pairs)
                waits |= {n for n, _ in pairs}
            for n, key in pairs if said == SAME else ():
                self._match(n, key)
        return waits

    @cached_property
    def _telling(self) -> tuple[str, ...]:
        return tuple(f for f in (self.title, self.start, self.owner, *self.parents) if f)

    def _identity(self, r: Record) -> tuple[Value, ...]:
        return tuple(r.values.get(f) for f in self._telling)

    def _match(self, n: int, key: str) -> None:
        self.matched[n] = key
        self.claimed.add(key)

    def _titled(self, r: Record) -> str:
        value = r.values.get(self.title)
        return "" if _unread(value) else folded_text(value)

    # The keys of new rows

    def _new_keys(self, own: set[tuple[str, int]], waits: set[int]) -> dict[int, str]:
        """Number of a record → the key of its row."""
        keys = dict(self.matched)
        taken = {*self.view.index, *self.view.added, *self.claimed}
        prefixes = self._prefixes(own)
        for n, r in enumerate(self.records):
            if n in keys or n in waits or self._deleted(r) is not None:
                continue
            key, numbering = r.key, bool(r.key) and r.place in own
            if numbering:
                key = f"{prefixes[r.place]}-{r.key.removeprefix(UID_KEY)}"
            if key and (key in taken):
                key = next(again for number in count(2) if (again := f"{key}-{number}") not in taken and again not in self.maker)
            while not key or key in taken:
                key = self.maker.next()
            if r.key and key != r.key:
                self.out.renamed.append(Renamed(r, key, numbering))
            keys[n] = key
            taken.add(key)
        return keys

    def _prefixes(self, own: set[tuple[str, int]]) -> dict[tuple[str, int], str]:
        out: dict[tuple[str, int], str] = {}
        for sheet, part in sorted(own):
            first = next(r for r in self.records if r.sheet == sheet)
            name = "".join(
                first.origin.file.rpartition(".")[0].split()
                if _NAMELESS.fullmatch(sheet.strip()) or _of_a_plan(first.key)
                else sheet.split()
            )
            name = name[:LONGEST_PREFIX].rstrip("-_ ")
            out[sheet, part] = name if (sheet, 0) not in own or part == 0 else f"{name}-{part + 1}"
        return out

    # What of it is new

    def _values(self, r: Record, keys: Mapping[int, str]) -> dict[str, Value]:
        """The record with the keys of the master in place of the IDs and titles that its references name."""
        called = self.called.get(r.place, {})

        def now(f: Field, value: Value) -> Value:
            if f.kind == "references" and called:
                return tuple(_renamed_entry(e, called) for e in value) if isinstance(value, tuple) else value
            if f.kind != "reference":
                return value
            if f.of == self.form.id and value in called:
                return called[value]  # type: ignore[index]
            others = self.elsewhere.get((r.source, f.of), {}).get(value, set())  # type: ignore[arg-type]
            return next(iter(others)) if len(others) == 1 else self.titles.key(f, value)

        return {f: v if f.startswith(OWN) else now(self.form.field(f), v) for f, v in r.values.items()}

    @cached_property
    def _gone_rows(self) -> dict[tuple[str, ...], str]:
        """Tracker and what it said of a row → the row's key, for rows that came in before and were deleted from the master since."""
        found: dict[tuple[str, ...], str] = {}
        for (tracker, form_id, key), base in self.past.rows.items():
            if form_id == self.form.id and key not in self.view:
                said = tuple(base.get(f) for f in self._telling)
                if any(v is not None for v in said):
                    found[tracker, *map(repr, said)] = key
        return found

    def _deleted(self, r: Record) -> str | None:
        """The key of the row that this record was, if the row was deleted from the master since; None otherwise."""
        if r.key and r.key not in self.view and (r.tracker, self.form.id, r.key) in self.past.rows:
            return r.key
        return self._gone_rows.get((r.tracker, *map(repr, self._identity(r)))) if self._gone_rows else None

    def _add(self, r: Record, key: str, values: dict[str, Value]) -> None:
        own = self.form.departments
        if r.department and own is not None and own.id not in values:
            values[own.id] = (r.department,) if own.kind == "departments" else r.department
        values |= begun(values, self.view, r.origin.sent_at)
        values[self.view.key_field] = key
        self.view.add(key, {f: v for f, v in values.items() if not f.startswith(OWN)})
        self.titles.add(self.form.id, key, values.get(self.title))
        self._note(r, key, r.values)
        source = r.at(self.view.key_field)
        self.out.new.append(NewRow(self.form.id, key, values, source=source))

    def _note(self, r: Record, key: str, said: Mapping[str, Value]) -> None:
        if r.key:
            said = {**said, self.view.key_field: r.key}
        self.out.said.setdefault((r.tracker, self.form.id, key), {}).update(said)
        self.newest.setdefault((self.form.id, key), {}).update(said)

    def _update(self, r: Record, key: str, values: dict[str, Value]) -> None:
        mine = self.past.rows.get((r.tracker, self.form.id, key)) or {}
        titled = self._titled(r) == folded_text(self.view.value(key, self.title))
        base = mine or (self.newest.get((self.form.id, key), {}) if titled else {})  # one ID and two titles may be two things
        own = self.form.departments
        if r.department and own is not None and own.id not in values and self.view.value(key, own.id) is None:
            values = {**values, own.id: (r.department,) if own.kind == "departments" else r.department}
        before = len(self.out.changes), len(self.out.asked)
        for f, said in values.items():
            if f.startswith(OWN):
                self._own_cell(r, key, f, said, base)
            elif f in self.view.mergeable and f != self.view.key_field:
                self._cell(r, key, f, said, base)
        for f, was in base.items():
            if (
                f not in values
                and f in self.view.mergeable
                and f != self.view.key_field
                and was is not None
                and self.view.value(key, f) is not None
            ):
                self.out.not_cleared.append((self.form.id, key, f))
        if (len(self.out.changes), len(self.out.asked)) == before:
            self.out.unchanged.append(key)
        self._note(r, key, {f: v for f, v in r.values.items() if not _unread(v)})

    def _cell(self, r: Record, key: str, f: str, said: Value, base: Mapping[str, Value]) -> None:
        view, stands = self.view, self.view.value(key, f)
        if agree(said, stands) or (f in base and self._as_said(r, f, said, base[f])):
            return
        if _unread(said):
            self.out.unreadable += 1
            return
        if not view.has_column(f):
            return
        if view.held(key, f):
            self.out.held.setdefault((self.form.id, f), []).append(key)
            return
        known = f in base
        if (known and agree(stands, self._now_named(r, f, base[f]))) or (not known and stands is None):
            self.out.changes.append(CellChange(self.form.id, key, f, stands, said, "import", r.at(f)))
            view.put(key, f, said)
            return
        if self.all_clashes:
            self._as_told(r, key, f, said)
            return
        item_id = cell_id(Kind.HAND_MADE, self.form.id, key, f)
        candidate = Candidate(said, r.at(f))
        self.book.ask(item_id, Kind.HAND_MADE, self.form.id, key, f, candidate, baseline=base.get(f), master=stands)
        self.out.asked.append(item_id)

    def _own_cell(self, r: Record, key: str, f: str, said: Value, base: Mapping[str, Value]) -> None:
        """A column of one's own: as a field, but where both sides have changed the master stays and it is counted, not asked."""
        view, stands = self.view, self.view.value(key, f)
        if agree(said, stands) or (f in base and agree(said, base[f])):
            return
        if key not in view.added and not view.has_column(f):
            return
        heading = (self.form.id, f.removeprefix(OWN))
        if view.held(key, f):
            self.out.held.setdefault((self.form.id, f), []).append(key)
        elif agree(stands, base[f]) if f in base else stands is None:
            self.out.changes.append(CellChange(self.form.id, key, f, stands, said, "import", r.at(f)))
            view.put(key, f, said)
        elif self.all_clashes:
            self._as_told(r, key, f, said)
        elif f in base:
            self.out.own_kept.setdefault(heading, []).append(key)

    def _as_told(self, r: Record, key: str, f: str, said: Value) -> None:
        """A cell that differs, as a person said of all of them: from the tracker, or as it stands."""
        if self.all_clashes == "submission":
            self.out.changes.append(CellChange(self.form.id, key, f, self.view.value(key, f), said, "import", r.at(f)))
            self.view.put(key, f, said)
        else:
            self.out.kept += 1

    def _as_said(self, r: Record, f: str, said: Value, base: Value) -> bool:
        return agree(said, base) or agree(r.values.get(f), base)

    def _now_named(self, r: Record, f: str, base: Value) -> Value:
        """What the base is in the master: a reference is stored there by its key."""
        field_ = self.form.field(f)
        return self.titles.key(field_, base) if field_.kind == "reference" else base

    def _gone(self, r: Record, key: str, values: dict[str, Value]) -> None:
        """A row that was deleted from the master. Unchanged it stays deleted; changed it is a question."""
        base = self.past.rows.get((r.tracker, self.form.id, key), {})
        if all(f.startswith(OWN) or (f in base and agree(v, base[f])) for f, v in r.values.items()):
            self.out.removed.append(key)
            return
        item_id = row_item_id(Kind.DELETE_EDIT, self.form.id, key)
        candidate = Candidate(None, r.at(self.view.key_field), whole_row(values, self.view), key)
        self.book.ask(item_id, Kind.DELETE_EDIT, self.form.id, key, None, candidate, row_id=key)
        self.out.asked.append(item_id)
        self._note(r, key, {f: v for f, v in r.values.items() if not _unread(v)})


class _Titles:
    """Keys by the titles of rows: a record may name the row it belongs to by its title, as the parts of a request form do."""

    def __init__(self, views: MasterView) -> None:
        self._keys: dict[str, dict[str, set[str]]] = {}
        self._views = views
        for form_id, view in views.forms.items():
            for key in view.index:
                self.add(form_id, key, view.value(key, view.name_field))

    def add(self, form_id: str, key: str, title: Value) -> None:
        if name := folded_text(title) if isinstance(title, str) else "":
            self._keys.setdefault(form_id, {}).setdefault(name, set()).add(key)

    def key(self, of: Field, value: Value) -> Value:
        """The key of the only row with this title in a form (`ANY`: the first in tab order that has one); else the value itself."""
        if not isinstance(value, str) or of.kind != "reference":
            return value
        forms = [f for f in self._views.forms if of.of in (f, ANY)]
        if any(value in self._views.forms[f] for f in forms):
            return value
        title = folded_text(value)
        found = next((keys for f in forms if (keys := self._keys.get(f, {}).get(title))), set())
        return next(iter(found)) if len(found) == 1 else value


def _renamed_entry(entry: str, called: Mapping[str, str]) -> str:
    found = dependency(entry)
    return replace(found, key=called[found.key]).entry if found.key in called else entry


def _of_a_plan(key: str) -> bool:
    """Whether an ID is the number of a task in a file of Project."""
    return key.startswith(UID_KEY) and key.removeprefix(UID_KEY).isdecimal()


def _same_record(a: Record, b: Record) -> bool:
    return all(agree(a.values.get(f), b.values.get(f)) for f in {*a.values, *b.values} if not f.startswith(OWN))


def _unread(value: Value) -> bool:
    return isinstance(value, Unreadable)
