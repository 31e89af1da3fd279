"""A period written in one cell (起止时间): `a-b`, `从a到b`, a whole month, quarter, half-year, or third of a month. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collab_xl.model.record import replace
from collab_xl.model.regex import regex
from collab_xl.read.dates import NAME, one_day, quarter
from collab_xl.read.days import Bad, Found, Period, bad
from collab_xl.read.remarks import Remark

_YEAR = r"(?:(\d{4})\s*[年./-]?\s*)?"
_MONTH = regex(r"(?:(\d{4})\s*[年./-]\s*)?(\d{1,2})\s*月份?$|(\d{4})[./-](\d{1,2})$|()(\d{1,2})[/.-](\d{4})$")
_QUARTER = regex(rf"{_YEAR}(?:Q([1-4])|第?([一二三四1-4])季度)$|Q([1-4])[\s,/-]*(\d{{4}})$", re.I)
_HALF_YEAR = regex(rf"{_YEAR}([上下])半年$")
_WHOLE_YEAR = regex(r"(\d{4})\s*年(?:度|全年)?$")
_THIRD = regex(r"(?:(\d{4})\s*[年./-]\s*)?(\d{1,2})\s*月\s*([上中下])旬$")
_STRONG = regex(r"\s*(?:~|〜|—+|–|−|--+|→|->|=>|至|到|\bto\b|\buntil\b|\bthrough\b|(?<=\d{4}-\d\d-\d\d) (?=\d{4}-))\s*")
_SLASHED = regex(r"[^/]*\d\s*[.月-]\s*\d[^/]*/[^/]*\d\s*[.月-]\s*\d[^/]*$")
_FROM = regex(r"^(?:从|自|由|from\s)\s*|(?<=[日号\d])\s*(?:起|开始)(?=\s*(?:~|-|—|至|到))|(?<=[日号\d])\s*止$", re.I)
_NOTE = regex(r"\s*\(([^()]*)\)$")
_DAYS_OF = regex(rf"{NAME}\s*(\d{{1,2}})\s*[-~–—]\s*(\d{{1,2}})(,?\s*\d{{4}})?$", re.I)


def period(text: str, day_first: bool | None, month_first_short: bool) -> Period | Found | Bad | None:
    """A period in a text with normal spacing, also a single day. None if it does not have the form of a period.

    Both ends may be longer than a day (7-9月, Q3-Q4, 3月上旬-4月中旬): the first day of the one, the last day of the other (V235).
    """
    if m := re.fullmatch(r"(\d{1,2})\s*-\s*(\d{1,2})", text):
        return bad("V204", one=f"{int(m[1]):02}-{int(m[2]):02}", other=f"{m[1]} ~ {m[2]}", why="dash")
    single = one_day(text, day_first, month_first_short)
    if isinstance(single, Found) or (single is not None and single.code == "V204"):
        return single
    if (whole := _stretch(text)) is not None:
        return whole
    read = _joined(text, day_first, month_first_short)
    if not isinstance(read, Period) and (note := _NOTE.search(text)):
        inner = _joined(text[: note.start()], day_first, month_first_short)
        if isinstance(inner, Period):
            return replace(inner, remarks=(*inner.remarks, Remark("V243", {"rest": note[1]})))
    return read or single


def _joined(text: str, day_first: bool | None, month_first_short: bool) -> Period | Bad | None:
    text = _FROM.sub("", text)
    if m := _DAYS_OF.match(text):
        text = f"{m[1]} {m[2]}{m[4] or ''} ~ {m[1]} {m[3]}{m[4] or ''}"
    trouble: Bad | None = None
    splits = list(_splits(text))
    for coarse in (False, True):  # 2024-12-20-01-10: days on both sides are tried before December 2024 to another time
        for left, right, clear in splits:
            read = _two(left, right, clear, coarse, day_first, month_first_short)
            if isinstance(read, Period):
                return read
            if read is not None and read.code == "V204":
                trouble = read  # of the parts only two readings are reported: others may come from a split at the wrong place
    return trouble


def _two(left: str, right: str, clear: bool, coarse: bool, day_first: bool | None, month_first_short: bool) -> Period | Bad | None:
    """Both sides as one period; months and quarters are allowed if `coarse`."""
    first = _end(left, right, day_first, month_first_short)
    if not isinstance(first, Period) or (not coarse and first.first is not first.last):
        return None if isinstance(first, Period) else first
    last = _short_end(first.first, right) if first.first is first.last else None
    end = last or _end(right, "", day_first, month_first_short)
    if not isinstance(end, Period) or (not coarse and last is None and end.first is not end.last):
        return None if isinstance(end, Period) else end
    if not clear and any(r.code == "V239" for side in (first.first, end.last) for r in side.remarks):
        return None  # 24-7-1-7-14: it is unknown which dash separates the two
    return Period(first.first, end.last, (*first.remarks, *(r for r in end.remarks if r not in first.remarks)))


def _end(text: str, other: str, day_first: bool | None, month_first_short: bool) -> Period | Bad | None:
    """One side of a period: a day, or several days. A 7 before 9月 is a month; 7月1 is always a day."""
    if "月" in other and "日" not in other and "号" not in other and re.fullmatch(r"(?:\d{4}\s*年\s*)?\d{1,2}", text):
        text += "月"
    if (whole := _stretch(text)) is not None:
        return whole
    found = one_day(text, day_first, month_first_short)
    if found is None and re.fullmatch(r"(?:\d{4}\s*年\s*)?\d{1,2}\s*月\s*\d{1,2}", text):
        found = one_day(text + "日", day_first, month_first_short)
    return Period(found, found) if isinstance(found, Found) else found


def _short_end(first: Found, text: str) -> Period | None:
    """`14` or `14日` after a day of the same month; 月底 of the month of the start."""
    if re.fullmatch(r"(?:本|当)?月[底末]", text):
        last = Found(first.year, first.month, 0)
        return Period(last, last, (Remark("V235", {"how": "end"}),))
    m = re.fullmatch(r"(\d{1,2})\s*[日号]?(?:前|止)?", text)
    last = Found(first.year, first.month, int(m[1])) if m else first
    return Period(last, last) if m and last.day and last.value(first.year or 2024) else None


def _stretch(text: str) -> Period | None:
    """A whole month, quarter, half-year, year, or third of a month."""
    if m := _MONTH.match(text):
        return _months(m[1] or m[3] or m[7], int(m[2] or m[4] or m[6]), 1)
    if m := _QUARTER.match(text):
        return _months(m[1] or m[5], 3 * quarter(m[2] or m[3] or m[4]) - 2, 3)
    if m := _HALF_YEAR.match(text):
        return _months(m[1], 1 if m[2] == "上" else 7, 6)
    if m := _WHOLE_YEAR.match(text):
        return _months(m[1], 1, 12)
    if (m := _THIRD.match(text)) and 1 <= int(m[2]) <= 12:
        year, (first, last) = int(m[1]) if m[1] else None, {"上": (1, 10), "中": (11, 20), "下": (21, 0)}[m[3]]
        return Period(Found(year, int(m[2]), first), Found(year, int(m[2]), last), (Remark("V235", {"how": "whole"}),))
    return None


def _months(written: str | None, first: int, count: int) -> Period | None:
    year = int(written) if written else None
    if not 1 <= first <= 12:
        return None
    return Period(Found(year, first, 1), Found(year, first + count - 1, 0), (Remark("V235", {"how": "whole"}),))


def _splits(text: str) -> Iterator[tuple[str, str, bool]]:
    """Where the text may be split into two, and whether the sign there has no other meaning."""
    strong = _STRONG.split(text)
    if len(strong) == 2 and all(strong):
        yield strong[0].strip(), strong[1].strip(), True
        return
    if _SLASHED.match(text):  # 10.30/11.2, 7月1日/7月5日
        left, right = text.split("/")
        yield left.strip(), right.strip(), True
        return
    for i, char in enumerate(text):
        if char == "-" and 0 < i < len(text) - 1:
            yield text[:i].strip(), text[i + 1 :].strip(), text[i - 1] == " " or text.count("-") == 1
