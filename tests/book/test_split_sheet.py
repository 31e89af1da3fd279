"""The rows of a written sheet are compared with those of the old one, and packed bytes with their content."""

from __future__ import annotations

import pytest

from collab_xl.book.deflate import deflated, inflates_to
from collab_xl.book.row_layout import SheetXml
from collab_xl.book.verify import CutSheet

ROWS = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row><row r="4"><c r="B4"><v>4</v></c></row>'


def cut(rows: bytes, before: CutSheet | None = None) -> CutSheet:
    return CutSheet(SheetXml(b'<worksheet xmlns="m"><cols/><sheetData>' + rows + b"</sheetData><tail/></worksheet>", "sheet1.xml"), before)


def test_rows_that_differ_are_named() -> None:
    before = cut(ROWS)
    new = ROWS.replace(b"<v>2</v>", b"<v>3</v>") + b'<row r="5"/>'
    after = cut(new, before)
    assert before.numbers == [1, 2, 4]
    assert after.numbers == [1, 2, 4, 5]
    assert set(after.changed) == {2, 5}
    assert b"<v>3</v>" in after.changed[2]
    assert cut(ROWS, before).changed == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<row r="2"><c r="A2">', b'<row r="2"><c s="1" r="A2">'),
        (b'<row r="2">', b'<row ht="9" r="2">'),
        (b'<row r="1">', b'<!-- a --><row r="1">'),
        (b'<row r="1">', b'<row spans="1:1" r="1">'),
    ],
)
def test_a_row_in_another_form_is_put_in_the_usual_one_wherever_it_stands(old: bytes, new: bytes) -> None:
    before = cut(ROWS)
    after = cut(ROWS.replace(old, new), before)
    assert not after.as_stored
    assert after.numbers == [1, 2, 4]
    assert b"<!--" not in after.data
    assert cut(ROWS, before).as_stored


@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_packed_bytes_hold_their_content_and_no_other(size: int) -> None:
    content = (b"0123456789" * (size // 10 + 1))[:size]
    packed = deflated(content)
    assert inflates_to(packed, content)
    assert not inflates_to(packed, content + b"0")
    assert not inflates_to(packed[:-1], content)
    if size:
        assert not inflates_to(packed, content[:-1])
        assert not inflates_to(packed, content[:-1] + b"x")
        assert not inflates_to(b"\xff" * 20, content)
