"""What is written into a department's workbook before it is sent back: cell marks, a column of results, a sheet of notes.

Plain values in the department's language. The engine that writes the marks also removes them later. Everything needed to recognise them
is defined here: how our comments begin and end, and how our lines begin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from collab_xl.model.record import Struct, field
from collab_xl.model.regex import regex

MEMORY_SHEET = "_collab_marks"
"""Very hidden sheet of a returned workbook: our marks, and what the cells contained before."""
NOTES_NAME = "collab_notes"
"""Defined name that finds the sheet of notes after it was renamed."""
AUTHOR = "collab_xl"
"""Author of our comments."""
BLOCK = regex(r"\n?(?:【校验 ([0-9]+)】|\[Check ([0-9]+)\]).*?(?:【校验完】|\[End of check\]|\Z)", re.DOTALL)
"""Our part of a comment: from its number to its end mark, or to the end of the comment if the end mark was deleted."""
LINE = regex(r"[✗▲] [A-Z]{1,3}[0-9]{1,7}[ :：]")
"""How every line of our column begins."""
HEADING_NUMBER = 0
"""The number in the comment on the heading of our column."""


def block(number: int, said: str, lang: str) -> str:
    """`said` between our begin and end words, so that `BLOCK` finds it again."""
    return f"[Check {number}] {said}\n[End of check]" if lang == "en" else f"【校验 {number}】{said}\n【校验完】"


class Fate(NamedTuple):
    """What became of the content of a cell: the name of a text `plan.returned.fate.<name>`, and its facts."""

    name: str
    facts: Mapping[str, object] = {}


class Mark(Struct, frozen=True):
    """A cell to colour and comment on. One mark per cell, even with several findings."""

    number: int
    sheet: str
    row: int
    col: int
    severe: bool
    """True: red; False: amber."""
    comment: str
    """What is wrong and how to correct it, without the words that `block` adds."""


class ResultColumn(Struct, frozen=True):
    """The column of results of one sheet, for all its tables."""

    sheet: str
    heading: str
    comment: str
    heading_rows: tuple[int, ...]
    """Rows of the heading: the last heading row of every table."""
    after: int
    """The last column of the tables. Our column comes after it, in the nearest free place."""
    last_row: int
    """The last row of the tables."""
    lines: Mapping[int, str] = field(default_factory=dict)
    """Row → its text; each begins as in `LINE`."""


class NoteCell(Struct, frozen=True):
    """A cell of the notes: its text or number, its look, and the cell (sheet, address) it links to."""

    col: int
    value: str | int
    look: str = "body"
    target: tuple[str, str] | None = None


class NoteRow(Struct, frozen=True):
    cells: tuple[NoteCell, ...]
    height: float = 0.0
    """In points; 0 lets the spreadsheet program choose."""
    merge_to: int = 0
    """The first cell is merged up to this column; 0 for no merge."""


class Notes(Struct, frozen=True):
    """The sheet of notes, row by row from the first."""

    sheet: str
    widths: tuple[float, ...]
    rows: tuple[NoteRow, ...]
    freeze: int = 0
    """Number of rows frozen at the top."""
    heading: int = 0
    """The row of the headings, from 1, which is printed on every page; 0 for none."""


class Marks(Struct, frozen=True):
    """Everything that is written into one workbook. Without `marks` and `columns` only the notes are written."""

    lang: str
    notes: Notes
    marks: tuple[Mark, ...] = ()
    columns: tuple[ResultColumn, ...] = ()
