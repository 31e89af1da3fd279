"""Verb `undo`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from collab_xl.catalogue import text
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.model.merge import MergeResult
from collab_xl.model.run import Run, RunChanges
from collab_xl.plan.applied import applied
from collab_xl.plan.data import DataPlan
from collab_xl.plan.show import show
from collab_xl.plan.undo import Kept, Undone, plan_undo
from collab_xl.plan.undo_choice import runs_to_undo
from collab_xl.project.run import Where
from collab_xl.verbs.forms import FormsUndo, undo_forms
from collab_xl.verbs.report import Listing, Report
from collab_xl.verbs.service_sheets import (
    changes_plan,
    conflicts_plan,
    home,
    submissions_plan,
    verb_name,
)
from collab_xl.verbs.session import Session, opened


def undo(where: Where, *, run: str | None = None, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `undo`: restore the old value of each cell that still contains what the run wrote; later edits by a person stay."""
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        try:
            runs = runs_to_undo(session.master.ledger.chain(session.run_id), run)
        except CollabError as error:
            if error.code != "nothing_to_undo":
                raise
            none: dict[str, object] = {"version": "collab-xl/undo/1", "run": None, "undone": [], "cells": 0, "rows": 0, "kept": []}
            return Report(session.lang, none, (text("verbs.say.undo_nothing", session.lang),), notes=session.master.warnings)
        ledger = session.master.ledger
        changes = [ledger.run_changes(r.id) for r in runs if r.changed_data]
        undone = plan_undo(session.tables, session.refs, session.snapshot, changes, session.schema, session.book_lang)
        back = undo_forms(session, runs, undone.plan)
        new_id = None
        if write:
            new_id = _commit(session, runs, undone, back, _rows_that_stay(changes, undone))
        kept = [_kept_json(session, k) for k in undone.kept]
        restored = len(undone.changes)
        body = {
            "version": "collab-xl/undo/1",
            "run": new_id,
            "undone": [r.id for r in runs],
            "cells": restored,
            "rows": len(undone.removed),
            "kept": kept,
            "sheets_kept": list(back.stays),
        }
        names = tuple(f"{r.id} {verb_name(r.verb, session.lang)}" for r in runs)
        lines = [text("verbs.say.undo", session.lang, runs=names, cells=restored, rows=len(undone.removed), run=new_id or "–")]
        listings: list[Listing] = []
        if kept:
            lines.append(text("verbs.say.undo_kept", session.lang, count=len(kept)))
            columns = tuple(text(f"verbs.column.{c}", session.lang) for c in ("cell", "row_key", "field", "found", "wrote", "reason"))
            rows = tuple(
                (str(k["cell"] or ""), str(k["row_id"]), str(k["field"] or ""), str(k["found"]), str(k["wrote"]),
                 text(f"verbs.kept.{k['reason']}", session.lang)) for k in kept
            )  # fmt: skip
            listings.append(Listing("", columns, rows))
        lines += back.stays
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        return Report(session.lang, body, tuple(lines), tuple(listings), FINDINGS if kept or back.stays else OK, session.master.warnings)


def _rows_that_stay(changes: Sequence[RunChanges], undone: Undone) -> MergeResult | None:
    """The pack rows of added rows that stay because a person edited them: if sent again they are edits, not second rows."""
    typed = {(k.form, k.row_key) for k in undone.kept if k.field is None and k.reason == "typed"}
    keys = {(r.form, r.row_id): r.row_key for run in changes for r in run.added if r.row_id and (r.form, r.row_key) in typed}
    return MergeResult(keys=keys) if keys else None


def _commit(session: Session, runs: list[Run], undone: Undone, back: FormsUndo, staying: MergeResult | None) -> str:
    """Write the undo, and the service sheets without those runs."""
    run = session.master.new_run_id
    record = session.record(
        "undo",
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
    data = DataPlan(back.plan.edits, back.plan.tables, changes=undone.changes, added=undone.added)
    after = applied(session.tables, data, session.schema, undone.removed)
    plan = back.plan + submissions_plan(session) + conflicts_plan(session, state.items.values(), after, shown)
    plan += changes_plan(session, "undo", run, undone.changes, undone.added, undone.removed)
    plan += home(session, after, verb="undo", run=run, waiting=len(state.items))
    return session.master.commit(record, plan)


def _kept_json(session: Session, kept: Kept) -> dict[str, object]:
    form = session.schema.form_for_display(kept.form)
    field = next((f for f in form.fields if f.id == kept.field), None)
    return {
        "cell": str(kept.at) if kept.at else None,
        "row_id": kept.row_key,
        "field": field.heading[session.lang] if field else kept.field,
        "reason": kept.reason,
        "found": show(kept.found, field, session.lang),
        "wrote": show(kept.wrote, field, session.lang),
    }
