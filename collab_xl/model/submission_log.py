"""What was received and what became of it: sheet 提交台账 as values."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from collab_xl.model.record import Struct


class State(StrEnum):
    """Each input has exactly one state."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    FAILED = "failed"
    """The program failed on it (S131): it is neither accepted nor refused, and the next run tries again."""
    IGNORED = "ignored"
    EVIDENCE = "evidence"
    """No workbook: a file that proves something, kept for the row it belongs to (decision 0040)."""


Facts = tuple[tuple[str, str], ...]
"""Facts for the `{places}` of a text, as pairs, so that they can be stored and compared."""


class Content(Protocol):
    """The bytes of an input. They are read only where they are needed, so that a large inbox does not fill the memory."""

    @property
    def size_bytes(self) -> int: ...

    def read(self) -> bytes:
        """Raises OSError if they cannot be read or are no longer the same."""

    def pieces(self) -> Iterator[bytes]:
        """The same piece by piece; that the bytes are no longer the same is raised at the end."""


@dataclasses.dataclass(frozen=True)
class InMemory:
    """Bytes that are at hand."""

    data: bytes = dataclasses.field(default=b"", repr=False)

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read(self) -> bytes:
        return self.data

    def pieces(self) -> Iterator[bytes]:
        yield self.data


NOTHING = InMemory()


class Incoming(Struct, frozen=True):
    """One workbook or mail as received, before the checks of intake. All times are local time without zone.

    `state` is set, with `code` and `facts`, only when collecting already decided it (refused: cannot be opened; ignored: contains no
    workbook). `content` is then what could be read, which may be nothing.
    """

    source: str
    """Where it was found, outermost container first: `收件箱.mbox #3 » 张三.eml » 填报包.xlsx`."""
    file: str
    content: Content
    sha256: str
    sender: str = ""
    """The address in From; empty for a file that did not come by mail."""
    message_id: str = ""
    sent_at: datetime | None = None
    """Date of the mail; None for a file that did not come by mail (intake then uses the date in the document)."""
    received_at: datetime | None = None
    """Time of the file on disk."""
    state: State | None = None
    code: str = ""
    facts: Facts = ()
    mailed: bool = False
    """It came by mail, so its sender is checked, also when the sender is unreadable."""
    department: str = ""
    """The department found by an earlier run in which the program failed on this file."""


class Received(Struct, frozen=True):
    """One input workbook or mail and the result of intake. `code` is a finding code of family S unless it was accepted without a remark.

    Accepted with an empty `pack` means hand-made: no pack token, a two-way merge, and every difference is a proposal.
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
    """A code of family S that did not prevent acceptance; its facts are in `facts`."""
    wants: tuple[str, ...] = ()
    """Forms that the department has asked for on the first sheet of its pack: its next pack has them."""
