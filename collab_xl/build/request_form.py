"""The sheet for one row of a form (T12, the request form): labels with their values, and below them the parts with rows of other forms.

In: the sheet's definition, the row and the rows of its parts, parsed.  Out: bytes.  Pure.  An empty one is what a department fills in;
`read/request_form.py` reads both back. Nothing is locked: it is a proposal, and the PMO decides about it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from collab_xl.build.agenda import lines_of
from collab_xl.build.pack_checks import Lists, rule
from collab_xl.build.style import BODY_CELL, CARD, HEAD, LINE, MARGINS, MUTED_TEXT, TITLE, WHITE, Styles, deflated, new_workbook
from collab_xl.build.table import DATE
from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Field, Form, RequestPart, RequestSheet, Schema
from collab_xl.model.directory import Directory
from collab_xl.model.excel_limits import MAX_ROW_HEIGHT
from collab_xl.model.record import Struct
from collab_xl.model.values import Value

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

LABEL, COLUMNS, WIDTH = 18.0, 6, 14.4
"""Width of the labels; number and width of the columns beside them: on A4 upright the text keeps 7 points."""
_LONG, _LINE, _LEAST = ("longtext",), 13.5, 22.0
BOX: dict[str, Any] = {"border": 1, "border_color": LINE, "text_wrap": True, "align": "left", "indent": 1}


class Filled(Struct, frozen=True):
    """What stands on the sheet; without anything an empty form."""

    values: Mapping[str, Value] = {}
    parts: Mapping[str, Sequence[Mapping[str, Value]]] = {}
    """Form of a part → its rows."""


def request_book(form: Form, sheet: RequestSheet, filled: Filled, schema: Schema, directory: Directory, subtitle: str, lang: str) -> bytes:
    buffer = io.BytesIO()
    book = new_workbook(buffer, lang)
    styles, lists = Styles(book, lang), Lists(book, {}, {})
    ws = book.add_worksheet(sheet.title[lang])
    ws.hide_gridlines(2)
    ws.set_column(0, 0, LABEL)
    ws.set_column(1, COLUMNS, WIDTH)
    ws.set_row(0, 34)
    ws.merge_range(0, 0, 0, COLUMNS, sheet.title[lang], styles.cell({**TITLE, "align": "center"}))
    ws.set_row(1, 30)
    ws.merge_range(1, 0, 1, COLUMNS, subtitle, styles.cell({**MUTED_TEXT, "text_wrap": True}))
    row, label = 2, styles.cell({**BOX, "bold": True, "bg_color": CARD})
    for field, heading in ((form.field(f.field), f.heading[lang]) for f in sheet.fields):
        value = filled.values.get(field.id)
        if value is None and (field.kind == "key" or _told_below(field, sheet)):
            continue
        ws.write_string(row, 0, heading, label)
        ws.set_row(row, max(_height(value, field, COLUMNS * WIDTH, lang), _LINE * lines_of(heading, LABEL - 2) + 6))
        _merged(ws, row, 1, COLUMNS, value, field, styles, lang)
        _check(ws, row, 1, row, form, field, lang, directory, lists)
        row += 1
    for part in sheet.parts:
        row = _part(ws, row, part, schema.form(part.of), filled.parts.get(part.of, ()), styles, lang, directory, lists, label)
    ws.set_portrait()
    ws.set_paper(9)
    ws.set_margins(**MARGINS)
    ws.fit_to_pages(1, 0)
    ws.print_area(0, 0, row - 1, COLUMNS)
    ws.set_footer("&R&9" + text("build.sheet.page", lang, page="&P", pages="&N"))
    book.close()
    return deflated(buffer.getvalue())


def _told_below(field: Field, sheet: RequestSheet) -> bool:
    """Whether a label of the empty form would ask for what a part asks for: 关键资源需求 stands for both."""
    words = {w for part in sheet.parts for w in (*part.heading.values(), *part.aliases)}
    return not words.isdisjoint({*field.heading.values(), *field.aliases})


def _part(
    ws: Worksheet,
    row: int,
    part: RequestPart,
    form: Form,
    rows: Sequence[Mapping[str, Value]],
    styles: Styles,
    lang: str,
    directory: Directory,
    lists: Lists,
    label: Any,
) -> int:
    """The part from this row on; the next free row."""
    heading = part.heading[lang]
    fields = [(form.field(c.field), c.heading[lang]) for c in part.columns if any(c.field == f.id for f in form.fields)]
    fields = [pair for pair in fields if pair[0].kind != "key"] + [pair for pair in fields if pair[0].kind == "key" and rows]
    if part.how == "whole":
        field = fields[0][0]
        said = "\n".join(str(r[field.id]) for r in rows if r.get(field.id) is not None)
        ws.write_string(row, 0, heading, label)
        ws.set_row(row, max(_height(said, field, COLUMNS * WIDTH, lang), 2 * _LINE + 6))
        _merged(ws, row, 1, COLUMNS, said or None, field, styles, lang)
        return row + 1
    count = max(part.rows, len(rows) + (1 if rows else 0))
    ws.merge_range(row, 0, row + count, 0, heading, label)
    spans = _spans([field for field, _ in fields])
    head = styles.cell({**HEAD, "border": 1, "border_color": LINE})
    for (_, word), (first, last) in zip(fields, spans, strict=True):
        _written(ws, row, first, last, word, head)
    ws.set_row(row, _LEAST)
    for n in range(count):
        values = rows[n] if n < len(rows) else {}
        heights = [
            _height(values.get(f.id), f, (last - first + 1) * WIDTH, lang) for (f, _), (first, last) in zip(fields, spans, strict=True)
        ]
        ws.set_row(row + 1 + n, max(_LEAST, *heights))
        for (field, _), (first, last) in zip(fields, spans, strict=True):
            _merged(ws, row + 1 + n, first, last, values.get(field.id), field, styles, lang)
    for (field, _), (first, _) in zip(fields, spans, strict=True):
        _check(ws, row + 1, first, row + count, form, field, lang, directory, lists)
    return row + 1 + count


def _spans(fields: Sequence[Field]) -> list[tuple[int, int]]:
    """The columns of each heading: those whose columns are the widest in the form take what is left."""
    wide, more = divmod(COLUMNS, len(fields))
    widest = sorted(range(len(fields)), key=lambda n: -fields[n].width)[:more]
    out, at = [], 1
    for n in range(len(fields)):
        width = wide + (1 if n in widest else 0)
        out.append((at, at + width - 1))
        at += width
    return out


def _written(ws: Worksheet, row: int, first: int, last: int, words: str, look: Any) -> None:
    if first == last:
        ws.write_string(row, first, words, look)
    else:
        ws.merge_range(row, first, row, last, words, look)


def _merged(ws: Worksheet, row: int, first: int, last: int, value: Value, field: Field, styles: Styles, lang: str) -> None:
    """One value over its columns, as a cell of its kind."""
    number_format = DATE if field.kind in ("date", "moment") else "General" if field.kind in ("amount", "whole") else "@"
    look = styles.cell({**BODY_CELL, **BOX, "bg_color": WHITE, "num_format": number_format})
    if first != last:
        ws.merge_range(row, first, row, last, "", look)
    shown = value if isinstance(value, (date, int, float)) and not isinstance(value, bool) else _said(value, field, lang)
    if isinstance(shown, date):
        ws.write_datetime(row, first, datetime(shown.year, shown.month, shown.day), look)
    elif isinstance(shown, str) and shown:
        ws.write_string(row, first, shown, look)
    elif isinstance(shown, (int, float)):
        ws.write_number(row, first, shown, look)
    else:
        ws.write_blank(row, first, None, look)


def _said(value: Value, field: Field, lang: str) -> str:
    """The text of a value, in the words that are read back."""
    worded = field.worded(value, lang)
    return COMMA[lang].join(map(str, worded)) if isinstance(worded, tuple) else "" if worded is None else str(worded)


def _height(value: Value, field: Field, width: float, lang: str) -> float:
    said = _said(value, field, lang)
    least = 3 * _LINE if field.kind in _LONG and width > 4 * WIDTH else _LEAST
    return min(MAX_ROW_HEIGHT, max(least, _LINE * lines_of(said, width) + 6))


def _check(
    ws: Worksheet, row: int, col: int, last_row: int, form: Form, field: Field, lang: str, directory: Directory, lists: Lists
) -> None:
    cell = f"{chr(65 + col)}{row + 1}"
    ws.data_validation(row, col, last_row, col, rule(form.id, field, cell, lang, directory, "", lists))
