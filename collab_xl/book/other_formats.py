"""Read workbooks in the formats beside .xlsx: .xls, .xlsb and .ods (decision 0060).

In: bytes.  Out: a `Book` with the values of the cells.  Pure.  Only calamine reads these formats, and it knows less of them than the
scan of an .xlsx does: no number formats, formulas, comments or hidden rows. Errors, and merged cells of .xlsb and .ods, are walked for
here (`xls_errors`, `xlsb_parts`, `ods_parts`). `LACKS` names what is missing, so that whoever reads such a file says so. Foreign files
are read in a worker (intake/pool.py).
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any, Final

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from collab_xl.book.ods_parts import marks_of_ods
from collab_xl.book.read import Book, as_value
from collab_xl.book.xls_errors import errors_of_xls
from collab_xl.book.xlsb_parts import Marks as XlsbMarks
from collab_xl.book.xlsb_parts import marks_of_xlsb
from collab_xl.errors import CollabError
from collab_xl.model.place import Area
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Cell, NumberFormats, Snapshot
from collab_xl.model.values import Value
from collab_xl.model.zip_guard import HugeListing, guarded_zip

XLS, XLSB, ODS = ".xls", ".xlsb", ".ods"
LACKS: Final[Mapping[str, tuple[str, ...]]] = {
    XLS: ("formats", "formulas"),
    XLSB: ("formats", "formulas"),
    ODS: ("formats", "formulas"),
}
"""Format → what is not known of its cells; a text for each in `read.word.lacks_*`."""
_OLE: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_LISTING_BYTES: Final = 2 << 20
_ODS_TYPE: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, ValueError, KeyError, EOFError, OSError, IndexError,
    etree.XMLSyntaxError,
)  # fmt: skip
_TIME, _LENGTH = "hh:mm:ss", "[h]:mm:ss"
_DURATION = regex(r"^PT(\d{1,9})H(\d{1,2})M(\d{1,2})S$")


def other_format(data: bytes) -> str:
    """The format by the content, whatever the name says: XLS, XLSB, ODS, or "" for all others."""
    if data.startswith(_OLE):
        return "" if "EncryptedPackage".encode("utf-16-le") in data else XLS
    if not data.startswith(b"PK"):
        return ""
    if _ODS_TYPE in data[:200]:  # the first entry is the type, stored uncompressed
        return ODS
    try:
        with guarded_zip(io.BytesIO(data), _LISTING_BYTES) as archive:
            return XLSB if "xl/workbook.bin" in {name.lower() for name in archive.namelist()} else ""
    except (HugeListing, zipfile.BadZipFile, struct.error, NotImplementedError, ValueError, EOFError, OSError):
        return ""


def read_other(data: bytes, name: str) -> Book:
    """The book of a file that `other_format` knows.

    Raises:
        CollabError: `encrypted_workbook`, `damaged_workbook`, `binary_cells` (an .xlsb with cells that are skipped).
    """
    kind = other_format(data)
    reader = _opened(data, name)
    try:
        walked = marks_of_xlsb(data) if kind == XLSB else marks_of_ods(data) if kind == ODS else {}
    except _BROKEN as error:
        raise CollabError("damaged_workbook", file=name, why=str(error)) from error
    if any(marks.short_cells for marks in walked.values() if isinstance(marks, XlsbMarks)):
        raise CollabError("binary_cells", file=name)
    sheets = {m.name: _state(m.visible) for m in reader.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet}
    errors = dict(zip(sheets, errors_of_xls(data), strict=False)) if kind == XLS else {n: marks.errors for n, marks in walked.items()}
    merges = {n: marks.merges for n, marks in walked.items()}
    return Book(sheets, lambda sheet: _snapshot(reader, sheet, sheets[sheet], name, errors.get(sheet, {}), merges.get(sheet)))


def _state(visible: Any) -> str:
    if visible == SheetVisibleEnum.Visible:
        return "visible"
    return "hidden" if visible == SheetVisibleEnum.Hidden else "veryHidden"


def _opened(data: bytes, name: str) -> Any:
    try:
        return CalamineWorkbook.from_object(io.BytesIO(data))
    except PasswordError as error:
        raise CollabError("encrypted_workbook", file=name) from error
    except (CalamineError, ValueError, OverflowError) as error:
        raise CollabError("damaged_workbook", file=name, why=str(error)) from error
    except BaseException as error:
        raise _stopped(error, name) from error


def _stopped(error: BaseException, name: str, sheet: str = "") -> BaseException:
    """A panic of calamine as an error of the file; any other exception as it is."""
    if type(error).__name__ != "PanicException":
        return error
    return CollabError("damaged_workbook", file=name, sheet=sheet, why="reader stopped")


def _snapshot(
    reader: Any, sheet: str, state: str, name: str, errors: Mapping[Cell, str], merges: tuple[Area, ...] | None = None
) -> Snapshot:
    """`merges`: where calamine does not know them."""
    try:
        grid = reader.get_sheet_by_name(sheet)
        if grid.start is None:
            return Snapshot(sheet, state=state)
        lines = grid.to_python(skip_empty_area=True)
        if merges is None:
            merges = tuple(Area(a[0] + 1, a[1] + 1, b[0] + 1, b[1] + 1) for a, b in grid.merged_cell_ranges or ())
    except (CalamineError, ValueError, OverflowError) as error:
        raise CollabError("damaged_workbook", file=name, sheet=sheet, why=str(error)) from error
    except BaseException as error:
        raise _stopped(error, name, sheet) from error
    first_row, first_col = grid.start[0] + 1, grid.start[1] + 1
    cells, lengths = [], dict[int, dict[int, str]]()
    for i, line in enumerate(lines):
        row: list[Value] = []
        for j, value in enumerate(line):
            length = _length(value)
            if length is not None:  # with such a format a number is a time of day or a length of time and no date
                clock = type(value).__name__ == "time"
                lengths.setdefault(first_col + j, {})[first_row + i] = _TIME if clock else _LENGTH
            row.append(as_value(value) if length is None else length)
        cells.append(row)
    return Snapshot(
        sheet,
        first_row,
        first_col,
        cells,
        merges=merges,
        number_formats=NumberFormats(lambda col: lengths.get(col, {}), (_TIME, _LENGTH) if lengths else ()),
        state=state,
        errors={(row, col): word for (row, col), word in errors.items() if row >= first_row and col >= first_col},
    )


def _length(value: Any) -> Value:
    """The days of a time or a length of time; None for any other value. calamine leaves those of .ods as texts."""
    if type(value).__name__ in ("time", "timedelta"):
        return as_value(value)
    if type(value) is str and (found := _DURATION.match(value)):
        hours, minutes, seconds = (int(part) for part in found.groups())
        return (hours * 3600 + minutes * 60 + seconds) / 86400
    return None
