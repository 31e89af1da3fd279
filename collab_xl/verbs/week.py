"""Verb `week`: the weekly sheet; its figures are kept for the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from collab_xl.catalogue import finding_text, text
from collab_xl.errors import CONFLICTS, FINDINGS, OK, CollabError
from collab_xl.model.plan import Plan
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import State
from collab_xl.model.summary import Summary
from collab_xl.model.week import week_days
from collab_xl.plan.weekly import FEED, plan_week, weekly_sheet
from collab_xl.project.run import Where
from collab_xl.report import summarise, week_record
from collab_xl.rules.flag import flag as flag_stage
from collab_xl.rules.rows import rows_of
from collab_xl.verbs.moved_days import calendar_notes, provisional
from collab_xl.verbs.report import Report
from collab_xl.verbs.requested_week import requested_week
from collab_xl.verbs.service_sheets import all_received, figures_line, home, submission_statuses
from collab_xl.verbs.session import Session, opened


def week(where: Where, *, as_of: date, week: str | None = None, write: bool = True, lang: str | None) -> Report:
    """Verb `week`: build 周报 and refresh 首页; the figures are kept for next week's comparison.

    Raises CollabError `weekly_missing` when the sheet was deleted; without `write` the figures are only reported.
    """
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        chosen, sheet = requested_week(session, week), weekly_sheet(session.names)
        backups = session.master.sidecar.backups
        if write and not sheet:
            raise CollabError("weekly_missing", sheet=text("build.sheet.weekly", session.book_lang), backups=backups, lang=session.lang)
        summary, waiting = summary_of(session, chosen)
        kpis = {k.id: k.value for k in summary.kpis}
        figures = {**{k.id: k.value for k in summary.figures}, **kpis}
        if write:
            run = session.master.new_run_id
            made_at = f"{session.now:%Y-%m-%d %H:%M}"
            plan = plan_week(summary, session.names, session.snapshot, session.book_lang, run, made_at, session.schema)
            plan += home(session, session.tables, verb="week", run=run, waiting=waiting)
            record = session.record("week", summary=figures, weeks=(week_record(summary),))
            session.master.commit(record, plan)
        rag = text(f"model.rag.{summary.rag}", session.lang)
        lines = [
            text("verbs.say.week" if sheet else "verbs.say.week_nowhere", session.lang, week=summary.week, rag=rag, sheet=sheet, **kpis)
        ]
        if write and not any(name.startswith(FEED) for name in session.names):
            lines.append(text("verbs.say.week_no_feed", session.lang, sheet=sheet, backups=backups))
        if summary.figures:
            lines.append(figures_line(session, {k.id: k.value for k in summary.figures}))
        names = ("、" if session.lang == "zh" else ", ").join(name for name, _ in summary.missing)
        if names:
            lines.append(text("verbs.say.missing", session.lang, names=names))
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        told = {(fault.form, heading) for fault in session.layout for heading in fault.headings}
        lines += (finding_text(f, "what", session.lang) for f in session.missing_columns if (f.form, f.expected) not in told)
        bad = summary.overdue or summary.escalations or summary.missing or session.missing_columns
        code = CONFLICTS if waiting else FINDINGS if bad else OK
        notes = calendar_notes(session, rows_of(session.schema, session.tables), summary.as_of)
        return session.report(week_json(summary), tuple(lines), (), code, notes)


def page_again(session: Session, tables: Mapping[str, Table], run: str) -> tuple[Plan, str]:
    """周报 as the newest week in effect has it, after an undo or redo of a weekly sheet; and the line that says so."""
    sheet = weekly_sheet(session.names)
    records = session.master.ledger.weeks(session.run_id)
    if not sheet:
        return Plan(), ""
    if not records:
        return Plan(), text("verbs.say.week_stays", session.lang, sheet=sheet)
    newest = max(records, key=lambda record: (record.as_of, record.week))
    summary, _ = summary_of(session, newest.week, tables, newest.as_of)
    made_at = f"{session.now:%Y-%m-%d %H:%M}"
    plan = plan_week(summary, session.names, session.snapshot, session.book_lang, run, made_at, session.schema)
    return plan, text("verbs.say.week_back", session.lang, sheet=sheet, week=newest.week)


def summary_of(session: Session, week: str, tables: Mapping[str, Table] | None = None, day: date | None = None) -> tuple[Summary, int]:
    """The week's figures, and the number of open items. A past week is computed as of its last day.

    Args:
        tables: form → the table; those of the master by default. day: the day of the page; by default that of the run.
    """
    first, last = week_days(week, session.settings.week_start)
    day = day or session.as_of
    as_of = min(day, last) if first <= last else day
    tables = tables or session.tables
    flags = flag_stage(tables, session.settings, session.calendar, as_of, session.schema, session.directory)
    ledger, run_id = session.master.ledger, session.run_id
    state = session.state(packs=())
    done = set(ledger.consumed(run_id))
    sent = [r.sent_at or r.received_at for r in all_received(session) if r.state is State.ACCEPTED and r.sha256 in done]
    moments = [m.replace(tzinfo=None) for m in sent if m is not None]
    summary = summarise(
        tables,
        flags,
        session.settings,
        session.calendar,
        session.directory,
        as_of=as_of,
        week=week,
        history=ledger.weeks(run_id),
        submissions=submission_statuses(session, week),
        waiting=tuple(state.items.values()),
        data_until=max(moments, default=None),
        schema=session.schema,
    )
    return replace(summary, provisional=provisional(session, rows_of(session.schema, tables), as_of)), len(state.items)


def week_json(s: Summary) -> dict[str, object]:
    """The object `week --json` prints."""
    return {
        "version": "collab-xl/week/1",
        "week": s.week,
        "as_of": s.as_of.isoformat(),
        "rag": str(s.rag),
        "trend": str(s.trend),
        "kpis": {k.id: {"value": k.value, "before": k.before} for k in (*s.kpis, *s.figures)},
        "departments": [
            {
                "name": d.name,
                "submitted": d.submitted,
                "open": d.open,
                "overdue": d.overdue,
                "escalated": d.escalated,
                "total": d.total,
                "done": d.done,
                "rag": str(d.rag),
                "overdue_trend": list(d.overdue_trend),
            }
            for d in s.departments
        ],
        "overdue": [
            {"sheet": o.form, "row_id": o.key, "name": o.name, "department": o.dept, "owner": o.owner, "end": _iso(o.end), "days": o.days}
            for o in s.overdue
        ],
        "escalations": [
            {"row_id": e.key, "name": e.name, "department": e.dept, "days": e.days, "cause": e.cause, "to": list(e.to)}
            for e in s.escalations
        ],
        "missing": [name for name, _ in s.missing],
        "ageing": dict(s.ageing),
        "check": {k: v for k, v in s.check.items()},
    }


def _iso(day: date | datetime | None) -> str | None:
    return None if day is None else day.isoformat()
