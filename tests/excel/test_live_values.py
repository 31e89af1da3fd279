"""Values between Excel and us, without Excel: types as read, texts as typed, blocks, and errors of Excel."""

from __future__ import annotations

import sys
import types
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab_xl import catalogue
from collab_xl.errors import CollabError
from collab_xl.excel.busy import excel_errors, is_busy
from collab_xl.excel.values import as_on_windows, as_read, blocks, is_plain, read_block, same_in_cell, to_type
from collab_xl.excel.write import footer_parts
from collab_xl.excel.xlwings_setup import COM_TRIES, bounded_retries
from collab_xl.model.values import Link


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (5.0, 5),
        (0.1, 0.1),
        (Decimal("12.5000"), 12.5),
        (Decimal("7.0000"), 7),
        (datetime(2026, 3, 7, tzinfo=UTC), date(2026, 3, 7)),
        (datetime(2026, 3, 7, 14, 30), datetime(2026, 3, 7, 14, 30)),
        (datetime(2026, 3, 7, 23, 59, 59, 999995), date(2026, 3, 8)),
        (datetime(1899, 12, 30, 12), 0.5),
        (True, True),
        ("001", "001"),
        ("", None),
    ],
)
def test_what_excel_gives_is_put_in_normal_form(given: object, read: object) -> None:
    found = as_read(given)
    assert (found, type(found)) == (read, type(read))


def test_an_error_is_an_integer_and_a_text_that_reads_like_one_is_a_text() -> None:
    cells, errors = read_block([["#N/A", 1.0], [-2146826243, "a"], [-2146826199, -2146826246], [-2146826246.0, None]], 4, 2)
    assert cells == [["#N/A", 1], [None, "a"], [None, None], [-2146826246, None]]
    assert errors == {(5, 2): "#SPILL!", (6, 2): "#VALUE!", (6, 3): "#N/A"}


def test_a_mac_tells_of_an_error_by_what_it_shows() -> None:
    missing = object()
    values = [["#N/A", missing, missing, 5, 0.5, True]]
    shown = [["#N/A", "#NAME?", "", "5", "50%", "TRUE"]]
    cells, errors = read_block(as_on_windows(values, shown), 1, 1)
    assert (cells, errors) == ([["#N/A", None, None, 5, 0.5, True]], {(1, 2): "#NAME?"})


def test_a_time_of_excel_is_an_ordinary_one() -> None:
    """pywin32 has its own datetime, for which `replace` does not always work."""

    class OfExcel(datetime):
        def replace(self, *_: object, **__: object) -> datetime:  # type: ignore[override]
            raise TypeError

    assert type(as_read(OfExcel(2026, 3, 7, 14, 30, tzinfo=UTC))) is datetime


@pytest.mark.parametrize("text", ["问卷设计", "李*经理", "Q3上线 3-5 天", "in progress", "Vertrieb 2026", "测试机 2 台", "产品\n第 2 期"])
def test_plain_text_is_written_as_it_is(text: str) -> None:
    assert to_type(text, False, "A1") == text


DOUBTFUL = """001 3-5 50% =1+1 +1 -x @a 'quoted 1/2 2026-03-07 2026年3月7日 上午9点 三月五日 3月 MAY-24 1E5 TRUE wahr #N/A
¥5 $5 RW-001 (5) 12:30 .5
① Ⅷ ９"""


@pytest.mark.parametrize("text", [*DOUBTFUL.split(), "Mar 5", "SEP 2026", "CHF 50", "5 €", " 空格"])
def test_what_excel_might_read_otherwise_gets_an_apostrophe(text: str) -> None:
    assert to_type(text, False, "A1") == "'" + text


@given(st.text(min_size=1, max_size=12))
def test_plain_text_never_begins_like_a_number_or_formula(text: str) -> None:
    if is_plain(text):
        assert text[0].isalpha()
        with pytest.raises(ValueError, match="could not convert"):
            float(text if text.casefold() not in ("nan", "inf", "infinity") else "x")


