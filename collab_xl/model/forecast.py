"""When the work is expected to end, as a range, and what of the past it is drawn from. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from collab_xl.model.record import Struct, field
from collab_xl.model.sheets import Table


class Look(Struct, frozen=True):
    """The rows of work as they stood on an earlier day. `tables`: form id → its rows, with those columns that were known."""

    day: date
    tables: Mapping[str, Table]


class Range(Struct, frozen=True):
    """In half of the simulated courses the work has ended by `p50`, in four of five by `p80`."""

    p50: date
    p80: date


class Hits(Struct, frozen=True):
    """Of `of` earlier P80 forecasts that are decided by now, `held` were right: the work ended by that day."""

    held: int = 0
    of: int = 0

    @property
    def rate(self) -> float | None:
        """The share that held; None without a decided forecast."""
        return self.held / self.of if self.of else None


TOO_SHORT, NOTHING_OPEN = "too_short", "nothing_open"
"""Why there is no range: too few finished rows to learn from, or no open row with a planned end. Texts: `rules.forecast.<reason>`."""


class Forecast(Struct, frozen=True):
    """The ranges on one day. Without a range `reason` says why."""

    as_of: date
    reason: str = ""
    project: Range | None = None
    """When the last open row of work has ended."""
    rows: Mapping[tuple[str, str], Range] = field(default_factory=dict)
    """(form, key) of a row that has parts (a requirement) → when the last of its open parts has ended. Absent: rows with nothing open."""
    hits: Hits = Hits()
    """Of single rows of work (tasks)."""
    whole_hits: Hits = Hits()
    """Of rows with parts (requirements)."""
    finished: int = 0
    """Finished rows of work that the ranges are drawn from."""
    weeks: int = 0
    """Weeks in which they were seen while open."""
    undated: int = 0
    """Open rows of work without a planned end: the ranges do not know them."""
