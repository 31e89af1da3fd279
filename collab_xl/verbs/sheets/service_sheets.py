"""Plans for the service sheets that several verbs write: 提交台账, 变更记录, 冲突处理 and 首页. Their rows come from the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import TypeVar

from collab_xl.catalogue import LANGS, has, listed, text
from collab_xl.forms import CLOSED
from collab_xl.merge.file_questions import file_questions
from collab_xl.merge.items import question_mark, same_question
from collab_xl.model.codec import dump, load
from collab_xl.model.department_week import DepartmentState, WeekState
from collab_xl.model.directory import folded
from collab_xl.model.evidence import Named
from collab_xl.model.finding import Finding, Severity
from collab_xl.model.merge import Count, FileQuestion, Item, NotEntered, Pack
from collab_xl.model.place import Address
from collab_xl.model.plan import CellChange, NewRow, Plan
from collab_xl.model.record import replace
from collab_xl.model.run import Held, Run, RunEvents
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import Received, State
from collab_xl.model.summary import Home, SubmissionStatus
from collab_xl.model.values import Value
from collab_xl.model.week import week_days
from collab_xl.plan.home import plan_home
from collab_xl.plan.lists import ListRow, columns_of
from collab_xl.plan.rows import Entry, Logged, change_rows, conflict_rows, submission_row
from collab_xl.report.blocks import form_figures
from collab_xl.rules.counts import late_counts
from collab_xl.rules.reporting_week import deadline, has_come
from collab_xl.rules.rows import Rows, part_of, rows_of
from collab_xl.verbs.receiving.bounces import STATES
from collab_xl.verbs.receiving.evidence import states_of as evidence_states
from collab_xl.verbs.receiving.inputs import reason
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.mail_columns import with_mails
from collab_xl.verbs.sheets.week_states import department_states, is_by_hand, open_shas, state_reason, states_line
from collab_xl.verbs.times.frozen_week import made
from collab_xl.verbs.times.moved_days import announced, provisional

T = TypeVar("T")
CHANGES_SHOWN = 5000
"""Most rows on 变更记录: the newest; the ledger keeps all."""
COMPUTED = "computed"
"""Reason of changes that follow from other cells (late days, say): 变更记录 does not list them."""


def all_received(session: Session, extra: Sequence[Received] = ()) -> list[Received]:
    """All inputs collected so far, then those of this run."""
    return [r for _, r in session.master.ledger.received(session.run_id)] + list(extra)


def submissions_plan(
    session: Session,
    *,
    extra: Sequence[Received] = (),
    packs: Sequence[Pack] = (),
    counts: Sequence[Count] = (),
    used: Collection[str] = (),
    not_entered: Mapping[str, tuple[NotEntered, ...]] | None = None,
    items: Iterable[Item] | None = None,
    evidence: Mapping[Named, Received] | None = None,
    asking: Iterable[SenderQuestion] = (),
    run: str = "",
) -> Plan:
    """提交台账 with what this run adds: inputs received, packs issued, or the accounts of its submissions.

    Args:
        used: sha256 of the submissions it consolidated; the others in `counts` are marked 不采用.
        not_entered: what this run leaves waiting because of the master.
        items: the open items after this run; by default those of the workbook as it is.
        evidence: the files beside packs that this run names in rows. asking: the questions it asks.
    """
    ledger, run_id = session.master.ledger, session.run_id
    done = {sha: (r.id, None) for sha, r in ledger.consumed(run_id).items()}
    accounts = accounts_of(ledger.events(run_id, packs=()))
    waits: dict[str, tuple[NotEntered, ...]] = {}
    for event in ledger.events(run_id, packs=()):
        waits.update(event.merged.not_entered if event.merged else {})
    for count in counts:
        accounts[count.sha256] = count.after(accounts[count.sha256]) if count.sha256 in accounts else count
    waits.update(not_entered or {})
    in_run = dict.fromkeys(used, run)
    typed = _marks(session)
    in_rows = {one.sha256 for one in evidence or {}}
    held = {sha: one for sha, one in ledger.held(run_id).items() if sha not in in_run and sha not in in_rows}
    held_before = ledger.held(session.master.run_id) if session.imagined else held
    refused = ledger.refused(run_id)
    refused_before = ledger.refused(session.master.run_id) if session.imagined else refused
    received = all_received(session, extra)
    known = {r.sha256 for r in received if r.state in (State.ACCEPTED, State.EVIDENCE)}
    received += [one.received for sha, one in held.items() if sha not in known]
    rows: list[ListRow] = []
    answered = {r.pack for r in received if r.state in (State.ACCEPTED, State.FAILED)}
    asks = open_shas(session.state(packs=()).items.values() if items is None else items)
    taken = {r.sha256 for r in received if r.state is State.ACCEPTED}
    newest = newest_packs([*ledger.pack_heads().values(), *packs])
    by_hand = [r for r in received if not r.pack and r.state in (State.ACCEPTED, State.FAILED)]  # in rows of their own, too
    silent = [
        pack
        for pack in sorted(newest.values(), key=lambda p: p.department)
        if pack.id not in answered and not any(is_by_hand(r, pack, session.settings.week_start) for r in by_hand)
    ]
    beside = evidence_states(session, evidence or {}, run, {q.id for q in asking})
    states = department_states(session, silent, (), done=(), waits=(), asks=())  # what came is in rows of its own
    for pack in silent:
        row = ListRow(received_at=pack.issued_at.replace(microsecond=0), department=pack.department, week=pack.week, pack=pack.id)
        one = states[pack.department]
        word = text(f"model.state.{one.state}", session.book_lang)
        rows.append({**row, "state": word, "reason": state_reason(session, one, session.book_lang) or None})
    for r in reversed(received):
        if r.state is State.FAILED and r.sha256 in taken:
            continue  # accepted at a later try
        use: Value = typed.get(r.sha256[:16])
        if r.sha256 in refused and r.sha256 not in refused_before:
            use = text("model.word.do_not_use", session.book_lang)
        elif is_aside(use) and r.sha256 in refused_before and r.sha256 not in refused:
            use = None
        consolidated = in_run.get(r.sha256) or done.get(r.sha256, ("", None))[0]
        account = accounts.get(r.sha256) if r.state is State.ACCEPTED else None
        state = STATES.get(r.code, str(r.state))
        if r.state is State.ACCEPTED:
            nothing = r.pack and nothing_left(account) and not waits.get(r.sha256)  # every edit of a hand-made file is a proposal
            state = "ready" if not consolidated else "superseded" if nothing else "consolidated"
            state = "conflicts" if state == "consolidated" and r.sha256 in asks else state
            if is_aside(use) and not consolidated:
                state = "set_aside"
            elif r.sha256 in held:
                state = "held"
        why = reason(r, session.book_lang)
        if r.state is State.EVIDENCE:
            state, consolidated, where = beside(r)
            why = text("verbs.say.evidence_at", session.book_lang, rows=where) if where else why
            if not where:
                state = "set_aside" if is_aside(use) else "held" if r.sha256 in held else state
        if is_use(use) and (r.sha256 in in_run or r.sha256 in in_rows or (r.sha256 in held and r.sha256 not in held_before)):
            use = None  # said for this time only: it must not bring the file in again after the next undo
        if state == "held":
            cause = "undone" if held[r.sha256].undone else "outside"
            why = text(f"verbs.held.{cause}", session.book_lang, run=held[r.sha256].run.id)
        in_book = consolidated if r.state in (State.ACCEPTED, State.EVIDENCE) else ""
        rows.append(submission_row(r, session.book_lang, state=state, run=in_book, count=account, use=use, reason=why))
    order = {d.name: n for n, d in enumerate(session.directory.departments)}

    def place(row: ListRow) -> tuple[bool, int, str, float]:
        name, at = str(row.get("department") or ""), row.get("received_at")
        return not name, order.get(name, len(order)), name, -at.timestamp() if isinstance(at, datetime) else 0.0

    return session.fill("submissions", with_mails(session, sorted(rows, key=place)))


def accounts_of(events: Iterable[RunEvents]) -> dict[str, Count]:
    """sha256 → the account of a file over the runs in effect, oldest first."""
    accounts: dict[str, Count] = {}
    for event in events:
        accounts.update((count.sha256, count) for count in (event.withdrawn.counts if event.withdrawn else ()))
        for count in event.merged.counts if event.merged else ():
            accounts[count.sha256] = count.after(accounts[count.sha256]) if count.sha256 in accounts else count
    return accounts


def issued_outside(session: Session, packs: Iterable[str | None]) -> list[str]:
    """A line that names the departments of those packs whose issue run is not in this workbook; they are valid by the ledger."""
    ledger = session.master.ledger
    outside = ledger.packs_outside(session.run_id).intersection(packs)
    if not outside:
        return []
    shown = listed(sorted({p.department for p in ledger.pack_heads().values() if p.id in outside}), session.lang, "plan.week.and_more")
    return [text("verbs.say.issue_not_in_book", session.lang, names=shown, sheet=session.sheet_of("submissions"))]


def is_aside(word: Value) -> bool:
    """Whether a mark on 提交台账 sets the submission aside: any word that does not mean 采用, also the PMO's own (不要, 拒绝)."""
    return bool(folded(str(word or ""))) and not is_use(word)


