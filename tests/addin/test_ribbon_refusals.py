"""Clicks that cannot be carried out: what the person reads, and that the workbook stays as it was."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from clicks import Excel, Seen, log_of
from copied import copy_project
from e2e.small_project import DAY, WEEK, Project
from excel.test_both_engines import cells, differences

from collab_xl import catalogue, user_logs, verbs
from collab_xl.addin.message_text import verb_name
from collab_xl.book.read import read_book
from collab_xl.errors import CollabError
from collab_xl.excel.read import read_open_book
from collab_xl.excel.write import write_open
from collab_xl.forms import load
from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.verbs.times import clock

Open = Callable[[Path], Any]
WRITING = ("issue", "collect", "check", "flag", "preview", "consolidate", "resolve", "week", "undo")
CELLS = {("tasks", "RW-001"): {"progress": 0.8}, ("problems", "+0"): {"task_id": "RW-001", "description": "问卷没有回", "raised_by": "李*"}}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose packs are out and one reply is in the inbox."""
    project = Project.start(tmp_path_factory.mktemp("made"))
    project.issue()
    project.reply("市场部", CELLS, "市场部")
    return project.folder


@pytest.fixture(autouse=True)
def friday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(user_logs, "user_folder", lambda: tmp_path / "own logs")
    from datetime import datetime

    with clock.at(datetime(2026, 11, 20, 18)):
        yield


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return copy_project(made, tmp_path / "项目")


@pytest.fixture
def master(folder: Path) -> Path:
    return folder / "主表.xlsx"


@pytest.fixture
def excel(office_context: Any, monkeypatch: pytest.MonkeyPatch) -> Excel:
    return Excel(monkeypatch)


def collected(master: Path) -> None:
    """What waits for 汇总: taken in on the command line before the master is opened."""
    with_reply = [master.parent / "inbox"]
    verbs.collect(master, with_reply, department=None, as_of=DAY, write=True, lang="zh", progress=lambda *_: None)


def refused(excel: Excel, verb: str, book: Any, code: str, name: str | None = None) -> Seen:
    """The click is refused with a finished text in both languages, and not a cell has changed."""
    from office_engine.engine import App

    before = cells(read_open_book(book)) if book is not None else {}
    seen = None
    for lang, number in (("en", 1033), ("zh", 2052)):
        excel.patch.setattr(App, "LANGUAGE", number)
        seen = excel.click(verb, book, name, answer="no")
        assert seen.bad
        own = (
            catalogue.texts(lang).get(f"addin.ribbon_error.{code}.what")
            or catalogue.texts(lang)[catalogue.code_key(f"error.{code}", "what")]
        )
        pattern = ".*".join(map(re.escape, re.split(r"\{[^}]*\}", own)))
        assert re.fullmatch(pattern, seen.message.split("\n\n")[0], re.S), (code, seen.message)
        assert len(seen.message.split("\n\n")) == 3 + len(seen.questions), "what, why, what to do, and the other way where there is one"
        assert not re.search(r"[{}]|Traceback|\bNone\b", seen.message), seen.message
    if book is not None:
        assert not differences(before, cells(read_open_book(book)))
    assert seen is not None
    return seen


@pytest.mark.parametrize("verb", [*WRITING, "log", "settings"])
def test_no_workbook(excel: Excel, verb: str) -> None:
    """VBA asks before it starts Python; the workbook may be gone by then all the same."""
    assert "主表.xlsx" in refused(excel, verb, None, "ribbon_no_book", name="主表.xlsx").message
    refused(excel, verb, None, "ribbon_no_book")


def test_help_and_diagnosis_need_no_workbook(excel: Excel) -> None:
    assert not excel.click("doctor").bad
    assert catalogue.text("verbs.doctor.no_master", "zh") in excel.click("doctor").message
    assert excel.click("help").message == ""
    assert len(excel.pages) == 1
    assert not excel.click("doctor", name="已关闭.xlsx").bad, "one that was closed after the click"


