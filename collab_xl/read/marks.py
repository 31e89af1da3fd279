"""Marks beside a word: 🟢进行中, ✔️ 已完成, 高 ★.  Exports of online tables put them there as decoration. Pure.

A mark is a symbol by its Unicode category, not one of a list: So (emoji, stars, dots, ticks), the geometric shapes among Sm, bullets, a
keycap, anything with an emoji variation selector. No marks: symbols that are letters or digits in another form (№, ㎡), question
marks (they say that somebody doubts), the boxes of an unticked list.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from collab_xl.read.text import clean

TICKS = frozenset("√✓✔☑☒■●◉✅")
EMPTY_BOXES = frozenset("□☐○◯▢❏❐❑❒⬜◻◽▫")
SELECTORS = {code: None for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}
"""Variation selectors, for `str.translate`: they choose the picture of a character, never its meaning."""
_EMOJI, _KEYCAP, _JOINER = "\ufe0f", "\u20e3", "\u200d"
_NO = ("CROSS MARK", "BALLOT X", "MULTIPLICATION X", "NO ENTRY", "THUMBS DOWN")


class Marked(NamedTuple):
    """A text taken apart: the marks at both ends, without variation selectors, in order; and what is between them."""

    marks: tuple[str, ...]
    word: str


@lru_cache(maxsize=4096)
def parted(text: str, also: str = "") -> Marked:
    """The marks at the ends of a text and the word between them; no marks: the text as it is. A text of marks alone has the word "".

    Args:
        also: characters that are marks here as well (× where a list has it as a word).
    """
    text = clean(text)
    if text.isascii() or (text[:1].isalnum() and text[-1:].isalnum() and _EMOJI not in text):
        return Marked((), text)
    pieces = list(_pieces(text))
    first, last = 0, len(pieces)
    while first < last and (pieces[first].isspace() or _is_mark(pieces[first], also)):
        first += 1
    while last > first and (pieces[last - 1].isspace() or _is_mark(pieces[last - 1], also)):
        last -= 1
    marks = tuple(p.translate(SELECTORS) for p in (*pieces[:first], *pieces[last:]) if not p.isspace())
    return Marked(marks, "".join(pieces[first:last]))


def says_no(mark: str) -> bool:
    """Whether a mark may deny the word beside it: ❌ 已完成 is not the same as 已完成."""
    name = unicodedata.name(mark[:1], "")
    return any(part in name for part in _NO)


def _pieces(text: str) -> Iterator[str]:
    """Characters as a person sees them: with selectors, skin tones, keycaps, and what a joiner joins."""
    piece = ""
    for char in text:
        if piece and (_goes_on(char) or piece[-1] == _JOINER):
            piece += char
            continue
        if piece:
            yield piece
        piece = char
    if piece:
        yield piece


def _goes_on(char: str) -> bool:
    return char in (_KEYCAP, _JOINER) or ord(char) in SELECTORS or 0x1F3FB <= ord(char) <= 0x1F3FF or 0xE0020 <= ord(char) <= 0xE007F


def _is_mark(piece: str, also: str) -> bool:
    char = piece[0]
    if char in also:
        return True
    if char in EMPTY_BOXES:
        return False
    if _KEYCAP in piece or (_EMOJI in piece and not char.isascii() and unicodedata.category(char) != "Lo"):
        return True
    name = unicodedata.name(char, "")
    match unicodedata.category(char):
        case "So":
            return "QUESTION" not in name and not any(map(str.isalnum, unicodedata.normalize("NFKC", char)))
        case "Sm":
            return 0x25A0 <= ord(char) <= 0x25FF
        case "Po":
            return "BULLET" in name or name == "REFERENCE MARK"
        case "Cn":
            return 0x1F000 <= ord(char) <= 0x1FBFF  # an emoji newer than this Python's tables
    return False
