"""The log of the ribbon: each click, its result, and the details of a fault. UTF-8; xlwings' own log does not keep Chinese.

Effects: appends to `logs/ribbon.log` of the master's folder `.collab`; where there is none, or it cannot be written, to the user's own.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from collab_xl.user_logs import log_folders
from collab_xl.verbs.times import clock

NAME = "ribbon.log"
LARGEST = 1_000_000
"""Bytes. A longer file is renamed (`ribbon.1.log`) and a new one is started."""


def write(entry: str, beside: Path | None, name: str = NAME) -> Path | None:
    """Append an entry with its time; `beside` is the `logs` folder of a project, `name` the file.

    Returns the file, None if no log can be written.
    """
    for folder in log_folders(beside):
        with contextlib.suppress(OSError):
            folder.mkdir(exist_ok=True, parents=True)
            path = folder / name
            if path.exists() and path.stat().st_size > LARGEST:
                path.replace(path.with_suffix(".1.log"))
            with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"{clock.now():%Y-%m-%d %H:%M:%S} {entry.rstrip()}\n")
            return path
    return None
