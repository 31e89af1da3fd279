"""Add columns at the right end of a table, or remove them, in the bytes of its sheet; and check that nothing else changed.

In: the bytes of a sheet and of its table.  Out: the new bytes.  Pure.  Why: decision 0016.
Added are: heading and blank cells, `<col>`, rules and drop-downs of the new columns, and the columns and range of the table. A rule
over the whole width of the table is extended with it. A donor is a workbook of our own that contains the new columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import unescape
from typing import Final

from lxml import etree

from collab_xl.book.added_styles import StyleMapping
from collab_xl.book.cell_xml import CellWriter, SharedStrings, escape_text
from collab_xl.book.cols import around_cols, attributes_of, with_col
from collab_xl.book.package import parse_xml
from collab_xl.book.page_count import paged, unpaged
from collab_xl.book.parts import Structure, local
from collab_xl.book.row_change import RowChange
from collab_xl.book.row_layout import SheetXml, as_utf8
from collab_xl.book.scan import formulas_in, merges_in
from collab_xl.book.sheet_rows import SheetRows
from collab_xl.book.workbook_xml import attribute
from collab_xl.errors import CollabError
from collab_xl.model.place import MAX_COL, Area, a1, column_letters, column_number
from collab_xl.model.regex import regex
from collab_xl.model.sheets import TableRef

HEAD, BODY = 3, 4
"""Rows of the headings and of the first data row in a donor."""
_AFTER_RULES: Final = (
    "dataValidations|hyperlinks|printOptions|pageMargins|pageSetup|headerFooter|rowBreaks|colBreaks|customProperties|cellWatches|"
    "ignoredErrors|smartTags|drawing|legacyDrawing|legacyDrawingHF|drawingHF|picture|oleObjects|controls|webPublishItems|tableParts|extLst"
)
"""The elements after conditionalFormatting in a worksheet (ECMA-376 CT_Worksheet)."""
_CELL: Final = regex(r"(\$?)([A-Z]{1,3})(\$?)([0-9]+)\b")


def refuse_taken(rows: SheetRows, ref: TableRef, others: Sequence[Area], count: int) -> None:
    """Raise CollabError `column_not_free` if the cells to the right of the table are used: by a value, formula, merge or table."""
    area = ref.area
    if area.last_col + count > MAX_COL:
        raise CollabError("column_not_free", table=ref.name, sheet=ref.sheet, cell=a1(area.first_row, area.last_col))
    new = Area(area.first_row, area.last_col + 1, area.last_row, area.last_col + count)
    formulas, _, arrays = formulas_in(rows.data, rows.sheet.prefix)
    blocks = [*merges_in(rows.sheet.after, rows.sheet.prefix), *others, *arrays, *(Area(r, c, r, c) for r, c in formulas)]
    for block in blocks:
        if _meet(block, new):
            raise CollabError("column_not_free", table=ref.name, sheet=ref.sheet, cell=a1(block.first_row, block.first_col))
    for row in range(new.first_row, new.last_row + 1):
        for col, cell in rows.cells(row).items():
            if new.first_col <= col <= new.last_col and b"<" in rows.parsed(cell)[1]:
                raise CollabError("column_not_free", table=ref.name, sheet=ref.sheet, cell=a1(row, col))


def _meet(a: Area, b: Area) -> bool:
    return a.first_row <= b.last_row and b.first_row <= a.last_row and a.first_col <= b.last_col and b.first_col <= a.last_col


class DonorColumns:
    """The new columns of the donor: styles, widths, rules and drop-downs, moved to their place in this sheet."""

    def __init__(self, donor: Structure, columns: Mapping[int, int], new: Sequence[int], first_row: int, styles: StyleMapping) -> None:
        part = next(iter(donor.sheets.values())).part
        self._root = parse_xml(donor.package.read(part), part)
        self.columns, self.new, self._first_row, self._styles = columns, new, first_row, styles
        ref, _ = next(iter(donor.tables.values()))
        self.headings = {columns[c]: ref.headings[c - ref.area.first_col] for c in new}

    def _all(self, name: str) -> Iterator[etree._Element]:
        return (e for e in self._root.iter() if local(e) == name)

    def cell(self, row: int, col: int) -> int:
        """The style for the donor's cell."""
        at = a1(row, col)
        return self._styles.cell(next(int(c.get("s", "0")) for c in self._all("c") if c.get("r") == at))

    def column(self, col: int) -> tuple[str, int]:
        """Width and style of a column."""
        found = next(e for e in self._all("col") if int(e.get("min", "0")) <= col <= int(e.get("max", "0")))
        return found.get("width", "12"), self._styles.cell(int(found.get("style", "0")))

    def rules(self, priority: int) -> list[etree._Element]:
        """The conditional formats that apply only to new columns; the first gets this priority, the others the next ones."""
        out = []
        for block in self._all("conditionalFormatting"):
            if not (here := self._here(block)):
                continue
            block.set("sqref", here)
            for rule in [r for r in block if local(r) == "cfRule"]:
                if rule.get("dxfId"):
                    rule.set("dxfId", str(self._styles.change(int(rule.get("dxfId", "0")))))
                rule.set("priority", str(priority))
                priority += 1
                for part in list(rule):
                    if local(part) == "formula":
                        part.text = self._formula_here(part.text or "")
                    elif local(part) == "extLst":
                        rule.remove(part)
            out.append(block)
        return out

    def choices(self) -> list[etree._Element]:
        """The drop-downs and checks of the new columns."""
        out = []
        for rule in self._all("dataValidation"):
            if here := self._here(rule):
                rule.set("sqref", here)
                out.append(rule)
        return out

    def _here(self, rule: etree._Element) -> str:
        """The range in this sheet of a rule that applies only to new columns; "" for other rules."""
        areas = [Area.parse(a) for a in rule.get("sqref", "").split()]
        if any(a.first_col not in self.new or a.last_col != a.first_col for a in areas):
            return ""
        by = self._first_row - BODY
        moved = ((self.columns[a.first_col], a.first_row + by, min(a.last_row + by, a.last_row)) for a in areas)
        return " ".join(str(Area(first, col, last, col)) for col, first, last in moved)

    def _formula_here(self, formula: str) -> str:
        """A formula of the donor with the cells of this sheet; text in quotes stays unchanged."""

        def cell(found: re.Match[str]) -> str:
            col = column_number(found[2])
            row = int(found[4]) + self._first_row - BODY
            return f"{found[1]}{column_letters(self.columns.get(col, col))}{found[3]}{row}"

        pieces = formula.split('"')
        return '"'.join(piece if n % 2 else _CELL.sub(cell, piece) for n, piece in enumerate(pieces))


