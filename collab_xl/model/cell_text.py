"""How much text an Excel cell can contain, and how a longer text is shortened."""

from __future__ import annotations

from typing import Final

MAX_TEXT: Final = 32_767
"""UTF-16 units."""
MARK: Final = "…"


def text_length(text: str) -> int:
    """Length in UTF-16 units, as Excel counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, most: int = MAX_TEXT) -> str:
    """The text. If it is longer than `most` UTF-16 units (at least 1): its beginning and `…`. No character is cut in two."""
    if len(text) <= most // 2 or text_length(text) <= most:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * (most - len(MARK))].decode("utf-16-le", "surrogatepass")
    return (kept[:-1] if "\ud800" <= kept[-1:] <= "\udbff" else kept) + MARK
