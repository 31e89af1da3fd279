"""Verbs `portfolio make`, many masters in one overview workbook, which are only read, and `portfolio apply`, one change to all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.read import read_book
from collab_xl.build.portfolio import MARK, portfolio_book
from collab_xl.catalogue import error_text, text
from collab_xl.errors import FAULT, FINDINGS, OK, REFUSED, CollabError
from collab_xl.intake.pool import Result, SafePool
from collab_xl.model.portfolio import NotRead, Overview, Portfolio, ProjectFacts
from collab_xl.plan.portfolio import overview
from collab_xl.project.durable import write_durably
from collab_xl.report.portfolio import data_tables, portfolio_of
from collab_xl.verbs.faults import Faults, fault_lines
from collab_xl.verbs.next_step import NextStep
from collab_xl.verbs.portfolios.changes import Outcome, asked_of, look_or_write
from collab_xl.verbs.portfolios.data import PARQUET, write_tables
from collab_xl.verbs.portfolios.fields import source_of
from collab_xl.verbs.portfolios.inputs import Found, masters_in
from collab_xl.verbs.portfolios.reading import MasterJob, read_master
from collab_xl.verbs.report import Listing, Progress, Report
from collab_xl.verbs.times import clock

MEMORY_MB, SECONDS = 4096, 120
"""The limits for one master. One with 40,000 tasks takes 0.6 GB and some seconds; what numpy reserves counts too."""
ONE_WORKER = 2
"""For so few masters a second worker would only start."""


def portfolio_make(
    inputs: Sequence[Path] | None = None,
    *,
    as_of: date,
    week: str | None = None,
    out: Path | None = None,
    data: Path | None = None,
    write: bool = True,
    lang: str,
    progress: Progress,
) -> Report:
    """Verb `portfolio make`: the overview of all masters in `inputs` (by default the current folder).

    Args:
        inputs: masters, folders (with all below), lists of paths (.txt, .csv).
        week: for all masters; by default the reporting week of each.
        out: the workbook or its folder; by default the folder that was named, else the current one.
        data: where the tables for Power BI go; none without it.

    Raises CollabError `portfolio_nothing`, `portfolio_other_file`, `input_missing`, `list_unreadable`, `cannot_write_into`, `usage_week`.
    """
    named = [Path(path) for path in inputs or ()] or [Path()]
    found = masters_in(named)
    target = _target(named, out, lang)
    if write:
        _refuse_other(target)
    faults = Faults(clock.now(), None)
    read, not_read = _read(found.masters, as_of, week, lang, data is not None and write, faults, progress)
    kept, copies = without_copies(read, lang)
    whole = portfolio_of(kept, [*not_read, *copies], found.skipped)
    shown = overview(whole, lang, as_of)
    files: list[Path] = []
    if write:
        write_durably(target, portfolio_book(shown, lang, _links(whole, target)), code="cannot_write_into")
        if data is not None and kept:
            files = write_tables(data_tables(whole), data, max(p.week for p in kept))
    return _report(whole, shown, target if write else None, files, data, faults, lang, found)


def _target(named: Sequence[Path], out: Path | None, lang: str) -> Path:
    name = text("verbs.word.portfolio_file", lang)
    if out is not None and out.suffix.lower() == ".xlsx":
        return out
    folder = out or (named[0] if len(named) == 1 and os.path.isdir(named[0]) else Path())
    return folder / name


def _refuse_other(target: Path) -> None:
    """Raise CollabError `portfolio_other_file` if the file is there and is not such an overview: it is somebody's own."""
    if not os.path.lexists(target):
        return
    try:
        if target.is_file() and hidden_values(read_book(target)).get("kind") == MARK:
            return
    except CollabError:
        pass
    raise CollabError("portfolio_other_file", path=target, file=target.name)


def _read(
    masters: Sequence[Path], as_of: date, week: str | None, lang: str, rows: bool, faults: Faults, progress: Progress
) -> tuple[list[ProjectFacts], list[NotRead]]:
    """Read every master in a worker. One that is locked, damaged, no master or too much for a worker stops no other."""
    now, label = clock.now(), text("verbs.say.portfolio_reading", lang)
    jobs = [MasterJob(str(path), as_of, now, week, lang, rows) for path in masters]
    read: list[ProjectFacts] = []
    not_read: list[NotRead] = []
    workers = 1 if len(jobs) <= ONE_WORKER else None
    with SafePool(workers, MEMORY_MB, SECONDS, ("collab_xl.verbs.portfolios.reading", "pandas")) as pool:
        for n, (job, result) in enumerate(zip(jobs, pool.map(read_master, jobs), strict=True), 1):
            if result.value is not None:
                read.append(result.value)
            else:
                not_read.append(_why(job.path, result, faults, lang))
            progress(label, n, len(jobs))
    return read, not_read


