"""周报 on paper: two A4 pages, no text under 8 points, none cut: measured in the PDF that LibreOffice makes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from shutil import which

import pytest
from invented_week import week
from judges import missing
from workbooks import workbook_at

from collab_xl.book.read import read_book
from collab_xl.book.write_plan import write_plan
from collab_xl.build.master import template_path
from collab_xl.build.weekly import SIDE
from collab_xl.catalogue import text
from collab_xl.excel.libreoffice import sheet_as_pdf
from collab_xl.model.report_pages import BODY, COLUMN_PIXELS, GRID, PRINT_SCALE
from collab_xl.plan.weekly import plan_week, weekly_sheet

SMALLEST = 8.0
A4 = (11.69, 8.27)


def test_the_body_is_eight_points_in_print_and_twelve_on_a_projector() -> None:
    assert BODY >= 12, "at 100 %"
    assert BODY * PRINT_SCALE / 100 >= SMALLEST
    inches = (GRID * COLUMN_PIXELS + 20) / 96 * PRINT_SCALE / 100
    assert inches * 1.21 < A4[0] - 2 * SIDE, "also where LibreOffice, without our Chinese font, makes columns a fifth wider"


def test_no_letter_on_the_sheet_is_smaller_than_the_body() -> None:
    """Every style a cell of the sheet has; the footer is the only smaller text."""

    sheet = workbook_at(template_path("zh"))[text("build.sheet.weekly", "zh")]
    sizes = {
        cell.font.sz for row in sheet.iter_rows() for cell in row if cell.has_style and cell.font.sz and cell.row > 1 and cell.column > 1
    }
    assert min(sizes) >= BODY - 2, "10 is the default font of cells that hold nothing"
    named = read_book(template_path("zh")).names
    for name, (at, area) in named.items():
        if name.startswith("wk_") and at == sheet.title:
            assert sheet.cell(area.first_row, area.first_col).font.sz >= BODY, name


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("departments", [6, 300])
def test_two_pages_of_a4_with_letters_of_eight_points(lang: str, departments: int, tmp_path: Path) -> None:
    if which("soffice") is None or which("pdftotext") is None:
        missing("soffice and pdftotext")
    source, book = tmp_path / "m.xlsx", read_book(template_path(lang))
    write_plan(template_path(lang), source, plan_week(week(lang, departments=departments), book.names, book.snapshot, lang, "R-1", ""))
    pdf = tmp_path / "m.pdf"
    assert sheet_as_pdf(source, weekly_sheet(book.names), pdf)
    told = subprocess.run(["pdftotext", "-bbox-layout", str(pdf), "-"], check=True, capture_output=True, timeout=60).stdout.decode()
    pages = told.split("<page ")[1:]
    assert len(pages) == 2
    first, second = pages
    assert ("RW-017" in first, "RW-061" in second) == (True, True)
    for page in pages:
        width, height = (float(found) for found in re.findall(r'(?:width|height)="([\d.]+)"', page)[:2])
        assert (round(width / 72, 1), round(height / 72, 1)) == (11.7, 8.3)
        lines = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)<', page)
        body = [(float(y2) - float(y1), word) for _, y1, _, y2, word in lines if float(y2) < height - 0.55 * 72]
        assert len(body) > 80
        # A line of a font is higher than its size: by a fifth at least.
        assert min(size for size, _ in body) >= SMALLEST * 1.1, min(body)
        assert max(float(x2) for _, _, x2, _, _ in lines) < width
