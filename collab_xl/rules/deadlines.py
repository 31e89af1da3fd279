"""The findings of family T (deadlines), for both `check` and `flag`.

In: a Case.  Out: findings with their default severity.  Pure.
The numbers come from the process documents (docs/facts/domain.md, The numbers). How days are counted: decision 0006.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from collab_xl.forms import Field
from collab_xl.model.finding import Finding, Word
from collab_xl.model.terms import Terms
from collab_xl.rules.case import Case
from collab_xl.rules.clocks import running
from collab_xl.rules.lateness import as_day, is_due_soon
from collab_xl.rules.overdue import official
from collab_xl.rules.rows import Rows


def unit(terms: Terms) -> Word:
    """The unit of late days, for every text with days."""
    return Word("rules.unit.working" if terms.late.working else "rules.unit.calendar")


def time_findings(case: Case) -> Iterator[Finding]:
    """Rows that are overdue, due soon or to escalate (at the due date), clocks that have run out, and rows the form escalates.

    A row without a due date is skipped: V101 reports it.
    """
    for rows in case.rows.values():
        yield from _due(case, rows)
        yield from _escalations(case, rows)
    for clock in running(case):
        if clock.is_out(case.as_of, case.now):
            since = as_day(clock.since)
            facts: dict[str, object] = {"limit": clock.limit, "unit": Word(f"rules.clock.unit.{clock.unit}"), "since": str(since)}
            if clock.rows.form.asks_another(clock.clock):
                facts["department"] = official(case, clock.rows.answering(clock.clock, clock.index))
            waits = clock.clock.label[case.settings.lang]
            yield _finding(case, clock.clock.code, clock.rows, clock.index, clock.field, clock.ahead, waits=waits, **facts)


def _finding(case: Case, code: str, rows: Rows, index: int, field: Field, moment: date | None = None, /, **facts: object) -> Finding:
    """A finding that quotes the cell, a moment with its time, a choice as shown on the sheet; or `moment`: what the cell will hold after
    `flag` where it is blank or of an earlier run."""
    table = rows.table
    value, raw = (None if field.choices else table.readable(index, field.id)), table.raw.get(field.id)
    written = moment or (value if value is not None else raw[index] if raw is not None else None)
    found = f"{written:%Y-%m-%d %H:%M}" if isinstance(written, datetime) else "" if written is None else str(written)
    severity = case.rules[code].severity
    return Finding(code, severity, table.at(index, field.id), rows.keys[index], rows.form.id, field.id, found, facts=facts)


def _due(case: Case, rows: Rows) -> Iterator[Finding]:
    due, field, terms = rows.form.due, rows.field("due"), case.terms
    if due is None or field is None:
        return
    late_unit, soon_unit = unit(terms), Word("rules.unit.working" if terms.warning_working else "rules.unit.calendar")
    for i, (days, day) in enumerate(zip(rows.late(terms, case.as_of), rows.due, strict=True)):
        if days:
            if due.overdue:
                yield _finding(case, due.overdue, rows, i, field, days=days, unit=late_unit)
            if due.escalate and days > terms.escalate_days:
                yield _finding(case, due.escalate, rows, i, field, days=days, limit=terms.escalate_days, unit=late_unit)
        elif due.warn and is_due_soon(day, rows.closed[i], case.as_of, terms):
            yield _finding(case, due.warn, rows, i, field, warning_days=terms.warning_days, unit=soon_unit)


def _escalations(case: Case, rows: Rows) -> Iterator[Finding]:
    for escalation in rows.form.escalations:
        field = rows.form.named(escalation.at) if escalation.at else rows.form.key
        if not escalation.code or field is None:
            continue
        held = rows.where(escalation.when, case.terms, case.as_of)
        yield from (_finding(case, escalation.code, rows, i, field) for i, holds in enumerate(held) if holds and not rows.closed[i])
