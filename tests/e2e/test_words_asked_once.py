"""An unknown word of a list is asked about once, its answer is a row of 状态词, and words of degree are mapped as a scale."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from small_project import DAY, Project, type_into
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.forms import load
from collab_xl.verbs.report import Report

TASKS = {"zh": ["任务ID", "任务名称", "负责部门", "完成状态"], "en": ["Task ID", "Task", "Department", "Status"]}
PROBLEMS = {"zh": ["问题编号", "问题描述", "严重程度"], "en": ["Problem ID", "Problem", "Severity"]}


def tracker(folder: Path, name: str, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / f"{name}.xlsx")
    return folder / f"{name}.xlsx"


def imported(project: Project, path: Path, *answers: str) -> Report:
    return verbs.import_tracker(project.master, [path], as_of=DAY, confirmed=bool(answers), write=bool(answers), lang=project.lang,
                                answers=[a for a in answers if a])  # fmt: skip


@pytest.fixture(params=["zh", "en"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    return Project.again(tmp_path / "p", request.param, issued=False)


def words(project: Project) -> list[tuple[object, object]]:
    return [(row["word"], row["means"]) for row in project.listed("words")]


def test_a_word_is_asked_once_and_kept_as_a_word_of_the_project(project: Project) -> None:
    head = TASKS[project.lang]
    path = tracker(
        project.folder,
        "旧表",
        head,
        *([f"T-{n}", f"旧任务{n}", "市场部", word] for n, word in enumerate(["总结回顾", "总结回顾", "在做啊"])),
    )
    (first, second) = imported(project, path).json["questions"]
    assert [(q["kind"], q["found"]) for q in (first, second)] == [("word", "总结回顾"), ("word", "在做啊")]
    assert (first["suggestion"], second["suggestion"]) == ("done", None)
    labels = {c.id: c.label[project.lang] for c in load().form("tasks").field("status").choices}
    written = imported(project, path, "1=yes", f"2={labels['in_progress']}")
    assert written.json["questions"] == []
    assert [project.value("tasks", f"T-{n}", "status") for n in range(3)] == [labels["done"], labels["done"], labels["in_progress"]]
    assert words(project) == [("总结回顾", labels["done"]), ("在做啊", labels["in_progress"])]
    again = imported(project, tracker(project.folder, "新表", head, ["T-9", "新任务", "研发部", "总结回顾"]))
    assert again.json["questions"] == []


def test_a_scale_is_one_question_and_what_was_assumed_is_one_line(project: Project) -> None:
    rows = [[f"P-{n}", f"问题{n}", word] for n, word in enumerate(["低", "中", "高", "致命", "P0", "P2", "随意"])]
    path = tracker(project.folder, "问题", PROBLEMS[project.lang], *rows)
    report = imported(project, path)
    (q,) = report.json["questions"]
    assert (q["kind"], q["found"], q["suggestion"]) == ("scale", "P0、P2、随意", "P0\turgent\nP2\tnormal")
    assert [f["code"] for f in report.json["findings"]] == ["V251", "V201", "V201", "V201"]
    shown = [row for listing in report.listings for row in listing.rows if "V201" in row]
    assert len(shown) == 1
    label = {c.id: c.label[project.lang] for c in load().form("problems").field("level").choices}
    imported(project, path, f"1=随意={label['cross']}")
    read = [project.value("problems", f"P-{n}", "level") for n in range(7)]
    assert read == [label[c] for c in ("normal", "normal", "urgent", "urgent", "urgent", "normal", "cross")]
    assert words(project) == [("P0", label["urgent"]), ("P2", label["normal"]), ("随意", label["cross"])]


def test_the_words_of_degrees_that_became_one_are_kept_in_a_new_master(tmp_path: Path) -> None:
    path = tracker(tmp_path, "问题", PROBLEMS["zh"], ["P-1", "问题1", "低"], ["P-2", "问题2", "中"])
    verbs.import_tracker(tmp_path / "主表.xlsx", [path], as_of=DAY, confirmed=True, lang="zh")
    book = workbook_at(tmp_path / "主表.xlsx")
    sheet = book[load().form("problems").sheet["zh"]]
    (heading,) = [c for row in sheet.iter_rows() for c in row if c.value == "严重程度·C"]
    assert [sheet.cell(heading.row + n, heading.column).value for n in (1, 2)] == ["低", "中"]


def test_a_word_in_a_pack_waits_on_the_sheet_of_questions_and_comes_in_when_answered(project: Project) -> None:
    project.issue()
    reply = project.reply("市场部", {("tasks", "RW-001"): {"status": "总结回顾"}, ("tasks", "RW-003"): {"status": "总结回顾"}}, "市场部")
    merged = project.consolidate(reply)
    assert [(q["kind"], q["found"]) for q in merged.json["questions"]] == [("word", "总结回顾")]
    before = project.value("tasks", "RW-001", "status")
    ref = read_book(project.master).tables["Questions"]
    wanted = next(c for c in load().service("questions").columns if c.id == "answer").heading[project.lang]
    type_into(project.master, ref.sheet, {(ref.data.first_row, ref.area.first_col + ref.headings.index(wanted)): "yes"})
    label = load().form("tasks").field("status").label("done", project.lang)
    said = project.consolidate()
    after = {project.value("tasks", key, "status") for key in ("RW-001", "RW-003")}
    waits = {c["candidates"][0]["value"] for c in said.json["conflicts"]}
    assert before != label
    assert after | waits >= {label}  # at once, or held by a rule of passing
    assert words(project) == [("总结回顾", label)]
    assert said.json["questions"] == []
