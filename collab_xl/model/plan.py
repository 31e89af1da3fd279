"""What a run means to write: a finished plan that an engine carries out and a ledger can take back.

`CellEdit` speaks of sheet cells (for the engine); `CellChange` of table, row key and field (for the ledger: sorting, filtering
and inserted columns do it no harm).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from collab_xl.model.place import Area
from collab_xl.model.shape import Shape
from collab_xl.model.values import Value


class CellEdit(NamedTuple):
    """Write raw value `new` (None empties, Link becomes a HYPERLINK) where `old` stands. Rows and columns from 1."""

    sheet: str
    row: int
    col: int
    old: Value
    new: Value


@dataclass(frozen=True)
class Plan:
    """Everything one run does to a workbook. An empty plan writes nothing."""

    edits: tuple[CellEdit, ...] = ()
    tables: Mapping[str, Area] = field(default_factory=dict)
    """ListObject name → its new range (headings, body and totals row)."""
    hidden: Mapping[str, Mapping[int, bool]] = field(default_factory=dict)
    """Sheet → row → whether it is hidden from now on."""
    page_footers: Mapping[str, str] = field(default_factory=dict)
    """Sheet → the odd footer as Excel writes it (`&L…&C…&R…`)."""
    heights: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    """Sheet → row → its height in points: a list's row whose text takes more lines than the rest."""
    shape: Shape = field(default_factory=Shape)
    """Sheets that come or leave, before anything else is written."""

    def __bool__(self) -> bool:
        return bool(self.edits or self.tables or self.hidden or self.page_footers or self.heights or self.shape)

    def __add__(self, other: Plan) -> Plan:
        """Both plans; they must not speak of the same cell."""
        hidden = {sheet: dict(rows) for sheet, rows in self.hidden.items()}
        for sheet, rows in other.hidden.items():
            hidden.setdefault(sheet, {}).update(rows)
        heights = {sheet: dict(points) for sheet, points in self.heights.items()}
        for sheet, points in other.heights.items():
            heights.setdefault(sheet, {}).update(points)
        return Plan(
            self.edits + other.edits,
            {**self.tables, **other.tables},
            hidden,
            {**self.page_footers, **other.page_footers},
            heights,
            self.shape + other.shape,
        )


class Provenance(NamedTuple):
    """Where a submitted value came from."""

    sha256: str = ""
    department: str = ""
    pack: str = ""
    sender: str = ""
    sent_at: datetime | None = None
    file: str = ""
    cell: str = ""
    """`任务跟踪表!G17` in the submitted file."""


class CellChange(NamedTuple):
    """One parsed value of the master replaced by another. `why`: merge, decision, computed, key, undo, import."""

    form: str
    row_key: str
    field: str
    old: Value
    new: Value
    why: str
    source: Provenance | None = None
    old_raw: Value = None
    """What the cell holds before parsing (`完成80%` for 0.8), filled in by `plan_changes`: undo puts exactly this back."""


OWN = "own:"
"""Before the heading of a column of the user's own, where a row names its value in `NewRow.values`."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to add to a table of the master; `values` holds parsed values and includes the key.

    `own:<heading>` in `values` is the raw value of a column of the user's own (an import keeps them).

    `row_id` is the id the pack had given the blank row (empty for a hand-made file): sent again, it is an edit of this row.
    """

    form: str
    row_key: str
    values: Mapping[str, Value]
    row_id: str = ""
    source: Provenance | None = None
