"""Every button by every way, on a normal week with errors, links, long and odd texts: cell by cell what the closed engine writes.

The whole table, both languages, also through VBA and LibreOffice: `pytest -m slow tests/addin/test_every_route.py -s`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from excel.test_both_engines import cells, differences
from recorded import BUTTONS, INTERPRETER, SOURCES, pressed, speaking, windows_recorded, workbook
from routes import LONG, MAKERS, ODD, STEPS, Routes, Trip, a_normal_week, started

from collab_xl.addin.xlwings_module import run_python
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS
from collab_xl.model.place import a1

SHORT = ("import", "collect", "preview", "consolidate", "resolve", "flag", "week", "undo", "redo")
COMPARED = ("import", "consolidate", "week", "redo")
"""After these every cell is compared in the short table: all that was written since the one before is there."""


def compared(reference: Trip, others: Sequence[Trip], steps: Sequence[str], lang: str) -> str:
    """The table: button × way, cells that were compared or that differ. Fails if one differs."""
    head = f"{'button':12}" + "".join(f"{trip.name:>11}" for trip in others) + "   cells"
    lines, wrong = [f"{lang}: cells that differ from the closed engine's", head], {}
    for step in steps:
        closed = read_book(reference.after[step])
        wanted = cells(closed)
        errors = {f"{sheet}!{a1(*cell)}=" for sheet in closed.sheets for cell in closed.snapshot(sheet).errors}
        found = []
        for trip in others:
            book = read_book(trip.after[step])
            apart = differences(wanted, cells(book))
            if trip.name == "office":  # LibreOffice saves an error that somebody typed as a formula: =#REF!
                apart = {at: values for at, values in apart.items() if at not in errors}
            if {n: t.area for n, t in book.tables.items()} != {n: t.area for n, t in closed.tables.items()}:
                apart["tables"] = ("other", "areas")
            found.append(len(apart))
            if apart:
                wrong[step, trip.name] = dict(list(apart.items())[:6])
        lines.append(f"{step:12}" + "".join(f"{n:>11}" for n in found) + f"{len(wanted):>8,}")
    assert not wrong, wrong
    return "\n".join(lines)


def holds_the_odd_texts(trip: Trip) -> None:
    """The week that was compared is the one that was meant."""
    book = read_book(trip.after["redo"])
    assert {LONG, *ODD} <= set(cells(book).values())
    sheet = book.snapshot(book.tables["Tasks"].sheet)
    assert set(sheet.errors.values()) == {"#REF!", "#DIV/0!"}
    assert sum(text.startswith("=HYPERLINK") for name in book.sheets for text in book.snapshot(name).formulas.values()) > 5


def test_the_short_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    routes = Routes(a_normal_week(tmp_path / "源", "zh"), tmp_path, monkeypatch, SHORT)
    reference = routes.closed()
    holds_the_odd_texts(reference)
    table = compared(reference, [routes.xlwings(addin=False), routes.object(), routes.process()], COMPARED, "zh")
    with capsys.disabled():
        print("\n" + table)


def files(trip: Trip) -> set[str]:
    """What lies beside the master at the end, with the first parts of names that may have a moment in them."""
    return {re.sub(r"\d{4}-\d{2}-\d{2}[^.]*", "", path.name) for path in trip.after["close"].parent.joinpath("项目").iterdir()}


def test_the_menus_of_baselines_and_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    steps = ("baselineset", "baselinesign", "baselinecompare", *MAKERS)
    routes = Routes(a_normal_week(tmp_path / "源", "zh"), tmp_path, monkeypatch, steps)
    reference = routes.closed()
    others = [routes.xlwings(addin=False), routes.object(), routes.process()]
    table = compared(reference, others, steps, "zh")
    assert {trip.name: files(trip) ^ files(reference) for trip in others} == {trip.name: set() for trip in others}
    with capsys.disabled():
        print("\n" + table)


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGS)
def test_the_whole_table(
    lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_book: Callable[[Path], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    source = a_normal_week(tmp_path / "源", lang)
    routes = Routes(source, tmp_path, monkeypatch)
    reference = routes.closed()
    holds_the_odd_texts(reference)
    front = workbook(tmp_path / source.master.name, hostile=False)
    (commands,) = pressed(speaking(SOURCES, lang), windows_recorded(run_python()), [front], tmp_path, INTERPRETER)
    words = dict(started(command) for command in commands.values())
    assert len(words) == len(BUTTONS)
    assert set(STEPS) <= set(words)
    office = routes.office(open_book)
    trips = [routes.vba(words), routes.xlwings(), routes.xlwings(addin=False), routes.object(), routes.process(), office]
    table = compared(reference, trips, STEPS, lang)
    with capsys.disabled():
        print("\n" + table)
