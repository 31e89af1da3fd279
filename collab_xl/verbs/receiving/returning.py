"""The annotated return: the department's own workbook with wrong cells marked, written to `returned/` of the project (decision 0010).

Workers make it from the originals in the archive, after the run is written. A failure here is a remark in the report; the run has
not failed.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from collab_xl.catalogue import code_key, error_text, has, text
from collab_xl.errors import CollabError
from collab_xl.intake.content import on_disk
from collab_xl.intake.gates import extension
from collab_xl.intake.package import scan
from collab_xl.intake.pool import SafePool
from collab_xl.merge.fates import fates
from collab_xl.model.finding import Finding, Severity, switched
from collab_xl.model.merge import MergeResult, MergeState, Submission
from collab_xl.model.record import Struct, field, replace
from collab_xl.model.regex import regex
from collab_xl.model.returns import Fate, Marks
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import NOTHING, Content, Received, State
from collab_xl.model.values import Link
from collab_xl.plan.returns import About, plan_return, reasons, to_mend
from collab_xl.project.durable import write_all_durably
from collab_xl.rules.check import check
from collab_xl.verbs.faults import Faults
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.receiving.inputs import stored_facts
from collab_xl.verbs.receiving.reading import Reading
from collab_xl.verbs.session import Session

CONTRADICTIONS = frozenset({"V103", "V104", "V105", "V106", "V108", "V109", "V110"})
"""Checks that need only one row; the others need the whole master."""
INDEX = ".returns.json"
UNREAD = "unread"
"""The fate of a value that nobody could read; in the index: whether all that is to be mended are such values."""
"""What stands in the folder of a run's returns about each of them."""
REASONS = 12
"""So many corrections stand in the text of a mail."""
MEMORY_MB, SECONDS = 2048, 90
"""Limits for one file: 50,000 rows × 15 columns take about 1 GB and 15 s."""
PRELOAD = ("collab_xl.verbs.receiving.returning", "collab_xl.book.annotate")
OPENED = frozenset({"S130", "S401"})
"""Refused but harmless, and the department can fix it: the file is returned with the reason on its first sheet. A pack of another project
(S402) is not: it is left where it lies, for that project."""
EXPLAINED = frozenset(
    {"S101", "S102", "S103", "S104", "S105", "S106", "S107", "S113", "S114", "S121", "S122", "S123", "S125", "S126", "S128", "S129"}
)
"""Not safe or not possible to open: a workbook with the reason is returned, the file stays in quarantine. Refusals for the PMO (an unknown
sender, say) or for the security staff are not returned."""