def grown_sheet(
    data: bytes, part: str, ref: TableRef, others: Sequence[Area], donor_columns: DonorColumns, date1904: bool, repeated: int = 0
) -> bytes:
    """The sheet with the new columns. `repeated`: how many columns each printed page repeats. Raises CollabError as `refuse_taken`."""
    xml = SheetXml(data, part)
    rows, p = SheetRows(xml), xml.prefix
    refuse_taken(rows, ref, others, len(donor_columns.new))
    places = dict(zip(donor_columns.headings, donor_columns.new, strict=True))
    changes: dict[int, RowChange] = {}
    body = {col: b' s="%d"/>' % donor_columns.cell(BODY, donor) for col, donor in places.items()}
    head = {
        col: b' s="%d" t="inlineStr"><%sis><%st>%s</%st></%sis></%sc>'
        % (donor_columns.cell(HEAD, donor), p, p, escape_text(donor_columns.headings[col]).encode(), p, p, p)
        for col, donor in places.items()
    }
    for row in range(ref.area.first_row, ref.data.last_row + 1):
        cleared = frozenset(col for col in places if col in rows.cells(row))
        changes[row] = RowChange(cleared=cleared, put=head if row == ref.area.first_row else body)
    writer = CellWriter(p, date1904, ref.sheet)
    pieces, _ = rows.changed(changes, writer, lambda: SharedStrings(None), lambda row, col: b"", date1904)
    before = xml.before
    for col, donor in places.items():
        width, style = donor_columns.column(donor)
        before = with_col(before, p, col, {b"width": width.encode(), b"style": b"%d" % style, b"customWidth": b"1"}, base=b"")
    before = _wider_dimension(before, p, ref.area.last_col + len(places))
    after = _wider_rules(xml.after, p, ref, len(places))
    after = paged(before, with_rules(after, p, donor_columns), p, ref.area.last_col, ref.area.last_col + len(places), repeated)
    return b"".join((before, *pieces, after))


