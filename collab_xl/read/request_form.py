"""Read a form that is one sheet for one row (T12, the request form): the parts below its labels are rows of other forms. Pure.

In: the snapshot and the labels found on it.  Out: a Table per part, linked to the row by its title; `merge.references` puts the key in its
place once the row has one.  Source: `[request]` in the form's `form.toml`; decision 0053.

A part is a text beside its label (split by `request_text`), or a grid: headings and rows to the right of a label that is merged
downwards, or below a label alone in its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from collab_xl.catalogue import text as words_of
from collab_xl.forms import Form, RequestPart, Schema
from collab_xl.model.finding import Finding
from collab_xl.model.place import Address, Area
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Cell, Snapshot, Table
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.clues import Clues, years_in
from collab_xl.read.columns import ColumnReader, Special
from collab_xl.read.context import Context
from collab_xl.read.headings import EXACT, Mapped, Target, fold, lexicon
from collab_xl.read.labels import LabelForm, bare
from collab_xl.read.located import Located
from collab_xl.read.remarks import ParsedValue, finding
from collab_xl.read.request_text import split, with_kinds
from collab_xl.read.rows import says
from collab_xl.read.text import quoted, shown
from collab_xl.read.values import words_in

_MOST_ROWS, _LEAST_LABELS, _LONGEST = 200, 3, 24
_PLACE = regex(r"\{(\w+)\}")


class Section(Struct, frozen=True):
    """A part as it stands on the sheet."""

    part: RequestPart
    label: str
    at: Cell
    area: Area
    """The cells of the part beside or below its label."""
    lines: tuple[tuple[int, Mapping[int, Value]], ...]
    """Row → its filled cells by column, top to bottom."""
    headings: Mapping[int, str] = field(default_factory=dict)
    """Of a grid: column → field; its rows are the lines."""
    heading_row: int = 0

    @property
    def is_grid(self) -> bool:
        return bool(self.headings)


class Request(Struct, frozen=True):
    """The parts of a sheet that is a request form."""

    form: Form
    sections: tuple[Section, ...]

    def covers(self, row: int, col: int) -> bool:
        """Whether a cell belongs to the grid of a part, where no label is looked for."""
        return any(s.is_grid and (row, col) in s.area for s in self.sections)

    def meets(self, first: int, last: int) -> bool:
        """Whether rows overlap with a part: what stands there is no table of its own."""
        return any(s.at[0] <= last and first <= s.area.last_row for s in self.sections)


def find_request(snapshot: Snapshot, schema: Schema, context: Context) -> Request | None:
    """The parts of a request form; None for any other sheet: its labels stand below each other, and one of them is a part's."""
    form = next((f for f in schema.forms if f.request), None)
    if form is None or form.request is None or not 0 < len(snapshot.cells) <= _MOST_ROWS:
        return None
    parts = {fold(word): part for part in reversed(form.request.parts) for word in (*part.heading.values(), *part.aliases)}
    lex, title = lexicon(form, context.lang), form.id_of("title")
    wide = {(a.first_row, a.first_col): a for a in snapshot.merges}
    labels: dict[Cell, str] = {}
    own: dict[int, set[str]] = {}
    for row, col, value in _texts(snapshot):
        word = bare(value)
        target = lex.find(word)
        if target is not None or fold(word) in parts:
            labels[row, col] = word
        if target is not None:
            own.setdefault(col, set()).add(target.field)
    columns = {col for col, fields in own.items() if len(fields) >= _LEAST_LABELS and title in fields}
    found = [(at, parts[fold(word)]) for at, word in labels.items() if fold(word) in parts and at[1] in columns]
    if not found or _several(snapshot, labels, wide, lex, title):
        return None
    sections: list[Section] = []
    for at, part in found:
        if section := _section(snapshot, part, labels, at, wide, form, schema):
            sections = [s for s in sections if s.part is not part or s.is_grid]
            if not any(s.part is part for s in sections):
                sections.append(section)
    return Request(form, tuple(sections)) if sections else None


