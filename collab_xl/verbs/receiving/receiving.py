"""Collecting: every input gets exactly one state, originals are kept, and accepted files are read in workers.

`collect` does this in a run of its own; `consolidate` with inputs does it within its run (decision 0004).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.faults import Fault
from collab_xl.intake.content import OnDisk, on_disk
from collab_xl.intake.gates import (
    TEXT,
    UNFINISHED,
    UNRECORDED,
    WORKBOOK,
    Known,
    again,
    as_it_came,
    extension,
    failed,
    gates,
    reading_key,
    settle_hand_made,
    unreadable,
    unreadable_code,
)
from collab_xl.intake.inbox import Inbox
from collab_xl.intake.opening import CONTAINERS, ending_of
from collab_xl.intake.origin import Origin
from collab_xl.intake.package import PackageScan
from collab_xl.intake.pool import Result, SafePool
from collab_xl.intake.readers import pool_for
from collab_xl.model.merge import Submission, Unread
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.similar import meant
from collab_xl.model.submission_log import Content, Incoming, Received, State
from collab_xl.os_errors import may_be_there
from collab_xl.project.fetching import fetched_during
from collab_xl.read.asking import Question
from collab_xl.read.context import Context
from collab_xl.verbs.asking.questions import asked
from collab_xl.verbs.faults import Faults
from collab_xl.verbs.receiving.bounces import Departments, reports_in
from collab_xl.verbs.receiving.evidence import is_beside
from collab_xl.verbs.receiving.evidence import settled as settled_evidence
from collab_xl.verbs.receiving.reading import Job, Reading, read_job, scan_job
from collab_xl.verbs.report import Progress
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.service_sheets import is_aside

CUT_OFF = frozenset({"S105", "S106", "S423", "S424", "S427"})
"""What a file looks like of which only the beginning was written."""
JUST_NOW, MOMENT_SECONDS = timedelta(seconds=3), 0.5
Asking = tuple[str, str, tuple[Question, ...]]
"""Department, file, and the questions about how it is written."""


class Collected(Struct):
    """The result of collecting. `read`: sha256 → what the workers read, for a merge in the same run."""

    received: list[Received] = field(default_factory=list)
    fresh: list[Received] = field(default_factory=list)
    """Inputs not collected before. The same file or mail collected again is reported, but not recorded."""
    read: dict[str, Reading] = field(default_factory=dict)
    asking: list[Asking] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    """Inputs on which the program failed: not merged; the next run tries them again."""
    mailed: set[str] = field(default_factory=set)
    """sha256 of files received by mail."""
    kept: Callable[[], object] = lambda: None
    """Waits until the originals are on disk; call it before the run is recorded. Raises CollabError when they could not be written."""


def receive(
    session: Session,
    inputs: Sequence[Path],
    department: str | None,
    progress: Progress,
    *,
    keep: bool,
    work: Callable[[], object] | None = None,
    outline: bool = False,
) -> Collected:
    """Gather, scan, read and check the inputs; with `keep` the originals go to archive or quarantine (`Collected.kept`).

    Args:
        work: runs in this process while the workers read; it is not called when there is nothing to read.
        outline: nothing is merged in this run, so values need not be kept (`Job.outline`).
    """
    for path in inputs:
        if not may_be_there(path):
            raise CollabError("input_missing", path=path, lang=session.lang)
    directory = session.directory
    if department and directory.departments and not directory.find(department):
        names = tuple(d.name for d in directory.departments)
        raise CollabError(
            "collect_unknown_department", department=department, known=names, meant=meant(department, names), lang=session.lang
        )
    inbox = Inbox()
    try:
        out, taken, refused = _received_all(session, inbox, inputs, department, progress, work, outline)
    except BaseException:
        inbox.close()
        raise
    if keep and (reports := reports_in(session, out.received)):
        session.master.ledger.note_reports(reports)  # facts of the project: they stay if the run fails or is undone
    if not keep or not (taken or refused):
        inbox.close()
        return out

    def keep_originals() -> None:
        with inbox:
            session.master.sidecar.keep(taken, refused)

    disk = ThreadPoolExecutor(1)  # originals are written while the merge is computed
    out.kept = disk.submit(keep_originals).result
    disk.shutdown(wait=False)
    return out


Originals = list[tuple[Content, str]]
"""Contents with their sha256 (of accepted inputs) or their name (of refused ones)."""


def _received_all(
    session: Session,
    inbox: Inbox,
    inputs: Sequence[Path],
    department: str | None,
    progress: Progress,
    work: Callable[[], object] | None,
    outline: bool,
) -> tuple[Collected, Originals, Originals]:
    incoming = list(inbox.gather(inputs))
    incoming += failed_before(session, {item.sha256 for item in incoming}, inbox)
    inbox.end_worker()
    ledger, run_id = session.master.ledger, session.run_id
    seen = {r.sha256 for _, r in ledger.received(run_id) if r.state is State.ACCEPTED}
    known = Known(session.master.project_id, ledger.secret, session.directory, ledger.pack_heads(), seen, now=session.now)
    read, unread = _read_new(session, incoming, seen, department, progress, work, outline)
    faults = Faults(session.now, session.master.sidecar.logs)
    out = Collected(faults=faults.found, mailed={item.sha256 for item in incoming if item.mailed})
    taken: Originals = []
    refused: Originals = []
    before = {_mark(r) for _, r in ledger.received(run_id)}
    scanned = {key: reading.scan for key, reading in read.items()} | _scanned(incoming, read, unread)

    def broken(item: Incoming, error: Exception, known_of_it: Received | None = None) -> Received:
        return _failed(item, known_of_it or as_it_came(item), faults.of(item.file, item.sha256, "collecting", error))

    def note(item: Incoming, received: Received) -> None:
        if _mark(received) not in before and received.code not in UNRECORDED:
            before.add(_mark(received))
            out.fresh.append(received)
        if item.content.size_bytes:
            if received.state in (State.ACCEPTED, State.DUPLICATE, State.FAILED, State.EVIDENCE):
                taken.append((item.content, item.sha256))
            elif received.state is State.REFUSED:
                refused.append((item.content, item.file))
        out.received.append(received)

    departments = Departments(session)
    beside: list[tuple[Incoming, Received]] = []
    for item, first in gates(incoming, known, department=department, scanned=scanned, broken=broken):
        if is_beside(first):
            beside.append((item, first))
            continue
        received = departments.of(first)
        key = reading_key(item.file, item.sha256)
        result: Result[Any] | None = unread.get(key)
        if item.state is State.FAILED:
            result = inbox.faults[item.sha256]
        if result is not None and result.trace and received.state in (State.ACCEPTED, State.DUPLICATE, State.FAILED):
            received = _failed(item, received, faults.of_result(item.file, item.sha256, "reading", result))
        elif received.state is State.ACCEPTED and result is not None:
            received = unreadable(received, result.failed)
        elif received.state is State.ACCEPTED:
            try:
                received, reading = _settled(session, received, item, read[key], progress, outline)
            except Exception as error:
                received = broken(item, error, received)
            else:
                if received.department and reading.questions:
                    out.asking.append((received.department, received.file, reading.questions))
                if received.state is State.ACCEPTED:
                    out.read[item.sha256] = reading
        note(item, _unless_unfinished(session, received, item, inbox))
    for item, received in settled_evidence(session, beside, list(out.received)):
        note(item, received)
    return out, taken, refused


def _unless_unfinished(session: Session, received: Received, item: Incoming, inbox: Inbox) -> Received:
    """Leave a damaged file for the next run if somebody is still writing it: if it was written just now, look again in a moment.

    A run waits once, for the first such file.
    """
    if received.state is not State.REFUSED or received.code not in CUT_OFF or not isinstance(item.content, OnDisk):
        return received
    written = item.received_at
    if written is None or abs(session.now - written) > JUST_NOW or item.mailed:
        return received
    if not inbox.waited:
        inbox.waited = True
        time.sleep(MOMENT_SECONDS)
    try:
        unchanged = on_disk(item.content.path) == item.content
    except OSError:
        unchanged = False
    return received if unchanged else replace(received, state=State.IGNORED, code=UNFINISHED)


def failed_before(session: Session, given: Collection[str] = (), inbox: Inbox | None = None) -> list[Incoming]:
    """Inputs on which the program failed in earlier runs and which were not accepted since, from the archive, to try again.

    Args:
        given: sha256 of what this run collects anyway.
        inbox: opens mails and zips; without it they are left out.
    """
    last = {r.sha256: r for _, r in session.master.ledger.received(session.run_id)}
    out = []
    for received in last.values():
        if received.state is State.FAILED and received.sha256 not in given:
            try:
                content = on_disk(str(session.master.sidecar.archive / received.sha256))
            except OSError:  # the original is missing: it must be collected again
                continue
            if ending_of(received.file) not in CONTAINERS:
                out.append(again(received, content))
            elif inbox is not None:
                out += inbox.opened(content, Origin((received.file,), received_at=received.received_at))
    return out


def _failed(item: Incoming, received: Received, fault: Fault) -> Received:
    return failed(received, fault.error, fault.log, mailed=item.mailed)


def _scanned(incoming: Sequence[Incoming], read: Mapping[str, Reading], unread: Mapping[str, Result[Reading]]) -> dict[str, PackageScan]:
    """Scans, made by a worker, of files that were not read: those seen before, and those on which the program failed, so that their
    department is known. Files that a worker could not read have none."""
    out = {key: PackageScan() for key in unread}
    wanted: dict[str, tuple[str, Content]] = {}
    for item in incoming:
        key = reading_key(item.file, item.sha256)
        if _is_read(item) and key not in read and (key not in unread or unread[key].trace):
            wanted.setdefault(key, (item.file, item.content))
    if wanted:
        with pool_for([content.size_bytes for _, content in wanted.values()]) as pool:
            for key, looked in zip(wanted, pool.map(scan_job, wanted.values()), strict=True):
                out[key] = looked.value or PackageScan("" if looked.trace else unreadable_code(looked.failed))
    return out


def _is_read(item: Incoming) -> bool:
    return item.state is None and extension(item.file) in WORKBOOK | TEXT


def _settled(
    session: Session, received: Received, item: Incoming, reading: Reading, progress: Progress, outline: bool
) -> tuple[Received, Reading]:
    """An accepted input after reading: its department, read with that department's answers, and whether it contains one of our tables."""
    received = settle_hand_made(received, reading.tables, session.schema, session.directory)
    if session.answers.settles(received.department, reading.questions):
        reading = _read_again(session, received, item, reading, progress, outline)
    if received.state is State.ACCEPTED and not reading.tables:
        received = replace(received, state=State.REFUSED, code="S130")
    return replace(received, wants=reading.wants) if reading.wants else received, reading


