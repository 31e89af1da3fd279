"""Sheets that show a form otherwise than its table (decision 0053): the sheet for one row (`[request]` in `form.toml`), labels and values
and below them rows of other forms; and the rows of one department and week (`[weekly]`)."""

from __future__ import annotations

from collections.abc import Mapping

from collab_xl.model.record import Struct

HOW = ("dates", "amounts", "opinions", "whole")
"""How the text of a part is split where its rows are written in one cell; see `read/request_text.py`."""


class SheetField(Struct, frozen=True):
    """A field under a heading of its own: a label of the sheet, or a column of a part."""

    field: str
    heading: Mapping[str, str]
    aliases: tuple[str, ...] = ()


class RequestPart(Struct, frozen=True):
    """A part of the sheet: rows of another form that belong to the row."""

    heading: Mapping[str, str]
    of: str
    """The form of its rows."""
    link: str
    """The reference of these rows to the row."""
    how: str
    """One of `HOW`."""
    columns: tuple[SheetField, ...]
    aliases: tuple[str, ...] = ()
    rows: int = 4
    """Blank rows on an empty sheet."""
    constants: Mapping[str, str] = {}
    """Field → the value all rows have: a choice, or a text with {title} (of the row they belong to) and {department} (of their own)."""
    pieces: Mapping[str, str] = {}
    """What a text is split into, beside what roles say → the field it goes to: `from`, `unit`, `kind` of an amount, with the choices
    `staff` and `funds`; `by`, `on`, `why` of an opinion."""
    asker: str = ""
    """The field that gets the department that asks; "" for none."""


class RequestSheet(Struct, frozen=True):
    """The sheet for one row of a form."""

    title: Mapping[str, str]
    fields: tuple[SheetField, ...]
    """The fields with a label, in order."""
    asker: str
    """The field with the department that fills in the sheet."""
    parts: tuple[RequestPart, ...]


class WeeklySheet(Struct, frozen=True):
    """The rows of one department and week as a sheet of its own (`[weekly]`): what was planned, what came of it."""

    title: Mapping[str, str]
    columns: tuple[SheetField, ...]
