"""One date or period written by a person, as text or number. Pure: what year a yearless one belongs to is settled in `clues`.

Read: 2024-07-01 2024.7.1 2024/7/1 2024年7月1日 二〇二四年七月一日 20240701 7.1 7月1日 7/1 3月20日前 9月底前 2024Q3末 年底 1 Jul 2024 Jul 1
24.7.1 45474, each also with a time or a weekday; periods `a-b`, `a~b`, `a至b` whose second part may be short.
Not read, with the reason as code: two readings (V204), vague or relative (V206), everything else (V203).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

from collab_xl.parse.days import Bad, Found, Period, bad
from collab_xl.parse.remarks import Remark
from collab_xl.parse.text import plain

_EPOCH = datetime(1899, 12, 30)  # day 0 of Excel's serials after its 29 Feb 1900, which never was
_SERIALS = (36_526, 73_051)  # 2000-01-01 up to 2099-12-31: smaller numbers in a date column are something else
_FULL = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*[日号]?$")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)$")
_SHORT = re.compile(r"(\d{1,2})\s*(?:月|[-./])\s*(\d{1,2})\s*[日号]?$")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{4})$")
_TWO_DIGIT = re.compile(r"(\d{1,2})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*[日号]?$")
_MONTH_END = re.compile(r"(?:(\d{4})\s*[年./-]\s*)?(\d{1,2})\s*月份?\s*[底末]$")
_QUARTER_END = re.compile(r"(?:(\d{4})\s*年?\s*)?(?:Q([1-4])|第?([一二三四1-4])季度)\s*[底末]$", re.I)
_YEAR_END = re.compile(r"(?:(\d{4})\s*)?年[底末]$")
_MONTH = re.compile(r"(?:(\d{4})\s*[年./-]\s*)?(\d{1,2})\s*月份?$|(\d{4})[./-](\d{1,2})$")
_QUARTER = re.compile(r"(?:(\d{4})\s*年?\s*)?(?:Q([1-4])|第?([一二三四1-4])季度)$", re.I)
_TIME = re.compile(
    r"(?:^|[\sT日号)])\s*(上午|早上|下午|晚上|中午)?\s*(\d{1,2})\s*[:时点]\s*(\d{1,2})?\s*分?(?:[:]?\s*(\d{1,2})(?:\.\d+)?\s*秒?)?\s*([AaPp][Mm])?Z?$"
)
_WEEKDAY = re.compile(
    r"\s*\(?(?:星期|周|礼拜)[一二三四五六日天]\)?|\s*\((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\)|^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+",
    re.I,
)
_HALF_DAY = re.compile(r"(?<=[日号\d])\s*(?:上午|下午|早上|晚上|中午|全天)$")
_BY = re.compile(r"(?:之前|以前|前|截止|为止|止)$|^(?:截止到?|截至|不晚于|最晚|最迟|by|no later than)\s*", re.I)
_MEANT = re.compile(r"^(?:预计|预期|计划|拟于?|暂定|于)\s*")
_VAGUE = re.compile(
    r"[今昨明前后]天|[本上下这]个?[周月年]|[今明去]年|周[一二三四五六日天]|星期|第.{1,6}[周天月]|[初中]$|[上中下]旬|季度|Q[1-4]|近期|尽快|立即|随时|长期|持续|"
    r"左右|大概|约|\d+\s*[天周日]内|[个几数]|月份?$|^\d{4}年?$|week|today|yesterday|tomorrow|asap|soon|ongoing|next|last",
    re.I,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY_NAME = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s./-]*{_NAME}(?:[\s,./-]+(\d{{4}}|\d{{2}}))?$", re.I)
_NAME_DAY = re.compile(rf"{_NAME}[\s./-]*(\d{{1,2}})(?:st|nd|rd|th)?(?:[\s,./-]+(\d{{4}}))?$", re.I)
_NAME_YEAR = re.compile(rf"{_NAME}[\s,./-]+(\d{{4}})$", re.I)
_NUMERAL = re.compile(r"[〇零○一二三四五六七八九十]+(?=\s*[年月日号])")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0}
_STRONG = re.compile(r"\s*(?:~|〜|—+|–|−|--+|→|->|=>|至|到|\bto\b|\buntil\b)\s*")


def _numeral(found: re.Match[str]) -> str:
    text = found[0]
    if "十" not in text:
        return "".join(str(_DIGITS[c]) for c in text)
    tens, _, ones = text.partition("十")
    return str((_DIGITS.get(tens, 1) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0))


def tidy(text: str) -> str:
    """Half-width, single blanks, Chinese numerals before 年月日 as digits, 。 between digits as a point."""
    text = re.sub(r"(?<=\d)[。·](?=\d)", ".", plain(text))
    return _NUMERAL.sub(_numeral, text).strip(" ,;。，；")


def one_day(text: str, day_first: bool | None, month_first_short: bool) -> Found | Bad | None:
    """A single day in tidy text; None when it has no shape of a date.

    Args:
        day_first: how the file writes `7/11/2024`, None when nothing decides.
        month_first_short: `7/8` is month/day (Chinese usage); False: only where it has one reading.
    """
    remarks: tuple[Remark, ...] = ()
    body = _WEEKDAY.sub("", text) if any(c.isdigit() for c in text) else text
    parts = _split_time(body)
    if parts is None:
        return bad("V203")
    body, clock = parts
    body = _MEANT.sub("", _HALF_DAY.sub("", body))
    deadline = _BY.sub("", body).strip()
    if deadline != body:
        remarks = (Remark("V235", {"how": "deadline"}),)
    found = _bare(deadline, day_first, month_first_short)
    if isinstance(found, Found):
        said = any(r.code == "V235" for r in found.remarks)
        return replace(found, clock=clock, remarks=found.remarks if said else found.remarks + remarks)
    return found


def _split_time(text: str) -> tuple[str, time | None] | None:
    """The text without its time of day, and the time; None when the time is impossible."""
    found = _TIME.search(text)
    if not found:
        return text.strip(), None
    part, hour, minute, second = found[1] or "", int(found[2]), int(found[3] or 0), int(found[4] or 0)
    half = (found[5] or "").lower()
    if (part in ("下午", "晚上") or half == "pm") and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    keep = text[: found.start()] + (text[found.start()] if text[found.start()] in "日号)" else "")
    try:
        return keep.strip(), time(hour, minute, second)
    except ValueError:
        return None


def _bare(text: str, day_first: bool | None, month_first_short: bool) -> Found | Bad | None:
    if m := _FULL.match(text) or _COMPACT.match(text):
        return _real(int(m[1]), int(m[2]), int(m[3]))
    if m := _YEAR_LAST.match(text):
        return _ordered(int(m[1]), int(m[2]), int(m[3]), day_first)
    if m := _TWO_DIGIT.match(text):
        return _two_digit(m[1], m[2], m[3], day_first)
    if m := _SHORT.match(text):
        return _short(int(m[1]), int(m[2]), day_first, month_first_short or "月" in text or "." in text)
    ending = Remark("V235", {"how": "end"})
    if m := _MONTH_END.match(text):
        month = int(m[2])
        return Found(int(m[1]) if m[1] else None, month, 0, remarks=(ending,)) if 1 <= month <= 12 else bad("V203")
    if m := _QUARTER_END.match(text):
        return Found(int(m[1]) if m[1] else None, 3 * _quarter(m[2] or m[3]), 0, remarks=(ending,))
    if m := _YEAR_END.match(text):
        return Found(int(m[1]) if m[1] else None, 12, 31, remarks=(ending,))
    if m := _DAY_NAME.match(text):
        year = int(m[3]) + (2000 if len(m[3]) == 2 else 0) if m[3] else None
        note = (Remark("V239"),) if m[3] and len(m[3]) == 2 else ()
        return _real(year, _month(m[2]), int(m[1]), note)
    if m := _NAME_DAY.match(text):
        return _real(int(m[3]) if m[3] else None, _month(m[1]), int(m[2]))
    if _NAME_YEAR.match(text) or _MONTH.match(text) or _QUARTER.match(text) or _VAGUE.search(text):
        return bad("V206")
    return None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _quarter(text: str) -> int:
    return int(text) if text.isdigit() else "一二三四".index(text) + 1


def _real(year: int | None, month: int, day: int, remarks: tuple[Remark, ...] = ()) -> Found | Bad:
    found = Found(year, month, day, remarks=remarks)
    if day == 0 or found.value(year if year is not None else 2024) is None:  # 2024: a leap year lets 29 Feb through
        return bad("V203")
    return found


def _ordered(a: int, b: int, year: int, day_first: bool | None) -> Found | Bad:
    """`a/b/year`, decided by the numbers themselves, else by the file, else asked."""
    readings = {(m, d) for m, d in ((a, b), (b, a)) if Found(year, m, d).value(year) and d}
    if not readings:
        return bad("V203")
    if len(readings) == 1:
        return Found(year, *readings.pop())
    if day_first is None:
        return bad("V204", one=f"{year}-{a:02}-{b:02}", other=f"{year}-{b:02}-{a:02}", why="order")
    return Found(year, b, a) if day_first else Found(year, a, b)


def _short(a: int, b: int, day_first: bool | None, month_first: bool) -> Found | Bad:
    if month_first:
        return _real(None, a, b)
    readings = {(m, d) for m, d in ((a, b), (b, a)) if d and Found(None, m, d).value(2024)}
    if len(readings) == 1:
        return Found(None, *readings.pop())
    if not readings:
        return bad("V203")
    if day_first is None:
        return bad("V204", one=f"{a:02}-{b:02}", other=f"{b:02}-{a:02}", why="order")
    return Found(None, b, a) if day_first else Found(None, a, b)


def _two_digit(a: str, b: str, c: str, day_first: bool | None) -> Found | Bad | None:
    """`24.7.1`: a year has two digits. None when no reading is a date (`3.1.2` is a chapter)."""
    readings: set[tuple[int, int, int]] = set()
    if len(a) == 2:
        readings.add((2000 + int(a), int(b), int(c)))
    if len(c) == 2 and day_first is not False:
        readings.add((2000 + int(c), int(b), int(a)))
    if len(c) == 2 and day_first is not True:
        readings.add((2000 + int(c), int(a), int(b)))
    real = sorted(r for r in readings if 2015 <= r[0] <= 2049 and r[2] and Found(*r).value(r[0]))
    if not real:
        return None
    if len(real) > 1:
        one, other = (f"{y}-{m:02}-{d:02}" for y, m, d in (real[0], real[-1]))
        return bad("V204", one=one, other=other, why="two_digit")
    return Found(*real[0], remarks=(Remark("V239"),))


def period(text: str, day_first: bool | None, month_first_short: bool) -> Period | Found | Bad | None:
    """A period `a-b` in tidy text; a single day, a whole month or quarter too. None when it has no such shape."""
    single = one_day(text, day_first, month_first_short)
    if isinstance(single, Found):
        return single
    whole = (Remark("V235", {"how": "whole"}),)
    if (m := _MONTH.match(text)) and 1 <= int(m[2] or m[4]) <= 12:
        year, month = (m[1] or m[3]), int(m[2] or m[4])
        return Period(Found(int(year) if year else None, month, 1), Found(int(year) if year else None, month, 0), whole)
    if m := _QUARTER.match(text):
        y, q = (int(m[1]) if m[1] else None), _quarter(m[2] or m[3])
        return Period(Found(y, 3 * q - 2, 1), Found(y, 3 * q, 0), whole)
    trouble: Bad | None = single
    for left, right in _splits(text):
        first = one_day(left, day_first, month_first_short)
        if first is None and (m := re.match(r"(\d{1,2})\s*月\s*(\d{1,2})$|(\d{4}年\d{1,2}月\d{1,2})$", left)):
            first = one_day(left + "日", day_first, month_first_short)
        if not isinstance(first, Found) or any(r.code == "V239" for r in first.remarks):
            continue
        last = one_day(right, day_first, month_first_short)
        if last is None and (m := re.match(r"(\d{1,2})\s*[日号]?(?:前|止)?$", right)):
            last = _real(first.year, first.month, int(m[1]))
        if isinstance(last, Found):
            return Period(first, last)
        trouble = last or trouble
    return trouble


def _splits(text: str) -> Iterator[tuple[str, str]]:
    strong = _STRONG.split(text)
    if len(strong) == 2 and all(strong):
        yield strong[0].strip(), strong[1].strip()
        return
    for i, char in enumerate(text):
        if char == "-" and 0 < i < len(text) - 1:
            yield text[:i].strip(), text[i + 1 :].strip()


def of_number(number: int | float) -> Found | Bad:
    """A number in a date column: a serial shown as General, 20240701, or month.day typed as a number."""
    if isinstance(number, int) and (m := _COMPACT.match(str(number))):
        found = _real(int(m[1]), int(m[2]), int(m[3]))
        return replace(found, remarks=(Remark("V234", {"how": "digits"}),)) if isinstance(found, Found) else found
    if _SERIALS[0] <= number < _SERIALS[1]:
        moment = _EPOCH + timedelta(seconds=round(number * 86_400))
        clock = moment.time() if moment.time() != time() else None
        return Found(moment.year, moment.month, moment.day, clock, (Remark("V234", {"how": "serial"}),))
    if isinstance(number, float) and 1 <= number < 13:
        month, _, digits = f"{number:.10g}".partition(".")
        if len(digits) not in (1, 2):
            return bad("V203")
        day, ten = int(digits), int(digits) * 10
        if len(digits) == 1 and Found(None, int(month), ten).value(2024):
            # Excel drops the last zero: 7.1 was typed as 7.1 or as 7.10
            return bad("V204", one=f"{int(month):02}-{day:02}", other=f"{int(month):02}-{ten:02}", why="zero")
        found = _real(None, int(month), day)
        return replace(found, remarks=(Remark("V234", {"how": "month_day"}),)) if isinstance(found, Found) else found
    return bad("V203")
