"""Verb `status`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from collab_xl.catalogue import text
from collab_xl.errors import CONFLICTS, OK
from collab_xl.forms import BASIC
from collab_xl.model.department_week import DepartmentState
from collab_xl.model.run import Held, Run
from collab_xl.project.run import Where
from collab_xl.report.blocks import form_figures
from collab_xl.rules.counts import overdue_tasks
from collab_xl.rules.rows import part_of, rows_of
from collab_xl.settings import robots_named
from collab_xl.verbs.baselines import baseline_states
from collab_xl.verbs.forecasting import forecast_json, forecast_lines, forecast_of
from collab_xl.verbs.next_step import NextStep, to_decide
from collab_xl.verbs.receiving.evidence import waiting_evidence
from collab_xl.verbs.receiving.held import held_json, held_lines
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.service_sheets import (
    figures_line,
    held_now,
    open_rows,
    set_aside_marks,
    states_of_week,
    submission_statuses,
    verb_name,
)
from collab_xl.verbs.sheets.week_states import states_json, states_line
from collab_xl.verbs.times.frozen_week import week_line
from collab_xl.verbs.times.moved_days import calendar_notes
from collab_xl.verbs.times.requested_week import requested_week
from collab_xl.verbs.upgrading.wanted_fields import not_applied

MAILBOX = ("mail", "mail_server", "mail_user", "mail_folder", "mail_smtp", "mail_client", "mail_tenant")
"""Settings of the mailbox that the desk shows before they are changed."""


def status(where: Where, *, as_of: date, week: str | None = None, lang: str | None) -> Report:
    """Verb `status`: the master's open rows, submissions and latest runs. Works without a ledger, and reports that it is missing.

    Args:
        week: whose submissions are looked at, as a person writes one; by default the reporting week.
    """
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        reporting = session.reporting_week()
        chosen = requested_week(session, week, reporting)
        tables = session.tables_for_viewing
        rows, terms = rows_of(session.schema, tables), session.settings.terms(session.calendar)
        figures = form_figures(session.schema, rows, terms, session.as_of)
        runs: list[Run] = []
        packs: int | None = None  # None: unknown without a ledger
        ready: int | None = None
        waiting: int | None = None
        missing: list[str] = []
        weeks: list[str] = []
        pages: list[str] = []
        held: dict[str, Held] = {}
        states: dict[str, DepartmentState] = {}
        evidence = 0, 0
        if session.master.has_ledger:
            ledger, run_id = session.master.ledger, session.run_id
            runs = ledger.chain(run_id)
            heads = ledger.pack_heads()
            packs, ready = len(heads), len(ledger.ready(run_id))
            weeks = sorted({head.week for head in heads.values()})
            pages = [record.week for record in ledger.weeks(run_id)]
            waiting = len(session.state(packs=()).items)
            held = held_now(session)
            evidence = waiting_evidence(session, set_aside_marks(session))
            states = states_of_week(session, chosen)
            missing = [name for name, s in submission_statuses(session, chosen).items() if s.submitted_at is None]
        last = runs[-1] if runs else None
        counted = {form: len(own) for form, own in rows.items()}
        facts = {
            "project": session.settings.project or "–",
            "path": session.path,
            "run": last.id if last else text("verbs.say.status_never", session.lang) if session.master.has_ledger else "–",
            "verb": verb_name(last.verb, session.lang) if last else "",
            "time": f"{last.started_at:%Y-%m-%d %H:%M}" if last else "",
            **{form: counted.get(form) for form in BASIC},
            "open": open_rows(part_of(session.schema, rows, "work")),
            "overdue": overdue_tasks(session.schema, rows, terms, session.as_of),
            "packs": packs,
            "ready": ready,
            "waiting": waiting,
        }
        lines = [line.rstrip() for line in text("verbs.say.status", session.lang, **_shown(facts)).split("\n")]
        lines.append(week_line(session, chosen))
        others = [f"{session.schema.form(form).sheet[session.lang]} {n}" for form, n in counted.items() if form not in BASIC]
        if others:
            lines.insert(3, " · ".join(others))
        if figures:
            lines.append(figures_line(session, figures))
        if states:
            lines.append(text("verbs.say.week_states", session.lang, week=chosen, states=states_line(states.values(), session.lang)))
        if baselines := baseline_states(session):
            now = baselines[-1]
            facts_of = {
                "name": now.baseline.name,
                "day": now.baseline.day.isoformat(),
                "signed": len(now.signed),
                "asked": len(now.signatures),
            }
            lines.append(text("verbs.say.status_baseline", session.lang, **facts_of))
        if missing:
            lines.append(text("verbs.say.missing", session.lang, names=tuple(missing)))
        lines += held_lines(session, held.values())
        expected = forecast_of(session, tables)
        lines += forecast_lines(expected, session.lang)
        if any(evidence):
            ready_files, asked = evidence
            lines.append(text("verbs.say.evidence_waits", session.lang, ready=ready_files, asked=asked))
        body: dict[str, object] = {"version": "collab-xl/status/1", **{k: str(v) if isinstance(v, Path) else v for k, v in facts.items()}}
        body |= {
            "run": last.id if last else None,
            "verb": last.verb if last else None,
            "week": session.week,
            "reporting_week": reporting,
            "chosen_week": chosen,
            "missing": missing,
            "states": states_json(states),
            "lang": session.book_lang,
            "departments": [d.name for d in session.directory.departments],
            "weeks": weeks,
            "pages": [{"week": each, "frozen": each < reporting} for each in pages],
            "baselines": [{"id": one.id, "name": one.name, "day": one.day.isoformat()} for one in (b.baseline for b in baselines[::-1])],
            "held": held_json(held.values()),
            "evidence": {"ready": evidence[0], "asked": evidence[1]},
            "rows": counted,
            "figures": figures,
            "forecast": forecast_json(expected),
            "mailbox": {name: getattr(session.settings, name) for name in MAILBOX},
            "robots": [str(robot) for robot in robots_named(session.settings)],
        }
        notes = (*calendar_notes(session, rows), *not_applied(session))
        step = _next(session, waiting or 0, ready or 0, missing)
        return session.report(body, tuple(lines), (), CONFLICTS if waiting else OK, notes, then=step)


def _next(session: Session, waiting: int, ready: int, missing: Sequence[str]) -> NextStep:
    if not session.master.has_ledger:
        return NextStep("no_ledger", "doctor", facts={"folder": session.master.sidecar.path.name})
    if not session.directory.departments:
        return NextStep("init", "issue", facts={"sheet": session.sheet_of("departments")})
    if waiting:
        return to_decide(waiting, session.sheet_of("conflicts"))
    if ready:
        return NextStep("ready", "consolidate", facts={"n": ready})
    if session.week not in session.weeks_issued:
        return NextStep("issue", "issue")
    return NextStep("chase", "send", "chase") if missing else NextStep("week", "week")


def _shown(facts: Mapping[str, object]) -> dict[str, object]:
    """The facts with a dash for each unknown one."""
    return {name: "–" if fact is None else fact for name, fact in facts.items()}