def is_use(word: Value) -> bool:
    """Whether a mark on 提交台账 is 采用."""
    return folded(str(word or "")) in {folded(text("model.word.use", lang)) for lang in LANGS}


def _marks(session: Session) -> dict[str, Value]:
    """The first 16 characters of a sha256 → the PMO's mark. A file that was sent twice has two rows: a mark on one of them counts."""
    marks: dict[str, Value] = {}
    for row in session.service("submissions"):
        if row.get("sha256"):
            marks[str(row["sha256"])] = marks.get(str(row["sha256"])) or row.get("decision")
    return marks


def set_aside_marks(session: Session) -> dict[str, Value]:
    """The first 16 characters of a sha256 → the PMO's mark that sets the submission aside."""
    return {sha: mark for sha, mark in _marks(session).items() if is_aside(mark)}


def held_now(session: Session) -> dict[str, Held]:
    """sha256 → what left this workbook, without the submissions marked 不采用: about those the PMO has decided."""
    found = session.master.ledger.held(session.run_id)
    marks = _marks(session) if found else {}
    return {sha: held for sha, held in found.items() if not is_aside(marks.get(sha[:16]))}


def nothing_left(count: Count | None) -> bool:
    """Whether a newer submission had replaced every edit of this one."""
    return count is not None and count.edits > 0 and count.excluded == count.edits and count.rows_new == 0


