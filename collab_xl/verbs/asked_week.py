"""Which week a verb is about."""

from __future__ import annotations

from collab_xl.errors import CollabError
from collab_xl.model.week import week_days, week_of
from collab_xl.verbs import clock
from collab_xl.verbs.session import Session


def asked_week(session: Session, week: str | None) -> str:
    """The week asked for in its usual spelling, else the week of `as_of`. Raises CollabError `usage_week`, `usage_year` (exit 2)."""
    if week is None:
        return session.week
    start = session.settings.week_start
    clock.meant_week(week)
    try:
        days = week_days(week, start)
    except ValueError:
        raise CollabError("usage_week", exit_code=2, text=week, lang=session.lang) from None
    return week_of(days[0], start)
