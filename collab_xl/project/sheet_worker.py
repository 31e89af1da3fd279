"""The functions that `project/sheet_process.py` runs in its worker: read, write and verify sheets of a master.

Sheets read for one request are kept for the next; a restarted worker reads them again. Errors are those of `write_plan` and `verify`;
the caller treats each of them as "not done".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.read import Stamp
from collab_xl.book.verify_sheet import LoadedSheet, proven
from collab_xl.book.write_plan import WrittenSheet
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.record import Struct


class MasterFile(Struct, frozen=True):
    """A file and the stamp it must have."""

    path: str
    stamp: Stamp


@dataclasses.dataclass(frozen=True)
class SheetJob:
    """A plan to carry out. `columns` are its edits by column: sheets, rows, columns, old values, new values."""

    source: MasterFile
    columns: Sequence[Sequence[Any]] = dataclasses.field(repr=False)
    rest: Plan

    def plan(self) -> Plan:
        edits = tuple(map(CellEdit._make, zip(*self.columns, strict=True)))
        rest = self.rest
        return Plan(edits, rest.tables, rest.hidden, rest.page_footers, rest.heights)


class _Loaded:
    """A file that was read, and its loaded sheets."""

    def __init__(self, source: MasterFile) -> None:
        path = Path(source.path)
        if Stamp.of(path) != source.stamp:
            raise ValueError("the file has changed")
        self.structure = Structure(Package(path.read_bytes(), path.name))
        self.sheets: dict[str, LoadedSheet] = {}

    def load(self, sheet: str) -> None:
        if sheet in self.structure.sheets:
            self.sheets[sheet] = LoadedSheet(self.structure, sheet)


_KEPT: dict[MasterFile, _Loaded] = {}


def _loaded(source: MasterFile) -> _Loaded:
    if source not in _KEPT:
        _KEPT.clear()
        _KEPT[source] = _Loaded(source)
    return _KEPT[source]


def load(asked: tuple[MasterFile, Sequence[str]]) -> None:
    """Read these sheets of a file and keep them."""
    source, sheets = asked
    for sheet in sheets:
        _loaded(source).load(sheet)


def write(job: SheetJob) -> Mapping[str, WrittenSheet]:
    """Sheet → its new parts, verified."""
    loaded = _loaded(job.source)
    return proven(loaded.structure, job.plan(), loaded.sheets)
