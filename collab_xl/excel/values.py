"""Convert cell values: values of COM and AppleScript into normal form, and our values into what may be typed into a cell.

In: values from xlwings.  Out: values as in a `Snapshot`, or values for xlwings to write into a cell.  Pure.
Excel returns every number as float, currency as Decimal, dates as datetime; it interprets a written text as if it were typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from collab_xl.book.cell_xml import EPOCH_1900, EPOCH_1904, link_formula, same_text, serial, writable
from collab_xl.errors import CollabError
from collab_xl.model.cell_text import MAX_TEXT, text_length
from collab_xl.model.place import Area
from collab_xl.model.sheets import Cell
from collab_xl.model.values import Link, Value, normal, same_value

_XL_ERRORS: Final = {
    2000: "#NULL!",
    2007: "#DIV/0!",
    2015: "#VALUE!",
    2023: "#REF!",
    2029: "#NAME?",
    2036: "#NUM!",
    2042: "#N/A",
    2043: "#GETTING_DATA",
    2045: "#SPILL!",
    2046: "#CONNECT!",
    2047: "#BLOCKED!",
    2048: "#UNKNOWN!",
    2049: "#FIELD!",
    2050: "#CALC!",
}
"""Excel's XlCVError. COM returns an error as the integer 0x800A0000 + its number; every number of a cell is a float."""
_SCODE: Final = 0x800A0000 - 2**32
_ERROR_CODES: Final = {_SCODE + number: error for number, error in _XL_ERRORS.items()}
_CODES: Final = {error: code for code, error in _ERROR_CODES.items()}
_FIRST: Final = datetime(1900, 3, 1)
_DAY: Final = timedelta(days=1)
_NUMBERS: Final = frozenset({int, float})
_MILLISECONDS: Final = 0.002 / 86_400
"""Two, in days: the reader of the copy rounds a moment or a length of time to one, and Excel and pywin32 each in their own way."""
_LONG: Final = 8_000
"""A text with more UTF-16 units is written alone: Excel refuses an array that contains a text of more than 8,203."""


def read_block(lines: Sequence[Sequence[Any]], first_row: int, first_col: int) -> tuple[list[list[Value]], dict[Cell, str]]:
    """The values of a block in normal form (None for errors), and its error cells. Rows and columns count from 1.

    `lines` as COM returns them: an integer is an error, a text `#N/A` is a text.
    """
    errors: dict[Cell, str] = {}
    out: list[list[Value]] = []
    for r, line in enumerate(lines, first_row):
        row: list[Value] = []
        for c, value in enumerate(line, first_col):
            if value.__class__ is int:
                errors[r, c] = _ERROR_CODES.get(value, "#VALUE!")  # an error that is newer than this list
                value = None
            elif value is not None and value.__class__ is not str:
                value = as_read(value)
            row.append(None if value == "" else value)
        out.append(row)
    return out, errors


