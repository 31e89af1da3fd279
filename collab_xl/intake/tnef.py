"""The files in a winmail.dat: how Outlook and Exchange send a mail in rich text (TNEF). Pure, in linear time.

Source: Microsoft, [MS-OXTNEF] (attributes, 2.1.3; property lists, 2.1.3.5) and [MS-OXCDATA] (property types, 2.11.1). Read here, because
the libraries for it are GPL or LGPL.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from collab_xl.model.outside_text import decoded

SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_FILES, MAX_DEPTH, MAX_PROPERTIES = 500, 6, 4096
"""Files of one winmail.dat, mails inside mails, properties of one file: more are not read."""
_CODE_PAGE, _NEW_FILE, _TITLE, _DATA, _PROPERTIES = 0x00069007, 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_LONG_NAME, _SHORT_NAME, _CONTENT = 0x3707, 0x3704, 0x3701
_UNICODE, _STRING8, _BINARY, _OBJECT = 0x001F, 0x001E, 0x0102, 0x000D
_FIXED = {0x0001: 0, **dict.fromkeys((2, 3, 4, 0x000A, 0x000B), 4), **dict.fromkeys((5, 6, 7, 0x0014, 0x0040), 8), 0x0048: 16}
"""Property type → bytes of a value, padded to four."""
_VARIABLE = frozenset({_UNICODE, _STRING8, _BINARY, _OBJECT})
_MANY = 0x1000
"""Set in the type of a property with several values."""


class TnefFile(NamedTuple):
    name: str
    data: bytes


class Broken(Exception):
    """The data is no TNEF, or ends in the middle."""


class _Bytes:
    """Reads from the front, and never past the end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = memoryview(data), 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, length: int) -> bytes:
        if length < 0 or self._at + length > len(self._data):
            raise Broken
        out = self._data[self._at : self._at + length]
        self._at += length
        return bytes(out)

    def number(self, form: str) -> int:
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def padded(self, length: int) -> bytes:
        out = self.take(length)
        self.take(min(-length % 4, len(self._data) - self._at))
        return out


def files_of(data: bytes, depth: int = MAX_DEPTH) -> list[TnefFile]:
    """Every attached file, those of mails inside too. Raises Broken, also if only a part is broken: half a mail would look whole."""
    return list(_files(data, depth))[:MAX_FILES]


def _files(data: bytes, depth: int) -> Iterator[TnefFile]:
    stream = _Bytes(data)
    if stream.take(4) != SIGNATURE:
        raise Broken
    stream.take(2)
    code_page, current = "cp1252", _File()
    while stream:
        stream.take(1)
        tag, length = stream.number("<I"), stream.number("<I")
        value = stream.take(length)
        stream.take(2)
        if tag == _CODE_PAGE and length >= 4:
            code_page = f"cp{struct.unpack('<I', value[:4])[0]}"
        elif tag == _NEW_FILE:
            yield from current.files(depth)
            current = _File()
        elif tag == _TITLE:
            current.title = decoded(value.rstrip(b"\0"), code_page)
        elif tag == _DATA:
            current.data = value
        elif tag == _PROPERTIES:
            current.read(value, code_page)
    yield from current.files(depth)


class _File:
    """One attachment while its attributes come."""

    def __init__(self) -> None:
        self.title = self.name = ""
        self.data = self.inner = b""

    def read(self, properties: bytes, code_page: str) -> None:
        for kind, number, value in _properties(properties):
            if number == _LONG_NAME or (number == _SHORT_NAME and not self.name):
                self.name = _text(kind, value, code_page) or self.name
            elif number == _CONTENT and kind == _BINARY and not self.data:
                self.data = value
            elif number == _CONTENT and kind == _OBJECT:
                self.inner = value[16:]  # after the id of its interface: a mail or an embedded object

    def files(self, depth: int) -> Iterator[TnefFile]:
        if self.inner.startswith(SIGNATURE):
            if depth > 1:
                yield from _files(self.inner, depth - 1)
        elif self.data:
            yield TnefFile((self.name or self.title).replace("\0", ""), self.data)


def _text(kind: int, value: bytes, code_page: str) -> str:
    if kind == _UNICODE:
        return value.decode("utf-16-le", "replace").rstrip("\0")
    return decoded(value.rstrip(b"\0"), code_page)


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(type, number, first value) of each property of a list."""
    stream = _Bytes(data)
    for _ in range(min(stream.number("<I"), MAX_PROPERTIES)):
        kind, number = stream.number("<H"), stream.number("<H")
        if number >= 0x8000:  # a named property: its set, then its number or its name
            stream.take(16)
            stream.take(4) if stream.number("<I") == 0 else stream.padded(stream.number("<I"))
        several, kind = bool(kind & _MANY), kind & ~_MANY
        if kind not in _FIXED and kind not in _VARIABLE:
            raise Broken
        count = stream.number("<I") if several or kind in _VARIABLE else 1
        if count > MAX_PROPERTIES:
            raise Broken
        values = [stream.take(_FIXED[kind]) if kind in _FIXED else stream.padded(stream.number("<I")) for _ in range(count)]
        if values:
            yield kind, number, values[0]
