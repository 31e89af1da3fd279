"""The product's only clock: nothing else asks the system for the time. The demo and tests set it: `with at(moment): …`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from collab_xl.errors import CollabError
from collab_xl.model.week import FIRST_YEAR, LAST_YEAR, in_range, week_in_range

_set_to: ContextVar[datetime | None] = ContextVar("collab_xl_clock", default=None)


def now() -> datetime:
    """Local time in whole seconds."""
    return (_set_to.get() or datetime.now()).replace(microsecond=0)


def today() -> date:
    """The local day: the default of `as_of`."""
    return now().date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Set the clock to `moment` within the block."""
    token = _set_to.set(moment)
    try:
        yield
    finally:
        _set_to.reset(token)


def checked_day(day: date, lang: str | None = None) -> date:
    """The day. Raises CollabError `usage_year` (exit 2) for a year outside the range of projects."""
    if not in_range(day):
        asked = {"lang": lang} if lang else {}
        raise CollabError("usage_year", exit_code=2, text=day.isoformat(), first=FIRST_YEAR, last=LAST_YEAR, **asked)
    return day


def check_week(week: str) -> None:
    """The same for a week written as `2026-W47`."""
    if not week_in_range(week):
        raise CollabError("usage_year", exit_code=2, text=week, first=FIRST_YEAR, last=LAST_YEAR)
