"""The icon of the desk, drawn by a few lines: a dark sheet with three rows. Pure: the same bytes every time.

In: a size.  Out: a PNG; `ico` is the file Windows wants, with several sizes in it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Final, TypeAlias

Colour: TypeAlias = tuple[int, int, int, int]
SIZES: Final = (16, 32, 48, 64)
_DARK, _LIGHT, _GREEN = (31, 95, 139, 255), (255, 255, 255, 255), (126, 211, 154, 255)
_CLEAR = (0, 0, 0, 0)
_FINE: Final = 3
"""Points per pixel and direction: edges are the mean of 9 points."""


def _point(x: float, y: float) -> Colour:
    """The colour of a point of the unit square: a square with round corners and three bars, the last one shorter and green."""
    edge, corner = 0.04, 0.2
    inner_x, inner_y = min(max(x, edge + corner), 1 - edge - corner), min(max(y, edge + corner), 1 - edge - corner)
    if (x - inner_x) ** 2 + (y - inner_y) ** 2 > corner**2:
        return _CLEAR
    for top, right, colour in ((0.25, 0.78, _LIGHT), (0.44, 0.78, _LIGHT), (0.63, 0.56, _GREEN)):
        if 0.22 <= x <= right and top <= y <= top + 0.12:
            return colour
    return _DARK


def png(size: int) -> bytes:
    """The icon as a PNG of `size` × `size` pixels."""
    return _drawn(size, size, _point)


def tick(size: int, *, on: bool, ink: str) -> bytes:
    """A box to tick, with some room at its right, in the colour `#1F5F8B`."""
    colour = (int(ink[1:3], 16), int(ink[3:5], 16), int(ink[5:7], 16), 255)
    border = (107, 119, 133, 255) if not on else colour

    def point(x: float, y: float) -> Colour:
        x *= 1.5  # the picture is half as wide again as the box
        if not (0.06 <= x <= 0.94 and 0.06 <= y <= 0.94):
            return _CLEAR
        if not on:
            return _LIGHT if 0.14 <= x <= 0.86 and 0.14 <= y <= 0.86 else border
        down = abs((y - 0.52) - (x - 0.26)) < 0.085 and 0.24 <= x <= 0.44
        up = abs((y - 0.70) + 1.1 * (x - 0.44)) < 0.085 and 0.42 <= x <= 0.80
        return _LIGHT if down or up else colour

    return _drawn(size + size // 2, size, point)


def _drawn(width: int, height: int, point: Callable[[float, float], Colour]) -> bytes:
    rows = bytearray()
    parts = [(n + 0.5) / _FINE for n in range(_FINE)]
    for y in range(height):
        rows.append(0)
        for x in range(width):
            points = [point((x + i) / width, (y + j) / height) for i in parts for j in parts]
            alpha = sum(p[3] for p in points)
            colour = [round(sum(p[n] * p[3] for p in points) / alpha) if alpha else 0 for n in range(3)]
            rows += bytes((*colour, round(alpha / len(points))))
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(bytes(rows), 0)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def ico(sizes: tuple[int, ...] = SIZES) -> bytes:
    """The icon as an .ico file; since Windows Vista its pictures may be PNGs."""
    pictures = [png(size) for size in sizes]
    out = struct.pack("<HHH", 0, 1, len(sizes))
    at = len(out) + 16 * len(sizes)
    for size, picture in zip(sizes, pictures, strict=True):
        out += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), at)
        at += len(picture)
    return out + b"".join(pictures)
