"""How many pages wide a sheet is printed, computed anew when its table gets or loses columns at its right end. In and out: bytes. Pure.

Only where the sheet is printed as our own ones are: so many pages wide as its columns need (`model/printed_width.py`). What somebody has
set otherwise stays.
"""

from __future__ import annotations

import re
from typing import Final

from collab_xl.book.cols import attributes_of
from collab_xl.book.workbook_xml import attribute
from collab_xl.model.printed_width import EDGE, PAPERS, pages_wide, paper_for

_WIDE: Final = rb'\sfitToWidth="[0-9]*"'
_PAPER: Final = rb'\spaperSize="[0-9]*"'
_HIDDEN: Final = ("1", "true")


def paged(before: bytes, after: bytes, p: bytes, had: int, has: int, again: int) -> bytes:
    """The XML after the rows, with the paper and the number of pages for `has` columns, if they are those for `had`.

    Args:
        before: the XML before the rows, with the widths of all these columns.
        p: the prefix of the sheet's elements.
        again: how many of the first columns every page repeats.
    """
    tag = re.search(b"<" + p + rb"pageSetup\s[^>]*?/?>", after)
    if tag is None or re.search(b"<" + p + rb'pageSetUpPr\s[^>]*\bfitToPage="(?:1|true)"', before) is None:
        return after
    set_now = (int(attribute(tag[0], "paperSize") or 1), int(attribute(tag[0], "fitToWidth") or 1))
    if set_now[0] not in dict(PAPERS) or set_now != _needed(before, p, had, again):
        return after
    paper, pages = _needed(before, p, has, again)
    new = re.sub(_PAPER, b' paperSize="%d"' % paper, re.sub(_WIDE, b"", tag[0]))
    if pages > 1:
        new = new.replace(b' paperSize="%d"' % paper, b' paperSize="%d" fitToWidth="%d"' % (paper, pages))
    return after[: tag.start()] + new + after[tag.end() :]


def _needed(before: bytes, p: bytes, columns: int, again: int) -> tuple[int, int]:
    """Paper and pages for the first columns; hidden ones are not printed."""
    found = attributes_of(before, p)
    widths = [_width(found[col]) - EDGE for col in range(1, columns + 1) if col in found and attribute(found[col], "hidden") not in _HIDDEN]
    paper, page_width = paper_for(widths, again)
    return paper, pages_wide(widths, again, page_width)


def _width(tag: bytes) -> float:
    return float(attribute(tag, "width") or 9)


def unpaged(after: bytes, p: bytes) -> bytes:
    """The XML after the rows without what `paged` may change."""
    return re.sub(b"<" + p + rb"pageSetup\s[^>]*?/?>", lambda found: re.sub(_PAPER, b"", re.sub(_WIDE, b"", found[0])), after)
