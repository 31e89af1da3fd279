"""The zip of a workbook: a safe listing, and a copy in which only named entries change.

In: the bytes of a file.  Out: entries, their inflated bytes, or a new zip.  No effect, except that `rewrite` writes to its stream.
Every unchanged entry is copied byte for byte, with header, extra fields, flags, date and compressed data
(docs/facts/file-format.md, Writing into a master).
"""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

from lxml import etree

from collab_xl.book.deflate import BrokenDeflate, crc32, deflated, inflated, inflates_to
from collab_xl.errors import CollabError
from collab_xl.model.encryption import encrypted_by
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.zip_guard import HugeListing, guarded_zip

MAX_ENTRIES: Final = 20_000
MAX_LISTING_BYTES: Final = 8 << 20
MAX_EXPANDED_BYTES: Final = 4 << 30
"""For the whole file: a sheet of 1,000,000 rows × 22 columns is about 0.8 GB of XML."""

_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_END: Final = struct.Struct("<4s4H2LH")
_STORED, _DEFLATED, _DESCRIPTOR, _ENCRYPTED = 0, 8, 0x08, 0x01
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
_OLE: Final = bytes.fromhex("D0CF11E0A1B11AE1")


class Entry(Struct, frozen=True):
    """One zip entry: the offset of its local header, the offset of what follows it, and its central record."""

    name: str
    start: int
    end: int
    crc: int
    size_bytes: int
    record: bytes


class Packed(Struct, frozen=True):
    """New content of an entry: its bytes in the zip, the zip method, and the checksum and size of the expanded content."""

    data: bytes
    method: int
    crc: int
    size_bytes: int

    @classmethod
    def stored(cls, content: bytes) -> Packed:
        """Uncompressed content."""
        return cls(content, _STORED, crc32(content), len(content))

    def holds(self, content: bytes) -> bool:
        """Whether unpacking gives exactly this content."""
        return self.data == content if self.method == _STORED else inflates_to(self.data, content)


