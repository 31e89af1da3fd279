"""The letters of each kind, from what the master and the ledger say now. Used by `send`."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.read import read_book
from collab_xl.build.pack import safe_name
from collab_xl.errors import CollabError
from collab_xl.model.merge import Count, Outcome, Pack
from collab_xl.model.outgoing import Attached, Letter, MailKind
from collab_xl.model.record import replace
from collab_xl.model.run import Run
from collab_xl.model.submission_log import Received, State
from collab_xl.model.values import Unreadable
from collab_xl.model.verdict import Verdict
from collab_xl.plan.answer_letters import decided_letters, receipt_letters, return_letters
from collab_xl.plan.letters import (
    NOT_OUT,
    Letterhead,
    chase_letters,
    escalation_letters,
    pack_letters,
    week_letter,
)
from collab_xl.read.choices import key_of
from collab_xl.read.directory import addresses_in
from collab_xl.rules.flag import flag as flag_stage
from collab_xl.verbs.asking.word_questions import words_answered
from collab_xl.verbs.receiving.merging import MESSAGES
from collab_xl.verbs.receiving.returning import INDEX, UNREAD
from collab_xl.verbs.sending.decided import by_cell, decided, told_at
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.escalation_list import as_registered
from collab_xl.verbs.sheets.service_sheets import accounts_of, all_received, newest_packs, submission_statuses
from collab_xl.verbs.times.requested_week import requested_week

ANSWER_DAYS = 7
"""Receipts and returns are for what was consolidated or returned in so many days; later they would tell nobody anything."""
OFFICE = (".xlsx", ".xlsm")


def post_of(session: Session) -> Letterhead:
    return Letterhead(session.book_lang, session.settings, session.directory, addresses_in(session.settings.mail_cc))


def issued_week(session: Session, week: str | None) -> str:
    """The week asked for, else the newest one whose packs are out."""
    issued = sorted(w for w in session.weeks_issued if w <= session.week)
    return requested_week(session, week, issued[-1] if issued else session.week)


def packs(session: Session, week: str | None, folder: Path | None) -> list[Letter]:
    """The newest pack of each department for the week."""
    chosen = issued_week(session, week)
    heads = newest_packs(p for p in session.master.ledger.pack_heads().values() if p.week == chosen)
    whole = session.master.ledger.packs({pack.id for pack in heads.values()})
    statuses = submission_statuses(session, chosen)
    answered = {name for name, status in statuses.items() if status.submitted_at is not None}
    due = next((status.deadline for status in statuses.values()), None)
    files = _pack_files(session, heads, folder or session.master.sidecar.outbox / chosen)
    order = {d.name: n for n, d in enumerate(session.directory.departments)}
    listed = sorted(whole.values(), key=lambda pack: (order.get(pack.department, len(order)), pack.department))
    return pack_letters(listed, files, answered, due, post_of(session))


def _pack_files(session: Session, heads: Mapping[str, Pack], folder: Path) -> dict[str, Attached]:
    """Pack id → its workbook, from the folder in which `issue` put it; the file must say that it is this pack."""
    found: dict[str, Attached] = {}
    wanted = {pack.id for pack in heads.values()}
    try:
        entries = sorted(path for path in folder.iterdir() if path.suffix.lower() in OFFICE and not path.name.startswith("~$"))
    except OSError:
        return {}
    names = {safe_name(name) for name in heads}
    for path in sorted(entries, key=lambda path: not any(name in path.name for name in names)):
        try:
            data = path.read_bytes()
            about = hidden_values(read_book(data))
        except (CollabError, OSError):
            continue
        pack = str(about.get("pack") or "")
        if pack in wanted and about.get("project") == session.master.project_id:
            found.setdefault(pack, Attached(path.name, data))
        if len(found) == len(wanted):
            break
    return found


def receipts(session: Session) -> tuple[list[Letter], int]:
    """For each submission consolidated in the last days, and for decisions since a receipt; and how many are older and get none."""
    ledger, run_id = session.master.ledger, session.run_id
    since = session.now - timedelta(days=ANSWER_DAYS)
    done = ledger.consumed(run_id)
    newest = {r.sha256: r for r in all_received(session) if r.state is State.ACCEPTED and r.sha256 in done}
    fresh = {sha: r for sha, r in newest.items() if _naive(done[sha].started_at) >= since}
    accounts = accounts_of(ledger.events(run_id, packs=()))
    outcomes: dict[tuple[str, str], Outcome] = {}
    for run in ledger.effective(run_id) if fresh else ():
        if run.merged:
            outcomes.update(((o.sha256, o.cell), o) for o in ledger.outcomes(run.id, fresh.keys()))
    by_file: dict[str, list[Outcome]] = {}
    for o in outcomes.values():
        by_file.setdefault(o.sha256, []).append(o)
    listed = [(r, accounts[sha], done[sha].id) for sha, r in fresh.items() if sha in accounts]
    told = told_at(session)
    news = decided(session, newest.keys(), told, since)
    verdicts = {sha: by_cell(one.news) for sha, one in news.items() if sha not in told}
    for sha, own in by_file.items():
        verdicts[sha] = {**_understood(session, own), **verdicts.get(sha, {})}
    coming = {r.department: sha for sha, r in fresh.items() if sha in accounts and sha not in told}
    earlier: dict[str, list[tuple[Received, Sequence[Verdict]]]] = {}
    alone = []
    for sha in (sha for sha in news if sha in told):
        if (with_it := coming.get(newest[sha].department)) is not None:
            earlier.setdefault(with_it, []).append((newest[sha], news[sha].news))
        elif not news[sha].open:
            alone.append((newest[sha], news[sha].news))
    letters = receipt_letters(listed, by_file, session.schema, post_of(session), verdicts, earlier, _messages(done))
    return [*letters, *decided_letters(alone, session.schema, post_of(session))], len(newest) - len(fresh)


def _understood(session: Session, outcomes: Sequence[Outcome]) -> dict[str, Verdict]:
    """Cell → what is said of a word nobody could read, and of which the PMO has said since what it means: the next run takes it in."""
    words = words_answered(session.answers.asked.values(), session.words)
    out = {}
    for o in outcomes:
        if o.outcome == "unreadable" and isinstance(o.submission, Unreadable):
            own = words.get((o.form, o.field), {})
            if any(key_of(o.submission.text) == key_of(each) for each in own):
                out[o.cell] = Verdict(o.form, o.row_key, o.field, o.submission, "understood", cell=o.cell)
    return out


def _unread_left(session: Session, account: Count, outcomes: Sequence[Outcome]) -> bool:
    """Whether something in the file cannot be read even with what the PMO has answered by now."""
    last = {o.cell: o for o in outcomes}
    unread = [o for o in last.values() if o.outcome == "unreadable"]
    return bool(account.unreadable) and (not unread or len(_understood(session, unread)) < len(unread))


def _messages(done: Mapping[str, Run]) -> dict[str, str]:
    """sha256 → what the department wrote to the PMO in that file."""
    return {sha: str(words) for run in done.values() for sha, words in run.summary.get(MESSAGES, {}).items()}


def returns(session: Session) -> list[Letter]:
    """For each workbook that runs of the last days marked; of one that was marked twice, the newer. None where all that was to be mended
    were values nobody could read, and the PMO has said since what they mean."""
    ledger, folder = session.master.ledger, session.master.sidecar.returned
    since = session.now - timedelta(days=ANSWER_DAYS)
    received: dict[str, Received] = {r.sha256: r for r in all_received(session)}
    accounts = accounts_of(ledger.events(session.run_id, packs=()))
    merged = [run for run in ledger.effective(session.run_id) if run.merged]
    found: dict[str, tuple[Received, Sequence[tuple[str, str, str]], int, list[Attached]]] = {}
    for run in ledger.chain(session.run_id):
        if _naive(run.started_at) < since:
            continue
        home = folder / run.id
        try:
            listed = json.loads((home / INDEX).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        for line in listed:
            sha = str(line["sha256"])
            account = accounts.get(sha) if line.get(UNREAD) else None
            said = [o for each in merged for o in ledger.outcomes(each.id, {sha})] if account is not None and account.unreadable else []
            if (r := received.get(sha)) is not None and (account is None or _unread_left(session, account, said)):
                found[r.sha256] = r, [tuple(one) for one in line["reasons"]], int(line["count"]), _files(home, line["files"])
    return return_letters(found.values(), post_of(session))


def _files(home: Path, names: Sequence[str]) -> list[Attached]:
    """The files of a return that are there; only inside its folder."""
    out = []
    for name in names:
        path = (home / name).resolve()
        if path.is_relative_to(home.resolve()) and path.is_file():
            out.append(Attached(path.name, path.read_bytes()))
    return out


def chase(session: Session, week: str | None) -> list[Letter]:
    chosen = issued_week(session, week)
    heads = newest_packs(p for p in session.master.ledger.pack_heads().values() if p.week == chosen)
    before = session.master.ledger.outgoing(MailKind.CHASE)
    now = session.now if session.as_of == session.now.date() else datetime.combine(session.as_of, session.now.time())
    return chase_letters(submission_statuses(session, chosen), heads, before, now, session.calendar, chosen, post_of(session))


def escalations(session: Session, again: bool) -> list[Letter]:
    told: Collection[str] = {
        mark for mail in session.master.ledger.outgoing(MailKind.ESCALATION) if mail.state not in NOT_OUT for mark in mail.about
    }
    flags = flag_stage(session.tables, session.settings, session.calendar, session.as_of, session.schema, session.directory)
    lines = as_registered(session, flags).escalations
    return escalation_letters(lines, () if again else told, session.as_of, session.schema, post_of(session))


def weekly(session: Session, week: str | None, pdf: Callable[[str], Path | None]) -> list[Letter]:
    """The weekly page as it was made. Raises CollabError `week_not_made`."""
    chosen = requested_week(session, week, session.reporting_week())
    record = next((r for r in session.master.ledger.weeks(session.run_id) if r.week == chosen), None)
    if record is None or record.page is None or not record.page.facts:
        raise CollabError("mail_week_not_made", week=chosen, file=session.path.name, lang=session.lang)
    page: Mapping[str, Any] = json.loads(record.page.facts)
    path = pdf(chosen)
    file = Attached(path.name, path.read_bytes()) if path is not None else None
    return [week_letter(page, file, post_of(session))]


def quiet(letters: Sequence[Letter], session: Session) -> list[Letter]:
    """Letters that wait for the end of the quiet hours or of a day off, where they would be sent at once."""
    why, facts = _quiet_now(session)
    if not why:
        return list(letters)
    return [one if one.held or one.urgent else replace(one, held=why, held_facts=facts) for one in letters]


def _quiet_now(session: Session) -> tuple[str, dict[str, str]]:
    hours, now = session.settings.mail_quiet, f"{session.now:%H:%M}"
    today: date = session.now.date()
    if not session.calendar.counting(True).counts(today):
        return "day_off", {"day": today.isoformat()}
    first, _, last = hours.partition("-")
    inside = hours and (first <= now < last if first <= last else now >= first or now < last)
    return ("quiet", {"hours": hours}) if inside else ("", {})


def _naive(moment: datetime) -> datetime:
    return moment.astimezone().replace(tzinfo=None) if moment.tzinfo else moment
