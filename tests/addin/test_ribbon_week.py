"""Every button on the demo's master, in both languages: the same cells as the closed engine, a plain message, the right sheet in front."""

from __future__ import annotations

import itertools
import secrets
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from clicks import Excel, log_of
from copied import copy_project
from e2e.small_project import Project
from excel.test_both_engines import cells, differences
from masters import demo_on_monday

from collab_xl import catalogue, verbs
from collab_xl.addin import message_text
from collab_xl.book.read import Book, read_book
from collab_xl.excel.read import read_open_book
from collab_xl.excel.write import write_open
from collab_xl.forms import load
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.project.commit import commit
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock

Open = Callable[[Path], Any]
WEEK_OF_CLICKS = ("collect", "check", "preview", "consolidate", "flag", "resolve", "week", "undo", "issue", "log")
COMPARED = ("preview", "week", "undo", "log")
"""After these every cell is compared: all that the clicks wrote since is there. After each verb: tests/excel/test_live_run.py."""
SHOWS = {
    "collect": "submissions", "check": "findings", "preview": "preview", "consolidate": "conflicts", "flag": "overdue",
    "resolve": "conflicts", "undo": "changes", "issue": "submissions", "log": "changes",
}  # fmt: skip


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    lang = str(request.param)
    folder = tmp_path_factory.mktemp("demo")
    return lang, demo_on_monday(folder, lang)


def numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are counted instead of drawn, so that both sides have the same."""
    counts: dict[int, itertools.count[int]] = {}  # by size: the names of temporary files do not count among the ids
    monkeypatch.setattr(secrets, "token_hex", lambda size: f"{next(counts.setdefault(size, itertools.count(1))):0{2 * size}x}")


def decisions(book: Book, lang: str) -> Plan:
    """What the PMO types on 冲突处理: the first two items get a decision."""
    service = load().service("conflicts")
    ref = book.tables[service.table]
    col = ref.area.first_col + ref.headings.index(next(c.heading[lang] for c in service.columns if c.id == "decision"))
    words = (catalogue.text("model.word.take_submission", lang), catalogue.text("model.word.keep_master", lang))
    return Plan(tuple(CellEdit(ref.sheet, ref.data.first_row + n, col, None, word) for n, word in enumerate(words)))


def by_verb(where: Path, verb: str, lang: str) -> Report:
    day = clock.today()
    if verb in ("issue", "preview", "consolidate"):
        return getattr(verbs, verb)(where, as_of=day, lang=lang, progress=no_progress)  # type: ignore[no-any-return]
    if verb == "collect":
        return verbs.collect(where, (), department=None, as_of=day, write=True, lang=lang, progress=no_progress)  # type: ignore[no-any-return]
    return getattr(verbs, verb)(where, lang=lang, **({} if verb == "log" else {"as_of": day}))  # type: ignore[no-any-return]


@pytest.mark.slow
def test_each_button_does_what_its_verb_does_on_the_closed_file(
    made: tuple[str, Path], tmp_path: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    lang, source = made
    home = tmp_path / "项目"
    master = home / source.name
    done: list[tuple[str, Report, Path]] = []
    with clock.at(datetime(2026, 11, 23, 9)):
        copy_project(source.parent, home)
        numbered(monkeypatch)
        for verb in WEEK_OF_CLICKS:
            if verb == "resolve":
                commit(master, None, decisions(read_book(master), lang))
            report = by_verb(master, verb, lang)
            done.append((verb, report, tmp_path / f"{len(done)}.xlsx"))
            shutil.copyfile(master, done[-1][2])

        shutil.rmtree(home)
        copy_project(source.parent, home)
        numbered(monkeypatch)
        book = open_book(master)
        excel = Excel(monkeypatch, lang)
        saved = tmp_path / "saved.xlsx"
        for verb, closed, after in done:
            if verb == "resolve":
                write_open(book, decisions(read_open_book(book), lang))
            seen = excel.click(verb, book)
            assert not seen.bad, seen.message
            closed_file = read_book(after)
            if verb in COMPARED:
                book.save(saved)
                live_file = read_book(saved)
                found = differences(cells(closed_file), cells(live_file))
                assert not found, (verb, len(found), dict(list(found.items())[:8]))
                assert {n: t.area for n, t in live_file.tables.items()} == {n: t.area for n, t in closed_file.tables.items()}, verb
            shows = "questions" if verb == "collect" and closed.json["questions"] else SHOWS.get(verb)
            sheet = closed_file.names["wk_title"][0] if verb == "week" else sheet_of(closed_file, shows)
            run = None if verb == "log" else "R"
            assert seen.message == message_text.message(verb, closed, sheet, run, saved=verb == "issue")
            assert seen.sheet == sheet
            assert seen.bar[0] == catalogue.text("addin.ribbon.working", lang, verb=message_text.verb_name(verb, lang))
            assert run is None or catalogue.text("addin.ribbon.writing", lang, verb=message_text.verb_name(verb, lang)) in seen.bar
        assert "resolve" in log_of(master)
        assert log_of(master).count(": done in ") == len(done)
        quiet(excel, book, lang)


def test_buttons_on_an_english_workbook(tmp_path: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small one; the demo's whole week is played by `make prove`, a normal week by all ways in test_every_route.py."""
    (tmp_path / "live").mkdir()
    project = Project.start(tmp_path / "live", "en")
    closed = copy_project(tmp_path / "live", tmp_path / "closed") / project.master.name
    with clock.at(datetime(2026, 11, 20, 9)):
        numbered(monkeypatch)
        done = [(verb, by_verb(closed, verb, "en")) for verb in ("flag", "week", "undo")]
        numbered(monkeypatch)
        book, excel, file = open_book(project.master), Excel(monkeypatch, "en"), read_book(closed)
        for verb, report in done:
            seen = excel.click(verb, book)
            assert not seen.bad, seen.message
            sheet = file.names["wk_title"][0] if verb == "week" else sheet_of(file, SHOWS[verb])
            assert (seen.message, seen.sheet) == (message_text.message(verb, report, sheet, "R", saved=verb == "issue"), sheet)


def quiet(excel: Excel, book: Any, lang: str) -> None:
    """The buttons that write nothing: settings, diagnosis, help."""
    before = cells(read_open_book(book))
    seen = excel.click("settings", book)
    assert seen.sheet == sheet_of(read_open_book(book), "settings")
    assert catalogue.text("addin.ribbon.settings_good", lang) in seen.message
    seen = excel.click("doctor", book)
    assert not seen.bad
    assert catalogue.text("verbs.doctor.group.master", lang) in seen.message
    seen = excel.click("help", book)
    assert seen.message == ""
    assert excel.pages[-1].endswith(f"guide.{lang}.html")
    assert cells(read_open_book(book)) == before


def sheet_of(book: Book, service: str) -> str:
    return book.tables[load().service(service).table].sheet
