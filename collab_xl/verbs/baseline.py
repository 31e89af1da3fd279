"""Verbs `baseline set|sign|compare|list`: what was agreed on, who signed it, and how far everything has slipped since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from collab_xl.catalogue import COMMA, text
from collab_xl.errors import FINDINGS, OK, CollabError
from collab_xl.forms import Form
from collab_xl.model.baseline import PREFIX, Baseline, Difference
from collab_xl.model.directory import folded
from collab_xl.model.finding import Finding
from collab_xl.model.keys import KeyMaker
from collab_xl.model.plan import CellChange, NewRow, Plan
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.similar import meant
from collab_xl.model.values import Value, same_value
from collab_xl.plan.applied import applied
from collab_xl.project.file_lock import user_and_machine
from collab_xl.project.run import Where
from collab_xl.rules.case import Case
from collab_xl.rules.computed import computed_changes
from collab_xl.rules.rows import Rows, rows_of
from collab_xl.rules.signatures import SIGNATURES
from collab_xl.rules.slips import measured, slips
from collab_xl.rules.standing import differences, standing_of
from collab_xl.verbs.baselines import (
    BaselineState,
    baseline_states,
    baseline_text,
    baselines_plan,
    case_of,
    named_baseline,
    signed_text,
)
from collab_xl.verbs.comparison import Caption, compared_json, compared_listing, sheet_lines, write_comparison
from collab_xl.verbs.next_step import NextStep, to_write
from collab_xl.verbs.report import Listing, Report
from collab_xl.verbs.session import Session, opened
from collab_xl.verbs.sheets.data import data_plan, keyed
from collab_xl.verbs.sheets.service_sheets import changes_plan, home

VERB, SIGN = "baseline", "sign"
"""Names of the runs in the log."""


def baseline_set(where: Where, name: str = "", *, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `baseline set`: freeze dates, goals and milestones, write 基准完成, and ask every department with rows to sign.

    Args:
        name: by default the number of the baseline (基准 1).

    Raises CollabError `baseline_taken`, `baseline_empty`, `baseline_not_approved`.
    """
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        tables, keys = keyed(session) if write else (session.tables, [])
        case = case_of(session, tables)
        before = baseline_states(session, tables)
        if before and before[-1].changed:
            raise _not_approved(session, before[-1])
        number = 1 + max((int(one.baseline.id.removeprefix(PREFIX)) for one in before), default=0)
        name = " ".join(name.split()) or text("verbs.word.baseline_n", session.book_lang, n=number)
        if taken := next((one.baseline for one in before if folded(one.baseline.name) == folded(name)), None):
            raise CollabError("baseline_taken", name=name, id=taken.id, lang=session.lang)
        plan_of = standing_of({form: rows for form, rows in case.rows.items() if measured(rows)})
        baseline = Baseline(f"{PREFIX}{number:02}", name, as_of, user_and_machine(), plan_of, tuple(_departments(session, case)))
        ends = list(_ends(case))
        if not ends and not any(_dated(session.schema.form(form_id), rows) for form_id, rows in plan_of.items()):
            raise CollabError("baseline_empty", lang=session.lang)
        asked = list(_asked(session, case, baseline))
        over = list(_no_longer_asked(session, case, before))
        first = data_plan(session, tables, [*keys, *ends], ())
        slip = _slip(case_of(session, applied(tables, first, session.schema)))
        run = None
        if write:
            run = session.master.new_run_id
            data = data_plan(session, tables, [*keys, *ends, *slip, *over], asked)
            after = applied(tables, data, session.schema)
            plan: Plan = data + changes_plan(session, VERB, run, data.changes, data.added, ())
            plan += baselines_plan(session, after, baseline, run)
            plan += home(session, after, verb=VERB, run=run, waiting=len(session.state(packs=()).items))
            summary = {"baseline": name, "rows": baseline.rows(), "to_sign": len(asked)}
            parts = {"changes": data.changes, "added": data.added, "ranges": data.ranges, "baseline": baseline}
            standing = standing_of(rows_of(session.schema, after))
            session.master.commit(session.record(VERB, summary=summary, standing=standing, **parts), plan)
        facts = {"id": baseline.id, "name": name, "rows": baseline.rows(), "ends": len(ends), "day": as_of.isoformat()}
        lines = [text("verbs.say.baseline_set" if write else "verbs.say.baseline_would", session.lang, **facts)]
        if asked:
            depts = tuple(str(row.values[session.schema.form(SIGNATURES).department_field]) for row in asked)
            lines.append(session.said("baseline_asked", n=len(asked), names=depts))
        elif SIGNATURES not in session.schema:
            lines.append(text("verbs.say.baseline_no_form", session.lang))
        if over:
            lines.append(text("verbs.say.baseline_over", session.lang, n=len(over)))
        if session.schema.service("baselines").table not in session.refs:
            lines.append(text("verbs.say.baseline_no_sheet", session.lang))
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        body = {
            "version": "collab-xl/baseline/1",
            "run": run,
            "baseline": {**_json(baseline), "departments": list(baseline.departments)},
            "ends": len(ends),
            "asked": [row.row_key for row in asked],
        }
        step = NextStep("sign", "issue") if asked else NextStep("slips", "baseline compare")
        return session.report(body, tuple(lines), then=to_write(write, step))


