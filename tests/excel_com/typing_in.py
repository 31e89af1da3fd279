"""What Excel makes of a value that a program puts into a cell, and what it answers when the cell is read.

Sources: docs/facts/open-excel.md; Microsoft, "Excel specifications and limits" (32,767 characters in a cell, 8,192 in a formula, 255 in a
text of a formula); Microsoft, "Range.Value property" (dates and currency), "XlCVError"; the 8,203 characters of a text in an array are
those of decision 0008.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from excel_com.calls import refuse

MAX_TEXT, MAX_ARRAY_TEXT, MAX_FORMULA, MAX_LITERAL = 32_767, 8_203, 8_192, 255
DAY_ZERO = datetime(1899, 12, 30)
ERRORS = {
    "#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042, "#GETTING_DATA": 2043,
    "#SPILL!": 2045, "#CALC!": 2050,
}  # fmt: skip


class ExcelError(str):
    """An error value of a cell, by its English name."""

    @property
    def scode(self) -> int:
        return ERRORS[self] + 0x800A0000 - 2**32


class PyTime(datetime):
    """pywintypes.datetime: a datetime with a time zone."""


class Typed(NamedTuple):
    """What a cell gets: a constant or a formula, and the number format Excel chooses for it, if it does."""

    value: Any
    formula: str | None = None
    shown: str | None = None


_NUMBER = re.compile(r"\s*[-+]?[¥￥$€£]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][-+]?\d+)?\s*(%?)\s*")
_BRACKETS = re.compile(r"\((\d+(?:\.\d+)?)\)")
_FRACTION = re.compile(r"(\d+) (\d+)/(\d+)")
_DATES = (
    re.compile(r"(?P<y>\d{4})[-/年.](?P<m>\d{1,2})[-/月.](?P<d>\d{1,2})日?"),
    re.compile(r"(?P<m>\d{1,2})[-/月](?P<d>\d{1,2})日?"),
    re.compile(r"(?P<y>\d{4})年(?P<m>\d{1,2})月"),
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH_DAY = re.compile(r"(?:(?P<d1>\d{1,2})[- ])?(?P<m>[A-Za-z]{3,9})[- ]?(?P<d2>\d{1,2})?")
_TIME = re.compile(r"(\d{1,4}):(\d{2})(?::(\d{2}))?\s*([aApP][mM])?")
_LITERAL = re.compile(r'"((?:[^"]|"")*)"')


def typed(value: Any, shown: str, *, in_array: bool = False) -> Typed:
    """A value put into a cell with the number format `shown`. Raises Excel's error for what no cell takes."""
    if value is None or value == "":
        return Typed(None)
    if isinstance(value, bool):
        return Typed("TRUE" if value else "FALSE") if shown == "@" else Typed(value)
    if isinstance(value, int) and not -(2**31) <= value < 2**31:
        refuse("a 64-bit integer")
    if isinstance(value, (int, float, Decimal)):
        return Typed(_general(float(value))) if shown == "@" else Typed(float(value))
    if isinstance(value, (date, datetime)):
        moment = datetime(value.year, value.month, value.day, getattr(value, "hour", 0), getattr(value, "minute", 0))
        return Typed((moment - DAY_ZERO) / timedelta(days=1), shown="yyyy/m/d" if shown == "General" else None)
    if not isinstance(value, str):
        refuse(f"Unable to set the Value property of the Range class ({type(value).__name__})")
    units = len(value.encode("utf-16-le")) // 2
    if units > MAX_TEXT or (in_array and units > MAX_ARRAY_TEXT):
        refuse("Application-defined or object-defined error: a text that is too long")
    return Typed(value) if shown == "@" else _as_typed(value, shown)


def _as_typed(text: str, shown: str) -> Typed:
    """A text in a cell that is not formatted Text: as if somebody typed it."""
    if text.startswith("'"):
        return Typed(text[1:] or None)
    if text.startswith("=") and len(text) > 1:
        return Typed(None, formula(text))
    if re.match(r"[-+@][^\W\d_]", text):
        return Typed(None, formula("=" + text.lstrip("@")))
    if text.strip().upper() in ("TRUE", "FALSE"):
        return Typed(text.strip().upper() == "TRUE")
    if text in ERRORS:
        return Typed(ExcelError(text))
    number, own = _number(text)
    if number is None:
        return Typed(text)
    return Typed(number, shown=own if shown == "General" else None)


