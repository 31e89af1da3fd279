"""Whatever stands in a file: looking at it never fails, says where every unread cell is, and leaves the file as it was."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import samples

from collab_xl.model.directory import Directory
from collab_xl.model.finding import Severity
from collab_xl.model.submission_log import InMemory
from collab_xl.model.values import Unreadable
from collab_xl.read.context import Context
from collab_xl.verbs.import_tracker import import_tracker
from collab_xl.verbs.receiving.reading import Job, survey_job

DAY = date(2026, 11, 20)
HEADS = [
    "任务ID",
    "任务名称",
    "负责部门",
    "负责人",
    "计划开始时间",
    "计划结束时间",
    "当前进度",
    "完成状态",
    "前置任务",
    "截至日期",
    "自有列",
]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=25)
CELL = st.one_of(
    st.none(),
    TEXT,
    st.sampled_from(["同上", "待定", "7/11/2021", "001", "2000万", "2025-13-05", "√", "清空", "=1+1", "合计", "说明：x", "（续）y"]),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
)


def workbook(rows: list[list[object]], heading_row: int) -> bytes:
    """As Excel writes it; a text beginning with = stands as text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    sheet = book.add_worksheet("任务")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(heading_row, 0, HEADS)
    for r, line in enumerate(rows, heading_row + 1):
        for c, value in enumerate(line):
            if isinstance(value, date):
                sheet.write_datetime(r, c, value, day)
            elif isinstance(value, str):
                sheet.write_string(r, c, value)
            elif value is not None:
                sheet.write(r, c, value)
    book.close()
    return out.getvalue()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(st.lists(CELL, max_size=len(HEADS)), min_size=1, max_size=6),
    heading_row=st.integers(0, 29),
    lang=st.sampled_from(["zh", "en"]),
)
def test_any_workbook_is_looked_at(rows: list[list[object]], heading_row: int, lang: str) -> None:
    data = workbook(rows, heading_row)
    survey = survey_job(Job("", "任何.xlsx", InMemory(data), Context(lang, Directory())))
    ((_, parsed),) = survey.sheets
    tasks = [t for t in parsed.tables if t.heading_rows[0] == heading_row + 1]
    assert len(tasks) == 1
    errors = {f.at for f in parsed.findings if f.severity is Severity.ERROR}
    for table in parsed.tables:
        for field, column in table.values.items():
            for i, value in enumerate(column):
                if isinstance(value, Unreadable):
                    assert table.at(i, field) in errors or any(table.at(i, f) in errors for f in table.columns)
                    assert value.text


@pytest.mark.parametrize("path", samples() + samples(".csv"), ids=lambda p: p.name[:2])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_file_looked_at_and_imported_stays_as_it_was(path: Path, lang: str, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    for more in ({"write": False}, {"confirmed": True}):
        options: dict[str, Any] = {"as_of": DAY, "lang": lang, "explain": True, **more}
        import_tracker(tmp_path / "主表.xlsx", [copy], **options)
        assert copy.read_bytes() == path.read_bytes()
