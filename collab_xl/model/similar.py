"""The name that was probably meant: the most similar of those there are. Pure.

In Chinese one character that differs of three is no evidence: 法务部 is not a slip for 财务部.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Final

from collab_xl.model.directory import folded
from collab_xl.model.finding import Saying

SHORT: Final = 3
"""Chinese names of so many characters are alike only where none is another one (研发 and 研发部, not 法务部 and 财务部)."""


def nearest(word: str, choices: Iterable[str], least: float = 0.5, fold: Callable[[str], str] = folded) -> str:
    """The choice most similar to the word, else the only one that begins with it or contains it; "" for none.

    `least`: how alike they must be, 0 to 1, compared as `fold` gives them.
    """
    said, by_fold = fold(word), {fold(choice): choice for choice in reversed([*choices])}
    if said in by_fold:
        return by_fold[said]
    for found in difflib.get_close_matches(said, by_fold, n=5, cutoff=least):
        if not _other_word(said, found):
            return by_fold[found]
    for has in (str.startswith, str.__contains__):
        inside = [choice for choice in by_fold if len(said) > 1 and has(choice, said)]
        if len(inside) == 1:
            return by_fold[inside[0]]
    return ""


def _other_word(one: str, other: str) -> bool:
    """Whether two short Chinese names are two words: as long as each other, with another character in one place (not 完成啦 and 已完成)."""
    changed = sum(a != b for a, b in zip(one, other, strict=False))
    return len(one) == len(other) <= SHORT and changed == 1 and all(ord(c) > 0x2E7F for c in one + other)


def meant(word: str, choices: Iterable[str], least: float = 0.6) -> Saying | str:
    """As a fact of an error: “是不是‘研发部’？”, "" if no choice is similar."""
    found = nearest(word, choices, least)
    return Saying("model.word.meant", {"near": found}) if found else ""
