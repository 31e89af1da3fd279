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


def shortened_at_word(text: str, most: int) -> str:
    """As `shortened`, for people to read: no word is cut in two either, if something remains."""
    short = shortened(text, most)
    return short if short == text else short[: word_end(text, len(short) - len(MARK))].rstrip() + MARK


def word_end(text: str, most: int) -> int:
    """The last place up to `most` at which no word of letters that need blanks is cut; `most` itself if the first word is longer, or if
    less than a third would remain."""
    at = most
    while 0 < at < len(text) and in_word(text[at - 1]) and in_word(text[at]):
        at -= 1
    return at if at > most / 3 else most


def in_word(letter: str) -> bool:
    """Whether a letter is part of a word that needs blanks around it; a Chinese one is not."""
    return letter.isalnum() and letter < "\u2e80"
