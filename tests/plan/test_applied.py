"""The tables after a plan, before it is written: changed columns are new objects, the others are the same objects."""

from __future__ import annotations

from tables import tasks

from collab_xl.forms import load
from collab_xl.model.plan import CellChange
from collab_xl.plan.applied import applied
from collab_xl.plan.data import DataPlan


def test_each_change_stands_in_its_column() -> None:
    before = tasks("""
        | 任务ID | 任务名称 | 当前进度 | 完成状态 |
        | RW-1 | 问卷设计 | 0% | 进行中 |
        | RW-2 | 接口联调 | 0% | 进行中 |
        | RW-3 | 预热素材 | 0% | 进行中 |
    """)
    changes = (
        CellChange("tasks", "RW-1", "progress", 0, 0.5, "merge"),
        CellChange("tasks", "RW-3", "progress", 0, 1, "merge"),
        CellChange("tasks", "RW-3", "status", "in_progress", "done", "merge"),
    )
    after = applied({"tasks": before}, DataPlan(changes=changes), load())["tasks"]
    assert list(after.values) == list(before.values)
    assert after.values["progress"] == [0.5, 0, 1]
    assert after.values["status"] == ["in_progress", "in_progress", "done"]
    assert after.values["name"] is before.values["name"]
    assert list(before.values["progress"]) == [0, 0, 0]
    assert after.get(2, "status") == "done"
