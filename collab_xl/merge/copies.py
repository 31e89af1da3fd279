"""Several files of one pack: is one built on the other, and which rows do their blank rows make?

In: the matched files of a pack, those merged earlier too.  Out: `Copies.relation` of two files; `SubmissionScan.rows` with a row id of its
own for every row.  Pure.  Source: docs/facts/merge.md, Second copies; decision 0023.

Files are compared two by two, each with the pack as issued, so the answer depends neither on who sent them (one liaison mails for many) nor
on the order in which they arrive. The row id of a blank row is a place: the title decides which row stands in it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import permutations
from typing import Final, NamedTuple

from collab_xl.merge.scan import Side, SubmissionScan, place_of, titled
from collab_xl.merge.shifted import shifted_cells
from collab_xl.merge.view import FormView, MasterView, agree, folded_text, is_blank
from collab_xl.model.merge import MergeState
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Clear, Unreadable, Value


class Thresholds(NamedTuple):
    """When a later file is built on an earlier one, and when not. Tried on worlds of our own: decision 0023."""

    built_share: float = 0.5
    """A later file that has at least this share of the earlier one's changed cells is built on it …"""
    built_cells: int = 2
    """… if these are so many cells, or one free text."""
    apart_cells: int = 3
    """A later file that has none of so many changed cells or more was filled in without knowing the earlier one."""


THRESHOLDS: Final = Thresholds()
FREE_TEXT: Final = ("text", "longtext")
"""Kinds of fields in which two people do not write the same by chance."""

Changed = Mapping[tuple[str, RowId, str], tuple[Value, bool]]
"""(form, row id as issued, field) → the value, and whether it is free text."""


class Relation(Enum):
    """A later file of a pack, compared with an earlier one."""

    BUILT_ON = "built on"
    APART = "apart"
    UNCLEAR = "unclear"


def relation(later: Changed, earlier: Changed, at: Thresholds = THRESHOLDS) -> Relation:
    """How much of what the earlier file changed is in the later one."""
    common = [free for cell, (value, free) in earlier.items() if cell in later and agree(later[cell][0], value)]
    if len(common) >= at.built_share * len(earlier) and (len(common) >= at.built_cells or any(common)):
        return Relation.BUILT_ON
    return Relation.APART if not common and len(earlier) >= at.apart_cells else Relation.UNCLEAR


class Split(NamedTuple):
    """A blank place in which two files, one built on the other, have two rows."""

    scan: SubmissionScan
    """The file of this run."""
    form: str
    place: RowId
    row_id: RowId
    other: RowId


class Copies:
    """The files of one pack."""

    def __init__(self, side: Side, views: MasterView) -> None:
        self._side, self._views = side, views
        self._by_sha = {s.sub.sha256: s for s in (*side.scans, *side.earlier)}  # whole files: one taken again is in both
        self.files: Sequence[SubmissionScan] = sorted(self._by_sha.values(), key=lambda s: s.at)
        """In the order sent."""
        self._changed: dict[str, Changed] = {}
        self._known: dict[tuple[str, str], Relation] = {}
        self._bases: dict[str, SubmissionScan | None] = {}
        self.split: list[Split] = []
        """Rows of these files that seem to be one and stand in two rows, because a file between came later than both."""

    def relation(self, one: SubmissionScan, other: SubmissionScan) -> Relation:
        """Of the later to the earlier of two files."""
        earlier, later = (one, other) if one.at < other.at else (other, one)
        pair = later.sub.sha256, earlier.sub.sha256
        if pair not in self._known:
            found = relation(self._changes(pair[0]), self._changes(pair[1]))
            if found is Relation.BUILT_ON and (base := self.base(earlier)) is not None and self._made_from(later, base, earlier):
                found = Relation.UNCLEAR
            self._known[pair] = found
        return self._known[pair]

    def _made_from(self, later: SubmissionScan, base: SubmissionScan, other: SubmissionScan) -> bool:
        """Whether a file seems to be made from `base` and not from `other`, which was made from `base` too: of what `other` changed there,
        it has more cells as they are in `base` than as they are in `other`."""
        before, own, now = (self._changes(s.sub.sha256) for s in (base, other, later))
        held = back = 0
        for cell, (value, _) in own.items():
            if cell in before and agree(before[cell][0], value):
                continue
            held += cell in now and agree(now[cell][0], value)
            back += agree(now[cell][0], before[cell][0]) if cell in now and cell in before else cell not in now and cell not in before
        return back > held

    def is_built_on(self, scan: SubmissionScan, other: SubmissionScan) -> bool:
        """Whether the later of two files was made from the earlier one."""
        return self.relation(scan, other) is Relation.BUILT_ON

    def base(self, scan: SubmissionScan) -> SubmissionScan | None:
        """The newest earlier file that this one is built on."""
        sha = scan.sub.sha256
        if sha not in self._bases:
            earlier = (s for s in reversed(self.files) if s.at < scan.at)
            self._bases[sha] = next((s for s in earlier if self.is_built_on(scan, s)), None)
        return self._bases[sha]

    def apart(self, scan: SubmissionScan, sha256: str) -> bool:
        """Whether a file was filled in without knowing the file `sha256`."""
        other = self._by_sha.get(sha256)
        return other is not None and other is not scan and self.relation(scan, other) is Relation.APART

    def shifted(self, scan: SubmissionScan, form_id: str, row_id: RowId, field_id: str) -> bool:
        """Whether the cell is in a column that was sorted or shifted alone in this file."""
        return (row_id, field_id) in shifted_cells(self._side, scan, form_id, self._views.forms[form_id])

    def _changes(self, sha: str) -> Changed:
        """What differs from the pack as issued. In a blank row only free text counts: two problems share 一般 and 待处理 by chance."""
        if sha not in self._changed:
            self._changed[sha] = dict(self._differing(self._by_sha[sha]))
        return self._changed[sha]

    def _differing(self, scan: SubmissionScan) -> Iterator[tuple[tuple[str, RowId, str], tuple[Value, bool]]]:
        for form_id, rows in scan.rows.items():
            view, table = self._views.forms[form_id], scan.sub.tables[form_id]
            fields = [(f, table.values[f], view.fields[f].kind in FREE_TEXT) for f in view.mergeable if f in table.values]
            issued, filled = self._side.issued_rows(form_id), self._side.filled(form_id)
            shifted = shifted_cells(self._side, scan, form_id, view)
            for row_id, i in rows.items():
                place, base = scan.place(form_id, row_id), issued.get(row_id, {})
                for field_id, column, free in fields:
                    value, free = column[i], free and field_id != view.key_field
                    if (row_id, field_id) in shifted:
                        continue  # an accident proves nothing
                    if (not free and row_id not in filled) or (is_blank(value) and not isinstance(value, Clear)):
                        continue
                    before = row_id if field_id == view.key_field and base and field_id not in base else base.get(field_id)
                    if not isinstance(value, Unreadable) and not agree(value, before):
                        yield (form_id, place, field_id), (value, free and not isinstance(value, Clear))


