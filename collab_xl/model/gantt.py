"""What a Gantt chart shows, before it is laid out. Pure data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from collab_xl.model.dependency import Dependency
from collab_xl.model.forecast import Range
from collab_xl.model.record import Struct


class Bar(Struct, frozen=True):
    """One task. `state` is one of `STATES`; `expected` is later than `end` where the task is late or slips; `slack` in working days.

    `row` is its number in the table; `links` are (row of a predecessor, how it waits for it), without those that close a circle.
    """

    row: int
    key: str
    name: str
    department: str
    owner: str
    links: tuple[tuple[int, Dependency], ...]
    before: str
    """The predecessors as the sheet shows them."""
    start: date | None
    end: date | None
    finished: date | None
    expected: date | None
    baseline: date | None
    progress: float | None
    slack: int | None
    state: str
    days: int = 0
    """Working days late, or slipping."""
    milestone: bool = False
    parent: str = ""
    """The ID of what it is a part of; "" if that is no row."""
    status: str = ""
    """As the sheet shows it."""

    @property
    def last(self) -> date | None:
        """The day until which it is drawn: a finished task until it was finished, early or late; any other until its planned end."""
        return (self.finished if self.state == "done" else None) or self.end


STATES = ("done", "cancelled", "late", "slips", "no_room", "open", "undated")
"""`no_room`: on the critical path."""


class BarGroup(Struct, frozen=True):
    """Tasks that belong together, earliest first."""

    name: str
    bars: Sequence[Bar]
    expected: Range | None = None
    """When the last of them has ended, if that can be said."""

    @property
    def span(self) -> tuple[date, date] | None:
        """The first and last planned day of its tasks."""
        days = [day for bar in self.bars for day in (bar.start or bar.end, bar.end or bar.start) if day is not None]
        return (min(days), max(days)) if days else None