def _texts(snapshot: Snapshot) -> Iterator[tuple[int, int, str]]:
    for i, line in enumerate(snapshot.cells):
        for j, value in enumerate(line):
            if isinstance(value, str) and 0 < len(value) <= _LONGEST:
                yield snapshot.first_row + i, snapshot.first_col + j, value


def _several(snapshot: Snapshot, labels: Mapping[Cell, str], wide: Mapping[Cell, Area], lex: object, title: str) -> bool:
    """Whether the label of the title has several values beside it: a table with rows and columns swapped."""
    for (row, col), word in labels.items():
        target = lex.find(word)  # type: ignore[attr-defined]
        if target is not None and target.field == title:
            area = wide.get((row, col))
            right = range((area.last_col if area else col) + 1, snapshot.last_col + 1)
            return sum((row, c) not in labels and (row, c - 1) not in labels and says(snapshot.value(row, c)) for c in right) > 0
    return False


def _section(
    snapshot: Snapshot, part: RequestPart, labels: Mapping[Cell, str], at: Cell, wide: Mapping[Cell, Area], form: Form, schema: Schema
) -> Section | None:
    """None for a label without anything in its part."""
    row, col = at
    area = wide.get(at) or Area(row, col, row, col)
    beside = {c: snapshot.value(row, c) for c in range(area.last_col + 1, snapshot.last_col + 1)}
    first_col, first, last = area.last_col + 1, row, area.last_row
    if last == row and not any(says(v) for v in beside.values()):
        first_col, first = col, row + 1
    if last == row:
        last = max(first - 1, row)
        while last < snapshot.last_row and (last + 1, col) not in labels:
            cells = [snapshot.value(last + 1, c) for c in range(snapshot.first_col, snapshot.last_col + 1)]
            if not any(map(says, cells)) or (first_col > col and says(snapshot.value(last + 1, col))):
                break
            last += 1
    lines = []
    for r in range(first, last + 1):
        cells_of = {c: v for c in range(first_col, snapshot.last_col + 1) if says(v := snapshot.value(r, c))}
        if cells_of:
            lines.append((r, cells_of))
    if not lines:
        return None
    if len(lines[0][1]) > 1 and any((lines[0][0], c) in labels for c in lines[0][1]) and lines[0][0] == row and len(lines) == 1:
        # two labels with their values in one row: 资源需求 | … | 备注 | …
        nearest = min(c for c in lines[0][1] if (row, c) in labels) if any((row, c) in labels for c in lines[0][1]) else 0
        lines = [(row, {c: v for c, v in lines[0][1].items() if c < nearest})]
        if not lines[0][1]:
            return None
    area = Area(first, first_col, last, max(c for _, cells in lines for c in cells))
    headings, heading_row = _grid(part, lines, schema)
    if headings:
        lines = [(r, cells) for r, cells in lines if r > heading_row]
        area = Area(first, first_col, last, snapshot.last_col)
    return Section(part, labels[at], at, area, tuple(lines), headings, heading_row)


def _grid(part: RequestPart, lines: Sequence[tuple[int, Mapping[int, Value]]], schema: Schema) -> tuple[dict[int, str], int]:
    """Column → field of the first line with two headings of the part, and its row; ({}, 0) if there is none."""
    words = {fold(w): c.field for c in reversed(part.columns) for w in (*c.aliases, *c.heading.values())}
    words = {fold(w): f.id for f in schema.form_for_display(part.of).fields for w in f.heading.values()} | words
    for row, cells in lines:
        found: dict[int, str] = {}
        for col, value in cells.items():
            name = words.get(fold(bare(value))) if isinstance(value, str) else None
            if name and name not in found.values():
                found[col] = name
        if len(found) >= 2 or (found and len(cells) == 1 and len(part.columns) == 1 and len(lines) > 1):
            return found, row
    return {}, 0


