"""Split a plan by the sheets of an open workbook, read the cells concerned, and refuse errors before anything is written.

In: an xlwings Book and a `Plan`.  Out: an `OpenSheetWork` for each sheet, or CollabError.  Effect: reads from Excel, changes nothing.
The same is refused as for a closed file (`part_writer`, `table_growth`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, cast

from collab_xl.book.read import Book
from collab_xl.book.table_growth import Resize
from collab_xl.errors import CollabError, StaleCell
from collab_xl.excel import native
from collab_xl.excel.busy import is_refusal
from collab_xl.excel.cells import CellBlock, KeptRanges, read_block_of
from collab_xl.excel.macro import Macros, Question
from collab_xl.excel.read import range_of
from collab_xl.excel.values import same_in_cell, to_type
from collab_xl.forms import load
from collab_xl.model.cell_text import text_length
from collab_xl.model.excel_limits import MAX_FOOTER
from collab_xl.model.place import Area, a1
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.sheets import Cell, TableRef
from collab_xl.model.values import Value

if TYPE_CHECKING:
    import xlwings as xw


class OpenTable:
    """A table, and its object in Excel: to find it again by its name would be two calls. What is rarely needed is asked when needed.

    Args:
        found: returns the object.
        on: its sheet.
        was: the table as read; where its area is the same, so are its rows of headings and totals.
        area: where it is now, if that is known.
    """

    def __init__(self, found: Callable[[], Any], on: xw.Sheet, sheet: str, was: TableRef | None = None, area: Area | None = None) -> None:
        self._found, self.sheet = found, sheet
        self.name: str = self.found.name if was is None else was.name
        if area is None:
            kept = self.found.range
            area = Area.parse(kept.address)
            cast("KeptRanges", on).keep(area, kept)
        self.area = area
        self._was = was if was is not None and was.area == area else None

    @cached_property
    def found(self) -> Any:
        return self._found()

    @cached_property
    def header_rows(self) -> int:
        return int(bool(self.found.show_headers)) if self._was is None else self._was.header_rows

    @cached_property
    def totals_rows(self) -> int:
        return int(bool(self.found.show_totals)) if self._was is None else self._was.totals_rows

    @property
    def ref(self) -> TableRef:
        """The headings are not read."""
        return TableRef(self.name, self.sheet, self.area, (), self.totals_rows, self.header_rows)


class OpenSheets:
    """The sheets of an open workbook and their tables, each asked for once and only if a plan needs it.

    Args:
        known: the workbook as read just before. Its tables are looked for by name; without it Excel is asked which there are.
    """

    def __init__(self, book: xw.Book, known: Book | None = None) -> None:
        self.file = book.name
        self._sheets = book.sheets
        self._known, self._book = known, book
        self._answers: Mapping[Question, str] = {}
        self._lists: dict[str, Any] = {}
        """The tables of a sheet as xlwings gives them."""
        self._found: dict[str, xw.Sheet] = {}
        self._tables: dict[str, dict[str, OpenTable]] = {}

    def sheet(self, name: str) -> xw.Sheet:
        """Raises CollabError `sheet_missing`."""
        if name not in self._found:
            try:
                found = self._sheets[name]
                if native.MAC:
                    found.name  # noqa: B018 - a Mac only looks for the sheet when it is asked for something
            except Exception as error:
                if is_refusal(error):
                    raise
                raise CollabError("sheet_missing", sheet=name, file=self.file) from error
            kept = KeptRanges(found)
            kept.protected, kept.hides_rows = (self._yes_or_no(what, name) for what in ("protected", "hidden"))
            self._found[name] = cast("xw.Sheet", kept)
        return self._found[name]

    def _yes_or_no(self, what: str, name: str) -> bool | None:
        answer = self._answers.get(Question(what, name))
        return None if answer is None else answer == "y"

    def arrays(self, name: str) -> Sequence[Area]:
        """Areas of array formulas as read; Excel itself shows of a spilled value only that it is a value."""
        return self._known.snapshot(name).arrays if self._known is not None and name in self._known.sheets else ()

    def whole_texts(self, name: str) -> bool:
        """Whether no text of the sheet is formatted only in part, as read. False where it was not read."""
        return self._known is not None and name in self._known.sheets and not self._known.partly_formatted(name)

    def text_formatted(self, name: str) -> Set[Cell]:
        """The cells formatted Text, as read; a cell may have another format by now, or no style of its own."""
        return self._known.text_formatted(name) if self._known is not None and name in self._known.sheets else frozenset()

    def is_ours(self, name: str) -> bool:
        """Whether all of a sheet is ours: a list, 周报, 首页."""
        assert self._known is not None
        forms = {form.table for form in load().forms}
        ours = {at[0] for place, at in self._known.names.items() if place.startswith(("wk_", "home_"))}
        tables = {ref.name for ref in self._known.tables.values() if ref.sheet == name}
        return not tables & forms and (name in ours or bool(tables & {service.table for service in load().services}))

    def tables(self, name: str) -> dict[str, OpenTable]:
        """The tables of a sheet by name."""
        if name not in self._tables:
            self._tables[name] = {table.name: table for table in self._tables_of(name)}
        return self._tables[name]

    def _tables_of(self, name: str) -> Iterator[OpenTable]:
        if self._known is None:
            tables = self.sheet(name).tables
            yield from (OpenTable(partial(tables, n), self.sheet(name), name) for n in range(1, len(tables) + 1))
            return
        for ref in (ref for ref in self._known.tables.values() if ref.sheet == name):
            address = self._answers.get(Question("table", name, ref.name), "")
            try:
                found = OpenTable(partial(self._table_named, ref), self.sheet(name), name, ref, Area.parse(address) if address else None)
            except Exception as error:  # it is gone
                if is_refusal(error):
                    raise
                continue
            yield found

    def _table_named(self, ref: TableRef) -> Any:
        if ref.sheet not in self._lists:
            self._lists[ref.sheet] = self.sheet(ref.sheet).tables
        return self._lists[ref.sheet](ref.name)

    def look_ahead(self, plans: Sequence[Plan]) -> Macros | None:
        """Ask in one call what writing these plans needs to know of their sheets. None where the add-in's macros cannot be reached."""
        if self._known is None:
            return None
        refs = self._known.tables
        sheets = dict.fromkeys(edit.sheet for plan in plans for edit in plan.edits)
        sheets |= dict.fromkeys(name for plan in plans for name in (*plan.hidden, *plan.heights, *plan.page_footers))
        sheets |= dict.fromkeys(refs[name].sheet for plan in plans for name in plan.tables if name in refs)
        questions = [Question(what, sheet) for sheet in sheets for what in ("protected", "hidden")]
        questions += [Question("table", ref.sheet, name) for name, ref in refs.items() if ref.sheet in sheets]
        macros = Macros(self._book)
        answers = macros.ask(questions)
        if answers is None:
            return None
        self._answers = {question: answer for question, answer in answers.items() if answer}
        return macros

    def table(self, name: str) -> OpenTable:
        """A table by its name, looked for first on the sheets already asked for. Raises CollabError `table_gone`."""
        for known in self._tables.values():
            if name in known:
                return known[name]
        for sheet in self._sheets:
            found = self.tables(sheet.name).get(name)
            if found is not None:
                return found
        raise CollabError("table_gone", table=name, file=self.file)


