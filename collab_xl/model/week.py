"""Weeks as the reports name them, `2026-W47`, and their days.

A week is the ISO week. If the project's week starts on another day (setting `week_start`, an ISO weekday), a week is the seven days from
that weekday that include the Thursday of the ISO week. So each day is in exactly one week, and the ISO numbers stay.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from collab_xl.model.regex import regex

FIRST_YEAR, LAST_YEAR = 1990, 2099
"""The years a date of a project can mean, in a cell as on the command line; anything else is a typing mistake (0206, 9999)."""
_WEEK = regex(r"(\d{4})-?W(\d{1,2})$", re.IGNORECASE)


def in_range(day: date) -> bool:
    """Whether the day is in the range of dates a project can have."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def week_in_range(week: str) -> bool:
    """Whether the year of a week is in that range; True for text that is no week (`week_days` refuses it)."""
    found = _WEEK.match(week.strip())
    return found is None or FIRST_YEAR <= int(found[1]) <= LAST_YEAR


def _shift(week_start: int) -> timedelta:
    return timedelta(week_start - 1 if week_start <= 4 else week_start - 8)


def week_of(day: date, week_start: int = 1) -> str:
    """The week a day is in."""
    year, week, _ = (day - _shift(week_start)).isocalendar()
    return f"{year:04}-W{week:02}"


def week_days(week: str, week_start: int = 1) -> tuple[date, date]:
    """First and last day of a week. Raises ValueError for a text that is no week (`2026-W54`, `47`)."""
    found = _WEEK.match(week.strip())
    if not found:
        raise ValueError(f"not a week: {week!r}")
    try:
        first = date.fromisocalendar(int(found[1]), int(found[2]), 1) + _shift(week_start)
        return first, first + timedelta(6)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"not a week: {week!r}") from error


def week_after(week: str, weeks: int = 1) -> str:
    """The week `weeks` later; a negative number means earlier."""
    return week_of(week_days(week)[0] + timedelta(weeks=weeks))
