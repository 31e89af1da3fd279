"""Read the ledger's tables back into model values; see `ledger_schema` for them. The inverse of `ledger_write`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from collab_xl.model.baseline import Baseline, Standing
from collab_xl.model.codec import load
from collab_xl.model.escalation import Escalated
from collab_xl.model.evidence import EVIDENCE, Named
from collab_xl.model.imported import Imported
from collab_xl.model.merge import CellKey, MergeResult, Moved, Outcome, Pack, Resolved, Withdrawn
from collab_xl.model.outside_text import encodable_data
from collab_xl.model.plan import CellChange, NewRow, Provenance
from collab_xl.model.regex import regex
from collab_xl.model.run import Run, RunChanges, RunEvents
from collab_xl.model.submission_log import Received, State
from collab_xl.model.summary import WeekRecord
from collab_xl.model.values import Value
from collab_xl.model.values import from_json as value_of
from collab_xl.project.decompress import decompressed
from collab_xl.project.ledger_write import MERGE_PARTS, RESOLVE_PARTS, Moves, Seen, Sources, Values

_HALF, _HALF_IN_BYTES = regex(r"\\u[dD][89a-fA-F]"), regex(rb"\\u[dD][89a-fA-F]")


def unpack(data: bytes) -> Any:
    return json_of(decompressed(data))


def json_of(text: str | bytes) -> Any:
    """The parsed JSON, with U+FFFD for halves of surrogate pairs: JSON can contain them, but they could not be written again."""
    data = json.loads(text)
    half = _HALF.search(text) if isinstance(text, str) else _HALF_IN_BYTES.search(text)
    return encodable_data(data) if half else data


def run_line(run: Run) -> tuple[Any, ...]:
    summary, undoes = json.dumps(run.summary, ensure_ascii=False), json.dumps(run.undoes)
    when = (run.as_of.isoformat(), run.started_at.isoformat())
    return (run.number, run.id, run.parent, run.verb, *when, run.lang, run.user, summary, undoes, run.changed_data, run.merged)


def runs(conn: sqlite3.Connection) -> Iterator[Run]:
    for n, id_, parent, verb, as_of, started, lang, user, summary, undoes, changed, merged in conn.execute("SELECT * FROM runs ORDER BY n"):
        yield Run(
            id_,
            n,
            parent,
            verb,
            date.fromisoformat(as_of),
            datetime.fromisoformat(started),
            lang,
            user,
            json_of(summary),
            tuple(json_of(undoes)),
            bool(changed),
            bool(merged),
        )


def events(conn: sqlite3.Connection, run: Run, packs: Collection[str] | None) -> RunEvents:
    parts = {kind: unpack(data) for kind, data in conn.execute("SELECT kind, data FROM events WHERE run = ?", (run.number,))}
    moved: dict[tuple[str, CellKey], Moved] = {}
    seen: dict[tuple[str, CellKey], tuple[Moved, ...]] = {}
    for pack, moved_data, seen_data in conn.execute("SELECT pack, moved, seen FROM baselines WHERE run = ?", (run.number,)):
        if packs is None or pack in packs:
            moved.update(((pack, cell), m) for cell, m in load(unpack(moved_data), Moves).items())
            seen.update(((pack, cell), m) for cell, m in load(unpack(seen_data), Seen).items())
    merged = None
    if "opened" in parts:
        merged = MergeResult(
            moved=moved, seen=seen, **{name: load(parts[name], hint) for name, hint in MERGE_PARTS.items() if name in parts}
        )
    resolved = None
    if "resolved" in parts:
        said = parts["resolved"]
        resolved = Resolved(**{name: load(said[name], hint) for name, hint in RESOLVE_PARTS.items() if name in said})
    withdrawn = load(parts["withdrawn"], Withdrawn) if "withdrawn" in parts else None
    return RunEvents(run, merged, resolved, frozenset(consumed(conn, run.number)), withdrawn)


def escalated(conn: sqlite3.Connection, number: int) -> tuple[Escalated, ...] | None:
    """The register of escalations that a run kept; None if it kept none."""
    found = conn.execute("SELECT data FROM events WHERE run = ? AND kind = 'escalated'", (number,)).fetchone()
    return None if found is None else load(unpack(found[0]), tuple[Escalated, ...])


def imported(conn: sqlite3.Connection, number: int) -> Imported | None:
    """What a run read from trackers; None if it imported nothing."""
    found = conn.execute("SELECT data FROM events WHERE run = ? AND kind = 'imported'", (number,)).fetchone()
    return None if found is None else load(unpack(found[0]), Imported)


def baseline(conn: sqlite3.Connection, number: int) -> Baseline | None:
    """The baseline a run set."""
    found = conn.execute("SELECT data FROM events WHERE run = ? AND kind = 'baseline'", (number,)).fetchone()
    return None if found is None else load(unpack(found[0]), Baseline)


def with_standing(conn: sqlite3.Connection) -> set[int]:
    """Numbers of the runs that kept the rows as they were after them."""
    return {number for (number,) in conn.execute("SELECT run FROM events WHERE kind IN ('baseline', 'standing')")}


def standing(conn: sqlite3.Connection, number: int) -> Standing:
    """The rows after such a run."""
    found = conn.execute("SELECT data FROM events WHERE run = ? AND kind = 'standing'", (number,)).fetchone()
    if found is not None:
        kept: Standing = load(unpack(found[0]), Standing)
        return kept
    own = baseline(conn, number)
    return own.standing if own is not None else {}


def consumed(conn: sqlite3.Connection, number: int) -> list[str]:
    return [sha for (sha,) in conn.execute("SELECT sha256 FROM consumed WHERE run = ?", (number,))]


def withdrawn(conn: sqlite3.Connection) -> dict[int, Withdrawn]:
    """Run number → what the run took out."""
    return {n: load(unpack(data), Withdrawn) for n, data in conn.execute("SELECT run, data FROM events WHERE kind = 'withdrawn'")}


def consumed_by(conn: sqlite3.Connection) -> list[tuple[int, str]]:
    """(run number, sha256) of every submission that a run consolidated, oldest run first."""
    return list(conn.execute("SELECT run, sha256 FROM consumed ORDER BY run, sha256"))


def reached(conn: sqlite3.Connection) -> set[int]:
    """Numbers of the runs that are known to have been written into a workbook."""
    return {number for (number,) in conn.execute("SELECT run FROM events WHERE kind = 'reached'")}


TAKEN = f"('{State.ACCEPTED}', '{State.EVIDENCE}')"
"""States of inputs that come into the master."""


def accepted_by(conn: sqlite3.Connection) -> list[tuple[int, str]]:
    """(run number, sha256) of every submission and piece of evidence that a run accepted, oldest run first."""
    return list(conn.execute(f"SELECT run, sha256 FROM received WHERE state IN {TAKEN} ORDER BY run, pos"))


def accepted(conn: sqlite3.Connection, sha256: str) -> Received | None:
    """The newest acceptance of a submission or of evidence by any run."""
    sql = f"SELECT data FROM received WHERE sha256 = ? AND state IN {TAKEN} ORDER BY run DESC, pos DESC LIMIT 1"
    line = conn.execute(sql, (sha256,)).fetchone()
    return load(json_of(line[0]), Received) if line else None


def has_evidence(conn: sqlite3.Connection) -> bool:
    return conn.execute("SELECT 1 FROM received WHERE state = ? LIMIT 1", (str(State.EVIDENCE),)).fetchone() is not None


def evidence_by(conn: sqlite3.Connection) -> list[tuple[int, Named, Provenance]]:
    """(run number, what it named where, its source) of every run that named a piece of evidence in a row, oldest run first."""
    sources = _Sources(conn)
    lines = conn.execute("SELECT run, form, row_key, source FROM changes WHERE why = ? ORDER BY run, pos", (EVIDENCE,))
    found = ((run, form, key, sources.of(source, None)) for run, form, key, source in lines)
    return [(run, Named(source.sha256, form, key), source) for run, form, key, source in found if source is not None]


def packs(conn: sqlite3.Connection) -> list[tuple[Pack, str, int]]:
    """Packs in the order issued, without their rows, each with the sha256 of the file of its values and the number of its run."""
    lines = conn.execute("SELECT id, run, department, week, issued_at, schema_version, file_sha256 FROM packs ORDER BY run, id")
    return [
        (Pack(id_, department, week, datetime.fromisoformat(issued), version, {}), sha, run)
        for id_, run, department, week, issued, version, sha in lines
    ]


def received(conn: sqlite3.Connection, number: int) -> list[Received]:
    lines = conn.execute("SELECT data FROM received WHERE run = ? ORDER BY pos", (number,))
    return [load(json_of(data), Received) for (data,) in lines]


def weeks(conn: sqlite3.Connection, number: int) -> list[WeekRecord]:
    return [load(json_of(data), WeekRecord) for (data,) in conn.execute("SELECT data FROM weeks WHERE run = ?", (number,))]


def outcomes(conn: sqlite3.Connection, number: int, files: Collection[str] | None = None) -> list[Outcome]:
    lines = conn.execute("SELECT sha256, data FROM outcomes WHERE run = ? ORDER BY sha256", (number,))
    wanted = (data for sha, data in lines if files is None or sha in files)
    return [outcome for data in wanted for outcome in load(unpack(data), tuple[Outcome, ...])]


class _Sources:
    """Provenance by its number in `sources`; each is read once."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._known: dict[int, Provenance] = {}

    def of(self, number: int | None, cell: str | None) -> Provenance | None:
        if number is None:
            return None
        if number not in self._known:
            (text,) = self._conn.execute("SELECT source FROM sources WHERE id = ?", (number,)).fetchone()
            self._known[number] = load(json_of(text), Provenance)
        s = self._known[number]
        return Provenance(s.sha256, s.department, s.pack, s.sender, s.sent_at, s.file, cell) if cell else s


