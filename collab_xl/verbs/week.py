"""Verb `week`: the weekly sheet of the reporting week; the page is kept, for the next one and to be shown again as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import msgspec

from collab_xl.catalogue import COMMA, error_text, finding_text, text
from collab_xl.errors import CONFLICTS, FINDINGS, OK, CollabError
from collab_xl.model.plan import Plan
from collab_xl.model.record import replace
from collab_xl.model.report_pages import PAGE_OF_NOW
from collab_xl.model.run import Run
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import State
from collab_xl.model.summary import Summary, WeekPage, WeekRecord
from collab_xl.model.week import week_after, week_days
from collab_xl.plan.rooms import TWO_PAGES
from collab_xl.plan.rows import row_places
from collab_xl.plan.weekly import FEED, plan_page, plan_week, week_page, weekly_sheet
from collab_xl.project.run import Where
from collab_xl.report import summarise, week_record
from collab_xl.rules.flag import flag as flag_stage
from collab_xl.rules.rows import rows_of
from collab_xl.rules.standing import standing_of
from collab_xl.verbs.forecasting import forecast_of
from collab_xl.verbs.next_step import NextStep, to_decide, to_write
from collab_xl.verbs.progress import KEPT, kept_rows
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.escalation_list import as_registered
from collab_xl.verbs.sheets.service_sheets import all_received, figures_line, home, submission_statuses
from collab_xl.verbs.times.frozen_week import came_late, frozen, week_line, why_this_week
from collab_xl.verbs.times.moved_days import calendar_notes, provisional
from collab_xl.verbs.times.requested_week import requested_week
from collab_xl.verbs.week_files import Shapes, made


def week(
    where: Where,
    *,
    as_of: date,
    week: str | None = None,
    pdf: bool = False,
    png: bool = False,
    html: bool = False,
    deck: bool = False,
    template: Path | None = None,
    out: Path | None = None,
    write: bool = True,
    lang: str | None,
) -> Report:
    """Verb `week`: build 周报 and refresh 首页; the page is kept for next week's comparison. A frozen week is shown as it was.

    Args:
        week: as a person writes one (`requested_week`); by default the reporting week.
        pdf, png, html, deck: make the page as PDF, as pictures, as a page for a browser and as slides too, in the folder `out` (by default
            the master's); not without `write`. template: a presentation whose look the slides get.

    Raises CollabError `weekly_missing` when the sheet was deleted; without `write` the figures are only reported.
    """
    wanted = Shapes(pdf and write, png and write, html and write, (deck or template is not None) and write, template, out)
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        chosen, sheet = requested_week(session, week, session.reporting_week()), weekly_sheet(session.names)
        backups = session.master.sidecar.backups
        if write and not sheet:
            raise CollabError("weekly_missing", sheet=text("build.sheet.weekly", session.book_lang), backups=backups, lang=session.lang)
        if (before := frozen(session, chosen)) is not None and before[0].page is not None:
            shown = _shown_again(session, *before, sheet, "" if week else why_this_week(session, chosen), write=write)
            return _with_files(shown, session, where, wanted, chosen, before[0].page)
        summary, waiting = summary_of(session, chosen, ranges=True)
        kpis = {k.id: k.value for k in summary.kpis}
        figures = {**{k.id: k.value for k in summary.figures}, **kpis}
        body = week_json(summary)
        if write:
            run = session.master.new_run_id
            made_at = f"{session.now:%Y-%m-%d %H:%M}"
            places = row_places(session.tables, session.schema)
            plan, page = week_page(summary, session.names, session.snapshot, session.book_lang, run, made_at, session.schema, places)
            plan += home(session, session.tables, verb="week", run=run, waiting=waiting, page=plan, page_week=summary.week)
            page = replace(page, facts=msgspec.json.encode({**body, KEPT: kept_rows(session, chosen)}, enc_hook=str).decode())
            standing = standing_of(rows_of(session.schema, session.tables))
            record = session.record("week", summary=figures, weeks=(replace(week_record(summary), page=page),), standing=standing)
            session.master.commit(record, plan)
        rag = text(f"model.rag.{summary.rag}", session.lang)
        lines = [
            text(
                "verbs.say.week" if sheet and write else "verbs.say.week_nowhere",
                session.lang,
                week=summary.week,
                rag=rag,
                sheet=sheet,
                **kpis,
            ),
            week_line(session, summary.week) + ("" if week else why_this_week(session, summary.week)),
        ]
        if before is not None:
            lines.append(text("verbs.say.week_no_page", session.lang, week=summary.week))
        elif summary.week < session.reporting_week():
            lines.append(text("verbs.say.week_afterwards", session.lang, week=summary.week))
        if summary.came_late:
            lines.append(text("verbs.say.week_late", session.lang, week=week_after(summary.week, -1), cells=summary.came_late))
        if write and TWO_PAGES not in session.names:
            lines.append(text("verbs.say.week_one_page", session.lang, sheet=sheet))
        elif write and PAGE_OF_NOW not in session.names:
            lines.append(text("verbs.say.week_page_before", session.lang, sheet=sheet))
        if write and not any(name.startswith(FEED) for name in session.names):
            lines.append(text("verbs.say.week_no_feed", session.lang, sheet=sheet, backups=backups))
        if summary.figures:
            lines.append(figures_line(session, {k.id: k.value for k in summary.figures}))
        names = COMMA[session.lang].join(name for name, _ in summary.missing)
        if names:
            lines.append(text("verbs.say.missing", session.lang, names=names))
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        told = {(fault.form, heading) for fault in session.layout for heading in fault.headings}
        lines += (finding_text(f, "what", session.lang) for f in session.missing_columns if (f.form, f.expected) not in told)
        bad = summary.overdue or summary.escalations or summary.missing or session.missing_columns
        code = CONFLICTS if waiting else FINDINGS if bad else OK
        notes = list(calendar_notes(session, rows_of(session.schema, session.tables), summary.as_of))
        if write:
            notes += _chart(session)
        then = _next(session, waiting, [name for name, _ in summary.missing])
        report = session.report({**body, "frozen": False}, tuple(lines), (), code, notes, then=to_write(write, then))
        return _with_files(report, session, where, wanted, summary.week, page) if write else report


def _chart(session: Session) -> tuple[str, ...]:
    """The Gantt chart in the outbox is made anew if there is one; a note says so, or why it could not be replaced."""
    if not any(session.master.sidecar.outbox.glob(f"{text('build.gantt.sheet', session.book_lang)}*.xlsx")):
        return ()
    from collab_xl.verbs.gantt import kept_up  # builds a workbook, which most weeks do not need

    try:
        path = kept_up(session)
    except CollabError as error:
        return error_text(error, session.lang)
    return (text("verbs.say.gantt_kept_up", session.lang, path=path),) if path else ()


def _with_files(report: Report, session: Session, where: Where, wanted: Shapes, week: str, page: WeekPage) -> Report:
    """The report with the files that were made. If one cannot be made, the sheet and the others are there all the same; a note says why."""
    files: dict[str, list[str]] = {}
    lines, notes, code = list(report.lines), list(report.notes), report.exit_code
    for shape, make in made(session, where, wanted, week, page):
        try:
            paths = make()
        except CollabError as error:
            notes += error_text(error, report.lang)
            code = code or FINDINGS
            continue
        files[shape] = [str(path) for path in paths]
        lines += (text(f"verbs.say.week_{path.suffix[1:]}", session.lang, path=path) for path in paths)
    if not wanted:
        return report
    first = next((paths[0] for paths in files.values()), None)
    content = {**report.json, "files": files, **({"file": first} if first else {})}
    return replace(report, content=content, lines=tuple(lines), notes=tuple(notes), exit_code=code)


def _shown_again(session: Session, record: WeekRecord, run: Run, sheet: str, why: str, *, write: bool) -> Report:
    """A frozen week: its page as it was, from the ledger; the figures are not counted anew."""
    page = record.page
    assert page is not None
    late, waiting = came_late(session, record.week), len(session.state(packs=()).items)
    if write:
        plan = plan_page(page, session.names, session.snapshot, session.schema)
        plan += home(session, session.tables, verb="week", run=session.master.new_run_id, waiting=waiting, page=plan)
        session.master.commit(session.record("week", summary={**record.kpis, "shown": record.week}), plan)
    lines = [
        session.said("week_frozen", week=record.week, made_at=page.made_at, run=run.id, sheet=sheet),
        week_line(session, record.week) + why,
    ]
    if late:
        lines.append(text("verbs.say.week_late", session.lang, week=record.week, cells=late))
    if not write:
        lines.append(text("verbs.say.no_write", session.lang))
    kept = msgspec.json.decode(page.facts or "{}")
    kept.pop(KEPT, None)
    body = {**kept, "frozen": True, "came_late": late}
    return session.report(body, tuple(lines), (), CONFLICTS if waiting else OK, then=to_write(write, _next(session, waiting, ())))


def _next(session: Session, waiting: int, missing: Sequence[str]) -> NextStep:
    if waiting:
        return to_decide(waiting, session.sheet_of("conflicts"))
    if missing:
        return NextStep("missing", "send", "chase", {"n": len(missing)})
    return NextStep("send_week", "send", "week")


def page_again(session: Session, tables: Mapping[str, Table], run: str) -> tuple[Plan, str]:
    """周报 as the newest week in effect has it, after an undo or redo of a weekly sheet; and the line that says so."""
    sheet = weekly_sheet(session.names)
    records = session.master.ledger.weeks(session.run_id)
    if not sheet:
        return Plan(), ""
    if not records:
        return Plan(), text("verbs.say.week_stays", session.lang, sheet=sheet)
    newest = max(records, key=lambda record: (record.as_of, record.week))
    back = text("verbs.say.week_back", session.lang, sheet=sheet, week=newest.week)
    if newest.page is not None:
        return plan_page(newest.page, session.names, session.snapshot, session.schema), back
    summary, _ = summary_of(session, newest.week, tables, newest.as_of, ranges=True)
    made_at = f"{session.now:%Y-%m-%d %H:%M}"
    places = row_places(tables, session.schema)
    plan = plan_week(summary, session.names, session.snapshot, session.book_lang, run, made_at, session.schema, places)
    return plan, back


def summary_of(
    session: Session,
    week: str,
    tables: Mapping[str, Table] | None = None,
    day: date | None = None,
    *,
    ranges: bool = False,
    ahead: tuple[date, date] | None = None,
) -> tuple[Summary, int]:
    """The week's figures, and the number of open items. A past week is computed as of its last day.

    Args:
        tables: form → the table; those of the master by default. day: the day of the page; by default that of the run.
        ahead: first and last day to look ahead to; by default the week after.
        ranges: whether the likely days of requirements are worked out, which takes time; the light does not depend on them.
    """
    first, last = week_days(week, session.settings.week_start)
    day = day or session.as_of
    as_of = min(day, last) if first <= last else day
    tables = tables or session.tables
    flags = as_registered(session, flag_stage(tables, session.settings, session.calendar, as_of, session.schema, session.directory))
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
        likely=forecast_of(session, tables, as_of).rows if ranges else None,
        ahead=ahead,
    )
    return (
        replace(
            summary,
            provisional=provisional(session, rows_of(session.schema, tables), as_of),
            came_late=came_late(session, week_after(summary.week, -1)),
        ),
        len(state.items),
    )


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
        "rag_before": str(s.rag_before) if s.rag_before else None,
        "causes": [{"cause": cause.id, "rag": str(cause.rag), **cause.facts} for cause in s.causes],
        "milestones": [
            {
                "row_id": m.key,
                "name": m.name,
                "plan": _iso(m.plan),
                "forecast": _iso(m.forecast),
                "actual": _iso(m.actual),
                "days_late": m.late,
                "rag": str(m.rag),
            }
            for m in s.milestones
        ],
        "demands": [
            {
                "row_id": d.key,
                "name": d.name,
                "rag": str(d.rag),
                "progress": d.progress,
                "due": _iso(d.due),
                "forecast": _iso(d.forecast),
                "days_late": d.late,
                "late_tasks": d.late_parts,
                "latest_task_days": d.latest_part,
                "at_fault": d.fault and d.fault.key,
            }
            for d in s.demands
        ],
        "decisions": [
            {
                "kind": w.kind,
                "sheet": w.form,
                "row_id": w.key,
                "what": w.what,
                "by": w.by,
                "to": list(w.to),
                "decides": w.decides,
                "when": _iso(w.when),
            }
            for w in s.wanted
        ],
        "outlook": s.outlook
        and {"planned": _iso(s.outlook.planned), "forecast": _iso(s.outlook.forecast), "days_late": s.outlook.late, "last": s.outlook.last},
        "promised": None if s.promised is None else {"listed": s.promised[0], "kept": s.promised[1]},
        "ageing": dict(s.ageing),
        "check": {k: v for k, v in s.check.items()},
    }


def _iso(day: date | datetime | None) -> str | None:
    return None if day is None else day.isoformat()
