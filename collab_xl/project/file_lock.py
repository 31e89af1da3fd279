"""One run at a time on one project: a lock on a file of the sidecar that the system lets go of when the process dies."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import sys
import time
from io import FileIO
from pathlib import Path

from collab_xl.errors import CollabError
from collab_xl.os_errors import reason

_EVERY_SECONDS = 0.1
_LOCKED_BYTE = 1 << 20
"""Windows locks bytes, and what it locks nobody else can read: the byte lies far behind the note on who holds the lock."""


class FileLock:
    """Held from `acquire` until `release`, or until the process ends in whatever way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None

    def acquire(self, master: str, wait_seconds: float = 5) -> None:
        """Raises CollabError `master_busy` (with who holds it) after `wait_seconds`, `sidecar_not_writable`."""
        try:
            file = self.path.open("a+b", buffering=0)
        except OSError as error:
            raise CollabError("sidecar_not_writable", path=self.path.parent, reason=reason(error)) from error
        until = time.monotonic() + wait_seconds
        while not _try(file):
            if time.monotonic() >= until:
                holder = _holder(file)
                file.close()
                raise CollabError("master_busy", file=master, holder=holder)
            time.sleep(_EVERY_SECONDS)
        self._file = file
        with contextlib.suppress(OSError):
            file.truncate(0)
            file.write(f"{who()} · {os.getpid()}".encode())

    def release(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.truncate(0)
            self._file.close()  # which unlocks
            self._file = None


def who() -> str:
    """`user@machine`, as far as the system says."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (OSError, KeyError, ImportError):
        return socket.gethostname()


def _holder(file: FileIO) -> str:
    try:
        file.seek(0)
        return file.read(200).decode(errors="replace") or "?"
    except OSError:
        return "?"


def _try(file: FileIO) -> bool:
    """Whether the lock is ours now. A share that knows no locks gives it: the check for a changed master still stands guard."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            file.seek(0)
    else:
        import fcntl

        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
    return True
