"""Family Q, the course of single rows: stale rows, progress going back, requirements compared with their tasks.

In: a Case and the rows of a form that names the check.  Out: findings.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from collab_xl.model.finding import Finding
from collab_xl.model.keys import spelling
from collab_xl.rules.case import Case
from collab_xl.rules.keys import by_key
from collab_xl.rules.rows import Rows


def stale(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q504 at a row under way that was not updated for more than `stale_days` calendar days. A row without an update day is skipped."""
    field, limit = rows.field("updated"), case.settings.stale_days
    if field is None:
        return
    for i, (day, under_way) in enumerate(zip(rows.days(field), _under_way(rows), strict=True)):
        if day is not None and under_way and (days := (case.as_of - day).days) > limit:
            yield case.finding("Q504", rows, i, field, days=days, limit=limit)


def _under_way(rows: Rows) -> list[bool]:
    """For each row: whether work is going on. A blank status counts as open, but not as under way."""
    words = {choice.id for choice in rows.form.choices_in("open")}
    return [status in words for status in rows.values("status")]


def progress_back(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q505 at a progress that is lower than before."""
    field = rows.field("progress")
    if field is None or not case.history:
        return
    for i, (key, now) in enumerate(zip(rows.keys, rows.values(field), strict=True)):
        before = case.history.get((rows.form.id, key or "", field.id))
        if isinstance(before, (int, float)) and isinstance(now, (int, float)) and now < before - 1e-9:
            yield case.finding("Q505", rows, i, field, f"≥ {round(before * 100, 2):g}%", before=f"{round(before * 100, 2):g}%")


BEHIND = 0.5
"""How far progress may be behind the time gone by before it is reported: half the task."""
SHORT = 5
"""Counting days; shorter tasks are not judged."""


def behind_plan(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q513 at the progress of a row under way that is far behind the share of its days gone by. Overdue rows are left to T301."""
    field = rows.field("progress")
    if field is None:
        return
    days, under_way = case.terms.late.days_between, _under_way(rows)
    for i, (start, end, progress) in enumerate(zip(rows.days("start"), rows.days("due"), rows.numbers(field), strict=True)):
        if start is None or end is None or progress is None or end < case.as_of:
            continue
        if not under_way[i] or (whole := days(start, end)) < SHORT:
            continue
        gone = days(start, case.as_of) / whole
        if gone - progress >= BEHIND:
            yield case.finding("Q513", rows, i, field, f"≈ {gone:.0%}", gone=f"{gone:.0%}", start=str(start), end=str(end))


def after_parent(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q512 at the due date of an open row if it is after the due date of its open parent, with the parent's cell."""
    due_field = rows.field("due")
    if due_field is None:
        return
    for field in rows.form.parents():
        parents = case.rows.get(field.of)
        parent_due = parents.field("due") if parents else None
        if parents is None or parent_due is None:
            continue
        places = {spelling(key): n for key, n in reversed(by_key(parents).items())}
        for i, (end, key) in enumerate(zip(rows.days("due"), rows.values(field), strict=True)):
            n = places.get(spelling(key)) if isinstance(key, str) else None
            if end is None or n is None or rows.closed[i]:
                continue
            due = parents.days("due")[n]
            if due is not None and end > due and not parents.closed[n]:
                facts = {"requirement": parents.keys[n], "due": str(due), "due_cell": str(parents.table.at(n, parent_due.id))}
                yield case.finding("Q512", rows, i, due_field, f"≤ {due}", **facts)


def parent_and_parts(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q509 at a parent under way without any rows, Q510 at a closed parent with open rows, with their names."""
    for field in filter(rows.field, rows.form.parents()):
        parents = case.rows.get(field.of)
        if parents is None:
            continue
        serving: dict[str, list[int]] = {}
        for i, name in enumerate(rows.values(field)):
            if isinstance(name, str):
                serving.setdefault(spelling(name), []).append(i)
        status, under_way = parents.field("status"), _under_way(parents)
        for n, key in enumerate(parents.keys):
            if key is None or status is None:
                continue
            own = serving.get(spelling(key), [])
            if under_way[n] and not own:
                yield case.finding("Q509", parents, n, parents.form.key)
            still_open = [j for j in own if not rows.closed[j]] if parents.closed[n] else ()
            if still_open:
                keys = [rows.keys[j] or rows.table.at(j, rows.form.key.id).cell for j in still_open]
                facts = {
                    "still_open": (*keys[:5], "…") if len(keys) > 5 else tuple(keys),
                    "n": len(keys),
                    "task_cell": str(rows.table.at(still_open[0], rows.form.id_of("status"))),
                }
                yield case.finding("Q510", parents, n, status, **facts)
