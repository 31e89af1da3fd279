"""A run on the workbook on the screen: the same verbs, the same result, and what closing without saving means."""

from __future__ import annotations

import itertools
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from e2e.small_project import DAY, WEEK, Project
from test_both_engines import cells, differences

from collab_xl import pipeline
from collab_xl.engines.book import read_book
from collab_xl.engines.excel_live import OnScreen, read_open_book
from collab_xl.engines.run import Where
from collab_xl.pipeline import clock
from collab_xl.pipeline.report import Report, no_progress

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
    return Path(shutil.copytree(made, tmp_path / "项目"))


def verbs(where: Where, inbox: Path) -> Iterator[tuple[str, Report]]:
    """The week of a PMO, on whichever workbook."""
    ask = {"as_of": DAY, "lang": "zh"}
    yield "issue", pipeline.issue(where, **ask, week=WEEK, progress=no_progress)
    yield "collect", pipeline.collect(where, [inbox], department=None, write=True, **ask, progress=no_progress)
    yield "check", pipeline.check(where, **ask)
    yield "preview", pipeline.preview(where, **ask, progress=no_progress)
    yield "consolidate", pipeline.consolidate(where, **ask, progress=no_progress)
    yield "flag", pipeline.flag(where, **ask)
    yield "resolve", pipeline.resolve(where, **ask)
    yield "week", pipeline.week(where, **ask, week=WEEK)
    yield "undo", pipeline.undo(where, **ask)


def numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are counted from 1 instead of drawn, so that two sides have the same."""
    count = itertools.count(1)
    monkeypatch.setattr(secrets, "token_hex", lambda size: f"{next(count):0{2 * size}x}")


def test_a_week_of_verbs_on_the_screen_gives_the_cells_of_the_closed_file(
    made: Path, tmp_path: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every cell of every sheet, value or formula, and every table's range, after each verb."""
    home = Path(shutil.copytree(made, tmp_path / "项目"))
    numbered(monkeypatch)
    done: list[tuple[str, Report, Path]] = []
    for verb, report in verbs(home / "主表.xlsx", home / "inbox"):
        done.append((verb, report, tmp_path / f"{len(done)}.xlsx"))
        shutil.copyfile(home / "主表.xlsx", done[-1][2])
    shutil.rmtree(home)
    shutil.copytree(made, home)
    numbered(monkeypatch)
    book = open_book(home / "主表.xlsx")
    saved = tmp_path / "saved.xlsx"
    for (verb, closed, after), (_, live) in zip(done, verbs(OnScreen(book), home / "inbox"), strict=True):
        assert (live.json, live.lines, live.listings, live.exit_code) == (closed.json, closed.lines, closed.listings, closed.exit_code), (
            verb
        )
        book.save(saved)
        found = differences(cells(read_book(after)), cells(read_book(saved)))
        assert not found, (verb, len(found), dict(list(found.items())[:8]))
        areas = {name: ref.area for name, ref in read_book(after).tables.items()}
        assert {name: ref.area for name, ref in read_open_book(book).tables.items()} == areas, verb
