"""One sheet as PDF through a real LibreOffice."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import xlsxwriter

from collab_xl.excel import libreoffice as office


@pytest.fixture
def three_sheets(tmp_path: Path) -> Path:
    path = tmp_path / "三张表.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("首页", "周报 & <一>", "设置"):
            sheet = book.add_worksheet(name)
            sheet.write_string(0, 0, f"page of {name[0]}")
            sheet.print_area(0, 0, 5, 5)
        book.worksheets()[2].very_hidden()
    return path


def need_office() -> None:
    if office.office() is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is missing and CI is set")
        pytest.skip("LibreOffice is not installed")


def test_only_the_sheet_asked_for_is_printed(three_sheets: Path, tmp_path: Path) -> None:
    need_office()
    before = three_sheets.read_bytes()
    pdf = tmp_path / "week.pdf"
    assert office.sheet_as_pdf(three_sheets, "周报 & <一>", pdf)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) == 1
    assert three_sheets.read_bytes() == before


def test_a_sheet_that_is_not_there_is_an_error(three_sheets: Path, tmp_path: Path) -> None:
    need_office()
    with pytest.raises(KeyError):
        office.sheet_as_pdf(three_sheets, "没有", tmp_path / "week.pdf")


def test_without_libreoffice_there_is_no_pdf_and_no_error(three_sheets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not office.sheet_as_pdf(three_sheets, "首页", tmp_path / "week.pdf")
    assert not (tmp_path / "week.pdf").exists()


def test_each_page_of_a_pdf_is_a_picture(three_sheets: Path, tmp_path: Path) -> None:
    need_office()
    pdf = tmp_path / "week.pdf"
    assert office.sheet_as_pdf(three_sheets, "首页", pdf)
    pages = list(office.pages_as_png(pdf))
    assert len(pages) == 1
    assert pages[0].startswith(b"\x89PNG\r\n")
