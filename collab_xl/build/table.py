"""The common parts of every list sheet of a master: title, link home, heading row, one Excel Table, frozen panes, print set-up.

Rows and columns in this module count from 0, as in XlsxWriter; `TITLE_ROW` and others define the layout.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from collab_xl.build.line_counts import LINE_HEIGHT, line_count, wrapped_count
from collab_xl.build.style import ACCENT, BODY, BODY_CELL, HEAD, MARGINS, MUTED_TEXT, ROW_HEIGHT, TITLE, Styles
from collab_xl.catalogue import text
from collab_xl.model.excel_limits import MAX_ROW_HEIGHT
from collab_xl.model.place import MAX_ROW
from collab_xl.model.printed_width import PAGE_WIDTH, pages_wide, paper_for, repeated
from collab_xl.model.record import Struct, field
from collab_xl.model.values import Value

TITLE_ROW, HELP_ROW, HEAD_ROW, FIRST_ROW = 0, 1, 2, 3
LAST_ROW = MAX_ROW - 1
DATE, MOMENT, PERCENT, WHOLE, TEXT, GENERAL = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "0%", "0", "@", "General"
QUIET = "0;-0;;@"
"""A count in which 0 is shown as blank: what is not 0 is seen."""
QUIET_PERCENT = "0%;-0%;;@"
SEVERAL = '[=1]"";0'
"""A count in which 1 is shown as blank: what is several is seen."""

HELP_LINES, HELP_ROOM = 3, 40.0
"""So many lines of help may stand below the title in the columns that each page repeats (one less from the title's column on), more where
these are so many characters wide."""
HELP_WIDTH = 150.0
"""Characters of width that a screen shows: the help of a sheet is not wider."""


class Col(Struct, frozen=True):
    """One column: heading, width in characters, number format, and other format properties."""

    id: str
    heading: str
    width: float
    number: str = TEXT
    look: Mapping[str, Any] = field(default_factory=dict)
    head: Mapping[str, Any] = field(default_factory=dict)
    hidden: bool = False


def list_sheet(
    ws: Worksheet,
    styles: Styles,
    table: str,
    title: str,
    help_text: str,
    columns: Sequence[Col],
    rows: Sequence[Sequence[Value]] = (),
    *,
    freeze: int,
    repeat: int = 0,
    named: int = 0,
    height: float = ROW_HEIGHT,
) -> None:
    """Write the sheet: `rows` below the headings, or one blank row. The formats of the columns also apply to later cells.

    `repeat`: how many columns every printed page shows; 0 for a sheet that is printed one page wide if A3 is wide enough for it.
    `named`: how many columns say which row it is: every page shows them if that needs no further page.
    """
    lang, width = styles.lang, len(columns)
    ws.hide_gridlines(2)
    ws.set_default_row(height)
    ws.set_row(TITLE_ROW, 26)
    ws.set_row(HEAD_ROW, 30)
    plain = styles.cell()
    formats: list[Format] = []
    for n, col in enumerate(columns):
        base = {**BODY_CELL, "num_format": col.number}
        ws.set_column(n, n, col.width, styles.cell(base, {"bottom": 0}, _unfilled(col.look)), {"hidden": col.hidden})
        formats.append(styles.cell(base, col.look))
        ws.write_blank(TITLE_ROW, n, None, plain)
        ws.write_blank(HELP_ROW, n, None, plain)
    ws.write_url(
        TITLE_ROW,
        0,
        "internal:go_home",
        styles.cell(font_color=ACCENT),
        text("build.sheet.home_link", lang),
        text("build.sheet.home_tip", lang),
    )
    printed = [col.width for col in columns if not col.hidden]
    paper, page_width = paper_for(printed, repeat)
    several = bool(repeat) or pages_wide(printed, 0, page_width) > 1
    again = repeated(printed, repeat or freeze, page_width)
    if named > again and repeated(printed, named, page_width) == named:
        again = named if pages_wide(printed, named, page_width) == pages_wide(printed, again, page_width) else again
    _top(ws, styles, title, help_text, columns, again if several else 0, page_width)
    blank: Sequence[Value] = [None] * width
    body = list(rows) or [blank]
    for r, line in enumerate(body, FIRST_ROW):
        for c, value in enumerate(line):
            put(ws, r, c, value, formats[c])
        seen = ((value, col.width) for value, col in zip(line, columns, strict=False) if isinstance(value, str) and not col.hidden)
        lines = max((lines_of(value, wide) for value, wide in seen), default=1)
        if lines * LINE_HEIGHT + 5 > height:
            ws.set_row(r, min(MAX_ROW_HEIGHT, lines * LINE_HEIGHT + 5))
    ws.add_table(
        HEAD_ROW,
        0,
        FIRST_ROW + len(body) - 1,
        width - 1,
        {
            "name": table,
            "style": None,
            "columns": [{"header": col.heading, "header_format": styles.cell(HEAD, col.head)} for col in columns],
        },
    )
    ws.freeze_panes(FIRST_ROW, freeze)
    ws.set_selection(FIRST_ROW, freeze, FIRST_ROW, freeze)
    page(ws, title, lang)
    ws.set_paper(paper)
    if several:
        print_columns(ws, printed, again, page_width)
    ws.repeat_rows(HEAD_ROW)


def _top(ws: Worksheet, styles: Styles, title: str, help_text: str, cols: Sequence[Col], again: int, page_width: float) -> None:
    """Title and help: a text is cut at the end of the columns that each page repeats (`again` of them) and at the end of a page, and one
    that runs over the last column makes a page wider, so smaller. The help is wrapped below the title into the repeated columns where they
    are wide enough; else it stands beside them, on the first page alone, in the columns that remain on that page."""
    widths = [0.0 if col.hidden else col.width for col in cols]
    look = styles.cell(MUTED_TEXT, {"text_wrap": True})
    fits = units(title) * TITLE["font_size"] / BODY <= sum(col.width for col in cols[1 : max(again, 2)])
    # From the title's column on, or from the first one.
    rooms = {at: sum(widths[at:again]) for at in (1, 0) if again > 1 and (fits or again > 2)}
    lines = {at: line_count(help_text, room) for at, room in rooms.items() if room > 1}
    below = next((at for at, n in lines.items() if n <= HELP_LINES - at or (again > 2 and rooms[at] >= HELP_ROOM)), None)
    first = 1 if below is not None or again < 2 else again
    ws.write_string(TITLE_ROW, 1 if fits else first, title, styles.cell(TITLE))
    if below is not None:
        ws.set_row(HELP_ROW, max(18, lines[below] * LINE_HEIGHT + 5))
        if below < again - 1:
            ws.merge_range(HELP_ROW, below, HELP_ROW, again - 1, help_text, look)
        else:
            ws.write_string(HELP_ROW, below, help_text, look)
    else:
        wrapped_on_page(ws, HELP_ROW, first, help_text, widths, page_width, look)


def wrapped_on_page(ws: Worksheet, row: int, first: int, words: str, widths: Sequence[float], page_width: float, look: Format) -> float:
    """Write a text from column `first` on into merged cells that end on the first printed page, set the height of its row and return it."""
    last, used = first, sum(widths[: first + 1])
    room = min(0.85 * page_width, HELP_WIDTH)  # where a page is printed in full size, less fits on it
    while last < len(widths) - 1 and used + widths[last + 1] <= room:
        last, used = last + 1, used + widths[last + 1]
    height = max(18.0, line_count(words, sum(widths[first : last + 1])) * LINE_HEIGHT + 5)
    ws.set_row(row, height)
    if last > first:
        ws.merge_range(row, first, row, last, words, look)
    else:
        ws.write_string(row, first, words, look)
    return height


def lines_of(words: str, width: float) -> int:
    """Lines that a text with line breaks of its own takes in a column."""
    return sum(wrapped_count(part, width) for part in words.split("\n"))


def _unfilled(look: Mapping[str, Any]) -> dict[str, Any]:
    """The column's format without its fill, so that the sheet stays white below the table."""
    return {name: value for name, value in look.items() if name != "bg_color"}


def put(ws: Worksheet, row: int, col: int, value: Value, fmt: Format) -> None:
    """Write one value with its format; None writes a formatted blank cell."""
    match value:
        case None | "":
            ws.write_blank(row, col, None, fmt)
        case bool():
            ws.write_boolean(row, col, value, fmt)
        case int() | float():
            ws.write_number(row, col, value, fmt)
        case datetime() | date():
            ws.write_datetime(row, col, value, fmt)
        case _:
            ws.write_string(row, col, str(value), fmt)


def page(ws: Worksheet, title: str, lang: str) -> None:
    """Set up printing: A4 landscape, one page wide, a footer with the sheet's title and the page."""
    ws.set_landscape()
    ws.set_paper(9)
    ws.set_margins(**MARGINS)
    ws.fit_to_pages(1, 0)
    ws.center_horizontally()
    ws.set_footer(footer(title, "", lang), {"margin": 0.25})


def units(words: str) -> int:
    """Characters of width of a text, a Chinese one being two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)


def print_columns(ws: Worksheet, widths: Sequence[float], repeat: int, page_width: float = PAGE_WIDTH) -> None:
    """Print so many pages wide that a page has at most `page_width` characters, the first `repeat` columns on each if they are narrow
    enough."""
    repeat = repeated(widths, repeat, page_width)
    pages = pages_wide(widths, repeat, page_width)
    ws.fit_to_pages(pages, 0)
    if pages > 1:
        ws.repeat_columns(0, repeat - 1)
        ws.print_across()


def footer(left: str, right: str, lang: str, size: int = 9) -> str:
    """`left` · page of pages · `right` in letters of `size` points; an ampersand in a text is doubled, as Excel requires."""
    middle = text("build.sheet.page", lang, page="&P", pages="&N")
    left, right = left.replace("&", "&&"), right.replace("&", "&&")
    return f"&L&{size}{_guard(left)}&C&{size}{_guard(middle)}&R&{size}{_guard(right)}"


def _guard(part: str) -> str:
    """Add a space before a leading digit, so that it is not read as part of the font size."""
    return f" {part}" if part[:1].isdigit() else part


def below(col: int) -> tuple[int, int, int, int]:
    """The range below the heading of a column, down to Excel's last row."""
    return FIRST_ROW, col, LAST_ROW, col
