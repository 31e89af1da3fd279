"""Computed columns: a form names the function that fills a column (`compute`) by its name in `COMPUTED`.

In: a Case.  Out: changes of the cells that differ, in sheet order.  Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from collab_xl.catalogue import text
from collab_xl.forms import Field
from collab_xl.model.forecast import Forecast, Range
from collab_xl.model.plan import CellChange
from collab_xl.model.record import Struct, replace
from collab_xl.model.values import Value, same_value
from collab_xl.rules.case import Case
from collab_xl.rules.chain import expected_ends
from collab_xl.rules.communication import next_times
from collab_xl.rules.lateness import WARNINGS, age_days, warning
from collab_xl.rules.parts import Part
from collab_xl.rules.rows import Rows


def computed_changes(case: Case) -> Iterator[CellChange]:
    """`why` is "computed". A change is addressed by key, so a row without a key, or with a key that occurs twice, is skipped."""
    for rows in case.rows.values():
        filled = [(f.id, COMPUTED[f.compute].column(case, rows, f)) for f in rows.form.fields if f.compute in COMPUTED and rows.field(f)]
        if not filled:
            continue
        times, table = Counter(rows.keys), rows.table
        for i, key in enumerate(rows.keys):
            if key is None or times[key] > 1:
                continue
            for field, column in filled:
                old, new = table.values[field][i], column[i]
                if (i, field) not in table.held and not same_value(old, new):
                    yield CellChange(rows.form.id, key, field, old, new, "computed")


def up_to_date(case: Case) -> Case:
    """The same case with current values in the computed columns that rules use (those with a role or a limit).

    The last run may have written older values. A cell with a user's formula keeps its value.
    """
    tables = dict(case.tables)
    for rows in case.rows.values():
        limited = {rule.field for rule in rows.form.rules.over}
        table, new = rows.table, {}
        for field in rows.form.fields:
            if field.compute in COMPUTED and rows.field(field) and (field.role or {field.id, field.role} & limited):
                held, column = table.values[field.id], COMPUTED[field.compute].column(case, rows, field)
                if column is not held:
                    new[field.id] = [old if (i, field.id) in table.held else v for i, (old, v) in enumerate(zip(held, column, strict=True))]
        if new:
            tables[rows.form.id] = replace(table, values={**table.values, **new}, raw={**table.raw, **new})
    return replace(case, tables=tables)


class Computed(Struct, frozen=True):
    """How a column is filled. `column` returns one value per row; if the value cannot be computed, it is the cell's current value."""

    column: Callable[[Case, Rows, Field], Sequence[Value]]
    roles: tuple[str, ...] = ()
    """Roles the form needs for it."""
    sources: int = 0
    """How many fields the column must name in `from`."""
    kinds: tuple[str, ...] = ()
    """The kinds these fields may have."""
    choices: tuple[str, ...] = ()
    """Choices the column must have."""


def _late_days(case: Case, rows: Rows, field: Field) -> list[Value]:
    late = zip(rows.late(case.terms, case.as_of), rows.due, rows.closed, strict=True)
    return [None if closed or day is None else days for days, day, closed in late]


def _warning(case: Case, rows: Rows, field: Field) -> list[Value]:
    known: dict[object, str | None] = {}
    for pair in zip(rows.due, rows.closed, strict=True):
        if pair not in known:
            known[pair] = warning(*pair, case.as_of, case.terms)
    return [known[pair] for pair in zip(rows.due, rows.closed, strict=True)]


def _age_days(case: Case, rows: Rows, field: Field) -> list[Value]:
    """If the closing day is unknown, the age from when the row was last open is kept."""
    held = rows.table.values[field.id]
    columns = zip(rows.days("raised"), rows.days("finished"), rows.closed, strict=True)
    ages = [(age_days(raised, finished, closed, case.as_of), closed) for raised, finished, closed in columns]
    return [held[i] if age is None and closed else age for i, (age, closed) in enumerate(ages)]


def _updated(case: Case, rows: Rows, field: Field) -> Sequence[Value]:
    """Unchanged here: the run that changes a row writes it."""
    return rows.table.values[field.id]


def _gap(case: Case, rows: Rows, field: Field) -> list[Value]:
    """The missing share of what is needed: 0.2 if 10 are needed and 8 are there. If either is unknown, the cell keeps its value."""
    amounts = zip(rows.numbers("need"), rows.numbers("have"), rows.table.values[field.id], strict=True)
    return [held if need is None or have is None or need <= 0 else max(0.0, (need - have) / need) for need, have, held in amounts]


