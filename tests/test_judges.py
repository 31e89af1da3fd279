"""The judges see: each fault Excel would repair, or drop a ribbon for, planted alone in a workbook of ours, is found, and nothing else is.

These are the faults Microsoft's validator does not report (docs/decisions/0007); where it does see one, that is noted at the case.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from judges import ROOT, structural_findings

from collab_xl.addin.build import build
from collab_xl.catalogue import LANGS

Change = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One workbook with everything the faults need: two tables, a formula with its chain, merges, a list, defined names."""
    path = tmp_path_factory.mktemp("judged") / "good.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("任务跟踪表")
        rows = [["T-1", 1, "x"], ["T-2", 2, "y"]]
        columns = [{"header": "任务ID"}, {"header": "进度"}, {"header": "备注"}, {"header": "合计", "formula": "=Tasks[@进度]*2"}]
        sheet.add_table("A1:D3", {"name": "Tasks", "data": [[*row, 0] for row in rows], "columns": columns})
        sheet.add_table("F1:G2", {"name": "Other", "columns": [{"header": "甲"}, {"header": "乙"}]})
        sheet.merge_range("A10:B10", "合并")
        sheet.merge_range("A12:B12", "又合并")
        sheet.data_validation("C2:C3", {"validate": "list", "source": ["是", "否"]})
        sheet.write_formula("A20", "=SUM(B2:B3)", None, 3)
        sheet.write_comment("A1", "批注")
        book.define_name("wk_title", "='任务跟踪表'!$A$1")
        book.define_name("wk_total", "='任务跟踪表'!$A$20")
    return path


def part(name: str, old: str, new: str) -> tuple[str, Change]:
    """Replace a text that stands in a part, once."""

    def change(data: bytes) -> bytes:
        text = data.decode("utf-8")
        assert old in text, f"{old} is not in {name}"
        return text.replace(old, new, 1).encode()

    return name, change


def pattern(name: str, old: str, new: str) -> tuple[str, Change]:
    def change(data: bytes) -> bytes:
        text, count = re.subn(old, new, data.decode("utf-8"), count=1, flags=re.DOTALL)
        assert count, f"{old} is not in {name}"
        return text.encode()

    return name, change


