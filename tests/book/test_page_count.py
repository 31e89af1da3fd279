"""How many pages wide a sheet is printed when its table gets or loses columns: as many as keep its text as large as before."""

from __future__ import annotations

import pytest

from collab_xl.book.page_count import paged, unpaged

FITTED = b'<worksheet><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
ONE = b'<pageSetup paperSize="9" fitToHeight="0" orientation="landscape"/>'
A3_TWO = b'<pageSetup paperSize="8" fitToWidth="2" fitToHeight="0" orientation="landscape"/>'
A3_THREE = b'<pageSetup paperSize="8" fitToWidth="3" fitToHeight="0" orientation="landscape"/>'


def before(*widths: float, hidden: int = 0) -> bytes:
    cols = b"".join(
        b'<col min="%d" max="%d" width="%f"%s customWidth="1"/>' % (n, n, width, b' hidden="1"' * (n == hidden))
        for n, width in enumerate(widths, 1)
    )
    return FITTED + b"<cols>" + cols + b"</cols>"


WIDE = (40.0, *[50.0] * 6)
"""On A3 with the first column repeated: three of 50 a page."""


@pytest.mark.parametrize(
    ("widths", "setup", "had", "has", "again", "then"),
    [
        ((40.0, 50.0, 40.0, 20.0), ONE, 3, 4, 0, ONE.replace(b'"9"', b'"8"')),  # no longer on A4
        ((*WIDE, 50.0), A3_TWO, 7, 8, 1, A3_THREE),
        ((*WIDE, 50.0), A3_THREE, 8, 7, 1, A3_TWO),  # and back
        ((40.0, 50.0, 20.0, 20.0), ONE, 3, 4, 0, ONE),  # there is room
        ((*WIDE, 50.0), A3_THREE.replace(b'"3"', b'"1"'), 7, 8, 1, A3_THREE.replace(b'"3"', b'"1"')),  # somebody wants one page
        ((*WIDE, 50.0), A3_TWO.replace(b'"8"', b'"5"'), 7, 8, 1, A3_TWO.replace(b'"8"', b'"5"')),  # a paper of somebody's own
    ],
)
def test_pages_follow_the_columns_unless_somebody_chose_them(
    widths: tuple[float, ...], setup: bytes, had: int, has: int, again: int, then: bytes
) -> None:
    after = b"</sheetData>" + setup + b"</worksheet>"
    assert paged(before(*widths), after, b"", had, has, again) == b"</sheetData>" + then + b"</worksheet>"
    assert unpaged(setup, b"") == unpaged(then, b"")


def test_a_hidden_column_needs_no_page_and_a_sheet_with_a_scale_stays() -> None:
    after = A3_TWO
    assert paged(before(*WIDE, 50.0, hidden=8), after, b"", 7, 8, 1) == after
    assert paged(before(*WIDE, 50.0).replace(FITTED, b"<worksheet>"), after, b"", 7, 8, 1) == after
