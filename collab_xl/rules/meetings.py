"""The days of the review meeting.

Pure.  Source: docs/facts/domain.md, The week: every Monday, 30 minutes; on a day off, the next working day.
"""

from __future__ import annotations

from datetime import date, timedelta

from collab_xl.model.calendar import Calendar


def held_in_week(first: date, weekday: int, work: Calendar) -> date | None:
    """The meeting of the week that begins on `first`; None if that week has no working day from the meeting's day on.

    Args:
        weekday: ISO number of the meeting's day.
        work: counts working days.
    """
    days = [first + timedelta(n) for n in range(7)]
    meeting = next(day for day in days if day.isoweekday() == weekday)
    held = meeting if work.counts(meeting) else work.forward(meeting, 1)
    return held if held <= days[-1] else None


def next_meeting(as_of: date, week_starts: date, weekday: int, work: Calendar) -> date:
    """The first meeting on or after a day. `week_starts`: first day of the week of `as_of`."""
    for n in range(60):
        held = held_in_week(week_starts + timedelta(7 * n), weekday, work)
        if held is not None and held >= as_of:
            return held
    return as_of
