"""The communication plan: the next time of each occasion, the meetings that want an agenda, and frequencies that say no rhythm.

In: a Case and the rows of the plan.  Out: values of a column, meetings, findings.  Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from collab_xl.catalogue import text
from collab_xl.forms import Field, Form
from collab_xl.model.finding import Finding
from collab_xl.model.record import Struct, replace
from collab_xl.model.regex import regex
from collab_xl.model.values import Value
from collab_xl.model.week import week_days, week_of
from collab_xl.rules.case import Case, Start
from collab_xl.rules.lateness import as_day
from collab_xl.rules.meetings import next_meeting
from collab_xl.rules.rhythms import DAILY, DEMAND, Rhythm, days, rhythm
from collab_xl.rules.rows import Rows

_MEETING = regex(r"会议|例会|[^社机协]会(?:$|[（(])|meeting|conference|workshop", re.I)
_TIME = regex(r"(\d|[01]\d|2[0-3])[:：]([0-5]\d)")
FIRST = timedelta(30)
"""How long before a first meeting its agenda may have gone out."""
AHEAD = timedelta(190)
"""How far the next time is looked for: more than the longest rhythm, every three months."""


def next_times(case: Case, rows: Rows, field: Field) -> list[Value]:
    """The next time of each row from `as_of` on, with its time of day if the frequency says one.

    None where it happens only when needed, or before milestones of which there is none. If the frequency is no rhythm, the cell keeps its
    value. The value the cell has says which week counts where it happens every second week.
    """
    source = rows.form.named(field.sources[0])
    assert source is not None
    ahead, out = milestones(case), list[Value]()
    for said, held in zip(rows.values(source), rows.table.values[field.id], strict=True):
        of = rhythm(said)
        if of is None:
            out.append(held)
            continue
        found = days(of, case.as_of, case.as_of + AHEAD, case.terms.work, as_day(held), ahead) if of.kind != DEMAND else []
        out.append((datetime.combine(found[0], of.at) if of.at else found[0]) if found else None)
    return out


class Meeting(Struct, frozen=True):
    """The next meeting of an occasion."""

    name: str
    moment: date | datetime
    since: date
    """The day of the one before; of a first one the day it can be prepared from."""
    sent: bool = False
    """Whether its agenda has gone out."""
    at: tuple[Rows, int, Field] | None = None
    """Its cell in the plan; None for the review meeting of the settings."""
    noted: tuple[Form, Field] | None = None
    """Where a person writes that the agenda has gone out."""


def meetings(case: Case) -> list[Meeting]:
    """The meetings ahead that want an agenda, the next one first: those of the plan, weekly or rarer; without any the one of the settings.

    A row is a meeting if its way or occasion says so. A meeting of every day has no agenda.
    """
    found = [meeting for rows in case.rows.values() for meeting in _of_plan(case, rows)]
    return sorted(found, key=lambda meeting: f"{meeting.moment:%Y-%m-%d %H:%M}") or [_review(case)]


def planned_between(case: Case, first: date, last: date) -> list[Meeting]:
    """The meetings of the plan in these days, the first one first: of each occasion the next from `first` on. None without a plan."""
    return [m for m in meetings(replace(case, as_of=first)) if m.at is not None and first <= (as_day(m.moment) or first) <= last]


def next_meetings(case: Case, rows: Rows) -> Iterator[Start]:
    """The meetings of the plan whose agenda has not gone out yet; none if no work is open."""
    if has_open_work(case):
        for meeting in meetings(case):
            if meeting.at is not None and not meeting.sent:
                yield *meeting.at, meeting.since, meeting.moment


def has_open_work(case: Case) -> bool:
    """Whether there is anything to meet about: an open row with a day by which it is due."""
    return any(not all(rows.closed) for rows in case.rows.values() if rows.form.role("due") and rows.form.role("status"))


def _of_plan(case: Case, rows: Rows) -> Iterator[Meeting]:
    field = next((f for f in rows.form.fields if f.compute == "next_time" and rows.has(f.id, *f.sources)), None)
    if field is None:
        return
    moments, said, way = next_times(case, rows, field), rows.values(field.sources[0]), rows.words("way")
    told, sent = rows.field("agenda_at"), rows.days("agenda_at")
    for i, moment in enumerate(moments):
        of, name = rhythm(said[i]), rows.titles[i]
        day = as_day(moment)
        if of is None or day is None or of.kind == DAILY or not (_MEETING.search(way[i]) or _MEETING.search(name)):
            continue
        since, on = _before(case, of, day), sent[i]
        assert isinstance(moment, date)
        yield Meeting(name, moment, since, on is not None and on > since, (rows, i, field), (rows.form, told) if told else None)


def _before(case: Case, of: Rhythm, day: date) -> date:
    """The meeting before the one on that day."""
    earlier = days(of, day - AHEAD, day - timedelta(1), case.terms.work, day, milestones(case))
    return earlier[-1] if earlier else day - FIRST


def _review(case: Case) -> Meeting:
    settings, work = case.settings, case.calendar.counting(True)
    first, _ = week_days(week_of(case.as_of, settings.week_start), settings.week_start)
    day = next_meeting(case.as_of, first, settings.meeting_weekday, work)
    at = _TIME.fullmatch(settings.meeting_time.strip())
    moment = datetime(day.year, day.month, day.day, int(at[1]), int(at[2])) if at else day
    return Meeting(text("rules.clock.review", settings.lang), moment, day - timedelta(7))


def milestones(case: Case) -> tuple[date, ...]:
    """The due days of the open milestones of every form, the earliest first."""
    found = set[date]()
    for rows in case.rows.values():
        if rows.has("milestone"):
            marked = zip(rows.values("milestone"), rows.due, rows.closed, strict=True)
            found |= {day for yes, day, closed in marked if yes is True and day is not None and not closed}
    return tuple(sorted(found))


def rhythms_that_say_nothing(case: Case, rows: Rows) -> Iterator[Finding]:
    """V131 at a frequency that is no rhythm."""
    if field := rows.field("frequency"):
        for i, said in enumerate(rows.values(field)):
            if said is not None and rhythm(said) is None:
                yield case.finding("V131", rows, i, field)
