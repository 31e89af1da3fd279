"""A run on the open workbook: the same verbs, the same result, and what happens when it is closed without saving."""

from __future__ import annotations

import itertools
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from copied import copy_project
from e2e.small_project import DAY, WEEK, Project
from test_both_engines import cells, differences

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.errors import CollabError
from collab_xl.excel.read import read_open_book
from collab_xl.excel.run import OnScreen
from collab_xl.forms import load
from collab_xl.model.plan import Plan
from collab_xl.model.run import RunRecord
from collab_xl.project import checkpoint
from collab_xl.project.run import Where, hidden_values
from collab_xl.project.sidecar import own_sidecar
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

Open = Callable[[Path], Any]
FRIDAY = datetime(2026, 11, 20, 18)
EDITS = {
    ("tasks", "RW-001"): {"progress": 0.8, "risk": "3-5 天后才有测试机", "done_this_week": "001"},
    ("tasks", "RW-003"): {"status": "进行中", "progress": 0.5, "measure": "=加人"},
    ("problems", "+0"): {"task_id": "RW-001", "description": "1/2 的问卷没有回", "level": "紧急", "raised_by": "李*"},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose packs are out and one reply is in, in a folder that tests copy."""
    project = Project.start(tmp_path_factory.mktemp("made"))
    project.issue()
    project.reply("市场部", EDITS, "市场部")
    project.type(("tasks", "RW-001", "risk", "PMO 已协调"))
    return project.folder


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with clock.at(FRIDAY):
        yield


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return copy_project(made, tmp_path / "项目")


def week_of_verbs(where: Where, inbox: Path) -> Iterator[tuple[str, Report]]:
    """The week of a PMO, on any workbook."""
    ask = {"as_of": DAY, "lang": "zh"}
    yield "issue", verbs.issue(where, **ask, week=WEEK, progress=no_progress)
    yield "collect", verbs.collect(where, [inbox], department=None, write=True, **ask, progress=no_progress)
    yield "check", verbs.check(where, **ask)
    yield "preview", verbs.preview(where, **ask, progress=no_progress)
    yield "consolidate", verbs.consolidate(where, **ask, progress=no_progress)
    yield "flag", verbs.flag(where, **ask)
    yield "resolve", verbs.resolve(where, **ask)
    yield "week", verbs.week(where, **ask, week=WEEK)
    yield "undo", verbs.undo(where, **ask)


def numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are counted from 1 instead of random, so that both sides have the same."""
    counts: dict[int, itertools.count[int]] = {}  # by size: the names of temporary files do not count among the ids
    monkeypatch.setattr(secrets, "token_hex", lambda size: f"{next(counts.setdefault(size, itertools.count(1))):0{2 * size}x}")


@pytest.mark.slow  # `test_ribbon_week` has the same week by the buttons
def test_a_week_of_verbs_on_the_screen_gives_the_cells_of_the_closed_file(
    made: Path, tmp_path: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every cell of every sheet, value or formula, and every table's range, after each verb."""
    home = copy_project(made, tmp_path / "项目")
    numbered(monkeypatch)
    done: list[tuple[str, Report, Path]] = []
    for verb, report in week_of_verbs(home / "主表.xlsx", home / "inbox"):
        done.append((verb, report, tmp_path / f"{len(done)}.xlsx"))
        shutil.copyfile(home / "主表.xlsx", done[-1][2])
    shutil.rmtree(home)
    copy_project(made, home)
    numbered(monkeypatch)
    book = open_book(home / "主表.xlsx")
    saved = tmp_path / "saved.xlsx"
    for (verb, closed, after), (_, live) in zip(done, week_of_verbs(OnScreen(book), home / "inbox"), strict=True):
        assert (live.json, live.lines, live.listings, live.exit_code) == (closed.json, closed.lines, closed.listings, closed.exit_code), (
            verb
        )
        book.save(saved)
        found = differences(cells(read_book(after)), cells(read_book(saved)))
        assert not found, (verb, len(found), dict(list(found.items())[:8]))
        areas = {name: ref.area for name, ref in read_book(after).tables.items()}
        assert {name: ref.area for name, ref in read_open_book(book).tables.items()} == areas, verb


@pytest.fixture
def book(folder: Path, open_book: Open) -> Any:
    return open_book(folder / "主表.xlsx")


def consolidate(where: Where, *inputs: Path) -> Report:
    return verbs.consolidate(where, inputs, as_of=DAY, lang="zh", progress=no_progress)


def undo(where: Where) -> Report:
    return verbs.undo(where, as_of=DAY, lang="zh")


def data(book: Any) -> dict[str, object]:
    """Every cell of the sheets with data tables, by sheet and address."""
    live = read_open_book(book)
    sheets = {live.tables[form.table].sheet for form in load().forms if form.table in live.tables}
    return cells(live, sheets)


def run_in(book: Any) -> object:
    return hidden_values(read_open_book(book))["run"]


def place(book: Any, form_id: str, key: str, field_id: str) -> Any:
    """The cell of a data table, as xlwings has it."""
    live, form = read_open_book(book), load().form(form_id)
    ref = live.tables[form.table]
    column = {f.id: ref.area.first_col + ref.headings.index(f.heading["zh"]) for f in form.fields if f.heading["zh"] in ref.headings}
    snap = live.snapshot(ref.sheet)
    row = next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, column[form.key.id]) == key)
    return book.sheets[ref.sheet].range((row, column[field_id]))


