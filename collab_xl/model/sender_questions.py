"""A question about how a sender writes, and the answer. It is asked once per sender, and the answer is kept for the project."""

from __future__ import annotations

import hashlib
from datetime import datetime

from collab_xl.model.record import Struct


class SenderQuestion(Struct, frozen=True):
    """One question about one sender. `answer` is None until a person has answered.

    Kind `heading`: the answer is a field id, or "" for a column that is not ours. Kind `date_order`: day_first or month_first.
    Kinds `word` and `scale` (`verbs.word_questions`) are about the project, not about the sender: the id of a choice, or words with ids.
    """

    sender: str
    """The department that sent the file; "" for a tracker the PMO imports."""
    kind: str
    form: str
    word: str
    """The heading, folded; "" for the order of day and month; of words, the field and the words, a line each."""
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
        """The same question about the same sender has the same id in every file and cell."""
        words = self.kind in ("word", "scale")
        of_form = words or self.kind == "heading"
        mark = "\0".join(("" if words else self.sender, self.kind, self.form if of_form else "", self.word))
        return "Q" + hashlib.sha256(mark.encode()).hexdigest()[:10]
