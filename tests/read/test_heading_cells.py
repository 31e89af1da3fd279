"""A pack in which columns or rows were moved without its table part: what stands in the heading row counts, as a person sees it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sheets_as_typed import COMPANY, SCHEMA, context

from collab_xl.book.read import read_book
from collab_xl.build.pack import build_pack
from collab_xl.model.finding import Finding
from collab_xl.model.merge import Pack
from collab_xl.model.pack_plan import PackPlan, PackSheet
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.read.heading_cells import differences
from collab_xl.read.table import parse_table

TASK: dict[str, Value] = {
    "task_id": "RW-001", "name": "渠道谈判", "dept": "市场部", "owner": "*经理", "start": date(2026, 11, 2), "end": date(2026, 11, 20),
    "progress": 0.5, "status": "in_progress", "risk": "缺人",
}  # fmt: skip
FORM = SCHEMA.form("tasks")
FIELDS = tuple(f.id for f in FORM.fields if f.in_pack)
HEAD = 3
Change = Callable[[Worksheet], object]


def pack(lang: str = "zh") -> bytes:
    about = Pack("P1", "市场部", "2026-W47", datetime(2026, 11, 16, 9), "1", {"tasks": {"RW-001": TASK}})
    sheet = PackSheet("tasks", FIELDS, (("RW-001", TASK),), ("P1#1", "P1#2"))
    return build_pack(PackPlan(about, (sheet,)), SCHEMA, lang, COMPANY, "token", "project", "id")


def saved(change: Change, lang: str = "zh") -> bytes:
    """The pack after an edit by a program that keeps the table part as it was."""
    workbook = openpyxl.load_workbook(io.BytesIO(pack(lang)))
    change(workbook[FORM.sheet[lang]])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def read(data: bytes, lang: str = "zh") -> tuple[Table, list[Finding]]:
    book = read_book(data)
    ref = book.tables[FORM.table]
    return parse_table(book.snapshot(ref.sheet), ref, FORM, context(lang, COMPANY))


def column(sheet: Worksheet, field: str, lang: str = "zh") -> int:
    return next(c.column for c in sheet[HEAD] if c.value == FORM.field(field).heading[lang])


def inserted(sheet: Worksheet) -> None:
    sheet.insert_cols(5)
    sheet.cell(HEAD, 5).value, sheet.cell(HEAD + 1, 5).value = "我的备注列", "abc"


def inserted_blank(sheet: Worksheet) -> None:
    sheet.insert_cols(5)
    sheet.cell(HEAD + 1, 5).value = "abc"


def inserted_last(sheet: Worksheet) -> None:
    sheet.insert_cols(len(FIELDS) + 1)


def said(table: Table) -> dict[str, Value]:
    return {f: table.get(0, f) for f in TASK}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (inserted, ["H122", "H101"]),
        (inserted_blank, ["H122", "H114"]),
        (inserted_last, ["H122"]),
        (lambda sheet: sheet.insert_rows(1, 3), ["H122"]),
        (lambda sheet: sheet.delete_rows(1), ["H122"]),
        (lambda sheet: sheet.insert_cols(1), ["H122"]),
    ],
)
def test_a_pack_with_moved_cells_says_what_its_headings_say(change: Change, codes: list[str], lang: str) -> None:
    table, found = read(saved(change, lang), lang)
    assert said(table) == TASK
    assert list(table.row_ids) == ["RW-001"]
    assert [f.code for f in found] == codes


@pytest.mark.parametrize(("field", "codes"), [("predecessors", ["H122", "H105"]), ("task_id", ["H122", "H104"])])
def test_a_deleted_column_is_missing_and_the_others_stay_what_they_are(field: str, codes: list[str]) -> None:
    table, found = read(saved(lambda sheet: sheet.delete_cols(column(sheet, field))))
    assert said(table) == {**TASK, **({field: None} if field in TASK else {})}
    assert list(table.row_ids) == ["RW-001"]
    assert [f.code for f in found] == codes
    assert [f.expected for f in found if f.code != "H122"] == [FORM.field(field).heading["zh"]]


def test_two_headings_changed_over_are_read_as_they_stand() -> None:
    def swap(sheet: Worksheet) -> None:
        one, other = (sheet.cell(HEAD, column(sheet, f)) for f in ("risk", "remark"))
        one.value, other.value = other.value, one.value

    table, found = read(saved(swap))
    assert (table.get(0, "risk"), table.get(0, "remark")) == (None, "缺人")
    assert [(f.code, f.found, f.expected) for f in found] == [
        ("H122", FORM.field("remark").heading["zh"], FORM.field("risk").heading["zh"])
    ]


def test_without_its_heading_row_a_table_has_no_key_and_no_rubbish() -> None:
    table, found = read(saved(lambda sheet: sheet.delete_rows(HEAD)))
    assert (len(table), dict(table.columns)) == (0, {})
    assert "H104" in {f.code for f in found}


def spelled(change: Callable[[str], object], field: str = "risk") -> Change:
    def edit(sheet: Worksheet) -> None:
        cell = sheet.cell(HEAD, column(sheet, field))
        cell.value = change(str(cell.value))

    return edit


@pytest.mark.parametrize(
    "change",
    [lambda w: f" {w[:2]}\n{w[2:]} ", lambda w: f"{w}_x000a_", lambda w: None, lambda w: 7, lambda w: w],
    ids=["broken over lines", "escaped", "blank", "a number", "as it was"],
)
def test_another_spelling_a_blank_and_a_number_are_no_moved_column(change: Callable[[str], object]) -> None:
    table, found = read(saved(spelled(change)))
    assert said(table) == TASK
    assert [f.code for f in found] == []


def test_the_number_of_a_second_heading_is_excels() -> None:
    def doubled(sheet: Worksheet) -> None:
        sheet.tables[FORM.table].tableColumns[column(sheet, "remark") - 1].name = "备注2"

    book = read_book(saved(doubled))
    ref = book.tables[FORM.table]
    assert "备注2" in ref.headings
    assert differences(book.snapshot(ref.sheet), ref) == []


def test_names_equal_to_their_cells_cost_one_comparison() -> None:
    book = read_book(pack())
    ref = book.tables[FORM.table]
    snapshot = book.snapshot(ref.sheet)
    assert tuple(snapshot.cells[HEAD - snapshot.first_row]) == ref.headings
    assert differences(snapshot, ref) == []
