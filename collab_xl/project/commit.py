"""Put a finished plan into the master: lock, check, back up, write beside, verify, replace.

In: the master's path, the stamp of what was read, a plan.  Effects: the master and, if asked for, a backup.
Whenever the process dies, the master is the old file or the new one, whole: the new one is complete, synced and verified
under another name before it takes the master's (decision 0003).
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
from collab_xl.book.write_plan import BegunPlan, write_plan
from collab_xl.errors import CollabError
from collab_xl.model.plan import Plan
from collab_xl.os_errors import reason
from collab_xl.project.checkpoint import checkpoint

REPLACE_TRIES: Final = 20
"""Windows: a virus scanner or a sync client holds a fresh file for a moment; 20 tries are about 6 seconds."""
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
    begun: BegunPlan | None = None,
) -> None:
    """Carry out a plan on the master, all of it or nothing. An empty plan does nothing.

    Args:
        stamp: of the file the plan was made from; None skips the comparison.
        backup: where the old file is copied to first, complete and synced.
        begun: part of the plan that another process is writing and proving.
        before_replace: called when the new file is verified, before it takes the master's place.

    Raises:
        CollabError: `master_missing`, `master_open` (facts `user`, `lock_file`), `master_locked`, `master_read_only`,
            `master_changed`, `folder_not_writable`, `disk_full`, `write_failed`, `verify_failed`, or what
            `write_plan` raises. Nothing has changed.
    """
    if not plan:
        return
    path = Path(os.path.realpath(master))  # a link stays a link: what it points to is replaced
    if not path.is_file():
        raise CollabError("master_missing", file=master.name, path=str(master))
    refuse_open(path)
    with _locked(path):
        checkpoint("commit:locked")
        _clean(path)
        found = os.stat(path)
        if stamp is not None and Stamp.of(path) != stamp:
            raise CollabError("master_changed", file=path.name)
        with _no_debris(path) as beside, _refusals(path):
            if backup is not None:
                copy_synced(path, backup)
            checkpoint("commit:backed_up")
            proven = write_plan(path, beside, plan, begun)
            _like(found, beside)
            checkpoint("commit:written")
            _sync(beside)
            checkpoint("commit:synced")
            verify(path, beside, plan, proven)
            checkpoint("commit:verified")
            if before_replace is not None:
                before_replace()
            checkpoint("commit:before_replace")
            refuse_open(path)
            if not path.is_file():
                raise CollabError("master_missing", file=master.name, path=str(master))
            if _same_file(found) != _same_file(os.stat(path)):
                raise CollabError("master_changed", file=path.name)
            _replace(beside, path)
            checkpoint("commit:replaced")
            _sync_folder(path.parent)
    checkpoint("commit:done")


def refuse_open(path: Path) -> None:
    """Raise CollabError `master_open` when Excel or LibreOffice says that it has the workbook open.

    Excel keeps `~$name` beside the file (the user's name in it), LibreOffice `.~lock.name#`. After a crash of theirs it stays.
    """
    for lock in (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")):
        if os.path.exists(lock):  # a name too long for the system is no such file
            raise CollabError("master_open", file=path.name, user=_owner(lock), lock_file=lock.name)


def _owner(lock: Path) -> str:
    """Who has the file open, as far as the lock file tells; empty when it does not."""
    try:
        data = lock.read_bytes()
    except OSError:  # Excel denies reading it while it runs
        return ""
    if lock.name.startswith("~$"):
        name = data[1 : 1 + data[0]] if data else b""
        return name.decode("utf-8" if name.isascii() else "gb18030", "replace").strip("\x00 ")
    fields = data.decode("utf-8", "replace").split(",")
    return next((f.strip() for f in fields[:2] if f.strip()), "")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file for us; CollabError `master_read_only` or `master_locked` when that cannot be had."""
    if not os.stat(path).st_mode & (modes.S_IWUSR | modes.S_IWGRP | modes.S_IWOTH):
        raise CollabError("master_read_only", file=path.name)
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    except OSError as error:
        # Windows: Excel opens with a share mode that denies writing, which comes as PermissionError.
        code = "master_locked" if os.access(path, os.W_OK) else "master_read_only"
        raise CollabError(code, file=path.name) from error
    held = [descriptor]
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno not in _NO_LOCKS:  # some network folders know no locks: the stamp still guards
                raise CollabError("master_locked", file=path.name) from error
        if sys.platform == "win32":
            os.close(held.pop())  # an open file cannot be replaced there
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # another program's lock shows here
        # A POSIX lock ends when this process closes the file anywhere; flock lasts, so two runs exclude each other by it.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _temporary(path: Path) -> str:
    """How names of our files beside the master begin: short, as a name may have 255 bytes and a Chinese letter takes three."""
    return f".collab-{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]}-"


def _clean(path: Path) -> None:
    """Remove what a killed run left beside the master; the lock says that no other run is at work."""
    for entry in path.parent.iterdir():
        if entry.name.startswith(_temporary(path)) and entry.name.endswith(".tmp"):
            with contextlib.suppress(OSError):
                entry.unlink()


@contextlib.contextmanager
def _no_debris(path: Path) -> Iterator[Path]:
    beside = path.with_name(f"{_temporary(path)}{os.getpid()}.tmp")
    try:
        yield beside
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """The disk's refusals in plain words."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise CollabError("disk_full", file=path.name, folder=str(path.parent)) from error
        if error.errno in _DENIED or isinstance(error, PermissionError):
            raise CollabError("folder_not_writable", file=path.name, folder=str(path.parent)) from error
        raise CollabError("write_failed", file=path.name, folder=str(path.parent), why=reason(error)) from error


def copy_synced(source: Path, target: Path) -> None:
    """Copy a file so that the target is there completely or not at all. Creates the folder; keeps mode and time."""
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


def _like(found: os.stat_result, beside: Path) -> None:
    """Give the new file the old one's mode and owner, as far as we may."""
    with contextlib.suppress(OSError):
        os.chmod(beside, modes.S_IMODE(found.st_mode))
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(beside, found.st_uid, found.st_gid)
            os.chmod(beside, modes.S_IMODE(found.st_mode))  # chown takes set-id bits away


def _sync(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut. Windows has no such call."""
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


def _replace(beside: Path, path: Path) -> None:
    """Take the master's place; where another program holds it for a moment, try again. CollabError `master_locked`."""
    for attempt in range(REPLACE_TRIES):
        try:
            os.replace(beside, path)
            return
        except PermissionError as error:
            if sys.platform != "win32" or attempt == REPLACE_TRIES - 1:
                raise CollabError("master_locked", file=path.name) from error
            time.sleep(0.05 * (attempt + 1) if attempt < 8 else 0.4)
