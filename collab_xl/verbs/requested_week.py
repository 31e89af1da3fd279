"""The week a verb works on."""

from __future__ import annotations

from collab_xl.errors import CollabError
from collab_xl.model.week import week_days, week_of
from collab_xl.verbs import clock
from collab_xl.verbs.session import Session


def requested_week(session: Session, week: str | None) -> str:
    """The requested week as `2026-W47`; without one the week of `as_of`. Raises CollabError `usage_week`, `usage_year` (exit 2)."""
    if week is None:
        return session.week
    start = session.settings.week_start
    clock.check_week(week)
    try:
        days = week_days(week, start)
    except ValueError:
        raise CollabError("usage_week", exit_code=2, text=week, lang=session.lang) from None
    return week_of(days[0], start)
