"""A workbook with several sheets: each sheet that is not read is named, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from collab_xl.verbs.import_tracker import import_tracker
from collab_xl.verbs.report import Report

DAY = date(2026, 11, 20)
TASKS = [["任务名称", "负责人", "计划结束时间"], ["整理接口清单", "张伟", "2026-11-05"], ["编写用户手册", "李娜", "2026-11-06"]]
STOCK = [["型号", "单价"], ["A1", 3], ["B2", 4]]
NOTES = [["下次例会带上合同复印件"]]
NEARLY = [["部门", "负责人", "备注"], ["研发部", "张伟", "无"]]


def looked_at(folder: Path, sheets: Mapping[str, Sequence[Sequence[object]]], lang: str = "zh", explain: bool = False) -> Report:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
    book.save(folder / "旧表.xlsx")
    return import_tracker(folder / "主表.xlsx", [folder / "旧表.xlsx"], as_of=DAY, write=False, lang=lang, explain=explain)


def unread(report: Report) -> list[str]:
    return [line for line in report.lines if "没有读取" in line or "not read" in line]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sheets_that_are_not_read_are_named_with_the_reason(tmp_path: Path, lang: str) -> None:
    report = looked_at(tmp_path, {"任务": TASKS, "库存": STOCK, "备忘": NOTES, "空": []}, lang)
    (line,) = unread(report)
    assert "库存" in line
    assert "备忘" in line
    assert "空" not in line
    assert "--heading" in line
    assert "任务" not in line.partition("。" if lang == "zh" else ".")[0]
    assert [s["sheet"] for s in report.json["sheets"] if s.get("why_not_read")] == ["库存", "备忘"]


def test_another_reason_has_another_line(tmp_path: Path) -> None:
    lines = unread(looked_at(tmp_path, {"任务": TASKS, "库存": STOCK, "名单": NEARLY}))
    assert len(lines) == 2
    assert "名单" in lines[1]
    assert "负责人" in lines[1]


def test_with_explain_each_reason_is_told_once(tmp_path: Path) -> None:
    report = looked_at(tmp_path, {"任务": TASKS, "库存": STOCK}, explain=True)
    assert not unread(report)
    assert sum("库存" in line for line in report.lines) == 1


def test_a_file_without_any_table_says_why(tmp_path: Path) -> None:
    assert "库存" in unread(looked_at(tmp_path, {"库存": STOCK}))[0]


def test_of_many_sheets_the_last_are_only_named(tmp_path: Path) -> None:
    others = {f"名单{n}": [[None]] * n + NEARLY for n in range(1, 7)}
    lines = unread(looked_at(tmp_path, {"任务": TASKS, **others}))
    assert len(lines) == 5
    assert "名单5" in lines[-1]
    assert "名单6" in lines[-1]
    assert "--explain" in lines[-1]
