"""Two projects whose packs lie in one folder, and whose replies come into one inbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_project import DAY, Project

from collab_xl import verbs
from collab_xl.verbs.report import no_progress


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_project_takes_its_own_packs_and_leaves_the_others(tmp_path: Path, lang: str) -> None:
    projects = []
    for name in ("甲项目", "乙项目"):
        (tmp_path / name).mkdir()
        project = Project.start(tmp_path / name, lang)
        project.set("project", name)
        report = verbs.issue(project.master, as_of=DAY, week="2026-W47", lang=lang, out=tmp_path / "packs", progress=no_progress)
        project.packs = {str(p["department"]): Path(str(p["file"])) for p in report.json["packs"]}
        projects.append(project)
    packs = [path.name for path in (tmp_path / "packs").iterdir()]
    assert len(packs) == 4
    assert sum("甲项目" in name for name in packs) == sum("乙项目" in name for name in packs) == 2
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for n, project in enumerate(projects):
        reply = project.reply("研发部", {("tasks", "RW-002"): {"progress": 0.6 + n / 10}}, "reply")
        reply.rename(inbox / project.packs["研发部"].name)
    there = {path.name: path.read_bytes() for path in inbox.iterdir()}
    for n, project in enumerate(projects):
        report = project.consolidate(inbox)
        assert sorted((i["state"], i["code"] or "") for i in report.json["items"]) == [("accepted", ""), ("refused", "S402")]
        assert report.json["returned"] == []
        assert project.value("tasks", "RW-002", "progress") == 0.6 + n / 10
        assert {path.name: path.read_bytes() for path in inbox.iterdir()} == there
