"""Error cells (#N/A, #REF!) of an .xls, which calamine reads as blank: a walk over the records of its stream. Pure.

Source: [MS-XLS] 2.4.28 BoundSheet8, 2.4.24 BoolErr, 2.4.127 Formula; the three have the same layout in the older Excel 5 (BIFF5).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from typing import Final

import olefile

from collab_xl.model.sheets import Cell

WORDS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A", 0x2B: "#GETTING_DATA",
}  # fmt: skip
_STREAMS = ("Workbook", "Book")
_BOF, _EOF, _SHEET, _BOOL_OR_ERROR, _FORMULA = 0x0809, 0x000A, 0x0085, 0x0205, 0x0006
_WORKSHEET = 0
_MOST_RECORDS = 20_000_000


def errors_of_xls(data: bytes) -> Sequence[dict[Cell, str]]:
    """The error cells of each worksheet, in the order of the tabs; nothing for a stream that cannot be walked."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            there = {"/".join(path) for path in ole.listdir()}
            name = next((n for n in _STREAMS if n in there), None)
            stream = ole.openstream(name).read() if name else b""
        return [_errors(stream, start) for start in _starts(stream)]
    except (OSError, struct.error, ValueError, IndexError, OverflowError):
        return []


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    for _ in range(_MOST_RECORDS):
        if at + 4 > len(stream):
            return
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _starts(stream: bytes) -> list[int]:
    """Where each worksheet begins."""
    out = []
    for kind, body in _records(stream, 0):
        if kind == _EOF:
            break
        if kind == _SHEET and len(body) >= 6 and body[5] == _WORKSHEET:
            out.append(struct.unpack_from("<I", body)[0])
    return out


def _errors(stream: bytes, start: int) -> dict[Cell, str]:
    out: dict[Cell, str] = {}
    depth = 0
    for kind, body in _records(stream, start):
        if kind == _BOF:
            depth += 1  # a chart on the sheet has records of its own
        elif kind == _EOF:
            depth -= 1
            if depth == 0:
                break
        elif depth == 1 and kind == _BOOL_OR_ERROR and len(body) >= 8 and body[7] == 1:
            row, col = struct.unpack_from("<HH", body)
            out[row + 1, col + 1] = WORDS.get(body[6], "#ERROR!")
        elif depth == 1 and kind == _FORMULA and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == 2:
            row, col = struct.unpack_from("<HH", body)
            out[row + 1, col + 1] = WORDS.get(body[8], "#ERROR!")
    return out
