"""Open mails, mailboxes and zips. Runs in a worker: the main process never parses what anybody sent.

In: a file on disk and what zips may still expand to.  Out: one Incoming per workbook or mail.  Effect: the workbooks inside are
written into a folder of this run under their hash, so that no process holds many of them in memory. Bad input never raises.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from datetime import datetime
from typing import IO, TYPE_CHECKING

from collab_xl.intake.archive import ARCHIVES, Budget, Member, TooMuch, holds_workbook, members
from collab_xl.intake.content import OnDisk
from collab_xl.intake.evidence_kinds import KINDS, OK, OTHER, is_decoration, judged, words_near
from collab_xl.intake.origin import BESIDE, EVIDENCE, NOT_KEPT, SAID_CODES, Origin, incoming, is_system_file, is_unfinished, settled
from collab_xl.model.encryption import HEAD_BYTES, encrypted_by
from collab_xl.model.evidence import clean_name
from collab_xl.model.record import Struct
from collab_xl.model.submission_log import NOTHING, Content, Incoming, State

if TYPE_CHECKING:
    from collab_xl.intake.mail_file import ParsedMail

SPREADSHEETS = frozenset(
    {".xlsx", ".xlsm", ".xlsb", ".xls", ".xlt", ".xltx", ".xltm", ".xlam", ".xla", ".csv", ".tsv", ".et", ".ett", ".wps", ".ods", ".fods"}
    | {".numbers"}
)
"""Endings of the files that the gates check, or refuse with advice."""
CONTAINERS = frozenset({".eml", ".msg", ".zip", ".mbox", ".tnef"})
MAX_MAIL = 50 << 20
"""Bytes of one mail: what mail servers accept."""
MAX_NESTING = 3
"""Levels of zips inside mails inside zips and so on."""
MBOX_BYTES, MBOX_MAILS = 32 << 20, 200
"""After this many bytes or mails of a mailbox file the worker answers; the next job goes on from there."""


class OpenJob(Struct, frozen=True):
    """One file to open. `folder`: where workbooks are written. `at`, `number`: where to go on in a mailbox file."""

    content: OnDisk
    origin: Origin
    folder: str
    budget: Budget
    at: int = 0
    number: int = 0


class Opened(Struct, frozen=True):
    """What was found, and what zips may expand to after it. `at` is -1 at the end, else where the next job goes on in a mailbox file."""

    items: tuple[Incoming, ...]
    budget: Budget
    at: int = -1
    number: int = 0


def open_job(job: OpenJob) -> Opened:
    opener = _Opener(job.folder, job.budget)
    ending = ending_of(job.origin.names[-1])
    if ending == ".mbox":
        return opener.mailbox(job)
    if ending == ".zip":
        with open(job.content.path, "rb") as stream:
            return Opened(tuple(opener.zip(stream, job.origin, job.content)), job.budget)
    if ending in KINDS:
        return Opened((opener.beside(job.content.read(), job.origin, job.content),), job.budget)
    opened = {".tnef": opener.rich_text, ".msg": opener.outlook}.get(ending, opener.mail)
    return Opened(tuple(opened(job.content.read(), job.origin, job.content)), job.budget)


def ending_of(name: str) -> str:
    """The ending in lower case; `.tnef` for a winmail.dat."""
    return ".tnef" if name.rpartition("/")[2].lower() == "winmail.dat" else os.path.splitext(name)[1].lower().strip()


class _Opener:
    """Opens one file with everything inside it."""

    def __init__(self, folder: str, budget: Budget) -> None:
        self._folder, self._budget = folder, budget

    def _kept(self, data: bytes) -> OnDisk:
        digest = hashlib.sha256(data).hexdigest()
        path = os.path.join(self._folder, digest)
        if not os.path.exists(path):
            with open(path, "xb") as stream:
                stream.write(data)
        return OnDisk(path, len(data), digest)

    def _content(self, data: bytes, origin: Origin) -> Iterator[Incoming]:
        """The inputs in one attachment or zip member, by the ending of its name."""
        ending = ending_of(origin.names[-1])
        if ending == ".eml":
            yield from self.mail(data, origin, None)
        elif ending == ".msg":
            yield from self.outlook(data, origin, None)
        elif ending == ".tnef":
            yield from self.rich_text(data, origin, None)
        elif ending == ".zip":
            yield from self.zip(io.BytesIO(data), origin, None)
        elif code := by_name(origin.names[-1]):
            yield self._refused(origin, code, data, kind=ending)
        elif ending in SPREADSHEETS:
            yield self._workbook(origin, data)
        else:
            yield self.beside(data, origin, None)

    def beside(self, data: bytes, origin: Origin, whole: OnDisk | None) -> Incoming:
        """A file that is no spreadsheet, mail or archive: evidence with what its mail says of it, or why it is not kept.

        Args:
            whole: the file on disk; None if it is inside another file. The fact `by_name` says that a person named it.
        """
        name = origin.names[-1].rsplit("/", 1)[-1]
        cause = OTHER if is_system_file(name) or is_unfinished(name) else judged(name, data)
        if cause == OTHER or is_decoration(name, data, inline=origin.inline):
            return other_kind(origin)
        if cause != OK and whole is not None:  # it lies in a folder, where anything may lie
            return other_kind(origin)
        shown = origin.changed(names=(*origin.names[:-1], origin.names[-1].removesuffix(name) + clean_name(name)))
        if cause != OK:
            return settled(shown, State.IGNORED, NOT_KEPT, cause=f"model.reason.evidence_{cause}")
        kept = whole or self._kept(data)
        said = {"subject": origin.subject, **words_near(origin.names[1:], origin.text)} if origin.mailed else {}
        said |= {} if origin.listed else {"by_name": "yes"}
        return settled(shown, State.EVIDENCE, EVIDENCE, kept, kept.sha256, **said)

    def _workbook(self, origin: Origin, data: bytes) -> Incoming:
        kept = self._kept(data)
        return incoming(origin, kept, kept.sha256)

    def _refused(self, origin: Origin, code: str, data: bytes, **facts: str) -> Incoming:
        kept = self._kept(data)
        return settled(origin, State.REFUSED, code, kept, kept.sha256, **facts)

    def zip(self, stream: IO[bytes], origin: Origin, whole: OnDisk | None) -> Iterator[Incoming]:
        """The inputs in a zip. A zip that is itself a workbook is taken as one: mail gateways rename .xlsx to .zip.

        Args:
            whole: the zip as a file; None if it is inside another file.
        """

        def refused(code: str, **facts: str) -> Incoming:
            content, digest = self._same(stream, whole)
            return settled(origin, State.REFUSED, code, content, digest, **facts)

        program = encrypted_by(stream.read(HEAD_BYTES))
        if program:
            yield refused("S109", program=program)
            return
        if holds_workbook(stream):
            content, digest = self._same(stream, whole)
            yield incoming(origin.changed(names=(*origin.names[:-1], origin.names[-1][:-4] + ".xlsx")), content, digest)
            return
        if origin.depth >= MAX_NESTING:
            yield refused("S425")
            return
        found = False
        try:
            for member in members(stream, self._budget):
                if not member.name.startswith("__MACOSX/"):
                    for item in self._member(member, origin):
                        found = True
                        yield item
        except TooMuch as limit:
            yield refused(limit.code, **limit.facts)
            return
        if not found:
            yield settled(origin, State.IGNORED, "S429", sha256=self._digest(stream, whole))

    def _same(self, stream: IO[bytes], whole: OnDisk | None) -> tuple[Content, str]:
        if whole is None:
            stream.seek(0)
            whole = self._kept(stream.read())
        return whole, whole.sha256

    @staticmethod
    def _digest(stream: IO[bytes], whole: OnDisk | None) -> str:
        if whole is not None:
            return whole.sha256
        stream.seek(0)
        return hashlib.sha256(stream.read()).hexdigest()

    def _member(self, member: Member, origin: Origin) -> Iterator[Incoming]:
        inner = origin.into(member.name)
        if is_system_file(member.name.rsplit("/", 1)[-1]):
            yield settled(inner, State.IGNORED, "S440")
        elif member.code:
            yield settled(inner, State.REFUSED, member.code)
        else:
            yield from self._content(member.data, inner)

    def mail(self, data: bytes, origin: Origin, whole: OnDisk | None) -> Iterator[Incoming]:
        """One Incoming per workbook in the mail; one ignored Incoming for a mail without workbooks.

        Args:
            whole: the mail as a file; None if it is inside another file.
        """
        from collab_xl.intake import mail_file  # the main process imports this module too, and opens no mail

        if (refusal := self._unopened(data, origin, whole)) is not None:
            yield refusal
        else:
            yield from self._mail(mail_file.read_mail(data), data, origin, whole)

    def outlook(self, data: bytes, origin: Origin, whole: OnDisk | None) -> Iterator[Incoming]:
        """The inputs in a mail that Outlook saved. Some programs call an ordinary mail so."""
        from collab_xl.intake import mail_file, outlook_file

        if (refusal := self._unopened(data, origin, whole)) is not None:
            yield refusal
            return
        try:
            mail = outlook_file.read_message(data)
        except outlook_file.Broken:
            mail = mail_file.read_mail(data)
            if data.startswith(outlook_file.SIGNATURE) or not (mail.senders or mail.attachments):
                kept = whole or self._kept(data)
                yield settled(origin, State.REFUSED, "S423", kept, kept.sha256)
                return
        yield from self._mail(mail, data, origin, whole)

    def _unopened(self, data: bytes, origin: Origin, whole: OnDisk | None) -> Incoming | None:
        """The refusal of a mail that is not opened: too large, or encrypted by a company's program."""
        program = "" if len(data) > MAX_MAIL else encrypted_by(data)
        if len(data) <= MAX_MAIL and not program:
            return None
        kept = whole or self._kept(data)
        if program:
            return settled(origin, State.REFUSED, "S109", kept, kept.sha256, program=program)
        return settled(origin, State.REFUSED, "S107", kept, kept.sha256, size=f"{len(data) >> 20} MB", limit=f"{MAX_MAIL >> 20} MB")

    def _mail(self, mail: ParsedMail, data: bytes, origin: Origin, whole: OnDisk | None) -> Iterator[Incoming]:
        from collab_xl.intake import cloud_links, mail_file, mail_reports

        def refused(code: str, **facts: str) -> Incoming:
            kept = whole or self._kept(data)
            return settled(origin, State.REFUSED, code, kept, kept.sha256, **facts)

        if mail.too_long:
            yield refused("S433", header=mail.too_long, limit=f"{mail_file.MAX_HEADER >> 10} KB")
            return
        if not mail.senders and mail.sent_at is None and not mail.message_id and not mail.attachments:
            yield refused("S427")
            return
        origin = origin.changed(sender=mail.sender, message_id=mail.message_id, sent_at=_local(mail.sent_at), mailed=True)
        if len(mail.senders) > 1:
            yield refused("S434", senders="、".join(mail.senders[:5]))
            return
        if mail.said:  # what came back inside is no reply
            digest = whole.sha256 if whole else hashlib.sha256(data).hexdigest()
            for one in mail.said:
                said = {"subject": mail.subject, "recipient": one.recipient or "–", "reason": one.reason or "–", "about": one.about}
                said["cause"] = f"model.reason.bounce_{mail_reports.cause_of(one.reason)}"
                yield settled(origin, State.IGNORED, SAID_CODES[one.kind], NOTHING, digest, **said)
            return
        found, other, beside = False, [], list[Incoming]()
        origin = origin.changed(subject=mail.subject, text=mail.text)
        for attachment in mail.attachments:
            inner = origin.changed(sent_at=_local(attachment.sent_at), inline=attachment.inline)
            for name in attachment.path:
                inner = inner.into(name)
            inner = inner.into(attachment.name)
            if inner.depth > MAX_NESTING + mail_file.MAX_DEPTH:
                continue
            items = list(self._content(attachment.data, inner.changed(depth=origin.depth + 1)))
            beside += (item for item in items if item.code in BESIDE)
            items, only_beside = [item for item in items if item.code not in BESIDE], all(item.code in BESIDE for item in items)
            if all(item.state is State.IGNORED for item in items):
                if not (attachment.inline or only_beside):
                    other.append(attachment.name)
                continue
            found = True
            if mail.dmarc_failed:
                yield refused("S435", server=mail.dmarc_failed)
                return
            yield from items
        if beside and mail.dmarc_failed:
            yield refused("S435", server=mail.dmarc_failed)
            return
        yield from beside
        if not found:
            said = {"subject": mail.subject, "attachments": " · ".join(dict.fromkeys(other)) or "—"}
            digest = whole.sha256 if whole else hashlib.sha256(data).hexdigest()
            service, link = cloud_links.found_in("\n".join((*mail.links, mail.text)), attached=bool(mail.links))
            if service:
                yield settled(origin, State.IGNORED, "S446", NOTHING, digest, **said, service=service, link=link)
            elif not beside:
                yield settled(origin, State.IGNORED, "S421", NOTHING, digest, **said)

    def rich_text(self, data: bytes, origin: Origin, whole: OnDisk | None) -> Iterator[Incoming]:
        """The inputs in a winmail.dat, in which Outlook sends all attachments of a mail in rich text."""
        from collab_xl.intake import tnef

        digest = whole.sha256 if whole else hashlib.sha256(data).hexdigest()
        if origin.depth >= MAX_NESTING:
            yield settled(origin, State.REFUSED, "S425", whole or self._kept(data), digest)
            return
        try:
            files = tnef.files_of(data)
        except tnef.Broken:
            yield settled(origin, State.REFUSED, "S422", whole or self._kept(data), digest)
            return
        items = [item for file in files for item in self._content(file.data, origin.into(file.name or "attachment"))]
        found = [item for item in items if item.state is not State.IGNORED or item.code in BESIDE]
        yield from found
        if not found:
            yield settled(origin, State.IGNORED, "S429", sha256=digest)

    def mailbox(self, job: OpenJob) -> Opened:
        """The inputs in the mails of a mailbox file from `job.at` on; mails are numbered from 1."""
        items: list[Incoming] = []
        number, read, name = job.number, 0, job.origin.names[-1]
        with open(job.content.path, "rb") as stream:
            stream.seek(job.at)
            at = _first_mail(stream) if job.at == 0 else job.at
            while at >= 0 and read < MBOX_BYTES and number < job.number + MBOX_MAILS:
                stream.seek(at)
                stream.readline(1 << 16)
                data, length, at = _until_next_mail(stream)
                number, read = number + 1, read + length
                origin = job.origin.changed(names=(*job.origin.names[:-1], f"{name} #{number}"))
                if length > MAX_MAIL:
                    items.append(settled(origin, State.REFUSED, "S107", size=f"{length >> 20} MB", limit=f"{MAX_MAIL >> 20} MB"))
                else:
                    items += self.mail(data, origin, None)
        if not number:
            items.append(settled(job.origin, State.REFUSED, "S427", job.content, job.content.sha256))
        return Opened(tuple(items), self._budget, at, number)


