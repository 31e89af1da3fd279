"""Gather what came in: files, folders, zip, .eml and .mbox become candidate inputs. Nothing raises on bad input.

Effect: reads the disk, changes nothing. Each workbook or mail becomes one Incoming; what cannot be opened is already refused or
ignored with its code (family S). Moments are naive local time: that of the machine the PMO sits at.
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
"""What the gates look at, or refuse with advice."""
MAX_FILE = 100 << 20
MAX_MBOX = 4 << 30
MAX_NESTING = 3
"""Zips inside mails inside zips …"""
SEPARATOR = " » "


@dataclass(frozen=True)
class _Way:
    """How an input came: the names from the outside in, and what the mail around it says."""

    names: tuple[str, ...]
    received_at: datetime | None = None
    sender: str = ""
    message_id: str = ""
    sent_at: datetime | None = None
    mailed: bool = False
    listed: bool = False
    """It was found in a folder, zip or mail, not named by a person: other kinds of files there are nothing to complain about."""
    depth: int = 0
    budget: Budget = field(default_factory=Budget)

    def into(self, name: str) -> _Way:
        return self._with(names=(*self.names, name), listed=True, depth=self.depth + 1)

    def _with(self, **changes: object) -> _Way:
        return _Way(**{**self.__dict__, **changes})


def gather(paths: Sequence[Path]) -> Iterator[Incoming]:
    """Every candidate input below `paths`, in their order; folders sorted by name, subfolders included.

    Left out without a word in folders and zips: Excel's owner files (`~$…`), hidden files, .DS_Store, Thumbs.db, desktop.ini, `__MACOSX`,
    and the `.collab` folder beside a master.
    Other kinds of files there are no inputs and left out too; named as a path of their own they are refused (S101).
    Yields at least one Incoming for every path given.
    """
    for path in paths:
        seen = False
        for item in _path(path):
            seen = True
            yield item
        if not seen:
            yield _settled(_Way((path.name or str(path),)), State.IGNORED, "S429")


def _path(path: Path) -> Iterator[Incoming]:
    way = _Way((path.name or str(path),))
    try:
        if path.is_dir():
            yield from _folder(path)
        elif not path.exists():
            yield _settled(way, State.REFUSED, "S430")
        else:
            yield from _file(path, way)
    except (OSError, ValueError) as error:
        yield _settled(way, State.REFUSED, "S108", error=_reason(error))


def _folder(top: Path) -> Iterator[Incoming]:
    for folder, subfolders, files in os.walk(top):
        subfolders[:] = sorted(name for name in subfolders if not _passed_over(name))
        for name in sorted(files):
            if not _passed_over(name):
                path = Path(folder, name)
                yield from _file(path, _Way((path.relative_to(top).as_posix(),), listed=True))


def _passed_over(name: str) -> bool:
    low = name.lower()
    return low.startswith(("~$", ".", "__macosx")) or low in ("thumbs.db", "desktop.ini") or low.endswith((".collab", ".tmp", ".part"))


def _file(path: Path, way: _Way) -> Iterator[Incoming]:
    ending = path.suffix.lower()
    try:
        if not path.is_file():
            return  # a pipe or a device: reading one may never end
        status = path.stat()
        way = way._with(received_at=datetime.fromtimestamp(status.st_mtime))
        if ending == ".mbox":
            yield from _mbox(path, way)
            return
        if status.st_size > MAX_FILE:
            yield _settled(way, State.REFUSED, "S107", _digest(path), size=f"{status.st_size >> 20} MB", limit=f"{MAX_FILE >> 20} MB")
            return
        data = path.read_bytes()
    except OSError as error:
        yield _settled(way, State.REFUSED, "S108", error=_reason(error))
        return
    yield from _content(data, way)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _content(data: bytes, way: _Way) -> Iterator[Incoming]:
    """What one file, attachment or zip member holds, by the ending of its name."""
    ending = os.path.splitext(way.names[-1])[1].lower().strip()
    if ending == ".eml":
        yield from _mail(data, way)
    elif ending == ".zip":
        yield from _zip(data, way)
    elif ending in SPREADSHEETS:
        yield _incoming(way, data)
    elif ending == ".msg":
        yield _settled(way, State.REFUSED, "S423", data)
    elif ending in ARCHIVES:
        yield _settled(way, State.REFUSED, "S426", data, kind=ending)
    elif way.names[-1].lower() == "winmail.dat":
        yield _settled(way, State.REFUSED, "S422", data)
    elif not way.listed:
        yield _settled(way, State.REFUSED, "S101", data, kind=ending or way.names[-1])


def _zip(data: bytes, way: _Way) -> Iterator[Incoming]:
    """The members of a zip; one that is a workbook under the wrong name (mail gateways rename .xlsx to .zip) is taken as it."""
    if holds_workbook(data):
        yield _incoming(way._with(names=(*way.names[:-1], way.names[-1][:-4] + ".xlsx")), data)
        return
    if way.depth >= MAX_NESTING:
        yield _settled(way, State.REFUSED, "S425", data)
        return
    found = False
    try:
        for member in members(data, way.budget):
            if not _passed_over(member.name.rsplit("/", 1)[-1]) and not member.name.startswith("__MACOSX/"):
                for item in _member(member, way):
                    found = True
                    yield item
    except TooMuch as limit:
        yield _settled(way, State.REFUSED, limit.code, data, **limit.facts)
        return
    if not found:
        yield _settled(way, State.IGNORED, "S429", data)


def _member(member: Member, way: _Way) -> Iterator[Incoming]:
    inner = way.into(member.name)
    if member.code:
        yield _settled(inner, State.REFUSED, member.code)
    else:
        yield from _content(member.data, inner)


def _mail(data: bytes, way: _Way) -> Iterator[Incoming]:
    """One Incoming per workbook in the mail; one ignored for a mail without any."""
    from collab_xl.intake import mail_file  # here, as most weeks bring none

    mail = mail_file.read_mail(data)
    if mail.too_long:
        yield _settled(way, State.REFUSED, "S433", data, header=mail.too_long, limit=f"{mail_file.MAX_HEADER >> 10} KB")
        return
    if not mail.sender and mail.sent_at is None and not mail.message_id and not mail.attachments:
        yield _settled(way, State.REFUSED, "S427", data)
        return
    way = way._with(sender=mail.sender, message_id=mail.message_id, sent_at=_local(mail.sent_at), mailed=True)
    found, other = False, []
    for attachment in mail.attachments:
        inner = way._with(sent_at=_local(attachment.sent_at))
        for name in attachment.path:
            inner = inner.into(name)
        inner = inner.into(attachment.name)
        if inner.depth > MAX_NESTING + mail_file.MAX_DEPTH:
            continue
        items = list(_content(attachment.data, inner._with(depth=way.depth + 1)))
        if all(item.state is State.IGNORED for item in items):
            if not attachment.inline:
                other.append(attachment.name)
            continue
        found = True
        yield from items
    if not found:
        facts = {"subject": mail.subject, "attachments": " · ".join(dict.fromkeys(other)) or "—"}
        yield _settled(way, State.IGNORED, "S421", data, **facts)


def _mbox(path: Path, way: _Way) -> Iterator[Incoming]:
    """Every mail of a mailbox file, numbered from 1."""
    if path.stat().st_size > MAX_MBOX:
        yield _settled(way, State.REFUSED, "S107", size=f"{path.stat().st_size >> 20} MB", limit=f"{MAX_MBOX >> 20} MB")
        return
    import mailbox

    box = mailbox.mbox(path, create=False)
    try:
        number = 0
        for number, key in enumerate(box.iterkeys(), 1):
            yield from _mail(box.get_bytes(key), way._with(names=(f"{path.name} #{number}",), budget=Budget()))
        if not number:
            yield _settled(way, State.REFUSED, "S427")
    finally:
        box.close()


def _incoming(way: _Way, data: bytes, state: State | None = None, code: str = "", digest: str = "", **facts: str) -> Incoming:
    """The border: from here on every text can be encoded."""
    names = [*map(encodable, way.names)]
    return Incoming(
        source=SEPARATOR.join(names),
        file=names[-1].rsplit("/", 1)[-1],
        data=data,
        sha256=digest or hashlib.sha256(data).hexdigest(),
        sender=encodable(way.sender),
        message_id=encodable(way.message_id),
        sent_at=way.sent_at,
        received_at=way.received_at,
        state=state,
        code=code,
        facts=tuple((name, encodable(said)) for name, said in facts.items()),
        mailed=way.mailed,
    )


def _settled(way: _Way, state: State, code: str, content: bytes | str = b"", **facts: str) -> Incoming:
    """An input that is settled before the gates; `content` is its bytes, or its hash where it is too large to hold."""
    data, digest = (content, "") if isinstance(content, bytes) else (b"", content)
    return _incoming(way, data, state, code, digest, **facts)


def _local(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    try:
        return moment.astimezone().replace(tzinfo=None)
    except (OverflowError, ValueError, OSError):
        return None


def _reason(error: Exception) -> str:
    """A key `reason.…` of the catalogue, or the system's own words: what is kept in the ledger has no language."""
    return str(reason(error))
