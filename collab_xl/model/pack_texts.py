"""Which texts of a pack's first and last sheet are ours: whatever else is found there was typed by the department.

The pack contains a short mark of each of them on its hidden sheet. By their texts, not their places: a row may be inserted or sorted.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

CLAIM: Final = "texts"
"""The name of the marks on the hidden sheet."""
RESTING: Final = "resting"
"""The name, there, of the forms of the pack's baseline that have no sheet: their ids with blanks between."""
SIZE: Final = 6
"""Hexadecimal digits of a mark: of 150 texts, one typed text in 100,000 would be taken for ours."""


def mark(words: str) -> str:
    """The mark of a text. Programs may change its line breaks and blanks."""
    return sha256("".join(words.split()).encode("utf-8", "surrogatepass")).hexdigest()[:SIZE]


def joined_marks(texts: Iterable[str]) -> str:
    return "".join(sorted({mark(words) for words in texts if words.strip()}))


def marks_in(claim: str) -> frozenset[str]:
    return frozenset(claim[n : n + SIZE] for n in range(0, len(claim) - SIZE + 1, SIZE))