def test_closed_without_saving_it_never_took_place(made: Path, folder: Path, tmp_path: Path, open_book: Open) -> None:
    """The ledger has a run that the workbook does not contain: what it took in is held, and gives the same when a person wants it again."""
    master, inbox = folder / "主表.xlsx", folder / "inbox"
    undisturbed = copy_project(made, tmp_path / "ohne")
    expected = consolidate(undisturbed / "主表.xlsx", undisturbed / "inbox")

    book = open_book(master)
    before = run_in(book)
    first = consolidate(OnScreen(book), inbox)
    assert run_in(book) == first.json["run"]
    assert task(book, "progress") == 0.8
    book.close()

    book = open_book(master)
    assert run_in(book) == before
    assert task(book, "progress") == 0.5
    logged = {r["run"]: r["contained"] for r in verbs.log(OnScreen(book), lang="zh").json["runs"]}
    assert logged[first.json["run"]] is False
    assert verbs.status(OnScreen(book), as_of=DAY, lang="zh").json["ready"] == 0, "what was collected by that run was not"
    held = consolidate(OnScreen(book), inbox)
    assert [one["file"] for one in held.json["held"]] == ["市场部.xlsx"]
    assert task(book, "progress") == 0.5
    again = verbs.consolidate(OnScreen(book), [inbox], again=True, as_of=DAY, lang="zh", progress=no_progress)
    assert again.json["submissions"] == expected.json["submissions"]
    assert without_runs(again.json["conflicts"]) == without_runs(expected.json["conflicts"])
    assert again.json["run"] != first.json["run"]
    live = data(book)
    closed = cells(read_book(undisturbed / "主表.xlsx"))
    sheets = {at.partition("!")[0] for at in live}
    assert not differences({at: value for at, value in closed.items() if at.partition("!")[0] in sheets}, live)


def without_runs(items: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{k: v for k, v in item.items() if k != "id"} for item in items]


def task(book: Any, field: str) -> object:
    return place(book, "tasks", "RW-001", field).value