def newest_packs(packs: Iterable[Pack]) -> dict[str, Pack]:
    """Department → its newest pack."""
    newest: dict[str, Pack] = {}
    for pack in packs:
        if pack.department not in newest or pack.issued_at >= newest[pack.department].issued_at:
            newest[pack.department] = pack
    return newest


def changes_plan(
    session: Session, verb: str, run: str, changes: Sequence[CellChange], added: Sequence[NewRow], removed: Sequence[NewRow]
) -> Plan:
    """变更记录: the changes of this run, then those in the ledger, newest first."""
    lines: list[Logged] = []
    ours = {(form.id, f.id) for form in session.schema.forms for f in form.fields if f.compute}
    """Computed fields: what they were before is no news, also where undo and redo write them."""
    for row in added:
        lines += (
            Logged(run, verb, session.now, row.form, row.row_key, f, None, value, row.source_of(f))
            for f, value in row.values.items()
            if value is not None and (row.form, f) not in ours
        )
    typed = (c for c in changes if c.why != COMPUTED and (c.form, c.field) not in ours)
    told = (Logged(run, verb, session.now, c.form, c.row_key, c.field, c.old, c.new, c.source) for c in typed)
    lines += islice(told, CHANGES_SHOWN)
    for row in removed:
        lines += (
            Logged(run, verb, session.now, row.form, row.row_key, f, value, None, row.source)
            for f, value in row.values.items()
            if value is not None and (row.form, f) not in ours
        )
    room = CHANGES_SHOWN - len(lines)
    if room > 0:
        for old in session.master.ledger.changes(session.run_id, room):
            c = old.change
            if c.why != COMPUTED and (c.form, c.field) not in ours:
                lines.append(Logged(old.run.id, old.run.verb, old.run.started_at, c.form, c.row_key, c.field, c.old, c.new, c.source))
    return session.fill("changes", change_rows(lines[:CHANGES_SHOWN], session.schema, session.book_lang))