def without_parts(found: LabelForm, request: Request, context: Context) -> LabelForm:
    """The labels of the row itself: labels of parts are no columns of the user's own, and what stands beside a grid's is a heading."""
    taken = {s.at: s for s in request.sections}
    fields = {m.col for m in found.matching.mapped}

    def of_the_row(number: int, at: Cell) -> bool:
        section = taken.get(at)
        return section is None or (number in fields and not section.is_grid)

    return found.only([p for n, p in enumerate(found.pairs, 1) if of_the_row(n, p.at)], context)


Parts = list[tuple[Table, Located, list[Finding]]]


def read_parts(snapshot: Snapshot, request: Request, row: Table, schema: Schema, context: Context) -> tuple[Parts, list[Finding]]:
    """The tables of the parts, each with what it says of itself, and the findings about parts that are not read.

    Args:
        row: the table with the one row the parts belong to.
    """
    title = row.readable(0, request.form.id_of("title"))
    asker = row.readable(0, request.form.request.asker) if request.form.request else None
    out: Parts = []
    findings: list[Finding] = []
    for section in request.sections:
        part = section.part
        form = schema.form_for_display(part.of)
        if len(form.fields) < 2 or not isinstance(title, str):  # the form is not installed
            findings.append(finding("H101", Address(snapshot.sheet, *section.at), form=request.form.id, found=quoted(section.label)))
            continue
        entries, cells, left = _entries(snapshot, section, form, context)
        findings += [finding("H126", at, form=form.id, found=quoted(piece), label=section.label) for at, piece in left]
        if entries:
            out.append(_read(snapshot, section, form, entries, cells, title, asker if isinstance(asker, str) else "", context))
    return out, findings


Places = list[dict[str, Cell]]


def _entries(
    snapshot: Snapshot, section: Section, form: Form, context: Context
) -> tuple[list[dict[str, Value]], Places, list[tuple[Address, str]]]:
    """The raw cells of every row of a part, the cell of each, and the texts that could not be split."""
    entries: list[dict[str, Value]] = []
    places: Places = []
    left: list[tuple[Address, str]] = []
    ids = {f.id for f in form.fields}
    if section.is_grid:
        for row, cells in section.lines:
            entry = {name: cells[col] for col, name in section.headings.items() if col in cells and name in ids}
            if entry:
                entries.append(entry)
                places.append({name: (row, col) for col, name in section.headings.items()})
        return entries, places, left
    directory = context.directory

    def is_word(text: str) -> bool:
        status = form.role("status")
        said = words_in(status, form, context).find(text) if status is not None else Unreadable(text)
        return not isinstance(said.value if isinstance(said, ParsedValue) else said, Unreadable)

    whole = section.part.how == "whole"
    lines: list[tuple[int, Mapping[int, Value]]] = list(section.lines)
    if whole:
        lines = [(lines[0][0], {min(lines[0][1]): "\n".join(shown(v) for _, cells in lines for v in cells.values())})]
    for row, cells in lines:
        at = (row, min(cells))
        found, unread = split(section.part, form, " ".join(shown(v) for v in cells.values()), directory, is_word)
        for one in found:
            entries.append({name: value for name, value in with_kinds(one, form, context.lang).items() if name in ids and value})
            places.append(dict.fromkeys(one, at))
        left += [(Address(snapshot.sheet, *at), piece) for piece in unread]
    return entries, places, left


