"""One date written by a person, as text or number. Pure. `clues` decides the year of a yearless date.

Read: 2024-07-01 2024.7.1 2024/7/1 2024年7月1日 二〇二四年七月一日 20240701 7.1 7月1日 7/1 3月20日前 9月底前 2024Q3末 年底 1 Jul 2024 Jul 1
24.7.1 45474 end of July, each also with a time, a weekday or a remark. Periods: `periods`.
Unreadable, with the reason as code: two readings (V204), vague or relative (V206), a length of time (V217), everything else (V203).
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from collab_xl.model.record import replace
from collab_xl.model.regex import regex
from collab_xl.read.days import Bad, Found, bad
from collab_xl.read.remarks import Remark
from collab_xl.read.text import plain
from collab_xl.read.vague import LENGTH, VAGUE

_EPOCH = datetime(1899, 12, 30)  # day 0 of Excel's serial numbers after its 29 Feb 1900, a day that did not exist
_EPOCH_1904 = datetime(1904, 1, 1)
_FIRST, _LAST = datetime(2000, 1, 1), datetime(2100, 1, 1)  # smaller numbers in a date column are no serial numbers
EARLIEST_SERIAL = 30_000
_FULL = regex(r"(\d{4})\s*([-./年])\s*(\d{1,2})\s*([-./月])\s*(\d{1,2})\s*[日号]?\.?$")
_APART = regex(r"(\d{4})\s*([,、_ –—−‐‑])\s*(\d{1,2})\s*\2\s*(\d{1,2})$")
_COMPACT = regex(r"((?:19|20)\d\d)(\d\d)(\d\d)$")
_SHORT = regex(r"(\d{1,2})\s*(月|[-./])\s*(\d{1,2})\s*[日号]?$")
_YEAR_LAST = regex(r"(\d{1,2})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{4})$")
_TWO_DIGIT = regex(r"(\d{1,2})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*[日号]?$")
_MONTH_END = regex(r"(?:(\d{4})\s*[年./-]\s*)?(\d{1,2})\s*月份?\s*[底末]$|(\d{4})[./-](\d{1,2})\s*[底末]$")
_QUARTER_END = regex(r"(?:(\d{4})\s*年?\s*)?(?:Q([1-4])|第?([一二三四1-4])季度)\s*[底末]$", re.I)
_YEAR_END = regex(r"(?:(\d{4})\s*)?年[底末]$")
_TIME = regex(
    r"(?:^|[\sT日号)])\s*(凌晨|上午|早上|中午|下午|傍晚|晚上|夜里)?\s*(\d{1,2})\s*"
    r"(?:(?:[:时点]|h(?=\d))\s*(\d{1,2}|半)?\s*分?(?::?\s*(\d{1,2})(?:\.\d+)?\s*秒?)?\s*([AaPp][Mm])?|([AaPp][Mm]))\s*Z?$"
)
_ZONE = regex(
    r"(?P<t>T)?\d{1,2}:\d\d(?P<seconds>:\d\d(?:[.,]\d+)?)?"
    r"(?P<zone>\s*(?P<utc>Z|UTC|GMT)?\s*(?:(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?)?(?:\s*\([^()]*(?:时间|Time)\))?)$",
    re.I,
)
"""A clock with Z, UTC, +08:00 or GMT+0800 (China Standard Time) behind it."""
_BASIC = regex(r"^(\d{8})T(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})?$", re.I)
_DAY_ZONE = regex(r"^(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)$", re.I)
"""A day of XML: it names a day, not a moment."""
_DAY_END = regex(r"(?:[\sT]|(?<=[日号]))24\s*(?:[:时点](?:\s*00分?(?::?\s*00(?:\.0+)?\s*秒?)?)?|h)$")
_WEEKDAY = regex(
    r"\s*\(?(?:星期|周|礼拜)([一二三四五六日天])\)?|\s*\((Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\)|^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+",
    re.I,
)
_HALF_DAY = regex(r"(?<=[日号\d])\s*(?:上午|下午|早上|晚上|中午|全天)$")
_DOING = r"(?:完成|提交|上报|报送|交付|交|上线|发布|结束|办结|验收|到位|提供)"
_BY = regex(
    rf"(?:之前|以前|前|截止|为止|止)(?:{_DOING})?$"
    r"|^(?:截止到?|截至|不晚于|不迟于|最晚|最迟|至|到|(?:due\s+)?by|due(?:\s+on)?|before|no later than|not later than|until|till)[:\s]*",
    re.I,
)
_MEANT = regex(r"^(?:预计|预期|计划|拟于?|暂定|初定|定于|于)\s*")
_BESIDE = regex(rf"\s*\(([^()\d?]+)\)$|\s*(暂定|初定|已确认|待确认|est\.?)$|(?<=[日号\d底末])\s*({_DOING})$", re.I)
_TAKEN_BACK = regex(r"取消|作废|[延改原旧]|推迟|不|无|cancel|void|old|was|moved|delay", re.I)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAME = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\.?"
)
_DAY_NAME = regex(rf"(\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s./-]*{NAME}(?:[\s,./-]*(\d{{4}})|[\s,./'-]+(\d{{2}}))?$", re.I)
_NAME_DAY = regex(rf"{NAME}([\s./'-]*)(\d{{1,2}})(?:st|nd|rd|th)?(?:[\s,./-]+(\d{{4}}))?$", re.I)
_END_OF = regex(rf"(?:the\s+)?end(?:\s+of|\s*-)?\s+(?:{NAME}|q([1-4])|(?:the\s+)?(year))(?:[\s,]+(?:of\s+)?(\d{{4}}))?$", re.I)
_NUMERAL = regex(r"[〇零○一二三四五六七八九十]+(?=\s*[年月日号])")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0}


def _numeral(found: re.Match[str]) -> str:
    text = found[0]
    if "十" not in text:
        return "".join(str(_DIGITS[c]) for c in text)
    tens, _, ones = text.partition("十")
    return str((_DIGITS.get(tens, 1) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0))


def tidy(text: str) -> str:
    """Half-width, single blanks, Chinese numerals before 年月日 as digits, 。 between digits as a point."""
    text = re.sub(r"(?<=\d)[。·](?=\d)", ".", plain(text))
    return _NUMERAL.sub(_numeral, text).removeprefix("'").strip(" ,;。，；")


def one_day(text: str, day_first: bool | None, month_first_short: bool) -> Found | Bad | None:
    """A single day in a text with normal spacing; None if it does not have the form of a date.

    Args:
        day_first: how the file writes `7/11/2024`; None if that is unknown.
        month_first_short: if the order is unknown, `7/8` is month/day (Chinese usage); False: it is read only if it has one reading.
    """
    text, zone = _split_zone(text)
    named = _WEEKDAY.search(text) if any(c.isdigit() for c in text) else None
    body = text[: named.start()] + text[named.end() :] if named else text
    beside = ""
    if (note := _BESIDE.search(body)) and not _TAKEN_BACK.search(said := note[1] or note[2] or note[3]):
        body, beside = body[: note.start()], said
    ends = _DAY_END.search(body)
    parts = (body[: ends.start()].strip(), None) if ends else _split_time(body)
    if parts is None:
        return bad("V203")
    body, clock = parts
    body = _MEANT.sub("", _HALF_DAY.sub("", body))
    deadline = _BY.sub("", body).strip()
    found = _bare(deadline, day_first, month_first_short)
    if not isinstance(found, Found):
        return found
    remarks = found.remarks
    if deadline != body and all(r.code != "V235" for r in remarks):
        remarks = (*remarks, Remark("V235", {"how": "deadline"}))
    if beside:
        remarks = (*remarks, Remark("V243", {"rest": beside.strip()}))
    if named and (wrong := _other_weekday(found, named)):
        remarks = (*remarks, Remark("V244", {"rest": named[0].strip(" ()"), "how": f"weekday_{wrong}"}))
    if ends:
        remarks = (*remarks, Remark("V235", {"how": "day_end"}))
    return replace(found, clock=clock, remarks=remarks, zone=zone if clock else None, ends=bool(ends))


def _other_weekday(found: Found, named: re.Match[str]) -> int:
    """The real weekday of the date, 1 to 7, if the cell names another one; else 0, also without a year."""
    day = found.value(found.year) if found.year else None
    if day is None:
        return 0
    chinese, english = named[1], (named[2] or named[3] or "").lower()
    said = "一二三四五六日".index(chinese.replace("天", "日")) if chinese else "montuewedthufrisatsun".index(english) // 3
    return 0 if day.weekday() == said else day.weekday() + 1


def _split_zone(text: str) -> tuple[str, timedelta | None]:
    """The text without its time zone, and the zone's distance from UTC; None if none is written."""
    text = _BASIC.sub(lambda m: f"{m[1]} {m[2]}:{m[3]}:{m[4] or '00'}{m[5] or ''}", text)
    text = _DAY_ZONE.sub(r"\1", text)
    found = _ZONE.search(text)
    if not found or not (found["utc"] or found["sign"]):
        return text, None
    sign, hours, minutes = found["sign"], int(found["hours"] or 0), int(found["minutes"] or 0)
    if hours > 14 or minutes > 59 or (sign == "-" and not (found["utc"] or found["t"] or found["seconds"])):
        return text, None  # 14:00-15:00 is a range
    away = timedelta(hours=hours, minutes=minutes)
    return text[: found.start("zone")].rstrip(), -away if sign == "-" else away


