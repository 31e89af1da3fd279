"""Write sheets and verify them in memory, before there is a file. Later only the bytes in the file are compared with these.

In: the old workbook and a plan.  Out: the compressed parts of each sheet.  Effect-free.  Decision 0012.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from collab_xl.book.package import Package, Packed
from collab_xl.book.parts import Structure
from collab_xl.book.row_layout import SheetXml
from collab_xl.book.sheet_rows import SheetRows
from collab_xl.book.verify import CutSheet, compare
from collab_xl.book.write_plan import Content, WrittenSheet, contents, rewrite, sheet_works
from collab_xl.model.plan import Plan


class LoadedSheet:
    """A sheet of the old workbook, prepared for the writer and for the verification. Both use the same bytes."""

    def __init__(self, structure: Structure, sheet: str) -> None:
        part = structure.sheets[sheet].part
        xml = SheetXml(structure.package.read(part), part)
        self.to_write, self.to_verify = SheetRows(xml), CutSheet(xml)


_NONE: Mapping[str, LoadedSheet] = {}


def proven(old: Structure, plan: Plan, loaded: Mapping[str, LoadedSheet] = _NONE) -> dict[str, WrittenSheet]:
    """Sheet → its new parts: written, compared with the old ones as `verify` does, compressed, and expanded again.

    Args:
        loaded: sheets that were already read.

    Raises what `write_plan` and `verify` raise.
    """
    to_write = {name: sheet.to_write for name, sheet in loaded.items()}
    written = list(contents(old, sheet_works(old, plan), to_write))
    new_parts = {entry: data for c in written for entry, data in c.parts.items()}
    with ThreadPoolExecutor(1) as packer:
        packed = {c.sheet: packer.submit(_packed, old.package, c) for c in written}
        # The new workbook as far as it is compared here: its written parts are given beside it, so they stand in it empty.
        blank = {c.sheet: WrittenSheet(dict.fromkeys(c.parts, Packed.stored(b"")), c.formulas_gone, c.calculated) for c in written}
        target = io.BytesIO()
        rewrite(old, blank, target)
        new = Structure(Package(target.getvalue(), old.package.name, new_parts))
        compare(old, new, plan, loaded={name: sheet.to_verify for name, sheet in loaded.items()})
        return {sheet: done.result() for sheet, done in packed.items()}


def _packed(package: Package, content: Content) -> WrittenSheet:
    parts = {entry: package.packed(entry, data) for entry, data in content.parts.items()}
    if not all(parts[entry].holds(data) for entry, data in content.parts.items()):
        raise ValueError("what was packed is not what is unpacked")
    return WrittenSheet(parts, content.formulas_gone, content.calculated)
