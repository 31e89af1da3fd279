"""升级清单, the register of escalations, and 时限: what the ledger has, what the PMO typed, what was mailed (decision 0048)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from collab_xl.catalogue import LANGS
from collab_xl.model.escalation import Escalated
from collab_xl.model.outgoing import MailKind, MailState
from collab_xl.model.plan import Plan
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.summary import EscalationLine, Flags
from collab_xl.model.values import Link, Value
from collab_xl.plan.rows import cause_text, clock_rows, escalation_rows
from collab_xl.read.directory import people_in
from collab_xl.rules.clock_list import with_answers
from collab_xl.rules.escalation_register import Ladder, brought_up_to, with_entries
from collab_xl.rules.lateness import as_day
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.mail_columns import with_mails

TYPED = {"told_at": "told", "reply_at": "answered", "ruling": "ruling"}
"""Columns the PMO writes into, and the part of the entry each one is."""
Row = tuple[str, str, str, date]
"""Sheet, key and cause as the list shows them, and the first day."""


def ladder_of(session: Session) -> Ladder:
    settings = session.settings
    work = settings.terms(session.calendar).work
    return Ladder(work, session.directory, settings.escalate_again_days, people_in(settings.decision_layer))


def kept_register(session: Session) -> tuple[Escalated, ...]:
    """The register after the last run that kept it, with what the PMO has typed since."""
    if not session.master.has_ledger:
        return ()
    typed, mailed = _typed(session), mailed_days(session)
    out = []
    for entry in session.master.ledger.escalated(session.run_id):
        said = next((typed[row] for row in _rows(entry, session) if row in typed), None)
        if said is not None:
            day = mailed.get(entry.mark)
            shown = None if day is not None and as_day(said["told"]) == day else said["told"]
            entry = replace(entry, told=shown, answered=said["answered"], ruling=said["ruling"])
        out.append(entry)
    return tuple(out)


def register_of(session: Session, lines: Sequence[EscalationLine], as_of: date | None = None) -> list[Escalated]:
    """The register of a day, by default that of the run."""
    return brought_up_to(as_of or session.as_of, kept_register(session), lines, ladder_of(session))


def as_registered(session: Session, flags: Flags) -> Flags:
    """What is to be escalated, each line with its first day, its level and the day an answer is due."""
    register = register_of(session, flags.escalations, flags.as_of)
    return replace(flags, escalations=with_entries(flags.escalations, register, ladder_of(session)))


def mailed_days(session: Session) -> dict[str, date]:
    """Mark of an entry → the day its first mail was sent."""
    found: dict[str, date] = {}
    for mail in session.master.ledger.outgoing(MailKind.ESCALATION) if session.master.has_ledger else ():
        if mail.state is MailState.SENT and mail.state_at is not None:
            for mark in mail.about:
                found[mark] = min(found.get(mark, date.max), mail.state_at.date())
    return found


def register_plan(session: Session, register: Sequence[Escalated], lines: Sequence[EscalationLine], tables: Mapping[str, Table]) -> Plan:
    """The plan that writes the sheet."""
    rows = escalation_rows(register, lines, mailed_days(session), session.as_of, tables, session.schema, session.book_lang)
    return session.fill("escalations", with_mails(session, rows))


def clocks_plan(session: Session, flags: Flags, register: Sequence[Escalated], tables: Mapping[str, Table]) -> Plan:
    """The plan that writes 时限; a master made before the sheet has none."""
    service = session.schema.service("clocks")
    if service.table not in session.refs:
        return Plan()
    lines = with_entries(flags.escalations, register, ladder_of(session))
    clocks = with_answers(flags.clocks, lines, ladder_of(session).work, session.as_of)
    return session.fill("clocks", clock_rows(clocks, tables, session.schema, session.book_lang, session.as_of, session.moment))


def _rows(entry: Escalated, session: Session) -> list[Row]:
    """How the sheet may name an entry: in either language."""
    form = session.schema.form_for_display(entry.form)
    return [(form.sheet[lang], entry.key, cause_text(entry.cause, lang), entry.since) for lang in LANGS]


def _typed(session: Session) -> dict[Row, dict[str, Value]]:
    """What stands in the PMO's columns, for every row of the sheet; none if one of the columns is not there."""
    found: dict[Row, dict[str, Value]] = {}
    for row in session.service("escalations"):
        day = as_day(row.get("since"))
        if day is not None and TYPED.keys() <= row.keys():
            sheet, key, cause = (_shown(row.get(name)) for name in ("sheet", "row_key", "cause"))
            found[sheet, key, cause, day] = {part: row[column] for column, part in TYPED.items()}
    return found


def _shown(value: Value) -> str:
    return "" if value is None else value.text if isinstance(value, Link) else str(value)
