"""Change cells and rows of a sheet's XML in place, row by row over the bytes.

In: the rows of a `SheetXml` and the changes.  Out: the new bytes.  Pure.
Unchanged rows, and unchanged cells of a changed row, are copied byte for byte. Only a row that is not in Excel's usual form is read
and written again by lxml (`in_usual_form`). Rows and cells stay ascending and unique.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from itertools import chain, repeat
from typing import Final

from collab_xl.book.cell_xml import CellWriter, SharedStrings, holds, ordered, stored, style_of_cell
from collab_xl.book.row_change import CARRIED, Changed, RowChange, spanned, with_attributes
from collab_xl.book.row_layout import SheetXml, in_usual_form
from collab_xl.errors import CollabError, StaleCell
from collab_xl.model.place import a1, column_letters, column_number
from collab_xl.model.plan import CellEdit
from collab_xl.model.regex import regex
from collab_xl.model.values import Link

_NUMBER: Final = regex(rb'\sr="([0-9]+)"')
_STYLE: Final = regex(rb'\ss="[0-9]+"')
_SHARED: Final = regex(rb'\bsi="([0-9]+)"')

Cells = dict[int, bytes]
"""Column → the XML after the cell's reference and its closing quote: ` s="1"><v>5</v></c>`."""


class SheetRows:
    """The rows of one sheet, located once: row `numbers[i]` is at `starts[i]:starts[i + 1]` of the bytes."""

    def __init__(self, sheet: SheetXml) -> None:
        self.sheet = sheet
        self.data = sheet.rows
        p = sheet.prefix
        self._cell_open = b"<" + p + b'c r="'
        self._cell_start = b"<" + p + b"c"
        self._any_cell = re.compile(self._cell_start + rb"[\s/>]")
        self._row_close = b"</" + p + b"row>"
        self._formula = b"<" + p + b"f"
        self._tag = re.compile(b"<" + p + rb"row(?=[\s/>])([^>]*)>")
        self._whole = re.compile(rb"([^>]*?)(?:/>|>(.*)</" + p + rb"c>)\s*\Z", re.DOTALL)
        if (b"!" in self.data and b"<!" in self.data) or (b"?" in self.data and b"<?" in self.data) or not self._locate():
            self.data = in_usual_form(self.data, p, sheet.namespaces, sheet.part)
            self._locate()

    def _locate(self) -> bool:
        """Find the rows; False if one has no number or if they do not ascend."""
        self.numbers: list[int] = []
        self.starts: list[int] = []
        for tag in self._tag.finditer(self.data):
            number = _NUMBER.search(tag[1])
            if number is None:
                return False
            self.numbers.append(int(number[1]))
            self.starts.append(tag.start())
        self.starts.append(len(self.data))
        return ordered(self.numbers)

    def chunk(self, row: int) -> bytes:
        """The bytes of a row; empty if the sheet has no such row element."""
        at = bisect_left(self.numbers, row)
        found = at < len(self.numbers) and self.numbers[at] == row
        return self.data[self.starts[at] : self.starts[at + 1]] if found else b""

    def cells(self, row: int) -> Cells:
        """Column → cell of a row; empty if there is no such row."""
        chunk = self.chunk(row)
        return self._cut(chunk, row)[1] if chunk else {}

    def row_attributes(self, row: int) -> bytes:
        """Style and height of a row, for a new row below."""
        tag = self._tag.match(self.chunk(row))
        return b"".join(CARRIED.findall(tag[1])) if tag else b""

    @cached_property
    def has_arrays(self) -> bool:
        """Whether the sheet may have array formulas or data tables."""
        return b"f" in self.data and (b't="array"' in self.data or b't="dataTable"' in self.data)

    @cached_property
    def _rows_with_style(self) -> bool:
        return b' customFormat="1"' in self.data

    def row_style(self, row: int) -> bytes:
        """b' s="3"' if the whole row has a style, else b""."""
        if not self._rows_with_style:
            return b""
        tag = self._tag.match(self.chunk(row))
        style = _STYLE.search(tag[1]) if tag and b'customFormat="1"' in tag[1] else None
        return style[0] if style else b""

    def _cut(self, chunk: bytes, row: int, again: bool = False) -> tuple[bytes, Cells, bytes]:
        """The row's start tag (never `/>`), its cells, and its end."""
        tag = self._tag.match(chunk)
        if tag is None:
            raise CollabError("damaged_workbook", part=self.sheet.part)
        if tag[0].endswith(b"/>"):
            return tag[0][:-2].rstrip() + b">", {}, self._row_close + chunk[tag.end() :]
        pieces = chunk.split(self._cell_open)
        close = pieces[-1].rfind(self._row_close)
        pieces[-1], tail = pieces[-1][:close], pieces[-1][close:]
        mark = b'%d"' % row
        try:
            apart = [piece.partition(mark) for piece in pieces[1:]]
            columns = _COLUMNS[tuple([letters for letters, _, _ in apart])]
            if close >= 0 and self._all_cells(chunk, len(columns)):
                return pieces[0], dict(zip(columns, [rest for _, _, rest in apart], strict=True)), tail
        except ValueError:
            pass
        if again:
            raise CollabError("damaged_workbook", part=self.sheet.part)
        return self._cut(in_usual_form(chunk, self.sheet.prefix, self.sheet.namespaces, self.sheet.part, row - 1), row, True)

    def _all_cells(self, chunk: bytes, count: int) -> bool:
        """Whether a row has this number of cells, including cells not written as `<c r="…`."""
        return chunk.count(self._cell_start) == count or len(self._any_cell.findall(chunk)) == count  # <color> also begins with <c

    def parsed(self, cell: bytes) -> tuple[bytes, bytes]:
        """Attributes and inner XML of a cell."""
        found = self._whole.match(cell)
        if found is None:
            raise CollabError("damaged_workbook", part=self.sheet.part)
        return found[1], found[2] or b""

    def changed(
        self,
        changes: Mapping[int, RowChange],
        writer: CellWriter,
        strings: Callable[[], SharedStrings],
        style_of: Callable[[int, int], bytes],
        date1904: bool,
    ) -> tuple[list[bytes | memoryview], Changed]:
        """All rows with the changes, in pieces.

        Args:
            changes: row → its change.
            style_of: (row, column) → style attribute for a new cell.

        Raises:
            StaleCell: a cell does not contain the edit's `old`.
        """
        self._writer, self._strings, self._style_of, self._date1904 = writer, strings, style_of, date1904
        self._left = Changed()
        out: list[bytes | memoryview] = []
        data, copied = memoryview(self.data), 0
        for row in sorted(changes):
            at = bisect_left(self.numbers, row)
            start = self.starts[at] if at < len(self.numbers) else self._end_of_rows()
            end = self.starts[at + 1] if at < len(self.numbers) and self.numbers[at] == row else start
            out += (data[copied:start], self._row(self.data[start:end], row, changes[row]))
            copied = end
        out.append(data[copied:])
        return out, self._left

    def _end_of_rows(self) -> int:
        return len(self.data.rstrip())

    def _row(self, chunk: bytes, row: int, change: RowChange) -> bytes:
        p = self.sheet.prefix
        if chunk:
            tag, cells, tail = self._cut(chunk, row)
        else:
            tag, cells, tail = b"<" + p + b'row r="%d">' % row, {}, self._row_close
        before = [*cells]
        for edit in change.edits:
            if edit.col not in change.moved:
                self._check(cells.get(edit.col), edit)
        for col in [c for c in change.cleared if c in cells]:
            self._forget(cells.pop(col))
        cells.update(change.put)
        for edit in change.edits:
            if not (edit.new is None and edit.col in change.totals):
                self._edit(cells, edit)
        if not chunk and not cells and change.hidden is None:
            return b""
        columns = [*cells]
        if columns != before:
            columns.sort()
            if _edges(columns) != _edges(before):
                tag = spanned(tag, columns)
                self._note(row, columns)
        tag = with_attributes(tag, change)
        opened = _opened(self._cell_open, tuple(columns))
        body = b"".join(chain.from_iterable(zip(opened, repeat(b'%d"' % row), map(cells.__getitem__, columns), strict=False)))
        if not body and tail.startswith(self._row_close):
            return tag[:-1] + b"/>" + tail[len(self._row_close) :]
        return tag + body + tail

    def _check(self, cell: bytes | None, edit: CellEdit) -> None:
        """Compare a cell with the edit's `old`."""
        if cell is None and edit.old is None:
            return
        attributes, body = self.parsed(cell) if cell is not None else (b"", b"")
        if body or edit.old is not None:
            found = stored(attributes, body, self._strings() if b't="s"' in attributes else _NO_STRINGS) if body else None
            if not holds(found, edit.old, self._date1904):
                raise StaleCell(cell=f"{edit.sheet}!{a1(edit.row, edit.col)}", expected=edit.old, found=found)

    def _edit(self, cells: Cells, edit: CellEdit) -> None:
        """Put the edit's new value in its cell."""
        _, row, col, _, new = edit
        old = cells.get(col)
        if old is None and (new is None or new == ""):
            return
        if old is not None:
            if self._formula in old:
                self._forget(old, isinstance(new, Link))
            style = style_of_cell(old[: old.find(b">")])
        else:
            style = self._style_of(row, col)
        if (new is None or new == "") and not style:
            cells.pop(col, None)
        else:
            cells[col] = self._writer.after_ref(style, new, (row, col))

    def _forget(self, cell: bytes, formula_again: bool = False) -> None:
        """Note a formula that is overwritten."""
        at = cell.find(self._formula)
        if at < 0:
            return
        self._left.formulas_gone |= not formula_again
        kind = cell[at : cell.index(b">", at)]
        shared = _SHARED.search(kind)
        if shared and b" ref=" in kind:
            self._left.shared_gone.add(shared[1])

    def _note(self, row: int, columns: list[int]) -> None:
        left = self._left
        if columns:
            left.last_row, left.first_row = max(left.last_row, row), min(left.first_row, row)
            left.last_col, left.first_col = max(left.last_col, columns[-1]), min(left.first_col, columns[0])


class _Columns(dict[tuple[bytes, ...], tuple[int, ...]]):
    """Cache: the letters of a row's cells → their columns. Most rows of a sheet have cells in the same columns.

    Raises ValueError if a cell has no column letters as Excel writes them, or if the columns do not ascend.
    """

    def __missing__(self, letters: tuple[bytes, ...]) -> tuple[int, ...]:
        if not all(1 <= len(x) <= 3 and x.isalpha() and x.isupper() for x in letters):
            raise ValueError(letters)
        columns = tuple(column_number(x.decode()) for x in letters)
        if not ordered(columns):
            raise ValueError(letters)
        if len(self) >= 2048:
            self.clear()
        self[letters] = columns
        return columns


_COLUMNS = _Columns()


@lru_cache(2048)
def _opened(cell_open: bytes, columns: tuple[int, ...]) -> tuple[bytes, ...]:
    """`<c r="A`, `<c r="B`, … Most rows of a sheet have cells in the same columns."""
    return tuple(cell_open + column_letters(column).encode() for column in columns)


def _edges(columns: list[int]) -> tuple[int, int]:
    return (columns[0], columns[-1]) if columns else (0, 0)


_NO_STRINGS: Final = SharedStrings(None)
