"""Find what is late on a day, what is due soon, and whom to inform: `flag`.

In: parsed tables, settings, calendar, directory and the day.  Out: `Flags`.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from collab_xl.forms import Schema
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import in_order, switched
from collab_xl.model.forecast import Forecast
from collab_xl.model.sheets import Table
from collab_xl.model.summary import Flags
from collab_xl.rules.case import Case
from collab_xl.rules.clock_list import form_clocks
from collab_xl.rules.computed import computed_changes, up_to_date
from collab_xl.rules.deadlines import time_findings
from collab_xl.rules.escalations import escalation_lines
from collab_xl.rules.functions import sound
from collab_xl.rules.overdue import overdue_lines
from collab_xl.settings import Settings

__all__ = ["Flags", "flag"]


def flag(
    tables: Mapping[str, Table],
    settings: Settings,
    calendar: Calendar,
    as_of: date,
    schema: Schema,
    directory: Directory,
    *,
    now: datetime | None = None,
    forecast: Forecast | None = None,
) -> Flags:
    """Judge every row of every form by the form's due date, clocks, escalations and computed columns.

    Args:
        tables: form id → Table; a form that is missing has no rows.
        settings: thresholds, how late days are counted, rule switches (these affect findings, not columns or lists).
        calendar: the project's working days.
        as_of: the day to judge; a row due on that day is not late.
        directory: whom to inform; if it is empty, the lists have no recipients.
        now: the moment, if it is on `as_of`: clocks of minutes and hours are judged to it, else to the end of the day.
        forecast: the ranges for the columns that show them; without it these stay as they are.

    Returns:
        Changes only for computed cells that differ. Rows without a key or with a key that occurs twice, and cells with a
        user's formula, are skipped. Overdue lines, latest first. Findings in sheet order.
    """
    sound(schema)
    case = Case(tables, schema, directory, settings, calendar, as_of, now=now, forecast=forecast)
    changes = tuple(computed_changes(case))
    case = up_to_date(case)
    sheets = (rows.table.sheet for rows in case.rows.values())
    return Flags(
        as_of=as_of,
        changes=changes,
        overdue=tuple(overdue_lines(case)),
        escalations=tuple(escalation_lines(case)),
        findings=tuple(in_order(switched(time_findings(case), settings.rules), sheets)),
        working_days=case.terms.late.working,
        clocks=tuple(form_clocks(case)),
    )
