"""What a run will write: a complete plan that an engine carries out and that can be undone from the ledger.

`CellEdit` names a sheet cell (for the engine). `CellChange` names form, row key and field (for the ledger), so it stays valid after
sorting, filtering and inserting columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from collab_xl.model.place import Area
from collab_xl.model.record import Struct, field
from collab_xl.model.shape import Shape
from collab_xl.model.values import Value


class CellEdit(NamedTuple):
    """Replace the raw value `old` by `new` (None empties the cell, Link becomes a HYPERLINK). Rows and columns from 1."""

    sheet: str
    row: int
    col: int
    old: Value
    new: Value


class Plan(Struct, frozen=True):
    """Everything one run does to a workbook. An empty plan writes nothing."""

    edits: tuple[CellEdit, ...] = ()
    tables: Mapping[str, Area] = field(default_factory=dict)
    """ListObject name → its new range (headings, body and totals row)."""
    hidden: Mapping[str, Mapping[int, bool]] = field(default_factory=dict)
    """Sheet → row → whether it is hidden afterwards."""
    page_footers: Mapping[str, str] = field(default_factory=dict)
    """Sheet → the odd footer as Excel writes it (`&L…&C…&R…`)."""
    heights: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    """Sheet → row → its height in points, for list rows whose text needs more lines than the others."""
    shape: Shape = field(default_factory=Shape)
    """Sheets to add or remove before anything else is written."""

    def __bool__(self) -> bool:
        return bool(self.edits or self.tables or self.hidden or self.page_footers or self.heights or self.shape)

    def __add__(self, other: Plan) -> Plan:
        """Both plans together; they must not edit the same cell."""
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
    """What the cell contains before parsing (`完成80%` for 0.8), filled in by `plan_changes`. Undo writes exactly this back."""


OWN = "own:"
"""Prefix of the heading of a user's own column in `NewRow.values`."""


class NewRow(Struct, frozen=True):
    """A row to add to a table of the master; `values` contains parsed values, also the key.

    `own:<heading>` in `values` is the raw value of a user's own column (an import keeps these).

    `row_id` is the id of the blank row in the pack (empty for a hand-made file): if it is sent again, it edits this row.
    """

    form: str
    row_key: str
    values: Mapping[str, Value]
    row_id: str = ""
    source: Provenance | None = None
    sources: Mapping[str, Provenance] = field(default_factory=dict)
    """Field → the cell it came from; a row may be put together from several files. Fields without one: `source` as a whole."""

    def source_of(self, field_id: str) -> Provenance | None:
        """Where the value of a field came from. A cell of the whole row is not told as the cell of a field."""
        if field_id in self.sources or self.source is None:
            return self.sources.get(field_id)
        return self.source._replace(cell="") if self.sources else self.source
