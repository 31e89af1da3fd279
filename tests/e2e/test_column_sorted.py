"""One column of a returned pack sorted alone, on real files: one line on 冲突处理 decides it, a mark in the returned workbook says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_project import DAY, DEPARTMENTS, MONDAY, REQUIREMENTS, TASKS, Project, type_into

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS, text
from collab_xl.demo import desk
from collab_xl.errors import CONFLICTS, OK
from collab_xl.forms import load
from collab_xl.plan.lists import columns_of
from collab_xl.verbs.times import clock

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
KEYS = [f"RW-{n:03}" for n in range(1, 13)]
RISKS = [f"风险{n}" for n in range(1, 13)]


@pytest.fixture(scope="module", params=LANGS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    found = Project(tmp_path_factory.mktemp("made"), request.param)
    tasks = [{**TASKS[1], "task_id": key, "name": f"任务{key}", "risk": risk} for key, risk in zip(KEYS, RISKS, strict=True)]
    with clock.at(MONDAY):
        verbs.init(found.master, project="产品Q3上线", departments=DEPARTMENTS, lang=found.lang, as_of=DAY, forms="basic")
    desk.fill_in(found.master, {"requirements": REQUIREMENTS, "tasks": tasks}, found.lang, DAY)
    found.issue()
    return found


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    return made.copy(tmp_path / "p")


def sorted_reply(project: Project, name: str = "sorted", hour: int = 12) -> Path:
    cells = {("tasks", key): {"risk": risk} for key, risk in zip(KEYS, reversed(RISKS), strict=True)}
    cells["tasks", "RW-002"]["measure"] = "加班"
    return project.reply("研发部", cells, name, hour)


def answer(project: Project, line: dict[str, object], word: str) -> None:
    """Fill in the decision of one line."""
    book, service = read_book(project.master), load().service("conflicts")
    ref = book.tables[service.table]
    snap, col = book.snapshot(ref.sheet), columns_of(ref, service)
    row = next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if snap.value(r, col["id"]) == line["id"])
    type_into(project.master, ref.sheet, {(row, col["decision"]): text(word, project.lang)})


def risks(project: Project) -> list[object]:
    return [project.value("tasks", key, "risk") for key in KEYS]


def test_one_line_for_the_column(project: Project) -> None:
    report = project.consolidate(sorted_reply(project))
    assert report.exit_code == CONFLICTS
    assert risks(project) == RISKS
    assert project.value("tasks", "RW-002", "measure") == "加班"
    listed = project.listed("conflicts")
    kind, heading = text("model.kind.shifted", project.lang), load().form("tasks").field("risk").heading[project.lang]
    assert [line["kind"] for line in listed] == [kind] * 13
    assert str(listed[0]["field"]).startswith(heading)
    assert "12" in str(listed[0]["field"])
    assert listed[0]["name"] == "sorted.xlsx"
    (said,) = [line for line in project.listed("findings") if line["code"] == "M111"]
    assert "12" in str(said["message"])


@pytest.mark.parametrize(("word", "expected"), [("take_submission", RISKS[::-1]), ("keep_master", RISKS)])
def test_the_line_decides_all_its_cells(project: Project, word: str, expected: list[str]) -> None:
    project.consolidate(sorted_reply(project))
    answer(project, project.listed("conflicts")[0], f"model.word.{word}")
    report = verbs.resolve(project.master, as_of=DAY, lang=project.lang)
    assert report.exit_code == OK
    assert risks(project) == expected
    assert not project.listed("conflicts")


def test_a_cell_keeps_a_decision_of_its_own(project: Project) -> None:
    project.consolidate(sorted_reply(project))
    whole, *cells = project.listed("conflicts")
    answer(project, next(c for c in cells if c["row_key"] == "RW-003"), "model.word.keep_master")
    answer(project, whole, "model.word.take_submission")
    verbs.resolve(project.master, as_of=DAY, lang=project.lang)
    assert risks(project) == [*RISKS[:-3:-1], RISKS[2], *RISKS[-4::-1]]


def test_undo_takes_the_question_back(project: Project) -> None:
    project.consolidate(sorted_reply(project))
    verbs.undo(project.master, as_of=DAY, lang=project.lang)
    assert not project.listed("conflicts")
    assert project.value("tasks", "RW-002", "measure") is None


def test_the_department_sees_it_in_its_workbook(project: Project) -> None:
    project.consolidate(sorted_reply(project))
    (back,) = (project.master.with_suffix(".collab") / "returned").rglob("*.xlsx")
    book = read_book(back)
    said = [str(v) for name in book.sheets for line in book.snapshot(name).cells for v in line if v is not None]
    heading = load().form("tasks").field("risk").heading[project.lang]
    assert any(heading in line and "12" in line for line in said)


def test_the_corrected_file_answers_it(project: Project) -> None:
    cells = {("tasks", key): {"risk": risk} for key, risk in zip(KEYS, reversed(RISKS), strict=True)}
    own: dict[tuple[str, str], dict[str, object]] = {("tasks", "RW-002"): {"measure": "加班", "progress": "40%"}}
    project.consolidate(project.reply("研发部", {key: {**cells[key], **own.get(key, {})} for key in cells}, "sorted"))
    assert len(project.listed("conflicts")) == 13
    project.consolidate(project.reply("研发部", own, "corrected", 14))
    assert not project.listed("conflicts")
    assert risks(project) == RISKS
