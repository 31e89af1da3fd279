"""Cells and areas. Rows and columns count from 1, as Excel shows them."""

from __future__ import annotations

from functools import lru_cache
from typing import Self

from collab_xl.model.record import Struct
from collab_xl.model.regex import regex

_CELL = regex(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})$")
MAX_ROW, MAX_COL = 1_048_576, 16_384


@lru_cache(maxsize=2048)
def column_letters(col: int) -> str:
    """1 → A, 28 → AB."""
    letters = ""
    while col:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@lru_cache(maxsize=2048)
def column_number(letters: str) -> int:
    """A → 1, AB → 28."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def a1(row: int, col: int) -> str:
    return f"{column_letters(col)}{row}"


def parse_a1(text: str) -> tuple[int, int]:
    """`$B$3` → (3, 2), row then column. Raises ValueError for anything else."""
    found = _CELL.match(text)
    if not found:
        raise ValueError(f"not a cell address: {text!r}")
    return int(found[2]), column_number(found[1])


class Address(Struct, frozen=True, order=True):
    """One cell of one sheet. `str()` returns `任务跟踪表!G17`."""

    sheet: str
    row: int
    col: int

    @property
    def cell(self) -> str:
        return a1(self.row, self.col)

    def __str__(self) -> str:
        return f"{self.sheet}!{self.cell}"

    @property
    def target(self) -> str:
        """The address as HYPERLINK expects it; a quote in the sheet name is doubled."""
        return "#'{}'!{}".format(self.sheet.replace("'", "''"), self.cell)


class Area(Struct, frozen=True, order=True):
    """A rectangle, all four edges included."""

    first_row: int
    first_col: int
    last_row: int
    last_col: int

    @classmethod
    def parse(cls, ref: str) -> Self:
        """`A1:C9` or `A1`. Raises ValueError."""
        first, _, last = ref.partition(":")
        return cls(*parse_a1(first), *parse_a1(last or first))

    def __str__(self) -> str:
        return f"{a1(self.first_row, self.first_col)}:{a1(self.last_row, self.last_col)}"

    def __contains__(self, cell: object) -> bool:
        return isinstance(cell, tuple) and self.first_row <= cell[0] <= self.last_row and self.first_col <= cell[1] <= self.last_col
