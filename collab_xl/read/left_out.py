"""Content of a sheet outside its tables; an import reports it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from collab_xl.catalogue import text
from collab_xl.forms import Schema
from collab_xl.model.finding import Finding
from collab_xl.model.place import Area
from collab_xl.model.sheets import Cell, Snapshot
from collab_xl.read.almost import closest
from collab_xl.read.context import Context
from collab_xl.read.headings import lexicon
from collab_xl.read.rows import says
from collab_xl.read.sheet import Parsed

_OF_ROWS = frozenset({"H106", "H107", "H108", "H109", "H110", "H111"})
"""Findings about a whole row."""
Left = tuple[Area, str]


def left_out(snapshot: Snapshot, parsed: Parsed) -> list[Left]:
    """Areas with content that is in no table and in no finding, from the top, each with its position: above, below, beside, between
    the tables, or calculated (rows with formulas only). Empty if the sheet has no table."""
    if not parsed.tables:
        return []
    told = {(f.at.row, f.at.col) for f in parsed.findings if f.at}
    told_rows = {row for f in parsed.findings if f.at and f.code in _OF_ROWS for row in _rows(f)}
    areas = [t.area for t in parsed.tables]
    kept: list[set[int]] = [{*range(t.heading_rows[0], t.heading_rows[1] + 1), *t.rows} for t in parsed.tables]
    out: dict[str, list[Cell]] = {}

    def known(n: int, row: int, col: int) -> bool:
        return row in kept[n] or row in told_rows or (parsed.tables[n].labelled and (row, col) in areas[n])

    for row, col in _filled(snapshot):
        inside = [n for n, a in enumerate(areas) if a.first_col <= col <= a.last_col]
        if (row, col) in told or any(known(n, row, col) for n in inside):
            continue
        out.setdefault(_where(snapshot, row, col, areas, bool(inside)), []).append((row, col))
    found = [(area, why) for why, cells in out.items() for area in grouped(cells)]
    return sorted(found, key=lambda left: (left[0].first_row, left[0].first_col))


def _rows(said: Finding) -> range:
    """The rows of a finding: one, or 3–202."""
    first, _, last = str(said.facts.get("row", "")).partition("–")
    row = said.at.row if said.at else 0
    return range(int(first), int(last) + 1) if first.isdecimal() and last.isdecimal() else range(row, row + 1)


def _filled(snapshot: Snapshot) -> Iterator[Cell]:
    for i, line in enumerate(snapshot.cells):
        for j, value in enumerate(line):
            if value is not None and says(value):
                yield snapshot.first_row + i, snapshot.first_col + j


def _where(snapshot: Snapshot, row: int, col: int, areas: Sequence[Area], inside: bool) -> str:
    if (row, col) in snapshot.formulas and inside:
        return "calculated"
    if row < min(a.first_row for a in areas):
        return "above"
    if not inside:
        return "beside"
    return "below" if row > max(a.last_row for a in areas if a.first_col <= col <= a.last_col) else "between"


def grouped(cells: Sequence[Cell]) -> Iterator[Area]:
    """Cells of one kind as blocks of rows; a blank row does not end a block."""
    rows = sorted({row for row, _ in cells})
    start = 0
    for n, row in enumerate(rows):
        if n + 1 == len(rows) or rows[n + 1] > row + 2:
            cols = [c for r, c in cells if rows[start] <= r <= row]
            yield Area(rows[start], min(cols), row, max(cols))
            start = n + 1


def why_none(snapshot: Snapshot, parsed: Parsed, schema: Schema, context: Context) -> str:
    """The reason why no table was found on a sheet; "" if one was."""
    lang = context.lang
    if parsed.tables:
        return ""
    if not any(says(v) for line in snapshot.cells for v in line):
        return text("read.word.none_blank", lang)
    if asked := next((q for q in parsed.questions if q.kind == "heading"), None):
        form = schema.form(asked.form)
        expected = form.field(form.id_of("title")).heading[lang]
        return text("read.word.none_asked", lang, row=asked.at.row, form=form.title[lang], expected=expected)
    best = closest(snapshot, schema, context)
    if best is None:
        return text("read.word.none_headings", lang)
    row, named, found = best
    title = found.field(found.id_of("title"))
    about = any((t := lexicon(found, lang).find(n)) is not None and t.field == title.id for n in named)
    lacks = text(f"read.word.none_lacks_{'more' if about else 'title'}", lang, expected=title.heading[lang])
    known = tuple(" ".join(n.split()) for n in named)
    return text("read.word.none_few", lang, row=row, named=known, form=found.title[lang], lacks=lacks, expected=title.heading[lang])