def _why(path: str, result: Result[ProjectFacts], faults: Faults, lang: str) -> NotRead:
    error, name = result.error, os.path.basename(path)
    if isinstance(error, CollabError) and error.exit_code == 2:
        raise error  # a week that cannot be read is the same for every master
    if result.trace:
        fault = faults.of_result(name, "", "reading a master for the overview", result)
        error = CollabError("portfolio_fault", file=name, error=fault.error, log=fault.log or "–")
    elif not isinstance(error, CollabError):
        error = CollabError("portfolio_unread", file=name, path=path, reason=f"{result.failed} {result.detail}".strip(), seconds=SECONDS)
    what, why, fix = error_text(error, lang)
    return NotRead(path, what, why, fix, error.code)


def without_copies(projects: Sequence[ProjectFacts], lang: str) -> tuple[list[ProjectFacts], list[NotRead]]:
    """The projects, each once: a copy of a master, with its id and its name, would be counted twice. The first by its path stays."""
    kept: dict[tuple[str, str], ProjectFacts] = {}
    copies = []
    for project in sorted(projects, key=lambda p: (not p.own_folder, p.file)):
        key = (project.project_id, project.project)
        if key in kept:
            error = CollabError("portfolio_copy", file=os.path.basename(project.file), other=kept[key].file, project=project.project)
            copies.append(NotRead(project.file, *error_text(error, lang), error.code))
        else:
            kept[key] = project
    return list(kept.values()), copies


def _links(whole: Portfolio, target: Path) -> dict[str, str]:
    """File → its path from the workbook's folder, as a link has it; the whole path where there is none (another drive)."""
    links = {}
    for file in (*(p.file for p in whole.projects), *(line.file for line in whole.not_read)):
        try:
            path = os.path.relpath(file, os.path.abspath(target.parent))
        except ValueError:
            path = file
        links[file] = path.replace("%", "%25").replace("#", "%23")
    return links


def _report(
    whole: Portfolio,
    shown: Overview,
    target: Path | None,
    files: Sequence[Path],
    data: Path | None,
    faults: Faults,
    lang: str,
    found: Found,
) -> Report:
    counts: dict[str, object] = {name: value for name, value, _ in shown.cards}
    lines = [text("verbs.say.portfolio", lang, **counts)]
    if whole.skipped:
        lines.append(text("verbs.say.portfolio_skipped", lang, n=whole.skipped))
    lines += _left_alone(found, lang)
    lines.append(text("verbs.say.no_write", lang) if target is None else text("verbs.say.portfolio_made", lang, path=target))
    if files:
        lines.append(text("verbs.say.portfolio_data", lang, n=len(files), path=data))
        if not PARQUET:
            lines.append(text("verbs.say.portfolio_no_parquet", lang))
    columns = ("rag", "project", "progress", "plan", "overdue", "escalated", "why")
    heads = tuple(text(f"build.portfolio.column.{name}", lang) for name in columns)
    rows = tuple(
        (
            text(f"model.rag.{line.rag}", lang), line.project, _percent(line.progress), _percent(line.plan),
            str(line.overdue or ""), str(line.escalated or ""), line.why,
        )
        for line in shown.lines
        if line.rag is not None
    )  # fmt: skip
    listings = [Listing("", heads, rows)] if rows else []
    if whole.not_read:
        titles = tuple(text(f"verbs.column.{name}", lang) for name in ("file", "reason", "fix"))
        listings.append(Listing(text("verbs.say.portfolio_not_read", lang), titles, tuple(_told(line) for line in whole.not_read)))
    lines += fault_lines(faults.found, lang)
    code = FAULT if faults.found else FINDINGS if whole.not_read else OK
    step = NextStep("write") if target is None else NextStep("portfolio", "portfolio apply")
    return Report(lang, lambda: _json(whole, target, files), tuple(lines), tuple(listings), code, next=step)


def _left_alone(found: Found, lang: str) -> list[str]:
    """What else is in the folders: archives, and encrypted workbooks."""
    lines = [text("verbs.say.portfolio_archives", lang, n=found.archives)] if found.archives else []
    if found.closed:
        lines.append(text("verbs.say.portfolio_closed", lang, n=len(found.closed), names=tuple(path.name for path in found.closed[:5])))
    return lines


def _told(line: NotRead) -> tuple[str, str, str]:
    return line.file, f"{line.what} {line.why}".strip(), line.fix


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _json(whole: Portfolio, target: Path | None, files: Sequence[Path]) -> dict[str, object]:
    return {
        "version": "collab-xl/portfolio/1",
        "file": None if target is None else str(target),
        "data": [str(file) for file in files],
        "skipped": whole.skipped,
        "totals": {name: {"value": value, "before": before} for name, (value, before) in whole.totals.items()},
        "projects": [
            {
                "file": p.file,
                "project": p.project,
                "project_id": p.project_id,
                "week": p.week,
                "as_of": p.as_of.isoformat(),
                "frozen": p.frozen,
                "rag": str(p.rag),
                "trend": p.trend,
                "progress": p.progress,
                "plan": p.plan,
                "kpis": {name: {"value": value, "before": before} for name, (value, before) in p.kpis.items()},
                "milestones": [
                    {"row_id": m.key, "title": m.title, "due": m.due and m.due.isoformat(), "finished": m.done, "days": m.days_late}
                    for m in p.milestones
                ],
                "missing": list(p.missing),
                "waiting": p.waiting,
            }
            for p in whole.projects
        ],
        "not_read": [{"file": n.file, "code": n.code, "what": n.what, "why": n.why, "fix": n.fix} for n in whole.not_read],
        "departments": [{"name": h.department, "overdue": h.overdue, "escalated": h.escalated} for h in whole.heat],
        "people": [
            {
                "person": p.person,
                "departments": list(p.departments),
                "projects": [whole.projects[n].project for n in p.projects],
                "days": p.days,
            }
            for p in whole.people
        ],
    }


