"""A block of LibreOffice cells as Excel's COM interface would give and take it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from office_engine.inside import Asked
from office_engine.limits import RefusedError, check_formula, check_texts

DATE, TIME, CURRENCY, LOGICAL = 2, 4, 8, 1024  # com.sun.star.util.NumberFormat
DAY_ZERO = datetime(1899, 12, 30)
TEXT_FORMAT = "@"
XL_ERRORS = {"#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042}
"""Excel's XlCVError; the errors a person can type."""
_OF_OFFICE = {503: "#NUM!", 519: "#VALUE!", 521: "#NULL!", 524: "#REF!", 525: "#NAME?", 532: "#DIV/0!", 32767: "#N/A"}
"""LibreOffice's own numbers of them."""


def scode(error: str) -> int:
    """An error value as pywin32 hands it out: the integer 0x800A0000 + XlCVError."""
    return XL_ERRORS[error] + 0x800A0000 - 2**32


Box = tuple[int, int, int, int]
"""Top, left, bottom, right, from 0."""


@dataclass(frozen=True)
class Block:
    """Cells of a sheet. What is asked of them is answered within LibreOffice (`inside.py`)."""

    ask: Asked
    doc: Any
    sheet: Any
    box: Box

    @cached_property
    def cells(self) -> Any:
        """LibreOffice's own object of them."""
        top, left, bottom, right = self.box
        return self.sheet.getCellRangeByPosition(left, top, right, bottom)

    def formats(self) -> list[Shown]:
        """One for every run of cells with one format."""
        return [Shown(*found) for found in self.ask.format_runs(self.doc, self.sheet, self.box)]

    def hidden(self, *, columns: bool) -> bool | None:
        """`EntireRow.Hidden` or `EntireColumn.Hidden`: None when some are."""
        top, left, bottom, right = self.box
        count = self.ask.hidden(self.sheet, self.box, columns)
        return None if 0 < count <= (right - left if columns else bottom - top) else bool(count)


class Shown(NamedTuple):
    """A number format, its key in the document, and cells that have it."""

    type: int
    text: str
    key: int
    box: Box


def values(block: Block, exact: bool = False) -> list[list[Any]]:
    """`Range.Value`: floats, datetime in a date format, Decimal with four places in a currency format, an error as an integer. `exact`
    gives `Value2`."""
    (top, left, *_), kinds = block.box, 0 if exact else DATE | TIME | CURRENCY | LOGICAL
    data, runs, errors = block.ask.values(block.doc, block.sheet, block.box, kinds)
    out = [[None if value == "" else value for value in line] for line in data]
    for shown in (Shown(*run) for run in runs):
        first, left_of, last, right_of = shown.box
        for line in out[first - top : last - top + 1]:
            for c in range(left_of - left, right_of - left + 1):
                if isinstance(line[c], float):
                    line[c] = _shown(line[c], shown.type)
    for row, col, error in errors:
        out[row - top][col - left] = scode(_OF_OFFICE.get(error, "#VALUE!"))
    return out


def _shown(number: float, kind: int) -> Any:
    if kind & LOGICAL:
        return bool(number)
    return Decimal(str(round(number, 4))) if kind & CURRENCY else DAY_ZERO + timedelta(days=number)


_QUOTED = re.compile(r'("(?:[^"]|"")*"|\'(?:[^\']|\'\')*\')')


def _outside_quotes(formula: str, old: str, new: str) -> str:
    return "".join(part if n % 2 else part.replace(old, new) for n, part in enumerate(_QUOTED.split(formula)))


def formulas(block: Block) -> list[list[str]]:
    """`Range.Formula`: with commas; a constant as its text."""
    return [[_as_excel(text) for text in line] for line in block.ask.formulas(block.sheet, block.box)]


def _as_excel(text: str) -> str:
    if text in ("=TRUE()", "=FALSE()"):  # how LibreOffice keeps a TRUE that it has loaded
        return text[1:-2]
    if text[1:] in XL_ERRORS:  # … and an error that stands there without a formula
        return text[1:]
    return _outside_quotes(text, ";", ",") if text[:1] in ("=", "{") else text.removeprefix("'")


def put(block: Block, data: Any) -> None:
    """`Range.Value = data`: a cell formatted Text keeps what it is given as a text, in any other a text is read as if typed."""
    top, left, bottom, right = block.box
    lines = data if isinstance(data, (list, tuple)) else [[data] * (right - left + 1)] * (bottom - top + 1)
    if lines and not isinstance(lines[0], (list, tuple)):
        lines = [lines]
    check_texts(lines, in_array=(top, left) != (bottom, right))
    before = block.formats()
    texts = [shown.box for shown in before if shown.text == TEXT_FORMAT]
    kept = {(r - top, c - left) for t in texts for r in range(t[0], t[2] + 1) for c in range(t[1], t[3] + 1)}
    typed = tuple(tuple("" if (r, c) in kept else _typed(value) for c, value in enumerate(line)) for r, line in enumerate(lines))
    again: tuple[tuple[Box, int], ...] = ()
    if any(isinstance(value, str) and value.startswith("'") for line in typed for value in line):
        # LibreOffice keeps a text after an apostrophe by making its cell Text, Excel does not
        again = tuple((shown.box, shown.key) for shown in before)
    as_texts = tuple(
        (t, tuple(tuple(_as_text(v) for v in line[t[1] - left : t[3] - left + 1]) for line in lines[t[0] - top : t[2] - top + 1]))
        for t in texts
    )
    block.ask.put(block.sheet, block.box, typed, again, as_texts)


def _as_text(value: Any) -> str:
    """What a cell formatted Text makes of a value."""
    if not isinstance(value, str):
        _typed(value)  # what our code never means to write is refused here too
    if isinstance(value, bool):
        return str(value).upper()
    return f"{value:.15g}" if isinstance(value, float) else value or ""


_DAY = re.compile(r"(?:(\d{4})[-/年])?(1[0-2]|0?[1-9])[-/月](3[01]|[12]\d|0?[1-9])日?")
"""Dates as a Chinese Excel reads them, of which LibreOffice in English reads only some."""
_SIGNED = re.compile(r"[-+@][^\W\d]")


def _typed(value: Any) -> Any:
    """What `setFormulaArray` takes: it reads a text as if typed, as Excel does with `Range.Value`."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        raise RefusedError("a 64-bit integer")
    if isinstance(value, (datetime, Decimal)):
        raise RefusedError(f"{value!r}: not what our code means to write")
    if isinstance(value, float):
        return value
    if not value:
        return ""
    if value in XL_ERRORS:
        return f"={value}"
    if day := _DAY.fullmatch(value):
        year, month, day_of_month = (int(part or 0) for part in day.groups())
        return float((datetime(year or 2026, month, day_of_month) - DAY_ZERO).days)
    if _SIGNED.match(value):  # Excel makes a formula of -x, +x and @x
        value = "=" + value.lstrip("@")
    if not value.startswith("="):
        return value.lstrip("¥￥")
    check_formula(value)
    return _outside_quotes(value, ",", ";")
