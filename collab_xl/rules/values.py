"""Family V: cells that are blank where they must not be, or contradict each other.

In: a Case.  Out: findings.  Pure.  A cell that cannot be read is reported when it is read, and is left alone here.
"""

from __future__ import annotations

from collections.abc import Iterator

from collab_xl.model.finding import Finding
from collab_xl.rules.case import Case, blank
from collab_xl.rules.deadlines import unit
from collab_xl.rules.lateness import as_day, days_late, is_closed

_PERIODS = {"tasks": ("start", "end"), "problems": ("raised_at", "due")}
_FINISHED = {"tasks": "actual_end", "problems": "closed_at"}


def required(case: Case) -> Iterator[Finding]:
    """V102 at a blank the form needs filled, V101 at an open task without a planned end. A missing key is R304."""
    for form, table in case.forms():
        needed = [f.id for f in form.fields if f.required and f.kind != "key" and f.id in table.columns]
        for i in range(len(table)):
            for field_id in needed:
                if blank(table, i, field_id):
                    yield case.finding("V102", table, i, field_id)
            if form.id == "tasks" and blank(table, i, "end") and not is_closed(table.readable(i, "status")):
                yield case.finding("V101", table, i, "end")


def periods(case: Case) -> Iterator[Finding]:
    """V103 at an end before its start, V110 at a finishing date before it, naming both; V104 at a finishing date after today."""
    for form, table in case.forms():
        if form.id not in _PERIODS:
            continue
        start_field, end_field = _PERIODS[form.id]
        finished = _FINISHED[form.id]
        for i in range(len(table)):
            start, end = as_day(table.readable(i, start_field)), as_day(table.readable(i, end_field))
            if start is not None and end is not None and end < start:
                cell = table.at(i, start_field).cell
                facts = {"start": str(start), "start_cell": cell, "start_field": case.heading(table, start_field)}
                yield case.finding("V103", table, i, end_field, f"≥ {start}", **facts)
            done = as_day(table.readable(i, finished))
            if start is not None and done is not None and done < start:
                cell = table.at(i, start_field).cell
                facts = {"start": str(start), "start_cell": cell, "start_field": case.heading(table, start_field)}
                yield case.finding("V110", table, i, finished, f"≥ {start}", **facts)
            if done is not None and done > case.as_of:
                yield case.finding("V104", table, i, finished, f"≤ {case.as_of}", as_of=str(case.as_of))


def progress_and_status(case: Case) -> Iterator[Finding]:
    """V105 100 % but not done, V106 done below 100 %, V108 not started with progress, V107 late without a reason."""
    table = case.tables.get("tasks")
    if table is None:
        return
    done, started = case.label("tasks", "status", "done"), case.label("tasks", "status", "in_progress")
    for i in range(len(table)):
        status, progress = table.readable(i, "status"), table.readable(i, "progress")
        if isinstance(progress, (int, float)) and not isinstance(progress, bool):
            if progress == 1 and status is not None and not is_closed(status):
                facts = {"status": case.shown(table, i, "status"), "status_cell": table.at(i, "status").cell}
                yield case.finding("V105", table, i, "progress", done, **facts)
            elif progress < 1 and status == "done":
                facts = {"status": done, "status_cell": table.at(i, "status").cell}
                yield case.finding("V106", table, i, "progress", "100%", **facts)
            elif progress > 0 and status == "not_started":
                facts = {"progress": case.shown(table, i, "progress"), "progress_cell": table.at(i, "progress").cell}
                yield case.finding("V108", table, i, "status", started, **facts)
        late = status == "late" or days_late(table.readable(i, "end"), is_closed(status), case.as_of, case.terms.late) > 0
        if late and blank(table, i, "late_reason"):
            yield case.finding("V107", table, i, "late_reason")


def started(case: Case) -> Iterator[Finding]:
    """V111 at a task not started although days that count have passed since its planned start. An overdue one is T301's."""
    table = case.tables.get("tasks")
    if table is None:
        return
    label = case.label("tasks", "status", "in_progress")
    for i in range(len(table)):
        start, status = table.readable(i, "start"), table.readable(i, "status")
        if status != "not_started" or (days := days_late(start, is_closed(status), case.as_of, case.terms.late)) <= 0:
            continue
        end = table.readable(i, "end")
        if days_late(end, is_closed(status), case.as_of, case.terms.late) <= 0 and table.readable(i, "progress") in (
            None,
            0,
        ):
            facts = {"start": str(as_day(start)), "start_cell": table.at(i, "start").cell, "days": days, "unit": unit(case.terms)}
            yield case.finding("V111", table, i, "status", label, **facts)


def finishing(case: Case) -> Iterator[Finding]:
    """V109 at a finishing date of a row that is still open; Q508 at a finished row without one."""
    for form, table in case.forms():
        if form.id not in _FINISHED:
            continue
        field_id = _FINISHED[form.id]
        finished = {"tasks": ("done",), "problems": ("solved", "closed")}[form.id]
        for i in range(len(table)):
            status = table.readable(i, "status")
            day = as_day(table.readable(i, field_id))
            if day is not None and status is not None and not is_closed(status):
                label = case.label(form.id, "status", finished[0])
                facts = {"status": case.shown(table, i, "status"), "status_cell": table.at(i, "status").cell}
                yield case.finding("V109", table, i, field_id, label, **facts)
            full = form.id == "tasks" and table.readable(i, "progress") == 1 and status != "cancelled"
            if (status in finished or full) and blank(table, i, field_id):
                yield case.finding("Q508", table, i, field_id)
