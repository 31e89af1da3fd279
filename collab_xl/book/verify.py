"""Check that a written workbook is the old one with the changes of the plan and no others.

In: the old and the new file and the plan.  Out: nothing, or CollabError `verify_failed` with the difference.
Source: docs/facts/file-format.md, Writing into a master.
It reads both files. To be independent of the writer, it shares only the splitting of sheets with it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from collab_xl.book.cell_xml import holds, ordered, same_text, writable
from collab_xl.book.odd_cells import workbook_without_odd_cells
from collab_xl.book.package import Package, Packed
from collab_xl.book.parts import Structure, rels_part
from collab_xl.book.read import as_value
from collab_xl.book.row_layout import SheetXml, in_usual_form, odd
from collab_xl.book.scan import formulas_in
from collab_xl.book.write_plan import WrittenSheet
from collab_xl.errors import CollabError
from collab_xl.model.place import Area, a1, column_number
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Cell, TableRef
from collab_xl.model.values import Link, Value, same_value

Grid = tuple[int, int, list[list[Any]]]
"""First row and column of a sheet, from 1, and the values that calamine reads from there on."""


def verify(source: Path, target: Path, plan: Plan, proven: Mapping[str, WrittenSheet] | None = None) -> None:
    """Compare the written file with the old file and the plan. Raises CollabError `verify_failed` with the fact `why`.

    Args:
        proven: sheets that were already compared; for these the target must contain exactly these compressed bytes.
    """
    try:
        old = Structure(Package(source.read_bytes(), source.name))
        new = Structure(Package(target.read_bytes(), target.name))
        if plan.shape:
            from collab_xl.book.added_sheet import prove_shape, reshaped  # only `forms` adds and removes sheets

            before, old = old, reshaped(old, plan.shape)
            prove_shape(before, old, plan.shape)
    except CollabError as error:
        raise error if error.code == "verify_failed" else _failed(f"unreadable: {error.code}") from error
    for sheet in (proven or {}).values():
        for entry, packed in sheet.parts.items():
            if entry not in new.package.entries or new.package.packed_bytes(entry) != packed.data:
                raise _failed(f"{entry} is not what was proven")
    compare(old, new, plan, proven or {})


def compare(old: Structure, new: Structure, plan: Plan, skip: Container[str] = (), loaded: Mapping[str, CutSheet] | None = None) -> None:
    """The same for two workbooks in memory.

    Args:
        skip: sheets whose cells are not compared.
        loaded: sheets of the old workbook whose rows were already split.
    """
    _entries(old, new, plan)
    for name, area in plan.tables.items():
        if name not in new.tables or new.tables[name][0].area != area:
            raise _failed(f"table {name} does not have the range {area}")
    edits = _by_sheet(plan, [sheet for sheet in _touched(old, plan) if sheet not in skip])
    with_values = [sheet for sheet, its in edits.items() if its or any(new.tables[t][0].sheet == sheet for t in plan.tables)]
    shortened = _compared(old, new, plan, edits, with_values, loaded or {})
    _values(old, new, {sheet: edits[sheet] for sheet in with_values}, _grids(shortened, with_values), plan)


def _by_sheet(plan: Plan, sheets: Iterable[str]) -> dict[str, list[CellEdit]]:
    """The plan's edits of each of these sheets."""
    edits: dict[str, list[CellEdit]] = {sheet: [] for sheet in sheets}
    for sheet, its in groupby(plan.edits, key=itemgetter(0)):
        if sheet in edits:
            edits[sheet].extend(its)
    return edits


def _compared(
    old: Structure,
    new: Structure,
    plan: Plan,
    edits: Mapping[str, Sequence[CellEdit]],
    with_values: Container[str],
    loaded: Mapping[str, CutSheet],
) -> io.BytesIO:
    """Compare the XML of these sheets. Returns the new workbook with only the rows that calamine has to read."""
    shortened: dict[str, Packed] = {}
    for sheet, its in edits.items():
        before = loaded.get(sheet) or _cut(old, sheet)
        after = _cut(new, sheet, before)
        _sheet(old, before, after, sheet, its, plan)
        if sheet in with_values:
            read = _rows_to_read(new, after, sheet, its) if after.as_stored else new.package.read(after.xml.part)
            shortened[_entry(new, after)] = Packed.stored(read)
    return _with_parts(new, shortened)


def _failed(why: str) -> CollabError:
    return CollabError("verify_failed", why=why)


def _touched(structure: Structure, plan: Plan) -> list[str]:
    named = {*map(itemgetter(0), plan.edits), *plan.hidden, *plan.page_footers, *plan.heights}
    named |= {structure.tables[t][0].sheet for t in plan.tables if t in structure.tables}
    return [s for s in structure.sheets if s in named]


