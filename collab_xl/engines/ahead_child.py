"""The other end of `engines/ahead.py`: reads, writes and proves sheets of a master in a process of its own.

What was read for one request is kept for the next; a process begun anew reads it again. It raises as `write_plan` and `verify` do,
which the caller takes for "not done".
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collab_xl.engines.book import Stamp
from collab_xl.engines.package import Package, Packed
from collab_xl.engines.part_writer import SheetWork
from collab_xl.engines.parts import Structure
from collab_xl.engines.plan_file import Content, WrittenSheet, contents, rewrite, sheet_works
from collab_xl.engines.sheet_rows import SheetRows
from collab_xl.engines.usual_form import SheetXml
from collab_xl.engines.verify import CutSheet, compare
from collab_xl.engines.verify_cells import edited_cells
from collab_xl.model.plan import CellEdit, Plan


@dataclass(frozen=True)
class Source:
    """A file and the state it must have."""

    path: str
    stamp: Stamp


@dataclass(frozen=True)
class Job:
    """A plan to carry out; `columns` are its edits, turned: sheets, rows, columns, old values, new values."""

    source: Source
    columns: Sequence[Sequence[Any]] = field(repr=False)
    rest: Plan

    def plan(self) -> Plan:
        edits = tuple(map(CellEdit._make, zip(*self.columns, strict=True)))
        rest = self.rest
        return Plan(edits, rest.tables, rest.hidden, rest.page_footers, rest.heights)


class _Loaded:
    """A file that was read, and its sheets as far as they were cut."""

    def __init__(self, source: Source) -> None:
        path = Path(source.path)
        if Stamp.of(path) != source.stamp:
            raise ValueError("the file has changed")
        self.structure = Structure(Package(path.read_bytes(), path.name))
        self.rows: dict[str, SheetRows] = {}

    def load(self, sheet: str) -> None:
        if sheet in self.structure.sheets:
            part = self.structure.sheets[sheet].part
            xml = SheetXml(self.structure.package.read(part), part)
            self.rows[sheet] = SheetRows(xml)
            self.rows[sheet].look()


_KEPT: dict[Source, _Loaded] = {}


def _loaded(source: Source) -> _Loaded:
    if source not in _KEPT:
        _KEPT.clear()
        _KEPT[source] = _Loaded(source)
    return _KEPT[source]


def load(asked: tuple[Source, Sequence[str]]) -> None:
    """Read these sheets of a file and keep them."""
    source, sheets = asked
    for sheet in sheets:
        _loaded(source).load(sheet)


def write(job: Job) -> Mapping[str, WrittenSheet]:
    """Sheet → its new parts: written, compared with the old ones as `verify` does, packed, and unpacked again."""
    loaded, plan = _loaded(job.source), job.plan()
    old = loaded.structure
    works = sheet_works(old, plan)
    written = list(contents(old, works, loaded.rows))
    with ThreadPoolExecutor(1) as beside:
        packed = {c.sheet: beside.submit(_packed, old.package, c) for c in written}
        alone = {c.sheet: cells for c, work in zip(written, works, strict=True) if (cells := _cells_alone(loaded, c, work)) is not None}
        parts = {c.sheet: {entry: alone.get(c.sheet, data) for entry, data in c.parts.items()} for c in written}
        stored = {c.sheet: WrittenSheet({e: Packed.stored(d) for e, d in parts[c.sheet].items()}, c.formulas_gone) for c in written}
        target = io.BytesIO()
        rewrite(old, plan, stored, target)
        cut = {sheet: CutSheet(rows.sheet) for sheet, rows in loaded.rows.items() if sheet in stored and sheet not in alone}
        compare(old, Structure(Package(target.getvalue(), old.package.name)), plan, alone=alone, cut=cut)
        return {sheet: done.result() for sheet, done in packed.items()}


def _cells_alone(loaded: _Loaded, content: Content, work: SheetWork) -> bytes | None:
    """The sheet cut down to its edited cells, where these are all that differs from the old one."""
    rows = loaded.rows.get(content.sheet)
    if rows is None or not rows.plain_rows or len(content.parts) != 1 or content.formulas_gone or work != SheetWork(work.sheet, work.edits):
        return None
    headings = {ref.area.first_row for ref, _ in loaded.structure.tables.values() if ref.sheet == content.sheet}
    (data,) = content.parts.values()
    return edited_cells(rows.sheet, data, work.edits, headings)


def _packed(package: Package, content: Content) -> WrittenSheet:
    parts = {entry: package.packed(entry, data) for entry, data in content.parts.items()}
    if any(parts[entry].unpacked() != data for entry, data in content.parts.items()):
        raise ValueError("what was packed is not what is unpacked")
    return WrittenSheet(parts, content.formulas_gone)
