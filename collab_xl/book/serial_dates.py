"""Make the date, moment or length of time of a number and its number format, as the fast reader of closed files does. Pure.

Used for a workbook that is read from Excel in blocks, so that both readers give the same. The rules are calamine's (its detection of
custom formats and its conversion), compared cell by cell in tests/excel_com/test_odd_formats.py.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Final, Literal

from collab_xl.book.cell_xml import EPOCH_1900, EPOCH_1904
from collab_xl.model.regex import regex
from collab_xl.model.values import Value, normal

Kind = Literal["", "date", "length"]
"""What a number format shows: a plain number, a date or time, a length of time (`[h]:mm`)."""
_LITERAL: Final = regex(r'"[^"]*"?|[\\_].')
_SIGN: Final = regex(r"\[([^\]]*)\]|[apdmhys/]", re.IGNORECASE)
_ELAPSED: Final = regex(r"h+|m+|s+", re.IGNORECASE)
_DAY_MS: Final = 86_400_000
_LEAP: Final = 60
"""Excel's day 60 is 29 Feb 1900, which never was: the days before it are one later than counting gives."""


def kind_of(code: str) -> Kind:
    """What a number format shows, by its first section."""
    half = False
    for sign in _SIGN.finditer(_LITERAL.sub("", code).partition(";")[0]):
        if sign[1] is not None:
            if _ELAPSED.fullmatch(sign[1]):
                return "length"
        elif half:
            if sign[0] in "pPmM/":
                return "date"
        elif sign[0] in "aA":
            half = True
        elif sign[0] not in "pP/":
            return "date"
    return ""


def dated(number: int | float, kind: Kind, date1904: bool) -> Value:
    """The number as what its format shows, exact to a millisecond.

    A time of day is a fraction of a day. A number that is no date, as it is below zero or after 9999, stays a number.
    """
    if not kind or number < 0 or not math.isfinite(number):
        return normal(number)
    milliseconds = math.floor(number * _DAY_MS + 0.5)
    if kind == "length":
        return normal(milliseconds / _DAY_MS)
    if number < 1:
        return normal(milliseconds % _DAY_MS / _DAY_MS)
    try:
        moment = (EPOCH_1904 if date1904 else EPOCH_1900) + timedelta(milliseconds=milliseconds)
        return normal(moment + timedelta(days=1) if number < _LEAP and not date1904 else moment)
    except OverflowError:
        return normal(number)
