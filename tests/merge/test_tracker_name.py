"""The copies of one tracker have one name; other trackers have others."""

from __future__ import annotations

import pytest

from collab_xl.model.imported import Imported, Waiting, joined_imports, tracker_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("周计划_W46.xlsx", "周计划_W47.xlsx"),
        ("项目台账 2026年11月20日.xlsx", "项目台账 2026-11-27 最终版.xlsx"),
        ("Plan v2.xlsx", "plan (copy).XLSX"),
        ("进度表（第3版）.csv", "进度表.xlsx"),
    ],
)
def test_copies_have_one_name(one: str, other: str) -> None:
    assert tracker_name(one) == tracker_name(other)


@pytest.mark.parametrize(
    ("one", "other"), [("周计划.xlsx", "周总结.xlsx"), ("Overview.xlsx", "Review.xlsx"), ("周报.xlsx", "月报.xlsx"), ("1.xlsx", "2.xlsx")]
)
def test_other_trackers_have_other_names(one: str, other: str) -> None:
    assert tracker_name(one) != tracker_name(other)


def test_a_later_import_settles_what_an_earlier_one_left_waiting() -> None:
    first = Imported({("t", "f", "1"): {"a": 1, "b": 2}}, {}, (Waiting("s", "t.xlsx", ("Q1",)),))
    both = joined_imports([first, Imported({("t", "f", "1"): {"a": 3}}, {("t", "f", "x"): "1"}, (Waiting("s", "t.xlsx", ()),))])
    assert both == Imported({("t", "f", "1"): {"a": 3, "b": 2}}, {("t", "f", "x"): "1"}, ())
