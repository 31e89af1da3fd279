"""Mark one sheet of a workbook: fills of cells, our column of results, widths of columns. Rows never move.

In: the tree of a worksheet part.  Out: the changed tree.  Cells without an address (the format allows this) first get one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from lxml import etree

from collab_xl.book.annotate_parts import words
from collab_xl.book.annotate_styles import StyleBook
from collab_xl.book.cell_xml import escape_text
from collab_xl.book.parts import local, unescape_x
from collab_xl.model.place import MAX_COL, Area, a1, column_number
from collab_xl.model.returns import LINE
from collab_xl.model.sheets import Cell

WIDTH: Final = 48.0
"""Width of our column, in characters."""
_BEFORE_COLS: Final = frozenset({"sheetPr", "dimension", "sheetViews", "sheetFormatPr"})
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"


def style_of(cell: etree._Element) -> int:
    """The index of a cell's format; 0 if it is missing or unreadable."""
    index = cell.get("s", "")
    return int(index) if index.isdigit() else 0


class SheetEdit:
    """The rows and cells of a sheet by number."""

    def __init__(self, root: etree._Element, strings: Sequence[str]) -> None:
        self.root, self._strings = root, strings
        self.ns = etree.QName(root).namespace or ""
        self.data = next(e for e in root if local(e) == "sheetData")
        self._rows: dict[int, etree._Element] = {}
        last = 0
        for row in self.data:
            if local(row) == "row":
                last = int(row.get("r") or last + 1)
                row.set("r", str(last))
                self._rows[last] = row

    def cells(self, row: int) -> dict[int, etree._Element]:
        """Column → cell element of a row; every cell has its address."""
        out: dict[int, etree._Element] = {}
        last = 0
        for cell in self._rows.get(row, ()):
            if local(cell) == "c":
                ref = cell.get("r")
                last = column_number(ref.rstrip("0123456789")) if ref else last + 1
                cell.set("r", a1(row, last))
                out[last] = cell
        return out

    def cell(self, row: int, col: int) -> tuple[etree._Element, bool]:
        """The cell and whether it was created; a created cell has the format of its row or column."""
        made = self.cells(row)
        if col in made:
            return made[col], False
        line = self._rows[row] if row in self._rows else self._new_row(row)
        cell = etree.Element(f"{{{self.ns}}}c", r=a1(row, col))
        style = line.get("s") if line.get("customFormat") in ("1", "true") else self._column(col).get("style")
        if style and style != "0":
            cell.set("s", style)
        after = next((e for c, e in made.items() if c > col), None)
        if after is None:
            line.append(cell)
        else:
            after.addprevious(cell)
        if spans := line.get("spans"):
            first, _, last = spans.partition(":")
            if first.isdigit() and last.isdigit():
                line.set("spans", f"{min(int(first), col)}:{max(int(last), col)}")
        self._widen_dimension(row, col)
        return cell, True

    def _new_row(self, row: int) -> etree._Element:
        line = etree.Element(f"{{{self.ns}}}row", r=str(row))
        following = min((n for n in self._rows if n > row), default=None)
        if following is None:
            self.data.append(line)
        else:
            self._rows[following].addprevious(line)
        self._rows[row] = line
        return line

    def _widen_dimension(self, row: int, col: int) -> None:
        for element in self.root:
            if local(element) == "dimension":
                try:
                    a = Area.parse(element.get("ref", ""))
                except ValueError:
                    return
                area = Area(min(a.first_row, row), min(a.first_col, col), max(a.last_row, row), max(a.last_col, col))
                element.set("ref", str(area))

    def text(self, cell: etree._Element) -> str:
        """The text of a cell; empty for other values."""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return "".join(w for e in cell if local(e) == "is" for w in words(e))
        value = next((e.text or "" for e in cell if local(e) == "v"), "")
        if kind == "s" and value.strip().isdigit() and int(value) < len(self._strings):
            return self._strings[int(value)]
        return unescape_x(value) if kind == "str" else ""

    def is_blank(self, row: int, col: int) -> bool:
        cell = self.cells(row).get(col)
        return cell is None or len(cell) == 0

    def merges(self) -> list[Area]:
        found = (e.get("ref", "") for block in self.root if local(block) == "mergeCells" for e in block if local(e))
        return [Area.parse(ref) for ref in found if re.fullmatch(r"[A-Z]+[0-9]+(:[A-Z]+[0-9]+)?", ref)]

    def last_col(self) -> int:
        """The last column with a cell that is not blank."""
        return max((c for r in self._rows for c, e in self.cells(r).items() if len(e)), default=0)

    def free_column(self, after: int, first_row: int, last_row: int, marked: Collection[int] = ()) -> int | None:
        """The column after `after` if it is empty next to the tables, else the first one after all cells; None if there is no space.

        `marked`: columns with marked cells; these are not used.
        """
        areas = self.merges()
        rows = [r for r in self._rows if first_row <= r <= last_row]

        def free(col: int) -> bool:
            if col in marked:
                return False
            clear = not any(a.first_col <= col <= a.last_col and a.first_row <= last_row and a.last_row >= first_row for a in areas)
            return clear and self._column(col).get("hidden") not in ("1", "true") and all(self.is_blank(r, col) for r in rows)

        if after < MAX_COL and free(after + 1):
            return after + 1
        start = max(after, self.last_col()) + 1
        return next((col for col in range(start, min(start + 50, MAX_COL + 1)) if free(col)), None)

    def write(self, row: int, col: int, text: str, style: int) -> None:
        """Write our text into an empty cell; an existing format of the cell stays."""
        cell, made = self.cell(row, col)
        if made:
            cell.set("s", str(style))
        cell.set("t", "inlineStr")
        holder = etree.SubElement(cell, f"{{{self.ns}}}is")
        t = etree.SubElement(holder, f"{{{self.ns}}}t")
        t.text = etree.fromstring(f"<t>{escape_text(text)}</t>").text
        t.set(_SPACE, "preserve")

    def clear_results(self, heading: Callable[[str], bool], heads: Iterable[Cell], styles: StyleBook, color: str) -> None:
        """Remove the texts of our column, also if it was moved; texts of the department stay."""
        at_heads = set(heads)
        for row in list(self._rows):
            for col, cell in self.cells(row).items():
                if not len(cell):
                    continue
                text = self.text(cell)
                if (LINE.match(text) and text.startswith(("✗", "▲"))) or ((row, col) in at_heads and heading(text)):
                    if styles.has_font_color(style_of(cell), color):
                        cell.getparent().remove(cell)  # type: ignore[union-attr]
                    else:
                        for child in list(cell):
                            cell.remove(child)
                        cell.attrib.pop("t", "")
                    self._tidy(row)

    def forget(self, row: int, col: int) -> None:
        """Remove a cell that was created for a mark and is still empty."""
        cell = self.cells(row).get(col)
        if cell is not None and len(cell) == 0:
            cell.getparent().remove(cell)  # type: ignore[union-attr]
            self._tidy(row)

    def _tidy(self, row: int) -> None:
        line = self._rows[row]
        if len(line) == 0 and set(line.attrib) <= {"r", "spans"}:
            self.data.remove(line)
            del self._rows[row]

    def _cols(self) -> etree._Element | None:
        return next((e for e in self.root if local(e) == "cols"), None)

    def _column(self, col: int) -> Mapping[str, str]:
        for entry in self._cols() if self._cols() is not None else ():  # type: ignore[union-attr]
            if local(entry) == "col" and int(entry.get("min", 0)) <= col <= int(entry.get("max", 0)):
                return {str(k): str(v) for k, v in entry.attrib.items() if k not in ("min", "max")}
        return {}

    def column(self, col: int) -> dict[str, str]:
        """The attributes of a column: width, style, hidden and so on; empty if there are none."""
        return dict(self._column(col))

    def set_column(self, col: int, attributes: Mapping[str, str]) -> None:
        """Set the attributes of this column only; other columns of the same element keep theirs."""
        spans = [
            (int(e.get("min", 0)), int(e.get("max", 0)), {str(k): str(v) for k, v in e.attrib.items() if k not in ("min", "max")})
            for e in self._cols() if local(e) == "col"  # type: ignore[union-attr]
        ] if self._cols() is not None else []  # fmt: skip
        out: list[tuple[int, int, dict[str, str]]] = []
        for first, last, own in spans:
            if first <= col <= last:
                out += [(a, b, own) for a, b in ((first, col - 1), (col + 1, last)) if a <= b]
            else:
                out.append((first, last, own))
        if attributes:
            out.append((col, col, dict(attributes)))
        joined: list[tuple[int, int, dict[str, str]]] = []
        for first, last, own in sorted(out, key=lambda s: s[0]):
            if joined and joined[-1][1] + 1 == first and joined[-1][2] == own and col in (first, last, joined[-1][1]):
                joined[-1] = (joined[-1][0], last, own)
            else:
                joined.append((first, last, own))
        block = self._cols()
        if block is not None:
            for entry in list(block):
                block.remove(entry)
            if not joined:
                self.root.remove(block)
                return
        elif joined:
            block = etree.Element(f"{{{self.ns}}}cols")
            at = max((n + 1 for n, e in enumerate(self.root) if local(e) in _BEFORE_COLS), default=0)
            self.root.insert(at, block)
        assert block is not None or not joined
        for first, last, own in joined:
            assert block is not None
            etree.SubElement(block, f"{{{self.ns}}}col", {"min": str(first), "max": str(last), **own})
