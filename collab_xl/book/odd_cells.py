"""Take single cells out of a sheet that the fast reader cannot read, so that one cell does not decide over a file.

calamine refuses a whole sheet for one cell with an error word it does not know (`#SPILL!`, `#CALC!`), a number that is none, an index
without its text, or an unknown type, and for a number that is too large for the length of time it is shown as (a telephone number in
`[h]:mm`). In: the rows of a sheet.  Out: the rows with these cells empty, and what stood in them; a large number without its format.  Pure.
It is slow, and used only after the fast reader has refused.
"""

from __future__ import annotations

import contextlib
import io
import re
from html import unescape
from typing import Final

from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.row_layout import SheetXml, in_usual_form
from collab_xl.model.outside_text import encodable
from collab_xl.model.place import parse_a1
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Cell

_TYPES: Final = frozenset({"", "n", "s", "str", "inlineStr", "b", "e", "d"})
_STYLE: Final = regex(rb' s="[0-9]+"')
MOST_DAYS: Final = 999_999_999
"""Days of Python's longest length of time."""
LONGEST: Final = 100
"""Characters that are shown of such a cell."""


def workbook_without_odd_cells(package: Package, structure: Structure, sheet: str) -> tuple[bytes, dict[Cell, str]]:
    """The workbook with one sheet repaired, and cell → what stood in it. No bytes: the cells are not the cause.

    Args:
        package: the workbook of the structure, or the same one with all parts in UTF-8.
    """
    part, texts = structure.sheets[sheet].part, structure.part("sharedStrings")
    count = len(re.findall(rb"<(?:[\w.-]+:)?si[\s/>]", package.read(texts))) if texts else 0
    data = package.read(part)
    repaired, odd = without_odd_cells(data, part, count)
    if not odd and repaired.count(b' s="') == data.count(b' s="'):
        return b"", odd
    name, out = package.find(part) or part, io.BytesIO()
    package.rewrite(out, {name: package.packed(name, repaired)})
    return out.getvalue(), odd


def without_odd_cells(data: bytes, part: str, texts: int) -> tuple[bytes, dict[Cell, str]]:
    """The sheet part without its odd cells, and cell → what stood in it.

    Args:
        texts: the number of shared strings of the workbook.
    """
    sheet = SheetXml(data, part)
    prefix = sheet.prefix
    rows = in_usual_form(sheet.rows, prefix, sheet.namespaces, part)
    pattern = re.compile(b'<%sc r="([A-Z]+[0-9]+)"([^>]*?)(?:/>|>(.*?)</%sc>)' % (prefix, prefix), re.DOTALL)
    value = re.compile(b"<%sv(?: [^>]*)?>([^<]*)</%sv>" % (prefix, prefix))
    odd: dict[Cell, str] = {}

    def checked(cell: re.Match[bytes]) -> bytes:
        kind = re.search(rb'\bt="([^"]*)"', cell[2])
        found = value.findall(cell[3] or b"")
        text = unescape(found[-1].decode("utf-8", "replace")) if found else ""
        if not _odd(kind[1].decode("ascii", "replace") if kind else "", text, texts):
            return _STYLE.sub(b"", cell[0], count=1) if (kind is None or kind[1] == b"n") and _huge(text) else cell[0]
        odd[parse_a1(cell[1].decode())] = encodable(text)[:LONGEST] or "?"
        style = re.search(rb'\bs="[0-9]+"', cell[2])
        return b'<%sc r="%s"%s/>' % (prefix, cell[1], b" " + style[0] if style else b"")

    return b"".join((sheet.before, pattern.sub(checked, rows), sheet.after)), odd


def _huge(text: str) -> bool:
    with contextlib.suppress(ValueError):
        return abs(float(text)) > MOST_DAYS
    return False


def _odd(kind: str, text: str, texts: int) -> bool:
    """Whether the fast reader may refuse a cell of this type with this value."""
    if kind not in _TYPES:
        return True
    if not text:
        return False
    match kind:
        case "e":
            return True
        case "s":
            return not (text.isascii() and text.isdigit() and int(text) < texts)
        case "b":
            return text not in ("0", "1")
        case "" | "n":
            try:
                float(text)
            except ValueError:
                return True
    return False
