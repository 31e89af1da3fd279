"""The ribbon's own log: what was clicked, what became of it, and the details of a fault. UTF-8, as xlwings' log garbles Chinese.

Effects: appends to `logs/ribbon.log` of the master's folder `.collab`; where there is none, or it cannot be written, to the user's own.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from collab_xl.pipeline import clock

NAME = "ribbon.log"
LARGEST = 1_000_000
"""Bytes; then the file becomes `ribbon.1.log` and a new one begins."""


def user_folder() -> Path:
    """Where programs of this user keep logs."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "collab_xl" / "logs"
    if sys.platform == "darwin":
        return home / "Library" / "Logs" / "collab_xl"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "collab_xl" / "logs"


def write(entry: str, beside: Path | None) -> Path | None:
    """Append an entry with the time before it; `beside` is the `logs` folder of a project. Gives the file, None where none takes it."""
    for folder in _folders(beside):
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True, parents=True)
            path = folder / NAME
            if path.exists() and path.stat().st_size > LARGEST:
                path.replace(folder / "ribbon.1.log")
            with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"{clock.now():%Y-%m-%d %H:%M:%S} {entry.rstrip()}\n")
            return path
    return None


def _folders(beside: Path | None) -> Iterator[Path]:
    if beside is not None and beside.parent.is_dir():
        yield beside
    with contextlib.suppress(RuntimeError, OSError):
        yield user_folder()
