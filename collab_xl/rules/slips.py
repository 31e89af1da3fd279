"""How far rows have slipped since a baseline: the day agreed on, the day now expected, and the counting days between.

In: a Case and a baseline.  Out: one `Difference` a row, the worst first.  Pure.  Only forms with agreed rows, or with a column for the
baseline: tasks, milestones, requirements, goals. A row that is cancelled, gone or new has no slip.
"""

from __future__ import annotations

from collections.abc import Iterator

from collab_xl.model.baseline import Baseline, Difference
from collab_xl.rules.case import Case
from collab_xl.rules.computed import ends_of_parts, expected
from collab_xl.rules.lateness import as_day
from collab_xl.rules.rows import Rows
from collab_xl.rules.standing import about, called_now, days_moved, standing_of

MILESTONE = "milestone"


def slips(case: Case, baseline: Baseline) -> list[Difference]:
    """Every row with a day in the baseline and an expected day now, also those that have not slipped."""
    found = [one for rows in case.rows.values() if measured(rows) for one in _of_form(case, rows, baseline)]
    order = {form_id: n for n, form_id in enumerate(case.rows)}
    return sorted(found, key=lambda d: (-(d.days or 0), order[d.form], d.key))


def measured(rows: Rows) -> bool:
    """Whether the rows of a form are measured against baselines."""
    form = rows.form
    return form.role("due") is not None and bool(form.rules.agreed or form.role("baseline"))


def _of_form(case: Case, rows: Rows, baseline: Baseline) -> Iterator[Difference]:
    form, kept = rows.form, baseline.standing.get(rows.form.id, {})
    due, seen = form.id_of("due"), set[str]()
    now = standing_of({form.id: rows}).get(form.id, {})
    was = {new: old for old, new in called_now(form, kept, now).items()}
    milestones = rows.values(MILESTONE)
    finished, forecast = rows.field("finished"), next((f for f in form.fields if f.compute == "parts_forecast"), None)
    told = [(finished.id, rows.days(finished))] if finished is not None else []
    told += [(forecast.id, ends_of_parts(case, rows))] if forecast is not None else []
    for i, (key, day) in enumerate(zip(rows.keys, expected(case, rows), strict=True)):
        agreed = as_day(kept.get(was.get(key or "", key or ""), {}).get(due))
        if key is None or key in seen or agreed is None or day is None or rows.states[i] == "cancelled":
            continue
        seen.add(key)
        days = days_moved(agreed, day, case.terms.late)
        note = MILESTONE if milestones[i] is True else "done" if rows.closed[i] else ""
        shown = next((f for f, column in told if column[i] == day), "") if rows.days("due")[i] != day else ""
        row = {field.id: rows.values(field)[i] for field in (form.role("title"), form.departments) if field is not None}
        yield Difference("off", form.id, key, *about(form, row), due, agreed, day, days, note=note, now_in=shown)
