"""The escalation list: which rows to escalate, and whom to inform.

In: a Case.  Out: numbered lines.  Pure.
Source: docs/facts/domain.md, The week: overdue by more than 3 days, or a problem marked urgent. Inform the superiors of both departments
and the sponsor.
"""

from __future__ import annotations

from collections.abc import Sequence

from collab_xl.model.directory import Directory, Person
from collab_xl.model.summary import EscalationLine
from collab_xl.model.values import Value
from collab_xl.rules.case import Case
from collab_xl.rules.limits import exceeding
from collab_xl.rules.overdue import department
from collab_xl.rules.rows import Rows, as_text, names

OVERDUE = "overdue"
_NAMED, _OVER, _LATE = range(3)
Cause = tuple[tuple[int, int, int], str, int]
"""(rank, the smaller the more urgent; cause; working days until the answer is due)."""


def escalation_lines(case: Case) -> list[EscalationLine]:
    """One line per row, numbered from 1: rows escalated by the form (soonest answer first), rows over a limit, overdue rows (latest
    first)."""
    partners = _Partners(case)
    found: list[tuple[tuple[int, int, int], int, Rows, int, Cause]] = []
    for rows in case.rows.values():
        late = rows.late(case.terms, case.as_of)
        found += [(cause[0], -late[i], rows, i, cause) for i, cause in enumerate(causes(case, rows)) if cause]
    found.sort(key=lambda one: one[:2])
    answer_by = {days: case.terms.work.forward(case.as_of, days) for days in {cause[2] for *_, cause in found}}
    involved = {(rows.form.id, i): (*rows.departments[i], *rows.asked[i], *partners.of(rows, i)) for _, _, rows, i, _ in found}
    people = {departments: people_above(departments, case.directory) for departments in set(involved.values())}
    above = {place: people[departments] for place, departments in involved.items()}
    return [
        EscalationLine(
            number=number,
            form=rows.form.id,
            key=rows.keys[i] or "",
            name=rows.titles[i],
            dept=department(case, rows, i),
            days=-days,
            cause=cause,
            to=tuple(dict.fromkeys(person.name for person in above[rows.form.id, i])),
            people=above[rows.form.id, i],
            answer_by=answer_by[answer_days],
            measure=as_text(rows.values("measure")[i]),
        )
        for number, (_, days, rows, i, (_, cause, answer_days)) in enumerate(found, 1)
    ]


def causes(case: Case, rows: Rows) -> list[Cause | None]:
    """The cause of escalation of each row, None if not escalated. The most urgent cause is used. Closed rows are never escalated."""
    out: list[Cause | None] = [None] * len(rows)

    def note(held: list[bool], cause: Cause) -> None:
        for i, holds in enumerate(held):
            before = out[i]
            if holds and not rows.closed[i] and (before is None or cause < before):
                out[i] = cause

    for n, escalation in enumerate(rows.form.escalations):
        rank = (_NAMED, escalation.answer_days, n)
        note(rows.where(escalation.when, case.terms, case.as_of), (rank, escalation.cause, escalation.answer_days))
    for n, rule in enumerate(rows.form.rules.over):
        if rule.escalate:
            note(exceeding(rows, rule, case.settings), ((_OVER, 1, n), rule.cause, 1))
    if rows.form.due is not None and rows.form.due.listed and rows.form.due.escalate:
        late = rows.late(case.terms, case.as_of)
        note([days > case.terms.escalate_days for days in late], ((_LATE, 1, 0), OVERDUE, 1))
    return out


def people_above(departments: tuple[str, ...], directory: Directory) -> tuple[Person, ...]:
    """The superior of each department (its head if none is named), then the sponsors; own department first, nobody twice."""
    known = [d for d in map(directory.department, dict.fromkeys(departments)) if d is not None]
    superiors = [d.superior_or_head for d in known]
    return tuple(dict.fromkeys(person for person in (*superiors, *(d.sponsor_person for d in known)) if person.name))


class _Partners:
    """The departments a row is shared with: all departments of its direct and indirect parents that involve several departments."""

    def __init__(self, case: Case) -> None:
        self._rows = case.rows
        self._places: dict[str, dict[str, int]] = {}
        self._steps: dict[str, list[tuple[Sequence[Value], Rows, Sequence[Sequence[Value]]]]] = {}

    def of(self, rows: Rows, index: int) -> tuple[str, ...]:
        found: list[str] = []
        seen = {(rows.form.id, index)}
        queue = [(rows, index)]
        for current, i in queue:
            for references, parents, involved in self._to_parents(current):
                reference = references[i]
                n = self._at(parents).get(str(reference).strip()) if reference is not None else None
                if n is not None and (place := (parents.form.id, n)) not in seen:
                    seen.add(place)
                    queue.append((parents, n))
                    for column in involved:
                        found += names(column[n])
        return tuple(found)

    def _to_parents(self, rows: Rows) -> list[tuple[Sequence[Value], Rows, Sequence[Sequence[Value]]]]:
        """For each parent: the references, the parent's rows, and its department columns if it involves several departments."""
        steps = self._steps.get(rows.form.id)
        if steps is None:
            steps = self._steps[rows.form.id] = []
            for field in rows.form.parents():
                if parents := self._rows.get(field.of):
                    shared = parents.form.role("departments") is not None
                    fields = [f for f in parents.form.fields if shared and f.kind in ("department", "departments")]
                    steps.append((rows.values(field), parents, [parents.values(f) for f in fields]))
        return steps

    def _at(self, rows: Rows) -> dict[str, int]:
        """Key → the last row that has it."""
        found = self._places.get(rows.form.id)
        if found is None:
            found = self._places[rows.form.id] = {key: i for i, key in enumerate(rows.keys) if key is not None}
        return found
