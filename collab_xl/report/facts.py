"""The tasks of a tracker as plain facts, worked out once: every figure of the weekly sheet is counted from these.

In: a parsed task table, the directory, terms and the day.  Out: one TaskFacts a row, in sheet order.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from collab_xl.model.directory import Directory, folded
from collab_xl.model.sheets import Table
from collab_xl.model.terms import Terms
from collab_xl.model.values import Value
from collab_xl.rules.deadlines import key_of
from collab_xl.rules.lateness import as_day, days_late, done_day, is_closed


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """`dept` is a line of the weekly sheet ("" for the line 其他); `late` are days that count, 0 when not overdue."""

    key: str
    name: str
    dept: str
    status: str
    end: date | None
    late: int
    finished: date | None
    """The day it was done, where that is known."""
    curve: date | None
    """The day it counts as done in the progress curve; None when it is not done."""
    progress: float | None
    actual: str
    reason: str
    measure: str

    @property
    def done(self) -> bool:
        return self.status == "done"

    @property
    def cancelled(self) -> bool:
        return self.status == "cancelled"

    @property
    def open(self) -> bool:
        return not is_closed(self.status)


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


def said(table: Table, index: int, field: str) -> str:
    """A field as text, "" when blank or unreadable."""
    value = table.readable(index, field)
    return "、".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def task_facts(tables: Mapping[str, Table], lines: Lines, terms: Terms, as_of: date) -> list[TaskFacts]:
    """Every record of the task table, also one without an ID: what is on the sheet is in the figures."""
    table = tables.get("tasks")
    if table is None:
        return []
    facts = []
    for i in range(len(table)):
        status, end = said(table, i, "status"), as_day(table.readable(i, "end"))
        progress = table.readable(i, "progress")
        finished = done_day(table.readable(i, "actual_end"), table.readable(i, "updated")) if status == "done" else None
        # Done on a day nobody wrote down: the plan is the best guess, and never later than today.
        curve = min(finished or end or as_of, as_of) if status == "done" else None
        facts.append(
            TaskFacts(
                key=key_of(table, i, "task_id") or "",
                name=said(table, i, "name"),
                dept=lines.of(table.readable(i, "dept")),
                status=status,
                end=end,
                late=days_late(end, is_closed(status), as_of, terms.late),
                finished=finished,
                curve=curve,
                progress=progress if isinstance(progress, (int, float)) and not isinstance(progress, bool) else None,
                actual=said(table, i, "done_this_week"),
                reason=said(table, i, "late_reason"),
                measure=said(table, i, "measure"),
            )
        )
    return facts
