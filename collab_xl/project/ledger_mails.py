"""Mails in the ledger: those that go out, those looked at in the mailbox, and what they say. They belong to the project, not to a run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from collab_xl.model.outgoing import MailKind, MailReport, MailState, Outgoing, ReportKind
from collab_xl.model.record import replace
from collab_xl.model.robot import Post, Robot

_OUTGOING = (
    "id, kind, department, recipients, cc, subject, tag, message_id, sha256, about, planned_at, state, state_at, way, proof, reason, run"
)
_ROBOT = "robot"
"""The kind of a line of `outgoing` that is no mail but a text for a group: its words are the subject, its kind of mail the tag."""
_REPORTS = "source, kind, message_id, recipient, department, reason, at, validity, uid"


def plan(conn: sqlite3.Connection, mails: Iterable[Outgoing]) -> list[Outgoing]:
    """Store new mails, all or none; those whose id is taken are left out of what is returned. One that was dropped is planned anew."""
    taken = []
    conn.execute("BEGIN IMMEDIATE")
    try:
        for mail in mails:
            conn.execute("DELETE FROM outgoing WHERE id = ? AND state = ?", (mail.id, MailState.DROPPED))
            line = _line(mail)
            done = conn.execute(f"INSERT OR IGNORE INTO outgoing ({_OUTGOING}) VALUES ({','.join('?' * len(line))})", line)
            if done.rowcount:
                taken.append(mail)
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    return taken


def moved(
    conn: sqlite3.Connection, mail: Outgoing, state: MailState, at: datetime, *, way: str | None, proof: str, reason: str
) -> Outgoing | None:
    """The mail in its new state, stored; None if it is no longer in the state it was read in: somebody else has it."""
    new = replace(mail, state=state, state_at=at, way=mail.way if way is None else way, proof=proof, reason=reason)
    done = conn.execute(
        "UPDATE outgoing SET state = ?, state_at = ?, way = ?, proof = ?, reason = ? WHERE id = ? AND message_id = ? AND state = ?",
        (state, at.isoformat(), new.way, proof, reason, mail.id, mail.message_id, mail.state),
    )
    return new if done.rowcount else None


def outgoing(conn: sqlite3.Connection, kinds: Collection[MailKind] = ()) -> list[Outgoing]:
    """Mails in the order planned; of these kinds only, if any are named."""
    wanted = [*kinds] or [*MailKind]
    where = f"WHERE kind IN ({','.join('?' * len(wanted))})"
    lines = conn.execute(f"SELECT {_OUTGOING} FROM outgoing {where} ORDER BY planned_at, id", wanted)
    return [_mail(*line) for line in lines]


def plan_post(conn: sqlite3.Connection, post: Post) -> bool:
    """Store a text before it is posted; False if it is stored already. One that was dropped is planned anew."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        conn.execute("DELETE FROM outgoing WHERE id = ? AND state = ?", (post.id, MailState.DROPPED))
        line = (
            post.id, _ROBOT, "", _texts([post.robot]), _texts([]), post.text, post.kind, post.id, "", _texts(post.about),
            post.planned_at.isoformat(), post.state, post.planned_at.isoformat(), _ROBOT, "", post.reason, "",
        )  # fmt: skip
        done = conn.execute(f"INSERT OR IGNORE INTO outgoing ({_OUTGOING}) VALUES ({','.join('?' * len(line))})", line)
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    return bool(done.rowcount)


def post_is(conn: sqlite3.Connection, post: Post, state: MailState, at: datetime, reason: str) -> Post | None:
    """The text in its new state, stored; None if it is no longer in the state it was read in."""
    done = conn.execute(
        "UPDATE outgoing SET state = ?, state_at = ?, reason = ? WHERE id = ? AND kind = ? AND state = ?",
        (state, at.isoformat(), reason, post.id, _ROBOT, post.state),
    )
    return replace(post, state=state, reason=reason) if done.rowcount else None


def posts(conn: sqlite3.Connection) -> list[Post]:
    """Texts for groups, in the order planned."""
    columns = "recipients, tag, subject, about, planned_at, state, reason"
    return [
        Post(
            Robot(json.loads(robot)[0]), MailKind(kind), text, tuple(map(str, json.loads(about))), datetime.fromisoformat(planned),
            MailState(state), reason,
        )
        for robot, kind, text, about, planned, state, reason in conn.execute(
            f"SELECT {columns} FROM outgoing WHERE kind = ? ORDER BY planned_at, id", (_ROBOT,)
        )
    ]  # fmt: skip


def note_reports(conn: sqlite3.Connection, reports: Iterable[MailReport]) -> None:
    """Store what mails said; the same mail says it once."""
    conn.execute("BEGIN IMMEDIATE")
    lines = ((r.source, r.kind, r.message_id, r.recipient, r.department, r.reason, r.at.isoformat(), r.validity, r.uid) for r in reports)
    try:
        conn.executemany(f"INSERT OR IGNORE INTO mail_reports ({_REPORTS}) VALUES (?,?,?,?,?,?,?,?,?)", lines)
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise


def reports(conn: sqlite3.Connection) -> list[MailReport]:
    """What mails said, oldest first."""
    lines = conn.execute(f"SELECT {_REPORTS} FROM mail_reports ORDER BY at, source, recipient")
    return [
        MailReport(source, ReportKind(kind), message, recipient, department, reason, datetime.fromisoformat(at), validity, uid)
        for source, kind, message, recipient, department, reason, at, validity, uid in lines
    ]


def _line(mail: Outgoing) -> tuple[str, ...]:
    return (
        mail.id, mail.kind, mail.department, _texts(mail.to), _texts(mail.cc), mail.subject, mail.tag, mail.message_id, mail.sha256,
        _texts(mail.about), mail.planned_at.isoformat(), mail.state, (mail.state_at or mail.planned_at).isoformat(), mail.way, mail.proof,
        mail.reason, mail.run,
    )  # fmt: skip


def _mail(
    id: str, kind: str, department: str, to: str, cc: str, subject: str, tag: str, message_id: str, sha256: str, about: str,
    planned_at: str, state: str, state_at: str, way: str, proof: str, reason: str, run: str,
) -> Outgoing:  # fmt: skip
    lists = (tuple(str(x) for x in json.loads(text)) for text in (to, cc, about))
    (recipients, copies, refers), planned, at = lists, datetime.fromisoformat(planned_at), datetime.fromisoformat(state_at)
    return Outgoing(
        id, MailKind(kind), department, recipients, copies, subject, tag, message_id, sha256, refers, planned, MailState(state), at, way,
        proof, reason, run,
    )  # fmt: skip


def _texts(texts: Iterable[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)