@dataclass
class OpenSheetWork:
    """A plan's changes of one sheet, and the cells before them."""

    sheet: xw.Sheet
    title: str
    edits: dict[Cell, CellEdit] = field(default_factory=dict)
    resizes: list[Resize] = field(default_factory=list)
    hidden: Mapping[int, bool] = field(default_factory=dict)
    heights: Mapping[int, float] = field(default_factory=dict)
    footer: str | None = None
    tables: dict[str, OpenTable] = field(default_factory=dict)
    block: CellBlock | None = None
    """Every cell concerned, before writing; None if the plan writes none."""
    arrays: Sequence[Area] = ()
    """Cells that belong to array formulas, spilled ones too, as the workbook was read."""
    whole_texts: bool = False
    """Whether none of its texts is formatted only in part: one between two edits of a table may be written again unchanged."""
    ours: bool = False
    """Whether this holds for all of the sheet, as all of it is ours."""
    text_formatted: Set[Cell] = frozenset()
    """Cells that were formatted Text when the workbook was read."""
    typed: dict[Cell, Any] = field(default_factory=dict)
    """What was typed into the cells written so far."""

    @property
    def formulas(self) -> Mapping[Cell, str]:
        return self.block.formulas if self.block is not None else {}

    @property
    def errors(self) -> Mapping[Cell, str]:
        return self.block.errors if self.block is not None else {}

    def value(self, cell: Cell) -> Value:
        assert self.block is not None
        return self.block.value(cell)

    def keeps_texts(self, cell: Cell) -> bool:
        """Whether the cell was formatted Text; a new row of a table has the formats of its last row."""
        row, col = cell
        grown = next((r for r in self.resizes if r.old_last < row <= r.new_last and col in r.columns), None)
        return (cell if grown is None else (grown.old_last, col)) in self.text_formatted

    def filled(self, cell: Cell) -> bool:
        return cell in self.formulas or cell in self.errors or self.value(cell) is not None

    def name(self, cell: Cell) -> str:
        return f"{self.title}!{a1(*cell)}"