def _number(text: str) -> tuple[float | None, str | None]:
    """A number, date, time or percentage as Chinese and English Excels read it, and the format the cell gets."""
    found = _NUMBER.fullmatch(text)
    if found and any(c.isdigit() for c in text):
        bare = float(re.sub(r"[^\d.eE+-]", "", text))
        return (bare / 100, "0%") if found[1] else (bare, "¥#,##0.00" if text.strip().lstrip("-+")[:1] in "¥￥$€£" else None)
    if bracket := _BRACKETS.fullmatch(text):
        return -float(bracket[1]), None
    if fraction := _FRACTION.fullmatch(text):
        return int(fraction[1]) + int(fraction[2]) / int(fraction[3]), "# ?/?"
    for pattern in _DATES:
        if day := pattern.fullmatch(text.strip()):
            return _day(day.groupdict().get("y") or 2026, day["m"], day.groupdict().get("d") or 1)
    if (named := _MONTH_DAY.fullmatch(text.strip())) and named["m"][:3].lower() in _MONTHS and (named["d1"] or named["d2"]):
        return _day(2026, _MONTHS.index(named["m"][:3].lower()) + 1, named["d1"] or named["d2"])
    if clock := _TIME.fullmatch(text.strip()):
        hours = int(clock[1]) % 12 + 12 * (clock[4].lower() == "pm") if clock[4] else int(clock[1])
        return hours / 24 + int(clock[2]) / 1440 + int(clock[3] or 0) / 86400, "h:mm"
    return None, None


def _day(year: object, month: str | int, day: object) -> tuple[float | None, str | None]:
    try:
        return float((datetime(int(str(year)), int(month), int(str(day))) - DAY_ZERO).days), "yyyy/m/d"
    except ValueError:
        return None, None


def formula(text: str) -> str:
    """A formula that Excel takes. Raises its error for one that is too long or breaks off."""
    if len(text) > MAX_FORMULA:
        refuse("a formula of more than 8,192 characters")
    literals = _LITERAL.findall(text)
    if any(len(one.replace('""', '"')) > MAX_LITERAL for one in literals):
        refuse("Text values in formulas are limited to 255 characters")
    rest = _LITERAL.sub("0", text)
    if '"' in rest or rest.count("(") != rest.count(")") or len(rest) < 2:
        refuse("There's a problem with this formula")
    return text


_TEXT = r'("(?:[^"]|"")*"(?:&"(?:[^"]|"")*")*)'
_LINK = re.compile(rf"=HYPERLINK\({_TEXT}(?:,{_TEXT})?\)", re.IGNORECASE)


def calculated(text: str) -> Any:
    """The value of a formula: of a link its text; any other is 0 here."""
    link = _LINK.fullmatch(text)
    if link is None:
        return 0.0
    shown = link[1] if link[2] is None else link[2]
    return "".join(part.replace('""', '"') for part in _LITERAL.findall(shown))


_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\[(?!h|m|s)[^\]]*\]', re.IGNORECASE)


SINCE_1904 = 1462
"""Days between the two date systems (Microsoft, Date systems in Excel)."""
TIMES = {"are dates": False}
"""Excel gives a time without a day as a number ([xlwings 2105](https://github.com/xlwings/xlwings/issues/2105)); of `[h]:mm` nobody says.
Tests try both."""


def answered(value: Any, shown: str, *, exact: bool = False, date1904: bool = False) -> Any:
    """`Range.Value` of one cell, with `exact` `Value2`: numbers are floats, errors integers."""
    if isinstance(value, ExcelError):
        return value.scode
    if isinstance(value, (bool, str)) or value is None:
        return value
    if not exact and shown != "General":
        if any(sign in shown for sign in "¥￥$€£"):
            return Decimal(str(round(value, 4)))
        code = _NOT_CODE.sub("", shown.split(";")[0]).lower()
        of_day = re.sub(r"\[[^\]]*\]", "", code)
        is_date = "y" in of_day or "d" in of_day or ("m" in of_day and not re.search(r"[hs]|\[", code))
        is_time = any(sign in code for sign in "hms") and TIMES["are dates"]
        if code != "@" and (is_date or is_time) and 0 <= value < 2_958_466 - SINCE_1904 * date1904:
            moment = DAY_ZERO + timedelta(days=value + SINCE_1904 * date1904)
            moment += timedelta(microseconds=500)
            return PyTime(*moment.timetuple()[:6], moment.microsecond // 1000 * 1000, tzinfo=UTC)
    return float(value)


def as_formula(value: Any, text: str | None) -> str:
    """`Range.Formula` of one cell: the formula, else the constant as a text."""
    if text is not None:
        return text
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value if isinstance(value, str) else _general(value)


def _general(number: float) -> str:
    return f"{number:.15g}"
