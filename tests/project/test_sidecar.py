"""The folder next to the master: stored files can be read back, and old backups are removed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collab_xl.errors import CollabError
from collab_xl.model.submission_log import InMemory
from collab_xl.project.durable import write_durably
from collab_xl.project.ledger import Ledger
from collab_xl.project.sidecar import KEEP_BACKUPS, Sidecar, create_sidecar, find_sidecar, own_sidecar

NOW = datetime(2026, 11, 20, 9, 30)


@pytest.fixture
def sidecar(tmp_path: Path) -> Sidecar:
    return create_sidecar(tmp_path / "主表.xlsx", "project-1", NOW)


def test_it_has_the_master_s_name_and_knows_its_project(sidecar: Sidecar) -> None:
    assert sidecar.path.name == "主表.collab"
    assert sidecar.project_id == "project-1"
    with Ledger.open(sidecar.ledger_path) as ledger:
        assert ledger.project_id == "project-1"


def test_the_project_is_known_from_either_the_note_or_the_ledger(sidecar: Sidecar) -> None:
    (sidecar.path / "project").unlink()
    assert sidecar.project_id == "project-1"
    sidecar.ledger_path.write_bytes(b"damaged")
    assert sidecar.project_id is None
    (sidecar.path / "project").write_text("project-1", encoding="utf-8")
    assert sidecar.project_id == "project-1"


def test_another_project_s_folder_is_not_taken(sidecar: Sidecar) -> None:
    with pytest.raises(CollabError, match="sidecar_taken"):
        create_sidecar(sidecar.path.with_name("主表.xlsx"), "project-2", NOW)
    assert sidecar.project_id == "project-1"


def test_a_renamed_master_finds_it_by_the_project_id(sidecar: Sidecar) -> None:
    create_sidecar(sidecar.path.with_name("别的.xlsx"), "project-2", NOW)
    found = find_sidecar(sidecar.path.with_name("别的.xlsx"), "project-1", None)
    assert found is not None
    assert found.path == sidecar.path
    assert find_sidecar(sidecar.path.with_name("主表.xlsx"), "project-3", None) is None


def test_an_original_is_kept_once_by_its_hash(sidecar: Sidecar) -> None:
    sha = sidecar.archive_put(b"PK...")
    written = (sidecar.archive / sha).stat().st_mtime_ns
    assert sidecar.archive_put(b"PK...") == sha == hashlib.sha256(b"PK...").hexdigest()
    assert (sidecar.archive / sha).stat().st_mtime_ns == written
    assert sidecar.archived(sha).read() == b"PK..."
    assert [p.name for p in sidecar.archive.iterdir()] == [sha]


def test_a_torn_original_is_replaced_when_it_comes_again(sidecar: Sidecar) -> None:
    sha = sidecar.archive_put(b"PK...")
    (sidecar.archive / sha).write_bytes(b"P")
    with pytest.raises(CollabError, match="original_lost"):
        sidecar.archived(sha)
    sidecar.archive_put(b"PK...")
    assert sidecar.archived(sha).read() == b"PK..."


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_a_lost_original_is_named(sidecar: Sidecar, harm: str) -> None:
    sha = sidecar.archive_put(b"PK...")
    path = sidecar.archive / sha
    path.unlink() if harm == "gone" else path.write_bytes(b"PK,,,")
    with pytest.raises(CollabError, match="original_lost"):
        sidecar.archived(sha)


@pytest.mark.parametrize("name", ["病毒.xlsm", "../../etc/passwd", "..\\..\\a.exe", "a" * 300 + ".xlsx", "", "CON", "a:b?.xlsx"])
def test_a_refused_file_stays_inside_and_cannot_be_opened_by_a_double_click(sidecar: Sidecar, name: str) -> None:
    sidecar.keep([], [(InMemory(b"bad"), name)])
    (path,) = sidecar.quarantine.iterdir()
    assert path.parent == sidecar.quarantine
    assert path.read_bytes() == b"bad"
    assert path.suffix == ".refused"
    sidecar.keep([], [(InMemory(b"bad"), name)])
    assert list(sidecar.quarantine.iterdir()) == [path]
    assert len(path.name.encode()) < 255


def test_the_last_twenty_backups_are_kept_and_the_newest_of_each_week(sidecar: Sidecar) -> None:
    sidecar.backups.mkdir()
    start = datetime(2026, 9, 7, 8)  # a Monday
    for n in range(60):
        sidecar.backup_path(f"R{n:04d}-abcd", start + timedelta(hours=24 * n), ".xlsx").write_bytes(b"x")
    (sidecar.backups / "my own copy.xlsx").write_bytes(b"x")
    sidecar.rotate_backups()
    kept = [int(p.name.partition("_before-R")[2][:4]) for p in sidecar.backup_files()]
    assert kept == [6, 13, 20, 27, 34, *range(40, 60)]
    assert len(range(40, 60)) == KEEP_BACKUPS
    assert (sidecar.backups / "my own copy.xlsx").exists()
    sidecar.rotate_backups()
    assert len(sidecar.backup_files()) == 25


def test_the_ledger_is_copied_after_every_run_with_one_before_it_and_one_a_week(sidecar: Sidecar) -> None:
    with Ledger.open(sidecar.ledger_path) as ledger:
        for day in (0, 1, 7):
            sidecar.backup_ledger(ledger, NOW + timedelta(days=day))
    names = sorted(p.name for p in sidecar.backups.iterdir())
    assert names == ["ledger-2026-W47.db", "ledger-2026-W48.db", "ledger-before.db", "ledger.db"]
    for name in names:
        with Ledger.open(sidecar.backups / name) as copy:
            assert copy.project_id == "project-1"


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_durably(tmp_path / "a", b"old")

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(CollabError, match="sidecar_not_writable"):
        write_durably(tmp_path / "a", b"new")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a", b"old")]


def test_own_sidecar_of_a_macro_workbook(tmp_path: Path) -> None:
    assert own_sidecar(tmp_path / "主表.v2.xlsm").path.name == "主表.v2.collab"
