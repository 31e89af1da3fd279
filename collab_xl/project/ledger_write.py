"""Write one run into the ledger's tables (see `ledger_schema`). Called inside a transaction by `Ledger.prepare`."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, repeat
from typing import Any

from collab_xl.model.baseline import Baseline, Standing
from collab_xl.model.codec import dump
from collab_xl.model.escalation import Escalated
from collab_xl.model.imported import Imported
from collab_xl.model.merge import CellKey, Count, Decision, Item, MergeResult, Moved, NotEntered, Outcome, Withdrawn
from collab_xl.model.plan import CellChange, NewRow, Provenance
from collab_xl.model.run import RunRecord
from collab_xl.model.sheets import RowId
from collab_xl.model.submission_log import Received
from collab_xl.model.summary import WeekRecord
from collab_xl.model.values import Value, to_json

Moves = Mapping[CellKey, Moved]
Seen = Mapping[CellKey, tuple[Moved, ...]]
Keys = Mapping[tuple[str, RowId], str]
Values = Mapping[str, Value]
Sources = Mapping[tuple[str, str], Mapping[str, Provenance]]
"""(form, key) of an added row → field → where its value came from."""
MAX_VARIABLES = 999
"""In one statement, for every version of SQLite."""
MERGE_PARTS = {
    "opened": tuple[Item, ...],
    "closed": tuple[str, ...],
    "counts": tuple[Count, ...],
    "keys": Keys,
    "not_entered": Mapping[str, tuple[NotEntered, ...]],
}
"""Fields of MergeResult that are stored in `events`, with their types."""
RESOLVE_PARTS = {
    "decisions": tuple[Decision, ...],
    "closed": tuple[str, ...],
    "moved": Mapping[tuple[str, CellKey], Moved],
    "keys": Keys,
    "asked_again": tuple[Item, ...],
    "postponed": tuple[Item, ...],
}
"""Fields of Resolved that are stored in `events`; the changes and rows are in their own tables."""

_text = json.encoder.encode_basestring
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def pack_json(data: Any) -> bytes:
    """Compressed JSON: level 1 reduces it to a tenth, in a tenth of the time of level 6."""
    from msgspec.json import encode

    return zlib.compress(encode(data), 1)


def write_text(value: Value) -> str:
    """One value as JSON text. Plain texts are tested first, as there are very many of them."""
    return _text(value) if type(value) is str else "null" if value is None else _json(to_json(value))


class _Texts(dict[tuple[type, Value], str]):
    """Cache of `write_text` for frequent values: days and numbers, not texts. 1, 1.0 and TRUE are different keys."""

    def __missing__(self, key: tuple[type, Value]) -> str:
        if len(self) >= 4096:
            self.clear()
        self[key] = text = write_text(key[1])
        return text


class Writer:
    """Writes the parts of a RunRecord under run number `n`."""

    def __init__(self, conn: sqlite3.Connection, n: int) -> None:
        self.conn, self.n = conn, n
        self._sources: dict[tuple[object, ...], int] = {}

    def write(self, record: RunRecord) -> None:
        """Write everything except the run's own line and its packs."""
        self._many("changes", 11, self._changes(record.changes))
        rows = [("added", record.added), ("removed", record.removed), ("unkeyed", record.unkeyed)]
        self._many("rows", 9, self._rows((kind, row) for kind, given in rows for row in given))
        self._many("ranges", 4, ((self.n, name, *pair) for name, pair in record.ranges.items()))
        self._many("consumed", 2, ((self.n, sha) for sha in sorted(record.consumed)))
        self._many("received", 5, (self._received(pos, r) for pos, r in enumerate(record.received)))
        self._many("weeks", 3, ((self.n, w.week, _json(dump(w, WeekRecord))) for w in record.weeks))
        if record.merged is not None:
            self._merged(record.merged)
        if sources := {(row.form, row.row_key): row.sources for row in record.added if row.sources}:
            self._event("sources", dump(sources, Sources))
        if record.escalated is not None:
            self._event("escalated", dump(tuple(record.escalated), tuple[Escalated, ...]))
        if record.baseline is not None:
            self._event("baseline", dump(record.baseline, Baseline))
        if record.standing is not None:
            self._event("standing", dump(record.standing, Standing))
        if record.imported is not None:
            self._event("imported", dump(record.imported, Imported))
        if record.withdrawn is not None:
            self._event("withdrawn", dump(record.withdrawn, Withdrawn))
        if record.resolved is not None:
            self._event("resolved", {name: dump(getattr(record.resolved, name), hint) for name, hint in RESOLVE_PARTS.items()})

    def _many(self, table: str, columns: int, lines: Iterable[tuple[Any, ...]]) -> None:
        """Insert several lines per statement: a third faster for tens of thousands of lines."""
        line = f"({','.join('?' * columns)})"
        several = f"INSERT INTO {table} VALUES {','.join([line] * (MAX_VARIABLES // columns))}"
        rest = iter(lines)
        while batch := list(islice(rest, MAX_VARIABLES // columns)):
            statement = several if len(batch) == MAX_VARIABLES // columns else f"INSERT INTO {table} VALUES {','.join([line] * len(batch))}"
            self.conn.execute(statement, [*chain.from_iterable(batch)])

    def _changes(self, changes: Sequence[CellChange]) -> Iterable[tuple[Any, ...]]:
        """The lines of the changes, built column by column, as there may be a hundred thousand."""
        if not changes:
            return ()
        forms, keys, fields, old, new, whys, sources, old_raws = zip(*changes, strict=True)
        known = _Texts()
        was, now = ([_text(v) if type(v) is str else known[type(v), v] for v in values] for values in (old, new))
        files, cells = zip(*map(self._source, sources), strict=True)
        raws = [None if v is None else write_text(v) for v in old_raws]
        return zip(repeat(self.n), range(len(changes)), forms, keys, fields, was, now, whys, files, cells, raws, strict=False)

    def _rows(self, rows: Iterable[tuple[str, NewRow]]) -> Iterator[tuple[Any, ...]]:
        for pos, (kind, row) in enumerate(rows):
            source, cell = self._source(row.source)
            data = _json(dump(row.values, Values))
            yield self.n, pos, kind, row.form, row.row_key, row.row_id, data, source, cell

    def _source(self, source: Provenance | None) -> tuple[int | None, str | None]:
        """The number of the file in `sources`, where each file is stored once, and the cell, which is stored with the change."""
        if source is None:
            return None, None
        key = source[:-1]
        known = self._sources.get(key)
        if known is None:
            text = _json(dump(source._replace(cell=""), Provenance))
            self.conn.execute("INSERT OR IGNORE INTO sources (source) VALUES (?)", (text,))
            known = self._sources[key] = self.conn.execute("SELECT id FROM sources WHERE source = ?", (text,)).fetchone()[0]
        return known, source.cell or None

    def _received(self, pos: int, received: Received) -> tuple[Any, ...]:
        return self.n, pos, received.sha256, str(received.state), _json(dump(received, Received))

    def _event(self, kind: str, data: Any) -> None:
        self.conn.execute("INSERT INTO events VALUES (?,?,?)", (self.n, kind, pack_json(data)))

    def _merged(self, merged: MergeResult) -> None:
        for name, hint in MERGE_PARTS.items():
            self._event(name, dump(getattr(merged, name), hint))
        moved = {pack: dump(cells, Moves) for pack, cells in _by_pack(merged.moved).items()}
        seen = {pack: dump(cells, Seen) for pack, cells in _by_pack(merged.seen).items()}
        outcomes: dict[str, list[Outcome]] = {}
        for outcome in merged.outcomes:
            outcomes.setdefault(outcome.sha256, []).append(outcome)
        lines = ((self.n, p, pack_json(moved.get(p, [])), pack_json(seen.get(p, []))) for p in {**moved, **seen})
        self._many("baselines", 4, lines)
        self._many("outcomes", 3, ((self.n, sha, pack_json(dump(o, tuple[Outcome, ...]))) for sha, o in outcomes.items()))


def _by_pack(cells: Mapping[tuple[str, CellKey], Any]) -> dict[str, dict[CellKey, Any]]:
    out: dict[str, dict[CellKey, Any]] = {}
    for (pack, cell), value in cells.items():
        out.setdefault(pack, {})[cell] = value
    return out
