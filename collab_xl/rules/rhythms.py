"""How often something happens, as people write it: 每周一10:00, monthly on the 5th, 里程碑前2天; and on which days that is.

In: a text, a calendar, the days of milestones.  Out: a `Rhythm`, its days.  Pure.
A day off moves to the next working day; what is meant for the last working day stays in its month.  Decision 0045 has the reasons.
"""

from __future__ import annotations

import calendar as months
import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta

from collab_xl.model.calendar import Calendar
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex

DAILY, WEEKLY, MONTHLY, MILESTONE, DEMAND = "daily", "weekly", "monthly", "milestone", "demand"
LAST = -1
_DAY = timedelta(1)
_SHIFT = timedelta(21)
"""A day is never moved by more than this: the longest holidays are shorter."""


class Rhythm(Struct, frozen=True):
    """How often: `every` day, week, month (`kind`), or before milestones, or when needed."""

    kind: str
    every: int = 1
    """Every n-th week or month."""
    weekdays: tuple[int, ...] = ()
    """0 is Monday. Of a month: the weekday of which the `nth` is meant."""
    nth: int = 0
    """Of a month: the n-th weekday, or without weekdays the n-th working day; `LAST` for the last, 0 where `day` says it."""
    day: int = 0
    """Of a month: its day; in a shorter month the last day."""
    before: int = 0
    """Working days before a milestone."""
    at: time | None = None
    """The time of day, if it says one."""


def rhythm(written: object) -> Rhythm | None:
    """What a text says. None for a blank and for anything that is not understood as a whole."""
    if not isinstance(written, str):
        return None
    said = unicodedata.normalize("NFKC", written).strip().casefold()
    try:
        return _chinese(said) or _english(said)
    except ValueError:  # 25:00 is no time
        return None


def days(of: Rhythm, first: date, last: date, work: Calendar, anchor: date | None = None, milestones: Sequence[date] = ()) -> list[date]:
    """The days from `first` to `last` on which it happens, moved off days that are no working days; each once.

    Args:
        anchor: a day of the right week or month where only every n-th counts; without it the first one from `first` on.
        milestones: the due days of the open milestones.
    """
    if of.kind == MILESTONE:
        found = {work.back(day, of.before) for day in milestones}
    else:
        found = {moved(of, day, work) for day in nominal(of, first - _SHIFT, last, unmoved(of, anchor or first, work))}
        if of.kind == DAILY:
            found |= {day for day in _span(first, last) if work.counts(day)}
    return sorted(day for day in found if first <= day <= last)


def nominal(of: Rhythm, first: date, last: date, anchor: date) -> Iterator[date]:
    """The days the rhythm names, before any is moved: what a recurrence rule of a calendar program can say."""
    if of.kind == DAILY:
        yield from (day for day in _span(first, last) if day.weekday() < 5)
    elif of.kind == WEEKLY:
        week = _monday(anchor)
        for day in _span(first, last):
            if day.weekday() in of.weekdays and (_monday(day) - week).days // 7 % of.every == 0:
                yield day
    elif of.kind == MONTHLY:
        for year, month in {(day.year, day.month): None for day in _span(first, last)}:
            found = _in_month(of, year, month) if month % of.every == 0 else None
            if found is not None and first <= found <= last:
                yield found


def moved(of: Rhythm, day: date, work: Calendar) -> date:
    """The working day on which it happens: the day itself, else the next; the last working day of a month is looked for backwards, the
    n-th by counting. A day that is on purpose a Saturday or Sunday stays."""
    if of.kind == MONTHLY and of.nth and not of.weekdays:
        if of.nth == LAST:
            return work.back(_month_end(day) + _DAY, 1)
        return work.forward(day.replace(day=1) - _DAY, of.nth)
    if of.weekdays and day.weekday() > 4:
        return day
    while not work.counts(day):
        day += _DAY
    return day


def unmoved(of: Rhythm, day: date, work: Calendar) -> date:
    """The day that was moved to this one; the day itself if none was."""
    before = (day - timedelta(n) for n in range(_SHIFT.days))
    return next((then for then in before if then.weekday() in of.weekdays and moved(of, then, work) == day), day)


def _span(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(n) for n in range((last - first).days + 1))


def _monday(day: date) -> date:
    return day - timedelta(day.weekday())


def _month_end(day: date) -> date:
    return day.replace(day=months.monthrange(day.year, day.month)[1])


