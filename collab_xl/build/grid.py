"""A sheet of merged cells on a grid of 24 narrow columns, and the names of the cells that code fills.

Rows and columns count from 0 as in XlsxWriter; grid column 1 is sheet column B, column A is a margin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xlsxwriter.worksheet import Worksheet

from collab_xl.build.style import BODY as SMALL
from collab_xl.build.style import LINE, MUTED, SECTION, Props, Styles
from collab_xl.catalogue import text
from collab_xl.model.place import Area, column_letters
from collab_xl.model.report_pages import BODY, Heading, PageColumn

PAGE_SECTION: Props = {**SECTION, "font_size": 13}
"""The heading of a block on 周报."""
_ONE: Props = {"font_size": BODY}
_TWO: Props = {**_ONE, "text_wrap": True}
_CENTRE: Props = {**_ONE, "align": "center"}
LOOKS: Mapping[str, Props] = {
    "plain": _ONE,
    "text": _TWO,
    "bold": {**_TWO, "bold": True},
    "muted": {**_TWO, "font_color": MUTED},
    "line": _ONE,
    "line_bold": {**_ONE, "bold": True},
    "weekday": {**_ONE, "bold": True},
    "day": {**_CENTRE, "num_format": "mm-dd"},
    "moment": {**_CENTRE, "num_format": "mm-dd hh:mm"},
    "days": {**_CENTRE, "bold": True},
    "percent": {**_CENTRE, "num_format": "0%"},
    "number": _CENTRE,
    "department": {**_ONE, "bold": True},
    "word": _CENTRE,
    "count": {**_CENTRE, "num_format": "0"},
    "rate": {**_ONE, "align": "right", "num_format": "0%", "indent": 1},
    "rag": {**_CENTRE, "bold": True},
}
"""Formats of the looks of `PageColumn`; wrapped text has two printed lines."""


def heading_text(heading: Heading, lang: str) -> str:
    """The text of a page heading in a language."""
    return (text(heading, lang) if heading else "") if isinstance(heading, str) else heading[lang]


class PageGrid:
    """Writes merged cells and collects the names of the cells that code fills: name → (sheet, area from 1)."""

    def __init__(self, ws: Worksheet, styles: Styles, names: dict[str, tuple[str, Area]], sheet: str, size: float = SMALL) -> None:
        """`size`: points of the text where nothing else is said."""
        self.ws, self.styles, self.names, self.sheet, self.size = ws, styles, names, sheet, size

    def cell(
        self,
        row: int,
        first: int,
        last: int,
        value: str,
        *looks: Any,
        name: str = "",
        link: str = "",
        tip: str = "",
        rows: int = 1,
        **look: Any,
    ) -> None:
        """Write one cell across grid columns and `rows`. `link` is a defined name, so that it also works after a sheet is renamed."""
        fmt = self.styles.cell({"font_size": self.size}, *looks, look)
        if last > first or rows > 1:
            self.ws.merge_range(row, first, row + rows - 1, last, value, fmt)
        elif value:
            self.ws.write_string(row, first, value, fmt)
        else:
            self.ws.write_blank(row, first, None, fmt)
        if link:
            self.ws.write_url(row, first, f"internal:{link}", fmt, value or " ", tip or None)
            if not value:
                self.ws.write_blank(row, first, None, fmt)
        if name:
            self.names[name] = (self.sheet, Area(row + 1, first + 1, row + 1, first + 1))

    def area(self, name: str, row: int, col: int, rows: int) -> None:
        """Name the first `rows` cells of a column from `row` on."""
        self.names[name] = (self.sheet, Area(row + 1, col + 1, row + rows, col + 1))

    def anchor(self, name: str) -> str:
        """The address of a named cell for the formula of a conditional format: `$B$8`."""
        area = self.names[name][1]
        return f"${column_letters(area.first_col)}${area.first_row}"


def write_block(grid: PageGrid, row: int, columns: Sequence[PageColumn], rows: int, jump: Callable[[str], str] = str) -> None:
    """Write column headings in `row`, then `rows` formatted rows. A column with a name gets the defined name `wk_<name>`."""
    line = {"bottom": 1, "bottom_color": LINE}
    lang = grid.styles.lang
    for column in columns:
        look = dict(LOOKS[column.look])
        if column.look == "days":
            look["num_format"] = "0" + text("build.sheet.days_unit", lang)
        if column.indent:
            look["indent"] = 1
        head = {"font_color": MUTED, "font_size": BODY, "align": look.get("align", "left"), "indent": look.get("indent", 0)}
        grid.cell(row, column.first, column.last, heading_text(column.heading, lang), line, head)
        link = jump(column.leads_to) if column.leads_to else ""
        for n in range(rows):
            grid.cell(row + 1 + n, column.first, column.last, "", line, look, link=link)
        if column.name:
            grid.area(f"wk_{column.name}", row + 1, column.first, rows)
