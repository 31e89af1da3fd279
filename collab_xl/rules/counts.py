"""Two figures for the home sheet, without making the lists: a run over many rows asks for them every time.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from collab_xl.model.calendar import Calendar
from collab_xl.model.sheets import Table
from collab_xl.rules.lateness import days_late, is_closed
from collab_xl.rules.overdue import FIELDS
from collab_xl.settings import Settings


def late_counts(tables: Mapping[str, Table], settings: Settings, calendar: Calendar, as_of: date) -> tuple[int, int]:
    """(overdue tasks, escalated rows): the lengths of what `flag` lists, the first without problems. A test holds them together."""
    terms = settings.terms(calendar)
    overdue = escalated = 0
    for form, (_, _, end_field) in FIELDS.items():
        table = tables.get(form)
        if table is None:
            continue
        nothing = [None] * len(table)
        levels = table.values.get("level", nothing) if form == "problems" else nothing
        ends, statuses = (table.values.get(f, nothing) for f in (end_field, "status"))
        for (end, status, level), count in Counter(zip(ends, statuses, levels, strict=True)).items():
            if is_closed(status):
                continue
            days = days_late(end, is_closed(status), as_of, terms.late)
            overdue += count * (days > 0 and form == "tasks")
            escalated += count * (days > terms.escalate_days or level == "urgent" or (form == "problems" and status == "escalated"))
    return overdue, escalated
