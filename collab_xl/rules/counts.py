"""Two figures for the home sheet, counted without making the lists, because every run needs them.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from collab_xl.forms import Schema
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.sheets import Table
from collab_xl.rules.case import Case
from collab_xl.rules.computed import up_to_date
from collab_xl.rules.escalations import causes
from collab_xl.settings import Settings


def late_counts(tables: Mapping[str, Table], settings: Settings, calendar: Calendar, as_of: date, schema: Schema) -> tuple[int, int]:
    """(overdue rows of the task form, escalated rows of all forms): the lengths of the lists of `flag`."""
    case = up_to_date(Case(tables, schema, Directory(), settings, calendar, as_of))
    work = schema.part("work")
    rows = case.rows.get(work.id) if work else None
    overdue = sum(days > 0 for days in rows.late(case.terms, case.as_of)) if rows else 0
    return overdue, sum(cause is not None for rows in case.rows.values() for cause in causes(case, rows))