def test_numbers_dates_and_links_are_typed_so_that_excel_keeps_them() -> None:
    assert to_type(date(2026, 3, 7), False, "A1") == 46088.0
    assert to_type(date(2026, 3, 7), True, "A1") == 46088.0 - 1462
    assert type(to_type(7, False, "A1")) is float
    assert to_type(True, False, "A1") is True
    assert to_type(Link("#'表'!A1", '说"明'), False, "A1") == '=HYPERLINK("#\'表\'!A1","说""明")'
    assert to_type(None, False, "A1") is None
    with pytest.raises(CollabError, match="text_too_long"):
        to_type("字" * 32_768, False, "A1")
    with pytest.raises(CollabError, match="date_too_early"):
        to_type(date(1899, 1, 1), False, "A1")


def test_a_cell_holds_a_date_as_a_number_and_a_link_as_its_text() -> None:
    assert same_in_cell(46088, date(2026, 3, 7), False)
    assert same_in_cell("去看", Link("#A!A1", "去看"), False)
    assert same_in_cell("a\nb", "a\r\nb", False)
    assert not same_in_cell(1, True, False)
    assert not same_in_cell(None, 0, False)


CELLS = st.sets(st.tuples(st.integers(1, 12), st.integers(1, 8)), max_size=40)


@given(CELLS)
def test_blocks_cover_each_cell_once_and_nothing_else(cells: set[tuple[int, int]]) -> None:
    covered = [(r, c) for a in blocks(cells) for r in range(a.first_row, a.last_row + 1) for c in range(a.first_col, a.last_col + 1)]
    assert sorted(covered) == sorted(cells)


@given(CELLS)
def test_blocks_are_no_more_than_the_runs(cells: set[tuple[int, int]]) -> None:
    in_rows = sum((r, c - 1) not in cells for r, c in cells)
    in_cols = sum((r - 1, c) not in cells for r, c in cells)
    assert len(blocks(cells)) <= min(in_rows, in_cols)


def test_a_full_table_is_one_block_and_a_column_too() -> None:
    assert len(blocks((r, c) for r in range(4, 5004) for c in range(1, 13))) == 1
    assert [str(a) for a in blocks((r, 3) for r in range(4, 5004))] == ["C4:C5003"]


def test_footer_sections() -> None:
    assert footer_parts("&L左 && 右&C&P / &N&R2026-W47") == {"LeftFooter": "左 && 右", "CenterFooter": "&P / &N", "RightFooter": "2026-W47"}
    assert footer_parts("只有中间") == {"LeftFooter": "", "CenterFooter": "只有中间", "RightFooter": ""}


class ComError(Exception):
    """Like pywin32's com_error."""

    def __init__(self, hresult: int, scode: int = 0) -> None:
        super().__init__(hresult, "text", (0, "Excel", None, None, 0, scode), None)
        self.hresult = hresult


class MacError(Exception):
    """Like appscript's CommandError."""

    def __init__(self, number: int) -> None:
        super().__init__(f"error {number}")
        self.errornumber = number


@pytest.mark.parametrize("error", [ComError(-2147418111), ComError(-2146777998), ComError(-2147352567, -2146777998), MacError(-1712)])
def test_a_cell_being_edited_is_said_in_plain_words(error: Exception) -> None:
    assert is_busy(error)
    with pytest.raises(CollabError) as found, excel_errors():
        raise error
    assert found.value.code == "excel_busy"
    assert "Esc" in catalogue.error_text(found.value, "en")[2]


def test_the_permission_a_mac_asks_for_is_explained() -> None:
    with pytest.raises(CollabError, match="excel_permission"), excel_errors():
        raise MacError(-1743)


def test_any_other_refusal_stays_what_it_is() -> None:
    with pytest.raises(ComError), excel_errors():
        raise ComError(-2147352567, -2146827284)


def test_retries_of_xlwings_are_bounded_and_its_setting_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("xlwings._xlwindows")
    module.N_COM_ATTEMPTS = 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "xlwings._xlwindows", module)
    seen = []

    def work() -> None:
        with bounded_retries():
            seen.append(module.N_COM_ATTEMPTS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert seen == [COM_TRIES]
    assert module.N_COM_ATTEMPTS == 0  # type: ignore[attr-defined]
