"""Numbers a row of a form must not pass, and the limits of clocks: what the form says unless sheet 设置 says otherwise.

In: a Case, a form.  Out: findings; the rows of sheet 设置.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from collab_xl.catalogue import text
from collab_xl.forms import Clock, Form, Over, Schema
from collab_xl.model.finding import Finding
from collab_xl.rules.case import Case
from collab_xl.rules.rows import Rows
from collab_xl.settings import WHOLE_NUMBERS, Settings


def clock_limit(clock: Clock, settings: Settings) -> tuple[int, str]:
    """How long a clock runs: a number and its unit."""
    if clock.setting in WHOLE_NUMBERS:
        return getattr(settings, clock.setting), clock.unit
    limit, unit = settings.clocks.get(clock.setting, (clock.limit, clock.unit))
    return limit, unit or clock.unit


def over_limit(rule: Over, settings: Settings) -> float:
    """The most a number may be."""
    return settings.limits.get(rule.setting, rule.limit)


def exceeding(rows: Rows, rule: Over, settings: Settings) -> list[bool]:
    """Which open rows hold a number above its limit."""
    most = over_limit(rule, settings)
    return [n is not None and n > most and not closed for n, closed in zip(rows.numbers(rule.field), rows.closed, strict=True)]


def over(case: Case) -> Iterator[Finding]:
    """The form's code at a number of an open row above its limit."""
    for rows in case.rows.values():
        for rule in rows.form.rules.over:
            if field := rows.field(rule.field):
                limit = amount(over_limit(rule, case.settings), field.kind)
                for i, exceeds in enumerate(exceeding(rows, rule, case.settings)):
                    if exceeds:
                        yield case.finding(rule.code, rows, i, field, f"≤ {limit}", limit=limit)


def amount(number: float, kind: str) -> str:
    """A number as a cell of that kind shows it."""
    return f"{round(number * 100, 2):g}%" if kind == "percent" else f"{number:g}"


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A row of sheet 设置 for a limit that a form brings along."""

    id: str
    value: str
    """The default with its unit, as a person writes it: `24 小时`, `20%`."""
    name: str
    help: str


def limit_rows(form: Form, lang: str) -> list[LimitRow]:
    """The rows of sheet 设置 of a form, those of clocks first; none for a limit that is a setting of every master."""
    rows = []
    for clock in form.clocks:
        if clock.setting not in WHOLE_NUMBERS:
            value = f"{clock.limit} {text(f'clock.unit.{clock.unit}', lang)}"
            name = text("set.clock.name", lang, form=form.sheet[lang], clock=clock.label[lang])
            rows.append(LimitRow(clock.setting, value, name, text("set.clock.help", lang)))
    for rule in form.rules.over:
        field = form.named(rule.field)
        if field is not None and rule.setting not in WHOLE_NUMBERS:
            name = text("set.over.name", lang, form=form.sheet[lang], field=field.heading[lang])
            rows.append(LimitRow(rule.setting, amount(rule.limit, field.kind), name, text("set.over.help", lang)))
    return list({row.id: row for row in rows}.values())


def limit_of_setting(schema: Schema, setting: str, lang: str) -> LimitRow | None:
    """The row of one limit, None where no form has it."""
    return next((row for form in schema.forms for row in limit_rows(form, lang) if row.id == setting), None)
