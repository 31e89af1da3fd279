"""Read a zip in which people send workbooks: names in GBK or UTF-8, with limits, in memory only.

Nothing is extracted to disk, so a member's path is never used; it is only shown.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

ARCHIVES = frozenset({".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".cab", ".arj", ".zst"})
"""Archives we do not open."""
MAX_MEMBERS = 2000
MAX_EXPANDED = 500 << 20
MAX_MEMBER = 100 << 20
MAX_ALL = 1 << 30
"""Expanded bytes of one file or mail, with all archives inside it."""
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, ValueError, EOFError, OSError, OverflowError, IndexError)


class Budget:
    """Bytes that may still be expanded; shared by everything inside one file or mail."""

    def __init__(self) -> None:
        self.left = MAX_ALL


class TooMuch(Exception):
    """The whole zip is refused: a code of family S and its facts."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


@dataclass(frozen=True)
class Member:
    """One file in a zip. With a `code` it could not be read."""

    name: str
    data: bytes = b""
    code: str = ""


def holds_workbook(data: bytes) -> bool:
    """Whether a zip is itself a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (*_BROKEN, RuntimeError):
        return False
    return "[content_types].xml" in names and any(name.startswith("xl/workbook.") for name in names)


def members(data: bytes, budget: Budget) -> Iterator[Member]:
    """Yield every file of a zip in the order of the zip.

    Raises:
        TooMuch: S424 not a zip, S425 too many members or too large when expanded.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (*_BROKEN, RuntimeError) as broken:
        raise TooMuch("S424") from broken
    with archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        expanded = sum(entry.file_size for entry in entries)
        budget.left -= expanded
        if len(entries) > MAX_MEMBERS or expanded > MAX_EXPANDED or budget.left < 0:
            raise TooMuch("S425", count=str(len(entries)), size=f"{expanded >> 20} MB")
        for entry in entries:
            name = member_name(entry)
            if entry.flag_bits & 1:
                yield Member(name, code="S431")
            elif entry.file_size > MAX_MEMBER:
                yield Member(name, code="S432")
            else:
                try:
                    content = archive.read(entry)
                except (*_BROKEN, RuntimeError):
                    yield Member(name, code="S424")
                else:
                    yield Member(name, content)


def member_name(entry: zipfile.ZipInfo) -> str:
    """The name as its author saw it, with forward slashes and without `..`.

    Without the UTF-8 flag zipfile reads names as CP437; Windows in China writes GBK there, other programs UTF-8.
    """
    name = entry.filename
    if not entry.flag_bits & 0x800:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            raw = name.encode("utf-8", "surrogateescape")
        for charset in ("utf-8", "gb18030"):
            try:
                name = raw.decode(charset)
                break
            except UnicodeDecodeError:
                continue
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "?"