def _value(text: str) -> Value:
    if text[0] == '"' and "\\" not in text:  # by far the most frequent case
        return text[1:-1]
    return None if text == "null" else value_of(json_of(text))


def _changes(conn: sqlite3.Connection, number: int, order: str = "") -> Iterator[CellChange]:
    sources = _Sources(conn)
    lines = conn.execute(
        f"SELECT form, row_key, field, old, new, why, source, cell, old_raw FROM changes WHERE run = ? ORDER BY pos {order}", (number,)
    )
    for form, key, name, old, new, why, source, cell, raw in lines:
        old_raw = None if raw is None else _value(raw)
        yield CellChange(form, key, name, _value(old), _value(new), why, sources.of(source, cell), old_raw)


def _rows(conn: sqlite3.Connection, number: int, kind: str, order: str = "") -> Iterator[NewRow]:
    sources = _Sources(conn)
    found = conn.execute("SELECT data FROM events WHERE run = ? AND kind = 'sources'", (number,)).fetchone() if kind == "added" else None
    of_cells = load(unpack(found[0]), Sources) if found else {}
    lines = conn.execute(
        f"SELECT form, row_key, row_id, data, source, cell FROM rows WHERE run = ? AND kind = ? ORDER BY pos {order}", (number, kind)
    )
    for form, key, row_id, data, source, cell in lines:
        yield NewRow(form, key, load(json_of(data), Values), row_id, sources.of(source, cell), of_cells.get((form, key), {}))


