"""Change the sheets and names of a workbook that is being marked: our notes become the first sheet, our very hidden memory the last.

In: the parts of a workbook.  Out: the parts changed.  Sheet-level names and the active tab are shifted by the sheet inserted before them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from lxml import etree

from collab_xl.book.annotate_parts import DOC_RELS, Parts
from collab_xl.book.annotate_styles import StyleBook
from collab_xl.book.cell_xml import escape_text
from collab_xl.book.parts import local
from collab_xl.model.place import a1, column_letters
from collab_xl.model.regex import regex
from collab_xl.model.returns import MEMORY_SHEET, NOTES_NAME, Notes

_SHEET_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_HEAD: Final = f'<worksheet xmlns="{_MAIN}" xmlns:r="{DOC_RELS}">'
_SELECTED: Final = regex(rb'(<(?:[\w.-]+:)?sheetView\b[^>]*?)\s+tabSelected="(?:1|true)"')
_TAB: Final = '<sheetPr><tabColor rgb="FFC0392B"/><pageSetUpPr fitToPage="1"/></sheetPr>'
_AFTER_SHEETS: Final = ("functionGroups", "externalReferences")


class Tabs:
    """The sheets of the workbook part `main`, in tab order."""

    def __init__(self, parts: Parts, main: str) -> None:
        self._parts, self._main = parts, main
        self.root = parts.tree(main)
        self._ns = etree.QName(self.root).namespace or ""
        self.sheets = next(e for e in self.root if local(e) == "sheets")

    def names(self) -> list[str]:
        return [s.get("name", "") for s in self.sheets if local(s) == "sheet"]

    def add(self, name: str, xml: bytes, *, first: bool) -> None:
        part = self._parts.free_name("xl/worksheets/sheet{}.xml")
        self._parts.put(part, xml)
        self._parts.typed(part, _SHEET_TYPE)
        rel_id = self._parts.relate(self._main, "worksheet", part)
        number = 1 + max((int(s.get("sheetId", 0)) for s in self.sheets if local(s) == "sheet"), default=0)
        entry = etree.Element(f"{{{self._ns}}}sheet", {"name": name, "sheetId": str(number)})
        if first:
            self.sheets.insert(0, entry)
            self._shift(1)
        else:
            entry.set("state", "veryHidden")
            self.sheets.append(entry)
        entry.set(f"{{{DOC_RELS}}}id", rel_id)
        self._parts.touch(self._main)

    def remove(self, name: str) -> None:
        """Remove a sheet of ours, with the parts that only it refers to."""
        order = [s for s in self.sheets if local(s) == "sheet"]
        index = next((n for n, s in enumerate(order) if s.get("name") == name), None)
        if index is None:
            return
        entry = order[index]
        rel_id = next(str(v) for k, v in entry.attrib.items() if str(k).endswith("}id"))
        part = next(t for r, _, t in self._parts.rels(self._main) if r == rel_id)
        for _, kind, target in list(self._parts.rels(part)):
            if kind in ("printerSettings", "comments", "vmlDrawing") and self._parts.has(target):
                self._parts.drop(target)
        self._parts.drop(part)
        self._parts.unrelate(self._main, rel_id)
        self.sheets.remove(entry)
        self._forget_names(index)
        if index == 0:
            self._shift(-1)
        self._parts.touch(self._main)

    def _shift(self, by: int) -> None:
        for name in self._defined():
            if name.get("localSheetId") is not None:
                name.set("localSheetId", str(int(name.get("localSheetId", 0)) + by))
        for view in self._views():
            if by > 0:
                view.set("activeTab", "0")
                view.attrib.pop("firstSheet", "")
            else:
                active = max(0, int(view.get("activeTab", 0)) - 1)
                view.set("activeTab", str(active))

    def _forget_names(self, index: int) -> None:
        for name in self._defined():
            if name.get("name") == NOTES_NAME or name.get("localSheetId") == str(index):
                name.getparent().remove(name)  # type: ignore[union-attr]
        for block in [e for e in self.root if local(e) == "definedNames" and len(e) == 0]:
            self.root.remove(block)

    def _views(self) -> list[etree._Element]:
        return [v for b in self.root if local(b) == "bookViews" for v in b if local(v) == "workbookView"]

    def _defined(self) -> list[etree._Element]:
        return [n for b in self.root if local(b) == "definedNames" for n in b if local(n) == "definedName"]

    def views(self) -> list[str]:
        """`activeTab firstSheet` of each view, to be restored later."""
        return [f"{v.get('activeTab', '-')} {v.get('firstSheet', '-')}" for v in self._views()]

    def set_views(self, kept: Sequence[str]) -> None:
        """Restore the views, unless the workbook was saved with another active sheet."""
        for view, words in zip(self._views(), kept, strict=False):
            active, _, first = words.partition(" ")
            if view.get("activeTab", "0") == "0":
                for name, value in (("activeTab", active), ("firstSheet", first)):
                    if value == "-":
                        view.attrib.pop(name, "")
                    else:
                        view.set(name, value)

    def name_notes(self, sheet: str, heading: int = 0) -> None:
        """Add a hidden name for the notes, the first sheet, which stays valid when it is renamed; print the row `heading` on every page."""
        block = next((e for e in self.root if local(e) == "definedNames"), None)
        if block is None:
            block = etree.Element(f"{{{self._ns}}}definedNames")
            before = next((e for e in reversed(self.root) if local(e) in _AFTER_SHEETS), self.sheets)
            before.addnext(block)
        name = etree.Element(f"{{{self._ns}}}definedName", name=NOTES_NAME, hidden="1")
        quoted = sheet.replace("'", "''")
        name.text = f"'{quoted}'!$A$1"
        block.insert(0, name)
        if heading:
            titles = etree.Element(f"{{{self._ns}}}definedName", name="_xlnm.Print_Titles", localSheetId="0")
            titles.text = f"'{quoted}'!${heading}:${heading}"
            block.insert(0, titles)

    def notes_sheet(self) -> str | None:
        for name in self._defined():
            if name.get("name") == NOTES_NAME and (found := re.match(r"(?:'((?:[^']|'')+)'|([^'!]+))!", name.text or "")):
                return found[1].replace("''", "'") if found[1] else found[2]
        return None

    def unselect(self) -> None:
        """Deselect all sheets: text typed into one of several selected sheets would go into all of them."""
        for _, kind, part in list(self._parts.rels(self._main)):
            if kind in ("worksheet", "chartsheet", "dialogsheet") and self._parts.has(part):
                data = self._parts.read(part)
                if b"tabSelected" in data[:20_000]:
                    changed = _SELECTED.sub(rb"\1", data)
                    if changed != data:
                        self._parts.put(part, changed)

    def select(self) -> None:
        """Select the active sheet of the first view."""
        view = next(iter(self._views()), None)
        order = [s for s in self.sheets if local(s) == "sheet"]
        index = int(view.get("activeTab", 0)) if view is not None else 0
        if index >= len(order):
            return
        rel_id = next(str(v) for k, v in order[index].attrib.items() if str(k).endswith("}id"))
        part = next((t for r, _, t in self._parts.rels(self._main) if r == rel_id), None)
        if part is not None:
            data = self._parts.read(part)
            if b"tabSelected" not in data[:20_000]:
                changed = re.sub(rb"(<(?:[\w.-]+:)?sheetView)(?=[\s/>])", rb'\1 tabSelected="1"', data, count=1)
                if changed != data:
                    self._parts.put(part, changed)


def notes_xml(notes: Notes, styles: StyleBook) -> bytes:
    """The sheet of notes; every place is a link."""
    cols = "".join(f'<col min="{n}" max="{n}" width="{w:g}" customWidth="1"/>' for n, w in enumerate(notes.widths, 1))
    rows, merges, links = [], [], []
    for number, row in enumerate(notes.rows, 1):
        cells = []
        for cell in row.cells:
            place = f'r="{a1(number, cell.col)}" s="{styles.look(cell.look)}"'
            if isinstance(cell.value, int):
                cells.append(f"<c {place}><v>{cell.value}</v></c>")
            elif cell.value:
                cells.append(f'<c {place} t="inlineStr"><is><t xml:space="preserve">{escape_text(cell.value)}</t></is></c>')
            else:
                cells.append(f"<c {place}/>")
            if cell.target:
                where = escape_text("'{}'!{}".format(cell.target[0].replace("'", "''"), cell.target[1])).replace('"', "&quot;")
                links.append(f'<hyperlink ref="{a1(number, cell.col)}" location="{where}" display="{cell.target[1]}"/>')
        height = f' ht="{row.height:g}" customHeight="1"' if row.height else ""
        rows.append(f'<row r="{number}"{height}>{"".join(cells)}</row>')
        if row.merge_to and row.cells:
            first = row.cells[0].col
            merges.append(f'<mergeCell ref="{a1(number, first)}:{a1(number, row.merge_to)}"/>')
    pane = ""
    if notes.freeze:
        top = f"A{notes.freeze + 1}"
        pane = f'<pane ySplit="{notes.freeze}" topLeftCell="{top}" activePane="bottomLeft" state="frozen"/>'
        pane += f'<selection pane="bottomLeft" activeCell="{top}" sqref="{top}"/>'
    xml = f'{_HEAD}{_TAB}<dimension ref="A1:{column_letters(len(notes.widths))}{max(1, len(rows))}"/>'
    xml += f'<sheetViews><sheetView showGridLines="0" tabSelected="1" workbookViewId="0">{pane}</sheetView></sheetViews>'
    xml += f'<sheetFormatPr defaultRowHeight="15"/><cols>{cols}</cols><sheetData>{"".join(rows)}</sheetData>'
    if merges:
        xml += f'<mergeCells count="{len(merges)}">{"".join(merges)}</mergeCells>'
    if links:
        xml += f"<hyperlinks>{''.join(links)}</hyperlinks>"
    xml += '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
    return (xml + '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>').encode()


def memory_xml(lines: Sequence[Sequence[str]]) -> bytes:
    """The very hidden memory sheet: one line per stored item."""
    rows = []
    for number, line in enumerate(lines, 1):
        cells = (
            f'<c r="{a1(number, n)}" t="inlineStr"><is><t xml:space="preserve">{escape_text(item)}</t></is></c>'
            for n, item in enumerate(line, 1)
            if item
        )
        rows.append(f'<row r="{number}">{"".join(cells)}</row>')
    return f"{_HEAD}<sheetData>{''.join(rows)}</sheetData></worksheet>".encode()


def is_memory(name: str) -> bool:
    return name.casefold() == MEMORY_SHEET
