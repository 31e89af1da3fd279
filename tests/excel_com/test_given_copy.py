"""A copy that the add-in has saved at the click and the desk hands on: used once, only for this workbook as it is, deleted in any case."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from addin.masters import demo_on_monday
from copied import copy_project

from collab_xl.excel.copy import folder
from collab_xl.verbs.times import clock
from excel_com.application import Workbook
from excel_com.calls import CALLS
from excel_com.clicks import Excel, on_the_screen

SAVE = "Workbook.SaveCopyAs()"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with clock.at(datetime(2026, 11, 16, 9)):
        return demo_on_monday(tmp_path_factory.mktemp("demo"), "zh")


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder().mkdir(mode=0o700)
    return folder()


@pytest.fixture
def excel(ours: Path) -> Iterator[Excel]:
    with clock.at(datetime(2026, 11, 23, 9)), on_the_screen() as found:
        yield found


def saved(book: Workbook, path: Path) -> Path:
    """As VBA saves it."""
    CALLS.on = False
    book.do_SaveCopyAs(str(path))
    CALLS.on = True
    return path


def test_the_copy_is_read_and_becomes_the_backup(demo: Path, tmp_path: Path, ours: Path, excel: Excel) -> None:
    book = excel.open(copy_project(demo.parent, tmp_path / "项目") / demo.name)
    copy = saved(book, ours / "collab-0123abcd.xlsx")
    content = copy.read_bytes()
    seen = excel.click("check", book, copy)
    assert (seen.bad, seen.calls[SAVE], seen.stages["copy"]) == (False, 0, 0)
    backups = list((tmp_path / "项目").rglob("backups/*.xlsx"))
    assert content in [backup.read_bytes() for backup in backups]
    assert not list(ours.iterdir())


def test_a_copy_from_before_another_run_is_not_used(demo: Path, tmp_path: Path, ours: Path, excel: Excel) -> None:
    """Two clicks: the second one's copy was saved while the first one waited or wrote."""
    book = excel.open(copy_project(demo.parent, tmp_path / "项目") / demo.name)
    late = saved(book, ours / "collab-0123abce.xlsx")
    assert not excel.click("check", book, saved(book, ours / "collab-0123abcd.xlsx")).bad
    seen = excel.click("flag", book, late)
    assert (seen.bad, seen.calls[SAVE]) == (False, 1)
    assert not list(ours.iterdir())


@pytest.mark.parametrize("what", ["another master", "no workbook", "gone"])
def test_anything_else_is_not_used(what: str, demo: Path, tmp_path: Path, ours: Path, excel: Excel) -> None:
    book = excel.open(copy_project(demo.parent, tmp_path / "项目") / demo.name)
    copy = ours / "collab-0123abcd.xlsx"
    if what == "another master":
        (tmp_path / "other").mkdir()
        with clock.at(datetime(2026, 11, 16, 9)):
            shutil.copyfile(demo_on_monday(tmp_path / "other", "zh"), copy)
    elif what == "no workbook":
        copy.write_bytes(b"PK\x03\x04")
    seen = excel.click("check", book, copy)
    assert (seen.bad, seen.calls[SAVE]) == (False, 1)
    assert not list(ours.iterdir())


def test_a_file_elsewhere_is_neither_read_nor_deleted(demo: Path, tmp_path: Path, excel: Excel) -> None:
    book = excel.open(copy_project(demo.parent, tmp_path / "项目") / demo.name)
    elsewhere = saved(book, tmp_path / "collab-0123abcd.xlsx")
    assert excel.click("check", book, elsewhere).calls[SAVE] == 1
    assert elsewhere.exists()


def test_a_click_that_is_refused_deletes_it_too(demo: Path, tmp_path: Path, ours: Path, excel: Excel) -> None:
    book = excel.open(copy_project(demo.parent, tmp_path / "项目") / demo.name)
    copy = saved(book, ours / "collab-0123abcd.xlsx")
    book._read_only = True
    assert excel.click("check", book, copy).bad
    assert not list(ours.iterdir())


def test_no_macro_runs_because_of_the_copy(demo: Path, tmp_path: Path, excel: Excel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether BeforeSave runs for a copy is not documented, so events are off around it, and on again also where it fails."""
    book = excel.open(copy_project(demo.parent, tmp_path / "项目") / demo.name)
    real, seen = Workbook.do_SaveCopyAs, []

    def saves(self: Workbook, path: str) -> None:
        seen.append(self._app._events)
        if len(seen) > 1:
            raise OSError(28, "No space left on device")
        real(self, path)

    monkeypatch.setattr(Workbook, "do_SaveCopyAs", saves)
    assert not excel.click("log", book).bad
    excel.click("log", book)
    assert seen == [False, False]
    assert excel.app._events


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsm"])
def test_the_copy_has_the_books_own_extension(suffix: str, demo: Path, tmp_path: Path, excel: Excel) -> None:
    """Microsoft, Workbook.SaveCopyAs: it has the book's own format, and Excel does not open one whose name says another."""
    path = copy_project(demo.parent, tmp_path / "项目") / demo.name
    path = path.rename(path.with_suffix(suffix))
    book = excel.open(path)
    seen = excel.click("log", book)
    assert (seen.bad, seen.calls[SAVE]) == (False, 1)


def test_what_was_typed_since_is_kept(demo: Path, tmp_path: Path, ours: Path, excel: Excel) -> None:
    """The copy is older than the click's work: the cells in Excel decide, and the click is computed again from a new copy."""
    book = excel.open(copy_project(demo.parent, tmp_path / "项目") / demo.name)
    copy = saved(book, ours / "collab-0123abcd.xlsx")
    table = next(t for sheet in book.get_Worksheets().each() for t in sheet.get_ListObjects().each() if t.get_Name() == "Tasks")
    cell = table.get_DataBodyRange().item(2, 1)
    cell.put_Value("改了的编号")
    seen = excel.click("flag", book, copy)
    assert (seen.bad, seen.calls[SAVE]) == (False, 1)
    assert cell.get_Value() == "改了的编号"
