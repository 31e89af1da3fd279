"""Read a zip in which people send workbooks: names in GBK or UTF-8, with limits.

A member's path is never used, only shown. Runs in a worker (`intake/opening.py`). All limits are checked in the zip's listing before
anything is expanded.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from collab_xl.model.record import Struct
from collab_xl.model.zip_guard import HugeListing, guarded_zip

ARCHIVES = frozenset({".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".cab", ".arj", ".zst"})
"""Archives we do not open."""
MAX_MEMBERS = 2000
MAX_EXPANDED = 500 << 20
MAX_MEMBER = 50 << 20
MAX_LISTING = 2 << 20
"""Bytes of the listing: a thousand for each of the most members."""
MAX_RUN_BYTES, MAX_RUN_MEMBERS = 2 << 30, 20_000
"""Expanded bytes and members of all zips of one run."""
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, ValueError, EOFError, OSError, OverflowError, IndexError)


class Budget(Struct):
    """What zips may still expand to in this run."""

    bytes_left: int = MAX_RUN_BYTES
    members_left: int = MAX_RUN_MEMBERS

    def take(self, size_bytes: int, members: int) -> None:
        """Raises TooMuch S439 if it is more than what is left."""
        if size_bytes > self.bytes_left or members > self.members_left:
            raise TooMuch("S439", size=f"{MAX_RUN_BYTES >> 20} MB", count=str(MAX_RUN_MEMBERS))
        self.bytes_left -= size_bytes
        self.members_left -= members


class TooMuch(Exception):
    """The whole zip is refused: a code of family S and its facts."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


class Member(Struct, frozen=True):
    """One file in a zip. With a `code` it could not be read."""

    name: str
    data: bytes = b""
    code: str = ""


def holds_workbook(stream: IO[bytes]) -> bool:
    """Whether a zip is itself a workbook."""
    try:
        with guarded_zip(stream, MAX_LISTING) as archive:
            names = {name.lower() for name in archive.namelist()}
    except (*_BROKEN, RuntimeError, HugeListing):
        return False
    return "[content_types].xml" in names and any(name.startswith("xl/workbook.") for name in names)


def members(stream: IO[bytes], budget: Budget) -> Iterator[Member]:
    """Yield every file of a zip in the order of the zip.

    Raises:
        TooMuch: S424 not a zip, S425 too many members or too large when expanded, S439 too much for one run.
    """
    try:
        archive = guarded_zip(stream, MAX_LISTING)
    except HugeListing as huge:
        raise TooMuch("S425") from huge
    except (*_BROKEN, RuntimeError) as broken:
        raise TooMuch("S424") from broken
    with archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        read = [entry for entry in entries if not entry.flag_bits & 1 and entry.file_size <= MAX_MEMBER]
        expanded = sum(entry.file_size for entry in read)
        if len(entries) > MAX_MEMBERS or expanded > MAX_EXPANDED:
            raise TooMuch("S425", count=str(len(entries)), size=f"{expanded >> 20} MB")
        budget.take(expanded, len(entries))
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
