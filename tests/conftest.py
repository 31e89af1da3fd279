"""For all tests: no example of hypothesis fails for being slow, and a LibreOffice that plays Excel for those of the live engine and the
ribbon, started once, when the first of them asks for it. And no test reads the clock unseen: those that do have the marker `clock`."""

from __future__ import annotations

import fnmatch
import gc
import itertools
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Generator, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
from clock_readers import reads_the_clock
from hypothesis import settings
from office_engine.server import office

from collab_xl.excel import left_state
from collab_xl.intake.pool import workers_kept
from collab_xl.verbs.times import clock

HERE = Path(__file__).parent
TESTS = itertools.count(1)
BY_TURNS = ("e2e", "mail", "addin", "test_the_example_of_every_help_runs")
"""Folders and tests that run in one language in `make test`, half of them in each: a whole week is played in nearly all of them."""

settings.register_profile("untimed", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def own_state() -> Iterator[None]:
    """The file of known masters of this test run, not the one of the person who runs it. Processes that tests start use it too."""
    with tempfile.TemporaryDirectory(prefix="collab-state-") as folder:
        for name in ("XDG_STATE_HOME", "LOCALAPPDATA"):
            os.environ[name] = folder
        yield


@pytest.fixture(autouse=True)
def own_notes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Notes of the clicks of one test: with a note of another's, a click asks Excel whose it is."""
    monkeypatch.setattr(left_state, "FOLDER", f"{left_state.FOLDER}-{os.getpid()}-{next(TESTS)}")
    yield
    shutil.rmtree(left_state.folder(), ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def workers() -> Iterator[None]:
    """The verbs of all tests share their workers, as the steps of the demo do: starting one costs more than most tests."""
    with workers_kept():
        yield


class Watched(datetime):
    """The system's clock as the product asks for it; it counts how often a test did."""

    reads = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        Watched.reads += 1
        return datetime.now(tz)


clock.datetime = Watched  # type: ignore[misc]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_to_prove(items, whole=config.args == config.getini("testpaths"))
    languages_by_turns(items)
    if "clock" in config.option.markexpr:
        for item in items:
            if reads_the_clock(item.path):
                item.add_marker("clock")


def leave_to_prove(items: list[pytest.Item], *, whole: bool) -> None:
    """Mark what only_in_prove.txt names. Where all tests are collected, a line that names none stops them."""
    lines = (HERE / "only_in_prove.txt").read_text("utf-8").splitlines()
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    names = {item.path.relative_to(HERE).as_posix() + "::" + item.nodeid.partition("::")[2]: item for item in ours}
    for pattern in (line for line in lines if line and not line.startswith("#")):
        found = [name for name in names if fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))]
        for name in found:
            names[name].add_marker("slow")
        if whole and not found:
            raise pytest.UsageError(f"tests/only_in_prove.txt names a test that is not there: {pattern}")


def languages_by_turns(items: list[pytest.Item]) -> None:
    """Of a test in `BY_TURNS` that is made for both languages, mark one: `make prove` runs that one. Which one hangs on its name alone."""
    pairs: dict[str, dict[str, pytest.Item]] = {}
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and {item.path.parent.name, item.originalname} & {*BY_TURNS}:
            parts = item.callspec.id.split("-")
            said = [value for value in item.callspec.params.values() if value in ("zh", "en") and value in parts]
            if len(said) == 1:
                parts.remove(said[0])
                pairs.setdefault("-".join([item.nodeid.partition("[")[0], *parts]), {})[said[0]] = item
    for name, pair in pairs.items():
        if len(pair) == 2 and not any(item.get_closest_marker("slow") for item in pair.values()):
            pair["zh" if zlib.crc32(name.encode()) % 2 else "en"].add_marker("slow")


def pytest_collection_finish() -> None:
    """The thousands of tests and what they import stay to the end: to look at them again and again took a fourteenth of the time."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def pytest_runtest_logstart() -> None:
    Watched.reads = 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    result = yield
    if Watched.reads and not reads_the_clock(item.path):
        pytest.fail("This test reads the clock, and the rule in tests/clock_readers.py does not see it.")
    return result


@pytest.fixture(scope="session")
def office_context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with office(tmp_path_factory.mktemp("office")) as context:
        from office_engine.engine import xlwings_over

        xlwings_over(context)
        yield context


@pytest.fixture
def open_book(office_context: Any) -> Iterator[Callable[[Path], Any]]:
    """Open a workbook as the PMO has it on the screen; closed without saving afterwards, whatever the test did to it."""
    import xlwings as xw

    opened: list[Any] = []

    def open_it(path: Path) -> Any:
        opened.append(xw.books.open(str(path)))
        return opened[-1]

    yield open_it
    for book in opened:
        if book.impl.doc in [other.impl.doc for other in xw.books]:
            book.close()