class Delivery(Struct, frozen=True):
    """One file that may be returned."""

    sha256: str
    file: str
    department: str
    week: str = ""
    findings: tuple[Finding, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    refused: Received | None = None
    fates: Callable[[Iterable[Finding]], Mapping[str, Fate]] | None = None
    """Cell → what became of its content; of a file that was merged. It takes the findings that are marked."""


class Returned(Struct, frozen=True):
    """The files written. `items` is for `--json`, one object per delivery."""

    items: tuple[dict[str, object], ...] = ()
    lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def count(self) -> int:
        return len(self.items)

    @property
    def next(self) -> NextStep | None:
        """What to do with the files: mail them; if nobody knows of which department they are, hand them over."""
        known = sum(bool(item["department"]) for item in self.items)
        if known:
            return NextStep("send_returns", "send", "returns", {"n": known})
        return NextStep("returns_by_hand", facts={"n": self.count, "folder": self.folder}) if self.items else None

    @property
    def json(self) -> dict[str, object]:
        return {"returned": list(self.items), "returned_to": str(self.folder) if self.folder else None}


class ReturnJob(Struct, frozen=True):
    """One file to mark. `explain_only`: return only the reason, without the file."""

    file: str
    content: Content
    marks: Marks
    explain_only: bool = False


@dataclasses.dataclass(frozen=True)
class MarkedBook:
    """The marked workbook; or the unchanged original (none with `explain_only`) and a second workbook with the notes."""

    workbook: bytes | None = dataclasses.field(default=None, repr=False)
    notes: bytes | None = dataclasses.field(default=None, repr=False)
    why: str = ""


def return_job(job: ReturnJob) -> MarkedBook:
    """Mark one file. Runs in a worker, which alone imports what it needs."""
    from collab_xl.book.annotate import NotKept, marked
    from collab_xl.build.notes_workbook import notes_book

    data = b"" if job.explain_only else job.content.read()
    unsafe = job.explain_only or (extension(job.file) != ".csv" and bool(scan(data).code))
    if not unsafe and extension(job.file) == ".xlsx":
        try:
            return MarkedBook(marked(data, job.marks, job.file))
        except NotKept as kept:
            why = str(kept)
        except CollabError as error:
            why = error.code
    else:
        why = "unsafe" if unsafe else extension(job.file)
    return MarkedBook(None if unsafe else data, notes_book(job.marks.notes, job.marks.lang, "" if unsafe else job.file), why)


def _untouched(job: ReturnJob, why: str) -> MarkedBook:
    """For a file on which a worker died or took too long: the notes only, made in this process from our own texts."""
    from collab_xl.build.notes_workbook import notes_book

    return MarkedBook(None if job.explain_only else job.content.read(), notes_book(job.marks.notes, job.marks.lang, job.file), why)


def deliveries(session: Session, submissions: Iterable[Submission], state: MergeState, merged: MergeResult) -> list[Delivery]:
    """Submissions with the findings of reading and merging them, and what became of each edit. `state`: before the merge."""
    by_file: dict[tuple[str, str], list[Finding]] = {}
    for f in merged.findings:
        by_file.setdefault((str(f.facts.get("department", "")), str(f.facts.get("file", ""))), []).append(f)
    out = []
    submissions = list(submissions)
    files = {r.sha256: r.file for _, r in session.master.ledger.received(session.run_id)} | {s.sha256: s.file for s in submissions}
    for s in submissions:
        if not s.set_aside:
            read = {id(f) for f in s.findings}
            mine = [f for f in by_file.get((s.department, s.file or s.sha256[:12]), ()) if id(f) not in read]
            found = tuple(switched([*s.findings, *mine], session.settings.rules))
            if to_mend(found):
                told = partial(fates, s, state, merged, session.schema, files)
                out.append(Delivery(s.sha256, s.file, s.department, "", found, s.tables, fates=told))
    if not out:
        return []
    weeks = {r.sha256: r.week for _, r in session.master.ledger.received(session.run_id)}
    return [replace(d, week=weeks.get(d.sha256, "")) for d in out]


def read_deliveries(session: Session, received: Iterable[Received], read: Mapping[str, Reading]) -> list[Delivery]:
    """Accepted inputs with the findings of reading them."""
    return [
        Delivery(r.sha256, r.file, r.department, r.week, tuple(switched(reading.findings, session.settings.rules)), reading.tables)
        for r in received
        if r.state is State.ACCEPTED and (reading := read.get(r.sha256)) is not None and reading.findings
    ]


def refusals(received: Iterable[Received]) -> list[Delivery]:
    """Refused files that their department can fix."""
    return [
        Delivery(r.sha256, r.file, r.department, r.week, refused=r)
        for r in received
        if r.state is State.REFUSED and r.sha256 and r.code in OPENED | EXPLAINED
    ]


def links(session: Session, run: str, candidates: Sequence[Delivery]) -> Callable[[Finding], Link | None]:
    """Finding → link from the master to its cell in the returned workbook; None if nothing is returned."""
    places = _places(session, run, candidates)
    files: dict[tuple[str, str], set[str]] = {}
    for d in candidates:
        target = os.path.relpath(places[d.sha256][0], session.path.parent).replace(os.sep, "/")
        files.setdefault((d.department, d.file), set()).add(target)

    def link(f: Finding) -> Link | None:
        found = files.get((str(f.facts.get("department", "")), str(f.facts.get("file", ""))), set())
        return Link(f"{next(iter(found))}{f.at.target}", f.at.cell) if f.at is not None and len(found) == 1 else None

    return link


def _places(session: Session, run: str, chosen: Sequence[Delivery]) -> dict[str, tuple[Path, Path]]:
    """sha256 → path of the workbook and of a separate notes workbook: the department's own file name in its folder."""
    taken: set[Path] = set()
    out: dict[str, tuple[Path, Path]] = {}
    for d in chosen:
        home = session.master.sidecar.returned / run / _safe(d.department or text("plan.returned.unnamed", session.book_lang))
        name = _safe(Path(d.file.replace("\\", "/")).name)
        stem, suffix = Path(name).stem, Path(name).suffix
        n = 1
        while True:  # a second file of the same name gets a number
            target = home / (name if n == 1 else f"{stem} ({n}){suffix}")
            note = home / f"{text('plan.returned.beside', session.book_lang, file=target.stem)}.xlsx"
            if not {target, note} & taken:
                break
            n += 1
        taken |= {target, note}
        out[d.sha256] = (target, note)
    return out


def write_returns(session: Session, run: str | None, candidates: Sequence[Delivery]) -> Returned:
    """Write the returns to `returned/<run>/<department>/`. Problems of a file or the disk never raise."""
    chosen = [d for d in candidates if d.refused is not None or to_mend(d.findings)]
    if run is None or not chosen:
        return Returned()
    try:
        return _marked(session, _places(session, run, chosen), chosen)
    except Exception as error:  # the run is written: an error here must not look like a failed run
        if isinstance(error, (CollabError, OSError)):
            why = error_text(error, session.lang)[0] if isinstance(error, CollabError) else str(error)
            return Returned(notes=tuple(_failure_line(session, d, why) for d in chosen))
        faults = Faults(session.now, session.master.sidecar.logs)
        fault = faults.of(chosen[0].file, chosen[0].sha256, "marking what goes back", error)
        return Returned(
            notes=tuple(_failure_line(session, d, text("verbs.say.returned_fault", session.lang, **fault.facts)) for d in chosen)
        )


def _marked(session: Session, places: Mapping[str, tuple[Path, Path]], chosen: Sequence[Delivery]) -> Returned:
    jobs, notes = [], []
    for d in [_with_row_checks(session, d) for d in chosen]:
        explain_only = d.refused is not None and d.refused.code in EXPLAINED
        content = NOTHING if explain_only else _original(session, d)
        if content is None:
            notes.append(
                _failure_line(session, d, text("project.error.original_lost.what", session.lang, path=d.file, sha256=d.sha256[:16]))
            )
        else:
            jobs.append((d, ReturnJob(d.file, content, _marks(session, d), explain_only)))
    items, files, beside = [], dict[Path, bytes](), 0
    faults = Faults(session.now, session.master.sidecar.logs)
    with SafePool(workers=1 if len(jobs) <= 2 else None, memory_mb=MEMORY_MB, seconds=SECONDS, preload=PRELOAD) as pool:
        for (d, job), result in zip(jobs, pool.map(return_job, [job for _, job in jobs]), strict=True):
            if result.trace:
                fault = faults.of_result(d.file, d.sha256, "marking what goes back", result)
                notes.append(text("verbs.say.returned_unmarked", session.lang, **fault.facts))
            made = result.value or _untouched(job, result.failed)
            target, note = places[d.sha256]
            files |= {path: data for path, data in ((target, made.workbook), (note, made.notes)) if data is not None}
            beside += made.notes is not None
            if sum(map(len, files.values())) > WRITTEN_AT_ONCE:
                write_all_durably(files)
                files.clear()
            items.append(_item(d, job.marks, target if made.workbook is not None else None, note if made.notes is not None else None, made))
    folder = next(iter(places.values()))[0].parent.parent
    listed = [_index_line(session, d, places[d.sha256], folder) for d, _ in jobs]
    if listed:
        files[folder / INDEX] = json.dumps(listed, ensure_ascii=False, indent=1).encode()
    write_all_durably(files)
    lines = [text("verbs.say.returned", session.lang, count=len(items), folder=folder)] if items else []
    if beside:
        lines.append(text("verbs.say.returned_beside", session.lang, count=beside))
    return Returned(tuple(items), tuple(lines), tuple(notes), folder if items else None)


def _index_line(session: Session, d: Delivery, place: tuple[Path, Path], folder: Path) -> dict[str, object]:
    """What the mail with this return needs (`send returns`)."""
    if d.refused is not None:
        marks = _of_refusal(session, d.refused)
        told: list[tuple[str, str, str]] = [("", *marks)]
    else:
        told = reasons(d.findings, session.schema, session.book_lang, REASONS)
    files = [str(path.relative_to(folder)).replace(os.sep, "/") for path in place]
    mend = to_mend(d.findings)
    fates_of = d.fates(mend) if d.fates is not None else {}
    unread = bool(mend) and all((fate := fates_of.get(str(f.at))) is not None and fate.name == UNREAD for f in mend)
    return {"sha256": d.sha256, "count": max(len(told), len(mend)), "reasons": told, "files": files, "unread": unread}


def _with_row_checks(session: Session, d: Delivery) -> Delivery:
    """The delivery with the checks of single rows too (done, but at 60 %), so that it need not be returned twice.

    Only cells that the department may change. `check` reports the same for the master's rows.
    """
    if not d.tables:
        return d
    found = check(d.tables, session.schema, session.directory, session.settings, session.calendar, session.as_of)
    fields = {(form.id, f.id): f.access for form in session.schema.forms if form.departments for f in form.fields}
    packs = {form for form, table in d.tables.items() if table.row_ids}
    known = {(f.code, f.at) for f in d.findings}
    mine = [
        f for f in found
        if f.code in CONTRADICTIONS and (f.code, f.at) not in known
        and (f.form not in packs or fields.get((f.form or "", f.field or "")) == "D")
    ]  # fmt: skip
    return replace(d, findings=(*d.findings, *mine))


def _item(d: Delivery, marks: Marks, path: Path | None, note: Path | None, made: MarkedBook) -> dict[str, object]:
    theirs = to_mend(d.findings)
    return {
        "department": d.department or None,
        "file": d.file,
        "sha256": d.sha256,
        "refused": d.refused.code if d.refused else None,
        "errors": sum(f.severity is Severity.ERROR for f in theirs),
        "warnings": sum(f.severity is Severity.WARNING for f in theirs),
        "cells": len(marks.marks),
        "path": str(path) if path else None,
        "notes_path": str(note) if note else None,
        "not_marked_because": made.why or None,
    }


def _of_refusal(session: Session, refused: Received) -> tuple[str, str]:
    """What is wrong with a refused file, and what to do."""
    keys, facts = (code_key(refused.code, part) for part in ("what", "fix")), stored_facts(refused)
    what, fix = (text(key, session.book_lang, **facts) if has(key, session.book_lang) else "" for key in keys)
    return what, fix


def _marks(session: Session, d: Delivery) -> Marks:
    lang = session.book_lang
    why = _of_refusal(session, d.refused) if d.refused is not None else None
    fates_of = d.fates(d.findings) if d.fates is not None else {}
    about = About(lang, d.department, d.file, d.week, f"{session.now:%Y-%m-%d %H:%M}", why, fates_of)
    return plan_return(d.findings, d.tables, session.schema, about)


def _original(session: Session, d: Delivery) -> Content | None:
    """The received file, from the archive; a refused one from quarantine."""
    sidecar = session.master.sidecar
    try:
        if d.refused is None:
            return sidecar.archived(d.sha256)
        found = sidecar.quarantined(d.sha256)
        return on_disk(str(found)) if found else None
    except (CollabError, OSError):
        return None


WRITTEN_AT_ONCE = 16 << 20
"""Bytes of returned workbooks that are collected before they are written."""
RESERVED = regex(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
"""Names of devices on Windows."""


def _safe(name: str) -> str:
    """A file name valid on every system: no path, at most 255 bytes including what is added to it, the ending kept."""
    clean = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).strip(". ")
    stem, suffix = (clean, "") if len(Path(clean).suffix) > 6 else (Path(clean).stem, Path(clean).suffix)
    while len(stem.encode()) > 200:
        stem = stem[:-1]
    clean = f"{stem.strip()}{suffix}" or "_"
    return f"_{clean}" if RESERVED.match(clean) else clean


def _failure_line(session: Session, d: Delivery, why: str) -> str:
    return text("verbs.say.returned_not", session.lang, file=d.file, reason=why)
