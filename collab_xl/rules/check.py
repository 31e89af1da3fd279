"""Look at the whole master and report what a person should look at: `check`.

In: parsed tables and what the project knows.  Out: findings, in sheet order.  Pure.
Each module holds one family; `rules.py` says how severe a finding is by default, sheet 设置 may say otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from collab_xl.forms import Schema
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.finding import Finding, in_order, switched
from collab_xl.model.sheets import Table
from collab_xl.rules import keys, numbering, overlaps, people, plan_quality, values
from collab_xl.rules.case import Case, History
from collab_xl.rules.deadlines import time_findings
from collab_xl.settings import Settings

__all__ = ["CHECKS", "check"]


def _times(case: Case) -> Iterator[Finding]:
    yield from time_findings(case.tables, case.terms, case.as_of)


CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    keys.duplicate_keys,
    keys.two_spellings,
    keys.references,
    keys.missing_keys,
    numbering.odd_keys,
    numbering.gaps,
    values.required,
    values.periods,
    values.progress_and_status,
    values.finishing,
    values.started,
    _times,
    people.departments,
    people.owners,
    people.reachable,
    overlaps.same_task,
    overlaps.listed_twice,
    overlaps.one_person_twice,
    overlaps.one_resource_twice,
    plan_quality.stale,
    plan_quality.progress_back,
    plan_quality.behind_the_plan,
    plan_quality.predecessors,
    plan_quality.requirements_and_tasks,
    plan_quality.after_the_requirement,
)


def check(
    tables: Mapping[str, Table],
    schema: Schema,
    directory: Directory,
    settings: Settings,
    calendar: Calendar,
    as_of: date,
    history: History | None = None,
) -> list[Finding]:
    """Run every check over every table.

    Args:
        tables: form id → Table; a form that is missing is not asked.
        history: (form, key, field) → the value before the last consolidation, for progress going back.

    Returns:
        Findings by sheet (schema order), row, column and code; those about the departments sheet last. Rules switched off are
        left out. An empty list means nothing was found, not that nothing was looked at: a check that breaks stops the run.
    """
    case = Case(tables, schema, directory, settings, calendar, as_of, history or {})
    found: list[Finding] = []
    for one in CHECKS:
        try:
            found += one(case)
        except Exception as error:
            error.add_note(f"check {one.__module__}.{one.__name__} over {', '.join(f'{f} ({len(t)} rows)' for f, t in tables.items())}")
            raise
    return in_order(switched(found, settings.rules), (table.sheet for _, table in case.forms()))
