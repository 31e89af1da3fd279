"""Rows of 冲突处理 that were deleted come back, and what was written where its code is gone is said, never silently left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from copied import copy_project
from small_project import DAY, Project, type_into

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.errors import CONFLICTS
from collab_xl.forms import load
from collab_xl.model.sheets import Snapshot
from collab_xl.verbs.report import Report

Cells = dict[tuple[int, int], object]


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two questions wait: RW-001 and RW-003 of 市场部."""
    project = Project.start(tmp_path_factory.mktemp("waiting"), request.param)
    project.issue()
    keys = ("RW-001", "RW-003")
    project.type(*(("tasks", key, "risk", "PMO") for key in keys))
    project.consolidate(project.reply("市场部", {("tasks", key): {"risk": "部门"} for key in keys}, "a"))
    assert listed(project) == ["RW-001", "RW-003"]
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    copy_project(made.folder, tmp_path / "p")
    return Project(tmp_path / "p", made.lang)


def listed(project: Project) -> list[str]:
    return sorted(str(row["row_key"]) for row in project.listed("conflicts"))


def on_sheet(project: Project, change: Callable[[int, dict[str, int], Snapshot], Cells]) -> None:
    """`change` gets the first row of the list, column id → column, and the sheet; it returns what is typed: (row, column) → value."""
    book = read_book(project.master)
    ref = book.tables["Conflicts"]
    columns = {c.id: ref.area.first_col + ref.headings.index(c.heading[project.lang]) for c in load().service("conflicts").columns}
    snap = book.snapshot(ref.sheet)
    type_into(project.master, ref.sheet, change(ref.data.first_row, columns, snap))


def resolve(project: Project) -> Report:
    return verbs.resolve(project.master, as_of=DAY, lang=project.lang)


def codes(report: Report) -> list[str]:
    return [code for code in ("M201", "M209") if any(code in str(listing) for listing in report.listings)]


@pytest.mark.parametrize("verb", [resolve, lambda project: project.consolidate()], ids=["resolve", "consolidate"])
def test_deleted_rows_are_listed_again(project: Project, verb: Callable[[Project], Report]) -> None:
    def wiped(row: int, col: dict[str, int], sheet: Snapshot) -> Cells:
        return {(n, c): None for n in (row, row + 1) for c in col.values()}

    on_sheet(project, wiped)
    assert listed(project) == []
    report = verb(project)
    assert report.exit_code == CONFLICTS
    assert listed(project) == ["RW-001", "RW-003"]
    before = project.master.read_bytes()
    assert verb(project).exit_code == CONFLICTS
    assert project.master.read_bytes() == before  # nothing more to put right


def test_a_decision_whose_code_is_gone_is_said_and_not_carried_out(project: Project) -> None:
    def without_code(row: int, col: dict[str, int], sheet: Snapshot) -> Cells:
        return {(row, col["id"]): None, (row, col["decision"]): "采用报送"}

    on_sheet(project, without_code)
    report = resolve(project)
    assert codes(report) == ["M209"]
    assert any(("1" in line and "列出" in line) or "listed again" in line for line in report.lines)
    assert [project.value("tasks", key, "risk") for key in ("RW-001", "RW-003")] == ["PMO", "PMO"]
    assert listed(project) == ["RW-001", "RW-003"]


def test_a_code_nothing_waits_under_is_said(project: Project) -> None:
    def other_code(row: int, col: dict[str, int], sheet: Snapshot) -> Cells:
        return {(row, col["id"]): "0123456789", (row, col["decision"]): "采用报送"}

    on_sheet(project, other_code)
    assert codes(resolve(project)) == ["M201"]
    assert listed(project) == ["RW-001", "RW-003"]


def test_one_code_with_two_decisions_is_not_carried_out(project: Project) -> None:
    def same_code(row: int, col: dict[str, int], sheet: Snapshot) -> Cells:
        same = sheet.value(row, col["id"])
        return {(row + 1, col["id"]): same, (row, col["decision"]): "采用报送", (row + 1, col["decision"]): "保留主表"}

    on_sheet(project, same_code)
    report = resolve(project)
    assert codes(report) == ["M209"]
    assert report.json["decided"] == []
    assert listed(project) == ["RW-001", "RW-003"]