def baseline_imported(
    session: Session, before: Mapping[str, Table], after: Mapping[str, Table], name: str, imported: Collection[tuple[str, str]]
) -> tuple[Baseline | None, list[CellChange]]:
    """The first baseline, from the ends that imported rows had agreed elsewhere (they stand in 基准完成), and the slips that follow from
    it; nobody is asked to sign it.

    None where no row has one, or where the master has a baseline of its own.

    Args:
        before, after: the tables without and with what the import writes. imported: (form, key).
    """
    if not imported or baseline_states(session, before):
        return None, []
    case = case_of(session, after)
    plan_of = {}
    for form_id, rows in case.rows.items():
        field, due = rows.field("baseline"), rows.form.id_of("due")
        if field is None or not measured(rows):
            continue
        agreed = {k: v for k, v in zip(rows.keys, rows.values(field), strict=True) if v is not None and (form_id, k) in imported}
        standing = standing_of({form_id: rows}).get(form_id, {})
        if kept := {k: {**row, due: agreed[k]} for k, row in standing.items() if k in agreed}:
            plan_of[form_id] = kept
    if not plan_of:
        return None, []
    return Baseline(f"{PREFIX}01", name, session.as_of, user_and_machine(), plan_of, ()), _slip(case)


def _dated(form: Form, rows: Mapping[str, Mapping[str, Value]]) -> bool:
    due = form.id_of("due")
    return bool(due) and any(row.get(due) is not None for row in rows.values())


def _not_approved(session: Session, state: BaselineState) -> CollabError:
    rows = tuple(dict.fromkeys(str(finding.facts["name"]) for finding in state.changed))
    return CollabError("baseline_not_approved", name=state.baseline.name, n=len(rows), rows=rows[:10], lang=session.lang)


def _departments(session: Session, case: Case) -> Iterable[str]:
    """Those with rows in it that are not cancelled, in the order of the departments sheet."""
    named = {
        case.department(name)
        for rows in case.rows.values()
        if measured(rows)
        for state, names in zip(rows.states, rows.departments, strict=True)
        if state != "cancelled"
        for name in names
    }
    return (d.name for d in session.directory.departments if d.name in named)


def _ends(case: Case) -> Iterable[CellChange]:
    """The due day of every row that is not cancelled, in the column of the baseline."""
    for rows in case.rows.values():
        field = rows.field("baseline")
        if field is None:
            continue
        seen = set[str]()
        columns = zip(rows.keys, rows.values(field), rows.days("due"), rows.states, strict=True)
        for i, (key, old, due, state) in enumerate(columns):
            new = None if state == "cancelled" else due
            if key is not None and key not in seen and (i, field.id) not in rows.table.held and not same_value(old, new):
                yield CellChange(rows.form.id, key, field.id, old, new, "computed")
            seen.add(key or "")


def _slip(case: Case) -> list[CellChange]:
    """The computed columns that follow from the baseline."""
    follows = {(form.id, f.id) for form in case.schema.forms for f in form.fields if f.compute == "slip"}
    return [change for change in computed_changes(case) if (change.form, change.field) in follows]


def _asked(session: Session, case: Case, baseline: Baseline) -> Iterable[NewRow]:
    """A row for the signature of each department."""
    rows = case.rows.get(SIGNATURES)
    if rows is None:
        return
    form = rows.form
    used = session.master.ledger.keys_given(session.run_id) if session.master.has_ledger else {}
    maker = KeyMaker(form.key_prefix, form.key_width, (*filter(None, rows.keys), *used.get(form.id, ())))
    waiting = next(iter(form.choices_in("waiting", "open")))
    matter = text("verbs.word.baseline_matter", session.book_lang, name=baseline.name, day=baseline.day.isoformat())
    for name in baseline.departments:
        key = maker.next()
        said = {"key": key, "title": matter, "parent": baseline.id, "department": name, "status": waiting.id}
        yield NewRow(form.id, key, {form.id_of(role): value for role, value in said.items()})