def _wider_dimension(before: bytes, p: bytes, last_col: int) -> bytes:
    found = re.search(b"<" + p + rb'dimension ref="([A-Z]+[0-9]+(?::[A-Z]+[0-9]+)?)"', before)
    if found is None:
        return before
    area = Area.parse(found[1].decode())
    wide = Area(area.first_row, area.first_col, area.last_row, max(area.last_col, last_col))
    return before[: found.start(1)] + str(wide).encode() + before[found.end(1) :]


def _wider_rules(after: bytes, p: bytes, ref: TableRef, by: int) -> bytes:
    """Extend the rules over the whole width of the table's rows to the new columns (`by` < 0: shorten them)."""

    def wider(found: re.Match[bytes]) -> bytes:
        return found[1] + " ".join(_wide(a, ref, by) for a in found[2].decode().split()).encode() + found[3]

    return re.sub(b"(<" + p + rb'conditionalFormatting\s[^>]*?\bsqref=")([^"]*)(")', wider, after)


def _wide(text: str, ref: TableRef, by: int) -> str:
    area = Area.parse(text)
    whole = (area.first_col, area.last_col) == (ref.area.first_col, ref.area.last_col) and area.first_row >= ref.area.first_row
    return (
        str(Area(area.first_row, area.first_col, area.last_row, area.last_col + by)) if whole and area.first_col < area.last_col else text
    )


def with_rules(after: bytes, p: bytes, donor_columns: DonorColumns) -> bytes:
    priorities = [int(n) for n in re.findall(rb'\spriority="([0-9]+)"', after)]
    rules = b"".join(_bytes(e, p) for e in donor_columns.rules(1 + max(priorities, default=0)))
    choices = [_bytes(e, p) for e in donor_columns.choices()]
    start = _behind_rules(after, p)
    after = after[:start] + rules + after[start:]
    if not choices:
        return after
    block = re.search(b"<" + p + rb"dataValidations(?:\s[^>]*)?>", after)
    if block is None or block[0].endswith(b"/>"):
        start += len(rules)
        end = block.end() if block else start
        tag = b'<%sdataValidations count="%d">' % (p, len(choices))
        return after[:start] + tag + b"".join(choices) + b"</" + p + b"dataValidations>" + after[end:]
    close = after.index(b"</" + p + b"dataValidations", block.end())
    count = len(re.findall(b"<" + p + rb"dataValidation\s", after[block.end() : close])) + len(choices)
    tag = re.sub(rb'(\scount=")[0-9]+', lambda m: m[1] + b"%d" % count, block[0])
    return after[: block.start()] + tag + after[block.end() : close] + b"".join(choices) + after[close:]


def _behind_rules(after: bytes, p: bytes) -> int:
    """The position for a conditional format after all others of the sheet."""
    close = b"</" + p + b"conditionalFormatting>"
    if close in after:
        return after.rindex(close) + len(close)
    found = re.search(b"<" + p + b"(?:" + _AFTER_RULES.encode() + rb")(?=[\s/>])|</" + p + b"worksheet", after)
    if found is None:
        raise CollabError("damaged_workbook", part="worksheet")
    return found.start()


def _bytes(element: etree._Element, p: bytes) -> bytes:
    element.tail = None
    data: bytes = etree.tostring(element)
    data = re.sub(rb'\sxmlns(?::\w+)?="[^"]*"', b"", data, count=0)
    return re.sub(rb"<(/?)(?=\w)", b"<\\1" + p, data)


def with_words(data: bytes, part: str, words: Sequence[tuple[int, str, str]]) -> tuple[bytes, list[int]]:
    """The sheet with new words in the drop-downs that still have our own list, and in the colours of renamed words; and the columns whose
    list was changed."""
    xml = SheetXml(data, part)
    after, missed = xml.after, []
    for col, old, new in words:
        found = [rule for rule in _drop_downs(after, xml.prefix) if covers(rule[0], col)]
        mine = [rule for rule in found if unescape(rule[1].decode()) == old]
        if not mine:
            missed.append(col)
            continue
        start, end = mine[0].span(1)
        escaped = escape_text(new)
        escaped = escaped.replace('"', "&quot;") if b"&quot;" in mine[0][1] else escaped  # as the sheet writes it
        after = _recoloured(after[:start] + escaped.encode() + after[end:], xml.prefix, col, old, new)
    return b"".join((xml.before, xml.rows, after)), missed


