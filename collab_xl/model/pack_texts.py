"""Which texts of a pack's first and last sheet are ours: whatever else is found there was typed by the department.

The pack contains a short mark of each of them on its hidden sheet. By their texts, not their places: a row may be inserted or sorted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from collab_xl.model.regex import regex

CLAIM: Final = "texts"
"""The name of the marks on the hidden sheet."""
RESTING: Final = "resting"
"""The name, there, of the forms of the pack's baseline that have no sheet: their ids with blanks between."""
SIZE: Final = 6
"""Hexadecimal digits of a mark: of 150 texts, one typed text in 100,000 would be taken for ours."""
PACKED: Final = "."
"""Before marks that are written in bits."""
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
VISIBLE: Final = "visible"
"""The name of what a pack proves by its instruction sheet alone: the first `VISIBLE_DIGITS` of its token."""
VISIBLE_DIGITS: Final = 32
_VISIBLE = regex(rb"CXL_([0-9A-Za-z-]{1,40})_([0-9.]{1,8})_([0-9a-f]{32})(?![0-9a-f])")
_WEEK = regex(r"(\d{4})(W\d{2})-")


def mark(words: str) -> str:
    """The mark of a text. Programs may change its line breaks and blanks."""
    return sha256("".join(words.split()).encode("utf-8", "surrogatepass")).hexdigest()[:SIZE]


def joined_marks(texts: Iterable[str]) -> str:
    """The marks as one word: how far each is from the one before, in bits (a Rice code), six to a letter. It weighs half as much as
    their digits."""
    marks = sorted({int(mark(words), 16) for words in texts if words.strip()})
    if not marks:
        return ""
    low = max(1, (int(16**SIZE * math.log(2)) // len(marks)).bit_length() - 1)
    bits, last = [f"{low:06b}"], -1
    for one in marks:
        times, rest = divmod(one - last - 1, 1 << low)
        bits += ["1" * times, "0", f"{rest:0{low}b}"]
        last = one
    line = "".join(bits)
    line += "1" * (-len(line) % 6)
    return PACKED + "".join(_LETTERS[int(line[n : n + 6], 2)] for n in range(0, len(line), 6))


def marks_in(claim: str) -> frozenset[str]:
    """The marks in a claim; of packs made before, their digits one after the other. None of what is no claim of ours."""
    if not claim.startswith(PACKED):
        return frozenset(claim[n : n + SIZE] for n in range(0, len(claim) - SIZE + 1, SIZE))
    if not set(claim[1:]) <= set(_LETTERS):
        return frozenset()
    bits = "".join(f"{_LETTERS.index(letter):06b}" for letter in claim[1:])
    low, at, last, out = int(bits[:6] or "0", 2), 6, -1, []
    while (end := bits.find("0", at) + 1) and end + low <= len(bits):
        last += 1 + ((end - 1 - at) << low) + int(bits[end : end + low] or "0", 2)
        at = end + low
        out.append(f"{last:0{SIZE}x}")
    return frozenset(out)


def visible_claim(pack: str, schema: str, token: str) -> str:
    """The claims of a pack as one word on its instruction sheet: other programs drop the hidden sheet, never what is typed in cells."""
    return f"CXL_{pack}_{schema}_{token[:VISIBLE_DIGITS]}"


def visible_claims(part: bytes) -> dict[str, str]:
    """The claims in the XML of a sheet or of the shared texts; empty if there is no such word."""
    found = _VISIBLE.search(part)
    if found is None:
        return {}
    pack, schema, digits = (each.decode() for each in found.groups())
    week = {"week": f"{m[1]}-{m[2]}"} if (m := _WEEK.match(pack)) else {}
    return {"kind": "pack", "pack": pack, "schema": schema, VISIBLE: digits, **week}
