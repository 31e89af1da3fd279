"""The table of undo: what comes back, step by step, and forward again. What was typed or sorted since stays as it is.

| step | takes back | open questions after it |
|---|---|---|
| undo | `flag`: late days, warnings | none |
| undo | `resolve` that kept the master: no cell | the question is asked again |
| undo | `consolidate`: cells, the added row | none |
| undo | nothing | |
| redo, redo, redo | the same, forward | as they were |
"""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import pytest
from judges import structural_findings
from small_project import DAY, Project
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.model.summary import WeekRecord
from collab_xl.project.run import open_master
from collab_xl.verbs.report import Report, no_progress

LAB = "研发部"
RISK, PROGRESS = ("tasks", "RW-002", "risk"), ("tasks", "RW-002", "progress")
Seen = tuple[object, object]


def seen(project: Project) -> Seen:
    """The data, and the questions that wait."""
    return project.data(), sorted((str(r["kind"]), str(r["row_key"]), str(r["field"])) for r in project.listed("conflicts"))


def undo(project: Project, run: str | None = None) -> Report:
    return checked(project, verbs.undo(project.master, run=run, as_of=DAY, lang=project.lang))


def redo(project: Project) -> Report:
    return checked(project, verbs.redo(project.master, as_of=DAY, lang=project.lang))


def checked(project: Project, report: Report) -> Report:
    assert structural_findings(project.master) == []
    return report


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Path], list[Seen]]:
    """A project after consolidate, resolve and flag, and what was seen before each of them and at the end."""
    project = Project.start(tmp_path_factory.mktemp("made"))
    project.issue()
    project.type((*RISK, "已缓解"))
    states = [seen(project)]
    cells = {PROGRESS[:2]: {"progress": "60%", "risk": "加剧"}, ("problems", "+0"): {"description": "测试环境又坏了"}}
    project.consolidate(project.reply(LAB, cells, "一"))
    states.append(seen(project))
    project.decide(RW_002=("保留主表", None))
    verbs.resolve(project.master, as_of=DAY, lang="zh")
    states.append(seen(project))
    verbs.flag(project.master, as_of=DAY, lang="zh")
    states.append(seen(project))
    return project.folder, project.packs, states


@pytest.fixture
def project(made: tuple[Path, dict[str, Path], list[Seen]], tmp_path: Path) -> Project:
    folder, packs, _ = made
    source = Project(folder, "zh")
    source.packs = packs
    return source.copy(tmp_path / "project")


@pytest.fixture
def states(made: tuple[Path, dict[str, Path], list[Seen]]) -> list[Seen]:
    return made[2]


def test_each_step_is_another_state(states: list[Seen]) -> None:
    assert all(before != after for before, after in itertools.pairwise(states))


def test_undo_steps_back_and_redo_forward(project: Project, states: list[Seen]) -> None:
    for wanted in (states[2], states[1], states[0]):
        undo(project)
        assert seen(project) == wanted
    assert undo(project).json["run"] is None
    assert seen(project) == states[0]
    for wanted in states[1:]:
        redo(project)
        assert seen(project) == wanted
    assert redo(project).json["run"] is None
    assert seen(project) == states[3]


def test_back_and_forth_in_the_middle(project: Project, states: list[Seen]) -> None:
    for step, wanted in ((undo, 2), (redo, 3), (undo, 2), (undo, 1), (redo, 2), (undo, 1), (undo, 0), (redo, 1)):
        step(project)
        assert seen(project) == states[wanted]


def test_undo_by_name_takes_it_and_what_came_after_and_one_redo_brings_all_back(project: Project, states: list[Seen]) -> None:
    runs = [r["run"] for r in verbs.log(project.master, lang="zh").json["runs"] if r["verb"] == "consolidate"]
    undo(project, runs[0])
    assert seen(project) == states[0]
    redo(project)
    assert seen(project) == states[3]


def test_what_reads_or_only_lists_leaves_the_list_of_steps_alone(project: Project, states: list[Seen]) -> None:
    undo(project)
    verbs.check(project.master, as_of=DAY, lang="zh")
    verbs.preview(project.master, as_of=DAY, lang="zh", progress=no_progress)
    redo(project)
    assert seen(project) == states[3]


def page(project: Project) -> list[object]:
    """The cells of 周报."""
    book = read_book(project.master)
    snap = book.snapshot(book.names["wk_title"][0])
    return [snap.value(row, col) for row in range(1, snap.last_row + 1) for col in range(1, snap.last_col + 1)]


def week(project: Project, name: str, day: date) -> None:
    verbs.week(project.master, week=name, as_of=day, lang=project.lang)


