"""The short proof of a written sheet: it passes where only the edited cells differ, and never where something else does."""

from __future__ import annotations

import io
import re

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from collab_xl.engines.package import Package, Packed
from collab_xl.engines.sheet_rows import SheetRows
from collab_xl.engines.usual_form import SheetXml
from collab_xl.engines.verify_cells import edited_cells
from collab_xl.model.plan import CellEdit

HEAD = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b'</sheetData><pageMargins left="0.7"/></worksheet>'


def text(ref: str, words: str, style: int = 1) -> bytes:
    return f'<c r="{ref}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{words}</t></is></c>'.encode()


def number(ref: str, value: str, style: int = 2) -> bytes:
    return f'<c r="{ref}" s="{style}"><v>{value}</v></c>'.encode()


def sheet(*rows: bytes) -> bytes:
    lines = (b'<row r="%d">' % n + cells + b"</row>" for n, cells in enumerate(rows, 1))
    return HEAD + b"".join(lines) + TAIL


OLD = sheet(
    text("A1", "编号") + text("B1", "进度") + text("AA1", "备注"),
    text("A2", "RW-1") + number("B2", "0.5") + b'<c r="AA2" s="3"/>',
    text("A3", "RW-2") + number("B3", "0.5") + text("AA3", "旧"),
)
NEW = sheet(
    text("A1", "编号") + text("B1", "进度") + text("AA1", "备注"),
    text("A2", "RW-1") + number("B2", "0.75") + text("AA2", "新", 3),
    text("A3", "RW-2") + number("B3", "0.5") + text("AA3", "旧"),
)
EDITS = [CellEdit("表", 2, 2, 0.5, 0.75), CellEdit("表", 2, 27, None, "新")]


def shown(part: bytes | None) -> bytes:
    assert part is not None
    return part.removeprefix(HEAD).removesuffix(TAIL)


def looked_at(part: bytes) -> SheetXml:
    rows = SheetRows(SheetXml(part, "xl/worksheets/sheet1.xml"))
    rows.look()
    assert rows.plain_rows
    return rows.sheet


def test_what_is_left_are_the_edited_cells_and_the_headings() -> None:
    left = shown(edited_cells(looked_at(OLD), NEW, EDITS, {1}))
    assert re.findall(rb'r="([A-Z]*[0-9]+)"', left) == [b"1", b"A1", b"B1", b"AA1", b"2", b"B2", b"AA2"]
    assert shown(edited_cells(looked_at(OLD), NEW, EDITS[::-1])) == b'<row r="2">' + number("B2", "0.75") + text("AA2", "新", 3) + b"</row>"
    assert shown(edited_cells(looked_at(OLD), OLD, [])) == b""


def test_a_prefix_is_no_hindrance() -> None:
    def prefixed(part: bytes) -> bytes:
        return re.sub(rb"<(/?)(?=[a-z])", rb"<\1x:", part).replace(b"xmlns=", b"xmlns:x=")

    left = edited_cells(looked_at(prefixed(OLD)), prefixed(NEW), EDITS)
    assert left is not None
    assert prefixed(number("B2", "0.75")) in left


@pytest.mark.parametrize(
    ("was", "is_now"),
    [
        pytest.param(text("A2", "RW-1"), text("A2", "RW-9"), id="another cell of the row"),
        pytest.param(number("B3", "0.5"), number("B3", "0.6"), id="a cell of another row"),
        pytest.param(text("AA3", "旧"), b"", id="a cell is gone"),
        pytest.param(text("AA3", "旧"), text("AA3", "旧") + text("AB3", "x"), id="a cell more"),
        pytest.param(number("B2", "0.75"), number("B2", "0.75") * 2, id="an edited cell twice"),
        pytest.param(number("B2", "0.75"), number("B2", "0.75", 7), id="another style"),
        pytest.param(number("B2", "0.75"), b'<c r="B2" s="2"><f>1+1</f><v>0.75</v></c>', id="a formula"),
        pytest.param(number("B2", "0.75"), number("C2", "0.75"), id="another place"),
        pytest.param(number("B2", "0.75"), b"<!--" + number("B2", "0.75") + b"-->" + number("B2", "0.5"), id="in a comment"),
        pytest.param(b'<row r="3">', b'<row r="4">', id="another row number"),
        pytest.param(b'left="0.7"', b'left="0.8"', id="behind the rows"),
        pytest.param(b"</row></sheetData>", b"</row> </sheetData>", id="white space"),
    ],
)
def test_whatever_else_differs_is_left_to_the_long_way(was: bytes, is_now: bytes) -> None:
    assert NEW.count(was) >= 1
    assert edited_cells(looked_at(OLD), NEW.replace(was, is_now, 1), EDITS, {1}) is None


def test_an_edit_that_was_not_made_reads_as_the_old_value() -> None:
    """The cut sheet holds what the new one holds: whether that is what was meant is for the reader of values to say."""
    assert number("B2", "0.5") in shown(edited_cells(looked_at(OLD), NEW.replace(b"0.75", b"0.5"), EDITS))


def test_a_cell_that_was_a_formula_or_was_not_there_takes_the_long_way() -> None:
    formula = OLD.replace(number("B2", "0.5"), b'<c r="B2" s="2"><f>A1</f><v>0.5</v></c>')
    assert edited_cells(SheetXml(formula, "x"), NEW, EDITS) is None
    missing = OLD.replace(b'<c r="AA2" s="3"/>', b"")
    assert edited_cells(SheetXml(missing, "x"), NEW, EDITS) is None


def test_calamine_reads_the_cut_sheet() -> None:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    book.add_worksheet("表").write(0, 0, 1)
    book.close()
    package = Package(target.getvalue())
    left = edited_cells(looked_at(OLD), NEW, EDITS, {1})
    assert left is not None
    out = io.BytesIO()
    package.rewrite(out, {"xl/worksheets/sheet1.xml": Packed.stored(left)})
    rows = CalamineWorkbook.from_filelike(io.BytesIO(out.getvalue())).get_sheet_by_name("表").to_python()
    assert (rows[0][0], rows[1][1], rows[1][26]) == ("编号", 0.75, "新")
