"""The headings of a table of ours: the cells of its heading row compared with the names in its table part. Pure.

Excel keeps both equal. A program that moves cells without changing the table part (openpyxl) does not. Then the cells count, because
a person sees them. LibreOffice names a column without a heading (Column5); this has no effect on the other columns.
In the usual case two short lists are compared once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain

from collab_xl.forms import Form
from collab_xl.model.finding import Finding
from collab_xl.model.place import Address, Area, column_letters
from collab_xl.model.record import replace
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot, TableRef
from collab_xl.model.values import Value
from collab_xl.read.context import Context
from collab_xl.read.headings import ROW_ID, Lexicon, Target, fold, lexicon
from collab_xl.read.remarks import finding
from collab_xl.read.rows import says
from collab_xl.read.text import quoted, shown

Different = tuple[int, str, Value]
"""A column, its name in the table part, its heading cell."""
_BREAK = regex("_x000[aAdD]_")
_LEAST = 3
"""The number of headings that make a row the heading row, as on any sheet."""


def as_seen(snapshot: Snapshot, ref: TableRef, form: Form, context: Context) -> tuple[TableRef, list[Finding]]:
    """The table as a person sees it: headings from the cells, the range from the place of the heading row.

    The same table and no finding if names and cells agree; else H122, and H114 for columns with content below a blank heading.
    """
    different = differences(snapshot, ref)
    if not different:
        return ref, []
    known = {fold(heading) for heading in ref.headings} - {""}
    lex = lexicon(form, context.lang)
    row = _heading_row(snapshot, ref, known, lex)
    if row == ref.area.first_row and _only_blank(snapshot, ref, different):
        return ref, []
    ours = [c for c, v in _line(snapshot, row) if _heads(v, known, lex)]
    first = min([ref.area.first_col, *ours])
    last = max([ref.area.last_col, *ours])
    while last > first and not says(snapshot.value(row, last)):
        last -= 1
    down = ref.area.last_row + row - ref.area.first_row
    area = Area(row, first, max(down, row + 1), last)
    seen = replace(ref, area=area, headings=tuple(shown(snapshot.value(row, c)) for c in range(first, last + 1)))
    col, name, cell = next((d for d in different if d[2] is not None), different[0])
    at = Address(snapshot.sheet, ref.area.first_row, col)
    out = [finding("H122", at, form=form.id, found=quoted(cell), expected=name, table=ref.name, row=row)]
    return seen, out + list(_nameless(snapshot, seen, form))


def differences(snapshot: Snapshot, ref: TableRef) -> list[Different]:
    """The columns whose heading cell differs from the table part. Empty for a table without a heading row.

    Case, blanks, line breaks, the number that Excel adds to a second equal heading, and headings that are no texts are ignored.
    """
    if not ref.header_rows:
        return []
    start, n = ref.area.first_col - snapshot.first_col, ref.area.first_row - snapshot.first_row
    line: Sequence[Value] = snapshot.cells[n] if 0 <= n < len(snapshot.cells) else ()
    if start >= 0 and tuple(line[start : start + len(ref.headings)]) == ref.headings:
        return []
    cells = [snapshot.value(ref.area.first_row, ref.area.first_col + i) for i in range(len(ref.headings))]
    pairs = zip(ref.headings, cells, strict=True)
    return [(ref.area.first_col + i, name, cell) for i, (name, cell) in enumerate(pairs) if not _same(name, cell)]


def out_of_place(snapshot: Snapshot, ref: TableRef, meaning: Callable[[str], Hashable | None], *, by_cells: bool) -> Different | None:
    """A column of ours in a master that is not certain, because its heading cell and its table part differ.

    Args:
        meaning: what a heading means (a field, a column of a list); None for the user's own.
        by_cells: whether the reader uses the cells. Then it is enough that they name each column of ours once.
    """
    different = differences(snapshot, ref)
    wrong = [(c, name, v) for c, name, v in different if meaning(name) is not None or (isinstance(v, str) and meaning(v) is not None)]
    if not wrong:
        return None
    if by_cells:
        cells = [snapshot.value(ref.area.first_row, c) for c in range(ref.area.first_col, ref.area.last_col + 1)]
        told = [m for v in cells if isinstance(v, str) and (m := meaning(v)) is not None]
        wanted = {m for name in ref.headings if (m := meaning(name)) is not None}
        if len(told) == len(set(told)) and wanted <= set(told):
            return None
    return wrong[0]


def field_of(form: Form, lang: str) -> Callable[[str], Hashable | None]:
    """`meaning` for the columns of a form."""
    lex = lexicon(form, lang)

    def meaning(heading: str) -> Hashable | None:
        target: Target | None = lex.find(heading)
        return None if target is None or target.either else (target.field, target.compound is not None)

    return meaning


def named(headings: Iterable[tuple[str, Iterable[str]]]) -> Callable[[str], Hashable | None]:
    """`meaning` for columns known by their names only."""
    known = {fold(word): name for name, words in headings for word in words}
    return lambda heading: known.get(fold(heading))


def _same(name: str, cell: Value) -> bool:
    if cell is None:
        return not name.strip()
    if not isinstance(cell, str):
        return True
    one, other = (fold(_BREAK.sub("", word)) for word in (name, cell))
    return one == other or (one.startswith(other) and one[len(other) :].isdecimal())


def _line(snapshot: Snapshot, row: int) -> Iterator[tuple[int, Value]]:
    n = row - snapshot.first_row
    return enumerate(snapshot.cells[n] if 0 <= n < len(snapshot.cells) else (), snapshot.first_col)


def _out(ref: TableRef, col: int) -> bool:
    return not ref.area.first_col <= col <= ref.area.last_col


def _heads(value: Value, known: set[str], lex: Lexicon) -> bool:
    return isinstance(value, str) and (fold(value) in known or lex.find(value) is not None)


def _heading_row(snapshot: Snapshot, ref: TableRef, known: set[str], lex: Lexicon) -> int:
    """The row that names most of the table's columns; of equal ones the nearest to the heading row of the table part."""
    home = ref.area.first_row
    rows = chain([home], range(snapshot.first_row, snapshot.last_row + 1))
    named_by = {row: len({fold(str(v)) for _, v in _line(snapshot, row) if _heads(v, known, lex)}) for row in rows}
    best = max(named_by, key=lambda row: (named_by[row], -abs(row - home)))
    return best if named_by[best] >= _LEAST else home


def _only_blank(snapshot: Snapshot, ref: TableRef, different: Sequence[Different]) -> bool:
    """If some cells of an otherwise unchanged heading row are blank and no column has moved, the names in the table part are used."""
    if len(different) == len(ref.headings) or any(cell is not None for _, _, cell in different):
        return False
    outside = {fold(v) for c, v in _line(snapshot, ref.area.first_row) if isinstance(v, str) and _out(ref, c)}
    return outside.isdisjoint(fold(name) for _, name, _ in different)


def _nameless(snapshot: Snapshot, seen: TableRef, form: Form) -> Iterator[Finding]:
    data = seen.data
    for i, heading in enumerate(seen.headings):
        col = seen.area.first_col + i
        if not heading and any(says(snapshot.value(row, col)) for row in range(data.first_row, data.last_row + 1)):
            at = Address(snapshot.sheet, seen.area.first_row, col)
            yield finding("H114", at, form=form.id, column=column_letters(col))


def is_row_id(heading: str) -> bool:
    """The hidden column of a pack with the row ids."""
    return fold(heading) == ROW_ID
