"""Words of degree (低/中/高, 轻微…致命, P0–P4, 1–5, ★★★) as choices of a field that lists degrees. Pure.

In: the different values of one column, judged together.  Out: which choice each is, what was assumed, what only a person can say.
A word has a rank by what it means; the choices have the ranks of their labels, and the nearest is chosen. A code (P1, Sev2, 3, ★★) says
only how far it is from the ends of its scale. Of two that are as near the lower one is chosen. Source: decision 0061.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from collab_xl.forms import Field
from collab_xl.model.record import Struct, field
from collab_xl.model.regex import regex
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.choices import Words, key_of
from collab_xl.read.marks import SELECTORS, parted
from collab_xl.read.text import plain, shown

_RANKS: Mapping[float, str] = {
    0: "提示 建议 可忽略 忽略不计 微小 trivial negligible insignificant cosmetic info informational suggestion",
    0.5: "极低 很低 非常低 最低 极小 很小 verylow lowest rare",
    1: "低 小 轻 轻微 轻度 次要 不急 不紧急 缓 low minor slight l optional unlikely",
    1.3: "较低 较小 较轻 中低 偏低 mediumlow",
    2: "中 中等 中度 一般 普通 正常 常规 medium moderate normal average standard med m possible",
    2.8: "较高 较大 较重 中高 偏高 较严重 较重要 较急 较紧急 mediumhigh",
    3: "高 大 重 严重 重要 主要 high major serious important significant h likely",
    3.3: "重大 很严重 很重要 severe",
    3.5: "紧急 急 很急 很紧急 urgent",
    3.7: "很高 非常高 很大 非常严重 非常重要 特别严重 特别重大 veryhigh almostcertain",
    4: "特急 加急 十万火急 非常紧急 特别紧急 极高 最高 极大 极其严重 极严重 致命 灾难 灾难性 危急 "
    "critical veryurgent highest extreme catastrophic fatal emergency immediate",
    4.3: "阻塞 阻断 崩溃 blocker showstopper",
}
_RANK = {key_of(word): rank for rank, words in _RANKS.items() for word in words.split()}
_OF_WHAT = regex(r"(?:优先级|级别|等级|级|程度|风险|影响|问题|priority|severity|risk|impact|level)$", re.I)
_CODE_FIRST = regex(r"(?:P|S|SEV|L)?\s*\d\s*[-–—:：.、_ ]*([^\W\d_][^\d]*)$", re.I)
_CODE_LAST = regex(r"([^\W\d_][^\d]*?)\s*[-–—:： (（\[]\s*(?:P|S|SEV|L)?\s*\d\s*[)）\]]?$", re.I)
_CODES = (
    ("priority", regex(r"(?:P|PRI|priority|优先级)\s*[-_ ]?\s*(\d)\s*级?$", re.I)),
    ("severity", regex(r"(?:S|SEV|severity)\s*[-_ ]?\s*(\d)\s*级?$", re.I)),
    ("digits", regex(r"(\d|10)$")),
)
_STARS = regex(r"([★⭐🌟✭*]+)([☆✩]*)$")
_GRADE = regex(r"([一二三四五]|[1-5]|IV|III|II|I|V)\s*级$", re.I)
_GRADES = ("一1I", "二2II", "三3III", "四4IV", "五5V")
_LETTERS = "ABCDE"
_ONE_IS_HIGHEST = frozenset({"priority", "severity", "grade", "letters"})
_SURE = frozenset({"priority", "severity", "stars"})
"""Families whose order is the same everywhere."""
_FIRST_IS_MOST = regex("优先|紧急|priorit|urgen", re.I)
_SHORTEST = 3
"""A scale of codes has at least so many steps, whether all of them occur or not."""
_FEWEST = 2
"""A single code says nothing of the ends of its scale."""
MOST = 40
"""A column with more different values is no scale."""


class Step(NamedTuple):
    """A code: how many steps from the first one of its scale; `of`: the number of steps, where it says so (★★☆☆☆)."""

    family: str
    n: int
    of: int = 0


class Scale(Struct, frozen=True):
    """The choices of a field that are degrees, from the lowest, with their ranks. Other choices (跨部门) are none."""

    ranks: Mapping[str, float]

    def nearest(self, rank: float) -> str:
        return min(self.ranks, key=lambda c: (round(abs(self.ranks[c] - rank), 6), self.ranks[c]))

    def at(self, share: float) -> str:
        """The choice at a share of the way from the lowest (0) to the highest (1)."""
        return list(self.ranks)[max(0, math.ceil(share * len(self.ranks) - 1e-9) - 1)]


class Judged(Struct):
    """What the values of a column are, as far as it differs from reading each word alone."""

    placed: dict[Value, str] = field(default_factory=dict)
    """Value → choice."""
    assumed: dict[str, str] = field(default_factory=dict)
    """Text → choice, where the label of the choice means another degree."""
    open: set[Value] = field(default_factory=set)
    """Values that only a person can place."""


def scale_of(f: Field) -> Scale | None:
    """The scale of a field's choices; None if they are no degrees in ascending order."""
    if f.kind != "choice":
        return None
    ranks = {c.id: r for c in f.choices if (r := next((r for w in c.label.values() if (r := _rank(w)) is not None), None)) is not None}
    order = list(ranks.values())
    return Scale(ranks) if len(order) > 1 and order == sorted(set(order)) else None


