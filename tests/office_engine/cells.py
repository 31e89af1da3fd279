"""A block of LibreOffice cells as Excel's COM interface would give and take it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

DATE, TIME, CURRENCY, LOGICAL = 2, 4, 8, 1024  # com.sun.star.util.NumberFormat
VALUE, DATETIME, STRING, FORMULA = 1, 2, 4, 16  # com.sun.star.sheet.CellFlags
FORMULA_ERROR = 4  # com.sun.star.sheet.FormulaResult
DAY_ZERO = datetime(1899, 12, 30)
ERROR_TEXT = {503: "#NUM!", 519: "#VALUE!", 524: "#REF!", 525: "#NAME?", 532: "#DIV/0!", 32767: "#N/A", 521: "#NULL!"}


class RefusedError(Exception):
    """As pywin32's com_error for what Excel refuses, with its number in `hresult`."""

    def __init__(self, text: str, hresult: int = -2147352567) -> None:
        super().__init__(hresult, text, None, None)
        self.hresult = hresult


def formats(cells: Any, doc: Any) -> Iterator[tuple[Any, Any]]:
    """(number format properties, range address) for every run of cells with one format."""
    groups = cells.getUniqueCellFormatRanges()
    for n in range(groups.Count):
        group = groups.getByIndex(n)
        shown = doc.NumberFormats.getByKey(group.NumberFormat)
        for address in group.RangeAddresses:
            yield shown, address


def values(cells: Any, doc: Any, exact: bool = False) -> list[list[Any]]:
    """`Range.Value`: floats, datetime in a date format, Decimal with four places in a currency format. `exact` gives `Value2`."""
    top, left = cells.RangeAddress.StartRow, cells.RangeAddress.StartColumn
    out = [[None if value == "" else value for value in line] for line in cells.getDataArray()]
    for shown, a in () if exact else formats(cells, doc):
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
                out[r - top][c - left] = ERROR_TEXT.get(error, "#VALUE!")
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
    return _outside_quotes(text, ";", ",") if text[:1] in ("=", "{") else text.removeprefix("'")


def as_typed(data: Any, rows: int, cols: int) -> Sequence[Sequence[Any]]:
    """What `setFormulaArray` takes: it reads a text as if typed, as Excel does with `Range.Value`."""
    lines = data if isinstance(data, (list, tuple)) else [[data] * cols] * rows
    if lines and not isinstance(lines[0], (list, tuple)):
        lines = [lines]
    return tuple(tuple(_typed(value) for value in line) for line in lines)


def _typed(value: Any) -> Any:
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
    return _outside_quotes(value, ",", ";") if value.startswith("=") else value
