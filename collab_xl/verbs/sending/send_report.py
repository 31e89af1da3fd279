"""What `send` says of letters and mails: lists for a person, and the parts of its JSON object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.catalogue import text
from collab_xl.model.outgoing import Letter, MailKind, MailState, Outgoing
from collab_xl.plan.mail_notes import mail_state
from collab_xl.verbs.report import Listing
from collab_xl.verbs.session import Session

NO_ADDRESS = ("no_address", "no_address_of", "no_sponsor", "no_sponsor_mail")
"""Reasons to hold a letter for which somebody types an address."""


def letters_listing(
    letters: Sequence[Letter], known: Mapping[str, Outgoing], done: Mapping[str, Outgoing], lang: str, *, now: bool
) -> Listing:
    """To whom each goes and how far it is; columns that no line needs are left out. `now`: over SMTP, not as a draft."""
    columns = tuple(text(f"verbs.column.{c}", lang) for c in ("mark", "department", "mail_to", "mail_cc", "mail_files", "state"))
    rows = []
    for one in letters:
        mail = done.get(one.id) or known.get(one.id)
        rows.append(
            (
                mail.tag if mail else "",
                one.department,
                "; ".join(mail.to if mail else one.to),
                "; ".join(mail.cc if mail else one.cc),
                ", ".join(file.name for file in one.files),
                _state(one, mail, lang, now=now),
            )
        )
    used = [n for n, name in enumerate(columns) if n not in (3, 4) or any(row[n] for row in rows)]
    return Listing("", tuple(columns[n] for n in used), tuple(tuple(row[n] for n in used) for row in rows))


def _state(letter: Letter, mail: Outgoing | None, lang: str, *, now: bool) -> str:
    if mail is not None and not (mail.state is MailState.PLANNED and letter.held):
        return _with_reason(mail, lang)
    if letter.held:
        return text(f"plan.held.{letter.held}", lang, **letter.held_facts)
    return text("mail.state.will_be_sent" if now else "mail.state.will_be_drafted", lang)


def where_addresses_go(session: Session, kind: MailKind | None) -> str:
    """In which columns of 部门与接口人 an address is missing, and how it is written."""
    above = {MailKind.WEEK: ("sponsor",), MailKind.ESCALATION: ("head", "superior", "sponsor")}
    wanted = above.get(kind, ("emails",)) if kind is not None else ("emails",)
    columns = tuple(c.heading[session.book_lang] for c in session.schema.service("departments").columns if c.id in wanted)
    key = "need_address" if wanted == ("emails",) else "need_address_behind"
    return text(f"mail.say.{key}", session.lang, sheet=session.sheet_of("departments"), columns=columns)


def letter_json(letter: Letter, mail: Outgoing | None, lang: str) -> dict[str, object]:
    why = text(f"plan.held.{letter.held}", lang, **letter.held_facts) if letter.held else None
    held = {"held": letter.held or None, "why": why}
    files = [file.name for file in letter.files]
    if mail is not None:
        return {**mail_json(mail), "files": files, **held}
    return {
        "mark": None, "kind": str(letter.kind), "department": letter.department, "to": list(letter.to), "cc": list(letter.cc),
        "subject": None, "state": "held" if letter.held else "would", "reason": None, "urgent": letter.urgent, "files": files, **held,
    }  # fmt: skip


def _with_reason(mail: Outgoing, lang: str) -> str:
    """`没有发：550 no such user`."""
    said = mail_state(mail, lang)
    return f"{said}{text('mail.word.because', lang)}{mail.reason}" if mail.reason else said


def mail_json(mail: Outgoing) -> dict[str, object]:
    return {
        "mark": mail.tag, "kind": str(mail.kind), "department": mail.department, "to": list(mail.to), "cc": list(mail.cc),
        "subject": mail.subject, "message_id": mail.message_id, "state": str(mail.state), "reason": mail.reason or None,
        "at": mail.state_at.isoformat() if mail.state_at else None,
    }  # fmt: skip


def unsettled_listing(mails: Sequence[Outgoing], lang: str) -> Listing:
    columns = tuple(text(f"verbs.column.{c}", lang) for c in ("mark", "department", "mail_to", "mail_subject", "state"))
    rows = tuple((m.tag, m.department, "; ".join(m.to), m.subject, _with_reason(m, lang)) for m in mails)
    return Listing(text("mail.say.unsettled", lang), columns, rows)
