"""Read a closed workbook: the values by calamine, the structure by one scan of each sheet's XML.

In: a path or bytes.  Out: a `Book` whose snapshots are read when needed and then cached.  The only effect is reading the file.
Foreign files are read in a worker process (`intake/pool.py`): the checks here prevent calamine from aborting on a sparse sheet, but no
reader is safe against every file.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from sys import intern
from typing import Any, Final

from python_calamine import CalamineError, CalamineWorkbook

from collab_xl.book.odd_cells import workbook_without_odd_cells
from collab_xl.book.package import Package, file_name_in_errors, parse_xml
from collab_xl.book.parts import Structure, local, unescape_x
from collab_xl.book.row_layout import as_utf8
from collab_xl.book.scan import CellStyles, SheetScan, filled_extent, scan
from collab_xl.errors import CollabError
from collab_xl.model.place import Area, parse_a1
from collab_xl.model.record import Struct, replace
from collab_xl.model.sheets import Cell, Indents, NumberFormats, Snapshot, TableRef
from collab_xl.model.values import Value, normal
from collab_xl.os_errors import reason

MAX_DENSE_CELLS: Final = 60_000_000
"""calamine allocates every cell between the first and the last used one; 1,000,000 rows × 50 columns are accepted."""
SPARSE: Final = 200
"""A large sheet with more dense cells than this per existing cell is refused."""
SMALL: Final = 4_000_000
"""Up to this many dense cells a sheet is read, even if it is sparse."""


class Stamp(Struct, frozen=True):
    """The state of a file when it was read: equal stamps mean an unchanged file."""

    size_bytes: int
    mtime_ns: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The current stamp of a file. Raises CollabError `file_missing` or `file_unreadable`."""
        return _read(path)[1]


class Book:
    """A workbook as read. `sheets`: name → visible, hidden or veryHidden, in tab order, worksheets only.

    `stamp` is None for bytes. For `tables` and `names` see `docs/architecture.md`.
    """

    def __init__(
        self,
        sheets: Mapping[str, str],
        load: Callable[[str], Snapshot],
        tables: Mapping[str, TableRef] | None = None,
        names: Mapping[str, tuple[str, Area]] | None = None,
        stamp: Stamp | None = None,
        partly_formatted: Callable[[str], bool] = lambda sheet: True,
        text_formatted: Callable[[str], frozenset[Cell]] = lambda sheet: frozenset(),
    ) -> None:
        self.sheets = sheets
        self.tables: Mapping[str, TableRef] = tables or {}
        self.names: Mapping[str, tuple[str, Area]] = names or {}
        self.stamp = stamp
        self.partly_formatted = partly_formatted
        """Whether a sheet may have a text of which only a part is formatted: writing such a text again would lose that."""
        self.text_formatted = text_formatted
        """The cells of a sheet that are formatted Text, as far as they have a style of their own."""
        self._load = load
        self._kept: dict[str, Snapshot] = {}

    def snapshot(self, sheet: str) -> Snapshot:
        """The sheet's cells and structure. Raises KeyError for a missing sheet, CollabError if it is unreadable."""
        if sheet not in self.sheets:
            raise KeyError(sheet)
        if sheet not in self._kept:
            self._kept[sheet] = self._load(sheet)
        return self._kept[sheet]


def read_book(source: Path | bytes, name: str = "", inflated: Mapping[str, bytes] | None = None) -> Book:
    """Open a workbook (.xlsx, .xlsm, .xltx). A sheet is read only when its snapshot is needed.

    Args:
        source: the file, or its bytes.
        name: the name of the bytes in messages.
        inflated: entries of the zip that were already inflated, by their names.

    Raises:
        CollabError: `file_missing`, `file_unreadable`, `not_a_workbook`, `old_xls`, `binary_workbook`, `encrypted_workbook`,
            `damaged_workbook`, `unsafe_zip`, `unsafe_xml`, `too_large`; a snapshot also `sheet_too_large`.
    """
    data, stamp = (source, None) if isinstance(source, bytes) else _read(source)
    label = name or ("" if isinstance(source, bytes) else source.name)
    with file_name_in_errors(label):
        structure = Structure(Package(data, label, inflated))
        reader = _Reader(data, structure, label)
        sheets = {s.name: s.state for s in structure.sheets.values() if s.kind == "worksheet"}
        tables = {key: ref for key, (ref, _) in structure.tables.items() if ref.sheet in sheets}
        headless = {ref.sheet for ref in tables.values() if not ref.header_rows}
        tables |= {ref.name: ref for sheet in headless for ref in reader.snapshot(sheet).tables}
    return Book(sheets, reader.snapshot, tables, structure.names, stamp, structure.partly_formatted, reader.text_formatted)


