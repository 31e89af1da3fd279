"""Progress as people write it: 80%, 0.8, 80, 完成80%, 八成, 一半. Pure. A text becomes 0 only if it contains 0."""

from __future__ import annotations

import re
from collections.abc import Iterable

from collab_xl.model.regex import regex
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.remarks import ParsedValue, Remark
from collab_xl.read.text import plain, shown

_BEFORE = (
    r"(?:已|约|大约|大概|目前|整体|总体|当前)*(?:完成(?:度|率|比例|百分比)?|进度|进展|done|complete[d]?|progress)?"
    r"(?:为|到|至|了|约)*\s*[:：]?\s*(约|大约)?"
)
_AFTER = r"\s*(?:左右)?(?:已?完成|done|complete[d]?)?(?:左右)?"
_PERCENT = regex(rf"{_BEFORE}([-+]?\d+(?:\.\d+)?)\s*(?:%|percent|pct)[。.]?{_AFTER}$", re.I)
_NUMBER = regex(r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)$")
_SPOKEN = regex(r"百分之(.+)$")
_TENTHS = regex(rf"{_BEFORE}(\d|[一二两三四五六七八九])成(半|\d|[一二三四五六七八九])?{_AFTER}$")
_PART = regex(rf"{_BEFORE}(十|\d{{1,2}}|[一二三四五六七八九])分之(十|\d{{1,2}}|[一二两三四五六七八九]){_AFTER}$")
_WHOLE = regex(r"(?:完成|已完成|进度)?(?:百分百|十成|10成)$")
_HALF = regex(r"(?:完成|已完成|进度|完成了)?(?:一半|1/2|50成|half)$", re.I)
_NOTED = regex(r"\s*\([^()]*\)$")
_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九十")} | {"两": 2}


def shows_fractions(numbers: Iterable[Value]) -> bool:
    """Whether a column clearly contains fractions (0.3, 0.75), so that 1 means 100 %."""
    plain_numbers = [v for v in map(_as_number, numbers) if v is not None]
    return any(0 < v < 1 for v in plain_numbers) and not any(v > 1 for v in plain_numbers)


def _as_number(value: Value) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    if isinstance(value, str) and _NUMBER.match(text := plain(value)):
        return float(text)
    return None


def percent_number(number: int | float, percent_format: bool, fractions: bool, raw: Value) -> Value | ParsedValue:
    """A bare number. In a cell formatted as percent it is the fraction it shows."""
    if 0 <= number < 1:
        return _tidy(number)
    if number == 1 and (percent_format or fractions):
        return 1
    if 1 <= number < 2 and not percent_format:
        return _no(raw, "V208", one=f"{number:g}%", other=f"{number * 100:g}%")
    if percent_format and not (number >= 2 and number == int(number)):
        return _no(raw, "V207")
    if 1 < number <= 100:
        # 80 in a percent cell shows 8000 %: some programs write 80 for 80 % and keep the number format
        value = _tidy(number / 100)
        return ParsedValue(value, (Remark("V236", {"read": f"{number:g}%"}),)) if percent_format else value
    return _no(raw, "V207")


def percent_text(raw: str, fractions: bool) -> Value | ParsedValue | None:
    """A text that means a percentage; None if it does not."""
    text = plain(raw).replace("﹪", "%")
    bare = _NOTED.sub("", text)
    found = _PERCENT.match(bare)
    if found:
        return _share(float(found[2]) / 100, raw, about=bare != text or bool(found[1]) or "左右" in text or "约" in text)
    if _NUMBER.match(text):
        number = float(text)
        return percent_number(int(number) if number.is_integer() else number, False, fractions, raw)
    if (found := _SPOKEN.match(text)) and (spoken := _spoken(found[1])) is not None:
        return _share(spoken / 100, raw, about=False)
    if found := _TENTHS.match(text):
        tens, ones = _digit(found[2]), 5 if found[3] == "半" else _digit(found[3] or "0")
        return _share((tens * 10 + ones) / 100, raw, about=True)
    if (found := _PART.match(text)) and 0 < _digit(found[3]) <= _digit(found[2]):
        return _share(round(_digit(found[3]) / _digit(found[2]), 4), raw, about=True)
    if _WHOLE.match(text):
        return 1
    if _HALF.match(text):
        return _share(0.5, raw, about=True)
    return None


def _share(value: float, raw: Value, about: bool) -> ParsedValue | Value:
    if not 0 <= value <= 1:
        return _no(raw, "V207")
    value = _tidy(value)
    return ParsedValue(value, (Remark("V236", {"read": f"{value * 100:g}%"}),)) if about else value


def _tidy(value: int | float) -> int | float:
    value = float(f"{value:.15g}")  # removes errors such as 0.07 * 100; Excel keeps 15 digits; a number other than 0 does not become 0
    return int(value) if value == int(value) else value


def _no(raw: Value, code: str, **facts: object) -> ParsedValue:
    return ParsedValue(Unreadable(shown(raw)), (Remark(code, facts),))


def _digit(text: str) -> int:
    return int(text) if text.isdigit() else _DIGIT[text]


def _spoken(text: str) -> float | None:
    """八十五 → 85, 一百 → 100, 80 → 80."""
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if text in ("百", "一百"):
        return 100
    if text == "零":
        return 0
    found = re.fullmatch(r"([一二三四五六七八九])?(十)?([一二三四五六七八九])?", text)
    if not found or not text:
        return None
    tens = (_DIGIT[found[1]] if found[1] else 1) * 10 if found[2] else 0
    ones = _DIGIT[found[3]] if found[3] else 0
    if not found[2]:
        return _DIGIT[text] if len(text) == 1 else None
    return tens + ones
