"""An original lost from the archive: it is named by department and file, the others are merged, and collecting it again heals it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from small_project import DAY, MONDAY, Project

from collab_xl import verbs
from collab_xl.catalogue import LANGS
from collab_xl.errors import FINDINGS
from collab_xl.verbs.report import Report, no_progress
from collab_xl.verbs.times import clock


@pytest.fixture(params=LANGS)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """Two replies are collected."""
    found = Project.again(tmp_path / "p", request.param)
    found.reply("市场部", {("tasks", "RW-001"): {"progress": 0.8}}, "a")
    found.reply("研发部", {("tasks", "RW-002"): {"progress": 0.4}}, "b")
    with clock.at(MONDAY + timedelta(days=4, hours=5)):
        verbs.collect(found.master, [found.folder / "inbox"], department=None, as_of=DAY, write=True, lang=found.lang, progress=no_progress)
    return found


def original(project: Project, name: str) -> Path:
    sha = hashlib.sha256((project.folder / "inbox" / f"{name}.xlsx").read_bytes()).hexdigest()
    return project.master.with_suffix(".collab") / "archive" / sha


def damage(path: Path, harm: str) -> None:
    path.chmod(0o644)
    if harm == "gone":
        path.unlink()
    elif harm == "empty":
        path.write_bytes(b"")
    else:
        data = path.read_bytes()
        path.write_bytes(data[:50] + bytes(30) + data[80:])


def consolidate(project: Project, *inputs: Path) -> Report:
    with clock.at(MONDAY + timedelta(days=4, hours=6)):
        return project.consolidate(*inputs)


def progress(project: Project) -> list[object]:
    return [project.value("tasks", key, "progress") for key in ("RW-001", "RW-002")]


@pytest.mark.parametrize("harm", ["gone", "changed", "empty"])
def test_one_lost_original_stops_no_other(project: Project, harm: str) -> None:
    damage(original(project, "a"), harm)
    report = consolidate(project)
    assert (report.exit_code, progress(project)) == (FINDINGS, [0.5, 0.4])
    assert [(one["department"], one["file"], one["ready"]) for one in report.json["lost"]] == [("市场部", "a.xlsx", True)]
    (line,) = [line for line in report.lines if "a.xlsx" in line]
    assert "市场部" in line
    again = consolidate(project, project.folder / "inbox" / "a.xlsx")
    assert (again.json["lost"], progress(project)) == ([], [0.8, 0.4])


def test_all_lost_is_said_too(project: Project) -> None:
    for name in ("a", "b"):
        original(project, name).unlink()
    before = project.master.read_bytes()
    report = consolidate(project)
    assert {one["file"] for one in report.json["lost"]} == {"a.xlsx", "b.xlsx"}
    assert (report.exit_code, project.master.read_bytes() == before) == (FINDINGS, True)


def test_doctor_names_each(project: Project) -> None:
    for name in ("a", "b"):
        original(project, name).unlink()
    report = verbs.doctor(project.master, as_of=DAY, lang=project.lang)
    lost = [str(line["what"]) for line in report.json["items"] if line["topic"] == "original"]
    assert len(lost) == 2
    assert [f"{name}.xlsx" for name in "ab" if any(f"{name}.xlsx" in line for line in lost)] == ["a.xlsx", "b.xlsx"]


def test_a_lost_original_of_a_merged_file_is_named_when_a_second_copy_comes(project: Project) -> None:
    consolidate(project)
    original(project, "a").unlink()
    second = project.reply("市场部", {("tasks", "RW-003"): {"progress": 0.3}}, "second", 14)
    report = consolidate(project, second)
    assert [(one["file"], one["ready"]) for one in report.json["lost"]] == [("a.xlsx", False)]
    assert project.value("tasks", "RW-003", "progress") == 0.3
