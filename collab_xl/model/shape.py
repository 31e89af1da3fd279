"""Sheets to add to a workbook or remove from it, as plain data. Cell edits cannot do this.

A sheet to add is in a workbook of its own (`donor`), made for this master: its table already has its final name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from collab_xl.model.record import Struct


@dataclasses.dataclass(frozen=True, slots=True)
class NewSheet:
    """One sheet with one table. The workbook does not use `name` or `table` yet."""

    name: str
    behind: str
    """The sheet whose tab comes before it."""
    table: str
    donor: bytes = dataclasses.field(repr=False)
    """A workbook that contains only this sheet."""
    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Defined name → what it refers to, without `=`; the workbook has none of them yet."""


class GoneSheet(Struct, frozen=True):
    """A sheet with one table to remove, with its defined names."""

    name: str
    table: str
    names: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class GrownTable:
    """A table that gets new columns at its right end, and drop-downs that get new words."""

    table: str
    donor: bytes = dataclasses.field(repr=False)
    """A workbook whose only sheet has a table with all its columns, headings in row 3, data in row 4."""
    columns: Mapping[int, int] = dataclasses.field(default_factory=dict)
    """Column of the donor → its column here, new ones last."""
    new: tuple[int, ...] = ()
    """Columns of the donor that are new."""
    words: tuple[tuple[int, str, str], ...] = ()
    """(column here, drop-down list now, drop-down list afterwards), written as in a validation rule: `"a,b"`."""


@dataclasses.dataclass(frozen=True, slots=True)
class ChangedColumns:
    """Columns of a table that stay where they are, and what changes of them; their values do not."""

    table: str
    donor: bytes = dataclasses.field(repr=False, default=b"")
    """As in `GrownTable`; needed for `dressed`."""
    columns: Mapping[int, int] = dataclasses.field(default_factory=dict)
    """Column of the donor → its column here."""
    renamed: tuple[tuple[int, str, str], ...] = ()
    """(column here, heading now, heading afterwards)"""
    hidden: tuple[tuple[int, bool], ...] = ()
    """(column here, whether it is hidden afterwards)"""
    dressed: tuple[tuple[int, bool], ...] = ()
    """(column of the donor, whether cells get its formats): it gets the donor's drop-down or check; without formats only if it has none."""
    as_shown: tuple[tuple[int, int], ...] = ()
    """(row, column here) of cells that keep their format all the same: a date in a column that is one of text from now on."""
    words: tuple[tuple[int, str, str], ...] = ()
    """As in `GrownTable`."""
    ruled: tuple[tuple[int, str], ...] = ()
    """(column here, the XML of its drop-downs and checks afterwards, without a prefix; "" for none)."""

    def __bool__(self) -> bool:
        return bool(self.renamed or self.hidden or self.dressed or self.words or self.ruled)


class ShrunkTable(Struct, frozen=True):
    """A table that loses its last columns, and drop-downs that lose words."""

    table: str
    headings: tuple[str, ...] = ()
    words: tuple[tuple[int, str, str], ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class NewPage:
    """A sheet without a table, with its drawing and charts, that takes over the names of the one there is."""

    name: str
    behind: str
    """The sheet whose tab comes before it."""
    donor: bytes = dataclasses.field(repr=False)
    """A workbook whose first sheet is this one; its charts read a sheet that the workbook has too."""
    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Defined name → what it refers to, without `=`: those the workbook has are changed, the others added."""
    hide: str = ""
    """The sheet whose place it takes, which is hidden, under the name it has then; "" to hide none."""
    aside: tuple[str, str] = ("", "")
    """The sheet that gives its name to this page: (its name, the name it gets). ("", ""): none does."""
    hidden: bool = False
    """Whether the page itself is hidden."""
    active: bool = False
    """Whether the workbook opens on it, as it opened on the sheet that is hidden."""
    before: bool = False
    """Whether its tab comes before that of `behind`, not after it."""


@dataclasses.dataclass(frozen=True, slots=True)
class GonePage:
    """Such a sheet to remove."""

    name: str
    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Defined name → what it referred to before; "" for one that was not there."""
    show: str = ""
    """The sheet that was hidden for it."""
    aside: tuple[str, str] = ("", "")
    """(Name of the sheet that gave it its name, the name that one gets back.)"""
    active: bool = False
    """Whether the workbook opens on that sheet again."""


class Tabs(Struct, frozen=True):
    """The tabs of a workbook: all of its sheets in order, and the colours that change."""

    order: tuple[str, ...]
    colours: Mapping[str, int | None] = {}
    """Sheet → colour of the theme, None for no colour."""


class Shape(Struct, frozen=True):
    """What a run does to the sheets and tables of a workbook, before any cell is written. Removals come first."""

    gone: tuple[GoneSheet, ...] = ()
    shrunk: tuple[ShrunkTable, ...] = ()
    new: tuple[NewSheet, ...] = ()
    grown: tuple[GrownTable, ...] = ()
    changed: tuple[ChangedColumns, ...] = ()
    """Last, in tables that may have grown: each is proven against the workbook before it."""
    gone_pages: tuple[GonePage, ...] = ()
    """Before all others."""
    pages: tuple[NewPage, ...] = ()
    """After all others."""
    tabs: Tabs | None = None
    """At the very end: its order names the sheets that there are then."""

    def __bool__(self) -> bool:
        return bool(self.gone or self.shrunk or self.new or self.grown or self.changed or self.gone_pages or self.pages or self.tabs)

    def __add__(self, other: Shape) -> Shape:
        return Shape(
            self.gone + other.gone,
            self.shrunk + other.shrunk,
            self.new + other.new,
            self.grown + other.grown,
            self.changed + other.changed,
            self.gone_pages + other.gone_pages,
            self.pages + other.pages,
            self.tabs or other.tabs,
        )