def _no_longer_asked(session: Session, case: Case, before: Sequence[BaselineState]) -> Iterable[CellChange]:
    """Signatures of earlier baselines that nobody has given yet: they need no longer be signed."""
    rows = case.rows.get(SIGNATURES)
    if rows is None or not before:
        return
    status = rows.field("status")
    ended = rows.form.choices_in("cancelled")
    if status is None or not ended:
        return
    ids = {one.baseline.id for one in before}
    for key, of, state, old in zip(rows.keys, rows.words("parent"), rows.states, rows.values(status), strict=True):
        if key is not None and of in ids and state == "waiting":
            yield CellChange(rows.form.id, key, status.id, old, ended[0].id, VERB)


def baseline_sign(
    where: Where,
    name: str | None = None,
    *,
    department: str | None = None,
    by: str | None = None,
    as_of: date,
    write: bool = True,
    lang: str | None,
) -> Report:
    """Verb `baseline sign`: note that a department has signed, as its pack would bring it.

    Args:
        name: the baseline; by default the current one. by: who signed; by default the head of the department.

    Raises CollabError `no_baseline`, `unknown_baseline`, `baseline_no_signatures`, `unknown_department`, `baseline_not_asked`.
    """
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        state = named_baseline(session, name)
        rows = case_of(session).rows.get(SIGNATURES)
        if rows is None:
            raise CollabError("baseline_no_signatures", lang=session.lang)
        found = session.directory.find((department or "").strip())
        if found is None:
            names = tuple(d.name for d in session.directory.departments)
            raise CollabError(
                "baseline_whose", department=department or "", names=names, meant=meant(department or "", names), lang=session.lang
            )
        head = next((d.head for d in session.directory.departments if d.name == found), "")
        tables, keys = keyed(session) if write else (session.tables, [])
        rows = case_of(session, tables).rows[SIGNATURES]
        changes = list(_signs(session, rows, state.baseline, found, (by or "").strip() or head))
        if not changes:
            raise CollabError("baseline_not_asked", name=state.baseline.name, department=found, lang=session.lang)
        data = data_plan(session, tables, [*keys, *changes], ())
        after = applied(tables, data, session.schema)
        run = None
        if write:
            run = session.master.new_run_id
            plan: Plan = data + changes_plan(session, SIGN, run, data.changes, (), ()) + baselines_plan(session, after)
            plan += home(session, after, verb=SIGN, run=run, waiting=len(session.state(packs=()).items))
            record = session.record(SIGN, summary={"baseline": state.baseline.name}, changes=data.changes, ranges=data.ranges)
            session.master.commit(record, plan)
        now = next(one for one in baseline_states(session, after) if one.baseline.id == state.baseline.id)
        facts = {"name": state.baseline.name, "department": found, "signed": len(now.signed), "asked": len(now.signatures)}
        lines = [session.said("baseline_signed", **facts)]
        if not write:
            lines.append(text("verbs.say.no_write", session.lang))
        left = len(now.signatures) - len(now.signed)
        step = NextStep("not_signed", "baseline list", facts={"n": left}) if left else NextStep("slips", "baseline compare")
        body = {"version": "collab-xl/baseline/1", "run": run, "baseline": _state_json(now)}
        return session.report(body, tuple(lines), then=to_write(write, step))


def _signs(session: Session, rows: Rows, baseline: Baseline, department: str, person: str) -> Iterable[CellChange]:
    """Consent, person and day in the rows of the department that are not signed yet."""
    form = rows.form
    consent = next(iter(form.choices_in("done"))).id
    said: dict[str, Value] = {form.id_of("status"): consent}
    said |= {f.id: person or None for f in form.fields if f.kind == "person"} | {
        f.id: session.as_of for f in form.fields if f.kind == "date"
    }
    for i, (key, of) in enumerate(zip(rows.keys, rows.words("parent"), strict=True)):
        names = {session.directory.find(name) or name for name in rows.departments[i]}
        if key is not None and of == baseline.id and department in names and rows.states[i] not in ("done", "cancelled"):
            for field, new in said.items():
                old = rows.table.get(i, field)
                if new is not None and not same_value(old, new):
                    yield CellChange(form.id, key, field, old, new, VERB)


