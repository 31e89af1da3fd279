"""A day or period as written, before its year is known. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from collab_xl.model.record import Struct
from collab_xl.model.week import FIRST_YEAR, LAST_YEAR
from collab_xl.read.remarks import Remark


class Found(Struct, frozen=True):
    """A day as written. `year` is None if not written; `day` 0 means the last of the month.

    `zone`: the clock is that of this time zone, given as its distance from UTC. `ends`: 24:00 was written, the end of the day.
    """

    year: int | None
    month: int
    day: int
    clock: time | None = None
    remarks: tuple[Remark, ...] = ()
    zone: timedelta | None = None
    ends: bool = False

    def value(self, year: int) -> date | None:
        """A date, or a datetime if a time was written; None if the calendar has no such day."""
        try:
            if self.day == 0:
                day = date(year + self.month // 12, self.month % 12 + 1, 1) - timedelta(1)
            else:
                day = date(year, self.month, self.day)
        except ValueError:
            return None
        if not FIRST_YEAR <= year <= LAST_YEAR:
            return None
        return datetime.combine(day, self.clock) if self.clock else day


class Period(Struct, frozen=True):
    first: Found
    last: Found
    remarks: tuple[Remark, ...] = ()


class Bad(Struct, frozen=True):
    """Why a text is no date."""

    code: str
    remark: Remark


def bad(code: str, **facts: object) -> Bad:
    return Bad(code, Remark(code, facts))