def _entries(old: Structure, new: Structure, plan: Plan) -> None:
    """Check that every entry outside the plan exists, in order, with equal CRC, size and compressed bytes."""
    a, b = old.package, new.package
    chain = old.part("calcChain")
    may_change = {old.sheets[s].part for s in _touched(old, plan)} | {old.tables[t][1] for t in plan.tables if t in old.tables}
    may_go: set[str] = set()
    if plan:
        may_change.add(old.workbook_part)
    if chain and plan:
        may_go.add(chain)
        if b.find(chain) is None:
            may_change |= {rels_part(old.workbook_part), "[Content_Types].xml"}
            if chain in {r.target for r in new.rels.values()} or chain.encode() in b.read("[Content_Types].xml"):
                raise _failed("calcChain is gone but still named")
    folded = {name.casefold() for name in may_change}
    left = [e for e in a.entries.values() if e.name in b.entries or e.name.casefold() not in {m.casefold() for m in may_go}]
    if [e.name for e in left] != list(b.entries):
        raise _failed("parts are missing, added or in another order")
    for entry in left:
        if entry.name.casefold() in folded:
            continue
        other = b.entries[entry.name]
        if (entry.crc, entry.size_bytes) != (other.crc, other.size_bytes) or a.raw(entry.name) != b.raw(entry.name):
            raise _failed(f"{entry.name} changed")


class _AscendingColumns(dict[bytes, bool]):
    """Cache: whether column letters, each followed by a space, are valid and ascend. Most rows of a sheet have the same columns."""

    def __missing__(self, letters: bytes) -> bool:
        names = letters.split()
        if len(self) >= 4096:
            self.clear()
        self[letters] = all(x.isalpha() for x in names) and ordered([column_number(x.decode()) for x in names])
        return self[letters]


_ASCEND = _AscendingColumns()


class CutSheet:
    """The rows of a sheet part, located once: row `numbers[i]` is at `starts[i]:starts[i + 1]` of `data`.

    `changed` are the rows whose bytes differ from those of `before`; empty without `before`. `as_stored`: whether `data` is as in the part;
    otherwise the rows were not in the usual form and were written again.
    """

    def __init__(self, xml: SheetXml, before: CutSheet | None = None) -> None:
        self.xml = xml
        self.prefix = xml.prefix
        self.as_stored = True
        self._locate(*xml.span, before)
        # A row that equals a row in the usual form byte for byte is in the usual form too.
        above = self.data[xml.span[1] : self.starts[0]]
        if odd(b"".join((above, *self.changed.values())) if before else xml.rows, self.prefix):
            self.as_stored = False
            data = in_usual_form(xml.rows, self.prefix, xml.namespaces, xml.part)
            self._locate(data, 0, len(data), before)

    def _locate(self, data: bytes, start: int, end: int, before: CutSheet | None) -> None:
        self.data = data
        tag = re.compile(b"<" + self.prefix + rb'row r="([0-9]+)"')
        tags = [(int(found[1]), found.start()) for found in tag.finditer(data, start, end)]
        self.numbers = [number for number, _ in tags]
        self.starts = [*(at for _, at in tags), end]
        self.changed: dict[int, bytes] = {}
        if before is not None:
            place = {number: i for i, number in enumerate(before.numbers)}
            was, starts = before.data, before.starts
            for number, (a, b) in zip(self.numbers, pairwise(self.starts), strict=True):
                chunk, i = data[a:b], place.get(number)
                if i is None or was[starts[i] : starts[i + 1]] != chunk:
                    self.changed[number] = chunk

    @cached_property
    def formulas(self) -> dict[Cell, str]:
        first, last = self.starts[0], self.starts[-1]
        if self.data.find(b"f", first, last) < 0 or self.data.find(b"<" + self.prefix + b"f", first, last) < 0:
            return {}
        return dict(formulas_in(self.data[first:last], self.prefix)[0])


def _cut(structure: Structure, sheet: str, before: CutSheet | None = None) -> CutSheet:
    part = structure.sheets[sheet].part
    return CutSheet(SheetXml(structure.package.read(part), part), before)


