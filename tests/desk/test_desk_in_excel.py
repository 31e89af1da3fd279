"""The desk's own buttons on a master that is open in Excel: they work there; where Excel refuses, the other way; else words on what to do.

Excel is the stand-in below xlwings (`excel_com`), which here also makes and removes its owner file `~$name`. NOT TESTED on Windows.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from desk.screen import runs_of
from excel_com.application import Workbook, Workbooks
from excel_com.clicks import Excel, on_the_screen, xlwings_book

from collab_xl.catalogue import text
from collab_xl.desk import in_excel
from collab_xl.desk.protocol import Answer, Cancel, Do, Done, Question, Writing, event, line
from collab_xl.desk.worker import Worker
from collab_xl.excel.read import read_open_book
from collab_xl.project.commit import refuse_open
from collab_xl.verbs.times import clock

FRIDAY = datetime(2026, 11, 20, 18)


def owner_file(path: Path) -> Path:
    return path.with_name(f"~${path.name}")


@pytest.fixture
def excel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Excel]:
    """An Excel that shows with a file beside a workbook that it has it open."""
    opened, closed = Workbooks.do_Open, Workbook.do_Close

    def opens(self: Any, Filename: str, *more: Any, **named: Any) -> Workbook:
        book = opened(self, Filename, *more, **named)
        owner_file(book._path).write_bytes(b"\x02Li")
        return book

    def closes(self: Workbook, SaveChanges: bool | None = None) -> None:
        closed(self, SaveChanges)
        owner_file(self._path).unlink(missing_ok=True)

    monkeypatch.setattr(Workbooks, "do_Open", opens)
    monkeypatch.setattr(Workbook, "do_Close", closes)
    with clock.at(FRIDAY), on_the_screen() as found:
        yield found


def served(verb: str, master: Path, *answers: bool, **typed: Any) -> tuple[Done, list[Any]]:
    """What the worker says to one order, and to the answers of the person."""
    reads, writes = os.pipe()
    orders = [Do(1, verb, {"master": str(master), "lang": "zh", **typed}), *(Answer(1, said) for said in answers), *[Answer(1, False)] * 3]
    os.write(writes, b"".join(map(line, orders)))
    os.close(writes)
    said = io.BytesIO()
    said.close = lambda: None  # type: ignore[method-assign]
    worker = Worker(os.fdopen(reads, "rb"), said)
    worker._window_gone.set = lambda: None  # type: ignore[method-assign]  # the window stays, although it says no more
    worker.serve()
    *before, done = [event(each) for each in said.getvalue().splitlines()]
    assert isinstance(done, Done)
    return done, before


def password(book: Workbook, table: str = "Tasks") -> None:
    sheet = next(s for s in book._contents.sheets if any(t.name == table for t in s.tables))
    sheet.protection, sheet.password = {"sheet": True}, "geheim"


def run_on_the_screen(master: Path) -> str:
    book = read_open_book(xlwings_book(master.name))
    sheet, area = book.names["collab_run"]
    return str(book.snapshot(sheet).value(area.first_row, area.first_col) or "")


def test_a_verb_works_on_the_open_workbook_and_says_that_it_is_not_saved(excel: Excel, master: Path) -> None:
    book = excel.open(master)
    before, run = master.read_bytes(), runs_of(master)
    done, said = served("flag", master, no_write=False)
    assert done.refusal is None, done.refusal
    assert Writing(1, in_excel=True) in said
    assert done.result.notes[-2:] == (text("desk.in_excel.written", "zh", file="主表.xlsx"), text("addin.ribbon.not_saved", "zh"))
    assert (master.read_bytes(), run_on_the_screen(master) != run) == (before, True)
    book._autosave = True
    assert served("check", master, no_write=False)[0].result.notes[-1] == text("addin.ribbon.saves_itself", "zh")


def test_what_is_shown_first_is_of_the_open_workbook(excel: Excel, master: Path) -> None:
    """The run that nobody has saved is in the log, and undone without the file being touched."""
    excel.open(master)
    before = master.read_bytes()
    assert served("flag", master, no_write=False)[0].refusal is None
    run = run_on_the_screen(master)
    logged, _ = served("log", master)
    assert run in str(logged.result.tables[0].rows[0])
    shown, _ = served("check", master, no_write=True)
    assert shown.refusal is None
    assert run_on_the_screen(master) == run, "only shown"
    undone, said = served("undo", master, True, no_write=False)
    assert undone.refusal is None
    assert any(isinstance(each, Question) and run in each.text for each in said)
    assert run_on_the_screen(master) != run
    assert master.read_bytes() == before


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_excel_refuses_the_other_way_is_asked(lang: str, excel: Excel, master: Path) -> None:
    book = excel.open(master)
    password(book)
    before, run = master.read_bytes(), runs_of(master)
    refused, said = served("flag", master, False, no_write=False, lang=lang)
    (question,) = (each for each in said if isinstance(each, Question))
    assert question.yes_no
    assert text("addin.other_way.ask", lang, file="主表.xlsx") in question.text
    assert refused.refusal.code == "live_protected"
    assert (master.read_bytes(), book in excel.app._books) == (before, True), "no leaves all as it was"

    done, _ = served("flag", master, True, no_write=False, lang=lang)
    assert done.refusal is None, done.refusal
    assert text("addin.other_way.done", lang) in done.result.notes
    assert runs_of(master) != run
    (again,) = excel.app._books
    assert again is not book, "closed and opened again"
    assert again._path == master


def test_where_the_other_way_is_barred_the_reason_is_said(excel: Excel, master: Path) -> None:
    book = excel.open(master)
    password(book)
    book._autosave = True
    refused, said = served("flag", master, no_write=False)
    assert not any(isinstance(each, Question) for each in said)
    assert refused.refusal.code == "live_protected"
    assert text("addin.other_way.reason.saves_itself", "zh") in refused.refusal.fix


def test_a_form_comes_by_the_other_way(excel: Excel, master: Path) -> None:
    excel.open(master)
    done, _ = served("forms add", master, True, form_ids=["resources"], no_write=False)
    assert done.refusal is None, done.refusal
    assert text("addin.other_way.done", "zh") in done.result.notes


def test_packs_are_issued_and_the_master_saved(excel: Excel, master: Path) -> None:
    book = excel.open(master)
    done, said = served("issue", master, week="2026-W48", no_write=False)
    assert done.refusal is None, done.refusal
    assert not any(isinstance(each, Question) for each in said), "nothing else was unsaved"
    assert done.result.notes[-1] == text("addin.ribbon.saved", "zh")
    assert runs_of(master) == run_on_the_screen(master)
    book._saved = False
    done, said = served("issue", master, False, week="2026-W49", no_write=False)
    assert any(isinstance(each, Question) for each in said)
    assert done.result.notes[-1] == text("addin.ribbon.issue_not_saved", "zh")


def test_another_program_has_it_open(excel: Excel, master: Path) -> None:
    """Of somebody else, WPS, or an Excel that cannot be reached: who, and what to do."""
    owner_file(master).write_bytes(b"\x06Zhang ")
    before = master.read_bytes()
    refused, _ = served("flag", master, no_write=False)
    assert refused.refusal.code == "master_open"
    assert "Zhang" in refused.refusal.what
    assert refused.refusal.fix == text("desk.error_here.master_open", "zh", lock_file="~$主表.xlsx")
    assert served("status", master)[0].refusal is None, "looking is allowed"
    assert master.read_bytes() == before


def test_an_excel_that_is_busy(excel: Excel, master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collab_xl.excel.state.READY_PAUSE_SECONDS", 0)
    excel.open(master)
    excel.app._editing = 10**6
    refused, _ = served("flag", master, no_write=False)
    assert refused.refusal.code == "excel_busy"
    looked, _ = served("status", master)
    assert looked.refusal is None
    assert looked.result.notes[-1] == text("desk.in_excel.as_saved", "zh", file="主表.xlsx")


def test_a_lock_without_an_owner_file(excel: Excel, master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a workbook that Excel has opened from a synchronised folder: the file alone says that it is in use."""
    from collab_xl.errors import CollabError

    excel.open(master)
    owner_file(master).unlink()

    def locked(path: Path) -> None:
        refuse_open(path)
        raise CollabError("master_locked", file=path.name)

    monkeypatch.setattr("collab_xl.project.run.refuse_open", locked)
    assert served("flag", master, no_write=False)[0].refusal is None


def test_no_excel_on_this_system(monkeypatch: pytest.MonkeyPatch, master: Path) -> None:
    def nothing() -> Any:
        raise ImportError("no xlwings")

    monkeypatch.setattr(in_excel, "xlwings", nothing)
    assert in_excel.open_workbook(master) is None


def test_cancelled_before_it_writes(excel: Excel, master: Path) -> None:
    excel.open(master)
    run = run_on_the_screen(master)
    reads, writes = os.pipe()
    os.write(writes, line(Do(1, "flag", {"master": str(master), "no_write": False})) + line(Cancel(1)))
    os.close(writes)
    said = io.BytesIO()
    said.close = lambda: None  # type: ignore[method-assign]
    Worker(os.fdopen(reads, "rb"), said).serve()
    assert event(said.getvalue().splitlines()[-1]) == Done(1)
    assert run_on_the_screen(master) == run