def _mark(received: Received) -> tuple[str, str, str]:
    """Two inputs with the same mark are one delivery: content, mail, file name. The reason of a refusal may differ between deliveries."""
    settled = "" if received.state in (State.ACCEPTED, State.DUPLICATE, State.EVIDENCE) else f"{received.state} {received.code}"
    return received.sha256, received.message_id or received.file, settled


def _read_again(session: Session, received: Received, item: Incoming, before: Reading, progress: Progress, outline: bool) -> Reading:
    """Read a file again with the answers about its department, which was known only after the first reading."""
    job = _job(session, item, session.answers.of(received.department, session.context()), outline)
    return read_all(session, [job], progress)[0].get(job.key, before)


def _job(session: Session, item: Incoming, context: Context, outline: bool) -> Job:
    near = min(item.sent_at or item.received_at or session.now, session.now)
    return Job(item.sha256, item.file, item.content, context, near.date(), item.sent_at is not None, session.master.forms, outline)


def _read_new(
    session: Session,
    incoming: Sequence[Incoming],
    seen: set[str],
    department: str | None,
    progress: Progress,
    work: Callable[[], object] | None,
    outline: bool,
) -> tuple[dict[str, Reading], dict[str, Result[Reading]]]:
    """Read every new workbook once: `Job.key` → Reading, and `Job.key` → failure of the worker."""
    jobs: dict[str, Job] = {}
    known = department and (session.directory.find(department) or department)
    contexts: dict[str, Context] = {}
    for item in incoming:
        if _is_read(item) and item.sha256 not in seen:
            sender = known or session.directory.of_sender(item.sender) or ""
            context = contexts.setdefault(sender, session.answers.of(sender, session.context()) if sender else session.context())
            job = _job(session, item, context, outline)
            jobs.setdefault(job.key, job)
    return read_all(session, jobs.values(), progress, work)


