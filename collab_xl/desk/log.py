"""The log of the desk, in the user's own folder of logs: UTF-8, one entry after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from collab_xl.addin import ribbon_log

NAME: Final = "desk.log"


def write(entry: str, beside: Path | None = None) -> Path | None:
    """Append an entry with its time. Returns the file, None if no log can be written."""
    return ribbon_log.write(entry, beside, NAME)