def name_blank_rows(sides: Iterable[Side], state: MergeState, views: MasterView) -> None:
    """Give every row that stands in a blank place of a pack its own row id, where several files or runs used the place.

    The first row in a place keeps the place's row id. The same title in the same pack is the same row, whatever its place. Another title
    is another row, unless one file is built on the other: then it is a correction.
    """
    used: list[tuple[Side, Copies, str, frozenset[RowId]]] = []
    for side in sides:
        copies = side.copies = Copies(side, views)
        for form_id in views.forms:
            places = frozenset(side.issued_rows(form_id).keys() - side.filled(form_id))
            if places and any(not places.isdisjoint(scan.rows.get(form_id, ())) for scan in side.scans):
                used.append((side, copies, form_id, places))
    if used:
        known = _known(state, views, {(form_id, place) for _, _, form_id, places in used for place in places})
        for side, copies, form_id, places in used:
            _name(side, copies, places, known, views.forms[form_id])


class _Known(NamedTuple):
    """A row of earlier runs that stands in a blank place of a pack."""

    row_id: RowId
    title: Value
    """A title said for it, or its title in the master; None if it has none."""
    sha256: str = ""
    """A file that said something in it."""


def _known(state: MergeState, views: MasterView, places: Container[tuple[str, RowId]]) -> dict[tuple[str, RowId], list[_Known]]:
    """(form, row id in the pack), for these places → what is known of the rows of earlier runs that stand in it."""
    names = {form_id: view.name_field for form_id, view in views.forms.items()}
    found: dict[tuple[str, RowId], list[_Known]] = {}
    said = [(cell, moved) for (_, cell), moved in state.moved.items()]
    said += [(cell, moved) for (_, cell), values in state.seen.items() for moved in values]
    for cell, moved in said:
        if (place := (cell.form, place_of(cell.row_id))) in places:
            title = moved.value if cell.field == names.get(cell.form) else None
            found.setdefault(place, []).append(_Known(cell.row_id, title, moved.sha256))
    for (form_id, row_id), key in state.keys.items():
        if (form_id, place_of(row_id)) not in places:
            continue
        view = views.forms.get(form_id)
        title = view.value(key, view.name_field) if view and key in view and key not in view.twice else None
        found.setdefault((form_id, place_of(row_id)), []).append(_Known(row_id, title))
    return found


