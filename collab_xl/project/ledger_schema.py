"""The tables of `ledger.db`; opening and upgrading it.

One file without WAL: masters are on network shares, where shared memory does not work, and a copied folder must contain the whole
ledger (decision 0003). Values are JSON text, readable with any SQLite tool; data that only the merge reads is compressed.

A ledger may come from anybody (a project folder that was mailed, a share that many can write to). So its schema must be ours word for
word before anything is read from it: a view could replace a table by a query without end, a trigger could delete the history.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from pathlib import Path

from collab_xl.errors import CollabError
from collab_xl.os_errors import reason

VERSION = 5
BUSY_SECONDS = 10
LARGEST_VALUE = 256 << 20
"""Bytes of one value in the file."""

_V1 = """
CREATE TABLE project (id TEXT NOT NULL, secret BLOB NOT NULL, created TEXT NOT NULL);
CREATE TABLE runs (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, parent TEXT, verb TEXT NOT NULL, as_of TEXT NOT NULL, started_at TEXT NOT NULL,
    lang TEXT NOT NULL, user TEXT NOT NULL, summary TEXT NOT NULL, undoes TEXT NOT NULL, changed_data INTEGER NOT NULL,
    merged INTEGER NOT NULL);
CREATE TABLE sources (id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE);
CREATE TABLE changes (
    run INTEGER NOT NULL, pos INTEGER NOT NULL, form TEXT NOT NULL, row_key TEXT NOT NULL, field TEXT NOT NULL, old TEXT NOT NULL,
    new TEXT NOT NULL, why TEXT NOT NULL, source INTEGER, cell TEXT, old_raw TEXT, PRIMARY KEY (run, pos)) WITHOUT ROWID;
CREATE TABLE rows (
    run INTEGER NOT NULL, pos INTEGER NOT NULL, kind TEXT NOT NULL, form TEXT NOT NULL, row_key TEXT NOT NULL, row_id TEXT NOT NULL,
    data TEXT NOT NULL, source INTEGER, cell TEXT, PRIMARY KEY (run, pos)) WITHOUT ROWID;
CREATE TABLE ranges (
    run INTEGER NOT NULL, name TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, PRIMARY KEY (run, name)) WITHOUT ROWID;
CREATE TABLE baselines (
    run INTEGER NOT NULL, pack TEXT NOT NULL, moved BLOB NOT NULL, seen BLOB NOT NULL, PRIMARY KEY (run, pack)) WITHOUT ROWID;
CREATE TABLE events (run INTEGER NOT NULL, kind TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, kind)) WITHOUT ROWID;
CREATE TABLE outcomes (run INTEGER NOT NULL, sha256 TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, sha256)) WITHOUT ROWID;
CREATE TABLE consumed (run INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (run, sha256)) WITHOUT ROWID;
CREATE TABLE packs (
    id TEXT NOT NULL PRIMARY KEY, run INTEGER NOT NULL, department TEXT NOT NULL, week TEXT NOT NULL, issued_at TEXT NOT NULL,
    schema_version TEXT NOT NULL, file_sha256 TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE received (
    run INTEGER NOT NULL, pos INTEGER NOT NULL, sha256 TEXT NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (run, pos)) WITHOUT ROWID;
CREATE TABLE weeks (run INTEGER NOT NULL, week TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (run, week)) WITHOUT ROWID;
"""

# Questions about how a sender writes, with a person's answers. They belong to the project, not to a run (decision 0011).
_V2 = """
CREATE TABLE questions (
    id TEXT NOT NULL PRIMARY KEY, sender TEXT NOT NULL, kind TEXT NOT NULL, form TEXT NOT NULL, word TEXT NOT NULL, found TEXT NOT NULL,
    suggestion TEXT NOT NULL, file TEXT NOT NULL, cell TEXT NOT NULL, asked_at TEXT NOT NULL, answer TEXT, answered_at TEXT,
    answered_by TEXT NOT NULL) WITHOUT ROWID;
"""

# Mails of the project's mailbox that need not be looked at again. They belong to the project, as questions do.
_V3 = """
CREATE TABLE mails (
    account TEXT NOT NULL, folder TEXT NOT NULL, validity INTEGER NOT NULL, uid INTEGER NOT NULL,
    PRIMARY KEY (account, folder, validity, uid)) WITHOUT ROWID;
"""

# Mails that go out, and what mails that came in say about them. Facts: they belong to the project, and undo does not touch them.
_V4 = """
CREATE TABLE outgoing (
    id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, department TEXT NOT NULL, recipients TEXT NOT NULL, cc TEXT NOT NULL,
    subject TEXT NOT NULL, tag TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL, about TEXT NOT NULL,
    planned_at TEXT NOT NULL, state TEXT NOT NULL, state_at TEXT NOT NULL, way TEXT NOT NULL, proof TEXT NOT NULL, reason TEXT NOT NULL,
    run TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE mail_reports (
    source TEXT NOT NULL, kind TEXT NOT NULL, message_id TEXT NOT NULL, recipient TEXT NOT NULL, department TEXT NOT NULL,
    reason TEXT NOT NULL, at TEXT NOT NULL, validity INTEGER NOT NULL, uid INTEGER NOT NULL,
    PRIMARY KEY (source, kind, message_id, recipient)) WITHOUT ROWID;
"""

# No table: inputs can have the state `evidence`, which earlier versions of the program cannot read.
_V5 = ""

MIGRATIONS = (_V1, _V2, _V3, _V4, _V5)
"""Script n upgrades version n to n + 1. A released script is never edited."""


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open a ledger, check it and upgrade it to the current version.

    Raises CollabError `ledger_missing`, `ledger_damaged`, `ledger_newer`, `ledger_altered`. In a folder without write access the ledger is
    opened read-only.
    """
    if not create and not path.is_file():
        raise missing(path)
    try:
        conn = _open(path, "rwc" if create else "rw")
        try:
            _check(conn, path, create)
        except BaseException:
            conn.close()
            raise
    except sqlite3.OperationalError as error:
        raise CollabError("ledger_unusable", path=path, reason=reason(error)) from error
    except sqlite3.DatabaseError as error:
        raise damaged(path, error) from error
    return conn


def _open(path: Path, mode: str) -> sqlite3.Connection:
    try:
        conn = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None)
        conn.execute("PRAGMA schema_version")
    except sqlite3.OperationalError:
        if mode != "rw":
            raise
        return _open(path, "ro")
    _distrust(conn)
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("PRAGMA cache_size = -65536")
    return conn


def _distrust(conn: sqlite3.Connection) -> None:
    """Let nothing in the file call functions, and limit the size of values."""
    conn.execute("PRAGMA trusted_schema = OFF")
    conn.execute("PRAGMA cell_size_check = ON")
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)