def typed_decisions(session: Session) -> dict[str, Entry]:
    """The PMO's entries on 冲突处理 by item id. An item with two entries is left out."""
    found: dict[str, set[Entry]] = {}
    for row in session.service("conflicts"):
        entry = Entry(row.get("decision"), row.get("manual"), row.get("why"))
        if row.get("id") and entry != Entry():
            found.setdefault(str(row["id"]), set()).add(entry)
    return {item: next(iter(entries)) for item, entries in found.items() if len(entries) == 1}


def stray_decisions(session: Session, items: Mapping[str, Item]) -> list[Finding]:
    """Entries on 冲突处理 that cannot be carried out: M201 when the code belongs to no open item, M209 when it is missing or has
    two entries."""
    typed, found = typed_decisions(session), []
    known = items.keys() | file_questions(items.values()).keys()
    for row in session.service("conflicts"):
        entry, item = row.get("decision") or row.get("manual") or row.get("why"), str(row.get("id") or "")
        if entry is not None and (item not in known or item not in typed):
            gone = item and item not in known
            facts = {"name": row.get("row_key") or "–"}
            found.append(Finding("M201" if gone else "M209", Severity.WARNING, found=item if gone else str(entry), facts=facts))
    return found


def unlisted(session: Session, items: Iterable[Item]) -> int:
    """Number of open items that 冲突处理 does not show because their rows were deleted."""
    shown = {str(row.get("id") or "") for row in session.service("conflicts")}
    return sum(item.id not in shown for item in items)


CHOSEN = "chosen"
"""In the summary of an undo: item id → [the question's fingerprint, decision, value by hand, reason] as on 冲突处理 before it."""


def decisions_gone(session: Session, shown: Mapping[str, Item], items: Mapping[str, Item]) -> dict[str, list[object]]:
    """The entries of 冲突处理 whose items this undo closes, for its summary (`CHOSEN`)."""
    typed = typed_decisions(session)
    return {
        item: [question_mark(shown[item]), *(dump(value, Value) for value in entry)]
        for item, entry in typed.items()
        if item in shown and item not in items
    }


def decisions_again(undone: Iterable[Run], items: Mapping[str, Item], shown: Mapping[str, Item]) -> dict[str, Entry]:
    """What undos that are taken back have kept (`CHOSEN`), for the items that are open again with the same question."""
    return {
        item: Entry(*(load(value, Value) for value in entry))
        for run in undone
        for item, (mark, *entry) in run.summary.get(CHOSEN, {}).items()
        if item in items and item not in shown and question_mark(items[item]) == mark
    }


def conflicts_plan(
    session: Session,
    items: Iterable[Item],
    tables: Mapping[str, Table],
    shown: Mapping[str, Item],
    again: Mapping[str, Entry] | None = None,
) -> Plan:
    """冲突处理 with every open item (`conflicts_list`)."""
    return session.fill("conflicts", conflicts_list(session, items, tables, shown, again=again))