def _level_product(case: Case, rows: Rows, field: Field) -> list[Value]:
    """The level from the product of two levels (likelihood and impact). If one of them is unknown, the cell keeps its value."""
    held = rows.table.values[field.id]
    sources = [f for f in map(rows.form.named, field.sources) if f]
    ranks = [[f.rank(value) + 1 for value in rows.values(f)] for f in sources]
    most = 1
    for f in sources:
        most *= len(f.choices)
    out: list[Value] = []
    for i, found in enumerate(zip(*ranks, strict=True)):
        product = 1
        for rank in found:
            product *= rank
        place = min(product * len(field.choices) // most, len(field.choices) - 1)
        out.append(field.choices[place].id if product else held[i])
    return out


def _baseline(case: Case, rows: Rows, field: Field) -> Sequence[Value]:
    """Unchanged here: setting a baseline writes it."""
    return rows.table.values[field.id]


def _slip(case: Case, rows: Rows, field: Field) -> list[Value]:
    """Counting days from the baseline to the expected end, negative if that is earlier; None without a baseline or if cancelled."""
    count = case.terms.late.days_between
    out: list[Value] = []
    for baseline, end, state in zip(rows.days("baseline"), expected(case, rows), rows.states, strict=True):
        if baseline is None or end is None or state == "cancelled":
            out.append(None)
        else:
            out.append(count(baseline, end) - count(end, baseline))
    return out


def _parts_progress(case: Case, rows: Rows, field: Field) -> list[Value]:
    """The average progress of the row's parts, without cancelled ones; a done part counts as 100 %, a blank progress as 0. None without
    parts."""
    out: list[Value] = []
    columns: dict[str, list[float | None]] = {}
    for parts in case.parts.of(rows):
        for part, _ in parts:
            if part.form.id not in columns:
                columns[part.form.id] = part.numbers("progress")
        reached = [1.0 if part.states[i] == "done" else columns[part.form.id][i] or 0.0 for part, i in _going(parts)]
        out.append(round(sum(reached) / len(reached), 2) if reached else None)
    return out


def _parts_forecast(case: Case, rows: Rows, field: Field) -> list[Value]:
    """The last day on which a part is expected to end. None where no part says one."""
    return list(ends_of_parts(case, rows))


def _parts_range(case: Case, rows: Rows, field: Field) -> Sequence[Value]:
    """By when the open parts will have ended, in words; None where nothing is open or no range can be said: the reason is the same in every
    row, so `flag` says it once. Unchanged if no forecast was asked for."""
    found, lang = case.forecast, case.settings.lang
    if found is None:
        return rows.table.values[field.id]
    out: list[Value] = []
    for key in rows.keys:
        one = found.rows.get((rows.form.id, key or ""))
        out.append(range_text(one, lang) if one else None)
    return out


def range_text(one: Range, lang: str) -> str:
    """`2026-12-11～2026-12-18`."""
    return text("rules.forecast.range", lang, p50=one.p50.isoformat(), p80=one.p80.isoformat())


def reason_text(found: Forecast, lang: str) -> str:
    """Why there is no range, in a word or two."""
    return text(f"rules.forecast.{found.reason}", lang)


def ends_of_parts(case: Case, rows: Rows) -> list[date | None]:
    """The latest expected end of the open parts, with what they wait for; if all are closed, the last finishing day."""
    out: list[date | None] = []
    ends: dict[str, list[date | None]] = {}
    for parts in case.parts.of(rows):
        still_open = [(part, i) for part, i in parts if not part.closed[i]]
        for part, _ in still_open:
            if part.form.id not in ends:
                ends[part.form.id] = expected_ends(case, part)
        days = [ends[part.form.id][i] for part, i in still_open] or [part.days("finished")[i] for part, i in _going(parts)]
        out.append(max((day for day in days if day is not None), default=None))
    return out


def expected(case: Case, rows: Rows) -> list[date | None]:
    """The day each row was or will be done: the finishing day; of an open row the end of its parts (`ends_of_parts`), without parts its due
    day, moved to the day of the run if it is past."""
    late, finished, due = rows.past("due", case.terms, case.as_of), rows.days("finished"), rows.days("due")
    out: list[date | None] = []
    for i, from_parts in enumerate(ends_of_parts(case, rows)):
        if rows.closed[i]:
            out.append(finished[i] or from_parts or due[i])
        else:
            day = due[i]
            out.append(from_parts or (max(day, case.as_of) if day is not None and late[i] else day))
    return out


def _light(case: Case, rows: Rows, field: Field) -> list[Value]:
    """Red: overdue, a part to escalate, or expected more than the days of escalation after the due day. Amber: a part is overdue, or it is
    expected after the due day. Green: any other open row. None for a closed one."""
    terms, out = case.terms, list[Value]()
    green, amber, red = LIGHTS
    late, ends = rows.late(terms, case.as_of), ends_of_parts(case, rows)
    for i, parts in enumerate(case.parts.of(rows)):
        if rows.closed[i]:
            out.append(None)
            continue
        worst = max((part.late(terms, case.as_of)[n] for part, n in parts), default=0)
        due, expected = rows.due[i], ends[i]
        after = terms.late.days_between(due, expected) if due and expected else 0
        bad = late[i] or worst > terms.escalate_days or after > terms.escalate_days
        out.append(red if bad else amber if worst or after else green)
    return out


def _going(parts: Sequence[Part]) -> list[Part]:
    """The parts that are not cancelled."""
    return [(part, i) for part, i in parts if part.states[i] != "cancelled"]


LIGHTS = ("green", "amber", "red")
"""The choices of a column computed as `light`."""
COMPUTED: Mapping[str, Computed] = {
    "late_days": Computed(_late_days, ("due",)),
    "warning": Computed(_warning, ("due",), choices=WARNINGS),
    "age_days": Computed(_age_days, ("raised",)),
    "updated": Computed(_updated),
    "gap": Computed(_gap, ("need", "have")),
    "level_product": Computed(_level_product, sources=2, kinds=("choice",)),
    "baseline": Computed(_baseline),
    "slip": Computed(_slip, ("due", "baseline")),
    "parts_progress": Computed(_parts_progress),
    "parts_forecast": Computed(_parts_forecast),
    "parts_range": Computed(_parts_range),
    "next_time": Computed(next_times, sources=1, kinds=("text", "longtext")),
    "light": Computed(_light, ("due", "status"), choices=LIGHTS),
}
