"""The weekly sheet of a master made before it had two pages works as it is, is brought by `forms upgrade`, and comes back with undo.

The master is that of version 0.1.0 (`test_released_master`); its page shows a week that was made then.
"""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from e2e.small_project import DAY
from judges import new_microsoft_findings, structural_findings

from collab_xl import verbs
from collab_xl.book.read import Book, read_book
from collab_xl.catalogue import text
from collab_xl.model.report_pages import PAGE_OF_NOW
from collab_xl.model.values import Value
from collab_xl.plan.rooms import TWO_PAGES
from collab_xl.verbs.upgrading import page_upgrade

CASES = Path(__file__).parents[1] / "cases" / "released"


@pytest.fixture
def master(tmp_path: Path) -> Path:
    with zipfile.ZipFile(CASES / "0.1.0-zh.zip") as packed:
        packed.extractall(tmp_path)
    return tmp_path / "主表.xlsx"


def at(book: Book, name: str) -> Value:
    sheet, area = book.names[name]
    return book.snapshot(sheet).value(area.first_row, area.first_col)


def test_the_page_of_one_sheet_is_filled_and_week_says_how_to_get_the_other(master: Path) -> None:
    report = verbs.week(master, as_of=DAY, lang="zh")
    assert text("verbs.say.week_one_page", "zh", sheet="周报") in report.lines
    book = read_book(master)
    assert TWO_PAGES not in book.names
    assert text(f"model.rag.{report.json['rag']}", "zh") in str(at(book, "wk_rag"))
    assert at(book, "wk_kpi_open") == report.json["kpis"]["open"]["value"]
    assert at(book, "wk_esc_text") is not None


def test_forms_upgrade_brings_two_pages_and_undo_the_old_one(master: Path, tmp_path: Path) -> None:
    verbs.week(master, as_of=DAY, lang="zh")
    before, old = tmp_path / "before.xlsx", read_book(master)
    before.write_bytes(master.read_bytes())
    report = verbs.forms_upgrade(master, as_of=DAY, lang="zh")
    assert text("verbs.say.page_hidden", "zh", sheet="周报_旧") in report.lines
    book = read_book(master)
    assert (book.sheets["周报_旧"], book.sheets["周报"]) == ("hidden", "visible")
    assert {book.names[name][0] for name in ("wk_title", TWO_PAGES, "wk_wanted_what", "go_weekly")} == {"周报"}
    assert at(book, "wk_reason") is not None, "it shows the week that the old one showed"
    assert book.names["wk_feed_week"] == old.names["wk_feed_week"], "the charts read the data that was there"
    verbs.week(master, as_of=DAY, lang="zh")
    book = read_book(master)
    assert at(book, "wk_rag_before") == text("plan.week.no_light_before", "zh")
    there = old.snapshot("周报"), book.snapshot("周报_旧")
    assert there[0].cells == there[1].cells, "the old page keeps what it shows"
    assert structural_findings(master) == []
    assert not new_microsoft_findings(before.read_bytes(), master)
    verbs.undo(master, as_of=DAY, lang="zh")
    verbs.undo(master, as_of=DAY, lang="zh")
    book = read_book(master)
    assert book.sheets["周报"] == "visible"
    assert "周报_旧" not in book.sheets
    assert {name: place for name, place in book.names.items() if name.startswith("wk_")} == {
        name: place for name, place in old.names.items() if name.startswith("wk_")
    }
    with zipfile.ZipFile(before) as was, zipfile.ZipFile(master) as now:
        assert {n for n in now.namelist() if "chart" in n} == {n for n in was.namelist() if "chart" in n}
    verbs.redo(master, as_of=DAY, lang="zh")
    assert TWO_PAGES in read_book(master).names


def test_two_pages_that_came_one_after_the_other_are_undone_at_once(master: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verbs.week(master, as_of=DAY, lang="zh")
    was = read_book(master)
    first = str(verbs.forms_upgrade(master, as_of=DAY, lang="zh").json["run"])
    monkeypatch.setitem(page_upgrade.MARKERS, page_upgrade.WEEKLY, "wk_of_a_later_version")
    second = verbs.forms_upgrade(master, as_of=DAY, lang="zh")
    assert text("verbs.say.page_hidden", "zh", sheet="周报_旧2") in second.lines
    assert {"周报", "周报_旧", "周报_旧2"} <= read_book(master).sheets.keys()
    verbs.undo(master, run=first, as_of=DAY, lang="zh")
    back = read_book(master)
    assert {name: seen for name, seen in back.sheets.items() if name.startswith("周报")} == {"周报": "visible"}
    places = [name for name in was.names if name.startswith(("wk_", "go_"))]
    assert len(places) > 40
    assert {name: back.names.get(name) for name in places} == {name: was.names[name] for name in places}
    assert at(back, "wk_title") == at(was, "wk_title")


def test_a_week_that_was_frozen_before_is_shown_on_the_new_page(master: Path) -> None:
    verbs.week(master, as_of=DAY, lang="zh")
    kept = at(read_book(master), "wk_reason")
    verbs.forms_upgrade(master, as_of=DAY, lang="zh")
    shown = verbs.week(master, as_of=DAY + timedelta(14), week=str(DAY), lang="zh")
    assert shown.json["frozen"] is True
    assert at(read_book(master), "wk_reason") == kept


def test_columns_of_an_earlier_page_of_two_sheets_are_filled_until_the_upgrade_brings_those_of_now(tmp_path: Path) -> None:
    with zipfile.ZipFile(CASES / "two-pages-zh.zip") as packed:
        packed.extractall(tmp_path)
    master = next(tmp_path.glob("*.xlsx"))
    report = verbs.week(master, as_of=DAY, lang="zh")
    assert text("verbs.say.week_page_before", "zh", sheet="周报") in report.lines
    old = read_book(master)
    assert PAGE_OF_NOW not in old.names
    assert " · " in str(at(old, "wk_kpi_overdue_delta")), "the change and what it is a part of, in its one cell"
    verbs.forms_upgrade(master, as_of=DAY, lang="zh")
    book = read_book(master)
    assert {book.names[name][0] for name in (PAGE_OF_NOW, "wk_milestone_late", "wk_demand_why", "wk_title")} == {"周报"}
    again = verbs.week(master, as_of=DAY, lang="zh")
    assert text("verbs.say.week_page_before", "zh", sheet="周报") not in again.lines
    assert at(read_book(master), "wk_kpi_overdue_change") is not None
    assert book.snapshot("周报_旧").cells == old.snapshot("周报").cells
