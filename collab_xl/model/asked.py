"""A question about how somebody writes, and what a person answered: asked once a sender, remembered for the project."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of one sender. `answer` is None until somebody has answered.

    kind `heading`: the answer is a field id, "" for a column that is none of ours. kind `date_order`: day_first or month_first.
    """

    sender: str
    """The department that sent the file; "" for a tracker the PMO imports."""
    kind: str
    form: str
    word: str
    """The heading, folded; "" for the order of day and month."""
    found: str
    """The heading or date as it was written."""
    suggestion: str = ""
    file: str = ""
    cell: str = ""
    asked_at: datetime | None = None
    answer: str | None = None
    answered_at: datetime | None = None
    by: str = ""

    @property
    def id(self) -> str:
        """The same question of the same sender has the same id, in whatever file and cell it comes up."""
        mark = "\0".join((self.sender, self.kind, self.form if self.kind == "heading" else "", self.word))
        return "Q" + hashlib.sha256(mark.encode()).hexdigest()[:10]
