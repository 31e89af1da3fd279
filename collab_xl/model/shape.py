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
class Shape:
    """What a run does to the sheets of a workbook, before any cell is written. First those that leave."""

    gone: tuple[GoneSheet, ...] = ()
    new: tuple[NewSheet, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gone or self.new)
