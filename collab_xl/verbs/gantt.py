"""Verb `gantt`: the tasks as a Gantt chart in a workbook of its own."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from collab_xl.build.gantt import gantt_workbook
from collab_xl.build.pack import PROJECT_IN_NAME, safe_name
from collab_xl.catalogue import text
from collab_xl.errors import OK
from collab_xl.model.gantt import BarGroup
from collab_xl.project.durable import write_durably
from collab_xl.project.run import Where
from collab_xl.report.gantt import bar_groups
from collab_xl.rules.case import Case
from collab_xl.rules.rows import part_of
from collab_xl.verbs.forecasting import forecast_of
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import Session, opened


def gantt(where: Where, *, as_of: date, out: Path | None = None, write: bool = True, lang: str | None) -> Report:
    """Verb `gantt`: write the chart; the master stays as it is. A file of the same name is replaced.

    Args:
        out: the folder; by default the outbox beside the master.
    """
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        session.writes = write  # the master stays; what is written is a file of its own
        groups, path = _groups(session), _place(session, out)
        if write:
            _write(session, groups, path)
        bars = [bar for group in groups for bar in group.bars]
        count = {state: sum(bar.state == state for bar in bars) for state in ("late", "slips", "no_room", "undated")}
        lines = [session.said("gantt", n=len(bars), groups=len(groups), path=path, **count)]
        if count["undated"]:
            lines.append(text("verbs.say.gantt_undated", session.lang, n=count["undated"]))
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        body = {
            "version": "collab-xl/gantt/1",
            "file": str(path) if write else None,
            "rows": [
                {
                    "key": bar.key,
                    "start": bar.start.isoformat() if bar.start else None,
                    "end": bar.end.isoformat() if bar.end else None,
                    "expected": bar.expected.isoformat() if bar.expected else None,
                    "slack": bar.slack,
                    "state": bar.state,
                }
                for bar in bars
            ],
        }
        return session.report(body, tuple(lines), (), OK, then=to_write(write, NextStep("print", "gantt")))


def kept_up(session: Session) -> Path | None:
    """Make the chart in the outbox anew, if there is one; its path. Raises CollabError if it cannot be replaced."""
    path = _place(session, None)
    if not path.exists():
        return None
    _write(session, _groups(session), path)
    return path


def _groups(session: Session) -> list[BarGroup]:
    terms = (session.schema, session.directory, session.settings, session.calendar, session.as_of)
    case = Case(session.tables, *terms, forecast=forecast_of(session))
    return bar_groups(case, part_of(session.schema, case.rows, "work"), session.book_lang)


def _place(session: Session, out: Path | None) -> Path:
    parts = (text("build.gantt.sheet", session.book_lang), session.settings.project[:PROJECT_IN_NAME].strip())
    return (out or session.master.sidecar.outbox) / f"{safe_name('_'.join(filter(None, parts)))}.xlsx"


def _write(session: Session, groups: list[BarGroup], path: Path) -> None:
    data = gantt_workbook(groups, session.settings.project, session.calendar, session.as_of, session.book_lang)
    write_durably(path, data, code="cannot_write_into")
