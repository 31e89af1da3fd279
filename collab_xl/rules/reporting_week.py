"""The week that reports are about, and when a week's submissions are due.

Pure: the moment is an argument.  Decisions 0033, 0077, 0088.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from collab_xl.model.calendar import Calendar
from collab_xl.model.week import week_after, week_days, week_of
from collab_xl.settings import Settings

WORKED = 5
"""Days of a week that are worked where the calendar says nothing else: Monday to Friday."""


def submit_day(week: str, settings: Settings, calendar: Calendar) -> date | None:
    """The day on which the submissions of a week are due: that of the settings, or the last working day of the week before it where that
    day is a holiday. A week without one, and a weekend that somebody chose, keep the day. None for a text that is no week."""
    try:
        first, _ = week_days(week)
        year, number, _ = first.isocalendar()
        day = date.fromisocalendar(year, number, settings.submit_weekday)
    except ValueError:
        return None
    work = calendar.counting(True)
    earlier = [day - timedelta(n) for n in range(day.weekday() + 1)]
    return day if settings.submit_weekday > WORKED else next(filter(work.counts, earlier), day)


def deadline(week: str, settings: Settings, calendar: Calendar) -> date | datetime | None:
    """The moment until which a submission is in time: the hour of sheet 设置 on the submitting day; without an hour the end of that day."""
    day = submit_day(week, settings, calendar)
    hour = hour_of(settings)
    return datetime.combine(day, hour) if day and hour else day


def hour_of(settings: Settings) -> time | None:
    """The hour of the deadline; None if the setting is blank."""
    return time.fromisoformat(settings.submit_time) if settings.submit_time else None


def has_come(week: str, moment: datetime, settings: Settings, calendar: Calendar) -> bool:
    """Whether the deadline of a week has come; without an hour from the morning of the submitting day, as the report is made that day."""
    day = submit_day(week, settings, calendar)
    return day is not None and moment >= datetime.combine(day, hour_of(settings) or time.min)


def reporting_week(moment: datetime, issued: Collection[str], settings: Settings, calendar: Calendar, begun: datetime | None = None) -> str:
    """The newest issued week whose deadline has come, but never one older than the week before the running one; else the running one.

    On Monday morning that is last week, though the packs of the new week may have been issued. In a project that has never issued packs
    every week since it was begun counts as issued, if its deadline was still to come then (decision 0088).
    """
    running = week_of(moment.date(), settings.week_start)

    def counts(week: str) -> bool:
        if issued or begun is None:
            return week in issued
        return not has_come(week, begun, settings, calendar)

    come = [week for week in (running, week_after(running, -1)) if counts(week) and has_come(week, moment, settings, calendar)]
    return max(come, default=running)
