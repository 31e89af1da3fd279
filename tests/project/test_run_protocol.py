"""A run on a closed master: what it writes, what it refuses, and that it may be killed at any point."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from master_on_disk import NOW, POINTS, PROJECT, make_master, one_run, task_name

from collab_xl import catalogue
from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.read import read_book
from collab_xl.build.master import build_master
from collab_xl.errors import CollabError
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.run import RunRecord
from collab_xl.project.run import open_master
from collab_xl.project.sidecar import create_sidecar, own_sidecar

HERE = Path(__file__).parent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_master(tmp_path)


def run(path: Path, text: str) -> str:
    with open_master(path, for_writing=True, wait_seconds=0) as master:
        return one_run(master, text)


def child(path: Path, text: str, point: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / "master_on_disk.py"), str(path), text, point]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment)


def refused(path: Path, *, for_writing: bool = True) -> CollabError:
    with pytest.raises(CollabError) as error, open_master(path, for_writing=for_writing, wait_seconds=0):
        pass
    for lang in catalogue.LANGS:
        assert all(part and "{" not in part for part in catalogue.error_text(error.value, lang))
    return error.value


def test_a_run_leaves_its_id_in_the_master_its_record_and_a_backup(path: Path) -> None:
    before = path.read_bytes()
    first = run(path, "甲")
    second = run(path, "乙")
    assert task_name(path) == "乙"
    assert hidden_values(read_book(path))["run"] == second
    with open_master(path, for_writing=False) as master:
        assert (master.run_id, master.project_id, master.lang, master.warnings) == (second, PROJECT, "zh", ())
        assert [(r.id, r.parent) for r in master.ledger.chain(second)] == [(first, None), (second, first)]
        assert master.ledger.chain(second)[0].user
        assert [(c.change.old, c.change.new) for c in master.ledger.changes(second)] == [("甲", "乙"), (None, "甲")]
        backups = master.sidecar.backup_files()
    assert [p.name for p in backups] == [f"20261120-093000_before-{r}.xlsx" for r in (first, second)]
    assert backups[0].read_bytes() == before
    assert sorted(p.name for p in (own_sidecar(path).backups).glob("ledger*")) == ["ledger-2026-W47.db", "ledger-before.db", "ledger.db"]


def test_the_range_of_a_table_that_grows_is_recorded(path: Path) -> None:
    with open_master(path, for_writing=True) as master:
        ref = master.book.tables["Tasks"]
        area = ref.area.__class__(ref.area.first_row, ref.area.first_col, ref.area.last_row + 2, ref.area.last_col)
        edits = tuple(CellEdit(ref.sheet, ref.area.last_row + n, ref.area.first_col, None, f"RW-{n}") for n in (1, 2))
        done = master.commit(RunRecord("import", NOW.date(), NOW, "zh"), Plan(edits, {"Tasks": area}))
    with open_master(path, for_writing=False) as master:
        assert master.ledger.run_changes(done).ranges == {"Tasks": (str(ref.area), str(area))}
        assert master.book.tables["Tasks"].area == area


def test_a_restored_backup_goes_on_from_where_it_was(path: Path) -> None:
    first = run(path, "甲")
    run(path, "乙")
    shutil.copy(own_sidecar(path).backup_files()[1], path)
    assert task_name(path) == "甲"
    third = run(path, "丙")
    with open_master(path, for_writing=False) as master:
        assert [r.id for r in master.ledger.chain(third)] == [first, third]
        assert len(master.ledger.log(third)) == 3


def test_a_renamed_master_finds_its_ledger(path: Path) -> None:
    first = run(path, "甲")
    moved = path.rename(path.with_name("改名.xlsx"))
    second = run(moved, "乙")
    with open_master(moved, for_writing=False) as master:
        assert [r.id for r in master.ledger.chain(second)] == [first, second]
        assert master.sidecar.path.name == "主表.collab"
        assert master.warnings == ()


def test_two_workbooks_of_one_project_in_a_folder_are_reported(path: Path) -> None:
    run(path, "甲")
    copy = path.with_name("主表 (2).xlsx")
    shutil.copy(path, copy)
    make_master(path.parent, "别的项目.xlsx", "f" * 16)
    for asked, other in ((path, copy), (copy, path)):
        with open_master(asked, for_writing=False) as master:
            assert master.warnings == (catalogue.text("project.warning.second_workbook", "zh", file=asked.name, other=other.name),)
    run(copy, "乙")  # a copy has its own runs
    assert (task_name(path), task_name(copy)) == ("甲", "乙")


def test_what_is_no_master_is_refused(tmp_path: Path) -> None:
    import xlsxwriter

    plain = tmp_path / "plain.xlsx"
    xlsxwriter.Workbook(plain).close()
    assert refused(plain).code == "not_a_master"
    pack = tmp_path / "pack.xlsx"
    book = xlsxwriter.Workbook(pack)
    for row, line in enumerate((("kind", "pack"), ("project", PROJECT), ("department", "市场部"))):
        book.add_worksheet("_collab") if row == 0 else None
        book.worksheets()[0].write_row(row, 0, line)
    book.close()
    error = refused(pack, for_writing=False)
    assert (error.code, error.facts["department"]) == ("is_a_pack", "市场部")
    blank = tmp_path / "blank.xlsx"
    blank.write_bytes(build_master("zh"))  # a template without a project
    assert refused(blank).code == "not_a_master"


def test_what_cannot_be_read_is_refused_by_the_reader(tmp_path: Path) -> None:
    with pytest.raises(CollabError, match="file_missing"), open_master(tmp_path / "none.xlsx", for_writing=True):
        pass
    (tmp_path / "text.xlsx").write_text("no workbook")
    with pytest.raises(CollabError, match="not_a_workbook"), open_master(tmp_path / "text.xlsx", for_writing=True):
        pass


def test_a_newer_schema_is_refused(path: Path) -> None:
    with open_master(path, for_writing=True) as master:
        master.commit(RunRecord("init", NOW.date(), NOW, "zh"), Plan((CellEdit("_collab", 3, 2, "2", "4"),)))
    assert refused(path, for_writing=False).code == "newer_schema"


def test_without_its_ledger_a_master_can_be_read_and_not_written(path: Path) -> None:
    shutil.rmtree(own_sidecar(path).path)
    assert refused(path).code == "ledger_missing"
    assert not own_sidecar(path).path.exists()
    with open_master(path, for_writing=False) as master:
        assert master.warnings == (catalogue.text("project.warning.no_ledger", "zh", path=own_sidecar(path).ledger_path),)
        assert not master.has_ledger
        with pytest.raises(CollabError, match="ledger_missing"):
            _ = master.ledger


def test_a_ledger_that_was_deleted_alone_is_missing_too(path: Path) -> None:
    run(path, "甲")
    own_sidecar(path).ledger_path.unlink()
    assert refused(path).code == "ledger_missing_copy"


def test_a_damaged_ledger_stops_readers_and_writers_and_its_copy_helps(path: Path) -> None:
    run(path, "甲")
    ledger = own_sidecar(path).ledger_path
    ledger.write_bytes(b"\x00" * 5000)
    before = path.read_bytes()
    for writing in (True, False):
        error = refused(path, for_writing=writing)
        assert error.code == "ledger_damaged"
    assert path.read_bytes() == before
    shutil.copy(str(error.facts["copy"]), ledger)
    run(path, "乙")
    assert task_name(path) == "乙"


def test_a_master_from_another_time_than_its_ledger_is_refused(path: Path) -> None:
    old = own_sidecar(path).ledger_path.read_bytes()
    run(path, "甲")
    own_sidecar(path).ledger_path.write_bytes(old)
    assert refused(path).code == "run_not_in_ledger"
    assert refused(path, for_writing=False).code == "run_not_in_ledger"


def test_the_ledger_of_another_project_is_refused(path: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_master(tmp_path / "other", project="f" * 16)
    shutil.copy(own_sidecar(other).ledger_path, own_sidecar(path).ledger_path)
    for writing in (True, False):
        assert refused(path, for_writing=writing).code == "ledger_of_another_project"


def test_a_master_open_in_excel_is_refused_before_the_ledger_hears_of_it(path: Path) -> None:
    path.with_name(f"~${path.name}").write_bytes(b"\x03Ann" + b" " * 50)
    assert refused(path).code == "master_open"
    assert task_name(path) is None  # reading still works


def test_a_master_changed_while_we_computed_stays_as_it_is(path: Path) -> None:
    with open_master(path, for_writing=True) as master:
        path.write_bytes(build_master("zh", project_id=PROJECT, project="别人改过"))
        theirs = path.read_bytes()
        with pytest.raises(CollabError, match="master_changed"):
            one_run(master, "甲")
    assert path.read_bytes() == theirs
    run(path, "乙")  # the prepared run that was never written is on no chain
    with open_master(path, for_writing=False) as master:
        assert len(master.ledger.chain(master.run_id)) == 1


def test_a_reader_cannot_commit(path: Path) -> None:
    with open_master(path, for_writing=False) as master, pytest.raises(CollabError, match="not_opened_for_writing"):
        one_run(master, "甲")


def test_a_second_writer_waits_and_is_then_told_who_is_at_work(path: Path) -> None:
    other = child(path, "甲", "hold:run:computed")
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "holding\n"
        error = refused(path)
        assert (error.code, str(other.pid) in str(error.facts["holder"])) == ("master_busy", True)
        assert task_name(path) is None  # a reader does not wait
        other.communicate("")
        with open_master(path, for_writing=True, wait_seconds=5) as master:
            one_run(master, "乙")
    finally:
        other.kill()
        other.communicate()
    assert task_name(path) == "乙"


def test_a_writer_that_waited_sees_what_the_other_wrote(path: Path) -> None:
    import threading

    other = child(path, "甲", "hold:run:computed")
    assert other.stdout is not None
    assert other.stdout.readline() == "holding\n"
    threading.Timer(0.5, lambda: other.communicate("")).start()
    with open_master(path, for_writing=True, wait_seconds=20) as master:
        assert len(master.ledger.chain(master.run_id)) == 1
        one_run(master, "乙")
    with open_master(path, for_writing=False) as master:
        assert [c.change.old for c in master.ledger.changes(master.run_id)] == ["甲", None]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_the_master_is_the_old_or_the_new_one_and_the_next_run_works(path: Path, point: str) -> None:
    first = run(path, "甲")
    old = path.read_bytes()
    died = child(path, "乙", point)
    _, errors = died.communicate()
    assert died.returncode == -signal.SIGKILL, errors
    is_new = POINTS.index(point) >= POINTS.index("commit:replaced")
    assert task_name(path) == ("乙" if is_new else "甲")
    assert is_new or path.read_bytes() == old
    with open_master(path, for_writing=False) as master:
        chain = master.ledger.chain(master.run_id)
        assert [r.id for r in chain][:1] == [first]
        assert len(chain) == 1 + is_new
    third = run(path, "丙")
    assert task_name(path) == "丙"
    with open_master(path, for_writing=False) as master:
        assert master.run_id == third
        assert [c.change.new for c in master.ledger.changes(third)] == ["丙", *(["乙"] if is_new else []), "甲"]
        assert master.ledger.run_changes(third).changes[0].old == ("乙" if is_new else "甲")
    assert not [p.name for p in path.parent.iterdir() if p.name.endswith(".tmp")]
    backups = own_sidecar(path).backups
    with closing(sqlite3.connect(backups / "ledger.db")) as copy:
        assert copy.execute("SELECT id FROM runs WHERE id = ?", (third,)).fetchone()


def test_the_child_does_what_the_test_thinks_when_nothing_is_armed(path: Path) -> None:
    process = child(path, "乙", "no such point")
    out, errors = process.communicate()
    assert (process.returncode, out) == (0, "done\n"), errors
    assert task_name(path) == "乙"


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on file sizes on this system")
def test_on_a_full_disk_nothing_changes_and_the_message_is_plain(path: Path) -> None:
    first = run(path, "甲")
    before, ledger = path.read_bytes(), own_sidecar(path).ledger_path.stat().st_size
    ends = set()
    for limit in (0, 5_000, ledger - 4096, ledger, ledger + 40_000, len(before) - 5_000):
        died = child(path, "乙" * 3000, f"limit:{limit}")
        out, errors = died.communicate()
        assert (died.returncode, "Traceback" in errors) == (5, False), (limit, out, errors)
        ends.add(out.strip())
        assert path.read_bytes() == before
        assert not [p.name for p in path.parent.rglob("*.tmp")]
    assert ends == {"ledger_unusable", "disk_full"}
    third = run(path, "丙")
    with open_master(path, for_writing=False) as master:
        assert [r.id for r in master.ledger.chain(third)] == [first, third]


def test_a_folder_that_cannot_be_written_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = own_sidecar(path).lock_path
    lock.mkdir()  # instead of missing rights, as root has all rights
    assert refused(path).code == "sidecar_not_writable"


def test_a_name_already_taken_by_another_project_leaves_that_one_alone(path: Path) -> None:
    run(path, "甲")
    with pytest.raises(CollabError, match="sidecar_taken"):
        create_sidecar(path, "f" * 16, NOW)
    assert task_name(path) == "甲"