def portfolio_apply(
    inputs: Sequence[Path] | None = None,
    *,
    settings: Sequence[str] = (),
    holidays: Sequence[str] = (),
    workdays: Sequence[str] = (),
    words: Sequence[str] = (),
    fields_from: Path | None = None,
    as_of: date,
    write: bool = True,
    confirmed: bool = False,
    lang: str,
    progress: Progress,
    confirm: Callable[[str], bool] | None = None,
    show: Callable[[Report], None] | None = None,
) -> Report:
    """Verb `portfolio apply`: one change to all masters, shown first, each a run of its own master that `undo` takes back there.

    Args:
        settings: `escalate_days=5`, by the code or the name of the row. holidays, workdays: `2026-12-31=Year end`. words: `搞定=已完成`.
        fields_from: a master whose own and changed fields (sheet 字段) the others get.
        confirm: asks a person; None if nobody can be asked. Then nothing is written without `confirmed`.

    Raises CollabError `usage_change` (exit 2), `change_no_fields`, `portfolio_nothing`, `input_missing`, `list_unreadable`.
    """
    fields = source_of(Path(fields_from), as_of, lang) if fields_from is not None else None
    asked = asked_of(settings, holidays, workdays, words, lang, fields)
    found = masters_in([Path(path) for path in inputs or ()] or [Path()])
    label = text("verbs.say.portfolio_reading", lang)
    outcomes = []
    for n, path in enumerate(found.masters, 1):
        outcomes.append(look_or_write(path, asked, as_of=as_of, write=False, lang=lang))
        progress(label, n, len(found.masters))
    count = sum(one.state == "change" for one in outcomes)
    wanted = write and count > 0
    if wanted and not confirmed and confirm is not None:
        if show is not None:
            show(_applied(outcomes, lang, ()))
        confirmed = confirm(text("verbs.ask.portfolio_apply", lang, n=count))
    if wanted and confirmed:
        outcomes = [
            look_or_write(Path(one.file), asked, as_of=as_of, write=True, lang=lang) if one.state == "change" else one for one in outcomes
        ]
        undo = (text("verbs.say.portfolio_undo", lang),) if any(one.state == "done" for one in outcomes) else ()
        more = (*undo, *_left_alone(found, lang))
        return _applied(outcomes, lang, more, NextStep("portfolio_again", "portfolio make"))
    said = "no_write" if not write else "portfolio_not_yet" if count else "portfolio_all_same"
    refused = any(one.state == "refused" for one in outcomes)
    again = NextStep("as_said", "portfolio apply") if refused else NextStep("portfolio_again", "portfolio make")
    step = NextStep("write") if not write else NextStep("yes") if count else again
    return _applied(outcomes, lang, (text(f"verbs.say.{said}", lang), *_left_alone(found, lang)), step)


def _applied(outcomes: Sequence[Outcome], lang: str, more: Sequence[str], step: NextStep | None = None) -> Report:
    counts = {state: sum(one.state == state for one in outcomes) for state in ("change", "done", "same", "refused")}
    titles = tuple(text(f"verbs.column.{name}", lang) for name in ("file", "state", "what", "old", "new", "run"))
    rows = []
    for one in outcomes:
        state = text(f"verbs.apply_state.{one.state}", lang)
        if one.state == "refused":
            rows.append((one.file, state, f"{one.why} {one.fix}".strip(), "", "", ""))
        elif not one.changes:
            rows.append((one.file, state, "", "", "", ""))
        rows += [(one.file, state, *change, one.run) for change in one.changes]
    body = {
        "version": "collab-xl/portfolio-apply/1",
        "masters": [
            {
                "file": one.file,
                "state": one.state,
                "run": one.run or None,
                "changes": [{"row": row, "before": before, "after": after} for row, before, after in one.changes],
                "why": one.why or None,
                "fix": one.fix or None,
            }
            for one in outcomes
        ],
    }
    lines = (text("verbs.say.portfolio_apply", lang, **counts), *more)
    code = REFUSED if counts["refused"] == len(outcomes) else FINDINGS if counts["refused"] else OK
    return Report(lang, body, lines, (Listing("", titles, tuple(rows)),), code, next=step)
