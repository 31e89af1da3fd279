"""A pack before it is a workbook: what `plan/issue.py` decides and `build/pack.py` builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from collab_xl.model.finding import Finding
from collab_xl.model.merge import Pack
from collab_xl.model.sheets import RowId
from collab_xl.model.values import Value


@dataclass(frozen=True)
class PackSheet:
    """The part of one form that goes into a pack."""

    form: str
    fields: tuple[str, ...]
    """Field ids in column order; the hidden `row_id` column is not among them."""
    rows: tuple[tuple[RowId, Mapping[str, Value]], ...]
    """Prefilled rows in master order, parsed values by field."""
    blank: tuple[RowId, ...] = ()
    """Row ids given to the blank rows below them; empty where departments add no rows."""
    dates: Mapping[tuple[RowId, str], date] = field(default_factory=dict)
    """(row id, field) → the date that stands in a cell where no date belongs and that was therefore not understood: Excel makes
    one of `1-2`. Issued as its text it would be understood, and come back as an edit nobody made."""
    to_read: frozenset[RowId] = frozenset()
    """Rows that do not name the department: locked."""

    @property
    def read_only(self) -> bool:
        """Nothing on the sheet is the department's to fill in."""
        return not self.blank and len(self.to_read) == len(self.rows)


@dataclass(frozen=True)
class PackPlan:
    """One department's pack. `pack` is what the sidecar keeps, the rest is what only the workbook shows."""

    pack: Pack
    sheets: tuple[PackSheet, ...]
    deadline: date | None = None
    """The day the department submits at the latest; None when the week cannot be read."""
    findings: tuple[Finding, ...] = ()
    """Rows of this department that could not be issued, and why."""

    @property
    def row_count(self) -> int:
        """Prefilled rows of all forms."""
        return sum(len(sheet.rows) for sheet in self.sheets)
