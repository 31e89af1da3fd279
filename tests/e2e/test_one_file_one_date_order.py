"""A date on another sheet of the same file decides how `07/11/2024` is meant; without one it stays a question."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from collab_xl.model.directory import Directory
from collab_xl.model.submission_log import InMemory
from collab_xl.model.values import Unreadable
from collab_xl.read.context import Context
from collab_xl.verbs.receiving.reading import Job, read_job, survey_job


@pytest.mark.parametrize(
    ("elsewhere", "meant"),
    [("13/07/2024", date(2024, 11, 7)), ("07/13/2024", date(2024, 7, 11)), ("05/06/2024", Unreadable("07/11/2024"))],
)
def test_another_sheet_decides(elsewhere: str, meant: object) -> None:
    book = openpyxl.Workbook()
    for title, day in (("甲", "07/11/2024"), ("乙", elsewhere)):
        sheet = book.create_sheet(title)
        sheet.append(["任务ID", "任务名称", "负责部门", "负责人", "计划结束时间"])
        sheet.append([f"RW-00{len(book.sheetnames)}", f"任务{title}", "市场部", "*经理", day])
    data = io.BytesIO()
    book.save(data)
    job = Job("0", "旧表.xlsx", InMemory(data.getvalue()), Context("zh", Directory()))
    assert read_job(job).tables["tasks"].values["end"][0] == meant
    parsed = dict(survey_job(job).sheets)["甲"]
    assert parsed.tables[0].values["end"][0] == meant
    assert bool(parsed.questions) is isinstance(meant, Unreadable)
