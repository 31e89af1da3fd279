"""What the rows of a master ask of each department this week: what is late, what is due, what waits for an answer, what is wrong.

In: a Case, the findings of `check`, the last day to look ahead to.  Out: department → `Ask`s, the most urgent first.  Pure.
A line asks only for fields that the department may fill in its pack. A department that another one's row asks for something (`forms.Asked`)
has the line of the clock that waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Final

from collab_xl.forms import Field, Form
from collab_xl.model.baseline import Difference
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.merge import Pack
from collab_xl.model.pack_plan import ANSWER, DUE, LATE, Ask
from collab_xl.model.values import same_value
from collab_xl.rules.case import Case
from collab_xl.rules.clocks import Running, running
from collab_xl.rules.lateness import as_day
from collab_xl.rules.overdue import official
from collab_xl.rules.rows import Rows, part_of

FAMILIES: Final = ("V", "R", "Q")
"""Families of findings that a department can mend in its own cells. Family T is told by the lines themselves."""
_RANK: Final = {LATE: 0, DUE: 1, ANSWER: 2}


def department_asks(case: Case, findings: Iterable[Finding], until: date) -> dict[str, list[Ask]]:
    """Department (official name) → its lines: late rows, most days first; rows due up to `until`, soonest first; answers, soonest first.
    What was due on a day after which only days off have passed is not late yet, and comes first of what is due.

    A row is in one line, but each finding about another of its cells is a line of its own. Closed rows ask for nothing.
    """
    out: dict[str, list[Ask]] = {}
    asked: dict[tuple[str, str], Ask] = {}
    places = {form: {key: i for i, key in enumerate(rows.keys) if key} for form, rows in case.rows.items()}
    for rows in case.rows.values():
        if rows.form.departments is not None:
            for i, ask in _of_rows(case, rows, until):
                asked.setdefault((ask.form, ask.row_id), ask)
                _tell(out, case, rows.departments[i], ask)
    for clock in running(case):
        rows, i = clock.rows, clock.index
        form, others = rows.form, _others(case, rows, clock)
        fills = form.asked.fields if others and form.asked else clock.clock.stops
        wants = tuple(f.id for f in map(rows.field, fills) if f is not None and is_theirs(f))
        key = rows.keys[i]
        if wants and key and (others or (form.id, key) not in asked):
            days = (as_day(clock.until) or case.as_of).toordinal() - case.as_of.toordinal()
            ask = Ask(ANSWER, form.id, key, clock.until, days, wants, label=clock.clock.label, for_another=bool(others))
            if not others:
                asked[form.id, key] = ask
            _tell(out, case, others or rows.departments[i], ask)
    for f in findings:
        found = case.rows.get(f.form or "")
        row = places.get(f.form or "", {}).get(f.row_id or "")
        if found is None or row is None or f.code[:1] not in FAMILIES or f.severity is Severity.NOTE or found.closed[row]:
            continue
        field = found.field(f.field or "")
        before = asked.get((found.form.id, f.row_id or ""))
        if field is not None and is_theirs(field) and not (before and field.id in before.wants):
            _tell(out, case, found.departments[row], Ask(ANSWER, found.form.id, f.row_id or "", None, 0, (field.id,), finding=f))
    for lines in out.values():
        lines.sort(key=_urgency)
    return out


def answered(case: Case, department: str, before: Pack) -> list[Difference]:
    """What differs from the pack `before` in the fields that others fill in for the department's rows; rows by form, in sheet order."""
    found = []
    for rows in case.rows.values():
        fields = rows.form.asked.fields if rows.form.asked is not None else ()
        issued, theirs = before.forms.get(rows.form.id, {}), [f for f in map(rows.field, fields) if f is not None]
        for i, key in enumerate(rows.keys):
            own = set(map(case.department, rows.departments[i]))
            if department not in own or not _asks_others(case, rows, i) or not (said := issued.get(key or "")):
                continue
            about = (rows.form.id, key or "", rows.titles[i], official(case, rows.asked[i]))
            now = ((f.id, said[f.id], rows.table.get(i, f.id)) for f in theirs if f.id in said)
            found += [Difference("other", *about, name, old, new) for name, old, new in now if not same_value(old, new)]
    return found


