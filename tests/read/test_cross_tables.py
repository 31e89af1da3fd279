"""Sheets with weeks, months, people or departments across are recognised, and what to do is said."""

from __future__ import annotations

import io
from collections.abc import Sequence

import openpyxl
import pytest

from collab_xl.catalogue import text
from collab_xl.model.directory import Directory
from collab_xl.model.submission_log import InMemory
from collab_xl.read.context import Context
from collab_xl.read.sheet import Parsed
from collab_xl.verbs.receiving.reading import Job, survey_job

Lines = Sequence[Sequence[object]]


def parsed(lines: Lines, lang: str = "zh") -> Parsed:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return survey_job(Job("", "表.xlsx", InMemory(out.getvalue()), Context(lang, Directory()))).sheets[0][1]


CASES: dict[str, tuple[str, str, str, Lines]] = {
    "person by week": (
        *("week", "person", "A2:F4"),
        [["人员排班"], ["姓名", "W45", "W46", "W47", "W48", "合计"], ["张三", 5, 3, 2, 5, 15], ["李四", 1, None, 4, 2, 7]],
    ),
    "department by month": (
        *("month", "department", "A1:D3"),
        [["部门", "1月", "2月", "3月"], ["市场部", 20, 31, 18], ["研发部", 50, 42, 61]],
    ),
    "work by person": (
        *("person", "work", "A1:D3"),
        [["工作", "张伟", "李娜", "王强"], ["接口联调", "√", None, "√"], ["编写手册", None, "√", None]],
    ),
    "plan by month": (
        *("month", "work", "A1:E3"),
        [["工作", "Jan", "Feb", "Mar", "Apr"], ["Design", "design", "review", None, None], ["Build", None, None, "build", "test"]],
    ),
}


@pytest.mark.parametrize(("across", "down", "area", "lines"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_it_is_is_said(across: str, down: str, area: str, lines: Lines, lang: str) -> None:
    read = parsed(lines, lang)
    assert not read.tables
    assert not read.questions
    for said in (area, text(f"read.word.cross_{across}", lang), text(f"read.word.cross_{down}", lang)):
        assert said in read.cross


@pytest.mark.parametrize(
    "lines",
    [
        [["姓名", "电话", "邮箱", "城市"], ["张三", "138", "a@b.cn", "上海"], ["李四", "139", "c@d.cn", "北京"]],
        [["任务名称", "负责人", "计划结束时间", "W45", "W46", "W47"], ["联调", "张三", "2026-11-20", "■", None, None]],
        [["本周", "完成", "三件"], ["下周", "计划", "两件"]],
    ],
    ids=["a list of people", "a tracker with weeks beside", "notes"],
)
def test_other_sheets_are_no_cross_table(lines: Lines) -> None:
    assert parsed(lines).cross == ""
