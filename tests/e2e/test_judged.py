"""Judges on every workbook the demo writes: the master after each verb, packs, returned workbooks, templates; in both languages.

Structure, Microsoft's validator, and LibreOffice, which opens each with recalculation off and shows the values that were written.
"""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from command_line import command_line
from judges import ROOT, microsoft_findings, missing, structural_findings

from collab_xl import catalogue
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS
from collab_xl.forms import load
from collab_xl.model.values import Value

NEVER = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>1</value></prop></item>
</oor:items>
"""


class Written(NamedTuple):
    """Every workbook of one demo, by what it is. Its master has all installed forms."""

    lang: str
    master: Path
    books: dict[str, Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Written]:
    """One demo for each language that is asked for."""
    return cache(partial(demo, tmp_path_factory))


@pytest.fixture(params=LANGS)
def written(request: pytest.FixtureRequest, made: Callable[[str], Written]) -> Written:
    return made(request.param)


def demo(tmp_path_factory: pytest.TempPathFactory, lang: str) -> Written:
    folder = tmp_path_factory.mktemp(f"demo-{lang}")
    done = command_line("demo", "--out", folder / "demo", "--lang", lang, "--json", env={"PATH": "/nonexistent"})  # no pictures
    assert "Traceback" not in done.err
    master = folder / "demo" / f"{catalogue.text('demo.master', lang).removesuffix('.xlsx')}.xlsx"
    logged = command_line("log", master, "--json").json["runs"]
    verb_of = {r["run"]: r["verb"] for r in logged}
    order = sorted(verb_of)
    before = {p.stem.rpartition("before-")[2]: p for p in master.with_suffix(".collab").glob("backups/*.xlsx")}
    books = {"master after the last verb": master}
    for run, following in pairwise(order):  # what a run left is what the next one backed up
        books[f"master after {run} {verb_of[run]}"] = before[following]
    books["a new master"] = before[order[0]]
    books |= {f"pack {p.name}": p for p in sorted((folder / "demo" / "outbox").glob("*.xlsx"))}
    books |= {f"returned {p.parent.name} {p.name}": p for p in sorted(master.with_suffix(".collab").glob("returned/*/*/*.xlsx"))}
    books["template"] = ROOT / "workbook_templates" / f"master.{lang}.xlsx"
    return Written(lang, master, books)


def test_every_verb_that_writes_is_among_them(written: Written) -> None:
    verbs = {name.split()[-1] for name in written.books if name.startswith("master after R")}
    assert verbs >= {"issue", "preview", "consolidate", "check", "flag", "week", "undo"}
    assert sum(name.startswith("pack") for name in written.books) == 6
    assert any(name.startswith("returned") for name in written.books)
    assert {form.table for form in load().forms} <= set(read_book(written.master).tables), "every installed form is in the demo's master"


WHICH = ["one of each", pytest.param("all", marks=pytest.mark.slow)]
SHOWN = [("zh", "newest"), *(pytest.param(*other, marks=pytest.mark.slow) for other in (("en", "newest"), ("zh", "all"), ("en", "all")))]
"""Language and workbooks. In English LibreOffice opens the same parts with other texts."""


def chosen(written: Written, which: str) -> dict[str, Path]:
    """All; or the last master, one pack and the template, in Chinese also the newest of each verb whose cells a later one replaces.

    What the others wrote the last master has. Returned workbooks are the senders': tests/returns judges those.
    """
    books = {name: path for name, path in written.books.items() if not name.startswith("returned")}
    if which == "all":
        return books
    kinds = {"pack" if name.startswith("pack") else name.split()[-1]: name for name in sorted(books)}
    newest = {"master after the last verb", kinds["pack"], "template"}
    if which == "one of each" and written.lang == "zh":
        newest |= {kinds[verb] for verb in ("preview", "week", "undo", "resolve") if verb in kinds}
    return {name: written.books[name] for name in kinds.values() if name in newest}


def test_our_own_checks_find_nothing_in_any_workbook(written: Written) -> None:
    """What Microsoft's validator misses and Excel would repair; tests/test_judges.py shows that each such fault is found."""
    found = {name: structural_findings(path) for name, path in written.books.items()}
    assert {name: findings for name, findings in found.items() if findings} == {}
    assert len(found) > 18


