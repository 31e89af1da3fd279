"""The text of a cell: how much Excel can contain, how a longer text is shortened, and what programs put around a text."""

from __future__ import annotations

from typing import Final

from collab_xl.model.regex import regex

MAX_TEXT: Final = 32_767
"""UTF-16 units."""
MARK: Final = "…"
_AS_FORMULA: Final = regex(r'="((?:[^"]|"")*)"')
_APOSTROPHE: Final = regex(r"'(?=[=+\-@]|[\d.,:/\-]+%?\Z)")
"""Only before what Excel would change: a number, a date, a formula. 'quoted' words keep theirs."""


def unguarded(text: str) -> str:
    """The text without what programs put around it so that Excel keeps it: `="001"`, an apostrophe or a tab before or after 001."""
    text = text.strip("\t")
    if found := _AS_FORMULA.fullmatch(text):
        return found[1].replace('""', '"')
    return text[1:] if _APOSTROPHE.match(text) else text


def text_length(text: str) -> int:
    """Length in UTF-16 units, as Excel counts it."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, most: int = MAX_TEXT) -> str:
    """The text. If it is longer than `most` UTF-16 units (at least 1): its beginning and `…`. No character is cut in two."""
    if len(text) <= most // 2 or text_length(text) <= most:
        return text
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * (most - len(MARK))].decode("utf-16-le", "surrogatepass")
    return (kept[:-1] if "\ud800" <= kept[-1:] <= "\udbff" else kept) + MARK
