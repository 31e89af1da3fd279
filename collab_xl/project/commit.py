"""Write a finished plan into the master: lock, check, back up, write a temporary file, verify it, replace the master.

In: the master's path, the stamp of what was read, a plan.  Effects: the master and, if asked for, a backup.
Whenever the process is killed, the master is either the complete old file or the complete new one: the new file is written, synced
and verified under a temporary name before it replaces the master (decision 0003).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat as modes
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from collab_xl.book.read import Stamp
from collab_xl.book.verify import verify
from collab_xl.book.write_plan import WorkerPlan, write_plan
from collab_xl.errors import CollabError
from collab_xl.model.finding import Saying
from collab_xl.model.plan import Plan
from collab_xl.os_errors import reason
from collab_xl.project.checkpoint import checkpoint

REPLACE_TRIES: Final = 20
"""Windows: a virus scanner or a sync client may have a new file open for a moment; 20 tries take about 6 seconds."""
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED: Final = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_LOCKS: Final = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


def commit(
    master: Path,
    stamp: Stamp | None,
    plan: Plan,
    *,
    backup: Path | None = None,
    before_replace: Callable[[], object] | None = None,
    worker_plan: WorkerPlan | None = None,
) -> None:
    """Carry out a plan on the master, all of it or nothing. An empty plan does nothing.

    Args:
        stamp: the stamp of the file from which the plan was made; None skips the comparison.
        backup: the old file is first copied to this path and synced. It is removed again if the master could not be written: backups are
            counted, and those of failed runs would push out the real ones.
        worker_plan: part of the plan that a worker is writing and verifying.
        before_replace: called when the new file is verified, before it replaces the master.

    Raises:
        CollabError: `master_missing`, `master_open` (facts `user`, `lock_file`), `master_locked`, `master_read_only`,
            `master_changed`, `folder_not_writable`, `disk_full`, `write_failed`, `verify_failed`, or what
            `write_plan` raises. Nothing has changed.
    """
    if not plan:
        return
    path = Path(os.path.realpath(master))  # a link stays a link: its target is replaced
    if not path.is_file():
        raise CollabError("master_missing", file=master.name, path=str(master))
    refuse_open(path)
    with _locked(path):
        checkpoint("commit:locked")
        _remove_leftovers(path)
        found = os.stat(path)
        if stamp is not None and Stamp.of(path) != stamp:
            raise CollabError("master_changed", file=path.name)
        with _temporary_file(path) as temporary, _disk_errors(path), contextlib.ExitStack() as failed:
            if backup is not None:
                failed.callback(_discard, backup)
                copy_synced(path, backup)
            checkpoint("commit:backed_up")
            proven = write_plan(path, temporary, plan, worker_plan)
            _copy_mode_and_owner(found, temporary)
            checkpoint("commit:written")
            _sync(temporary)
            checkpoint("commit:synced")
            verify(path, temporary, plan, proven)
            checkpoint("commit:verified")
            if before_replace is not None:
                before_replace()
            checkpoint("commit:before_replace")
            refuse_open(path)
            if not path.is_file():
                raise CollabError("master_missing", file=master.name, path=str(master))
            if _same_file(found) != _same_file(os.stat(path)):
                raise CollabError("master_changed", file=path.name)
            _replace(temporary, path)
            failed.pop_all()
            checkpoint("commit:replaced")
            _sync_folder(path.parent)
    checkpoint("commit:done")


def refuse_unwritable(master: Path) -> None:
    """Raise CollabError `master_read_only` or `folder_not_writable` if the system says beforehand that the master cannot be replaced.

    `commit` finds out for itself; this is for what would be written before it.
    """
    path = Path(os.path.realpath(master))
    if not path.is_file():
        return
    if _has_read_only_mode(path) or not os.access(path, os.W_OK):
        raise CollabError("master_read_only", file=path.name)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise CollabError("folder_not_writable", file=path.name, folder=str(path.parent))


def refuse_open(path: Path) -> None:
    """Raise CollabError `master_open` if Excel or LibreOffice has the workbook open.

    Excel creates `~$name` next to the file, with the user's name in it; LibreOffice creates `.~lock.name#`. After a crash the file remains.
    """
    for lock in (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")):
        if os.path.exists(lock):  # False for a name that is too long for the system
            user = _owner(lock)
            by = Saying("project.word.open_by", {"user": user}) if user else ""
            raise CollabError("master_open", file=path.name, user=user, by=by, lock_file=lock.name)


def _owner(lock: Path) -> str:
    """The user who has the file open, from the lock file; empty if the lock file does not contain it."""
    try:
        data = lock.read_bytes()
    except OSError:  # Excel denies reading while it runs
        return ""
    if lock.name.startswith("~$"):
        name = data[1 : 1 + data[0]] if data else b""
        return name.decode("utf-8" if name.isascii() else "gb18030", "replace").strip("\x00 ")
    fields = data.decode("utf-8", "replace").split(",")
    return next((f.strip() for f in fields[:2] if f.strip()), "")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Lock the file. Raises CollabError `master_read_only` or `master_locked` if this is not possible."""
    if _has_read_only_mode(path):
        raise CollabError("master_read_only", file=path.name)
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    except OSError as error:
        # Windows: Excel opens the file with a share mode that denies writing; we get a PermissionError.
        code = "master_locked" if os.access(path, os.W_OK) else "master_read_only"
        raise CollabError(code, file=path.name) from error
    held = [descriptor]
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno not in _NO_LOCKS:  # some network folders have no locks: the stamp still protects the file
                raise CollabError("master_locked", file=path.name) from error
        if sys.platform == "win32":
            os.close(held.pop())  # an open file cannot be replaced there
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)