def _recoloured(after: bytes, p: bytes, col: int, old: str, new: str) -> bytes:
    """Rules of colours that compare a cell of the column with a renamed word (`$L4="滞后"`) compare it with the new one. Unchanged where a
    rule has a new word already: the way back would change that one too."""
    now = {
        escape_text(was.replace('"', '""')).encode(): escape_text(word.replace('"', '""')).encode()
        for was, word in zip(old.strip('"').split(","), new.strip('"').split(","), strict=False)
        if was != word
    }
    if not now:
        return after
    cell = rb"(\$?" + column_letters(col).encode() + rb"\$?[0-9]+(?:=|&lt;&gt;))"

    def compared(words: Iterable[bytes]) -> re.Pattern[bytes]:
        return re.compile(cell + rb'("|&quot;)(' + b"|".join(map(re.escape, words)) + rb")\2")

    formulas = re.compile(b"<" + p + b"formula>[^<]*</" + p + b"formula>")
    taken = set(now.values()) - now.keys()
    if taken and any(compared(taken).search(found[0]) for found in formulas.finditer(after)):
        return after
    words = compared(now)
    return formulas.sub(lambda found: words.sub(lambda m: m[1] + m[2] + now[m[3]] + m[2], found[0]), after)


def _drop_downs(after: bytes, p: bytes) -> list[re.Match[bytes]]:
    pattern = b"<" + p + rb'dataValidation\s[^>]*type="list"[^>]*>\s*<' + p + rb"formula1>([^<]*)</" + p + b"formula1>"
    return list(re.finditer(pattern, after))


def covers(tag: bytes, col: int) -> bool:
    areas = [Area.parse(a) for a in attribute(tag.partition(b">")[0], "sqref").split()]
    return any(a.first_col <= col <= a.last_col for a in areas)


def grown_table(data: bytes, part: str, ref: TableRef, headings: Sequence[str]) -> bytes:
    """The table part with these columns at its end."""
    data = as_utf8(data, part)
    ids = [int(n) for n in re.findall(rb"<(?:[\w.-]+:)?tableColumn\s[^>]*?\bid=\"([0-9]+)\"", data)]
    close = re.search(rb"</((?:[\w.-]+:)?)tableColumns>", data)
    if close is None:
        raise CollabError("damaged_workbook", part=part)
    lines = [
        b'<%stableColumn id="%d" name="%s"/>' % (close[1], n, escape_text(h).replace('"', "&quot;").replace("\n", "_x000a_").encode())
        for n, h in enumerate(headings, 1 + max(ids, default=0))
    ]
    data = data[: close.start()] + b"".join(lines) + data[close.start() :]
    return _wide_table(data, len(ids) + len(lines), len(lines))


def shrunk_table(data: bytes, part: str, count: int) -> bytes:
    """The table part without its last columns."""
    data = as_utf8(data, part)
    if not count:
        return data
    tags = list(re.finditer(rb"<((?:[\w.-]+:)?)tableColumn\s[^>]*?(?:/>|>.*?</\1tableColumn>)", data, re.S))
    data = data[: tags[-count].start()] + data[tags[-1].end() :]
    return _wide_table(data, len(tags) - count, -count)


def _wide_table(data: bytes, columns: int, by: int) -> bytes:
    def wide(found: re.Match[bytes]) -> bytes:
        area = Area.parse(found[2].decode())
        return found[1] + str(Area(area.first_row, area.first_col, area.last_row, area.last_col + by)).encode()

    data = re.sub(rb'(<(?:[\w.-]+:)?(?:table|autoFilter)\s(?:[^>]*?\s)?ref=")([^"]*)', wide, data)
    return re.sub(rb'(<(?:[\w.-]+:)?tableColumns\s[^>]*?count=")[0-9]+', lambda m: m[1] + b"%d" % columns, data)