def _sheet(old: Structure, before: CutSheet, after: CutSheet, sheet: str, edits: Sequence[CellEdit], plan: Plan) -> None:
    if any(a >= b for a, b in pairwise(after.numbers)):
        raise _failed(f"{sheet}: rows do not ascend")
    refs = re.compile(b"<" + after.prefix + rb'c r="([A-Z]+[0-9]+)"')
    for number, chunk in after.changed.items():
        if places := refs.findall(chunk):
            letters = (b" ".join(places) + b" ").replace(b"%d " % number, b" ")  # the digits of a wrong row number remain
            if not _ASCEND[letters]:
                raise _failed(f"{sheet}: cells of row {number} do not ascend")
    if after.changed or before.numbers != after.numbers:
        was, now = before.formulas, after.formulas
        if was != now:
            _formulas(was, now, sheet, _planned_cells(old, sheet, edits, plan))
    _outside_of_rows(before, after, sheet)


class _Planned:
    """Cells whose formulas a plan may change: its edits, and rows that a resized table gains, loses or has totals in."""

    def __init__(self, cells: set[Cell], areas: list[Area]) -> None:
        self.cells, self.areas = cells, areas

    def __contains__(self, cell: object) -> bool:
        return cell in self.cells or any(cell in area for area in self.areas)


def _planned_cells(old: Structure, sheet: str, edits: Sequence[CellEdit], plan: Plan) -> _Planned:
    areas = []
    for name, area in plan.tables.items():
        ref = old.tables[name][0]
        if ref.sheet == sheet and ref.area != area:
            first = min(ref.area.last_row, area.last_row) - ref.totals_rows + 1
            areas.append(Area(first, area.first_col, max(ref.area.last_row, area.last_row), area.last_col))
    return _Planned({(row, col) for _, row, col, _, _ in edits}, areas)


def _formulas(before: dict[Cell, str], after: dict[Cell, str], sheet: str, planned: _Planned) -> None:
    for cell in before.keys() | after.keys():
        if before.get(cell) != after.get(cell) and cell not in planned:
            raise _failed(f"{sheet}!{a1(*cell)}: the formula {before.get(cell)} became {after.get(cell)}")


def _outside_of_rows(before: CutSheet, after: CutSheet, sheet: str) -> None:
    """Check the XML around the rows: only the dimension, ranges of rules and the footer may differ; the number of elements is equal."""
    for a, b in ((before.xml.before, after.xml.before), (before.xml.after, after.xml.after)):
        if a != b and _shape(a) != _shape(b):
            raise _failed(f"{sheet}: parts of the sheet are missing or added")


_FREE = regex(rb"<(?:[\w.-]+:)?headerFooter\b(?:[^>]*/>|.*?</(?:[\w.-]+:)?headerFooter>)", re.DOTALL)
_RANGE = regex(rb'(\ssqref|<(?:[\w.-]+:)?dimension ref)="[^"]*"|(<xm:sqref>)[^<]*')


def _shape(data: bytes) -> bytes:
    return _RANGE.sub(lambda m: m[1] or m[2], _FREE.sub(b"", data))


def _rows_to_read(new: Structure, after: CutSheet, sheet: str, edits: Sequence[CellEdit]) -> bytes:
    """The new sheet with only the rows whose values are compared (written rows and headings of tables) and the rows whose bytes differ
    from the old sheet. All other rows equal the old ones byte for byte, so their values are unchanged."""
    wanted = {*map(itemgetter(1), edits), *(ref.area.first_row for ref, _ in new.tables.values() if ref.sheet == sheet)}
    changed, data = after.changed, after.data
    rows = zip(after.numbers, pairwise(after.starts), strict=True)
    kept = [changed.get(n) or data[a:b] for n, (a, b) in rows if n in changed or n in wanted]
    return b"".join((after.xml.before, *kept, after.xml.after))


def _entry(new: Structure, sheet: CutSheet) -> str:
    return new.package.find(sheet.xml.part) or sheet.xml.part


def _with_parts(new: Structure, parts: Mapping[str, Packed]) -> io.BytesIO:
    """The new workbook with these parts in place of its own."""
    out = io.BytesIO()
    new.package.rewrite(out, parts)
    out.seek(0)
    return out


def _grids(workbook: io.BytesIO, sheets: Iterable[str]) -> Iterator[Grid]:
    """For each sheet its first row and column, from 1, and the values that calamine reads from there on; one sheet at a time, as a grid may
    be large."""
    book = CalamineWorkbook.from_object(workbook)
    for sheet in sheets:
        try:
            grid = book.get_sheet_by_name(sheet)
        except CalamineError:
            package = Package(workbook.getvalue())
            repaired, _ = workbook_without_odd_cells(package, Structure(package), sheet)
            grid = CalamineWorkbook.from_object(io.BytesIO(repaired)).get_sheet_by_name(sheet)
        row, col = grid.start or (0, 0)
        yield row + 1, col + 1, grid.to_python(skip_empty_area=True) if grid.start is not None else []


