"""Mails from planned to sent, each exactly once: as drafts in the mailbox, over SMTP, or as files where there is no mailbox.

The bytes and the Message-ID of a mail are on disk and in the ledger before anything leaves. Then it goes from state to state, each noted
and synced before the next step:

    planned ──▶ drafted ──▶ sent          a draft: sent when it is found in the Sent folder, or a person says so
       │           │
       └──▶ sending ──▶ sent | unknown    over SMTP: unknown where the answer of the server was not heard

What is `sending` when a process starts was left by one that was killed, so it is unknown. What is unknown is looked for in the Sent folder
and never sent again by itself. A draft that was put there but not noted is found in the Drafts folder by its Message-ID.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from collab_xl.catalogue import error_text, text
from collab_xl.errors import CollabError
from collab_xl.mail.account import Account, SmtpServer
from collab_xl.mail.folders import Folders, Head
from collab_xl.mail.smtp import MaybeSent, NotTaken, Smtp
from collab_xl.model.outgoing import MailState, Outgoing
from collab_xl.model.record import replace
from collab_xl.project.checkpoint import checkpoint
from collab_xl.project.durable import write_durably
from collab_xl.project.ledger import Ledger
from collab_xl.verbs.report import Progress

UNSETTLED = frozenset({MailState.PLANNED, MailState.SENDING, MailState.DRAFTED, MailState.UNKNOWN})
TRIES = 2
"""Of one mail over SMTP in one run, where the server certainly has not taken it."""


@dataclass
class PostOffice:
    """The way out of one project."""

    ledger: Ledger
    folder: Path
    """Where the bytes lie until a mail is settled."""
    outbox: Path
    """Where files for a mail program come to lie, where there is no mailbox."""
    now: datetime
    lang: str
    account: Account | None = None
    _open: Folders | None = field(default=None, repr=False)

    def folders(self) -> Folders:
        assert self.account is not None
        if self._open is None:
            self._open = Folders.open(self.account, self.lang)
        return self._open

    def again(self) -> Folders:
        """After a connection broke."""
        self.close()
        return self.folders()

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    # Planning

    def keep(self, mails: Iterable[tuple[Outgoing, bytes]]) -> list[Outgoing]:
        """Fix the bytes and note the mails as planned; those that somebody has planned meanwhile are left out."""
        given = list(mails)
        for mail, data in given:
            write_durably(self.bytes_of(mail), data)
        checkpoint("mail:bytes_kept")
        taken = self.ledger.plan_mails([mail for mail, _ in given])
        checkpoint("mail:planned")
        return taken

    def bytes_of(self, mail: Outgoing) -> Path:
        return self.folder / f"{mail.sha256}.eml"

    # Settling

    def settle(self) -> list[Outgoing]:
        """Look for what is unsettled in the folders of drafts and of sent mails. Returns what is still unsettled.

        Raises CollabError as `Folders.open`; without a mailbox nothing is looked up.
        """
        mails = [self._left(mail) for mail in self.ledger.outgoing() if mail.state in UNSETTLED]
        if self.account is None or not mails:
            return mails
        since = min(mail.planned_at for mail in mails).date()
        sent = _Found(self.folders().heads(self.folders().sent, since))
        drafts = _Found(self.folders().heads(self.folders().drafts, since))
        return [still for mail in mails if (still := self._settled(mail, sent, drafts)) is not None]

    def _left(self, mail: Outgoing) -> Outgoing:
        """One that a killed process was sending is unknown."""
        if mail.state is not MailState.SENDING:
            return mail
        return self._is(mail, MailState.UNKNOWN, reason=text("mail.why.killed", self.lang))

    def _settled(self, mail: Outgoing, sent: _Found, drafts: _Found) -> Outgoing | None:
        if (there := sent.of(mail)) is not None:
            self._is(mail, MailState.SENT, proof="found", at=there.at)
            return None
        if mail.state is MailState.PLANNED and drafts.of(mail) is not None:
            return self._is(mail, MailState.DRAFTED, way="draft")
        if mail.state is MailState.DRAFTED and mail.way == "draft" and drafts.of(mail) is None:
            return self._is(mail, MailState.UNKNOWN, reason=text("mail.why.draft_gone", self.lang))
        if mail.state is MailState.UNKNOWN and drafts.of(mail) is not None and mail.way == "draft":
            return self._is(mail, MailState.DRAFTED, way="draft")
        return mail

    # Handing over

    def draft(self, mails: Sequence[Outgoing], progress: Progress) -> list[Outgoing]:
        """Put planned mails into the folder of drafts."""
        out, label = [], text("mail.say.drafting", self.lang)
        folders = self.folders()
        if not folders.drafts:
            raise CollabError("mail_no_drafts", address=folders.account.address, lang=self.lang)
        for done, mail in enumerate(mails, 1):
            out.append(self._drafted(mail))
            progress(label, done, len(mails))
        return out

    def _drafted(self, mail: Outgoing) -> Outgoing:
        data = self._data(mail)
        if data is None:
            return self._lost(mail)
        try:
            self.folders().put(self.folders().drafts, data, mail.planned_at, draft=True)
        except CollabError as error:
            if error.code != "mail_cut":
                raise
            # It may be there all the same: it is looked for before it is put there again.
            folders = self.again()
            if _Found(folders.heads(folders.drafts, mail.planned_at.date())).of(mail) is None:
                folders.put(folders.drafts, data, mail.planned_at, draft=True)
        checkpoint("mail:draft_put")
        made = self._is(mail, MailState.DRAFTED, way="draft")
        checkpoint("mail:drafted")
        return made

    def file(self, mails: Sequence[Outgoing]) -> list[Outgoing]:
        """Write planned mails as files that a mail program opens as drafts."""
        out = []
        for mail in mails:
            data = self._data(mail)
            if data is None:
                out.append(self._lost(mail))
                continue
            write_durably(self.file_of(mail), b"X-Unsent: 1\r\n" + data, code="cannot_write_into")
            out.append(self._is(mail, MailState.DRAFTED, way="file"))
        return out

    def file_of(self, mail: Outgoing) -> Path:
        name = "".join(c if c.isalnum() or c in "-_" else "_" for c in mail.department)[:40].strip("_")
        kind = text(f"model.mail_kind.{mail.kind}", self.lang)
        return self.outbox / f"{mail.planned_at:%Y-%m-%d}" / f"{name} {kind} {mail.tag}.eml".lstrip()

    def send(self, mails: Sequence[Outgoing], server: SmtpServer, progress: Progress) -> list[Outgoing]:
        """Send planned mails, and drafts of ours that are still as we made them. One that fails stops no other, a server that answers no
        longer stops all: what was not begun stays planned.

        Raises CollabError as `Smtp.open` before the first.
        """
        assert self.account is not None
        account, label = self.account, text("mail.say.sending", self.lang)
        out: list[Outgoing] = []
        smtp: Smtp | None = Smtp.open(account, server, self.lang)
        try:
            for done, mail in enumerate(mails, 1):
                ready = self._out_of_drafts(mail)
                if ready.state is not MailState.PLANNED:
                    out.append(ready)
                    continue
                for attempt in range(TRIES):
                    if smtp is None:
                        smtp = Smtp.open(account, server, self.lang)
                    ready, broken = self._sent(ready, smtp, account)
                    if broken:
                        smtp.close()
                        smtp = None
                    if ready.state is not MailState.PLANNED or not broken or attempt + 1 == TRIES:
                        break
                out.append(ready)
                progress(label, done, len(mails))
        except CollabError as error:  # the server is gone; those not begun are as they were
            what = error_text(error, self.lang)[0]
            out += [replace(mail, reason=what) for mail in mails[len(out) :]]
        finally:
            if smtp is not None:
                smtp.close()
        return out

    def _out_of_drafts(self, mail: Outgoing) -> Outgoing:
        """A draft is taken out of its folder first: then nobody sends it from there too."""
        if mail.state is not MailState.DRAFTED or mail.way != "draft":
            return mail
        folders = self.folders()
        there = _Found(folders.heads(folders.drafts, mail.planned_at.date())).of(mail)
        if there is None:
            return self._is(mail, MailState.UNKNOWN, reason=text("mail.why.draft_gone", self.lang))
        if there.message_id != mail.message_id or not folders.take_back(folders.drafts, there.uid, mail.sha256):
            return replace(mail, reason=text("mail.why.draft_changed", self.lang))
        checkpoint("mail:draft_taken")
        return self._is(mail, MailState.PLANNED, way="")

    def _sent(self, mail: Outgoing, smtp: Smtp, account: Account) -> tuple[Outgoing, bool]:
        """The mail in its next state, and whether the connection is broken."""
        data = self._data(mail)
        if data is None:
            return self._lost(mail), False
        sending = self._is(mail, MailState.SENDING, way="smtp")
        checkpoint("mail:sending")
        try:
            refused = smtp.send(account.address, (*mail.to, *mail.cc), data)
        except NotTaken as error:
            state = MailState.DROPPED if error.final else MailState.PLANNED
            back = self._is(sending, state, way="", reason=str(error))
            return back, error.broken
        except MaybeSent as error:
            return self._is(sending, MailState.UNKNOWN, reason=str(error)), True
        checkpoint("mail:taken_by_server")
        why = "; ".join(f"{address}: {said}" for address, said in refused.items())
        sent = self._is(sending, MailState.SENT, proof="server", reason=why)
        checkpoint("mail:sent")
        return sent, False

    def copy_to_sent(self, mails: Iterable[Outgoing]) -> str:
        """Copies of what the server took, in the folder of sent mails, where the service has not put them itself. Returns why not."""
        wanted = [mail for mail in mails if mail.state is MailState.SENT and mail.proof == "server"]
        if not wanted:
            return ""
        try:
            folders = self.folders()
            there = _Found(folders.heads(folders.sent, min(mail.planned_at for mail in wanted).date()))
            for mail in wanted:
                data = self._data(mail)
                if data is not None and folders.sent and there.of(mail) is None:
                    folders.put(folders.sent, data, mail.state_at or mail.planned_at, draft=False)
        except CollabError as error:
            return error_text(error, self.lang)[0]
        return ""

    # What a person says

    def confirmed(self, mail: Outgoing) -> Outgoing:
        return self._is(mail, MailState.SENT, proof="person")

    def not_sent(self, mail: Outgoing, why: str = "person") -> Outgoing:
        return self._is(mail, MailState.DROPPED, reason=text(f"mail.why.{why}", self.lang))

    def _is(
        self, mail: Outgoing, state: MailState, *, way: str | None = None, proof: str = "", reason: str = "", at: datetime | None = None
    ) -> Outgoing:
        """The next state, noted. Raises CollabError `mail_taken` if another run has moved it."""
        new = self.ledger.mail_is(mail, state, at or self.now, way=way, proof=proof, reason=reason)
        if new is None:
            raise CollabError("mail_taken", tag=mail.tag, lang=self.lang)
        return new

    def _data(self, mail: Outgoing) -> bytes | None:
        with contextlib.suppress(OSError):
            return self.bytes_of(mail).read_bytes()
        return None

    def _lost(self, mail: Outgoing) -> Outgoing:
        """Its bytes are gone, so it cannot be sent as it was fixed: it is dropped and can be planned anew."""
        return self._is(mail, MailState.DROPPED, reason=text("mail.why.bytes_gone", self.lang))

    def sweep(self) -> None:
        """Remove the bytes of settled mails: they are in the folder of sent mails, or will not be sent."""
        kept = {f"{mail.sha256}.eml" for mail in self.ledger.outgoing() if mail.state in UNSETTLED}
        with contextlib.suppress(OSError):
            for path in self.folder.glob("*.eml"):
                if path.name not in kept:
                    path.unlink()


class _Found:
    """The mails of a folder, by what tells ours."""

    def __init__(self, heads: Iterable[Head]) -> None:
        listed = list(heads)
        self._by_id = {head.message_id: head for head in listed if head.message_id}
        self._by_tag = {head.tag: head for head in listed if head.tag}

    def of(self, mail: Outgoing) -> Head | None:
        """By its Message-ID; else by its tag: some programs give a mail a new id when they send a draft."""
        return self._by_id.get(mail.message_id) or self._by_tag.get(mail.tag)
