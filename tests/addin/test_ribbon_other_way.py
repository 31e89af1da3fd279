"""Where Excel refuses to be written, one click saves, closes, works on the file and opens it again; and what is asked before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from clicks import Excel
from copied import copy_project
from e2e.small_project import DAY, Project
from excel.test_both_engines import cells, differences

from collab_xl import catalogue, verbs
from collab_xl.addin.message_text import message
from collab_xl.book.read import read_book
from collab_xl.excel.read import read_open_book
from collab_xl.project import checkpoint
from collab_xl.verbs.report import Report
from collab_xl.verbs.times import clock

Open = Callable[[Path], Any]
FRIDAY = datetime(2026, 11, 20, 18)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with clock.at(FRIDAY):
        project = Project.start(tmp_path_factory.mktemp("other way"))
    return project.folder


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with clock.at(FRIDAY):
        yield


@pytest.fixture
def excel(office_context: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Excel]:
    found = Excel(monkeypatch)
    yield found
    for book in list(found.app.books):
        book.close()


@pytest.fixture
def master(made: Path, tmp_path: Path) -> Path:
    return copy_project(made, tmp_path / "项目") / "主表.xlsx"


@pytest.fixture
def book(master: Path, open_book: Open) -> Any:
    """A sheet has a password, and somebody has typed without saving."""
    book = open_book(master)
    ref = read_open_book(book).tables["Tasks"]
    sheet = book.sheets[ref.sheet]
    sheet.range((ref.data.first_row, ref.area.first_col + ref.headings.index("任务名称"))).value = "问卷设计（改）"
    sheet.activate()
    sheet.range((ref.data.first_row + 1, ref.area.first_col)).select()
    sheet.impl.sheet.protect("geheim")
    return book


def backups(master: Path, kind: str) -> list[Path]:
    return list((master.with_suffix(".collab") / "backups").glob(f"*_before-{kind}*.xlsx"))


def test_yes_saves_closes_writes_the_file_and_opens_it_where_it_was(excel: Excel, master: Path, book: Any) -> None:
    before, selected, sheet = master.read_bytes(), book.app.selection.address, book.sheets.active.name
    seen = excel.click("flag", book)
    assert len(seen.questions) == 1
    assert catalogue.text("addin.other_way.ask", "zh", file="主表.xlsx") in seen.questions[0]
    assert "保护密码" in seen.questions[0]
    assert not seen.bad
    assert catalogue.text("addin.other_way.done", "zh") in seen.message
    assert catalogue.text("addin.ribbon.not_saved", "zh") not in seen.message, "it is saved"
    (saved,) = backups(master, "saving")
    assert saved.read_bytes() == before
    (again,) = excel.app.books
    assert not differences(cells(read_book(master)), cells(read_open_book(again)))
    tasks = read_book(master).tables["Tasks"]
    names = [read_book(master).snapshot(tasks.sheet).value(r, tasks.area.first_col + tasks.headings.index("任务名称")) for r in
             range(tasks.data.first_row, tasks.data.last_row + 1)]  # fmt: skip
    assert "问卷设计（改）" in names, "what was typed and not saved"
    assert next(run["verb"] for run in verbs.log(master, lang="zh").json["runs"] if run["contained"]) == "flag"
    assert seen.sheet == "滞后清单"
    again.sheets[sheet].activate()
    assert again.app.selection.address == selected, "each sheet keeps its selection"


def test_after_a_consolidate_nothing_is_said_of_collecting_first() -> None:
    """The run is in the file, not in the workbook on the screen: it was taken for one that had found nothing."""
    report = Report("zh", {"run": "R0006-bb22"}, ("汇总完成",))
    assert message("consolidate", report, "", None) == "汇总完成"
    nothing = Report("zh", {"run": None}, ("没有",))
    assert catalogue.text("addin.ribbon.collect_first", "zh") in message("consolidate", nothing, "", None)


def test_no_leaves_everything_as_it_was(excel: Excel, master: Path, book: Any) -> None:
    before, shown = master.read_bytes(), cells(read_open_book(book))
    seen = excel.click("flag", book, answer="no")
    assert len(seen.questions) == 1
    assert master.read_bytes() == before
    assert not differences(shown, cells(read_open_book(book)))
    assert not backups(master, "saving")


LABEL = SimpleNamespace(GetLabel=lambda: SimpleNamespace(LabelId="4f2c"))
STATES = {
    "saves_itself": {"AutoSaveOn": True},
    "shared": {"MultiUserEditing": True},
    "labelled": {"SensitivityLabel": LABEL},
    "windows": {"windows": 2},
}


@pytest.mark.parametrize("reason", STATES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_it_cannot_be_done_for_the_person_the_reason_is_said(
    reason: str, lang: str, office_context: Any, monkeypatch: pytest.MonkeyPatch, master: Path, book: Any
) -> None:
    from office_engine.facade import BookApi

    monkeypatch.setattr(BookApi, "STATE", STATES[reason])
    before = master.read_bytes()
    seen = Excel(monkeypatch, lang).click("flag", book)
    assert not seen.questions
    assert seen.bad
    assert catalogue.text(f"addin.other_way.reason.{reason}", lang) in seen.message
    assert master.read_bytes() == before


def test_a_cancelled_close_ends_it(excel: Excel, master: Path, book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from office_engine.engine import Book

    monkeypatch.setattr(Book, "CANCELS", True)
    seen = excel.click("flag", book)
    monkeypatch.undo()
    assert seen.bad
    assert catalogue.text("addin.error.other_way_not_closed.what", "zh", file="主表.xlsx") in seen.message
    assert [run["verb"] for run in verbs.log(master, lang="zh").json["runs"] if run["contained"]][:1] != ["flag"]
    assert len(excel.app.books) == 1


def test_it_is_opened_again_when_the_run_fails(excel: Excel, master: Path, book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device", str(master))

    monkeypatch.setitem(checkpoint.armed, "commit:backed_up", full)
    seen = excel.click("flag", book)
    assert seen.bad
    assert seen.questions
    (again,) = excel.app.books
    assert again.name == "主表.xlsx"
    assert not differences(cells(read_book(master)), cells(read_open_book(again)))


def test_undo_says_what_will_go_and_asks(excel: Excel, master: Path, open_book: Open) -> None:
    verbs.flag(master, as_of=DAY, lang="zh")
    book = open_book(master)
    before = cells(read_open_book(book))
    seen = excel.click("undo", book, answer="no")
    assert len(seen.questions) == 1
    assert "R" in seen.questions[0]
    assert not differences(before, cells(read_open_book(book)))
    assert excel.click("undo", book).questions
    assert differences(before, cells(read_open_book(book)))
