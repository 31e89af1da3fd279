"""A day as a person says or writes it: every form a sheet may have, 今天, 昨天, 上周五. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from collab_xl.catalogue import LANGS, text
from collab_xl.model.directory import folded
from collab_xl.model.week import week_days, week_of
from collab_xl.read.dates import one_day, tidy
from collab_xl.read.days import Found


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
    """今天, 昨天; 上周五 is in the week before the running one, 周五 the last Friday up to today. `start`: the first weekday of a week."""
    said = folded(word)
    first, _ = week_days(week_of(today, start), start)
    for lang in LANGS:
        if said == folded(text("verbs.word.today", lang)):
            return today
        if said == folded(text("verbs.word.yesterday", lang)):
            return today - timedelta(1)
        for number in range(1, 8):
            day = first + timedelta((number - first.isoweekday()) % 7)
            if said in map(folded, text(f"verbs.word.day_last.{number}", lang).split("|")):
                return day - timedelta(7)
            if said in map(folded, text(f"verbs.word.day_this.{number}", lang).split("|")):
                return day if day <= today else day - timedelta(7)
    return None
