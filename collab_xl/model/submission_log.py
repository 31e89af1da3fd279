"""The life of what came in: sheet 提交台账 as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Exactly one for each input."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    IGNORED = "ignored"


@dataclass(frozen=True)
class Received:
    """One input workbook or mail and what the gates said. `code` is a finding code of family S when it was not simply accepted."""

    source: str
    sha256: str
    state: State
    file: str = ""
    code: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    department: str = ""
    pack: str = ""
    week: str = ""
    sender: str = ""
    message_id: str = ""
    sent_at: datetime | None = None
    received_at: datetime | None = None
