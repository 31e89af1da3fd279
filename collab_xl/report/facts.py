"""The rows of the tracker as facts, computed once. Every figure of the weekly sheet is counted from them.

In: the rows of the form the page is made for, the directory, terms and the day.  Out: one Fact per row, in sheet order.  Pure.
"""

from __future__ import annotations

from datetime import date

from collab_xl.model.directory import Directory, folded
from collab_xl.model.record import Struct
from collab_xl.model.terms import Terms
from collab_xl.model.values import Value
from collab_xl.rules.lateness import done_day
from collab_xl.rules.rows import Rows


class Fact(Struct, frozen=True):
    """`line` is the row's line on the weekly sheet ("" for the line 其他); `late` is in counting days, 0 if not overdue."""

    key: str
    name: str
    line: str
    state: str
    """What `status` means: one of `forms.STATES`."""
    status: str
    due: date | None
    late: int
    finished: date | None
    """The day it was done, if known."""
    curve: date | None
    """The day it counts as done in the progress curve; None if it is not done."""
    progress: float | None
    actual: str
    reason: str
    measure: str
    closed: bool
    owner: str = ""
    next_step: str = ""
    """What its department plans for next week."""
    weight: int = 1
    """Planned working days, at least 1."""
    reached: float = 0.0
    """The share of its work that is reported as done."""
    expected: float = 0.0
    """The share that its planned days would have by now. An open task without a progress that is not late is not judged: as reached."""

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
    """Which line of the weekly sheet counts a department's rows.

    With a directory: its departments in sheet order; all other names belong to the line "". Without one: every name as written.
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
        """All lines in order, without the one for others."""
        return [d.name for d in self._directory.departments] or list(self._met.values())


def number(value: Value) -> float | None:
    """The value if it is a number, else None."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def facts_of(rows: Rows | None, lines: Lines, terms: Terms, as_of: date) -> list[Fact]:
    """The facts of every record, also without an ID: every row on the sheet counts. `rows` None: the master has no such form."""
    if rows is None:
        return []
    due, late = rows.days("due"), rows.late(terms, as_of)
    finished, updated, progress = rows.values("finished"), rows.values("updated"), rows.values("progress")
    roles = ("status", "result", "late_reason", "measure", "owner", "next_step")
    statuses, actual, reason, measure, owner, next_step = (rows.words(role) for role in roles)
    starts = rows.days("start")
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
                # If the day it was done is unknown, use the planned day, but no later than today.
                curve=min(day or due[i] or as_of, as_of) if state == "done" else None,
                progress=number(progress[i]),
                actual=actual[i],
                reason=reason[i],
                measure=measure[i],
                closed=rows.closed[i],
                owner=owner[i],
                next_step=next_step[i],
                weight=(weight := _weight(starts[i], due[i], terms)),
                reached=(reached := 1.0 if state == "done" else number(progress[i]) or 0.0),
                expected=_expected(starts[i], due[i], weight, terms, as_of)
                if state != "done" and (late[i] or number(progress[i]) is not None)
                else reached,
            )
        )
    return facts


def _weight(start: date | None, due: date | None, terms: Terms) -> int:
    """Planned working days, the first included; 1 where they are not known."""
    return max(1, terms.work.days_between(start, due) + terms.work.counts(start)) if start and due else 1


def _expected(start: date | None, due: date | None, weight: int, terms: Terms, as_of: date) -> float:
    """The share of the planned days that have passed, the day itself not included; without a start all is planned for the last day."""
    if due is None or due < as_of:
        return 0.0 if due is None else 1.0
    if start is None or start >= as_of:
        return 0.0
    passed = terms.work.days_between(start, as_of) + terms.work.counts(start) - terms.work.counts(as_of)
    return min(1.0, passed / weight)