def shrunk_sheet(data: bytes, part: str, ref: TableRef, count: int, date1904: bool, repeated: int = 0) -> bytes:
    """The sheet without the cells in the table's last columns, and without the rules that apply only to these columns. `repeated`: as for
    `grown_sheet`."""
    xml = SheetXml(data, part)
    rows, p = SheetRows(xml), xml.prefix
    gone = range(ref.area.last_col - count + 1, ref.area.last_col + 1)
    changes = {}
    for row in range(ref.area.first_row, ref.area.last_row + 1):
        cleared = frozenset(col for col in gone if col in rows.cells(row))
        if cleared:
            changes[row] = RowChange(cleared=cleared)
    writer = CellWriter(p, date1904, ref.sheet)
    pieces, _ = rows.changed(changes, writer, lambda: SharedStrings(None), lambda row, col: b"", date1904)
    after = _wider_rules(xml.after, p, ref, -count)

    def kept(found: re.Match[bytes]) -> bytes:
        areas = [Area.parse(a) for a in attribute(found[0].partition(b">")[0], "sqref").split()]
        return b"" if areas and all(a.first_col in gone and a.last_col in gone for a in areas) else found[0]

    for name in (b"conditionalFormatting", b"dataValidation"):
        element = b"<" + p + name + rb"\s(?:[^>]*/>|[^>]*[^/]>.*?</" + p + name + b">)"
        after = re.sub(element, kept, after, flags=re.S)
    left = len(re.findall(b"<" + p + rb"dataValidation\s", after))
    if left:
        after = re.sub(b"(<" + p + rb'dataValidations\s[^>]*?count=")[0-9]+', lambda m: m[1] + b"%d" % left, after)
    else:
        after = re.sub(b"<" + p + rb"dataValidations(?:\s[^>]*)?>\s*</" + p + b"dataValidations>", b"", after)
    after = paged(xml.before, after, p, ref.area.last_col, ref.area.last_col - count, repeated)
    return b"".join((xml.before, *pieces, after))


def column_differences(
    old: bytes, new: bytes, part: str, ref: TableRef, count: int, words: Sequence[tuple[int, str, str]]
) -> Iterator[str]:
    """Differences between the new sheet and the old one other than the new columns. `ref`: the old table."""
    wide = Area(ref.area.first_row, ref.area.first_col, ref.area.last_row, ref.area.last_col + count)
    grown = TableRef(ref.name, ref.sheet, wide, ref.headings, ref.totals_rows, ref.header_rows)
    back = shrunk_sheet(new, part, grown, count, False)
    back, missed = with_words(back, part, [(col, now, before) for col, before, now in words])
    same, _ = with_words(old, part, [(col, before, before) for col, before, _ in words])  # in the form in which we write them
    was, now = SheetXml(same, part), SheetXml(back, part)
    before, after = SheetRows(was), SheetRows(SheetXml(new, part))
    if missed:
        yield f"{ref.sheet}: a drop-down does not offer what it should"
    if unpaged(was.after, was.prefix) != unpaged(now.after, now.prefix):
        yield f"{ref.sheet}: something after the rows changed"
    if around_cols(was.before, was.prefix) != around_cols(now.before, was.prefix):
        yield f"{ref.sheet}: something before the rows changed"
    here = range(ref.area.last_col + 1, wide.last_col + 1)
    a, b = (attributes_of(x.before, x.prefix) for x in (was, now))
    if {col: w for col, w in a.items() if col not in here} != {col: w for col, w in b.items() if col not in here}:
        yield f"{ref.sheet}: the width of another column changed"
    for row in dict.fromkeys((*before.numbers, *after.numbers)):
        if ref.area.first_row <= row <= ref.data.last_row:
            old_cells = {col: cell for col, cell in before.cells(row).items() if col not in here}
            new_cells = after.cells(row)
            if old_cells != {col: cell for col, cell in new_cells.items() if col not in here}:
                yield f"{ref.sheet}: another cell of row {row} changed"
            if [col for col in here if col not in new_cells]:
                yield f"{ref.sheet}: row {row} lacks a cell"
        elif before.chunk(row).rstrip() != after.chunk(row).rstrip():
            yield f"{ref.sheet}: row {row} changed"
