"""The life of what came in: sheet 提交台账 as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Exactly one for each input."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    FAILED = "failed"
    """The program itself failed on it (S131): neither taken nor refused, and tried again by the next run."""
    IGNORED = "ignored"


Facts = tuple[tuple[str, str], ...]
"""What fills the `{places}` of a text, as pairs, so that it can be kept and compared."""


@dataclass(frozen=True)
class Incoming:
    """One workbook or mail as it came, before the gates. All moments are naive local time.

    `state` is set only where gathering itself settled it (refused: cannot be opened; ignored: holds no workbook), with
    its `code` and `facts`; `data` is then what could be kept, possibly nothing.
    """

    source: str
    """Where it was found, outermost first: `收件箱.mbox #3 » 张三.eml » 填报包.xlsx`."""
    file: str
    data: bytes = field(repr=False)
    sha256: str
    sender: str = ""
    """The address in From, empty for a bare file."""
    message_id: str = ""
    sent_at: datetime | None = None
    """Date of the mail; None for a bare file (the gates then take the document's own date)."""
    received_at: datetime | None = None
    """Time of the file on disk."""
    state: State | None = None
    code: str = ""
    facts: Facts = ()
    mailed: bool = False
    """It came by mail, so its sender is checked (also one without a readable sender)."""
    department: str = ""
    """Whose an earlier try took it for, where the program failed on it then."""


@dataclass(frozen=True)
class Received:
    """One input workbook or mail and what the gates said. `code` is a finding code of family S when it was not simply accepted.

    Accepted with an empty `pack` means hand-made: no token, two-way merge, every difference a proposal.
    """

    source: str
    sha256: str
    state: State
    file: str = ""
    code: str = ""
    facts: Facts = ()
    department: str = ""
    pack: str = ""
    week: str = ""
    sender: str = ""
    message_id: str = ""
    sent_at: datetime | None = None
    received_at: datetime | None = None
    warning: str = ""
    """A further code, of what was accepted all the same; its facts are among `facts`."""
