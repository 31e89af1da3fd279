"""Read what calamine does not return: formulas, error cells, percent cells, merges, hidden rows and columns, extent.

In: the bytes of a worksheet part.  Out: a `SheetScan`.  Pure.  The bytes are searched as a whole, and Python objects are made only for what
was found. So a sheet with only values needs a few passes over its bytes.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from html import unescape
from typing import Final

from collab_xl.book.row_layout import SheetXml, first_other_cell, in_usual_form, odd_rows
from collab_xl.model.place import MAX_COL, MAX_ROW, Area, a1, column_letters, column_number, parse_a1
from collab_xl.model.record import Struct, field
from collab_xl.model.sheets import Cell

_VALUE: Final = rb"<%(p)sv(?: [^>]*)?>([^<]*)</%(p)sv>"
_NUMBER: Final = (
    rb'<%%(p)sc r="([A-Z]++)([0-9]++)" s="(?:%b)"(?: t="n")?(?: [cv]m="[0-9]+")*>'
    rb"(?:<%%(p)sf(?:[^>]*/>|[^>]*>[^<]*</%%(p)sf>))?<%%(p)sv>"
)
"""A cell with a number, also a calculated one, up to the number; `%b` are its styles."""


class FormulaMap(Mapping[Cell, str]):
    """Cell → formula with its `=`. A cell of a shared formula is translated from the group's first cell when needed."""

    def __init__(self, own: dict[Cell, str], members: dict[Cell, int], firsts: dict[int, Cell]) -> None:
        self._own, self._members, self._firsts = own, members, firsts

    def __getitem__(self, cell: Cell) -> str:
        if cell in self._own:
            return self._own[cell]
        first = self._firsts.get(self._members[cell])
        return "=" if first is None else translated(self._own[first], first, cell)

    def __iter__(self) -> Iterator[Cell]:
        yield from self._own
        yield from self._members

    def __len__(self) -> int:
        return len(self._own) + len(self._members)

    def __contains__(self, cell: object) -> bool:
        return cell in self._own or cell in self._members

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and dict(self) == dict(other)

    __hash__ = None  # type: ignore[assignment]


def translated(formula: str, origin: Cell, target: Cell) -> str:
    """The formula as Excel would copy it from one cell to another; relative references move."""
    from openpyxl.formula.translate import Translator

    if origin == target:
        return formula
    return str(Translator(formula, a1(*origin)).translate_formula(a1(*target)))


