"""A click that is killed at each step of its writing leaves notes; the next click, or the desk, sets right what it left in Excel: its
settings, filters and protection of sheets, AutoSave."""

from __future__ import annotations

import io
import os
import signal
from datetime import datetime
from pathlib import Path

import pytest
from e2e.small_project import Project

from collab_xl import catalogue
from collab_xl.addin import ribbon
from collab_xl.desk.protocol import SET_BACK, Press, Ready, Writing, event, line
from collab_xl.desk.worker import Worker
from collab_xl.excel import left_state
from collab_xl.project.run import WRITING
from collab_xl.verbs.times import clock
from excel_com.application import AUTOMATIC, Workbook
from excel_com.clicks import Excel, on_the_screen
from excel_com.killed_click import FRIDAY, Left, clicked_and_killed, guards, lived_in, settings_of

FOUND = {
    "_updating": True, "_events": True, "_calculation": AUTOMATIC, "_fills_columns": True, "_expands_tables": True,
    "_interactive": True, "_status": False,
}  # fmt: skip
POINTS = ("live:backed_up", "run:prepared", "live:sheet_written")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.again(tmp_path_factory.mktemp("killed") / "p")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test, for this process and the killed one."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def notes() -> list[str]:
    return sorted(path.name for path in left_state.folder().glob("*.json"))


def guarded(path: Path) -> dict[str, object]:
    """Filters and protection of a master that somebody has set."""
    with on_the_screen() as excel:
        book = excel.open(path)
        lived_in(book)
        return guards(book)


