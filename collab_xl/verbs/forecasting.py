"""The forecast of a master: its rows, and what the packs issued in earlier weeks say of how they stood then."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.forms import Form
from collab_xl.model.forecast import TOO_SHORT, Forecast, Hits, Look, Range
from collab_xl.model.merge import Pack
from collab_xl.model.place import Area
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.report.forecast import forecast
from collab_xl.report.slips import FEWEST, FEWEST_WEEKS
from collab_xl.rules.case import Case
from collab_xl.rules.computed import range_text, reason_text
from collab_xl.rules.parts import is_work
from collab_xl.verbs.session import Session

WEEKS_BACK = 26
"""How far back the past says something about the present."""
MOST_PACKS = 2_000
"""The most packs read, newest weeks first; 300 take 0.05 s."""


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
    packs = _packs(session, wanted)
    forms = [form for form in session.schema.forms if is_work(form)]
    by_day: dict[date, list[Pack]] = {}
    for name, pack in packs.items():
        by_day.setdefault(wanted[name], []).append(pack)
    return [Look(when, {form.id: _table(form, by_day[when]) for form in forms}) for when in sorted(by_day)]


def _packs(session: Session, wanted: Mapping[str, date]) -> Mapping[str, Pack]:
    """The packs with their values; without those whose file is gone: what can be learned from the others is worth showing."""
    ledger, out = session.master.ledger, dict[str, Pack]()
    try:
        return ledger.packs(wanted) if wanted else {}
    except CollabError:
        for name in wanted:
            with suppress(CollabError):
                out |= ledger.packs([name])
    return out


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


def forecast_lines(found: Forecast, lang: str) -> list[str]:
    """What a verb says of the forecast: the range of the project and how often ranges were right; nothing where nothing is open."""
    if found.project is not None:
        facts = {"range": range_text(found.project, lang), "finished": found.finished, "weeks": found.weeks}
        lines = [text("verbs.say.forecast", lang, **facts)]
        if found.hits.of:
            lines.append(text("verbs.say.forecast_hits", lang, rows=_share(found.hits), wholes=_share(found.whole_hits)))
        if found.undated:
            lines.append(text("verbs.say.forecast_undated", lang, n=found.undated))
        return lines
    if found.reason == TOO_SHORT:
        facts = {"reason": reason_text(found, lang), "finished": found.finished, "weeks": found.weeks}
        return [text("verbs.say.forecast_short", lang, **facts, fewest=FEWEST, fewest_weeks=FEWEST_WEEKS)]
    return []


def _share(hits: Hits) -> str:
    return f"{hits.held}/{hits.of}" if hits.of else "–"


def forecast_json(found: Forecast) -> dict[str, object]:
    """The object `forecast` in `status --json`."""

    def days(one: Range | None) -> dict[str, str] | None:
        return None if one is None else {"p50": one.p50.isoformat(), "p80": one.p80.isoformat()}

    return {
        "as_of": found.as_of.isoformat(),
        "reason": found.reason or None,
        "project": days(found.project),
        "rows": [{"form": form, "row_id": key, **(days(one) or {})} for (form, key), one in found.rows.items()],
        "hits": {name: {"held": hits.held, "of": hits.of} for name, hits in (("rows", found.hits), ("wholes", found.whole_hits))},
        "finished": found.finished,
        "weeks": found.weeks,
        "undated": found.undated,
    }