Schema = frozenset[tuple[str, str, str, str]]
"""Kind, name, table and text of everything in a database."""
_READ_SCHEMA = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master"


@cache
def _our_schema(version: int) -> Schema:
    conn = sqlite3.connect(":memory:")
    try:
        for script in MIGRATIONS[:version]:
            conn.executescript(script)
        return frozenset(conn.execute(_READ_SCHEMA))
    finally:
        conn.close()


def foreign_parts(conn: sqlite3.Connection, version: int) -> list[str]:
    """What is in the ledger and is not ours, or is missing: kind and name, sorted. Empty for the exact schema of this version."""
    found = frozenset(conn.execute(_READ_SCHEMA))
    return sorted({f"{kind} {name}" for kind, name, _, _ in found ^ _our_schema(version)})


def read_only(path: Path) -> sqlite3.Connection:
    """Open a ledger for a look; the caller closes it. Raises sqlite3.Error, also for a schema that is not ours."""
    conn = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        _distrust(conn)
        version = conn.execute("PRAGMA user_version").fetchone()[0]
        if version <= VERSION and foreign_parts(conn, version):
            raise sqlite3.DatabaseError("not the schema of a ledger")
    except BaseException:
        conn.close()
        raise
    return conn


def _check(conn: sqlite3.Connection, path: Path, create: bool) -> None:
    version = conn.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise CollabError("ledger_newer", path=path, found=version, known=VERSION)
    if version == 0 and not create:
        raise sqlite3.DatabaseError("no ledger in it")
    if not create and (parts := foreign_parts(conn, version)):
        raise CollabError("ledger_altered", path=path, found=tuple(parts[:5]), backups=path.parent / "backups")
    if version:
        verdict = conn.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
    for number in range(version, VERSION):
        conn.executescript(f"BEGIN IMMEDIATE;{MIGRATIONS[number]}PRAGMA user_version = {number + 1};COMMIT;")


def newest_copy(path: Path) -> Path | None:
    """The readable copy with the newest run; None if there is none.

    File times prove nothing: a copy of an old copy is a new file. Of equal copies, the one made after each run (`ledger.db`) is returned.
    """
    newest = {copy: _newest_run(copy) for copy in (path.parent / "backups").glob("ledger*.db")}
    return max((copy for copy, run in newest.items() if run is not None), key=lambda copy: (newest[copy], copy.name), default=None)


def missing(path: Path) -> CollabError:
    """The error for a missing ledger; it names the newest copy."""
    copy = newest_copy(path)
    return CollabError("ledger_missing", path=path) if copy is None else CollabError("ledger_missing_copy", path=path, copy=copy)


def damaged(path: Path, error: BaseException) -> CollabError:
    """The error for an unreadable ledger; it names the newest readable copy."""
    usable = newest_copy(path)
    if usable is None:
        return CollabError("ledger_damaged_no_copy", path=path, reason=reason(error))
    return CollabError("ledger_damaged", path=path, reason=reason(error), copy=usable)


def _newest_run(path: Path) -> tuple[str, int] | None:
    """The start time of the latest run and the highest run number; None if the ledger cannot be read.

    Numbers alone are not enough: a ledger restored from an old copy continues to count from there.
    """
    try:
        conn = read_only(path)
        try:
            if conn.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok" or conn.execute("SELECT 1 FROM project").fetchone() is None:
                return None
            started_at, number = conn.execute("SELECT coalesce(max(started_at), ''), coalesce(max(n), 0) FROM runs").fetchone()
            return str(started_at), int(number)
        finally:
            conn.close()
    except sqlite3.Error:
        return None
