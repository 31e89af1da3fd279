"""What the calendar says about every row: the findings of family T, for `check` and `flag` alike.

In: parsed tables, the PMO's terms and the day asked about.  Out: findings with their default severity, in sheet order.  Pure.
The numbers are those of the process documents (DOMAIN §2); what a day is, decision 0006.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from collab_xl.model.finding import Finding, Severity, Word
from collab_xl.model.sheets import Table
from collab_xl.model.terms import Terms
from collab_xl.model.values import Value
from collab_xl.rules.lateness import days_late, is_closed, is_due_soon, settle_by


def unit(terms: Terms) -> Word:
    """What the days are counted in; every text with days says it."""
    return Word("unit.working" if terms.late.working else "unit.calendar")


def key_of(table: Table, index: int, key_field: str) -> str | None:
    """The row's key as text, None when it has none."""
    value = table.readable(index, key_field)
    return None if value is None else str(value).strip() or None


def time_findings(tables: Mapping[str, Table], terms: Terms, as_of: date) -> Iterator[Finding]:
    """T301 overdue, T302 due soon, T303 to escalate, T304 to T306: problems and requirements past their numbers.

    T301 and T303 stand at the planned end of tasks and problems. A row without an end is skipped: V101 reports it.
    """
    if "requirements" in tables:
        yield from _requirements(tables["requirements"], terms, as_of)
    if "tasks" in tables:
        yield from _late(tables["tasks"], "task_id", "end", terms, as_of, soon=True)
    if "problems" in tables:
        yield from _late(tables["problems"], "problem_id", "due", terms, as_of, soon=False)
        yield from _problems(tables["problems"], terms, as_of)


def _finding(code: str, severity: Severity, table: Table, index: int, key_field: str, field: str, value: Value, **facts: object) -> Finding:
    raw = table.raw.get(field)
    written = value if value is not None else raw[index] if raw is not None else None
    found = f"{written:%Y-%m-%d %H:%M}" if isinstance(written, datetime) else "" if written is None else str(written)
    return Finding(code, severity, table.at(index, field), key_of(table, index, key_field), table.form, field, found, facts=facts)


def _late(table: Table, key: str, end_field: str, terms: Terms, as_of: date, *, soon: bool) -> Iterator[Finding]:
    soon_unit = Word("unit.working" if terms.warning_working else "unit.calendar")
    for i in range(len(table)):
        end, status = table.readable(i, end_field), table.readable(i, "status")
        if days := days_late(end, is_closed(status), as_of, terms.late):
            yield _finding("T301", Severity.WARNING, table, i, key, end_field, end, days=days, unit=unit(terms))
            if days > terms.escalate_days:
                limit = terms.escalate_days
                yield _finding("T303", Severity.WARNING, table, i, key, end_field, end, days=days, limit=limit, unit=unit(terms))
        elif soon and is_due_soon(end, is_closed(status), as_of, terms):
            yield _finding("T302", Severity.NOTE, table, i, key, end_field, end, warning_days=terms.warning_days, unit=soon_unit)


def _problems(table: Table, terms: Terms, as_of: date) -> Iterator[Finding]:
    for i in range(len(table)):
        if is_closed(table.readable(i, "status")):
            continue
        raised = table.readable(i, "raised_at")
        by = settle_by(raised, terms.meeting_hours)
        # A thing due on a day is not late on that day: reported from the next day on.
        if by is not None and by < as_of and table.readable(i, "measure") is None:
            yield _finding("T304", Severity.WARNING, table, i, "problem_id", "raised_at", raised, hours=terms.meeting_hours)
        if table.readable(i, "level") == "urgent":
            yield _finding("T305", Severity.WARNING, table, i, "problem_id", "level", None)


def _requirements(table: Table, terms: Terms, as_of: date) -> Iterator[Finding]:
    for i in range(len(table)):
        due = table.readable(i, "due")
        if days := days_late(due, is_closed(table.readable(i, "status")), as_of, terms.late):
            yield _finding("T306", Severity.WARNING, table, i, "req_id", "due", due, days=days, unit=unit(terms))
