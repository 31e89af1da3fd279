"""Earlier progress: the highest value of the last days, from the ledger and issued packs. Used by the check for progress going back."""

from __future__ import annotations

from datetime import date, timedelta

from collab_xl.model.values import Value
from collab_xl.verbs.session import Session
from collab_xl.verbs.sheets.service_sheets import newest_packs

WINDOW_DAYS = 7
"""Days looked back. In a project that paused for longer, the last consolidate still counts."""


def earlier_progress(session: Session) -> dict[tuple[str, str, str], Value]:
    """(form, key, field) → the highest value of the cell since a week before `as_of`; unchanged rows are absent.

    All runs of that time count, so neither a second consolidate on one day nor a value typed over an issued one hides an earlier value.
    """
    if not session.master.has_ledger:
        return {}
    ledger, run_id = session.master.ledger, session.run_id
    since = session.as_of - timedelta(WINDOW_DAYS)
    fields = {form.id: progress.id for form in session.schema.forms if (progress := form.role("progress"))}
    highest: dict[tuple[str, str, str], Value] = {}

    def keep(form: str, key: str, value: Value) -> None:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            known = highest.get((form, key, fields[form]))
            if not isinstance(known, (int, float)) or value > known:
                highest[form, key, fields[form]] = value

    changing = [run for run in ledger.effective(run_id) if run.changed_data]
    last = next((run for run in reversed(changing) if run.verb == "consolidate"), None)
    for run in changing:
        if _within(run.as_of, since, session.as_of) or run is last:
            for change in ledger.run_changes(run.id).changes:
                if fields.get(change.form) == change.field:
                    keep(change.form, change.row_key, change.old)
    heads = newest_packs(ledger.pack_heads().values())
    recent = {pack.id for pack in heads.values() if _within(pack.issued_at.date(), since, session.as_of)}
    for pack in ledger.packs(recent).values() if recent else ():
        for form, field in fields.items():
            for key, values in pack.forms.get(form, {}).items():
                keep(form, key, values.get(field))
    return highest


def _within(day: date, since: date, until: date) -> bool:
    return since <= day <= until
