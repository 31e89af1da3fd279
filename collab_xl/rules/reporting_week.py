"""The week that reports are about, and when a week's submissions are due.

Pure: the moment is an argument.  Decision 0033.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time

from collab_xl.model.week import week_after, week_days, week_of
from collab_xl.settings import Settings


def submit_day(week: str, settings: Settings) -> date | None:
    """The day on which the submissions of a week are due; None for a text that is no week."""
    try:
        first, _ = week_days(week)
        year, number, _ = first.isocalendar()
        return date.fromisocalendar(year, number, settings.submit_weekday)
    except ValueError:
        return None


def deadline(week: str, settings: Settings) -> date | datetime | None:
    """The moment until which a submission is in time: the hour of sheet 设置 on the submitting day; without an hour the end of that day."""
    day = submit_day(week, settings)
    hour = hour_of(settings)
    return datetime.combine(day, hour) if day and hour else day


def hour_of(settings: Settings) -> time | None:
    """The hour of the deadline; None if the setting is blank."""
    return time.fromisoformat(settings.submit_time) if settings.submit_time else None


def has_come(week: str, moment: datetime, settings: Settings) -> bool:
    """Whether the deadline of a week has come; without an hour from the morning of the submitting day, as the report is made that day."""
    day = submit_day(week, settings)
    return day is not None and moment >= datetime.combine(day, hour_of(settings) or time.min)


def reporting_week(moment: datetime, issued: Collection[str], settings: Settings) -> str:
    """The newest issued week whose deadline has come, but never one older than the week before the running one; else the running one.

    On Monday morning that is last week, though the packs of the new week may have been issued.
    """
    running = week_of(moment.date(), settings.week_start)
    come = [week for week in (running, week_after(running, -1)) if week in issued and has_come(week, moment, settings)]
    return max(come, default=running)
