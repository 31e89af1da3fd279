"""Family R, the shape of IDs: an ID written differently from the others, and missing numbers.

In: a Case.  Out: findings.  Pure.  The usual shape is that of four fifths of the keys, if there are at least five.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

from collab_xl.model.finding import Finding
from collab_xl.model.keys import spelling
from collab_xl.model.regex import regex
from collab_xl.rules.case import Case

_DIGITS = regex(r"\d+")
_LAST = regex(r"(\d+)(?=\D*$)")
FEWEST = 5
USUAL = 0.8
"""Share of the keys that must have one shape before other shapes are reported."""


def shape(key: str) -> str:
    """The shape of a key: RW-# for RW-001 and RW-1000. Width of letters is ignored, case and dashes count."""
    return _DIGITS.sub("#", key if key.isascii() else unicodedata.normalize("NFKC", key))


def usual_shape(shapes: Sequence[str]) -> str:
    """The shape that most keys have, "" if there is none."""
    counted = Counter(shapes).most_common(1)
    return counted[0][0] if counted and len(shapes) >= FEWEST and counted[0][1] >= USUAL * len(shapes) else ""


def odd_keys(case: Case) -> Iterator[Finding]:
    """R305 at a key with another shape than the others, unless it is another spelling of a key: R303 then says more."""
    for rows in case.forms_of("R305"):
        shapes = {key: shape(key) for key in rows.keys if key is not None}
        keys = [key for key in rows.keys if key is not None]
        usual = usual_shape([shapes[key] for key in keys])
        if not usual:
            continue
        alike = [key for key in keys if shapes[key] == usual]
        spelled = Counter(map(spelling, shapes)) if len(alike) < len(keys) else Counter()
        for i, key in enumerate(rows.keys):
            if key is not None and shapes[key] != usual and spelled[spelling(key)] == 1:
                yield case.finding("R305", rows, i, rows.form.key, alike[0], usual=alike[0], n=len(alike))


def gaps(case: Case) -> Iterator[Finding]:
    """R306 once per series of keys, at the key after the first gap, with the missing numbers. More gaps than keys: not a series."""
    for rows in case.forms_of("R306"):
        keys = rows.keys
        shapes = [None if key is None else shape(key) for key in keys]
        usual = usual_shape([one for one in shapes if one is not None])
        series: dict[tuple[str, str], dict[int, int]] = {}
        widths: dict[tuple[str, str], int] = {}
        for i, key in enumerate(keys):
            if key is None or not usual or shapes[i] != usual:
                continue
            if found := _LAST.search(key):
                around = (key[: found.start()], key[found.end() :])
                series.setdefault(around, {}).setdefault(int(found[1]), i)
                widths[around] = max(widths.get(around, 0), len(found[1]) if found[1].startswith("0") else 0)
        for around, numbers in series.items():
            first, last = min(numbers), max(numbers)
            missing = last - first + 1 - len(numbers)
            if not 0 < missing <= len(numbers) or len(numbers) < FEWEST:
                continue
            lost = [n for n in range(first, last) if n not in numbers]
            named = tuple(f"{around[0]}{n:0{widths[around]}}{around[1]}" for n in lost[:5])
            after = numbers[min(n for n in numbers if n > lost[0])]
            yield case.finding("R306", rows, after, rows.form.key, missing=(*named, "…") if missing > 5 else named, n=missing)