def decision_cells(session: Session, rows: Iterable[Mapping[str, Value]]) -> dict[str, Address]:
    """Id of an open item → the cell of its decision, on 冲突处理 with these rows."""
    service = session.schema.service("conflicts")
    ref = session.ref(service)
    col = columns_of(ref, service)["decision"]
    numbered = ((int(str(row.get("_row", n))), row) for n, row in enumerate(rows, ref.data.first_row))
    return {str(row["id"]): Address(ref.sheet, n, col) for n, row in numbered if row.get("id")}


def conflicts_list(
    session: Session,
    items: Iterable[Item],
    tables: Mapping[str, Table],
    shown: Mapping[str, Item],
    *,
    forget: Iterable[str] = (),
    reasons: Mapping[str, str] | None = None,
    again: Mapping[str, Entry] | None = None,
) -> list[ListRow]:
    """The rows of 冲突处理. The PMO's entries stay, except for items decided in this run or asked again.

    Args:
        reasons: id → why its decision could not be carried out; said in the row's note.
        again: id → entry of an item that a redo opens again.
        shown: item id → the item as the sheet showed it. A decision applies to what was shown: if the master or a candidate has
            changed since, the decision is removed and the note says so; a value typed by hand stays.
    """
    gone, listed = set(forget), list(items)
    typed = {item: entry for item, entry in {**(again or {}), **typed_decisions(session)}.items() if item not in gone}
    renewed = set()
    for item in listed:
        entry = typed.get(item.id, Entry())
        if entry.decision is not None and item.id in shown and not same_question(shown[item.id], item):
            typed[item.id] = entry._replace(decision=None)
            renewed.add(item.id)
    before, files = file_questions(shown.values()), file_questions(listed).values()
    for question in files:
        entry = typed.get(question.id, Entry())
        if entry.decision is not None and question.id in before and not _same_cells(before[question.id], question):
            typed[question.id] = entry._replace(decision=None)
            renewed.add(question.id)
    rows = conflict_rows(listed, tables, session.schema, session.book_lang, typed, renewed, files)
    for row in rows:
        if why := (reasons or {}).get(str(row["id"])):
            row["note"] = f"{why} {row['note']}"
    return rows


def _same_cells(shown: FileQuestion, now: FileQuestion) -> bool:
    """Whether a decision about a file is still about the same cells, values and candidates."""
    before = {item.id: item for item in shown.items}
    return before.keys() == {i.id for i in now.items} and all(same_question(before[i.id], i) for i in now.items)


def submission_statuses(
    session: Session, week: str, extra: Sequence[Received] = (), issued: Sequence[Pack] = ()
) -> dict[str, SubmissionStatus]:
    """Department → state of its pack of a week, in the order of the sheet of departments; the deadline is the week's submitting day.

    A hand-made sheet sent between the issue of the pack and the end of the following week counts as submitted.
    """
    every = {p.id: p for p in (*session.master.ledger.pack_heads().values(), *issued)}
    packs = {p.id: p for p in every.values() if p.week == week}
    due = deadline(week, session.settings, session.calendar)
    out = {p.department: SubmissionStatus(True, None, due) for p in packs.values()}
    of_department = {p.department: p for p in packs.values()}
    for r in all_received(session, extra):
        sent = r.sent_at or r.received_at
        sender = every[r.pack].department if r.pack in every else r.department
        if r.state in (State.ACCEPTED, State.FAILED) and sent is not None and sender in out:
            latest = out[sender].latest_at
            out[sender] = replace(out[sender], latest_at=sent if latest is None else max(latest, sent))
        by_hand = r.department in out and is_by_hand(r, of_department[r.department], session.settings.week_start)
        if r.state in (State.ACCEPTED, State.FAILED) and (r.pack in packs or by_hand):
            department = r.department if by_hand else packs[r.pack].department
            before = out[department].submitted_at
            if sent is not None and (before is None or sent < before):
                out[department] = replace(out[department], submitted_at=sent)
    return _as_listed(session, out)


