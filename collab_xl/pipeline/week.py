"""Check, flag and week: what a person should look at, what is late, and the Monday page."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

from collab_xl.catalogue import finding_text, text
from collab_xl.engines.run import Where
from collab_xl.errors import CONFLICTS, FINDINGS, OK, CollabError
from collab_xl.forms import Schema
from collab_xl.model.finding import Finding, Severity, in_order, switched
from collab_xl.model.plan import Plan
from collab_xl.model.submission_log import State
from collab_xl.model.summary import Flags, Summary
from collab_xl.model.week import week_days, week_of
from collab_xl.pipeline import clock
from collab_xl.pipeline.data import data_plan, keyed
from collab_xl.pipeline.earlier import earlier_progress
from collab_xl.pipeline.findings import finding_json, findings_listing
from collab_xl.pipeline.logs import all_received, figures_line, home, submission_statuses
from collab_xl.pipeline.report import Report
from collab_xl.pipeline.session import Session, opened
from collab_xl.plan.applied import applied
from collab_xl.plan.finding_list import finding_rows
from collab_xl.plan.rows import escalation_rows, overdue_rows
from collab_xl.plan.weekly import FEED, plan_week, weekly_sheet
from collab_xl.report import summarise, week_record
from collab_xl.rules.check import check as check_stage
from collab_xl.rules.flag import flag as flag_stage


def findings_json(session: Session, findings: list[Finding]) -> dict[str, object]:
    """The object `check --json` and `flag --json` print."""
    items = [finding_json(f, session.lang) for f in findings]
    counts = {str(s): sum(f.severity is s for f in findings) for s in Severity}
    by_code: dict[str, int] = {}
    for f in findings:
        by_code[f.code] = by_code.get(f.code, 0) + 1
    return {
        "version": "collab-xl/findings/1",
        "as_of": session.as_of.isoformat(),
        "findings": items,
        "counts": {**counts, "by_code": dict(sorted(by_code.items()))},
    }


CHECKED_AGAIN = frozenset({"V220"})
"""Findings of reading that a check of the whole master makes too, with more to say (P401 names the nearest department)."""


def check(where: Where, *, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `check`: look at the whole master; findings go to 检查结果."""
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        tables, schema = session.looked_at, session.schema
        found = check_stage(tables, schema, session.directory, session.settings, session.calendar, session.as_of, earlier_progress(session))
        reading = [f for f in switched(session.reading, session.settings.rules) if f.code not in CHECKED_AGAIN]
        findings = in_order([*reading, *found], (t.sheet for t in tables.values()))
        body = findings_json(session, findings)
        counts = {str(s): sum(f.severity is s for f in findings) for s in Severity}
        if write:
            run = session.master.new_run_id
            plan = session.fill("findings", finding_rows(findings, session.schema, session.book_lang, tables=tables))
            waiting = len(session.state(packs=()).items)
            plan += home(session, tables, verb="check", run=run, waiting=waiting, findings=findings)
            session.master.commit(session.record("check", summary=counts), plan)
        lines = [text("say.check" if findings else "say.check_clean", session.lang, **counts, sheet=session.sheet_of("findings"))]
        if not write:
            lines.append(text("say.no_write", session.lang))
        bad = [f for f in findings if f.severity is not Severity.NOTE]
        listings = (findings_listing(session, findings[:200]),) if findings else ()
        return Report(session.lang, body, tuple(lines), listings, FINDINGS if bad else OK, session.master.warnings)


