"""Check the zip of a workbook without opening the workbook: is it safe to read, and what does its hidden sheet claim?

In: the bytes of one file.  Out: a PackageScan, with a refusal code of family S or the claims of its hidden sheet.
Pure. The limits below bound all work here, so it may run on foreign bytes in our own process; the workbook itself is read in a
worker (intake/pool.py). Order of the gates and reasons: decision 0005.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime

from lxml import etree

from collab_xl.intake import extent, parts
from collab_xl.model.encryption import encrypted_by
from collab_xl.model.pack_texts import visible_claims
from collab_xl.model.record import Struct, field
from collab_xl.model.regex import regex
from collab_xl.model.submission_log import Facts
from collab_xl.model.week import in_range
from collab_xl.model.zip_guard import HugeListing, guarded_zip

MAX_BYTES = 50 << 20
"""Bytes of the file as received. A pack of 200 rows has 40 KB."""
MAX_ENTRIES = 3000
MAX_LISTING = 2 << 20
"""Bytes of the zip's listing, in which an entry of a workbook takes about 100."""
MAX_EXPANDED = 300 << 20
MAX_KEPT = 32 << 20
"""A file with at most this many expanded bytes passes its entries on to the reader."""
MAX_CLAIMS = 64
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    KeyError,
    IndexError,
    OverflowError,
    EOFError,
    OSError,
    etree.XMLSyntaxError,
)
"""What zipfile and lxml raise on damaged input; each of them means that this is not a workbook."""


class PackageScan(Struct, frozen=True):
    """The result of the check. With a `code` the file is refused and the other fields have no meaning."""

    code: str = ""
    facts: Facts = ()
    claims: Mapping[str, str] = field(default_factory=dict)
    """Names and values of the sheet `_collab`, else what the instruction sheet of a pack says; empty for a hand-made workbook."""
    modified: datetime | None = None
    """When it was last saved, from docProps/core.xml; aware."""


class _Refuse(Exception):
    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, tuple((k, str(v)) for k, v in facts.items())


def scan(data: bytes, inflated: dict[str, bytes] | None = None, *, own: bool = False) -> PackageScan:
    """Run every gate, from the kind of the content to the extent of its sheets, in order; the first one that fails decides.

    Args:
        inflated: is filled with the inflated entries of a small file, by their names in the zip, as the file is read next.
        own: the file is the PMO's own tracker: it may hold macros, links and objects, as only the values of its cells are read.

    Codes: S102 an old .xls inside, S104 password, S105 not a workbook, S106 empty, S107 too large, S109 encrypted by a company's
    program, S111–S114 the zip listing, S115 a sheet without content, S121 macros, S122 external links, S123 embedded objects,
    S124 DOCTYPE, S125 encoding, S126 cells too far out.
    """
    try:
        return _scan(data, {} if inflated is None else inflated, own)
    except _Refuse as refused:
        return PackageScan(refused.code, refused.facts)
    except BROKEN:
        return PackageScan("S105")


def scan_other(data: bytes, *, ods: bool) -> PackageScan:
    """The gates of a workbook in another format (`book/other_formats.py`): its size, its listing where it is a zip, and in an .ods the
    parts that are read. Only an import opens such a file, in a worker.

    Codes: S104, S105, S107, S111–S114, S124, S125.
    """
    try:
        if len(data) > MAX_BYTES:
            raise _Refuse("S107", size=_mb(len(data)), limit=_mb(MAX_BYTES))
        if data.startswith(b"PK"):
            with _archive(data) as archive:
                _listing(archive.infolist())
                for name in ("META-INF/manifest.xml", "content.xml") if ods else ():
                    part = archive.read(name)
                    if b":encryption-data" in part:
                        raise _Refuse("S104")
                    _xml_rules(name, part)
        return PackageScan()
    except _Refuse as refused:
        return PackageScan(refused.code, refused.facts)
    except BROKEN:
        return PackageScan("S105")


