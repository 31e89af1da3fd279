"""Projects that run by a known law: tasks in chains, each ends some working days after it was expected. For tests of the forecast."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random

from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.forecast import Look
from collab_xl.model.place import Area
from collab_xl.model.record import Struct
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.rules.case import Case
from collab_xl.settings import Settings

WORK = Calendar()
BEGIN = date(2026, 1, 5)
"""A Monday."""


class Work(Struct, frozen=True):
    """One task: what is planned, and what comes of it."""

    key: str
    parent: str
    before: str | None
    start: date
    due: date
    begins: date
    ends: date


def project(random: Random, slip: Callable[[Random], int], *, requirements: int, chain: int, spread: int = 90) -> list[Work]:
    """Requirements of `chain` tasks, each after the one before; the requirements begin in the first `spread` working days."""
    out: list[Work] = []
    for r in range(requirements):
        start = WORK.forward(BEGIN, random.randrange(spread))
        begins, before = start, None
        for _ in range(chain):
            days = random.choice((4, 6, 9))
            due, expected = WORK.forward(start, days - 1), WORK.forward(begins, days - 1)
            late = slip(random)
            ends = WORK.forward(expected, late) if late >= 0 else max(begins, WORK.back(expected, -late))
            key = f"RW-{len(out) + 1:03}"
            out.append(Work(key, f"XZ-{r + 1:03}", before, start, due, begins, ends))
            start, begins, before = WORK.forward(due, 1), WORK.forward(ends, 1), key
    return out


def tables(work: Sequence[Work], day: date) -> dict[str, Table]:
    """The sheets as they stand on that evening: who has begun says so and how far he is, as planned days have gone."""
    rows: list[dict[str, Value]] = []
    for one in work:
        done, begun = one.ends <= day, one.begins <= day
        gone = WORK.days_between(one.begins, day) / max(1, WORK.days_between(one.begins, one.ends))
        rows.append(
            {
                "task_id": one.key,
                "name": one.key,
                "req_id": one.parent,
                "start": one.start,
                "end": one.due,
                "predecessors": (one.before,) if one.before else None,
                "progress": 1.0 if done else round(min(gone, 0.95), 2) if begun else None,
                "status": "done" if done else "in_progress" if begun else "not_started",
                "actual_end": one.ends if done else None,
            }
        )
    parents: list[dict[str, Value]] = [{"req_id": key, "name": key} for key in dict.fromkeys(one.parent for one in work)]
    return {"requirements": _table("requirements", parents), "tasks": _table("tasks", rows)}


def _table(form: str, rows: Sequence[dict[str, Value]]) -> Table:
    columns = {field: [row[field] for row in rows] for field in rows[0]}
    area = Area(1, 1, len(rows) + 1, len(columns))
    return Table(form, form, area, (1, 1), {f: n for n, f in enumerate(columns, 1)}, {}, range(2, len(rows) + 2), columns, columns)


def case_of(work: Sequence[Work], day: date) -> Case:
    return Case(tables(work, day), load(), Directory(), Settings(), WORK, day)


def looks(work: Sequence[Work], day: date) -> list[Look]:
    """Every Friday before that day."""
    fridays = (BEGIN + timedelta(4 + 7 * n) for n in range(200))
    return [Look(friday, {"tasks": tables(work, friday)["tasks"]}) for friday in fridays if friday < day]
