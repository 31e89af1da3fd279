"""Undo, log and status: what happened, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from collab_xl.catalogue import has, text
from collab_xl.engines.run import Where
from collab_xl.errors import CONFLICTS, FINDINGS, OK, CollabError
from collab_xl.forms import BASIC, Schema
from collab_xl.model.merge import MergeResult
from collab_xl.model.plan import Provenance
from collab_xl.model.run import Run, RunChanges
from collab_xl.pipeline import clock
from collab_xl.pipeline.forms import Back, taken_back
from collab_xl.pipeline.logs import changes_plan, conflicts_plan, figures_line, home, open_rows, submission_statuses, submissions_plan
from collab_xl.pipeline.report import Listing, Report
from collab_xl.pipeline.session import Session, opened
from collab_xl.plan.applied import applied
from collab_xl.plan.data import DataPlan
from collab_xl.plan.show import show, show_row
from collab_xl.plan.undo import Kept, Undone, plan_undo
from collab_xl.plan.undo_choice import runs_to_undo
from collab_xl.report.blocks import form_figures
from collab_xl.rules.flag import flag as flag_stage
from collab_xl.rules.rows import part_of, rows_of


def undo(where: Where, *, run: str | None = None, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `undo`: old values come back where the master still holds what the run wrote; what a person typed since stays."""
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        try:
            runs = runs_to_undo(session.master.ledger.chain(session.run_id), run)
        except CollabError as error:
            if error.code != "nothing_to_undo":
                raise
            none: dict[str, object] = {"version": "collab-xl/undo/1", "run": None, "undone": [], "cells": 0, "rows": 0, "kept": []}
            return Report(session.lang, none, (text("say.undo_nothing", session.lang),), notes=session.master.warnings)
        ledger = session.master.ledger
        changes = [ledger.run_changes(r.id) for r in runs if r.changed_data]
        undone = plan_undo(session.tables, session.refs, session.snapshot, changes, session.schema, session.book_lang)
        back = taken_back(session, runs, undone.plan)
        new_id = None
        if write:
            new_id = _commit(session, runs, undone, back, _staying(changes, undone))
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
        names = tuple(f"{r.id} {_verb(r.verb, session.lang)}" for r in runs)
        lines = [text("say.undo", session.lang, runs=names, cells=restored, rows=len(undone.removed), run=new_id or "–")]
        listings: list[Listing] = []
        if kept:
            lines.append(text("say.undo_kept", session.lang, count=len(kept)))
            columns = tuple(text(f"column.{c}", session.lang) for c in ("cell", "row_key", "field", "found", "wrote", "reason"))
            rows = tuple(
                (str(k["cell"] or ""), str(k["row_id"]), str(k["field"] or ""), str(k["found"]), str(k["wrote"]),
                 text(f"kept.{k['reason']}", session.lang)) for k in kept
            )  # fmt: skip
            listings.append(Listing("", columns, rows))
        lines += back.stays
        if not write:
            lines.append(text("say.no_write", session.lang))
        return Report(session.lang, body, tuple(lines), tuple(listings), FINDINGS if kept or back.stays else OK, session.master.warnings)


def _staying(changes: Sequence[RunChanges], undone: Undone) -> MergeResult | None:
    """Which pack rows the added rows are that stay because somebody typed in them: sent again they are edits, not second rows."""
    typed = {(k.form, k.row_key) for k in undone.kept if k.field is None and k.reason == "typed"}
    keys = {(r.form, r.row_id): r.row_key for run in changes for r in run.added if r.row_id and (r.form, r.row_key) in typed}
    return MergeResult(keys=keys) if keys else None


def _commit(session: Session, runs: list[Run], undone: Undone, back: Back, staying: MergeResult | None) -> str:
    """Write the undo, and the lists as they are once those runs no longer count."""
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
    session.imagined = session.master.ledger.imagine(record, parent=session.master.run_id)
    state = session.state()
    data = DataPlan(back.plan.edits, back.plan.tables, changes=undone.changes, added=undone.added)
    after = applied(session.tables, data, session.schema, undone.removed)
    plan = back.plan + submissions_plan(session) + conflicts_plan(session, state.items.values(), after, shown)
    plan += changes_plan(session, "undo", run, undone.changes, undone.added, undone.removed)
    plan += home(session, after, verb="undo", run=run, waiting=len(state.items))
    return session.master.commit(record, plan)