def _split_time(text: str) -> tuple[str, time | None] | None:
    """The text without its time of day, and the time; None if the time is impossible."""
    found = _TIME.search(text)
    if not found:
        return text.strip(), None
    part, hour, half = found[1] or "", int(found[2]), (found[5] or found[6] or "").lower()
    minute, second = 30 if found[3] == "半" else int(found[3] or 0), int(found[4] or 0)
    night = part in ("晚上", "夜里")
    if (night and hour in (0, 12)) or (hour > 12 and (part in ("凌晨", "上午", "早上") or half == "am")):
        return None  # 晚上12点 has two meanings: the end or the beginning of the day
    if (part in ("下午", "傍晚") or night or half == "pm" or (part == "中午" and hour < 10)) and hour < 12:
        hour += 12
    elif (half == "am" or part == "凌晨") and hour == 12:
        hour = 0
    keep = text[: found.start()] + (text[found.start()] if text[found.start()] in "日号)" else "")
    try:
        return keep.strip(), time(hour, minute, second)
    except ValueError:
        return None


def _bare(text: str, day_first: bool | None, month_first_short: bool) -> Found | Bad | None:
    if m := _FULL.match(text):
        return _mixed(m) or _real(int(m[1]), int(m[3]), int(m[5]))
    if m := _COMPACT.match(text):
        return _real(int(m[1]), int(m[2]), int(m[3]))
    if m := _APART.match(text):
        return _real(int(m[1]), int(m[3]), int(m[4]))
    if m := _YEAR_LAST.match(text):
        return _ordered(int(m[1]), int(m[2]), int(m[3]), day_first)
    if m := _TWO_DIGIT.match(text):
        return _two_digit(m[1], m[2], m[3], day_first)
    if m := _SHORT.match(text):
        return _short(int(m[1]), int(m[3]), m[2], day_first, month_first_short)
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text):
        return of_number(float(text))
    if found := _ending(text):
        return found
    if m := _DAY_NAME.match(text):
        year = int(m[3]) if m[3] else 2000 + int(m[4]) if m[4] else None
        return _real(year, _month(m[2]), int(m[1]), (Remark("V239"),) if m[4] else ())
    if m := _NAME_DAY.match(text):
        return _named_first(m)
    return bad("V217") if LENGTH.match(text) else bad("V206") if VAGUE.search(text) else None


