"""Which masters this user knows on this computer. A workbook cannot say so itself: anybody can write anything into it.

A project is known in a folder where this user made it or wrote a run; it is confirmed where he made it or said so (`doctor --confirm`).
Stored in a small file of this user. If it cannot be read or written, everything is unknown: that costs a check or a question, nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Final

from collab_xl.model.outside_text import encodable
from collab_xl.user_logs import user_file

FILE: Final = "known.json"
MOST: Final = 2000
"""Entries that are kept, the newest."""
MADE, USED, CONFIRMED = "made", "used", "confirmed"


def known(project_id: str, master: Path) -> bool:
    """Whether this user made the project in this folder, wrote a run there, or confirmed it."""
    return any(_entry(kind, project_id, master.parent) in _entries() for kind in (MADE, USED, CONFIRMED))


def confirmed(project_id: str, master: Path, folder: str = "") -> bool:
    """Whether this user made the project in the master's folder or confirmed it; with `folder`, whether he confirmed that folder."""
    if folder:
        return _entry(CONFIRMED, project_id, master.parent, folder) in _entries()
    return any(_entry(kind, project_id, master.parent) in _entries() for kind in (MADE, CONFIRMED))


def remember(kind: str, project_id: str, master: Path, folder: str = "") -> None:
    """Add an entry. `folder`: a folder that the master names."""
    entry, entries = _entry(kind, project_id, master.parent, folder), _entries()
    if entry in entries:
        return
    with contextlib.suppress(OSError, RuntimeError):
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
        temporary.write_text(json.dumps([*entries, entry][-MOST:], ensure_ascii=False, indent=0), encoding="utf-8")
        os.replace(temporary, path)


def _entry(kind: str, project_id: str, where: Path, folder: str = "") -> list[str]:
    return [kind, project_id, encodable(os.path.realpath(where)), encodable(folder)]


def _entries() -> list[list[str]]:
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        entries = json.loads(_path().read_text(encoding="utf-8"))
        if isinstance(entries, list):
            return entries
    return []


def _path() -> Path:
    return user_file(FILE)
