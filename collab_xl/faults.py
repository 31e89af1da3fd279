"""Faults of the program itself: distinguish them from a damaged file, and save them with their traceback.

An exception counts as damage if it is a CollabError, if a reader raised it (zip, XML, CSV, calamine), if the system or the memory is the
cause, or if bytes cannot be decoded. Everything else is a fault of the program: the file may be good, so nobody has to send it again.

Effects: `keep` writes a log file.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import sys
import traceback
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from collab_xl import __version__
from collab_xl.errors import CollabError
from collab_xl.user_logs import log_folders

READERS = frozenset({"zipfile", "zlib", "isal", "igzip_lib", "lxml", "xml", "_csv", "csv", "python_calamine", "pyo3_runtime", "encodings"})
"""Modules that read the bytes of a file. (`pyo3_runtime` is a panic of calamine.)"""
DAMAGE = (CollabError, UnicodeDecodeError, MemoryError, OSError)
"""Raised in our code, but about the file or the machine."""


@dataclass(frozen=True)
class Fault:
    """One item the program failed on: the file, the exception's name, and the path of the traceback ("" if it could not be saved)."""

    file: str
    sha256: str
    error: str
    log: str

    @property
    def facts(self) -> dict[str, str]:
        return {"file": self.file, "error": self.error, "log": self.log or "–"}

    @property
    def json(self) -> dict[str, str]:
        return {"file": self.file, "sha256": self.sha256, "error": self.error, "log": self.log}


def is_damage(error: BaseException) -> bool:
    """Whether the file (or the machine) is the cause, judged by the kind of exception and the module that raised it."""
    if isinstance(error, DAMAGE) or _root(type(error).__module__) in READERS:
        return True
    frames = list(traceback.walk_tb(error.__traceback__))
    return bool(frames) and _root(str(frames[-1][0].f_globals.get("__name__", ""))) in READERS


def _root(module: str) -> str:
    return module.partition(".")[0]


def trace_of(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def keep(trace: str, *, error: str, file: str, data_sha256: str, doing: str, when: datetime, beside: Path | None) -> Fault:
    """Write the traceback to `fault-<hash>.log` in `beside` (a project's `logs`), else in the user's log folder.

    The name is made from the file, its content and the exception, so a fault that occurs again overwrites its log.
    """
    name = f"fault-{hashlib.sha256(f'{data_sha256}{file}{error}'.encode()).hexdigest()[:12]}.log"
    head = (
        f"{when:%Y-%m-%d %H:%M:%S} collab_xl {__version__}, Python {platform.python_version()}, {sys.platform}",
        f"while {doing}: {file}",
        f"sha256 {data_sha256}",
    )
    for folder in log_folders(beside):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("\n".join((*head, "", trace)), encoding="utf-8", errors="backslashreplace")
            return Fault(file, data_sha256, error, str(folder / name))
    return Fault(file, data_sha256, error, "")
