"""A day or a week as a person says or writes it: every form a sheet may have, 今天, 上周五, W46, 第46周, 2026年第46周, this week. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

from collab_xl.catalogue import LANGS, text
from collab_xl.model.directory import folded
from collab_xl.model.regex import regex
from collab_xl.model.week import week_after, week_days, week_of
from collab_xl.read.dates import one_day, tidy
from collab_xl.read.days import Found

_YEAR_FIRST = regex(r"(\d{4})年?[-/.,]?(?:week|wk|w|第)(\d{1,2})(?:周|个?星期)?$")
_YEAR_AND_WEEK = regex(r"(\d{4})年[-/.,]?(\d{1,2})周$")
_YEAR_LAST = regex(r"(?:week|wk|w)(\d{1,2})[-/.,]?(\d{4})$")
_NUMBER = regex(r"(?:week|wk|w|第)?(\d{1,2})(?:周|个?星期)?$", re.IGNORECASE)
_DAYS = {"today": 0, "yesterday": -1, "before_yesterday": -2, "tomorrow": 1, "after_tomorrow": 2}
_WEEKS = {"this": 0, "last": -1, "before_last": -2, "next": 1}


def said_day(said: str, today: date, start: int = 1) -> date | None:
    """The day that is meant; without a year the one nearest to `today`. A week is its last day, the running week is today."""
    word = said.strip()
    if (week := named_week(word, today, start, bare=False)) is not None:
        last = week_days(week, start)[1]
        return today if week == week_of(today, start) else last
    try:
        return date.fromisoformat(word)
    except ValueError:
        return named_day(word, today, start) or day_near(word, today)


def day_near(said: str, today: date) -> date | None:
    """A day as a sheet may have it; without a year the one nearest to `today`. None if it is none."""
    found = one_day(tidy(said), None, True)
    if not isinstance(found, Found) or found.remarks:
        return None
    years = (found.year,) if found.year else (today.year - 1, today.year, today.year + 1)
    days = [day for year in years if (day := found.value(year)) is not None]
    if not days:
        return None
    return min((date(d.year, d.month, d.day) for d in days), key=lambda d: abs(d - today))


def named_day(word: str, today: date, start: int = 1) -> date | None:
    """今天, 昨天; 上周五 is in the week before the running one, 下周五 in the next, 周五 the last Friday up to today. `start`: the first
    weekday of a week."""
    said = folded(word)
    first, _ = week_days(week_of(today, start), start)
    for key, days in _DAYS.items():
        if said in _words(f"verbs.spoken.day.{key}"):
            return today + timedelta(days)
    for number in range(1, 8):
        day = first + timedelta((number - first.isoweekday()) % 7)
        if said in _words(f"verbs.spoken.day_last.{number}"):
            return day - timedelta(7)
        if said in _words(f"verbs.spoken.day_next.{number}"):
            return day + timedelta(7)
        if said in _words(f"verbs.spoken.day_this.{number}"):
            return day if day <= today else day - timedelta(7)
    return None


def named_week(said: str, today: date, start: int = 1, *, bare: bool = True) -> str | None:
    """The week that is meant as `2026-W46`, None for none; without a year the one nearest to `today`. `bare`: a number alone is a week."""
    word = folded(said)
    for key, weeks in _WEEKS.items():
        if word in _words(f"verbs.spoken.week.{key}"):
            return week_after(week_of(today, start), weeks)
    if found := _YEAR_FIRST.match(word) or _YEAR_AND_WEEK.match(word):
        return _whole(int(found[1]), int(found[2]), start)
    if found := _YEAR_LAST.match(word):
        return _whole(int(found[2]), int(found[1]), start)
    if (found := _NUMBER.match(word)) and (bare or not word.isdigit()):
        whole = (_whole(year, int(found[1]), start) for year in (today.year - 1, today.year, today.year + 1))
        return min((each for each in whole if each), key=lambda each: abs(week_days(each, start)[0] + timedelta(3) - today), default=None)
    return None


def weeks_in_year(said: str) -> tuple[int, int] | None:
    """Year and its number of weeks for a text that names a week that year does not have (`2026-W60`); None otherwise."""
    word = folded(said)
    if found := _YEAR_FIRST.match(word) or _YEAR_AND_WEEK.match(word):
        year = int(found[1])
        return year, date(year, 12, 28).isocalendar()[1]
    return None


def _whole(year: int, number: int, start: int) -> str | None:
    try:
        return week_of(week_days(f"{year:04}-W{number:02}", start)[0], start)
    except ValueError:
        return None


def _words(key: str) -> set[str]:
    return {folded(word) for lang in LANGS for word in text(key, lang).split("|")}
