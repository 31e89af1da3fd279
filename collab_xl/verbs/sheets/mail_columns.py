"""The column 邮件 of 提交台账 and 升级清单: what was mailed about each line. A master made before this column has none."""

from __future__ import annotations

from collections.abc import Collection

from collab_xl.model.outgoing import ReportKind
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Link, Value
from collab_xl.plan.lists import ListRow
from collab_xl.plan.mail_notes import SHA_SHOWN, MailNotes, mail_notes
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.settings_rows import columns_of

COLUMN = "mailed"


def notes_of(session: Session) -> MailNotes:
    if not session.master.has_ledger:
        return MailNotes()
    ledger = session.master.ledger
    bounced = {report.message_id for report in ledger.mail_reports() if report.kind is ReportKind.BOUNCE and report.message_id}
    return mail_notes(ledger.outgoing(), bounced, session.book_lang)


def with_mails(session: Session, rows: list[ListRow], notes: MailNotes | None = None) -> list[ListRow]:
    """The rows of 提交台账 or 升级清单 with that column."""
    notes = notes or notes_of(session)
    for row in rows:
        row[COLUMN] = _note(session, row, notes)
    return rows


def _note(session: Session, row: ListRow, notes: MailNotes) -> str | None:
    """A line of 升级清单 has a key and a sheet, one of 提交台账 a file or only a pack."""
    if row.get("row_key") is not None:
        sheets = {form.sheet[session.book_lang]: form.id for form in session.schema.forms}
        return notes.rows.get(f"{sheets.get(str(row.get('sheet')), '')}:{_shown(row['row_key'])}")
    if sha := str(row.get("sha256") or ""):
        return notes.files.get(sha[:SHA_SHOWN])
    return notes.packs.get(str(row.get("pack") or ""))


def _shown(value: Value) -> str:
    return value.text if isinstance(value, Link) else str(value)


def mail_cells(session: Session, sheets: Collection[str] = ("submissions", "escalations")) -> Plan:
    """The cells of that column that are not up to date, on the sheets as they are."""
    notes, edits = notes_of(session), list[CellEdit]()
    for service_id in sheets:
        service = session.schema.service(service_id)
        ref = session.refs.get(service.table)
        at = columns_of(ref, service) if ref is not None else {}
        if ref is None or COLUMN not in at:
            continue
        for row in session.service(service_id):
            number, old, new = int(str(row["_row"])), row.get(COLUMN), _note(session, row, notes)
            if old != new:
                edits.append(CellEdit(ref.sheet, number, at[COLUMN], session.snapshot(ref.sheet).value(number, at[COLUMN]), new))
    return Plan(tuple(sorted(edits, key=lambda e: e[:3])))
