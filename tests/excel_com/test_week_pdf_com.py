"""The PDF button with Excel's stand-ins below xlwings: one ExportAsFixedFormat of the sheet, and what happens where Excel refuses it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from e2e.small_project import Project

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.verbs.times import clock
from excel_com.calls import refuse
from excel_com.clicks import on_the_screen
from excel_com.worksheets import Worksheet

FRIDAY = datetime(2026, 11, 20, 18)


@pytest.fixture
def master(tmp_path: Path) -> Path:
    return Project.again(tmp_path / "p").master


def test_the_open_sheet_is_exported_by_excel_with_its_print_area(master: Path) -> None:
    with clock.at(FRIDAY):
        verbs.week(master, as_of=FRIDAY.date(), lang="zh")
        before = master.read_bytes()
        with on_the_screen() as excel:
            seen = excel.click("pdf", excel.open(master))
    made = master.with_name("周报_2026-W47.pdf")
    assert not seen.bad, seen.message
    assert str(made) in seen.message
    assert made.read_bytes().startswith(b"%PDF")
    assert seen.calls["Worksheet.ExportAsFixedFormat()"] == 1
    assert seen.total < 250
    assert master.read_bytes() == before
    assert [p.name for p in master.parent.glob(".*")] == []


def test_before_the_first_page_it_says_what_to_click(master: Path) -> None:
    with clock.at(FRIDAY), on_the_screen() as excel:
        seen = excel.click("pdf", excel.open(master))
    assert seen.bad
    assert text("verbs.error.week_not_made.fix", "zh") in seen.message
    assert [*master.parent.glob("*.pdf")] == []


def test_without_a_printer_and_libreoffice_excels_reason_is_said(master: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with clock.at(FRIDAY):
        verbs.week(master, as_of=FRIDAY.date(), lang="zh")
        monkeypatch.setenv("PATH", str(tmp_path))
        with on_the_screen() as excel, patch.object(Worksheet, "do_ExportAsFixedFormat", lambda *_: refuse("no printer")):
            seen = excel.click("pdf", excel.open(master))
    assert seen.bad
    assert text("verbs.error.pdf_refused.fix", "zh") in seen.message
    assert [*master.parent.glob("*.pdf")] == []