@pytest.mark.parametrize("which", WHICH)
def test_no_judge_finds_anything(written: Written, which: str) -> None:
    def verdict(item: tuple[str, Path]) -> tuple[str, list[str]]:
        return item[0], structural_findings(item[1]) + microsoft_findings(item[1])

    with ThreadPoolExecutor(2) as pool:
        found = dict(pool.map(verdict, chosen(written, which).items()))
    assert {name: findings for name, findings in found.items() if findings} == {}
    assert len(found) > (18 if which == "all" else 5 if written.lang == "zh" else 2)


@pytest.mark.parametrize(("written", "which"), SHOWN, indirect=["written"])
def test_libreoffice_shows_what_was_written(written: Written, tmp_path: Path, which: str) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        missing("LibreOffice")
    (tmp_path / "profile" / "user").mkdir(parents=True)
    (tmp_path / "profile" / "user" / "registrymodifications.xcu").write_text(NEVER, encoding="utf-8")
    sources = {}
    for number, path in enumerate(chosen(written, which).values()):
        sources[tmp_path / f"{number}.xlsx"] = path
        shutil.copy(path, tmp_path / f"{number}.xlsx")
    words = [str(office), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--norestore", "--convert-to"]
    words += ["xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "shown"), *map(str, sources)]
    subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=True)
    compared = 0
    for source in sources:
        shown = tmp_path / "shown" / source.name
        assert shown.is_file(), f"LibreOffice could not open {sources[source].name}"
        ours, theirs = dict(cells(source)), dict(cells(shown))
        wrong = {at: (value, theirs.get(at)) for at, value in ours.items() if not same(value, theirs.get(at))}
        assert not wrong, (sources[source].name, dict(list(wrong.items())[:5]))
        compared += len(ours)
    assert compared > (20_000 if which == "all" else 5_000)


def cells(path: Path) -> Iterator[tuple[tuple[str, int, int], Value]]:
    book = read_book(path)
    for sheet in book.sheets:
        snap = book.snapshot(sheet)
        for row, line in enumerate(snap.cells, snap.first_row):
            for col, value in enumerate(line, snap.first_col):
                if value is not None:
                    yield (sheet, row, col), value


def same(ours: Value, theirs: Value) -> bool:
    if isinstance(ours, (int, float)) and isinstance(theirs, (int, float)):
        return abs(ours - theirs) < 1e-9
    if isinstance(ours, (date, datetime)) and isinstance(theirs, (date, datetime)):
        return str(ours)[:10] == str(theirs)[:10]
    return ours == theirs


def test_known_cells_of_the_finished_master(written: Written) -> None:
    """The story's own figures stand where a person reads them."""
    book = read_book(written.master)
    lang = written.lang
    kpis = command_line("week", written.master, "--as-of", "2026-11-22", "--no-write", "--json").json["kpis"]

    def named(name: str) -> Value:
        sheet, area = book.names[name]
        return book.snapshot(sheet).value(area.first_row, area.first_col)

    assert named("home_overdue") == kpis["overdue"]["value"]
    overdue = book.tables["Overdue"]
    assert named("home_overdue") <= overdue.data.last_row - overdue.data.first_row + 1, "the list that the figure links to has them"
    assert named("home_open_tasks") == kpis["open"]["value"]
    form = load().form("tasks")
    ref = book.tables[form.table]
    assert ref.data.last_row - ref.data.first_row + 1 == 120
    assert ref.headings[0] == form.key.heading[lang]
    waiting = book.tables["Conflicts"]
    assert named("home_waiting") == waiting.data.last_row - waiting.data.first_row + 1


def test_no_style_is_added_by_a_week(written: Written) -> None:
    """No style was added by any verb: the styles of the finished master are those of the new one, byte for byte."""

    def part(path: Path, name: str) -> bytes:
        with zipfile.ZipFile(path) as file:
            return file.read(name)

    new, last = written.books["a new master"], written.master
    for name in ("xl/styles.xml", "xl/theme/theme1.xml", "xl/charts/chart1.xml", "xl/drawings/drawing1.xml", "xl/sharedStrings.xml"):
        assert part(new, name) == part(last, name)
    assert b"fullCalcOnLoad" not in part(last, "xl/workbook.xml"), "there is no formula of the user's"
