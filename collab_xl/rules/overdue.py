"""The overdue list: every late row of the forms whose overdue rows are listed, the latest first.

In: a Case.  Out: lines.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from collab_xl.model.summary import OverdueLine
from collab_xl.rules.case import Case
from collab_xl.rules.chain import held_up
from collab_xl.rules.rows import Rows, as_text, number


def listed(case: Case) -> list[Rows]:
    """The forms whose late rows are listed, in schema order."""
    return [rows for rows in case.rows.values() if rows.form.due is not None and rows.form.due.listed]


def department(case: Case, rows: Rows, index: int) -> str:
    """The row's departments by their official names, or as written if the directory does not have them."""
    return official(case, rows.departments[index])


def official(case: Case, names: Iterable[str]) -> str:
    """Departments by their official names, or as written if the directory does not have them."""
    return "、".join(case.directory.find(name) or name for name in names)


def overdue_lines(case: Case) -> list[OverdueLine]:
    """Most days first; equal ones by form in schema order, then in sheet order. `days` is at least 1."""
    lines = []
    for rows in listed(case):
        owners, reasons, measures, progress = map(rows.values, ("owner", "late_reason", "measure", "progress"))
        waiting = held_up(case, rows)
        for i, (days, day) in enumerate(zip(rows.late(case.terms, case.as_of), rows.due, strict=True)):
            if days and day is not None:
                lines.append(
                    OverdueLine(
                        form=rows.form.id,
                        key=rows.keys[i] or "",
                        name=rows.titles[i],
                        dept=department(case, rows, i),
                        owner=as_text(owners[i]),
                        end=day,
                        days=days,
                        reason=as_text(reasons[i]),
                        measure=as_text(measures[i]),
                        progress=number(progress[i]),
                        holds_up=tuple((rows.keys[n] or rows.titles[n], slip) for n, slip in waiting.get(i, ())),
                    )
                )
    return sorted(lines, key=lambda line: -line.days)
