"""How far each department is in a week, from the ledger: for 提交台账, 首页 and `status`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from collab_xl.catalogue import listed, text
from collab_xl.model.department_week import DepartmentState, DepartmentWeek, FileThen, MailThen, WeekState
from collab_xl.model.merge import Item, Kind, Pack
from collab_xl.model.outgoing import MailKind, MailReport, MailState, Outgoing, ReportKind
from collab_xl.model.submission_log import Received, State
from collab_xl.model.week import week_days
from collab_xl.rules.department_states import state_of
from collab_xl.rules.reporting_week import deadline
from collab_xl.verbs.session import Session

FROM_OTHERS = frozenset({"S406", "S407"})
"""Refused because somebody else sent it: it says nothing about the department."""
ASK_FOR_SOMETHING = (WeekState.BOUNCED, WeekState.OVERDUE, WeekState.RETURNED, WeekState.CONFLICTS, WeekState.READY)
"""States behind which the departments are named."""


def open_shas(items: Iterable[Item]) -> set[str]:
    """sha256 of the files about which a decision is asked on 冲突处理; what waits for the master to be mended asks for none."""
    asking = (item for item in items if item.kind is not Kind.NOT_ENTERED)
    return {candidate.source.sha256 for item in asking for candidate in item.candidates if candidate.source.sha256}


def department_states(
    session: Session,
    packs: Iterable[Pack],
    received: Sequence[Received],
    *,
    done: Collection[str],
    waits: Collection[str],
    asks: Collection[str],
) -> dict[str, DepartmentState]:
    """Department → its state in the week of its newest pack among these.

    Args:
        done: sha256 of the files that are consolidated; `waits`: of those held or put aside; `asks`: as `open_shas`.
    """
    of_department: dict[str, Pack] = {}
    every: dict[str, Pack] = {}
    for pack in packs:
        every[pack.id] = pack
        if pack.department not in of_department or pack.issued_at >= of_department[pack.department].issued_at:
            of_department[pack.department] = pack
    ledger = session.master.ledger
    mails = ledger.outgoing(MailKind.PACK, MailKind.CHASE)
    other = {mail.message_id for mail in ledger.outgoing()} - {mail.message_id for mail in mails}
    bounces = [r for r in ledger.mail_reports() if r.kind is ReportKind.BOUNCE and r.message_id not in other]
    out = {}
    for department, pack in of_department.items():
        out[department] = state_of(
            DepartmentWeek(
                department,
                pack.issued_at,
                deadline(pack.week, session.settings, session.calendar),
                *_mails(department, pack, mails, bounces),
                files=tuple(_files(session, pack, every, received, done, waits, asks)),
            ),
            session.now,
        )
    return out


def _mails(
    department: str, pack: Pack, mails: Sequence[Outgoing], bounces: Sequence[MailReport]
) -> tuple[tuple[MailThen, ...], datetime | None, str]:
    """Our mails about the pack; then the newest bounce that names none of them, and its reason."""
    about = {pack.id, pack.week}
    own = [m for m in mails if m.department == department and (about & set(m.about) or m.planned_at >= pack.issued_at)]
    ids = {m.message_id for m in mails}
    out = []
    for mail in own:
        if mail.state not in (MailState.DRAFTED, MailState.SENT):
            continue
        back = [b for b in bounces if b.message_id == mail.message_id]
        lost = {b.recipient for b in back}
        nobody = bool(back) and ("" in lost or {a.casefold() for a in mail.to} <= lost)
        at = mail.state_at or mail.planned_at
        newest = max(back, key=lambda b: b.at, default=None)
        out.append(
            MailThen(
                at,
                sent=mail.state is MailState.SENT or bool(back),  # a draft that came back was sent
                chase=mail.kind is MailKind.CHASE,
                bounced=max(newest.at, at) if nobody and newest else None,
                reason=newest.reason if nobody and newest else "",
            )
        )
    unknown = [b for b in bounces if b.message_id not in ids and b.department == department and b.at >= pack.issued_at]
    last = max(unknown, key=lambda b: b.at, default=None)
    return tuple(out), last.at if last else None, last.reason if last else ""


def _files(
    session: Session,
    pack: Pack,
    packs: Mapping[str, Pack],
    received: Sequence[Received],
    done: Collection[str],
    waits: Collection[str],
    asks: Collection[str],
) -> Iterable[FileThen]:
    """What came from the department for the week."""
    taken = {r.sha256 for r in received if r.state is State.ACCEPTED}
    for r in received:
        at = r.sent_at or r.received_at
        own = r.pack in packs and packs[r.pack].week == pack.week and packs[r.pack].department == pack.department
        if (
            not (own or is_by_hand(r, pack, session.settings.week_start))
            or r.code in FROM_OTHERS
            or (r.state is State.FAILED and r.sha256 in taken)
        ):
            continue
        yield FileThen(at, r.state, r.sha256 in done, r.sha256 in waits, r.sha256 in asks)


def is_by_hand(r: Received, pack: Pack, week_start: int) -> bool:
    """Whether this is a sheet made by hand that counts for the pack's week: sent between its issue and the end of the next week."""
    at = r.sent_at or r.received_at
    if r.pack or r.department != pack.department or at is None or at < pack.issued_at:
        return False
    return at.date() <= week_days(pack.week, week_start)[1] + timedelta(7)


def states_line(states: Iterable[DepartmentState], lang: str, *, named: bool = True) -> str:
    """`已汇总 3 · 待汇总 1 · 退信 1（市场部）`: the end of the week first. "" without any. `named`: with who must do something."""
    by_state: dict[WeekState, list[str]] = {}
    for one in states:
        by_state.setdefault(one.state, []).append(one.department)
    parts = []
    for state in reversed(WeekState):
        names = by_state.get(state, [])
        if names:
            word = f"{text(f'model.state.{state}', lang)} {len(names)}"
            shown = listed(names, lang, "plan.week.and_more") if named and state in ASK_FOR_SOMETHING else ""
            parts.append(text("verbs.say.with_names", lang, what=word, names=shown) if shown else word)
    return " · ".join(parts)


def state_reason(session: Session, one: DepartmentState, lang: str) -> str:
    """What a person does about a department that has not submitted, for 提交台账; "" where its state says it all."""
    if one.state is WeekState.BOUNCED:
        report = next((r for r in reversed(session.master.ledger.mail_reports()) if r.department == one.department), None)
        return text("verbs.say.bounced_pack", lang, recipient=report.recipient if report else "–", reason=one.reason or "–")
    return text("verbs.say.chased", lang, count=one.chased) if one.chased else ""


def states_json(states: Mapping[str, DepartmentState]) -> list[dict[str, object]]:
    return [
        {
            "department": one.department,
            "state": str(one.state),
            "since": one.since.isoformat(timespec="seconds") if one.since else None,
            "reason": one.reason or None,
            "chased": one.chased,
        }
        for one in states.values()
    ]
