"""The structure of a workbook: its sheets, tables and names, and the parts that contain them.

In: a `Package`.  Out: a `Structure`.  Pure on bytes.  Both namespaces are read, Transitional and Strict; element prefixes are ignored.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import Final, TypeVar

from lxml import etree

from collab_xl.book.package import Package, parse_xml
from collab_xl.errors import CollabError
from collab_xl.model.place import MAX_COL, MAX_ROW, Area
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.sheets import TableRef

Out = TypeVar("Out")
MAX_KEPT: Final = 1 << 16
_REL_ID: Final = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",
)
_ESCAPED: Final = regex(r"_x([0-9A-Fa-f]{4})_")
_NAMED_AREA: Final = regex(r"(?:'((?:[^']|'')+)'|([^'!(),\[\]]+))!(\$?[A-Z]{1,3}\$?[0-9]+(?::\$?[A-Z]{1,3}\$?[0-9]+)?)$")
_RUNS: Final = regex(rb"<(?:[\w.-]+:)?(?:r|rPh)(?:\s[^>]*)?>\s*<(?:[\w.-]+:)?(?:rPr|t)\b")
"""A run of a text; a row is `<row`, a reference `r="…"`."""


class Rel(Struct, frozen=True):
    kind: str
    """Last piece of the relationship type: worksheet, table, comments, …"""
    target: str
    """Part name without a leading slash."""


class SheetPart(Struct, frozen=True):
    name: str
    state: str
    part: str
    kind: str
    """worksheet, chartsheet, dialogsheet, macrosheet …"""


def unescape_x(text: str) -> str:
    """`_x000a_` → a line feed, `_x005F_` → `_` (ECMA-376 ST_Xstring). Escapes of invalid characters stay, as in calamine."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return escape[0] if 0xD800 <= code <= 0xDFFF or code >= 0xFFFE else chr(code)


def named_area(refers_to: str) -> tuple[str, Area] | None:
    """`='Sheet one'!$A$1:$B$2` → (`Sheet one`, A1:B2); None for anything but one area of one sheet."""
    found = _NAMED_AREA.match(refers_to.strip().lstrip("="))
    if found is None:
        return None
    return found[1].replace("''", "'") if found[1] else found[2], Area.parse(found[3])


