"""The rows of a week for the sheets of departments (T6): what was planned for the week, and what came of it. Pure.

A row belongs to the week if it was to be worked on in it: begun or to begin by the week's end, and open or finished in the week. What a
department has said of an earlier week is not repeated as this week's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from collab_xl.forms import Form
from collab_xl.model.values import Value
from collab_xl.rules.case import Case
from collab_xl.rules.rows import Rows

WeekRows = Mapping[str, list[dict[str, Value]]]
"""Department → its rows by field id, the earliest due first."""


def rows_of_week(case: Case, rows: Rows, first: date, last: date) -> WeekRows:
    form = rows.form
    fields = [c.field for c in form.weekly.columns] if form.weekly else []
    found: dict[str, list[tuple[date, int]]] = {}
    due, starts, finished, updated = (rows.days(role) for role in ("due", "start", "finished", "updated"))
    said = rows.field("result")
    for i, department in enumerate(rows.values("department")):
        ended = finished[i]
        in_week = ended is not None and first <= ended <= last if rows.closed[i] else (starts[i] or first) <= last
        name = case.department(department)
        if in_week and name and form.state(rows.values("status")[i]) != "cancelled":
            found.setdefault(name, []).append((due[i] or date.max, i))

    def row(i: int) -> dict[str, Value]:
        told = updated[i]
        return _row(rows, i, [f for f in fields if said is None or f != said.id or told is None or told >= first])

    return {name: [row(i) for _, i in sorted(places)] for name, places in found.items()}


def _row(rows: Rows, i: int, fields: list[str]) -> dict[str, Value]:
    return {name: value for name in fields if (value := rows.values(name)[i]) is not None}


def as_kept(week: WeekRows, form: Form, lang: str) -> dict[str, list[dict[str, str]]]:
    """The rows as texts, to be kept with the week's page."""
    return {name: [dict(_texts(row, form, lang)) for row in rows] for name, rows in week.items()}


def _texts(row: Mapping[str, Value], form: Form, lang: str) -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        field = form.field(name)
        worded = field.worded(value, lang)
        if field.kind == "percent" and isinstance(value, (int, float)):
            worded = f"{round(value * 100)}%"
        yield name, worded.isoformat() if isinstance(worded, date) else "、".join(worded) if isinstance(worded, tuple) else str(worded)