def _scan(data: bytes, inflated: dict[str, bytes], own: bool) -> PackageScan:
    if not data:
        raise _Refuse("S106")
    if len(data) > MAX_BYTES:
        raise _Refuse("S107", size=_mb(len(data)), limit=_mb(MAX_BYTES))
    if data.startswith(OLE):
        raise _Refuse("S104" if "EncryptedPackage".encode("utf-16-le") in data else "S102", kind=".xls")
    if program := encrypted_by(data):
        raise _Refuse("S109", program=program)
    if not data.startswith(b"PK"):
        raise _Refuse("S105")
    with _archive(data) as archive:
        _listing(archive.infolist())
        names = {_flat(entry.filename): entry for entry in archive.infolist()}
        if "xl/workbook.bin" in names:
            raise _Refuse("S102", kind=".xlsb")
        if "[content_types].xml" not in names:
            raise _Refuse("S105")
        if not own:
            _dangerous_names(names)
        contents: dict[str, bytes] = {}
        small = sum(entry.file_size for entry in names.values()) <= MAX_KEPT
        for name, entry in names.items():
            part = archive.read(entry)
            if small:
                inflated[entry.filename] = part
            _xml_rules(name, part)
            part = parts.as_utf8(part)
            if not own and part.startswith(OLE) and _VBA in part:
                raise _Refuse("S121", part=entry.filename)
            if far := extent.too_far(part):
                raise _Refuse("S126", cells=far)
            if name.endswith((".rels", "/workbook.xml", "docprops/core.xml", "[content_types].xml")):
                contents[name] = part
        if not own:
            _relationships(contents)
            _types(contents["[content_types].xml"], names)

        def read(name: str) -> bytes:
            entry = names[_flat(name)]
            return parts.as_utf8(inflated[entry.filename] if small else archive.read(entry))

        if missing := parts.missing_sheet(contents, names):
            raise _Refuse("S115", sheet=missing[:255])
        try:
            claims = parts.hidden_claims(contents, read, MAX_CLAIMS)
        except parts.NoWorkbook as broken:
            raise _Refuse("S105") from broken
        if not claims.get("kind"):  # another program has dropped the hidden sheet
            texts = (name for name in names if name.startswith("xl/") and name.endswith(".xml") and _WITH_TEXTS.search(name))
            claims = next((found for name in texts if (found := visible_claims(read(name)))), claims)
        return PackageScan(claims=claims, modified=_modified(contents.get("docprops/core.xml")))


def _archive(data: bytes) -> zipfile.ZipFile:
    try:
        return guarded_zip(io.BytesIO(data), MAX_LISTING)
    except HugeListing as huge:
        raise _Refuse("S111", count=f"> {MAX_ENTRIES}", limit=MAX_ENTRIES) from huge


def _flat(name: str) -> str:
    """A part name as readers compare it: lower case, forward slashes, no leading slash."""
    return name.replace("\\", "/").lstrip("/").lower()


def _mb(size: int) -> str:
    return f"{size / (1 << 20):.0f} MB"


def _listing(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise _Refuse("S111", count=len(entries), limit=MAX_ENTRIES)
    expanded = sum(entry.file_size for entry in entries)
    if expanded > MAX_EXPANDED:
        raise _Refuse("S112", size=_mb(expanded), limit=_mb(MAX_EXPANDED))
    seen: dict[str, str] = {}
    for entry in entries:
        if (flat := _flat(entry.filename)) in seen:
            raise _Refuse("S113", part=entry.filename)
        seen[flat] = entry.filename
        if ".." in flat.split("/"):
            raise _Refuse("S114", part=entry.filename)
        if entry.flag_bits & 0x41 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _Refuse("S114", part=entry.filename)  # an encrypted entry, or a method that no spreadsheet program writes


_MACROS = regex(r"(^|/)(vbaproject\w*\.bin|vbadata\.xml)$|^xl/(macrosheets|intlmacrosheets|dialogsheets)/", re.M)
_WITH_TEXTS = regex(r"sharedstrings\.xml$|^xl/worksheets/")
_LINKS = regex(r"^xl/(externallinks/|connections\.xml$|querytables/|webextensions/|customdata/)|^xl/model/", re.M)
_OBJECTS = regex(r"^xl/(embeddings|activex)/|(^|/)oleobject\w*\.bin$", re.M)


def _dangerous_names(names: Mapping[str, zipfile.ZipInfo]) -> None:
    listing = "\n".join(names)
    for code, pattern in (("S121", _MACROS), ("S122", _LINKS), ("S123", _OBJECTS)):
        if not pattern.search(listing):
            continue
        for name, entry in names.items():
            if pattern.search(name):
                raise _Refuse(code, part=entry.filename)


_ENCODING = regex(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]*)[\"']")
_ALLOWED = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii", b"utf-16"})


