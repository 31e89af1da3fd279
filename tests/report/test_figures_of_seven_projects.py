"""The weekly figures counted again with a few lines of pandas over the frames, for projects of every kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from collab_xl.demo import scenario
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Department, Directory
from collab_xl.model.place import Area
from collab_xl.model.record import Struct
from collab_xl.model.sheets import Table
from collab_xl.model.summary import Rag, Summary, WeekRecord
from collab_xl.report import summarise, week_record
from collab_xl.report.frames import frame_of
from collab_xl.rules.flag import flag
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)
GOLDEN_WEEK = {date(2026, 10, n): False for n in range(1, 8)} | {date(2026, 9, 27): True, date(2026, 10, 10): True}
Rows = Sequence[Mapping[str, Any]]
DEMO: Mapping[str, Rows] = {form: scenario.rows("zh")[form] for form in ("requirements", "tasks", "problems")}
FORMS = load()


class Project(Struct):
    rows: Mapping[str, Rows]
    as_of: date = FRIDAY
    week: str = "2026-W47"
    departments: Sequence[str] = tuple(d.name for d in scenario.departments("zh"))
    special: Mapping[date, bool] = {}
    history: Sequence[WeekRecord] = ()


def moved(rows: Rows, days: int) -> Rows:
    """The same tasks, all dates that many days later."""
    shift = timedelta(days)
    return [{k: v + shift if isinstance(v, date) else v for k, v in row.items()} for row in rows]


def ended(rows: Rows) -> Rows:
    return [{**row, "status": "done", "progress": 1.0, "actual_end": row.get("actual_end") or row.get("end")} for row in rows]


def crowded(rows: Rows) -> Rows:
    """Five times as many tasks, of 300 departments."""
    return [{**row, "task_id": f"RW-{n}-{i}", "dept": CROWD[(7 * n + i) % 300]} for n in range(5) for i, row in enumerate(rows)]


CROWD = [f"部门{n}" for n in range(300)]
BEFORE = WeekRecord("2026-W46", date(2026, 11, 13), {"overdue": 6, "open": 55}, Rag.RED, {}, 70, 65)
PROJECTS = {
    "demo": Project(DEMO),
    "empty": Project({}),
    "ended": Project({"tasks": ended(DEMO["tasks"])}),
    "300 departments": Project({"tasks": crowded(DEMO["tasks"])}, departments=CROWD),
    "week 53": Project({"tasks": moved(DEMO["tasks"], 42)}, date(2027, 1, 1), "2026-W53", special={date(2027, 1, 1): False}),
    "国庆": Project({"tasks": moved(DEMO["tasks"], -42)}, date(2026, 10, 9), "2026-W41", special=GOLDEN_WEEK),
    "with a week before": Project(DEMO, history=(BEFORE,)),
}


def table(form_id: str, rows: Rows) -> Table:
    form = FORMS.form(form_id)
    columns = {f.id: [row.get(f.id) for row in rows] for f in form.fields}
    order = {f: n for n, f in enumerate(columns, 1)}
    area = Area(1, 1, len(rows) + 1, len(order))
    return Table(form_id, form.sheet["zh"], area, (1, 1), order, {}, range(2, len(rows) + 2), columns, columns)


def counted(project: Project) -> tuple[Summary, dict[str, Table]]:
    tables = {form: table(form, rows) for form, rows in project.rows.items()}
    people = Directory.of(Department(name) for name in project.departments)
    options, calendar = Settings(), Calendar(project.special)
    flags = flag(tables, options, calendar, project.as_of, FORMS, people)
    summary = summarise(tables, flags, options, calendar, people, as_of=project.as_of, week=project.week, history=project.history)
    return summary, tables


@pytest.mark.parametrize("name", PROJECTS)
def test_the_figures_come_out_the_same(name: str) -> None:
    project = PROJECTS[name]
    summary, tables = counted(project)
    tasks = frame_of(FORMS.form("tasks"), tables.get("tasks") or table("tasks", ()))
    day = project.as_of

    def works(d: date) -> bool:
        return project.special.get(d, d.weekday() < 5)

    def late(end: date | None) -> int:
        return 0 if end is None else sum(works(end + timedelta(n)) for n in range(1, (day - end).days + 1))

    status = tasks["status"]
    done, cancelled = status == "done", status == "cancelled"
    tasks = tasks.assign(done=done, cancelled=cancelled, open=~done & ~cancelled)
    tasks["late"] = [late(end) if is_open else 0 for end, is_open in zip(tasks["end"], tasks["open"], strict=True)]
    ended_on = tasks["actual_end"].where(tasks["actual_end"].notna(), tasks["updated"])
    monday = date.fromisocalendar(int(project.week[:4]), int(project.week[-2:]), 1)
    sunday = monday + timedelta(6)
    due = [end is not None and monday <= end <= sunday for end in tasks["end"]]
    finished = [is_done and ended is not None and monday <= ended <= sunday for ended, is_done in zip(ended_on, done, strict=True)]
    going = tasks[~cancelled]
    reached = going["progress"].where(~going["done"], 1.0).fillna(0.0).astype(float)
    figures = {kpi.id: kpi.value for kpi in summary.kpis}
    assert figures["open"] == tasks["open"].sum()
    assert figures["overdue"] == (tasks["late"] > 0).sum()
    assert figures["due_this_week"] == (pd.Series(due, index=tasks.index, dtype=bool) & ~cancelled).sum()
    assert figures["finished_this_week"] == sum(finished)
    assert figures["rate"] == (round(100 * reached.mean()) if len(going) else 0)
    ages = pd.cut(tasks["late"][tasks["late"] > 0].astype(int), [0, 3, 7, 14, 10**6], labels=["1-3", "4-7", "8-14", "15+"]).value_counts()
    assert dict(summary.ageing) == {bucket: int(ages.get(bucket, 0)) for bucket in ("1-3", "4-7", "8-14", "15+")}
    per = tasks.assign(overdue=tasks["late"] > 0).groupby("dept")[["open", "overdue", "done", "cancelled"]].sum()
    ours = {d.name: d for d in summary.departments if d.total}
    assert set(ours) == set(per.index)
    assert all((d.open, d.overdue, d.done, d.cancelled) == tuple(per.loc[n]) for n, d in ours.items())
    assert all(d.rate == per.loc[n, "done"] / (d.total - per.loc[n, "cancelled"]) for n, d in ours.items() if d.rate is not None)
    # The light: late work, by tasks or by planned days.
    share = (tasks["late"] > 0).sum() / tasks["open"].sum() if tasks["open"].sum() else 0
    assert not share > 0.3 or summary.rag is Rag.RED
    assert not share > 0.1 or summary.rag in (Rag.AMBER, Rag.RED)
    assert (summary.rag is Rag.NONE) == (not len(going))
    # The curve ends at this week; an earlier week with a page says what that page said.
    assert summary.progress[-1].actual == done.sum()
    assert summary.progress[-1].planned == sum(end is not None and end <= sunday for end in going["end"])
    before = {record.week: record for record in project.history}
    assert all((p.planned, p.actual) == (before[p.week].planned, before[p.week].actual) for p in summary.progress if p.week in before)
    assert {kpi.id: kpi.before for kpi in summary.kpis} == {
        kpi.id: project.history[0].kpis.get(kpi.id) if project.history else None for kpi in summary.kpis
    }
    assert len(tasks) > 50 or name == "empty"


def test_a_page_after_a_page_shows_the_same_figures_for_the_week_before() -> None:
    first, _ = counted(PROJECTS["demo"])
    again = Project(DEMO, date(2026, 11, 27), "2026-W48", history=(week_record(first),))
    second, _ = counted(again)
    assert {k.id: k.before for k in second.kpis} == {k.id: k.value for k in first.kpis}
    assert second.progress[-2] == first.progress[-1]
    assert second.rag_before is first.rag
    assert second.promised is not None
