"""Raw deflate and inflate for zip entries: by ISA-L if its wheel is installed, else by zlib. Every reader can read both.

ISA-L compresses a sheet of 54 MB in 0.03 s to 5.6 MB; zlib at level 4 in 0.17 s to 5.1 MB, at Excel's level in 0.34 s to 4.1 MB.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final

_fast: Any
try:
    from isal import isal_zlib as _fast
except ImportError:  # no wheel for this processor
    _fast = None

LEVEL: Final = 4
"""For zlib: half the time of level 6 for about 8 % more bytes."""
ISAL_LEVEL: Final = 1
_RAW: Final = -15
_PIECE: Final = 4 << 20


class BrokenDeflate(Exception):
    """The data is damaged or has another size than stated."""


_BROKEN: Final = (zlib.error, _fast.error) if _fast else (zlib.error,)
crc32: Callable[[bytes], int] = (_fast or zlib).crc32


def deflated(content: bytes) -> bytes:
    """The compressed bytes, without a header. Releases the GIL."""
    if _fast:
        return bytes(_fast.compress(content, ISAL_LEVEL, _RAW))
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _RAW)
    return packer.compress(content) + packer.flush()


def small(content: bytes, cuts: Sequence[bytes] = ()) -> bytes:
    """The compressed bytes, few of them: zlib's best level, in one block or with a new block of the stream at the first of each of `cuts`,
    where the statistics change: whichever is smaller."""
    places = sorted(at for at in map(content.find, cuts) if at > 0)
    return min((_in_blocks(content, some) for some in ([], places)[: 1 + bool(places)]), key=len)


def _in_blocks(content: bytes, places: Sequence[int]) -> bytes:
    packer, out, begin = zlib.compressobj(9, zlib.DEFLATED, _RAW), [], 0
    for place in places:
        out += [packer.compress(content[begin:place]), packer.flush(zlib.Z_BLOCK)]
        begin = place
    return b"".join((*out, packer.compress(content[begin:]), packer.flush()))


def inflates_to(data: bytes, content: bytes) -> bool:
    """Whether this is a complete deflate stream of exactly this content. It is expanded piece by piece and never kept whole."""
    unpacker = (_fast or zlib).decompressobj(_RAW)
    expected, at = memoryview(content), 0
    try:
        while not unpacker.eof:
            piece = unpacker.decompress(data, _PIECE)
            data = unpacker.unconsumed_tail
            if not piece and not unpacker.eof and not data:
                return False
            if expected[at : at + len(piece)] != piece:
                return False
            at += len(piece)
    except _BROKEN:
        return False
    return at == len(content)


def inflated(data: bytes, size_bytes: int) -> bytes:
    """The expanded bytes. Raises BrokenDeflate unless this is a complete deflate stream of exactly this size; never expands more."""
    unpacker = (_fast or zlib).decompressobj(_RAW)
    try:
        content = bytes(unpacker.decompress(data, size_bytes + 1))
    except _BROKEN as error:
        raise BrokenDeflate(str(error)) from error
    if len(content) != size_bytes or not unpacker.eof:
        raise BrokenDeflate(f"{size_bytes} bytes expected, {len(content)} found")
    return content
