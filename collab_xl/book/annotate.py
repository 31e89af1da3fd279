"""Mark cells in a department's own workbook, and remove our marks again (decision 0010).

In: the bytes of a workbook and the marks.  Out: new bytes.  No effect.
Only the parts with marks and the parts that list other parts change; every other entry of the zip is copied byte for byte. The result
is checked by removing the marks again: any difference to the original raises `NotKept`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from lxml import etree

from collab_xl.book.annotate_book import Tabs, is_memory, memory_xml, notes_xml
from collab_xl.book.annotate_check import must_be_equal
from collab_xl.book.annotate_comments import Comments
from collab_xl.book.annotate_parts import NotKept, Parts, strings_of
from collab_xl.book.annotate_sheet import WIDTH, SheetEdit, style_of
from collab_xl.book.annotate_styles import LOOKS, StyleBook
from collab_xl.book.package import Package
from collab_xl.book.parts import Structure, rels_of
from collab_xl.book.read import Book, read_book
from collab_xl.errors import CollabError
from collab_xl.model.place import a1, parse_a1
from collab_xl.model.returns import HEADING_NUMBER, MEMORY_SHEET, NOTES_NAME, Mark, Marks, ResultColumn, block
from collab_xl.model.sheets import Cell

FONT: Final[Mapping[str, str]] = {"zh": "微软雅黑", "en": "Arial"}
_SIGNED: Final = "origin"
_SHARED: Final = frozenset({"revisionHeaders", "usernames"})
_ODD: Final = (ValueError, LookupError, TypeError, AttributeError, StopIteration, etree.LxmlError)
"""Errors for a part that is well-formed XML but not a valid worksheet or memory sheet."""
_RESULT_COLOR: Final = LOOKS["result"].color


def marked(data: bytes, marks: Marks, name: str = "") -> bytes:
    """The workbook with these marks; old marks are removed first.

    Raises:
        NotKept: marks cannot be set without a loss: a signature, a workbook shared with revisions, the Strict format, or a part that
            would differ after the marks are removed again.
        CollabError: as `read_book`.
    """
    before = unmarked(data, name)
    try:
        after = _marked(before, marks, name)
    except _ODD as error:
        raise NotKept(f"{type(error).__name__}: {error}") from error
    must_be_equal(before, unmarked(after, name))
    return after


def _marked(data: bytes, marks: Marks, name: str) -> bytes:
    parts, structure = _opened(data, name)
    _refuse(structure, parts)
    tabs = Tabs(parts, structure.workbook_part)
    if any(is_memory(n) for n in tabs.names()):
        raise NotKept("old marks cannot be taken off")
    styles = _styles(parts, structure, FONT[marks.lang])
    strings = strings_of(parts, structure.part("sharedStrings"))
    memory: list[list[str]] = [["collab_xl", "1"], ["views", *tabs.views()]]
    sheets = {m.sheet for m in marks.marks} | {c.sheet for c in marks.columns}
    for sheet in structure.sheets.values():
        if sheet.name in sheets and sheet.kind == "worksheet":
            column = next((c for c in marks.columns if c.sheet == sheet.name), None)
            here = [m for m in marks.marks if m.sheet == sheet.name]
            memory += _Marker(parts, sheet.part, sheet.name, styles, strings, marks.lang).mark(here, column)
    notes = _free(marks.notes.sheet, tabs.names())
    memory.append(["notes", notes])
    tabs.unselect()
    tabs.add(notes, notes_xml(marks.notes, styles), first=True)
    tabs.add(MEMORY_SHEET, memory_xml(memory), first=False)
    tabs.name_notes(notes, marks.notes.heading)
    parts.touch(structure.workbook_part)
    if styles.changed:
        parts.touch(_part(structure, "styles"))
    return parts.saved()


class _Marker:
    """Marks one sheet and returns what must be stored to remove the marks."""

    def __init__(self, parts: Parts, part: str, sheet: str, styles: StyleBook, strings: Sequence[str], lang: str) -> None:
        self._parts, self._part, self._sheet, self._styles, self._lang = parts, part, sheet, styles, lang
        self._edit = SheetEdit(parts.tree(part), strings)
        parts.touch(part)

    def mark(self, marks: Sequence[Mark], column: ResultColumn | None) -> list[list[str]]:
        memory: list[list[str]] = []
        texts: dict[Cell, str] = {}
        heads: dict[Cell, str] = {}
        severe: dict[Cell, bool] = {}
        merges = self._edit.merges()
        for mark in marks:
            at = next(((a.first_row, a.first_col) for a in merges if (mark.row, mark.col) in a), (mark.row, mark.col))
            words = block(mark.number, mark.comment, self._lang)
            if at in texts:  # two cells of one merged area
                texts[at] += "\n" + words
                continue
            memory.append(self._color(mark, at))
            texts[at], severe[at] = words, mark.severe
        if column is not None and column.heading_rows:
            memory += self._column(column, heads, {col for _, col in texts})
        Comments(self._parts, self._part, self._edit.root, FONT[self._lang]).write({**heads, **texts}, severe)
        return memory

    def _color(self, mark: Mark, at: Cell) -> list[str]:
        cell, made = self._edit.cell(*at)
        style = style_of(cell)
        cell.set("s", str(self._styles.marked(style, mark.severe)))
        fill = self._styles.fill_of(style)
        return ["cell", str(mark.number), self._sheet, a1(*at), "new" if made else "was", str(style), fill]

    def _column(self, column: ResultColumn, comments: dict[Cell, str], marked: set[int]) -> list[list[str]]:
        col = self._edit.free_column(column.after, min(column.heading_rows), max(column.last_row, *column.heading_rows), marked)
        if col is None:
            return []
        for row in column.heading_rows:
            self._edit.write(row, col, column.heading, self._styles.look("result_head"))
            comments[row, col] = block(HEADING_NUMBER, column.comment, self._lang)
        for row, words in column.lines.items():
            if row not in column.heading_rows and self._edit.is_blank(row, col):
                self._edit.write(row, col, words, self._styles.look("result"))
        own = self._edit.column(col)
        self._edit.set_column(col, {**own, "width": f"{WIDTH:g}", "customWidth": "1"})
        heads = " ".join(a1(row, col) for row in column.heading_rows)
        return [["column", self._sheet, str(col), column.heading, heads, json.dumps(own, sort_keys=True)]]


def unmarked(data: bytes, name: str = "") -> bytes:
    """The workbook without our marks; corrections by the department stay. The same bytes if there are no marks.

    Raises NotKept if the stored memory of the marks was changed and cannot be used, and CollabError as `read_book` does.
    """
    try:
        return _unmarked(data, name)
    except _ODD as error:
        raise NotKept(f"{type(error).__name__}: {error}") from error


def _unmarked(data: bytes, name: str) -> bytes:
    parts, structure = _opened(data, name)
    memory_sheet = next((s for s in structure.sheets.values() if is_memory(s.name)), None)
    if memory_sheet is None:
        return data
    strings = strings_of(parts, structure.part("sharedStrings"))
    memory = _memory(parts, memory_sheet.part, strings)
    if memory is None:
        return data
    styles = _styles(parts, structure, FONT["zh"])
    tabs = Tabs(parts, structure.workbook_part)
    cells = {int(line[1]): line[2:] for line in memory if line[0] == "cell" and len(line) >= 7}
    columns = [line[1:] for line in memory if line[0] == "column" and len(line) >= 6]
    notes = tabs.notes_sheet() or next((line[1] for line in memory if line[0] == "notes"), "")
    for sheet in structure.sheets.values():
        if sheet.kind == "worksheet" and sheet.name not in (memory_sheet.name, notes):
            _unmark_sheet(parts, sheet.part, sheet.name, styles, strings, cells, columns)
    tabs.remove(memory_sheet.name)
    tabs.remove(notes)
    tabs.set_views(next((line[1:] for line in memory if line[0] == "views"), []))
    tabs.select()
    if styles.changed:
        parts.touch(_part(structure, "styles"))
    return parts.saved()


def _unmark_sheet(
    parts: Parts,
    part: str,
    sheet: str,
    styles: StyleBook,
    strings: Sequence[str],
    cells: Mapping[int, Sequence[str]],
    columns: Sequence[Sequence[str]],
) -> None:
    """Remove the marks of a sheet. A cell is found by our comment, which moves with it, else at its old address."""
    rels = list(parts.rels(part))
    here = {n: line for n, line in cells.items() if line[0] == sheet}
    mine = [line for line in columns if line[0] == sheet]
    if not here and not mine and not any(kind == "comments" for _, kind, _ in rels):
        return
    root = parts.tree(part)
    places = Comments(parts, part, root, FONT["zh"]).remove()
    if not here and not mine and not places:
        return
    edit = SheetEdit(root, strings)
    parts.touch(part)
    for number, line in cells.items():
        if number not in places and number not in here:
            continue
        row, col = places.get(number) or parse_a1(line[1])
        cell = edit.cells(row).get(col)
        if cell is None or not styles.is_ours(style_of(cell)):
            continue
        cell.set("s", str(styles.restored(style_of(cell), int(line[3]), line[4])))
        if cell.get("s") == "0":
            del cell.attrib["s"]
        if line[2] == "new":
            edit.forget(row, col)
    for line in mine:
        col, heading = int(line[1]), line[2]
        now = places.get(HEADING_NUMBER, (0, col))[1]
        heads = [parse_a1(ref) for ref in line[3].split()]
        heads += [(row, now) for row, _ in heads] + ([places[HEADING_NUMBER]] if HEADING_NUMBER in places else [])
        edit.clear_results(lambda text, heading=heading: text == heading, heads, styles, _RESULT_COLOR)  # type: ignore[misc]
        edit.set_column(now, {str(k): str(v) for k, v in json.loads(line[4]).items()})


def _memory(parts: Parts, part: str, strings: Sequence[str]) -> list[list[str]] | None:
    """The lines of our hidden sheet; None for another sheet."""
    edit = SheetEdit(parts.tree(part), strings)
    lines = []
    for row in edit.data:
        found = edit.cells(int(row.get("r", 0)))
        line = [edit.text(found[n]) if n in found else "" for n in range(1, max(found, default=0) + 1)]
        if line:
            lines.append(line)
    return lines if lines and lines[0][:1] == ["collab_xl"] else None


def _opened(data: bytes, name: str) -> tuple[Parts, Structure]:
    package = Package(data, name)
    return Parts(package), Structure(package)


def _part(structure: Structure, kind: str) -> str:
    part = structure.part(kind)
    if part is None:
        raise NotKept(f"no {kind}")
    return part


def _styles(parts: Parts, structure: Structure, font: str) -> StyleBook:
    return StyleBook(parts.tree(_part(structure, "styles")), font)


def _refuse(structure: Structure, parts: Parts) -> None:
    """Raise NotKept for a workbook that cannot take another sheet: Strict format, signed, or shared with revisions."""
    if structure.strict:
        raise NotKept("Strict format")
    if any(rel.kind == _SIGNED for rel in rels_of(structure.package, "").values()):
        raise NotKept("signed")
    if any(rel.kind in _SHARED for rel in structure.rels.values()):
        raise NotKept("shared with revisions")


def _free(name: str, taken: Sequence[str]) -> str:
    folded = {n.casefold() for n in taken}
    n, free = 1, name[:31]
    while free.casefold() in folded:
        n += 1
        free = f"{name[:26]} ({n})"
    return free


def without_marks(book: Book, data: bytes, name: str = "") -> Book:
    """The workbook for reading: a returned one is read without our marks. `book` was read from `data`."""
    if not any(is_memory(sheet) for sheet in book.sheets):
        return book
    try:
        return read_book(unmarked(data, name), name)
    except (NotKept, CollabError):
        notes = book.names[NOTES_NAME][0] if NOTES_NAME in book.names else ""
        sheets = {sheet: state for sheet, state in book.sheets.items() if sheet != notes and not is_memory(sheet)}
        return Book(sheets, book.snapshot, book.tables, book.names, book.stamp)


__all__ = ["NotKept", "marked", "unmarked", "without_marks"]