def _mixed(m: re.Match[str]) -> Bad | None:
    """`2024.7-9` may be a day or three months: it has two kinds of separator, and the second number could be a later month."""
    month, last = int(m[3]), int(m[5])
    if m[2] == m[4] or m[2] == "年" or m[4] == "月" or not month < last <= 12:
        return None
    return bad("V204", one=f"{m[1]}-{month:02}-{last:02}", other=f"{m[1]}-{month:02} ~ {m[1]}-{last:02}", why="mixed")


def _ending(text: str) -> Found | Bad | None:
    """The last day of a month, quarter or year."""
    ending = (Remark("V235", {"how": "end"}),)
    if m := _MONTH_END.match(text):
        year, month = m[1] or m[3], int(m[2] or m[4])
        return Found(int(year) if year else None, month, 0, remarks=ending) if 1 <= month <= 12 else bad("V203")
    if m := _QUARTER_END.match(text):
        return Found(int(m[1]) if m[1] else None, 3 * quarter(m[2] or m[3]), 0, remarks=ending)
    if m := _YEAR_END.match(text):
        return Found(int(m[1]) if m[1] else None, 12, 31, remarks=ending)
    if m := _END_OF.match(text):
        month = _month(m[1]) if m[1] else 3 * int(m[2]) if m[2] else 12
        return Found(int(m[4]) if m[4] else None, month, 0, remarks=ending)
    return None


