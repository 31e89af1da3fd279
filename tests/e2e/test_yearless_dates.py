"""A date without its year in a workbook nobody mailed is of the time the workbook says it was saved. The day it is read on and the time
of the file do not count."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from small_project import DAY, TASKS, Project, stamp

from collab_xl import verbs
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

SAVED = datetime(2026, 11, 20, 12)
ENDS = {"RW-001": ("12.4", "2026-12-04"), "RW-002": ("3月5日", "2026-03-05"), "RW-003": ("1.8", "2027-01-08")}


def hand_made(folder: Path, copied: datetime) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["任务ID", "任务名称", "负责部门", "计划结束时间"])
    for row in TASKS:
        book.active.append([row["task_id"], row["name"], row["dept"], ENDS[str(row["task_id"])][0]])
    path = folder / "计划.xlsx"
    book.save(path)
    stamp(path, SAVED)
    os.utime(path, (copied.timestamp(), copied.timestamp()))
    return path


@pytest.mark.parametrize("copied", [SAVED, datetime(2027, 6, 16), datetime(2025, 6, 16)], ids=["original", "younger copy", "older copy"])
@pytest.mark.parametrize("today", [datetime(2026, 11, 20, 18), datetime(2028, 2, 29)], ids=["the same day", "years later"])
@pytest.mark.parametrize("collected_first", [False, True])
def test_its_year_is_that_of_the_saving(tmp_path: Path, collected_first: bool, today: datetime, copied: datetime) -> None:
    project = Project.start(tmp_path)
    path = hand_made(tmp_path, copied)
    with clock.at(today):
        if collected_first:
            verbs.collect(project.master, [path], department="市场部", as_of=DAY, write=True, lang="zh", progress=no_progress)
            report = project.consolidate()
        else:
            report = verbs.consolidate(project.master, [path], department="市场部", as_of=DAY, lang="zh", progress=no_progress)
    proposed = {c["row_id"]: [each["value"] for each in c["candidates"]] for c in report.json["conflicts"]}
    assert proposed == {row_id: [meant] for row_id, (_, meant) in ENDS.items()}