class Package:
    """A workbook's zip in memory. Upper and lower case of part names are the same, as in Office.

    Args:
        inflated: entries that were already inflated, by their names.

    Raises CollabError `not_a_workbook`, `encrypted_workbook`, `company_encrypted`, `old_xls`, `damaged_workbook`, `too_large` or
    `unsafe_zip`.
    """

    def __init__(self, data: bytes, name: str = "", inflated: Mapping[str, bytes] | None = None) -> None:
        self.data = data
        self.name = name
        self._inflated = inflated or {}
        self._refuse_other_formats()
        try:
            self._zip = guarded_zip(io.BytesIO(data), MAX_LISTING_BYTES)
            self.entries = self._listing()
        except HugeListing as huge:
            raise CollabError("too_large", file=name) from huge
        except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError, EOFError) as error:
            raise CollabError("damaged_workbook", file=name) from error
        self._by_folded = {entry.casefold(): entry for entry in self.entries}

    def _refuse_other_formats(self) -> None:
        if self.data.startswith(_OLE):
            code = "encrypted_workbook" if "EncryptedPackage".encode("utf-16-le") in self.data else "old_xls"
            raise CollabError(code, file=self.name)
        if program := encrypted_by(self.data):
            raise CollabError("company_encrypted", file=self.name, program=program)
        if not self.data.startswith(b"PK"):
            raise CollabError("not_a_workbook", file=self.name)

    def _listing(self) -> dict[str, Entry]:
        infos = self._zip.infolist()
        if len(infos) > MAX_ENTRIES or sum(i.file_size for i in infos) > MAX_EXPANDED_BYTES:
            raise CollabError("too_large", file=self.name)
        folded = {i.filename.casefold().replace("\\", "/").lstrip("/") for i in infos}
        if len(folded) != len(infos):  # readers differ on which of two equal names they use
            raise CollabError("unsafe_zip", file=self.name)
        if any(i.flag_bits & _ENCRYPTED for i in infos):
            raise CollabError("encrypted_workbook", file=self.name)
        start: int = self._zip.start_dir
        bounds = sorted({i.header_offset for i in infos} | {start})
        following = dict(itertools.pairwise(bounds))
        out: dict[str, Entry] = {}
        at = start
        for info in infos:
            fields = _CENTRAL.unpack_from(self.data, at)
            length = _CENTRAL.size + fields[10] + fields[11] + fields[12]
            end = following.get(info.header_offset, -1)
            name_size, extra_size = struct.unpack_from("<2H", self.data, info.header_offset + 26)
            if end < info.header_offset + _LOCAL.size + name_size + extra_size + info.compress_size:  # entries overlap
                raise CollabError("unsafe_zip", file=self.name)
            out[info.filename] = Entry(info.filename, info.header_offset, end, info.CRC, info.file_size, self.data[at : at + length])
            at += length
        return out

    def find(self, name: str) -> str | None:
        """The entry's exact name for a part name; None if the part does not exist."""
        return self._by_folded.get(name.casefold())

    def read(self, name: str) -> bytes:
        """The inflated bytes of a part. Raises CollabError `damaged_workbook` if it is missing or damaged."""
        own = self.find(name)
        if own is not None and own in self._inflated:
            return self._inflated[own]
        try:
            with self._zip.open(own if own is not None else name) as stored:  # this compares both headers
                entry = self.entries[own or name]
                if _CENTRAL.unpack_from(entry.record)[4] != _DEFLATED:
                    return stored.read()
            content = inflated(self.packed_bytes(entry.name), entry.size_bytes)
            if crc32(content) != entry.crc:
                raise BrokenDeflate(name)
            return content
        except (KeyError, BrokenDeflate, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
            raise CollabError("damaged_workbook", file=self.name, part=name) from error

    def raw(self, name: str) -> bytes:
        """The bytes of the entry in the zip, with its local header."""
        entry = self.entries[name]
        return self.data[entry.start : entry.end]

    def packed_bytes(self, name: str) -> bytes:
        """The bytes of the entry's content in the zip, without its header."""
        raw = self.raw(name)
        name_size, extra_size = struct.unpack_from("<2H", raw, 26)
        return raw[_LOCAL.size + name_size + extra_size :]

    def begins_wide(self, name: str) -> bool:
        """Whether a part begins with the mark of UTF-16. Only its first bytes are inflated."""
        if name in self._inflated:
            return self._inflated[name][:2] in _WIDE
        entry = self.entries[name]
        name_size, extra_size = struct.unpack_from("<2H", self.data, entry.start + 26)
        at = entry.start + _LOCAL.size + name_size + extra_size
        head = self.data[at : min(at + 64, entry.end)]
        if _CENTRAL.unpack_from(entry.record)[4] == _STORED:
            return head[:2] in _WIDE
        try:
            return zlib.decompressobj(-15).decompress(head, 2) in _WIDE
        except zlib.error:
            return False

    def packed(self, name: str, content: bytes) -> Packed:
        """New content of an entry, with the compression method of the entry. May be called in another thread: zlib releases the GIL."""
        if _CENTRAL.unpack_from(self.entries[name].record)[4] == _STORED:
            return Packed.stored(content)
        return Packed(deflated(content), _DEFLATED, crc32(content), len(content))

    def rewrite(
        self,
        target: BinaryIO,
        changed: Mapping[str, Packed],
        dropped: frozenset[str] = frozenset(),
        added: Mapping[str, bytes] | None = None,
    ) -> None:
        """Write the zip: `changed` entries are replaced, `dropped` ones left out, `added` ones appended; all others stay unchanged and in
        order. Equal input gives equal bytes."""
        records: list[bytes] = []
        at = 0
        for entry in self.entries.values():
            if entry.name in dropped:
                continue
            if entry.name in changed:
                blob, record = _changed_entry(entry, changed[entry.name], at)
            else:
                blob, record = self.raw(entry.name), _moved_record(entry, at)
            target.write(blob)
            records.append(record)
            at += len(blob)
        for name, content in (added or {}).items():
            blob, record = _new_entry(name, content, at)
            target.write(blob)
            records.append(record)
            at += len(blob)
        directory = b"".join(records)
        if at + len(directory) >= 0xFFFFFFFF or len(records) >= 0xFFFF:
            raise CollabError("too_large", file=self.name)
        target.write(directory)
        target.write(_END.pack(b"PK\5\6", 0, 0, len(records), len(records), len(directory), at, 0))


def _parts_of(record: bytes) -> tuple[list[int | bytes], bytes, bytes, bytes]:
    fields = list(_CENTRAL.unpack_from(record))
    n, m = int(fields[10]), int(fields[11])
    at = _CENTRAL.size
    return fields, record[at : at + n], record[at + n : at + n + m], record[at + n + m :]


def _moved_record(entry: Entry, offset: int) -> bytes:
    fields, name, extra, comment = _parts_of(entry.record)
    if 0xFFFFFFFF in (fields[8], fields[9], fields[16]):  # zip64 values in the extra field; our values fit into 32 bits
        sizes = _zip64_sizes(fields, extra)
        fields[8], fields[9] = sizes
        extra = _without_zip64(extra)
        fields[11] = len(extra)
    fields[16] = offset
    return _CENTRAL.pack(*fields) + name + extra + comment


def _zip64_sizes(fields: list[int | bytes], extra: bytes) -> tuple[int, int]:
    """(compressed, expanded) sizes of a record whose 32-bit fields are at their maximum."""
    values = next((body for kind, body in _extras(extra) if kind == 1), b"")
    numbers = [n for (n,) in struct.iter_unpack("<Q", values[: len(values) // 8 * 8])]
    expanded = numbers.pop(0) if fields[9] == 0xFFFFFFFF else fields[9]
    compressed = numbers.pop(0) if fields[8] == 0xFFFFFFFF else fields[8]
    return int(compressed), int(expanded)


def _extras(extra: bytes) -> list[tuple[int, bytes]]:
    out, at = [], 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        out.append((kind, extra[at + 4 : at + 4 + size]))
        at += 4 + size
    return out


def _without_zip64(extra: bytes) -> bytes:
    return b"".join(struct.pack("<2H", kind, len(body)) + body for kind, body in _extras(extra) if kind != 1)


def _changed_entry(entry: Entry, content: Packed, offset: int) -> tuple[bytes, bytes]:
    """The local entry and its central record with new content. Name, date, version, attributes and method stay unchanged."""
    fields, name, extra, comment = _parts_of(entry.record)
    fields[4] = content.method
    if content.size_bytes >= 0xFFFFFFFF:
        raise CollabError("too_large", file=entry.name)
    fields[3] = int(fields[3]) & ~_DESCRIPTOR & ~0x06  # the sizes are in the header; bits 1 and 2 only state the old compression level
    extra = _without_zip64(extra)
    fields[7], fields[8], fields[9] = content.crc, len(content.data), content.size_bytes
    fields[11], fields[16] = len(extra), offset
    local = _LOCAL.pack(b"PK\3\4", fields[2], *fields[3:11], 0)
    return local + name + content.data, _CENTRAL.pack(*fields) + name + extra + comment


def _new_entry(name: str, content: bytes, offset: int) -> tuple[bytes, bytes]:
    """The local entry and the central record of a new part, deflated, dated 1 January 2026."""
    packed = deflated(content)
    if len(content) >= 0xFFFFFFFF:
        raise CollabError("too_large", file=name)
    raw = name.encode()
    date = (2026 - 1980) << 9 | 1 << 5 | 1
    common = (20, 0x800, _DEFLATED, 0, date, crc32(content), len(packed), len(content), len(raw), 0)
    local = _LOCAL.pack(b"PK\3\4", *common)
    record = _CENTRAL.pack(b"PK\1\2", 20, *common, 0, 0, 0, 0, offset)
    return local + raw + packed, record + raw


@contextlib.contextmanager
def file_name_in_errors(file: str) -> Iterator[None]:
    """Add the name of the workbook to errors raised in the block."""
    try:
        yield
    except CollabError as error:
        error.facts.setdefault("file", file)
        raise


def parse_xml(data: bytes, part: str) -> etree._Element:
    """The root of an XML part; entities are never resolved. Raises CollabError `unsafe_xml` (DOCTYPE) or `damaged_workbook`."""
    refuse_doctype(data, part)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise CollabError("damaged_workbook", part=part) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise CollabError("unsafe_xml", part=part)
    return root


_PROLOG = regex(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?:\s+|<\?(?:(?!\?>).)*\?>|<!--(?:(?!-->).)*-->)*<[^!?]", re.S)
"""Everything before the root element and the first letter of its name, without a DOCTYPE."""


def refuse_doctype(data: bytes, part: str) -> None:
    """Raise CollabError `unsafe_xml` for a DOCTYPE: Office never writes one, so it is an attack (entity bomb). Call it before parsing.

    For UTF-16 and UTF-32 the zero bytes are removed first. The whole part is searched only if its root element does not begin within
    the first 4 KB (for example after a long comment).
    """
    if not _PROLOG.match(data[:4096].replace(b"\0", b"")) and b"<!DOCTYPE" in data.replace(b"\0", b""):
        raise CollabError("unsafe_xml", part=part)
