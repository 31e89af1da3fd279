"""The worker as the window sees it: start it, send orders, take its events, notice when it has ended.

Effects: a process. It gets nothing of this one but the search path of modules, as the workers of `intake/pool.py`.
"""

from __future__ import annotations

import contextlib
import multiprocessing.spawn
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import msgspec

import collab_xl
from collab_xl.desk.protocol import Event, Order, event, line
from collab_xl.forms.folders import OWN_FORMS
from collab_xl.user_logs import log_folders

_COMMAND: Final = "import sys; sys.path[:] = eval(sys.argv[1]); from collab_xl.desk.worker import main; main()"
CRASHES: Final = "desk-worker.log"
"""In the user's folder of logs: what the process printed when it ended by itself."""


class WorkerProcess:
    """One worker process. `events` gets what it says, and None when it has ended."""

    def __init__(self) -> None:
        self._made_from = made_from()
        self.events: queue.Queue[Event | None] = queue.Queue()
        self._process = _started()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def outdated(self) -> bool:
        """Whether the forms or the program were changed since it started: it has read them once."""
        return made_from() != self._made_from

    def send(self, order: Order) -> bool:
        """Send an order. False if the worker has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line(order))
            self._process.stdin.flush()
        except (OSError, ValueError):
            return False
        return True

    def close(self, seconds: float = 0.0) -> None:
        """Let it end: what it writes is completed, anything else is cancelled. Waits for it so long; it ends by itself in any case."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        if seconds:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for data in self._process.stdout:
            with contextlib.suppress(msgspec.DecodeError):
                self.events.put(event(data))
        self._process.wait()
        self.events.put(None)


def made_from() -> frozenset[tuple[str, int, int]]:
    """Name, time and size of what a worker reads once: the user's own forms and the program."""
    files = [Path(collab_xl.__file__)]
    if own := os.environ.get(OWN_FORMS, ""):
        with contextlib.suppress(OSError):
            files += [path for path in Path(own).rglob("*.toml") if path.is_file()]
    found = []
    for path in files:
        with contextlib.suppress(OSError):
            stat = path.stat()
            found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return frozenset(found)


def _started() -> subprocess.Popen[bytes]:
    path = repr([os.path.abspath(p) for p in sys.path])
    command = [os.fsdecode(multiprocessing.spawn.get_executable()), "-I", "-X", "faulthandler", "-c", _COMMAND, path]
    home = Path.home()  # not the folder of a master: Windows would lock it while the worker lives
    with contextlib.ExitStack() as stack:
        crashes: int = subprocess.DEVNULL
        for folder in log_folders(None):
            with contextlib.suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
                crashes = stack.enter_context((folder / CRASHES).open("wb")).fileno()
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=crashes,
            cwd=home if home.is_dir() else None,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
