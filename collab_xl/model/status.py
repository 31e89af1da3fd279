"""The one place that says what closed and overdue mean; every sheet, report and notice asks here.

Status values are the schema's choice ids: tasks not_started, in_progress, done, late, paused, cancelled;
requirements to_review, confirmed, in_progress, done, cancelled; problems open, handling, solved, escalated, closed.
"""

from __future__ import annotations

from datetime import date, datetime

from collab_xl.model.calendar import Calendar
from collab_xl.model.values import Value

CLOSED = frozenset({"done", "cancelled", "solved", "closed"})


def is_closed(status: Value) -> bool:
    """Nothing more is expected of the row. A blank status is open."""
    return status in CLOSED


def as_day(value: Value) -> date | None:
    """The day of a date or datetime; None for anything else."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def is_overdue(end: Value, status: Value, as_of: date) -> bool:
    """Open and its end is before `as_of`; a row due that very day is not late, one without an end never."""
    day = as_day(end)
    return day is not None and day < as_of and not is_closed(status)


def days_late(end: Value, status: Value, as_of: date, calendar: Calendar) -> int:
    """Counting days an open row is late, 0 when it is not. Late over a weekend only is overdue by 0 working days."""
    day = as_day(end)
    return calendar.days_between(day, as_of) if day is not None and is_overdue(end, status, as_of) else 0
