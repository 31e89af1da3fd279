"""Promises kept: what a department had on its list for this week when the last page was made, and what became of it.

A learning figure, never a grade: a list is only worth making if it can be short, and what hindered is worth knowing (decision 0055).
In: facts, and last week's record.  Out: counts and the tasks not done, with reasons.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from collab_xl.catalogue import text
from collab_xl.model.summary import Promise, WeekRecord
from collab_xl.report.facts import Fact


def promised_next(tasks: Sequence[Fact], after: date, until: date) -> dict[str, tuple[str, ...]]:
    """Department → the keys of its open tasks that are due by the end of the next week, or for which it wrote a plan for next week."""
    out: dict[str, list[str]] = {}
    for task in tasks:
        if task.open and task.key and (task.next_step or (task.due is not None and after < task.due <= until)):
            out.setdefault(task.line, []).append(task.key)
    return {line: tuple(keys) for line, keys in out.items()}


def kept(tasks: Sequence[Fact], before: WeekRecord | None) -> dict[str, tuple[int, int]] | None:
    """Department → promised and done; tasks cancelled or taken out since are not counted. None if the last page kept no promises."""
    if before is None or before.promised is None:
        return None
    known = {task.key: task for task in tasks if task.key}
    out: dict[str, tuple[int, int]] = {}
    for line, keys in before.promised.items():
        own = [task for key in keys if (task := known.get(key)) is not None and not task.cancelled]
        if own:
            out[line] = (len(own), sum(task.done for task in own))
    return out


def not_kept(tasks: Sequence[Fact], before: WeekRecord | None, lang: str) -> list[Promise]:
    """The promised tasks that are not done, those with a reason first."""
    promised: Mapping[str, tuple[str, ...]] = (before.promised if before else None) or {}
    keys = {key for own in promised.values() for key in own}
    open_ = [task for task in tasks if task.key in keys and task.open]
    open_.sort(key=lambda task: (not task.reason, -task.late))
    return [Promise(t.key, t.name, t.line or text("report.other_department", lang), t.reason) for t in open_]