def _as_listed(session: Session, states: Mapping[str, T]) -> dict[str, T]:
    """Departments in the order of the sheet of departments, others behind them by name: ids of packs have no order."""
    order = {d.name: n for n, d in enumerate(session.directory.departments)}
    return dict(sorted(states.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0])))


def states_of_week(
    session: Session,
    week: str,
    extra: Sequence[Received] = (),
    issued: Sequence[Pack] = (),
    consumed: Collection[str] = (),
    items: Iterable[Item] | None = None,
) -> dict[str, DepartmentState]:
    """Department → its state in that week, with what this run adds; in the order of the sheet of departments."""
    ledger, run_id = session.master.ledger, session.run_id
    packs = [p for p in (*ledger.pack_heads().values(), *issued) if p.week == week]
    if not packs:
        return {}
    received = all_received(session, extra)
    marks = set_aside_marks(session)
    done = set(ledger.consumed(run_id)) | set(consumed)
    waits = {r.sha256 for r in received if r.sha256[:16] in marks} | (ledger.held(run_id).keys() - done)
    asks = open_shas(session.state(packs=()).items.values() if items is None else items)
    return _as_listed(session, department_states(session, packs, received, done=done, waits=waits, asks=asks))


def home(
    session: Session,
    tables: Mapping[str, Table],
    *,
    verb: str,
    run: str,
    waiting: int,
    findings: Sequence[Finding] | None = None,
    extra: Sequence[Received] = (),
    consumed: frozenset[str] = frozenset(),
    issued: Sequence[Pack] = (),
    items: Iterable[Item] | None = None,
    page: Plan | None = None,
    page_week: str = "",
) -> Plan:
    """首页 after this run. Without `findings` the figures are those of sheet 检查结果; `page` and
    `page_week`: what the run writes on 周报, and of which week it makes that sheet."""
    overdue, escalated = late_counts(tables, session.settings, session.calendar, session.as_of, session.schema)
    ledger, run_id = session.master.ledger, session.run_id
    week = session.reporting_week(issued)
    statuses = submission_statuses(session, week, extra, issued)
    states = states_of_week(session, week, extra, issued, consumed, items)
    received = [r for r in all_received(session, extra) if r.state is State.ACCEPTED]
    done = set(ledger.consumed(run_id)) | consumed
    held = held_now(session)
    newest = max(received, key=lambda r: _moment(r.sent_at or r.received_at), default=None)
    errors, warnings = _severities(session, findings)
    rows = rows_of(session.schema, tables)
    work, trouble = (part_of(session.schema, rows, part) for part in ("work", "trouble"))
    years = session.calendar.years
    open_years = provisional(session, rows)
    shown = {name: _shown(session, name, page) for name in ("wk_rag", "wk_reason", "wk_period")}
    judged = shown["wk_period"] != ""
    body = Home(
        open_tasks=open_rows(work),
        due_this_week=_due_this_week(session, work),
        overdue=overdue,
        escalated=escalated,
        waiting=waiting,
        errors=errors,
        warnings=warnings,
        open_problems=open_rows(trouble),
        project=session.settings.project,
        run=run,
        run_verb=verb,
        run_at=session.now,
        newest=(newest.sent_at or newest.received_at) if newest else None,
        newest_department=newest.department if newest else "",
        missing=tuple(name for name, s in statuses.items() if s.submitted_at is None),
        submitted=sum(s.submitted_at is not None for s in statuses.values()),
        asked=len(statuses),
        bounced=tuple(name for name, one in states.items() if one.state is WeekState.BOUNCED),
        states=states_line(states.values(), session.book_lang, named=False),
        week=week,
        to_issue=session.week not in session.weeks_issued | {p.week for p in issued},
        ready=len({r.sha256 for r in received} - done - held.keys()),
        held=tuple(f"{one.received.department} {one.received.file}".strip() for sha, one in held.items() if sha not in done),
        departments=len(session.directory.departments),
        unreachable=sum(not (d.liaison and d.emails) for d in session.directory.departments),
        calendar_from=min(years, default=None),
        calendar_until=max(years, default=None),
        uncovered=tuple(sorted({session.as_of.year, *end_years(work)} - years)),
        provisional=open_years,
        announced=announced(open_years, session.as_of),
        figures=form_figures(session.schema, rows, session.settings.terms(session.calendar), session.as_of),
        layout=tuple((f"go_{fault.form}", fault.text("step", session.book_lang)) for fault in session.layout),
        as_of=session.as_of,
        tasks=sum(_ends(work).values()),
        begun=bool(session.weeks_issued or issued),
        light=shown["wk_rag"] if judged else "",
        reason=shown["wk_reason"] if judged else "",
        period=shown["wk_period"],
        week_due=has_come(week, session.moment_asked, session.settings, session.calendar),
        page_made=page_week == week or made(session, week) is not None,
        flagged=verb == "flag" or _flagged(session, week),
    )
    return plan_home(body, session.names, session.snapshot, session.book_lang, session.schema)