def _read(
    snapshot: Snapshot,
    section: Section,
    form: Form,
    entries: list[dict[str, Value]],
    places: Places,
    title: str,
    asker: str,
    context: Context,
) -> tuple[Table, Located, list[Finding]]:
    """Read the entries as a sheet of headings and rows, and put every position back."""
    part, ids = section.part, {f.id for f in form.fields}
    for entry, at in zip(entries, places, strict=True):
        words = {"title": title, "department": _department(entry.get(form.department_field), context)}
        constants = {n: _PLACE.sub(lambda m, words=words: words.get(m[1], ""), v) for n, v in part.constants.items() if n in ids}  # type: ignore[misc]
        if part.asker and asker:
            constants.setdefault(part.asker, asker)
        for name, value in with_kinds(constants, form, context.lang).items():
            entry.setdefault(name, value.strip(" ·"))
            at.setdefault(name, section.at)
    names = [f.id for f in form.fields if any(f.id in entry for entry in entries)]
    heading = {c.field: c.heading[context.lang] for c in part.columns}
    rows = list(range(2, len(entries) + 2))
    laid_out = Snapshot(snapshot.sheet, 1, 1, [names, *([entry.get(n) for n in names] for entry in entries)])
    mapped = [
        Mapped(n, 1, heading.get(name, form.field(name).heading[context.lang]), Target(name, None, EXACT))
        for n, name in enumerate(names, 1)
    ]
    clues, near = _clues(snapshot, entries, context)
    read = ColumnReader(laid_out, form, near, clues, Special(laid_out), mapped, rows).read(
        {m.col: [e.get(m.field) for e in entries] for m in mapped}
    )
    findings = [
        replace(f, at=Address(snapshot.sheet, *cell))
        for f in read.findings
        if f.at is not None and (cell := _place(places, names, f.at, section)) != section.at  # what the sheet says elsewhere is told there
    ]
    values, raw = dict(read.values), dict(read.raw)
    if part.link in ids and part.link not in values:
        values[part.link] = raw[part.link] = [title] * len(entries)
    columns = {name: places[0].get(name, section.at)[1] for name in values}
    shown_at: dict[Cell, tuple[str, tuple[str, ...]]] = {}
    for name in names:
        if (cell := places[0].get(name, section.at)) != section.at:
            label = heading.get(name, form.field(name).heading[context.lang]) if section.is_grid else section.label
            shown_at[cell] = (label, (*shown_at.get(cell, ("", ()))[1], name))
    whole = Area(
        min(section.at[0], section.area.first_row), min(section.at[1], section.area.first_col), section.area.last_row, section.area.last_col
    )
    parts = []
    for i, at in enumerate(places):
        cells = {name: at.get(name, section.at) for name in values}
        one = Table(
            form.id, snapshot.sheet, whole, (section.at[0], section.heading_row or section.at[0]), columns, read.headings,
            [min(r for r, _ in at.values() if r >= section.area.first_row)], {n: [v[i]] for n, v in values.items()},
            {n: [v[i]] for n, v in raw.items()}, cells=cells,
        )  # fmt: skip
        parts.append(one)
    table = parts[0] if len(parts) == 1 else _joined(parts)
    why = words_of("read.word.why_part", context.lang, label=section.label, form=form.title[context.lang], count=len(entries))
    located = Located(form.id, snapshot.sheet, table.heading_rows, whole, {}, 0.0, why, shown_at, dict.fromkeys(shown_at, "exact"))
    return table, located, findings


def _joined(parts: Sequence[Table]) -> Table:
    first = parts[0]
    return replace(
        first,
        rows=[t.rows[0] for t in parts],
        values={n: [t.values[n][0] for t in parts] for n in first.values},
        raw={n: [t.raw[n][0] for t in parts] for n in first.raw},
        parts=tuple(enumerate(parts)),
        cells={},
    )


def _place(places: Places, names: Sequence[str], at: Address, section: Section) -> Cell:
    return places[at.row - 2].get(names[at.col - 1], section.at) if at.row >= 2 else section.at


def _department(value: Value, context: Context) -> str:
    said = shown(value).strip() if value is not None else ""
    return context.directory.find(said) or said


def _clues(snapshot: Snapshot, entries: Sequence[Mapping[str, Value]], context: Context) -> tuple[Clues, Context]:
    """What the sheet says about its years: one that it names in words goes before the time of the file (2024年Q3用户增长活动)."""
    texts = [v for line in snapshot.cells for v in line if isinstance(v, str)]
    raw = [v for entry in entries for v in entry.values()]
    named = Clues(replace(context, period=None), lambda: (), lambda: [snapshot.sheet, *texts])
    own = {y for v in raw for y in years_in(v)}
    if len(named.titled) == 1 or own:
        context = replace(context, period=None)
    return Clues(context, lambda: raw, lambda: [snapshot.sheet, *texts]), context
