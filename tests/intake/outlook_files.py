"""Makes .msg files as Outlook saves them ([MS-OXMSG]), from a mail as a value. Their reader in the product is another program: olefile."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from collab_xl.addin.cfb import Tree, compound_file

EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass
class Msg:
    """`texts`: property → text; `fixed`: property → four or eight bytes; `files`: name → bytes, or a mail inside."""

    texts: Mapping[int, str]
    fixed: Mapping[int, bytes]
    files: tuple[tuple[str, bytes | Msg], ...] = ()
    attachment: Mapping[int, str] | None = None
    attachment_fixed: Mapping[int, bytes] | None = None
    encoding: str = ""
    """Of the texts; "" is Unicode."""

    def bytes(self) -> bytes:
        return compound_file(self._tree(32, top=True))

    def _tree(self, head: int, top: bool = False) -> Tree:
        out: dict[str, object] = {"__properties_version1.0": bytes(head) + _fixed(self.fixed)}
        if top:
            out["__nameid_version1.0"] = {"__substg1.0_00020102": b"", "__substg1.0_00030102": b"", "__substg1.0_00040102": b""}
        out |= self._texts(self.texts)
        for number, (name, data) in enumerate(self.files):
            method = 5 if isinstance(data, Msg) else 1
            inside: dict[str, object] = self._texts({0x3707: name, **(self.attachment or {})} if name else dict(self.attachment or {}))
            fixed = {0x3705: struct.pack("<q", method), **(self.attachment_fixed or {})}
            inside["__properties_version1.0"] = bytes(8) + _fixed(fixed)
            if isinstance(data, Msg):
                inside["__substg1.0_3701000D"] = data._tree(24)
            else:
                inside["__substg1.0_37010102"] = data
            out[f"__attach_version1.0_#{number:08X}"] = inside
        return out  # type: ignore[return-value]

    def _texts(self, texts: Mapping[int, str]) -> dict[str, object]:
        if self.encoding:
            return {f"__substg1.0_{n:04X}001E": t.encode(self.encoding) for n, t in texts.items()}
        return {f"__substg1.0_{n:04X}001F": t.encode("utf-16-le") for n, t in texts.items()}


def _fixed(values: Mapping[int, bytes]) -> bytes:
    return b"".join(struct.pack("<II", (n << 16) | (3 if len(v) == 4 else 0x40), 6) + v.ljust(8, b"\0") for n, v in values.items())


def filetime(moment: datetime) -> bytes:
    return struct.pack("<Q", int((moment - EPOCH).total_seconds()) * 10_000_000)


HEADERS = (
    "Received: from mx by hub\r\nFrom: =?gb2312?B?zfXW97nc?= <Wang@Example.CN>\r\nDate: Fri, 20 Nov 2026 16:40:00 +0800\r\n"
    "Message-ID: <1@example.cn>\r\nSubject: W47\r\n\r\n"
)


def received(*files: tuple[str, bytes | Msg], headers: str = HEADERS, **more: object) -> Msg:
    """A mail that came from the internet: Outlook keeps its headers."""
    return Msg({0x007D: headers, 0x0037: "W47", 0x1000: "见附件"}, {}, files, **more)  # type: ignore[arg-type]


def within(*files: tuple[str, bytes | Msg], smtp: str = "li@example.cn", **more: object) -> Msg:
    """A mail from one user of an Exchange to another: no headers, its sender by name and by address."""
    texts = {0x0037: "周报", 0x001A: "IPM.Note", 0x0C1E: "EX", 0x0C1F: "/O=EXAMPLE/CN=LI", 0x1035: "<2@example.cn>"}
    texts |= {0x5D01: smtp} if smtp else {}
    when = filetime(datetime(2026, 11, 20, 8, 40, tzinfo=UTC))
    return Msg(texts, {0x0039: when}, files, **more)  # type: ignore[arg-type]