def _shown(session: Session, name: str, page: Plan | None) -> str:
    """What a named cell of 周报 shows after this run; "" without one."""
    if name not in session.names:
        return ""
    sheet, area = session.names[name]
    now = session.snapshot(sheet).value(area.first_row, area.first_col)
    new = [e.new for e in (page.edits if page else ()) if e[:3] == (sheet, area.first_row, area.first_col)]
    return str((new[-1] if new else now) or "")


def _flagged(session: Session, week: str) -> bool:
    """Whether a run in or after this week worked out what is late."""
    first, _ = week_days(week, session.settings.week_start)
    return any(run.verb == "flag" and run.as_of >= first for run in session.master.ledger.effective(session.run_id))


def figures_line(session: Session, figures: Mapping[str, int]) -> str:
    """The forms' figures in one line: `高风险 2 · 待回访 5`."""
    labels = {figure.id: figure.label[session.lang] for form in session.schema.forms for figure in form.figures}
    return " · ".join(f"{labels[name]} {value}" for name, value in figures.items())


def _moment(value: datetime | None) -> datetime:
    return datetime.min if value is None else value.replace(tzinfo=None)


def open_rows(rows: Rows | None) -> int:
    """Number of rows that are not closed."""
    return 0 if rows is None else rows.closed.count(False)


def _due_this_week(session: Session, work: Rows | None) -> int:
    first, last = week_days(session.week, session.settings.week_start)
    return sum(count for (day, state), count in _ends(work).items() if day and first <= day <= last and state != "cancelled")


def end_years(work: Rows | None) -> set[int]:
    """The years in which open rows end; the calendar must cover them."""
    return {day.year for day, state in _ends(work) if day and state not in CLOSED}


def _ends(rows: Rows | None) -> Counter[tuple[date | None, str]]:
    """(due day, state) → number of rows. Many rows have few different pairs, so counting first saves time."""
    return Counter() if rows is None else Counter(zip(rows.days("due"), rows.states, strict=True))


def _severities(session: Session, findings: Sequence[Finding] | None) -> tuple[int, int]:
    if findings is not None:
        return sum(f.severity is Severity.ERROR for f in findings), sum(f.severity is Severity.WARNING for f in findings)
    shown = [(str(row.get("severity") or ""), row.get("count")) for row in session.service("findings")]
    errors, warnings = (
        sum(int(n) if isinstance(n, (int, float)) else 1 for w, n in shown if w in {text(f"model.severity.{s}", lang) for lang in LANGS})
        for s in ("error", "warning")
    )
    return errors, warnings


def verb_name(verb: str, lang: str) -> str:
    """The name of a run's verb; its id if the catalogue has no name."""
    return text(f"model.verb.{verb}", lang) if has(f"model.verb.{verb}", lang) else verb
