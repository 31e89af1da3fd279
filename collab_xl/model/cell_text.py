"""How much text a cell of Excel holds, and a text shortened to what fits."""

from __future__ import annotations

from typing import Final

MAX_TEXT: Final = 32_767
"""UTF-16 units."""
MARK: Final = "…"


def text_length(text: str) -> int:
    """As Excel counts: UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, most: int = MAX_TEXT) -> str:
    """The text, or its beginning and `…` where it is longer than `most` (at least 1) UTF-16 units; no character is cut in two."""
    if len(text) <= most // 2 or text_length(text) <= most:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * (most - len(MARK))].decode("utf-16-le", "surrogatepass")
    return (kept[:-1] if "\ud800" <= kept[-1:] <= "\udbff" else kept) + MARK
