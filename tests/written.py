"""Write a plan and look at the result from outside: what changed, and what did not."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path

from collab_xl.book.read import Book, read_book
from collab_xl.book.verify import verify
from collab_xl.book.write_plan import write_plan
from collab_xl.model.place import parse_a1
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Value

TASKS, LOG, NOTES = "任务跟踪表", "变更记录", "说明"


def edit(sheet: str, at: str, old: Value, new: Value) -> CellEdit:
    row, col = parse_a1(at)
    return CellEdit(sheet, row, col, old, new)


def edits(sheet: str, *changes: tuple[str, Value, Value]) -> Plan:
    """A plan of (address, old, new) on one sheet."""
    return Plan(tuple(edit(sheet, *change) for change in changes))


def write(source: Path, plan: Plan) -> Path:
    """Write and verify beside the source; returns the new file."""
    target = source.with_name(f"{source.stem}-new{source.suffix}")
    write_plan(source, target, plan)
    verify(source, target, plan)
    return target


def read(path: Path) -> Book:
    return read_book(path)


def raw_entries(path: Path) -> dict[str, bytes]:
    """Entry → its bytes in the zip from the local header to the next one, in order. Independent of the product."""
    data = path.read_bytes()
    with zipfile.ZipFile(path) as book:
        infos = book.infolist()
        ends = sorted({i.header_offset for i in infos} | {book.start_dir})
    out = {}
    for i in infos:
        out[i.filename] = data[i.header_offset : ends[ends.index(i.header_offset) + 1]]
        assert struct.unpack("<I", out[i.filename][:4])[0] == 0x04034B50
    return out


def changed_parts(old: Path, new: Path) -> set[str]:
    """Names of entries that differ in a single byte, are missing or new; asserts that the order is kept."""
    a, b = raw_entries(old), raw_entries(new)
    assert [n for n in a if n in b] == [n for n in b if n in a]
    return {n for n in a.keys() | b.keys() if a.get(n) != b.get(n)}


def part(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as book:
        return book.read(name).decode()


def sheet_xml(path: Path, number: int = 1) -> str:
    return part(path, f"xl/worksheets/sheet{number}.xml")


def values(path: Path, sheet: str, cells: Iterable[str]) -> list[Value]:
    snapshot = read_book(path).snapshot(sheet)
    return [snapshot.value(*parse_a1(c)) for c in cells]
