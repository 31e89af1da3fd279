"""A table as a DataFrame: blank and unreadable are None, never NaN; whole numbers stay whole."""

from __future__ import annotations

from collab_xl.model.place import Area
from collab_xl.model.sheets import Table
from collab_xl.model.values import CLEAR, Unreadable


def test_the_frame_keeps_values_as_they_are() -> None:
    values = {"task_id": ["RW-001", "RW-002", "RW-003"], "late_days": [3, None, Unreadable("三")], "progress": [0.5, CLEAR, 1]}
    table = Table("tasks", "表", Area(1, 1, 6, 3), (1, 1), {f: n for n, f in enumerate(values, 1)}, {}, [2, 4, 6], values, values)
    frame = table.frame
    assert list(frame.index) == [2, 4, 6]
    assert set(map(str, frame.dtypes)) == {"object"}
    assert frame["late_days"].tolist() == [3, None, None]
    assert type(frame["late_days"][2]) is int
    assert frame["progress"].tolist() == [0.5, None, 1]
