"""A table as the text of a CSV file that Excel and Power BI read: UTF-8 with a byte order mark, days as 2026-11-20.

In: a data table.  Out: bytes.  Pure.  A text that Excel would take for a formula gets an apostrophe in front: it may come from a
department's mail, and a double click on the file must run nothing.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

from collab_xl.model.portfolio import DataTable
from collab_xl.model.values import Value

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(table: DataTable) -> bytes:
    """The whole file, headings first; a blank cell for None."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.kinds)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def as_text(value: Value) -> str | None:
    """A value as text: names joined by 、, days in ISO form; None for a blank."""
    if value is None or value == "" or value == ():
        return None
    if isinstance(value, tuple):
        return "、".join(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _cell(value: Value) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    words = as_text(value) or ""
    return f"'{words}" if isinstance(value, (str, tuple)) and words.startswith(_FORMULA) else words
