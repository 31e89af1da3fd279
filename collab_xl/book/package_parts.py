"""Update the small parts after a change of sheets: table parts, the workbook's calculation settings, the calculation chain.

In: the bytes of a part.  Out: the new bytes.  Pure. Regular expressions are used, so that the rest of the part stays unchanged.
"""

from __future__ import annotations

import posixpath
import re
from html import unescape

from collab_xl.book.cell_xml import escape_text
from collab_xl.book.row_layout import as_utf8
from collab_xl.book.table_growth import Resize, extended
from collab_xl.errors import CollabError
from collab_xl.model.place import Area


def resized_table(data: bytes, part: str, resize: Resize) -> bytes:
    """A table part with its new range, filter range and totals formulas. Sort state and filter stay unchanged."""
    data = as_utf8(data, part)
    table = re.search(rb'<(?:[\w.-]+:)?table\s[^>]*?\bref="([^"]*)"', data)
    if table is None:
        raise CollabError("damaged_workbook", part=part)
    data = data[: table.start(1)] + str(resize.area).encode() + data[table.end(1) :]
    area = resize.area
    filtered = re.search(rb'<(?:[\w.-]+:)?autoFilter\s[^>]*?\bref="([^"]*)"', data)
    if filtered:
        new = Area(area.first_row, area.first_col, resize.new_last, area.last_col)
        data = data[: filtered.start(1)] + str(new).encode() + data[filtered.end(1) :]
    return re.sub(
        rb"(<(?:[\w.-]+:)?totalsRowFormula(?:\s[^>]*)?>)([^<]*)(<)",
        lambda m: m[1] + _totals_formula(m[2], resize) + m[3],
        data,
    )


def _totals_formula(text: bytes, resize: Resize) -> bytes:
    formula = unescape(text.decode())
    new = extended(formula, resize.ref.area.first_row, resize.old_last, resize.new_last)
    return text if new == formula else escape_text(new).encode()


def recalculated(data: bytes, part: str) -> bytes:
    """workbook.xml with `fullCalcOnLoad`: the cached values of the user's formulas are old until Excel calculates."""
    data = as_utf8(data, part)
    found = re.search(rb"<(?:[\w.-]+:)?calcPr(?=[\s/>])([^>]*?)\s*/?>", data)
    if found:
        attributes = re.sub(rb'\sfullCalcOnLoad="[^"]*"', b"", found[1]) + b' fullCalcOnLoad="1"'
        return data[: found.start(1)] + attributes + data[found.end(1) :]
    for before in (b"definedNames", b"externalReferences", b"functionGroups", b"sheets"):
        place = re.search(rb"</((?:[\w.-]+:)?)" + before + rb">|<((?:[\w.-]+:)?)" + before + rb"(?:\s[^>]*)?/>", data)
        if place:
            prefix = place[1] or place[2] or b""
            return data[: place.end()] + b"<" + prefix + b'calcPr fullCalcOnLoad="1"/>' + data[place.end() :]
    raise CollabError("damaged_workbook", part=part)


def without_rel(data: bytes, part: str, workbook_part: str, target: str) -> bytes:
    """The workbook's relationships without the one to a part."""
    base = posixpath.dirname(workbook_part)

    def kept(found: re.Match[bytes]) -> bytes:
        named = re.search(rb'\sTarget="([^"]*)"', found[0])
        path = unescape(named[1].decode()) if named else ""
        path = path.lstrip("/") if path.startswith("/") else posixpath.normpath(posixpath.join(base, path))
        return b"" if path.casefold() == target.casefold() else found[0]

    return re.sub(rb"<(?:[\w.-]+:)?Relationship\s[^>]*?(?:/>|></(?:[\w.-]+:)?Relationship>)", kept, as_utf8(data, part))


def without_type(data: bytes, part: str, target: str) -> bytes:
    """[Content_Types].xml without the override of a part."""

    def kept(found: re.Match[bytes]) -> bytes:
        named = re.search(rb'\sPartName="/?([^"]*)"', found[0])
        return b"" if named and unescape(named[1].decode()).casefold() == target.casefold() else found[0]

    return re.sub(rb"<(?:[\w.-]+:)?Override\s[^>]*?(?:/>|></(?:[\w.-]+:)?Override>)", kept, as_utf8(data, part))
