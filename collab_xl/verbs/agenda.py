"""Verb `agenda`: a workbook for a meeting, with what must be talked about and room for what it decides."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from collab_xl.build.agenda import agenda_book
from collab_xl.build.pack import safe_name
from collab_xl.catalogue import text
from collab_xl.errors import OK, CollabError
from collab_xl.model.record import replace
from collab_xl.model.similar import meant
from collab_xl.plan.agenda import agenda as agenda_stage
from collab_xl.project.durable import write_durably
from collab_xl.project.run import Where
from collab_xl.rules.clocks import agenda_clock, ends_before
from collab_xl.rules.communication import Meeting, meetings
from collab_xl.rules.lateness import as_day
from collab_xl.rules.limits import clock_limit
from collab_xl.verbs.baselines import case_of
from collab_xl.verbs.free_path import free_path
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Listing, Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.times.requested_week import day_in
from collab_xl.verbs.week import summary_of


def agenda(
    where: Where,
    *,
    meeting: str | None = None,
    on: str | None = None,
    as_of: date,
    out: Path | None = None,
    write: bool = True,
    lang: str | None,
) -> Report:
    """Verb `agenda`: nothing in the master changes; an earlier agenda, in which somebody may have written, stays.

    Args:
        meeting: the meeting's name or key in the communication plan; by default any.
        on: the day of the meeting as a person writes it; by default the next one on or after `as_of`.
        as_of: the day whose state it shows.
        out: where to put it; by default the master's folder.

    Raises CollabError `usage_meeting_day`, `no_such_meeting` (exit 2).
    """
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        session.writes = write  # the master stays; what is written is a file of its own
        settings, book_lang = session.settings, session.book_lang
        held = _chosen(session, meeting, on)
        day, at = held.moment, held.moment.strftime("%H:%M") if isinstance(held.moment, datetime) else ""
        meets = as_day(day) or session.as_of
        summary, _ = summary_of(session, session.week, ahead=(min(session.as_of, meets), meets + timedelta(6)))
        sections = agenda_stage(summary, session.schema, book_lang)
        name = text("build.agenda.sheet", book_lang)
        title = " · ".join(filter(None, (settings.project, held.name, name)))
        when = f"{day:%Y-%m-%d} {at}".strip()
        counting = text(f"build.agenda.{settings.day_count}", book_lang)
        subtitle = text("build.agenda.when", book_lang, when=when, as_of=as_of.isoformat(), counting=counting)
        path = free_path(out or session.path.parent, safe_name(f"{name}_{day:%Y-%m-%d}"), ".xlsx")
        if write:
            write_durably(path, agenda_book(title, subtitle, sections, book_lang), code="cannot_write_into")
        send_by = _send_by(session, held)
        points = sum(len(section.points) + section.more for section in sections)
        body = {
            "version": "collab-xl/agenda/1",
            "file": str(path) if write else None,
            "meeting": f"{day:%Y-%m-%d}",
            "name": held.name,
            "send_by": send_by.isoformat(),
            "sections": [
                {
                    "title": section.title,
                    "more": section.more,
                    "points": [
                        {"row_id": p.key, "what": p.what, "who": p.who, "due": p.due.isoformat() if p.due else None, "note": p.note}
                        for p in section.points
                    ],
                }
                for section in sections
            ],
        }
        columns = tuple(text(f"verbs.column.{c}", session.lang) for c in ("agenda_section", "agenda_points"))
        listing = Listing("", columns, tuple((section.title, str(len(section.points) + section.more)) for section in sections))
        line = session.said("agenda", name=held.name, when=when, points=points, path=path)
        key = "agenda_sent" if held.sent else "agenda_send_by" if as_of <= send_by else "agenda_send_now"
        lines = [line, text(f"verbs.say.{key}", session.lang, day=send_by.isoformat())]
        if held.noted is not None and not held.sent:
            form, field = held.noted
            facts = {"sheet": form.sheet[book_lang], "heading": field.heading[book_lang]}
            lines.append(text("verbs.say.agenda_note", session.lang, **facts))
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        return session.report(body, tuple(lines), (listing,) if sections else (), OK, then=to_write(write, NextStep("meeting", "flag")))


def _chosen(session: Session, name: str | None, on: str | None) -> Meeting:
    """The meeting that is meant; the next one if nothing is said."""
    case, begin = case_of(session), session.as_of
    name, on = (said.strip() if said else "" for said in (name, on))
    if on:
        day = day_in(session, on)
        if day is None:
            raise CollabError("usage_meeting_day", exit_code=2, text=on, lang=session.lang)
        begin = day
    found = meetings(replace(case, as_of=begin))
    wanted = [m for m in found if (not name or _is_named(m, name)) and (not on or as_day(m.moment) == begin)]
    if not wanted:
        said = " · ".join(filter(None, (name, begin.isoformat() if on else "")))
        known = tuple(f"{m.name} {m.moment:%Y-%m-%d}" for m in found)
        near = meant(name, [m.name for m in found])
        raise CollabError("no_such_meeting", exit_code=2, said=said, known=known, meant=near, lang=session.lang)
    return wanted[0]


def _is_named(meeting: Meeting, said: str) -> bool:
    """Whether a meeting is called so, or is the row of the plan with this key."""
    key = meeting.at[0].keys[meeting.at[1]] if meeting.at is not None else None
    return said.casefold() in (meeting.name.strip().casefold(), (key or "").casefold())


def _send_by(session: Session, meeting: Meeting) -> date:
    """The day by which the agenda goes out, by the clock of the forms in use, else by the form's own."""
    clock, work = agenda_clock(session.schema), session.settings.terms(session.calendar).work
    return as_day(ends_before(meeting.moment, *clock_limit(clock, session.settings), work)) or session.as_of
