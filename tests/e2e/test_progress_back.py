"""Progress that goes back is seen against the last week, not only against the last run."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from small_project import DAY, Project

from collab_xl import verbs


def gone_back(project: Project, as_of: date = DAY) -> list[tuple[str, str]]:
    found = verbs.check(project.master, as_of=as_of, write=False, lang="zh").json["findings"]
    return [(f["row_id"], f["found"]) for f in found if f["code"] == "Q505"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project.start(tmp_path)
    project.set("pass_back", "放行")
    project.issue()
    assert gone_back(project) == []
    return project


def test_a_second_run_of_the_day_hides_nothing(project: Project) -> None:
    project.consolidate(project.reply("市场部", {("tasks", "RW-001"): {"progress": 0.4}}, "市场部"))
    assert gone_back(project) == [("RW-001", "40%")]
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"progress": 0.6}}, "研发部"))
    assert gone_back(project) == [("RW-001", "40%")]


def test_back_from_the_highest_value_of_the_week(project: Project) -> None:
    project.consolidate(project.reply("市场部", {("tasks", "RW-001"): {"progress": 0.8}}, "市场部_1"))
    assert gone_back(project) == []
    project.consolidate(project.reply("市场部", {("tasks", "RW-001"): {"progress": 0.7}}, "市场部_2", hour=13))
    assert gone_back(project) == [("RW-001", "70%")]


def test_a_value_typed_over_the_one_issued(project: Project) -> None:
    project.type(("tasks", "RW-001", "progress", 0.3))
    assert gone_back(project) == [("RW-001", "30%")]


def test_what_is_undone_never_was(project: Project) -> None:
    project.consolidate(project.reply("市场部", {("tasks", "RW-001"): {"progress": 0.4}}, "市场部"))
    verbs.undo(project.master, as_of=DAY, lang="zh")
    assert gone_back(project) == []


def test_weeks_later_only_the_last_consolidate_is_looked_at(project: Project) -> None:
    project.type(("tasks", "RW-001", "progress", 0.3))
    assert gone_back(project, DAY + timedelta(21)) == []
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"progress": 0.1}}, "研发部"))
    assert gone_back(project, DAY + timedelta(21)) == [("RW-002", "10%")]
