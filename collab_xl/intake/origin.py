"""Where an input comes from, and the making of an Incoming: every text is encodable and has a limit. Pure."""

from __future__ import annotations

from datetime import datetime

from collab_xl.model.cell_text import MARK
from collab_xl.model.outside_text import encodable
from collab_xl.model.record import Struct, replace
from collab_xl.model.submission_log import NOTHING, Content, Incoming, State

SEPARATOR = " » "
SAID_CODES = {"bounce": "S442", "delayed": "S443", "auto_reply": "S444", "receipt": "S445"}
"""What a machine says in a mail (`mail_reports`) → the code of the mail."""
EVIDENCE, NOT_KEPT = "S447", "S448"
"""Codes of a file that is kept as evidence, and of one that is named and not kept because of what it is."""
BESIDE = frozenset({EVIDENCE, NOT_KEPT})
MAX_NAME, MAX_FACT = 255, 1000
"""Characters of a file name and of another text from outside; longer ones are shortened."""
SYSTEM_FILES = ("thumbs.db", "desktop.ini", ".ds_store")


class Origin(Struct, frozen=True):
    """Where an input comes from: the names from the outermost to the innermost, and the data of the mail around it."""

    names: tuple[str, ...]
    received_at: datetime | None = None
    sender: str = ""
    message_id: str = ""
    sent_at: datetime | None = None
    mailed: bool = False
    listed: bool = False
    """It was found in a folder, zip or mail and not named by a person."""
    depth: int = 0
    subject: str = ""
    text: str = ""
    """Of the mail around it."""
    inline: bool = False
    """The text of the mail shows it, as a picture in a signature."""

    def into(self, name: str) -> Origin:
        return self.changed(names=(*self.names, name), listed=True, depth=self.depth + 1)

    def changed(self, **changes: object) -> Origin:
        return replace(self, **changes)


def incoming(origin: Origin, content: Content, sha256: str, state: State | None = None, code: str = "", **facts: str) -> Incoming:
    """Make an Incoming whose texts can all be encoded."""
    names = [shortened_name(encodable(name)) for name in origin.names]
    return Incoming(
        source=SEPARATOR.join(names),
        file=names[-1].rsplit("/", 1)[-1],
        content=content,
        sha256=sha256,
        sender=encodable(origin.sender),
        message_id=encodable(origin.message_id),
        sent_at=origin.sent_at,
        received_at=origin.received_at,
        state=state,
        code=code,
        facts=tuple((name, shortened(encodable(text))) for name, text in facts.items()),
        mailed=origin.mailed,
    )


def settled(origin: Origin, state: State, code: str, content: Content = NOTHING, sha256: str = "", **facts: str) -> Incoming:
    """An input that is refused or ignored before the gates."""
    return incoming(origin, content, sha256, state, code, **facts)


def shortened(text: str) -> str:
    return text if len(text) <= MAX_FACT else text[:MAX_FACT] + MARK


def shortened_name(name: str) -> str:
    """A path whose parts are at most MAX_NAME characters long, with their endings."""
    if len(name) <= MAX_NAME:
        return name
    return "/".join(part if len(part) <= MAX_NAME else f"{part[: MAX_NAME - 20]}{MARK}{part[-18:]}" for part in name[-4096:].split("/"))


def is_system_file(name: str) -> bool:
    """Files that programs put into folders: Excel's owner files, hidden files, those of Windows and macOS."""
    low = name.lower()
    return low.startswith(("~$", ".", "__macosx")) or low in SYSTEM_FILES


def is_unfinished(name: str) -> bool:
    """Files that another program is still writing, by their names."""
    return name.lower().endswith((".tmp", ".part", ".partial", ".crdownload", ".download"))
