"""For the tests of the desk: a project with a reply in its inbox, and one screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from copied import copy_project
from desk.screen import screen
from e2e.small_project import Project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose packs were issued, with the reply of one department in its inbox folder."""
    made = Project.start(tmp_path_factory.mktemp("desk"))
    made.issue()
    made.reply("市场部", {("tasks", "RW-001"): {"progress": 1, "status": "已完成", "actual_end": "2026-11-20"}}, "市场部")
    return made.folder


@pytest.fixture
def master(project: Path, tmp_path: Path) -> Path:
    return copy_project(project, tmp_path / "p") / "主表.xlsx"


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    with screen() as name:
        yield name