@pytest.mark.parametrize("verb", [*WRITING, "log", "settings"])
def test_not_a_master(excel: Excel, verb: str, tmp_path: Path, open_book: Open) -> None:
    path = tmp_path / "a=b 预算.xlsx"
    openpyxl.Workbook().save(path)
    assert "a=b 预算.xlsx" in refused(excel, verb, open_book(path), "not_a_master").message
    assert not path.with_suffix(".collab").exists()


def test_a_pack(excel: Excel, master: Path, open_book: Open) -> None:
    pack = next((master.parent / "outbox").glob("*市场部*.xlsx"))
    said = refused(excel, "consolidate", open_book(pack), "is_a_pack").message
    assert "市场部" in said
    assert "收件" in said


def test_a_sheet_with_a_password(excel: Excel, master: Path, open_book: Open) -> None:
    collected(master)
    book = open_book(master)
    sheet = read_open_book(book).tables["Tasks"].sheet
    book.sheets[sheet].impl.sheet.protect("geheim")
    assert sheet in refused(excel, "consolidate", book, "live_protected").message
    book.sheets[sheet].impl.sheet.unprotect("geheim")
    assert not excel.click("consolidate", book).bad, "nothing is left in the way"


def test_filtered_rows_are_no_obstacle(excel: Excel, master: Path, open_book: Open) -> None:
    """The filter is put aside and set again, and the values are in the right rows."""
    collected(master)
    book = open_book(master)
    live = read_open_book(book)
    ref = live.tables["Tasks"]
    dept = 1 + ref.headings.index(load().form("tasks").field("dept").heading["zh"])
    book.sheets[ref.sheet].tables["Tasks"].autofilter.apply_values(dept, ["研发部"])
    hidden = read_open_book(book).snapshot(ref.sheet).hidden_rows
    assert len(hidden) == 2
    seen = excel.click("consolidate", book)
    assert not seen.bad, seen.message
    snap = read_open_book(book).snapshot(ref.sheet)
    assert snap.hidden_rows == hidden
    key, progress = (ref.area.first_col + ref.headings.index(h) for h in ("任务ID", "当前进度"))
    rows = {snap.value(r, key): snap.value(r, progress) for r in range(ref.data.first_row, ref.data.last_row + 1)}
    assert rows["RW-001"] == 0.8
    assert rows["RW-002"] == 0.2


