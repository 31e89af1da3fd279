"""`undo --submission` and `undo --only`: take out one file, or one run in the middle, and leave what came after it. Decision 0026."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import reduce
from pathlib import Path

from collab_xl.catalogue import COMMA, listed, text
from collab_xl.errors import CONFLICTS, FINDINGS, OK, CollabError
from collab_xl.intake.content import on_disk
from collab_xl.merge.fold import fold_events, fold_run
from collab_xl.merge.run import merge
from collab_xl.merge.withdraw import RunPast, Withdrawal, accounts_without, state_without, withdraw
from collab_xl.model.merge import MergeResult, MergeState, Submission
from collab_xl.model.plan import OWN, CellChange, Plan
from collab_xl.model.record import Struct, replace
from collab_xl.model.run import ALONE, Run, RunChanges, RunEvents
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import Received, State
from collab_xl.model.values import Value, same_value
from collab_xl.plan.applied import applied
from collab_xl.plan.data import DataPlan
from collab_xl.plan.own_values import with_own
from collab_xl.plan.show import show
from collab_xl.plan.undo import Kept, Undone, plan_undo
from collab_xl.plan.undo_choice import WEEKLY, run_alone
from collab_xl.project.run import Where
from collab_xl.verbs.baselines import baselines_plan
from collab_xl.verbs.next_step import NextStep, to_decide, to_write
from collab_xl.verbs.receiving.merging import passing_of
from collab_xl.verbs.receiving.receiving import LostOriginal, earlier_copies
from collab_xl.verbs.report import Listing, Progress, Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.data import data_plan
from collab_xl.verbs.sheets.service_sheets import accounts_of, changes_plan, conflicts_plan, home, submissions_plan, verb_name
from collab_xl.verbs.upgrading.forms_undo import FormsUndo, undo_forms
from collab_xl.verbs.week import page_again

SHORTEST = 6
"""Fewest characters of a fingerprint that name a file."""


class Asked(Struct, frozen=True):
    """What to take out, as typed: one of `only` and `submission`."""

    only: str
    submission: str
    confirmed: bool
    confirm: Callable[[str], bool] | None


class _Target(Struct, frozen=True):
    """What is taken out."""

    files: tuple[Received, ...]
    run: Run | None
    """With `--only`."""
    first: str
    """Id of the first run that used a file, or of `run`."""

    @property
    def shas(self) -> frozenset[str]:
        return frozenset(r.sha256 for r in self.files)


class _Out(Struct, frozen=True):
    """Everything that taking it out does."""

    chosen: Withdrawal
    undone: Undone
    forms: FormsUndo
    data: DataPlan
    result: MergeResult
    state: MergeState
    """Before the other files are judged again."""
    after: dict[str, Table]

    cells: int
    """Number of cells that get an older value, without computed ones."""
    lost: Sequence[LostOriginal] = ()
    """Files that cannot be read again: they were not looked at."""


def undo_alone(where: Where, asked: Asked, *, as_of: date, write: bool, lang: str | None, progress: Progress) -> Report:
    """Say what would go, ask, and take it out.

    Raises CollabError `unknown_submission`, `several_submissions`, `unknown_run`, `already_undone`, `not_undoable`.
    """
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        target = _run_of(session, asked.only) if asked.only else _file_of(session, asked.submission)
        out = _taken_out(session, target, progress)
        question = _question(session, target, out)
        agreed = asked.confirmed or (asked.confirm is not None and write and asked.confirm(question))
        run = _commit(session, target, out) if write and agreed else None
        kept = [kept_json(session, k) for k in _kept(session, out)]
        figures = {"cells": out.cells, "rows": len(out.undone.removed)}
        body = {
            "version": "collab-xl/undo/1", "run": run, "undone": [target.run.id] if target.run else [],
            "submissions": [{"sha256": r.sha256, "department": r.department or None, "file": r.file} for r in target.files],
            **figures, "judged_again": len(out.data.changes), "asked_again": len(_asked_again(out)), "kept": kept,
            "sheets_kept": list(out.forms.stays), "lost": [one.json for one in out.lost],
        }  # fmt: skip
        if run is None:
            would = text(
                "verbs.would.undo_only" if target.run else "verbs.would.undo_submission", session.lang, **_facts(session, target, out)
            )
            lines = [would, text("verbs.say.no_write" if not write else "verbs.say.undo_needs_yes", session.lang)]
        else:
            lines = [
                text(
                    "verbs.say.undo_only" if target.run else "verbs.say.undo_submission",
                    session.lang,
                    run=run,
                    **_facts(session, target, out),
                )
            ]
        lines += _also(session, out)
        lines += [_lost_line(session, one, target) for one in out.lost]
        listings = []
        if kept:
            lines.append(text("verbs.say.undo_kept_alone", session.lang, count=len(kept)))
            listings.append(kept_listing(session, kept))
        lines += [*out.forms.stays, *issued_since(session, [target.run] if target.run else _runs(session, [target.first]))]
        code = CONFLICTS if _asked_again(out) else FINDINGS if kept or out.forms.stays or out.lost else OK
        if asked_again := len(_asked_again(out)):
            step = to_decide(asked_again, session.sheet_of("conflicts"))
        else:
            step = NextStep("undone", "redo")
        return session.report(body, tuple(lines), tuple(listings), code, then=to_write(write, step if run else NextStep("yes")))


def _file_of(session: Session, wanted: str) -> _Target:
    """The consolidated file that is meant: by its path, its name, or the beginning of its fingerprint (内容指纹)."""
    ledger, run_id = session.master.ledger, session.run_id
    done = ledger.consumed(run_id)
    for one, (by, _) in ledger.evidence(run_id).items():
        done.setdefault(one.sha256, by)
    taken = (State.ACCEPTED, State.EVIDENCE)
    known = {r.sha256: r for _, r in ledger.received(run_id) if r.state in taken and r.sha256 in done}
    word = wanted.strip()
    found = [r for r in known.values() if len(word) >= SHORTEST and r.sha256.startswith(word.casefold())]
    if not found and os.path.isfile(word):
        found = [known[sha] for sha in [on_disk(word).sha256] if sha in known]
    if not found:
        name = Path(word).name.casefold()
        found = [r for r in known.values() if r.file.casefold() == name]
    if not found:
        raise CollabError("unknown_submission", file=wanted, sheet=session.sheet_of("submissions"), lang=session.lang)
    if len(found) > 1:
        several = tuple(f"{r.sha256[:8]} {r.department} {r.file}" for r in found)
        raise CollabError("several_submissions", file=wanted, found=several, lang=session.lang)
    return _Target((found[0],), None, done[found[0].sha256].id)


def _run_of(session: Session, wanted: str) -> _Target:
    ledger = session.master.ledger
    run = run_alone(ledger.chain(session.run_id), wanted)
    files = next((e.consumed for e in ledger.events(session.run_id, packs=()) if e.run.id == run.id), frozenset())
    known = {r.sha256: r for _, r in ledger.received(session.run_id) if r.state is State.ACCEPTED and r.sha256 in files}
    return _Target(tuple(known.values()), run, run.id)


def _taken_out(session: Session, target: _Target, progress: Progress) -> _Out:
    ledger = session.master.ledger
    runs = ledger.effective(session.run_id)
    events = {e.run.id: e for e in ledger.events(session.run_id)}
    first = next(n for n, run in enumerate(runs) if run.id == target.first)
    past = [_past(session, run, events.get(run.id) or RunEvents(run)) for run in runs[first:]]
    start = MergeState(packs=ledger.packs())
    alone = target.run.id if target.run else ""
    before = reduce(fold_events, (e for e in (events.get(run.id) for run in runs[:first]) if e), start)
    now = reduce(fold_events, (e for e in (events.get(run.id) for run in runs if run.id != alone) if e), start)
    files, lost = _files(session, target, past, progress)

    def chosen(keep: Sequence[Kept]) -> tuple[Withdrawal, Undone]:
        marks = {(k.form, k.row_key, k.field) for k in keep}
        found = withdraw(target.shas, alone, past, before, now, files, session.schema, marks)
        return found, _undone(session, found.back)

    found, undone = chosen(())
    if undone.kept:  # a person has changed these since
        typed = undone.kept
        found, undone = chosen(typed)
        undone = replace(undone, kept=tuple(dict.fromkeys((*typed, *undone.kept))))
    state = state_without(now, found)
    others = [s for s in files if s.sha256 not in target.shas]
    after = _after(session, undone, DataPlan())
    result = (
        merge(after, others, state, session.schema, session.directory, session.as_of, passing_of(session), again=found.again)
        if found.again
        else MergeResult()
    )
    again = {(c.form, c.row_key, c.field) for c in result.changes}
    if again & {(c.form, c.row_key, c.field) for c in undone.changes}:
        rest = [replace(b, changes=tuple(c for c in b.changes if (c.form, c.row_key, c.field) not in again)) for b in found.back]
        undone = replace(_undone(session, rest), kept=undone.kept)
    changes = [now_ for c in result.changes if not same_value((now_ := c._replace(old=_current(session, c))).old, now_.new)]
    data = data_plan(session, session.tables, changes, result.new_rows)
    forms = undo_forms(session, [target.run] if target.run else [], undone.plan)
    computed = {(form.id, f.id) for form in session.schema.forms for f in form.fields if f.access == "C"}
    cells = sum((c.form, c.field) not in computed for c in undone.changes)
    return _Out(found, undone, forms, data, result, state, _after(session, undone, data), cells, lost)


def _past(session: Session, run: Run, events: RunEvents) -> RunPast:
    ledger = session.master.ledger
    done = ledger.run_changes(run.id) if run.changed_data else RunChanges(run.id)
    return RunPast(events, done, ledger.outcomes(run.id) if run.merged else ())


def _files(session: Session, target: _Target, past: Sequence[RunPast], progress: Progress) -> tuple[list[Submission], list[LostOriginal]]:
    """The files of the same packs, and those that say something about the same cells with the other files of their packs; and those of
    them whose original is lost."""
    cells = {(o.form, o.row_key, o.field) for one in past for o in one.outcomes if o.sha256 in target.shas}
    cells |= {(c.form, c.row_key, c.field) for one in past if target.run and one.done.run == target.run.id for c in one.done.changes}
    also = {o.sha256 for one in past for o in one.outcomes if (o.form, o.row_key, o.field) in cells} - target.shas
    packs = {r.pack for _, r in session.master.ledger.received(session.run_id) if r.sha256 in also | target.shas and r.pack}
    copies, _, lost = earlier_copies(session, packs, also | target.shas, progress)
    return copies, lost


def _undone(session: Session, back: Sequence[RunChanges]) -> Undone:
    return plan_undo(session.tables, session.refs, session.snapshot, back, session.schema, session.book_lang, alone=True)


def _after(session: Session, undone: Undone, data: DataPlan) -> dict[str, Table]:
    edits, tables = undone.plan.edits + data.edits, {**undone.plan.tables, **data.tables}
    whole = DataPlan(edits, tables, changes=undone.changes + data.changes, added=data.added)
    return applied(session.tables, whole, session.schema, undone.removed)


def _current(session: Session, change: CellChange) -> Value:
    table = session.tables[change.form]
    if change.field.startswith(OWN):
        table = with_own(table, session.snapshot(table.sheet), [change.field])
    index = list(table.values[session.schema.form(change.form).key.id]).index(change.row_key)
    return table.get(index, change.field)


def _asked_again(out: _Out) -> set[str]:
    """Ids of the questions that are open again, or newly asked."""
    return ({item.id for item in out.chosen.withdrawn.items} - set(out.result.closed)) | {item.id for item in out.result.opened}


def _kept(session: Session, out: _Out) -> list[Kept]:
    stays = (Kept(s.form, s.row_key, s.field, s.reason, at=None) for s in out.chosen.stays)
    return list(dict.fromkeys((*out.undone.kept, *stays)))


def _facts(session: Session, target: _Target, out: _Out) -> dict[str, object]:
    names = [" ".join(filter(None, (r.department, r.file))) for r in target.files]
    shown = listed(names, session.lang, "verbs.say.more_files") if names else "–"
    run = target.run
    of = text("verbs.word.run_named", session.lang, verb=verb_name(run.verb, session.lang), run=run.id) if run else ""
    return {"names": shown, "of": of, "what": restored(session.lang, out.cells, len(out.undone.removed))}


def restored(lang: str, cells: int, rows: int, back: int = 0, *, again: bool = False) -> str:
    """What an undo restores, or a redo (`again`) brings back: cells, rows that were cleared and rows that are there again; no zeros."""
    parts = [text(f"verbs.undo.{'again' if again else 'cells'}", lang, n=cells)] if cells else []
    parts += [text("verbs.undo.rows", lang, n=rows)] if rows else []
    parts += [text("verbs.undo.rows_again", lang, n=back)] if back else []
    return COMMA[lang].join(parts) or text("verbs.undo.none", lang)


def _question(session: Session, target: _Target, out: _Out) -> str:
    return text("verbs.ask.undo_only" if target.run else "verbs.ask.undo_submission", session.lang, **_facts(session, target, out))


def _also(session: Session, out: _Out) -> list[str]:
    """What taking it out brings: values of others that come in now, questions that are asked again."""
    lines, again = [], len(_asked_again(out))
    values = sum(c.why == "merge" for c in out.data.changes)
    if values:
        lines.append(session.said("undo_judged", cells=values))
    if again:
        lines.append(session.said("undo_asked", count=again, sheet=session.sheet_of("conflicts")))
    return lines


def _lost_line(session: Session, one: LostOriginal, target: _Target) -> str:
    """What a lost original means here: the file itself cannot be read, or another one is not judged again."""
    own = one.received.sha256 in target.shas
    r = one.received
    key = "verbs.say.undo_own_lost" if own else "verbs.say.undo_lost"
    return text(key, session.lang, department=r.department, file=r.file, path=one.path)


def _runs(session: Session, ids: Iterable[str]) -> list[Run]:
    wanted = set(ids)
    return [run for run in session.master.ledger.chain(session.run_id) if run.id in wanted]


def _commit(session: Session, target: _Target, out: _Out) -> str:
    """Write it, and the service sheets without it."""
    ledger, run = session.master.ledger, session.master.new_run_id
    accounts = accounts_of(e for e in ledger.events(session.run_id, packs=()) if not target.run or e.run.id != target.run.id)
    old = [o for r in ledger.effective(session.run_id) if r.merged for o in ledger.outcomes(r.id)]
    counts = accounts_without(accounts, target.shas, old, out.result.outcomes, out.chosen)
    refused = target.run is None
    withdrawn = replace(out.chosen.withdrawn, refused=refused, counts=counts)
    staying = _keys_that_stay(session, target, out)
    result = replace(out.result, counts=(), findings=(), keys={**staying, **out.result.keys})
    summary = {
        ALONE: target.run.id if target.run else target.files[0].sha256,
        **({} if target.run else {"file": target.files[0].file}),
        "undone": [target.run.id] if target.run else [],
        "cells": out.cells,
        **out.forms.summary,
    }
    record = session.record(
        "undo",
        summary=summary,
        undoes=(target.run.id,) if target.run else (),
        changes=out.undone.changes + out.data.changes,
        added=out.data.added,
        removed=out.undone.removed,
        unkeyed=out.undone.unkeyed,
        ranges={**out.undone.ranges, **out.data.ranges},
        merged=result,
        withdrawn=withdrawn,
    )
    shown = session.state().items
    session.imagined = ledger.simulate(record, parent=session.master.run_id)
    state = fold_run(session.state(), result, ())
    items = state.items.values()
    plan = out.forms.plan + out.data + submissions_plan(session, items=items) + conflicts_plan(session, items, out.after, shown)
    plan += changes_plan(session, "undo", run, record.changes, out.data.added, out.undone.removed) + baselines_plan(session, out.after)
    weekly = target.run is not None and target.run.verb == WEEKLY
    page = page_again(session, out.after, run)[0] if weekly else Plan()
    plan += page + home(session, out.after, verb="undo", run=run, waiting=len(state.items), items=state.items.values(), page=page)
    return session.master.commit(record, plan)


def _keys_that_stay(session: Session, target: _Target, out: _Out) -> dict[tuple[str, str], str]:
    """The pack rows of rows that the run had added and that stay: sent again they are edits, not second rows."""
    if target.run is None:
        return {}
    gone = {(r.form, r.row_key) for r in out.undone.removed}
    rows = session.master.ledger.run_changes(target.run.id).added
    return {(r.form, r.row_id): r.row_key for r in rows if r.row_id and (r.form, r.row_key) not in gone}


def issued_since(session: Session, undone: Sequence[Run]) -> list[str]:
    """A line that names the packs issued after the first of these runs: they contain values that are taken back."""
    if not undone:
        return []
    ledger, first = session.master.ledger, min(run.number for run in undone)
    chain = {run.number for run in ledger.chain(session.master.run_id)}
    packs = [pack for number, pack in ledger.packs_issued() if number > first and number in chain]
    if not packs:
        return []
    shown = listed([f"{pack.department} {pack.id}" for pack in packs], session.lang, "plan.week.and_more")
    return [text("verbs.say.undo_packs", session.lang, names=shown, count=len(packs))]


def kept_json(session: Session, kept: Kept) -> dict[str, object]:
    form = session.schema.form_for_display(kept.form)
    field = form.known(kept.field)
    return {
        "cell": str(kept.at) if kept.at else None,
        "row_id": kept.row_key,
        "field": field.heading[session.lang] if field else kept.field,
        "reason": kept.reason,
        "found": show(kept.found, field, session.lang),
        "wrote": show(kept.wrote, field, session.lang),
    }


def kept_listing(session: Session, kept: Iterable[dict[str, object]]) -> Listing:
    columns = tuple(text(f"verbs.column.{c}", session.lang) for c in ("cell", "row_key", "field", "found", "wrote", "reason"))
    rows = tuple(
        (str(k["cell"] or ""), str(k["row_id"]), str(k["field"] or ""), str(k["found"]), str(k["wrote"]),
         text(f"verbs.kept.{k['reason']}", session.lang)) for k in kept
    )  # fmt: skip
    return Listing("", columns, rows)
