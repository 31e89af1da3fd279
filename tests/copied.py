"""Copy a project for a test."""

from __future__ import annotations

import shutil
from pathlib import Path

from collab_xl.project.trust import MADE, remember


def copy_project(source: Path, target: Path) -> Path:
    """Copy the folder. Its masters are noted as made there by this user; any other is first tried in a worker, in every test."""
    shutil.copytree(source, target)
    for project in target.glob("*.collab/project"):
        remember(MADE, project.read_text(encoding="utf-8").strip(), target / "any.xlsx")
    return target
