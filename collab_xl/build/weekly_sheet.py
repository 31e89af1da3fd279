"""A department's week as a workbook of one sheet (T6): planned, done, reason, measure; with blank rows for what was not planned.

In: the rows.  Out: bytes.  Pure.  Nothing is locked; sent back, it is read as a hand-made file: by its IDs, else by names.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from collab_xl.build.agenda import lines_of
from collab_xl.build.pack_checks import Lists, rule
from collab_xl.build.style import BODY_CELL, HEAD, MARGINS, MUTED_TEXT, TITLE, WHITE, Styles, deflated, new_workbook
from collab_xl.build.table import DATE, PERCENT
from collab_xl.catalogue import text
from collab_xl.forms import Form
from collab_xl.model.directory import Directory
from collab_xl.model.values import Value

BLANK_ROWS, HEAD_ROW, LINE, LEAST = 3, 3, 12.5, 26.0
A4_WIDTH = 146.0
"""Characters of width of a page on which the text keeps 7 points."""


def weekly_sheet_book(form: Form, rows: Sequence[Mapping[str, Value]], title: str, subtitle: str, directory: Directory, lang: str) -> bytes:
    assert form.weekly is not None
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    styles, lists = Styles(book, lang), Lists(book, {}, {})
    ws = book.add_worksheet(form.weekly.title[lang])
    ws.hide_gridlines(2)
    ws.set_row(0, 30)
    ws.write_string(0, 0, title, styles.cell(TITLE))
    ws.write_string(1, 0, subtitle, styles.cell(MUTED_TEXT))
    last = HEAD_ROW + len(rows) + BLANK_ROWS
    fields = [form.field(column.field) for column in form.weekly.columns]
    wide = [max(f.width, 26.0) if f.kind == "longtext" or f.role == "title" else f.width for f in fields]
    fits = min(1.0, A4_WIDTH / sum(wide))
    for col, (column, field) in enumerate(zip(form.weekly.columns, fields, strict=True)):
        ws.set_column(col, col, wide[col] * fits)
        ws.write_string(HEAD_ROW, col, column.heading[lang], styles.cell(HEAD))
        number = {"date": DATE, "percent": PERCENT}.get(field.kind, "@")
        look = styles.cell({**BODY_CELL, "num_format": number, "bg_color": WHITE})
        for n in range(len(rows) + BLANK_ROWS):
            value = rows[n].get(field.id) if n < len(rows) else None
            worded = field.worded(value, lang)
            if isinstance(worded, date):
                ws.write_datetime(HEAD_ROW + 1 + n, col, datetime(worded.year, worded.month, worded.day), look)
            elif isinstance(worded, (int, float)) and not isinstance(worded, bool):
                ws.write_number(HEAD_ROW + 1 + n, col, worded, look)
            elif worded:
                ws.write_string(HEAD_ROW + 1 + n, col, "、".join(worded) if isinstance(worded, tuple) else str(worded), look)
            else:
                ws.write_blank(HEAD_ROW + 1 + n, col, None, look)
        if field.access == "D":
            cell = f"{chr(65 + col)}{HEAD_ROW + 2}"
            ws.data_validation(HEAD_ROW + 1, col, last, col, rule(form.id, field, cell, lang, directory, "", lists))
    for n, row in enumerate(rows):
        needed = [lines_of(str(v), max(form.field(name).width, 24) * fits) for name, v in row.items() if isinstance(v, str)]
        ws.set_row(HEAD_ROW + 1 + n, max(LEAST, LINE * max(needed, default=1) + 4))
    for n in range(len(rows), len(rows) + BLANK_ROWS):
        ws.set_row(HEAD_ROW + 1 + n, LEAST)
    ws.freeze_panes(HEAD_ROW + 1, 2)
    ws.set_landscape()
    ws.set_paper(9)
    ws.set_margins(**MARGINS)
    ws.fit_to_pages(1, 0)
    ws.repeat_rows(0, HEAD_ROW)
    ws.set_footer("&R&9" + text("build.sheet.page", lang, page="&P", pages="&N"))
    book.close()
    return deflated(buffer.getvalue())
