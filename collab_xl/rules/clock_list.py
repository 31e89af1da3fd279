"""The list of running clocks: what is waited for, since when and until when, and who is asked.

In: a Case, the rows escalated.  Out: lines, the one that ran out first at the top.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from collab_xl.catalogue import text
from collab_xl.forms import Clock
from collab_xl.model.calendar import Calendar
from collab_xl.model.summary import ClockLine, EscalationLine
from collab_xl.rules.case import Case
from collab_xl.rules.clocks import Running, agenda_clock, ends_before, running
from collab_xl.rules.communication import has_open_work, meetings
from collab_xl.rules.lateness import as_day
from collab_xl.rules.limits import clock_limit
from collab_xl.rules.overdue import official
from collab_xl.rules.rows import as_text

PMO = "PMO"


def form_clocks(case: Case) -> list[ClockLine]:
    """Every running clock of the forms in use, and the agenda of a review meeting that no plan has."""
    return _sorted([*(_line(case, clock) for clock in running(case)), *_review(case)])


def with_answers(clocks: Iterable[ClockLine], escalations: Iterable[EscalationLine], work: Calendar, as_of: date) -> list[ClockLine]:
    """The clocks, and every escalation that waits for an answer.

    Args:
        escalations: as the register has them (`escalation_register.with_entries`).
    """
    waiting = [
        ClockLine(
            e.form, e.key, e.name, e.dept, "", e.since, e.answer_by,
            work.days_between(as_of, e.answer_by), work.days_between(e.answer_by, as_of), e.to,
        )
        for e in escalations
        if e.since is not None and e.answer_by is not None and not e.answered
    ]  # fmt: skip
    return _sorted([*clocks, *waiting])


def _review(case: Case) -> Iterator[ClockLine]:
    """The agenda of the meeting that only the settings know: nobody can say that it has gone out, so it is listed until it must."""
    meeting = meetings(case)[0]
    if meeting.at is not None or not has_open_work(case):
        return
    clock = agenda_clock(case.schema)
    until = ends_before(meeting.moment, *clock_limit(clock, case.settings), case.terms.work)
    last = as_day(until) or case.as_of
    if case.as_of <= last:
        left, waits = case.terms.work.days_between(case.as_of, last), _waits(case, clock, meeting.moment)
        yield ClockLine("", "", meeting.name, "", waits, meeting.since, until, left, 0, (PMO,))


def _waits(case: Case, clock: Clock, ahead: date | datetime | None) -> str:
    """What is waited for, with the moment it must be done before."""
    lang = case.settings.lang
    label = clock.label[lang]
    when = f"{ahead:%m-%d %H:%M}" if isinstance(ahead, datetime) else f"{ahead:%m-%d}" if ahead else ""
    return text("rules.clock.ahead", lang, waits=label, when=when) if when else label


def _line(case: Case, clock: Running) -> ClockLine:
    rows, i, work = clock.rows, clock.index, case.terms.work
    until = as_day(clock.until) or case.as_of
    asked = rows.answering(clock.clock, i)
    departments = [d for d in map(case.directory.department, asked) if d is not None]
    people = {
        "owner": [as_text(rows.values("owner")[i])],
        "head": [d.head for d in departments],
        "superior": [d.superior for d in departments],
        "sponsor": [d.sponsor for d in departments],
        "pmo": [PMO],
    }
    told = tuple(dict.fromkeys(name for role in clock.clock.tell for name in people.get(role, ()) if name))
    waits, left, late = _waits(case, clock.clock, clock.ahead), work.days_between(case.as_of, until), work.days_between(until, case.as_of)
    return ClockLine(
        rows.form.id, rows.keys[i] or "", rows.titles[i], official(case, asked), waits, clock.since, clock.until, left, late, told
    )


def _sorted(lines: Iterable[ClockLine]) -> list[ClockLine]:
    return sorted(lines, key=lambda line: (_moment(line.until), line.form, line.key))


def _moment(value: date | datetime) -> datetime:
    """A day without an hour means its end."""
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, 23, 59, 59)
