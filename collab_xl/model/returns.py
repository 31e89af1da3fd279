"""What is written into a department's own workbook when it goes back: marks at cells, a column of results, a sheet of notes.

Plain values in the department's language. The engine that sets them also takes them off again, so everything needed to recognise
them later is said here: what our comments begin and end with, what our lines begin with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MEMORY_SHEET = "_collab_marks"
"""Very hidden sheet of a returned workbook: what our marks are and what stood there before."""
NOTES_NAME = "collab_notes"
"""Defined name that finds the sheet of notes after it was renamed."""
AUTHOR = "collab_xl"
"""Author of our comments."""
BLOCK = re.compile(r"\n?(?:【校验 ([0-9]+)】|\[Check ([0-9]+)\]).*?(?:【校验完】|\[End of check\]|\Z)", re.DOTALL)
"""Our part of a comment: from its number to its end, or to the end of the comment where somebody cut it off."""
LINE = re.compile(r"[✗▲] [A-Z]{1,3}[0-9]{1,7}[ :：]")
"""How every line of our column begins."""
HEADING_NUMBER = 0
"""The number in the comment on the heading of our column."""


def block(number: int, said: str, lang: str) -> str:
    """`said` between the words that mark it as ours; `BLOCK` finds it again."""
    return f"[Check {number}] {said}\n[End of check]" if lang == "en" else f"【校验 {number}】{said}\n【校验完】"


@dataclass(frozen=True)
class Mark:
    """A cell to be marked: coloured, with a comment. One for a cell, however many findings it has."""

    number: int
    sheet: str
    row: int
    col: int
    severe: bool
    """Red; else amber."""
    comment: str
    """What is wrong and how to mend it, without the words of `block`."""


@dataclass(frozen=True)
class ResultColumn:
    """The column of results of one sheet, for all its tables."""

    sheet: str
    heading: str
    comment: str
    heading_rows: tuple[int, ...]
    """Where the heading stands: beside the last heading row of every table."""
    after: int
    """The last column of the tables: ours comes after it, as near as there is room."""
    last_row: int
    """The last row of the tables."""
    lines: Mapping[int, str] = field(default_factory=dict)
    """Row → what is said; each begins as `LINE` says."""


@dataclass(frozen=True)
class NoteCell:
    """A cell of the notes: its text or number, how it looks, and the cell (sheet, address) it leads to."""

    col: int
    value: str | int
    look: str = "body"
    target: tuple[str, str] | None = None


@dataclass(frozen=True)
class NoteRow:
    cells: tuple[NoteCell, ...]
    height: float = 0.0
    """Points; 0 leaves it to the program."""
    merge_to: int = 0
    """The row's first cell reaches to this column; 0 for no merge."""


@dataclass(frozen=True)
class Notes:
    """The sheet of notes, row by row from the first."""

    sheet: str
    widths: tuple[float, ...]
    rows: tuple[NoteRow, ...]
    freeze: int = 0
    """Rows that stay in view."""


@dataclass(frozen=True)
class Marks:
    """Everything that is written into one workbook. Without `marks` and `columns` it only gets the notes."""

    lang: str
    notes: Notes
    marks: tuple[Mark, ...] = ()
    columns: tuple[ResultColumn, ...] = ()
