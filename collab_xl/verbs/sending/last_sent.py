"""What departments sent for their newest packs: which files, and which of their edits were not used. The next pack tells them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from collab_xl.merge.answers import reason_in
from collab_xl.model.merge import Outcome
from collab_xl.model.pack_plan import HELD_OUTSIDE, HELD_UNDONE, REFUSED, FileReply, Sent
from collab_xl.model.submission_log import Received, State
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.service_sheets import held_now, set_aside_marks

NOT_USED = ("excluded", "unreadable")


def sent_since(session: Session, packs: Collection[str]) -> list[Sent]:
    """The files of these packs that are merged, in the order sent, with their edits that were not used when last judged."""
    ledger, run_id = session.master.ledger, session.run_id
    done = ledger.consumed(run_id)
    files = {r.sha256: r for _, r in ledger.received(run_id) if r.sha256 in done and r.pack in packs and r.state is State.ACCEPTED}
    newest: dict[tuple[str, str], Outcome] = {}
    for run in ledger.effective(run_id) if files else ():
        if run.merged:
            newest.update(((o.sha256, o.cell), o) for o in ledger.outcomes(run.id, files.keys()))
    unused: dict[str, list[Outcome]] = {}
    for o in newest.values():
        if o.outcome in NOT_USED:
            unused.setdefault(o.sha256, []).append(o)
    sent = [Sent(sha, r.file, r.pack, _sent_at(r), tuple(unused.get(sha, ()))) for sha, r in files.items()]
    return sorted(sent, key=lambda one: one.sent_at)


def file_replies(session: Session, newest: Mapping[str, str]) -> dict[str, list[FileReply]]:
    """Department → its files for the newest pack that are not in the master as a whole: refused by the PMO, or held."""
    department_of = {pack: department for department, pack in newest.items()}
    found: dict[str, list[FileReply]] = {}
    marks = set_aside_marks(session)
    ledger, run_id = session.master.ledger, session.run_id
    done = ledger.consumed(run_id)
    aside = {r.sha256: r for _, r in ledger.received(run_id) if r.sha256[:16] in marks and r.sha256 not in done}
    aside |= {sha: held.received for sha, held in ledger.held(run_id).items() if sha[:16] in marks}
    lines = [(r, REFUSED, reason_in(marks[r.sha256[:16]])) for r in aside.values()]
    lines += [(held.received, HELD_UNDONE if held.undone else HELD_OUTSIDE, "") for held in held_now(session).values()]
    for r, verdict, why in lines:
        if (department := department_of.get(r.pack)) is not None:
            found.setdefault(department, []).append(FileReply(r.file, f"{_sent_at(r):%Y-%m-%d %H:%M}", verdict, why))
    return found


def _sent_at(r: Received) -> datetime:
    """When a file counts as sent."""
    return r.sent_at or r.received_at or datetime.min