def place_of(text: str) -> float | Step | None:
    """The rank of a word of degree, or the step of a code; None for any other text."""
    word = parted(text).word
    word = plain(word or text.translate(SELECTORS))
    if (rank := _rank(word)) is not None:
        return rank
    for pattern in (_CODE_FIRST, _CODE_LAST):
        if (m := pattern.match(word)) and (rank := _rank(m[1])) is not None:
            return rank  # P0-紧急, 高(3)
    if m := _STARS.match(word):
        return Step("stars", len(m[1]), len(m[1] + m[2]) if m[2] else 0)
    for family, pattern in _CODES:
        if m := pattern.match(word):
            return Step(family, int(m[1]))
    if m := _GRADE.match(word):
        return Step("grade", next(n for n, same in enumerate(_GRADES, 1) if m[1].upper() in (same[0], same[1], same[2:])))
    return Step("letters", _LETTERS.index(word.upper()) + 1) if len(word) == 1 and word.upper() in _LETTERS else None


def _rank(word: str) -> float | None:
    found = _RANK.get(key_of(word))
    return found if found is not None else _RANK.get(key_of(_OF_WHAT.sub("", plain(word))))


def judge(f: Field, words: Words, values: Iterable[Value]) -> Judged:
    """Judge the values of a column. Labels of the drop-down and the PMO's own words keep their meaning."""
    out, scale = Judged(), scale_of(f)
    if scale is None:
        return out
    texts = {v: shown(v) for v in dict.fromkeys(values) if v is not None and type(v) in (str, int, float)}
    if len(texts) > MOST:
        return out
    open_ones = {v: t for v, t in texts.items() if not words.is_fixed(t)}
    places = {v: p for v, t in open_ones.items() if (p := place_of(t)) is not None}
    for v, rank in places.items():
        if isinstance(rank, Step):
            continue
        known = words.exact(texts[v])
        out.placed[v] = choice = known if known is not None else scale.nearest(rank)
        if scale.ranks.get(choice, rank) != rank:
            out.assumed[texts[v]] = choice
    out.assumed |= _letters(open_ones.values(), words)
    steps = {v: p for v, p in places.items() if isinstance(p, Step)}
    if not steps:
        return out
    families = {p.family for p in steps.values()}
    told = all(words.exact(texts[v]) is not None for v in steps)
    mixed = len(families) > 1 or len(steps) < len([t for t in texts.values() if place_of(t) is not None])
    up = _rises(next(iter(families)), words, scale)
    if told and (families != {"digits"} or max(p.n for p in steps.values()) <= len(scale.ranks)):
        return out  # the form's own words for it
    if mixed or up is None or len({p.n for p in steps.values()}) < _FEWEST:
        out.open |= {v for v, p in steps.items() if p.family != "letters" or len(steps) > 1}
        return out
    for v, share in _shares(steps, up).items():
        out.placed[v] = out.assumed[texts[v]] = scale.at(share)
    return out


