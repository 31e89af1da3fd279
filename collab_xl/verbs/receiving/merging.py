"""The merge of received submissions, shared by `preview` and `consolidate`, and its report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from collab_xl.catalogue import listed, text
from collab_xl.errors import CONFLICTS, FAULT, FINDINGS, OK
from collab_xl.faults import Fault
from collab_xl.intake.gates import failed
from collab_xl.intake.pool import workers_kept
from collab_xl.merge.fold import items_after
from collab_xl.merge.not_entered import to_take
from collab_xl.merge.run import merge as merge_stage
from collab_xl.model.finding import Finding, Severity, switched
from collab_xl.model.merge import Item, Kind, MergeResult, MergeState, Submission
from collab_xl.model.plan import CellChange
from collab_xl.model.record import Struct, replace
from collab_xl.model.run import Held
from collab_xl.model.sender_questions import SenderQuestion
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import Received, State
from collab_xl.model.values import Value
from collab_xl.plan.rows import OUTCOMES
from collab_xl.plan.show import show
from collab_xl.read.outside import MESSAGE
from collab_xl.rules.passing import Passing
from collab_xl.verbs.asking.answers import new_questions, remember, report
from collab_xl.verbs.faults import Faults, fault_lines
from collab_xl.verbs.findings import findings_listing
from collab_xl.verbs.receiving.evidence import Evidence, evidence_json, evidence_of
from collab_xl.verbs.receiving.evidence import lines_of as evidence_lines
from collab_xl.verbs.receiving.held import held_json, held_lines, names, said_of_held, wanted_again
from collab_xl.verbs.receiving.inputs import items_json, received_listing
from collab_xl.verbs.receiving.receiving import Collected, LostOriginal, earlier_copies, failed_before, receive, set_aside, submissions_of
from collab_xl.verbs.report import Listing, Progress
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.data import keyed
from collab_xl.verbs.sheets.service_sheets import held_now, issued_outside

FINDINGS_SHOWN = 20
"""Most findings printed when no sheet contains them."""


class Merged(Struct, frozen=True, dict=True):
    """A computed merge: the same for preview and consolidate."""

    tables: dict[str, Table]
    """Form id → the master's table, keys filled in."""
    keys: list[CellChange]
    collected: Collected
    asking: list[SenderQuestion]
    """New questions about how departments write."""
    submissions: list[Submission]
    again: list[Submission]
    """Merged by earlier runs, of which edits come in now that were set aside because of the master."""
    state: MergeState
    result: MergeResult
    faults: list[Fault]
    """Faults of the program on new and on ready submissions."""
    held: Mapping[str, Held]
    """What left the workbook and is not merged."""
    taken_again: Mapping[str, Held]
    """What left the workbook and is merged now, because a person said so."""
    lost: Sequence[LostOriginal]
    """Files received earlier that cannot be read again."""
    evidence: Evidence
    """The files beside packs, and the rows in which they are named."""

    @cached_property
    def waiting(self) -> Mapping[str, Item]:
        """Item id → item, for every item open after the merge."""
        return items_after(self.state, self.result)

    @property
    def consumed(self) -> frozenset[str]:
        """sha256 of the submissions this merge uses up. One that is set aside is not: it may be used later."""
        return frozenset(s.sha256 for s in self.submissions if not s.set_aside)


def merged_of(
    session: Session,
    inputs: Sequence[Path],
    department: str | None,
    progress: Progress,
    *,
    keep: bool,
    again: bool = False,
    confirm: Callable[[str], bool] | None = None,
) -> Merged:
    """Collect the inputs, then merge what is ready.

    Args:
        again, confirm: as `every` and `confirm` of `held.wanted_again`.
    """
    collected, states = Collected(), list[MergeState]()

    def read_master() -> None:
        """Runs while the workers read the inputs."""
        states.append(session.state())
        _ = session.tables

    with ExitStack() as reading:
        reading.enter_context(workers_kept())  # new files, those collected earlier and older copies are read one after another
        if inputs or failed_before(session):
            collected = receive(session, inputs, department, progress, keep=keep, work=read_master)
        try:
            held = held_now(session)
            wanted = wanted_again(session, held, inputs, collected.received, every=again, confirm=confirm)
            return _merge(session, collected, states, progress, keep=keep, reading=reading, held=held, wanted=wanted)
        finally:
            collected.kept()


