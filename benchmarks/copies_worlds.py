"""Worlds of second copies: what different thresholds ask and lose. Run: `python benchmarks/copies_worlds.py [worlds]`.

In each world two files of one pack arrive; whether the later is built on the earlier is known to the world, not to the merge. For a
cell that the earlier file changed and the later one holds as issued there are four ends: a question that is right (the later person
knew the value and went back), one that is needless (never saw it), a silent stay that is right, and one that loses a wish.
Figures: decision 0023.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Mapping

from collab_xl.merge import copies
from collab_xl.model.values import Value

ROWS, FIELDS = 12, ("progress", "status", "measure", "risk")
WORDS = ("进行中", "已完成", "未开始")
Cell = tuple[str, str, str]


def value(rng: random.Random, field: str) -> tuple[Value, bool]:
    """A value of a field and whether it is free text. Progress and status have few values, so two people share them by chance."""
    if field == "progress":
        return rng.choice((0.3, 0.5, 0.8, 1.0)), False
    if field == "status":
        return rng.choice(WORDS), False
    return f"文字{rng.randrange(10**6)}", True


def edits(rng: random.Random, rows: range, share: float) -> dict[Cell, tuple[Value, bool]]:
    found = {}
    for row in rows:
        for field in FIELDS:
            if rng.random() < share:
                found["tasks", f"RW-{row:03}", field] = value(rng, field)
    return found


def world(rng: random.Random) -> tuple[dict[Cell, tuple[Value, bool]], dict[Cell, tuple[Value, bool]], bool, set[Cell]]:
    """(earlier file, later file, whether the later one knew the earlier one, cells it went back in)."""
    half = ROWS // 2
    story = rng.choice(("correction", "correction", "colleague", "colleague", "overlap", "small"))
    share = 0.15 if story == "small" else rng.choice((0.3, 0.6))
    back: set[Cell] = set()
    first = edits(rng, range(half if story == "colleague" else ROWS), share)
    if story in ("correction", "small") and rng.random() < 0.8:
        later = dict(first)
        for cell in first:
            if rng.random() < 0.1:
                del later[cell]
                back.add(cell)
            elif rng.random() < 0.2:
                later[cell] = value(rng, cell[2])
        return first, {**later, **edits(rng, range(ROWS), 0.1)}, True, back
    own = edits(rng, range(half, ROWS) if story == "colleague" else range(ROWS), share)
    return first, own, False, back


def tried(worlds: int, at: copies.Thresholds, seed: int = 1) -> Counter[str]:
    rng, ends = random.Random(seed), Counter[str]()
    for _ in range(worlds):
        first, later, knew, back = world(rng)
        how = copies.relation(later, first, at)
        ends[f"{'built on' if knew else 'apart'} judged {how.value}"] += 1
        for cell in first.keys() - later.keys():
            asked = how is not copies.Relation.APART
            ends[
                ("asked, right" if cell in back else "asked, needless") if asked else "silent, lost" if cell in back else "silent, right"
            ] += 1
    return ends


def main(worlds: int) -> Mapping[str, Counter[str]]:
    """The thresholds in use, then neighbours of each."""
    others = [(0.3, 2, 3), (0.7, 2, 3), (0.5, 1, 3), (0.5, 2, 2), (0.5, 2, 5), (0.5, 2, 10**6)]
    return {str(tuple(at)): tried(worlds, at) for at in (copies.THRESHOLDS, *(copies.Thresholds(*other) for other in others))}


if __name__ == "__main__":
    for name, ends in main(int(sys.argv[1]) if len(sys.argv) > 1 else 4000).items():
        print(name, dict(sorted(ends.items())))
