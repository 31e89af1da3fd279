"""Amounts as people write them: 5, 1,200.5, 5人, 20万, 约3台. Pure. A text that is not one number is unreadable and never becomes 0."""

from __future__ import annotations

import math
import re
from datetime import date

from collab_xl.model.regex import regex
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.remarks import ParsedValue, Remark
from collab_xl.read.text import plain, shown

_TIMES = {"百": 100, "千": 1000, "万": 10_000, "百万": 10**6, "千万": 10**7, "亿": 10**8, "k": 1000}
_ABOUT = r"(?P<about>约|大约|大概|近|~|≈|about|approx\.?)?\s*"
_SIGN = r"(?:[¥￥$€£]|rmb|cny|usd|eur|人民币)?\s*"
_DIGITS = r"(?P<digits>[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-+]?\.\d+)"
_SCALE = r"\s*(?P<scale>百万|千万|[百千万亿]|k(?![a-z]))?\s*"
_UNIT = r"(?P<unit>[^\W\d_]{0,12}?(?:/[^\W\d_]{1,6})?[²³]?)"
_AMOUNT = regex(_ABOUT + _SIGN + _DIGITS + _SCALE + _UNIT + r"(?P<around>左右)?[。.]?", re.I)
_BROKEN = regex("[一二三四五六七八九十百千万亿两零半多余几到至或和与]")
"""Characters that, in a unit, belong to the number (3万5千, 5多人) or to a range: such a text is unreadable."""


def amount(raw: Value, percent_format: bool = False) -> Value | ParsedValue:
    """The number of a cell. Its unit is left out with a remark (V243); an approximate number is read with a remark (V236)."""
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return raw if math.isfinite(raw) else _no(raw)
    if isinstance(raw, (bool, date)) or not isinstance(raw, str):
        return _no(raw)
    found = _AMOUNT.fullmatch(plain(raw))
    if found is None or _BROKEN.search(found["unit"]):
        return _no(raw)
    number = float(found["digits"].replace(",", "")) * _TIMES.get((found["scale"] or "").lower(), 1)
    if not math.isfinite(number):
        return _no(raw)
    value: int | float = int(number) if number.is_integer() and abs(number) < 1e15 else float(f"{number:.15g}")
    remarks: tuple[Remark, ...] = ()
    if found["about"] or found["around"]:
        remarks = (Remark("V236", {"read": f"{value:.15g}"}),)
    if found["unit"]:
        remarks = (*remarks, Remark("V243", {"rest": found["unit"]}))
    return ParsedValue(value, remarks) if remarks else value


def _no(raw: Value) -> ParsedValue:
    return ParsedValue(Unreadable(shown(raw)), (Remark("V218"),))
