"""Who must hear of what: the escalation list.

In: parsed tables, terms, the day, the directory.  Out: numbered lines.  Pure.
Source: S1, overdue by more than 3 days or a problem marked urgent; to both departments' superiors and the sponsor (DOMAIN §2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from collab_xl.model.directory import Directory
from collab_xl.model.sheets import Table
from collab_xl.model.summary import EscalationLine
from collab_xl.model.terms import Terms
from collab_xl.rules.deadlines import key_of
from collab_xl.rules.lateness import days_late, is_closed
from collab_xl.rules.overdue import FIELDS, department, words

_URGENCY = {"urgent_problem": 0, "escalated": 1, "overdue": 2}


def escalation_lines(tables: Mapping[str, Table], terms: Terms, as_of: date, directory: Directory) -> list[EscalationLine]:
    """One line a row, numbered from 1: urgent problems, then what the departments could not settle, then the latest first."""
    partners, task_requirement = _partners(tables), _task_requirements(tables)
    lines = []
    for form, (key, name, end_field) in FIELDS.items():
        if form not in tables:
            continue
        table = tables[form]
        for i in range(len(table)):
            cause, days = _cause(table, i, end_field, terms, as_of)
            if not cause:
                continue
            own = department(table, i, directory)
            requirement = words(table, i, "req_id") if form == "tasks" else task_requirement.get(words(table, i, "task_id"), "")
            # Urgent problems are decided within the hour (S1): the answer is due the same day.
            answer_by = as_of if cause == "urgent_problem" else terms.work.forward(as_of, 1)
            lines.append(
                EscalationLine(
                    number=0,
                    form=form,
                    key=key_of(table, i, key) or "",
                    name=words(table, i, name),
                    dept=own,
                    days=days,
                    cause=cause,
                    to=recipients((own, *partners.get(requirement, ())), directory),
                    answer_by=answer_by,
                    measure=words(table, i, "measure"),
                )
            )
    lines.sort(key=lambda line: (_URGENCY[line.cause], -line.days))
    return [replace(line, number=number) for number, line in enumerate(lines, 1)]


def _cause(table: Table, i: int, end_field: str, terms: Terms, as_of: date) -> tuple[str, int]:
    """Why a row is escalated ("" when it is not) and how many days it is late; the more urgent cause wins."""
    status = table.readable(i, "status")
    if is_closed(status):
        return "", 0
    days = days_late(table.readable(i, end_field), is_closed(status), as_of, terms.late)
    if table.form == "problems":
        if table.readable(i, "level") == "urgent":
            return "urgent_problem", days
        if status == "escalated":
            return "escalated", days
    return ("overdue", days) if days > terms.escalate_days else ("", days)


def recipients(departments: tuple[str, ...], directory: Directory) -> tuple[str, ...]:
    """The superior of each department (its head where none is named), then the sponsors; nobody twice, own department first."""
    known = [d for d in map(directory.department, dict.fromkeys(departments)) if d is not None]
    names = [d.superior or d.head for d in known] + [d.sponsor for d in known]
    return tuple(dict.fromkeys(name for name in names if name))


def _partners(tables: Mapping[str, Table]) -> dict[str, tuple[str, ...]]:
    """Requirement → the department that asked and those involved."""
    if "requirements" not in tables:
        return {}
    table = tables["requirements"]
    found = {}
    for i in range(len(table)):
        involved = table.readable(i, "to_depts")
        names = involved if isinstance(involved, tuple) else (words(table, i, "to_depts"),)
        found[words(table, i, "req_id")] = tuple(n for n in (words(table, i, "from_dept"), *names) if n)
    found.pop("", None)
    return found


def _task_requirements(tables: Mapping[str, Table]) -> dict[str, str]:
    if "tasks" not in tables:
        return {}
    table = tables["tasks"]
    return {words(table, i, "task_id"): words(table, i, "req_id") for i in range(len(table)) if words(table, i, "task_id")}
