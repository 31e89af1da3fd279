"""The open work of a form as numbers: planned days and links counted in working days, for `slips` and `forecast`.

In: rows, the working calendar, a day.  Out: Jobs.  Pure.  The rules are those of `rules.chain` (decision 0047); there days are dates and a
row has one outlook, here a day may be a whole array of simulated days.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from collab_xl.model.calendar import Calendar
from collab_xl.model.dependency import UNITS, Dependency
from collab_xl.model.record import Struct
from collab_xl.rules.chain import Planned, network
from collab_xl.rules.rows import Rows

EPOCH = date(2000, 1, 1)
"""Working days are counted from here."""

Days = Any
"""A number of working days, or a numpy array of them."""


class Jobs(Struct, frozen=True):
    """Rows by index. `starts`, `ends`: planned working days since `EPOCH`, None for a blank. `holding`: the predecessors that still hold
    the row up, and how. `order`: predecessors first."""

    today: int
    starts: Sequence[int | None]
    ends: Sequence[int | None]
    progress: Sequence[float | None]
    open: Sequence[bool]
    holding: Sequence[Sequence[tuple[int, Dependency]]]
    order: Sequence[int]
    later: Callable[[Days, int], Days]
    """Moves working days by a number of calendar days."""

    def pushed(self, i: int, ends: Sequence[Days | None], starts: Sequence[Days | None] | None = None, *, begins: bool = False) -> Days:
        """The working days by which the predecessors move row `i` beyond its plan, if they end (and begin) on these days.

        begins: only what moves its begin.
        """
        moved: Days = 0
        for p, link in self.holding[i]:
            if begins and link.kind[1] != "S":
                continue
            own = self.starts[i] if link.kind[1] == "S" and self.starts[i] is not None else self.ends[i]
            planned = self._asked(link, self.starts[p], self.ends[p], i)
            now = self._asked(link, (starts or self.starts)[p], ends[p], i)
            if own is None or planned is None or now is None:
                continue
            moved = _larger(moved, now - own - max(0, planned - own))
        return moved

    def _asked(self, link: Dependency, start: Days | None, end: Days | None, i: int) -> Days | None:
        """The first working day the link allows."""
        day = end if link.kind[0] == "F" else start
        if day is None:
            return None
        days, working = UNITS[link.unit]
        day = day + link.lag * days if working else self.later(day, link.lag * days)
        return day + 1 if link.kind == "FS" and self.starts[i] is not None else day


def _larger(one: Days, other: Days) -> Days:
    if isinstance(one, int) and isinstance(other, int):
        return max(one, other)
    import numpy as np

    return np.maximum(one, other)


def jobs_of(rows: Rows, work: Calendar, day: date) -> Jobs:
    """The rows as they are planned, seen on that day."""
    net, plan = network(rows), Planned(rows, day)
    known: dict[date | None, int | None] = {None: None}

    def counted(days: Sequence[date | None]) -> list[int | None]:
        for one in days:
            if one not in known and one is not None:
                known[one] = work.days_between(EPOCH, one)
        return [known[one] for one in days]

    return Jobs(
        today=work.days_between(EPOCH, day),
        starts=counted(plan.starts),
        ends=counted(plan.ends),
        progress=rows.numbers("progress"),
        open=[not closed for closed in plan.closed],
        holding=[plan.holding(links, i) for i, links in enumerate(net.links)],
        order=net.order,
        later=_Later(work),
    )


class _Later:
    """Moves working days by calendar days: to the date, on by so many days, back to the working day that has come by then."""

    def __init__(self, work: Calendar) -> None:
        self._work = work

    def __call__(self, day: Days, days: int) -> Days:
        if isinstance(day, int):
            return self._work.days_between(EPOCH, date.fromordinal(self._work.forward(EPOCH, day).toordinal() + days))
        import numpy as np

        first, last = int(day.min()), int(day.max())
        moved = np.array([self(one, days) for one in range(first, last + 1)], dtype=day.dtype)
        return moved[day - first]
