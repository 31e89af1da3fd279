"""Write sheets and prove them in memory, before there is a file: what is packed here needs only be found again in the file byte by byte.

In: the old workbook and a plan.  Out: the packed parts of each sheet.  Effect-free.  Decision 0012.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from collab_xl.engines.package import Package, Packed
from collab_xl.engines.part_writer import SheetWork
from collab_xl.engines.parts import Structure
from collab_xl.engines.plan_file import Content, WrittenSheet, contents, rewrite, sheet_works
from collab_xl.engines.sheet_rows import SheetRows
from collab_xl.engines.verify import CutSheet, compare
from collab_xl.engines.verify_cells import edited_cells
from collab_xl.model.plan import Plan

_NONE: Mapping[str, SheetRows] = {}


def proven(old: Structure, plan: Plan, rows: Mapping[str, SheetRows] = _NONE) -> dict[str, WrittenSheet]:
    """Sheet → its new parts: written, compared with the old ones as `verify` does, packed, and unpacked again.

    Args:
        rows: sheets that were cut and looked at before.

    Raises what `write_plan` and `verify` raise.
    """
    works = sheet_works(old, plan)
    written = list(contents(old, works, rows))
    with ThreadPoolExecutor(1) as beside:
        packed = {c.sheet: beside.submit(_packed, old.package, c) for c in written}
        alone = {c.sheet: cells for c, work in zip(written, works, strict=True) if (cells := _cells_alone(old, rows, c, work)) is not None}
        parts = {c.sheet: {entry: alone.get(c.sheet, data) for entry, data in c.parts.items()} for c in written}
        stored = {c.sheet: WrittenSheet({e: Packed.stored(d) for e, d in parts[c.sheet].items()}, c.formulas_gone) for c in written}
        target = io.BytesIO()
        rewrite(old, plan, stored, target)
        cut = {sheet: CutSheet(found.sheet) for sheet, found in rows.items() if sheet in stored and sheet not in alone}
        compare(old, Structure(Package(target.getvalue(), old.package.name)), plan, alone=alone, cut=cut)
        return {sheet: done.result() for sheet, done in packed.items()}


def _cells_alone(old: Structure, rows: Mapping[str, SheetRows], content: Content, work: SheetWork) -> bytes | None:
    """The sheet cut down to its edited cells, where these are all that differs from the old one."""
    cut = rows.get(content.sheet)
    if cut is None or not cut.plain_rows or len(content.parts) != 1 or content.formulas_gone or work != SheetWork(work.sheet, work.edits):
        return None
    headings = {ref.area.first_row for ref, _ in old.tables.values() if ref.sheet == content.sheet}
    (data,) = content.parts.values()
    return edited_cells(cut.sheet, data, work.edits, headings)


def _packed(package: Package, content: Content) -> WrittenSheet:
    parts = {entry: package.packed(entry, data) for entry, data in content.parts.items()}
    if any(parts[entry].unpacked() != data for entry, data in content.parts.items()):
        raise ValueError("what was packed is not what is unpacked")
    return WrittenSheet(parts, content.formulas_gone)