def local(element: etree._Element) -> str:
    """The tag without its namespace; empty for a comment."""
    tag: object = element.tag  # a function for comments
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def rels_part(part: str) -> str:
    """`xl/workbook.xml` → `xl/_rels/workbook.xml.rels`."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def rels_of(package: Package, part: str) -> dict[str, Rel]:
    """Relationship id → Rel of a part, without external ones. Empty if the part has none."""
    name = package.find(rels_part(part))
    if name is None:
        return {}
    return {
        rel_id: Rel(kind, package.find(path) or path) for rel_id, kind, path in _targets(package.read(name), name, posixpath.dirname(part))
    }


def _cached(turn: Callable[..., Out]) -> Callable[..., Out]:
    """Cache the result for small parts: the packs of one week have the same styles and relationships."""
    known = lru_cache(256)(turn)

    def ask(data: bytes, *where: str) -> Out:
        return known(data, *where) if len(data) <= MAX_KEPT else turn(data, *where)

    return ask


@_cached
def _targets(data: bytes, part: str, base: str) -> tuple[tuple[str, str, str], ...]:
    """(id, kind, path) of the internal relationships."""
    out = []
    for rel in parse_xml(data, part):
        target = rel.get("Target", "")
        if local(rel) != "Relationship" or rel.get("TargetMode") == "External":
            continue
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(base, target))
        out.append((rel.get("Id", ""), rel.get("Type", "").rpartition("/")[2], path))
    return tuple(out)


class Structure:
    """The parts of one workbook and what they declare. Raises CollabError `not_a_workbook` for another kind of zip."""

    def __init__(self, package: Package) -> None:
        self.package = package
        root_rels = rels_of(package, "")
        main = next((r.target for r in root_rels.values() if r.kind == "officeDocument"), "")
        if not main or not package.find(main):
            raise CollabError("not_a_workbook", file=package.name)
        if main.endswith(".bin"):
            raise CollabError("binary_workbook", file=package.name)
        self.workbook_part = main
        self.rels = rels_of(package, main)
        self._root = parse_xml(package.read(main), main)
        if local(self._root) != "workbook":
            raise CollabError("not_a_workbook", file=package.name)
        self.strict = "purl.oclc.org" in str(self._root.tag)
        self.sheets: dict[str, SheetPart] = {}
        self.date1904 = False
        for child in self._root:
            if local(child) == "workbookPr":
                self.date1904 = child.get("date1904") in {"1", "true", "on"}
            elif local(child) == "sheets":
                self._read_sheets(child)

    def _read_sheets(self, element: etree._Element) -> None:
        for sheet in element:
            if local(sheet) != "sheet":
                continue
            rel_id = next((sheet.get(k) for k in _REL_ID if sheet.get(k)), "") or ""
            rel = self.rels.get(rel_id)
            if rel is not None and self.package.find(rel.target):
                name = unescape_x(sheet.get("name", ""))
                self.sheets[name] = SheetPart(name, sheet.get("state", "visible"), rel.target, rel.kind)

    def partly_formatted(self, sheet: str) -> bool:
        """Whether the sheet may have a text of which only a part is formatted: its own part says so, or the texts that all sheets share."""
        parts = [self.sheets[sheet].part, self.part("sharedStrings")]
        return any(_RUNS.search(self.package.read(part)) for part in parts if part)

    def part(self, kind: str) -> str | None:
        """The workbook's part of a kind: sharedStrings, styles, calcChain."""
        return next((r.target for r in self.rels.values() if r.kind == kind and self.package.find(r.target)), None)

    @cached_property
    def names(self) -> Mapping[str, tuple[str, Area]]:
        """Workbook-level defined names that refer to one area of one sheet."""
        out: dict[str, tuple[str, Area]] = {}
        for block in self._root:
            if local(block) != "definedNames":
                continue
            for name in block:
                if local(name) != "definedName" or name.get("localSheetId") is not None:
                    continue
                found = named_area(name.text or "")
                if found and found[0] in self.sheets:
                    out[name.get("name", "")] = found
        return out

    @cached_property
    def tables(self) -> dict[str, tuple[TableRef, str]]:
        """Table name → its reference and its part."""
        out: dict[str, tuple[TableRef, str]] = {}
        for sheet in self.sheets.values():
            for rel in self.sheet_rels(sheet.name).values():
                if rel.kind == "table" and self.package.find(rel.target):
                    ref = _table_ref(self.package.read(rel.target), rel.target, sheet.name)
                    if ref is not None:
                        out[ref.name] = (ref, rel.target)
        return out

    def sheet_rels(self, sheet: str) -> dict[str, Rel]:
        return rels_of(self.package, self.sheets[sheet].part)

    @cached_property
    def percent_styles(self) -> tuple[int, ...]:
        """Cell style indexes whose number format shows a percent sign."""
        return tuple(n for n, code in self.number_formats.items() if "%" in code and "%" in bare_code(code))

    @cached_property
    def number_formats(self) -> Mapping[int, str]:
        """Cell style index → code of its number format, without General and Text."""
        part = self.part("styles")
        return _number_formats(self.package.read(part), part) if part is not None else {}

    @cached_property
    def text_styles(self) -> frozenset[int]:
        """Cell style indexes with the number format Text."""
        part = self.part("styles")
        return _text_styles(self.package.read(part), part) if part is not None else frozenset()

    @cached_property
    def indents(self) -> Mapping[int, int]:
        """Cell style index → steps of its indent, where it has one."""
        part = self.part("styles")
        return _indents(self.package.read(part), part) if part is not None else {}


def _format_id(element: etree._Element) -> int:
    """The number format of a style; -1 for one that is no number."""
    number = element.get("numFmtId", "0")
    return int(number) if number.isascii() and number.isdigit() else -1


@_cached
def _number_formats(data: bytes, part: str) -> Mapping[int, str]:
    codes: dict[int, str] = dict(BUILT_IN)
    out: dict[int, str] = {}
    for block in parse_xml(data, part):
        if local(block) == "numFmts":
            codes |= {_format_id(f): f.get("formatCode", "") for f in block}
        elif local(block) == "cellXfs":
            used = ((n, codes.get(_format_id(xf), "")) for n, xf in enumerate(block))
            out = {n: code for n, code in used if code.casefold() not in ("", "general", "@")}
    return out


