"""Carry out a plan in a workbook that is open in Excel: check, write in blocks, read back; all of it or nothing.

In: an xlwings Book and a `Plan`.  Effect: the open workbook; the user saves it.
The checks are the same as for a closed file (`part_writer`, `table_growth`). The number of calls grows with the sheets, not with the rows;
with the changed blocks only where the add-in's macro cannot be reached (`excel/macro.py`).
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from collab_xl.book.package import file_name_in_errors
from collab_xl.book.read import Book
from collab_xl.book.scan import translated
from collab_xl.book.table_growth import Resize
from collab_xl.errors import CollabError, StaleCell
from collab_xl.excel import native
from collab_xl.excel.blocks import height_runs, joined, rectangles
from collab_xl.excel.busy import excel_errors, is_busy, patiently
from collab_xl.excel.cells import (
    CellBlock,
    area_of_table,
    bare,
    cells_of,
    fill_formula,
    kept_as_text,
    make_general,
    opened,
    put,
    put_back,
    read_block_of,
)
from collab_xl.excel.compare import OpenSheets, OpenSheetWork, by_sheet, read_cells, refuse
from collab_xl.excel.macro import ANY, MOST_CELLS, ChangedError, Macros, Put
from collab_xl.excel.read import range_of, where
from collab_xl.excel.state import restored_state, wait_until_ready
from collab_xl.excel.unmoved import refuse_moved, small_tables
from collab_xl.excel.values import blocks, needs_own_call, same_in_any_format, same_in_cell, size, to_type
from collab_xl.model.place import Area
from collab_xl.model.plan import Plan
from collab_xl.model.sheets import Cell
from collab_xl.project.checkpoint import checkpoint

if TYPE_CHECKING:
    import xlwings as xw

NOTHING: Final = Plan()
READY_TRIES_TO_UNDO: Final = 600
"""Two minutes, in which a cell that is being edited can be finished."""


def write_open(
    book: xw.Book,
    plan: Plan,
    message: str = "",
    *,
    first: Plan = NOTHING,
    last: Plan = NOTHING,
    read: Book | None = None,
    prepare: Callable[[], object] = lambda: None,
) -> None:
    """Write a plan into the open workbook, with `message` in the status bar.

    Args:
        first: a mark that writing has begun; written after the checks of `plan` have passed.
        last: the run id, which states what the workbook contains; written after all of `plan` was written and read back.
        read: the workbook from which the plan was made; None skips the comparison of rows and columns.
        prepare: called when the checks have passed, before anything is written.

    Raises:
        StaleCell: a cell no longer contains the edit's `old`, or contains a user's formula; nothing was written.
        CollabError: `live_moved` (a form's table is not where it was read), `sheet_missing`, `table_gone`, `table_shape`,
            `below_table`, `row_not_empty`, `heading_edit`, `array_cell`,
            `text_too_long`, `date_too_early`, `footer_too_long`, `live_totals`, `live_protected`, `live_filter_unknown`, `excel_busy`:
            nothing was written. `live_write_failed`: what had been written was undone. `live_half_written`: it could not be undone.
    """
    if not plan and not last:
        prepare()
        return
    with excel_errors():
        asked = OpenSheets(book, read)
        macros = asked.look_ahead((first, plan, last))
    with file_name_in_errors(asked.file), excel_errors():
        mark, works, end = (by_sheet(asked, part) if part else [] for part in (first, plan, last))
        date1904 = native.date1904(book)
        sheets = {work.title: work.sheet for work in (*mark, *works, *end)}
        beside = any(_beside_table(work) for work in (*mark, *works, *end))
        with restored_state(book, list(sheets.values()), message, beside_table=beside):
            for work in (*mark, *works):
                read_cells(work, small_tables(work) if read is not None else ())
            if read is not None:
                refuse_moved(read, asked, works, date1904)
            for work in (*mark, *works):
                refuse(work, date1904)
            prepare()
            undo: list[Callable[[], object]] = []
            try:
                _carry_out(mark, date1904, undo, macros)
                _carry_out(works, date1904, undo, macros)
                for work in end:
                    read_cells(work)
                    refuse(work, date1904)
                _carry_out(end, date1904, undo, macros)
                for work in works:
                    _set_heights(work)
            except Exception as error:
                _undo_all(undo, asked.file, error, book.app)
                if isinstance(error, CollabError):
                    raise
                if is_busy(error):
                    raise CollabError("excel_busy") from error
                raise CollabError("live_write_failed", file=asked.file, why=_reason(error)) from error


def _carry_out(works: Sequence[OpenSheetWork], date1904: bool, undo: list[Callable[[], object]], macros: Macros | None) -> None:
    if not works:
        return
    for work in works:
        for r in work.resizes:
            if r.new_last > r.old_last:
                _resize(work, r.ref.name, r.ref.area, r.area, undo)
                _fill_new_rows(work, r, date1904, undo)
    _put_all([write for work in works for write in _writes(work, date1904, macros is not None)], undo, macros)
    for work in works:
        _finish_sheet(work, undo)
        checkpoint("live:sheet_written")
    _verify(works, date1904, undo, macros)


def _undo_all(undo: Sequence[Callable[[], object]], name: str, error: Exception, app: xw.App) -> None:
    try:
        if undo and is_busy(error):  # the person has begun to edit a cell: what is half written must not stay
            wait_until_ready(app, time.sleep, READY_TRIES_TO_UNDO)
        for step in reversed(undo):
            step()
    except Exception as again:
        raise CollabError("live_half_written", file=name, why=_reason(error), again=_reason(again)) from error


def _beside_table(work: OpenSheetWork) -> bool:
    """Whether something is written into the row below a table or the column after it, which Excel would make part of the table.

    Tables grow before cells are written, and shrink after it.
    """
    grown = {r.ref.name: r.area for r in work.resizes if r.new_last > r.old_last}
    areas = [grown.get(table.name, table.area) for table in work.tables.values()]
    for row, col in (cell for cell, edit in work.edits.items() if edit.new not in (None, "")):
        below = (a.last_row + 1 == row and a.first_col <= col <= a.last_col for a in areas)
        after = (a.last_col + 1 == col and a.first_row <= row <= a.last_row for a in areas)
        if any(below) or any(after):
            return True
    return False


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@dataclass(frozen=True)
class _Write:
    """A rectangle to write: what is typed into its cells, and which of them are formatted Text."""

    work: OpenSheetWork
    area: Area
    typed: Mapping[Cell, Any]
    block: CellBlock
    """The cells before."""
    texts: Set[Cell] = frozenset()
    undo: Callable[[], object] | None = None
    undo_if_written: Callable[[], object] | None = None
    alone: bool = False
    """Whether it holds a text that is too long to be passed on with others."""

    def as_put(self) -> Put:
        """For the macro. New rows of a table are not compared: Excel may have filled them."""
        new = [Area(r.old_last + 1, r.area.first_col, r.new_last, r.area.last_col) for r in self.work.resizes if r.new_last > r.old_last]
        cells = list(cells_of(self.area))
        keys = [ANY if any(cell in area for area in new) else self.block.key(cell) for cell in cells]
        typed = [bare(self.typed[cell]) if cell in self.texts else self.typed[cell] for cell in cells]
        return Put(self.work.title, self.area, keys, typed, self.undo, self.undo_if_written)


def _writes(work: OpenSheetWork, date1904: bool, exactly: bool) -> Iterator[_Write]:
    """The rectangles of a sheet. `exactly`: with none but edited cells, as one more rectangle costs no call."""
    typed = {cell: to_type(edit.new, date1904, work.name(cell)) for cell, edit in work.edits.items()}
    before = {cell: _retyped(work, cell, date1904) for cell in work.edits}
    changed = {cell for cell, value in typed.items() if value != before[cell] or cell in work.errors}
    long = {cell for cell in changed if needs_own_call(typed[cell]) or needs_own_call(before[cell])}
    areas = blocks(changed - long) if exactly else rectangles(work, changed - long, long)
    areas += [Area(*cell, *cell) for cell in sorted(long)]
    for cell in (cell for area in areas for cell in cells_of(area) if cell not in typed):
        typed[cell] = before[cell] = _retyped(work, cell, date1904)
    work.typed = {cell: typed[cell] for area in areas for cell in cells_of(area)}
    # An apostrophe would stay in a cell that is formatted Text. Any other value shows by itself that it was kept as a text.
    texts = {cell for cell, value in work.typed.items() if isinstance(value, str) and value.startswith("'") and work.keeps_texts(cell)}
    for area in areas:
        assert work.block is not None
        undo, if_written = partial(put_back, work.sheet, area, before), partial(_put_back_written, work, area, before, date1904)
        alone = (area.first_row, area.first_col) in long
        yield _Write(work, area, typed, work.block, texts, undo, if_written, alone)


def _put_back_written(work: OpenSheetWork, area: Area, before: Mapping[Cell, Any], date1904: bool) -> None:
    """Set back the cells that contain what the plan wanted; others were not written, or somebody has typed since."""
    found = read_block_of(work.sheet, area, formulas=False)
    edits = ((cell, work.edits[cell].new) for cell in cells_of(area) if cell in work.edits and cell not in found.errors)
    for part in blocks(cell for cell, new in edits if same_in_cell(found.value(cell), new, date1904)):
        put_back(work.sheet, part, before)


def _put_all(writes: Sequence[_Write], undo: list[Callable[[], object]], macros: Macros | None) -> None:
    """Write rectangles: by the macro in one call, or each by its own."""
    directly = list(writes)
    if macros is not None:
        directly = [w for w in writes if w.alone or size(w.area) > MOST_CELLS or opened(w.area, w.typed, w.texts)]
        together = [w for w in writes if w not in directly]
        try:
            if not macros.write([w.as_put() for w in together], undo):
                directly += together
        except ChangedError as error:
            work = next(w.work for w in together if w.work.title == error.sheet)
            edit = work.edits.get(error.cell)
            raise StaleCell(cell=work.name(error.cell), expected=edit and edit.old, found="") from error
    for write in directly:
        if write.undo is not None:
            undo.append(write.undo)
        put(write.work.sheet, write.area, write.typed, write.texts)


def _finish_sheet(work: OpenSheetWork, undo: list[Callable[[], object]]) -> None:
    for r in work.resizes:
        if r.new_last < r.old_last:
            _resize(work, r.ref.name, r.ref.area, r.area, undo)
            gone = Area(r.new_last + 1, r.area.first_col, r.old_last, r.area.last_col)
            formulas = {cell: text for cell, text in work.formulas.items() if cell in gone and cell not in work.edits}
            if formulas:
                for part in blocks(formulas):
                    undo.append(lambda part=part, f=formulas: put_back(work.sheet, part, f))  # type: ignore[misc]
                    range_of(work.sheet, part).clear_contents()
    _show_rows(work, undo)
    if work.footer is not None:
        _set_footer(work, work.footer, undo)


def _retyped(work: OpenSheetWork, cell: Cell, date1904: bool) -> Any:
    """What to type to restore a cell."""
    return work.formulas.get(cell) or work.errors.get(cell) or to_type(work.value(cell), date1904, work.name(cell))


def _resize(work: OpenSheetWork, name: str, old: Area, new: Area, undo: list[Callable[[], object]]) -> None:
    table = work.tables[name].found
    undo.append(lambda: table.resize(range_of(work.sheet, old)))
    patiently(lambda: table.resize(range_of(work.sheet, new)))


def _fill_new_rows(work: OpenSheetWork, r: Resize, date1904: bool, undo: list[Callable[[], object]]) -> None:
    """New rows get the formats of the last data row and the formulas of the user's calculated columns
    (docs/facts/file-format.md, Tables that grow)."""
    sheet, last = work.sheet, r.old_last
    source = Area(last, r.area.first_col, last, r.area.last_col)
    new = Area(last + 1, r.area.first_col, r.new_last, r.area.last_col)
    cells = [(row, col) for row in range(new.first_row, new.last_row + 1) for col in r.columns]
    before = {cell: _retyped(work, cell, date1904) if work.filled(cell) else None for cell in cells}
    undo.append(lambda: put_back(sheet, new, before))
    to = range_of(sheet, Area(last, new.first_col, new.last_row, new.last_col))
    patiently(lambda: range_of(sheet, source).autofill(to, "fill_formats"))
    for col in sorted(r.columns):
        formula = _calculated(work, r, col)
        wanted = [row for row in range(last + 1, r.new_last + 1) if (row, col) not in work.edits]
        if formula is None or not wanted:
            continue
        for part in blocks((row, col) for row in wanted):
            fill_formula(sheet, part, translated(formula, (last, col), (part.first_row, col)))


def _calculated(work: OpenSheetWork, r: Resize, col: int) -> str | None:
    """The last row's formula if the row above has the same, so that the column is calculated. None for a column of values."""
    own, above = work.formulas.get((r.old_last, col)), work.formulas.get((r.old_last - 1, col))
    if own is None or above is None or "HYPERLINK(" in own.upper() or r.old_last - 1 < r.ref.data.first_row:
        return None
    return own if translated(above, (r.old_last - 1, col), (r.old_last, col)) == own else None


def _show_rows(work: OpenSheetWork, undo: list[Callable[[], object]]) -> None:
    """Hide and show rows in groups; groups that already have the wanted state are skipped."""
    for hidden in (False, True):

        def other(area: Area, hidden: bool = hidden) -> bool | None:
            now = native.rows_hidden(range_of(work.sheet, area))
            return None if now is None else now is not hidden

        for run in blocks((row, 1) for row, wanted in work.hidden.items() if wanted is hidden):
            for part in where(run, other):
                undo.append(lambda part=part, was=not hidden: setattr(range_of(work.sheet, part).rows, "hidden", was))  # type: ignore[misc]
                range_of(work.sheet, part).rows.hidden = hidden


def _set_heights(work: OpenSheetWork) -> None:
    """Set the height of list rows whose text needs more lines. An error is ignored: row heights are no reason to undo a run."""
    with contextlib.suppress(Exception):
        for first, last, points in height_runs(work.heights):
            range_of(work.sheet, Area(first, 1, last, 1)).row_height = points


def _set_footer(work: OpenSheetWork, footer: str, undo: list[Callable[[], object]]) -> None:
    before = native.footers(work.sheet)
    new = {part: text for part, text in footer_parts(footer).items() if text != before[part]}
    if new:
        undo.append(lambda: native.set_footers(work.sheet, {part: before[part] for part in new}))
        native.set_footers(work.sheet, new)


def footer_parts(footer: str) -> dict[str, str]:
    """`&Lleft&Ccentre&Rright` as Excel's three properties; text before the first mark is in the centre."""
    names = {"&L": "LeftFooter", "&C": "CenterFooter", "&R": "RightFooter"}
    out = dict.fromkeys(names.values(), "")
    into = "CenterFooter"
    for token in re.findall(r"&[^&]|&&|[^&]+|&", footer):
        if token in names:
            into = names[token]
        else:
            out[into] += token
    return out


def _verify(works: Sequence[OpenSheetWork], date1904: bool, undo: list[Callable[[], object]], macros: Macros | None) -> None:
    """Read the blocks again, write what cells formatted Text have kept as a text, and check that every edit was written and nothing else
    has changed."""
    found: list[tuple[OpenSheetWork, CellBlock]] = []
    again: list[_Write] = []
    for work in works:
        for r in (r for r in work.resizes if r.moved):
            area = area_of_table(work.tables[r.ref.name].found)
            if area != r.area:
                raise CollabError("live_write_failed", file=work.sheet.book.name, why=f"{r.ref.name}: {area}, {r.area}")
        if work.block is not None:
            found.append((work, _read_again(work, work.block.area)))
            again += _into_text(*found[-1], macros is not None, undo)
    _put_all(again, undo, macros)
    rewritten = {id(write.work) for write in again}
    for work, block in found:
        _compare(work, _read_again(work, block.area) if id(work) in rewritten else block, date1904)


def _read_again(work: OpenSheetWork, area: Area) -> CellBlock:
    # A formula that appeared where none was would show another value, and a typed one that is kept as a text shows itself.
    return read_block_of(work.sheet, area, formulas=any(cell not in work.edits for cell in work.formulas))


def _into_text(work: OpenSheetWork, block: CellBlock, exactly: bool, undo: list[Callable[[], object]]) -> Iterator[_Write]:
    """Cells that are formatted Text, to be written again. Their `undo` is already there; a cell that gets a link becomes General."""
    texts = kept_as_text(work.typed, block)
    if not texts:
        return
    links = {cell for cell in texts if str(work.typed[cell]).startswith("=")}
    make_general(work.sheet, links, undo)
    long = {cell for cell, typed in work.typed.items() if needs_own_call(typed)}
    areas = blocks(texts - long)
    if not exactly:
        areas = joined(areas, lambda c: c in work.typed and c not in long and (c in texts or same_in_any_format(work.typed[c])))
    areas += [Area(*cell, *cell) for cell in sorted(texts & long)]
    for area in areas:
        yield _Write(work, area, work.typed, block, texts - links)


def _compare(work: OpenSheetWork, block: CellBlock, date1904: bool) -> None:
    formulas, errors = block.formulas, block.errors
    for n, line in enumerate(block.values):
        for m, found in enumerate(line):
            cell = block.area.first_row + n, block.area.first_col + m
            edit = work.edits.get(cell)
            if edit is not None:
                right = same_in_cell(found, edit.new, date1904) and cell not in errors
            elif any(cell[1] in r.columns and min(r.old_last, r.new_last) < cell[0] <= max(r.old_last, r.new_last) for r in work.resizes):
                right = True  # a row that the table gained or lost
            elif cell in work.formulas:  # its value may depend on a written cell
                right = formulas.get(cell) == work.formulas[cell]
            else:
                right = cell not in formulas and errors.get(cell) == work.errors.get(cell)
                right = right and same_in_cell(found, work.value(cell), date1904)
            if not right:
                wanted = edit.new if edit is not None else work.formulas.get(cell, work.value(cell))
                raise CollabError("live_write_failed", file=work.sheet.book.name, why=f"{work.name(cell)}: {wanted!r} ≠ {found!r}")
