"""How the demo's project stood on earlier Fridays, so that the weekly sheet has weeks to compare with.

Derived from `scenario`: what was done later is not yet done, what was raised later is not yet there. Pure.
"""

from __future__ import annotations

from datetime import date, timedelta

from collab_xl.demo import scenario
from collab_xl.demo.scenario import PmoEdit, Row
from collab_xl.forms import load
from collab_xl.rules.lateness import as_day

FIRST_FRIDAY = date(2026, 10, 2)
"""Friday of 2026-W40: with this week it makes the eight weeks of the charts."""
LAST_FRIDAY = date(2026, 11, 13)
PROGRESS_FIELDS = ("progress", "status", "actual_end", "updated")
SAID_THIS_WEEK = ("risk", "late_reason", "measure", "done_this_week", "plan_next_week")


def fridays() -> list[date]:
    """The Fridays before the demo's week, oldest first."""
    return [FIRST_FRIDAY + timedelta(7 * n) for n in range((LAST_FRIDAY - FIRST_FRIDAY).days // 7 + 1)]


def tasks_on(day: date, lang: str) -> list[Row]:
    return [_task_on(row, day) for row in scenario.tasks(lang)]


def problems_on(day: date, lang: str) -> list[Row]:
    """Those raised by then; one that was closed later is still being handled."""
    rows = []
    for row in scenario.problems(lang):
        raised, closed = as_day(row["raised_at"]), as_day(row.get("closed_at"))
        if raised is not None and raised <= day:
            later = closed is not None and closed > day
            rows.append({**row, "status": "handling", "closed_at": None} if later else row)
    return rows


def edits_between(form: str, key: str, before: list[Row], after: list[Row]) -> list[PmoEdit]:
    """Every cell in which a row of `after` differs from the row with the same key in `before`."""
    known = {row[key]: row for row in before}
    return [
        PmoEdit(form, str(row[key]), field, row.get(field))
        for row in after
        if row[key] in known
        for field in sorted({*row, *known[row[key]]})
        if row.get(field) != known[row[key]].get(field)
    ]


def _task_on(row: Row, day: date) -> Row:
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
