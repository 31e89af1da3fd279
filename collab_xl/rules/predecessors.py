"""Checks of rows that wait for others: circles, a plan against its links, and what a late predecessor does to the rest.

In: a Case and the rows of a form that names the check.  Out: findings.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from collab_xl.model.dependency import dependencies
from collab_xl.model.finding import Finding
from collab_xl.model.values import Value
from collab_xl.rules.case import Case
from collab_xl.rules.chain import KeyFinder, chain_of, path_to
from collab_xl.rules.rows import Rows

SHOWN = 8
"""Names of a chain or circle in a text; a longer one is cut in the middle."""


def predecessors(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q506 once for every circle, at its first row, with its tasks; Q507 at a row planned earlier than an open predecessor allows.

    A start on the day the predecessor ends is not reported: half a day each is a common plan.
    """
    field = rows.field("predecessors")
    if field is None or not any(rows.values(field)):
        return
    net, _ = chain_of(case, rows)
    for circle in net.circles:
        at = circle.index(min(circle))
        path = [*circle[at:], *circle[:at]][::-1]  # each waits for the one before it
        path = [path[-1], *path]
        yield case.finding("Q506", rows, min(circle), field, path=_path(rows, path), n=len(circle))
    start_field, due_field = rows.field("start"), rows.field("due")
    if start_field is None or due_field is None:
        return
    starts, ends, work = rows.days("start"), rows.days("due"), case.terms.work
    for i, links in enumerate(net.before):
        if rows.closed[i]:
            continue
        worst = None
        for p, link in links:
            day, own = (ends if link.kind[0] == "F" else starts)[p], (starts if link.kind[1] == "S" else ends)[i]
            if p == i or rows.closed[p] or day is None or own is None:
                continue
            first = link.after(day, work)
            if own < first and (worst is None or first > worst[0]):
                worst = first, p, link
        if worst is not None:
            first, p, link = worst
            about = start_field if link.kind[1] == "S" else due_field
            cell = rows.table.at(p, (due_field if link.kind[0] == "F" else start_field).id).cell
            facts = {"other": link.said(case.settings.lang), "other_cell": cell, "end": str(first)}
            yield case.finding("Q507", rows, i, about, f"≥ {first}", **facts)


def late_predecessors(case: Case, rows: Rows) -> Iterator[Finding]:
    """T331 at every open row that will slip because of a late predecessor: by how many working days, to which day, along which chain.

    Yields:
        The row that slips most first.
    """
    due = rows.field("due")
    if due is None or not any(rows.values("predecessors")):
        return
    _, out = chain_of(case, rows)
    between = case.terms.work.days_between
    for i in sorted((i for i, one in enumerate(out) if one.slip), key=lambda i: -out[i].slip):
        path = path_to(out, i)
        first, end = path[0], out[i].end
        planned, now = rows.days("due")[first], out[first].end
        if end is None:
            continue
        facts = {
            "days": out[i].slip,
            "end": str(end),
            "chain": _path(rows, path),
            "first": rows.name(first) or rows.table.at(first, due.id).cell,
            "late": between(planned, now) if planned and now else 0,
        }
        yield case.finding("T331", rows, i, due, f"→ {end}", **facts)


def _path(rows: Rows, path: Sequence[int]) -> str:
    names = [rows.keys[i] or rows.table.at(i, rows.form.key.id).cell for i in path]
    half = SHOWN // 2
    return " → ".join(names if len(names) <= SHOWN + 1 else [*names[:half], "…", *names[-half:]])


def named_keys(value: Value, finder: KeyFinder) -> Value:
    """The IDs in a list of references; a number alone is the key it can only mean. Other values unchanged."""
    if not isinstance(value, tuple):
        return value
    keys = (link.key for link in dependencies(value))
    return tuple(key if key in finder.known else finder.by_number(key) or key for key in keys)