def _read(path: Path) -> tuple[bytes, Stamp]:
    try:
        with open(path, "rb") as file:
            before = _stat(file)
            data = file.read()
            after = _stat(file)
    except FileNotFoundError as error:
        raise CollabError("file_missing", file=path.name, path=str(path), folder=str(path.absolute().parent)) from error
    except OSError as error:
        if path.is_dir():  # Windows raises "permission denied" for a folder
            raise CollabError("is_a_folder", file=path.name or str(path), path=str(path)) from error
        raise CollabError("file_unreadable", file=path.name, path=str(path), why=reason(error)) from error
    if not data:
        raise CollabError("empty_file", file=path.name)
    if before != after:
        raise CollabError("master_changed", file=path.name)
    return data, Stamp(len(data), after[1], hashlib.sha256(data).hexdigest())


def _stat(file: io.BufferedReader) -> tuple[int, int]:
    import os

    stat = os.fstat(file.fileno())
    return stat.st_size, stat.st_mtime_ns


class _Reader:
    """Makes snapshots of one workbook; the first one opens calamine."""

    def __init__(self, data: bytes, structure: Structure, label: str) -> None:
        self._data, self._structure, self._label = data, structure, label
        self._calamine: Any = None

    def snapshot(self, sheet: str) -> Snapshot:
        with file_name_in_errors(self._label):
            return self._snapshot(sheet)

    def text_formatted(self, sheet: str) -> frozenset[Cell]:
        """The cells of a sheet that are formatted Text and have a style of their own."""
        part, styles = self._structure.sheets[sheet].part, self._structure.text_styles
        return CellStyles(self._structure.package.read(part), part).cells(styles) if styles else frozenset()

    def _snapshot(self, sheet: str) -> Snapshot:
        part = self._structure.sheets[sheet]
        package = self._structure.package
        found = scan(package.read(part.part), part.part, self._structure.percent_styles)
        self._refuse_sparse(sheet, found)
        odd: dict[Cell, str] = {}
        try:
            first_row, first_col, cells = self._values(sheet) if found.cells else (1, 1, [])
        except CollabError:
            first_row, first_col, cells, odd = self._values_without_odd_cells(sheet)
        for (row, col), number in found.below_zero.items():
            if 0 <= row - first_row < len(cells) and 0 <= col - first_col < len(cells[0]):
                cells[row - first_row][col - first_col] = normal(number)
        return Snapshot(
            sheet,
            first_row,
            first_col,
            cells,
            formulas=found.formulas,
            uncached=found.uncached,
            errors={**found.errors, **odd},
            arrays=found.arrays,
            percents=found.percents,
            number_formats=self._number_formats(part.part),
            indents=self._indents(part.part),
            outline=found.outline,
            merges=found.merges,
            hidden_rows=found.hidden_rows,
            hidden_cols=found.hidden_cols,
            widths=found.widths,
            comments=_comments(self._structure, sheet),
            tables=tuple(
                _with_headings(ref, first_row, first_col, cells) for ref, _ in self._structure.tables.values() if ref.sheet == sheet
            ),
            state=part.state,
            date1904=self._structure.date1904,
        )

    def _number_formats(self, part: str) -> NumberFormats:
        """The number formats of a sheet. Its rows are read again, and then kept, only if somebody asks for a column."""
        codes = self._structure.number_formats
        if not codes:
            return NumberFormats()
        kept: list[CellStyles] = []

        def styles() -> CellStyles:
            if not kept:
                kept.append(CellStyles(self._structure.package.read(part), part))
            return kept[0]

        def load(col: int) -> Mapping[int, str]:
            return {row: codes[style] for row, style in styles().of_column(col).items() if style in codes}

        def last_row(wanted: Collection[str]) -> int:
            return styles().last_row(style for style, code in codes.items() if code in wanted)

        return NumberFormats(load, frozenset(codes.values()), last_row)

    def _indents(self, part: str) -> Indents:
        """The indents of a sheet, read like its number formats."""
        steps = self._structure.indents
        if not steps:
            return Indents()

        def load(col: int) -> Mapping[int, int]:
            styles = CellStyles(self._structure.package.read(part), part).of_column(col)
            return {row: steps[style] for row, style in styles.items() if style in steps}

        return Indents(load)

    def _refuse_sparse(self, sheet: str, found: SheetScan) -> None:
        if not _sparse(found.rows, found.cols, found.cells):
            return
        part = self._structure.sheets[sheet].part
        if _sparse(*filled_extent(self._structure.package.read(part), part), found.cells):
            raise CollabError("sheet_too_large", file=self._label, sheet=sheet, rows=found.rows, columns=found.cols)

    def _values_without_odd_cells(self, sheet: str) -> tuple[int, int, list[list[Value]], dict[Cell, str]]:
        """The values of a sheet that calamine refused, without the cells that may be the cause, and what stood in these cells."""
        repaired, odd = workbook_without_odd_cells(Package(self._in_utf8(), self._label), self._structure, sheet)
        if not repaired:
            raise CollabError("damaged_workbook", file=self._label, sheet=sheet)
        return *self._values(sheet, repaired), odd

    def _in_utf8(self) -> bytes:
        """The workbook with all parts in UTF-8. calamine reads a sheet in UTF-16 as an empty one."""
        package = self._structure.package
        wide = [name for name in package.entries if name.lower().endswith((".xml", ".rels")) and package.begins_wide(name)]
        if not wide:
            return self._data
        out = io.BytesIO()
        package.rewrite(out, {name: package.packed(name, as_utf8(package.read(name), name)) for name in wide})
        return out.getvalue()

    def _values(self, sheet: str, data: bytes = b"") -> tuple[int, int, list[list[Value]]]:
        """The first row, the first column and the values. `data`: another workbook than the one opened first."""
        try:
            if data:
                reader = CalamineWorkbook.from_object(io.BytesIO(data))
            elif self._calamine is None:
                reader = self._calamine = CalamineWorkbook.from_object(io.BytesIO(self._in_utf8()))
            else:
                reader = self._calamine
            grid = reader.get_sheet_by_name(sheet)
            if grid.start is None:
                return 1, 1, []
            rows, columns = grid.start
            lines = grid.to_python(skip_empty_area=True)
        except (CalamineError, ValueError, OverflowError) as error:
            raise CollabError("damaged_workbook", file=self._label, sheet=sheet, why=str(error)) from error
        except BaseException as error:
            # A panic of calamine is a pyo3 PanicException, a subclass of BaseException only.
            if type(error).__name__ != "PanicException":
                raise
            raise CollabError("damaged_workbook", file=self._label, sheet=sheet, why="reader stopped") from error
        return rows + 1, columns + 1, [_line(line) for line in lines]


