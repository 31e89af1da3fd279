"""How far a department is in one week: from its pack to the master."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from collab_xl.model.record import Struct
from collab_xl.model.submission_log import State


class WeekState(StrEnum):
    """In the order in which a week goes; `model.state.<value>` is its word."""

    ISSUED = "issued"
    PREPARED = "prepared"
    """A mail with the pack is among the drafts."""
    SENT = "sent"
    BOUNCED = "bounced"
    CHASED = "chased"
    OVERDUE = "not_in"
    """The deadline has passed and nothing usable came."""
    RETURNED = "refused"
    RECEIVED = "accepted"
    """It came in and is not for the next consolidate: put aside, taken out, or the program failed on it."""
    READY = "ready"
    CONFLICTS = "conflicts"
    CONSOLIDATED = "consolidated"


class MailThen(Struct, frozen=True):
    """A mail of ours about the pack: drafted, or sent. `chase`: it reminds. `bounced`: it reached nobody, with the server's words."""

    at: datetime
    sent: bool
    chase: bool = False
    bounced: datetime | None = None
    reason: str = ""


class FileThen(Struct, frozen=True):
    """A file of the department for this week. `waits`: it is not for the next consolidate. `asks`: something of it is to be decided."""

    at: datetime | None
    state: State
    consolidated: bool = False
    waits: bool = False
    asks: bool = False


class DepartmentWeek(Struct, frozen=True):
    """All that the ledger knows of a department and a week. `bounced`: a mail to it came back, and we do not know which."""

    department: str
    issued_at: datetime
    deadline: datetime | date | None
    """A date means the end of that day."""
    mails: tuple[MailThen, ...] = ()
    bounced: datetime | None = None
    reason: str = ""
    files: tuple[FileThen, ...] = ()


class DepartmentState(Struct, frozen=True):
    department: str
    state: WeekState
    since: datetime | None = None
    reason: str = ""
    """Of a bounce: the server's words."""
    chased: int = 0
    """Reminders sent."""
