"""Writing a plan into the master: what is refused, and that a kill at any point leaves the complete old or new file."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from judges import findings_of, missing
from make_books import master
from written import TASKS, edits, values

from collab_xl.book.read import Stamp, read_book
from collab_xl.book.verify import verify
from collab_xl.book.write_plan import write_plan
from collab_xl.catalogue import LANGS, error_text
from collab_xl.errors import REFUSED, CollabError
from collab_xl.model.plan import Plan
from collab_xl.project import checkpoint
from collab_xl.project.commit import commit

ROOT = Path(__file__).resolve().parents[2]
PLAN = edits(TASKS, ("B5", "任务 1", "新名称"), ("G5", None, "新"))
POINTS = ["locked", "backed_up", "written", "synced", "verified", "before_replace", "replaced", "done"]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = tmp_path / "共享 盘"
    folder.mkdir()
    return master(folder / "主表.xlsx")


def refusal(book: Path, **options: object) -> CollabError:
    """Commit must raise, leave the file and the folder unchanged, and have texts in both languages."""
    before, there = book.read_bytes(), sorted(os.listdir(book.parent))
    with pytest.raises(CollabError) as refused:
        commit(book, options.pop("stamp", Stamp.of(book)), PLAN, **options)  # type: ignore[arg-type]
    assert book.read_bytes() == before
    assert sorted(os.listdir(book.parent)) == there
    assert refused.value.exit_code == REFUSED
    for lang in LANGS:
        assert all("{" not in text and text for text in error_text(refused.value, lang))
    return refused.value


def test_a_commit_changes_the_master_and_keeps_the_old_one(book: Path, tmp_path: Path):
    before = book.read_bytes()
    backup = tmp_path / "主表.collab" / "backups" / "1.xlsx"
    seen: list[str] = []
    commit(book, read_book(book).stamp, PLAN, backup=backup, before_replace=lambda: seen.append(str(values(book, TASKS, ["B5"])[0])))
    assert seen == ["任务 1"]
    assert backup.read_bytes() == before
    assert values(book, TASKS, ["B5", "G5"]) == ["新名称", "新"]
    assert sorted(os.listdir(book.parent)) == ["主表.xlsx"]
    assert os.listdir(backup.parent) == ["1.xlsx"]
    assert findings_of(book) == []


@pytest.mark.parametrize("point", ["backed_up", "verified"])
def test_a_run_that_fails_leaves_no_backup(book: Path, tmp_path: Path, point: str):
    """The last 20 are kept: those of failed runs would push out the real ones."""

    def full() -> None:
        raise OSError(errno.ENOSPC, "full")

    backup = tmp_path / "backups" / "2.xlsx"
    checkpoint.armed[f"commit:{point}"] = full
    try:
        assert refusal(book, backup=backup).code == "disk_full"
    finally:
        checkpoint.armed.clear()
    assert os.listdir(backup.parent) == []
    commit(book, Stamp.of(book), PLAN, backup=backup)
    assert os.listdir(backup.parent) == ["2.xlsx"]


def test_mode_and_owner_stay(book: Path):
    os.chmod(book, 0o640)
    if os.geteuid() == 0:
        os.chown(book, 12345, 54321)
    before = os.stat(book)
    commit(book, None, PLAN)
    after = os.stat(book)
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert stat.S_IMODE(after.st_mode) == 0o640


def test_a_link_to_the_master_stays_a_link(book: Path, tmp_path: Path):
    link = tmp_path / "桌面.xlsx"
    link.symlink_to(book)
    commit(link, Stamp.of(link), PLAN)
    assert link.is_symlink()
    assert values(book, TASKS, ["B5"]) == ["新名称"]


def test_an_empty_plan_does_nothing(book: Path):
    before = os.stat(book)
    commit(book, Stamp.of(book), Plan())
    assert os.stat(book).st_mtime_ns == before.st_mtime_ns


def test_open_in_excel(book: Path):
    owner = book.with_name("~$主表.xlsx")
    owner.write_bytes(b"\x05Wang1" + b" " * 48 + b"W\0a\0n\0g\0")
    error = refusal(book)
    assert (error.code, error.facts["user"], error.facts["lock_file"]) == ("master_open", "Wang1", "~$主表.xlsx")


def test_open_in_libreoffice(book: Path):
    book.with_name(".~lock.主表.xlsx#").write_text(",pmo,desk,20.07.2024 09:00,file:///x;", encoding="utf-8")
    error = refusal(book)
    assert (error.code, error.facts["user"]) == ("master_open", "pmo")


def test_opened_in_excel_while_the_run_was_at_work(book: Path):
    owner = book.with_name("~$主表.xlsx")
    before = book.read_bytes()
    with pytest.raises(CollabError) as refused:
        commit(book, Stamp.of(book), PLAN, before_replace=lambda: owner.write_bytes(b"\x01x"))
    assert refused.value.code == "master_open"
    assert book.read_bytes() == before


def test_saved_by_somebody_while_the_run_was_at_work(book: Path, tmp_path: Path):
    other = master(tmp_path / "别人.xlsx", rows=9)
    with pytest.raises(CollabError) as refused:
        commit(book, Stamp.of(book), PLAN, before_replace=lambda: os.replace(other, book))
    assert refused.value.code == "master_changed"
    assert read_book(book).tables["Tasks"].area.last_row == 13
    assert sorted(os.listdir(book.parent)) == ["主表.xlsx"]


def test_changed_since_it_was_read(book: Path):
    stamp = read_book(book).stamp
    commit(book, stamp, edits(TASKS, ("B6", "任务 2", "PMO 刚改")))
    assert refusal(book, stamp=stamp).code == "master_changed"


def test_touched_but_equal_counts_as_changed(book: Path):
    stamp = read_book(book).stamp
    os.utime(book, ns=(1, 1))
    assert refusal(book, stamp=stamp).code == "master_changed"


def test_read_only(book: Path):
    os.chmod(book, 0o444)
    assert refusal(book).code == "master_read_only"


def test_missing(book: Path):
    with pytest.raises(CollabError) as refused:
        commit(book.with_name("没有.xlsx"), None, PLAN)
    assert refused.value.code == "master_missing"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX locks")
@pytest.mark.parametrize("call", ["lockf", "flock"])
def test_locked_by_another_program(book: Path, call: str):
    code = f"import fcntl,sys,time\nf=open(sys.argv[1],'r+b')\nfcntl.{call}(f,fcntl.LOCK_EX)\nprint('held',flush=True)\ntime.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, str(book)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout
        assert holder.stdout.readline().strip() == b"held"
        assert refusal(book).code == "master_locked"
    finally:
        holder.kill()
        holder.wait()
    commit(book, Stamp.of(book), PLAN)


def test_a_stale_cell_leaves_everything_as_it_was(book: Path):
    before = book.read_bytes()
    with pytest.raises(CollabError) as refused:
        commit(book, Stamp.of(book), edits(TASKS, ("B5", "别的", "x")))
    assert refused.value.code == "stale_cell"
    assert book.read_bytes() == before
    assert sorted(os.listdir(book.parent)) == ["主表.xlsx"]


def child(book: Path, before: str, backup: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Commit PLAN in another process, after the lines of `before`."""
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom collab_xl.project import checkpoint\n"
        "from collab_xl.book.read import Stamp\nfrom collab_xl.project.commit import commit\n"
        "from collab_xl.errors import CollabError\n"
        "from written import TASKS, edits\n"
        f"{textwrap.dedent(before)}\n"
        "plan = edits(TASKS, ('B5', '任务 1', '新名称'), ('G5', None, '新'))\nmaster = Path(sys.argv[1])\n"
        "try:\n    commit(master, Stamp.of(master), plan, backup=Path(sys.argv[2]) if sys.argv[2] else None)\n"
        "except CollabError as error:\n    print(error.code)\n    sys.exit(5)\n"
    )
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "PYTHONUTF8": "1"}
    return subprocess.run([sys.executable, "-c", code, str(book), str(backup or "")], capture_output=True, env=env, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("point", [*(f"commit:{p}" for p in POINTS), "backup:copied"])
def test_killed_at_any_point_leaves_one_whole_master_and_the_next_run_works(book: Path, tmp_path: Path, point: str):
    before = book.read_bytes()
    backup = tmp_path / "backups" / "b.xlsx"
    done = child(book, f"checkpoint.armed[{point!r}] = lambda: os.kill(os.getpid(), signal.SIGKILL)", backup)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert not backup.exists() or backup.read_bytes() == before
    if point in {"commit:replaced", "commit:done"}:
        assert values(book, TASKS, ["B5", "G5"]) == ["新名称", "新"]
    else:
        assert book.read_bytes() == before
        commit(book, Stamp.of(book), PLAN, backup=backup)
        assert backup.read_bytes() == before
    assert sorted(os.listdir(book.parent)) == ["主表.xlsx"]
    assert findings_of(book) == []


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_at_any_moment(book: Path):
    """Killed not at our points but at any time: at eight moments of the run, fifteen milliseconds apart."""
    old = book.read_bytes()
    outcomes = set()
    for n in range(100):
        if n >= 8 and "任务 1" in outcomes:  # on a busy machine more may be needed
            break
        book.write_bytes(old)
        code = (
            "import sys; sys.path[:0] = sys.argv[2:]\nfrom pathlib import Path\nfrom test_commit import *\n"
            "print('go', flush=True)\ncommit(Path(sys.argv[1]), None, PLAN)"
        )
        paths = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]
        run = subprocess.Popen([sys.executable, "-c", code, str(book), *paths], stdout=subprocess.PIPE)
        assert run.stdout
        assert run.stdout.readline().strip() == b"go"
        time.sleep(n % 8 * 0.015)
        run.kill()
        run.wait()
        outcomes.add(values(book, TASKS, ["B5"])[0])
        assert findings_of(book) == [] if n % 4 == 0 else read_book(book)
    assert outcomes <= {"任务 1", "新名称"}
    assert "任务 1" in outcomes
    commit(book, None, edits(TASKS, ("B6", "任务 2", "x")))
    assert sorted(os.listdir(book.parent)) == ["主表.xlsx"]


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits")
@pytest.mark.parametrize("limit", [0, 100, 9000])
def test_a_full_disk_leaves_the_old_file(book: Path, tmp_path: Path, limit: int):
    """A limit of the file size acts like a full disk, at the first or at a later byte, of the backup or of the new file."""
    before = book.read_bytes()
    for backup in (None, tmp_path / "b" / "b.xlsx"):
        done = child(
            book,
            f"import resource, sys\nsys.dont_write_bytecode = True\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))",
            backup,
        )
        assert (done.returncode, done.stdout.decode().strip()) == (REFUSED, "disk_full"), done.stderr.decode()
        assert book.read_bytes() == before
        assert sorted(os.listdir(book.parent)) == ["主表.xlsx"]
        assert backup is None or os.listdir(backup.parent) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mount namespaces")
