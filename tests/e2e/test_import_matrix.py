"""A matrix of responsibilities is imported as duties, and imported again like any tracker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from collab_xl.verbs.import_tracker import import_tracker
from collab_xl.verbs.report import Report
from collab_xl.verbs.session import opened
from collab_xl.verbs.undo import undo

DAY = date(2026, 11, 20)
WEEK = [
    ["任务", "产品部", "研发部", "张伟", "交付物"],
    ["需求评审", "A", "R", "I", "评审纪要"],
    ["接口联调", "I", "A/R", "R", "联调报告"],
]
NEXT = [WEEK[0], ["需求评审", "R", "R", "I", "评审纪要"], WEEK[2], ["上线", "A", "R", None, "上线单"]]


def matrix(path: Path, lines: Sequence[Sequence[object]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "职责矩阵"
    for line in lines:
        sheet.append(list(line))
    book.save(path)
    return path


def imported(master: Path, lines: Sequence[Sequence[object]], answers: Sequence[str] = ()) -> Report:
    tracker = matrix(master.parent / "RACI.xlsx", lines)
    return import_tracker(master, [tracker], as_of=DAY, confirmed=True, lang="zh", answers=answers)


def duties(master: Path) -> list[tuple[object, ...]]:
    with opened(master, write=False, as_of=DAY, lang=None) as session:
        table = session.tables["responsibilities"]
        return [tuple(table.get(i, f) for f in ("duty_id", "duty", "work_item", "dept", "owner", "raci")) for i in range(len(table))]


def test_a_letter_is_a_row_and_twice_is_nothing_new(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    assert imported(master, WEEK).json["written"] == 7
    assert duties(master)[0] == ("ZZ-001", "需求评审（产品部）", "需求评审", "产品部", None, "accountable")
    assert duties(master)[-1] == ("ZZ-007", "接口联调（张伟）", "接口联调", None, "张伟", "responsible")
    before = duties(master)
    assert imported(master, WEEK).json["written"] == 0
    assert duties(master) == before


def test_a_changed_letter_updates_its_row_and_is_taken_back(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    imported(master, WEEK)
    report = imported(master, NEXT)
    assert (report.json["written"], report.json["updated"]) == (2, 1)
    (change,) = report.json["changes"]
    assert (change["key"], change["cell"]) == ("ZZ-001", "职责矩阵!B2")
    undo(master, as_of=DAY, lang="zh", confirmed=True)
    assert len(duties(master)) == 7
    assert duties(master)[0][-1] == "accountable"


@pytest.mark.parametrize(("answer", "field"), [("部门", 3), ("负责人", 4)])
def test_who_stands_across_is_asked_where_it_is_not_known(tmp_path: Path, answer: str, field: int) -> None:
    master = tmp_path / "主表.xlsx"
    lines = [["工作", "Apollo", "Borealis"], ["安装", "R", "A"], ["培训", "A", "R"]]
    first = import_tracker(master, [matrix(tmp_path / "RACI.xlsx", lines)], as_of=DAY, confirmed=True, lang="zh")
    assert [q["found"] for q in first.json["questions"]] == ["Apollo、Borealis"]
    assert not master.exists()
    assert imported(master, lines, [f"1={answer}"]).json["written"] == 4
    assert [row[field] for row in duties(master)] == ["Apollo", "Borealis"] * 2
