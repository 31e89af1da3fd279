"""The groups and bars of a Gantt chart: tasks by the row they belong to, else by department.

In: a Case and the rows of work.  Out: groups.  Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from collab_xl.catalogue import COMMA, text
from collab_xl.model.dependency import dependencies
from collab_xl.model.gantt import Bar, BarGroup
from collab_xl.model.keys import spelling
from collab_xl.rules.case import Case
from collab_xl.rules.chain import Outlook, chain_of
from collab_xl.rules.overdue import department
from collab_xl.rules.rows import Rows


def bar_groups(case: Case, rows: Rows | None, lang: str) -> list[BarGroup]:
    """Every task with a title or key, in groups: by parent in the order of its sheet, then tasks without one; by department if no task has
    a parent. In a group by start, end and place on the sheet. No rows: no groups."""
    if rows is None:
        return []
    whose = _parents(case, rows)
    bars = _bars(case, rows, whose, lang)
    wanted = [i for i in range(len(rows)) if bars[i].key or bars[i].name]
    group_of: list[tuple[int, int, str, Key | None]]
    if any(whose[i] is not None for i in wanted):
        none = (1, 0, text("report.gantt.no_parent", lang), None)
        group_of = [(0, *parent) if parent is not None else none for parent in whose]
    else:
        group_of = [(0 if bar.department else 1, 0, bar.department or text("report.other_department", lang), None) for bar in bars]
    found: dict[tuple[int, int, str, Key | None], list[int]] = {}
    for i in wanted:
        found.setdefault(group_of[i], []).append(i)
    last, ranges = date.max, case.forecast.rows if case.forecast else {}

    def placed(i: int) -> tuple[date, date, int]:
        return (bars[i].start or bars[i].end or last, bars[i].end or last, i)

    return [
        BarGroup(group[2], [bars[i] for i in sorted(members, key=placed)], ranges.get(group[3]) if group[3] else None)
        for group, members in sorted(found.items(), key=lambda pair: pair[0][:2])
    ]


Key = tuple[str, str]
"""Form and key."""


def _parents(case: Case, rows: Rows) -> Sequence[tuple[int, str, Key] | None]:
    """For each row the place, name and key of the row it is a part of."""
    for field in rows.form.parents():
        target = case.rows.get(field.of)
        if target is None or rows.field(field) is None:
            continue
        places = {spelling(key): n for n, key in reversed(list(enumerate(target.keys))) if key is not None}
        found = [places.get(spelling(value)) if isinstance(value, str) else None for value in rows.values(field)]
        return [None if n is None else (n, target.name(n), (field.of, target.keys[n] or "")) for n in found]
    return [None] * len(rows)


def _bars(case: Case, rows: Rows, whose: Sequence[tuple[int, str, Key] | None], lang: str) -> list[Bar]:
    net, out = chain_of(case, rows)
    late = rows.late(case.terms, case.as_of)
    owners, baseline, progress = rows.words("owner"), rows.days("baseline"), rows.numbers("progress")
    milestone, before = rows.values("milestone"), rows.values("predecessors")
    starts, ends, finished = rows.days("start"), rows.days("due"), rows.days("finished")
    status, said = rows.form.role("status"), rows.values("status")
    comma = COMMA[lang]
    return [
        Bar(
            row=i,
            key=rows.keys[i] or "",
            name=rows.titles[i],
            department=department(case, rows, i),
            owner=owners[i],
            links=tuple(net.links[i]),
            before=comma.join(link.said(lang) for link in dependencies(before[i])),
            start=starts[i],
            end=ends[i],
            finished=finished[i],
            expected=_later(one.end, ends[i]),
            baseline=baseline[i],
            progress=progress[i],
            slack=one.slack,
            state=_state(rows.states[i], one, late[i], starts[i] or ends[i]),
            days=late[i] or one.slip,
            milestone=milestone[i] is True,
            parent=above[2][1] if (above := whose[i]) is not None else "",
            status=str(status.worded(said[i], lang) or "") if status is not None else "",
        )
        for i, one in enumerate(out)
    ]


def _later(expected: date | None, end: date | None) -> date | None:
    return expected if expected is not None and end is not None and expected > end else None


def _state(state: str, one: Outlook, late: int, day: date | None) -> str:
    if state in ("done", "cancelled"):
        return state
    if day is None:
        return "undated"
    return "late" if late else "slips" if one.slip else "no_room" if one.critical else "open"
