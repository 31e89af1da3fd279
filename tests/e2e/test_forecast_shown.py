"""The forecast in a master: learned from the packs of earlier weeks, on the requirement, in `flag`, `status` and on the Gantt chart."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from small_project import DEPARTMENTS, Project
from workbooks import workbook_at

import collab_xl
from collab_xl import verbs
from collab_xl.demo import desk
from collab_xl.model.calendar import Calendar
from collab_xl.model.values import Value
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

MONDAYS = [datetime(2026, 8, 3, 9) + timedelta(weeks=n) for n in range(4)]
DAY = date(2026, 8, 28)
"""The last task is planned for Friday, 18 September; Sunday the 20th is a working day that year."""


def plan(n: int) -> dict[str, Value]:
    """Twelve short tasks of the first four weeks, each to end two working days late; and two that come, one after the other."""
    if n < 12:
        end = date(2026, 8, 5) + timedelta(7 * (n // 4))
        done = Calendar().forward(end, 2)
        row: dict[str, Value] = {"start": end - timedelta(2), "end": end, "progress": 1, "status": "done", "actual_end": done}
    else:
        start = date(2026, 9, 7) + timedelta(7 * (n - 12))
        row = {"start": start, "end": start + timedelta(4), "progress": 0, "status": "not_started"}
        row |= {"predecessors": ("RW-013",), "req_id": "XZ-1"} if n == 13 else {}
    return {"task_id": f"RW-{n + 1:03}", "name": f"任务{n + 1}", "dept": "市场部", "req_id": "XZ-1", "owner": "李*", **row}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Four weeks: every Monday a pack with what is open then, and in the end the twelve done."""
    project = Project(tmp_path_factory.mktemp("forecast") / "p")
    project.folder.mkdir()
    rows = [plan(n) for n in range(14)]
    still_open = [{**row, "progress": 0.2, "status": "in_progress", "actual_end": None} if n < 12 else row for n, row in enumerate(rows)]
    with clock.at(MONDAYS[0]):
        verbs.init(project.master, project="P", departments=DEPARTMENTS[:1], lang="zh", as_of=DAY, forms="requirements,tasks")
        parent: dict[str, Value] = {"req_id": "XZ-1", "name": "门户", "status": "in_progress"}
        desk.fill_in(project.master, {"requirements": [parent], "tasks": still_open}, "zh", DAY)
    for monday in MONDAYS:
        with clock.at(monday):
            verbs.issue(project.master, as_of=monday.date(), lang="zh", progress=no_progress)
    fields = ("progress", "status", "actual_end")
    desk.change(project.master, [("tasks", str(row["task_id"]), field, row[field]) for row in rows[:12] for field in fields], "zh", DAY)
    return project


def said_of(master: Path) -> list[object]:
    return list(collab_xl.frames(master)["requirements"]["finish_range"])


def test_flag_writes_the_range_and_status_says_it(project: Project, tmp_path: Path) -> None:
    own = project.copy(tmp_path / "p")
    with clock.at(datetime(2026, 8, 28, 15)):
        said = "\n".join(verbs.flag(own.master, as_of=DAY, lang="zh").lines)
        status = verbs.status(own.master, as_of=DAY, lang="en")
        chart = verbs.gantt(own.master, as_of=DAY, lang="zh")
    assert "2026-09-23～2026-09-23" in said
    assert said_of(own.master) == ["2026-09-23～2026-09-23"]
    found = status.json["forecast"]
    assert found["project"] == {"p50": "2026-09-23", "p80": "2026-09-23"}
    assert found["rows"] == [{"form": "requirements", "row_id": "XZ-1", "p50": "2026-09-23", "p80": "2026-09-23"}]
    assert (found["finished"], found["reason"]) == (12, None)
    sheet = workbook_at(str(chart.json["file"])).active
    assert any("P50 09-23" in str(c.value) for row in sheet.iter_rows() for c in row)


def test_too_short_a_history_is_said_once_and_leaves_the_column_blank(project: Project, tmp_path: Path) -> None:
    """After two weeks: eight finished tasks at most were seen open."""
    own = project.copy(tmp_path / "p")
    with clock.at(datetime(2026, 8, 14, 15)):
        report = verbs.flag(own.master, as_of=date(2026, 8, 14), lang="zh")
    assert any("历史太短" in line for line in report.lines)
    assert said_of(own.master) == [None]


def test_a_lost_pack_does_not_stop_a_run(project: Project, tmp_path: Path) -> None:
    own = project.copy(tmp_path / "p")
    next(iter((own.folder / "主表.collab" / "issued").glob("*.zz"))).unlink()
    with clock.at(datetime(2026, 8, 28, 15)):
        assert verbs.status(own.master, as_of=DAY, lang="zh").json["forecast"]
