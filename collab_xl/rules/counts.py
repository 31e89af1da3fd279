"""Figures of late rows, counted without making the lists of `flag`, because every run and `status` need them.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from collab_xl.forms import Schema
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.sheets import Table
from collab_xl.model.terms import Terms
from collab_xl.rules.case import Case
from collab_xl.rules.computed import up_to_date
from collab_xl.rules.escalations import causes
from collab_xl.rules.rows import Rows, part_of
from collab_xl.settings import Settings


def late_counts(tables: Mapping[str, Table], settings: Settings, calendar: Calendar, as_of: date, schema: Schema) -> tuple[int, int]:
    """(overdue rows of the task form, escalated rows of all forms): the lengths of the lists of `flag`."""
    case = up_to_date(Case(tables, schema, Directory(), settings, calendar, as_of))
    overdue = overdue_tasks(schema, case.rows, case.terms, as_of)
    return overdue, sum(cause is not None for rows in case.rows.values() for cause in causes(case, rows))


def overdue_tasks(schema: Schema, rows: Mapping[str, Rows], terms: Terms, as_of: date) -> int:
    """The overdue rows of the task form; 0 without that form."""
    work = part_of(schema, rows, "work")
    return sum(days > 0 for days in work.late(terms, as_of)) if work else 0
