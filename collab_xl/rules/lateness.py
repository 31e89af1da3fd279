"""The only definition of overdue, used by every sheet, report and notice. The form defines what is closed (`Rows.closed`).

Decision 0006 explains why a row is overdue only after a counting day has passed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from collab_xl.model.calendar import Calendar
from collab_xl.model.terms import Terms
from collab_xl.model.values import Value

BUCKETS: tuple[tuple[str, int], ...] = (("1-3", 3), ("4-7", 7), ("8-14", 14), ("15+", 10**6))
"""Ageing of what is overdue (docs/facts/domain.md, The weekly sheet): name and highest number of days.
Every overdue row is in exactly one."""


WARNINGS = ("escalate", "overdue", "due_soon", "ok")
"""The choices of a column computed as `warning`, the most urgent first."""


def as_day(value: Value) -> date | None:
    """The day of a date or datetime; None for anything else."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def days_late(end: Value, closed: bool, as_of: date, calendar: Calendar) -> int:
    """Counting days an open row is past its end, else 0. A row due on `as_of`, without an end, or past its end only by days that do
    not count (a weekend) is not late."""
    day = as_day(end)
    return 0 if day is None or closed else calendar.days_between(day, as_of)


def is_due_soon(end: Value, closed: bool, as_of: date, terms: Terms) -> bool:
    """Open, not overdue, and the end is at most `warning_days` away (48 hours: `as_of` ≥ end - 2 days)."""
    day = as_day(end)
    if day is None or closed or terms.late.days_between(day, as_of):
        return False
    starts = terms.work.back(day, terms.warning_days) if terms.warning_working else day - timedelta(terms.warning_days)
    return as_of >= starts


def warning(end: Value, closed: bool, as_of: date, terms: Terms) -> str | None:
    """The most urgent of `WARNINGS` that applies; None if closed or without an end."""
    if closed or as_day(end) is None:
        return None
    days = days_late(end, closed, as_of, terms.late)
    escalate, overdue, due_soon, ok = WARNINGS
    if days:
        return escalate if days > terms.escalate_days else overdue
    return due_soon if is_due_soon(end, closed, as_of, terms) else ok


def bucket_of(days: int) -> str:
    """The ageing bucket of an overdue row, `days` at least 1."""
    return next(name for name, most in BUCKETS if days <= most)


def age_days(raised: Value, finished: Value, closed: bool, as_of: date) -> int | None:
    """Calendar days a problem has been (or was) open; None if unknown: no date raised, or closed without a date."""
    first, last = as_day(raised), as_day(finished) if closed else as_of
    return None if first is None or last is None else max(0, (last - first).days)


def done_day(actual: Value, updated: Value) -> date | None:
    """The day a done row was finished: its actual end, else its last update."""
    return as_day(actual) or as_day(updated)
