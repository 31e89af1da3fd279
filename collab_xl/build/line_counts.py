"""How many lines a text takes in a cell: it decides the height of the row, which no program adjusts for a merged cell."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Final

LINE_HEIGHT: Final = 13
"""Points of one line of body text."""
_PIECE = re.compile(r"[\u2e80-\uffef] *|[^\u2e80-\uffef ]+ *| +")
"""What a line does not break: a word with the blanks after it, one Chinese character."""


def line_count(words: str, width: float) -> int:
    """About how many lines a text takes; a Chinese character of this size is slightly less than two units of column width."""
    size = sum(1.8 if unicodedata.east_asian_width(c) in "WF" else 0.85 for c in words)
    return max(1, math.ceil(size / (width - 1)))


def wrapped_count(words: str, width: float, *, bold: bool = False) -> int:
    """The same for a narrow column: a line breaks between words and beside any Chinese character; a word longer than a line is broken."""
    room, lines, used = max(1.0, (width - 1) / (1.1 if bold else 1.0)), 1, 0.0
    for piece in _PIECE.findall(words):
        size = sum(1.8 if unicodedata.east_asian_width(c) in "WF" else 0.85 for c in piece)
        if used and used + size > room + 0.85 * (len(piece) - len(piece.rstrip())):
            lines, used = lines + 1, 0.0
        used += size
        if used > room:
            lines, used = lines + math.ceil(used / room) - 1, used % room
    return lines
