"""Write a plan's changes of one sheet into the sheet's XML.

In: the bytes of parts and the changes.  Out: the new bytes.  Pure.  Everything that the plan does not name stays unchanged,
byte for byte (docs/facts/file-format.md, Writing into a master).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Final

from collab_xl.book.cell_xml import CellWriter, SharedStrings, escape_text, style_of_cell
from collab_xl.book.row_change import Changed, RowChange
from collab_xl.book.scan import formulas_in, merges_in
from collab_xl.book.sheet_rows import SheetRows
from collab_xl.book.table_growth import Grower, Resize
from collab_xl.errors import CollabError
from collab_xl.model.cell_text import text_length
from collab_xl.model.excel_limits import MAX_FOOTER
from collab_xl.model.place import Area, a1, parse_a1
from collab_xl.model.plan import CellEdit
from collab_xl.model.record import Struct, field
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Cell, TableRef

_AFTER_FOOTER: Final = (
    b"rowBreaks|colBreaks|customProperties|cellWatches|ignoredErrors|smartTags|drawing|legacyDrawing|legacyDrawingHF|drawingHF|picture|"
    b"oleObjects|controls|webPublishItems|tableParts|extLst|AlternateContent"
)
"""The elements after headerFooter in a worksheet (ECMA-376 CT_Worksheet)."""
_RULE: Final = regex(rb'(<(?:[\w.-]+:)?(?:dataValidation|conditionalFormatting)\s[^>]*?\bsqref=")([^"]*)(")')
_RULE_2010: Final = regex(rb"(<x14:(dataValidation|conditionalFormatting)\b(?:(?!</x14:\2>).)*?<xm:sqref>)([^<]*)(</xm:sqref>)", re.DOTALL)


class SheetWork(Struct):
    """A plan's changes of one sheet. `calculated`: table name → column → formula of its calculated columns."""

    sheet: str
    edits: list[CellEdit] = field(default_factory=list)
    resizes: list[Resize] = field(default_factory=list)
    calculated: dict[str, dict[int, str]] = field(default_factory=dict)
    hidden: Mapping[int, bool] = field(default_factory=dict)
    heights: Mapping[int, float] = field(default_factory=dict)
    footer: str | None = None


