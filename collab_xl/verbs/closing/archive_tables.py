"""The tables of an archive: every form's rows as the sheet shows them, and what the ledger knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from collab_xl.model.portfolio import DataTable
from collab_xl.model.values import Value
from collab_xl.plan.show import show
from collab_xl.verbs.baselines import baseline_states, signed_text
from collab_xl.verbs.session import Session


def archive_tables(session: Session) -> Iterator[DataTable]:
    lang = session.book_lang
    for form in session.schema.forms:
        table = session.tables_for_viewing.get(form.id)
        if table is not None:
            fields = [field for field in form.fields if field.id in table.values]
            rows = [[show(table.get(i, field.id), field, lang) or None for field in fields] for i in range(len(table))]
            yield _table(form.id, [field.heading[lang] for field in fields], rows)
    if session.master.has_ledger:
        yield from _ledger(session)
        yield from _baselines(session)


def _ledger(session: Session) -> Iterator[DataTable]:
    ledger, run_id, lang = session.master.ledger, session.run_id, session.book_lang
    runs = [
        [i.run.id, i.run.parent, i.run.verb, i.run.as_of, i.run.started_at, i.run.user, i.contained, i.undone, "、".join(i.run.undoes)]
        for i in ledger.log(run_id)
    ]
    yield _table("_runs", ["run", "parent", "verb", "as_of", "time", "user", "in_this_workbook", "undone", "undoes"], runs)
    changes: list[list[Value]] = []
    for logged in ledger.changes(run_id):
        c = logged.change
        form = session.schema.form_for_display(c.form)
        field = form.known(c.field)
        source = c.source
        told: list[Value] = [source.department, source.sender, source.file, source.cell] if source else [None] * 4
        changes.append([logged.run.id, c.form, c.row_key, c.field, show(c.old, field, lang), show(c.new, field, lang), c.why, *told])
    yield _table("_changes", ["run", "form", "row", "field", "old", "new", "why", "department", "sender", "file", "cell"], changes)
    received = [
        [run.id, r.department, r.file, str(r.state), r.code or None, r.week, r.pack, r.sender, r.sent_at, r.received_at, r.sha256]
        for run, r in ledger.received(run_id)
    ]
    heads = ["run", "department", "file", "state", "code", "week", "pack", "sender", "sent_at", "received_at", "sha256"]
    yield _table("_submissions", heads, received)
    mails = [
        [m.planned_at, str(m.kind), m.department, "; ".join(m.to), "; ".join(m.cc), m.subject, str(m.state), m.state_at, m.message_id]
        for m in ledger.outgoing()
    ]
    yield _table("_mails", ["planned_at", "kind", "department", "to", "cc", "subject", "state", "state_at", "message_id"], mails)
    register = [
        [
            e.form,
            e.key,
            e.cause,
            e.name,
            e.department,
            e.since,
            "、".join(e.to),
            e.answer_by,
            e.level,
            e.told,
            e.answered,
            e.ruling,
            e.closed,
        ]
        for e in ledger.escalated(run_id)
    ]
    heads = ["form", "row", "cause", "what", "department", "since", "to", "answer_by", "level", "told", "answered", "decision", "ended"]
    yield _table("_escalations", heads, register)


def _baselines(session: Session) -> Iterator[DataTable]:
    """Every baseline with its signatures, and every value it fixed."""
    lang = session.book_lang
    lines: list[list[Value]] = []
    rows: list[list[Value]] = []
    for one in baseline_states(session):
        kept = one.baseline
        signed, waiting = ("; ".join(map(signed_text, part)) or None for part in (one.signed, one.unsigned))
        lines.append([kept.id, kept.name, kept.day, kept.by, one.run, one.state, kept.rows(), signed, waiting])
        for form_id, found in kept.standing.items():
            fields = {field.id: field for field in session.schema.form_for_display(form_id).fields}
            rows += ([kept.id, form_id, key, f, show(v, fields.get(f), lang)] for key, row in found.items() for f, v in row.items())
    yield _table("_baselines", ["id", "name", "day", "set_by", "run", "state", "rows", "signed", "not_signed"], lines)
    yield _table("_baseline_rows", ["baseline", "form", "row", "field", "value"], rows)


def _table(name: str, heads: Sequence[str], rows: Sequence[Sequence[Value]]) -> DataTable:
    """All columns are text; a heading that occurs twice gets a number."""
    kinds: dict[str, str] = {}
    for head in heads:
        number, unique = 1, head
        while unique in kinds:
            number += 1
            unique = f"{head} ({number})"
        kinds[unique] = "text"
    return DataTable(name, kinds, tuple(tuple(row) for row in rows))
