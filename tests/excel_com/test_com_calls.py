"""What a click costs: calls to Excel below xlwings, on the demo's master, 400 and 1,600 rows (5,000 by make prove); what it wrote."""

from __future__ import annotations

import itertools
import secrets
from datetime import datetime
from pathlib import Path

import pytest
from addin.masters import demo_on_monday
from copied import copy_project
from excel.test_both_engines import cells, differences

from collab_xl import verbs
from collab_xl.addin.buttons import BUTTONS
from collab_xl.book.read import read_book
from collab_xl.excel.blocks import MOST_HEIGHTS
from collab_xl.excel.read import read_open_book
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock
from excel_com.calls import CALLS
from excel_com.clicks import on_the_screen, xlwings_book
from excel_com.table import LARGE, demo_week, large_week, printed

LIMIT = 220
"""Calls of a click that writes, all of them: read, compare, write, read back, restore."""
WITHOUT_ADDIN = 250
MORE = {"consolidate": 340, "import": 270}
"""Without the add-in: scattered cells of many sheets, with two calls a block; and a preview, an answer and the writing in one click."""
MOST = {"consolidate": 240}
"""It writes most sheets: also what requirements compute from their tasks."""
LESS = {
    "log": 50,
    "settings": 50,
    "doctor": 30,
    "help": 10,
    "init": 30,
    "pdf": 70,
    "agenda": 50,
    "gantt": 55,
    "calendar": 45,
    "portfolio": 45,
    "close": 70,
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with clock.at(datetime(2026, 11, 16, 9)):
        return demo_on_monday(tmp_path_factory.mktemp("demo"), "zh")


@pytest.mark.parametrize("addin", [True, False], ids=["add-in", "without"])
def test_every_button_keeps_its_limit_on_the_demos_master(
    addin: bool, demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clicks = list(demo_week(demo, tmp_path / "clicked", addin=addin))
    assert {line.button for line, _ in clicks} == set(BUTTONS)
    with capsys.disabled():
        print("\n" + printed(f"calls to Excel, the demo's master{'' if addin else ', without the add-in'}", [line for line, _ in clicks]))
    assert not [seen.message for _, seen in clicks if seen.bad]
    special = LESS | MOST if addin else MORE | LESS
    limits = {line.button: special.get(line.button, LIMIT if addin else WITHOUT_ADDIN) for line, _ in clicks}
    assert not {line.button: line.calls for line, _ in clicks if line.calls > limits[line.button]}


@pytest.mark.parametrize("many", [1_600, pytest.param(5_000, marks=pytest.mark.slow)])
def test_many_rows_cost_what_few_cost(many: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {}
    for rows in (400, many):
        clicks = list(large_week(tmp_path / str(rows), rows))
        assert [line.button for line, _ in clicks] == list(LARGE)
        assert not [seen.message for _, seen in clicks if seen.bad]
        found[rows] = [line for line, _ in clicks]
        with capsys.disabled():
            print("\n" + printed(f"calls to Excel, {rows:,} rows", found[rows]))
    # Its weekly sheet has other blanks between the figures. Rows of a longer list have heights of their own, in so many groups at most.
    apart = {a.button: b.calls - a.calls for a, b in zip(found[400], found[many], strict=True)}
    heights = 2 * MOST_HEIGHTS
    assert all(-25 <= more <= (25 + heights if button == "check" else 25) for button, more in apart.items()), apart
    assert max(line.calls for line in found[many]) <= WITHOUT_ADDIN


def numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are counted instead of drawn, so that both sides have the same."""
    counts: dict[int, itertools.count[int]] = {}
    monkeypatch.setattr(secrets, "token_hex", lambda size: f"{next(counts.setdefault(size, itertools.count(1))):0{2 * size}x}")


def test_the_week_by_clicks_writes_what_the_closed_engine_writes(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy that Excel saves after the week is read by the closed engine: cell by cell what the verbs write into the file."""
    steps = ("collect", "check", "consolidate", "flag", "week", "undo", "redo")
    home = tmp_path / "项目"
    with clock.at(datetime(2026, 11, 23, 9)):
        master = copy_project(demo.parent, home) / demo.name
        numbered(monkeypatch)
        day = clock.today()
        for verb in steps:
            given = {"progress": no_progress} if verb == "consolidate" else {}
            if verb == "collect":
                verbs.collect(master, (), department=None, as_of=day, write=True, lang="zh", progress=no_progress)
            else:
                getattr(verbs, verb)(master, as_of=day, lang="zh", **given)
        home.rename(tmp_path / "closed")
        closed = read_book(tmp_path / "closed" / demo.name)

        copy_project(demo.parent, home)
        numbered(monkeypatch)
        with on_the_screen() as excel:
            book = excel.open(home / demo.name)
            for verb in steps:
                assert not (seen := excel.click(verb, book)).bad, seen.message
            book.do_SaveCopyAs(str(tmp_path / "copy.xlsx"))
    copy = read_book(tmp_path / "copy.xlsx")
    found = differences(cells(closed), cells(copy))
    assert not found, (len(found), dict(list(found.items())[:8]))
    assert {n: t.area for n, t in copy.tables.items()} == {n: t.area for n, t in closed.tables.items()}
    assert len(cells(copy)) > 2_000


def test_the_stand_in_reads_as_the_file_does(demo: Path, tmp_path: Path) -> None:
    """What our reader gets through xlwings from the stand-ins is what it gets from the file."""
    closed = read_book(demo)
    with on_the_screen() as excel:
        excel.open(demo)
        live = read_open_book(xlwings_book(demo.name))
        assert dict(live.sheets) == dict(closed.sheets)
        assert live.tables == dict(closed.tables)
        assert live.names == dict(closed.names)
        for sheet in closed.sheets:
            a, b = closed.snapshot(sheet), live.snapshot(sheet)
            assert [list(line) for line in b.cells] == [list(line) for line in a.cells], sheet
            assert (b.formulas, b.errors, b.percents, b.hidden_rows) == (a.formulas, a.errors, a.percents, a.hidden_rows), sheet


def test_a_value_costs_what_was_counted(demo: Path) -> None:
    """The figures others found below xlwings 0.37.8: so our counting is no other."""
    with on_the_screen() as excel:
        excel.open(demo)
        sheet = xlwings_book(demo.name).sheets["任务跟踪表"]
        CALLS.clear()
        assert sheet.range("A3:C9").raw_value
        assert dict(CALLS.by_name) == {"Worksheet.Range()": 1, "Range.Value": 1}
        CALLS.clear()
        assert sheet.range("A3:C9").shape == (7, 3)
        assert len(CALLS) == 8
