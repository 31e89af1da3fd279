"""Carry out a plan on a closed workbook: a new file in which only the planned parts differ.

In: a file and a `Plan`.  Out: a new file.  Effects: reads `source`, writes `target`; `commit.py` puts it in place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, Final

from collab_xl.book.cell_xml import SharedStrings
from collab_xl.book.package import Package, Packed, file_name_in_errors
from collab_xl.book.package_parts import recalculated, resized_table, without_rel, without_type
from collab_xl.book.part_writer import SheetWork, SheetWriter
from collab_xl.book.parts import Structure, rels_part
from collab_xl.book.row_layout import SheetXml
from collab_xl.book.sheet_rows import SheetRows
from collab_xl.book.table_growth import Resize, calculated_columns
from collab_xl.errors import CollabError
from collab_xl.model.plan import Plan
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex

_OTHER_FORMULA: Final = regex(rb"<(?:[\w.-]+:)?c(?:\s[^>]*)?>\s*<(?:[\w.-]+:)?f(?:\s[^>]*)?(?:/>|>(?!HYPERLINK\())")
"""Of a cell; data bars have elements of that name too."""


class WrittenSheet(Struct, frozen=True):
    """The result of a plan for one sheet: entry → new content (the worksheet, and its resized tables)."""

    parts: Mapping[str, Packed]
    formulas_gone: bool
    """Whether a formula was overwritten."""
    calculated: bool
    """Whether the old sheet had a formula other than our links."""


class WorkerPlan(Struct, frozen=True):
    """A plan that a worker is writing and verifying."""

    plan: Plan
    sheets: Callable[[], Mapping[str, WrittenSheet]]
    """Waits for the worker and returns its sheets; those that failed are missing."""
    write_others: Callable[[Structure, Plan], Mapping[str, WrittenSheet]]
    """Writes and verifies the other sheets in this process in the same way, while the worker is busy."""


def write_plan(source: Path, target: Path, plan: Plan, worker_plan: WorkerPlan | None = None) -> Mapping[str, WrittenSheet]:
    """Write `source` with the plan carried out to `target`, synced to disk. Every other zip entry is copied as it is.

    A sheet is taken from the worker if the worker wrote it and the plan has no further change for it. Returns the sheets that are
    already verified.

    Raises:
        StaleCell: a cell does not hold the edit's `old`; nothing was written.
        CollabError: `sheet_missing`, `table_gone`, `table_shape`, `below_table`, `row_not_empty`, `heading_edit`,
            `array_cell`, `text_too_long`, `date_too_early`, `footer_too_long`, or what reading raises.
        OSError: the disk refused.
    """
    package = Package(source.read_bytes(), source.name)
    with file_name_in_errors(source.name):
        structure = Structure(package)
        if plan.shape:
            from collab_xl.book.added_sheet import reshaped  # only `forms` adds and removes sheets

            structure = reshaped(structure, plan.shape)
        works = sheet_works(structure, plan)
        given = {w.sheet: w for w in sheet_works(structure, worker_plan.plan)} if worker_plan else {}
        same = {w.sheet for w in works if given.get(w.sheet) == w}
        proven = dict(worker_plan.write_others(structure, _without(structure, plan, same))) if worker_plan and same else {}
        ready = worker_plan.sheets() if worker_plan and same else {}
        proven |= {sheet: ready[sheet] for sheet in same if sheet in ready}
        written = proven | written_sheets(structure, [w for w in works if w.sheet not in proven])
        with open(target, "wb") as out:
            rewrite(structure, written, out, recalculate=bool(plan) and _calculates(structure, written))
            out.flush()
            os.fsync(out.fileno())
    return proven


def _without(structure: Structure, plan: Plan, sheets: set[str]) -> Plan:
    """The part of the plan for the other sheets."""

    def others(by_sheet: Mapping[str, Any]) -> dict[str, Any]:
        return {sheet: value for sheet, value in by_sheet.items() if sheet not in sheets}

    edits = tuple(chain.from_iterable(edits for sheet, edits in groupby(plan.edits, key=itemgetter(0)) if sheet not in sheets))
    tables = {name: area for name, area in plan.tables.items() if structure.tables[name][0].sheet not in sheets}
    return Plan(edits, tables, others(plan.hidden), others(plan.page_footers), others(plan.heights))


def written_sheets(structure: Structure, works: Sequence[SheetWork]) -> dict[str, WrittenSheet]:
    """Carry out the work on each sheet and compress it."""
    package = structure.package
    return {
        c.sheet: WrittenSheet({entry: package.packed(entry, data) for entry, data in c.parts.items()}, c.formulas_gone, c.calculated)
        for c in contents(structure, works)
    }


class Content(Struct, frozen=True):
    """A written sheet, not yet compressed: entry → bytes."""

    sheet: str
    parts: Mapping[str, bytes]
    formulas_gone: bool
    calculated: bool


def contents(structure: Structure, works: Sequence[SheetWork], rows: Mapping[str, SheetRows] | None = None) -> Iterator[Content]:
    """Carry out the work on each sheet. `rows`: sheets whose rows were already split."""
    package = structure.package

    @cache
    def strings() -> SharedStrings:
        part = structure.part("sharedStrings")
        return SharedStrings(package.read(part) if part else None)

    for work in works:
        part = structure.sheets[work.sheet].part
        cut = (rows or {}).get(work.sheet) or SheetRows(SheetXml(package.read(part), part))
        tables = [ref for ref, _ in structure.tables.values() if ref.sheet == work.sheet]
        writer = SheetWriter(cut, tables, strings, structure.date1904, work)
        parts = {_entry(package, part): writer.written()}
        for resize in work.resizes:
            part = structure.tables[resize.ref.name][1]
            parts[_entry(package, part)] = resized_table(package.read(part), part, resize)
        yield Content(work.sheet, parts, writer.formulas_gone, _other_formulas(cut.data, len(cut.data)))


def rewrite(structure: Structure, written: Mapping[str, WrittenSheet], out: BinaryIO, *, recalculate: bool = False) -> None:
    """Write the whole workbook with these sheets, and change other parts where these sheets require it.

    `recalculate`: Excel is to calculate all formulas when it opens the workbook.
    """
    package = structure.package
    changed = {entry: packed for sheet in written.values() for entry, packed in sheet.parts.items()}
    dropped: set[str] = set()

    def change(part: str, follow: Callable[[bytes, str], bytes]) -> None:
        entry = _entry(package, part)
        changed[entry] = package.packed(entry, follow(package.read(entry), entry))

    if recalculate:
        change(structure.workbook_part, recalculated)
    chain = structure.part("calcChain")
    if chain and any(sheet.formulas_gone for sheet in written.values()):
        change(rels_part(structure.workbook_part), lambda data, part: without_rel(data, part, structure.workbook_part, chain))
        change("[Content_Types].xml", lambda data, part: without_type(data, part, chain))
        dropped.add(_entry(package, chain))
    package.rewrite(out, changed, frozenset(dropped))


def _calculates(structure: Structure, written: Mapping[str, WrittenSheet]) -> bool:
    """Whether the workbook has a formula that may now show an old value: any but our links, which are written with theirs.

    If Excel is told to calculate, it asks to save the workbook, also one that nobody has touched. A written sheet is not read again:
    a large one would be the most this process keeps in memory.
    """
    others = (s for s in structure.sheets.values() if s.kind == "worksheet" and s.name not in written)
    return any(sheet.calculated for sheet in written.values()) or any(_calculated(structure.package.read(s.part)) for s in others)


def _calculated(data: bytes) -> bool:
    """Whether a sheet has a formula other than our links; True for UTF-16, which is not searched."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return _other_formulas(data, data.rfind(b"sheetData"))  # drop-downs and formats below the rows have formulas too


