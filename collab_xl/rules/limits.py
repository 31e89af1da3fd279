"""Limits of numbers and of clocks: the form's limit, unless sheet 设置 sets another.

In: a Case.  Out: findings.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from collab_xl.forms import Clock, Over
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
    """For each row: whether it is open and its number is above the limit."""
    most = over_limit(rule, settings)
    return [n is not None and n > most and not closed for n, closed in zip(rows.numbers(rule.field), rows.closed, strict=True)]


def over(case: Case) -> Iterator[Finding]:
    """The form's code at every number above its limit in an open row."""
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
