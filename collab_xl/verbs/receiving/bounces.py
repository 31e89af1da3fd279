"""What mails that came in say about mails of ours: noted in the ledger, put to the department they are about, and said by the verb."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from collab_xl.catalogue import text
from collab_xl.intake.origin import SAID_CODES, SEPARATOR
from collab_xl.model.outgoing import MailReport, ReportKind
from collab_xl.model.record import replace
from collab_xl.model.regex import regex
from collab_xl.model.submission_log import Received, State
from collab_xl.verbs.receiving.inputs import stored_facts
from collab_xl.verbs.session import Session

KINDS = {code: ReportKind(kind) for kind, code in SAID_CODES.items() if kind in set(ReportKind)}
"""Code of a mail → what it says. A receipt says nothing that is noted."""
STATES = {"S442": "bounced", "S443": "delayed", "S444": "auto_reply", "S445": "receipt", "S446": "cloud"}
"""Code of a mail without a submission → its state on 提交台账 (`model.state.…`)."""
_IN_MAILBOX = regex(r"([0-9]+)-([0-9]+)( .*)?\.eml")


class Departments:
    """Finds the department that a bounce or an automatic reply is about: by the mail of ours that it names, else by the address."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ours: dict[str, str] | None = None

    def of(self, received: Received) -> Received:
        if received.code not in STATES or received.department:
            return received
        facts = dict(received.facts)
        if self._ours is None:
            self._ours = {mail.message_id: mail.department for mail in self._session.master.ledger.outgoing()}
        address = facts.get("recipient") or received.sender
        department = self._ours.get(facts.get("about", "")) or self._session.directory.of_sender(address) or ""
        return replace(received, department=department) if department else received


def reports_in(session: Session, received: Iterable[Received]) -> list[MailReport]:
    out = []
    for r in received:
        if r.code not in KINDS or r.state is not State.IGNORED:
            continue
        facts = dict(r.facts)
        kind = KINDS[r.code]
        said = facts.get("subject", "") if kind is ReportKind.AUTO_REPLY else facts.get("reason", "")
        found = _IN_MAILBOX.fullmatch(r.source.split(SEPARATOR)[0])
        validity, uid = (int(found[1]), int(found[2])) if found else (0, 0)
        at = r.sent_at or r.received_at or session.now
        about, who = facts.get("about", ""), facts.get("recipient", "")
        out.append(MailReport(r.sha256, kind, about, who, r.department, said, at, validity, uid))
    return out


def bounce_lines(session: Session, received: Sequence[Received]) -> list[str]:
    """A line for each mail that did not arrive."""
    return [
        text("verbs.say.bounced", session.lang, department=r.department or "–", **stored_facts(r)) for r in received if r.code == "S442"
    ]
