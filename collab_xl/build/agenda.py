"""A meeting's agenda as a workbook of one sheet, with room for what the meeting decides.

In: sections and points.  Out: bytes.  Pure.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
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
LINE, LEAST = 12.5, 26.0
"""Points of a line of text; the height of the lowest row."""


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
    ws.set_row(0, 30)
    ws.write_string(0, 0, title, styles.cell(TITLE))
    ws.write_string(1, 0, subtitle, styles.cell(MUTED_TEXT))
    row = 3
    for number, section in enumerate(sections, 1):
        ws.set_row(row, 20)
        heading = text("build.agenda.section", lang, number=number, title=section.title, n=len(section.points) + section.more)
        for col in range(last + 1):
            ws.write(row, col, heading if col == 0 else None, styles.cell(SECTION))
        heads = {name: text(f"build.agenda.{name}", lang) for name in columns}
        ws.set_row(row + 1, LINE * max(lines_of(head, WIDTHS[name]) for name, head in heads.items()) + 4)
        for col, name in enumerate(columns):
            look = {**HEAD, "font_color": ACCENT} if name in MINUTES else HEAD
            ws.write_string(row + 1, col, heads[name], styles.cell(look))
        row += 2
        for n, point in enumerate(section.points, 1):
            values = (n, point.key, point.what, point.who, point.due, point.note, None, None, None)
            said = {"what": point.what, "who": point.who, "note": point.note}
            needed = LINE * max(lines_of(words, WIDTHS[name]) for name, words in said.items()) + 4
            ws.set_row(row, min(MAX_ROW_HEIGHT, max(LEAST, needed)))
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
    ws.fit_to_pages(1, 0)
    ws.repeat_rows(0, 1)
    ws.set_footer("&R&9" + text("build.sheet.page", lang, page="&P", pages="&N"))
    book.close()
    return deflated(buffer.getvalue())


def lines_of(words: str, width: float) -> int:
    """Lines that a text, which may have several, needs in a column; a Chinese character is as wide as two letters."""
    room = max(1, int(width - 2))
    return sum(max(1, -(-sum(2 if ord(c) > 0x2E7F else 1 for c in line) // room)) for line in words.split("\n"))