def read_all(
    session: Session, jobs: Iterable[Job], progress: Progress, work: Callable[[], object] | None = None
) -> tuple[dict[str, Reading], dict[str, Result[Reading]]]:
    """Read files in workers; a failing worker stops nothing. `work` runs in this process at the same time."""
    listed = list(jobs)
    read: dict[str, Reading] = {}
    unread: dict[str, Result[Reading]] = {}
    if not listed:
        return read, unread
    with pool_for([job.content.size_bytes for job in listed]) as pool:
        results = _with_progress(session, pool, listed, progress)
        for job, result in zip(listed, fetched_during(results, work) if work else results, strict=True):
            if result.value is not None:
                read[job.key] = result.value
            else:
                unread[job.key] = result
    return read, unread


def _with_progress(session: Session, pool: SafePool, jobs: Sequence[Job], progress: Progress) -> Generator[Result[Reading], None, None]:
    label = text("verbs.say.reading", session.lang)
    for done, result in enumerate(pool.map(read_job, jobs), 1):
        yield result
        progress(label, done, len(jobs))


class LostOriginal(NamedTuple):
    """A file received earlier that cannot be read from the archive now: missing, changed, or too big for this machine."""

    received: Received
    path: Path
    ready: bool
    """It was to be merged and stays ready; else it was merged before and newer copies of its pack cannot be compared with it."""

    def line(self, lang: str) -> str:
        key = "verbs.say.original_lost" if self.ready else "verbs.say.copy_lost"
        return text(key, lang, department=self.received.department, file=self.received.file, path=self.path)

    @property
    def json(self) -> dict[str, object]:
        r = self.received
        return {"department": r.department, "file": r.file, "sha256": r.sha256, "path": str(self.path), "ready": self.ready}


