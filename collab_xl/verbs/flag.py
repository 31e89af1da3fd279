"""Verb `flag`: what is late, what is due soon, and what must be escalated."""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import partial

from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, OK
from collab_xl.forms import Schema
from collab_xl.model.finding import Severity
from collab_xl.model.plan import Plan
from collab_xl.model.summary import Flags
from collab_xl.plan.applied import applied
from collab_xl.plan.rows import overdue_rows
from collab_xl.project.run import Where
from collab_xl.rules.flag import flag as flag_stage
from collab_xl.rules.rows import rows_of
from collab_xl.rules.standing import standing_of
from collab_xl.verbs.baselines import baselines_plan
from collab_xl.verbs.findings import findings_json, findings_listing
from collab_xl.verbs.forecasting import forecast_lines, forecast_of
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import opened
from collab_xl.verbs.sheets.data import data_plan, keyed
from collab_xl.verbs.sheets.escalation_list import clocks_plan, register_of, register_plan
from collab_xl.verbs.sheets.service_sheets import home
from collab_xl.verbs.times.moved_days import calendar_notes


def flag(where: Where, *, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `flag`: write late days and warnings into the computed columns, 滞后清单 and 升级清单."""
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        tables, keys = keyed(session) if write else (session.tables, [])
        terms = (session.settings, session.calendar, session.as_of, session.schema, session.directory)
        expected = forecast_of(session, tables)
        flags = flag_stage(tables, *terms, now=session.moment, forecast=expected)
        counts = _flag_counts(flags, session.schema)
        if write:
            run = session.master.new_run_id
            data = data_plan(session, tables, [*keys, *flags.changes], ())
            after = applied(tables, data, session.schema)
            plan: Plan = data + session.fill("overdue", overdue_rows(flags.overdue, after, session.schema, session.book_lang))
            register = register_of(session, flags.escalations)
            plan += register_plan(session, register, flags.escalations, after)
            plan += clocks_plan(session, flags, register, after) + baselines_plan(session, after)
            plan += home(session, after, verb="flag", run=run, waiting=len(session.state(packs=()).items))
            standing = standing_of(rows_of(session.schema, after))
            parts = {"changes": data.changes, "ranges": data.ranges, "escalated": register, "standing": standing}
            record = session.record("flag", summary=counts, **parts)
            session.master.commit(record, plan)
        findings = [*session.missing_columns, *flags.findings]
        counting = text("verbs.say.working" if flags.working_days else "verbs.say.calendar", session.lang)
        lines = [text("verbs.say.flag", session.lang, as_of=session.as_of.isoformat(), counting=counting, **counts)]
        if "overdue_others" in counts:
            lines.append(text("verbs.say.flag_others", session.lang, n=counts["overdue_others"]))
        lines += forecast_lines(expected, session.lang)
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        bad = [f for f in findings if f.severity is not Severity.NOTE]
        listings = (findings_listing(session, bad[:200]),) if bad else ()
        body = partial(findings_json, findings, session.lang, session.as_of)
        notes = calendar_notes(session, rows_of(session.schema, tables))
        return session.report(
            body, tuple(lines), listings, FINDINGS if bad else OK, notes, then=to_write(write, _next(len(flags.escalations)))
        )


def _next(escalations: int) -> NextStep:
    return NextStep("escalate", "send", "escalate", {"n": escalations}) if escalations else NextStep("week", "week")


def _flag_counts(flags: Flags, schema: Schema) -> dict[str, int]:
    """Overdue rows of tasks, of problems, and of all other forms together (only if there are any)."""
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