def _in_month(of: Rhythm, year: int, month: int) -> date | None:
    """The day of a month; None if the month has no fifth Monday."""
    first = date(year, month, 1)
    last = _month_end(first)
    if of.day:
        return first.replace(day=min(of.day, last.day))
    every = [day for day in _span(first, last) if (day.weekday() in of.weekdays if of.weekdays else day.weekday() < 5)]
    if of.nth == LAST:
        return every[-1]
    return every[of.nth - 1] if of.nth <= len(every) else None


_WEEKDAYS = {**{c: n for n, c in enumerate("一二三四五六日")}, "天": 6, **{str(n + 1): n for n in range(7)}}
_NUMBERS = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "双": 2}
_ZH_TIME = r"(?P<noon>上午|下午|早上|早|中午|晚上|晚)?(?:(?P<hour>\d{1,2})(?::(?P<minute>\d{2})|[点时](?P<half>半|\d{1,2}分)?整?))?"
_CLOSE = r"(?:下班前|下班|收工前|晚间前)?"
_ZH_TAIL = rf"[\s,,、的在]*{_ZH_TIME}\s*{_CLOSE}(?:前|开始|召开|一次|1次|例会|周会|会议|晨会|早会|站会|日报|周报|月报)?"
_ZH_DAY = r"(?:[一二三四五六日天]|[1-7](?![\d:点时]))"
_ZH_WEEK = r"(?:周|星期|礼拜)"
_ZH_DAYS = rf"(?P<days>{_ZH_DAY}(?:[、,/和及至到~-]{_ZH_WEEK}?{_ZH_DAY}|{_ZH_WEEK}{_ZH_DAY}|[一二三四五六日天])*)"
_ZH = {
    DEMAND: r"(?:即时|实时|随时|按需|不定期|临时|需要时|有需要时|必要时|视需要|发生时|问题发生时)(?:沟通|召开|通知|上报)?",
    MILESTONE: (
        r"(?:每个|各|每)?(?:关键)?(?:里程碑|节点)(?:节点)?(?:前|到期前|完成前)"
        r"(?:(?P<n>\d{1,2}|[一二两三四五六])\s*(?:个)?(?:工作日|天|日))?"
    ),
    DAILY: rf"(?:每日|每天|每个?工作日){_ZH_TAIL}",
    WEEKLY: rf"(?:每(?:个)?{_ZH_WEEK}|(?P<two>(?:每两个?(?:周|星期)|隔周|双周)的?(?:周|星期)?))\s*{_ZH_DAYS}{_ZH_TAIL}",
    MONTHLY: (
        rf"(?P<span>每个?月|每季度|每个季度)的?\s*"
        rf"(?:(?P<day>\d{{1,2}})[日号]|第?(?P<nth>最后一|[一二三四五]|[1-5])个?(?:(?:周|星期|礼拜)(?P<wd>[一二三四五六日天])|(?P<work>工作日))"
        rf"|(?P<begin>初|月初)|(?P<end>底|末|月底|月末|最后一天))?{_ZH_TAIL}"
    ),
}  # fmt: skip
_EN_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EN_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?"
_EN_TIME = (
    r"(?:\s*,?\s*(?:at\s+)?(?P<hour>\d{1,2})(?:(?::(?P<minute>\d{2}))\s*(?P<half>am|pm|a\.m\.|p\.m\.)?|\s*(?P<noon>am|pm|a\.m\.|p\.m\.)))?"
)
_EN_TAIL = rf"{_EN_TIME}(?:,?\s*(?:before|by|at)\s+(?:the\s+)?(?:close(?: of business)?|end of (?:the )?day))?"
_EN_NTH = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": LAST}
_EN = {
    DEMAND: r"(?:as|when|if|where) (?:needed|required|necessary)|ad[ -]?hoc|on demand|immediate(?:ly)?|at once|real[ -]?time",
    MILESTONE: r"(?:(?P<n>\d{1,2}|one|two|three) (?:working )?days? )?before (?:each |every |the |a )?milestones?",
    DAILY: rf"(?:daily|every (?:working |work)?day|each (?:working |work)?day|every weekday){_EN_TAIL}",
    WEEKLY: (
        rf"(?:(?P<two>every (?:two|2|second|other) weeks?(?:,? on)?|bi-?weekly(?:,? on)?|fortnightly(?:,? on)?|every (?:other|second))"
        rf"|every week(?:,? on)?|weekly(?:,? on)?|every|each)?\s*(?P<days>{_EN_DAY}(?:\s*(?:,|and|&|/)\s*{_EN_DAY})*){_EN_TAIL}"
    ),
    MONTHLY: (
        rf"(?:(?P<span>monthly|every month|each month|quarterly|every quarter)(?:,?\s*(?:on )?(?:the )?"
        rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
        rf"|(?P<nth>first|second|third|fourth|last|[1-4](?:st|nd|rd|th)) (?:(?P<wd>{_EN_DAY})|(?P<work>work(?:ing )?day))))?"
        rf"|(?:the )?(?P<nth2>first|second|third|fourth|last) (?:(?P<wd2>{_EN_DAY})|(?P<work2>work(?:ing )?day))"
        rf" of (?:the|each|every) month){_EN_TAIL}"
    ),
}  # fmt: skip
_RULES = {lang: {kind: regex(rule) for kind, rule in rules.items()} for lang, rules in (("zh", _ZH), ("en", _EN))}


