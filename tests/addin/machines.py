"""Computers for tests: Windows and a Mac on any system, with a home folder of their own and a registry that is a dictionary."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from collab_xl.addin.machine import MAC, WINDOWS, Machine


def machine(
    platform: str, home: Path, *, python: str = sys.executable, registry: Mapping[str, Mapping[str, object]] | None = None
) -> Machine:
    """A computer on which Office was started once: its own folders are there, XLSTART is not."""
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    if platform == WINDOWS:
        env |= {"APPDATA": str(home / "AppData" / "Roaming"), "LOCALAPPDATA": str(home / "AppData" / "Local")}
        (home / "AppData" / "Roaming" / "Microsoft").mkdir(parents=True, exist_ok=True)
    if platform == MAC:
        (home / "Library" / "Group Containers" / "UBF8T346G9.Office").mkdir(parents=True, exist_ok=True)
    keys = dict(registry or {})
    return Machine(platform, env, home, python, lambda key: keys.get(key, {}))
