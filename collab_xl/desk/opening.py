"""Open what was made with the program the system has for it.

In: a path.  Out: whether something was started.  Effects: starts a program of the user.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

OPENED: Final = frozenset({".xlsx", ".xlsm", ".csv", ".pdf", ".png", ".log", ".txt", ".html", ".ics", ".eml"})
"""Endings of files the desk opens. Anything else is shown in its folder: a file of another kind could be a program."""


def target_of(path: Path) -> Path:
    """The file, if it is of a kind that is opened, or a folder; else the folder it is in."""
    return path if path.is_dir() or path.suffix.lower() in OPENED else path.parent


def command(path: Path, platform: str) -> list[str]:
    """The command that opens a path; [] where the system has a function for it."""
    if platform == "win32":
        return []
    return ["open" if platform == "darwin" else "xdg-open", str(path)]


def open_path(path: Path, platform: str = sys.platform, start: Callable[[Sequence[str]], object] | None = None) -> bool:
    """Open a file or folder. False if it is gone or there is no program for it."""
    if not path.exists():
        return False
    target = target_of(path)
    words = command(target, platform)
    try:
        if not words:
            os.startfile(target)  # type: ignore[attr-defined]
        else:
            (start or _start)(words)
    except OSError:
        return False
    return True


def _start(words: Sequence[str]) -> None:
    quiet = subprocess.DEVNULL
    subprocess.Popen(words, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
