"""Family Q, along a row's own story: stale rows, progress going back, predecessors, requirements against their tasks.

In: a Case.  Out: findings.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from collab_xl.model.finding import Finding
from collab_xl.model.keys import spelling
from collab_xl.rules.case import Case
from collab_xl.rules.keys import by_key
from collab_xl.rules.lateness import as_day, is_closed


def stale(case: Case) -> Iterator[Finding]:
    """Q504 at a task in progress or late that nobody has updated for more than `stale_days` calendar days. Never updated is not judged."""
    table = case.tables.get("tasks")
    if table is None:
        return
    for i in range(len(table)):
        updated = as_day(table.readable(i, "updated"))
        if updated is None or table.readable(i, "status") not in ("in_progress", "late"):
            continue
        days = (case.as_of - updated).days
        if days > case.settings.stale_days:
            yield case.finding("Q504", table, i, "updated", days=days, limit=case.settings.stale_days)


def progress_back(case: Case) -> Iterator[Finding]:
    """Q505 at a progress that is lower than it was."""
    table = case.tables.get("tasks")
    if table is None or not case.history:
        return
    for i, key in enumerate(case.keys["tasks"]):
        before, now = case.history.get(("tasks", key or "", "progress")), table.readable(i, "progress")
        if isinstance(before, (int, float)) and isinstance(now, (int, float)) and now < before - 1e-9:
            yield case.finding("Q505", table, i, "progress", f"≥ {round(before * 100, 2):g}%", before=f"{round(before * 100, 2):g}%")


BEHIND = 0.5
"""How much less than the time gone by a progress may be before it is worth a word: half the task."""
SHORT = 5
"""Days that count; a shorter task says little about its progress."""


def behind_the_plan(case: Case) -> Iterator[Finding]:
    """Q513 at the progress of a task under way that is far behind the share of its days gone by. An overdue one is T301's."""
    table = case.tables.get("tasks")
    if table is None:
        return
    days = case.terms.late.days_between
    for i in range(len(table)):
        start, end, progress = as_day(table.readable(i, "start")), as_day(table.readable(i, "end")), table.readable(i, "progress")
        if start is None or end is None or end < case.as_of or not isinstance(progress, (int, float)) or isinstance(progress, bool):
            continue
        if table.readable(i, "status") not in ("in_progress", "late") or (whole := days(start, end)) < SHORT:
            continue
        gone = days(start, case.as_of) / whole
        if gone - progress >= BEHIND:
            yield case.finding("Q513", table, i, "progress", f"≈ {gone:.0%}", gone=f"{gone:.0%}", start=str(start), end=str(end))


def predecessors(case: Case) -> Iterator[Finding]:
    """Q506 at every task of a circle of predecessors, naming the circle; Q507 at a task planned to start before a predecessor ends.

    Starting the day the predecessor ends is not reported: half a day each is a common plan.
    """
    table = case.tables.get("tasks")
    if table is None or "predecessors" not in table.columns:
        return
    rows = by_key(case, "tasks")
    spelled: dict[str, str] = {}

    def other_spelling(name: str) -> str | None:
        if not spelled:  # only asked for a name that is no key
            spelled.update((spelling(key), key) for key in reversed(rows))
        return spelled.get(spelling(name))

    before: dict[str, list[str]] = {}
    for key, row in rows.items():
        named = table.readable(row.index, "predecessors")
        written = named if isinstance(named, tuple) else (named,) if isinstance(named, str) else ()
        found = (name if name in rows else other_spelling(name) for name in written)
        before[key] = [name for name in dict.fromkeys(found) if name is not None]
    for circle in _circles(before):
        for key in circle:
            at = circle.index(key)
            path = " → ".join([*circle[at:], *circle[:at], key][:8])
            yield case.finding("Q506", table, rows[key].index, "predecessors", path=path, n=len(circle))
    for key, names in before.items():
        i = rows[key].index
        start = as_day(table.readable(i, "start"))
        ends = [(end, name) for name in names if (end := as_day(table.readable(rows[name].index, "end"))) is not None and name != key]
        open_ends = [(end, name) for end, name in ends if not is_closed(table.readable(rows[name].index, "status"))]
        if start is None or not open_ends or is_closed(table.readable(i, "status")):
            continue
        end, name = max(open_ends)
        if start < end:
            facts = {"other": name, "other_cell": table.at(rows[name].index, "end").cell, "end": str(end)}
            yield case.finding("Q507", table, i, "start", f"≥ {end}", **facts)


def _circles(before: dict[str, list[str]]) -> list[list[str]]:
    """Every circle a walk along the predecessors closes, each task in at most one of them. No recursion: chains may be long."""
    state: dict[str, int] = {}  # place on the path, -1 when done
    circles: list[list[str]] = []
    taken: set[str] = set()
    for root in before:
        if root in state:
            continue
        path, stack = [root], [iter(before[root])]
        state[root] = 0
        while stack:
            step = next(stack[-1], None)
            if step is None:
                state[path.pop()] = -1
                stack.pop()
            elif step not in state:
                state[step] = len(path)
                path.append(step)
                stack.append(iter(before[step]))
            elif state[step] >= 0:
                circle = path[state[step] :]
                if not taken.intersection(circle):
                    circles.append(circle)
                    taken.update(circle)
    return circles


def after_the_requirement(case: Case) -> Iterator[Finding]:
    """Q512 at the planned end of an open task that lies after the day its open requirement is due, naming that cell."""
    table, needs = case.tables.get("tasks"), case.tables.get("requirements")
    if table is None or needs is None:
        return
    rows = {spelling(key): row.index for key, row in reversed(by_key(case, "requirements").items())}
    for i in range(len(table)):
        end, need = as_day(table.readable(i, "end")), table.readable(i, "req_id")
        n = rows.get(spelling(need)) if isinstance(need, str) else None
        if end is None or n is None or is_closed(table.readable(i, "status")):
            continue
        due = as_day(needs.readable(n, "due"))
        if due is not None and end > due and not is_closed(needs.readable(n, "status")):
            facts = {"requirement": case.keys["requirements"][n], "due": str(due), "due_cell": str(needs.at(n, "due"))}
            yield case.finding("Q512", table, i, "end", f"≤ {due}", **facts)


def requirements_and_tasks(case: Case) -> Iterator[Finding]:
    """Q509 at a requirement under way that no task serves, Q510 at a closed one with open tasks, naming them."""
    table, tasks = case.tables.get("requirements"), case.tables.get("tasks")
    if table is None or tasks is None or "req_id" not in tasks.columns:
        return
    serving: dict[str, list[int]] = {}
    for i in range(len(tasks)):
        if isinstance(name := tasks.readable(i, "req_id"), str):
            serving.setdefault(spelling(name), []).append(i)
    for i, key in enumerate(case.keys["requirements"]):
        if key is None:
            continue
        status, own = table.readable(i, "status"), serving.get(spelling(key), [])
        if status in ("confirmed", "in_progress") and not own:
            yield case.finding("Q509", table, i, "req_id")
        still_open = [j for j in own if not is_closed(tasks.readable(j, "status"))]
        if is_closed(status) and still_open:
            keys = [case.keys["tasks"][j] or tasks.at(j, "task_id").cell for j in still_open]
            facts = {
                "tasks": (*keys[:5], "…") if len(keys) > 5 else tuple(keys),
                "n": len(keys),
                "task_cell": str(tasks.at(still_open[0], "status")),
            }
            yield case.finding("Q510", table, i, "status", **facts)
