"""Deflate and back, as zip entries hold it: by ISA-L where its wheel is installed, else by zlib. Both write what every reader reads.

ISA-L packs a sheet of 54 MB in 0.03 s into 5.6 MB; zlib at level 4 takes 0.17 s for 5.1 MB, at Excel's level 0.34 s for 4.1 MB.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, Final

_fast: Any
try:
    from isal import isal_zlib as _fast
except ImportError:  # no wheel for this processor
    _fast = None

LEVEL: Final = 4
"""Of zlib: half the time of 6 for about 8 % more bytes."""
ISAL_LEVEL: Final = 1
_RAW: Final = -15


class BrokenDeflate(Exception):
    """Damaged, or not of the size it should have."""


_BROKEN: Final = (zlib.error, _fast.error) if _fast else (zlib.error,)
crc32: Callable[[bytes], int] = (_fast or zlib).crc32


def deflated(content: bytes) -> bytes:
    """Packed, without a header. Lets go of the interpreter."""
    if _fast:
        return bytes(_fast.compress(content, ISAL_LEVEL, _RAW))
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, _RAW)
    return packer.compress(content) + packer.flush()


def inflated(data: bytes, size_bytes: int) -> bytes:
    """Unpacked. Raises BrokenDeflate for what is no whole deflate stream of just that size; never makes more than that."""
    unpacker = (_fast or zlib).decompressobj(_RAW)
    try:
        content = bytes(unpacker.decompress(data, size_bytes + 1))
    except _BROKEN as error:
        raise BrokenDeflate(str(error)) from error
    if len(content) != size_bytes or not unpacker.eof:
        raise BrokenDeflate(f"{size_bytes} bytes expected, {len(content)} found")
    return content
