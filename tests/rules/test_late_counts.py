"""The figures of the home sheet are the lengths of the lists."""

from __future__ import annotations

from datetime import date

import pytest

from collab_xl.demo import scenario
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.place import Area
from collab_xl.model.sheets import Table
from collab_xl.rules.counts import late_counts
from collab_xl.rules.flag import flag
from collab_xl.settings import Settings


def _table(form_id: str, rows: list[scenario.Row]) -> Table:
    fields = [f.id for f in load().form(form_id).fields]
    values = {f: [row.get(f) for row in rows] for f in fields}
    columns = {f: n for n, f in enumerate(fields, 1)}
    numbers = list(range(2, len(rows) + 2))
    return Table(form_id, form_id, Area(1, 1, len(rows) + 1, len(fields)), (1, 1), columns, {}, numbers, values, values)


@pytest.mark.parametrize("day", [date(2026, 11, 20), date(2026, 12, 31), date(2026, 9, 1)])
@pytest.mark.parametrize("settings", [Settings(), Settings(day_count="calendar", escalate_days=0)])
def test_the_figures_are_the_lengths_of_the_lists(day: date, settings: Settings) -> None:
    tables = {"tasks": _table("tasks", scenario.tasks("zh")), "problems": _table("problems", scenario.problems("zh"))}
    flags = flag(tables, settings, Calendar(), day, load(), scenario.directory("zh"))
    expected = (sum(line.form == "tasks" for line in flags.overdue), len(flags.escalations))
    assert late_counts(tables, settings, Calendar(), day, load()) == expected
    if day.year == 2026 and day.month > 9:
        assert expected > (0, 0)
