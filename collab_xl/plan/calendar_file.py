"""A calendar file (.ics, RFC 5545): the occasions of a communication plan as recurring events, milestones and due days as whole days.

In: a Case.  Out: events, and their text as bytes.  Pure.
Times have no zone: a meeting at ten is at ten on the reader's clock. A day that moves off a holiday is an exception of the series (EXDATE)
and an event of its own, because not every program reads RDATE. Decision 0045 has the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Field
from collab_xl.model.record import Struct
from collab_xl.rules.case import Case
from collab_xl.rules.communication import milestones
from collab_xl.rules.lateness import as_day
from collab_xl.rules.rhythms import DAILY, DEMAND, LAST, MILESTONE, WEEKLY, Rhythm, days, nominal, rhythm, unmoved
from collab_xl.rules.rows import Rows

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKDAYS = ",".join(_DAYS[:5])
_LINE = 73
"""Bytes of a line, without its end and the blank of a continued one: at most 75 are allowed."""
LENGTH = timedelta(hours=1)
"""How long a meeting with a time is: the plan does not say."""
AHEAD = timedelta(365)


class Event(Struct, frozen=True):
    """One entry of the calendar. `rule` is the RRULE, "" for a single day; `out` the days of the series that are left out."""

    uid: str
    title: str
    lines: tuple[str, ...]
    day: date
    at: time | None = None
    rule: str = ""
    out: tuple[date, ...] = ()


def until(case: Case) -> date:
    """The last day of the file: a year ahead, but not past the years whose holidays the calendar knows."""
    known = [year for year in case.calendar.years if year >= case.as_of.year]
    ahead = case.as_of + AHEAD
    return min(ahead, date(max(known), 12, 31)) if known else ahead


def meetings(case: Case) -> tuple[list[Event], list[tuple[str, str]]]:
    """The occasions of every form whose column is computed from a rhythm; and (name, frequency) of those whose frequency is none."""
    events: list[Event] = []
    unread: list[tuple[str, str]] = []
    last, ahead = until(case), milestones(case)
    for rows in case.rows.values():
        for field in (f for f in rows.form.fields if f.compute == "next_time" and rows.has(*f.sources)):
            held = rows.values(field)
            for i, said in enumerate(rows.words(field.sources[0])):
                of = rhythm(said)
                if of is None and said:
                    unread.append((rows.name(i), said))
                elif of is not None and of.kind != DEMAND:
                    events += _series(case, rows, i, of, last, as_day(held[i]), ahead, field)
    return events, unread


def _series(
    case: Case, rows: Rows, i: int, of: Rhythm, last: date, held: date | None, ahead: Sequence[date], field: Field
) -> Iterator[Event]:
    """The events of one row: the series, then each day on which it does not follow the series."""
    first, work = case.as_of, case.terms.work
    happens = days(of, first, last, work, held, ahead)
    named = [] if of.kind == MILESTONE else list(nominal(of, first, last, unmoved(of, held or first, work)))
    begins = next((day for day in named if day in happens), None)
    uid, title, lines = f"{rows.form.id}-{rows.keys[i] or i}", rows.titles[i], tuple(_lines(case, rows, i, field))
    series = {day for day in named if begins is not None and day >= begins}
    if begins is not None:
        out = tuple(sorted(series - set(happens)))
        ends = last if of.at is None else datetime.combine(last, time(23, 59, 59))
        yield Event(uid, title, lines, begins, of.at, f"{recurrence(of)};UNTIL={_stamp(ends)}", out)
    yield from (Event(f"{uid}-{day:%Y%m%d}", title, lines, day, of.at) for day in happens if day not in series)


def _lines(case: Case, rows: Rows, i: int, field: Field) -> Iterator[str]:
    for f in rows.form.fields:
        if f is not field and f.role not in ("key", "title") and rows.field(f) and (shown := case.shown(rows, i, f)):
            yield text("plan.calendar.line", case.settings.lang, heading=case.heading(rows, f), value=shown)


def due_days(case: Case, department: str = "") -> Iterator[Event]:
    """The open milestones; with a department also the due days of its open rows."""
    lang = case.settings.lang
    for rows in case.rows.values():
        marked = rows.values("milestone")
        for i, (day, closed) in enumerate(zip(rows.due, rows.closed, strict=True)):
            mine = bool(department) and department in map(case.department, rows.departments[i])
            if day is None or closed or day < case.as_of or not (mine or marked[i] is True):
                continue
            kind = "milestone" if marked[i] is True else "due"
            title = text(f"plan.calendar.{kind}", lang, name=rows.name(i))
            about = (rows.form.sheet[lang], COMMA[lang].join(rows.departments[i]), rows.words("owner")[i] if rows.has("owner") else "")
            yield Event(f"{rows.form.id}-{rows.keys[i] or i}-{kind}", title, (" · ".join(filter(None, about)),), day)


def recurrence(of: Rhythm) -> str:
    """The RRULE of a rhythm, without its end."""
    if of.kind == DAILY:
        return f"FREQ=WEEKLY;BYDAY={_WORKDAYS}"
    if of.kind == WEEKLY:
        return f"FREQ=WEEKLY;INTERVAL={of.every};BYDAY={','.join(_DAYS[day] for day in of.weekdays)};WKST=MO"
    every = "FREQ=MONTHLY" + (f";BYMONTH={','.join(map(str, range(of.every, 13, of.every)))}" if of.every > 1 else "")
    if of.day:
        # A month without the day means its last one: the last of those that exist.
        several = ",".join(map(str, range(28, of.day + 1)))
        return f"{every};BYMONTHDAY={of.day}" if of.day <= 28 else f"{every};BYMONTHDAY={several};BYSETPOS=-1"
    if of.weekdays:
        return f"{every};BYDAY={of.nth}{_DAYS[of.weekdays[0]]}"
    return f"{every};BYDAY={_WORKDAYS};BYSETPOS={LAST if of.nth == LAST else of.nth}"


def calendar_file(events: Sequence[Event], project_id: str, project: str, made_at: datetime) -> bytes:
    """The file. The ids of the events stay from one file to the next, so a calendar program replaces them."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//collab_xl//calendar//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines += [f"X-WR-CALNAME:{_escaped(project)}"] if project else []
    for event in events:
        lines += ["BEGIN:VEVENT", f"UID:{_escaped(f'{event.uid}@{project_id}')}", f"DTSTAMP:{_stamp(made_at.astimezone(UTC))}Z"]
        lines.append(_dated("DTSTART", event.day, event.at))
        if event.at:
            lines.append(f"DTEND:{_stamp(datetime.combine(event.day, event.at) + LENGTH)}")
        lines += [f"RRULE:{event.rule}"] if event.rule else []
        lines += [_dated("EXDATE", day, event.at) for day in event.out]
        lines.append(f"SUMMARY:{_escaped(event.title)}")
        lines += [f"DESCRIPTION:{_escaped(chr(10).join(event.lines))}"] if event.lines else []
        lines += [] if event.at else ["TRANSP:TRANSPARENT"]
        lines.append("END:VEVENT")
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in _folded(line)).encode()


def _dated(name: str, day: date, at: time | None) -> str:
    return f"{name}:{_stamp(datetime.combine(day, at))}" if at else f"{name};VALUE=DATE:{_stamp(day)}"


def _stamp(moment: date) -> str:
    return f"{moment:%Y%m%dT%H%M%S}" if isinstance(moment, datetime) else f"{moment:%Y%m%d}"


def _escaped(words: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\n"), ("\r", "\n"), ("\n", "\\n")):
        words = words.replace(plain, escaped)
    return "".join(c for c in words if c >= " " or c == "\t")


def _folded(line: str) -> Iterator[str]:
    """The line in parts of at most 75 bytes, cut between characters; each but the first begins with a blank."""
    part, size, lead = "", 0, ""
    for c in line:
        width = len(c.encode())
        if size + width > _LINE:
            yield lead + part
            part, size, lead = "", 0, " "
        part += c
        size += width
    yield lead + part