def _kept_json(session: Session, kept: Kept) -> dict[str, object]:
    form = session.schema.spoken_of(kept.form)
    field = next((f for f in form.fields if f.id == kept.field), None)
    return {
        "cell": str(kept.at) if kept.at else None,
        "row_id": kept.row_key,
        "field": field.heading[session.lang] if field else kept.field,
        "reason": kept.reason,
        "found": show(kept.found, field, session.lang),
        "wrote": show(kept.wrote, field, session.lang),
    }


def _verb(verb: str, lang: str) -> str:
    return text(f"verb.{verb}", lang) if has(f"verb.{verb}", lang) else verb


def log(where: Where, *, run: str | None = None, lang: str | None) -> Report:
    """Verb `log`: every run, newest first; with a run, every change it made and where it came from."""
    with opened(where, write=False, as_of=clock.today(), lang=lang) as session:
        ledger = session.master.ledger
        if run is not None:
            return _log_run(session, run)
        logged = ledger.log(session.run_id)
        lines = () if logged else (text("say.log_empty", session.lang),)
        columns = tuple(text(f"column.{c}", session.lang) for c in ("run", "time", "verb", "as_of", "user", "figures", "state"))
        rows = []
        for item in logged:
            r = item.run
            state = "undone" if item.undone else "" if item.contained else "not_here"
            figures = _figures(r.summary, session.schema, session.lang)
            rows.append(
                (r.id, f"{r.started_at:%Y-%m-%d %H:%M}", _verb(r.verb, session.lang), r.as_of.isoformat(), r.user, figures,
                 text(f"run_state.{state}", session.lang) if state else "")
            )  # fmt: skip
        body = {
            "version": "collab-xl/log/1",
            "runs": [
                {
                    "run": i.run.id,
                    "parent": i.run.parent,
                    "verb": i.run.verb,
                    "as_of": i.run.as_of.isoformat(),
                    "time": i.run.started_at.isoformat(),
                    "user": i.run.user,
                    "summary": dict(i.run.summary),
                    "contained": i.contained,
                    "undone": i.undone,
                    "undoes": list(i.run.undoes),
                }
                for i in logged
            ],
        }
        listings = (Listing("", columns, tuple(rows)),) if rows else ()
        return Report(session.lang, body, lines, listings, OK, session.master.warnings)


def _figures(summary: Mapping[str, object], schema: Schema, lang: str) -> str:
    """A run's summary in words: `改动 101 · 汇总 75`; what is nothing is left out."""
    labels = {figure.id: figure.label[lang] for form in schema.forms for figure in form.figures}
    said = [
        (text(f"figure.{k}", lang) if has(f"figure.{k}", lang) else labels.get(k, k), v)
        for k, v in summary.items()
        if not isinstance(v, (list, tuple, dict))
    ]
    return " · ".join(f"{name} {value}" for name, value in said if value not in (0, "", None))


