"""A ledger from anybody: its schema must be ours word for word, its values have limits, and only its owner may read it."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import time
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from collab_xl.errors import CollabError
from collab_xl.model.run import RunRecord
from collab_xl.project import decompress
from collab_xl.project.ledger import Ledger
from collab_xl.project.ledger_schema import foreign_parts, newest_copy
from collab_xl.project.sidecar import Sidecar, create_sidecar

NOW = datetime(2026, 11, 20, 9, 30)
ENDLESS = "(WITH RECURSIVE k(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM k) SELECT count(*) FROM k)"
ALTERED = {
    "a view instead of a table": f"ALTER TABLE runs RENAME TO runs_; CREATE VIEW runs AS SELECT * FROM runs_ WHERE {ENDLESS}>0;",
    "the project as a view": f"ALTER TABLE project RENAME TO p_; CREATE VIEW project AS SELECT * FROM p_ WHERE {ENDLESS}>0;",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM changes; END;",
    "a table more": "CREATE TABLE more (x TEXT);",
    "an index": "CREATE INDEX i ON runs (verb);",
    "a check": "DROP TABLE weeks; CREATE TABLE weeks (run INTEGER NOT NULL CHECK (run > 0), week TEXT, data TEXT);",
    "a table less": "DROP TABLE weeks;",
}


def a_ledger(folder: Path) -> Path:
    path = folder / "p.collab" / "ledger.db"
    with Ledger.create(path, "p", NOW) as ledger:
        ledger.prepare(RunRecord("flag", NOW.date(), NOW, "zh"), parent=None, run_id=ledger.next_id())
    return path


@pytest.mark.parametrize("what", ALTERED)
def test_a_ledger_with_any_other_schema_is_refused_at_once(tmp_path: Path, what: str) -> None:
    path = a_ledger(tmp_path)
    conn = sqlite3.connect(path)
    conn.executescript(ALTERED[what])
    conn.close()
    begun = time.perf_counter()
    with pytest.raises(CollabError) as refused:
        Ledger.open(path)
    assert refused.value.code == "ledger_altered"
    assert refused.value.facts["found"]
    assert Sidecar(path.parent).project_id is None
    path.rename(path.with_name("lost"))
    (path.parent / "backups").mkdir()
    path.with_name("lost").rename(path.parent / "backups" / "ledger.db")
    assert newest_copy(path) is None
    assert time.perf_counter() - begun < 5


def test_our_own_ledger_has_nothing_foreign(tmp_path: Path) -> None:
    path = a_ledger(tmp_path)
    conn = sqlite3.connect(path)
    assert foreign_parts(conn, conn.execute("PRAGMA user_version").fetchone()[0]) == []
    assert foreign_parts(conn, 1) != []
    conn.close()
    Ledger.open(path).close()


@pytest.mark.parametrize("make", [lambda: b'"' + b"a" * (decompress.LARGEST + 10) + b'"', lambda: b"\0" * (1 << 30)])
def test_a_value_that_expands_without_end_is_a_damaged_ledger(tmp_path: Path, make: Callable[[], bytes]) -> None:
    path = a_ledger(tmp_path)
    conn = sqlite3.connect(path)
    conn.execute("UPDATE runs SET merged = 1")
    conn.execute("INSERT INTO events VALUES (1, 'opened', ?)", (zlib.compress(make(), 9),))
    conn.commit()
    conn.close()
    with Ledger.open(path) as ledger:
        (run,) = ledger.log(None)
        with pytest.raises(CollabError) as refused:
            ledger.events(run.run.id)
    assert refused.value.code.startswith("ledger_damaged")


def test_compressed_values_are_complete() -> None:
    assert decompress.decompressed(zlib.compress(b"abc")) == b"abc"
    with pytest.raises(zlib.error):
        decompress.decompressed(zlib.compress(os.urandom(5000))[:-9])


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_only_the_owner_may_read_ledger_and_copies(tmp_path: Path) -> None:
    os.umask(umask := os.umask(0o022))
    assert umask & 0o077 != 0o077, "the test needs an open umask"
    sidecar = create_sidecar(tmp_path / "主表.xlsx", "p", NOW)
    with Ledger.open(sidecar.ledger_path) as ledger:
        sidecar.backup_ledger(ledger, NOW)
        sidecar.backup_ledger(ledger, NOW)
    assert stat.S_IMODE(sidecar.path.stat().st_mode) == 0o700
    databases = [sidecar.ledger_path, *sidecar.backups.glob("*.db")]
    assert len(databases) == 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in databases} == {0o600}
