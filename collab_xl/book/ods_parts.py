"""What calamine does not tell of an .ods: cells with errors (#N/A, Err:502), which it reads as blank or as texts, and merged cells. Pure.

Source: https://docs.oasis-open.org/office/OpenDocument/v1.3/ part 3, 9.1 (tables, repeated cells, spans).
LibreOffice marks an error by `calcext:value-type="error"`; other programs leave the word in a cell with a formula.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from lxml import etree

from collab_xl.model.place import MAX_COL, MAX_ROW, Area
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Cell

_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TYPE: Final = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_WORD = regex(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)|Err:\d{3}", re.I)
_MOST_REPEATED: Final = 10_000
"""Cells of one error that are named: a column that was filled to the end of the sheet."""


class Marks(NamedTuple):
    """Of one sheet."""

    errors: Mapping[Cell, str] = {}
    merges: tuple[Area, ...] = ()


def marks_of_ods(data: bytes) -> dict[str, Marks]:
    """Name of a sheet → its marks. Raises BadZipFile, zlib.error, KeyError, ValueError or XMLSyntaxError where there is nothing to walk."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        content = io.BytesIO(archive.read("content.xml"))
    out: dict[str, Marks] = {}
    options = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": True, "recover": True}
    row = depth = 0
    name, errors, merges = "", dict[Cell, str](), list[Area]()
    for event, node in etree.iterparse(content, events=("start", "end"), tag=(f"{_TABLE}table", f"{_TABLE}table-row"), **options):
        if node.tag == f"{_TABLE}table":
            depth += 1 if event == "start" else -1  # a table inside a cell is none of the sheets
            if depth == 1 and event == "start":
                row, name, errors, merges = 1, node.get(f"{_TABLE}name", ""), {}, []
            elif depth == 0:
                out[name] = Marks(errors, tuple(merges))
                node.clear()
        elif event == "end" and depth == 1:
            again = int(node.get(f"{_TABLE}number-rows-repeated", "1"))
            for col, cell, times in _cells(node):
                down, right = (max(1, int(cell.get(f"{_TABLE}number-{what}-spanned", "1"))) for what in ("rows", "columns"))
                if down > 1 or right > 1:
                    merges.append(Area(row, col, min(row + down - 1, MAX_ROW), min(col + right - 1, MAX_COL)))
                if word := _error(cell):
                    places = ((row + r, col + c) for r in range(again) for c in range(times))
                    errors.update((at, word) for at, _ in zip(places, range(_MOST_REPEATED), strict=False))
            row += again
            node.clear()
    return out


def _cells(row: etree._Element) -> Iterator[tuple[int, etree._Element, int]]:
    """Column, cell, how often it is repeated."""
    col = 1
    for cell in row:
        if cell.tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            times = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
            yield col, cell, times
            col += times


def _error(cell: etree._Element) -> str:
    """The word of an error, "" for any other cell."""
    marked = cell.get(_TYPE) == "error"
    if not marked and cell.get(f"{_TABLE}formula") is None:
        return ""
    said = "".join(str(part) for p in cell.iterfind(f"{_TEXT}p") for part in p.itertext()).strip()
    return (said or "#ERROR!") if marked else said if _WORD.fullmatch(said) else ""