@pytest.mark.parametrize(("then", "code"), [("true", "disk_full"), ("mount -o remount,ro,size=8m {0}", "master_read_only")])
def test_a_really_full_or_read_only_disk(book: Path, tmp_path: Path, then: str, code: str):
    """A file system of 64 KB in its own mount namespace: the master fits, a second copy of it does not."""
    disk = tmp_path / "disk"
    disk.mkdir()
    big = master(tmp_path / "big.xlsx", rows=700)
    assert 34_000 < big.stat().st_size < 64_000
    code_lines = (
        "import sys\nfrom pathlib import Path\nfrom test_commit import *\nmaster = Path(sys.argv[1])\nbefore = master.read_bytes()\n"
        "try:\n    commit(master, Stamp.of(master), PLAN)\nexcept CollabError as error:\n"
        "    print(error.code, master.read_bytes() == before, sorted(os.listdir(master.parent)))\n"
    )
    (tmp_path / "run.py").write_text(code_lines, encoding="utf-8")
    made = f"mount -t tmpfs -o size=64k tmpfs {disk} && cp {big} {disk}/m.xlsx && {then.format(disk)}"
    steps = f"{made} && exec {sys.executable} {tmp_path}/run.py {disk}/m.xlsx"
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)])
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", steps],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": paths},
        timeout=60,
    )
    if b"unshare" in done.stderr or b"mount" in done.stderr:
        missing(f"a mount namespace ({done.stderr.decode().strip()})")
    assert done.stdout.decode().strip() == f"{code} True ['m.xlsx']", done.stderr.decode()


