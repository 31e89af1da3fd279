"""Verb `consolidate`: merge the ready submissions into the master."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from collab_xl.catalogue import text
from collab_xl.model.finding import Finding
from collab_xl.model.plan import Plan
from collab_xl.model.record import replace
from collab_xl.plan.applied import applied
from collab_xl.plan.finding_list import finding_rows
from collab_xl.project import process_end
from collab_xl.project.run import Where
from collab_xl.verbs.asking.answers import questions_plan
from collab_xl.verbs.asking.word_rows import answered_words_plan
from collab_xl.verbs.baselines import baselines_plan
from collab_xl.verbs.next_step import NextStep, to_decide, to_write
from collab_xl.verbs.receiving.inbox_folder import to_collect
from collab_xl.verbs.receiving.merging import Merged, exit_code, findings_of, merge_json, merge_lines, merged_of, messages_in, totals_of
from collab_xl.verbs.receiving.returning import Delivery, deliveries, links, refusals, write_returns
from collab_xl.verbs.report import Progress, Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.data import data_plan
from collab_xl.verbs.sheets.service_sheets import changes_plan, conflicts_plan, home, submissions_plan, unlisted


def consolidate(
    where: Where,
    inputs: Sequence[Path] = (),
    *,
    department: str | None = None,
    again: bool = False,
    confirm: Callable[[str], bool] | None = None,
    as_of: date,
    write: bool = True,
    lang: str | None,
    progress: Progress,
) -> Report:
    """Verb `consolidate`: merge ready submissions (inputs are collected first) into the master; conflicts go to 冲突处理.

    The workbook is unchanged when no submission is ready and no open item closed by itself.

    Args:
        again: also take in again all that left the workbook (待再汇总).
        confirm: asks a person whether to do so; None if nobody can be asked.
    """
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        merged = merged_of(session, inputs, department, progress, keep=write, again=again, confirm=confirm)
        process_end.keep(session, merged)
        totals, findings = totals_of(merged), findings_of(session, merged)
        used = any(c.sha256 in merged.consumed for c in merged.result.counts) or bool(merged.again)
        nothing = not (used or merged.result.closed or merged.result.moved or merged.keys or merged.evidence.changes)
        run, back = None, list[Delivery]()
        if write and not (nothing and not merged.collected.fresh and not _outdated_lists(session, merged)):
            back = deliveries(session, merged.submissions, merged.state, merged.result)
            run = _commit(session, merged, findings, totals, back)
        first = session.said("consolidate_nothing" if nothing else "consolidate", run=run or "–", **totals)
        lines, listings = merge_lines(session, merged, first, findings, write=write, listed=run is not None)
        returned = write_returns(session, run, [*back, *refusals(merged.collected.fresh)])
        body = {**merge_json(session, merged, run), **returned.json}
        code = exit_code(merged, findings)
        imports = _imports_answered(session)
        if imports:
            returned = replace(returned, lines=(*returned.lines, text("verbs.say.import_bring", session.lang, path=session.path.name)))
        step = to_write(write or nothing, _next(session, merged, returned.next, nothing=nothing))
        return session.report(body, (*lines, *returned.lines), listings, code, returned.notes, then=step)


def _next(session: Session, merged: Merged, returned: NextStep | None, *, nothing: bool) -> NextStep:
    if merged.waiting:
        return to_decide(len(merged.waiting), session.sheet_of("conflicts"))
    if returned is not None:
        return returned
    return to_collect(session) if nothing else NextStep("flag", "flag")


def _imports_answered(session: Session) -> bool:
    """Whether a question about an imported file has been answered that the file still waits for."""
    ledger, asked = session.master.ledger, session.answers.asked
    if not any(run.verb == "import" and run.summary.get("asking") for run in ledger.effective(session.run_id)):
        return False
    waiting = (i for one in ledger.imported(session.run_id).waiting for i in one.questions)
    return any(i in asked and asked[i].answer is not None for i in waiting)


def _outdated_lists(session: Session, merged: Merged) -> bool:
    """Whether a service sheet is out of date although nothing was merged."""
    return bool(_log(session, merged) or _asked(session, merged) or unlisted(session, merged.waiting.values()))


def _asked(session: Session, merged: Merged) -> Plan:
    """提问 after this run; empty when it is up to date already."""
    return questions_plan(session, session.answers, merged.asking) + answered_words_plan(session, session.answers)


def _log(session: Session, merged: Merged) -> Plan:
    """提交台账 after this run; empty when it is up to date already."""
    counts, used = merged.result.counts, merged.consumed
    return submissions_plan(
        session,
        extra=merged.collected.fresh,
        counts=counts,
        used=used,
        not_entered=merged.result.not_entered,
        items=merged.waiting.values(),
        evidence=merged.evidence.named,
        asking=merged.asking,
        run=session.master.new_run_id,
    )


def _commit(session: Session, merged: Merged, findings: Sequence[Finding], totals: Mapping[str, int], back: Sequence[Delivery]) -> str:
    received = merged.collected.fresh
    run = session.master.new_run_id
    result = merged.result
    session.master.sidecar.lay_out(merged.evidence.copies)
    data = data_plan(session, merged.tables, [*merged.keys, *result.changes, *merged.evidence.changes], result.new_rows)
    session.master.begin_writing(data)
    after_tables = applied(merged.tables, data, session.schema)
    plan = data + _log(session, merged) + _asked(session, merged)
    plan += conflicts_plan(session, merged.waiting.values(), after_tables, merged.state.items)
    plan += changes_plan(session, "consolidate", run, data.changes, data.added, ()) + baselines_plan(session, after_tables)
    if result.counts:
        elsewhere = links(session, run, back)
        rows = finding_rows(findings, session.schema, session.book_lang, linked=False, elsewhere=elsewhere)
        plan += session.fill("findings", rows)
    plan += home(
        session,
        after_tables,
        verb="consolidate",
        run=run,
        waiting=len(merged.waiting),
        findings=findings if result.counts else None,
        extra=received,
        consumed=merged.consumed,
        items=merged.waiting.values(),
    )
    record = session.record(
        "consolidate",
        summary={**totals, **messages_in(merged.submissions)},
        changes=data.changes,
        added=data.added,
        ranges=data.ranges,
        merged=result,
        consumed=merged.consumed,
        received=tuple(received),
    )
    return session.master.commit(record, plan)
