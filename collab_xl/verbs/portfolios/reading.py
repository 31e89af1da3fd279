"""Read one master for the overview of many, in a worker. The figures are those of its own `week`: same functions, same frozen page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.model.portfolio import DepartmentFigures, ProjectFacts
from collab_xl.model.record import Struct
from collab_xl.model.summary import Rag, Summary, WeekPage, WeekRecord
from collab_xl.project.commit import refuse_open
from collab_xl.project.run import refuse_half_written
from collab_xl.project.sidecar import own_sidecar
from collab_xl.report import week_record
from collab_xl.report.milestones import form_rows, milestones, owned_tasks, worst_rows
from collab_xl.rules.rows import rows_of
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.times import clock
from collab_xl.verbs.times.frozen_week import frozen
from collab_xl.verbs.times.requested_week import requested_week
from collab_xl.verbs.week import summary_of, week_json


class MasterJob(Struct, frozen=True):
    """One master to read. `now`: the time of the run, which the worker cannot know. `rows`: whether the rows of its forms are wanted."""

    path: str
    as_of: date
    now: datetime
    week: str | None
    lang: str
    rows: bool = False


def read_master(job: MasterJob) -> ProjectFacts:
    """What a master says of its week. The file and its ledger are only read.

    Raises CollabError as opening a master does, and `half_written`, `ledger_missing`.
    """
    path = Path(job.path)
    with clock.at(job.now), opened(path, write=False, as_of=job.as_of, lang=job.lang) as session:
        refuse_half_written(hidden_values(session.master.book), path, session.master.sidecar)
        _ = session.master.ledger  # refuse now: without its history a page would have other figures
        chosen = requested_week(session, job.week, session.reporting_week())
        summary, waiting = summary_of(session, chosen)
        kept = frozen(session, chosen)
        page = kept[0].page if kept is not None else None
        if kept is None or page is None:
            return _facts(session, job, summary, week_json(summary), week_record(summary), None, waiting)
        facts = json.loads(page.facts or "{}") or week_json(summary)
        return _facts(session, job, summary, facts, kept[0], _sentence(page), waiting)


def _facts(
    session: Session, job: MasterJob, summary: Summary, facts: Mapping[str, Any], record: WeekRecord, sentence: str | None, waiting: int
) -> ProjectFacts:
    """`sentence`: of a frozen page; None for one that was counted now."""
    tables, terms = session.tables, session.settings.terms(session.calendar)
    rows = rows_of(session.schema, tables)
    dates, marked = milestones(session.schema, rows, terms, summary.as_of)
    labels = {figure.id: figure.label[job.lang] for form in session.schema.forms for figure in form.figures}
    alarms = frozenset(figure.id for form in session.schema.forms for figure in form.figures if figure.alarm)
    check = facts.get("check", {})
    return ProjectFacts(
        file=job.path,
        project_id=session.master.project_id,
        own_folder=session.master.sidecar.path == own_sidecar(session.path).path,
        project=session.settings.project or session.path.stem,
        week=record.week,
        as_of=record.as_of,
        frozen=sentence is not None,
        open_by=_open_by(session.path),
        rag=Rag(facts["rag"]),
        trend=str(facts.get("trend", "")),
        kpis={name: (kpi["value"], kpi["before"]) for name, kpi in facts["kpis"].items()},
        labels=labels,
        alarms=alarms,
        total=int(check.get("total", 0)) - int(check.get("cancelled", 0)),
        done=int(check.get("done", 0)),
        planned=record.planned,
        departments=_departments(facts, text("report.other_department", session.book_lang), text("report.other_department", job.lang)),
        missing=tuple(facts.get("missing", ())),
        waiting=waiting,
        reason=tuple(summary.reason["parts"]) if sentence is None else (),  # type: ignore[arg-type]
        sentence=sentence or "",
        milestones=dates,
        marked=marked,
        ahead=summary.ahead,
        worst=worst_rows(session.schema, rows, terms, summary.as_of),
        tasks=owned_tasks(session.schema, rows),
        forms=form_rows(session.schema, rows) if job.rows else (),
    )


def _open_by(master: Path) -> str | None:
    try:
        refuse_open(master)
    except CollabError as error:
        return str(error.facts.get("user") or "")
    return None


def _departments(facts: Mapping[str, Any], others: str, others_shown: str) -> tuple[DepartmentFigures, ...]:
    """The departments as the page counted them; the one called `others` is the line of the rows of no department."""
    out = []
    for d in facts.get("departments", ()):
        outside = d["name"] == others
        counts = {name: int(d.get(name, 0)) for name in ("open", "overdue", "escalated", "total", "done")}
        name = others_shown if outside else d["name"]
        out.append(DepartmentFigures(name, submitted=d["submitted"], rag=Rag(d["rag"]), outside=outside, **counts))
    return tuple(out)


def _sentence(page: WeekPage) -> str:
    """The sentence of a frozen page as it was written, in the language of the workbook."""
    cells = page.values.get("wk_reason", ())
    return str(cells[0][0] or "") if cells and cells[0] else ""