def _sparse(rows: int, cols: int, cells: int) -> bool:
    """Whether a sheet would take far more memory than its cells are worth."""
    dense = rows * cols
    return dense > MAX_DENSE_CELLS or (dense > SMALL and dense > SPARSE * cells)


def _with_headings(ref: TableRef, first_row: int, first_col: int, cells: list[list[Value]]) -> TableRef:
    """A table that says it has no headings, and has them in its first row: exceljs writes every table it has read that way."""
    if ref.header_rows or not ref.headings:
        return ref
    row, col = ref.area.first_row - first_row, ref.area.first_col - first_col
    line = cells[row][max(0, col) : col + len(ref.headings)] if 0 <= row < len(cells) and col >= 0 else []
    return replace(ref, header_rows=1) if [str(value) for value in line] == list(ref.headings) else ref


def _line(line: list[Any]) -> list[Value]:
    # Texts and days are by far the most frequent values, so they need no call of ours. Texts repeat from row to row: each is kept once.
    return [(intern(v) if v else None) if (kind := v.__class__) is str else v if kind is date else as_value(v) for v in line]


def as_value(value: Any) -> Value:
    """calamine's value of a cell in normal form."""
    if value.__class__ is float:
        return normal(value)
    if value.__class__ is time:  # a time of day or a duration is a number with a format: it has no date
        return normal((value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6) / 86400)
    if value.__class__ is timedelta:
        return normal(value / timedelta(days=1))
    if value.__class__ is datetime:
        return normal(_to_second(value))
    return value if value.__class__ is date else normal(value)


def _to_second(value: datetime) -> datetime:
    """Round to a second: serial numbers are exact to about 10 µs, so 23:59:59.999995 is midnight."""
    near = round(value.microsecond, -3)
    return value + timedelta(microseconds=near - value.microsecond) if near != value.microsecond else value


def _comments(structure: Structure, sheet: str) -> dict[Cell, str]:
    """Cell → text of its comment; a threaded comment replaces the note that Excel keeps for old readers."""
    out: dict[Cell, str] = {}
    threads: dict[Cell, list[str]] = {}
    for rel in structure.sheet_rels(sheet).values():
        part = structure.package.find(rel.target)
        if rel.kind not in {"comments", "threadedComment"} or part is None:
            continue
        for element in parse_xml(structure.package.read(part), part).iter():
            if local(element) not in {"comment", "threadedComment"}:
                continue
            try:
                cell = parse_a1(element.get("ref", ""))
            except ValueError:
                continue
            text = unescape_x("".join(t.text or "" for t in element.iter() if local(t) in {"t", "text"}))
            if local(element) == "comment":
                out[cell] = text
            else:
                threads.setdefault(cell, []).append(text)
    return {**out, **{cell: "\n".join(texts) for cell, texts in threads.items()}}
