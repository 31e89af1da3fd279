"""The figures of the home sheet are the lengths of the lists."""

from __future__ import annotations

from datetime import date

import pytest
from tables import table

from collab_xl.demo import scenario
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.place import Area
from collab_xl.model.sheets import Table
from collab_xl.report import summarise
from collab_xl.rules.check import check
from collab_xl.rules.counts import late_counts
from collab_xl.rules.flag import flag
from collab_xl.settings import Settings


def _table(form_id: str, rows: list[scenario.FormRow]) -> Table:
    fields = [f.id for f in load().form(form_id).fields]
    values = {f: [row.get(f) for row in rows] for f in fields}
    columns = {f: n for n, f in enumerate(fields, 1)}
    numbers = list(range(2, len(rows) + 2))
    return Table(form_id, form_id, Area(1, 1, len(rows) + 1, len(fields)), (1, 1), columns, {}, numbers, values, values)


@pytest.mark.parametrize("day", [date(2026, 11, 20), date(2026, 12, 31), date(2026, 9, 1)])
@pytest.mark.parametrize("settings", [Settings(), Settings(day_count="calendar", escalate_days=0)])
def test_the_figures_are_the_lengths_of_the_lists(day: date, settings: Settings) -> None:
    tables = {form: _table(form, rows) for form, rows in scenario.rows("zh").items()}
    flags = flag(tables, settings, Calendar(), day, load(), scenario.directory("zh"))
    expected = (sum(line.form == "tasks" for line in flags.overdue), len(flags.escalations))
    assert late_counts(tables, settings, Calendar(), day, load()) == expected
    if day.year == 2026 and day.month > 9:
        assert expected > (0, 0)


def test_a_run_judges_by_what_it_computes_itself() -> None:
    """Not by what the last one left: the gap and the level are blank here, as after an import."""
    tables = {
        "resources": table("resources", "| 资源编号 | 需求量 | 可用量 | 缺口% |\n| ZY-001 | 5 | 3 | |\n| ZY-002 | 5 | 5 | 40% |"),
        "risks": table(
            "risks", "| 风险编号 | 风险描述 | 可能性 | 影响程度 | 风险等级 | 风险状态 |\n| FX-001 | 延期 | 高 | 高 | | 已识别 |"
        ),
    }
    day, options, people = date(2026, 11, 20), Settings(), scenario.directory("zh")
    flags = flag(tables, options, Calendar(), day, load(), people)
    assert [(line.form, line.key) for line in flags.escalations] == [("resources", "ZY-001")]
    assert late_counts(tables, options, Calendar(), day, load())[1] == 1
    found = check(tables, load(), people, options, Calendar(), day)
    assert [(f.row_id, f.found) for f in found if f.code == "Q523"] == [("ZY-001", "40%")]
    week = summarise(tables, flags, options, Calendar(), people, as_of=day, week="2026-W47")
    assert {figure.id: figure.value for figure in week.figures}["risks_high"] == 1
