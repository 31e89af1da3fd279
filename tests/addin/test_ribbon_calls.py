"""How often the buttons call Excel: by sheets and changed blocks, never by rows. 5,000 rows cost what 400 cost, but for the calls that
tell whether the large table has moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clicks import Excel
from masters import large
from office_engine.calls import CALLS

from collab_xl import verbs
from collab_xl.excel.blocks import MOST_HEIGHTS, height_runs
from collab_xl.excel.run import OnScreen
from collab_xl.excel.write import write_open
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.verbs.times import clock

Open = Callable[[Path], Any]
FEW = 400
MANY = [1_600, pytest.param(5_000, marks=pytest.mark.slow)]


def counted(excel: Excel, verb: str, book: Any) -> int:
    """Calls of one click, without two kinds: the status bar tells how far it is by the clock; a list's rows have the heights their texts
    need, at most 100 runs of them."""
    CALLS.clear()
    seen = excel.click(verb, book)
    assert not seen.bad, seen.message
    heights = CALLS.by_name["Range.row_height"]
    assert heights <= 3 * MOST_HEIGHTS
    return len(CALLS) - CALLS.by_name["App.status_bar"] - 2 * heights


SPREAD = {"a block": list(range(40, 60)), "scattered": list(range(3, 183, 9))}
"""Twenty rows of each pack, together or apart."""


@pytest.mark.parametrize("many", MANY)
@pytest.mark.parametrize("how", [pytest.param("a block", marks=pytest.mark.slow), "scattered"])
def test_many_rows_cost_the_calls_of_few(
    how: str,
    many: int,
    tmp_path: Path,
    open_book: Open,
    office_context: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found: dict[str, dict[int, int]] = {"check": {}, "consolidate": {}}
    names: dict[str, dict[int, Counter[str]]] = {"check": {}, "consolidate": {}}
    with clock.at(datetime(2026, 11, 20, 18)):
        for rows in (FEW, many):
            book = open_book(large(tmp_path / str(rows), rows, SPREAD[how]))
            excel = Excel(monkeypatch)
            for verb, calls in found.items():
                calls[rows] = counted(excel, verb, book)
                names[verb][rows] = CALLS.by_name.copy()
            changes = verbs.log(OnScreen(book), run="R0004", lang="zh").json["changes"]
            assert sum(c["kind"] == "merge" for c in changes) == 80, "two cells of twenty rows in two packs"
            book.close()
    with capsys.disabled():
        said = "; ".join(f"{verb} {calls[FEW]} at {FEW} rows, {calls[many]} at {many:,}" for verb, calls in found.items())
        print(f"\ncalls to the spreadsheet, edits {how}: {said}")
    for verb, calls in found.items():
        # A small table is read at once; of a large one the headings and the key column are read, a few calls more (excel/unmoved.py).
        more, fewer = names[verb][many] - names[verb][FEW], names[verb][FEW] - names[verb][many]
        assert 0 <= calls[many] - calls[FEW] <= 3, f"{verb}: more {dict(more)}, fewer {dict(fewer)}"
        assert calls[many] < 500, verb


@pytest.fixture
def grid(tmp_path: Path, open_book: Open) -> Any:
    """A table of 400 rows: text, number, date, a formula, and a number column with one formula and one word among the figures."""
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "g.xlsx") as made_book:
        sheet = made_book.add_worksheet("表")
        dates = made_book.add_format({"num_format": "yyyy-mm-dd"})
        for r in range(1, 401):
            sheet.write_string(r, 0, f"字 {r}")
            if r % 4:
                sheet.write_number(r, 1, r / 8)
            sheet.write_datetime(r, 2, datetime(2026, 1, 1) + timedelta(r), dates)
            sheet.write_formula(r, 3, f"=B{r + 1}*2")
            sheet.write_number(r, 4, r)
        sheet.write_formula(100, 4, "=1+1")
        sheet.write_string(200, 4, "十")
        sheet.add_table(0, 0, 400, 4, {"name": "T", "columns": [{"header": h} for h in "文数日式混"]})
    return open_book(tmp_path / "g.xlsx")


def test_figures_and_dates_between_edits_are_written_again_and_nothing_else_is(grid: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from office_engine.engine import Range

    from collab_xl.excel.read import formulas_in_block, values_in
    from collab_xl.model.place import Area

    sheet, box = grid.sheets["表"], Area(1, 1, 401, 5)

    def picture() -> Any:
        values, errors = values_in(sheet, box)
        return values, errors, formulas_in_block(sheet, box, values)

    before = picture()
    rows = range(3, 400, 5)
    edits = [
        CellEdit("表", r, col, before[0][r - 1][col - 1], new)
        for r in rows
        for col, new in ((1, f"新 {r}"), (2, r + 0.5), (3, date(2027, 1, 1)))
    ]
    edits += [CellEdit("表", r, 5, before[0][r - 1][4], -r) for r in rows]
    put: list[Area] = []
    real = Range.raw_value

    def recording(self: Any, data: Any) -> None:
        put.append(Area.parse(self.address))
        real.fset(self, data)  # type: ignore[attr-defined]

    monkeypatch.setattr(Range, "raw_value", property(real.fget, recording))  # type: ignore[attr-defined]
    write_open(grid, Plan(tuple(edits)))
    columns = {col: [a for a in put if a.first_col <= col <= a.last_col] for col in range(1, 6)}
    assert len(columns[1]) == len(rows), "a text might be coloured in part: never written again"
    assert len(columns[2]) == len(columns[3]) == 1
    assert columns[4] == [], "a formula is never written"
    assert len(columns[5]) == 3, "a formula and a word among the figures are left out"
    assert not any((row, 5) in a for a in columns[5] for row in (101, 201))
    after = picture()
    changed = {(e.row, e.col): e.new for e in edits}
    for r, line in enumerate(before[0], 1):
        for c, value in enumerate(line, 1):
            if c != 4:
                assert after[0][r - 1][c - 1] == changed.get((r, c), value), (r, c)
    assert after[2] == before[2]
    assert sheet.range("C5:C390").number_format == sheet.range("C2").number_format


def test_what_was_written_again_is_taken_back_too(grid: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from office_engine.cells import RefusedError
    from office_engine.engine import Range

    from collab_xl.errors import CollabError
    from collab_xl.excel.read import values_in
    from collab_xl.model.place import Area

    sheet, box = grid.sheets["表"], Area(1, 1, 401, 5)
    before = values_in(sheet, box)
    edits = [
        CellEdit("表", r, col, before[0][r - 1][col - 1], new) for r in range(3, 400, 5) for col, new in ((1, f"新 {r}"), (2, r + 0.5))
    ]
    real, count = Range.raw_value, iter(range(10_000))

    def refusing(self: Any, data: Any) -> None:
        if next(count) == 40:
            raise RefusedError("Unable to set the Value property")
        real.fset(self, data)  # type: ignore[attr-defined]

    monkeypatch.setattr(Range, "raw_value", property(real.fget, refusing))  # type: ignore[attr-defined]
    with pytest.raises(CollabError, match="live_write_failed"):
        write_open(grid, Plan(tuple(edits)))
    after = values_in(sheet, box)
    assert [line[:3] + line[4:] for line in after[0]] == [line[:3] + line[4:] for line in before[0]]


def test_a_few_edits_are_written_alone(grid: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it saves next to nothing, no cell but the edited ones is touched."""
    from office_engine.engine import Range

    put: list[str] = []
    real = Range.raw_value

    def recording(self: Any, data: Any) -> None:
        put.append(self.address)
        real.fset(self, data)  # type: ignore[attr-defined]

    monkeypatch.setattr(Range, "raw_value", property(real.fget, recording))  # type: ignore[attr-defined]
    write_open(grid, Plan((CellEdit("表", 3, 5, 2, 9), CellEdit("表", 6, 5, 5, 9))))
    assert put == ["E3", "E6"]


def test_heights_are_set_in_runs_and_many_are_joined() -> None:
    assert height_runs({}) == []
    assert height_runs({4: 30, 5: 30, 7: 30, 6: 45}) == [(4, 5, 30), (6, 6, 45), (7, 7, 30)]
    assert height_runs({4: 30, 9: 30}) == [(4, 4, 30), (9, 9, 30)]
    wanted = {row: (15.0, 30.0, 45.0)[row % 3] for row in range(5, 4_005)}
    runs = height_runs(wanted)
    assert len(runs) == MOST_HEIGHTS
    assert all(max(points for row, points in wanted.items() if first <= row <= last) == height for first, last, height in runs)
    assert [row for first, last, _ in runs for row in range(first, last + 1)] == list(wanted), "every row, none twice"
