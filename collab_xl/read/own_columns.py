"""The columns of a tracker that match no field, kept for the master as the user's own columns. Pure.

A heading that would be read as one of our fields in the master (a second 备注, a 完成时间 without an answer) gets the letter of its
column: 备注·K. A column of degrees that became fewer (低 and 中 are 一般) is read and kept as well.
Running numbers and columns without content are not kept.
"""

from __future__ import annotations

import re

from collab_xl.forms import load
from collab_xl.model.finding import Finding
from collab_xl.model.place import Address, a1, column_letters
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Cell, Snapshot, Table
from collab_xl.model.values import Value
from collab_xl.read.columns import PICTURE, Special
from collab_xl.read.context import Context
from collab_xl.read.dates import of_serial
from collab_xl.read.headings import added_columns, is_sequence, lexicon
from collab_xl.read.located import Located
from collab_xl.read.number_format import shown_as, shows_day, shows_length
from collab_xl.read.remarks import finding
from collab_xl.read.rows import says
from collab_xl.read.scales import folds
from collab_xl.read.text import clean

_AMOUNT = regex(r"\(?[-+]?[¥￥$€£]?\s*[-+]?(?:0|[1-9][\d,]*)?(?:\.\d+)?(?:E[+-]\d+)?\s*%?\)?", re.I)
LONGEST = 200
"""Excel allows 255 characters in a table's heading."""


def own_columns(snapshot: Snapshot, table: Table, located: Located, context: Context) -> dict[str, list[Value]]:
    """Heading → the raw value of every record, for the columns that are kept but not read, or read with a loss; in sheet order."""
    return own_with_places(snapshot, table, located, context)[0]


def own_with_places(
    snapshot: Snapshot, table: Table, located: Located, context: Context
) -> tuple[dict[str, list[Value]], dict[str, int | Cell]]:
    """As `own_columns`, and heading → the column on the sheet; the cell of the value in a form of labels and values."""
    out: dict[str, list[Value]] = {}
    places: dict[str, int | Cell] = {}
    added = added_columns((col, heading) for col, (heading, _) in located.columns.items())
    for col, (heading, fields) in located.columns.items():
        cells = [snapshot.value(row, col) for row in table.rows]
        if any(type(v) in (int, float) for v in cells) and (formats := snapshot.number_formats.of_column(col)):
            cells = [_kept(v, formats.get(row, ""), context) for v, row in zip(cells, table.rows, strict=True)]
        kept = not fields and not is_sequence(heading) and col not in added and any(map(says, cells))
        if kept or any(_folded(table, f) for f in fields):
            name = _free(heading, column_letters(col), table.form, out, context)
            out[name], places[name] = [v if says(v) else None for v in cells], col
    for at, (label, fields) in located.cells.items():
        if not fields and says(value := snapshot.value(*at)):
            name = _free(label, a1(*at), table.form, out, context)
            out[name], places[name] = [value], at
    return out, places


def without_values(snapshot: Snapshot, table: Table, located: Located) -> list[Finding]:
    """V212 or V213 at the cells of columns of the user's own that show an error, or whose formula has no result: they count as blank."""
    special, out = Special(snapshot), list[Finding]()
    for col, (heading, fields) in located.columns.items():
        broken = special.broken.get(col, {}) if not fields and not is_sequence(heading) else {}
        for row in table.rows if broken else ():
            if row in broken and broken[row][0] != PICTURE:
                code, found = broken[row]
                out.append(finding(code, Address(table.sheet, row, col), form=table.form, found=found))
    return out


def _folded(table: Table, field_id: str) -> bool:
    """Whether a column of degrees has more of them than the field: its words are kept beside what they were read as."""
    known = load().form(table.form).known(field_id)
    return known is not None and field_id in table.raw and folds(known, table.raw[field_id], table.values[field_id])


def _kept(value: Value, code: str, context: Context) -> Value:
    """A number as its cell shows it if that is a day, a weekday, a time or more than digits (001, 3天, √); amounts stay numbers."""
    if not code or isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if shows_day(code) and not shows_length(code) and {"y", "d"} <= set(code):
        return of_serial(value, context.date1904) or value
    text = shown_as(value, code, context.lang, context.date1904)
    return value if text is None or _AMOUNT.fullmatch(text.strip()) else text.strip()


def _free(heading: str, letters: str, form_id: str, taken: dict[str, list[Value]], context: Context) -> str:
    """The heading on one line, with its column letter if it is blank, occurs twice or would be read as one of ours."""
    form = load().form(form_id)
    name = " ".join(clean(heading).split())[:LONGEST]
    ours = any(lexicon(form, lang).find(name) is not None for lang in form.title)
    if not name or ours or name.casefold() in {t.casefold() for t in taken}:
        name = f"{name}·{letters}" if name else f"·{letters}"
    return name


def kind_of(cells: list[Value]) -> str:
    """date, whole or text: how a new column of such values is formatted."""
    from datetime import date

    filled = [v for v in cells if v is not None]
    if filled and all(isinstance(v, date) for v in filled):
        return "date"
    return "whole" if filled and all(isinstance(v, int) and not isinstance(v, bool) for v in filled) else "text"
