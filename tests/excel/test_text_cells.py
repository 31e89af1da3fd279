"""Cells formatted Text, and errors and texts that look like errors, in a workbook that is open in Excel.

The engine of the tests is as strict as Excel: a Text cell turns everything into text, and an error is an integer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from e2e.small_project import DAY, Project
from office_engine.facade_mac import play_mac
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.build.lists import LINKS
from collab_xl.errors import CollabError
from collab_xl.excel import write as live_write
from collab_xl.excel.read import formulas_in_block, range_of, values_in
from collab_xl.excel.run import OnScreen
from collab_xl.excel.write import write_open
from collab_xl.forms import load
from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Link, Value
from collab_xl.verbs.report import no_progress

Open = Callable[[Path], Any]
LINK = Link("#'表'!A1", "去看")
FORMULA = '=HYPERLINK("#\'表\'!A1","去看")'


@pytest.fixture
def book(tmp_path: Path, open_book: Open) -> Any:
    """Columns A and B are formatted Text, C General; row 2 has a text, a formula and a number that a file brought into Text cells."""
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as made:
        sheet = made.add_worksheet("表")
        text = made.add_format({"num_format": "@"})
        sheet.set_column(0, 1, 20, text)
        for row in range(12):
            sheet.write_blank(row, 0, None, text)
            sheet.write_blank(row, 1, None, text)
        sheet.write_string(1, 0, "001", text)
        sheet.write_formula(1, 1, FORMULA, text, "去看")
        sheet.write_number(2, 0, 5, text)
        sheet.write_string(2, 1, "#N/A", text)
        sheet.write_string(2, 2, "#NAME?")
        sheet.write_formula(3, 2, "=NA()", None, "#N/A")
    return open_book(tmp_path / "b.xlsx")


def edit(cell: str, old: Value, new: Value) -> CellEdit:
    area = Area.parse(cell)
    return CellEdit("表", area.first_row, area.first_col, old, new)


def state(book: Any, area: str = "A1:C8") -> tuple[object, ...]:
    sheet, found = book.sheets["表"], Area.parse(area)
    values, errors = values_in(sheet, found)
    formats = [[sheet.range((r, c)).number_format for c in range(1, 4)] for r in range(found.first_row, found.last_row + 1)]
    return values, errors, formulas_in_block(sheet, found, values), formats


def test_the_engine_is_as_strict_as_excel(book: Any) -> None:
    range_of(book.sheets["表"], Area.parse("A6:C6")).raw_value = [["=1+1", 7.0, "=1+1"]]
    range_of(book.sheets["表"], Area.parse("A7:C7")).raw_value = [["'001", "50%", "50%"]]
    assert values_in(book.sheets["表"], Area.parse("A6:C7"))[0] == [["=1+1", "7", 2], ["'001", "50%", 0.5]]
    assert range_of(book.sheets["表"], Area.parse("B3:C4")).raw_value == [["#N/A", "#NAME?"], [None, -2146826246]]


def test_a_link_in_a_text_cell_is_a_formula_and_only_its_cell_becomes_general(book: Any) -> None:
    write_open(book, Plan((edit("A1", None, LINK), edit("A2", "001", LINK), edit("B1", None, "3-5"), edit("C1", None, LINK))))
    values, errors, formulas, formats = state(book, "A1:C2")
    assert values == [["去看", "3-5", "去看"], ["去看", "去看", None]]
    assert (errors, formulas) == ({}, dict.fromkeys([(1, 1), (1, 3), (2, 1), (2, 2)], FORMULA))
    assert formats == [["General", "@", "General"], ["General", "@", "General"]]


TEXTS = ["001", "3-5", "50%", "=1+1", "'a", "-x", "#N/A", "2026-03-07", "TRUE", "正常"]


@pytest.mark.parametrize("column", ["A", "C"])
def test_a_text_stays_the_text_it_is_whatever_the_format(book: Any, column: str) -> None:
    write_open(book, Plan(tuple(edit(f"{column}{n}", None, text) for n, text in enumerate(TEXTS, 5))))
    found, errors = values_in(book.sheets["表"], Area.parse(f"{column}5:{column}{4 + len(TEXTS)}"))
    assert (found, errors) == ([[text] for text in TEXTS], {})


def test_a_number_in_a_text_cell_stays_a_number_and_the_cell_stays_text(book: Any) -> None:
    write_open(book, Plan((edit("A1", None, 7), edit("A2", "001", date(2026, 3, 7)), edit("A3", 5, 6))))
    values, _, _, formats = state(book, "A1:C3")
    assert [line[0] for line in values] == [7, 46088, 6]  # type: ignore[attr-defined]
    assert all(line == ["@", "@", "General"] for line in formats)  # type: ignore[attr-defined]


def test_a_run_taken_back_leaves_values_formulas_and_formats(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(book)
    assert before[1:3] == ({(4, 3): "#N/A"}, {(2, 2): FORMULA, (4, 3): "=NA()"})
    plan = Plan(
        (
            edit("A1", None, LINK), edit("A2", "001", LINK), edit("B2", "去看", "字"), edit("A3", 5, "五"), edit("B3", "#N/A", 3),
            edit("C3", "#NAME?", LINK),
        )
    )  # fmt: skip
    seen = []

    def wrong(*_: object) -> None:
        seen.append(state(book))
        raise ValueError("not as meant")

    monkeypatch.setattr(live_write, "_verify", wrong)
    with pytest.raises(CollabError, match="live_write_failed"):
        write_open(book, plan)
    assert seen[0] != before
    assert state(book) == before


def test_texts_that_read_like_an_error_are_told_from_errors(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        values, errors = values_in(book.sheets["表"], Area.parse("A3:C4"))
        assert (values, errors) == ([[5, "#N/A", "#NAME?"], [None, None, None]], {(4, 3): "#N/A"})
        play_mac(monkeypatch)


def test_a_number_as_large_as_the_code_of_an_error_is_a_number(book: Any) -> None:
    write_open(book, Plan((edit("C1", None, -2146826246),)))
    assert values_in(book.sheets["表"], Area.parse("C1:C1")) == ([[-2146826246]], {})


def test_a_calculated_column_formatted_text_grows_with_its_formula(tmp_path: Path, open_book: Open) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as made:
        sheet, text = made.add_worksheet("表"), made.add_format({"num_format": "@"})
        for row in (1, 2):
            sheet.write_string(row, 0, f"字{row}")
            sheet.write_formula(row, 1, f"=LEN(A{row + 1})", text, 2)
        sheet.add_table(0, 0, 2, 1, {"name": "T", "columns": [{"header": "字"}, {"header": "长"}]})
    book = open_book(tmp_path / "t.xlsx")
    write_open(book, Plan((edit("A4", None, "三个字"), edit("A5", None, "字")), {"T": Area.parse("A1:B5")}))
    found = values_in(book.sheets["表"], Area.parse("B2:B5"))[0]
    assert found == [[2], [2], [3], [1]]
    assert book.sheets["表"].range((2, 2), (5, 2)).number_format == "@"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with issued packs and one reply with an error and with texts that look like one."""
    made = Project.start(tmp_path)
    made.issue()
    cells = {("tasks", "RW-001"): {"risk": "#N/A", "progress": 0.8}, ("tasks", "RW-003"): {"measure": "#NAME?", "progress": "#DIV/0!"}}
    made.reply("市场部", cells, "市场部")
    return made


