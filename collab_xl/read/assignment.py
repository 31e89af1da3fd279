"""The best assignment of columns to fields as a whole (Hungarian method): no column's field depends on the order of the others. Pure."""

from __future__ import annotations

from collections.abc import Mapping


def best(worth: Mapping[tuple[int, str], float]) -> dict[int, str]:
    """Column → field, each field once, so that the sum of `worth` is largest. Pairs that are not in `worth` are never made.

    Of equal sums the one with the lower columns and the earlier fields in sorted order.
    """
    pairs = {pair: value for pair, value in worth.items() if value > 0}
    cols = sorted({col for col, _ in pairs})
    fields = sorted({field for _, field in pairs})
    if not cols:
        return {}
    size = len(cols) + len(fields)  # a column may stay without a field
    most = max(pairs.values())
    cost = [
        [most - pairs.get((col, fields[j]), 0.0) if j < len(fields) and (col, fields[j]) in pairs else most for j in range(size)]
        for col in cols
    ]
    return {cols[i]: fields[j] for i, j in _hungarian(cost).items() if j < len(fields) and (cols[i], fields[j]) in pairs}


def _hungarian(cost: list[list[float]]) -> dict[int, int]:
    """Row → column with the smallest sum; rows ≤ columns."""
    rows, width = len(cost), len(cost[0])
    u, v = [0.0] * (rows + 1), [0.0] * (width + 1)
    taken = [0] * (width + 1)
    for i in range(1, rows + 1):
        taken[0], j0 = i, 0
        least, used, way = [float("inf")] * (width + 1), [False] * (width + 1), [0] * (width + 1)
        while True:
            used[j0] = True
            i0, delta, j1 = taken[j0], float("inf"), 0
            for j in range(1, width + 1):
                if used[j]:
                    continue
                current = cost[i0 - 1][j - 1] - u[i0] - v[j]
                if current < least[j]:
                    least[j], way[j] = current, j0
                if least[j] < delta:
                    delta, j1 = least[j], j
            for j in range(width + 1):
                if used[j]:
                    u[taken[j]] += delta
                    v[j] -= delta
                else:
                    least[j] -= delta
            j0 = j1
            if taken[j0] == 0:
                break
        while j0:
            taken[j0], j0 = taken[way[j0]], way[j0]
    return {taken[j] - 1: j - 1 for j in range(1, width + 1) if taken[j]}