def _merge(
    session: Session,
    collected: Collected,
    states: Sequence[MergeState],
    progress: Progress,
    *,
    keep: bool,
    reading: ExitStack,
    held: Mapping[str, Held],
    wanted: frozenset[str],
) -> Merged:
    """The merge of what is ready, and of the held submissions that are `wanted`. `reading` is closed when nothing more is read."""
    ledger, run_id = session.master.ledger, session.run_id
    done, out_of_book = ledger.consumed(run_id), ledger.held(run_id)
    waiting: dict[str, Received] = {r.sha256: r for r in ledger.ready(run_id)}
    for r in collected.received:
        if r.state is State.ACCEPTED and r.sha256 not in done and r.sha256 not in out_of_book:
            waiting.setdefault(r.sha256, r)
    for sha in wanted:
        if held[sha].received.state is State.ACCEPTED:
            waiting.setdefault(sha, held[sha].received)
    _note_received(session, collected, [held[sha].received for sha in sorted(wanted)])
    if waiting.keys() - collected.read.keys():
        collected.kept()  # these are read from the archive; a lost original may be among those just received
    submissions, asking, faults, lost = submissions_of(session, list(waiting.values()), collected.read, progress)
    fresh = new_questions(session, session.answers, [*collected.asking, *asking])
    if keep:
        if fresh:
            collected.kept()
        remember(session, session.answers, fresh)
    if keep and submissions:
        session.master.begin_reading({t.sheet: len(t.rows) for t in session.tables.values()})
    tables, keys = keyed(session)
    state = states[0] if states else session.state()
    again = to_take(tables, state, session.schema, session.directory)
    earlier, asking, lost_copies = earlier_copies(session, {s.pack for s in submissions}, again, progress)
    reading.close()
    if more := new_questions(session, session.answers, asking):
        fresh += (q for q in more if q.id not in {known.id for known in fresh})
        if keep:
            session.master.ledger.ask(more)
    result, merged, failing = _one_by_one(session, tables, submissions, earlier, state)
    _not_taken(collected, failing)
    evidence = evidence_of(session, collected.fresh, wanted, set_aside(session), tables, result.changes, result.new_rows)
    fresh += evidence.asking
    if keep and evidence.asking:
        session.master.ledger.ask(evidence.asking)
    faults = [*collected.faults, *faults, *failing]
    collected.received = said_of_held(collected.received, {sha: one for sha, one in out_of_book.items() if sha not in wanted})
    left = {sha: one for sha, one in held.items() if sha not in wanted}
    back = {sha: held[sha] for sha in held if sha in wanted}
    retaken = [s for s in earlier if s.sha256 in again]
    lost = [*lost, *lost_copies]
    return Merged(tables, keys, collected, fresh, merged, retaken, state, result, faults, left, back, lost, evidence)


def _note_received(session: Session, collected: Collected, taken: Sequence[Received]) -> None:
    """Let the run record the receipt of submissions that a run outside this workbook received."""
    received = [*(r for _, r in session.master.ledger.received(session.run_id)), *collected.fresh]
    known = {r.sha256 for r in received if r.state in (State.ACCEPTED, State.EVIDENCE)}
    collected.fresh += [r for r in taken if r.sha256 not in known]


def _one_by_one(
    session: Session, tables: dict[str, Table], submissions: list[Submission], earlier: list[Submission], state: MergeState
) -> tuple[MergeResult, list[Submission], list[Fault]]:
    """The merge. If it fails, each submission is merged alone and failing ones are left out; if none fails alone, the error is raised."""

    passing = passing_of(session)

    def merge(some: list[Submission]) -> MergeResult:
        return merge_stage(tables, [*earlier, *some], state, session.schema, session.directory, session.as_of, passing)

    faults = Faults(session.now, session.master.sidecar.logs)
    try:
        return merge(submissions), submissions, faults.found
    except Exception:
        merged = []
        for submission in submissions:
            try:
                merge([submission])
            except Exception as error:
                faults.of(submission.file, submission.sha256, "merging", error)
            else:
                merged.append(submission)
        if not faults.found:
            raise
    return merge(merged), merged, faults.found


def passing_of(session: Session) -> Passing:
    """The rules of passing as the PMO has set them, with the addresses from which an earlier run has merged a file."""
    ledger, run_id = session.master.ledger, session.run_id
    done = ledger.consumed(run_id)
    return Passing.of(session.settings, {r.sender for _, r in ledger.received(run_id) if r.sha256 in done})


