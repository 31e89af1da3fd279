"""Verb `undo`, and what `redo` shares with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.model.merge import MergeResult
from collab_xl.model.plan import Plan
from collab_xl.model.record import Struct, replace
from collab_xl.model.run import SHAPE, Run, RunChanges
from collab_xl.plan.applied import applied
from collab_xl.plan.data import DataPlan
from collab_xl.plan.undo import Undone, plan_undo
from collab_xl.plan.undo_choice import BASELINE, WEEKLY, next_to_undo, runs_to_undo, stepped_over
from collab_xl.project.run import Where
from collab_xl.verbs.asking.answers import answers_taken_back, questions_plan, set_answers, with_answers
from collab_xl.verbs.baselines import baselines_plan
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Listing, Progress, Report, no_progress
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.service_edits import taken_back
from collab_xl.verbs.sheets.service_sheets import (
    CHOSEN,
    changes_plan,
    conflicts_plan,
    decisions_again,
    decisions_gone,
    home,
    submissions_plan,
    verb_name,
)
from collab_xl.verbs.undo_alone import Asked, issued_since, kept_json, kept_listing, restored, undo_alone
from collab_xl.verbs.upgrading.forms_undo import FormsUndo, undo_forms, without_gone
from collab_xl.verbs.week import page_again


class Step(Struct, frozen=True):
    """Undo or redo: which runs it takes back, and how it is called."""

    verb: str
    runs: Callable[[Sequence[Run], Callable[[Run], bool]], list[Run]]
    """Of the workbook's chain, and whether a run wrote computed columns only; latest first.

    Raises CollabError `nothing_to_undo` or `nothing_to_redo` if there are none."""
    confirm: Callable[[str], bool] | None = None
    """Asks a person first; None to go on without."""


def undo(
    where: Where,
    *,
    run: str | None = None,
    only: str | None = None,
    submission: str | None = None,
    confirmed: bool = False,
    confirm: Callable[[str], bool] | None = None,
    as_of: date,
    write: bool = True,
    lang: str | None,
    progress: Progress = no_progress,
) -> Report:
    """Verb `undo`: restore the old value of each cell that still contains what the run wrote; later edits by a person stay.

    Args:
        run: this run and all later ones; without it the newest one.
        only: this run alone. submission: what this file said, by its name or the beginning of its fingerprint.
        confirmed: without asking (`--yes`).
        confirm: asks a person; None if nobody can be asked. Then `only` and `submission` need `confirmed`.
    """
    if sum(each is not None for each in (run, only, submission)) > 1:
        raise CollabError("usage_undo", exit_code=2, lang=lang)
    if only is not None or submission is not None:
        asked = Asked(only or "", submission or "", confirmed, confirm)
        return undo_alone(where, asked, as_of=as_of, write=write, lang=lang, progress=progress)
    step = Step("undo", lambda chain, _: runs_to_undo(chain, run), None if confirmed else confirm)
    return take(step, where, as_of=as_of, write=write, lang=lang)


def take(step: Step, where: Where, *, as_of: date, write: bool, lang: str | None) -> Report:
    """Take back the runs of a step."""
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        version = f"collab-xl/{step.verb}/1"
        try:
            runs = step.runs(session.master.ledger.chain(session.run_id), lambda run: _only_computed(session, run))
        except CollabError as error:
            if error.code not in ("nothing_to_undo", "nothing_to_redo"):
                raise
            none: dict[str, object] = {"version": version, "run": None, "undone": [], "cells": 0, "rows": 0, "kept": []}
            line = text(f"verbs.say.{step.verb}_nothing", session.lang)
            if isinstance(cut := error.facts.get("cut"), Run):
                name = text("verbs.word.run_named", session.lang, verb=verb_name(cut.verb, session.lang), run=cut.id)
                line = text("verbs.say.redo_cut", session.lang, cut=name)
            return session.report(none, (line,), then=NextStep("undo_none", "log"))
        ledger = session.master.ledger
        changes = [ledger.run_changes(r.id) for r in runs if r.changed_data]
        again = step.verb == "redo"  # a run since then may have computed anew
        undone = plan_undo(session.tables, session.refs, session.snapshot, changes, session.schema, session.book_lang, alone=again)
        back = undo_forms(session, runs, undone.plan)
        new_id = None
        chain = {r.id: r for r in ledger.chain(session.run_id)}
        named = runs if step.verb == "undo" else [chain[i] for r in runs for i in reversed(r.undoes)]
        names = tuple(text("verbs.word.run_named", session.lang, verb=verb_name(r.verb, session.lang), run=r.id) for r in named)
        cells, rows = taken_back(back.summary)
        figures = {"cells": len(undone.changes) + cells, "rows": len(undone.removed) + rows}
        what = restored(session.lang, figures["cells"], figures["rows"], len(undone.added), again=again)
        stopped = write and step.confirm is not None and not step.confirm(text("verbs.ask.undo", session.lang, runs=names, what=what))
        write = write and not stopped
        page = ""
        if write:
            answers = answers_taken_back(named, again=step.verb != "undo")
            staying = _rows_that_stay(changes, undone)
            new_id, page = _commit(session, step.verb, runs, undone, back, staying, answers, weekly=_weekly(named))
            set_answers(session, answers)
        kept = [kept_json(session, k) for k in undone.kept]
        body = {
            "version": version,
            "run": new_id,
            "undone": [r.id for r in runs],
            **figures,
            "kept": kept,
            "sheets_kept": list(back.stays),
        }
        facts = {
            "runs": names,
            "run": new_id or "–",
            "what": what,
        }
        lines = [text(f"verbs.say.{step.verb}" if write else f"verbs.would.{step.verb}", session.lang, **facts)]
        listings: list[Listing] = []
        if kept:
            lines.append(text("verbs.say.undo_kept", session.lang, count=len(kept)))
            listings.append(kept_listing(session, kept))
        lines += [*back.stays, *([page] if page else [])]
        lines += issued_since(session, runs) if step.verb == "undo" else []
        lines += _around(session, tuple(chain.values()), runs) if step.verb == "undo" else []
        if stopped:
            lines = [text("verbs.say.undo_not_done", session.lang)]
        elif not write:
            lines.append(text("verbs.say.no_write", session.lang))
        then = NextStep("redone", "undo") if step.verb == "redo" else NextStep("undone", "redo")
        after = None if stopped else to_write(write, then)
        return session.report(body, tuple(lines), tuple(listings), FINDINGS if kept or back.stays else OK, then=after)


def _only_computed(session: Session, run: Run) -> bool:
    """Whether a run wrote nothing but computed columns and keys of rows that had none, as `flag` does."""
    done = session.master.ledger.run_changes(run.id)
    if run.merged or run.verb in (WEEKLY, BASELINE) or run.summary.get(SHAPE) or done.added or done.removed:
        return False
    given = {(form.id, field.id) for form in session.schema.forms for field in form.fields if field.access == "C" or field is form.key}
    return all((c.form, c.field) in given for c in done.changes)


def _around(session: Session, chain: Sequence[Run], runs: Sequence[Run]) -> list[str]:
    """Which weekly sheets this undo steps over, and which run the next undo takes back."""
    lines = []

    def name(run: Run) -> str:
        return text("verbs.word.run_named", session.lang, verb=verb_name(run.verb, session.lang), run=run.id)

    if over := stepped_over(chain, runs):
        lines.append(text("verbs.say.undo_over", session.lang, count=len(over), names=tuple(map(name, over)), run=over[-1].id))
    if (following := next_to_undo(chain, runs)) is not None:
        lines.append(text("verbs.say.undo_following", session.lang, run=name(following)))
    return lines


def _rows_that_stay(changes: Sequence[RunChanges], undone: Undone) -> MergeResult | None:
    """The pack rows of added rows that stay because a person edited them: if sent again they are edits, not second rows."""
    typed = {(k.form, k.row_key) for k in undone.kept if k.field is None and k.reason == "typed"}
    keys = {(r.form, r.row_id): r.row_key for run in changes for r in run.added if r.row_id and (r.form, r.row_key) in typed}
    return MergeResult(keys=keys) if keys else None


def _weekly(runs: Sequence[Run]) -> bool:
    """Whether a weekly sheet is among them."""
    return any(run.verb == WEEKLY for run in runs)


def _commit(
    session: Session,
    verb: str,
    runs: list[Run],
    undone: Undone,
    back: FormsUndo,
    staying: MergeResult | None,
    answers: Mapping[str, str | None],
    *,
    weekly: bool,
) -> tuple[str, str]:
    """Write the undo, and the service sheets without those runs. Returns the run's id, and the line about 周报 if it is `weekly`."""
    run = session.master.new_run_id
    record = session.record(
        verb,
        summary={"undone": [r.id for r in runs], "cells": len(undone.changes), **back.summary},
        undoes=tuple(r.id for r in runs),
        changes=undone.changes,
        added=undone.added,
        removed=undone.removed,
        unkeyed=undone.unkeyed,
        ranges=undone.ranges,
        merged=staying,
    )
    shown = session.state().items
    session.imagined = session.master.ledger.simulate(record, parent=session.master.run_id)
    state = session.state()
    if chosen := decisions_gone(session, shown, state.items):
        record = replace(record, summary={**record.summary, CHOSEN: chosen})
    again = decisions_again(runs, state.items, shown) if verb == "redo" else {}
    data = DataPlan(back.plan.edits, back.plan.tables, changes=undone.changes, added=undone.added)
    after = applied(session.tables, data, session.schema, undone.removed)
    plan = (
        back.plan
        + submissions_plan(session, items=state.items.values())
        + conflicts_plan(session, state.items.values(), after, shown, again)
    )
    plan += changes_plan(session, verb, run, undone.changes, undone.added, undone.removed) + baselines_plan(session, after)
    if answers:
        plan += questions_plan(session, with_answers(session.answers, answers), ())
    page, line = page_again(session, after, run) if weekly else (Plan(), "")
    plan += page + home(session, after, verb=verb, run=run, waiting=len(state.items), items=state.items.values(), page=page)
    return session.master.commit(record, without_gone(plan)), line
