"""A meeting's agenda as a workbook of one sheet, with room for what the meeting decides.

In: sections and points.  Out: bytes.  Pure.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from collab_xl.build.style import (
    ACCENT,
    BODY_CELL,
    HEAD,
    MARGINS,
    MUTED_TEXT,
    SECTION,
    TITLE,
    WHITE,
    Styles,
    deflated,
    new_workbook,
)
from collab_xl.build.table import DATE
from collab_xl.catalogue import text
from collab_xl.model.agenda import Section
from collab_xl.model.excel_limits import MAX_ROW_HEIGHT

WIDTHS = {"no": 5.0, "key": 11.0, "what": 28.0, "who": 15.0, "due": 11.0, "note": 30.0, "result": 24.0, "by": 10.0, "until": 11.0}
"""Column → width in characters, together an A4 page on which the text keeps 7 points; the last three are for the minutes."""
MINUTES = ("result", "by", "until")
LINE, LEAST, OTHER = 12.5, 26.0, 15.0
"""Points of a line of text; the height of the lowest row of a point, and of a row that is given none."""
SCALE = 78
"""Per cent in print: 7 points of text, and on one page's width also where columns are a fifth wider (without our Chinese font)."""
PAGE = (595 - 72 * (MARGINS["top"] + MARGINS["bottom"])) * 100 / SCALE
"""Points of rows on a page of A4 on its side."""


def agenda_book(title: str, subtitle: str, sections: Sequence[Section], lang: str) -> bytes:
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    styles = Styles(book, lang)
    ws = book.add_worksheet(text("build.agenda.sheet", lang))
    ws.hide_gridlines(2)
    columns = list(WIDTHS)
    last = len(columns) - 1
    for n, width in enumerate(WIDTHS.values()):
        ws.set_column(n, n, width)
    ws.write_string(0, 0, title, styles.cell(TITLE))
    ws.write_string(1, 0, subtitle, styles.cell(MUTED_TEXT))
    row, heights, begins = 3, {0: 30.0}, []
    for number, section in enumerate(sections, 1):
        begins.append(row)
        heights[row] = 20.0
        heading = text("build.agenda.section", lang, number=number, title=section.title, n=len(section.points) + section.more)
        for col in range(last + 1):
            ws.write(row, col, heading if col == 0 else None, styles.cell(SECTION))
        heads = {name: text(f"build.agenda.{name}", lang) for name in columns}
        heights[row + 1] = LINE * max(lines_of(head, WIDTHS[name]) for name, head in heads.items()) + 4
        for col, name in enumerate(columns):
            look = {**HEAD, "font_color": ACCENT} if name in MINUTES else HEAD
            ws.write_string(row + 1, col, heads[name], styles.cell(look))
        row += 2
        for n, point in enumerate(section.points, 1):
            values = (n, point.key, point.what, point.who, point.due, point.note, None, None, None)
            said = {"what": point.what, "who": point.who, "note": point.note}
            needed = LINE * max(lines_of(words, WIDTHS[name]) for name, words in said.items()) + 4
            heights[row] = min(MAX_ROW_HEIGHT, max(LEAST, needed))
            for col, (name, value) in enumerate(zip(columns, values, strict=True)):
                number_format = DATE if name in ("due", "until") else "0" if name == "no" else "@"
                look = {**BODY_CELL, "num_format": number_format}
                look |= {"bold": True} if name == "what" else {}
                look |= {"bg_color": WHITE} if name in MINUTES else {}
                if isinstance(value, date):
                    ws.write_datetime(row, col, datetime(value.year, value.month, value.day), styles.cell(look))
                elif value in (None, ""):
                    ws.write_blank(row, col, None, styles.cell(look))
                elif isinstance(value, int):
                    ws.write_number(row, col, value, styles.cell(look))
                else:
                    ws.write_string(row, col, str(value), styles.cell(look))
            row += 1
        if section.more:
            ws.write_string(row, 0, text("build.agenda.more", lang, n=section.more), styles.cell(MUTED_TEXT))
            row += 1
        row += 1
    if not sections:
        ws.write_string(row, 0, text("build.agenda.nothing", lang), styles.cell(MUTED_TEXT))
    ws.freeze_panes(2, 0)
    ws.set_landscape()
    ws.set_paper(9)
    ws.set_margins(**MARGINS)
    for each, height in heights.items():
        ws.set_row(each, height)
    ws.set_print_scale(SCALE)
    ws.set_h_pagebreaks(_breaks(begins, row, heights))
    ws.repeat_rows(0, 1)
    ws.set_footer("&R&9" + text("build.sheet.page", lang, page="&P", pages="&N"))
    book.close()
    return deflated(buffer.getvalue())


def _breaks(begins: Sequence[int], end: int, heights: Mapping[int, float]) -> list[int]:
    """Rows (from 0) before which a page begins: of sections that would be parted although a page has room for them whole, and of longer
    ones of which the page had no point.

    A page repeats the first two rows. A page that is fitted would ignore its breaks.
    """

    def high(first: int, last: int) -> float:
        return sum(heights.get(row, OTHER) for row in range(first, last))

    repeated, out, used = high(0, 2), [], high(0, begins[0]) if begins else 0.0
    for begin, after in itertools.pairwise([*begins, end]):
        section = high(begin, after)
        together = section - OTHER if section <= PAGE - repeated else high(begin, begin + 3)  # the blank row behind it may fall off
        if used > repeated and used + together > PAGE:
            out.append(begin)
            used = repeated
        used += section
        while used > PAGE:
            used -= PAGE - repeated
    return out


def lines_of(words: str, width: float) -> int:
    """Lines that a text, which may have several, needs in a column; a Chinese character is as wide as two letters."""
    room = max(1, int(width - 2))
    return sum(max(1, -(-sum(2 if ord(c) > 0x2E7F else 1 for c in line) // room)) for line in words.split("\n"))