def steps_of(changes: list[str]) -> list[int]:
    """From 1: every change of a setting, of AutoSave or of protection; of cells, rows and filters three."""
    by_name: dict[str, list[int]] = {}
    for number, name in enumerate(changes, 1):
        by_name.setdefault(name, []).append(number)
    few = {"Range.Value", "Range.Hidden", "Range.AutoFilter"}
    chosen = {n for name, ns in by_name.items() for n in ([ns[0], ns[len(ns) // 2], ns[-1]] if name in few else ns)}
    return sorted(chosen)


def asked_by_the_desk(book: Workbook) -> list[str]:
    return ["desk", f"--wb=u16:{book._name.encode('utf-16-be').hex()}", "--from_xl=1", "--hwnd=1"]


def right(excel: Excel, book: Workbook, wanted: dict[str, object], *, half: bool, step: object) -> None:
    """All is as a person had it. A workbook that is half written is not switched to saving itself: it is to be closed without saving."""
    assert settings_of(excel.app) == FOUND, step
    assert guards(book) == wanted, step
    assert book._autosave is not half, step
    assert not any(WRITING in saved for saved in book._autosaves), step
    assert [name for name in notes() if not name.startswith("book-")] == [], step
    assert bool(notes()) is half, step


def test_at_every_step_what_was_left_is_set_right(source: Project, temporary: Path, tmp_path: Path) -> None:
    whole = clicked_and_killed(source.copy(tmp_path / "whole").master, "flag", None, tmp_path / "whole.bin")
    assert whole.code == 0
    assert {"Workbook.AutoSaveOn", "Worksheet.Protect", "Range.AutoFilter"} <= set(whole.changes)
    assert notes() == [], "a click that ends leaves no note"
    wanted = guarded(source.copy(tmp_path / "wanted").master)
    assert len([each for each in wanted.values() if each]) == 2
    halves = []
    for step in steps_of(whole.changes):
        project = source.copy(tmp_path / str(step))
        left = clicked_and_killed(project.master, "flag", step, tmp_path / f"{step}.bin")
        assert left.code == -signal.SIGKILL, step
        noted = bool(notes())
        with on_the_screen() as excel:
            book = excel.open(project.master)
            left.into(excel, book)
            halves.append(WRITING in book._contents.said())
            assert not ribbon.set_back(asked_by_the_desk(book)) or noted
            excel.app._status = False  # of a click that had not begun to write; the next one sets it
            right(excel, book, wanted, half=halves[-1], step=step)
        for name in notes():
            (left_state.folder() / name).unlink()
    assert halves.count(True) >= 2
    assert halves.count(False) >= 12


@pytest.mark.parametrize(("addin", "step"), [*((True, point) for point in POINTS), (False, "Range.Value 5"), (False, "live:sheet_written")])
def test_the_next_click_sets_it_right_and_says_so(addin: bool, step: str, source: Project, temporary: Path, tmp_path: Path) -> None:
    wanted = guarded(source.copy(tmp_path / "wanted").master)
    project = source.copy(tmp_path / "p")
    left = clicked_and_killed(project.master, "flag", step, tmp_path / "left.bin", addin=addin)
    assert left.code == -signal.SIGKILL
    with clock.at(FRIDAY), on_the_screen(addin=addin) as excel:
        book = excel.open(project.master)
        left.into(excel, book)
        half = WRITING in book._contents.said()
        assert half is (step not in ("live:backed_up", "run:prepared"))
        seen = excel.click("check", book)
        assert seen.bad is half, seen.message
        right(excel, book, wanted, half=half, step=step)
        if half:
            book._contents = type(book._contents)(project.master)  # closed without saving, opened again
            lived_in(book)
            book._autosave = False
            seen = excel.click("check", book)
            assert not seen.bad
            assert (book._autosave, notes()) == (True, [])
        if step != "live:backed_up":
            assert catalogue.text("addin.ribbon.set_back", "zh") in seen.message


def killed_in_the_middle(source: Project, tmp_path: Path) -> tuple[Project, Left]:
    project = source.copy(tmp_path / "p")
    left = clicked_and_killed(project.master, "flag", "run:prepared", tmp_path / "left.bin")
    assert left.code == -signal.SIGKILL
    return project, left


def test_the_desk_sets_it_right_without_a_click(source: Project, temporary: Path, tmp_path: Path) -> None:
    project, left = killed_in_the_middle(source, tmp_path)
    with on_the_screen() as excel:
        book = excel.open(project.master)
        left.into(excel, book)
        assert settings_of(excel.app) != FOUND
        assert not book._autosave
        assert ribbon.set_back(asked_by_the_desk(book))
        assert settings_of(excel.app) == FOUND
        assert (book._autosave, guards(book)) == (True, guarded(source.copy(tmp_path / "wanted").master))
        assert not ribbon.set_back(asked_by_the_desk(book)), "once"


@pytest.mark.parametrize("step", [*POINTS, "Worksheet.Unprotect 1", "Range.Value 2", "Workbook.AutoSaveOn 1"])
def test_a_button_of_the_desk_killed_on_an_open_master_is_set_right(step: str, source: Project, temporary: Path, tmp_path: Path) -> None:
    """The window asks for it without a window of Excel, as the click came from none: every Excel is looked at."""
    wanted = guarded(source.copy(tmp_path / "wanted").master)
    project = source.copy(tmp_path / "p")
    left = clicked_and_killed(project.master, "flag", step, tmp_path / "left.bin", by_desk=True)
    assert left.code == -signal.SIGKILL
    with on_the_screen() as excel:
        book = excel.open(project.master)
        left.into(excel, book)
        half = WRITING in book._contents.said()
        assert ribbon.set_back(None) is (step != "live:backed_up")
        excel.app._status = False
        right(excel, book, wanted, half=half, step=step)


def test_the_worker_says_that_excel_is_busy_and_what_was_set_back(source: Project, temporary: Path, tmp_path: Path) -> None:
    """As the window asks it; without a window's number every Excel is set back."""
    project, left = killed_in_the_middle(source, tmp_path)
    with on_the_screen() as excel:
        book = excel.open(project.master)
        left.into(excel, book)
        reads, writes = os.pipe()
        os.write(writes, b"".join(line(Press(n, SET_BACK, 1, "", "zh")) for n in (1, 2)))
        os.close(writes)
        said = io.BytesIO()
        said.close = lambda: None  # type: ignore[method-assign]
        excel.app._editing = 1
        Worker(os.fdopen(reads, "rb"), said).serve()
        ready, writing, busy, _, done = [event(each) for each in said.getvalue().splitlines()]
        assert (type(ready), type(writing)) == (Ready, Writing)
        assert (busy.refusal.code, done.result.exit_code) == ("excel_busy", 0)
        assert settings_of(excel.app) == FOUND
        left.into(excel, book)
        assert not ribbon.set_back(None), "once"


def test_what_a_person_has_set_since_stays(source: Project, temporary: Path, tmp_path: Path) -> None:
    project, left = killed_in_the_middle(source, tmp_path)
    with on_the_screen() as excel:
        book = excel.open(project.master)
        left.into(excel, book)
        sheet = next(s for s in book.get_Worksheets() if any(t.name == "Tasks" for t in s._model.tables))
        sheet.do_Protect("geheim")
        assert ribbon.set_back(asked_by_the_desk(book))
        assert (sheet._model.password, sheet._model.tables[0].criteria) == ("geheim", {})
        assert notes() == []


def test_a_workbook_that_is_not_open_is_set_right_when_it_is(source: Project, temporary: Path, tmp_path: Path) -> None:
    """Excel was closed too: its other settings are gone with it, but the filling of columns is kept in the person's profile."""
    project, _ = killed_in_the_middle(source, tmp_path)
    (number,) = (name for name in notes() if not name.startswith("book-"))
    (left_state.folder() / number).rename(left_state.folder() / "4242.json")
    other = source.copy(tmp_path / "other")
    with clock.at(FRIDAY), on_the_screen() as excel:
        excel.app._fills_columns = False
        assert not excel.click("check", excel.open(other.master)).bad
        assert excel.app._fills_columns
        assert [name[:5] for name in notes()] == ["book-"]
    with clock.at(FRIDAY), on_the_screen() as excel:
        book = excel.open(project.master)
        book._autosave = False
        said = excel.click("check", book).message
        assert catalogue.text("addin.ribbon.set_back", "zh") in said
        assert (book._autosave, guards(book)) == (True, guarded(source.copy(tmp_path / "wanted").master))
    assert notes() == []


def test_autosave_is_off_while_cells_are_written_and_the_message_says_what_takes_it_back(source: Project, tmp_path: Path) -> None:
    for lang in ("zh", "en"):
        project = source.copy(tmp_path / lang)
        with clock.at(FRIDAY), on_the_screen(lang) as excel:
            book = excel.open(project.master)
            book._autosave = True
            seen = excel.click("flag", book)
            assert not seen.bad
            assert catalogue.text("addin.ribbon.saves_itself", lang) in seen.message
            assert catalogue.text("addin.ribbon.not_saved", lang) not in seen.message
            assert (book._autosave, len(book._autosaves)) == (True, 1), "switched once"
            assert seen.calls["Workbook.AutoSaveOn="] == 2


def test_autosave_comes_back_after_a_failure_and_where_it_cannot_be_switched_nothing_stops(source: Project, tmp_path: Path) -> None:
    project = source.copy(tmp_path / "p")
    with clock.at(FRIDAY), on_the_screen() as excel:
        book = excel.open(project.master)
        lived_in(book)
        wanted = guards(book)
        sheet = next(s for s in book._contents.sheets if any(t.name == "Overdue" for t in s.tables))
        sheet.protection, sheet.password = {"sheet": True}, "geheim"
        seen = excel.click("flag", book)
        assert seen.bad
        assert (book._autosave, {**guards(book), sheet.name: None}) == (True, wanted)
        sheet.protection, sheet.password = None, ""
        book._autosave = None
        assert not excel.click("flag", book).bad


def test_a_run_that_works_now_is_left_alone_and_the_persons_own_choice_stays(source: Project, temporary: Path, tmp_path: Path) -> None:
    with on_the_screen() as excel:
        import xlwings

        excel.open(source.copy(tmp_path / "p").master)  # without a workbook Excel does not tell how it calculates

        app = xlwings.apps.active
        excel.app._calculation = -4135  # the person calculates by hand
        note = left_state.Note(app, {"calculation": "manual", "updating": True, "events": False, "fills": False})
        excel.app._updating = False
        assert not left_state.set_back(app), "its lock is held"
        assert excel.app._updating is False
        note.release()
        excel.app._calculation, excel.app._events, excel.app._fills_columns = AUTOMATIC, True, False
        assert left_state.set_back(app)
        assert (excel.app._calculation, excel.app._events, excel.app._fills_columns, excel.app._updating) == (-4135, False, False, True)


@pytest.mark.parametrize("torn", ["", "{", "[1]", '{"calculation": "x'])
def test_a_torn_note_changes_nothing(torn: str, temporary: Path, source: Project, tmp_path: Path) -> None:
    with on_the_screen() as excel:
        import xlwings

        left_state.folder().mkdir(mode=0o700)
        app = xlwings.apps.active
        for name in (str(app.pid), "book-0123"):
            (left_state.folder() / f"{name}.json").write_text(torn)
        excel.app._events = False
        book = excel.open(source.copy(tmp_path / "p").master)
        assert not ribbon.set_back(asked_by_the_desk(book))
        assert excel.app._events is False


def test_a_note_about_a_workbook_that_never_opens_again_goes_after_two_months(source: Project, temporary: Path, tmp_path: Path) -> None:
    killed_in_the_middle(source, tmp_path)
    (note,) = left_state.folder().glob("book-*.json")
    with on_the_screen() as excel:
        other = excel.open(source.copy(tmp_path / "other").master)
        ribbon.set_back(asked_by_the_desk(other))
        assert note.exists()
        old = datetime(2020, 1, 1).timestamp()
        os.utime(note, (old, old))
        assert not ribbon.set_back(asked_by_the_desk(other))
        assert not note.exists()
