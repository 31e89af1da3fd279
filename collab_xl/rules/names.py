"""Find task names that mean the same work: equal, reordered, or with an extra word.

Pure.  Linear in the number of names: names are compared only within groups of equal digits, and only if they share one of their rarest
pairs of letters (prefix filtering of a set similarity join). So 40,000 names take a second, not an hour.
"""

from __future__ import annotations

import difflib
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from collab_xl.model.regex import regex

SIMILAR = 0.7
"""Least share of common letter pairs (Jaccard) of near-same names.

支付接口联调 and 支付接口联调测试 are near-same, 用户登录测试 and 用户登出测试 are not.
"""
SHORTEST = 4
"""Shorter names match only if they are equal: 测试 and 测试二 are too short to compare."""
_COMPARISONS = 600_000
"""About how many comparisons one group may cost: a second. A pair of letters that very many names share says little about them: in a
group of up to 700 names all are compared that share one of their rarest pairs, beyond that those that share the rarest."""
_EMPTY_WORDS = regex("的|之|和|与|及|工作$|任务$")
_DIGITS = regex(r"\d+")


@lru_cache(1 << 16)  # two checks ask for every name
def normal_name(name: str) -> str:
    """The name without differences of width and case, without white space, punctuation and filler words."""
    letters = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))
    return _EMPTY_WORDS.sub("", letters) or letters


def near_pairs(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Every pair of different normalised names that are near-same, each once, the earlier first."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in dict.fromkeys(names):
        # Phase 1 and phase 2, or version 3 and version 4, are different work, however similar the rest is.
        groups.setdefault(tuple(sorted(_DIGITS.findall(name))), []).append(name)
    for group in groups.values():
        if len(group) > 1:
            yield from _pairs_of_group([n for n in group if len(n) >= SHORTEST])


def _pairs_of_group(names: list[str]) -> Iterator[tuple[str, str]]:
    pairs_of = [frozenset(name[i : i + 2] for i in range(len(name) - 1)) for name in names]
    rarity = Counter(pair for pairs in pairs_of for pair in pairs)
    holders: dict[str, list[int]] = {}
    anagrams: dict[str, list[int]] = {}
    most = max(25, _COMPARISONS // max(1, len(names)))
    for n, pairs in enumerate(pairs_of):
        ordered = sorted(pairs, key=lambda p: (rarity[p], p))
        prefix = ordered[: len(ordered) - math.ceil(SIMILAR * len(ordered)) + 1]
        same_letters = anagrams.setdefault("".join(sorted(names[n])), [])
        for m in sorted(_candidates(pairs, prefix, holders, pairs_of, most).difference(same_letters)):
            common = len(pairs & pairs_of[m])
            if common >= SIMILAR * (len(pairs) + len(pairs_of[m]) - common):
                yield names[m], names[n]
        yield from ((names[m], names[n]) for m in same_letters)
        if len(same_letters) < most:
            same_letters.append(n)
        for pair in prefix:
            if len(listed := holders.setdefault(pair, [])) < most:
                listed.append(n)


def _candidates(
    pairs: frozenset[str], prefix: list[str], holders: dict[str, list[int]], pairs_of: list[frozenset[str]], most: int
) -> set[int]:
    """Earlier names of similar length that may be near-same, those with the rarest shared pairs first, about `most` at most."""
    shortest, longest = SIMILAR * len(pairs), len(pairs) / SIMILAR
    found: set[int] = set()
    for pair in prefix:
        found.update(m for m in holders.get(pair, ()) if shortest <= len(pairs_of[m]) <= longest)
        if len(found) >= most:
            break
    return found


def another_thing(one: str, other: str) -> bool:
    """Whether two near-same names mean two things: a word of one is replaced by another word (北京分公司…, 上海分公司…).

    Names that are only longer, shorter or reordered mean the same thing.
    """
    if sorted(one) == sorted(other):
        return False
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    return any(tag == "replace" for tag, *_ in matcher.get_opcodes())
