"""Columns of ticks below the choices of one list (未开始 | 进行中 | 已完成, one tick a row): they are one column with a word. Pure.

The choices may stand in the heading row, or in a second line below the heading of the list (完成状态). A grid with other content is left
as it is; two ticks in a row give both words, which no choice reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.model.record import Struct, replace
from collab_xl.model.sheets import Cell, Snapshot
from collab_xl.model.values import Value
from collab_xl.read.choices import Words
from collab_xl.read.context import Context
from collab_xl.read.headings import ALIAS, Mapped, Matching, Target
from collab_xl.read.locate import FoundBlock
from collab_xl.read.marks import EMPTY_BOXES, SELECTORS, TICKS
from collab_xl.read.rows import says
from collab_xl.read.text import clean, shown

_LEAST_COLUMNS, _LEAST_TICKED = 2, 2
_ONE_TICK = 0.5
"""The share of rows with a cell of the grid that have exactly one tick."""
_LETTERS = frozenset("xXyYvV")


class Ticked(Struct, frozen=True):
    """The block with the columns as one, mapped at the first of them; `words`: column → its choice as its heading writes it."""

    block: FoundBlock
    field: str
    words: Mapping[int, str]

    @property
    def at(self) -> int:
        return min(self.words)

    def value(self, snapshot: Snapshot, row: int) -> str | None:
        """What a row ticks: a word, several words, or None."""
        return "、".join(word for col, word in self.words.items() if _is_tick(snapshot.value(row, col))) or None

    def cell(self, snapshot: Snapshot, row: int) -> Cell:
        return row, next((col for col in self.words if _is_tick(snapshot.value(row, col))), self.at)


def ticked(snapshot: Snapshot, block: FoundBlock, context: Context) -> Ticked | None:
    """The columns of ticks of a block; None if it has none. The list with the most columns is taken."""
    found = [t for t in (*_in_headings(snapshot, block, context), *_below_heading(snapshot, block, context))]
    return max(found, key=lambda t: len(t.words), default=None)


def _in_headings(snapshot: Snapshot, block: FoundBlock, context: Context) -> list[Ticked]:
    matching, out = block.matching, []
    for field in block.form.fields:
        if field.kind != "choice" or field.id in matching.fields:
            continue
        words = Words.of(field, context.lang, context.words.get((block.form.id, field.id)))
        named = {c: h for c, h in sorted(matching.extra.items()) if c not in matching.told and words.exact(clean(h)) is not None}
        if _is_grid(snapshot, named, words, range(block.last + 1, block.body_last + 1)):
            row = matching.rows.get(min(named), block.last)
            mapped = Mapped(min(named), row, named[min(named)], Target(field.id, None, ALIAS))
            out.append(Ticked(_with(block, mapped, named), field.id, named))
    return out


def _below_heading(snapshot: Snapshot, block: FoundBlock, context: Context) -> list[Ticked]:
    out, row = [], block.last + 1
    heads = {m.col for m in block.matching.mapped} | {c for c, h in block.matching.extra.items() if h}
    for mapped in block.matching.mapped:
        field = block.form.field(mapped.field)
        if field.kind != "choice" or any(says(snapshot.value(row, c)) for c in heads - {mapped.col}):
            continue
        words = Words.of(field, context.lang, context.words.get((block.form.id, field.id)))
        named: dict[int, str] = {}
        for col in range(mapped.col, snapshot.last_col + 1):
            word = snapshot.value(row, col)
            if (col in heads and col != mapped.col) or not isinstance(word, str) or words.exact(clean(word)) is None:
                break
            named[col] = word
        if _is_grid(snapshot, named, words, range(row + 1, block.body_last + 1)):
            out.append(Ticked(_with(replace(block, last=row, last_col=max(block.last_col, max(named))), mapped, named), field.id, named))
    return out


def _with(block: FoundBlock, mapped: Mapped, named: Mapping[int, str]) -> FoundBlock:
    matching: Matching = block.matching
    others = [m for m in matching.mapped if m.field != mapped.field]
    extra = {c: h for c, h in matching.extra.items() if c not in named}
    return replace(block, matching=replace(matching, mapped=sorted([*others, mapped], key=lambda m: m.col), extra=extra))


def _is_grid(snapshot: Snapshot, named: Mapping[int, str], words: Words, rows: Sequence[int]) -> bool:
    if len(named) < _LEAST_COLUMNS or len({words.exact(clean(w)) for w in named.values()}) < len(named):
        return False
    lines = [[snapshot.value(r, c) for c in named] for r in rows]
    if not all(_is_tick(v) or _is_blank(v) for line in lines for v in line):
        return False
    filled = [sum(map(_is_tick, line)) for line in lines if any(map(says, line))]
    return sum(n > 0 for n in filled) >= _LEAST_TICKED and sum(n == 1 for n in filled) >= _ONE_TICK * len(filled)


def _is_tick(value: Value) -> bool:
    if isinstance(value, (bool, int, float)):
        return value == 1
    text = shown(value).translate(SELECTORS).strip() if isinstance(value, str) else ""
    return len(text) == 1 and (text in TICKS or text in _LETTERS)


def _is_blank(value: Value) -> bool:
    if isinstance(value, (bool, int, float)):
        return value == 0
    text = shown(value).translate(SELECTORS).strip() if isinstance(value, str) else ""
    return not says(value) or (len(text) == 1 and (text in EMPTY_BOXES or text in "-—–/"))