class SheetWriter:
    """Makes the changes in one sheet's XML."""

    def __init__(
        self,
        rows: SheetRows,
        tables: Sequence[TableRef],
        strings: Callable[[], SharedStrings],
        date1904: bool,
        work: SheetWork,
    ) -> None:
        self._sheet, self._rows = rows.sheet, rows
        self._tables, self._strings, self._date1904, self._work = tables, strings, date1904, work
        self._writer = CellWriter(self._sheet.prefix, date1904, work.sheet)
        self.formulas_gone = False

    @cached_property
    def _formulas(self) -> tuple[Mapping[Cell, str], tuple[Area, ...]]:
        if b"<" + self._sheet.prefix + b"f" not in self._rows.data:
            return {}, ()
        formulas, _, arrays = formulas_in(self._rows.data, self._sheet.prefix)
        return formulas, arrays

    def written(self) -> bytes:
        """The new part. Raises CollabError `array_cell`, `heading_edit`, `totals_edit`, `below_table`, `row_not_empty`, `text_too_long`,
        `date_too_early`, `footer_too_long`, and StaleCell."""
        work = self._work
        self._refuse_held(work.edits)
        changes: dict[int, RowChange] = {}
        planned = {(e.row, e.col) for e in work.edits} if work.resizes else set()
        for resize in work.resizes:
            if resize.moved:
                others = [t.area for t in self._tables if t.name != resize.ref.name]
                obstacles = [*merges_in(self._sheet.after, self._sheet.prefix), *others]
                grower = Grower(self._rows, self._writer, self._strings(), self._formulas[0], planned, obstacles)
                for row, change in grower.changes(resize, work.calculated.get(resize.ref.name, {})).items():
                    changes[row] = changes[row].joined(change) if row in changes else change
        for row, edits in groupby(work.edits, key=itemgetter(1)):
            if row in changes:
                changes[row].edits.extend(edits)
            else:
                changes[row] = RowChange([*edits])
        for row, hidden in work.hidden.items():
            if hidden or self._rows.chunk(row) or row in changes:
                changes.setdefault(row, RowChange()).hidden = hidden
        for row, height in work.heights.items():
            changes.setdefault(row, RowChange()).height = height
        rows, left = self._rows.changed(changes, self._writer, self._strings, self._style_of, self._date1904)
        self.formulas_gone = left.formulas_gone
        if left.shared_gone:
            rows = [self._rehomed(b"".join(rows), left.shared_gone)]
        before = self._dimension(self._sheet.before, left)
        after = self._rules(self._sheet.after)
        if work.footer is not None:
            after = self._with_footer(after, work.footer)
        return b"".join((before, *rows, after))

    def _refuse_held(self, edits: Sequence[CellEdit]) -> None:
        if self._rows.has_arrays:
            arrays = self._formulas[1]
            for edit in edits:
                if any((edit.row, edit.col) in area for area in arrays):
                    raise CollabError("array_cell", cell=f"{edit.sheet}!{a1(edit.row, edit.col)}")
        after = {r.ref.name: r.area for r in self._work.resizes}
        for table in self._tables:
            area = after.get(table.name, table.area)
            heads = range(area.first_row, area.first_row + table.header_rows)
            totals = range(area.last_row - table.totals_rows + 1, area.last_row + 1)
            for edit in edits:
                if edit.row in heads and edit.new != edit.old and (edit.row, edit.col) in area:
                    raise CollabError("heading_edit", cell=f"{edit.sheet}!{a1(edit.row, edit.col)}")
                if edit.row in totals and edit.new not in (edit.old, None) and (edit.row, edit.col) in area:
                    raise CollabError("totals_edit", cell=f"{edit.sheet}!{a1(edit.row, edit.col)}")

    @cached_property
    def _table_styles(self) -> list[tuple[Area, dict[int, bytes]]]:
        """The area of each table after the run, and the styles of its last data row before the run."""
        new = {r.ref.name: r.area for r in self._work.resizes}
        out = []
        for table in self._tables:
            pattern = self._rows.cells(table.data.last_row)
            found = {col: style_of_cell(self._rows.parsed(cell)[0]) for col, cell in pattern.items()}
            out.append((new.get(table.name, table.area), {col: style for col, style in found.items() if style}))
        return out

    @cached_property
    def _column_styles(self) -> list[tuple[int, int, bytes]]:
        out = []
        for tag in re.findall(b"<" + self._sheet.prefix + rb"col\s[^>]*>", self._sheet.before):
            first, last, style = (re.search(rb'\b%s="([0-9]+)"' % key, tag) for key in (b"min", b"max", b"style"))
            if first and last and style and style[1] != b"0":
                out.append((int(first[1]), int(last[1]), b' s="' + style[1] + b'"'))
        return out

    def _style_of(self, row: int, col: int) -> bytes:
        """The style of a new cell: that of its column in the table's last row, else of its row, else of `<col>`."""
        for area, styles in self._table_styles:
            if col in styles and (row, col) in area:
                return styles[col]
        return self._rows.row_style(row) or next((s for first, last, s in self._column_styles if first <= col <= last), b"")

    def _rehomed(self, rows: bytes, gone: set[bytes]) -> bytes:
        """Give every shared formula whose first cell was overwritten a new first cell: the next remaining one."""
        p = self._sheet.prefix
        pattern = re.compile(b"<" + p + rb'c r="([A-Z]+[0-9]+)"[^>]*>\s*(<' + p + rb"f(?=[\s/>])([^>]*?)(?:/>|></" + p + rb"f>))")
        groups: dict[bytes, list[re.Match[bytes]]] = {}
        for found in pattern.finditer(rows):
            group = re.search(rb'\bsi="([0-9]+)"', found[3])
            if group and group[1] in gone:
                groups.setdefault(group[1], []).append(found)
        for number, members in sorted(groups.items(), key=lambda g: g[1][0].start(), reverse=True):
            cells = [parse_a1(m[1].decode()) for m in members]
            (top, bottom), (west, east) = ((min(x), max(x)) for x in zip(*cells, strict=True))
            text = escape_text(self._formulas[0][cells[0]][1:]).encode()
            ref = str(Area(top, west, bottom, east)).encode()
            new = b"<" + p + b'f t="shared" ref="' + ref + b'" si="' + number + b'">' + text + b"</" + p + b"f>"
            rows = rows[: members[0].start(2)] + new + rows[members[0].end(2) :]
        return rows

    def _dimension(self, before: bytes, left: Changed) -> bytes:
        found = re.search(b"<" + self._sheet.prefix + rb'dimension ref="([A-Z]+[0-9]+(?::[A-Z]+[0-9]+)?)"', before)
        if found is None or not left.last_row:
            return before
        old = Area.parse(found[1].decode())
        new = Area(
            min(old.first_row, left.first_row),
            min(old.first_col, left.first_col),
            max(old.last_row, left.last_row),
            max(old.last_col, left.last_col),
        )
        return before if new == old else before[: found.start(1)] + str(new).encode() + before[found.end(1) :]

    def _rules(self, after: bytes) -> bytes:
        """Drop-downs and conditional formats that ended at a table's last data row also end at the new last data row."""
        moved = [r for r in self._work.resizes if r.moved]
        if not moved:
            return after
        after = _RULE.sub(lambda m: m[1] + _follow(m[2], moved) + m[3], after)
        return _RULE_2010.sub(lambda m: m[1] + _follow(m[3], moved) + m[4], after)

    def _with_footer(self, after: bytes, footer: str) -> bytes:
        if text_length(footer) > MAX_FOOTER:
            raise CollabError("footer_too_long", sheet=self._work.sheet, length=text_length(footer), limit=MAX_FOOTER)
        p = self._sheet.prefix
        new = b"<" + p + b"oddFooter>" + escape_text(footer).encode() + b"</" + p + b"oddFooter>"
        views = after.rfind(b"</" + p + b"customSheetViews>") + 1  # a saved view has its own headerFooter
        head, tail = after[:views], after[views:]
        block = re.search(b"<" + p + rb"headerFooter(?=[\s/>])([^>]*?)(?:/>|>(.*?)</" + p + b"headerFooter>)", tail, re.DOTALL)
        if block is None:
            following = re.search(rb"<(?:[\w.-]+:)?(?:" + _AFTER_FOOTER + rb")[\s/>]|</" + p + b"worksheet>", tail)
            at = following.start() if following else len(tail)
            return head + tail[:at] + b"<" + p + b"headerFooter>" + new + b"</" + p + b"headerFooter>" + tail[at:]
        inner = block[2] or b""
        old = re.search(b"<" + p + rb"oddFooter(?:\s[^>]*)?(?:/>|>.*?</" + p + b"oddFooter>)", inner, re.DOTALL)
        if old is None:
            above = re.search(b".*</" + p + b"oddHeader>|.*<" + p + b"oddHeader/>", inner, re.DOTALL)
            old_span = (above.end(), above.end()) if above else (0, 0)
        else:
            old_span = old.span()
        inner = inner[: old_span[0]] + new + inner[old_span[1] :]
        whole = b"<" + p + b"headerFooter" + block[1].rstrip() + b">" + inner + b"</" + p + b"headerFooter>"
        return head + tail[: block.start()] + whole + tail[block.end() :]


def _follow(sqref: bytes, resizes: Sequence[Resize]) -> bytes:
    """The ranges of a rule. A range in a resized table that ended at its old last data row ends at the new one."""
    out = []
    for token in sqref.decode().split():
        try:
            area = Area.parse(token)
        except ValueError:  # a whole column
            out.append(token)
            continue
        for r in resizes:
            inside = r.area.first_col <= area.first_col and area.last_col <= r.area.last_col and area.first_row >= r.area.first_row
            if inside and area.last_row == r.old_last and area.first_row <= r.new_last:
                area = Area(area.first_row, area.first_col, r.new_last, area.last_col)
                token = (
                    str(area) if area.first_row != area.last_row or area.first_col != area.last_col else a1(area.first_row, area.first_col)
                )
                break
        out.append(token)
    return " ".join(out).encode()