def _chinese(said: str) -> Rhythm | None:
    said = re.sub(r"\s+", "", said)
    said = f"每{said}" if said[:2] in ("月初", "月底", "月末") else said
    for kind, rule in _RULES["zh"].items():
        if not (found := rule.fullmatch(said)):
            continue
        part = {name: value for name, value in found.groupdict().items() if value}
        at = _time(part)
        if kind == MILESTONE:
            return Rhythm(kind, before=_number(part.get("n", "1")))
        if kind == WEEKLY:
            return Rhythm(kind, 2 if "two" in part else 1, _zh_weekdays(re.sub(_ZH_WEEK, "", part["days"])), at=at)
        if kind == MONTHLY:
            every = 3 if "季度" in part["span"] else 1
            return _monthly(part, every, at, _WEEKDAYS, LAST if part.get("nth") == "最后一" else _number(part.get("nth", "0")))
        return Rhythm(kind, at=at)
    return None


def _zh_weekdays(named: str) -> tuple[int, ...]:
    """The days of `一、三` and `一至五`."""
    found = {_WEEKDAYS[c] for c in named if c in _WEEKDAYS}
    for first, last in re.findall(r"(.)[至到~-](.)", named):
        found |= set(range(_WEEKDAYS[first], _WEEKDAYS[last] + 1))
    return tuple(sorted(found))


def _english(said: str) -> Rhythm | None:
    said = re.sub(r"\s+", " ", said).strip(". ")
    for kind, rule in _RULES["en"].items():
        if not (found := rule.fullmatch(said)):
            continue
        part = {name.rstrip("2"): value for name, value in found.groupdict().items() if value}
        at = _time(part)
        if kind == MILESTONE:
            words = {"one": 1, "two": 2, "three": 3}
            return Rhythm(kind, before=words.get(part.get("n", "one")) or int(part["n"]))
        if kind == WEEKLY:
            named = {_EN_DAYS.index(word[:3]) for word in re.findall(_EN_DAY, part["days"])}
            return Rhythm(kind, 2 if "two" in part else 1, tuple(sorted(named)), at=at)
        if kind == MONTHLY:
            every = 3 if "quarter" in part.get("span", "") else 1
            weekday = {part["wd"]: _EN_DAYS.index(part["wd"][:3])} if "wd" in part else {}
            return _monthly(part, every, at, weekday, _EN_NTH.get(part.get("nth", ""), 0))
        return Rhythm(kind, at=at)
    return None


def _monthly(part: dict[str, str], every: int, at: time | None, weekdays: dict[str, int], nth: int) -> Rhythm | None:
    """A month without a day means its last working day, a quarter the last of its third month."""
    if "day" in part:
        day = int(part["day"])
        return Rhythm(MONTHLY, every, day=day, at=at) if 1 <= day <= 31 else None
    if "wd" in part:
        return Rhythm(MONTHLY, every, (weekdays[part["wd"]],), nth, at=at)
    return Rhythm(MONTHLY, every, nth=1 if "begin" in part else nth or LAST, at=at)


def _number(said: str) -> int:
    return int(said) if said.isdecimal() else _NUMBERS[said]


def _time(part: dict[str, str]) -> time | None:
    """The time of day; None if none is said. Raises ValueError for one that does not exist."""
    if "hour" not in part:
        return None
    hour, half = int(part["hour"]), part.get("half", "")
    minute = int(part.get("minute") or (30 if half == "半" else re.sub(r"\D", "", half) or 0))
    said = part.get("noon", "") + half
    if hour < 12 and (said.startswith(("下午", "晚", "p")) or said in ("pm", "p.m.") or (said.startswith("中午") and hour < 3)):
        hour += 12
    elif hour == 12 and said in ("am", "a.m."):
        hour = 0
    return time(hour, minute)