class SheetScan(Struct, frozen=True):
    """Cells are (row, column) from 1. `cells` is the number of cell elements; `rows` and `cols` are the last ones used (0 if empty).
    For a harmless sheet `cells` and `cols` are only upper bounds (`_extent`)."""

    cells: int = 0
    rows: int = 0
    cols: int = 0
    formulas: Mapping[Cell, str] = field(default_factory=dict)
    uncached: frozenset[Cell] = frozenset()
    errors: Mapping[Cell, str] = field(default_factory=dict)
    arrays: tuple[Area, ...] = ()
    percents: frozenset[Cell] = frozenset()
    below_zero: Mapping[Cell, float] = field(default_factory=dict)
    """Negative numbers in cells with a style: calamine makes a time of one in a date format (-30 becomes 0)."""
    merges: tuple[Area, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_cols: frozenset[int] = frozenset()
    widths: Mapping[int, float] = field(default_factory=dict)
    outline: Mapping[int, int] = field(default_factory=dict)


def scan(data: bytes, part: str, percent_styles: Iterable[int] = ()) -> SheetScan:
    """Scan one worksheet part.

    Args:
        percent_styles: cell style indexes that show a percent sign.
    """
    sheet = SheetXml(data, part)
    rows, near = _usual_rows(sheet)
    prefix = sheet.prefix
    row_tags = re.findall(_at(rb'<%(p)srow r="([0-9]+)"([^>]*)>', prefix), rows)
    last_row = max([int(n) for n, _ in row_tags], default=0)
    last_col, count = _extent(rows, prefix, last_row, len(row_tags), near)
    formulas, uncached, arrays = formulas_in(rows, prefix) if b"f" in rows and b"<" + prefix + b"f" in rows else ({}, frozenset(), ())
    return SheetScan(
        count,
        last_row,
        last_col,
        formulas,
        uncached,
        _errors(rows, prefix) if b"#" in rows else {},
        arrays,
        _numbers(rows, prefix, percent_styles),
        _below_zero(rows, prefix) if b"v>-" in rows else {},
        merges_in(sheet.after, prefix),
        frozenset(int(n) for n, rest in row_tags if b"hidden=" in rest and _hidden(rest)),
        _hidden_cols(sheet.before, prefix),
        _widths(sheet.before, prefix),
        _outline(row_tags) if b"outlineLevel=" in rows else {},
    )


def _usual_rows(sheet: SheetXml) -> tuple[bytes, bool]:
    """The rows in the usual form, and whether every cell was as usual and is in the first 702 columns."""
    rows, prefix = sheet.rows, sheet.prefix
    near = first_other_cell(rows, prefix, 2) is None
    if odd_rows(rows, prefix) or (not near and first_other_cell(rows, prefix) is not None):
        rows = in_usual_form(rows, prefix, sheet.namespaces, sheet.part)
    return rows, near


class CellStyles:
    """The style indices of a sheet's cells. Every question takes a pass over the rows."""

    def __init__(self, data: bytes, part: str) -> None:
        sheet = SheetXml(data, part)
        self._prefix = sheet.prefix
        self._rows, _ = _usual_rows(sheet)

    def of_column(self, col: int) -> dict[int, int]:
        """Row → style index of its cells that have one."""
        pattern = _at(rb'<%(p)sc r="' + column_letters(col).encode() + rb'([0-9]++)" s="([0-9]++)"', self._prefix)
        return {int(row): int(style) for row, style in re.findall(pattern, self._rows)}

    def cells(self, styles: Set[int]) -> frozenset[Cell]:
        """The cells in one of the styles."""
        found = re.findall(_at(rb'<%(p)sc r="([A-Z]+[0-9]++)" s="([0-9]++)"', self._prefix), self._rows)
        return frozenset(_cell(place) for place, style in found if int(style) in styles)

    def last_row(self, styles: Iterable[int]) -> int:
        """The last row with a cell in one of the styles, 0 without any. A style of a whole row may give a later row."""
        last = max((self._rows.rfind(b' s="%d"' % style) for style in styles), default=-1)
        start = self._rows.rfind(_at(b"<%(p)srow ", self._prefix), 0, last) if last >= 0 else -1
        found = re.compile(rb'[^>]*?\br="([0-9]++)"').match(self._rows, start) if start >= 0 else None
        return int(found[1]) if found else 0


def _at(pattern: bytes, prefix: bytes) -> bytes:
    return pattern.replace(b"%(p)s", prefix)


def _outline(row_tags: Iterable[tuple[bytes, bytes]]) -> dict[int, int]:
    found = ((row, re.search(rb'\boutlineLevel="([1-7])"', rest)) for row, rest in row_tags)
    return {int(row): int(level[1]) for row, level in found if level}


def _hidden(attributes: bytes) -> bool:
    return re.search(rb'\bhidden="(?:1|true)"', attributes) is not None


def _extent(rows: bytes, prefix: bytes, last_row: int, row_count: int, near: bool) -> tuple[int, int]:
    """The last column and the number of cells. To find them takes passes over all bytes, so this is skipped for a harmless sheet:
    if no cell is further right than column 702 (`near`), most of the rows exist and 702 columns would be harmless, 702 and 702 cells
    per row are returned.
    """
    if b"<" + prefix + b"c " not in rows:
        return 0, 0
    if near and last_row * 702 <= 40_000_000 and row_count * 4 >= last_row:
        return 702, row_count * 702
    letters = set(re.findall(_at(rb'<%(p)sc r="([A-Z]+)', prefix), rows))
    return max(column_number(x.decode()) for x in letters), rows.count(b"<" + prefix + b"c ")


def filled_extent(data: bytes, part: str) -> tuple[int, int]:
    """The last row and the last column with a cell that holds something. A cell far away that only has a style is none: it was formatted
    by mistake, and no reader makes room for it."""
    sheet = SheetXml(data, part)
    rows, _ = _usual_rows(sheet)
    places = re.findall(_at(rb'<%(p)sc r="([A-Z]+)([0-9]++)"(?:[^>/"]++|"[^"]*+")*+>', sheet.prefix), rows)
    columns = {letters for letters, _ in places}
    return max((int(row) for _, row in places), default=0), max((column_number(x.decode()) for x in columns), default=0)


def _cell(place: bytes) -> Cell:
    return parse_a1(place.decode())


def formulas_in(rows: bytes, prefix: bytes) -> tuple[Mapping[Cell, str], frozenset[Cell], tuple[Area, ...]]:
    """Formulas with their `=`, those without a cached value, and the areas of array formulas and data tables."""
    pattern = re.compile(
        _at(
            rb'<%(p)sc r="([A-Z]+[0-9]+)"([^>]*)>\s*<%(p)sf((?: [^>]*?)?)(?:/>|>([^<]*)</%(p)sf>)'
            rb"\s*(?:<%(p)sv(?: [^>]*)?(/>|>[^<]*</%(p)sv>))?",
            prefix,
        )
    )
    own: dict[Cell, str] = {}
    members: dict[Cell, int] = {}
    firsts: dict[int, Cell] = {}
    uncached: list[Cell] = []
    arrays: list[Area] = []
    for place, attributes, kind, text, value in pattern.findall(rows):
        cell = _cell(place)
        if not value or (value[:2] in (b"/>", b"><") and b't="str"' not in attributes):
            uncached.append(cell)
        shared = re.search(rb'\bsi="([0-9]+)"', kind) if b't="shared"' in kind else None
        if shared and not text:
            members[cell] = int(shared[1])
            continue
        if shared:
            firsts[int(shared[1])] = cell
        elif b't="array"' in kind or b't="dataTable"' in kind:
            ref = re.search(rb'\bref="([A-Z0-9:$]+)"', kind)
            arrays.append(Area.parse(ref[1].decode()) if ref else Area(*cell, *cell))
        own[cell] = "=" + unescape(text.decode("utf-8", "replace"))
    return FormulaMap(own, members, firsts), frozenset(uncached), tuple(arrays)


def _errors(rows: bytes, prefix: bytes) -> dict[Cell, str]:
    out: dict[Cell, str] = {}
    pattern = re.compile(_at(rb'<%(p)sc r="([A-Z]+[0-9]+)"[^>]*? t="e"[^>]*>(.*?)</%(p)sc>', prefix), re.DOTALL)
    if b't="e"' not in rows:
        return out
    value = re.compile(_at(_VALUE, prefix))
    for place, body in pattern.findall(rows):
        found = value.search(body)
        out[_cell(place)] = unescape(found[1].decode()) if found else "#VALUE!"
    return out


def _numbers(rows: bytes, prefix: bytes, styles: Iterable[int]) -> frozenset[Cell]:
    """Numeric cells with one of the styles, including cached numbers of formulas."""
    one_of = b"|".join(b"%d" % s for s in styles)
    if not one_of:
        return frozenset()
    found = re.findall(_at(_NUMBER % one_of, prefix), rows)
    columns = {letters: column_number(letters.decode()) for letters in {letters for letters, _ in found}}
    return frozenset([(int(row), columns[letters]) for letters, row in found])


def _below_zero(rows: bytes, prefix: bytes) -> dict[Cell, float]:
    out: dict[Cell, float] = {}
    for letters, row, text in re.findall(_at(_NUMBER % rb"[0-9]++" + rb"(-[0-9.eE+-]++)<", prefix), rows):
        with contextlib.suppress(ValueError):
            out[int(row), column_number(letters.decode())] = float(text)
    return out


def merges_in(after: bytes, prefix: bytes) -> tuple[Area, ...]:
    """The merged areas, from the XML after the rows of a sheet, whichever corners they name (`C3:A1`); none outside the sheet."""
    refs = re.findall(_at(rb'<%(p)smergeCell [^>]*?ref="([A-Z]+[0-9]+(?::[A-Z]+[0-9]+)?)"', prefix), after)
    return tuple(area for ref in refs if (area := _upright(ref.decode())) is not None)


def _upright(ref: str) -> Area | None:
    try:
        a = Area.parse(ref)
    except ValueError:
        return None
    (top, bottom), (left, right) = sorted((a.first_row, a.last_row)), sorted((a.first_col, a.last_col))
    return Area(top, left, bottom, right) if top >= 1 and bottom <= MAX_ROW and right <= MAX_COL else None


def _hidden_cols(before: bytes, prefix: bytes) -> frozenset[int]:
    out: set[int] = set()
    for tag in re.findall(_at(rb"<%(p)scol [^>]*>", prefix), before):
        if _hidden(tag):
            first, last = (re.search(rb"\b%s=\"([0-9]+)\"" % edge, tag) for edge in (b"min", b"max"))
            if first and last:
                out.update(range(int(first[1]), min(int(last[1]), MAX_COL) + 1))
    return frozenset(out)


MOST_ALIKE = 200
"""Columns of one width are listed one by one up to here; a width for all columns of a sheet is no layout."""


def _widths(before: bytes, prefix: bytes) -> dict[int, float]:
    out: dict[int, float] = {}
    for tag in re.findall(_at(rb"<%(p)scol [^>]*>", prefix), before):
        first, last, width = (re.search(rb"\b%s=\"([0-9.]+)\"" % name, tag) for name in (b"min", b"max", b"width"))
        if first and last and width and int(last[1]) - int(first[1]) < MOST_ALIKE:
            out.update(dict.fromkeys(range(int(first[1]), int(last[1]) + 1), float(width[1])))
    return out