def planted(source: Path, target: Path, *changes: tuple[str, Change], more: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            for where, change in changes:
                if where == name:
                    data = change(data)
            new.writestr(name, data)
        for name, data in (more or {}).items():
            new.writestr(name, data)
    return target


SHEET, TABLE, BOOK, UI = "xl/worksheets/sheet1.xml", "xl/tables/table1.xml", "xl/workbook.xml", "customUI/customUI14.xml"
LONG = ",".join(f"选项{n:03}" for n in range(60))
FAULTS: dict[str, tuple[tuple[str, Change], str]] = {
    "a cell twice": (pattern(SHEET, r'(<c r="B2".*?</c>)', r"\1\1"), "out of order"),
    "cells out of order": (pattern(SHEET, r'(<c r="A2".*?</c>)(<c r="B2".*?</c>)', r"\2\1"), "out of order"),
    "rows out of order": (pattern(SHEET, r'(<row r="2".*?</row>)(<row r="3".*?</row>)', r"\2\1"), "after row"),
    "a row twice": (pattern(SHEET, r'(<row r="2".*?</row>)', r"\1\1"), "after row"),
    "a shared string that is not there": (pattern(SHEET, r't="s"><v>\d+<', 't="s"><v>999<'), "shared string"),
    "a style that is not there": (pattern(SHEET, r'<c r="B2"', '<c r="B2" s="99"'), "style"),
    "a number that is none": (pattern(SHEET, r'(<c r="B2"[^>]*>)<v>1<', r"\1<v>eins<"), "no number"),
    "a heading twice": (part(TABLE, 'name="进度"', 'name="任务ID"'), "heading"),
    "an empty heading": (part(TABLE, 'name="备注"', 'name=""'), "heading"),
    "a heading that is not its cell": (part(TABLE, 'name="备注"', 'name="说明"'), "heading"),
    "a table without a data row": (part(TABLE, 'ref="A1:D3"', 'ref="A1:D1"'), "no data row"),
    "a table of another width": (part(TABLE, 'ref="A1:D3"', 'ref="A1:C3"'), "columns"),
    "a filter of another size": (part(TABLE, '<autoFilter ref="A1:D3"', '<autoFilter ref="A1:D2"'), "filter"),
    "tables that overlap": (part("xl/tables/table2.xml", 'ref="F1:G2"', 'ref="D1:E2"'), "overlaps"),
    "two tables of one name": (part("xl/tables/table2.xml", 'displayName="Other"', 'displayName="TASKS"'), "twice"),
    "a column of a row without its table": (pattern(TABLE, r"Tasks\[@?\[?#?[^<]*", "[@进度]*2"), "without its table"),
    "merges that overlap": (part(SHEET, 'ref="A12:B12"', 'ref="B10:C12"'), "merges overlap"),
    "a list of over 255 characters": (pattern(SHEET, r'<formula1>"[^"]*"', f'<formula1>"{LONG}"'), "list of"),
    "a formula with a bracket too few": (part(SHEET, "SUM(B2:B3)", "SUM(B2:B3"), "brackets"),
    "a formula that begins with an equals sign": (part(SHEET, "<f>SUM", "<f>=SUM"), "starts with ="),
    "a text too long in a formula": (part(SHEET, "SUM(B2:B3)", '"' + "长" * 256 + '"'), "255"),
    "a name twice": (part(BOOK, 'name="wk_total"', 'name="WK_TITLE"'), "stands twice"),
    "a name like a table's": (part(BOOK, 'name="wk_total"', 'name="tasks"'), "stands twice"),
    "a name that is a cell": (part(BOOK, 'name="wk_total"', 'name="ab12"'), "not allowed"),
    "a name with a blank": (part(BOOK, 'name="wk_total"', 'name="wk total"'), "not allowed"),
    "a name of a lost sheet": (pattern(BOOK, r">'?任务跟踪表'?!\$A\$20", ">没有!$A$20"), "not there"),
    "a name of a lost cell": (pattern(BOOK, r">'?任务跟踪表'?!\$A\$20", ">#REF!"), "#REF!"),
    "a sheet's name with a slash": (part(BOOK, '<sheet name="任务跟踪表"', '<sheet name="任务/跟踪"'), "sheet name"),
    "a column too wide": (part(SHEET, "<sheetData>", '<cols><col min="9" max="9" width="256" customWidth="1"/></cols><sheetData>'), "wide"),
    "a row too high": (pattern(SHEET, '<row r="20"', '<row r="20" ht="410"'), "high"),
    "a tip too long": (part(SHEET, "<dataValidation ", f'<dataValidation prompt="{"x" * 256}" '), "prompt of more"),
    "a tip's title too long": (part(SHEET, "<dataValidation ", f'<dataValidation promptTitle="{"x" * 33}" '), "promptTitle of more"),
    "too many links": (part(SHEET, "</worksheet>", f"<hyperlinks>{'<hyperlink/>' * 65_531}</hyperlinks></worksheet>"), "hyperlinks"),
    "a relationship to nowhere": (part("xl/_rels/workbook.xml.rels", "styles.xml", "stile.xml"), "not there"),
}


def test_the_good_workbook_is_good(good: Path) -> None:
    assert structural_findings(good) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found(fault: str, good: Path, tmp_path: Path) -> None:
    change, said = FAULTS[fault]
    found = structural_findings(planted(good, tmp_path / "bad.xlsx", change))
    assert any(said in line for line in found), found


def test_a_part_without_a_content_type_is_found(good: Path, tmp_path: Path) -> None:
    assert structural_findings(planted(good, tmp_path / "bad.xlsx", more={"xl/extra.bin2": b"x"})) == ["no content type: xl/extra.bin2"]


def test_a_calculation_chain_that_names_a_cell_without_a_formula_is_found(good: Path, tmp_path: Path) -> None:
    chain = b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="%s" i="1"/></calcChain>'
    types = part("[Content_Types].xml", "</Types>", '<Override PartName="/xl/calcChain.xml" ContentType="application/xml"/></Types>')
    for cell, found in ((b"A20", 0), (b"B20", 1)):
        assert len(structural_findings(planted(good, tmp_path / "chain.xlsx", types, more={"xl/calcChain.xml": chain % cell}))) == found


RIBBON_FAULTS = {
    "an id twice": (part(UI, 'id="CollabCheck"', 'id="collabflag"'), "stands twice"),
    "a label and a callback for it": (part(UI, 'id="CollabCheck"', 'id="CollabCheck" label="检查"'), "label and getLabel"),
    "a screen tip twice": (part(UI, 'id="CollabCheck"', 'id="CollabCheck" screentip="检查"'), "screentip and getScreentip"),
    "two pictures": (part(UI, 'id="CollabCheck"', 'id="CollabCheck" image="x"'), "image and imageMso"),
    "a key tip in small letters": (part(UI, 'keytip="CK"', 'keytip="ck"'), "key tip"),
    "an id and a built-in one": (part(UI, 'id="CollabCheck"', 'id="CollabCheck" idMso="Undo"'), "idMso"),
}


@pytest.mark.parametrize("fault", RIBBON_FAULTS)
def test_each_fault_of_a_ribbon_is_found(fault: str, tmp_path: Path) -> None:
    addin = tmp_path / "good.xlam"
    addin.write_bytes(build())
    assert structural_findings(addin) == []
    change, said = RIBBON_FAULTS[fault]
    found = structural_findings(planted(addin, tmp_path / "bad.xlam", change))
    assert len(found) == 1, found
    assert said in found[0]


@pytest.mark.parametrize("lang", LANGS)
def test_faults_are_found_in_a_template_too(lang: str, tmp_path: Path) -> None:
    """A real workbook of ours, with its many sheets: the helper looks at every one."""
    template = ROOT / "workbook_templates" / f"master.{lang}.xlsx"
    with zipfile.ZipFile(template) as file:
        sheets = [n for n in file.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", n)]
        tables = [n for n in file.namelist() if n.startswith("xl/tables/table")]
    assert len(sheets) > 10
    assert len(tables) > 10
    for name in sheets:
        bad = planted(template, tmp_path / "bad.xlsx", pattern(name, r"(<row [^>]*>.*?</row>|<row [^>]*/>)", r"\1\1"))
        assert structural_findings(bad), name
    for name in tables:
        bad = planted(template, tmp_path / "bad.xlsx", pattern(name, r'(<tableColumn id="1" name=")[^"]*"', r'\1anders"'))
        assert structural_findings(bad), name
