"""Family Q of what was agreed: rows that differ from a signed baseline although nobody approved the change.

In: a Case with the agreement of the current baseline.  Out: findings, at the changed cell.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from collab_xl.forms import Field, Form
from collab_xl.model.baseline import Agreement, Baseline
from collab_xl.model.finding import Finding, Word
from collab_xl.model.keys import spelling
from collab_xl.model.values import Value, same_value
from collab_xl.rules.case import Case
from collab_xl.rules.keys import by_key
from collab_xl.rules.rows import Rows, as_text
from collab_xl.rules.standing import called_now, standing_of

CHANGES = "change_requests"


def agreement_of(baseline: Baseline, forms: Mapping[str, Rows]) -> Agreement:
    """What the baseline fixed in the rows that were agreed on."""
    values: dict[tuple[str, str, str], Value] = {}
    was: dict[tuple[str, str], str] = {}
    for rows in forms.values():
        form = rows.form
        kept = baseline.standing.get(form.id, {}) if form.rules.agreed else {}
        called = called_now(form, kept, standing_of({form.id: rows}).get(form.id, {})) if kept else {}
        was |= {(form.id, new): old for old, new in called.items()}
        for then, row in kept.items():
            if _agreed_on(form, row):
                key = called.get(then, then)
                values[form.id, key, ""] = as_text(row.get(form.id_of("title")))
                values |= {(form.id, key, name): row.get(name) for name in form.rules.agreed}
    return Agreement(baseline.name, baseline.day, values, was)


def _agreed_on(form: Form, row: Mapping[str, Value]) -> bool:
    """Whether the row met the form's condition then, and was not cancelled."""
    named = {name: form.named(name) for name in form.rules.agreed_when}
    meets = all(field is not None and row.get(field.id) in form.rules.agreed_when[name] for name, field in named.items())
    return meets and form.state(row.get(form.id_of("status"))) != "cancelled"


def not_approved(case: Case) -> Iterator[Finding]:
    """Q541 at every agreed cell with another value, at the status of a row that was cancelled, and for a row that is gone; not where an
    approved request of the day of the baseline or later names the row."""
    agreement = case.agreed
    if agreement is None:
        return
    approved = approved_rows(case, agreement.day)
    for rows in case.forms_of("Q541"):
        places, form = by_key(rows), rows.form
        for (form_id, key, name), agreed in agreement.values.items():
            if form_id != form.id or {spelling(key), spelling(agreement.called.get((form_id, key), key))} & approved:
                continue
            i, status = places.get(key), form.role("status")
            facts = {"baseline": agreement.name, "day": agreement.day.isoformat(), "row_id": key}
            if i is None:
                if not name:
                    gone = {**facts, "name": f"{key} {agreed}".strip(), "field": Word("rules.whole_row"), "now": Word("rules.row_gone")}
                    yield Finding("Q541", case.rules["Q541"].severity, None, key, form_id, form.key.id, "", "", {**gone, "then": key})
            elif not name:
                if rows.states[i] == "cancelled" and status is not None:
                    said = {**facts, "then": Word("rules.under_way"), "now": case.shown(rows, i, status)}
                    yield case.finding("Q541", rows, i, status, name=rows.name(i), **said)
            elif (field := rows.field(name)) is not None and not same_value(_plain(rows.values(field)[i]), agreed):
                then, blank = said_as(field, agreed, case.settings.lang), Word("rules.blank")
                now = case.shown(rows, i, field) or blank
                yield case.finding("Q541", rows, i, field, then, name=rows.name(i), then=then or blank, now=now, **facts)


def approved_rows(case: Case, since: date) -> frozenset[str]:
    """Spellings of the keys for which a change was approved on that day or later."""
    asked = case.rows.get(CHANGES)
    if asked is None:
        return frozenset()
    lines = zip(asked.words("parent"), asked.states, asked.days("finished"), strict=True)
    return frozenset(spelling(key) for key, state, day in lines if key and state == "done" and (day is None or day >= since))


def said_as(field: Field, value: Value, lang: str) -> str:
    """A value as the sheet shows it; "" for none."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    said = field.worded(value, lang)
    return "、".join(said) if isinstance(said, tuple) else str(said)


def _plain(value: Value) -> Value:
    return None if value in ("", ()) else value
