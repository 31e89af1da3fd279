"""Write an MS-CFB version 3 container ("compound file"): the format in which Excel expects a VBA project.

In: a tree of storages (mappings) and streams (bytes).  Out: the bytes of the file; equal trees give equal bytes.
Pure.  Only what a VBA project needs: at most 109 FAT sectors (7 MB), no times, no user properties.
Source of every number: [MS-CFB] sections 2.1 to 2.6.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias, Union

Tree: TypeAlias = Mapping[str, Union[bytes, "Tree"]]

SECTOR, MINI, CUTOFF = 512, 64, 4096
"""Sector and mini sector in bytes; a stream shorter than the cutoff lives in mini sectors."""
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
NONE = 0xFFFFFFFF
STORAGE, STREAM, ROOT = 1, 2, 5
RED, BLACK = 0, 1


@dataclass
class _Entry:
    """One directory entry; `left`, `right` and `child` are numbers of other entries."""

    name: str
    kind: int
    data: bytes = b""
    color: int = BLACK
    left: int = NONE
    right: int = NONE
    child: int = NONE
    start: int = END
    size: int = field(default=0)

    def packed(self) -> bytes:
        name = self.name.encode("utf-16-le") + b"\0\0"
        head = name.ljust(64, b"\0") + struct.pack("<HBBIII", len(name), self.kind, self.color, self.left, self.right, self.child)
        # Class id, state bits and both times are zero, so that two builds have equal bytes.
        return head + bytes(36) + struct.pack("<IQ", self.start, self.size)


def compound_file(tree: Tree) -> bytes:
    """The bytes of a compound file that contains `tree`.

    Raises:
        ValueError: a name longer than 31 characters or with one of `/\\:!`, two names alike in one storage, more than 7 MB.
    """
    entries = [_Entry("Root Entry", ROOT)]
    entries[0].child = _add(entries, tree)
    mini, mini_fat = _mini_streams(entries)
    entries[0].data = mini

    chains: list[int] = []
    body: list[bytes] = []
    for entry in entries:
        if entry.kind == ROOT or (entry.kind == STREAM and len(entry.data) >= CUTOFF):
            entry.size = len(entry.data)
            entry.start = _place(entry.data, body, chains)
    mini_fat_start = _place(struct.pack(f"<{len(mini_fat)}I", *mini_fat), body, chains, fill=b"\xff")
    directory = b"".join(e.packed() for e in entries)
    blank = bytes(68) + struct.pack("<III", NONE, NONE, NONE) + bytes(48)
    directory += blank * (-len(entries) % (SECTOR // 128))
    directory_start = _place(directory, body, chains)

    per_sector = SECTOR // 4
    fats = 1
    while fats * per_sector < len(chains) + fats:
        fats += 1
    if fats > 109:
        raise ValueError(f"{len(body) * SECTOR} bytes are more than this writer supports")
    first_fat = len(chains)
    table = chains + [FAT] * fats
    table += [FREE] * (fats * per_sector - len(table))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        bytes.fromhex("D0CF11E0A1B11AE1"),
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,  # directory sectors: always 0 in version 3
        fats,
        directory_start,
        0,
        CUTOFF,
        mini_fat_start,
        -(-len(mini_fat) // per_sector),
        END,
        0,
    )
    listed = [first_fat + i for i in range(fats)] + [FREE] * (109 - fats)
    return header + struct.pack("<109I", *listed) + b"".join(body) + struct.pack(f"<{len(table)}I", *table)


def _add(entries: list[_Entry], tree: Tree) -> int:
    """Append the members of one storage, then their members. Returns the number of the root of its search tree."""
    numbers: dict[str, int] = {}
    for name, content in tree.items():
        if not 1 <= len(name.encode("utf-16-le")) // 2 <= 31 or set(name) & set("/\\:!"):
            raise ValueError(f"{name!r} cannot name a stream")
        numbers[name] = len(entries)
        entries.append(_Entry(name, STREAM, content) if isinstance(content, bytes) else _Entry(name, STORAGE, start=0))
    if len({n.upper() for n in tree}) != len(numbers):
        raise ValueError(f"two streams of one name: {sorted(tree)}")
    for name, content in tree.items():
        if not isinstance(content, bytes):
            entries[numbers[name]].child = _add(entries, content)
    # The order is by length, then by upper-case letters ([MS-CFB] 2.6.4), so "dir" comes before "Module1".
    ordered = [numbers[n] for n in sorted(numbers, key=lambda n: (len(n.encode("utf-16-le")), n.upper()))]
    return _balance(entries, ordered, 1, len(ordered).bit_length())


def _balance(entries: list[_Entry], ordered: Sequence[int], depth: int, deepest: int) -> int:
    """Link sorted entries as a red-black tree: the middle one is the root; an incomplete last level is red."""
    if not ordered:
        return NONE
    middle = len(ordered) // 2
    top = entries[ordered[middle]]
    top.left = _balance(entries, ordered[:middle], depth + 1, deepest)
    top.right = _balance(entries, ordered[middle + 1 :], depth + 1, deepest)
    top.color = RED if depth == deepest and depth > 1 else BLACK
    return ordered[middle]


def _mini_streams(entries: Sequence[_Entry]) -> tuple[bytes, list[int]]:
    """Put every short stream into the mini stream. Returns it and the mini FAT."""
    body: list[bytes] = []
    table: list[int] = []
    for entry in entries:
        if entry.kind == STREAM and len(entry.data) < CUTOFF:
            entry.size = len(entry.data)
            entry.start = _place(entry.data, body, table, unit=MINI)
    return b"".join(body), table


def _place(data: bytes, body: list[bytes], chains: list[int], *, unit: int = SECTOR, fill: bytes = b"\0") -> int:
    """Append `data` in sectors and chain them. Returns the first sector, END for no data."""
    if not data:
        return END
    count = -(-len(data) // unit)
    first = len(chains)
    body.append(data.ljust(count * unit, fill))
    chains.extend(chain(range(first + 1, first + count), (END,)))
    return first
