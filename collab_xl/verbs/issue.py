"""Verb `issue`: one pack per department; its exact values are kept in the sidecar."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from collab_xl.build.pack import PackJob, build_pack_job, pack_file_name
from collab_xl.catalogue import sentences, text
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.intake.pool import SafePool
from collab_xl.intake.token import make_token
from collab_xl.model.excel_limits import MAX_PATH, path_too_long
from collab_xl.model.finding import switched
from collab_xl.model.pack_plan import PackPlan
from collab_xl.model.similar import meant
from collab_xl.plan.issue import not_issued, packs_for
from collab_xl.project.durable import write_all_durably, write_durably
from collab_xl.project.interruption import writing_begins
from collab_xl.project.run import Where
from collab_xl.verbs.findings import findings_listing
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Listing, Progress, Report
from collab_xl.verbs.sending.first_sheet import FirstSheets
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.service_sheets import home, newest_packs, submissions_plan
from collab_xl.verbs.times.requested_week import requested_week
from collab_xl.verbs.upgrading.wanted_fields import not_applied

TOGETHER: Final = 50
"""Packs that are written at once: the disk is waited for once."""
MANY: Final = 30
"""From so many packs on several processes build them; starting them takes as long as ten packs."""
SECONDS: Final = 120.0
"""For one pack in a worker. After this time it is built in this process."""


def issue(
    where: Where,
    *,
    as_of: date,
    week: str | None = None,
    departments: Sequence[str] | None = None,
    out: Path | None = None,
    carry: Sequence[str] | str = (),
    write: bool = True,
    lang: str | None,
    progress: Progress,
) -> Report:
    """Verb `issue`: write the packs into a folder (default: `outbox/<week>/` of the sidecar) and list them on 提交台账.

    Args:
        carry: forms that every pack has, also where nothing in them concerns its department this week; `full` for all.

    Raises CollabError `issue_layout` while a column is missing in the master or rows lie below a table.
    """
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        chosen = requested_week(session, week, session.week)
        if not session.directory.departments:
            raise CollabError("no_departments", lang=session.lang)
        _refuse_layout(session)
        ledger = session.master.ledger
        heads = newest_packs(ledger.pack_heads().values())
        last = ledger.packs({p.id for p in heads.values()})
        before = {name: last[head.id] for name, head in heads.items()}
        desk = FirstSheets(session, chosen, heads, before)
        plans = packs_for(
            session.tables,
            session.schema,
            session.directory,
            session.settings,
            week=chosen,
            issued_at=session.now,
            make_id=lambda department: f"{chosen.replace('-', '')}-{secrets.token_hex(3)}",
            last_pack=before,
            departments=departments,
            concerned=desk.concerned,
            wanted=desk.wanted(_forms(session, carry)),
            calendar=session.calendar,
        )
        plans = [desk.on(plan) for plan in plans]
        folder = out or session.master.sidecar.outbox / chosen
        files = {p.pack.id: folder / pack_file_name(p, session.book_lang, session.settings.project) for p in plans}
        if write:
            session.master.refuse_unwritable()  # before packs lie in the folder that no run knows
            run = session.master.new_run_id
            with _put_back(files.values(), lambda: session.master.run_id == run):
                _write(session, plans, files, progress)
                packs = tuple(p.pack for p in plans)
                plan = submissions_plan(session, packs=packs)
                plan += home(session, session.tables, verb="issue", run=run, waiting=len(session.state(packs=()).items), issued=packs)
                figures = {"packs": len(plans), "rows": sum(p.row_count for p in plans), "week": chosen}
                session.master.commit(session.record("issue", summary=figures, packs=packs), plan)
        findings = switched(not_issued(session.tables, session.schema, session.directory), session.settings.rules)
        total = sum(p.row_count for p in plans)
        lines = [session.said("issue", packs=len(plans), week=chosen, rows=total, folder=folder)]
        if any(path_too_long(os.path.abspath(path)) for path in files.values()):
            lines.append(text("verbs.say.issue_path", session.lang, most=MAX_PATH))
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        body = {
            "version": "collab-xl/issue/1",
            "week": chosen,
            "packs": [
                {"department": p.pack.department, "pack": p.pack.id, "rows": p.row_count, "file": str(files[p.pack.id]) if write else None}
                for p in plans
            ],
        }
        listings: list[Listing] = [_listing(session, plans, files)] if plans else []
        if findings:
            listings.append(findings_listing(session, findings[:50]))
        step = NextStep("not_issued", "issue", facts={"n": len(findings)}) if findings else NextStep("send_packs", "send", "packs")
        return session.report(
            body, tuple(lines), tuple(listings), FINDINGS if findings else OK, not_applied(session), then=to_write(write, step)
        )


def _forms(session: Session, asked: Sequence[str] | str) -> tuple[str, ...]:
    """The ids of forms named, separated by commas, by id, sheet or title in either language. Raises CollabError `issue_unknown_form`."""
    schema, names = session.schema, dict[str, str]()
    for form in schema.forms:
        names |= dict.fromkeys((form.id, *form.sheet.values(), *form.title.values()), form.id)
    words = [
        word.strip() for one in ([asked] if isinstance(asked, str) else asked) for word in one.replace("，", ",").split(",") if word.strip()
    ]
    if "full" in words:
        return tuple(form.id for form in schema.forms)
    for word in words:
        if word not in names:
            known = tuple(form.id for form in schema.forms)
            raise CollabError("issue_unknown_form", form=word, known=known, meant=meant(word, names), lang=session.lang)
    return tuple(dict.fromkeys(names[word] for word in words))


def _refuse_layout(session: Session) -> None:
    """Refuse a master without a column that departments or the PMO fill, or with rows below a table: the packs would lack them. Without a
    key column `session.tables` refuses it, as for every verb."""
    if session.layout and all(fault.kind != "key" for fault in session.layout):
        what, fix = (sentences((fault.text(part, session.lang) for fault in session.layout), session.lang) for part in ("what", "fix"))
        raise CollabError("issue_layout", what=what, fix=fix, lang=session.lang)


@contextlib.contextmanager
def _put_back(paths: Iterable[Path], is_written: Callable[[], bool]) -> Iterator[None]:
    """If the run fails (a full disk, a master that was saved meanwhile), the folder has the packs it had before: nobody mails one that no
    run knows and that would be refused when it comes back. `is_written`: whether the master has the run all the same."""
    before: dict[Path, bytes | None] = {}
    for path in paths:
        with contextlib.suppress(OSError):  # what cannot be read is not written over either, or it is nobody's pack
            before[path] = path.read_bytes() if path.exists() else None
    try:
        yield
    except BaseException:
        for path, data in before.items() if not is_written() else ():
            with contextlib.suppress(OSError, CollabError):
                if data is None:
                    path.unlink(missing_ok=True)
                elif path.read_bytes() != data:
                    write_durably(path, data, code="cannot_write_into")
        raise


def _write(session: Session, plans: Sequence[PackPlan], files: dict[str, Path], progress: Progress) -> None:
    """Build and write every pack."""
    label = text("verbs.say.issuing", session.lang)
    built: dict[Path, bytes] = {}
    for done, (plan, data) in enumerate(zip(plans, _built(_jobs(session, plans)), strict=True), 1):
        built[files[plan.pack.id]] = data
        if len(built) == TOGETHER or done == len(plans):
            writing_begins()  # a part of the packs alone would only lie in the folder and be refused when sent back
            write_all_durably(built, code="cannot_write_into")
            built = {}
        progress(label, done, len(plans))


def _jobs(session: Session, plans: Sequence[PackPlan]) -> list[PackJob]:
    project_id, secret = session.master.project_id, session.master.ledger.secret
    words = {place: tuple(said) for place, said in session.words.items()}
    jobs = []
    for plan in plans:
        pack = plan.pack
        token = make_token(secret, project_id, pack.id, pack.department, pack.week, pack.schema_version)
        jobs.append(PackJob(plan, session.schema, session.book_lang, session.directory, token, session.settings.project, project_id, words))
    return jobs


def _built(jobs: Sequence[PackJob]) -> Iterator[bytes]:
    """The packs in order. Many are built by several processes; what a worker could not build is built here, so errors are raised here."""
    if len(jobs) < MANY or (os.cpu_count() or 1) == 1:
        yield from map(build_pack_job, jobs)
        return
    with SafePool(memory_mb=0, seconds=SECONDS, preload=("collab_xl.build.pack",)) as pool:
        for job, result in zip(jobs, pool.map(build_pack_job, jobs), strict=True):
            yield build_pack_job(job) if result.value is None else result.value


def _listing(session: Session, plans: Sequence[PackPlan], files: dict[str, Path]) -> Listing:
    columns = tuple(text(f"verbs.column.{c}", session.lang) for c in ("department", "rows", "blank", "file"))
    rows = tuple((p.pack.department, str(p.row_count), str(sum(len(s.blank) for s in p.sheets)), files[p.pack.id].name) for p in plans)
    return Listing("", columns, rows)
