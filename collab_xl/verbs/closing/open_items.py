"""What a project still has open when somebody wants to close it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from collab_xl.catalogue import text
from collab_xl.model.record import Struct
from collab_xl.rules.case import Case
from collab_xl.rules.review_clocks import was_held
from collab_xl.rules.rows import Rows, part_of, rows_of
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.escalation_list import kept_register
from collab_xl.verbs.sheets.service_sheets import held_now

RETROSPECTIVE_DAYS = 3
"""Working days after the last task is done. Source: docs/facts/domain.md, The numbers."""


class OpenItem(Struct, frozen=True):
    kind: str
    """row, decision, submission, held, escalation: the text `verbs.open.<kind>`."""
    sheet: str
    key: str
    what: str


def open_items(session: Session) -> Iterator[OpenItem]:
    """Rows that are not closed, then what waits for the PMO, then escalations without an answer."""
    lang = session.book_lang
    rows = rows_of(session.schema, session.tables_for_viewing)
    for own in rows.values():
        if own.form.role("status") is not None:
            for key, title, closed in zip(own.keys, own.titles, own.closed, strict=True):
                if not closed:
                    yield OpenItem("row", own.form.sheet[lang], key or "", title)
    if not session.master.has_ledger:
        return
    for item in session.state(packs=()).items.values():
        form = session.schema.form_for_display(item.form)
        yield OpenItem("decision", form.sheet[lang], item.row_key or "", text(f"model.kind.{item.kind}", lang))
    held = held_now(session)
    for received in session.master.ledger.ready(session.run_id):
        yield OpenItem("submission", "", "", f"{received.department} {received.file}".strip())
    for one in held.values():
        yield OpenItem("held", "", "", f"{one.received.department} {one.received.file}".strip())
    for entry in kept_register(session):
        if entry.closed is None and not entry.is_answered:
            yield OpenItem("escalation", session.schema.form_for_display(entry.form).sheet[lang], entry.key, entry.name)


def retrospective_by(session: Session) -> tuple[date | None, bool]:
    """The day by which the retrospective is due, and whether it was held; no day while a task is open or no task was ever finished."""
    case = Case(
        session.tables_for_viewing, session.schema, session.directory, session.settings, session.calendar, session.as_of, now=session.moment
    )
    work: Rows | None = part_of(session.schema, case.rows, "work")
    if work is None or not all(work.closed):
        return None, False
    days = [day for day in work.days("finished") if day is not None]
    if not days:
        return None, False
    return session.calendar.counting(True).forward(max(days), RETROSPECTIVE_DAYS), was_held(case, max(days))
