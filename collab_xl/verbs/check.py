"""Verb `check`: the findings of the whole master."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import partial

from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, OK
from collab_xl.model.finding import Severity, in_order, switched
from collab_xl.plan.finding_list import finding_rows
from collab_xl.project.run import Where
from collab_xl.rules.check import check as check_stage
from collab_xl.verbs.baselines import agreed
from collab_xl.verbs.earlier_progress import earlier_progress
from collab_xl.verbs.findings import findings_json, findings_listing
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.service_sheets import home
from collab_xl.verbs.upgrading.wanted_fields import not_applied

CHECKED_AGAIN = frozenset({"V220"})
"""Reading findings that the check of the whole master reports too, with more detail (P401 names the nearest department)."""


def check(where: Where, *, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `check`: check the whole master; findings go to 检查结果."""
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        tables, schema = session.tables_for_viewing, session.schema
        terms = (session.directory, session.settings, session.calendar, session.as_of)
        found = check_stage(tables, schema, *terms, earlier_progress(session), now=session.moment, agreed=agreed(session))
        reading = [f for f in switched(session.reading, session.settings.rules) if f.code not in CHECKED_AGAIN]
        findings = in_order([*reading, *found], (t.sheet for t in tables.values()))
        body = partial(findings_json, findings, session.lang, session.as_of)
        counts = {str(s): sum(f.severity is s for f in findings) for s in Severity}
        if write:
            run = session.master.new_run_id
            plan = session.fill("findings", finding_rows(findings, session.schema, session.book_lang, tables=tables))
            waiting = len(session.state(packs=()).items)
            plan += home(session, tables, verb="check", run=run, waiting=waiting, findings=findings)
            session.master.commit(session.record("check", summary=counts), plan)
        lines = [session.said("check" if findings else "check_clean", **counts, sheet=session.sheet_of("findings"))]
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        bad = [f for f in findings if f.severity is not Severity.NOTE]
        listings = (findings_listing(session, findings[:200]),) if findings else ()
        return session.report(
            body, tuple(lines), listings, FINDINGS if bad else OK, not_applied(session), then=to_write(write, _next(session, counts))
        )


def _next(session: Session, counts: Mapping[str, int]) -> NextStep:
    for kind, key, verb in (("error", "errors", "check"), ("warning", "warnings", "flag")):
        if counts[kind]:
            return NextStep(key, verb, facts={"n": counts[kind], "sheet": session.sheet_of("findings")})
    if not session.directory.departments:
        return NextStep("init", "issue", facts={"sheet": session.sheet_of("departments")})
    return NextStep("flag", "flag")
