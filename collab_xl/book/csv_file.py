"""Read a CSV export as a book with one sheet. The cells contain the texts as written, without the guards against Excel.

In: bytes.  Out: a `Book`.  Pure.  Values are not converted: `001` keeps its zeros, `=1+1` stays a text. What programs
put around a value so that Excel does not change it (`="001"`, a tab, an apostrophe) is left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import PurePath

from collab_xl.book.read import Book
from collab_xl.errors import CollabError
from collab_xl.model.cell_text import unguarded
from collab_xl.model.regex import regex
from collab_xl.model.sheets import Snapshot

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DELIMITERS = ",;\t|"
_LOST = regex(r"[?\ufffd]{2,}(?:[\s\W\d]*[?\ufffd]+)*[\s\W\d]*")
_NUMERIC = regex(r"[\d\s.,:/%+-]+")
_LEAST_LOST, _LOST_SHARE = 3, 0.25
"""So many cells of nothing but question marks, and this share of the texts: the letters were lost before the file came here."""


def read_csv(data: bytes, name: str) -> Book:
    """The book of a CSV file; its sheet has the name of the file without its ending.

    The charset is that of the byte order mark, else UTF-8, else GB18030. The delimiter is the one of `,` `;` tab `|` that splits the
    first rows most evenly. An empty file gives an empty sheet.

    Raises:
        CollabError: `csv_unreadable` if no charset fits, or if it is a binary file named .csv; `csv_letters_lost` if a program wrote
            question marks for its letters.
    """
    text = _decoded(data, name)
    sheet = PurePath(name).stem or "CSV"
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False))
    except csv.Error as error:
        raise CollabError("csv_unreadable", file=name) from error
    width = max(map(len, lines), default=0)
    cells = [[unguarded(v) or None for v in line] + [None] * (width - len(line)) for line in lines]
    while cells and not any(cells[-1]):
        cells.pop()
    if lost := _lost(cells):
        raise CollabError("csv_letters_lost", file=name, count=len(lost), found=lost[0])
    snapshot = Snapshot(sheet, cells=cells)
    return Book({sheet: "visible"}, lambda _: snapshot)


def _lost(cells: Sequence[Sequence[str | None]]) -> list[str]:
    """The cells of question marks only, if they are a large part of the texts; else none."""
    texts = [v for line in cells for v in line if v and not _NUMERIC.fullmatch(v)]
    lost = [v for v in texts if _LOST.fullmatch(v)]
    return lost if len(lost) >= max(_LEAST_LOST, _LOST_SHARE * len(texts)) else []


def _decoded(data: bytes, name: str) -> str:
    for mark, charset in _BOMS:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(charset)
            except UnicodeDecodeError as error:
                raise CollabError("csv_unreadable", file=name) from error
    if b"\x00" not in data:
        for charset in ("utf-8", "gb18030"):
            try:
                return data.decode(charset)
            except UnicodeDecodeError:
                continue
    raise CollabError("csv_unreadable", file=name)


def _delimiter(text: str) -> str:
    """The delimiter that splits the first rows into the same, largest number of columns; a comma if there is none."""
    head = "\n".join(text.splitlines()[:20])
    best, found = (0.0, 0), ","
    for delimiter in _DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(head), delimiter=delimiter) if row]
        except csv.Error:
            continue
        widest = max(widths, default=1)
        if widest < 2:
            continue
        score = (sum(w == widest for w in widths) / len(widths), widest)
        if score > best:
            best, found = score, delimiter
    return found
