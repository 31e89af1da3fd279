"""Verb `agenda`: a workbook for the next review meeting, with what must be talked about and room for what it decides."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from collab_xl.build.agenda import agenda_book
from collab_xl.build.pack import safe_name
from collab_xl.catalogue import text
from collab_xl.errors import OK
from collab_xl.model.week import week_days
from collab_xl.plan.agenda import agenda as agenda_stage
from collab_xl.project.durable import write_durably
from collab_xl.project.run import Where
from collab_xl.rules.meetings import next_meeting
from collab_xl.verbs.free_path import free_path
from collab_xl.verbs.report import Listing, Report
from collab_xl.verbs.session import opened
from collab_xl.verbs.week import summary_of

AGENDA_DAYS = 2
"""An agenda goes out so many days before the meeting (docs/facts/domain.md, The numbers)."""


def agenda(where: Where, *, as_of: date, out: Path | None = None, lang: str | None) -> Report:
    """Verb `agenda`: nothing in the master changes; an earlier agenda, in which somebody may have written, stays.

    Args:
        as_of: the day whose state it shows; the meeting is the next one on or after it.
        out: where to put it; by default the master's folder.
    """
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        settings, book_lang = session.settings, session.book_lang
        first, _ = week_days(session.week, settings.week_start)
        day = next_meeting(as_of, first, settings.meeting_weekday, session.calendar.counting(True))
        summary, _ = summary_of(session, session.week)
        sections = agenda_stage(summary, session.schema, book_lang)
        name = text("build.agenda.sheet", book_lang)
        title = " · ".join(filter(None, (settings.project, name)))
        subtitle = text("build.agenda.when", book_lang, day=day.isoformat(), time=settings.meeting_time, as_of=as_of.isoformat())
        path = free_path(out or session.path.parent, safe_name(f"{name}_{day:%Y-%m-%d}"), ".xlsx")
        write_durably(path, agenda_book(title, subtitle, sections, book_lang), code="cannot_write_into")
        points = sum(len(section.points) for section in sections)
        body = {
            "version": "collab-xl/agenda/1",
            "file": str(path),
            "meeting": day.isoformat(),
            "send_by": (day - timedelta(AGENDA_DAYS)).isoformat(),
            "sections": [
                {
                    "title": section.title,
                    "points": [
                        {"row_id": p.key, "what": p.what, "who": p.who, "due": p.due.isoformat() if p.due else None, "note": p.note}
                        for p in section.points
                    ],
                }
                for section in sections
            ],
        }
        columns = tuple(text(f"verbs.column.{c}", session.lang) for c in ("agenda_section", "agenda_points"))
        listing = Listing("", columns, tuple((section.title, str(len(section.points))) for section in sections))
        line = text("verbs.say.agenda", session.lang, day=day.isoformat(), time=settings.meeting_time, points=points, path=path)
        send_by = day - timedelta(AGENDA_DAYS)
        key = "agenda_send_by" if as_of <= send_by else "agenda_send_now"
        lines = (line, text(f"verbs.say.{key}", session.lang, day=send_by.isoformat(), days=AGENDA_DAYS))
        return session.report(body, lines, (listing,) if sections else (), OK)
