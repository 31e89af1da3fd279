"""Family V: required cells that are blank, and cells that contradict each other, by the `[rules]` of a form.

In: a Case.  Out: findings.  Pure.  An unreadable cell is reported during reading and skipped here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from collab_xl.forms import STATES
from collab_xl.model.finding import Finding, Saying, Word
from collab_xl.rules.case import Case
from collab_xl.rules.codes import order_code, required_code
from collab_xl.rules.deadlines import unit
from collab_xl.rules.keys import others, places
from collab_xl.rules.rows import Rows, in_state


def required(case: Case) -> Iterator[Finding]:
    """V102 at a blank cell of a required field. A missing key is R304.

    In a master that lists no departments yet no row can name one: that is said once a column, at the first row.
    """
    for rows in case.forms_of("V102"):
        for field in rows.form.fields:
            if field.required and field.kind != "key":
                once = field.kind in ("department", "departments") and not case.directory.departments
                yield from (case.finding("V102", rows, i, field) for i in islice(rows.blanks(field), 1 if once else None))


def required_when(case: Case) -> Iterator[Finding]:
    """A blank field that the row's state or lateness requires: V101 a due date, V107 a reason, Q508 a finishing date, else V112.

    A row at 100 % that is not cancelled counts as done for Q508.
    """
    for rows in case.forms_of("V101", "V107", "Q508", "V112"):
        reported: set[tuple[int, str]] = set()
        for when, names in rows.form.rules.required_when.items():
            concerned = _concerned(case, rows, when)
            for field in filter(None, map(rows.field, names)):
                code = required_code(rows.form, when, field.id)
                full = _full(rows) if code == "Q508" else [False] * len(rows)
                facts: dict[str, object] = {"when": _moment(case, rows, when)} if code == "V112" else {}
                for i in rows.blanks(field):
                    if (concerned[i] or full[i]) and (i, field.id) not in reported:
                        reported.add((i, field.id))
                        yield case.finding(code, rows, i, field, **facts)


def _concerned(case: Case, rows: Rows, when: str) -> list[bool]:
    if when in STATES:
        return [in_state(state, (when,)) for state in rows.states]
    if when != "late":
        return [status == when for status in rows.values("status")]
    late = zip(rows.values("status"), rows.late(case.terms, case.as_of), strict=True)
    return [days > 0 or rows.form.is_late_status(status) for status, days in late]


def _moment(case: Case, rows: Rows, when: str) -> Word | Saying:
    """When a field is required, in words: a state, or the status as the sheet shows it."""
    status = rows.form.role("status")
    if when in STATES or when == "late" or status is None:
        return Word(f"rules.when.{when}")
    return Saying("rules.when.status", {"status": status.label(when, case.settings.lang)})


def _full(rows: Rows) -> list[bool]:
    return [progress == 1 and state != "cancelled" for progress, state in zip(rows.values("progress"), rows.states, strict=True)]


def periods(case: Case) -> Iterator[Finding]:
    """V103 at a date before an earlier date it must follow, V110 if it is the finishing date; both dates are named."""
    for rows in case.forms_of("V103", "V110"):
        for names in rows.form.rules.order:
            first, later = map(rows.field, names)
            if first is None or later is None:
                continue
            code = order_code(rows.form, later.id)
            for i, (start, end) in enumerate(zip(rows.days(first), rows.days(later), strict=True)):
                if start is not None and end is not None and end < start:
                    cell = rows.table.at(i, first.id).cell
                    facts = {"start": str(start), "start_cell": cell, "start_field": case.heading(rows, first)}
                    yield case.finding(code, rows, i, later, f"≥ {start}", **facts)


def future(case: Case) -> Iterator[Finding]:
    """V104 at a finishing date after today."""
    for rows in case.forms_of("V104"):
        if finished := rows.field("finished"):
            for i, day in enumerate(rows.days(finished)):
                if day is not None and day > case.as_of:
                    yield case.finding("V104", rows, i, finished, f"≤ {case.as_of}", as_of=str(case.as_of))


def progress_and_status(case: Case) -> Iterator[Finding]:
    """V105 100 % but not done, V106 done but below 100 %, V108 not started but with progress."""
    for rows in case.forms_of("V105"):
        for names in rows.form.rules.match:
            first, second = map(rows.field, names)
            if first is None or second is None:
                continue
            done, started = case.status(rows, "done"), case.status(rows, "open")
            for i, (progress, status, state) in enumerate(zip(rows.numbers(first), rows.values(second), rows.states, strict=True)):
                if progress is None or status is None:
                    continue
                at = {"status": case.shown(rows, i, second), "status_cell": rows.table.at(i, second.id).cell}
                if progress == 1 and not rows.closed[i]:
                    yield case.finding("V105", rows, i, first, done, **at)
                elif progress < 1 and state == "done":
                    yield case.finding("V106", rows, i, first, "100%", **at)
                elif progress > 0 and state == "waiting":
                    facts = {"progress": case.shown(rows, i, first), "progress_cell": rows.table.at(i, first.id).cell}
                    yield case.finding("V108", rows, i, second, started, **facts)


def started(case: Case) -> Iterator[Finding]:
    """V111 at a row not started although counting days have passed since its planned start. Overdue rows are left to T301."""
    for rows in case.forms_of("V111"):
        status = rows.field("status")
        start = rows.field("start")
        if status is None or start is None:
            continue
        columns = (rows.states, rows.past(start, case.terms, case.as_of), rows.late(case.terms, case.as_of), rows.values("progress"))
        for i, (state, days, late, progress) in enumerate(zip(*columns, strict=True)):
            if state == "waiting" and days > 0 >= late and progress in (None, 0):
                facts = {"start": str(rows.days(start)[i]), "start_cell": rows.table.at(i, start.id).cell, "days": days}
                yield case.finding("V111", rows, i, status, case.status(rows, "open"), **facts, unit=unit(case.terms))


def finishing(case: Case) -> Iterator[Finding]:
    """V109 at a finishing date of a row that is still open."""
    for rows in case.forms_of("V109"):
        finished, status = rows.field("finished"), rows.field("status")
        if finished is None or status is None:
            continue
        done = case.status(rows, "done")
        for i, (day, said) in enumerate(zip(rows.days(finished), rows.values(status), strict=True)):
            if day is not None and said is not None and not rows.closed[i]:
                facts = {"status": case.shown(rows, i, status), "status_cell": rows.table.at(i, status.id).cell}
                yield case.finding("V109", rows, i, finished, done, **facts)


def unique(case: Case) -> Iterator[Finding]:
    """V113 at every row whose value another row of the form also has, in a column of unique values; white space is ignored."""
    for rows in case.forms_of("V113"):
        for field in filter(None, map(rows.field, rows.form.rules.unique)):
            written = (value.strip() or None if isinstance(value, str) else value or None for value in rows.values(field))
            for indexes in places(written).values():
                for i in indexes if len(indexes) > 1 else ():
                    yield case.finding("V113", rows, i, field, others=others(rows, indexes, i, field), n=len(indexes))


def exactly_one(case: Case) -> Iterator[Finding]:
    """The form's code if none or several rows of a group have the required value: at the first row, or at each of them.

    A row belongs to the group of the first field of `per` that is filled. Rows without a value and cancelled ones are left out, so a group
    that does not use the field is not checked.
    """
    for rows in case.rows.values():
        for rule in rows.form.rules.exactly_one:
            field = rows.field(rule.field)
            if field is None:
                continue
            groups: dict[tuple[str, str], list[int]] = {}
            columns = [(per, rows.words(per)) for per in filter(None, map(rows.field, rule.per))]
            for i, (value, state) in enumerate(zip(rows.values(field), rows.states, strict=True)):
                shared = next(((per.id, column[i].strip()) for per, column in columns if column[i].strip()), None)
                if shared and value is not None and state != "cancelled":
                    groups.setdefault(shared, []).append(i)
            for (_, said), indexes in groups.items():
                holders = [i for i in indexes if rows.values(field)[i] == rule.value]
                if len(holders) != 1:
                    wanted = field.label(rule.value, case.settings.lang)
                    for i in holders or indexes[:1]:
                        facts = {"shared": said, "wanted": wanted, "n": len(holders), "others": others(rows, holders or [i], i, field)}
                        yield case.finding(rule.code, rows, i, field, wanted, **facts)
