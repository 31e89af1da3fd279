"""Sheets that come into a workbook or leave it, as plain data: what no cell edit can do.

A sheet that comes lies ready in a workbook of its own (`donor`), made for this master: its table has the name it will have here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NewSheet:
    """One sheet with one table. `name` is free in the workbook, and so is `table`."""

    name: str
    behind: str
    """The sheet whose tab stands before it."""
    table: str
    donor: bytes = field(repr=False)
    """A workbook whose only sheet it is."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Defined name → what it refers to, without `=`; none of them is there yet."""


@dataclass(frozen=True, slots=True)
class GoneSheet:
    """A sheet with one table that leaves, with its defined names."""

    name: str
    table: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrownTable:
    """A table that gets columns at its right end, and drop-downs that offer more."""

    table: str
    donor: bytes = field(repr=False)
    """A workbook whose only sheet has a table with all its columns, headings in row 3, data in row 4."""
    columns: Mapping[int, int] = field(default_factory=dict)
    """Column of the donor → its column here, those that are new last."""
    new: tuple[int, ...] = ()
    """Columns of the donor that are new."""
    words: tuple[tuple[int, str, str], ...] = ()
    """(column here, what its drop-down offers now, what it shall offer), as the rule writes lists: `"a,b"`."""


@dataclass(frozen=True, slots=True)
class ShrunkTable:
    """A table that loses its last columns, and drop-downs that offer less."""

    table: str
    headings: tuple[str, ...] = ()
    words: tuple[tuple[int, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """What a run does to the sheets and tables of a workbook, before any cell is written. First those that leave."""

    gone: tuple[GoneSheet, ...] = ()
    shrunk: tuple[ShrunkTable, ...] = ()
    new: tuple[NewSheet, ...] = ()
    grown: tuple[GrownTable, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gone or self.shrunk or self.new or self.grown)

    def __add__(self, other: Shape) -> Shape:
        return Shape(self.gone + other.gone, self.shrunk + other.shrunk, self.new + other.new, self.grown + other.grown)
