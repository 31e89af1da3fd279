"""Verb `preview`: what `consolidate` would change; the data stays unchanged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from collab_xl.catalogue import text
from collab_xl.model.merge import Submission
from collab_xl.model.plan import Provenance
from collab_xl.plan.rows import preview_rows
from collab_xl.project.run import Where
from collab_xl.verbs.asking.answers import questions_plan, report
from collab_xl.verbs.asking.word_rows import answered_words_plan
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.receiving.inbox_folder import to_collect
from collab_xl.verbs.receiving.merging import Merged, exit_code, findings_of, merge_json, merge_lines, merged_of, totals_of
from collab_xl.verbs.receiving.returning import read_deliveries, refusals, write_returns
from collab_xl.verbs.report import Progress, Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.service_sheets import submissions_plan


def preview(
    where: Where,
    inputs: Sequence[Path] = (),
    *,
    department: str | None = None,
    again: bool = False,
    as_of: date,
    write: bool = True,
    lang: str | None,
    progress: Progress,
) -> Report:
    """Verb `preview`: write what `consolidate` would do to 汇总预览 (and, with inputs, to 提交台账); the data stays unchanged."""
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        merged = merged_of(session, inputs, department, progress, keep=write, again=again)
        totals = totals_of(merged)
        run = None
        if write:
            asked = questions_plan(session, session.answers, merged.asking) + answered_words_plan(session, session.answers)
            rows = preview_rows(merged.result.outcomes, _provenance(merged.submissions), merged.tables, session.schema, session.book_lang)
            plan = session.fill("preview", rows) + asked
            if merged.collected.fresh:
                plan += submissions_plan(session, extra=merged.collected.fresh, asking=merged.asking)
            if plan or merged.collected.fresh:
                record = session.record("preview", summary=totals, received=tuple(merged.collected.fresh))
                run = session.master.commit(record, plan)
        findings = findings_of(session, merged)
        said = text("verbs.say.preview", session.lang, **totals)
        lines, listings = merge_lines(session, merged, said, findings, write=write, listed=False)
        fresh = merged.collected.fresh
        returned = write_returns(session, run, [*read_deliveries(session, fresh, merged.collected.read), *refusals(fresh)])
        body = {**merge_json(session, merged, run), **returned.json}
        code = exit_code(merged, findings)
        return session.report(body, (*lines, *returned.lines), listings, code, returned.notes, then=to_write(write, _next(session, merged)))


def _next(session: Session, merged: Merged) -> NextStep:
    if (asked := len(report(session, session.answers, merged.asking)[2])) and session.schema.service("questions").table in session.refs:
        return NextStep("questions", "consolidate", facts={"n": asked, "sheet": session.sheet_of("questions")})
    return NextStep("consolidate", "consolidate") if merged.submissions else to_collect(session)


def _provenance(submissions: Sequence[Submission]) -> dict[str, Provenance]:
    return {s.sha256: Provenance(s.sha256, s.department, s.pack or "", s.sender, s.sent_at, s.file) for s in submissions}
