"""A name for a new file beside others: what is there is never written over."""

from __future__ import annotations

import os
from pathlib import Path


def free_path(folder: Path, name: str, ending: str) -> Path:
    """A path that does not exist: `name.pdf`, `name (2).pdf`, …"""
    number, path = 1, folder / f"{name}{ending}"
    while os.path.lexists(path):
        number += 1
        path = folder / f"{name} ({number}){ending}"
    return path
