"""The overdue list: every late task and problem, the latest first.

In: parsed tables, terms, the day, the directory (for the department's own name).  Out: lines.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from collab_xl.model.directory import Directory
from collab_xl.model.sheets import Table
from collab_xl.model.summary import OverdueLine
from collab_xl.model.terms import Terms
from collab_xl.rules.deadlines import key_of
from collab_xl.rules.lateness import as_day, days_late, is_closed

FIELDS = {"tasks": ("task_id", "name", "end"), "problems": ("problem_id", "description", "due")}
"""Form → key, what the row is called, planned end."""


def words(table: Table, index: int, field: str) -> str:
    """A field as text, names joined by 、; "" when blank or unreadable."""
    value = table.readable(index, field)
    return "、".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def department(table: Table, index: int, directory: Directory) -> str:
    """The row's department by its own name, as written when the directory does not know it."""
    written = words(table, index, "dept")
    return directory.find(written) or written


def overdue_lines(tables: Mapping[str, Table], terms: Terms, as_of: date, directory: Directory) -> list[OverdueLine]:
    """Most days first; of equal ones tasks before problems, then in sheet order. `days` is at least 1."""
    lines = []
    for form, (key, name, end_field) in FIELDS.items():
        if form not in tables:
            continue
        table = tables[form]
        for i in range(len(table)):
            end = table.readable(i, end_field)
            days = days_late(end, is_closed(table.readable(i, "status")), as_of, terms.late)
            day = as_day(end)
            if not days or day is None:
                continue
            progress = table.readable(i, "progress")
            lines.append(
                OverdueLine(
                    form=form,
                    key=key_of(table, i, key) or "",
                    name=words(table, i, name),
                    dept=department(table, i, directory),
                    owner=words(table, i, "owner"),
                    end=day,
                    days=days,
                    reason=words(table, i, "late_reason"),
                    measure=words(table, i, "measure"),
                    progress=progress if isinstance(progress, (int, float)) and not isinstance(progress, bool) else None,
                )
            )
    return sorted(lines, key=lambda line: -line.days)