def _log_run(session: Session, run: str) -> Report:
    ledger = session.master.ledger
    wanted = run.strip().upper()
    ids = [i.run.id for i in ledger.log(session.run_id)]
    run_id = next((i for i in ids if i.upper() == wanted or i.upper().partition("-")[0] == wanted), None)
    if run_id is None:
        raise CollabError("unknown_run", run=run, lang=session.lang)
    done = ledger.run_changes(run_id)
    rows, body = [], []
    for row in (*done.added, *done.removed):
        form = session.schema.spoken_of(row.form)
        whole = show_row(dict(row.values), form.fields, session.lang)
        old, new = (whole, "") if row in done.removed else ("", whole)
        body.append({"sheet": row.form, "row_id": row.row_key, "field": None, "old": None, "new": None, "kind": "row"})
        rows.append(
            (
                form.sheet[session.lang],
                row.row_key,
                text("word.whole_row", session.lang),
                old,
                new,
                _source(row.source, "new_row", session.lang),
            )
        )
    for c in done.changes:
        form = session.schema.spoken_of(c.form)
        field = next((f for f in form.fields if f.id == c.field), None)
        source = _source(c.source, c.why, session.lang)
        old, new = show(c.old, field, session.lang), show(c.new, field, session.lang)
        rows.append((form.sheet[session.lang], c.row_key, field.heading[session.lang] if field else c.field, old, new, source))
        body.append({"sheet": c.form, "row_id": c.row_key, "field": c.field, "old": old, "new": new, "kind": c.why, "source": source})
    columns = tuple(text(f"column.{c}", session.lang) for c in ("sheet", "row_key", "field", "old", "new", "source"))
    return Report(
        session.lang,
        {"version": "collab-xl/log/1", "run": run_id, "changes": body},
        () if rows else (text("say.log_no_changes", session.lang, run=run_id),),
        (Listing(run_id, columns, tuple(rows)),) if rows else (),
        OK,
        session.master.warnings,
    )


def _source(source: Provenance | None, why: str, lang: str) -> str:
    """Where a change came from: department, file and cell, or what the program did by itself."""
    parts = " ".join(filter(None, (source.department, source.file, source.cell))) if source else ""
    return parts or (text(f"why.{why}", lang) if has(f"why.{why}", lang) else why)


def _shown(facts: Mapping[str, object]) -> dict[str, object]:
    """With a dash for what is not known."""
    return {name: "–" if fact is None else fact for name, fact in facts.items()}


def status(where: Where, *, as_of: date, lang: str | None) -> Report:
    """Verb `status`: where the master stands. Goes on without a ledger, and says so."""
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        tables = session.looked_at
        flags = flag_stage(tables, session.settings, session.calendar, session.as_of, session.schema, session.directory)
        rows = rows_of(session.schema, tables)
        work = session.schema.part("work")
        figures = form_figures(session.schema, rows, session.settings.terms(session.calendar), session.as_of)
        runs: list[Run] = []
        packs: int | None = None  # None: not known without a ledger
        ready: int | None = None
        waiting: int | None = None
        missing: list[str] = []
        if session.master.has_ledger:
            ledger, run_id = session.master.ledger, session.run_id
            runs = ledger.chain(run_id)
            packs, ready = len(ledger.pack_heads(run_id)), len(ledger.ready(run_id))
            waiting = len(session.state(packs=()).items)
            missing = [name for name, s in submission_statuses(session, session.week).items() if s.submitted_at is None]
        last = runs[-1] if runs else None
        counted = {form: len(own) for form, own in rows.items()}
        facts = {
            "project": session.settings.project or "–",
            "path": session.path,
            "run": last.id if last else text("say.status_never", session.lang) if session.master.has_ledger else "–",
            "verb": _verb(last.verb, session.lang) if last else "",
            "time": f"{last.started_at:%Y-%m-%d %H:%M}" if last else "",
            **{form: counted.get(form) for form in BASIC},
            "open": open_rows(part_of(session.schema, rows, "work")),
            "overdue": sum(work is not None and line.form == work.id for line in flags.overdue),
            "packs": packs,
            "ready": ready,
            "waiting": waiting,
        }
        lines = [line.rstrip() for line in text("say.status", session.lang, **_shown(facts)).split("\n")]
        others = [f"{session.schema.form(form).sheet[session.lang]} {n}" for form, n in counted.items() if form not in BASIC]
        if others:
            lines.insert(3, " · ".join(others))
        if figures:
            lines.append(figures_line(session, figures))
        if missing:
            lines.append(text("say.missing", session.lang, names=tuple(missing)))
        body: dict[str, object] = {"version": "collab-xl/status/1", **{k: str(v) if isinstance(v, Path) else v for k, v in facts.items()}}
        body |= {
            "run": last.id if last else None,
            "verb": last.verb if last else None,
            "week": session.week,
            "missing": missing,
            "rows": counted,
            "figures": figures,
        }
        return Report(session.lang, body, tuple(lines), (), CONFLICTS if waiting else OK, session.master.warnings)
