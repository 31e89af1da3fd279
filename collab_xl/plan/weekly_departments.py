"""The lines of the department block on the weekly sheet: every department that fits, then the others in one line.

In: the department lines of a Summary, and how many lines the block has.  Out: the lines to show.  Pure.
The columns shown add up to the sums of all departments.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from collab_xl.catalogue import text
from collab_xl.model.record import Struct
from collab_xl.model.summary import DepartmentLine, Rag

_WORST = (Rag.RED, Rag.AMBER, Rag.GREEN, Rag.NONE)


class DepartmentLines(Struct, frozen=True):
    """The lines in order; `own` of the `count` departments have a line of their own."""

    lines: tuple[DepartmentLine, ...]
    submitted: tuple[str, ...]
    """The text of each line about submitting."""
    own: int
    count: int

    @property
    def whole(self) -> bool:
        return self.own == self.count


def shown_departments(lines: Sequence[DepartmentLine], room: int, lang: str) -> DepartmentLines:
    """The lines of a block with `room` lines, the worst first: by light, by what is escalated, by what is overdue, by what is missing.

    If there are more departments than lines, the last ones share one line with their sums. Rows of no department have their own line, the
    last one.
    """
    departments = sorted((d for d in lines if not d.outside or room <= 1), key=_worst_first)
    outside = [d for d in lines if d.outside] if room > 1 else []
    own = len(departments) if len(lines) <= room else room - 1 - len(outside)
    rest = departments[own:]
    shown = [*departments[:own], *([_together(rest, lang)] if rest else []), *outside]
    submitted = [_submitted(d, lang) for d in departments[:own]]
    submitted += [*([_submitted_together(rest, lang)] if rest else []), *(_submitted(d, lang) for d in outside)]
    return DepartmentLines(tuple(shown), tuple(submitted), own, len(departments))


def _worst_first(d: DepartmentLine) -> tuple[int, ...]:
    return _WORST.index(d.rag), -d.escalated, -d.overdue, d.submitted != "missing", -d.days_late


def _together(lines: Sequence[DepartmentLine], lang: str) -> DepartmentLine:
    """Several departments as one line: their sums and their worst status."""
    # All trends end with this week; some begin later than others.
    weeks = [*zip_longest(*(reversed(d.overdue_trend) for d in lines), fillvalue=0)]
    return DepartmentLine(
        name=text("plan.week.other_departments", lang, n=len(lines)),
        liaison="",
        submitted="not_asked",
        days_late=0,
        open=sum(d.open for d in lines),
        overdue=sum(d.overdue for d in lines),
        escalated=sum(d.escalated for d in lines),
        total=sum(d.total for d in lines),
        done=sum(d.done for d in lines),
        overdue_trend=tuple(map(sum, reversed(weeks))),
        rag=next(rag for rag in _WORST if any(d.rag is rag for d in lines)),
        cancelled=sum(d.cancelled for d in lines),
        fresh=min((d.fresh for d in lines if d.fresh is not None), default=None),
        promised=sum(d.promised for d in lines),
        kept=sum(d.kept for d in lines),
    )


def _submitted(d: DepartmentLine, lang: str) -> str:
    if d.submitted == "late" and not d.days_late:
        return text("model.submitted.late_today", lang)
    return text(f"model.submitted.{d.submitted}", lang, days=d.days_late)


def _submitted_together(lines: Sequence[DepartmentLine], lang: str) -> str:
    """How many are missing; if none, how many were late; otherwise whether any was asked."""
    for state in ("missing", "late"):
        if n := sum(d.submitted == state for d in lines):
            return text(f"model.submitted.others_{state}", lang, n=n)
    return text("model.submitted.on_time" if any(d.submitted == "on_time" for d in lines) else "model.submitted.not_asked", lang)
