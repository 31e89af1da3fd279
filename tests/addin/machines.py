"""Computers for tests: Windows and a Mac on any system, with a home folder of their own and a registry that is a dictionary."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from collab_xl.addin.machine import APP_PATHS, MAC, WINDOWS, Machine


def machine(
    platform: str, home: Path, *, python: str = sys.executable, registry: Mapping[str, Mapping[str, object]] | None = None
) -> Machine:
    """A computer on which Office was started once: its own folders are there, XLSTART is not."""
    keys = dict(registry or {})
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    if platform == WINDOWS:
        env |= {"APPDATA": str(home / "AppData" / "Roaming"), "LOCALAPPDATA": str(home / "AppData" / "Local")}
        (home / "AppData" / "Roaming" / "Microsoft").mkdir(parents=True, exist_ok=True)
        keys.setdefault(rf"HKLM\{APP_PATHS}", {"": "C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE"})
    if platform == MAC:
        (home / "Library" / "Group Containers" / "UBF8T346G9.Office").mkdir(parents=True, exist_ok=True)
        (home / "Applications" / "Microsoft Excel.app").mkdir(parents=True, exist_ok=True)
    return Machine(platform, env, home, python, lambda key: keys.get(key, {}))
