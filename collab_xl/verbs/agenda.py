"""Verb `agenda`: a workbook for the next meeting, with what must be talked about and room for what it decides."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from collab_xl.build.agenda import agenda_book
from collab_xl.build.pack import safe_name
from collab_xl.catalogue import text
from collab_xl.errors import OK
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
from collab_xl.verbs.week import summary_of


def agenda(where: Where, *, as_of: date, out: Path | None = None, write: bool = True, lang: str | None) -> Report:
    """Verb `agenda`: nothing in the master changes; an earlier agenda, in which somebody may have written, stays.

    Args:
        as_of: the day whose state it shows; the meeting is the next one on or after it, of the communication plan or else of the settings.
        out: where to put it; by default the master's folder.
    """
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        session.writes = write  # the master stays; what is written is a file of its own
        settings, book_lang = session.settings, session.book_lang
        meeting = meetings(case_of(session))[0]
        day, at = meeting.moment, meeting.moment.strftime("%H:%M") if isinstance(meeting.moment, datetime) else ""
        summary, _ = summary_of(session, session.week)
        sections = agenda_stage(summary, session.schema, book_lang)
        name = text("build.agenda.sheet", book_lang)
        title = " · ".join(filter(None, (settings.project, meeting.name, name)))
        when = f"{day:%Y-%m-%d} {at}".strip()
        subtitle = text("build.agenda.when", book_lang, when=when, as_of=as_of.isoformat())
        path = free_path(out or session.path.parent, safe_name(f"{name}_{day:%Y-%m-%d}"), ".xlsx")
        if write:
            write_durably(path, agenda_book(title, subtitle, sections, book_lang), code="cannot_write_into")
        send_by = _send_by(session, meeting)
        points = sum(len(section.points) + section.more for section in sections)
        body = {
            "version": "collab-xl/agenda/1",
            "file": str(path) if write else None,
            "meeting": f"{day:%Y-%m-%d}",
            "name": meeting.name,
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
        line = session.said("agenda", name=meeting.name, when=when, points=points, path=path)
        key = "agenda_sent" if meeting.sent else "agenda_send_by" if as_of <= send_by else "agenda_send_now"
        lines = [line, text(f"verbs.say.{key}", session.lang, day=send_by.isoformat())]
        if meeting.noted is not None and not meeting.sent:
            form, field = meeting.noted
            facts = {"sheet": form.sheet[book_lang], "heading": field.heading[book_lang]}
            lines.append(text("verbs.say.agenda_note", session.lang, **facts))
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        return session.report(body, tuple(lines), (listing,) if sections else (), OK, then=to_write(write, NextStep("meeting", "flag")))


def _send_by(session: Session, meeting: Meeting) -> date:
    """The day by which the agenda goes out, by the clock of the forms in use, else by the form's own."""
    clock, work = agenda_clock(session.schema), session.settings.terms(session.calendar).work
    return as_day(ends_before(meeting.moment, *clock_limit(clock, session.settings), work)) or session.as_of
