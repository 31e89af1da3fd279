"""The week a verb works on: the one that was asked for, in any way a person writes one, else the verb's own."""

from __future__ import annotations

import re
from datetime import date, timedelta

from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.model.regex import regex
from collab_xl.model.week import week_after, week_days, week_of
from collab_xl.verbs import clock
from collab_xl.verbs.session import Session
from collab_xl.verbs.spoken_day import day_near

_NUMBER = regex(r"(?:W|第)?\s*(\d{1,2})\s*周?$", re.IGNORECASE)


def requested_week(session: Session, week: str | None, default: str) -> str:
    """The requested week as `2026-W47`; without one the default.

    Understood: `2026-W47`, `W47`, `47`, `第47周`, 本周 and 上周, and any day of the week as a sheet may have it. A week without a year is
    the one nearest to `as_of`. Raises CollabError `usage_week`, `usage_year` (exit 2).
    """
    if week is None or not week.strip():
        return default
    said = week.strip()
    found = week_in(session, said)
    if found is None and (day := day_in(session, said)) is not None:
        found = week_of(day, session.settings.week_start)
    if found is None:
        raise CollabError("usage_week", exit_code=2, text=week, lang=session.lang)
    return found


def week_in(session: Session, said: str) -> str | None:
    """The week that is written so, without a day; None if it is none. Raises CollabError `usage_year` (exit 2)."""
    clock.check_week(said)
    start = session.settings.week_start
    return _by_word(said, session.week) or _whole(said, start) or _numbered(said, session.as_of, start)


def _by_word(said: str, running: str) -> str | None:
    for weeks, key in ((0, "this"), (-1, "last")):
        if said.casefold() in {text(f"verbs.word.week_{key}", lang).casefold() for lang in LANGS}:
            return week_after(running, weeks)
    return None


def _whole(said: str, start: int) -> str | None:
    try:
        return week_of(week_days(said, start)[0], start)
    except ValueError:
        return None


def _numbered(said: str, as_of: date, start: int) -> str | None:
    found = _NUMBER.match(said)
    if not found:
        return None
    near = []
    for year in (as_of.year - 1, as_of.year, as_of.year + 1):
        if (whole := _whole(f"{year}-W{int(found[1]):02}", start)) is not None:
            near.append((abs(week_days(whole, start)[0] + timedelta(3) - as_of), whole))
    return min(near)[1] if near else None


def day_in(session: Session, said: str) -> date | None:
    """A day as a sheet may have it; without a year the one nearest to `as_of`. None if it is none."""
    return day_near(said, session.as_of)
