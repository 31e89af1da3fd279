"""Where logs go: beside a project's master, else where programs of this user keep them; and small files of this user."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path


def user_folder() -> Path:
    """Where programs of this user keep logs."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "collab_xl" / "logs"
    if sys.platform == "darwin":
        return home / "Library" / "Logs" / "collab_xl"
    return Path(os.environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "collab_xl" / "logs"


def user_file(name: str) -> Path:
    """A small file of this user, kept between runs. Raises RuntimeError if the user has no home folder."""
    logs = user_folder()
    return (logs.parent if logs.name == "logs" else logs) / name  # on the Mac the folder of the program is the one of its logs


def log_folders(beside: Path | None) -> Iterator[Path]:
    """In the order to try; `beside` is the `logs` folder of a project, used where the project's folder exists."""
    if beside is not None and beside.parent.is_dir():
        yield beside
    with contextlib.suppress(RuntimeError, OSError):
        yield user_folder()
