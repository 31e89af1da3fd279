"""Family Q of the resource plan: two rows need one resource on the same days.

In: a Case and the rows.  Out: findings.  Pure.
Source: docs/facts/domain.md: the urgency of the requirements decides who gets it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from collab_xl.model.finding import Finding
from collab_xl.rules.case import Case
from collab_xl.rules.names import normal_name
from collab_xl.rules.overlaps import goes_first, urgency
from collab_xl.rules.rows import Rows


def resource_wanted_twice(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q521 at an open row if an earlier row needs the resource (same name and giver) on the same days; the facts name its cell.

    A row without a first day is skipped. A row without a last day needs the resource for one day.
    """
    title, urgent = rows.field("title"), urgency(case, rows)
    if title is None:
        return
    givers = [case.department(value) for value in rows.values("giver")]
    wanted: dict[tuple[str, str], list[tuple[date, date, int]]] = {}
    for i, (name, first, last, closed) in enumerate(zip(rows.titles, rows.days("start"), rows.days("use_to"), rows.closed, strict=True)):
        if first is None or closed or not (normal := normal_name(name)):
            continue
        until = max(first, last or first)
        earlier = wanted.setdefault((normal, givers[i]), [])
        j = next((j for start, end, j in earlier if start <= until and first <= end), None)
        if j is not None:
            facts = {"other": rows.name(j), "other_cell": rows.table.at(j, title.id).cell, "first": goes_first(rows, i, j, urgent)}
            yield case.finding("Q521", rows, i, title, resource=name, **facts)
        earlier.append((first, until, i))
