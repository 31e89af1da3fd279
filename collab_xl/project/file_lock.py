"""A lock that allows one run at a time on a project: a lock on a file of the sidecar. The system releases it when the process ends."""

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
"""Windows locks single bytes, and nobody else can read a locked byte. So this byte is far behind the text that names the lock's owner."""


class FileLock:
    """Locked from `acquire` until `release`, or until the process ends for any reason."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: FileIO | None = None

    def acquire(self, master: str, wait_seconds: float = 5) -> None:
        """Raises CollabError `master_busy` (with the owner of the lock) after `wait_seconds`, and `sidecar_not_writable`."""
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
            file.write(f"{user_and_machine()} · {os.getpid()}".encode())

    def release(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.truncate(0)
            self._file.close()  # this also unlocks
            self._file = None


def user_and_machine() -> str:
    """`user@machine`, as far as the system knows them."""
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
    """Whether we have the lock now. True on a share without locks: the check for a changed master still protects it."""
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
