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
from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Field, Form
from collab_xl.model.directory import Directory
from collab_xl.model.excel_limits import MAX_ROW_HEIGHT
from collab_xl.model.regex import regex
from collab_xl.model.values import Value

BLANK_ROWS, HEAD_ROW, LINE, LEAST = 3, 3, 12.5, 26.0
A4_WIDTH = 146.0
"""Characters of width of a page on which the text keeps 7 points."""
LEAST_SHARE = 0.3
"""Of the page, for the columns of long texts."""
WORD = regex(r"[\x21-\u2E7F]+")
"""A word that is not broken: Chinese is, at any character."""


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
    texts = [
        [column.heading[lang], *(_shown(field.worded(row.get(field.id), lang), lang) for row in rows)]
        for column, field in zip(form.weekly.columns, fields, strict=True)
    ]
    widths = _widths(fields, texts)
    ws.set_row(HEAD_ROW, LINE * max(lines_of(said[0], width) for said, width in zip(texts, widths, strict=True)) + 6)
    for col, (column, field) in enumerate(zip(form.weekly.columns, fields, strict=True)):
        ws.set_column(col, col, widths[col])
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
                ws.write_string(HEAD_ROW + 1 + n, col, _shown(worded, lang), look)
            else:
                ws.write_blank(HEAD_ROW + 1 + n, col, None, look)
        if field.access == "D":
            cell = f"{chr(65 + col)}{HEAD_ROW + 2}"
            ws.data_validation(HEAD_ROW + 1, col, last, col, rule(form.id, field, cell, lang, directory, "", lists))
    for n in range(len(rows)):
        needed = max(lines_of(said[n + 1], width) for said, width in zip(texts, widths, strict=True))
        ws.set_row(HEAD_ROW + 1 + n, min(MAX_ROW_HEIGHT, max(LEAST, LINE * needed + 4)))
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


def _widths(fields: Sequence[Field], texts: Sequence[Sequence[str]]) -> list[float]:
    """Width of each column, together at most a page: as the form says, but no narrower than its longest word; the long texts share the
    rest, at least `LEAST_SHARE` of the page. `texts`: what each column holds."""
    long = [f.kind == "longtext" or f.role == "title" for f in fields]
    words = [max(len(word) for said in column for word in WORD.findall(said) or [""]) + 3.0 for column in texts]
    rest = A4_WIDTH / sum(max(f.width, 26.0) if is_long else f.width for f, is_long in zip(fields, long, strict=True))
    short = [0.0 if is_long else max(f.width * min(1.0, rest), min(w, 20.0)) for f, is_long, w in zip(fields, long, words, strict=True)]
    most = A4_WIDTH * (1 - LEAST_SHARE) if any(long) else A4_WIDTH
    short = [width * min(1.0, most / max(1.0, sum(short))) for width in short]
    share = (A4_WIDTH - sum(short)) / max(1, sum(long))
    return [min(34.0, share) if is_long else width for is_long, width in zip(long, short, strict=True)]


def _shown(value: Value, lang: str) -> str:
    """A value as text; "" for a number, which is never wrapped."""
    if isinstance(value, tuple):
        return COMMA[lang].join(value)
    return "" if value is None or isinstance(value, (int, float)) else str(value)
