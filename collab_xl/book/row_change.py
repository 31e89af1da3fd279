"""Changes of a row of a sheet, and the attributes of its tag. Pure values and functions on bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collab_xl.model.plan import CellEdit
from collab_xl.model.record import Struct, field
from collab_xl.model.regex import regex

CARRIED: Final = regex(rb'\s(?:s|customFormat|ht|customHeight)="[^"]*"')
"""Attributes of a row that are copied to a new row below."""
_SPANS: Final = regex(rb'\sspans="([0-9]+):([0-9]+)"')
_ANY_SPANS: Final = regex(rb'\sspans="[^"]*"')
_HEIGHT: Final = regex(rb'\s(?:ht|customHeight)="[^"]*"')
_HIDDEN: Final = regex(rb'\shidden="[^"]*"')


class RowChange(Struct):
    """The changes of one row, in this order: the edits' `old` values are checked, `cleared` cells are removed, `put` cells are added,
    the edits are made."""

    edits: list[CellEdit] = field(default_factory=list)
    cleared: frozenset[int] = frozenset()
    """Columns."""
    put: Mapping[int, bytes] = field(default_factory=dict)
    hidden: bool | None = None
    height: float | None = None
    """Points."""
    attributes: bytes | None = None
    """Style and height for a new row, from the row above."""
    moved: frozenset[int] = frozenset()
    """Columns in which the row was a totals row. Its cells have moved, so an edit's `old` is not compared with them."""
    totals: frozenset[int] = frozenset()
    """Columns in which the row becomes a totals row: an edit that clears a former data cell is skipped."""

    def joined(self, other: RowChange) -> RowChange:
        """Both changes together, for tables next to each other."""
        return RowChange(
            self.edits + other.edits,
            self.cleared | other.cleared,
            {**self.put, **other.put},
            self.hidden if other.hidden is None else other.hidden,
            self.height if other.height is None else other.height,
            self.attributes if other.attributes is None else other.attributes,
            self.moved | other.moved,
            self.totals | other.totals,
        )


class Changed(Struct):
    """Data for other steps, collected while rows are edited."""

    formulas_gone: bool = False
    shared_gone: set[bytes] = field(default_factory=set)
    """Numbers of shared formulas whose first cell was overwritten."""
    last_row: int = 0
    last_col: int = 0
    first_row: int = 1 << 21
    first_col: int = 1 << 15


def spanned(tag: bytes, columns: list[int]) -> bytes:
    """The tag with a correct `spans`, which is only a hint: one pair is widened, several pairs are removed."""
    if b"spans" not in tag or not columns:
        return tag
    found = _SPANS.search(tag)
    if found is None:
        return _ANY_SPANS.sub(b"", tag)
    low, high = min(int(found[1]), columns[0]), max(int(found[2]), columns[-1])
    return tag[: found.start()] + b' spans="%d:%d"' % (low, high) + tag[found.end() :]


def with_attributes(tag: bytes, change: RowChange) -> bytes:
    """An open row tag with the change's style, height and visibility."""
    if change.attributes is not None:
        tag = CARRIED.sub(b"", tag)[:-1] + change.attributes + b">"
    if change.height is not None:
        tag = _HEIGHT.sub(b"", tag)[:-1] + b' ht="%g" customHeight="1">' % change.height
    if change.hidden is not None:
        tag = _HIDDEN.sub(b"", tag)
        if change.hidden:
            tag = tag[:-1] + b' hidden="1">'
    return tag