def _name(
    side: Side,
    copies: Copies,
    places: frozenset[RowId],
    known: Mapping[tuple[str, RowId], Sequence[_Known]],
    view: FormView,
) -> None:
    form_id = view.form.id
    at_hand = {scan.sub.sha256 for scan in copies.files}
    rows = _Rows({place: said for place in places if (said := known.get((form_id, place)))}, at_hand)
    merged_before = sorted(side.earlier, key=lambda s: s.at)
    for scan in [*merged_before, *side.scans]:
        found: dict[RowId, int] = {}
        if (usual := scan.rows.get(form_id)) is None:
            continue  # a part of the pack without this sheet
        later: list[tuple[RowId, int]] = []
        for row_id, i in usual.items():
            if row_id in places:
                later.append((row_id, i))
            else:
                found[row_id] = i
        for place, i in later:
            title = folded_text(scan.sub.tables[form_id].readable(i, view.name_field)) or _contents(scan, form_id, place, i, view)
            row_id = rows.find(scan, place, title, copies, found) or rows.new(scan, place, title, found)
            rows.note(scan, place, row_id, title)
            found[row_id] = i
            if row_id != place:
                scan.places[form_id, row_id] = place
        scan.rows[form_id] = found
    new = {scan.sub.sha256 for scan in side.scans}
    copies.split += (Split(a, form_id, place, row, other) for a, place, row, other in rows.split(copies, form_id) if a.sub.sha256 in new)


_UNTITLED: Final = "\x1f"
"""Not in any title."""


def _contents(scan: SubmissionScan, form_id: str, place: RowId, i: int, view: FormView) -> str:
    """What stands for the title of a row without one: two such rows with the same contents in one place are the same."""
    table = scan.sub.tables[form_id]
    filled = [(f, table.values[f][i]) for f in view.mergeable if f in table.values and not is_blank(table.values[f][i])]
    return f"{_UNTITLED}{place} {filled!r}"


class _Rows:
    """The rows known in the blank places of one form of a pack."""

    def __init__(self, known: Mapping[RowId, Sequence[_Known]], at_hand: Container[str]) -> None:
        self.titles: dict[RowId, set[str]] = {}
        self.at: dict[RowId, list[RowId]] = {}
        self.files: dict[RowId, set[str]] = {}
        """Row id → the files that said something in it."""
        self.by_file: list[tuple[SubmissionScan, RowId, RowId]] = []
        """(file, place, row id), in the order noted."""
        for place, found in known.items():
            self.at[place] = list(dict.fromkeys(row.row_id for row in found))
            for row in found:
                self.titles.setdefault(row.row_id, set()).update(() if row.title is None else (folded_text(row.title),))
                self.files.setdefault(row.row_id, set()).update((row.sha256,) if row.sha256 else ())
        for titles in self.titles.values():
            titles.update(() if titles else ("",))
        self.lost = {row_id for row_id, files in self.files.items() if not any(sha in at_hand for sha in files)}
        """Rows of files that are no longer at hand, so that nobody can compare them."""

    def find(self, scan: SubmissionScan, place: RowId, title: str, copies: Copies, used: Mapping[RowId, int]) -> RowId | None:
        """The known row that this one is. `title`: without one, its place and contents stand for it."""
        here = [row_id for row_id in self.at.get(place, []) if row_id not in used]
        for row_id in here:
            if scan.sub.sha256 in self.files.get(row_id, ()):
                return row_id
        for row_id in [*here, *(r for r in self.titles if r not in here and r not in used)]:
            titles = self.titles[row_id]
            if title in titles or row_id == titled(place, title) or (row_id in self.lost and "" in titles and _UNTITLED in title):
                return row_id
        newest = sorted(self.by_file, key=lambda noted: noted[0].at, reverse=True)
        for other, at, row_id in newest:
            if at == place and row_id not in used and other is not scan and copies.relation(scan, other) is Relation.BUILT_ON:
                return row_id
        return None

    def split(self, copies: Copies, form_id: str) -> Iterator[tuple[SubmissionScan, RowId, RowId, RowId]]:
        """(file, place, row id, row id of the other file), where one of the two files is built on the other and does not have its row."""
        by_place: dict[RowId, list[tuple[SubmissionScan, RowId]]] = {}
        for scan, place, row_id in self.by_file:
            by_place.setdefault(place, []).append((scan, row_id))
        for place, noted in by_place.items():
            for (scan, row_id), (other, its) in permutations(noted, 2):
                (earlier, row), (later, _) = sorted(((scan, row_id), (other, its)), key=lambda pair: pair[0].at)
                if row_id != its and row not in later.rows[form_id] and copies.is_built_on(later, earlier):
                    yield scan, place, row_id, its

    def new(self, scan: SubmissionScan, place: RowId, title: str, used: Mapping[RowId, int]) -> RowId:
        if place not in self.titles and place not in used:
            return place
        row_id = titled(place, title)
        return row_id if row_id not in used else titled(place, f"{title} {scan.sub.sha256}")

    def note(self, scan: SubmissionScan, place: RowId, row_id: RowId, title: str) -> None:
        self.by_file.append((scan, place, row_id))
        self.titles.setdefault(row_id, set()).add(title)
        if row_id not in self.at.setdefault(place, []):
            self.at[place].append(row_id)
