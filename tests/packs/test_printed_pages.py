"""Packs on paper: what a row is about on every page, and no page for a few blank rows."""

from __future__ import annotations

import io

import openpyxl
import pytest
from tables import tasks
from test_pack_workbook import SCHEMA, built, planned

from collab_xl.catalogue import LANGS
from collab_xl.model.printed_width import pages_tall
from collab_xl.plan.issue import pack_fields


def sheet_of(data: bytes, form: str) -> openpyxl.worksheet.worksheet.Worksheet:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return next(ws for ws in book.worksheets if SCHEMA.form(form).table in ws.tables)


@pytest.mark.parametrize("form", SCHEMA.forms, ids=lambda form: form.id)
def test_key_and_title_stand_first_so_that_every_page_repeats_them(form: object) -> None:
    roles = [("key" if f.kind == "key" else f.role) for f in pack_fields(form)]  # type: ignore[arg-type]
    assert (roles[0], "title" in roles[1:3]) == ("key", True)


@pytest.mark.parametrize("lang", LANGS)
def test_the_pages_of_problems_repeat_what_the_problem_is(lang: str) -> None:
    ws = sheet_of(built(planned(), lang), "problems")
    last = ws.print_title_cols.split(":")[1].strip("$")
    headings = [cell.value for cell in ws[3][: openpyxl.utils.column_index_from_string(last)]]
    assert SCHEMA.form("problems").field("description").heading[lang] in headings
    assert ws.freeze_panes == "D4", "key, title and hint stay in sight"


def rows_of(count: int) -> str:
    return "| 任务ID | 任务名称 | 负责部门 |\n" + "\n".join(f"| RW-{n:03} | 任务 {n} | 研发部 |" for n in range(1, count + 1))


@pytest.mark.parametrize("count", range(8, 14))
def test_blank_rows_begin_no_page_in_each_part_of_the_sheet(count: int) -> None:
    """Up to 14 rows of two lines stood on a page; further ones, though blank, had pages of their own, one for each part."""
    ws = sheet_of(built(planned({"tasks": tasks(rows_of(count))}, blank=5)), "tasks")
    heights = [ws.row_dimensions[row].height for row in range(1, 4 + count + 5)]
    scale = 100 if ws.sheet_properties.pageSetUpPr.fitToPage else ws.page_setup.scale
    assert 85 <= scale <= 100, "9 points are at least 7.6 on paper"
    assert min(heights[3:]) > 24, "two lines"
    assert pages_tall(heights, 520 * 100 / scale, 30) == 1
