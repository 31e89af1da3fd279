"""Mails of the project that go out, and what mails that came in say about them. The ledger keeps both; they are facts, so undo leaves them.

A mail is planned; then its bytes and its Message-ID are fixed and noted before anything leaves. So the same mail is never made twice, and
what may have left is looked for by its Message-ID before a person is asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from collab_xl.model.record import Struct, field
from collab_xl.model.regex import regex


class MailKind(StrEnum):
    PACK = "pack"
    RECEIPT = "receipt"
    RETURN = "return"
    CHASE = "chase"
    ESCALATION = "escalation"
    WEEK = "week"


class MailState(StrEnum):
    """`planned` → `drafted` or `sending` → `sent` or `unknown`. `dropped`: it will not be sent; the same may be planned anew."""

    PLANNED = "planned"
    SENDING = "sending"
    DRAFTED = "drafted"
    SENT = "sent"
    UNKNOWN = "unknown"
    """It may have left: the connection broke, or the process ended, after it was handed over and before the server answered."""
    DROPPED = "dropped"


class Outgoing(Struct, frozen=True):
    """One mail. Recipients are addresses."""

    id: str
    """The same for the same mail about the same thing: of two that plan it, one wins."""
    kind: MailKind
    department: str
    """"" for a mail that is not about one department."""
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    tag: str
    """The short mark in the subject, by which an answer is told."""
    message_id: str
    sha256: str
    """Of its bytes, which lie in the project's folder until it is settled."""
    about: tuple[str, ...]
    """What it refers to: a pack's id, the sha256 of submissions, `form:key` of rows, a week."""
    planned_at: datetime
    state: MailState = MailState.PLANNED
    state_at: datetime | None = None
    """When it came into this state; for `sent`, when it was sent as far as known."""
    way: str = ""
    """draft, smtp, file: how it was handed over; "" before."""
    proof: str = ""
    """How we know that it was sent: server (accepted it), found (in the Sent folder), person (said so)."""
    reason: str = ""
    """Why it is unknown or was dropped: what the server said."""
    run: str = ""
    """The run it tells about; "" for none."""


class ReportKind(StrEnum):
    BOUNCE = "bounce"
    DELAYED = "delayed"
    AUTO_REPLY = "auto_reply"


class MailReport(Struct, frozen=True):
    """What one mail that came in says about one of ours: it came back, it is late, somebody is away."""

    source: str
    """sha256 of the mail that says so."""
    kind: ReportKind
    message_id: str
    """Of the mail it is about; "" where it does not say."""
    recipient: str
    """The address it is about; for an automatic reply, whose it is."""
    department: str
    reason: str
    """The server's words, or the subject of an automatic reply."""
    at: datetime
    validity: int = 0
    uid: int = 0
    """Where it is in the mailbox; 0 for a file."""


class MailTemplate(NamedTuple):
    """The text of one kind of mail, with `{places}`."""

    subject: str
    body: str

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*PLACE.findall(self.subject), *PLACE.findall(self.body))))


PLACE = regex(r"\{([^{}\n]*)\}")
ANYWHERE = ("project", "week", "department", "liaison", "pmo")
PLACES: Mapping[MailKind, tuple[str, ...]] = {
    MailKind.PACK: ("deadline", "count", "file"),
    MailKind.RECEIPT: ("file", "received", "account", "rows"),
    MailKind.RETURN: ("file", "received", "reasons"),
    MailKind.CHASE: ("deadline", "state", "departments", "times"),
    MailKind.ESCALATION: ("rows", "people", "limit"),
    MailKind.WEEK: ("verdict", "page", "attached"),
}
"""What the text of each kind may contain beside `ANYWHERE`."""
NEEDED: Mapping[MailKind, tuple[str, ...]] = {
    MailKind.PACK: ("deadline",),
    MailKind.RECEIPT: ("account",),
    MailKind.RETURN: ("reasons",),
    MailKind.CHASE: ("state",),
    MailKind.ESCALATION: ("rows",),
    MailKind.WEEK: ("page",),
}
"""Without these a mail of the kind says nothing."""


class Grid(NamedTuple):
    """A small table in a mail."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


MailFact: TypeAlias = str | tuple[Grid, ...]
"""What a place of a mail's text is filled with."""


class Attached(NamedTuple):
    name: str
    data: bytes


class Letter(Struct, frozen=True):
    """A mail as it is to be written, before its bytes are made."""

    kind: MailKind
    department: str
    to: tuple[str, ...]
    about: tuple[str, ...]
    facts: Mapping[str, MailFact] = field(default_factory=dict)
    cc: tuple[str, ...] = ()
    files: tuple[Attached, ...] = ()
    urgent: bool = False
    """It goes at night and on a day off too."""
    answers: str = ""
    """Message-ID of the mail it answers."""
    run: str = ""
    held: str = ""
    """Why it is not written: a text `plan.held.<held>`; "" for one that is."""
    held_facts: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    """What makes it the same mail, where that is not all it is about."""

    @property
    def id(self) -> str:
        """The same for the same mail about the same thing."""
        return f"{self.kind}:{hashlib.sha256(chr(0).join(self.key or self.about).encode()).hexdigest()[:24]}"