def submissions_of(
    session: Session, waiting: Sequence[Received], read: dict[str, Reading], progress: Progress
) -> tuple[list[Submission], list[Asking], list[Fault], list[LostOriginal]]:
    """Accepted inputs as submissions for the merge, and the questions of those that an earlier run collected (read from the archive).

    The third part: inputs on which the program fails; the fourth: those whose original is lost. Both are left out and stay ready.
    """
    faults = Faults(session.now, session.master.sidecar.logs)
    missing = [r for r in waiting if r.sha256 not in read]
    lost: list[LostOriginal] = []
    if missing:
        more, unread, lost = _from_archive(session, missing, progress, ready=True)
        for r in missing:
            if (result := unread.get(reading_key(r.file, r.sha256))) is not None and result.trace:
                faults.of_result(r.file, r.sha256, "reading", result)
        read = {**read, **{reading.sha256: reading for reading in more.values()}}
        missing = [r for r in missing if r.sha256 in read]
        waiting = [r for r in waiting if r.sha256 in read]
    aside = set_aside(session)
    lost = [one for one in lost if one.received.sha256[:16] not in aside]  # the PMO knows
    asking: list[Asking] = [(r.department, r.file, q) for r in missing if (q := read[r.sha256].questions)]
    return [_submission(session, r, read[r.sha256], r.sha256[:16] in aside) for r in waiting], asking, faults.found, lost


def _from_archive(
    session: Session, wanted: Iterable[Received], progress: Progress, *, ready: bool
) -> tuple[dict[str, Reading], dict[str, Result[Reading]], list[LostOriginal]]:
    """Read originals from the archive: what was read, what the workers failed on, and which are lost."""
    jobs: list[Job] = []
    listed, lost = list(wanted), list[LostOriginal]()
    for r in listed:
        try:
            jobs.append(_archived(session, r))
        except CollabError:
            lost.append(LostOriginal(r, session.master.sidecar.archive / r.sha256, ready))
    read, unread = read_all(session, jobs, progress)
    for r in listed:
        result = unread.get(reading_key(r.file, r.sha256))
        if result is not None and not result.trace:
            lost.append(LostOriginal(r, session.master.sidecar.archive / r.sha256, ready))
    return read, unread, lost


def earlier_copies(
    session: Session, packs: Collection[str | None], also: Collection[str], progress: Progress
) -> tuple[list[Submission], list[Asking], list[LostOriginal]]:
    """Submissions of these packs that earlier runs consolidated, read again from the archive: new copies are compared with them.

    Args:
        also: sha256 of further ones that are wanted: edits of them come in now, and their questions are asked.

    One whose original is lost or can no longer be read is left out and named: what cannot be compared is a question.
    """
    ledger, run_id = session.master.ledger, session.run_id
    done = ledger.consumed(run_id)
    if not done or not (any(packs) or also):
        return [], [], []
    merged = [r for _, r in ledger.received(run_id) if r.state is State.ACCEPTED and r.sha256 in done]
    again = {r.sha256: r for r in merged if (r.pack and r.pack in packs) or r.sha256 in also}
    found, _, lost = _from_archive(session, again.values(), progress, ready=False)
    read = {reading.sha256: reading for reading in found.values()}
    asking: list[Asking] = [
        (r.department, r.file, q) for sha, r in again.items() if sha in also and sha in read and (q := read[sha].questions)
    ]
    return [_submission(session, r, read[sha], aside=False) for sha, r in again.items() if sha in read], asking, lost


def _archived(session: Session, r: Received) -> Job:
    context = session.answers.of(r.department, session.context())
    content = session.master.sidecar.archived(r.sha256)
    return Job(r.sha256, r.file, content, context, (r.sent_at or session.now).date(), forms=session.master.forms)


def _submission(session: Session, received: Received, reading: Reading, aside: bool) -> Submission:
    return Submission(
        sha256=received.sha256,
        department=received.department,
        sent_at=received.sent_at or received.received_at or session.now,
        tables=reading.tables,
        pack=received.pack or None,
        sender=received.sender,
        message_id=received.message_id,
        file=received.file,
        findings=reading.findings,
        set_aside=aside,
        resting=reading.resting,
        unread=tuple(Unread(asked(received.department, received.file, q).id, _form_of(q), q.field, q.words) for q in reading.questions),
    )


def _form_of(q: Question) -> str:
    """The form of a question about a column or its words; the order of day and month belongs to none."""
    return "" if q.kind == "date_order" else q.form


def set_aside(session: Session) -> set[str]:
    """Fingerprints the PMO marked 不采用 on the submission log, in either language."""
    return {str(row["sha256"]) for row in session.service("submissions") if row.get("sha256") and is_aside(row.get("decision"))}
