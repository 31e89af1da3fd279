"""Verb `log`: all runs, or all changes of one run and their sources."""

from __future__ import annotations

from collections.abc import Mapping

from collab_xl.catalogue import has, text
from collab_xl.errors import OK, CollabError
from collab_xl.forms import Schema
from collab_xl.model.outgoing import MailKind
from collab_xl.model.plan import OWN, CellChange, Provenance
from collab_xl.model.run import ALONE, SHAPE
from collab_xl.plan.show import show, show_row
from collab_xl.project.run import Where
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.report import Listing, Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.service_sheets import (
    verb_name,
)
from collab_xl.verbs.times import clock
from collab_xl.verbs.upgrading.wanted_fields import FIELDS


def log(where: Where, *, run: str | None = None, lang: str | None) -> Report:
    """Verb `log`: all runs, newest first; with `run`, all its changes and their sources."""
    with opened(where, write=False, as_of=clock.today(), lang=lang) as session:
        ledger = session.master.ledger
        if run is not None:
            return _log_run(session, run)
        logged = ledger.log(session.run_id)
        lines = () if logged else (text("verbs.say.log_empty", session.lang),)
        columns = tuple(text(f"verbs.column.{c}", session.lang) for c in ("run", "time", "verb", "as_of", "user", "figures", "state"))
        rows = []
        for item in logged:
            r = item.run
            state = "undone" if item.undone else "" if item.contained else "not_here"
            figures = _figures(r.summary, session.schema, session.lang)
            rows.append(
                (r.id, f"{r.started_at:%Y-%m-%d %H:%M}", verb_name(r.verb, session.lang), r.as_of.isoformat(), r.user, figures,
                 text(f"verbs.run_state.{state}", session.lang) if state else "")
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
        return session.report(body, lines, listings, OK, then=NextStep("take_back", "undo") if rows else None)


def _figures(summary: Mapping[str, object], schema: Schema, lang: str) -> str:
    """A run's summary in words: `改动 101 · 汇总 75`; zeros are left out, and what has no name in this language or no form in use."""
    labels = {figure.id: figure.label[lang] for form in schema.forms for figure in form.figures}
    said = [
        (text(f"verbs.figure.{k}", lang) if has(f"verbs.figure.{k}", lang) else labels.get(k, ""), v)
        for k, v in summary.items()
        if not isinstance(v, (list, tuple, dict)) and k != ALONE
    ]
    kinds: dict[object, str] = {kind: text(f"model.mail_kind.{kind}", lang) for kind in MailKind}
    return " · ".join(f"{name} {kinds.get(value, value)}" for name, value in said if name and value not in (0, "", None))


def _log_run(session: Session, run: str) -> Report:
    ledger = session.master.ledger
    wanted = run.strip().upper()
    logged = list(ledger.log(session.run_id))
    ids = [i.run.id for i in logged]
    run_id = next((i for i in ids if i.upper() == wanted or i.upper().partition("-")[0] == wanted), None)
    if run_id is None:
        raise CollabError("unknown_run", run=run, lang=session.lang)
    done = ledger.run_changes(run_id)
    rows, body = [], []
    for row in (*done.added, *done.removed):
        form = session.schema.form_for_display(row.form)
        whole = show_row(dict(row.values), form.fields, session.lang)
        old, new = (whole, "") if row in done.removed else ("", whole)
        body.append({"sheet": row.form, "row_id": row.row_key, "field": None, "old": None, "new": None, "kind": "row"})
        rows.append(
            (
                form.sheet[session.lang],
                row.row_key,
                text("model.word.whole_row", session.lang),
                old,
                new,
                _source(row.source, "new_row", session.lang),
            )
        )
    cells = [
        CellChange(r.form, r.row_key, f, None, v, "new_row", r.source_of(f)) for r in done.added for f, v in r.values.items() if r.sources
    ]
    for c in (*(c for c in cells if c.new is not None), *done.changes):
        form = session.schema.form_for_display(c.form)
        field = form.known(c.field)
        source = _source(c.source, c.why, session.lang)
        old, new = show(c.old, field, session.lang), show(c.new, field, session.lang)
        rows.append(
            (form.sheet[session.lang], c.row_key, field.heading[session.lang] if field else c.field.removeprefix(OWN), old, new, source)
        )
        body.append({"sheet": c.form, "row_id": c.row_key, "field": c.field, "old": old, "new": new, "kind": c.why, "source": source})
    told = next((i.run.summary.get(SHAPE) or {} for i in logged if i.run.id == run_id), {}).get(FIELDS) or {}
    for change in told.get("told", ()):
        facts = {name: tuple(value) if isinstance(value, list) else value for name, value in change.items()}
        for name in ("form", "field", "what"):
            facts.pop(name)
        line = text(f"verbs.fields.{change['what']}", session.lang, **facts)
        rows.append((str(change.get("sheet", "")), "", str(change.get("heading", "")), "", line, ""))
        body.append({"sheet": change["form"], "row_id": None, "field": change["field"], "old": None, "new": line, "kind": "field"})
    columns = tuple(text(f"verbs.column.{c}", session.lang) for c in ("sheet", "row_key", "field", "old", "new", "source"))
    return session.report(
        {"version": "collab-xl/log/1", "run": run_id, "changes": body},
        () if rows else (text("verbs.say.log_no_changes", session.lang, run=run_id),),
        (Listing(run_id, columns, tuple(rows)),) if rows else (),
        OK,
        then=NextStep("take_back", "undo"),
    )


def _source(source: Provenance | None, why: str, lang: str) -> str:
    """The source of a change: department, file and cell, or the program's own reason."""
    parts = " ".join(filter(None, (source.department, source.file, source.cell))) if source else ""
    return parts or (text(f"verbs.why.{why}", lang) if has(f"verbs.why.{why}", lang) else why)
