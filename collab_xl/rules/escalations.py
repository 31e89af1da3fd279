"""Who must hear of what: the escalation list.

In: a Case.  Out: numbered lines.  Pure.
Source: docs/facts/domain.md, The week: overdue by more than 3 days or a problem marked urgent; to both departments' superiors
and the sponsor.
"""

from __future__ import annotations

from dataclasses import replace

from collab_xl.model.directory import Directory
from collab_xl.model.summary import EscalationLine
from collab_xl.rules.case import Case
from collab_xl.rules.limits import exceeding
from collab_xl.rules.overdue import department
from collab_xl.rules.rows import Rows, names, said

OVERDUE = "overdue"
_NAMED, _OVER, _LATE = range(3)
Cause = tuple[tuple[int, int, int], str, int]
"""(rank, the smaller the more urgent; cause; working days until the answer is due)."""


def escalation_lines(case: Case) -> list[EscalationLine]:
    """One line a row, numbered from 1: what is escalated for what it is (soonest answer first), over a limit, then the latest first."""
    partners = _Partners(case)
    lines = []
    for rows in case.rows.values():
        late, measures = rows.late(case.terms, case.as_of), rows.words("measure")
        for i, found in enumerate(causes(case, rows)):
            if found is None:
                continue
            rank, cause, answer_days = found
            line = EscalationLine(
                number=0,
                form=rows.form.id,
                key=rows.keys[i] or "",
                name=rows.titles[i],
                dept=department(case, rows, i),
                days=late[i],
                cause=cause,
                to=recipients((*rows.departments[i], *partners.of(rows, i)), case.directory),
                answer_by=case.terms.work.forward(case.as_of, answer_days),
                measure=measures[i],
            )
            lines.append((rank, line))
    lines.sort(key=lambda ranked: (ranked[0], -ranked[1].days))
    return [replace(line, number=number) for number, (_, line) in enumerate(lines, 1)]


def causes(case: Case, rows: Rows) -> list[Cause | None]:
    """Why each row is escalated, None for one that is not; the most urgent cause wins. Closed rows never are."""
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


def recipients(departments: tuple[str, ...], directory: Directory) -> tuple[str, ...]:
    """The superior of each department (its head where none is named), then the sponsors; nobody twice, own department first."""
    known = [d for d in map(directory.department, dict.fromkeys(departments)) if d is not None]
    people = [d.superior or d.head for d in known] + [d.sponsor for d in known]
    return tuple(dict.fromkeys(name for name in people if name))


class _Partners:
    """The departments a row is shared with: all that stand in the parents, near or far, that involve several departments."""

    def __init__(self, case: Case) -> None:
        self._rows = case.rows
        self._places: dict[str, dict[str, int]] = {}

    def of(self, rows: Rows, index: int) -> tuple[str, ...]:
        found: list[str] = []
        seen = {(rows.form.id, index)}
        queue = [(rows, index)]
        for current, i in queue:
            for field in current.form.parents():
                parents = self._rows.get(field.of)
                key = said(current.values(field)[i]).strip()
                n = self._at(parents).get(key) if parents is not None and key else None
                if parents is None or n is None or (parents.form.id, n) in seen:
                    continue
                seen.add((parents.form.id, n))
                queue.append((parents, n))
                if parents.form.role("departments") is not None:
                    involved = [f for f in parents.form.fields if f.kind in ("department", "departments")]
                    found += [name for f in involved for name in names(parents.values(f)[n])]
        return tuple(found)

    def _at(self, rows: Rows) -> dict[str, int]:
        """Key → the last row that has it."""
        if rows.form.id not in self._places:
            self._places[rows.form.id] = {key: i for i, key in enumerate(rows.keys) if key is not None}
        return self._places[rows.form.id]