def _letters(texts: Iterable[str], words: Words) -> dict[str, str]:
    """Letter → choice, where all words of a column are single letters that stand for no degree by themselves (R, A, G): the form knows
    them, but a person should see what they were taken for."""
    known = {t: words.exact(t) for t in texts}
    letters = {t: c for t, c in known.items() if c is not None and len(t.strip()) == 1 and t.strip().isascii() and t.strip().isalpha()}
    unsaid = any(_rank(t) is None and not isinstance(place_of(t), Step) for t in letters)
    return letters if letters and len(letters) == len(known) and unsaid else {}


_FRACTION = regex(r"(?:0(?:\.\d+)?|1(?:\.0+)?|(?:\d{1,2}|100)(?:\.\d+)?%)$")


def suggested(f: Field, words: Words, texts: Sequence[str], heading: str) -> dict[str, str]:
    """Text → the choice that it probably is, "" where nothing suggests one. For a question."""
    scale = scale_of(f)
    if scale is None:
        return {}
    if all(_FRACTION.match(t) for t in texts):  # a probability as a number
        return {t: scale.at(float(t.rstrip("%")) / (100 if t.endswith("%") else 1)) for t in texts}
    places = {t: place_of(t) for t in texts}
    out = dict.fromkeys(texts, "")
    out |= {t: scale.nearest(p) for t, p in places.items() if p is not None and not isinstance(p, Step)}
    for family in {p.family for p in places.values() if isinstance(p, Step)}:
        steps = {t: p for t, p in places.items() if isinstance(p, Step) and p.family == family}
        up = _rises(family, words, scale)
        if up is None:
            up = family not in _ONE_IS_HIGHEST and not (family == "digits" and _FIRST_IS_MOST.search(heading))
        out |= {t: scale.at(share) for t, share in _shares(steps, up).items()}
    return out


def folds(f: Field, raw: Iterable[Value], values: Iterable[Value]) -> bool:
    """Whether two different degrees of a column were read as one choice, so that the sheet's own words say more."""
    if scale_of(f) is None:
        return False
    seen: dict[Value, set[float | Step]] = {}
    for written, value in zip(raw, values, strict=True):
        if written is not None and value is not None and not isinstance(value, Unreadable) and (p := place_of(shown(written))) is not None:
            seen.setdefault(value, set()).add(p)
    return any(len(places) > 1 for places in seen.values())


def _rises(family: str, words: Words, scale: Scale) -> bool | None:
    """Whether a greater number is a higher degree; None where that is not the same everywhere and the form does not say it."""
    if family in _SURE:
        return family not in _ONE_IS_HIGHEST
    lowest, highest = next(iter(scale.ranks)), list(scale.ranks)[-1]
    return {lowest: True, highest: False}.get(words.exact("1") or "") if family == "digits" else None


_T = TypeVar("_T")


def _shares(steps: Mapping[_T, Step], up: bool) -> dict[_T, float]:
    """How far each code is from the lowest (0) to the highest (1) of its scale, whose ends are those seen, three steps at least."""
    numbers = [p.n for p in steps.values()]
    first = min(1, *numbers)
    last = max(first + _SHORTEST - 1, *numbers, *(p.of for p in steps.values()))
    return {t: (p.n - first if up else last - p.n) / (last - first) for t, p in steps.items()}
