"""What calamine does not tell of an .xlsb: cells with errors (#N/A, #REF!), which it reads as blank, merged cells, and cells it skips.

Pure: a walk over the records of the parts of the sheets.
Source: [MS-XLSB] 2.1.4 Record, 2.4.304 BrtBundleSh, 2.4.36 BrtCellError, 2.4.663 BrtFmlaError, 2.4.675 BrtMergeCell, 2.5.9 Cell.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from collab_xl.book.package import parse_xml
from collab_xl.book.xls_errors import WORDS
from collab_xl.model.place import MAX_COL, MAX_ROW, Area
from collab_xl.model.sheets import Cell

_ROW, _ERROR, _FORMULA_ERROR, _SHEET, _MERGED = 0, 3, 11, 156, 176
_SHORT_CELLS = range(12, 19)
"""A cell beside the one before it, without its column. Excel reads such records and never writes them, and calamine skips them: the cells
would be lost."""
_BOOK: Final = "xl/workbook.bin"
_LINKS: Final = "xl/_rels/workbook.bin.rels"


class Marks(NamedTuple):
    """Of one sheet."""

    errors: Mapping[Cell, str] = {}
    merges: tuple[Area, ...] = ()
    short_cells: bool = False


def marks_of_xlsb(data: bytes) -> dict[str, Marks]:
    """Name of a sheet → its marks, in the order of the tabs.

    Raises BadZipFile, zlib.error, struct.error, KeyError, ValueError, IndexError or CollabError for a file that cannot be walked.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {name.lower(): name for name in archive.namelist()}
        links = parse_xml(archive.read(names[_LINKS]), _LINKS)
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        out = {}
        for kind, body in _records(archive.read(names[_BOOK])):
            if kind == _SHEET:
                link, at = _text(body, 8)
                name, _ = _text(body, at)
                part = posixpath.normpath(posixpath.join("xl", targets.get(link, ""))).lstrip("/").lower()
                if part in names:
                    out[name] = _marks(archive.read(names[part]))
    return out


def _text(body: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", body, at)
    end = at + 4 + 2 * length
    return body[at + 4 : end].decode("utf-16-le"), end


def _marks(part: bytes) -> Marks:
    row, errors, merges, short = 0, dict[Cell, str](), list[Area](), False
    for kind, body in _records(part):
        if kind == _ROW:
            (row,) = struct.unpack_from("<I", body)
        elif kind in (_ERROR, _FORMULA_ERROR):
            (col,) = struct.unpack_from("<I", body)
            errors[row + 1, col + 1] = WORDS.get(body[8], "#ERROR!")
        elif kind == _MERGED:
            first, last, left, right = struct.unpack_from("<4I", body)
            if first <= last < MAX_ROW and left <= right < MAX_COL:  # else no program has written it
                merges.append(Area(first + 1, left + 1, last + 1, right + 1))
        elif kind in _SHORT_CELLS:
            short = True
    return Marks(errors, tuple(merges), short)


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and content of the records of a part. A kind has one or two bytes, a length up to four, seven bits in each."""
    at, end = 0, len(part)
    while at < end:
        kind = part[at]
        at += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (part[at] & 0x7F) << 7
            at += 1
        size = shift = 0
        while True:
            byte = part[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift > 21:
                break
        yield kind, part[at : at + size]
        at += size
