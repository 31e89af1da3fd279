"""Convert sheet XML of other programs into the form that Excel writes.

Excel writes `<row r="5" …><c r="A5" s="1" t="s">…</c>…</row>`: every row and cell has its address, `r` comes first, in ascending
order, without comments. Scan and writer search for this form in the bytes. This module is slower and handles all other forms: lxml
reads the rows (cells without `r`, other order of attributes, other prefixes on a row, CDATA) and writes them again. Pure.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from lxml import etree

from collab_xl.book.package import refuse_doctype
from collab_xl.book.parts import local
from collab_xl.errors import CollabError
from collab_xl.model.place import MAX_COL, MAX_ROW, a1, parse_a1
from collab_xl.model.regex import regex

_ROOT: Final = regex(rb"<([A-Za-z_][\w.-]*:)?(?:worksheet|dialogsheet|macrosheet)\b[^>]*>")
_DATA: Final = regex(rb"<((?:[A-Za-z_][\w.-]*:)?)sheetData\s*(?:/>|>)")
_CLOSED: Final = regex(rb"</(?:[A-Za-z_][\w.-]*:)?(?:worksheet|dialogsheet|macrosheet)\s*>")
_TAIL: Final = 1000
"""Bytes at the end of a part in which its root is closed, as a rule: a large sheet is not searched for it."""
_XMLNS: Final = regex(rb"""\sxmlns(?::[\w.-]+)?\s*=\s*(?:"[^"]*"|'[^']*')""")


class SheetXml:
    """The bytes of a worksheet part, split in three: `before` (with the start tag of sheetData), `rows`, `after` (with its end tag).

    `prefix` is b"" or b"x:". `span` are the bytes that hold the rows, and where the rows begin and end in them.
    The rows have the usual form as far as a search over the sheet shows; single rows may still differ.
    Raises CollabError `damaged_workbook` if there is no sheetData or the part ends before its root does, `unsafe_xml` for a DOCTYPE.
    """

    def __init__(self, data: bytes, part: str) -> None:
        refuse_doctype(data, part)
        data = as_utf8(data, part)
        root, opened = _ROOT.search(data), _DATA.search(data)
        closed = opened and (_CLOSED.search(data[-_TAIL:]) or _CLOSED.search(data, opened.end()))
        if not root or not opened or not closed:
            raise CollabError("damaged_workbook", part=part)
        self.part = part
        self.span: tuple[bytes, int, int]
        self.prefix = opened[1]
        self.namespaces = b"".join(_XMLNS.findall(root[0]))
        if opened[0].endswith(b"/>"):
            self.before = data[: opened.start()] + b"<" + self.prefix + b"sheetData>"
            self.span = b"", 0, 0
            self.after = b"</" + self.prefix + b"sheetData>" + data[opened.end() :]
        else:
            close = data.rfind(b"</" + self.prefix + b"sheetData")
            if close < opened.end():
                raise CollabError("damaged_workbook", part=part)
            self.before, self.span, self.after = data[: opened.end()], (data, opened.end(), close), data[close:]

    @property
    def rows(self) -> bytes:
        data, start, end = self.span
        if end - start < len(data):
            self.span = data[start:end], 0, end - start
        return self.span[0]


def as_utf8(data: bytes, part: str) -> bytes:
    """An XML part of any encoding in UTF-8; UTF-8 is returned unchanged."""
    if not (data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in data[:64]):
        return data
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise CollabError("damaged_workbook", part=part) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise CollabError("unsafe_xml", part=part)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True))


def odd(rows: bytes, prefix: bytes) -> bool:
    """Whether a cell or row of a sheet is not in the usual form. Each test is one pass over the bytes."""
    return first_other_cell(rows, prefix) is not None or odd_rows(rows, prefix)


def first_other_cell(rows: bytes, prefix: bytes, letters: int = 3) -> re.Match[bytes] | None:
    """The first cell that has no address in the usual form with at most so many column letters."""
    return re.search(re.escape(b"<" + prefix + b"c") + rb"""(?! r="[A-Z]{1,%d}[0-9])[\s/>]""" % letters, rows)


