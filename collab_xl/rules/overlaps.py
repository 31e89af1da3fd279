"""Family Q, between rows: the same work listed by two departments, a person or a resource wanted twice at once.

In: a Case.  Out: findings.  Pure.  Source: S1, overlaps need one lead department; a resource wanted by two departments at once is
settled by requirement urgency. Both must be found (DOMAIN §3).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from collab_xl.model.directory import folded
from collab_xl.model.finding import Finding
from collab_xl.model.sheets import Table
from collab_xl.rules.case import Case
from collab_xl.rules.keys import by_key
from collab_xl.rules.lateness import as_day, is_closed
from collab_xl.rules.names import another_thing, near_pairs, normal_name

_NAMES = re.compile(r"[、,，;；/]|\s+(?=[^\x00-\x7f])")
_MASKED = re.compile(r"[*＊某×]|^[xX]{1,3}$")
_AMOUNT = re.compile(r"[\d.,，]+\s*(?:[%％]|万元?|亿元?|千元?|[人名个场套台次天件份块元k]|人天|人月|小时)*")
_RANK = {"critical": 0, "urgent": 1, "normal": 2}


def same_task(case: Case) -> Iterator[Finding]:
    """Q501 at an open task that another department has under the same or nearly the same name; the facts name the other cell."""
    table = case.tables.get("tasks")
    if table is None:
        return
    groups: dict[str, list[int]] = {}
    for i in range(len(table)):
        name = table.readable(i, "name")
        if isinstance(name, str) and table.readable(i, "status") != "cancelled" and (normal := normal_name(name)):
            groups.setdefault(normal, []).append(i)
    partners: dict[str, list[str]] = {}
    for one, other in near_pairs(groups):
        if another_thing(one, other):
            continue
        partners.setdefault(one, []).append(other)
        partners.setdefault(other, []).append(one)
    # Of each name the first two departments' rows are enough to point at, whoever asks; a closed row asks only for open ones.
    shared = {name: rows for name, rows in groups.items() if len(rows) > 1 or name in partners}
    first = {name: _first_two(case, table, rows) for name, rows in shared.items()}
    for name, rows in shared.items():
        names = (name, *partners.get(name, ()))
        all_rows, open_rows = (_first_two(case, table, [i for n in names for i in first[n][kind]])[kind] for kind in (0, 1))
        if len(all_rows) < 2:
            continue
        for i in rows:
            dept = case.department(table.readable(i, "dept"))
            others = open_rows if is_closed(table.readable(i, "status")) else all_rows
            j = next((j for j in others if dept and case.department(table.readable(j, "dept")) != dept), None)
            if j is not None:
                facts = {"other": case.name(table, j), "other_cell": table.at(j, "name").cell}
                yield case.finding("Q501", table, i, "name", **facts, dept=dept, other_dept=case.department(table.readable(j, "dept")))


def listed_twice(case: Case) -> Iterator[Finding]:
    """Q514 at an open task its department has further up under the same name, in the same days; the facts name that cell.

    A task that comes again (周例会) has other days; a row without dates is the same as any of its name.
    """
    table = case.tables.get("tasks")
    if table is None:
        return
    earlier: dict[tuple[str, str, str], list[int]] = {}
    for i in range(len(table)):
        name, dept = table.readable(i, "name"), case.department(table.readable(i, "dept"))
        if not isinstance(name, str) or not dept or is_closed(table.readable(i, "status")) or not (normal := normal_name(name)):
            continue
        above = earlier.setdefault((normal, dept, str(table.readable(i, "req_id") or "")), [])
        j = next((j for j in above if _same_days(table, i, j)), None)
        if j is not None:
            yield case.finding("Q514", table, i, "name", other=case.name(table, j), other_cell=table.at(j, "name").cell, dept=dept)
        if len(above) < _ABOVE:
            above.append(i)


_ABOVE = 50
"""Rows of one name, department and requirement that are looked at: more of them come again by plan."""


def _same_days(table: Table, i: int, j: int) -> bool:
    """Whether the planned days of two rows overlap; a blank day says nothing against it."""
    starts = [as_day(table.readable(n, "start")) for n in (i, j)]
    ends = [as_day(table.readable(n, "end")) for n in (i, j)]
    before = [a is not None and b is not None and a < b for a, b in ((ends[0], starts[1]), (ends[1], starts[0]))]
    one_day = [a is not None and b is not None and a != b for a, b in ((starts[0], starts[1]), (ends[0], ends[1]))]
    return not any(before) and not any(one_day)


def _first_two(case: Case, table: Table, rows: Iterable[int]) -> tuple[list[int], list[int]]:
    """The first rows of the first two departments among all rows, and among the open ones. Rows without a department are left out."""
    every: dict[str, int] = {}
    still_open: dict[str, int] = {}
    for i in sorted(rows):
        dept = case.department(table.readable(i, "dept"))
        if dept:
            every.setdefault(dept, i)
            if not is_closed(table.readable(i, "status")):
                still_open.setdefault(dept, i)
    return list(every.values())[:2], list(still_open.values())[:2]


def people_of(value: object) -> list[str]:
    """The names in an owner cell; masked ones (`*经理`) name nobody in particular and are left out."""
    names = value if isinstance(value, tuple) else _NAMES.split(value) if isinstance(value, str) else ()
    return [n for n in (str(name).strip() for name in names) if n and not _MASKED.search(n)]


def one_person_twice(case: Case) -> Iterator[Finding]:
    """Q502 at an open task whose owner has a task of another department in the same days, Q503 one of the same department.

    One finding a task and person, naming the earlier task that runs longest. A task that begins the day another ends does not overlap.
    """
    table = case.tables.get("tasks")
    if table is None:
        return
    held: dict[tuple[str, str], list[tuple[date, date, int]]] = {}
    for i in range(len(table)):
        start, end = as_day(table.readable(i, "start")), as_day(table.readable(i, "end"))
        if start is None or end is None or end < start or is_closed(table.readable(i, "status")):
            continue
        for person in dict.fromkeys(people_of(table.readable(i, "owner"))):
            held.setdefault((person, _noted(table, i, person)), []).append((start, end, i))
    urgency = _urgency(case)
    for (person, _), spans in held.items():
        longest: dict[str, _Span] = {}  # department → its task so far that ends last
        last: list[_Span] = []  # the two of them that end last, of two departments
        for start, end, i in sorted(spans):
            dept = case.department(table.readable(i, "dept"))
            elsewhere = next((span for span in last if span[3] != dept and _runs(span, start)), None)
            own = longest.get(dept)
            if elsewhere or (own and _runs(own, start)):
                j = (elsewhere or longest[dept])[2]
                facts: dict[str, object] = {"person": person, "other": case.name(table, j), "other_cell": table.at(j, "owner").cell}
                facts |= {"dept": dept, "other_dept": case.department(table.readable(j, "dept"))}
                if elsewhere:
                    facts["first"] = _goes_first(case, table, i, j, urgency)
                yield case.finding("Q502" if elsewhere else "Q503", table, i, "owner", **facts)
            if own is None or end >= own[1]:  # of equal ends the later start: it may be a task of one day
                longest[dept] = span = (start, end, i, dept)
                last = sorted([span, *(s for s in last if s[3] != dept)], key=lambda s: (s[1], s[0]), reverse=True)[:2]


def _noted(table: Table, index: int, person: str) -> str:
    """What the cell writes beside a name (张三（研发部）): it tells people of one name apart, as Q502 asks for."""
    raw = table.raw.get("owner")
    written = raw[index] if raw is not None else None
    return folded(written.replace(person, "", 1)) if isinstance(written, str) and table.get(index, "owner") == person != written else ""


_Span = tuple[date, date, int, str]
"""Start, end, row and department of a task."""


def _runs(span: _Span, day: date) -> bool:
    """Whether a task that began no later is still under way when another begins on the day."""
    return day < span[1] or day == span[0]


def _urgency(case: Case) -> dict[str, int]:
    if "requirements" not in case.tables:
        return {}
    return {key: _RANK.get(str(r.table.readable(r.index, "urgency")), 2) for key, r in by_key(case, "requirements").items()}


def _goes_first(case: Case, table: Table, i: int, j: int, urgency: dict[str, int]) -> str:
    """The task whose requirement is more urgent, else the one due first: what the PMO would settle it by."""

    def rank(n: int) -> tuple[int, date, int]:
        return urgency.get(str(table.readable(n, "req_id")), 2), as_day(table.readable(n, "end")) or date.max, n

    return case.name(table, min((i, j), key=rank))


def resources_of(text: str) -> list[str]:
    """What is asked for in `研发人力5人、市场预算20万`: 研发人力, 市场预算; amounts taken out."""
    return [name for name in (normal_name(_AMOUNT.sub("", part)) for part in re.split(r"[、,，;；。\n]", text)) if len(name) > 1]


def one_resource_twice(case: Case) -> Iterator[Finding]:
    """Q511 at an open requirement that asks for a resource an open requirement of another department asks for too."""
    table = case.tables.get("requirements")
    if table is None:
        return
    wanted: dict[str, list[int]] = {}
    for i in range(len(table)):
        text = table.readable(i, "resources")
        if isinstance(text, str) and not is_closed(table.readable(i, "status")):
            for resource in dict.fromkeys(resources_of(text)):
                wanted.setdefault(resource, []).append(i)
    urgency = _urgency(case)
    for resource, rows in wanted.items():
        first = {case.department(table.readable(i, "from_dept")): i for i in reversed(rows)}
        for i in rows:
            dept = case.department(table.readable(i, "from_dept"))
            others = [j for d, j in first.items() if d and dept and d != dept]
            if others:
                j = min(others)
                most = min((i, j), key=lambda n: (urgency.get(case.keys["requirements"][n] or "", 2), n))
                facts = {"other": case.name(table, j), "other_cell": table.at(j, "resources").cell, "first": case.name(table, most)}
                yield case.finding("Q511", table, i, "resources", resource=resource, **facts)
