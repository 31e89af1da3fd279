"""Tell the group robots what was mailed, each thing once, and say what became of it. Used by `send`.

A text is noted as `sending` before it leaves. One that the service refused stays planned, for a day; one whose answer was not heard is not
posted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from collab_xl.catalogue import error_text, text
from collab_xl.errors import CollabError
from collab_xl.mail.robot import NotPosted, hook_of, post
from collab_xl.model.outgoing import Letter, MailKind, MailState
from collab_xl.model.record import Struct, field
from collab_xl.model.robot import TELLS, Post, Robot, robots_in
from collab_xl.plan.robot_texts import robot_text
from collab_xl.project.checkpoint import checkpoint
from collab_xl.verbs.robot import no_hook
from collab_xl.verbs.session import Session

KEPT = timedelta(days=1)
"""So long a text that was refused is tried again; later it would tell nobody anything."""


class Told(Struct):
    """`failed`: whether somebody has to look at it."""

    lines: list[str] = field(default_factory=list)
    json: list[dict[str, object]] = field(default_factory=list)
    failed: bool = False


def robots_for(session: Session, kind: MailKind | None) -> tuple[Robot, ...]:
    """The robots that are told of this kind of mail."""
    setting = TELLS.get(kind) if kind is not None else None
    return robots_in(getattr(session.settings, setting)) or () if setting else ()


def tell(session: Session, kind: MailKind, letters: Sequence[Letter]) -> Told:
    """Tell every robot of the setting what these letters contain and what it was not told before. No failure is raised."""
    out, ledger = Told(), session.master.ledger
    for robot in robots_for(session, kind):
        planned = []
        told: set[str] = set()
        for before in ledger.posts():
            if before.robot is not robot or before.kind is not kind or before.state is MailState.DROPPED:
                continue
            if before.state is MailState.SENDING:  # left by a process that was killed
                _say(session, out, before, MailState.UNKNOWN, text("mail.why.killed", session.lang))
            elif before.state is MailState.PLANNED and session.now - before.planned_at > KEPT:
                ledger.post_is(before, MailState.DROPPED, session.now, text("mail.why.stale", session.lang))
                continue
            elif before.state is MailState.PLANNED:
                planned.append(before)
            told.update(before.about)
        new = robot_text(kind, letters, told, session.settings.project or session.path.stem, session.book_lang)
        if new is not None:
            fresh = Post(robot, kind, new.text, new.about, session.now)
            if ledger.plan_post(fresh):
                checkpoint("robot:planned")
                planned.append(fresh)
        for each in planned:
            _posted(session, out, each)
    return out


def _posted(session: Session, out: Told, each: Post) -> None:
    lang = session.lang
    try:
        found = hook_of(each.robot, session.master.project_id, lang)
    except CollabError as error:
        what, why, fix = error_text(error, lang)
        return _add(out, each, MailState.PLANNED, f"{what}\n  {why}\n  {fix}", error.code)
    if found.hook is None:
        return _add(out, each, MailState.PLANNED, no_hook(each.robot, found.problem, session.path.name, lang), "no_webhook")
    sending = session.master.ledger.post_is(each, MailState.SENDING, session.now)
    if sending is None:  # another run has it
        return None
    checkpoint("robot:sending")
    try:
        post(found.hook, each.text, session.now.timestamp())
    except NotPosted as error:
        return _say(session, out, sending, MailState.PLANNED if error.certain else MailState.UNKNOWN, str(error))
    checkpoint("robot:posted")
    _say(session, out, sending, MailState.SENT, "")
    return checkpoint("robot:noted")


def _say(session: Session, out: Told, each: Post, state: MailState, reason: str) -> None:
    session.master.ledger.post_is(each, state, session.now, reason)
    key = {MailState.SENT: "told", MailState.UNKNOWN: "unknown"}.get(state, "failed")
    name = text(f"model.robot.{each.robot}", session.lang)
    _add(out, each, state, text(f"mail.robot.{key}", session.lang, robot=name, n=len(each.about), why=reason), reason)


def _add(out: Told, each: Post, state: MailState, line: str, reason: str) -> None:
    out.lines.append(line)
    out.json.append({"robot": str(each.robot), "state": str(state), "reason": reason or None})
    out.failed |= state is not MailState.SENT
