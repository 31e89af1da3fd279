"""The short way to compare a cell with what a plan was made from: cells as Excel and we write them, without anything unusual.

In: bytes and a raw value.  Out: the cell's style where it plainly holds that value, else None.  Pure.
None only means that the long way (`cell_xml.stored`, `cell_xml.holds`) has to look.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property

from collab_xl.engines.cell_xml import serial
from collab_xl.errors import CollabError
from collab_xl.model.values import Value


class PlainCells:
    """For one sheet: its prefix and date system. Formulas, shared strings, entities and escapes are not plain."""

    def __init__(self, prefix: bytes, date1904: bool) -> None:
        self._date1904 = date1904
        self._days: dict[date, float] = {}
        self._cell = re.compile(
            rb'"( s="[0-9]+")?(?:/>|(?: t="n")?><%(p)sv>(-?[0-9]+(?:\.[0-9]+)?(?:E-?[0-9]+)?)</%(p)sv></%(p)sc>'
            rb'| t="inlineStr"><%(p)sis><%(p)st(?: xml:space="preserve")?>([^<&\r]*)</%(p)st></%(p)sis></%(p)sc>)\s*'.replace(
                b"%(p)s", re.escape(prefix)
            )
        ).match

    def found(self, data: bytes, at: int, old: Value) -> tuple[bytes, int] | None:
        """The cell's style, b"" or b' s="3"', and where it ends (white space behind it counts with it).

        `at`: where the closing quote of its reference stands in the data.
        """
        found = self._cell(data, at)
        if found is None:
            return None
        style, number, text = found.groups(b"")
        kind = type(old)
        if kind is str:
            same = text == old.encode("utf-8", "surrogatepass") and b"_x" not in text and text.strip() == text  # type: ignore[union-attr]
        elif number:
            same = float(number) == old if kind is int or kind is float else kind is date and float(number) == self._serial(old)  # type: ignore[arg-type]
        else:
            same = old is None and not text
        return (style, found.end()) if same else None

    @cached_property
    def blank(self) -> _Blank:
        """A cell from its reference's closing quote on → its style where it is blank, else None: a new row has few different ones."""
        return _Blank(self)

    def style_of(self, piece: bytes, at: int, old: Value) -> bytes | None:
        """The style of a cell that is all of the piece from `at` on."""
        found = self.found(piece, at, old)
        return found[0] if found is not None and found[1] == len(piece) else None

    def _serial(self, day: date) -> float:
        known = self._days.get(day)
        if known is None:
            try:
                known = serial(day, self._date1904, "")
            except CollabError:  # a day before Excel's first right one: the long way knows
                known = float("nan")
            self._days[day] = known
        return known


class _Blank(dict[bytes, "bytes | None"]):
    def __init__(self, cells: PlainCells) -> None:
        super().__init__()
        self._cells = cells

    def __missing__(self, piece: bytes) -> bytes | None:
        if len(self) >= 1024:
            self.clear()
        self[piece] = style = self._cells.style_of(piece, 0, None)
        return style
