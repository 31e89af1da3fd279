"""The resource plan: two rows need one resource on the same days (family Q), and people who have too much at once.

In: a Case and the rows.  Out: findings; lines for the form's block of the weekly page.  Pure.
Source: docs/facts/domain.md: the urgency of the requirements decides who gets it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from collab_xl.catalogue import text
from collab_xl.model.finding import Finding
from collab_xl.model.values import Value
from collab_xl.model.week import week_of
from collab_xl.rules.case import Case
from collab_xl.rules.names import normal_name
from collab_xl.rules.overlaps import asked_by, goes_first, urgency
from collab_xl.rules.overload import overloads
from collab_xl.rules.parts import is_work
from collab_xl.rules.rows import Rows


def resource_wanted_twice(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q521 at an open row if earlier rows need the resource (same name and giver) on the same days; the facts name the first of them and,
    of all, who should get it: the row whose requirement is most urgent.

    A row without a first day is skipped. A row without a last day needs the resource for one day. Rows that say how much there is do not
    clash on days on which that is enough for all who need it then.
    """
    title, urgent, asking = rows.field("title"), urgency(case, rows), asked_by(case, rows)
    if title is None:
        return
    givers = [case.department(value) for value in rows.values("giver")]
    needs, haves = rows.numbers("need"), rows.numbers("have")
    wanted: dict[tuple[str, str], list[tuple[date, date, int]]] = {}
    for i, (name, first, last, closed) in enumerate(zip(rows.titles, rows.days("start"), rows.days("use_to"), rows.closed, strict=True)):
        if first is None or closed or not (normal := normal_name(name)):
            continue
        until = max(first, last or first)
        earlier = wanted.setdefault((normal, givers[i]), [])
        same_days = [(start, end, j) for start, end, j in earlier if start <= until and first <= end]
        at_once = [[j for start, end, j in same_days if start <= day <= end] for day in sorted({max(first, s) for s, _, _ in same_days})]
        others = next((own for own in at_once if not _enough((i, *own), needs, haves)), None)
        if others:
            most = goes_first(rows, (i, *others), urgent)
            facts = {"other": _claim(case, rows, others[0], asking), "other_cell": rows.table.at(others[0], title.id).cell}
            yield case.finding("Q521", rows, i, title, resource=name, **facts, first=_claim(case, rows, most, asking))
        earlier.append((first, until, i))


def overloaded_people(case: Case, rows: Rows) -> list[dict[str, Value]]:
    """One line a person with several open tasks on the same days, now or later: from when to when, how many at once (as the need), one
    person (as what there is), which goes first. Most at once first."""
    title = rows.form.role("title")
    this_week = week_of(case.as_of, case.settings.week_start)
    out: list[dict[str, Value]] = []
    for work in (work for work in case.rows.values() if is_work(work.form)):
        for one in overloads(case, work):
            weeks = [(max(first, this_week), last) for first, last in one.weeks if last >= this_week]
            if weeks and title is not None:
                until = max(last for _, last in weeks)
                facts = {"person": one.person, "weeks": weeks[0][0] if weeks[0][0] == until else f"{weeks[0][0]}～{until}"}
                said = text("rules.overload.line", case.settings.lang, **facts, n=one.most, first=work.keys[one.first] or "")
                out.append({title.id: said, "need": one.most, "have": 1, "giver": "、".join(one.departments) or None})
    return out


def _enough(asking: Sequence[int], needs: Sequence[float | None], haves: Sequence[float | None]) -> bool:
    """Whether all rows say how much they need and how much there is, and the least that any of them sees is enough for all."""
    wanted, there = [needs[i] for i in asking], [haves[i] for i in asking]
    return None not in wanted and None not in there and sum(n or 0 for n in wanted) <= min(n or 0 for n in there)


def _claim(case: Case, rows: Rows, i: int, asking: Sequence[tuple[Rows, int] | None]) -> str:
    """Who asks, for texts: the row's key, its department, and the requirement with its urgency: `ZY-001 市场部 XZ-2026-001 特急`."""
    department = case.department(rows.values("department")[i])
    words = [rows.keys[i] or rows.table.at(i, rows.form.key.id).cell, department]
    if (above := asking[i]) is not None:
        parents, n = above
        level = parents.field("level")
        words += [parents.keys[n] or "", case.shown(parents, n, level) if level else ""]
    return " ".join(filter(None, words))
