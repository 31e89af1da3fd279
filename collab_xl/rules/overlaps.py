"""Family Q, between rows: two departments list the same work; and which of two rows goes first.

In: a Case and the rows of a form that names the check.  Out: findings.  Pure.
Source: docs/facts/domain.md: overlaps need one lead department; the one with the more urgent requirement goes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from collab_xl.model.finding import Finding
from collab_xl.model.values import Value
from collab_xl.rules.case import Case
from collab_xl.rules.keys import by_key
from collab_xl.rules.names import another_thing, near_pairs, normal_name
from collab_xl.rules.rows import Rows


def same_title(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q501 at an open row if another department has a row with the same or nearly the same name; the facts name its cell."""
    title = rows.field("title")
    if title is None:
        return
    groups: dict[str, list[int]] = {}
    for i, (name, state) in enumerate(zip(rows.values(title), rows.states, strict=True)):
        if isinstance(name, str) and state != "cancelled" and (normal := normal_name(name)):
            groups.setdefault(normal, []).append(i)
    partners: dict[str, list[str]] = {}
    for one, other in near_pairs(groups):
        if another_thing(one, other):
            continue
        partners.setdefault(one, []).append(other)
        partners.setdefault(other, []).append(one)
    # For each name it is enough to know one row of each of the first two departments. A closed row is compared only with open ones.
    shared = {name: own for name, own in groups.items() if len(own) > 1 or name in partners}
    depts = departments_of(case, rows)
    first = {name: _first_two(rows, depts, own) for name, own in shared.items()}
    for name, own in shared.items():
        names = (name, *partners.get(name, ()))
        all_rows, open_rows = (_first_two(rows, depts, [i for n in names for i in first[n][kind]])[kind] for kind in (0, 1))
        if len(all_rows) < 2:
            continue
        for i in own:
            dept = depts[i]
            j = next((j for j in (open_rows if rows.closed[i] else all_rows) if dept and depts[j] != dept), None)
            if j is not None:
                facts = {"other": rows.name(j), "other_cell": rows.table.at(j, title.id).cell}
                yield case.finding("Q501", rows, i, title, **facts, dept=dept, other_dept=depts[j])


def listed_twice(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q514 at an open row if its department has an earlier row with the same name and overlapping days; the facts name its cell.

    A repeated task (周例会) has other days. A row without dates overlaps every row with its name.
    """
    title = rows.field("title")
    if title is None:
        return
    depts, parents, starts, ends = departments_of(case, rows), rows.values("parent"), rows.days("start"), rows.days("due")
    earlier: dict[tuple[str, str, str], list[int]] = {}
    for i, name in enumerate(rows.values(title)):
        dept = depts[i]
        if not isinstance(name, str) or not dept or rows.closed[i] or not (normal := normal_name(name)):
            continue
        above = earlier.setdefault((normal, dept, str(parents[i] or "")), [])
        j = next((j for j in above if _same_days(starts, ends, i, j)), None)
        if j is not None:
            yield case.finding("Q514", rows, i, title, other=rows.name(j), other_cell=rows.table.at(j, title.id).cell, dept=dept)
        if len(above) < _ABOVE:
            above.append(i)


_ABOVE = 50
"""The most rows with one name, department and parent that are compared: more are a repeated task."""


def departments_of(case: Case, rows: Rows) -> list[str]:
    """The official name of each row's department, "" for none or several."""
    known: dict[Value, str] = {}
    out = []
    for value in rows.values("department"):
        if value not in known:
            known[value] = case.department(value)
        out.append(known[value])
    return out


def _same_days(starts: Sequence[date | None], ends: Sequence[date | None], i: int, j: int) -> bool:
    """Whether the planned days of two rows overlap; a blank day counts as overlapping."""
    before = [a is not None and b is not None and a < b for a, b in ((ends[i], starts[j]), (ends[j], starts[i]))]
    one_day = [a is not None and b is not None and a != b for a, b in ((starts[i], starts[j]), (ends[i], ends[j]))]
    return not any(before) and not any(one_day)


def _first_two(rows: Rows, depts: Sequence[str], indexes: Iterable[int]) -> tuple[list[int], list[int]]:
    """The first rows of the first two departments among all rows, and among the open ones. Rows without a department are left out."""
    every: dict[str, int] = {}
    still_open: dict[str, int] = {}
    for i in sorted(indexes):
        if depts[i]:
            every.setdefault(depts[i], i)
            if not rows.closed[i]:
                still_open.setdefault(depts[i], i)
    return list(every.values())[:2], list(still_open.values())[:2]


def urgencies(rows: Rows) -> list[int]:
    """The urgency of each row by its level; a smaller number is more urgent. A blank level is the lowest."""
    return [_urgency_of(rows, i) for i in range(len(rows))]


def _urgency_of(rows: Rows, i: int) -> int:
    level = rows.form.role("level")
    return -max(0, level.rank(rows.values(level)[i])) if level else 0


def asked_by(case: Case, rows: Rows, seen: frozenset[str] = frozenset()) -> list[tuple[Rows, int] | None]:
    """For each row the nearest row above it that has a level: of a task its requirement, of a resource that of its task. The most urgent
    if there are several; None if it is unknown."""
    out: list[tuple[Rows, int] | None] = [None] * len(rows)
    seen = seen | {rows.form.id}
    for field in rows.form.parents():
        parents = case.rows.get(field.of)
        if parents is None or field.of in seen:
            continue
        own = parents.form.role("level") is not None
        above = [(parents, n) for n in range(len(parents))] if own else asked_by(case, parents, seen)
        places = by_key(parents)
        found = [above[n] if (n := places.get(str(value))) is not None else None for value in rows.values(field)]
        out = [_more_urgent(before, now) for before, now in zip(out, found, strict=True)]
    return out


def _more_urgent(one: tuple[Rows, int] | None, other: tuple[Rows, int] | None) -> tuple[Rows, int] | None:
    if one is None or other is None:
        return one or other
    return min((one, other), key=lambda row: _urgency_of(*row))


def urgency(case: Case, rows: Rows) -> list[int]:
    """The urgency of what each row is for (`asked_by`). An unknown one counts as least urgent."""
    known: dict[str, list[int]] = {}
    out = []
    for found in asked_by(case, rows):
        if found is not None and found[0].form.id not in known:
            known[found[0].form.id] = urgencies(found[0])
        out.append(known[found[0].form.id][found[1]] if found is not None else 0)
    return out


def goes_first(rows: Rows, indexes: Iterable[int], urgent: Sequence[int]) -> int:
    """The row that goes first: the one whose parent is most urgent, else the one due first."""
    ends = rows.days("due")
    return min(indexes, key=lambda n: (urgent[n], ends[n] or date.max, n))