def test_a_filter_nobody_can_set_again(excel: Excel, master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from office_engine.filters import AutoFilter

    collected(master)
    book = open_book(master)
    ref = read_open_book(book).tables["Tasks"]
    book.sheets[ref.sheet].tables["Tasks"].autofilter.apply_values(4, ["研发部"])
    monkeypatch.setattr(AutoFilter, "unreadable", True)
    refused(excel, "consolidate", book, "live_filter_unknown")


def test_a_file_that_is_read_only(excel: Excel, master: Path, open_book: Open) -> None:
    collected(master)
    book = open_book(master)
    master.chmod(0o444)
    for verb in ("consolidate", "check", "undo"):
        refused(excel, verb, book, "live_read_only")
    assert not excel.click("log", book).bad, "looking is allowed"


def test_a_workbook_somebody_else_has_open(excel: Excel, master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Excel opened it as [Read-Only]."""
    from office_engine.facade import BookApi

    monkeypatch.setattr(BookApi, "READ_ONLY", True)
    refused(excel, "check", open_book(master), "live_read_only")


def test_a_folder_that_takes_no_file(excel: Excel, master: Path, open_book: Open) -> None:
    book = open_book(master)
    lock = master.with_suffix(".collab") / "lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    refused(excel, "check", book, "sidecar_not_writable")


def test_no_room_for_the_backup(excel: Excel, master: Path, open_book: Open) -> None:
    book = open_book(master)
    backups = master.with_suffix(".collab") / "backups"
    shutil.rmtree(backups)
    backups.write_text("")
    refused(excel, "check", book, "live_no_backup")


def test_a_table_with_a_totals_row_that_would_have_to_grow(excel: Excel, master: Path, open_book: Open) -> None:
    collected(master)
    book = open_book(master)
    live = read_open_book(book)
    ref = live.tables["Problems"]
    snap = live.snapshot(ref.sheet)
    full = [r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, ref.area.first_col) is None]
    edits = [CellEdit(ref.sheet, r, ref.area.first_col, None, f"WT-{r:03}") for r in full]
    write_open(book, Plan(tuple(edits)))
    book.sheets[ref.sheet].tables["Problems"].impl._ranged.TotalsRow = True
    below = ref.area.last_row + 1
    area = Area(ref.area.first_row, ref.area.first_col, below, ref.area.last_col)
    book.sheets[ref.sheet].tables["Problems"].impl._ranged.DataArea = (
        book.sheets[ref.sheet].range((area.first_row, area.first_col), (area.last_row, area.last_col)).impl._cells.RangeAddress
    )
    assert ref.sheet in refused(excel, "consolidate", book, "live_totals").message


def test_the_ledger_is_missing(excel: Excel, master: Path, open_book: Open) -> None:
    book = open_book(master)
    shutil.rmtree(master.with_suffix(".collab"))
    refused(excel, "consolidate", book, "ledger_missing")
    assert "ledger_missing" in (user_logs.user_folder() / "ribbon.log").read_text("utf-8"), "a log for a project without a folder"


def test_another_run_is_at_work(excel: Excel, master: Path, open_book: Open) -> None:
    book = open_book(master)
    hold = "import sys; from pathlib import Path; from collab_xl.project.file_lock import FileLock; "
    hold += "lock = FileLock(Path(sys.argv[1])); lock.acquire('x'); print('held', flush=True); sys.stdin.read()"
    lock = master.with_suffix(".collab") / "lock"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", hold, str(lock)], stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        refused(excel, "check", book, "master_busy")
        assert not excel.click("settings", book).bad, "looking is allowed"
        other.communicate("")
    assert not excel.click("check", book).bad


def test_in_the_cloud_and_never_saved(excel: Excel, master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from office_engine.engine import Book

    book = open_book(master)
    monkeypatch.setattr(Book, "cloud", "https://example-my.sharepoint.com/personal/x/Documents/主表.xlsx")
    assert "sharepoint.com" in refused(excel, "consolidate", book, "workbook_in_cloud").message
    monkeypatch.setattr(Book, "cloud", "主表.xlsx")
    refused(excel, "consolidate", book, "workbook_never_saved")


def test_a_cell_is_being_edited(excel: Excel, master: Path, open_book: Open) -> None:
    from collab_xl.excel.state import READY_TRIES

    book = open_book(master)
    excel.app.impl.editing = READY_TRIES
    seen = excel.click("check", book)
    assert seen.bad
    assert "Esc" in seen.message
    assert excel.app.impl.editing == 0


def test_typed_while_python_was_at_work(excel: Excel, master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a Mac the person may go on typing: nothing of theirs is written over, it is asked about."""
    from collab_xl.project import checkpoint

    collected(master)
    book = open_book(master)
    ref = read_open_book(book).tables["Tasks"]
    row = ref.data.first_row
    col = ref.area.first_col + ref.headings.index("当前进度")
    typed = [0.61]

    def put(value: float) -> None:
        book.sheets[ref.sheet].range((row, col)).value = value

    monkeypatch.setitem(checkpoint.armed, "live:backed_up", lambda: typed and put(typed.pop()))
    seen = excel.click("consolidate", book)
    assert not seen.bad
    assert seen.sheet == "冲突处理"
    assert book.sheets[ref.sheet].range((row, col)).value == 0.61


def test_a_fault_of_ours_is_said_in_plain_words_and_kept_in_the_log(
    excel: Excel, master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = open_book(master)
    before = cells(read_open_book(book))
    monkeypatch.setattr(import_module("collab_xl.verbs.check"), "check_stage", lambda *_, **__: [][0])
    seen = excel.click("check", book)
    assert seen.bad
    assert "Traceback" not in seen.message
    assert catalogue.text("addin.ribbon.unexpected_clean", "zh") in seen.message
    log = log_of(master)
    assert "IndexError" in log
    assert "Traceback" in log
    assert str(master.with_suffix(".collab") / "logs" / "ribbon.log") in seen.message
    assert not differences(before, cells(read_open_book(book)))


def test_excel_shows_no_message(excel: Excel, master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the system shows it; and where there is nothing to show it with, the log has it. Nothing reaches VBA."""
    from office_engine.engine import App

    shown: list[str] = []

    def broken(*_: object) -> None:
        raise RuntimeError("Excel is gone")

    book = open_book(master)
    monkeypatch.setattr(App, "alert", broken)
    monkeypatch.setattr("collab_xl.addin.screen.system_alert", lambda message, title: shown.append(message))
    excel.click("check", book)
    assert len(shown) == 1
    assert "check 主表.xlsx: done" in log_of(master)


def test_a_setting_that_cannot_be_used_is_shown_with_its_cell(excel: Excel, master: Path, open_book: Open) -> None:
    book = open_book(master)
    live = read_open_book(book)
    ref = live.tables["Settings"]
    snap = live.snapshot(ref.sheet)
    at = {snap.value(r, ref.area.first_col + 3): r for r in range(ref.data.first_row, ref.data.last_row + 1)}
    book.sheets[ref.sheet].range((at["warning_days"], ref.area.first_col + 1)).value = "两天"
    rules = live.tables["Rules"]
    other = live.snapshot(rules.sheet)
    switch = next(r for r in range(rules.data.first_row, rules.data.last_row + 1) if other.value(r, 6) == "rule.T301")
    book.sheets[rules.sheet].range((switch, 5)).value = "也许"
    seen = excel.click("settings", book)
    assert not seen.bad
    assert seen.sheet == ref.sheet
    for word in ("提前预警天数", "两天", "2", "T301", "也许"):
        assert word in seen.message
    assert excel.app.selection.row == at["warning_days"]


def test_the_inbox(excel: Excel, master: Path, open_book: Open) -> None:
    """Beside the master; made where it is missing; one named on 设置 must be there; which one was used is said."""
    book = open_book(master)
    (master.parent / "inbox").rename(master.parent / "以后")
    assert not (master.parent / "收件").exists()
    seen = excel.click("collect", book)
    assert str(master.parent / "收件") in seen.message
    assert (master.parent / "收件").is_dir()
    assert catalogue.text("addin.ribbon.not_saved", "zh") not in seen.message, "nothing was written"
    live = read_open_book(book)
    ref = live.tables["Settings"]
    snap = live.snapshot(ref.sheet)
    row = next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, ref.area.first_col + 3) == "inbox")
    cell = book.sheets[ref.sheet].range((row, ref.area.first_col + 1))
    cell.value = "没有这个"
    refused(excel, "collect", book, "inbox_missing")
    cell.value = "以后"
    seen = excel.click("collect", book)
    assert str(master.parent / "以后") in seen.message
    assert not seen.bad
    assert catalogue.text("addin.ribbon.not_saved", "zh") in seen.message


def test_nothing_to_do_is_said_with_what_to_do_first(excel: Excel, master: Path, open_book: Open) -> None:
    book = open_book(master)
    before = cells(read_open_book(book))
    assert catalogue.text("addin.ribbon.collect_first", "zh") in excel.click("consolidate", book).message
    assert "没有可以撤销的操作" in excel.click("undo", book).message
    assert not excel.click("resolve", book).bad
    assert not differences(before, cells(read_open_book(book)))


def test_a_second_issue_says_which_week(excel: Excel, master: Path, open_book: Open) -> None:
    seen = excel.click("issue", open_book(master))
    assert WEEK in seen.message
    assert "outbox" in seen.message


def test_packs_count_when_the_master_is_saved(excel: Excel, master: Path, open_book: Open) -> None:
    """Nothing else was unsaved: it is saved at once. Else the person is asked; no leaves the file as it was."""
    book = open_book(master)
    seen = excel.click("issue", book)
    assert not seen.questions
    assert catalogue.text("addin.ribbon.saved", "zh") in seen.message
    assert not differences(cells(read_open_book(book)), cells(read_book(master)))
    ref = read_open_book(book).tables["Tasks"]
    book.sheets[ref.sheet].range((ref.data.first_row, ref.area.first_col + ref.headings.index("备注"))).value = "还没有保存"
    before = master.read_bytes()
    seen = excel.click("issue", book, answer="no")
    assert seen.questions == (catalogue.text("addin.ribbon.issue_ask_save", "zh"),)
    assert catalogue.text("addin.ribbon.issue_not_saved", "zh") in seen.message
    assert master.read_bytes() == before
    assert catalogue.text("addin.ribbon.saved", "zh") in excel.click("issue", book).message
    assert not differences(cells(read_open_book(book)), cells(read_book(master)))


def test_packs_are_issued_although_excel_does_not_save(
    excel: Excel, master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The click has ended well; the message says that it is not saved, and the log why."""
    from office_engine.cells import RefusedError
    from office_engine.engine import Book

    book, before = open_book(master), master.read_bytes()

    def refusing(self: Any, path: Any = None, password: Any = None) -> None:
        raise RefusedError("the disk is full")

    monkeypatch.setattr(Book, "save", refusing)
    seen = excel.click("issue", book)
    assert not seen.bad
    assert catalogue.text("addin.ribbon.issue_not_saved", "zh") in seen.message
    assert master.read_bytes() == before
    assert "the disk is full" in log_of(master)
    assert ": refused" not in log_of(master)


def test_a_button_that_is_none_is_a_fault_of_the_add_in() -> None:
    from collab_xl.addin import ribbon

    with pytest.raises(ValueError, match="no such button"):
        ribbon.run("chased")


@pytest.mark.parametrize("lang", catalogue.LANGS)
def test_the_names_are_those_on_the_buttons(lang: str) -> None:
    import csv

    from collab_xl.addin.buttons import BUTTONS
    from collab_xl.addin.sources import macros_folder

    with (macros_folder() / "labels.csv").open(encoding="utf-8-sig") as file:
        labels = {row["id"].lower(): row[f"label_{lang}"] for row in csv.DictReader(file)}
    assert {verb: verb_name(verb, lang) for verb in BUTTONS} == {verb: labels[f"collab{verb}"] for verb in BUTTONS}


def test_every_button_of_the_ribbon_is_one_of_these() -> None:
    from collab_xl.addin.buttons import BUTTONS, NEEDS_NO_WORKBOOK
    from collab_xl.addin.sources import macros_folder

    text = (macros_folder() / "CollabRibbon.bas").read_text("ascii")
    commands = re.findall(r"ribbon\.run\('(\w+)'\)\", control\.ID, (True|False)", text)
    assert dict(commands) == {verb: str(verb not in NEEDS_NO_WORKBOOK) for verb in BUTTONS}


def test_the_entry_is_there_before_anything_heavy_is_imported() -> None:
    """A click starts Python: the sign in the status bar must not wait for tables and workbooks."""
    asked = "import sys, collab_xl.addin.ribbon; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-B", "-P", "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert "collab_xl" in loaded
    assert not {"xlwings", "pandas", "numpy", "openpyxl", "lxml", "xlsxwriter", "typer", "rich", "holidays", "sqlite3"} & set(loaded)


@pytest.mark.parametrize(("number", "country", "said", "lang"), [
    (2052, 86, "en_US.UTF-8", "zh"), (1028, 886, "", "zh"), (1033, 86, "zh_CN.UTF-8", "en"), (1031, 49, "", "en"),
    (None, 86, "", "zh"), (None, 1, "zh_CN.UTF-8", "en"), (None, None, "zh_CN.UTF-8", "zh"), (None, None, "de_DE.UTF-8", "en"),
    (None, None, "C.UTF-8", None),
])  # fmt: skip
def test_the_language_is_that_of_excels_menus(
    number: int | None, country: int | None, said: str, lang: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows the menus' own number; a Mac knows only a country; without a workbook the system is asked."""
    from collab_xl.addin import screen
    from collab_xl.excel import native as live_native

    def answer(value: int | None) -> Callable[[object], int]:
        def asked(app: object) -> int:
            if value is None:
                raise AttributeError("Excel does not say")
            return value

        return asked

    monkeypatch.setattr(live_native, "interface_language", answer(number))
    monkeypatch.setattr(live_native, "country", answer(country))
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", said)
    assert (screen._language(object()) or screen._system_language()) == lang  # type: ignore[arg-type]


def test_which_excel_and_language_are_asked_in_both_shapes(office_context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words are those of COM on Windows and, on a Mac, of xlwings' dictionary."""
    import xlwings as xw
    from office_engine import facade_mac
    from office_engine.engine import App

    from collab_xl.excel import native as live_native

    app = xw.apps.active
    monkeypatch.setattr(App, "LANGUAGE", 1033)
    assert (live_native.interface_language(app), live_native.country(app)) == (1033, 1)
    monkeypatch.setattr(live_native, "MAC", True)
    com = vars(App)["api"].fget
    monkeypatch.setattr(App, "api", property(lambda self: facade_mac.app_api(com(self))))
    assert (live_native.interface_language(app), live_native.country(app)) == (None, 1)
    monkeypatch.setattr(App, "LANGUAGE", 2052)
    assert live_native.country(app) == 86


def test_a_mac_backs_up_the_file_as_it_was_saved(master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """AppleScript has no SaveCopyAs. The ledger has every old value all the same."""
    from office_engine.facade_mac import play_mac

    from collab_xl.excel.run import OnScreen
    from collab_xl.project.sidecar import own_sidecar

    saved = master.read_bytes()
    book = open_book(master)
    play_mac(monkeypatch)
    report = verbs.check(OnScreen(book), as_of=DAY, lang="zh")
    assert report.lines
    assert own_sidecar(master).backup_files()[-1].read_bytes() == saved


@pytest.mark.parametrize("what", ["of this click", "old", "of another run", "a link"])
def test_a_mac_reads_the_copy_that_the_add_in_was_allowed_to_save(
    what: str, master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the master's own folder; it has the cells nobody has saved, and is the backup. Else the workbook is read in blocks."""
    from office_engine.facade_mac import play_mac

    from collab_xl.excel.copy import BESIDE
    from collab_xl.excel.run import OnScreen
    from collab_xl.project.sidecar import own_sidecar

    book, folder = open_book(master), own_sidecar(master)
    folder.path.mkdir(exist_ok=True)
    copy = folder.path / f"{BESIDE}.xlsx"
    book.sheets["任务跟踪表"].range("Z1").value = "没有保存"
    book.impl.save_copy(str(copy))
    content = copy.read_bytes()
    if what == "old":
        os.utime(copy, (1_000_000, 1_000_000))
    elif what == "of another run":
        book.sheets["_collab"].range("B5").value = "else"
    elif what == "a link":
        copy.rename(master.parent / "elsewhere.xlsx")
        copy.symlink_to(master.parent / "elsewhere.xlsx")
    play_mac(monkeypatch)
    screen = OnScreen(book)
    with contextlib.suppress(CollabError):
        verbs.check(screen, as_of=DAY, lang="zh")
    used = what == "of this click"
    assert [master.in_blocks == "" for master in screen.masters] in ([used], [] if what == "of another run" else [used])
    assert not copy.exists()
    assert (content in [path.read_bytes() for path in folder.backup_files()]) is used
    assert not list(folder.path.glob(f"{BESIDE}*"))


def test_started_from_python_the_mock_caller_is_taken(excel: Excel, master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """As xlwings documents it for trying a button without Excel's VBA."""
    import xlwings as xw

    from collab_xl.addin import ribbon

    book = open_book(master)
    monkeypatch.setattr(xw.Book, "_mock_caller", book, raising=False)
    monkeypatch.setattr(sys, "argv", ["-c"])
    excel.app.impl.alerts.clear()
    ribbon.run("check")
    ((message, mode),) = excel.app.impl.alerts
    assert mode == "info"
    assert catalogue.text("addin.ribbon.not_saved", "zh") in message
    assert book.sheets.active.name == "检查结果"
