"""A tracker without IDs imported again: what is there already stays, what is new comes in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from collab_xl.verbs.import_tracker import import_tracker

DAY = date(2026, 11, 20)
WEEK = "开始日期,结束日期,任务描述,任务状态\n2026-10-01,2026-10-01,例会,已完成\n2026-10-02,2026-10-02,写周报,已完成\n"
NEXT = WEEK + "2026-10-08,2026-10-08,例会,未开始\n2026-10-09,2026-10-09,巡检,未开始\n"


def imported(master: Path, text: str, department: str | None = None) -> int:
    tracker = master.parent / "周计划.csv"
    tracker.write_text(text, encoding="utf-8")
    written: int = import_tracker(master, [tracker], as_of=DAY, confirmed=True, lang="zh", department=department).json["written"]
    return written


def test_a_meeting_that_recurs_comes_in_each_week(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    assert [imported(master, WEEK), imported(master, NEXT), imported(master, NEXT)] == [2, 2, 0]


def test_twice_the_same_with_a_department_is_nothing_new(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    assert [imported(master, WEEK, "市场部"), imported(master, WEEK, "市场部")] == [2, 0]


def test_a_new_master_gets_the_forms_that_its_trackers_are(tmp_path: Path) -> None:
    plan = tmp_path / "沟通计划.csv"
    plan.write_text("沟通场景,沟通方式,参与人员,沟通频率\n周例会,会议,项目组,每周一10:00\n日报,邮件,项目组,每日下班前\n", encoding="utf-8")
    report = import_tracker(tmp_path / "主表.xlsx", [plan], as_of=DAY, confirmed=True, lang="zh")
    assert report.json["sheets"][0]["tables"][0]["form"] == "communication"
    assert report.json["written"] == 2
