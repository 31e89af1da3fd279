"""The rows of a pack as they were issued: looked at row by row, or column by column where there are many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from collab_xl.model.values import Value

RowId = str
"""A pack row's id: the row's key where the master had the row when the pack was issued, else `<pack>#<n>`."""


class Block(NamedTuple):
    """A run of rows with the same fields. `columns[n][i]` is the value of `fields[n]` in the row `ids[i]`; blank rows have no fields."""

    fields: tuple[str, ...]
    ids: Sequence[RowId]
    columns: Sequence[Sequence[Value]]


class IssuedRows(Mapping[RowId, Mapping[str, Value]]):
    """Row id → field → parsed value issued, kept as blocks: a dictionary for each row is made only when a row is asked for."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks

    @classmethod
    def of(cls, rows: Mapping[RowId, Mapping[str, Value]]) -> IssuedRows:
        """The same rows in the same order."""
        if isinstance(rows, IssuedRows):
            return rows
        runs: list[tuple[tuple[str, ...], list[RowId], list[Mapping[str, Value]]]] = []
        for row_id, values in rows.items():
            fields = tuple(values)
            if not runs or runs[-1][0] != fields:
                runs.append((fields, [], []))
            runs[-1][1].append(row_id)
            runs[-1][2].append(values)
        return cls([Block(fields, ids, [[v[f] for v in values] for f in fields]) for fields, ids, values in runs])

    @cached_property
    def filled(self) -> frozenset[RowId]:
        """The rows that were issued with something in them."""
        return frozenset().union(*(block.ids for block in self.blocks if block.fields))

    def columns(self, ids: Sequence[RowId], fields: Iterable[str]) -> list[Sequence[Value]]:
        """For each field the values of these rows; None where a row was issued without the field. KeyError for an unknown row."""
        for block in self.blocks:
            if block.fields and block.ids == ids:
                at = {f: n for n, f in enumerate(block.fields)}
                return [block.columns[at[f]] if f in at else [None] * len(ids) for f in fields]
        rows = [self._rows[row_id] for row_id in ids]
        return [[row.get(f) for row in rows] for f in fields]

    @cached_property
    def _rows(self) -> dict[RowId, Mapping[str, Value]]:
        found: dict[RowId, Mapping[str, Value]] = {}
        for fields, ids, columns in self.blocks:
            lines = zip(*columns, strict=True) if fields else ((),) * len(ids)
            found.update((row_id, dict(zip(fields, line, strict=True))) for row_id, line in zip(ids, lines, strict=True))
        return found

    @cached_property
    def _ids(self) -> frozenset[RowId]:
        return frozenset(self)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._ids

    def __getitem__(self, row_id: RowId) -> Mapping[str, Value]:
        return self._rows[row_id]

    def __iter__(self) -> Iterator[RowId]:
        return (row_id for block in self.blocks for row_id in block.ids)

    def __len__(self) -> int:
        return sum(len(block.ids) for block in self.blocks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self._rows == dict(other)

    __hash__ = None  # type: ignore[assignment]
