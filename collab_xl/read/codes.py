"""IDs in a cell. Lists of them: `dependencies.py`. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from collab_xl.model.regex import regex
from collab_xl.model.values import Value
from collab_xl.read.remarks import ParsedValue, Remark
from collab_xl.read.text import plain, shown

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))


_QUOTES = ('""', "''", "“”", "‘’")
USUAL = r"[A-Za-z]{1,8}-?[0-9]{1,15}"
"""An ID in the usual form, which needs no change."""
_TIDY = regex(rf"{USUAL}\Z")


def code(raw: Value) -> str:
    """An ID: half-width, one kind of dash; a number without decimals, a text with all its zeros."""
    if type(raw) is str and _TIDY.match(raw):
        return raw
    text = plain(shown(raw))
    text = _bare(text).lstrip("' ‘’`") or text  # '001: some programs mark a number as text in this way
    return text if text.isascii() else text.translate(_DASHES)


def _bare(text: str) -> str:
    """The text without quotes around all of it."""
    return text[1:-1].strip() if len(text) > 2 and text[0] + text[-1] in _QUOTES else text


_PARTS = regex(r"(.*?)(\d+)\Z", re.S)


def lost_zeros(raw: Sequence[Value], read: Sequence[object]) -> dict[int, ParsedValue]:
    """Index → V250 for every number that stands where 1.10 belongs and is 1.1: Excel drops the last zero of a number.

    It stands right after 1.9 or right before 1.11, of the IDs that differ from it only in the last part. The ID stays as it is.
    """
    if float not in set(map(type, raw)):
        return {}
    ids = [r if isinstance(r, str) else "" for r in (v.value if isinstance(v, ParsedValue) else v for v in read)]
    split = [(m[1], int(m[2])) if (m := _PARTS.match(text)) else ("", -1) for text in ids]
    out: dict[int, ParsedValue] = {}
    before: dict[str, int] = {}
    after: list[int] = [-1] * len(ids)
    following: dict[str, int] = {}
    for i in range(len(ids) - 1, -1, -1):
        after[i] = following.get(split[i][0], -1)
        following[split[i][0]] = split[i][1]
    for i, (stem, number) in enumerate(split):
        if type(raw[i]) is float and "." in ids[i]:
            previous, nearby = before.get(stem, -1), (before.get(stem, -1) + 1, after[i] - 1)
            meant = next((n for n in nearby if n >= 10 and n != number and str(n).rstrip("0") == str(number)), None)
            if meant is not None and previous != number - 1:
                out[i] = ParsedValue(ids[i], (Remark("V250", {"meant": f"{stem}{meant}"}),))
                number = meant
        before[stem] = number
    return out
