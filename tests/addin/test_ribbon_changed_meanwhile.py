"""Somebody sorts, inserts, deletes or types while a click is computed: the click takes it into account, or is refused whole."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from clicks import Excel, log_of
from copied import copy_project
from e2e.small_project import DAY, Project
from excel.test_both_engines import cells, differences

from collab_xl import catalogue, verbs
from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.read import read_book
from collab_xl.excel import copy
from collab_xl.excel.read import read_open_book
from collab_xl.project import checkpoint
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

Open = Callable[[Path], Any]
Change = Callable[[Any], None]
FRIDAY = datetime(2026, 11, 20, 18)
VERBS = ("check", "flag", "consolidate", "resolve", "week", "undo", "redo", "issue")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which every verb has something to write: an answer with a conflict is in, one run can be taken back."""
    with clock.at(FRIDAY):
        project = Project.start(tmp_path_factory.mktemp("meanwhile"))
        project.issue()
        project.reply("市场部", {("tasks", "RW-001"): {"progress": 0.8}, ("tasks", "RW-003"): {"progress": 0.5}}, "市场部")
        project.type(("tasks", "RW-001", "progress", 0.6))
        verbs.flag(project.master, as_of=DAY, lang="zh")
    return project.folder


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes, also other tests at this moment, have copies in the system's."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with clock.at(FRIDAY):
        yield


@pytest.fixture
def excel(office_context: Any, monkeypatch: pytest.MonkeyPatch) -> Excel:
    return Excel(monkeypatch)


def tasks(book: Any) -> tuple[Any, Any]:
    """The table of tasks as it is now, and LibreOffice's own sheet."""
    ref = read_open_book(book).tables["Tasks"]
    return ref, book.sheets[ref.sheet].impl.sheet


def sorted_other_way(book: Any) -> None:
    ref, sheet = tasks(book)
    data = ref.data
    rows = sheet.getCellRangeByPosition(data.first_col - 1, data.first_row - 1, data.last_col - 1, data.last_row - 1)
    rows.setDataArray(tuple(reversed(rows.getDataArray())))


def row_inserted(book: Any) -> None:
    ref, sheet = tasks(book)
    sheet.Rows.insertByIndex(ref.area.first_row - 1, 1)  # above the headings: the whole table moves down


def row_deleted(book: Any) -> None:
    import uno

    ref, sheet = tasks(book)
    data, row = ref.data, ref.data.first_row
    gone = sheet.getCellRangeByPosition(data.first_col - 1, row, data.last_col - 1, row).RangeAddress
    sheet.removeRange(gone, uno.Enum("com.sun.star.sheet.CellDeleteMode", "UP"))


def column_inserted(book: Any) -> None:
    ref, sheet = tasks(book)
    sheet.Columns.insertByIndex(ref.area.first_col - 1, 1)


def typed(book: Any) -> None:
    ref, _ = tasks(book)
    row, column = ref.data.first_row, ref.area.first_col + ref.headings.index("当前进度")
    book.sheets[ref.sheet].range((row, column)).value = 0.31


IDS = re.compile(r"R\d{4}-[0-9a-f]{4}|\d{4}W\d\d-[0-9a-f]{6}")
OF_LISTS = ("检查结果", "冲突处理", "滞后清单", "升级清单", "周报", "首页")
LISTS = ("check", "flag", "week", "issue", "consolidate")
QUICK = {("consolidate", "sorted_other_way"), ("check", "row_inserted")}
CHANGES: dict[str, Change] = {f.__name__: f for f in (sorted_other_way, row_inserted, row_deleted, column_inserted, typed)}


def seen_cells(book: Any) -> dict[str, object]:
    """Every cell, without the ids of runs and packs."""
    found = cells(read_open_book(book))
    return {at: IDS.sub("R", value) if isinstance(value, str) else value for at, value in found.items()}


def ready(made: Path, folder: Path, verb: str) -> Path:
    """A copy of the project in which `verb` has something to do."""
    home = copy_project(made, folder)
    master = home / "主表.xlsx"
    if verb == "consolidate":
        verbs.collect(master, [home / "inbox"], department=None, as_of=DAY, write=True, lang="zh", progress=no_progress)
    if verb == "resolve":
        verbs.consolidate(master, [home / "inbox"], as_of=DAY, lang="zh", progress=no_progress)
        Project(home).decide(RW_001=("采用报送", None))
    if verb == "redo":
        verbs.undo(master, as_of=DAY, lang="zh")
    return master


PAIRS = [pytest.param(v, c, marks=() if v == "flag" or (v, c) in QUICK else pytest.mark.slow) for v in VERBS for c in CHANGES]


