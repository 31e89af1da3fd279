"""The register of escalations: what had to be escalated, since when, to whom, and what came of it. Pure data."""

from __future__ import annotations

from datetime import date

from collab_xl.model.record import Struct
from collab_xl.model.values import Value


class Escalated(Struct, frozen=True):
    """One entry: a row that had to be escalated for one cause. If it happens again later, that is an entry of its own."""

    form: str
    key: str
    cause: str
    since: date
    """The first day."""
    name: str = ""
    department: str = ""
    to: tuple[str, ...] = ()
    """Names of those to inform, at the level reached."""
    answer_by: date | None = None
    """Fixed on the first day."""
    level: int = 1
    level_since: date | None = None
    told: Value = None
    """What the PMO typed: that they told it themselves. What was mailed is in the ledger."""
    answered: Value = None
    ruling: Value = None
    closed: date | None = None
    """The first day on which it was no longer to be escalated."""
    time: int = 1
    """How often the row has been escalated for this cause, this entry included: what was told the first time is not told the second."""

    @property
    def place(self) -> tuple[str, str, str]:
        return self.form, self.key, self.cause

    @property
    def mark(self) -> str:
        """What is told once: `form:key:cause`, with the level and the time from the second on."""
        return told_mark(*self.place, self.level, self.time)

    @property
    def is_answered(self) -> bool:
        return self.answered not in (None, "") or self.ruling not in (None, "")


def told_mark(form: str, key: str, cause: str, level: int = 1, time: int = 1) -> str:
    return f"{form}:{key}:{cause}" + (f"@{level}" if level > 1 else "") + (f"#{time}" if time > 1 else "")