def baseline_compare(where: Where, name: str | None = None, *, as_of: date, write: bool = True, lang: str | None) -> Report:
    """Verb `baseline compare`: how far each task, milestone, requirement and goal has slipped, the worst first, and what else of what was
    agreed has changed; on sheet 对比.

    Raises CollabError `no_baseline`, `unknown_baseline`.
    """
    with opened(where, write=write, as_of=as_of, lang=lang) as session:
        state = named_baseline(session, name)
        case = case_of(session)
        unapproved = {(finding.form, finding.row_id) for finding in state.changed}
        every = [replace(one, note="unapproved") if (one.form, one.key) in unapproved else one for one in slips(case, state.baseline)]
        off = [one for one in every if one.days]
        others = _agreed_changes(session, case, state)
        lines_of_sheet = [*off, *(replace(one, note="unapproved") if (one.form, one.key) in unapproved else one for one in others)]
        caption = Caption(baseline_text(state.baseline, session.book_lang), session.as_of.isoformat())
        run = write_comparison(session, lines_of_sheet, caption) if write else None
        late = [one for one in off if (one.days or 0) > 0]
        worst = max((one.days or 0 for one in late), default=0)
        facts = {"name": state.baseline.name, "n": len(every), "late": len(late), "early": len(off) - len(late), "worst": worst}
        lines = [text("verbs.say.baseline_compared", session.lang, **facts)]
        lines += [*_changed_line(session, state.changed), *sheet_lines(session, write=write)]
        body = {
            "version": "collab-xl/baseline/1",
            "run": run,
            "baseline": _state_json(state),
            "slips": compared_json(session, every),
            "changed": compared_json(session, lines_of_sheet[len(off) :]),
        }
        listings = compared_listing(session, lines_of_sheet)
        step = NextStep("unapproved", "baseline compare") if state.changed else NextStep("week", "week")
        return session.report(body, tuple(lines), listings, FINDINGS if late or state.changed else OK, then=to_write(write, step))


def _agreed_changes(session: Session, case: Case, state: BaselineState) -> list[Difference]:
    """What else differs of what was agreed on: goals, due days, rows that are gone. Dates of ordinary tasks are slips."""
    agreed = {(form.id, name) for form in session.schema.forms for name in form.rules.agreed}
    due = {(form.id, form.id_of("due")) for form in session.schema.forms}
    wanted = {form for form, _ in agreed}
    found = differences(state.baseline.standing, standing_of(case.rows), session.schema, case.terms.late)
    return [
        one
        for one in found
        if (one.form in wanted and one.kind == "gone") or ((one.form, one.field) in agreed and (one.form, one.field) not in due)
    ]


def _changed_line(session: Session, changed: Sequence[Finding]) -> list[str]:
    names = tuple(dict.fromkeys(str(finding.facts["name"]) for finding in changed))
    return [text("verbs.say.baseline_unapproved", session.lang, n=len(names), names=names[:5])] if names else []


def baseline_list(where: Where, *, as_of: date, lang: str | None) -> Report:
    """Verb `baseline list`: every baseline, who set it, who signed it when, and who has not; the newest first."""
    with opened(where, write=False, as_of=as_of, lang=lang) as session:
        found = baseline_states(session)[::-1]
        lang = session.lang
        lines = [text("verbs.say.baseline_list" if found else "verbs.say.baseline_none", lang, n=len(found))]
        lines += _changed_line(session, found[0].changed) if found else []
        headings = {c.id: c.heading[lang] for c in session.schema.service("baselines").columns}
        rows = [_listed(one, lang) for one in found]
        listings = tuple(Listing("", tuple(headings[c] for c in row), tuple(tuple(r.values()) for r in rows)) for row in rows[:1])
        body = {"version": "collab-xl/baseline/1", "baselines": [_state_json(one) for one in found]}
        step = NextStep("slips", "baseline compare") if found else NextStep("baseline_set", "baseline set")
        return session.report(body, tuple(lines), listings, FINDINGS if found and found[0].changed else OK, then=step)


def _listed(one: BaselineState, lang: str) -> dict[str, str]:
    """Column of the sheet → text."""
    kept, comma = one.baseline, COMMA[lang]
    return {
        "row_key": kept.id,
        "name": kept.name,
        "date": kept.day.isoformat(),
        "count": str(kept.rows()),
        "state": text(f"model.baseline.{one.state}", lang),
        "signed_by": comma.join(map(signed_text, one.signed)),
        "unsigned_by": comma.join(f"{s.department} {s.opinion}".strip() for s in one.unsigned),
        "setter": kept.by,
    }


def _json(baseline: Baseline) -> dict[str, object]:
    return {"id": baseline.id, "name": baseline.name, "day": baseline.day.isoformat(), "by": baseline.by, "rows": baseline.rows()}


def _state_json(one: BaselineState) -> dict[str, object]:
    return {
        **_json(one.baseline),
        "run": one.run,
        "current": one.current,
        "state": one.state,
        "signed": [{"department": s.department, "person": s.person, "day": s.day.isoformat() if s.day else None} for s in one.signed],
        "unsigned": [{"department": s.department, "opinion": s.opinion} for s in one.unsigned],
        "changed": [{"row_id": f.row_id, "field": f.field, "sheet": f.form} for f in one.changed],
    }