def odd_rows(rows: bytes, prefix: bytes) -> bool:
    """Whether a row is not in the usual form, or whether there are comments or instructions among the rows."""
    row = re.escape(b"<" + prefix + b"row")
    return (
        re.search(row + rb"""(?! r="[0-9])[\s/>]""", rows) is not None
        or (b"!" in rows and b"<!" in rows)
        or (b"?" in rows and b"<?" in rows)
    )


def in_usual_form(rows: bytes, prefix: bytes, namespaces: bytes, part: str, after_row: int = 0) -> bytes:
    """Rows written again in the usual form. A row or cell without an address follows the one before (first row: `after_row` + 1).

    Raises CollabError `damaged_workbook` for invalid XML and for two cells with one address.
    """
    name = prefix.decode() + "rows"
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True)
    try:
        wrapped = b"<" + name.encode() + namespaces + b">" + rows + b"</" + name.encode() + b">"
        root = etree.fromstring(wrapped, parser)
        return b"".join(_row(row, prefix.decode(), n) for n, row in _numbered(root, after_row))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CollabError("damaged_workbook", part=part) from error


def _numbered(root: etree._Element, after_row: int) -> list[tuple[int, etree._Element]]:
    out: dict[int, etree._Element] = {}
    last = after_row
    for row in root:
        if local(row) != "row":
            continue
        last = int(row.get("r") or last + 1)
        if last in out or not 1 <= last <= MAX_ROW:
            raise ValueError("two rows in one place, or a row outside the sheet")
        out[last] = row
    return sorted(out.items())


def _row(row: etree._Element, prefix: str, number: int) -> bytes:
    cells: dict[int, bytes] = {}
    col = 0
    for cell in row:
        if local(cell) != "c":
            continue
        place = cell.get("r")
        at_row, col = parse_a1(place) if place else (number, col + 1)
        if at_row != number or col in cells or not 1 <= col <= MAX_COL:
            raise ValueError("a cell in another cell's place")
        cells[col] = _cell(cell, prefix, a1(number, col))
    others = _attributes(row, {"r"})
    body = b"".join(cells[c] for c in sorted(cells))
    tag = f'<{prefix}row r="{number}"{others}'.encode()
    return tag + b">" + body + f"</{prefix}row>".encode() if body else tag + b"/>"


def _attributes(element: etree._Element, without: set[str]) -> str:
    """Attributes in the order of Excel; those of other namespaces only if their prefix is known."""
    known = {uri: p for p, uri in element.nsmap.items() if p} | {"http://www.w3.org/XML/1998/namespace": "xml"}
    pairs = []
    for key, value in element.attrib.items():
        key, value = str(key), str(value)
        if key in without:
            continue
        if key.startswith("{"):
            uri, _, bare = key[1:].partition("}")
            key = f"{known[uri]}:{bare}"
        pairs.append((key, value))
    pairs.sort(key=lambda pair: ("s", "t").index(pair[0]) if pair[0] in ("s", "t") else 2)
    return "".join(f' {key}="{_quoted(value)}"' for key, value in pairs)


def _quoted(value: str) -> str:
    """A value for an attribute; unescaped line ends and tabs would be read as spaces."""
    return escape(value).replace("\t", "&#9;").replace("\n", "&#10;").replace("\r", "&#13;")


def _cell(cell: etree._Element, prefix: str, place: str) -> bytes:
    tag = f'<{prefix}c r="{place}"{_attributes(cell, {"r"})}'
    body = "".join(_inner(child, prefix) for child in cell)
    return (f"{tag}>{body}</{prefix}c>" if body else f"{tag}/>").encode()


def _inner(element: etree._Element, prefix: str) -> str:
    if not (bare := local(element)):
        return ""
    name = prefix + bare
    attributes = _attributes(element, set())
    body = escape(element.text or "", quote=False) + "".join(_inner(child, prefix) for child in element)
    return f"<{name}{attributes}>{body}</{name}>" if body else f"<{name}{attributes}/>"