@_cached
def _text_styles(data: bytes, part: str) -> frozenset[int]:
    """Cell style indexes with the format Text."""
    texts, out = {TEXT_FORMAT}, frozenset[int]()
    for block in parse_xml(data, part):
        if local(block) == "numFmts":
            texts |= {_format_id(f) for f in block if f.get("formatCode") == "@"}
        elif local(block) == "cellXfs":
            out = frozenset(n for n, xf in enumerate(block) if _format_id(xf) in texts)
    return out


@_cached
def _indents(data: bytes, part: str) -> Mapping[int, int]:
    out: dict[int, int] = {}
    if b"indent=" not in data and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return out
    for block in parse_xml(data, part):
        for n, xf in enumerate(block) if local(block) == "cellXfs" else ():
            steps = next((e.get("indent", "") for e in xf if local(e) == "alignment"), "")
            if steps.isascii() and steps.isdigit() and 0 < int(steps[:3]) <= 250:
                out[n] = int(steps[:3])
    return out


TEXT_FORMAT: Final = 49
"""The built-in number of the format Text."""
_YEAR_MONTH, _MONTH_DAY, _DAY = 'yyyy"年"m"月"', 'm"月"d"日"', 'yyyy"年"m"月"d"日"'
_TIME, _TIME_S = '上午/下午h"时"mm"分"', '上午/下午h"时"mm"分"ss"秒"'
_ACCOUNTING = "_ {0}* #,##0{1}_ ;_ {0}* -#,##0{1}_ ;_ {0}* -{2}_ ;_ @_ "
BUILT_IN: Final[Mapping[int, str]] = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    5: "¥#,##0;¥-#,##0",
    6: "¥#,##0;[Red]¥-#,##0",
    7: "¥#,##0.00;¥-#,##0.00",
    8: "¥#,##0.00;[Red]¥-#,##0.00",
    14: "m/d/yyyy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yyyy h:mm",
    27: _YEAR_MONTH,
    28: _MONTH_DAY,
    29: _MONTH_DAY,
    30: "m-d-yy",
    31: _DAY,
    32: 'h"时"mm"分"',
    33: 'h"时"mm"分"ss"秒"',
    34: _TIME,
    35: _TIME_S,
    36: _YEAR_MONTH,
    37: "#,##0;-#,##0",
    38: "#,##0;[Red]-#,##0",
    39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;[Red]-#,##0.00",
    41: _ACCOUNTING.format("", "", ""),
    42: _ACCOUNTING.format("¥", "", ""),
    43: _ACCOUNTING.format("", ".00", "??"),
    44: _ACCOUNTING.format("¥", ".00", "??"),
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    50: _YEAR_MONTH,
    51: _MONTH_DAY,
    52: _YEAR_MONTH,
    53: _MONTH_DAY,
    54: _MONTH_DAY,
    55: _TIME,
    56: _TIME_S,
    57: _YEAR_MONTH,
    58: _MONTH_DAY,
}
"""The built-in formats, which have no code in the file; 27 to 58 as in Chinese (ECMA-376 part 1, 18.8.30)."""


def bare_code(code: str) -> str:
    """A number format without quoted and escaped characters: `0"%"` shows the sign but is not a percentage."""
    return re.sub(r'"[^"]*"|\\.|_.|\*.', "", code)


@_cached
def _table_ref(data: bytes, part: str, sheet: str) -> TableRef | None:
    root = parse_xml(data, part)
    try:
        area = Area.parse(root.get("ref", ""))
    except ValueError:
        return None
    if area.last_row > MAX_ROW or area.last_col > MAX_COL:
        return None
    columns = next((block for block in root if local(block) == "tableColumns"), ())
    headings = tuple(unescape_x(c.get("name", "")) for c in columns if local(c) == "tableColumn")
    name = root.get("displayName", "") or root.get("name", "")
    return TableRef(name, sheet, area, headings, int(root.get("totalsRowCount", 0)), int(root.get("headerRowCount", 1)))
