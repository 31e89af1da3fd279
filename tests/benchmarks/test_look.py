"""Sheets as printed (benchmarks/look): nothing small, cut, pale or over other text, and every block where it was.

The positions are in benchmarks/look/blocks.json; `python -m benchmarks.look --references` writes them anew after a change that was meant.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlsxwriter
from judges import missing
from workbooks import workbook_at

from benchmarks.look.__main__ import bars, printed, smallest
from benchmarks.look.blocks import moved, places
from benchmarks.look.books import crowded_book, demo_books, empty_book, gantt_book
from benchmarks.look.faults import Fault, faults_of
from benchmarks.look.fonts import absent
from benchmarks.look.sight import contrast, signal
from collab_xl.build.data_sheet import column_width
from collab_xl.build.pack import field_width
from collab_xl.build.style import BODY, BODY_CELL, LONG_TEXT, Styles, new_workbook
from collab_xl.catalogue import COMMA
from collab_xl.excel.libreoffice import office
from collab_xl.forms import load

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")


@pytest.fixture(autouse=True)
def _office() -> None:
    if office() is None:
        missing("LibreOffice")
    if absent():
        missing(", ".join(absent()))


def judged(books: dict[str, Path], folder: Path) -> list[str]:
    """Every fault of every workbook, those of moved blocks for the demo."""
    sheets = printed(books, folder)
    assert sheets.keys() == books.keys(), "LibreOffice printed all"
    found: list[str] = []
    for name, path in books.items():
        assert sum(len(page.lines) for sheet in sheets[name] for page in sheet.pages) > 30, name
        faults = faults_of(sheets[name], path, smallest(), bars())
        if name.startswith("demo."):
            stand = places(sheets[name], path)
            assert sum(len(blocks) for blocks in stand.values()) > 200
            faults += moved(name, stand)
        found += [f"{name} {fault}" for fault in faults]
    return found


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_sheet_of_the_demo(lang: str, tmp_path: Path) -> None:
    name = f"demo.{lang}"
    books = {name: demo_books(tmp_path / lang, lang)[name]}
    books |= gantt_book(books[name], tmp_path, lang)
    assert lang == "zh" or not list(chinese_marks(books[name]))
    found = judged(books, tmp_path)
    assert not found, "\n".join([*found, "meant so? python -m benchmarks.look --references"])


def chinese_marks(workbook: Path) -> Iterator[str]:
    """Cells of an English workbook in which our lists are joined as in Chinese."""
    for sheet in workbook_at(workbook).worksheets:
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if isinstance(cell.value, str) and re.search("[、；，。：]", cell.value):
                yield f"{sheet.title}!{cell.coordinate} {cell.value}"


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_sheet_of_packs_returns_an_empty_master_and_300_departments(lang: str, tmp_path: Path) -> None:
    crowd = crowded_book(tmp_path, lang)
    books = demo_books(tmp_path / "demo", lang) | empty_book(tmp_path, lang) | crowd
    books |= gantt_book(crowd[f"crowd.{lang}"], tmp_path, lang)
    assert {name.split(".")[0].rstrip("123456789") for name in books} == {"demo", "pack", "return", "empty", "crowd", "gantt"}
    found = judged(books, tmp_path)
    assert not found, "\n".join(found)


# That it sees: the same small sheet, spoiled in one way each.


def page(path: Path, spoil: Callable[[xlsxwriter.Workbook, xlsxwriter.worksheet.Worksheet], None] = lambda book, sheet: None) -> Path:
    """A heading row, two rows of texts and a red cell with its word."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("A")
        heading = book.add_format({"bold": True, "bottom": 2, "font_size": 10})
        wrapped = book.add_format({"text_wrap": True, "font_size": 9})
        sheet.set_column(0, 2, 30)
        sheet.write_row(0, 0, ["Name of the task", "What is done", "Light"], heading)
        for row in (1, 2):
            sheet.set_row(row, 40)
            sheet.write_row(row, 0, [f"Task {row} of some length", f"Said of task {row}", "late"], wrapped)
        sheet.write(1, 2, "● red", book.add_format({"bg_color": "#B03024", "font_color": "white", "bold": True}))
        spoil(book, sheet)
    return path


