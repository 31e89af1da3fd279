"""The state of a department in a week, from what the ledger knows. Pure; the table of cases is in its test."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from collab_xl.model.department_week import DepartmentState, DepartmentWeek, FileThen, WeekState
from collab_xl.model.submission_log import State


def state_of(week: DepartmentWeek, now: datetime) -> DepartmentState:
    """What came in decides; while nothing did, what became of our mails, the deadline, and then the mails themselves."""
    chased = sum(mail.chase and mail.sent for mail in week.mails)
    state, since, reason = _by_files(week.files) or _by_mails(week, now)
    return DepartmentState(week.department, state, since, reason, chased)


def _by_files(files: tuple[FileThen, ...]) -> tuple[WeekState, datetime | None, str] | None:
    accepted = [f for f in files if f.state is State.ACCEPTED]
    for state, some in (
        (WeekState.READY, [f for f in accepted if not (f.consolidated or f.waits)]),
        (WeekState.CONFLICTS, [f for f in accepted if f.consolidated and f.asks]),
        (WeekState.CONSOLIDATED, [f for f in accepted if f.consolidated]),
        (WeekState.RECEIVED, [f for f in files if f.state in (State.ACCEPTED, State.FAILED)]),
        (WeekState.RETURNED, [f for f in files if f.state is State.REFUSED]),
    ):
        if some:
            return state, max((f.at for f in some if f.at), default=None), ""
    return None


def _by_mails(week: DepartmentWeek, now: datetime) -> tuple[WeekState, datetime | None, str]:
    sent = [mail for mail in week.mails if mail.sent]
    # Of two at one moment the one that came through decides: the department has the pack.
    newest = max(sent, key=lambda mail: (mail.at, mail.bounced is None, mail.bounced or mail.at, mail.reason), default=None)
    if newest is not None and newest.bounced:
        return WeekState.BOUNCED, newest.bounced, newest.reason
    if week.bounced and (newest is None or week.bounced >= newest.at):
        return WeekState.BOUNCED, week.bounced, week.reason
    if week.deadline is not None and now > _end(week.deadline):
        return WeekState.OVERDUE, _end(week.deadline), ""
    chase = max((mail.at for mail in sent if mail.chase), default=None)
    if chase:
        return WeekState.CHASED, chase, ""
    if sent:
        return WeekState.SENT, max(mail.at for mail in sent), ""
    drafts = [mail.at for mail in week.mails if not mail.chase]
    return (WeekState.PREPARED, max(drafts), "") if drafts else (WeekState.ISSUED, week.issued_at, "")


def _end(deadline: datetime | date) -> datetime:
    return deadline if isinstance(deadline, datetime) else datetime.combine(deadline + timedelta(1), time.min)