def _named_first(m: re.Match[str]) -> Found | Bad:
    """`Jul 24`. `Jul-24` may be a day, or a month as Excel shows it."""
    month, number = _month(m[1]), int(m[3])
    if not m[4] and m[2].strip() and 15 <= number <= 49:
        if number > 31:
            return bad("V206")
        return bad("V204", one=f"{month:02}-{number:02}", other=f"20{number}-{month:02}", why="two_digit")
    return _real(int(m[4]) if m[4] else None, month, number)


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def quarter(text: str) -> int:
    return int(text) if text.isdigit() else "一二三四".index(text) + 1


def _real(year: int | None, month: int, day: int, remarks: tuple[Remark, ...] = ()) -> Found | Bad:
    found = Found(year, month, day, remarks=remarks)
    if day == 0 or found.value(year if year is not None else 2024) is None:  # 2024 is a leap year, so 29 Feb is accepted
        return bad("V203")
    return found


def _ordered(a: int, b: int, year: int, day_first: bool | None) -> Found | Bad:
    """`a/b/year`: decided by the numbers, else by the file, else a question."""
    readings = {(m, d) for m, d in ((a, b), (b, a)) if Found(year, m, d).value(year) and d}
    if not readings:
        return bad("V203")
    if len(readings) == 1:
        return Found(year, *readings.pop())
    if day_first is None:
        return bad("V204", one=f"{year}-{a:02}-{b:02}", other=f"{year}-{b:02}-{a:02}", why="order")
    return Found(year, b, a) if day_first else Found(year, a, b)


def _short(a: int, b: int, mark: str, day_first: bool | None, month_first: bool) -> Found | Bad:
    """`7月8日` and `7.8` have one reading; `7/8` is read in the file's order, else in the Chinese one, else it has two readings."""
    if mark in "月.":
        return _real(None, a, b)
    readings = {(m, d) for m, d in ((a, b), (b, a)) if d and Found(None, m, d).value(2024)}
    if mark == "-" and month_first:
        readings.discard((b, a) if a != b else (0, 0))  # 20-3 is no Chinese date
    if not readings:
        return bad("V203")
    if len(readings) == 1:
        return Found(None, *readings.pop())
    if day_first is None and not month_first:
        return bad("V204", one=f"{a:02}-{b:02}", other=f"{b:02}-{a:02}", why="order")
    return Found(None, b, a) if day_first else Found(None, a, b)


def _two_digit(a: str, b: str, c: str, day_first: bool | None) -> Found | Bad | None:
    """`24.7.1`: a year has two digits. None if no reading is a date (`3.1.2` is a chapter number)."""
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


def of_serial(number: int | float, date1904: bool = False) -> date | None:
    """The day that Excel counts as this number, with its time; None for a number that is no day."""
    if not 0 < number < 2_958_466:
        return None
    moment = _moment(number, date1904)
    return moment.date() if moment.time() == time() else moment


def _moment(number: int | float, date1904: bool) -> datetime:
    return (_EPOCH_1904 if date1904 else _EPOCH) + timedelta(seconds=round(number * 86_400))


def of_number(number: int | float, date1904: bool = False) -> Found | Bad:
    """A number in a date column: a serial shown as General, 20240701, or month.day typed as a number."""
    if number == int(number) and (m := _COMPACT.match(str(int(number)))):
        found = _real(int(m[1]), int(m[2]), int(m[3]))
        return replace(found, remarks=(Remark("V234", {"how": "digits"}),)) if isinstance(found, Found) else found
    if EARLIEST_SERIAL <= number < 80_000:
        moment = _moment(number, date1904)
        if _FIRST <= moment < _LAST:
            clock = moment.time() if moment.time() != time() else None
            return Found(moment.year, moment.month, moment.day, clock, (Remark("V234", {"how": "serial"}),))
    if isinstance(number, float) and 1 <= number < 13:
        month, _, digits = f"{number:.10g}".partition(".")
        if len(digits) not in (1, 2):
            return bad("V203")
        day, ten = int(digits), int(digits) * 10
        if len(digits) == 1 and Found(None, int(month), ten).value(2024):
            # Excel removes the last zero: 7.1 was typed as 7.1 or as 7.10
            return bad("V204", one=f"{int(month):02}-{day:02}", other=f"{int(month):02}-{ten:02}", why="zero")
        found = _real(None, int(month), day)
        return replace(found, remarks=(Remark("V234", {"how": "month_day"}),)) if isinstance(found, Found) else found
    return bad("V203")