SPOILED: dict[str, tuple[str, Callable[..., None]]] = {
    "a narrow column whose neighbour is filled": ("cut", lambda book, sheet: sheet.set_column(0, 0, 9)),
    "a low row": ("cut", lambda book, sheet: (sheet.set_row(1, 12), sheet.set_column(0, 0, 9), sheet.write(2, 0, "2"))),
    "a number too wide": ("cut", lambda book, sheet: (sheet.set_column(3, 3, 3), sheet.write(1, 3, 123456789))),
    "a line with room for a part of an ID": (
        "broken",
        lambda book, sheet: (
            sheet.set_row(4, 60),
            sheet.set_column(1, 1, 15),
            sheet.write(4, 1, ", ".join(f"RW-{n:03}" for n in range(10, 16)), book.add_format({"text_wrap": True, "font_size": 9})),
        ),
    ),
    "a small font": ("small", lambda book, sheet: sheet.write(4, 0, "note", book.add_format({"font_size": 6}))),
    "a small scale": ("small", lambda book, sheet: sheet.set_print_scale(60)),
    "a pale text": ("pale", lambda book, sheet: sheet.write(4, 0, "note", book.add_format({"font_color": "#B9770E"}))),
    "red and green that one eye does not tell apart": (
        "pale",
        lambda book, sheet: sheet.write(4, 0, "note", book.add_format({"font_color": "#C0392B", "bg_color": "#2E7D32"})),
    ),
    "a colour without a word": ("colour", lambda book, sheet: sheet.write_blank(4, 1, None, book.add_format({"bg_color": "#C0392B"}))),
    "a light of one shape without a word": (
        "colour",
        lambda book, sheet: sheet.write(4, 1, "●", book.add_format({"font_color": "#17703C", "bold": True})),
    ),
    "a box over a text": (
        "over",
        lambda book, sheet: sheet.insert_textbox(1, 1, "over what is said", {"width": 150, "height": 53, "align": {"vertical": "bottom"}}),
    ),
    "a block one row lower": ("moved", lambda book, sheet: (sheet.set_row(0, 60), sheet.set_column(1, 1, 40))),
}


def test_what_is_spoiled_is_seen(tmp_path: Path) -> None:
    books = {"good": page(tmp_path / "good.xlsx")}
    books |= {why: page(tmp_path / f"{n}.xlsx", spoil) for n, (why, (_, spoil)) in enumerate(SPOILED.items())}
    sheets = printed(books, tmp_path)
    good = places(sheets["good"], books["good"])
    assert len(good["A"]) == 4

    def faults(name: str) -> list[Fault]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return faults_of(sheets[name], books[name]) + moved("it", places(sheets[name], books[name]), {"it": good})

    assert faults("good") == []
    for why, (kind, _) in SPOILED.items():
        assert kind in {fault.kind for fault in faults(why)}, (why, faults(why))


def test_lists_of_ids_break_between_ids(tmp_path: Path) -> None:
    """In the column of predecessors as a master and a pack have it, with two to six of them."""
    field, books = load().form("tasks").field("predecessors"), {}
    for lang in ("zh", "en"):
        for kind, size in (("master", LONG_TEXT["font_size"]), ("pack", BODY)):
            books[f"{kind}.{lang}"] = tmp_path / f"{kind}.{lang}.xlsx"
            with new_workbook(books[f"{kind}.{lang}"], lang) as book:
                sheet = book.add_worksheet("A")
                sheet.set_column(0, 0, field_width(field, lang) if kind == "pack" else column_width(field, lang))
                look = Styles(book, lang).cell(BODY_CELL, font_size=size)
                for count in range(2, 7):
                    sheet.set_row(count, 60)
                    sheet.write_string(count, 0, COMMA[lang].join(f"RW-{n:03}" for n in range(38, 38 + count)), look)
    sheets = printed(books, tmp_path)
    assert sorted(sheets) == sorted(books)
    for name in books:
        assert len(sheets[name][0].pages[0].lines) > 5, name
        assert [str(fault) for fault in faults_of(sheets[name], books[name]) if fault.kind in ("broken", "cut")] == [], name


def test_how_colours_are_told_apart() -> None:
    assert round(contrast((0, 0, 0), (255, 255, 255))[0]) == 21
    assert contrast((192, 57, 43), (46, 125, 50))[0] < 1.5, "of red on green little is left"
    told = [signal(c) for c in ((176, 48, 36), (214, 137, 16), (23, 112, 60), (31, 95, 139), (244, 246, 249))]
    assert told == ["red", "amber", "green", "", ""]