def test_saved_it_took_place_and_the_closed_engine_goes_on(folder: Path, book: Any, tmp_path: Path) -> None:
    first = consolidate(OnScreen(book), folder / "inbox")
    book.save()
    book.close()
    again = consolidate(folder / "主表.xlsx", folder / "inbox")
    assert again.json["run"] is None or again.json["submissions"] == []
    assert again.json["items"][0]["state"] == "duplicate"
    runs = verbs.log(folder / "主表.xlsx", lang="zh").json["runs"]
    assert [r["contained"] for r in runs if r["run"] == first.json["run"]] == [True]
    assert undo(folder / "主表.xlsx").json["undone"][-1] == first.json["run"]


def test_undo_takes_back_a_run_that_was_not_saved_and_leaves_what_was_typed_since(folder: Path, book: Any) -> None:
    before = data(book)
    done = consolidate(OnScreen(book), folder / "inbox")
    assert differences(before, data(book))
    place(book, "tasks", "RW-001", "done_this_week").value = "PMO：已核对"
    taken_back = undo(OnScreen(book))
    assert taken_back.json["undone"] == [done.json["run"]]
    assert [(k["row_id"], k["found"]) for k in taken_back.json["kept"]] == [("RW-001", "PMO：已核对")]
    at = f"{place(book, 'tasks', 'RW-001', 'done_this_week').sheet.name}!"
    left = differences(before, data(book))
    assert [(old, new) for old, new in left.values()] == [(None, "PMO：已核对")], left
    assert next(iter(left)).startswith(at)
    looked = verbs.status(OnScreen(book), as_of=DAY, lang="zh").json
    assert (looked["ready"], [one["file"] for one in looked["held"]]) == (0, ["市场部.xlsx"])
    redone = verbs.redo(OnScreen(book), as_of=DAY, lang="zh")
    assert redone.json["undone"] == [taken_back.json["run"]]
    assert task(book, "progress") == 0.8


def test_the_backup_has_the_cells_nobody_has_saved(folder: Path, book: Any) -> None:
    place(book, "tasks", "RW-002", "remark").value = "还没有保存的一句"
    consolidate(OnScreen(book), folder / "inbox")
    newest = own_sidecar(folder / "主表.xlsx").backup_files()[-1]
    snap = read_book(newest).snapshot("任务跟踪表")
    assert any("还没有保存的一句" in line for line in snap.cells)
    assert not any("001" in line for line in snap.cells), "from before the run"


POINTS = (*(pytest.param(point, marks=pytest.mark.slow) for point in ("live:backed_up", "ledger:prepared")), "run:prepared")