def _values(old: Structure, new: Structure, edits: Mapping[str, Sequence[CellEdit]], grids: Iterable[Grid], plan: Plan) -> None:
    """Check the values that calamine reads in the new file: every written value, and table headings that equal their cells as before.

    Args:
        edits: sheet → the plan's edits of it.
        grids: what calamine reads of each of these sheets.
    """
    totals = [a for a in (_totals(ref) for ref, _ in new.tables.values() if ref.name in plan.tables) if a]
    for (sheet, its), grid in zip(edits.items(), grids, strict=True):
        top, left, lines = grid
        for row, cells in groupby(its, key=itemgetter(1)):
            line = lines[row - top] if 0 <= row - top < len(lines) else ()
            width = len(line)
            for edit in cells:
                col, wanted = edit[2], edit[4]
                found = line[col - left] if 0 <= col - left < width else None
                if found != wanted and not _equal(found, wanted, new.date1904) and not _in_totals(edit, totals):
                    raise _failed(f"{sheet}!{a1(row, col)}: {wanted!r} was written, {found!r} is read")
        for ref, _ in new.tables.values():
            if ref.sheet == sheet:
                _table(ref, _heads(grid, ref), lambda name=ref.name: _before(old, name))  # type: ignore[misc]


def _totals(ref: TableRef) -> tuple[str, Area] | None:
    a = ref.area
    return (ref.sheet, Area(a.last_row - ref.totals_rows + 1, a.first_col, a.last_row, a.last_col)) if ref.totals_rows else None


def _in_totals(edit: CellEdit, totals: list[tuple[str, Area]]) -> bool:
    """Whether the edit clears a data cell into which a totals row has moved."""
    return edit.new is None and any(sheet == edit.sheet and (edit.row, edit.col) in area for sheet, area in totals)


def _at(grid: Grid, row: int, col: int) -> Any:
    top, left, cells = grid
    r, c = row - top, col - left
    return cells[r][c] if 0 <= r < len(cells) and 0 <= c < len(cells[r]) else None


def _heads(grid: Grid, ref: TableRef) -> list[Any]:
    """The heading cells; a blank one is None, also where calamine reads "" for it because other cells lie further right."""
    return [_at(grid, ref.area.first_row, c) or None for c in range(ref.area.first_col, ref.area.last_col + 1)]


def _before(old: Structure, name: str) -> dict[int, tuple[str, Any]]:
    """The headings of a table in the old workbook: column → its name in the table part, and its cell."""
    if name not in old.tables:
        return {}
    ref = old.tables[name][0]
    heads = _heads(next(_grids(io.BytesIO(old.package.data), [ref.sheet])), ref)
    return {ref.area.first_col + i: pair for i, pair in enumerate(zip(ref.headings, heads, strict=False))}


def _table(ref: TableRef, heads: list[Any], before: Callable[[], Mapping[int, tuple[str, Any]]]) -> None:
    """Check that headings equal their cells. A heading that differed before the run and is unchanged is ignored (a user's column with a
    blank heading, for which LibreOffice invented a name)."""
    if ref.data.last_row < ref.data.first_row:
        raise _failed(f"table {ref.name} has no data row")
    if not ref.header_rows:
        return
    pairs = zip(ref.headings, heads, strict=True)
    wrong = {ref.area.first_col + i: pair for i, pair in enumerate(pairs) if _plain(pair[0]) != _plain(pair[1])}
    was = before() if wrong else {}
    for col, (heading, cell) in wrong.items():
        if was.get(col) != (heading, cell):
            raise _failed(f"table {ref.name}: heading {heading!r} stands over a column called {cell!r}")


def _plain(value: Any) -> str:
    """A heading for comparison: Excel stores a number or date in a heading as text, and line breaks in two forms."""
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return text.replace("\r\n", "\n")


def _equal(found: Any, wanted: Value, date1904: bool) -> bool:
    """Whether the value read by calamine is the written one. In a cell with a date format calamine reads any number as a date."""
    if isinstance(wanted, Link):
        wanted = wanted.text
    if isinstance(wanted, str) and isinstance(found, str):
        return found == wanted or same_text(found, writable(wanted))
    value = as_value(found)
    if value is None:
        return wanted is None or wanted == ""
    if isinstance(value, date) and isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return holds(float(wanted), value, date1904)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and isinstance(wanted, date):
        return holds(float(value), wanted, date1904)
    if isinstance(value, datetime) and isinstance(wanted, datetime):
        return abs(value - wanted.replace(tzinfo=None)) < timedelta(milliseconds=2)
    return same_value(value, wanted)
