"""Collect the inputs in files, folders, zip, .eml and .mbox files. Bad input never raises.

Effect: reads the disk, changes nothing. Each workbook or mail becomes one Incoming. What cannot be opened is already refused or
ignored, with its code (family S). Times are naive local times of the PMO's machine.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from collab_xl.intake.archive import ARCHIVES, Budget, Member, TooMuch, holds_workbook, members
from collab_xl.model.outside_text import encodable
from collab_xl.model.submission_log import Incoming, State
from collab_xl.os_errors import reason

SPREADSHEETS = frozenset(
    {".xlsx", ".xlsm", ".xlsb", ".xls", ".xlt", ".xltx", ".xltm", ".xlam", ".xla", ".csv", ".tsv", ".et", ".ett", ".wps", ".ods", ".fods"}
    | {".numbers"}
)
"""Endings of the files that the gates check, or refuse with advice."""
MAX_FILE = 100 << 20
MAX_MBOX = 4 << 30
MAX_NESTING = 3
"""Levels of zips inside mails inside zips and so on."""
SEPARATOR = " » "


@dataclass(frozen=True)
class _Origin:
    """Where an input comes from: the names from the outermost to the innermost, and the data of the mail around it."""

    names: tuple[str, ...]
    received_at: datetime | None = None
    sender: str = ""
    message_id: str = ""
    sent_at: datetime | None = None
    mailed: bool = False
    listed: bool = False
    """It was found in a folder, zip or mail and not named by a person: other kinds of files there are skipped without a finding."""
    depth: int = 0
    budget: Budget = field(default_factory=Budget)

    def into(self, name: str) -> _Origin:
        return self._with(names=(*self.names, name), listed=True, depth=self.depth + 1)

    def _with(self, **changes: object) -> _Origin:
        return _Origin(**{**self.__dict__, **changes})


def gather(paths: Sequence[Path]) -> Iterator[Incoming]:
    """Yield every possible input below `paths`, in their order; folders sorted by name, subfolders included.

    Skipped in folders and zips: Excel's owner files (`~$…`), hidden files, .DS_Store, Thumbs.db, desktop.ini, `__MACOSX`, and the
    `.collab` folder next to a master. Other kinds of files are skipped there too; if such a file is itself one of `paths`, it is
    refused (S101). Every path yields at least one Incoming.
    """
    for path in paths:
        seen = False
        for item in _path(path):
            seen = True
            yield item
        if not seen:
            yield _settled(_Origin((path.name or str(path),)), State.IGNORED, "S429")


def _path(path: Path) -> Iterator[Incoming]:
    origin = _Origin((path.name or str(path),))
    try:
        if path.is_dir():
            yield from _folder(path)
        elif not path.exists():
            yield _settled(origin, State.REFUSED, "S430")
        else:
            yield from _file(path, origin)
    except (OSError, ValueError) as error:
        yield _settled(origin, State.REFUSED, "S108", error=_reason(error))


def _folder(top: Path) -> Iterator[Incoming]:
    for folder, subfolders, files in os.walk(top):
        subfolders[:] = sorted(name for name in subfolders if not _passed_over(name))
        for name in sorted(files):
            if not _passed_over(name):
                path = Path(folder, name)
                yield from _file(path, _Origin((path.relative_to(top).as_posix(),), listed=True))


def _passed_over(name: str) -> bool:
    low = name.lower()
    return low.startswith(("~$", ".", "__macosx")) or low in ("thumbs.db", "desktop.ini") or low.endswith((".collab", ".tmp", ".part"))


def _file(path: Path, origin: _Origin) -> Iterator[Incoming]:
    ending = path.suffix.lower()
    try:
        if not path.is_file():
            return  # a pipe or a device: reading it may never end
        status = path.stat()
        origin = origin._with(received_at=datetime.fromtimestamp(status.st_mtime))
        if ending == ".mbox":
            yield from _mbox(path, origin)
            return
        if status.st_size > MAX_FILE:
            yield _settled(origin, State.REFUSED, "S107", _digest(path), size=f"{status.st_size >> 20} MB", limit=f"{MAX_FILE >> 20} MB")
            return
        data = path.read_bytes()
    except OSError as error:
        yield _settled(origin, State.REFUSED, "S108", error=_reason(error))
        return
    yield from _content(data, origin)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _content(data: bytes, origin: _Origin) -> Iterator[Incoming]:
    """The inputs in one file, attachment or zip member, by the ending of its name."""
    ending = os.path.splitext(origin.names[-1])[1].lower().strip()
    if ending == ".eml":
        yield from _mail(data, origin)
    elif ending == ".zip":
        yield from _zip(data, origin)
    elif ending in SPREADSHEETS:
        yield _incoming(origin, data)
    elif ending == ".msg":
        yield _settled(origin, State.REFUSED, "S423", data)
    elif ending in ARCHIVES:
        yield _settled(origin, State.REFUSED, "S426", data, kind=ending)
    elif origin.names[-1].lower() == "winmail.dat":
        yield _settled(origin, State.REFUSED, "S422", data)
    elif not origin.listed:
        yield _settled(origin, State.REFUSED, "S101", data, kind=ending or origin.names[-1])


def _zip(data: bytes, origin: _Origin) -> Iterator[Incoming]:
    """The inputs in a zip. A zip that is itself a workbook is taken as one: mail gateways rename .xlsx to .zip."""
    if holds_workbook(data):
        yield _incoming(origin._with(names=(*origin.names[:-1], origin.names[-1][:-4] + ".xlsx")), data)
        return
    if origin.depth >= MAX_NESTING:
        yield _settled(origin, State.REFUSED, "S425", data)
        return
    found = False
    try:
        for member in members(data, origin.budget):
            if not _passed_over(member.name.rsplit("/", 1)[-1]) and not member.name.startswith("__MACOSX/"):
                for item in _member(member, origin):
                    found = True
                    yield item
    except TooMuch as limit:
        yield _settled(origin, State.REFUSED, limit.code, data, **limit.facts)
        return
    if not found:
        yield _settled(origin, State.IGNORED, "S429", data)


def _member(member: Member, origin: _Origin) -> Iterator[Incoming]:
    inner = origin.into(member.name)
    if member.code:
        yield _settled(inner, State.REFUSED, member.code)
    else:
        yield from _content(member.data, inner)


def _mail(data: bytes, origin: _Origin) -> Iterator[Incoming]:
    """One Incoming per workbook in the mail; one ignored Incoming for a mail without workbooks."""
    from collab_xl.intake import mail_file  # imported here, as most weeks have no mail files

    mail = mail_file.read_mail(data)
    if mail.too_long:
        yield _settled(origin, State.REFUSED, "S433", data, header=mail.too_long, limit=f"{mail_file.MAX_HEADER >> 10} KB")
        return
    if not mail.sender and mail.sent_at is None and not mail.message_id and not mail.attachments:
        yield _settled(origin, State.REFUSED, "S427", data)
        return
    origin = origin._with(sender=mail.sender, message_id=mail.message_id, sent_at=_local(mail.sent_at), mailed=True)
    found, other = False, []
    for attachment in mail.attachments:
        inner = origin._with(sent_at=_local(attachment.sent_at))
        for name in attachment.path:
            inner = inner.into(name)
        inner = inner.into(attachment.name)
        if inner.depth > MAX_NESTING + mail_file.MAX_DEPTH:
            continue
        items = list(_content(attachment.data, inner._with(depth=origin.depth + 1)))
        if all(item.state is State.IGNORED for item in items):
            if not attachment.inline:
                other.append(attachment.name)
            continue
        found = True
        yield from items
    if not found:
        facts = {"subject": mail.subject, "attachments": " · ".join(dict.fromkeys(other)) or "—"}
        yield _settled(origin, State.IGNORED, "S421", data, **facts)


def _mbox(path: Path, origin: _Origin) -> Iterator[Incoming]:
    """The inputs in every mail of a mailbox file; mails are numbered from 1."""
    if path.stat().st_size > MAX_MBOX:
        yield _settled(origin, State.REFUSED, "S107", size=f"{path.stat().st_size >> 20} MB", limit=f"{MAX_MBOX >> 20} MB")
        return
    import mailbox

    box = mailbox.mbox(path, create=False)
    try:
        number = 0
        for number, key in enumerate(box.iterkeys(), 1):
            yield from _mail(box.get_bytes(key), origin._with(names=(f"{path.name} #{number}",), budget=Budget()))
        if not number:
            yield _settled(origin, State.REFUSED, "S427")
    finally:
        box.close()


def _incoming(origin: _Origin, data: bytes, state: State | None = None, code: str = "", digest: str = "", **facts: str) -> Incoming:
    """Make an Incoming whose texts can all be encoded."""
    names = [*map(encodable, origin.names)]
    return Incoming(
        source=SEPARATOR.join(names),
        file=names[-1].rsplit("/", 1)[-1],
        data=data,
        sha256=digest or hashlib.sha256(data).hexdigest(),
        sender=encodable(origin.sender),
        message_id=encodable(origin.message_id),
        sent_at=origin.sent_at,
        received_at=origin.received_at,
        state=state,
        code=code,
        facts=tuple((name, encodable(text)) for name, text in facts.items()),
        mailed=origin.mailed,
    )


def _settled(origin: _Origin, state: State, code: str, content: bytes | str = b"", **facts: str) -> Incoming:
    """An input that is refused or ignored before the gates. `content` is its bytes, or its hash if it is too large to keep."""
    data, digest = (content, "") if isinstance(content, bytes) else (b"", content)
    return _incoming(origin, data, state, code, digest, **facts)


def _local(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        return moment.astimezone().replace(tzinfo=None)
    except (OverflowError, ValueError, OSError):
        return None


def _reason(error: Exception) -> str:
    """A key `reason.…` of the catalogue, or the system's own message: texts in the ledger must not depend on a language."""
    return str(reason(error))