def _other_formulas(data: bytes, end: int) -> bool:
    """Whether there is a formula other than our links. That there is none at all takes one or two short passes over the bytes to find."""
    if data.find(b"f", 0, end) < 0 or (data.find(b"<f", 0, end) < 0 and data.find(b":f", 0, end) < 0):
        return False
    return _OTHER_FORMULA.search(data) is not None


def _entry(package: Package, part: str) -> str:
    found = package.find(part)
    if found is None:
        raise CollabError("damaged_workbook", file=package.name, part=part)
    return found


def sheet_works(structure: Structure, plan: Plan) -> list[SheetWork]:
    """The plan sheet by sheet, in tab order."""
    works: dict[str, SheetWork] = {}

    def work(sheet: str) -> SheetWork:
        if sheet not in works:
            if sheet not in structure.sheets or structure.sheets[sheet].kind != "worksheet":
                raise CollabError("sheet_missing", sheet=sheet, file=structure.package.name)
            works[sheet] = SheetWork(sheet)
        return works[sheet]

    for sheet, edits in groupby(plan.edits, key=itemgetter(0)):
        work(sheet).edits.extend(edits)
    for name, area in plan.tables.items():
        if name not in structure.tables:
            raise CollabError("table_gone", table=name, file=structure.package.name)
        ref, part = structure.tables[name]
        resize = Resize(ref, area)
        found = work(ref.sheet)
        found.resizes.append(resize)
        if resize.new_last > resize.old_last:
            found.calculated[name] = calculated_columns(structure.package.read(part), ref.area.first_col)
    for sheet_name, rows in plan.hidden.items():
        work(sheet_name).hidden = rows
    for sheet_name, heights in plan.heights.items():
        work(sheet_name).heights = heights
    for sheet_name, footer in plan.page_footers.items():
        work(sheet_name).footer = footer
    order = list(structure.sheets)
    return sorted(works.values(), key=lambda w: order.index(w.sheet))
