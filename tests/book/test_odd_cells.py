"""One cell that the fast reader refuses never decides over a file: it is reported with its address, the others are read."""

from __future__ import annotations

import io
import re
import zipfile

import openpyxl
import pytest

from collab_xl.book.read import read_book
from collab_xl.errors import CollabError
from collab_xl.intake.package import scan

ODD = {
    **{
        word: (f't="e"><v>{word}</v>', word)
        for word in ("#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#BUSY!", "#GETTING_DATA", "#PYTHON!")
    },
    "#REF!": ('t="e"><v>#REF!</v>', "#REF!"),
    "an unknown error word": ('t="e"><f>A1</f><v>#新错误!</v>', "#新错误!"),
    "a number that is none": ('t="n"><v>notanumber</v>', "notanumber"),
    "a text that does not exist": ('t="s"><v>99</v>', "99"),
    "a text number below 0": ('t="s"><v>-1</v>', "-1"),
    "a yes that is none": ('t="b"><v>maybe</v>', "maybe"),
    "an unknown type": ('t="zz"><v>1</v>', "1"),
}


def book(cell: str) -> bytes:
    """Three rows; B2 is the given cell, C2 another odd one on demand."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for line in (["编号", "值", "备注"], ["甲", "@", "后"], ["乙", 2, None]):
        sheet.append(line)
    made = io.BytesIO()
    workbook.save(made)
    out = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data, n = re.subn(rb'<c r="B2"[^>]*>.*?</c>', f'<c r="B2" {cell}</c>'.encode(), data)
                assert n == 1
            new.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("what", ODD)
def test_an_odd_cell_is_an_error_cell_with_its_text(what: str) -> None:
    cell, shown = ODD[what]
    snapshot = read_book(book(cell), "a.xlsx").snapshot("Sheet")
    assert snapshot.errors == {(2, 2): shown}
    assert [list(line) for line in snapshot.cells] == [["编号", "值", "备注"], ["甲", None, "后"], ["乙", 2, None]]


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", ".xml", ".rels"])
@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("cell", ["><v>1</v>", 't="e"><v>#SPILL!</v>'])
def test_parts_in_utf_16_are_read(part: str, order: str, cell: str) -> None:
    """calamine reads a sheet in UTF-16 as an empty one."""
    out, wide = io.BytesIO(), 0
    with zipfile.ZipFile(io.BytesIO(book(cell))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith(part):
                mark = b"\xff\xfe" if order == "utf-16-le" else b"\xfe\xff"
                text = re.sub("encoding=.utf-8.", 'encoding="UTF-16"', data.decode("utf-8"), flags=re.IGNORECASE)
                data, wide = mark + text.encode(order), wide + 1
            new.writestr(name, data, zipfile.ZIP_DEFLATED if wide % 2 else zipfile.ZIP_STORED)
    assert wide
    assert scan(out.getvalue()).code == ""
    snapshot = read_book(out.getvalue(), "a.xlsx").snapshot("Sheet")
    assert [list(line) for line in snapshot.cells] == [["编号", "值", "备注"], ["甲", None if "#" in cell else 1, "后"], ["乙", 2, None]]


def test_a_number_beyond_all_numbers_is_shown_as_text() -> None:
    snapshot = read_book(book("><v>1e999</v>"), "a.xlsx").snapshot("Sheet")
    assert snapshot.value(2, 2) == "inf"


def test_a_sheet_that_is_no_xml_is_still_damaged() -> None:
    with pytest.raises(CollabError) as refused:
        read_book(book("><v>1</v></c></row></oops>"), "a.xlsx").snapshot("Sheet")
    assert refused.value.code == "damaged_workbook"
