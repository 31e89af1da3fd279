"""Sheets written and verified by a worker: the same bytes as written here, and a correct file when the worker fails."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from make_books import master
from written import LOG, TASKS, edit, edits, values

from collab_xl.book import verify as verifying
from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.read import Stamp, read_book
from collab_xl.book.verify import verify
from collab_xl.book.write_plan import WorkerPlan, write_plan
from collab_xl.errors import CollabError, StaleCell
from collab_xl.intake import pool
from collab_xl.model.place import Area
from collab_xl.model.plan import Plan
from collab_xl.model.record import replace
from collab_xl.project import sheet_process, sheet_worker
from collab_xl.project.commit import commit
from collab_xl.project.sheet_process import SheetProcess, large_sheets

PLAN = edits(TASKS, ("B5", "任务 1", "新名称"), ("G5", None, "新"))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return master(tmp_path / "主表.xlsx")


def given(book: Path, plan: Plan, *, load: bool = True, stamp: Stamp | None = None) -> tuple[SheetProcess, WorkerPlan]:
    process = SheetProcess(book, stamp or Stamp.of(book))
    if load:
        process.load([TASKS])
    process.write(plan)
    assert process.worker_plan is not None
    return process, process.worker_plan


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("load", [True, False])
def test_it_makes_the_same_file(book: Path, tmp_path: Path, load: bool):
    ref = read_book(book).tables["Tasks"]
    grown = replace(PLAN, tables={"Tasks": Area(ref.area.first_row, ref.area.first_col, ref.area.last_row + 2, ref.area.last_col)})
    whole = grown + edits(LOG, ("B4", None, "R1"))
    process, worker_plan = given(book, grown, load=load)
    taken = write_plan(book, tmp_path / "b.xlsx", whole, worker_plan)
    process.close()
    write_plan(book, tmp_path / "a.xlsx", whole)
    assert set(taken) == {TASKS, LOG}  # the log was verified here
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    verify(book, tmp_path / "b.xlsx", whole, taken)


def test_a_sheet_the_run_changes_further_is_written_again(book: Path, tmp_path: Path):
    process, worker_plan = given(book, PLAN)
    whole = PLAN + edits(TASKS, ("B6", "任务 2", "另一个"))
    assert write_plan(book, tmp_path / "b.xlsx", whole, worker_plan) == {}
    process.close()
    assert values(tmp_path / "b.xlsx", TASKS, ["B5", "B6"]) == ["新名称", "另一个"]


def test_a_file_changed_since_is_not_written_from(book: Path, tmp_path: Path):
    process, worker_plan = given(book, PLAN, stamp=replace(Stamp.of(book), sha256="0" * 64))
    assert worker_plan.sheets() == {}
    assert write_plan(book, tmp_path / "b.xlsx", PLAN, worker_plan) == {}
    process.close()


def test_a_dead_process_costs_nothing_but_time(book: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sheet_worker, "write", sheet_worker.load)  # fails in the worker, as it does not accept a plan
    process, worker_plan = given(book, PLAN)
    commit(book, Stamp.of(book), PLAN, worker_plan=worker_plan)
    process.close()
    assert values(book, TASKS, ["B5", "G5"]) == ["新名称", "新"]


def test_without_a_second_process_the_sheet_is_written_here(book: Path, monkeypatch: pytest.MonkeyPatch):
    def none_left(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(pool.subprocess, "Popen", none_left)
    monkeypatch.setattr(pool, "_waiting", {})  # nor one of an earlier pool
    process, worker_plan = given(book, PLAN)
    assert worker_plan.sheets() == {}
    commit(book, Stamp.of(book), PLAN, worker_plan=worker_plan)
    process.close()
    assert values(book, TASKS, ["B5", "G5"]) == ["新名称", "新"]


def test_closing_ends_the_process_at_once(book: Path):
    process, worker_plan = given(book, PLAN)
    process.close()
    process.close()
    assert worker_plan.sheets().keys() <= {TASKS}  # done before, or never: the worker is not started again


def test_what_is_wrong_is_raised_here(book: Path):
    stale = edits(TASKS, ("B5", "something else", "新"))
    process, worker_plan = given(book, stale)
    before = book.read_bytes()
    with pytest.raises(StaleCell):
        commit(book, Stamp.of(book), stale, worker_plan=worker_plan)
    process.close()
    assert book.read_bytes() == before


def test_other_bytes_than_the_proven_ones_are_seen(book: Path, tmp_path: Path):
    process, worker_plan = given(book, PLAN)
    proven = worker_plan.sheets()
    process.close()
    other = Plan((edit(TASKS, "B5", "任务 1", "neue"), *PLAN.edits[1:]))
    write_plan(book, tmp_path / "b.xlsx", other)
    with pytest.raises(CollabError, match="verify_failed"):
        verify(book, tmp_path / "b.xlsx", other, proven)


def structure_of(book: Path) -> Structure:
    return Structure(Package(book.read_bytes(), book.name))


def test_calamine_reads_the_written_rows_the_headings_and_what_else_changed(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    old = structure_of(book)
    new = structure_of(written(book, tmp_path / "b.xlsx", PLAN + edits(TASKS, ("B9", "任务 5", "新"))))
    read: list[set[int]] = []
    grids = verifying._grids

    def noted(workbook: io.BytesIO, sheets: list[str]) -> Iterator[tuple[int, int, list[list[object]]]]:
        for top, left, lines in grids(workbook, sheets):
            read.append({top + n for n, line in enumerate(lines) if any(line)})
            yield top, left, lines

    monkeypatch.setattr(verifying, "_grids", noted)
    verifying.compare(old, new, PLAN)
    assert read == [{4, 5, 9}]


@pytest.mark.parametrize("other", [("B5", "任务 1", "另一个"), ("G5", None, 7)])
def test_a_written_row_that_reads_as_something_else_is_seen(book: Path, tmp_path: Path, other: tuple[str, object, object]):
    kept = [e for e in PLAN.edits if e.col != edit(TASKS, *other).col]  # type: ignore[arg-type]
    new = structure_of(written(book, tmp_path / "b.xlsx", Plan((*kept, edit(TASKS, *other)))))  # type: ignore[arg-type]
    with pytest.raises(CollabError, match="verify_failed"):
        verifying.compare(structure_of(book), new, PLAN)


def written(book: Path, target: Path, plan: Plan) -> Path:
    write_plan(book, target, plan)
    return target


def test_packed_bytes_are_those_in_the_zip(book: Path):
    package = Package(book.read_bytes())
    for name in package.entries:
        assert package.packed(name, package.read(name)).size_bytes == package.entries[name].size_bytes
        with zipfile.ZipFile(book) as archive:
            info = archive.getinfo(name)
        assert (
            package.packed_bytes(name)[: info.compress_size]
            == book.read_bytes()[info.header_offset + 30 + len(name.encode()) :][: info.compress_size]
        )


def test_small_tables_and_one_processor_are_not_large_sheets(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sheet_process.os, "cpu_count", lambda: 2)
    assert large_sheets({"任务跟踪表": 40_000, "问题台账": 30}) == ["任务跟踪表"]
    monkeypatch.setattr(sheet_process.os, "cpu_count", lambda: 1)
    assert large_sheets({"任务跟踪表": 40_000}) == []