def _asks_others(case: Case, rows: Rows, i: int) -> bool:
    own, asked = (set(map(case.department, said)) for said in (rows.departments[i], rows.asked[i]))
    return bool(asked - own)


def _others(case: Case, rows: Rows, clock: Running) -> tuple[str, ...]:
    """The departments that the clock waits for, where they are not the row's own."""
    waits = rows.answering(clock.clock, clock.index)
    own = set(map(case.department, rows.departments[clock.index]))
    return tuple(name for name in waits if case.department(name) not in own)


def is_theirs(field: Field) -> bool:
    """Whether a department fills in this field in its pack."""
    return field.access == "D" and field.in_pack


def _of_rows(case: Case, rows: Rows, until: date) -> Iterator[tuple[int, Ask]]:
    """The line of each open row that is late, due until then, or has no day by which it is due."""
    form = rows.form
    judged = form.due is not None and form.due.listed
    late = rows.late(case.terms, case.as_of) if judged else [0] * len(rows)
    due = rows.due if judged else [None] * len(rows)
    status = rows.field("status")
    for i, key in enumerate(rows.keys):
        if key is None or rows.closed[i]:
            continue
        day = due[i]
        if late[i] and day is not None:
            yield (
                i,
                Ask(
                    LATE, form.id, key, day, late[i], _blank(rows, i, ("late_reason", "measure")), escalated=_escalated(case, form, late[i])
                ),
            )
        elif day is not None and day <= until:
            yield i, Ask(DUE, form.id, key, day, day.toordinal() - case.as_of.toordinal(), ())
        elif (
            status is not None
            and is_theirs(status)
            and (form.role("due") is None or _sets_due(rows, i))
            and day is None
            and not _too_early(case, rows, i, until)
        ):
            answers = form.asked.fields if form.asked and _asks_others(case, rows, i) else ()
            if wants := tuple(f for f in (status.id, *_blank(rows, i, ("measure", "due"))) if f not in answers):
                yield i, Ask(ANSWER, form.id, key, None, 0, wants)


def _too_early(case: Case, rows: Rows, i: int, until: date) -> bool:
    """Whether a row of the closing belongs to one that is neither closed nor due by then, nor is its work: nobody accepts what is not there
    yet."""
    parent = rows.field("parent")
    above = case.rows.get(parent.of or "") if parent is not None and rows.form.group == "closing" else None
    key = rows.words("parent")[i] if above is not None else ""
    if above is None or key not in above.keys:
        return False
    at = above.keys.index(key)
    due = above.days("due")[at]
    return due is not None and due > until and not above.closed[at] and not _is_worked_off(case, parent, key)


def _is_worked_off(case: Case, parent: Field | None, key: str) -> bool:
    """Whether work belongs to the row with this key and all of it is closed."""
    work = part_of(case.schema, case.rows, "work")
    belongs = work.field("parent") if work is not None else None
    if work is None or belongs is None or parent is None or belongs.of != parent.of:
        return False
    of_it = [closed for said, closed in zip(work.words("parent"), work.closed, strict=True) if said == key]
    return bool(of_it) and all(of_it)


def _sets_due(rows: Rows, i: int) -> bool:
    """Whether the row is judged by a day that its department has not filled in yet."""
    return rows.form.due is not None and bool(_blank(rows, i, ("due",)))


def _blank(rows: Rows, i: int, names: Sequence[str]) -> tuple[str, ...]:
    """Those of the columns that are the department's and blank in this row."""
    fields = (f for f in map(rows.field, names) if f is not None and is_theirs(f))
    return tuple(f.id for f in fields if rows.table.get(i, f.id) in (None, "", ()))


def _escalated(case: Case, form: Form, days: int) -> bool:
    return form.due is not None and bool(form.due.escalate) and days > case.terms.escalate_days


def _tell(out: dict[str, list[Ask]], case: Case, names: Iterable[str], ask: Ask) -> None:
    known = case.directory
    for name in dict.fromkeys((known.find(n) or n) if known.departments else n for n in names):
        out.setdefault(name, []).append(ask)


def _urgency(ask: Ask) -> tuple[int, int, datetime | date]:
    day = as_day(ask.due) or date.max
    return _RANK[ask.kind], -ask.days if ask.kind == LATE else 0, day
