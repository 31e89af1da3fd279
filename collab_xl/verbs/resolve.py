"""Verb `resolve`: carry out the PMO's decisions on 冲突处理."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import PurePath

from collab_xl.catalogue import LANGS, finding_text, text
from collab_xl.errors import CONFLICTS, FINDINGS, OK, CollabError
from collab_xl.merge.answers import read_choice, reason_in
from collab_xl.merge.file_questions import file_questions, spread
from collab_xl.merge.fold import fold_resolved
from collab_xl.merge.many_at_once import Wish, answers_for_many, wish_in
from collab_xl.merge.resolve import resolve as resolve_stage
from collab_xl.model.directory import folded
from collab_xl.model.finding import Finding, switched
from collab_xl.model.merge import Answer, Item, Kind, MergeState
from collab_xl.model.plan import Plan
from collab_xl.model.record import replace
from collab_xl.model.values import Value
from collab_xl.plan.applied import applied
from collab_xl.project.run import Where
from collab_xl.read.answers import answer_value
from collab_xl.verbs.baselines import baselines_plan
from collab_xl.verbs.findings import findings_listing
from collab_xl.verbs.next_step import NextStep, to_decide, to_write
from collab_xl.verbs.receiving.merging import item_json
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.data import data_plan, keyed
from collab_xl.verbs.sheets.service_sheets import (
    changes_plan,
    conflicts_list,
    decision_cells,
    home,
    stray_decisions,
    submissions_plan,
    typed_decisions,
    unlisted,
)


def _answers(session: Session, state: MergeState, wish: Wish | None) -> list[Answer]:
    """The decisions entered on 冲突处理, in either language; `resolve` reports those it cannot understand. Then what was decided for many:
    in a row of the sheet, or by `wish`."""
    answers, questions = [], file_questions(state.items.values())
    wishes: list[Wish] = []
    for item_id, (decision, manual, why) in typed_decisions(session).items():
        item = state.items.get(item_id) or (questions[item_id].items[0] if item_id in questions else None)
        said = read_choice(decision)
        if said == ("", "") and manual is not None:
            said, decision = None, text("model.word.blank", session.lang)  # a value by hand without a choice: reported, not guessed
        if item is None or said == ("", ""):
            continue
        choice, department = said or (str(decision), "")
        reason = str(why or "").strip() or reason_in(decision)
        if said is None and (many := wish_in(decision, item, reason)) is not None:
            wishes.append(many)
            continue
        value: Value = None
        if choice == "manual" and item_id not in questions:
            form = session.schema.form_for_display(item.form)
            field = (form.named(item.field) if item.field else None) or form.key
            value = answer_value(manual, field, form, session.context())
        answers.append(Answer(item_id, choice, value, department=department, reason=reason))
    answers = spread(answers, questions)
    wishes += [wish] if wish is not None else []
    answers += answers_for_many(wishes, state.items, {answer.item for answer in answers})
    return [a for a in answers if not (a.choice == "later" and _is_postponed(state.items.get(a.item), a.reason))]


def _is_postponed(item: Item | None, reason: str) -> bool:
    """Whether the item was put off already, for the same reason."""
    return item is not None and item.earlier is not None and item.earlier.choice == "later" and item.earlier.reason == reason


def _heading(session: Session, finding: Finding) -> str:
    """The heading of the finding's field, in the workbook's language."""
    field = session.schema.form_for_display(finding.form or "").named(finding.field or "")
    return field.heading[session.book_lang] if field else ""


TAKE = {"theirs": "submission", "submission": "submission", "master": "master", "ours": "master", "later": "later"}


def _wish(session: Session, take: str | None, departments: Sequence[str], kinds: Sequence[str], files: Sequence[str]) -> Wish | None:
    """What the command says of many items; None if it says nothing."""
    if take is None:
        if departments or kinds or files:
            raise CollabError("usage_take_first", exit_code=2, lang=session.lang)
        return None
    choice = TAKE.get(take.strip().casefold()) or (read_choice(take) or ("", ""))[0]
    if choice not in TAKE.values():
        raise CollabError("usage_take", exit_code=2, text=take, lang=session.lang)
    words = {folded(name): kind for kind in Kind for name in (kind, *(text(f"model.kind.{kind}", lang) for lang in LANGS))}
    if unknown := [word for word in kinds if folded(word) not in words]:
        known = tuple(text(f"model.kind.{kind}", session.lang) for kind in Kind)
        raise CollabError("usage_kind", exit_code=2, text=unknown[0], known=known, lang=session.lang)
    named = (session.directory.department(name) for name in departments)
    wanted = frozenset(folded(found.name if found else name) for found, name in zip(named, departments, strict=True))
    return Wish(choice, wanted, frozenset(words[folded(word)] for word in kinds), frozenset(folded(PurePath(name).name) for name in files))


def resolve(
    where: Where,
    *,
    take: str | None = None,
    departments: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
    from_files: Sequence[str] | None = None,
    as_of: date,
    write: bool = True,
    lang: str | None,
) -> Report:
    """Verb `resolve`: carry out the decisions on 冲突处理. If a cell has changed since it was shown, it is asked again.

    Args:
        take: the choice for all items without a decision of their own: theirs, master or later, or a word of the drop-down.
        departments, kinds, from_files: only for items of these.

    Raises CollabError `usage_take`, `usage_take_first`, `usage_kind`.
    """
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        wish = _wish(session, take, departments or (), kinds or (), from_files or ())
        state = session.state()
        tables, keys = keyed(session)
        answers = _answers(session, state, wish)
        resolved = resolve_stage(tables, answers, state, session.schema, session.directory, session.as_of)
        after = fold_resolved(state, resolved, session.master.new_run_id)
        stray, lost = stray_decisions(session, state.items), unlisted(session, state.items.values())
        told = [f for f in resolved.findings if "item" in f.facts]
        cells = decision_cells(session, session.service("conflicts"))
        run = None
        if write and (answers or stray or lost):
            run = session.master.new_run_id
            data = data_plan(session, tables, [*keys, *resolved.changes], resolved.new_rows)
            after_tables = applied(tables, data, session.schema)
            decided = {d.item for d in resolved.decisions} | {i.id for i in resolved.asked_again}
            decided |= {q.id for q in file_questions(state.items.values()).values() if not decided.isdisjoint(i.id for i in q.items)}
            reasons = {str(f.facts["item"]): finding_text(f, "what", session.book_lang, _heading(session, f)) for f in told}
            rows = conflicts_list(session, after.items.values(), after_tables, state.items, forget=decided, reasons=reasons)
            cells = decision_cells(session, rows)
            plan: Plan = data + session.fill("conflicts", rows)
            plan += changes_plan(session, "resolve", run, data.changes, data.added, ()) + baselines_plan(session, after_tables)
            plan += submissions_plan(session, items=after.items.values())
            plan += home(session, after_tables, verb="resolve", run=run, waiting=len(after.items), items=after.items.values())
            record = session.record(
                "resolve",
                summary={"decided": len(resolved.decisions), "waiting": len(after.items)},
                changes=data.changes,
                added=data.added,
                ranges=data.ranges,
                resolved=resolved,
            )
            run = session.master.commit(record, plan)
        placed = (replace(f, at=cells.get(str(f.facts.get("item")), f.at)) for f in resolved.findings)
        findings = switched((*placed, *stray), session.settings.rules)
        lines = []
        if lost:
            lines.append(session.said("listed_again", count=lost, sheet=session.sheet_of("conflicts")))
        if not answers:
            key = "verbs.say.resolve_nothing" if after.items else "verbs.say.nothing_waiting"
            lines.append(text(key, session.lang, sheet=session.sheet_of("conflicts")))
        else:
            lines.append(session.said("resolve", count=len(resolved.decisions), run=run or "–", left=len(after.items)))
        if answers and (many := Counter(state.items[a.item].kind for a in answers if a.item in state.items)).total() > 1:
            kinds_said = " · ".join(f"{text(f'model.kind.{kind}', session.lang)} {n}" for kind, n in many.items())
            lines.append(text("verbs.say.resolve_kinds", session.lang, kinds=kinds_said))
        if resolved.postponed:
            lines.append(text("verbs.say.postponed", session.lang, count=len(resolved.postponed)))
        if resolved.asked_again:
            lines.append(session.said("asked_again", count=len(resolved.asked_again)))
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        body = {
            "version": "collab-xl/resolve/1",
            "run": run,
            "decided": [d.item for d in resolved.decisions],
            "asked_again": [i.id for i in resolved.asked_again],
            "postponed": [i.id for i in resolved.postponed],
            "refused": list(resolved.refused),
            "conflicts": [item_json(session, item) for item in after.items.values()],
        }
        code = CONFLICTS if after.items else FINDINGS if findings else OK
        listings = (findings_listing(session, findings),) if findings else ()
        step = to_decide(len(after.items), session.sheet_of("conflicts")) if after.items else NextStep("flag", "flag")
        return session.report(body, tuple(lines), listings, code, then=to_write(write, step))
