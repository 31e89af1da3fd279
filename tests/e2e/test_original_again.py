"""An original lost from the archive: the message says to collect the mail again, and doing so heals it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from small_project import DAY, MONDAY, Project

from collab_xl import verbs
from collab_xl.errors import CollabError
from collab_xl.verbs import clock
from collab_xl.verbs.report import no_progress


def test_a_file_taken_in_again_replaces_its_lost_original(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    project.issue()
    reply = project.reply("市场部", {("tasks", "RW-001"): {"progress": 0.8}}, "a")
    later = {"department": None, "as_of": DAY, "write": True, "lang": "zh", "progress": no_progress}
    with clock.at(MONDAY + timedelta(days=4, hours=5)):
        verbs.collect(project.master, [reply], **later)
    archive = next(tmp_path.glob("*.collab")) / "archive"
    kept = {original.name: original.read_bytes() for original in archive.iterdir()}
    for original in archive.iterdir():
        original.unlink()
    with clock.at(MONDAY + timedelta(days=4, hours=6)):
        with pytest.raises(CollabError, match="original_lost"):
            verbs.consolidate(project.master, [], **later)
        verbs.consolidate(project.master, [reply], **later)
    assert {original.name: original.read_bytes() for original in archive.iterdir()} == kept
