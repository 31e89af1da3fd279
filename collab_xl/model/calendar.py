"""Which days count. Pure. The holidays come from the master's calendar sheet, which is filled from the `holidays` package."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property

from collab_xl.model.record import Struct, field, replace


class Calendar(Struct, frozen=True, dict=True):
    """Monday to Friday, without the days off, plus the weekend days that are working days (调休).

    `special` maps a date to True (a working day) or False (a day off); `years` are the years the calendar sheet covers.
    With `working` False every day counts (setting `day_count = calendar`).
    """

    special: Mapping[date, bool] = field(default_factory=dict)
    years: frozenset[int] = frozenset()
    working: bool = True

    def counts(self, day: date) -> bool:
        """Whether a day counts towards lateness."""
        return not self.working or self.special.get(day, day.weekday() < 5)

    def days_between(self, start: date, end: date) -> int:
        """How many counting days lie after `start`, up to and including `end`; 0 when `end` is not later.

        Friday to Monday is 1 in working days. The time it takes does not depend on the length of the period.
        """
        if end <= start:
            return 0
        if not self.working:
            return (end - start).days
        return self._up_to(end) - self._up_to(start)

    @cached_property
    def _moved(self) -> tuple[list[int], list[int]]:
        """Ordinals of the days that `special` changes, and the running sum of what each adds (+1 or -1)."""
        days, sums, total = [], [0], 0
        for day, counts in sorted(self.special.items()):
            if counts != (day.weekday() < 5):
                total += 1 if counts else -1
                days.append(day.toordinal())
                sums.append(total)
        return days, sums

    def _up_to(self, day: date) -> int:
        """Working days from 0001-01-01 up to and including `day`."""
        ordinal = day.toordinal()  # 1 is a Monday
        weeks, rest = divmod(ordinal, 7)
        days, sums = self._moved
        return weeks * 5 + min(rest, 5) + sums[bisect_right(days, ordinal)]

    def back(self, day: date, days: int) -> date:
        """The day `days` counting days before `day`."""
        while days > 14:
            earlier = day - timedelta(days - 7)
            days -= self.days_between(earlier - timedelta(1), day - timedelta(1))
            day = earlier
        while days > 0:
            day -= timedelta(1)
            days -= self.counts(day)
        return day

    def forward(self, day: date, days: int) -> date:
        """The day `days` counting days after `day`."""
        while days > 14:  # whole weeks at once; no more days can count than pass
            later = day + timedelta(days - 7)
            days -= self.days_between(day, later)
            day = later
        while days > 0:
            day += timedelta(1)
            days -= self.counts(day)
        return day

    def counting(self, working: bool) -> Calendar:
        """The same days, counted in working days or in calendar days."""
        return self if self.working == working else replace(self, working=working)
