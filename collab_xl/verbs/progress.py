"""Verb `progress`: each department's week as a sheet of its own: what was planned, what came of it, why not, what now (T6)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from collab_xl.build.pack import safe_name
from collab_xl.build.weekly_sheet import weekly_sheet_book
from collab_xl.catalogue import text
from collab_xl.errors import OK, CollabError
from collab_xl.model.values import Value
from collab_xl.model.week import week_days
from collab_xl.project.durable import write_durably
from collab_xl.project.run import Where
from collab_xl.report.weekly_sheets import WeekRows, as_kept, rows_of_week
from collab_xl.rules.case import Case
from collab_xl.rules.rows import part_of
from collab_xl.verbs.free_path import free_path
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.times.frozen_week import frozen, week_line
from collab_xl.verbs.times.requested_week import requested_week

KEPT = "progress"
"""Where the rows stand among the facts of a week's page."""


def progress(
    where: Where,
    *,
    week: str | None = None,
    departments: Sequence[str] = (),
    as_of: date,
    out: Path | None = None,
    write: bool = True,
    lang: str | None,
) -> Report:
    """Verb `progress`: one workbook a department; the master stays as it is. A frozen week is shown as its page was made.

    Args:
        departments: only these; by default all that have rows in the week.
        out: the folder; by default the outbox beside the master.

    Raises CollabError `progress_nothing`.
    """
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        session.writes = write  # the master stays; what is written is a file of its own
        chosen = requested_week(session, week, session.reporting_week())
        form, book_lang = session.schema.part("work"), session.book_lang
        if form is None or form.weekly is None:
            raise CollabError("progress_nothing", week=chosen, lang=session.lang)
        rows: Mapping[str, Sequence[Mapping[str, Value]]] = _as_it_was(session, chosen) or rows_for(session, chosen)
        wanted = {session.named_department(name) for name in departments}
        shown = {name: rows[name] for name in rows if not wanted or name in wanted}
        if not shown:
            raise CollabError("progress_nothing", week=chosen, lang=session.lang)
        folder, title = out or session.master.sidecar.outbox, form.weekly.title[book_lang]
        first, last = week_days(chosen, session.settings.week_start)
        made: list[tuple[str, Path, int]] = []
        for name, lines in shown.items():
            path = free_path(folder, safe_name(f"{title}_{chosen}_{name}"), ".xlsx")
            heading = " · ".join(filter(None, (session.settings.project, title, name)))
            about = text("build.weekly_sheet.about", book_lang, week=chosen, first=f"{first:%Y-%m-%d}", last=f"{last:%Y-%m-%d}")
            if write:
                write_durably(path, weekly_sheet_book(form, lines, heading, about, session.directory, book_lang), code="cannot_write_into")
            made.append((name, path, len(lines)))
        lines_said = [session.said("progress", n=len(made), rows=sum(n for _, _, n in made), folder=folder)]
        lines_said.append(week_line(session, chosen))
        if not write:
            lines_said.append(text("verbs.say.no_write", session.lang))
        files = [{"department": name, "file": str(path), "rows": n} for name, path, n in made]
        return session.report(
            {"version": "collab-xl/progress/1", "week": chosen, "files": files},
            tuple(lines_said),
            (),
            OK,
            then=to_write(write, NextStep("progress", "collect")),
        )


def rows_for(session: Session, week: str) -> WeekRows:
    """The rows of a week, from the master as it is."""
    case = Case(session.tables, session.schema, session.directory, session.settings, session.calendar, session.as_of)
    rows = part_of(session.schema, case.rows, "work")
    return rows_of_week(case, rows, *week_days(week, session.settings.week_start)) if rows is not None else {}


def kept_rows(session: Session, week: str) -> dict[str, list[dict[str, str]]]:
    """The rows of a week as texts, to be kept with its page."""
    form = session.schema.part("work")
    return as_kept(rows_for(session, week), form, session.book_lang) if form is not None and form.weekly is not None else {}


def _as_it_was(session: Session, week: str) -> dict[str, list[dict[str, Value]]] | None:
    before = frozen(session, week)
    facts = before[0].page.facts if before is not None and before[0].page is not None else ""
    kept: dict[str, list[dict[str, Value]]] | None = json.loads(facts).get(KEPT) if facts else None
    return kept
