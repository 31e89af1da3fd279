"""Weeks whose page was made: shown again as it was once another week is the reporting week, and what came in later.

A page that is made anew from the data of today would say of W46 what nobody knew in W46 (decision 0033).
"""

from __future__ import annotations

from datetime import datetime

from collab_xl.catalogue import text
from collab_xl.model.outgoing import MailKind, MailState
from collab_xl.model.run import Run
from collab_xl.model.summary import WeekRecord
from collab_xl.model.week import week_days
from collab_xl.rules.reporting_week import deadline, has_come
from collab_xl.verbs.session import Session


def made(session: Session, week: str) -> tuple[WeekRecord, Run] | None:
    """The newest page of a week in this workbook's history, and the run that made it."""
    if not session.master.has_ledger:
        return None
    return next((pair for pair in session.master.ledger.weeks_made(session.run_id) if pair[0].week == week), None)


def frozen(session: Session, week: str) -> tuple[WeekRecord, Run] | None:
    """The page of a week that is only shown as it was: one that was made, of a week before the reporting week or mailed to the
    sponsors. None for any other."""
    found = made(session, week)
    return found if found and (week < session.reporting_week() or _mailed(session, week)) else None


def _mailed(session: Session, week: str) -> bool:
    """Whether people have the page as it was."""
    return any(mail.state is MailState.SENT and week in mail.about for mail in session.master.ledger.outgoing(MailKind.WEEK))


def came_late(session: Session, week: str) -> int:
    """Cells that submissions of a week changed after its page was made, those of new rows included; 0 if it was not made."""
    found = made(session, week)
    if found is None:
        return 0
    ledger, (_, run) = session.master.ledger, found
    files = {r.sha256 for _, r in ledger.received(session.run_id) if r.week == week}
    later = (line for line in ledger.changes(session.run_id) if line.run.number > run.number and not line.undone)
    return sum(line.change.source is not None and line.change.source.sha256 in files for line in later)


def week_line(session: Session, week: str) -> str:
    """The week a report is about, with its days: said first, as it need not be the running one."""
    first, last = week_days(week, session.settings.week_start)
    days = text("verbs.say.week_days", session.lang, week=week, first=f"{first:%m-%d}", last=f"{last:%m-%d}")
    if week == session.week:
        return days
    return days + text("verbs.say.week_running", session.lang, running=session.week)


def why_this_week(session: Session, week: str) -> str:
    """Why a report that was asked for without a week is about this one; the rule is `rules.reporting_week`."""
    due = deadline(session.week, session.settings, session.calendar)
    come = has_come(session.week, session.moment_asked, session.settings, session.calendar)
    at = "" if due is None else f"{due:%m-%d %H:%M}" if isinstance(due, datetime) else f"{due:%m-%d}"
    key = "week_why_before" if week != session.week else "week_why_come" if come else "week_why_first"
    return text(f"verbs.say.{key}", session.lang, running=session.week, due=at)