def _has_read_only_mode(path: Path) -> bool:
    return not os.stat(path).st_mode & (modes.S_IWUSR | modes.S_IWGRP | modes.S_IWOTH)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails if another program has a lock
        # A POSIX lock ends as soon as this process closes the file anywhere. flock does not, so it keeps two runs apart.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _temporary_prefix(path: Path) -> str:
    """Prefix of our temporary files next to the master. It is short: a name may have 255 bytes, and a Chinese character takes three."""
    return f".collab-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]}-"


def _remove_leftovers(path: Path) -> None:
    """Remove temporary files of a killed run. The lock ensures that no other run is working."""
    for entry in path.parent.iterdir():
        if entry.name.startswith(_temporary_prefix(path)) and entry.name.endswith(".tmp"):
            with contextlib.suppress(OSError):
                entry.unlink()


@contextlib.contextmanager
def _temporary_file(path: Path) -> Iterator[Path]:
    temporary = path.with_name(f"{_temporary_prefix(path)}{os.getpid()}.tmp")
    try:
        yield temporary
    finally:
        _discard(temporary)


def _discard(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Turn errors of the disk into CollabError."""
    try:
        yield
    except OSError as error:
        refused = Path(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else path
        folder = str(refused if refused.is_dir() else refused.parent)  # a backup is written into another folder than the master
        if error.errno in _FULL:
            raise CollabError("disk_full", file=path.name, folder=folder) from error
        if error.errno in _DENIED or isinstance(error, PermissionError):
            raise CollabError("folder_not_writable", file=path.name, folder=folder) from error
        raise CollabError("write_failed", file=path.name, folder=folder, why=reason(error)) from error


def copy_synced(source: Path, target: Path) -> None:
    """Copy a file so that the target is complete or does not exist. Creates the folder; keeps mode and time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        shutil.copy2(source, partial)
        _sync(partial)
        checkpoint("backup:copied")
        os.replace(partial, target)
        _sync_folder(target.parent)
    finally:
        partial.unlink(missing_ok=True)


def _copy_mode_and_owner(found: os.stat_result, temporary: Path) -> None:
    """Give the new file the mode and owner of the old one, if we have the right to."""
    with contextlib.suppress(OSError):
        os.chmod(temporary, modes.S_IMODE(found.st_mode))
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(temporary, found.st_uid, found.st_gid)
            os.chmod(temporary, modes.S_IMODE(found.st_mode))  # chown clears the set-id bits


def _sync(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Sync the folder, so that a rename survives a power cut. Windows has no such call."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network folders refuse
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _same_file(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _replace(temporary: Path, path: Path) -> None:
    """Replace the master; try again while another program has it open. Raises CollabError `master_locked`."""
    for attempt in range(REPLACE_TRIES):
        try:
            os.replace(temporary, path)
            return
        except PermissionError as error:
            if sys.platform != "win32" or attempt == REPLACE_TRIES - 1:
                raise CollabError("master_locked", file=path.name) from error
            time.sleep(0.05 * (attempt + 1) if attempt < 8 else 0.4)
