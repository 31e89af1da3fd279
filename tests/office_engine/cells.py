"""A block of LibreOffice cells as Excel's COM interface would give and take it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

DATE, TIME, CURRENCY, LOGICAL = 2, 4, 8, 1024  # com.sun.star.util.NumberFormat
VALUE, DATETIME, STRING, FORMULA = 1, 2, 4, 16  # com.sun.star.sheet.CellFlags
FORMULA_ERROR = 4  # com.sun.star.sheet.FormulaResult
DAY_ZERO = datetime(1899, 12, 30)
TEXT_FORMAT = "@"
XL_ERRORS = {"#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042}
"""Excel's XlCVError; the errors a person can type."""
_OF_OFFICE = {503: "#NUM!", 519: "#VALUE!", 521: "#NULL!", 524: "#REF!", 525: "#NAME?", 532: "#DIV/0!", 32767: "#N/A"}
"""LibreOffice's own numbers of them."""


def scode(error: str) -> int:
    """An error value as pywin32 hands it out: the integer 0x800A0000 + XlCVError."""
    return XL_ERRORS[error] + 0x800A0000 - 2**32


class RefusedError(Exception):
    """As pywin32's com_error for what Excel refuses, with its number in `hresult`."""

    def __init__(self, text: str, hresult: int = -2147352567) -> None:
        super().__init__(hresult, text, None, None)
        self.hresult = hresult


def formats(cells: Any, doc: Any) -> Iterator[tuple[Shown, Any]]:
    """(number format, range address) for every run of cells with one format."""
    for shown, _, address in _format_runs(cells, doc):
        yield shown, address


def values(cells: Any, doc: Any, exact: bool = False) -> list[list[Any]]:
    """`Range.Value`: floats, datetime in a date format, Decimal with four places in a currency format, an error as an integer. `exact`
    gives `Value2`."""
    top, left = cells.RangeAddress.StartRow, cells.RangeAddress.StartColumn
    out = [[None if value == "" else value for value in line] for line in cells.getDataArray()]
    numbers = not exact and any(isinstance(value, float) for line in out for value in line)
    for shown, a in formats(cells, doc) if numbers else ():
        if not shown.Type & (DATE | TIME | CURRENCY | LOGICAL):
            continue
        for r in range(a.StartRow - top, a.EndRow - top + 1):
            line = out[r]
            for c in range(a.StartColumn - left, a.EndColumn - left + 1):
                if isinstance(line[c], float):
                    line[c] = _shown(line[c], shown.Type)
    for a in cells.queryFormulaCells(FORMULA_ERROR).RangeAddresses:
        for r in range(a.StartRow, a.EndRow + 1):
            for c in range(a.StartColumn, a.EndColumn + 1):
                error = cells.getCellByPosition(c - left, r - top).getError()
                out[r - top][c - left] = scode(_OF_OFFICE.get(error, "#VALUE!"))
    return out


def _shown(number: float, kind: int) -> Any:
    if kind & LOGICAL:
        return bool(number)
    return Decimal(str(round(number, 4))) if kind & CURRENCY else DAY_ZERO + timedelta(days=number)


_QUOTED = re.compile(r'("(?:[^"]|"")*"|\'(?:[^\']|\'\')*\')')


def _outside_quotes(formula: str, old: str, new: str) -> str:
    return "".join(part if n % 2 else part.replace(old, new) for n, part in enumerate(_QUOTED.split(formula)))


def formulas(cells: Any) -> list[list[str]]:
    """`Range.Formula`: with commas; a constant as its text."""
    return [[_as_excel(text) for text in line] for line in cells.getFormulaArray()]


def _as_excel(text: str) -> str:
    if text in ("=TRUE()", "=FALSE()"):  # how LibreOffice keeps a TRUE that it has loaded
        return text[1:-2]
    if text[1:] in XL_ERRORS:  # … and an error that stands there without a formula
        return text[1:]
    return _outside_quotes(text, ";", ",") if text[:1] in ("=", "{") else text.removeprefix("'")


def put(cells: Any, doc: Any, data: Any) -> None:
    """`Range.Value = data`: a cell formatted Text keeps what it is given as a text, in any other a text is read as if typed."""
    a = cells.RangeAddress
    rows, cols = a.EndRow - a.StartRow + 1, a.EndColumn - a.StartColumn + 1
    lines = data if isinstance(data, (list, tuple)) else [[data] * cols] * rows
    if lines and not isinstance(lines[0], (list, tuple)):
        lines = [lines]
    before = [(shown.FormatString, key, area) for shown, key, area in _format_runs(cells, doc)]
    texts = [area for shown, _, area in before if shown == TEXT_FORMAT]
    kept = {
        (r - a.StartRow, c - a.StartColumn)
        for t in texts
        for r in range(t.StartRow, t.EndRow + 1)
        for c in range(t.StartColumn, t.EndColumn + 1)
    }
    typed = [["" if (r, c) in kept else _typed(value) for c, value in enumerate(line)] for r, line in enumerate(lines)]
    cells.setFormulaArray(tuple(map(tuple, typed)))
    if any(isinstance(value, str) and value.startswith("'") for line in typed for value in line):
        for _, key, area in before:  # LibreOffice keeps a text after an apostrophe by making its cell Text, Excel does not
            _part(cells, area).NumberFormat = key
    for area in texts:
        top, left = area.StartRow - a.StartRow, area.StartColumn - a.StartColumn
        height, width = area.EndRow - area.StartRow + 1, area.EndColumn - area.StartColumn + 1
        _part(cells, area).setDataArray(tuple(tuple(_as_text(v) for v in line[left : left + width]) for line in lines[top : top + height]))


class Shown(NamedTuple):
    """A number format of a document."""

    Type: int
    FormatString: str


_known: dict[int, tuple[Any, dict[int, Shown]]] = {}
"""Document (kept, so that no other has its id) and the formats it was asked for: a key never gets another meaning."""


def _format_runs(cells: Any, doc: Any) -> Iterator[tuple[Shown, int, Any]]:
    """Every call crosses to LibreOffice and takes a millisecond, so each format is asked for once."""
    _, known = _known.setdefault(id(doc), (doc, {}))
    groups = cells.getUniqueCellFormatRanges()
    for n in range(groups.Count):
        group = groups.getByIndex(n)
        key = group.NumberFormat
        if key not in known:
            found = doc.NumberFormats.getByKey(key)
            known[key] = Shown(found.Type, found.FormatString)
        for address in group.RangeAddresses:
            yield known[key], key, address


def _part(cells: Any, area: Any) -> Any:
    a = cells.RangeAddress
    first, last = (area.StartColumn - a.StartColumn, area.StartRow - a.StartRow), (area.EndColumn - a.StartColumn, area.EndRow - a.StartRow)
    return cells.getCellRangeByPosition(*first, *last)


def _as_text(value: Any) -> str:
    """What a cell formatted Text makes of a value."""
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
    return _outside_quotes(value, ",", ";") if value.startswith("=") else value.lstrip("¥￥")
