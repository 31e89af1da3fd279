"""Carry out a plan on a closed workbook: a new file in which only the planned parts differ.

In: a file and a `Plan`.  Out: a new file.  Effects: reads `source`, writes `target`; `commit.py` puts it in place.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

from collab_xl.engines.book_parts import recalculated, resized_table, without_rel, without_type
from collab_xl.engines.cell_xml import SharedStrings
from collab_xl.engines.package import Package, Packed, named
from collab_xl.engines.part_writer import SheetWork, SheetWriter
from collab_xl.engines.parts import Structure, rels_part
from collab_xl.engines.table_growth import Resize, calculated_columns
from collab_xl.errors import CollabError
from collab_xl.model.plan import Plan


def write_plan(source: Path, target: Path, plan: Plan) -> None:
    """Write `source` with the plan carried out to `target`, synced to disk. Every other zip entry is copied as it is.

    Raises:
        StaleCell: a cell does not hold the edit's `old`; nothing was written.
        CollabError: `sheet_missing`, `table_gone`, `table_shape`, `below_table`, `row_not_empty`, `heading_edit`,
            `array_cell`, `text_too_long`, `date_too_early`, `footer_too_long`, or what reading raises.
        OSError: the disk refused.
    """
    package = Package(source.read_bytes(), source.name)
    packing: dict[str, Future[Packed]] = {}
    with named(source.name), ThreadPoolExecutor(1) as beside:  # one part is packed while the next is written
        dropped = planned_parts(package, plan, lambda part, data: packing.__setitem__(part, beside.submit(package.packed, part, data)))
    with open(target, "wb") as out:
        package.rewrite(out, {part: packed.result() for part, packed in packing.items()}, dropped)
        out.flush()
        os.fsync(out.fileno())


def planned_parts(package: Package, plan: Plan, change: Callable[[str, bytes], object]) -> frozenset[str]:
    """Call `change` with the name and new content of every part the plan changes; gives the parts that go."""
    if not plan:
        return frozenset()
    structure = Structure(package)
    chain_stale = False

    @cache
    def strings() -> SharedStrings:
        part = structure.part("sharedStrings")
        return SharedStrings(package.read(part) if part else None)

    for work in _by_sheet(structure, plan):
        part = structure.sheets[work.sheet].part
        tables = [ref for ref, _ in structure.tables.values() if ref.sheet == work.sheet]
        writer = SheetWriter(package.read(part), part, tables, strings, structure.date1904, work)
        change(_entry(package, part), writer.written())
        chain_stale |= writer.formulas_gone
        for resize in work.resizes:
            table_part = structure.tables[resize.ref.name][1]
            change(_entry(package, table_part), resized_table(package.read(table_part), table_part, resize))
    main = _entry(package, structure.workbook_part)
    change(main, recalculated(package.read(main), main))
    chain = structure.part("calcChain")
    if not (chain_stale and chain):
        return frozenset()
    rels, types = _entry(package, rels_part(structure.workbook_part)), _entry(package, "[Content_Types].xml")
    change(rels, without_rel(package.read(rels), rels, structure.workbook_part, chain))
    change(types, without_type(package.read(types), types, chain))
    return frozenset({_entry(package, chain)})


def _entry(package: Package, part: str) -> str:
    found = package.find(part)
    if found is None:
        raise CollabError("damaged_workbook", file=package.name, part=part)
    return found


def _by_sheet(structure: Structure, plan: Plan) -> list[SheetWork]:
    """The plan sheet by sheet, in tab order."""
    works: dict[str, SheetWork] = {}

    def work(sheet: str) -> SheetWork:
        if sheet not in works:
            if sheet not in structure.sheets or structure.sheets[sheet].kind != "worksheet":
                raise CollabError("sheet_missing", sheet=sheet, file=structure.package.name)
            works[sheet] = SheetWork(sheet)
        return works[sheet]

    sheet, edits = None, None
    for edit in plan.edits:
        if edit.sheet != sheet or edits is None:
            sheet, edits = edit.sheet, work(edit.sheet).edits
        edits.append(edit)
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
