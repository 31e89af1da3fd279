"""The notes on a returned workbook as a separate workbook, for an original that cannot contain them.

In: the notes and the name of the original.  Out: bytes.  No effect.  Places are links into the original if it is in the same folder.
"""

from __future__ import annotations

import io
from typing import Any

from collab_xl.book.annotate_styles import LOOKS, Look
from collab_xl.build.style import FONT, MARGINS, new_workbook
from collab_xl.model.returns import Notes

MAX_LINK = 255


def notes_book(notes: Notes, lang: str, file: str = "") -> bytes:
    """The workbook of notes. `file`: the original in the same folder; without it places are not linked."""
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    formats: dict[str, Any] = {}
    for name, look in LOOKS.items():
        formats[name] = book.add_format(_props(look, FONT[lang]))
    try:
        page = book.add_worksheet(notes.sheet[:31])
        page.hide_gridlines(2)
        for col, width in enumerate(notes.widths):
            page.set_column(col, col, width)
        for n, row in enumerate(notes.rows):
            if row.height:
                page.set_row(n, row.height)
            if row.merge_to and row.cells:
                first = row.cells[0]
                page.merge_range(n, first.col - 1, n, row.merge_to - 1, "", formats[first.look])
            for cell in row.cells:
                at = (n, cell.col - 1)
                if cell.target and file and isinstance(cell.value, str):
                    sheet, place = cell.target
                    url = "external:{}#'{}'!{}".format(file, sheet.replace("'", "''"), place)
                    if len(url) <= MAX_LINK:
                        page.write_url(*at, url, formats[cell.look], string=cell.value)
                        continue
                if isinstance(cell.value, int):
                    page.write_number(*at, cell.value, formats[cell.look])
                elif cell.value:
                    page.write_string(*at, cell.value, formats[cell.look])
                else:
                    page.write_blank(*at, None, formats[cell.look])
        if notes.freeze:
            page.freeze_panes(notes.freeze, 0)
        page.set_landscape()
        page.set_paper(9)
        page.set_margins(**MARGINS)
        page.fit_to_pages(1, 0)
    finally:
        book.close()
    return buffer.getvalue()


def _props(look: Look, font: str) -> dict[str, Any]:
    props: dict[str, Any] = {
        "font_name": font,
        "font_size": look.size,
        "font_color": f"#{look.color}",
        "bold": look.bold,
        "align": look.across,
        "valign": {"center": "vcenter"}.get(look.down, look.down),
        "text_wrap": look.wrap,
        "indent": look.indent,
    }
    if look.underline:
        props["underline"] = 1
    if look.fill:
        props["bg_color"] = f"#{look.fill}"
    if look.rule:
        props |= {"bottom": 2 if look.thick else 1, "bottom_color": f"#{look.rule}"}
    return props
