"""Which days count. Pure; the years' holidays come from the master's calendar sheet (filled from the `holidays` package)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta


@dataclass(frozen=True)
class Calendar:
    """Monday to Friday, less `days_off`, plus weekend days moved to work (调休).

    `special` maps a date to True (a working day) or False (a day off); `years` are those the calendar sheet covers.
    `working` False counts every day (setting `day_count = calendar`).
    """

    special: Mapping[date, bool] = field(default_factory=dict)
    years: frozenset[int] = frozenset()
    working: bool = True

    def counts(self, day: date) -> bool:
        """Whether a day counts towards lateness."""
        return not self.working or self.special.get(day, day.weekday() < 5)

    def days_between(self, start: date, end: date) -> int:
        """Counting days after `start` up to and including `end`; 0 when `end` is not later.

        Friday to Monday is 1 in working days.
        """
        return sum(self.counts(start + timedelta(n)) for n in range(1, (end - start).days + 1))

    def back(self, day: date, days: int) -> date:
        """The day `days` counting days before `day`."""
        while days > 0:
            day -= timedelta(1)
            days -= self.counts(day)
        return day

    def forward(self, day: date, days: int) -> date:
        """The day `days` counting days after `day`."""
        while days > 0:
            day += timedelta(1)
            days -= self.counts(day)
        return day