def test_verify_sees_what_a_faulty_writer_would_do(book: Path):
    """Each kind of damage to a good output is reported."""
    import re

    from make_books import edit_parts

    good = book.with_name("good.xlsx")
    write_plan(book, good, PLAN)
    verify(book, good, PLAN)
    sheet = "xl/worksheets/sheet1.xml"

    def damage(pattern: bytes, new: bytes, part: str = sheet) -> None:
        bad = book.with_name("bad.xlsx")
        shutil.copy(good, bad)

        def change(parts: dict[str, bytes]) -> None:
            found, count = re.subn(pattern, new, parts[part], count=1, flags=re.DOTALL)
            assert count == 1, pattern
            parts[part] = found

        # the zip is written again: compare with a source packed the same way
        source = book.with_name("source.xlsx")
        shutil.copy(book, source)
        edit_parts(source, lambda parts: None)
        edit_parts(bad, change)
        with pytest.raises(CollabError) as refused:
            verify(source, bad, PLAN)
        assert refused.value.code == "verify_failed"
        reasons.append(refused.value.facts["why"])

    reasons: list[object] = []
    damage("新名称".encode(), "别的".encode())
    damage(rb'(<c r="B5".*?</c>)(<c r="C5".*?</c>)', rb"\2\1")
    damage(rb'(<row r="5".*?</row>)(<row r="6".*?</row>)', rb"\2\1")
    damage(rb"<f>E5\*2</f>|(<f t=\"shared\" ref=\"H5:H12\" si=\"0\">)E5\*2", rb"\1E5*3")
    damage(rb'<c r="H9"[^>]*>.*?</c>', b"")
    damage(rb"<dataValidations.*?</dataValidations>", b"")
    damage(rb'<c r="A4"([^>]*)>.*?</c>', '<c r="A4" t="inlineStr"><is><t>别的</t></is></c>'.encode())
    damage(rb"PMO", b"PMX", "xl/pivotCache/pivotCacheDefinition1.xml")
    assert len(reasons) == 8, reasons
    assert checkpoint.armed == {}
