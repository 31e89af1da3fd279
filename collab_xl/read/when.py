"""Read a cell of a date or period column: its kind of value, and the reason if it names no day. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone, tzinfo

from collab_xl.model.regex import regex
from collab_xl.model.values import Unreadable, Value
from collab_xl.model.week import FIRST_YEAR, LAST_YEAR
from collab_xl.read.clues import Clues
from collab_xl.read.context import Context
from collab_xl.read.dates import of_number, one_day, tidy
from collab_xl.read.days import Bad, Found, Period, bad
from collab_xl.read.periods import period
from collab_xl.read.remarks import ParsedValue, Remark
from collab_xl.read.text import shown

_BEGINS = regex(r"^(?:自|从|由|from\s)\s*|\s*(?:起|开始|启动|开工|进场)$", re.I)
_ENDS = regex(r"完成|提交|上报|报送|交|上线|发布|结束|办结|验收|到位")
_PARTS = regex(
    r"\s*(?:[、,;/\n]|改为|改至|改到|调整为|延期?[至到]|现改?为?|和|与|或|\bor\b|\band\b)\s*|(?<=[\d日号])\s+(?=\d)|(?<=[\d日号])到(?=\d)"
)
_WAS = regex(r"^[由原从]\s*(?:定于?|计划)?\s*")


def _found(raw: Value, clues: Clues, context: Context, begins: bool = False) -> Found | Bad | None:
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return of_number(raw, context.date1904)
    if not isinstance(raw, str):
        return None
    text = tidy(raw)
    if text.isdigit() and len(text) == 5:
        return of_number(int(text), context.date1904)
    if begins:
        text = _BEGINS.sub("", text)
    return one_day(text, _order(text, clues), context.lang == "zh" or _chinese(raw))


def _order(text: str, clues: Clues) -> bool | None:
    """Only short texts of numbers may need the order of day and month, which takes a reading of the whole sheet."""
    return clues.day_first if re.search(r"\d[-./]\s*\d", text) and not re.match(r"\d{4}", text) else None


def _chinese(text: str) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in text)


def one_date(raw: Value, with_time: bool, begins: bool, clues: Clues, context: Context) -> Value | ParsedValue:
    """A date (a datetime if `with_time` and a time is written), or a ParsedValue: without its year, with a note, or unreadable.

    Args:
        begins: the field is a start, so 7月1日起 is a day.
    """
    if isinstance(raw, date):
        if not FIRST_YEAR <= raw.year <= LAST_YEAR:
            return _not(raw, Remark("V203"))  # 2024 typed into a date cell shows 1905-07-16
        if not isinstance(raw, datetime):
            return raw
        if nearly_midnight(raw):
            return ParsedValue(raw.date() + timedelta(days=1), (Remark("V245"),))
        return raw if with_time else raw.date()
    found = _found(raw, clues, context, begins)
    if isinstance(found, Found) and found.zone is not None:
        found = _local(found, with_time, context.zones)
    if begins and isinstance(found, Found) and any(_ENDS.search(str(r.facts.get("rest", ""))) for r in found.remarks):
        return _not(raw, Remark("V206"))  # 7月15日完成 in a start column
    if isinstance(found, Found):
        moment = found.value(found.year) if found.clock and found.year else None
        if isinstance(moment, datetime) and nearly_midnight(moment):
            return ParsedValue(moment.date() + timedelta(days=1), (*found.remarks, Remark("V245")))
        if not with_time and found.clock:
            found = Found(found.year, found.month, found.day, None, found.remarks)
        if found.year is None:
            return ParsedValue(Unreadable(shown(raw)), found.remarks, pending=found)
        value = found.value(found.year)
        if value is None:
            return _not(raw, Remark("V203"))
        if with_time and found.ends:
            value += timedelta(days=1)
        return ParsedValue(value, found.remarks) if found.remarks else value
    code = found.code if found is not None else "V203"
    if isinstance(raw, str) and code in ("V203", "V206"):
        if count := _several(raw):
            return _not(raw, Remark("V215", {"count": count}))
        if found is None and isinstance(period(tidy(raw), None, True), Period):
            return _not(raw, Remark("V214"))
    return _not(raw, found.remark if isinstance(found, Bad) else Remark("V203"))


_ANYWHERE = (timezone(timedelta(hours=-12)), timezone(timedelta(hours=14)))


def nearly_midnight(moment: datetime) -> bool:
    """Whether a program meant midnight and wrote up to 59 seconds less, as it took the seconds of a time zone before 1901 for today's.

    23:59:17 in Shanghai. 23:59:00 and 23:59:59 are how people and systems write the end of a day.
    """
    return time(23, 59, 1) <= moment.time() < time(23, 59, 59)


def _local(found: Found, with_time: bool, zones: tuple[tzinfo, ...]) -> Found | Bad:
    """A moment with its time zone, in the time of the project; two readings if the zones of the country do not agree."""
    written = found.value(found.year) if found.year else None
    if not isinstance(written, datetime) or found.zone is None:
        return found
    away = written.replace(tzinfo=timezone(found.zone))
    there = sorted({away.astimezone(zone).replace(tzinfo=None) for zone in zones or _ANYWHERE})
    first, last = there[0], there[-1]
    if (first != last) if with_time else (first.date() != last.date()):
        return bad("V204", one=f"{first:%Y-%m-%d %H:%M}", other=f"{last:%Y-%m-%d %H:%M}", why="zone")
    moved = (first != written) if with_time else (first.date() != written.date())
    remarks = (*found.remarks, Remark("V247")) if moved else found.remarks
    return Found(first.year, first.month, first.day, first.time() if first.time() != time() else None, remarks)


def _several(raw: str) -> int:
    """The number of days in the text (`7.10、7.20`, 由7.10改为7.20); 0 if it is no list of days."""
    parts = [_WAS.sub("", p) for p in _PARTS.split(tidy(raw)) if p.strip()]
    days = len(parts) > 1 and all(isinstance(one_day(p, None, True), Found) for p in parts)
    return len(parts) if days else 0


def one_period(raw: Value, into: tuple[str, ...], clues: Clues, context: Context) -> Value | ParsedValue:
    """A ParsedValue with the start as value and the end in `also`; a single day is both, with a remark (V222)."""
    last = into[-1]
    if isinstance(raw, date) and FIRST_YEAR <= raw.year <= LAST_YEAR:
        day = raw.date() if isinstance(raw, datetime) else raw
        return ParsedValue(day, (Remark("V222"),), {last: day})
    found: Found | Period | Bad | None
    if isinstance(raw, str):
        text = tidy(raw)
        found = period(text, _order(text, clues), context.lang == "zh" or _chinese(raw))
    else:
        found = _found(raw, clues, context)
    if isinstance(found, Found):
        found = Period(found, found, (Remark("V222"),))
    if not isinstance(found, Period):
        remark = found.remark if isinstance(found, Bad) else Remark("V203")
        if isinstance(raw, str) and remark.code in ("V203", "V206") and (count := _periods(tidy(raw))):
            remark = Remark("V215", {"count": count})
        return ParsedValue(Unreadable(shown(raw)), (remark,), {last: Unreadable(shown(raw))})
    remarks = _unique(found)
    return ParsedValue(Unreadable(shown(raw)), remarks, {last: Unreadable(shown(raw))}, pending=found)


def _periods(text: str) -> int:
    """The number of periods in the text; 0 if it is no list of periods."""
    parts = [p for p in re.split(r"[、,;，；\n]", text) if p.strip()]
    return len(parts) if len(parts) > 1 and all(isinstance(period(p.strip(), None, True), Period) for p in parts) else 0


def _unique(span: Period) -> tuple[Remark, ...]:
    out: list[Remark] = []
    for remark in (*span.remarks, *span.first.remarks, *span.last.remarks):
        if all(remark.code != r.code for r in out):
            out.append(remark)
    return tuple(out)


def _not(raw: Value, remark: Remark) -> ParsedValue:
    return ParsedValue(Unreadable(shown(raw)), (remark,))
