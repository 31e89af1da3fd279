"""Verb `calendar`: the meetings of the communication plan, milestones and due days as a file for Outlook, phones and 企业微信."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from collab_xl.build.pack import PROJECT_IN_NAME, safe_name
from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.model.similar import meant
from collab_xl.plan.calendar_file import calendar_file, due_days, meetings, until
from collab_xl.project.durable import write_durably
from collab_xl.project.run import Where
from collab_xl.rules.case import Case
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import Session, opened


def calendar(
    where: Where, *, as_of: date, department: str | None = None, out: Path | None = None, write: bool = True, lang: str | None
) -> Report:
    """Verb `calendar`: write the calendar file; the master stays as it is. A file of the same name is replaced.

    Args:
        department: also the due days of this department's open rows.
        out: the folder; by default the outbox beside the master.

    Raises CollabError `calendar_unknown_department`.
    """
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        session.writes = write  # the master stays; what is written is a file of its own
        name = _department(session, department)
        schema, settings, tables = session.schema, session.settings, session.tables
        case = Case(tables, schema, session.directory, settings, session.calendar, session.as_of)
        events, unread = meetings(case)
        series = len({event.uid for event in events if event.rule})
        days = list(due_days(case, name))
        last = until(case)
        parts = (text("plan.calendar.file", session.book_lang), settings.project[:PROJECT_IN_NAME].strip(), name)
        path = (out or session.master.sidecar.outbox) / f"{safe_name('_'.join(filter(None, parts)))}.ics"
        found = bool(events or days)
        if found and write:
            data = calendar_file([*events, *days], session.master.project_id, settings.project, session.now)
            write_durably(path, data, code="cannot_write_into")
        lines = [
            session.said("calendar_file", series=series, days=len(events) - series + len(days), until=last, path=path)
            if found
            else text("verbs.say.calendar_nothing", session.lang)
        ]
        if unread:
            shown = tuple(f"{row}（{said}）" if session.lang == "zh" else f"{row} ({said})" for row, said in unread[:5])
            lines.append(text("verbs.say.calendar_unread", session.lang, n=len(unread), names=shown))
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        body = {
            "version": "collab-xl/calendar/1",
            "file": str(path) if found and write else None,
            "until": last.isoformat(),
            "events": [{"uid": e.uid, "title": e.title, "day": e.day.isoformat(), "rule": e.rule} for e in (*events, *days)],
            "unread": [{"row": row, "frequency": said} for row, said in unread],
        }
        step = to_write(write, NextStep("calendar_file", "calendar")) if found else NextStep("calendar_none", "calendar")
        return session.report(body, tuple(lines), (), OK if found and not unread else FINDINGS, then=step)


def _department(session: Session, said: str | None) -> str:
    if not said:
        return ""
    name = session.directory.find(said)
    if name is None:
        known = tuple(d.name for d in session.directory.departments)
        raise CollabError("calendar_unknown_department", department=said, known=known, meant=meant(said, known), lang=session.lang)
    return name
