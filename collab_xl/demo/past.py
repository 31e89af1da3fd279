"""How the demo's project stood on earlier Fridays, so that the weekly sheet has weeks to compare with.

Derived from `scenario`: what was done later is not yet done, what was raised later is not yet there. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from collab_xl.demo import scenario
from collab_xl.demo.scenario import FormRow, PmoEdit
from collab_xl.forms import Form, load
from collab_xl.rules.lateness import as_day

FIRST_FRIDAY = date(2026, 10, 2)
"""Friday of 2026-W40: with this week it makes the eight weeks of the charts."""
LAST_FRIDAY = date(2026, 11, 13)
PROGRESS_FIELDS = ("progress", "status", "actual_end", "updated")
SAID_THIS_WEEK = ("risk", "late_reason", "measure", "done_this_week", "plan_next_week")


def fridays() -> list[date]:
    """The Fridays before the demo's week, oldest first."""
    return [FIRST_FRIDAY + timedelta(7 * n) for n in range((LAST_FRIDAY - FIRST_FRIDAY).days // 7 + 1)]


def rows_on(day: date, lang: str) -> dict[str, list[FormRow]]:
    """Form → its rows as they stood that day: of tasks every row, of a form with a moment of raising those raised by then."""
    return {
        form: [_task_on(row, day) for row in rows] if form == "tasks" else _raised_by(load().form(form), rows, day)
        for form, rows in scenario.rows(lang).items()
    }


def _raised_by(form: Form, rows: list[FormRow], day: date) -> list[FormRow]:
    """Those raised by then; one that was closed later is still open."""
    raised, finished, status = form.id_of("raised"), form.id_of("finished"), form.id_of("status")
    out = []
    for row in rows:
        came, closed = as_day(row.get(raised)), as_day(row.get(finished))
        if raised and came is not None and came > day:
            continue
        later = closed is not None and closed > day
        out.append({**row, status: form.choices_in("open")[0].id, finished: None} if later else row)
    return out


def edits_between(before: Mapping[str, list[FormRow]], after: Mapping[str, list[FormRow]]) -> list[PmoEdit]:
    """Every cell in which a row of `after` differs from the row with the same key in `before`."""
    known = {form: _by_key(form, rows) for form, rows in before.items()}
    return [
        PmoEdit(form, key, field, row.get(field))
        for form, rows in after.items()
        for key, row in _by_key(form, rows).items()
        if (old := known[form].get(key)) is not None
        for field in sorted({*row, *old})
        if row.get(field) != old.get(field)
    ]


def new_between(before: Mapping[str, list[FormRow]], after: Mapping[str, list[FormRow]]) -> dict[str, list[FormRow]]:
    """The rows of `after` whose key is not in `before`."""
    known = {form: _by_key(form, rows) for form, rows in before.items()}
    return {form: [row for key, row in _by_key(form, rows).items() if key not in known[form]] for form, rows in after.items()}


def _by_key(form: str, rows: list[FormRow]) -> dict[str, FormRow]:
    key = load().form(form).key.id
    return {str(row[key]): row for row in rows}


def _task_on(row: FormRow, day: date) -> FormRow:
    start, end, finished, updated = (as_day(row.get(f)) for f in ("start", "end", "actual_end", "updated"))
    assert start is not None
    assert end is not None
    settled = finished if finished is not None else updated if load().form("tasks").is_closed(row["status"]) else None
    if settled is not None and settled <= day:
        return row
    earlier = {name: value for name, value in row.items() if name not in (*PROGRESS_FIELDS, *SAID_THIS_WEEK)}
    reached = row["progress"]
    if start > day or reached == 0:
        return {**earlier, "progress": 0, "status": "not_started"}
    assert isinstance(reached, (int, float))
    share = min(1.0, ((day - start).days + 1) / ((end - start).days + 1))
    status = "late" if end < day else "in_progress"
    return {**earlier, "progress": round(min(reached, 0.95) * share, 1), "status": status, "updated": day}
