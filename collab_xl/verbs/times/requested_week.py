"""The week a verb works on: the one that was asked for, in any way a person writes one, else the verb's own."""

from __future__ import annotations

from datetime import date

from collab_xl.errors import CollabError
from collab_xl.model.finding import Saying
from collab_xl.model.week import week_of
from collab_xl.verbs.session import Session
from collab_xl.verbs.times import clock
from collab_xl.verbs.times.spoken_day import day_near, named_day, named_week, weeks_in_year


def requested_week(session: Session, week: str | None, default: str) -> str:
    """The requested week as `2026-W47`; without one the default.

    Understood: `2026-W47`, `W47`, `47`, `第47周`, `2026年第47周`, `week 47`, 本周, 上周, 下周, and any day of the week as a person says or
    writes one. A week without a year is the one nearest to `as_of`. Raises CollabError `usage_week`, `usage_year` (exit 2).
    """
    if week is None or not week.strip():
        return default
    said = week.strip()
    found = week_in(session, said)
    if found is None and (day := day_in(session, said)) is not None:
        found = week_of(day, session.settings.week_start)
    if found is None:
        year = weeks_in_year(said)
        why = Saying("verbs.spoken.weeks_of_year", {"year": year[0], "weeks": year[1]}) if year else Saying("verbs.spoken.weeks", {})
        raise CollabError("usage_week", exit_code=2, text=week, reason=why, lang=session.lang)
    return found


def week_in(session: Session, said: str) -> str | None:
    """The week that is written so, without a day; None if it is none. Raises CollabError `usage_year` (exit 2)."""
    clock.check_week(said)
    return named_week(said, session.as_of, session.settings.week_start)


def day_in(session: Session, said: str) -> date | None:
    """A day as a person says or writes it; without a year the one nearest to `as_of`. None if it is none."""
    return named_day(said, session.as_of, session.settings.week_start) or day_near(said, session.as_of)
