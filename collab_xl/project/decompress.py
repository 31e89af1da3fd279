"""Decompress values of the ledger and of `issued/`, with a limit: a file of 1 MB can expand to 1 GB."""

from __future__ import annotations

import zlib
from typing import Final

LARGEST: Final = 128 << 20
"""Expanded bytes of one value. The largest measured, one run that changes 40,000 rows, has 20 MB."""


def decompressed(data: bytes) -> bytes:
    """Raises zlib.error for data that is damaged or expands beyond the limit."""
    inflater = zlib.decompressobj()
    out = inflater.decompress(data, LARGEST)
    if inflater.unconsumed_tail:
        raise zlib.error(f"more than {LARGEST >> 20} MB when expanded")
    if not inflater.eof:
        raise zlib.error("incomplete")
    return out
