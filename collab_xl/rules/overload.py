"""Family Q, of a person: tasks whose planned days overlap, one finding a person with the weeks and the tasks.

In: a Case and the rows of a form that names the check.  Out: findings.  Pure.
Source: docs/facts/domain.md: of a person's tasks the one with the more urgent requirement goes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from collab_xl.forms import Field
from collab_xl.model.directory import folded
from collab_xl.model.finding import Finding
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.week import week_after, week_of
from collab_xl.rules.case import Case
from collab_xl.rules.overlaps import departments_of, goes_first, urgency
from collab_xl.rules.rows import Rows

_NAMES = regex(r"[、,，;；/]|\s+(?=[^\x00-\x7f])")
_MASKED = regex(r"[*＊某×]|^[xX]{1,3}$")
SHOWN = 8
"""The most tasks a text names; then it gives the number of the others."""


def people_of(value: object) -> list[str]:
    """The names in an owner cell; masked names (`*经理`) are left out because they identify nobody."""
    names = value if isinstance(value, tuple) else _NAMES.split(value) if isinstance(value, str) else ()
    return [n for n in (str(name).strip() for name in names) if n and not _MASKED.search(n)]


class Overload(Struct, frozen=True):
    """A person with several open tasks on the same days. `rows`: these tasks, by the day they begin."""

    person: str
    rows: tuple[int, ...]
    most: int
    """How many run at once at most."""
    weeks: tuple[tuple[str, str], ...]
    """The weeks in which several run, as spans (first, last)."""
    departments: tuple[str, ...]
    across: bool
    """Whether tasks of different departments run at once."""
    first: int
    """The row that goes first."""


def overloads(case: Case, rows: Rows) -> list[Overload]:
    """Everybody with open tasks on the same days, most tasks at once first. A task that begins on the day another ends does not overlap.

    People of one name count as one, unless a note behind the name (张三（研发部）) tells them apart.
    """
    owner = rows.field("owner")
    if owner is None:
        return []
    held: dict[tuple[str, str], list[_Span]] = {}
    owners = rows.values(owner)
    for i, (start, end, closed) in enumerate(zip(rows.days("start"), rows.days("due"), rows.closed, strict=True)):
        if start is None or end is None or end < start or closed:
            continue
        for person in dict.fromkeys(people_of(owners[i])):
            span = start, max(end, start + timedelta(1)), i  # the last day is half a day, as the first of what follows
            held.setdefault((person, _noted(rows, owner, i, person)), []).append(span)
    urgent, depts = urgency(case, rows), departments_of(case, rows)
    week_start = case.settings.week_start
    found = [one for (person, _), spans in held.items() if (one := _overload(person, rows, spans, depts, urgent, week_start))]
    return sorted(found, key=lambda one: (-one.most, -len(one.rows), one.person))


_Span = tuple[date, date, int]
"""Start, the day after the last full day, and row of a task."""


def _overload(
    person: str, rows: Rows, spans: Sequence[_Span], depts: Sequence[str], urgent: Sequence[int], week_start: int
) -> Overload | None:
    if len(spans) < 2:
        return None
    changes = sorted([(end, 0, i) for _, end, i in spans] + [(start, 1, i) for start, _, i in spans])
    running: dict[int, None] = {}
    alone: list[int] = []  # running, and not known to overlap yet
    together: dict[int, None] = {}
    most, across, weeks = 0, False, dict[str, None]()
    for n, (day, begins, i) in enumerate(changes):
        if begins:
            running[i] = None
            alone.append(i)
        else:
            del running[i]
        until = changes[n + 1][0] if n + 1 < len(changes) else day
        if len(running) < 2 or until == day:
            alone = [k for k in alone if k in running]
            continue
        together.update((k, None) for k in alone if k in running)
        alone = []
        most = max(most, len(running))
        across = across or len({depts[k] for k in running}) > 1
        weeks.update((week_of(day + timedelta(7 * k), week_start), None) for k in range((until - day).days // 7 + 1))
        weeks[week_of(until - timedelta(1), week_start)] = None
    if not together:
        return None
    starts = rows.days("start")
    tasks = tuple(sorted(together, key=lambda i: (starts[i] or date.max, i)))
    named = tuple(dict.fromkeys(depts[i] for i in tasks if depts[i]))
    return Overload(person, tasks, most, _spans_of(weeks), named, across, goes_first(rows, tasks, urgent))


def _spans_of(weeks: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Weeks as spans of weeks in sequence."""
    out: list[tuple[str, str]] = []
    for week in sorted(weeks):
        if out and week_after(out[-1][1]) == week:
            out[-1] = out[-1][0], week
        else:
            out.append((week, week))
    return tuple(out)


def _noted(rows: Rows, owner: Field, index: int, person: str) -> str:
    """The note after a name in the cell (张三（研发部）). It distinguishes people with the same name, as Q502 recommends."""
    raw = rows.table.raw.get(owner.id)
    written = raw[index] if raw is not None else None
    return folded(written.replace(person, "", 1)) if isinstance(written, str) and rows.values(owner)[index] == person != written else ""


def owner_twice(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q502 at the first task on the sheet of a person who has tasks of several departments on the same days, Q503 of one department.

    One finding a person, with the tasks, the weeks, how many at most, and which goes first.
    """
    owner = rows.field("owner")
    if owner is None:
        return
    for one in overloads(case, rows):
        names = [rows.name(i) or rows.table.at(i, owner.id).cell for i in one.rows]
        facts: dict[str, object] = {
            "person": one.person,
            "n": len(one.rows),
            "most": one.most,
            "named": tuple(names) if len(names) <= SHOWN else (*names[:SHOWN], "…"),
            "weeks": tuple(first if first == last else f"{first}～{last}" for first, last in one.weeks),
            "first": rows.name(one.first) or rows.table.at(one.first, owner.id).cell,
        }
        if one.across:
            facts["sides"] = one.departments
        yield case.finding("Q502" if one.across else "Q503", rows, min(one.rows), owner, **facts)
