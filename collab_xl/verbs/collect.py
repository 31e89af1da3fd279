"""Verb `collect`: take in files and mails, in a run of its own."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from collab_xl.catalogue import text
from collab_xl.errors import FAULT, FINDINGS, OK, CollabError
from collab_xl.model.plan import Plan
from collab_xl.model.record import replace
from collab_xl.model.submission_log import Received, State
from collab_xl.project.run import Where
from collab_xl.verbs.asking.answers import new_questions, questions_plan, remember, report
from collab_xl.verbs.asking.word_rows import answered_words_plan
from collab_xl.verbs.faults import fault_lines
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.receiving.bounces import bounce_lines
from collab_xl.verbs.receiving.evidence import Evidence, evidence_of, is_beside, lines_of
from collab_xl.verbs.receiving.held import held_lines, said_of_held
from collab_xl.verbs.receiving.inbox_folder import inbox_folder
from collab_xl.verbs.receiving.inputs import counted, items_json, received_listing
from collab_xl.verbs.receiving.receiving import receive, set_aside
from collab_xl.verbs.receiving.returning import read_deliveries, refusals, write_returns
from collab_xl.verbs.report import Progress, Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.service_sheets import held_now, issued_outside, submissions_plan
from collab_xl.verbs.times import clock

NO_INPUT = "S429"
"""The state of a folder without any input."""


def collect(
    where: Where,
    inputs: Sequence[Path] = (),
    *,
    department: str | None = None,
    mail: bool = True,
    outlook: bool = False,
    watch: float = 0,
    as_of: date,
    write: bool = True,
    lang: str | None,
    progress: Progress,
    show: Callable[[Report], None] | None = None,
) -> Report:
    """Verb `collect`: take in files, folders, zip files and mails (default: the inbox folder and the project's mailbox); writes 提交台账.

    Args:
        mail: whether the mailbox is read too; it is not where inputs are named, or nothing is written.
        outlook: take in the mails of the folder selected in Outlook, with the inputs named, instead of inbox folder and mailbox.
        watch: collect again after so many minutes, until somebody ends it; 0 for once. Not with inputs, Outlook, on the screen, or without
            writing.
        show: prints a line for each round; None to print nothing.

    Raises CollabError `usage_watch`.
    """
    if watch:
        again = partial(collect, where, department=department, mail=mail, lang=lang, progress=progress)
        return _watched(where, again, watch, as_of=as_of, lang=lang, show=show, plain=not inputs and not outlook and write)
    if outlook:
        again = partial(collect, department=department, write=write, progress=progress)
        return _from_outlook(where, again, inputs, as_of=as_of, lang=lang)
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        inbox = None if inputs else inbox_folder(session, make=write)
        box = None
        if mail and write and inbox is not None and session.settings.mail.strip():
            from collab_xl.verbs.mailbox import from_mailbox  # a project without a mailbox does without its libraries

            box = from_mailbox(session, progress)
        taken = inputs if inbox is None else [*([inbox] if inbox.is_dir() else []), *(box.files if box else ())]
        collected = receive(session, taken, department, progress, keep=write, outline=True)
        collected.kept()
        if box:
            box.without_words(collected)
        if inbox is not None:  # that the default folder is empty is no note on 提交台账
            collected.received, collected.fresh = (_without_empty(some, inbox) for some in (collected.received, collected.fresh))
        held = held_now(session)
        received = said_of_held(collected.received, session.master.ledger.held(session.run_id))
        figures = counted(collected.received)
        run = None
        fresh = new_questions(session, session.answers, collected.asking)
        beside = Evidence()
        if any(map(is_beside, collected.fresh)):
            beside = evidence_of(session, collected.fresh, (), set_aside(session), session.tables_for_viewing, (), ())
        fresh += beside.asking
        asked = questions_plan(session, session.answers, fresh) + answered_words_plan(session, session.answers) if write else Plan()
        if write:
            remember(session, session.answers, fresh)
        if write and (collected.fresh or asked):
            plan = submissions_plan(session, extra=collected.fresh, asking=fresh) + asked
            run = session.master.commit(session.record("collect", summary=figures, received=tuple(collected.fresh)), plan)
        put_away = []
        if box:
            box.done(session)
            put_away = box.put_away(session, collected.received)
        returned = write_returns(session, run, [*read_deliveries(session, collected.fresh, collected.read), *refusals(collected.fresh)])
        items = items_json(received, session.lang)
        body = {
            "version": "collab-xl/collect/1",
            "mailbox_problem": box.problem_json(session.lang) if box else None,
            "run": run,
            "items": items,
            "faults": [f.json for f in collected.faults],
            **returned.json,
        }
        lines = [session.said("collect", **figures)]
        if inbox is not None and not collected.received and box is None:
            lines = [text("verbs.say.inbox_empty", session.lang, folder=inbox)]
        elif inbox is not None:
            lines.append(text("verbs.say.inbox", session.lang, folder=inbox))
        lines += [*box.lines(session.lang), *put_away] if box else ()
        lines += bounce_lines(session, collected.fresh)
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        lines += held_lines(session, held.values())
        lines += issued_outside(session, {r.pack for r in collected.received if r.state is State.ACCEPTED})
        lines += fault_lines(collected.faults, session.lang)
        lines += lines_of(session, replace(beside, named={}))  # `consolidate` names them
        lines += returned.lines
        told, waits, items_asked = report(session, session.answers, fresh)
        lines += told
        body["questions"] = items_asked
        refused = any(r.state is State.REFUSED for r in collected.received)
        listings = (*((received_listing(received, session.lang),) if collected.received else ()), *waits)
        code = FAULT if collected.faults else (box.code if box else OK) or (FINDINGS if refused else OK)
        step = to_write(write, _next(session, figures, len(items_asked), returned.next))
        return session.report(body, tuple(lines), listings, code, returned.notes, then=step)


def _next(session: Session, figures: Mapping[str, int], questions: int, returned: NextStep | None) -> NextStep:
    if questions and session.schema.service("questions").table in session.refs:
        return NextStep("questions", "consolidate", facts={"n": questions, "sheet": session.sheet_of("questions")})
    if ready := len(session.master.ledger.ready(session.run_id)):
        return NextStep("ready", "consolidate", facts={"n": ready})
    if returned is not None:
        return returned
    return NextStep("chase", "send", "chase") if figures["total"] else NextStep("put_in_inbox", "collect")


def _from_outlook(where: Where, again: Callable[..., Report], inputs: Sequence[Path], *, as_of: date, lang: str | None) -> Report:
    """Collect the mails of the folder that is selected in Outlook, since the first pack was issued."""
    from collab_xl.mail.outlook import selected_mails

    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        since = min((pack.issued_at for pack in session.master.ledger.pack_heads().values()), default=None)
        shown = session.lang
    with tempfile.TemporaryDirectory(prefix="collab-outlook-") as folder:
        name, count = selected_mails(Path(folder), since.replace(tzinfo=None) if since else None, shown)
        report = again(where, [*inputs, Path(folder)], as_of=as_of, lang=lang)
    return dataclasses.replace(report, lines=(text("verbs.say.collect_outlook", report.lang, folder=name, n=count), *report.lines))


def _watched(
    where: Where,
    again: Callable[..., Report],
    minutes: float,
    *,
    as_of: date,
    lang: str | None,
    show: Callable[[Report], None] | None,
    plain: bool,
) -> Report:
    """Rounds of `collect` until somebody ends it. Each opens the master anew: between them anybody may use it."""
    from collab_xl.verbs.receiving import watching

    if not plain or not isinstance(where, Path) or not watching.LEAST_MINUTES <= minutes <= watching.MOST_MINUTES:
        raise CollabError("usage_watch", exit_code=2, least=watching.LEAST_MINUTES, most=watching.MOST_MINUTES, lang=lang)
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        say, empty = session.lang, session.report({}, ())
    day = None if as_of == clock.today() else as_of

    def one_round() -> watching.Round:
        try:
            report = again(as_of=day or clock.today())
        except CollabError as error:
            return watching.failed(error, say)
        problem = report.json["mailbox_problem"] or {"code": "", "what": ""}
        return watching.Round(report, problem["code"], problem["what"])

    def print_line(line: str) -> None:
        if show is not None:
            show(replace(empty, lines=(line,)))

    with watching.stopped_by_signals() as stop:
        rounds, last = watching.watch(one_round, minutes, stop, print_line, say)
    body: dict[str, object] = {"version": "collab-xl/collect-watch/1", "rounds": rounds, "problem": last.problem or None}
    body["last"] = dict(last.report.json) if last.report else None
    return replace(empty, content=body, lines=(text("verbs.say.watch_ended", say, rounds=rounds),), exit_code=watching.code_of(last))


def _without_empty(received: list[Received], folder: Path) -> list[Received]:
    return [r for r in received if (r.code, r.source) != (NO_INPUT, folder.name)]