def by_sheet(sheets: OpenSheets, plan: Plan) -> list[OpenSheetWork]:
    """The plan by sheet, in its own order. Raises CollabError `sheet_missing`, `table_gone`, `table_shape`, `live_totals`,
    `footer_too_long`."""
    works: dict[str, OpenSheetWork] = {}

    def work(sheet: str) -> OpenSheetWork:
        if sheet not in works:
            whole = sheets.whole_texts(sheet)
            ours = whole and sheets.is_ours(sheet)
            texts = sheets.text_formatted(sheet)
            works[sheet] = OpenSheetWork(sheets.sheet(sheet), sheet, whole_texts=whole, ours=ours, text_formatted=texts)
        return works[sheet]

    for edit in plan.edits:
        work(edit.sheet).edits[edit.row, edit.col] = edit
    for sheet_name, rows in plan.hidden.items():
        work(sheet_name).hidden = rows
    for sheet_name, heights in plan.heights.items():
        work(sheet_name).heights = heights
    for sheet_name, footer in plan.page_footers.items():
        if text_length(footer) > MAX_FOOTER:
            raise CollabError("footer_too_long", sheet=sheet_name, length=text_length(footer), limit=MAX_FOOTER)
        work(sheet_name).footer = footer
    for found in works.values():
        if found.edits or plan.tables:
            found.tables = sheets.tables(found.title)
        if found.edits:
            found.arrays = sheets.arrays(found.title)
    for name, area in plan.tables.items():
        table = sheets.table(name)
        if table.area == area:
            continue
        resize = Resize(table.ref, area)
        if resize.moved and resize.ref.totals_rows:
            raise CollabError("live_totals", table=name, sheet=resize.ref.sheet)
        grown = work(resize.ref.sheet)
        grown.resizes.append(resize)
        grown.tables = sheets.tables(grown.title)
    return list(works.values())


def read_cells(work: OpenSheetWork, more: Iterable[Area] = ()) -> None:
    """Read one block with every cell concerned: the edits, and for a resized table its last two rows, old and new; and `more` areas."""
    areas = [Area(*cell, *cell) for cell in work.edits]
    for r in work.resizes:
        if r.moved:
            first = max(min(r.old_last, r.new_last) - 1, r.area.first_row)
            areas.append(Area(first, r.area.first_col, max(r.old_last, r.new_last), r.area.last_col))
    if not areas:
        return
    areas += more
    box = Area(
        min(a.first_row for a in areas),
        min(a.first_col for a in areas),
        max(a.last_row for a in areas),
        max(a.last_col for a in areas),
    )
    work.block = read_block_of(work.sheet, box)


def _is_our_link(formula: str) -> bool:
    """Whether this is a HYPERLINK formula, the only one that we write."""
    return formula.upper().startswith("=HYPERLINK(")


def refuse(work: OpenSheetWork, date1904: bool) -> None:
    """Raise StaleCell or CollabError for the first edit or range that may not be written."""
    after = {r.ref.name: r.area for r in work.resizes}
    for cell, edit in work.edits.items():
        to_type(edit.new, date1904, work.name(cell))
        for table in work.tables.values():
            area = after.get(table.name, table.area)
            if cell not in area:
                continue
            if cell[0] == area.first_row and edit.new != edit.old and table.header_rows:
                raise CollabError("heading_edit", cell=work.name(cell))
            if cell[0] == area.last_row and edit.new not in (edit.old, None) and table.totals_rows:
                raise CollabError("totals_edit", cell=work.name(cell))
        if any(cell in area for area in work.arrays):
            raise CollabError("array_cell", cell=work.name(cell))
        formula = work.formulas.get(cell)
        if formula is not None and not _is_our_link(formula):
            if range_of(work.sheet, Area(*cell, *cell)).has_array:
                raise CollabError("array_cell", cell=work.name(cell))
            raise StaleCell(cell=work.name(cell), expected=edit.old, found=formula)
        if not same_in_cell(work.value(cell), edit.old, date1904):
            raise StaleCell(cell=work.name(cell), expected=edit.old, found=work.value(cell))
    for r in work.resizes:
        _refuse_obstacles(work, r)


def _refuse_obstacles(work: OpenSheetWork, r: Resize) -> None:
    """Refuse cells outside the plan in rows that a table gains or loses."""
    for row in range(r.old_last + 1, r.new_last + 1):
        for col in r.columns:
            if work.filled((row, col)) and (row, col) not in work.edits:
                raise CollabError("below_table", table=r.ref.name, sheet=r.ref.sheet, cell=work.name((row, col)))
    for other in work.tables.values():
        if other.name != r.ref.name and r.moved and _meet(other.area, r.area):
            cell = max(other.area.first_row, r.area.first_row), max(other.area.first_col, r.area.first_col)
            raise CollabError("below_table", table=r.ref.name, sheet=r.ref.sheet, cell=work.name(cell))
    for row in range(r.new_last + 1, r.old_last + 1):
        for col in r.columns:
            cell = row, col
            if work.filled(cell) and cell not in work.edits and cell not in work.formulas:
                raise CollabError("row_not_empty", table=r.ref.name, sheet=r.ref.sheet, cell=work.name(cell))


def _meet(a: Area, b: Area) -> bool:
    return a.first_row <= b.last_row and b.first_row <= a.last_row and a.first_col <= b.last_col and b.first_col <= a.last_col
