"""The floor: what any tool that reads these inputs and rewrites these parts must at least do.

    python -m benchmarks.floor MASTER_BEFORE.xlsx MASTER_AFTER.xlsx PACKS_FOLDER

python-calamine reads every sheet of the master and of every pack; the parts that differ between the two masters are inflated and
deflated once.
"""

from __future__ import annotations

import sys
import zipfile
import zlib
from pathlib import Path

from python_calamine import CalamineWorkbook


def floor(before: Path, after: Path, packs: Path) -> tuple[int, int]:
    """Returns (workbooks read, bytes deflated)."""
    books = [before, *sorted(packs.glob("*.xlsx"))]
    for path in books:
        with CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                book.get_sheet_by_name(name).to_python()
    size = 0
    with zipfile.ZipFile(before) as old, zipfile.ZipFile(after) as new:
        had = {entry.filename: entry.CRC for entry in old.infolist()}
        for entry in new.infolist():
            if had.get(entry.filename) != entry.CRC:
                if entry.filename in had:
                    old.read(entry.filename)
                packer = zlib.compressobj(6, zlib.DEFLATED, -15)
                size += len(packer.compress(new.read(entry.filename))) + len(packer.flush())
    return len(books), size


if __name__ == "__main__":
    print(*floor(*map(Path, sys.argv[1:4])))