def _xml_rules(name: str, part: bytes) -> None:
    """Refuse a DOCTYPE in any encoding, and XML parts in other encodings than UTF-8 and UTF-16, which the standard requires."""
    narrow = part.replace(b"\0", b"") if b"\0" in part[:4096] else part  # UTF-16 and UTF-32 in either byte order
    if b"<!DOCTYPE" in narrow:
        raise _Refuse("S124", part=name)
    if not name.endswith((".xml", ".rels", ".vml")) or not part:
        return
    plain = part.removeprefix(b"\xef\xbb\xbf")
    wide = part[:2] in (b"\xff\xfe", b"\xfe\xff") and part[2:4] != b"\0\0"
    declared = _ENCODING.match(narrow[2:300] if wide else plain[:300])
    if not wide and not plain.lstrip()[:1] == b"<":
        raise _Refuse("S125", part=name)  # UTF-32, EBCDIC, UTF-7, or not XML
    if b"\0" in plain[:4096] and not wide:
        raise _Refuse("S125", part=name)
    if declared and declared[1].lower() not in _ALLOWED:
        raise _Refuse("S125", part=name)


_EXTERNAL_OK = ("/hyperlink",)
"""Relationship types that may point outside the file: a link is opened only when a person clicks it."""
_HOLDS = {
    **dict.fromkeys(("vbaproject", "wordvbadata", "xlmacrosheet", "xlintlmacrosheet", "dialogsheet"), "S121"),
    **dict.fromkeys(("externallink", "connections", "querytable", "powerpivotdata", "webextension"), "S122"),
    **dict.fromkeys(("oleobject", "control", "activexcontrolbinary", "package"), "S123"),
}
"""Last piece of a relationship's type → the reason why its target part is refused, whatever the name of the part is."""
_VBA = "_VBA_PROJECT".encode("utf-16-le")
"""The name of a stream that every macro project contains."""


def _relationships(contents: Mapping[str, bytes]) -> None:
    """Refuse targets of relationships by the type: a program that opens the file uses the type, not the name of the part."""
    for name, part in contents.items():
        if not name.endswith(".rels"):
            continue
        for rel in parts.parse(part).iter("{*}Relationship"):
            kind, target = rel.get("Type", "").lower(), rel.get("Target", "")
            held = _HOLDS.get(kind.rpartition("/")[2])
            if rel.get("TargetMode", "").lower() != "external":
                if held:
                    raise _Refuse(held, part=parts.resolved(name.rpartition("_rels/")[0], target))
            elif not kind.endswith(_EXTERNAL_OK):
                raise _Refuse(held or "S122", part=target)


def _types(content_types: bytes, names: Mapping[str, zipfile.ZipInfo]) -> None:
    """Raise S121 for an existing part that is declared as part of a macro workbook. A default type for an ending is no proof: web exports
    (SheetJS) declare one for .bin, although no part has this ending."""
    for override in parts.parse(content_types).iter("{*}Override"):
        part = _flat(override.get("PartName", ""))
        if part in names and re.search("macroenabled|vbaproject", override.get("ContentType", "").lower()):
            raise _Refuse("S121", part=names[part].filename)


def _modified(core: bytes | None) -> datetime | None:
    """When the document was last saved; None if this is missing or unreadable, or if the year is impossible (0001)."""
    if not core:
        return None
    try:
        text = parts.parse(core).findtext("{*}modified") or ""
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, etree.XMLSyntaxError):
        return None
    if not in_range(moment.date()):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
