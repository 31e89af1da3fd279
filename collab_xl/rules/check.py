"""Check the whole master and report what a person should look at: `check`.

In: parsed tables, schema, directory, settings, calendar, day.  Out: findings, in sheet order.  Pure.
The checks of a family are in one module, or a few. `codes.py` contains the default severities; sheet 设置 may change them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import partial

from collab_xl.forms import Schema
from collab_xl.model.baseline import Agreement
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding, in_order, switched
from collab_xl.model.sheets import Table
from collab_xl.rules import change_requests, deadlines, keys, limits, numbering, people, values
from collab_xl.rules.case import Case, History
from collab_xl.rules.computed import up_to_date
from collab_xl.rules.functions import FUNCTIONS, sound
from collab_xl.settings import Settings

__all__ = ["CHECKS", "check"]


CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    keys.duplicate_keys,
    keys.two_spellings,
    keys.references,
    keys.missing_keys,
    numbering.odd_keys,
    numbering.gaps,
    values.required,
    values.required_when,
    values.periods,
    values.future,
    values.progress_and_status,
    values.finishing,
    values.started,
    values.unique,
    values.exactly_one,
    limits.over,
    deadlines.time_findings,
    people.departments,
    people.owners,
    people.reachable,
    change_requests.not_approved,
)
"""Checks of every form with the needed roles and rules."""


def checks_of(case: Case) -> list[tuple[Callable[[], Iterator[Finding]], str]]:
    """Every check to run, with its name: those of every form, then those that single forms name (`[rules] functions`)."""
    out: list[tuple[Callable[[], Iterator[Finding]], str]]
    out = [(partial(one, case), f"{one.__module__}.{one.__name__}") for one in CHECKS]
    for rows in case.rows.values():
        for named in (FUNCTIONS[name] for name in rows.form.rules.functions):
            out.append((partial(named, case, rows), f"{named.__module__}.{named.__name__} of {rows.form.id}"))
    return out


def check(
    tables: Mapping[str, Table],
    schema: Schema,
    directory: Directory,
    settings: Settings,
    calendar: Calendar,
    as_of: date,
    history: History | None = None,
    *,
    now: datetime | None = None,
    agreed: Agreement | None = None,
) -> list[Finding]:
    """Run every check over every table.

    Args:
        tables: form id → Table; a missing form is not checked.
        history: (form, key, field) → the value before the last consolidation, for progress going back.
        now: the moment, if it is on `as_of`: clocks of minutes and hours are judged to it, else to the end of the day.
        agreed: what a signed baseline fixed.

    Returns:
        Findings by sheet (schema order), row, column and code; those about the departments sheet last. Rules switched off are
        left out. An empty list means that everything was checked and nothing found: a check that fails stops the run.

    Raises:
        CollabError `form_broken` for a form that names an unknown check, computed column or text.
    """
    sound(schema)
    case = up_to_date(Case(tables, schema, directory, settings, calendar, as_of, history or {}, now, agreed=agreed))
    found: list[Finding] = []
    for one, name in checks_of(case):
        try:
            found += one()
        except Exception as error:
            error.add_note(f"check {name} over {', '.join(f'{f} ({len(t)} rows)' for f, t in tables.items())}")
            raise
    return in_order(switched(found, settings.rules), (rows.table.sheet for rows in case.rows.values()))
