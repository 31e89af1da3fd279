"""Writing into an open workbook: what is refused, restored and undone, and the number of calls to Excel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from office_engine.calls import CALLS

from collab_xl import catalogue
from collab_xl.errors import CollabError, StaleCell
from collab_xl.excel import native as live_native
from collab_xl.excel.read import formulas_in_block, range_of, read_open_book, values_in
from collab_xl.excel.state import READY_TRIES, restored_state, wait_until_ready, workbook_path
from collab_xl.excel.write import write_open
from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Link, Value

Open = Callable[[Path], Any]
SHEET = "任务"


def workbook(path: Path, rows: int = 6, below: str = "", totals: bool = False) -> Path:
    """A sheet 任务 with the table Tasks from A3 (编号, 部门, 进度, 长度 = a user's formula), and a second sheet 周报."""
    with xlsxwriter.Workbook(path) as book:
        percent = book.add_format({"num_format": "0%"})
        sheet = book.add_worksheet(SHEET)
        for r in range(rows):
            sheet.write_string(3 + r, 0, f"RW-{r + 1:04}")
            sheet.write_string(3 + r, 1, ("市场部", "研发部")[r % 2])
            sheet.write_number(3 + r, 2, r / 10, percent)
            sheet.write_formula(3 + r, 3, f"=LEN(A{4 + r})", None, 7)
        heads = [{"header": h} for h in ("编号", "部门", "进度", "长度")]
        sheet.add_table(2, 0, 2 + rows + totals, 3, {"name": "Tasks", "columns": heads, "total_row": totals})
        if below:
            sheet.write_string(3 + rows, 1, below)
        sheet.write_array_formula(0, 6, 1, 6, "{=ROW(A1:A2)}")
        book.add_worksheet("周报").write_string(0, 0, "标题")
    return path


@pytest.fixture(params=["windows", "mac"])
def native(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, office_context: Any) -> str:
    """Excel's objects as COM has them, or as AppleScript has them with the names in xlwings."""
    if request.param == "mac":
        from office_engine.facade_mac import play_mac

        play_mac(monkeypatch)
    return str(request.param)


@pytest.fixture
def book(tmp_path: Path, open_book: Open) -> Any:
    return open_book(workbook(tmp_path / "主表.xlsx"))


def cells(book: Any, area: str, sheet: str = SHEET) -> list[list[Value]]:
    return values_in(book.sheets[sheet], Area.parse(area))[0]


def edit(cell: str, old: Value, new: Value, sheet: str = SHEET) -> CellEdit:
    area = Area.parse(cell)
    return CellEdit(sheet, area.first_row, area.first_col, old, new)


def refused(book: Any, plan: Plan, code: str) -> CollabError:
    """The error; checks that nothing has changed."""
    before = cells(book, "A1:G20"), cells(book, "A1:C5", "周报")
    with pytest.raises(CollabError) as found:
        write_open(book, plan)
    assert found.value.code == code
    for lang in catalogue.LANGS:
        words = [catalogue.text(catalogue.code_key(f"error.{code}", part), lang, **found.value.facts) for part in ("what", "why", "fix")]
        assert all(words)
        assert "{" not in "".join(words)
    assert (cells(book, "A1:G20"), cells(book, "A1:C5", "周报")) == before
    return found.value


TEXTS = ["001", "3-5", "50%", "=1+1", "'a", "1/2", "2026-03-07", "TRUE", "+86", "@x", "RW-001", "正常", "两行\n文字"]


def test_a_text_stays_the_text_it_is(book: Any) -> None:
    book.sheets["周报"].range((1, 2), (5, 2)).raw_value = [["001"], ["50%"], ["=1+1"], ["'001"], ["2026-03-07"]]
    assert cells(book, "B1:B5", "周报") == [[1], [0.5], [2], ["001"], [46088]], "a text is read as if typed, as Excel does"
    write_open(book, Plan(tuple(edit(f"C{n}", None, text, "周报") for n, text in enumerate(TEXTS, 1))))
    assert cells(book, f"C1:C{len(TEXTS)}", "周报") == [[text] for text in TEXTS]


def test_a_link_is_a_formula_with_its_text_as_value(book: Any) -> None:
    write_open(book, Plan((edit("A1", "标题", Link(f"#'{SHEET}'!A4", "去任务"), "周报"),)))
    assert cells(book, "A1:A1", "周报") == [["去任务"]]
    found = formulas_in_block(book.sheets["周报"], Area(1, 1, 1, 1), [["去任务"]])
    assert found[1, 1].startswith("=HYPERLINK(")


def test_a_cell_typed_over_since_stops_the_run_before_anything_is_written(book: Any) -> None:
    book.sheets[SHEET].range((5, 2)).value = "法务部"
    plan = Plan((edit("A1", "标题", "新", "周报"), edit("B4", "市场部", "人事部"), edit("B5", "研发部", "人事部")))
    stale = refused(book, plan, "stale_cell")
    assert isinstance(stale, StaleCell)
    assert (stale.facts["cell"], stale.facts["expected"], stale.facts["found"]) == (f"{SHEET}!B5", "研发部", "法务部")


def test_a_users_formula_is_never_written_over(book: Any) -> None:
    assert isinstance(refused(book, Plan((edit("D4", 7, 8),)), "stale_cell"), StaleCell)
    refused(book, Plan((edit("G1", 1, 8),)), "array_cell")


def test_headings_and_missing_sheets_and_tables_are_refused(book: Any) -> None:
    refused(book, Plan((edit("B3", "部门", "科室"),)), "heading_edit")
    refused(book, Plan((edit("B3", None, 1, "没有"),)), "sheet_missing")
    refused(book, Plan(tables={"Nobody": Area.parse("A3:D9")}), "table_gone")
    refused(book, Plan(tables={"Tasks": Area.parse("A4:D9")}), "table_shape")
    refused(book, Plan((edit("B4", "市场部", "字" * 32_768),)), "text_too_long")
    refused(book, Plan(page_footers={"周报": "x" * 256}), "footer_too_long")


def grown(*more: CellEdit) -> Plan:
    return Plan((edit("A10", None, "RW-0007"), edit("C10", None, 0.5), *more), {"Tasks": Area.parse("A3:D11")})


def test_a_grown_table_takes_formats_and_calculated_columns_along(book: Any) -> None:
    write_open(book, grown())
    live = read_open_book(book)
    assert live.tables["Tasks"].area == Area.parse("A3:D11")
    snap = live.snapshot(SHEET)
    assert [snap.value(10, col) for col in (1, 2, 3, 4)] == ["RW-0007", None, 0.5, 7]
    assert snap.formulas.keys() >= {(10, 4), (11, 4)}
    assert snap.formulas[11, 4] == "=LEN(A11)"
    assert (10, 3) in snap.percents


def test_a_table_shrinks_and_the_rows_it_leaves_are_empty(book: Any) -> None:
    write_open(book, grown())
    emptied = Plan((edit("A10", "RW-0007", None), edit("C10", 0.5, None)), {"Tasks": Area.parse("A3:D9")})
    write_open(book, emptied)
    assert read_open_book(book).tables["Tasks"].area == Area.parse("A3:D9")
    assert cells(book, "A10:D11") == [[None] * 4] * 2


def test_what_is_in_the_way_of_a_table_stops_the_run(tmp_path: Path, open_book: Open) -> None:
    book = open_book(workbook(tmp_path / "备注.xlsx", below="备注"))
    assert refused(book, grown(), "below_table").facts["cell"] == f"{SHEET}!B10"
    refused(book, Plan(tables={"Tasks": Area.parse("A3:D8")}), "row_not_empty")


def test_a_totals_row_is_not_moved_in_open_excel(tmp_path: Path, open_book: Open) -> None:
    book = open_book(workbook(tmp_path / "汇总行.xlsx", totals=True))
    book.sheets[SHEET].tables["Tasks"].impl._ranged.TotalsRow = True
    refused(book, Plan(tables={"Tasks": Area.parse("A3:D12")}), "live_totals")


def test_rows_are_hidden_and_shown_in_runs(native: str, book: Any) -> None:
    write_open(book, Plan(hidden={SHEET: {5: True, 6: True, 8: True}}))
    assert read_open_book(book).snapshot(SHEET).hidden_rows == {5, 6, 8}
    write_open(book, Plan(hidden={SHEET: {4: False, 5: False, 6: True, 7: True, 8: False}}))
    assert read_open_book(book).snapshot(SHEET).hidden_rows == {6, 7}


def test_the_page_footer_is_written_in_its_three_parts(native: str, book: Any) -> None:
    write_open(book, Plan(page_footers={"周报": "&L项目&C2026-W47&R内部"}))
    assert list(live_native.footers(book.sheets["周报"]).values()) == ["项目", "2026-W47", "内部"]


def filtered(book: Any) -> Any:
    """Only 研发部 is shown: rows 4, 6 and 8 are hidden by the filter."""
    autofilter = book.sheets[SHEET].tables["Tasks"].autofilter
    autofilter.apply_values(2, ["研发部"])
    assert read_open_book(book).snapshot(SHEET).hidden_rows == {4, 6, 8}
    return autofilter


COLUMN = Plan(tuple(edit(f"C{r}", (r - 4) / 10, 0.9) for r in range(4, 10)))


def test_a_filter_is_remembered_and_set_again_and_rows_are_right(book: Any) -> None:
    autofilter = filtered(book)
    with pytest.raises(AssertionError, match="wrong rows"):  # what happens to a program that ignores the filter
        book.sheets[SHEET].range((4, 3), (9, 3)).raw_value = [[0.9]] * 6
    write_open(book, COLUMN)
    assert [c.type for c in autofilter.criteria] == ["none", "comparison", "none", "none"]
    assert read_open_book(book).snapshot(SHEET).hidden_rows == {4, 6, 8}
    assert cells(book, "C4:C9") == [[0.9]] * 6


def test_a_filter_that_cannot_be_set_again_stops_the_run(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    filtered(book)
    from office_engine.filters import AutoFilter

    monkeypatch.setattr(AutoFilter, "unreadable", True)
    assert refused(book, COLUMN, "live_filter_unknown").facts["column"] == 2
    assert read_open_book(book).snapshot(SHEET).hidden_rows == {4, 6, 8}


PROTECTION = (True, True, False, False, False, False, True, False, False, False, False, False, True, True, False)
"""Formatting rows, sorting and filtering stay allowed."""


def test_protection_is_lifted_and_put_back_with_its_options(native: str, book: Any) -> None:
    live_native.protect(book.sheets[SHEET], PROTECTION)
    assert live_native.protection(book.sheets[SHEET]) == PROTECTION
    write_open(book, COLUMN)
    assert live_native.protection(book.sheets[SHEET]) == PROTECTION
    assert cells(book, "C4:C9") == [[0.9]] * 6


def test_a_password_is_not_guessed(native: str, book: Any) -> None:
    book.sheets[SHEET].impl.sheet.protect("geheim")
    assert refused(book, COLUMN, "live_protected").facts["sheet"] == SHEET
    assert live_native.protection(book.sheets[SHEET]) is not None


def test_a_filter_of_the_sheet_itself_is_set_again_too(native: str, tmp_path: Path, open_book: Open) -> None:
    path = tmp_path / "清单.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("清单")
        for r, line in enumerate([["部门", "数"], ["市场部", 1], ["研发部", 2], ["市场部", 3]]):
            sheet.write_row(r, 0, line)
        sheet.autofilter("A1:B4")
    book = open_book(path)
    address = live_native.filter_address(book.sheets["清单"])
    assert address == "A1:B4"
    book.sheets["清单"].range(address).autofilter.apply_values(1, ["市场部"])
    assert read_open_book(book).snapshot("清单").hidden_rows == {3}
    write_open(book, Plan(tuple(edit(f"B{n + 1}", n, 9, "清单") for n in (1, 2, 3))))
    assert cells(book, "B2:B4", "清单") == [[9]] * 3
    assert read_open_book(book).snapshot("清单").hidden_rows == {3}


def test_everything_is_put_back_when_the_work_fails(native: str, book: Any) -> None:
    app = book.app
    app.calculation = "automatic"
    book.sheets[SHEET].activate()
    book.sheets[SHEET].range((5, 2)).select()
    filtered(book)
    live_native.protect(book.sheets[SHEET], PROTECTION)

    def work() -> None:
        with restored_state(book, [book.sheets[SHEET]], "正在汇总"):
            assert (app.screen_updating, app.calculation, app.status_bar) == (False, "manual", "正在汇总")
            assert (app.enable_events, live_native.fills_columns(app)) == (False, False)
            assert read_open_book(book).snapshot(SHEET).hidden_rows == frozenset()
            assert live_native.protection(book.sheets[SHEET]) is None
            book.sheets["周报"].activate()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert (app.screen_updating, app.calculation, app.status_bar) == (True, "automatic", False)
    assert (app.enable_events, live_native.fills_columns(app)) == (True, True)
    assert (app.selection.sheet.name, app.selection.address) == (SHEET, "B5")
    assert read_open_book(book).snapshot(SHEET).hidden_rows == {4, 6, 8}
    assert live_native.protection(book.sheets[SHEET]) == PROTECTION


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_failure_midway_takes_back_what_was_written(book: Any, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Excel refuses the write number `after`: everything is as before."""
    from office_engine.cells import RefusedError
    from office_engine.engine import Range

    real, count = Range.raw_value, iter(range(100))

    def refusing(self: Range, data: Any) -> None:
        if next(count) == after:
            raise RefusedError("Unable to set the Value property")
        real.fset(self, data)  # type: ignore[attr-defined]

    monkeypatch.setattr(Range, "raw_value", property(real.fget, refusing))  # type: ignore[attr-defined]
    plan = grown(edit("B5", "研发部", "法务部"), edit("A1", "标题", "新标题", "周报"))
    if after == 3:
        plan += Plan((edit("B3", None, "x", "周报"),))
    before = cells(book, "A1:D12"), cells(book, "A1:C5", "周报")
    with pytest.raises(CollabError) as found:
        write_open(book, plan, "写入")
    assert found.value.code == "live_write_failed"
    monkeypatch.undo()
    assert (cells(book, "A1:D12"), cells(book, "A1:C5", "周报")) == before
    assert read_open_book(book).tables["Tasks"].area == Area.parse("A3:D9")
    assert formulas_in_block(book.sheets[SHEET], Area.parse("A10:D12"), cells(book, "A10:D12")) == {}
    assert book.app.status_bar is False


def test_what_could_not_be_taken_back_is_said(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Excel refuses every write from the second on: the first one stays, and the message tells the user not to save."""
    from office_engine.cells import RefusedError
    from office_engine.engine import Range

    real, count = Range.raw_value, iter(range(100))

    def refusing(self: Range, data: Any) -> None:
        if next(count):
            raise RefusedError("Unable to set the Value property")
        real.fset(self, data)  # type: ignore[attr-defined]

    monkeypatch.setattr(Range, "raw_value", property(real.fget, refusing))  # type: ignore[attr-defined]
    with pytest.raises(CollabError) as found:
        write_open(book, Plan((edit("B5", "研发部", "法务部"), edit("A1", "标题", "新标题", "周报"))))
    assert found.value.code == "live_half_written"
    assert "Don't Save" in catalogue.text("excel.error.live_half_written.fix", "en", **found.value.facts)
    assert cells(book, "B5:B5") == [["法务部"]]
    assert book.app.screen_updating


def test_a_filter_that_excel_will_not_set_again_is_said(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from office_engine.cells import RefusedError
    from office_engine.filters import AutoFilter

    filtered(book)

    def refusing(*_: object) -> None:
        raise RefusedError("AutoFilter method of Range class failed")

    monkeypatch.setattr(AutoFilter, "apply_comparison", refusing)
    with pytest.raises(CollabError) as found:
        write_open(book, COLUMN)
    assert (found.value.code, found.value.facts["what"]) == ("live_not_restored", SHEET)
    assert cells(book, "C4:C9") == [[0.9]] * 6
    assert (book.app.screen_updating, book.app.calculation) == (True, "automatic")


def test_a_value_excel_did_not_take_is_noticed_and_taken_back(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell that keeps another value than the written one, as a cell formatted Text does with a number."""
    from office_engine.engine import Range

    real = Range.raw_value

    def as_text(self: Range, data: Any) -> None:
        real.fset(self, "'0.75" if data == 0.75 else data)  # type: ignore[attr-defined]

    monkeypatch.setattr(Range, "raw_value", property(real.fget, as_text))  # type: ignore[attr-defined]
    error = refused(book, Plan((edit("B4", "市场部", "法务部"), edit("C5", 0.1, 0.75))), "live_write_failed")
    assert f"{SHEET}!C5" in str(error.facts["why"])


def test_a_cell_being_edited_is_waited_for_and_then_named(book: Any) -> None:
    pauses: list[float] = []
    app = book.app
    app.impl.editing = 2
    wait_until_ready(app, pauses.append)
    assert len(pauses) == 2
    app.impl.editing = READY_TRIES
    with pytest.raises(CollabError, match="excel_busy"):
        wait_until_ready(app, pauses.append)
    assert app.impl.editing == 0
    assert len(pauses) == 2 + READY_TRIES - 1


def test_where_the_workbook_lies(book: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from office_engine.engine import Book

    assert workbook_path(book) == tmp_path / "主表.xlsx"
    monkeypatch.setattr(Book, "cloud", "https://example-my.sharepoint.com/personal/x/Documents/主表.xlsx")
    with pytest.raises(CollabError) as found:
        workbook_path(book)
    assert (found.value.code, found.value.facts["address"]) == ("workbook_in_cloud", Book.cloud)
    monkeypatch.setattr(Book, "cloud", "Book1")
    with pytest.raises(CollabError, match="workbook_never_saved"):
        workbook_path(book)


def calls_of(work: Callable[[], object]) -> int:
    CALLS.clear()
    work()
    return len(CALLS)


def test_the_calls_do_not_grow_with_the_rows(tmp_path: Path, open_book: Open) -> None:
    """Reading everything, changing a column and growing the table take as many calls for 5,000 rows as for 500."""
    counted = {}
    for rows in (500, 5_000):
        book = open_book(workbook(tmp_path / f"{rows}.xlsx", rows))
        last = rows + 3

        def read(book: Any = book) -> None:
            live = read_open_book(book)
            for sheet in live.sheets:
                live.snapshot(sheet)

        def write(book: Any = book, rows: int = rows, last: int = last) -> None:
            edits = [edit(f"C{r}", (r - 4) / 10, 0.9) for r in range(4, last + 1) if r != 13]
            edits += [edit(f"A{r}", None, f"NEU-{r}") for r in range(last + 1, last + rows + 1)]
            write_open(book, Plan(tuple(edits), {"Tasks": Area(3, 1, last + rows, 4)}), "写入")

        counted[rows] = calls_of(read), calls_of(write)
        assert cells(book, f"A{last + rows}:D{last + rows}") == [[f"NEU-{last + rows}", None, None, len(f"NEU-{last + rows}")]]
        assert range_of(book.sheets[SHEET], Area(last + rows, 3, last + rows, 3)).number_format == "0%"
    assert counted[500] == counted[5_000]
    assert max(counted[5_000]) < 400