def run_changes(conn: sqlite3.Connection, run: Run) -> RunChanges:
    added, removed, unkeyed = (tuple(_rows(conn, run.number, kind)) for kind in ("added", "removed", "unkeyed"))
    lines = conn.execute("SELECT name, before, after FROM ranges WHERE run = ?", (run.number,))
    ranges = {name: (before, after) for name, before, after in lines}
    return RunChanges(run.id, tuple(_changes(conn, run.number)), added, removed, unkeyed, ranges)


def changes_newest_first(conn: sqlite3.Connection, number: int, limit: int | None) -> list[CellChange]:
    """Removed rows, then changes, then added rows: the reverse of the order in which they were made. Reads no more than it returns."""
    return list(islice(_backwards(conn, number), limit))


def _backwards(conn: sqlite3.Connection, number: int) -> Iterator[CellChange]:
    for row in _rows(conn, number, "removed", "DESC"):
        yield from (CellChange(row.form, row.row_key, f, v, None, "undo", row.source) for f, v in _filled(row))
    yield from _changes(conn, number, "DESC")
    for row in _rows(conn, number, "added", "DESC"):
        yield from (CellChange(row.form, row.row_key, f, None, v, "new_row", row.source_of(f)) for f, v in _filled(row))


def _filled(row: NewRow) -> list[tuple[str, Value]]:
    filled: list[tuple[str, Value]] = [(f, v) for f, v in row.values.items() if v is not None]
    return filled[::-1]


def keys_given(conn: sqlite3.Connection) -> list[tuple[int, str, str]]:
    """(run number, form, key) of every key that a run assigned to a row."""
    added = "SELECT run, form, row_key FROM rows WHERE kind = 'added'"  # not the rows that an undo removed
    sql = f"{added} UNION SELECT run, form, row_key FROM changes WHERE why = 'key'"
    return list(conn.execute(sql))


def last_issue(conn: sqlite3.Connection) -> int:
    """Number of the last run that issued packs, 0 if there is none."""
    return int(conn.execute("SELECT coalesce(max(run), 0) FROM packs").fetchone()[0])
