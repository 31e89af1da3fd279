"""The size of the rectangle around a sheet's filled cells, read from its XML. Pure.

Readers keep the cells as one dense rectangle: two filled cells at opposite corners of a sheet are 17 billion (1.7e10) cells
(samples/README: a 2 KB file that aborts the process). Formatted empty cells and rows cost nothing and are accepted.
"""

from __future__ import annotations

import re
from io import BytesIO

from lxml import etree

from collab_xl.model.place import column_number
from collab_xl.model.regex import regex

MAX_CELLS = 8_000_000
"""Cells of the rectangle. What the quick search accepts is below it: 9,999 rows × 702 columns."""
_NEAR = regex(rb""" r=(?!"[A-Z]{0,2}[0-9]{1,4}")""")
"""The first reference, as programs write it, that is far: a row from 10,000 on, a column from AAA on, or an unusual form."""
_ODD = regex(rb"""\sr\s*=\s*["'](?:[A-Za-z]{3,}[0-9]+|[A-Za-z]*(?:[0-9]{5,}|[^"']*&))""")
"""The same for any layout of the XML; four times slower."""


def too_far(part: bytes) -> int:
    """The cells of the rectangle around a sheet's filled cells if they are more than MAX_CELLS, else 0 (also for any other part).

    Raises etree.XMLSyntaxError when a sheet with far cells is damaged.
    """
    if b"sheetData" not in part:
        return 0
    laid_out = b"\t" in part or b"\r" in part[200:] or part.find(b"\n", 200) >= 0 or b" r =" in part
    if not (_ODD if laid_out else _NEAR).search(part):
        return 0
    cells = _rectangle(part)
    return cells if cells > MAX_CELLS else 0


def _rectangle(part: bytes) -> int:
    """Rows × columns around all cells with content; a row or cell without a reference follows the one before."""
    top = left = 1 << 40
    bottom = right = 0
    row = col = 0
    options = {"resolve_entities": False, "no_network": True, "huge_tree": False, "load_dtd": False}
    for event, element in etree.iterparse(BytesIO(part), events=("start", "end"), tag=("{*}row", "{*}c"), **options):
        is_row = etree.QName(element).localname == "row"
        if event == "start" and is_row:
            row, col = _number(element.get("r"), row + 1), 0
        elif event == "start":
            letters = re.match(r"\s*\$?([A-Za-z]+)\$?(\d*)", element.get("r") or "")
            col = column_number(letters[1]) if letters and len(letters[1]) <= 8 else col + 1
            if letters and letters[2]:
                row = _number(letters[2], row)
        elif not is_row:
            if len(element):
                top, bottom, left, right = min(top, row), max(bottom, row), min(left, col), max(right, col)
            element.clear()
        else:
            element.clear()
    return (bottom - top + 1) * (right - left + 1) if bottom else 0


def _number(words: str | None, otherwise: int) -> int:
    return int(words) if words and words.isdigit() and len(words) < 12 else otherwise