def _not_taken(collected: Collected, faults: Sequence[Fault]) -> None:
    """Mark new inputs that could not be merged as failed, so that the next run reads them again. Those ready before stay ready."""
    by_hash = {fault.sha256: fault for fault in faults}
    for received in (collected.received, collected.fresh):
        for n, r in enumerate(received):
            if r.state is State.ACCEPTED and r.sha256 in collected.read and (fault := by_hash.get(r.sha256)):
                received[n] = failed(r, fault.error, fault.log, mailed=r.sha256 in collected.mailed)
    for sha in by_hash:
        collected.read.pop(sha, None)


def findings_of(session: Session, merged: Merged) -> list[Finding]:
    """Findings of reading and merging the submissions, by the PMO's rule switches; each place names the file before the sheet."""
    out: list[Finding] = []
    for s in merged.submissions:
        out += (_in_file(f, s) for f in s.findings)
    read = {id(f) for s in merged.submissions for f in s.findings}
    out += (f for f in merged.result.findings if id(f) not in read)
    seen: set[tuple[object, ...]] = set()
    unique = []
    for f in out:
        mark = (f.code, str(f.at), f.row_id, f.field, f.found, str(sorted(f.facts.items(), key=str)))
        if mark not in seen:
            seen.add(mark)
            unique.append(f)
    return switched(unique, session.settings.rules)


MESSAGES = "messages"
"""In the summary of a run: sha256 → what the department wrote to the PMO on the first sheet of its pack."""


def messages_in(submissions: Iterable[Submission]) -> dict[str, dict[str, str]]:
    """The messages in what is merged, for the summary of the run (`MESSAGES`); empty without any."""
    said = {s.sha256: str(f.facts["words"]) for s in submissions for f in s.findings if f.code == MESSAGE}
    return {MESSAGES: said} if said else {}


def _in_file(finding: Finding, submission: Submission) -> Finding:
    if finding.at is None:
        return finding
    facts = {"department": submission.department, "file": submission.file, **finding.facts}
    return replace(finding, facts=facts)


def merge_json(session: Session, merged: Merged, run: str | None) -> dict[str, object]:
    """The object `preview --json` and `consolidate --json` print."""
    return {
        "version": "collab-xl/merge/1",
        "run": run,
        "submissions": [
            {name: getattr(c, name) for name in ("sha256", "department", "edits", *OUTCOMES, "rows_new", "rows_missing")}
            for c in merged.result.counts
        ],
        "conflicts": [item_json(session, item) for item in merged.waiting.values()],
        "items": items_json(merged.collected.received, session.lang),
        "faults": [fault.json for fault in merged.faults],
        "lost": [one.json for one in merged.lost],
        "held": held_json(merged.held.values()),
        "taken_again": held_json(merged.taken_again.values()),
        "evidence": evidence_json(merged.evidence),
        "findings": len(findings_of(session, merged)),
        "questions": report(session, session.answers, merged.asking)[2],
    }


def item_json(session: Session, item: Item) -> dict[str, object]:
    """One open item; values as the sheet shows them."""
    form = session.schema.form_for_display(item.form)
    field = form.known(item.field)

    def shown(value: Value) -> str | None:
        return show(value, field, session.book_lang) or None

    return {
        "id": item.id,
        "kind": str(item.kind),
        "sheet": session.tables[item.form].sheet if item.form in session.tables else form.sheet[session.book_lang],
        "row_id": item.row_key or item.row_id or None,
        "field": item.field,
        "baseline": shown(item.baseline),
        "master": shown(item.master),
        "candidates": [
            {
                "department": c.source.department,
                "sender": c.source.sender or None,
                "sent_at": c.source.sent_at.isoformat(timespec="seconds") if c.source.sent_at else None,
                "value": str(c.value)
                if item.kind is Kind.NOT_ENTERED
                else shown(c.value)
                if item.field
                else {f.id: show(c.row[f.id], f, session.book_lang) for f in form.fields if c.row.get(f.id) is not None},
            }
            for c in item.candidates
        ],
    }


def totals_of(merged: Merged) -> dict[str, int]:
    counts = merged.result.counts
    totals = {name: sum(getattr(c, name) for c in counts) for name in ("edits", *OUTCOMES, "rows_new", "rows_missing")}
    return {**totals, "submissions": len(counts), "waiting": len(merged.waiting), "rows": len(merged.result.new_rows)}