def as_on_windows(lines: Sequence[Sequence[Any]], shown: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Values of a Mac as COM would return them. AppleScript has no errors: a cell that shows `#N/A` without this text has an error."""
    return [[_on_windows(value, text) for value, text in zip(*pair, strict=True)] for pair in zip(lines, shown, strict=True)]


def _on_windows(value: Any, shown: Any) -> Any:
    if isinstance(shown, str) and shown in _CODES and value != shown:
        return _CODES[shown]
    if isinstance(value, (bool, str, float, datetime)):
        return value
    return float(value) if isinstance(value, int) else None  # appscript's object for a missing value


def as_read(value: Any) -> Value:
    """One value in normal form: whole numbers are int, midnight is a date, a time of day is a fraction of a day."""
    if isinstance(value, Decimal):
        return normal(float(value))
    if isinstance(value, datetime):
        # pywin32's datetime, which has a time zone, becomes an ordinary one without.
        moment = datetime(value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond)
        if moment < _FIRST:  # a time without a date, a length of time, or a day that Excel shows as another one: its number
            return normal((moment - EPOCH_1900) / _DAY)
        near = round(moment.microsecond, -3)
        return normal(moment + timedelta(microseconds=near - moment.microsecond))
    return normal(value)


def same_in_cell(found: Value, wanted: Value, date1904: bool) -> bool:
    """Whether a cell contains a value. A date is compared as its serial number, as the cell may have any format; a link as its text."""
    a, b = _plain(found, date1904), _plain(wanted, date1904)
    if isinstance(a, str) and isinstance(b, str):
        return same_text(a, b)
    return same_value(a, b) or (a.__class__ in _NUMBERS and b.__class__ in _NUMBERS and abs(a - b) < _MILLISECONDS)  # type: ignore[operator]


def _plain(value: Value, date1904: bool) -> Value:
    if isinstance(value, Link):
        value = value.text
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, date):
        try:
            return serial(value, date1904, "")
        except CollabError:  # a day before 1 March 1900 as Excel shows it is one later than its number; below zero as Excel counts
            moment = value.replace(tzinfo=None) if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
            return normal((moment - EPOCH_1904) / _DAY if date1904 else (moment - EPOCH_1900) / _DAY - 1)
    return value


def to_type(value: Value, date1904: bool, cell: str) -> str | float | bool | None:
    """What to write so that the cell contains `value`: dates as numbers (the cell keeps its format), a link as a formula, and with an
    apostrophe a text that Excel would interpret as something else.

    Raises:
        CollabError: `text_too_long`, `date_too_early`.
        TypeError: for a value that no cell can contain; this is a fault in the plan.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return float(value)  # Excel accepts no 64-bit integer through COM
    if isinstance(value, date):
        return float(serial(value, date1904, cell))
    if isinstance(value, Link):
        formula = link_formula(value)
        return to_type(value.text, date1904, cell) if formula is None else "=" + formula
    if isinstance(value, str):
        if text_length(value) > MAX_TEXT:
            raise CollabError("text_too_long", cell=cell, length=text_length(value), limit=MAX_TEXT)
        text = writable(value).replace("\r\n", "\n")
        return text if is_plain(text) else "'" + text
    raise TypeError(f"{cell}: a cell cannot hold {value!r}")


def same_in_text_format(typed: str | float | bool | None) -> bool:
    """Whether a cell formatted Text keeps this value if the apostrophe is left out: not a number, a formula or an error."""
    return typed is None or (isinstance(typed, str) and not typed.startswith(("=", "#")))


def same_in_any_format(typed: str | float | bool | None) -> bool:
    """Whether this gives the same cell in every format: a blank, or a text that needs no apostrophe."""
    return typed is None or (isinstance(typed, str) and not typed.startswith(("=", "#", "'")))


_DATE_SIGNS: Final = frozenset(
    "年月日号號时時分秒点點刻上下午晨早晚夜凌中公元民国國昭和平成令初正冬腊廿星期周〇零一二三四五六七八九十百千万萬亿億两兩元圆圓"
)
_MONTH_WORDS: Final = """jan feb mar apr may jun jul aug sep oct nov dec mai okt dez mär jän fév avr jui aoû déc ene abr ago dic
gen mag giu lug set ott"""
_YES_NO_WORDS: Final = """true false wahr falsch vrai faux verdadero falso vero verdadeiro waar onwaar sant usant sand falsk sann falskt
tosi epätosi prawda fałsz истина ложь doğru yanliş yanlış igaz hamis pravda nepravda"""
_MONTHS: Final = frozenset(_MONTH_WORDS.split())
_YES_NO: Final = frozenset(_YES_NO_WORDS.split())
_WORD: Final = re.compile(r"[^\W\d_]+")


def is_plain(text: str) -> bool:
    """Whether Excel in any language keeps a text unchanged. If in doubt, False: an apostrophe does no harm.

    Such a text begins with a letter. It either has no digit and is not a word for true or false, or has a word that occurs in no date,
    number or amount: a word with an ideograph not used in dates and numerals, or four Latin letters that do not begin a month.
    """
    if not text[:1].isalpha():
        return False
    words = _WORD.findall(text)
    if any(_ideographs(word) - _DATE_SIGNS for word in words):
        return True
    if any(_ideographs(word) for word in words):
        return False
    if any(char.isnumeric() for char in text):
        return any(len(word) >= 4 and word[:3].casefold() not in _MONTHS for word in words)
    return text.strip().casefold() not in _YES_NO


def _ideographs(word: str) -> set[str]:
    return {char for char in word if char == "\u3007" or "\u3400" <= char <= "\u9fff" or "\U00020000" <= char <= "\U0003ffff"}


def size(area: Area) -> int:
    """Cells."""
    return (area.last_row - area.first_row + 1) * (area.last_col - area.first_col + 1)


def blocks(cells: Iterable[Cell]) -> list[Area]:
    """The cells as rectangles, grouped by rows or by columns, whichever gives fewer; from top to bottom."""
    wanted = set(cells)
    by_rows = _grouped_by_rows(wanted)
    by_cols = [Area(a.first_col, a.first_row, a.last_col, a.last_row) for a in _grouped_by_rows({(c, r) for r, c in wanted})]
    return sorted(by_rows if len(by_rows) <= len(by_cols) else by_cols)


def _grouped_by_rows(cells: set[Cell]) -> list[Area]:
    """Runs of cells within a row, joined with equal runs of the rows below."""
    out: list[Area] = []
    open_runs: dict[tuple[int, int], Area] = {}
    runs: dict[int, list[tuple[int, int]]] = {}
    for row, col in sorted(cells):
        line = runs.setdefault(row, [])
        if line and line[-1][1] == col - 1:
            line[-1] = (line[-1][0], col)
        else:
            line.append((col, col))
    for row, line in runs.items():
        still: dict[tuple[int, int], Area] = {}
        for span in line:
            above = open_runs.pop(span, None)
            joins = above is not None and above.last_row == row - 1
            if above is not None and not joins:
                out.append(above)
            first = above.first_row if above is not None and joins else row
            still[span] = Area(first, span[0], row, span[1])
        out += open_runs.values()
        open_runs = still
    return [*out, *open_runs.values()]


def needs_own_call(text: object) -> bool:
    """Whether a text is too long to be written in one call with other cells."""
    return isinstance(text, str) and len(text) > _LONG // 2 and text_length(text) > _LONG