def made_text(master: Path) -> int:
    """Format every link column as Text, as in masters of earlier versions; returns the number of cells."""
    workbook = workbook_at(master)
    changed = 0
    for service, column in LINKS:
        columns = [c.id for c in load().service(service).columns]
        sheet = next(ws for ws in workbook if load().service(service).table in ws.tables)
        col = columns.index(column) + 1
        sheet.column_dimensions[openpyxl.utils.get_column_letter(col)].number_format = "@"
        for row in range(4, 60):
            sheet.cell(row, col).number_format = "@"
            changed += 1
    workbook.save(master)
    return changed


@pytest.mark.parametrize("earlier", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["new", "of an earlier version"])
def test_a_pack_with_errors_goes_through_every_verb_on_the_screen(project: Project, open_book: Open, earlier: bool) -> None:
    if earlier:
        assert made_text(project.master) > 100
    where = OnScreen(open_book(project.master))
    report = verbs.collect(where, (project.folder / "inbox",), department=None, as_of=DAY, write=True, lang="zh", progress=no_progress)
    assert report.json
    verbs.preview(where, as_of=DAY, lang="zh", progress=no_progress)
    verbs.consolidate(where, as_of=DAY, lang="zh", progress=no_progress)
    found = verbs.check(where, as_of=DAY, lang="zh")
    verbs.flag(where, as_of=DAY, lang="zh")
    verbs.flag(where, as_of=DAY, lang="zh")
    verbs.week(where, as_of=DAY, lang="zh")
    assert found.json["findings"]
    sheets = where.book.sheets
    quoted = [value for sheet in sheets for line in values_in(sheet, Area(1, 1, 40, 22))[0] for value in line]
    assert {"#N/A", "#NAME?", "#DIV/0!"} & set(quoted), "what the department sent is quoted as a text"
    sheet = next(s for s in sheets if s.name == load().service("overdue").sheet["zh"])
    column = [c.id for c in load().service("overdue").columns].index("row_key") + 1
    links = formulas_in_block(sheet, Area(4, column, 4, column), values_in(sheet, Area(4, column, 4, column))[0])
    assert links, "the first overdue row links to its row"
    assert sheet.range((4, column)).number_format == "General"
    verbs.undo(where, as_of=DAY, lang="zh")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_link_columns_of_a_new_master_are_general(lang: str) -> None:
    workbook = workbook_at(Path(__file__).parents[2] / "workbook_templates" / f"master.{lang}.xlsx")
    for service in ("findings", "overdue", "escalations"):
        table = load().service(service)
        sheet = next(ws for ws in workbook if table.table in ws.tables)
        formats = {c.id: sheet.cell(4, n).number_format for n, c in enumerate(table.columns, 1)}
        links = {column for owner, column in LINKS if owner == service}
        assert links
        assert {formats[column] for column in links} == {"General"}
        assert "@" in formats.values()
