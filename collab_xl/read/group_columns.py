"""Columns that say to which group rows belong: a module before its features, an epic before its stories. Pure.

Such a column is filled in the first row of a group only, or says the same in all of its rows, while a column of texts to its right says
something else in each row. What rows are about is the last column of such a tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.model.values import Value
from collab_xl.read.cells_judged import Cells, is_about
from collab_xl.read.rows import says

_TWO = 2
_LEAST, _FEWER, _MOST, _HALF, _LONG = 3, 0.75, 0.6, 0.5, 50


def below_group(columns: Mapping[int, Sequence[Value]], col: int) -> int:
    """The column that says what rows are about within the groups of a column, 0 where it is no column of groups.

    Args:
        columns: column → its cells in the same rows, of all columns that may be part of a tree, from left to right.
    """
    for other in sorted(columns):
        if other > col and _is_group(columns[col], columns[other]):
            return other
    return 0


def groups_before(columns: Mapping[int, Sequence[Value]], col: int) -> list[int]:
    """The columns left of one that say to which group its rows belong."""
    return [c for c in sorted(columns) if c < col and _is_group(columns[c], columns[col])]


def _is_group(left: Sequence[Value], right: Sequence[Value]) -> bool:
    if sum(map(says, left)) < _TWO or sum(isinstance(v, str) for v in right) < _LEAST:
        return False
    cells = Cells([v for v in right if says(v)])
    if cells.n < _LEAST or not _are_names(cells):
        return False
    group = Cells([v for v in left if says(v)])
    if group.n < _TWO or group.days > _HALF or group.numbers > _HALF or (group.different * 2 < group.n and not _in_runs(left)):
        return False
    both = sum(says(a) and says(b) for a, b in zip(left, right, strict=True))
    if group.n <= _FEWER * cells.n and cells.n >= _HALF * len([1 for a, b in zip(left, right, strict=True) if says(a) or says(b)]):
        return _at_first(left, right)
    runs = _runs(left)
    return (
        both >= _MOST * cells.n
        and len(runs) <= _FEWER * group.n
        and len(set(runs)) >= _MOST * len(runs)
        and cells.different > group.different
    )


def _are_names(cells: Cells) -> bool:
    """Whether cells are texts that differ and are not sentences."""
    if len(cells.texts) < _MOST * cells.n or cells.different < _MOST * cells.n or cells.days > _HALF or cells.codes > _HALF:
        return False
    return sum(map(len, cells.texts)) <= _LONG * len(cells.texts) and is_about(cells) >= 0


def _at_first(left: Sequence[Value], right: Sequence[Value]) -> bool:
    """Whether rows with a blank on the left follow one with a group, so that there are groups of several rows."""
    sizes: list[int] = []
    for a, b in zip(left, right, strict=True):
        if says(a):
            sizes.append(int(says(b)))
        elif sizes and says(b):
            sizes[-1] += 1
    return sum(n > 1 for n in sizes) >= 2 or (len(sizes) >= 2 and max(sizes) >= _LEAST)


def _in_runs(values: Sequence[Value]) -> bool:
    runs = _runs(values)
    return len(set(runs)) >= _MOST * len(runs)


def _runs(values: Sequence[Value]) -> list[Value]:
    """The values one after the other, each once where it is repeated in the next row."""
    out: list[Value] = []
    for v in values:
        if says(v) and (not out or out[-1] != v):
            out.append(v)
    return out
