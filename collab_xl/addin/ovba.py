"""Write `vbaProject.bin` from source text, as [MS-OVBA] describes it.

In: the project's name and its modules as text.  Out: bytes for a workbook; equal input gives equal bytes.
Pure.  No performance cache is written: [MS-OVBA] 2.3.4.1 then requires `CC 61 FF FF 00 00 00`, and Excel compiles the source.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from collab_xl.addin.cfb import compound_file

ModuleKind: TypeAlias = Literal["document", "class", "module"]

NO_CACHE = bytes.fromhex("CC61FFFF000000")
PROJECT_ID = "{00000000-0000-0000-0000-000000000000}"
VISIBLE = b"\xff"
CODE_PAGE = 1252
"""The text is ASCII, so any code page is right; this one exists on every machine."""
CHUNK = 4096
LIBRARIES = (
    ("stdole", "{00020430-0000-0000-C000-000000000046}#2.0#0#C:\\Windows\\System32\\stdole2.tlb#OLE Automation"),
    (
        "Office",
        "{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}#2.0#0#C:\\Program Files\\Common Files\\Microsoft Shared\\OFFICE16\\MSO.DLL"
        "#Microsoft Office 16.0 Object Library",
    ),
)
"""The libraries that the code uses besides VBA and Excel: Office for IRibbonControl. Excel finds both by their ids, not by the paths."""


@dataclass(frozen=True)
class Module:
    """One module as the project stores it: ASCII, CRLF, `Attribute` lines first, no `VERSION` block."""

    name: str
    kind: ModuleKind
    text: str


def vba_project(name: str, modules: Sequence[Module]) -> bytes:
    """The bytes of `vbaProject.bin`. Excel shows the modules in this order; a project must contain the module of its workbook."""
    streams: dict[str, bytes] = {"dir": compress(_dir(name, modules)), "_VBA_PROJECT": NO_CACHE}
    streams |= {m.name: compress(m.text.encode("ascii")) for m in modules}
    names = b"".join(m.name.encode("ascii") + b"\0" + m.name.encode("utf-16-le") + b"\0\0" for m in modules)
    return compound_file({"PROJECT": _project(name, modules), "PROJECTwm": names + b"\0\0", "VBA": streams})


def _record(number: int, data: bytes) -> bytes:
    return struct.pack("<HI", number, len(data)) + data


def _both(number: int, unicode_number: int, text: str) -> bytes:
    """A text as two records: in the code page and in UTF-16."""
    return _record(number, text.encode("ascii")) + _record(unicode_number, text.encode("utf-16-le"))


def _dir(name: str, modules: Sequence[Module]) -> bytes:
    """The `dir` stream before compression: project, references, modules ([MS-OVBA] 2.3.4.2)."""
    number = struct.pack
    out = [
        _record(0x01, number("<I", 3)),  # 64-bit Windows; the Mac accepts it too
        _record(0x02, number("<I", 0x409)),
        _record(0x14, number("<I", 0x409)),
        _record(0x03, number("<H", CODE_PAGE)),
        _record(0x04, name.encode("ascii")),
        _both(0x05, 0x40, ""),
        _both(0x06, 0x3D, ""),
        _record(0x07, number("<I", 0)),
        _record(0x08, number("<I", 0)),
        number("<HIIH", 0x09, 4, 1, 0),  # the size field of this record is always 4 ([MS-OVBA] 2.3.4.2.1.11)
        _both(0x0C, 0x3C, ""),
    ]
    for short, library in LIBRARIES:
        text = b"*\\G" + library.encode("ascii")
        out.append(_both(0x16, 0x3E, short) + _record(0x0D, number("<I", len(text)) + text + bytes(6)))
    out.append(_record(0x0F, number("<H", len(modules))) + _record(0x13, number("<H", 0xFFFF)))
    for module in modules:
        out += [
            _both(0x19, 0x47, module.name),
            _both(0x1A, 0x32, module.name),
            _both(0x1C, 0x48, ""),
            _record(0x31, number("<I", 0)),  # the source starts at offset 0: there is no cache before it
            _record(0x1E, number("<I", 0)),
            _record(0x2C, number("<H", 0xFFFF)),
            _record(0x21 if module.kind == "module" else 0x22, b""),
            _record(0x2B, b""),
        ]
    return b"".join([*out, _record(0x10, b"")])


def _project(name: str, modules: Sequence[Module]) -> bytes:
    """The `PROJECT` stream: the modules the editor shows; nothing is protected or hidden ([MS-OVBA] 2.3.1)."""
    kinds = {"document": "Document={}/&H00000000", "class": "Class={}", "module": "Module={}"}
    lines = [
        f'ID="{PROJECT_ID}"',
        *(kinds[m.kind].format(m.name) for m in modules),
        f'Name="{name}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{_hidden(bytes(4))}"',
        f'DPB="{_hidden(bytes(1))}"',
        f'GC="{_hidden(VISIBLE)}"',
        "",
        "[Host Extender Info]",
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",
        *(f"{m.name}=0, 0, 0, 0, C" for m in modules),
    ]
    return "".join(line + "\r\n" for line in lines).encode("ascii")


def _hidden(data: bytes) -> str:
    """The encryption of [MS-OVBA] 2.4.3.2 with seed 0, which needs no random bytes. It hides the value but protects nothing."""
    key = sum(PROJECT_ID.encode("ascii")) & 0xFF
    out = bytearray([0, 2, key])
    last = key
    for plain in struct.pack("<I", len(data)) + data:
        out.append(plain ^ ((out[-2] + last) & 0xFF))
        last = plain
    return out.hex().upper()


def compress(data: bytes) -> bytes:
    """Compress as [MS-OVBA] 2.4.1: chunks of 4096 bytes, each a sequence of literals and references back into the same chunk.

    Raises ValueError if a last, shorter chunk would become longer than 4096 bytes: the format would pad it with zeros. Source text always
    becomes shorter.
    """
    out = bytearray(b"\x01")
    for start in range(0, len(data), CHUNK):
        chunk = data[start : start + CHUNK]
        tokens = bytes(_tokens(chunk))
        if len(tokens) <= CHUNK:
            out += struct.pack("<H", 0xB000 | (len(tokens) - 1)) + tokens
        elif len(chunk) == CHUNK:
            out += struct.pack("<H", 0x3000 | (CHUNK - 1)) + chunk
        else:
            raise ValueError("the last chunk cannot be compressed")
    return bytes(out)


def _tokens(chunk: bytes) -> Iterator[int]:
    """The bytes of one compressed chunk: groups of a flag byte and up to eight tokens."""
    seen: dict[bytes, list[int]] = {}
    at = 0
    while at < len(chunk):
        flags, group = 0, bytearray()
        for bit in range(8):
            if at >= len(chunk):
                break
            bits = max((at - 1).bit_length(), 4)
            offset, length = _longest(chunk, at, seen, (0xFFFF >> bits) + 3)
            if length:
                flags |= 1 << bit
                group += struct.pack("<H", (offset - 1) << (16 - bits) | (length - 3))
            else:
                group.append(chunk[at])
            for passed in range(at, at + (length or 1)):
                seen.setdefault(chunk[passed : passed + 3], []).append(passed)
            at += length or 1
        yield flags
        yield from group


def _longest(chunk: bytes, at: int, seen: dict[bytes, list[int]], limit: int) -> tuple[int, int]:
    """(distance back, length) of the longest earlier copy of the bytes at `at`; the nearest of equally long ones; (0, 0) for none."""
    best_offset = best = 0
    most = min(limit, len(chunk) - at)
    if most < 3:
        return 0, 0
    for candidate in reversed(seen.get(chunk[at : at + 3], ())):
        length = 3
        while length < most and chunk[candidate + length] == chunk[at + length]:
            length += 1
        if length > best:
            best_offset, best = at - candidate, length
            if best == most:
                break
    return best_offset, best