def _accounts(session: Session, merged: Merged) -> Listing:
    names = ("edits", *OUTCOMES, "rows_new", "rows_missing")
    service = session.schema.service("submissions")
    titles = {c.id: c.heading[session.lang] for c in service.columns}
    columns = (titles["department"], titles["file"], *(titles[n] for n in names))
    files = {s.sha256: s.file for s in (*merged.submissions, *merged.again)}
    rows = [(c.department, files.get(c.sha256, ""), *(str(getattr(c, n)) for n in names)) for c in merged.result.counts]
    if len(rows) > 1:
        rows.append(("Σ", "", *(str(sum(getattr(c, n) for c in merged.result.counts)) for n in names)))
    return Listing("", columns, tuple(rows))


def exit_code(merged: Merged, findings: Sequence[Finding]) -> int:
    if merged.faults:
        return FAULT
    if merged.lost and not merged.waiting:
        return FINDINGS
    if merged.waiting:
        return CONFLICTS
    refused = any(r.state is State.REFUSED for r in merged.collected.received)
    return FINDINGS if refused or any(f.severity is not Severity.NOTE for f in findings) else OK


def merge_lines(
    session: Session, merged: Merged, first: str, findings: Sequence[Finding], *, write: bool, listed: bool
) -> tuple[tuple[str, ...], tuple[Listing, ...]]:
    """Lines and listings of a merge. `listed`: 检查结果 contains the findings; else the first of them are printed."""
    lines, listings = [first, *fault_lines(merged.faults, session.lang), *(one.line(session.lang) for one in merged.lost)], []
    if merged.collected.received:
        listings.append(received_listing(merged.collected.received, session.lang, merged.consumed if listed else ()))
    if merged.result.counts:
        listings.append(_accounts(session, merged))
    if merged.waiting:
        lines.append(text("verbs.say.waiting", session.lang, count=len(merged.waiting), sheet=session.sheet_of("conflicts")))
    if findings:
        figures = {str(s): sum(f.severity is s for f in findings) for s in Severity}
        lines.append(text("verbs.say.findings", session.lang, **figures))
        if listed:
            lines.append(text("verbs.say.findings_at", session.lang, sheet=session.sheet_of("findings")))
        else:
            listings.append(findings_listing(session, findings[:FINDINGS_SHOWN]))
    if merged.taken_again:
        lines.append(session.said("taken_again", names=names(session, merged.taken_again.values())))
    for s in merged.submissions:
        for words in messages_in([s]).get(MESSAGES, {}).values():
            lines.append(text("verbs.say.message", session.lang, department=s.department, words=words))
    lines += held_lines(session, merged.held.values())
    lines += _not_entered(session, merged)
    lines += evidence_lines(session, merged.evidence)
    lines += issued_outside(session, {s.pack for s in merged.submissions})
    lines += _set_aside_too_late(session)
    told, waits, _ = report(session, session.answers, merged.asking)
    lines += told
    listings += waits
    if not write:
        lines.append(text("verbs.say.no_write", session.lang))
    return tuple(lines), tuple(listings)


def _not_entered(session: Session, merged: Merged) -> list[str]:
    """How many edits came in that had been set aside because of the master, and how many still wait for it."""
    lines = []
    by_file = {s.sha256: s for s in merged.again}
    if taken := sum(c.edits for c in merged.result.counts if c.sha256 in by_file):
        names = listed([s.file for s in by_file.values()], session.lang, "verbs.say.more_files")
        lines.append(session.said("entered_now", cells=taken, files=names))
    causes = [item for item in merged.waiting.values() if item.kind is Kind.NOT_ENTERED]
    if causes:
        cells = sum(c.value for item in causes for c in item.candidates if isinstance(c.value, int))
        lines.append(text("verbs.say.not_entered", session.lang, cells=cells, causes=len(causes), sheet=session.sheet_of("conflicts")))
    return lines


def _set_aside_too_late(session: Session) -> list[str]:
    """A line for every submission marked 不采用 after it was consolidated: the mark undoes nothing."""
    aside, ledger, run_id = set_aside(session), session.master.ledger, session.run_id
    if not aside:
        return []
    done = ledger.consumed(run_id)
    late = {r.sha256: r for _, r in ledger.received(run_id) if r.sha256 in done and r.sha256[:16] in aside}
    return [
        text("verbs.say.aside_too_late", session.lang, file=r.file, department=r.department, run=done[r.sha256].id) for r in late.values()
    ]
