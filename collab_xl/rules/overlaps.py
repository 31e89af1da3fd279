"""Family Q, between rows: two departments list the same work, or a person has two tasks at the same time.

In: a Case and the rows of a form that names the check.  Out: findings.  Pure.
Source: docs/facts/domain.md: overlaps need one lead department; of a person's tasks the one with the more urgent requirement goes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from collab_xl.forms import Field
from collab_xl.model.directory import folded
from collab_xl.model.finding import Finding
from collab_xl.model.regex import regex
from collab_xl.model.values import Value
from collab_xl.rules.case import Case
from collab_xl.rules.keys import by_key
from collab_xl.rules.names import another_thing, near_pairs, normal_name
from collab_xl.rules.rows import Rows

_NAMES = regex(r"[、,，;；/]|\s+(?=[^\x00-\x7f])")
_MASKED = regex(r"[*＊某×]|^[xX]{1,3}$")


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
    depts = _departments(case, rows)
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
    depts, parents, starts, ends = _departments(case, rows), rows.values("parent"), rows.days("start"), rows.days("due")
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


def _departments(case: Case, rows: Rows) -> list[str]:
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


def people_of(value: object) -> list[str]:
    """The names in an owner cell; masked names (`*经理`) are left out because they identify nobody."""
    names = value if isinstance(value, tuple) else _NAMES.split(value) if isinstance(value, str) else ()
    return [n for n in (str(name).strip() for name in names) if n and not _MASKED.search(n)]


def owner_twice(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q502 at an open row whose owner has a row of another department in the same days, Q503 one of the same department.

    One finding per row and person; it names the earlier row that ends last. A task that begins on the day another ends does not overlap.
    """
    owner = rows.field("owner")
    if owner is None:
        return
    held: dict[tuple[str, str], list[tuple[date, date, int]]] = {}
    owners, depts = rows.values(owner), _departments(case, rows)
    for i, (start, end, closed) in enumerate(zip(rows.days("start"), rows.days("due"), rows.closed, strict=True)):
        if start is None or end is None or end < start or closed:
            continue
        for person in dict.fromkeys(people_of(owners[i])):
            held.setdefault((person, _noted(rows, owner, i, person)), []).append((start, end, i))
    urgent = urgency(case, rows)
    for (person, _), spans in held.items():
        longest: dict[str, _Span] = {}  # department → its row so far that ends last
        last: list[_Span] = []  # the two spans that end last, of two departments
        for start, end, i in sorted(spans):
            dept = depts[i]
            elsewhere = next((span for span in last if span[3] != dept and _runs(span, start)), None)
            own = longest.get(dept)
            if elsewhere or (own and _runs(own, start)):
                j = (elsewhere or longest[dept])[2]
                facts: dict[str, object] = {"person": person, "other": rows.name(j), "other_cell": rows.table.at(j, owner.id).cell}
                facts |= {"dept": dept, "other_dept": depts[j]}
                if elsewhere:
                    facts["first"] = goes_first(rows, i, j, urgent)
                yield case.finding("Q502" if elsewhere else "Q503", rows, i, owner, **facts)
            if own is None or end >= own[1]:  # for equal ends the later start is used: it may be a task of one day
                longest[dept] = span = (start, end, i, dept)
                last = sorted([span, *(s for s in last if s[3] != dept)], key=lambda s: (s[1], s[0]), reverse=True)[:2]


def _noted(rows: Rows, owner: Field, index: int, person: str) -> str:
    """The note after a name in the cell (张三（研发部）). It distinguishes people with the same name, as Q502 recommends."""
    raw = rows.table.raw.get(owner.id)
    written = raw[index] if raw is not None else None
    return folded(written.replace(person, "", 1)) if isinstance(written, str) and rows.values(owner)[index] == person != written else ""


_Span = tuple[date, date, int, str]
"""Start, end, row and department of a task."""


def _runs(span: _Span, day: date) -> bool:
    """Whether an earlier task is still under way when another begins on `day`."""
    return day < span[1] or day == span[0]


def urgencies(rows: Rows) -> list[int]:
    """The urgency of each row by its level; a smaller number is more urgent. A blank level is the lowest."""
    level = rows.form.role("level")
    return [-max(0, level.rank(value)) for value in rows.values(level)] if level else [0] * len(rows)


def urgency(case: Case, rows: Rows, seen: frozenset[str] = frozenset()) -> list[int]:
    """The urgency of each row's parent: the parent's level, or if it has none, the urgency of its own parent. An unknown one counts as
    least urgent."""
    out, seen = [0] * len(rows), seen | {rows.form.id}
    for field in rows.form.parents():
        parents = case.rows.get(field.of)
        if parents is None or field.of in seen:
            continue
        urgent = urgencies(parents) if parents.form.role("level") is not None else urgency(case, parents, seen)
        places = by_key(parents)
        at = [places.get(str(value)) for value in rows.values(field)]
        out = [min(before, urgent[n]) if n is not None else before for before, n in zip(out, at, strict=True)]
    return out


def goes_first(rows: Rows, i: int, j: int, urgent: Sequence[int]) -> str:
    """The row that goes first: the one whose parent is more urgent, else the one due first."""
    ends = rows.days("due")
    return rows.name(min((i, j), key=lambda n: (urgent[n], ends[n] or date.max, n)))