def _first_mail(stream: IO[bytes]) -> int:
    """The offset of the first line that begins a mail; -1 if there is none in the first megabyte."""
    at = 0
    while at < 1 << 20 and (line := stream.readline(1 << 16)):
        if line.startswith(b"From "):
            return at
        at = stream.tell()
    return -1


def _until_next_mail(stream: IO[bytes]) -> tuple[bytes, int, int]:
    """The mail from here on (at most MAX_MAIL bytes of it), its length, and the offset of the next mail or -1."""
    lines: list[bytes] = []
    length, begins = 0, True
    while line := stream.readline(1 << 16):
        if begins and line.startswith(b"From "):
            return b"".join(lines), length, stream.tell() - len(line)
        begins = line.endswith(b"\n")
        length += len(line)
        if length <= MAX_MAIL:
            lines.append(line)
    return b"".join(lines), length, -1


def by_name(name: str) -> str:
    """The code that refuses a file by its name before it is opened, "" if there is none."""
    return "S426" if ending_of(name) in ARCHIVES else ""


def other_kind(origin: Origin) -> Incoming:
    """An input that is no spreadsheet, mail or archive: refused if a person named it, else ignored."""
    name = origin.names[-1]
    if is_system_file(name.rsplit("/", 1)[-1]):
        return settled(origin, State.IGNORED, "S440")
    if is_unfinished(name):
        return settled(origin, State.IGNORED, "S437")
    kind = ending_of(name) or name
    return (
        settled(origin, State.IGNORED, "S436", kind=kind) if origin.listed else settled(origin, State.REFUSED, "S101", NOTHING, kind=kind)
    )


def _local(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        return moment.astimezone().replace(tzinfo=None)
    except (OverflowError, ValueError, OSError):
        return None
