"""Levels and groups of a tracker are kept: by blanks, by indent, by grouped rows, by numbers, by group titles."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet
from workbooks import workbook_at

from collab_xl.model.directory import Directory
from collab_xl.model.submission_log import InMemory
from collab_xl.read.context import Context
from collab_xl.read.sheet import Parsed
from collab_xl.verbs.import_tracker import import_tracker
from collab_xl.verbs.receiving.reading import Job, survey_job

DAY = datetime(2026, 11, 20)
HEAD = ["任务ID", "任务名称", "负责人", "计划结束时间", "完成状态"]
Rows = Sequence[tuple[object, str]]


def book(rows: Rows, shape: Callable[[Worksheet], None] = lambda _: None, head: Sequence[str] = HEAD) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(head)
    for key, name in rows:
        sheet.append([key, name, "张三", DAY, "进行中"] if name else [])
    shape(sheet)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def parsed(data: bytes) -> Parsed:
    return survey_job(Job("", "旧表.xlsx", InMemory(data), Context("zh", Directory()))).sheets[0][1]


def kept(data: bytes) -> dict[str, list[object]]:
    return dict(parsed(data).own[0])


PLAIN = [("A-1", "网络"), ("A-2", "设计"), ("A-3", "实施"), ("A-4", "界面"), ("A-5", "走查")]
TREE = {"层级": [1, 2, 2, 1, 2], "上级": [None, "A-1", "A-1", None, "A-4"]}


def blanks(rows: Rows) -> Rows:
    return [(key, name if key in ("A-1", "A-4") else f"\u3000 {name}") for key, name in rows]


def indented(sheet: Worksheet) -> None:
    for row in (3, 4, 6):
        sheet.cell(row, 2).alignment = Alignment(indent=2)


def outlined(*rows: int) -> Callable[[Worksheet], None]:
    def shape(sheet: Worksheet) -> None:
        for row in rows:
            sheet.row_dimensions[row].outlineLevel = 1

    return shape


@pytest.mark.parametrize(
    ("data", "how"),
    [(book(blanks(PLAIN)), "按缩进"), (book(PLAIN, indented), "按缩进"), (book(PLAIN, outlined(3, 4, 6)), "按行的分级显示")],
    ids=["leading blanks", "indent of the cell", "grouped rows"],
)
def test_the_level_and_the_row_above_are_kept(data: bytes, how: str) -> None:
    read = parsed(data)
    assert dict(read.own[0]) == TREE
    assert [f.code for f in read.findings if f.code == "H127"] == ["H127"]
    assert how in next(str(f.found) for f in read.findings if f.code == "H127")
    assert list(read.tables[0].values["name"]) == [name for _, name in PLAIN]  # the name itself has no blanks


def test_a_group_may_stand_above_its_row() -> None:
    assert kept(book(PLAIN, outlined(2, 3, 5)))["上级"] == ["A-3", "A-3", None, "A-5", None]


def test_numbers_of_a_work_breakdown() -> None:
    rows = [("1", "网络"), ("1.1", "设计"), ("1.1.1", "图纸"), ("1.2", "实施"), ("2", "界面")]
    assert kept(book(rows)) == {"层级": [1, 2, 3, 2, 1], "上级": [None, "1", "1.1", "1", None]}


def test_running_numbers_with_points_are_kept_too() -> None:
    rows = [(1, "网络"), (1.1, "设计"), (1.2, "实施"), (2, "界面"), (2.1, "走查")]
    own = kept(book(rows, head=["序号", *HEAD[1:]]))
    assert own["序号"] == ["1", "1.1", "1.2", "2", "2.1"]
    assert own["上级"] == [None, "网络", "网络", None, "界面"]


@pytest.mark.parametrize(
    ("rows", "head"),
    [
        (PLAIN, HEAD),
        ([(n, f"事{n}") for n in range(1, 6)], ["序号", *HEAD[1:]]),
        ([(v, f"事{n}") for n, v in enumerate((1, 1.5, 2, 2.5))], ["工时", *HEAD[1:]]),
        ([(f"V{n}.0", f"事{n}") for n in range(1, 5)], ["版本", *HEAD[1:]]),
    ],
    ids=["plain", "running", "hours", "versions"],
)
def test_a_plain_list_has_no_levels(rows: Rows, head: Sequence[str]) -> None:
    read = parsed(book(rows, head=head))
    assert "层级" not in read.own[0]
    assert not [f for f in read.findings if f.code == "H127"]


def test_group_titles_are_kept_with_their_rows() -> None:
    titles = {2: "一、准备阶段", 5: "二、实施阶段"}

    def shape(sheet: Worksheet) -> None:
        for row, title in titles.items():
            sheet.cell(row, 2).value = title

    rows = [("", ""), ("A-1", "调研"), ("A-2", "方案"), ("", ""), ("A-3", "开发")]
    assert kept(book(rows, shape)) == {"分组": ["一、准备阶段", "一、准备阶段", "二、实施阶段"]}


def test_an_import_has_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "旧表.xlsx"
    path.write_bytes(book(blanks(PLAIN)))
    import_tracker(tmp_path / "主表.xlsx", [path], as_of=DAY.date(), lang="zh", confirmed=True)
    sheet = workbook_at(tmp_path / "主表.xlsx")["任务跟踪表"]
    lines = list(sheet.iter_rows(values_only=True))
    top = next(i for i, line in enumerate(lines) if "上级" in line)
    above = lines[top].index("上级")
    assert [line[above] for line in lines[top + 1 : top + 6]] == TREE["上级"]
