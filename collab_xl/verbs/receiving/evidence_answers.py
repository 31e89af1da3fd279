"""Questions about files beside packs: which row they belong to. How they are named, and how an answer is read. Decision 0040."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from collab_xl.intake.origin import SEPARATOR
from collab_xl.merge.evidence import RowName, Rows
from collab_xl.model.evidence import folded
from collab_xl.model.regex import regex
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.model.submission_log import Received

if TYPE_CHECKING:
    from collab_xl.verbs.session import Session

KIND = "evidence"
SHOWN = 8
"""Rows of the department that the question names."""
_BETWEEN = regex(r"[、,，;；\s]+")


def word_of(r: Received) -> str:
    """What a question is about: one mail, or a file that came without one."""
    mark = r.message_id or (r.source.split(SEPARATOR)[0] if SEPARATOR in r.source else "") or r.sha256
    return hashlib.sha256(mark.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def row_of(line: str) -> RowName | None:
    """A row as an answer names it: the form's id and the row's key."""
    form, _, key = line.partition(" ")
    return RowName(form, key) if form and key else None


def line_of(row: RowName) -> str:
    return f"{row.form} {row.key}"


def options_of(session: Session, department: str) -> list[tuple[RowName, str]]:
    return Rows(session.tables_for_viewing, session.schema, session.directory).options(department)


def meant(session: Session, q: SenderQuestion, said: str) -> str | None:
    """The rows that a typed answer names, as the ledger stores them; None if it names none of the department's rows."""
    options = {folded(row.key): row for row, _ in options_of(session, q.sender)}
    if row := options.get(folded(said)):
        return line_of(row)
    rows = [options.get(folded(part)) for part in _BETWEEN.split(said) if part]
    return "\n".join(line_of(row) for row in rows if row) if rows and all(rows) else None


def shown_answer(answer: str) -> str:
    return "、".join(row.key for line in answer.splitlines() if (row := row_of(line)))


def rows_listed(session: Session, department: str) -> str:
    """The department's rows with their titles, for the note beside a question."""
    options = options_of(session, department)
    words = [f"{row.key} {title}".strip() for row, title in options[:SHOWN]]
    return ("；" if session.book_lang == "zh" else "; ").join([*words, *(["…"] if len(options) > SHOWN else [])])
