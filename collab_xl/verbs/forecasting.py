"""The forecast of a master: its rows, and what the packs issued in earlier weeks say of how they stood then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from collab_xl.forms import Form
from collab_xl.model.forecast import TOO_SHORT, Forecast, Look
from collab_xl.model.merge import Pack
from collab_xl.model.place import Area
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.report.forecast import forecast
from collab_xl.rules.case import Case
from collab_xl.rules.parts import is_work
from collab_xl.verbs.session import Session

WEEKS_BACK = 26
"""How far back the past says something about the present."""
MOST_PACKS = 400
"""The most packs read, newest weeks first: reading them takes time."""


def forecast_of(session: Session, tables: Mapping[str, Table] | None = None, as_of: date | None = None) -> Forecast:
    """The forecast of the master's rows, or of `tables`, on the day of the run or another day."""
    day = as_of or session.as_of
    if not session.master.has_ledger:
        return Forecast(day, TOO_SHORT)
    tables = session.tables_for_viewing if tables is None else tables
    case = Case(tables, session.schema, session.directory, session.settings, session.calendar, day)
    return forecast(case, looks_of(session, day), session.master.ledger.project_id)


def looks_of(session: Session, day: date) -> list[Look]:
    """The rows as issued before that day, one look for each day of issue, oldest first. Of the weeks that are too many, the oldest are left
    out."""
    ledger = session.master.ledger
    days = {run.number: run.as_of for run in ledger.chain(session.run_id)}
    issued: dict[date, list[str]] = {}
    for number, head in ledger.packs_issued():
        if number in days and day - timedelta(weeks=WEEKS_BACK) <= days[number] < day:
            issued.setdefault(days[number], []).append(head.id)
    wanted: dict[str, date] = {}
    for when in sorted(issued, reverse=True):
        if wanted and len(wanted) + len(issued[when]) > MOST_PACKS:
            break
        wanted.update(dict.fromkeys(issued[when], when))
    packs = ledger.packs(wanted) if wanted else {}
    forms = [form for form in session.schema.forms if is_work(form)]
    by_day: dict[date, list[Pack]] = {}
    for name, pack in packs.items():
        by_day.setdefault(wanted[name], []).append(pack)
    return [Look(when, {form.id: _table(form, by_day[when]) for form in forms}) for when in sorted(by_day)]


def _table(form: Form, packs: list[Pack]) -> Table:
    """The rows of a form in several packs as one table; a row in two packs is there once, as in the later one."""
    rows: dict[str, Mapping[str, Value]] = {}
    for pack in packs:
        rows.update((key, values) for key, values in pack.forms.get(form.id, {}).items() if values)
    fields = [field.id for field in form.fields if any(field.id in values for values in rows.values())]
    columns = {field: [values.get(field) for values in rows.values()] for field in fields}
    columns[form.key.id] = [*rows]
    area = Area(1, 1, len(rows) + 1, max(1, len(columns)))
    places = {field: n for n, field in enumerate(columns, 1)}
    return Table(form.id, "", area, (1, 1), places, {}, range(2, len(rows) + 2), columns, columns)
