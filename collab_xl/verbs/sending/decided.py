"""What departments are told of decisions made after their receipt went out, or before it was written. Used by `send receipts`.

A department hears of each decision once: with the receipt of a newer file of its own, or else, when nothing of the file waits any more, in
a receipt of its own. What was told stands in the ledger: the mails about the file and when they were written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from collab_xl.merge.verdicts import FileStory, stories, verdict_of
from collab_xl.model.merge import Outcome
from collab_xl.model.outgoing import MailKind
from collab_xl.model.record import Struct
from collab_xl.model.run import Run
from collab_xl.model.verdict import Verdict
from collab_xl.plan.letters import NOT_OUT
from collab_xl.verbs.session import Session

LATER_WORDS = ("applied", "same", "unreadable")
"""Outcomes of a later run that say how a cell ended; conflicts and rights wait for the PMO, which is another line."""


class Decided(Struct, frozen=True):
    """Of one file: what was decided since the department heard of it, and whether something still waits."""

    news: tuple[Verdict, ...]
    open: bool


def told_at(session: Session) -> dict[str, datetime]:
    """sha256 → when the last receipt about the file was written; drafts count, as their words are fixed."""
    mails = [mail for mail in session.master.ledger.outgoing(MailKind.RECEIPT) if mail.state not in NOT_OUT]
    return {sha: mail.planned_at for mail in sorted(mails, key=lambda mail: mail.planned_at) for sha in mail.about}


def decided(session: Session, files: Collection[str], told: Mapping[str, datetime], since: datetime) -> dict[str, Decided]:
    """sha256 → what became of what waited in it; files of which nothing waited, or nothing was decided lately, are left out."""
    ledger, run_id = session.master.ledger, session.run_id
    found = stories(ledger.events(run_id, packs=()))
    runs = [run for run in ledger.effective(run_id) if run.merged and _naive(run.started_at) > since]
    later: dict[str, list[tuple[Run, Outcome]]] = {}
    for run in runs if told else ():
        for o in ledger.outcomes(run.id, [sha for sha in told if sha in files]):
            if _naive(run.started_at) > told[o.sha256]:
                later.setdefault(o.sha256, []).append((run, o))
    out = {}
    for sha in files:
        story = found.get(sha, FileStory())
        after = max(told.get(sha, since), since)
        settled = [one for one in story.waited.values() if one.settled_at is not None and _naive(one.settled_at) > after]
        news = {(v.form, v.row_key, v.field): v for one in settled if (v := verdict_of(one, session.schema)) is not None}
        for o in (o for _, o in later.get(sha, ()) if o.outcome in LATER_WORDS and o.form in session.schema):
            at = o.form, o.row_key, o.field
            news.setdefault(at, Verdict(*at, o.submission, o.outcome, cell=o.cell))
        if news:
            out[sha] = Decided(tuple(news.values()), story.open)
    return out


def by_cell(news: Sequence[Verdict]) -> dict[str, Verdict]:
    """Cell of the file → its verdict."""
    return {v.cell: v for v in news if v.cell}


def _naive(moment: datetime) -> datetime:
    return moment.astimezone().replace(tzinfo=None) if moment.tzinfo else moment
