"""The rows of the tracker as plain facts, worked out once: every figure of the weekly sheet is counted from these.

In: the rows of the form the page is made for, the directory, terms and the day.  Out: one Fact a row, in sheet order.  Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from collab_xl.model.directory import Directory, folded
from collab_xl.model.terms import Terms
from collab_xl.model.values import Value
from collab_xl.rules.lateness import done_day
from collab_xl.rules.rows import Rows


@dataclass(frozen=True, slots=True)
class Fact:
    """`line` is the one of the weekly sheet ("" for the line 其他); `late` are days that count, 0 when not overdue."""

    key: str
    name: str
    line: str
    state: str
    """What `status` means: one of `forms.STATES`."""
    status: str
    due: date | None
    late: int
    finished: date | None
    """The day it was done, where that is known."""
    curve: date | None
    """The day it counts as done in the progress curve; None when it is not done."""
    progress: float | None
    actual: str
    reason: str
    measure: str
    closed: bool

    @property
    def done(self) -> bool:
        return self.state == "done"

    @property
    def cancelled(self) -> bool:
        return self.state == "cancelled"

    @property
    def open(self) -> bool:
        return not self.closed


class Lines:
    """Which line of the weekly sheet a department's rows count in.

    With a directory: its departments in sheet order, everything else in the line "". Without one: every name as written.
    """

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._met: dict[str, str] = {}

    def of(self, written: Value) -> str:
        name = written if isinstance(written, str) else written[0] if isinstance(written, tuple) and len(written) == 1 else ""
        if self._directory.departments:
            return self._directory.find(name) or ""
        return self._met.setdefault(folded(name), name.strip()) if name.strip() else ""

    def names(self) -> list[str]:
        """All lines but the one for the others, in order."""
        return [d.name for d in self._directory.departments] or list(self._met.values())


def number(value: Value) -> float | None:
    """A number of a cell; None for anything else."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def facts_of(rows: Rows | None, lines: Lines, terms: Terms, as_of: date) -> list[Fact]:
    """Every record, also one without an ID: what is on the sheet is in the figures. None: the master has no such form."""
    if rows is None:
        return []
    due, late = rows.days("due"), rows.late(terms, as_of)
    finished, updated, progress = rows.values("finished"), rows.values("updated"), rows.values("progress")
    statuses, actual, reason, measure = (rows.words(role) for role in ("status", "result", "late_reason", "measure"))
    facts = []
    for i, state in enumerate(rows.states):
        day = done_day(finished[i], updated[i]) if state == "done" else None
        facts.append(
            Fact(
                key=rows.keys[i] or "",
                name=rows.titles[i],
                line=lines.of(rows.departments[i]),
                state=state,
                status=statuses[i],
                due=due[i],
                late=late[i],
                finished=day,
                # Done on a day nobody wrote down: the plan is the best guess, and never later than today.
                curve=min(day or due[i] or as_of, as_of) if state == "done" else None,
                progress=number(progress[i]),
                actual=actual[i],
                reason=reason[i],
                measure=measure[i],
                closed=rows.closed[i],
            )
        )
    return facts
