"""An issue that fails leaves the folder as it was: nobody mails a pack that no run knows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from e2e.small_project import DAY, WEEK, Project

from collab_xl import verbs
from collab_xl.errors import CollabError
from collab_xl.verbs.report import Progress, Report, no_progress


def issue(project: Project, out: Path, progress: Progress = no_progress) -> Report:
    return verbs.issue(project.master, as_of=DAY, week=WEEK, lang="zh", out=out, progress=progress)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("issued", [True, False], ids=("issued before", "first time"))
def test_a_pack_that_cannot_be_written(tmp_path: Path, issued: bool) -> None:
    project = Project.again(tmp_path / "p", issued=issued)
    out = project.folder / "outbox"
    if issued:
        taken = project.packs["研发部"]
        taken.unlink()
    else:
        taken = Path(str(issue(project, tmp_path / "elsewhere").json["packs"][1]["file"]))
        taken = out / taken.name
    taken.mkdir(parents=True)
    before = contents(out)
    assert len(before) == issued
    with pytest.raises(CollabError) as refused:
        issue(project, out)
    assert refused.value.code == "cannot_write_into"
    assert contents(out) == before


def test_a_master_that_was_saved_meanwhile(tmp_path: Path) -> None:
    """Whoever had mailed the packs that were there would have got every answer refused."""
    project = Project.again(tmp_path / "p")
    before = contents(project.folder / "outbox")
    assert len(before) == 2

    def saved(*_: object) -> None:
        project.type(("tasks", "RW-002", "end", date(2026, 12, 4)))

    with pytest.raises(CollabError) as refused:
        issue(project, project.folder / "outbox", saved)
    assert refused.value.code == "master_changed"
    assert contents(project.folder / "outbox") == before
    answer = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%"}}, "answer")
    assert [s["applied"] for s in project.consolidate(answer).json["submissions"]] == [1]
    issue(project, project.folder / "outbox")
    assert contents(project.folder / "outbox").keys() == before.keys()
    assert contents(project.folder / "outbox") != before