@pytest.mark.parametrize("point", POINTS)
def test_python_that_dies_before_it_writes_leaves_the_workbook_as_it_was(
    folder: Path, book: Any, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """Excel continues when Python is killed: nothing has been written, and the next click works."""

    def die() -> None:
        raise KeyboardInterrupt

    before, run = cells(read_open_book(book)), run_in(book)
    monkeypatch.setitem(checkpoint.armed, point, die)
    with pytest.raises(KeyboardInterrupt):
        consolidate(OnScreen(book), folder / "inbox")
    monkeypatch.undo()
    assert cells(read_open_book(book)) == before
    assert run_in(book) == run
    assert consolidate(OnScreen(book), folder / "inbox").json["submissions"][0]["applied"] > 0


def refusing_writes(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Excel refuses the block number `after`, once."""
    from office_engine.cells import RefusedError
    from office_engine.engine import Range

    real, count = Range.raw_value, itertools.count()

    def refusing(self: Any, values: Any) -> None:
        if next(count) == after:
            raise RefusedError("Unable to set the Value property of the Range class")
        real.fset(self, values)  # type: ignore[attr-defined]

    monkeypatch.setattr(Range, "raw_value", property(real.fget, refusing))  # type: ignore[attr-defined]


@pytest.mark.parametrize("which", [*(pytest.param(which, marks=pytest.mark.slow) for which in ("first", "middle")), "last"])
def test_a_failure_midway_takes_everything_back_and_needs_no_repair(
    folder: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """`last` is the run id: a workbook with the values but without the id would not be known to contain the run."""
    apart = copy_project(folder, folder.parent / "试")  # in the folder itself what was not saved would be held
    trial = open_book(apart / "主表.xlsx")
    blocks = put_blocks(monkeypatch, lambda: consolidate(OnScreen(trial), apart / "inbox"))
    trial.close()
    assert blocks > 10
    book = open_book(folder / "主表.xlsx")
    before, run = cells(read_open_book(book)), run_in(book)
    refusing_writes(monkeypatch, {"first": 0, "middle": blocks // 2, "last": blocks - 1}[which])
    with pytest.raises(CollabError) as refused:
        consolidate(OnScreen(book), folder / "inbox")
    assert refused.value.code == "live_write_failed"
    monkeypatch.undo()
    assert not differences(before, cells(read_open_book(book)))
    assert run_in(book) == run
    assert consolidate(OnScreen(book), folder / "inbox").json["submissions"][0]["applied"] > 0


def put_blocks(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> int:
    """How many blocks `work` writes."""
    from office_engine.engine import Range

    real, count = Range.raw_value, itertools.count()

    def counting(self: Any, values: Any) -> None:
        next(count)
        real.fset(self, values)  # type: ignore[attr-defined]

    with monkeypatch.context() as patch:
        patch.setattr(Range, "raw_value", property(real.fget, counting))  # type: ignore[attr-defined]
        work()
    return next(count)


def test_our_own_excel_does_not_stand_in_the_way(folder: Path, book: Any) -> None:
    """The owner file shows that somebody has the master open; it is us."""
    owner = folder / "~$主表.xlsx"
    owner.write_bytes(b"\x04PMO \x00")
    assert consolidate(OnScreen(book), folder / "inbox").json["run"]
    with pytest.raises(CollabError, match="master_open"):
        consolidate(folder / "主表.xlsx", folder / "inbox")


def test_what_another_run_has_written_while_we_waited_is_read(folder: Path, book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second click on a Mac waits for the first and works with its result: it reads the workbook after it has the lock."""
    first = OnScreen(book).open_master(for_writing=True)
    with pytest.raises(CollabError, match="master_busy"):
        OnScreen(book).open_master(for_writing=True, wait_seconds=0)
    written: list[str] = []

    def wait(seconds: float) -> None:
        """While the second waits, the first does its work and releases the lock."""
        if not written:
            with first:
                written.append(first.commit(RunRecord("check", DAY, FRIDAY, "zh"), Plan()))

    monkeypatch.setattr("collab_xl.project.file_lock.time.sleep", wait)
    with OnScreen(book).open_master(for_writing=True, wait_seconds=20) as second:
        assert second.run_id == written[0]


@pytest.mark.parametrize("sheets", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_python_killed_while_it_writes_is_noticed_at_the_next_click(
    folder: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch, sheets: int
) -> None:
    """Half a run would look like cells typed by a user. Without saving it is gone; if it was saved, there is the backup."""
    master = folder / "主表.xlsx"
    book, count = open_book(master), itertools.count(1)

    def killed() -> None:
        if next(count) == sheets:
            raise KeyboardInterrupt

    before = cells(read_open_book(book))
    monkeypatch.setitem(checkpoint.armed, "live:sheet_written", killed)
    with pytest.raises(KeyboardInterrupt):
        consolidate(OnScreen(book), folder / "inbox")
    monkeypatch.undo()
    with pytest.raises(CollabError, match="half_written") as refused:
        consolidate(OnScreen(book))
    assert verbs.log(OnScreen(book), lang="zh").json["runs"], "looking is allowed"
    book.save()
    book.close()
    with pytest.raises(CollabError, match="half_written"):
        consolidate(master)
    shutil.copyfile(Path(str(refused.value.facts["backup"])), master)
    book = open_book(master)
    assert not differences(before, cells(read_open_book(book)))
    assert consolidate(OnScreen(book), folder / "inbox").json["submissions"][0]["applied"] > 0