def flag(where: Where, *, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `flag`: late days and warnings into the computed columns, 滞后清单 and 升级清单."""
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        tables, keys = keyed(session) if write else (session.tables, [])
        flags = flag_stage(tables, session.settings, session.calendar, session.as_of, session.schema, session.directory)
        counts = _flag_counts(flags, session.schema)
        if write:
            run = session.master.new_run_id
            data = data_plan(session, tables, [*keys, *flags.changes], ())
            after = applied(tables, data, session.schema)
            plan: Plan = data + session.fill("overdue", overdue_rows(flags.overdue, after, session.schema, session.book_lang))
            plan += session.fill("escalations", escalation_rows(flags.escalations, after, session.schema, session.book_lang))
            plan += home(session, after, verb="flag", run=run, waiting=len(session.state(packs=()).items))
            record = session.record("flag", summary=counts, changes=data.changes, ranges=data.ranges)
            session.master.commit(record, plan)
        findings = [*session.missing_columns, *flags.findings]
        counting = text("say.working" if flags.working_days else "say.calendar", session.lang)
        lines = [text("say.flag", session.lang, as_of=session.as_of.isoformat(), counting=counting, **counts)]
        if "overdue_others" in counts:
            lines.append(text("say.flag_others", session.lang, n=counts["overdue_others"]))
        if not write:
            lines.append(text("say.no_write", session.lang))
        bad = [f for f in findings if f.severity is not Severity.NOTE]
        listings = (findings_listing(session, bad[:200]),) if bad else ()
        return Report(
            session.lang, findings_json(session, findings), tuple(lines), listings, FINDINGS if bad else OK, session.master.warnings
        )


def _flag_counts(flags: Flags, schema: Schema) -> dict[str, int]:
    """The tasks' and the problems' overdue rows by themselves, those of other forms together where there are any."""
    late = Counter(line.form for line in flags.overdue)
    work, trouble = (form.id if (form := schema.part(part)) else "" for part in ("work", "trouble"))
    others = sum(n for form, n in late.items() if form not in (work, trouble))
    return {
        "due_soon": sum(f.code in {form.due.warn for form in schema.forms if form.due and form.due.warn} for f in flags.findings),
        "overdue": late[work],
        "overdue_problems": late[trouble],
        **({"overdue_others": others} if others else {}),
        "escalated": len(flags.escalations),
    }


def summary_of(session: Session, week: str) -> tuple[Summary, int]:
    """The week's figures, and how many items wait. A week that is over is judged on its last day."""
    first, last = week_days(week, session.settings.week_start)
    as_of = min(session.as_of, last) if first <= last else session.as_of
    flags = flag_stage(session.tables, session.settings, session.calendar, as_of, session.schema, session.directory)
    ledger, run_id = session.master.ledger, session.run_id
    state = session.state(packs=())
    done = set(ledger.consumed(run_id))
    sent = [r.sent_at or r.received_at for r in all_received(session) if r.state is State.ACCEPTED and r.sha256 in done]
    moments = [m.replace(tzinfo=None) for m in sent if m is not None]
    summary = summarise(
        session.tables,
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
    return summary, len(state.items)


def week(where: Where, *, as_of: date, week: str | None = None, write: bool = True, lang: str | None) -> Report:
    """Verb `week`: build 周报 and refresh 首页; the figures are kept for next week's comparison.

    Raises CollabError `weekly_missing` when the sheet was deleted; without `write` the figures are told all the same.
    """
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        chosen, sheet = asked_week(session, week), weekly_sheet(session.names)
        backups = session.master.sidecar.backups
        if write and not sheet:
            raise CollabError("weekly_missing", sheet=text("sheet.weekly", session.book_lang), backups=backups, lang=session.lang)
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
        rag = text(f"rag.{summary.rag}", session.lang)
        lines = [text("say.week" if sheet else "say.week_nowhere", session.lang, week=summary.week, rag=rag, sheet=sheet, **kpis)]
        if write and not any(name.startswith(FEED) for name in session.names):
            lines.append(text("say.week_no_feed", session.lang, sheet=sheet, backups=backups))
        if summary.figures:
            lines.append(figures_line(session, {k.id: k.value for k in summary.figures}))
        names = ("、" if session.lang == "zh" else ", ").join(name for name, _ in summary.missing)
        if names:
            lines.append(text("say.missing", session.lang, names=names))
        if not write:
            lines.append(text("say.no_write", session.lang))
        lines += (finding_text(f, "what", session.lang) for f in session.missing_columns)
        bad = summary.overdue or summary.escalations or summary.missing or session.missing_columns
        code = CONFLICTS if waiting else FINDINGS if bad else OK
        return Report(session.lang, week_json(summary), tuple(lines), (), code, session.master.warnings)


def asked_week(session: Session, week: str | None) -> str:
    """The week asked for in its usual spelling, else the week of `as_of`. Raises CollabError `usage_week`, `usage_year` (exit 2)."""
    if week is None:
        return session.week
    start = session.settings.week_start
    clock.meant_week(week)
    try:
        days = week_days(week, start)
    except ValueError:
        raise CollabError("usage_week", exit_code=2, text=week, lang=session.lang) from None
    return week_of(days[0], start)


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