@pytest.mark.parametrize(("verb", "change"), PAIRS)
def test_a_click_takes_into_account_what_was_done_meanwhile(
    verb: str, change: str, made: Path, tmp_path: Path, open_book: Open, excel: Excel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The result is the one of a click after the change."""
    first = open_book(ready(made, tmp_path / "a" / "项目", verb))
    CHANGES[change](first)
    expected = excel.click(verb, first)
    after = seen_cells(first)
    first.close()

    book = open_book(ready(made, tmp_path / "b" / "项目", verb))
    todo = [CHANGES[change]]
    monkeypatch.setitem(checkpoint.armed, "live:backed_up", lambda: todo.pop()(book) if todo else None)
    seen = excel.click(verb, book)
    assert not todo, "the verb wrote nothing"
    assert (seen.bad, expected.bad) == (False, False), (seen.message, expected.message)
    left = differences(after, seen_cells(book))
    if (verb, change) in ((v, "typed") for v in LISTS):  # a list of what was found when the click began: no cell of a form is written
        left = {at: both for at, both in left.items() if at.partition("!")[0] not in OF_LISTS}
        if verb == "flag" and left:  # so is what is computed from the rows: the next click brings it
            excel.click(verb, book)
            now = seen_cells(book)
            left = {at: both for at, both in left.items() if after.get(at) != now.get(at)}
    assert not left
    assert not list(copies())
    packs = [sorted(path.name for path in (tmp_path / one / "项目").glob("主表.collab/outbox/*/*.xlsx")) for one in "ab"]
    assert packs[0] == packs[1], "a click computed again leaves no packs of the first time"
    for path in (tmp_path / "b" / "项目").glob("主表.collab/outbox/*/*.xlsx"):
        assert str(hidden_values(read_book(path))["pack"]) in str(cells(read_open_book(book)).values())


def copies() -> Iterator[Path]:
    return Path(tempfile.gettempdir()).glob(f"{copy.FOLDER}*/*.xlsx")


def test_somebody_who_never_stops_is_not_written_over(
    made: Path, tmp_path: Path, open_book: Open, excel: Excel, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = open_book(ready(made, tmp_path / "项目", "flag"))
    monkeypatch.setitem(checkpoint.armed, "live:backed_up", lambda: sorted_other_way(book))
    before = seen_cells(book)
    seen = excel.click("flag", book)
    assert seen.bad
    assert catalogue.text("excel.error.live_moved.fix", "zh") in seen.message
    sorted_other_way(book)  # it was turned three times
    assert not differences(before, seen_cells(book))
    assert not list(copies())


def refusing(self: Any, path: str) -> None:
    from office_engine.cells import RefusedError

    raise RefusedError("SaveCopyAs: no right to this folder")


def encrypting(self: Any, path: str) -> None:
    """As a company's software does with everything that Office saves."""
    self._book.save(path)
    target = Path(path)
    target.write_bytes(b"E-SafeNet" + target.read_bytes()[9:])


@pytest.mark.parametrize(("how", "why"), [(refusing, "no right"), (encrypting, "E-SafeNet")])
def test_where_no_copy_can_be_read_the_workbook_is_read_in_blocks(
    how: Callable[[Any, str], None], why: str, made: Path, tmp_path: Path, open_book: Open, excel: Excel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same result, and the reason is said in the message and in the log."""
    from office_engine.facade import BookApi

    one = open_book(ready(made, tmp_path / "a" / "项目", "preview"))
    excel.click("preview", one)
    after = seen_cells(one)
    one.close()
    master = ready(made, tmp_path / "b" / "项目", "preview")
    book = open_book(master)
    real = BookApi.SaveCopyAs
    todo = [how]
    monkeypatch.setattr(BookApi, "SaveCopyAs", lambda self, path: (todo.pop() if todo else real)(self, path))
    seen = excel.click("preview", book)
    assert not seen.bad, seen.message
    assert not differences(after, seen_cells(book))
    assert why in seen.message
    assert why in log_of(master)
    assert not list(copies())


def test_a_copy_left_by_a_killed_run_is_deleted_by_a_later_one(
    made: Path, tmp_path: Path, open_book: Open, excel: Excel, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary" / (f"{copy.FOLDER}-{os.getuid()}" if hasattr(os, "getuid") else copy.FOLDER)
    folder.mkdir(mode=0o700)
    old, new = folder / "old.xlsx", folder / "new.xlsx"
    for path in (old, new):
        path.write_bytes(b"PK")
    os.utime(old, (FRIDAY.timestamp(),) * 2)
    book = open_book(ready(made, tmp_path / "项目", "check"))
    assert not excel.click("check", book).bad
    assert [path.name for path in folder.iterdir()] == ["new.xlsx"]


def test_the_copy_is_the_backup(made: Path, tmp_path: Path, open_book: Open, excel: Excel) -> None:
    master = ready(made, tmp_path / "项目", "flag")
    book = open_book(master)
    typed(book)
    before = cells(read_open_book(book))
    assert not excel.click("flag", book).bad
    backup = max((master.with_suffix(".collab") / "backups").glob("*.xlsx"), key=lambda path: path.stat().st_mtime_ns)
    assert not differences(before, cells(read_book(backup)))


def test_nothing_is_read_from_a_folder_that_is_not_ours_alone(
    made: Path, tmp_path: Path, open_book: Open, excel: Excel, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(os, "getuid"):
        pytest.skip("Windows: the temporary folder belongs to the user")
    (tmp_path / "temporary" / f"{copy.FOLDER}-{os.getuid()}").mkdir(mode=0o777)
    (tmp_path / "temporary" / f"{copy.FOLDER}-{os.getuid()}").chmod(0o777)
    master = ready(made, tmp_path / "项目", "check")
    assert not excel.click("check", open_book(master)).bad
    assert "not ours alone" in log_of(master)
    shutil.rmtree(tmp_path / "temporary" / f"{copy.FOLDER}-{os.getuid()}")
