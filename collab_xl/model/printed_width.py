"""On how many pages a sheet is printed, and which of its first columns each page repeats. Pure.

Widths are characters of column width, heights points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

A4, A3 = 9, 8
"""The papers, as Excel numbers them."""
PAGE_WIDTH, REPEAT_WIDTH = 140.0, 60.0
"""Characters of column width on an A4 page in landscape on which long text (8 points on the sheet) keeps 7 points in print; how many of
them may be repeated, of a wider page more. Measured in LibreOffice without our Chinese font, where a column is a fifth wider than in
Excel."""
A3_WIDTH = 202.0
"""The same for A3."""
NAMED_WIDTH = 0.6
"""The part of a page that may be repeated where the name of a row stands only so far to the right, if two pages are enough."""
NAMING = 3
"""The name of a row stands among its first columns, which every page can repeat, or further right."""
EDGE = 0.71
"""What a column is wider than its characters."""
PAPERS: Final = ((A4, PAGE_WIDTH), (A3, A3_WIDTH))


def paper_for(widths: Sequence[float], repeat: int) -> tuple[int, float]:
    """The paper and its width: A4 for a sheet that fits one page, or two where each repeats the first `repeat` columns; else A3."""
    again = repeated(widths, repeat) if repeat else 0
    fits = pages_wide(widths, again) <= (2 if repeat else 1)
    # The name stands further right than A4 repeats: not all of those columns would be on its second page.
    cut = again < repeat and repeated(widths, repeat, A3_WIDTH) == repeat
    return (A4, PAGE_WIDTH) if fits and not cut else (A3, A3_WIDTH)


def naming(widths: Sequence[float], title: int) -> int:
    """How many of the first columns each page has to repeat to say which row it is: up to the title's (from 0), else the first alone."""
    return 1 + title if title < NAMING or repeated(widths, 1 + title, A3_WIDTH) == 1 + title else 1


def repeated(widths: Sequence[float], repeat: int, page_width: float = PAGE_WIDTH) -> int:
    """How many of the first columns each page repeats: `repeat`, if they are narrow enough."""
    if repeat > NAMING and sum(widths[:repeat]) <= NAMED_WIDTH * page_width and pages_wide(widths, repeat, page_width) <= 2:
        return repeat
    while repeat > 1 and sum(widths[:repeat]) > REPEAT_WIDTH * page_width / PAGE_WIDTH:
        repeat -= 1
    return repeat


def pages_tall(heights: Sequence[float], room: float, head: float) -> int:
    """How many pages rows of these heights take, of `room` each; every further page begins with a row `head` high."""
    pages, used = 1, 0.0
    for height in heights:
        if used + height > room and used > head:
            pages, used = pages + 1, head
        used += height
    return pages


def pages_wide(widths: Sequence[float], repeat: int, page_width: float = PAGE_WIDTH) -> int:
    """How many pages wide a sheet is printed on whose first `repeat` columns are on each."""
    drawn = [width + EDGE for width in widths]
    pages, again = 1, sum(drawn[:repeat])
    used = again
    for width in drawn[repeat:]:  # a column is not split, so a page may stay partly blank
        if used + width > page_width and used > again:
            pages, used = pages + 1, again
        used += width
    return pages
