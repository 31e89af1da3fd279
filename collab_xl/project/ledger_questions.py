"""The questions in the ledger: asked once, answered by a person, stored for all later files of the sender (decision 0011)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from collab_xl.model.sender_questions import SenderQuestion

_COLUMNS = "sender, kind, form, word, found, suggestion, file, cell, asked_at, answer, answered_at, answered_by"


def ask(conn: sqlite3.Connection, questions: Iterable[SenderQuestion]) -> None:
    """Store questions. An existing question stays unchanged, with its answer."""
    conn.executemany(
        f"INSERT OR IGNORE INTO questions (id, {_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", ((q.id, *_line(q)) for q in questions)
    )


def answer(conn: sqlite3.Connection, question_id: str, reply: str | None, at: datetime, by: str) -> None:
    """Store an answer. A later answer replaces it; None means that the question is asked again."""
    conn.execute("UPDATE questions SET answer = ?, answered_at = ?, answered_by = ? WHERE id = ?", (reply, at.isoformat(), by, question_id))


def questions(conn: sqlite3.Connection) -> list[SenderQuestion]:
    """All questions, in the order asked."""
    lines = conn.execute(f"SELECT {_COLUMNS} FROM questions ORDER BY asked_at, id")
    return [_asked(*line) for line in lines]


def _line(q: SenderQuestion) -> tuple[str | None, ...]:
    asked = q.asked_at.isoformat() if q.asked_at else ""
    answered = q.answered_at.isoformat() if q.answered_at else None
    return q.sender, q.kind, q.form, q.word, q.found, q.suggestion, q.file, q.cell, asked, q.answer, answered, q.by


def _asked(
    sender: str, kind: str, form: str, word: str, found: str, suggestion: str, file: str, cell: str, asked: str, reply: str | None,
    answered: str | None, by: str,
) -> SenderQuestion:  # fmt: skip
    at, then = (datetime.fromisoformat(moment) if moment else None for moment in (asked, answered))
    return SenderQuestion(sender, kind, form, word, found, suggestion, file, cell, at, reply, then, by)