def test_a_weekly_sheet_is_a_step(project: Project, states: list[Seen]) -> None:
    week(project, "2026-W46", date(2026, 11, 13))
    before = page(project)
    project.type(("tasks", "RW-001", "measure", "加人"))
    week(project, "2026-W47", DAY)
    after = page(project)
    assert before != after
    report = undo(project)
    assert any("2026-W46" in line for line in report.lines)
    assert [w.week for w in weeks(project)] == ["2026-W46"]
    assert page(project)[:40] == before[:40]
    redo(project)
    assert (page(project), [w.week for w in weeks(project)]) == (after, ["2026-W46", "2026-W47"])
    undo(project)
    undo(project)
    assert weeks(project) == []
    undo(project)
    assert seen(project)[1] == states[2][1]
    week(project, "2026-W47", DAY)
    assert redo(project).json["run"] is None  # it cuts redo off


def weeks(project: Project) -> list[WeekRecord]:
    with open_master(project.master, for_writing=False) as master:
        return master.ledger.weeks(master.run_id)


def test_a_run_that_changes_data_cuts_redo_off(project: Project) -> None:
    undo(project)
    undo(project)
    project.decide(RW_002=("保留主表", None))
    verbs.resolve(project.master, as_of=DAY, lang="zh")
    report = redo(project)
    assert report.json["run"] is None
    with open_master(project.master, for_writing=False) as master:
        assert master.run_id in report.lines[0]
    assert undo(project).json["undone"] != []


def test_columns_computed_anew_do_not_cut_redo_off(project: Project, states: list[Seen]) -> None:
    for _ in range(3):
        undo(project)
    verbs.flag(project.master, as_of=DAY, lang="zh")
    for _ in range(3):
        report = redo(project)
        assert (report.json["run"] is not None, report.json["kept"]) == (True, [])
    verbs.flag(project.master, as_of=DAY, lang="zh")
    assert seen(project) == states[3]


def test_a_decision_chosen_is_there_again_after_undo_and_redo(project: Project) -> None:
    undo(project)
    undo(project)
    project.decide(RW_002=("保留主表", None))
    chosen = [row["decision"] for row in project.listed("conflicts")]
    assert chosen == ["保留主表"]
    undo(project)
    assert project.listed("conflicts") == []
    redo(project)
    assert [row["decision"] for row in project.listed("conflicts")] == chosen


def test_undo_names_the_next_run_and_steps_over_weekly_sheets_between_data(project: Project) -> None:
    undo(project)  # flag
    week(project, "2026-W47", DAY)
    project.type((*PROGRESS, 0.9))
    verbs.flag(project.master, as_of=DAY, lang="zh")
    with open_master(project.master, for_writing=False) as master:
        runs = {run.verb: run.id for run in master.ledger.chain(master.run_id)}
    first = undo(project)
    assert first.json["undone"] == [runs["flag"]]
    assert any(runs["resolve"] in line for line in first.lines)
    second = undo(project)
    assert second.json["undone"] == [runs["resolve"]]
    assert any(runs["week"] in line for line in second.lines)


def test_an_undo_is_no_argument_of_undo(project: Project) -> None:
    run = str(undo(project).json["run"])
    with pytest.raises(CollabError) as refused:
        undo(project, run)
    assert refused.value.code == "undo_of_undo"


def test_what_was_typed_since_stays_on_the_way_back_and_forward(project: Project, states: list[Seen]) -> None:
    project.type((*PROGRESS, 0.9))
    undo(project)
    undo(project)
    report = undo(project)
    assert [(k["row_id"], k["field"], k["reason"]) for k in report.json["kept"]] == [("RW-002", "当前进度", "typed")]
    assert project.value(*PROGRESS) == 0.9
    for _ in range(3):
        redo(project)
    assert project.value(*PROGRESS) == 0.9
    assert seen(project)[1] == states[3][1]


def test_after_a_sort_the_rows_are_found_by_their_ids(project: Project, states: list[Seen]) -> None:
    reverse_tasks(project)
    for _ in range(3):
        undo(project)
    assert seen(project) == states[0]
    for _ in range(3):
        redo(project)
    assert seen(project) == states[3]


def test_a_file_taken_back_is_there_again_after_redo_and_not_merged_twice(project: Project, states: list[Seen]) -> None:
    for _ in range(3):
        undo(project)
    for _ in range(3):
        redo(project)
    report = project.consolidate(project.folder / "inbox" / "一.xlsx")
    assert report.json["submissions"] == []
    assert seen(project) == states[3]


def test_no_write_says_which_run_it_would_be(project: Project, states: list[Seen]) -> None:
    before = project.master.read_bytes()
    would = verbs.undo(project.master, as_of=DAY, write=False, lang="zh")
    assert project.master.read_bytes() == before
    assert would.json["undone"] == undo(project).json["undone"]
    assert seen(project) == states[2]


def reverse_tasks(project: Project) -> None:
    """The PMO sorts the tasks the other way round in Excel."""
    form = load().form("tasks")
    workbook = workbook_at(project.master)
    sheet = next(ws for ws in workbook if form.table in ws.tables)
    area = list(sheet[sheet.tables[form.table].ref])[1:]
    values = [[cell.value for cell in line] for line in area]
    used = [line for line in values if any(v is not None for v in line)]
    for line, row in zip(area, [*reversed(used), *values[len(used) :]], strict=True):
        for cell, value in zip(line, row, strict=True):
            cell.value = value
    workbook.save(project.master)
