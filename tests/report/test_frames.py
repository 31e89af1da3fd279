"""Every form as a DataFrame: blank and unreadable are None, never NaN; whole numbers stay whole; other verbs do not import pandas."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from workbooks import workbook_at

import collab_xl
from collab_xl.build.master import build_master
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.model.place import Area
from collab_xl.model.sheets import Table
from collab_xl.model.values import CLEAR, Unreadable
from collab_xl.report.frames import frame_of

TYPED = {
    "Tasks": [
        {"任务ID": "RW-001", "任务名称": "支付联调", "负责部门": "研发部", "计划结束时间": datetime(2026, 11, 16), "当前进度": 0.8,
         "完成状态": "进行中", "滞后天数": 4, "前置任务": "RW-002、RW-003"},
        {},
        {"任务ID": "RW-002", "任务名称": "压测", "计划结束时间": "下周吧", "当前进度": 1, "完成状态": "已完成"},
    ],
    "Problems": [{"问题编号": "WT-001", "问题描述": "账号不足", "反馈时间": datetime(2026, 11, 2, 9, 30)}],
}  # fmt: skip


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("frames") / "主表.xlsx"
    path.write_bytes(build_master("zh", project="演示", project_id="frames"))
    book = workbook_at(path)
    for name, rows in TYPED.items():
        sheet = next(ws for ws in book if name in ws.tables)
        head = sheet[sheet.tables[name].ref][0]
        columns = {cell.value: cell.column for cell in head}
        sheet.tables[name].ref = f"{head[0].coordinate}:{head[-1].column_letter}{head[0].row + len(rows)}"
        for n, row in enumerate(rows, head[0].row + 1):
            for heading, value in row.items():
                sheet.cell(n, columns[heading], value)
    book.save(path)
    return path


def test_a_frame_keeps_values_as_they_are() -> None:
    values = {"task_id": ["RW-001", "RW-002", "RW-003"], "late_days": [3, None, Unreadable("三")], "progress": [0.5, CLEAR, 1]}
    table = Table("tasks", "表", Area(1, 1, 6, 3), (1, 1), {f: n for n, f in enumerate(values, 1)}, {}, [2, 4, 6], values, values)
    frame = frame_of(load().form("tasks"), table)
    assert list(frame.index) == [2, 4, 6]
    assert list(frame.columns) == ["task_id", "progress", "late_days"]
    assert set(map(str, frame.dtypes)) == {"object"}
    assert frame["late_days"].tolist() == [3, None, None]
    assert type(frame["late_days"][2]) is int
    assert frame["progress"].tolist() == [0.5, None, 1]


def test_every_form_in_use_is_a_frame(master: Path) -> None:
    frames = collab_xl.frames(master)
    assert list(frames) == [f.id for f in load().forms if f.basic]
    tasks = frames["tasks"]
    assert list(tasks.columns) == [f.id for f in load().form("tasks").fields]
    assert set(map(str, tasks.dtypes)) == {"object"}
    first, second = tasks.index
    assert second == first + 2, "the index is the row of the sheet; a blank row is no record"
    assert tasks["end"].tolist() == [date(2026, 11, 16), None]
    assert tasks["status"].tolist() == ["in_progress", "done"]
    assert tasks["predecessors"].tolist() == [("RW-002", "RW-003"), None]
    assert [type(value) for value in tasks["late_days"]] == [int, type(None)]
    assert frames["problems"]["raised_at"].tolist() == [datetime(2026, 11, 2, 9, 30)]
    assert not any(value != value for frame in frames.values() for column in frame for value in frame[column])
    assert len(frames["requirements"]) == 0
    assert set(map(str, frames["requirements"].dtypes)) == {"object"}


def test_a_file_that_is_no_master_is_refused(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "other.xlsx")
    with pytest.raises(CollabError):
        collab_xl.frames(tmp_path / "other.xlsx")


def test_check_and_status_do_without_pandas_and_frames_brings_it(master: Path) -> None:
    code = """
import sys
from datetime import date
from pathlib import Path
from collab_xl import frames, verbs
path, day = Path(sys.argv[1]), date(2026, 11, 20)
verbs.check(path, as_of=day, write=False, lang="zh")
verbs.status(path, as_of=day, lang="zh")
print("pandas" in sys.modules)
frames(path)
print("pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code, str(master)], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.split() == ["False", "True"]
