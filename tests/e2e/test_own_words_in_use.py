"""A word the PMO adds on sheet 状态词 is understood by the next consolidate, check and import, and admitted by the next packs."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from small_project import DAY, Project
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.forms import load

SHEETS = {lang: load().service("words").sheet[lang] for lang in ("zh", "en")}
WORDS = {"zh": ("搞定啦", "已完成", "完成状态"), "en": ("wrapped up", "Done", "Status")}


def add_words(project: Project, *rows: tuple[str, str, str]) -> None:
    book = workbook_at(project.master)
    sheet = book[SHEETS[project.lang]]
    for n, row in enumerate(rows, 4):
        for column, value in enumerate(row, 1):
            sheet.cell(n, column, value)
    last = max(4, 3 + len(rows))
    sheet.tables["StatusWords"].ref = f"A3:D{last}"
    book.save(project.master)


@pytest.fixture(scope="module", params=["zh", "en"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.start(tmp_path_factory.mktemp("words"), request.param)
    add_words(project, WORDS[request.param])
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    return made.copy(tmp_path / "p")


def test_the_next_consolidate_understands_it_and_writes_the_label(project: Project) -> None:
    project.issue()
    written, label, _ = WORDS[project.lang]
    reply = project.reply("市场部", {("tasks", "RW-001"): {"status": written, "actual_end": DAY}}, "市场部")
    (outcome,) = project.consolidate(reply).json["submissions"]
    assert (outcome["edits"], outcome["applied"], outcome["unreadable"]) == (2, 2, 0)
    assert project.value("tasks", "RW-001", "status") == label


def test_the_packs_drop_down_admits_it(project: Project) -> None:
    project.issue()
    pack = workbook_at(project.packs["市场部"])
    sheet = pack[load().form("tasks").sheet[project.lang]]
    lists = [rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list" and rule.formula1]
    hidden = [str(c.value) for name in pack.sheetnames if name.startswith("_") for row in pack[name].iter_rows() for c in row]
    assert any(WORDS[project.lang][0] in text for text in [*lists, *hidden])


def test_the_next_check_understands_it(project: Project) -> None:
    book = workbook_at(project.master)
    form = load().form("tasks")
    sheet = book[form.sheet[project.lang]]
    column = 1 + [f.id for f in form.fields].index("status")
    sheet.cell(4, column, WORDS[project.lang][0])
    sheet.cell(5, column, "怪词")
    book.save(project.master)
    found = verbs.check(project.master, as_of=DAY, write=False, lang=None).json["findings"]
    assert [f["found"] for f in found if f["code"] == "V201"] == ["怪词"]


def test_the_next_import_understands_it(project: Project, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "任务"
    for row in (["任务ID", "任务名称", "负责部门", "完成状态"], ["RW-101", "旧任务", "市场部", WORDS[project.lang][0]]):
        book.active.append(row)
    book.save(tmp_path / "旧表.xlsx")
    report = verbs.import_tracker(project.master, [tmp_path / "旧表.xlsx"], as_of=DAY, confirmed=True, lang=project.lang)
    assert [f for f in report.json["findings"] if f["code"] == "V201"] == []
    assert project.value("tasks", "RW-101", "status") == WORDS[project.lang][1]


def test_a_word_that_cannot_be_used_is_a_finding_of_check_and_can_be_switched_off(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    add_words(project, ("搞定", "做完", ""), ("收尾", "进行中", "完成状态"), ("收尾", "已完成", "完成状态"), ("半", "", ""))
    found = verbs.check(project.master, as_of=DAY, write=False, lang=None).json["findings"]
    assert [(f["code"], f["cell"]) for f in found if f["sheet"] == "状态词"] == [
        ("H117", "B4"), ("H118", "A5"), ("H118", "A6"), ("H119", "A7"),
    ]  # fmt: skip


def test_a_master_from_before_the_sheet_is_read_as_ever(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    book = workbook_at(project.master)
    del book[SHEETS["zh"]]
    book.save(project.master)
    report = verbs.check(project.master, as_of=DAY, write=False, lang=None)
    assert report.json["findings"]
    assert read_book(project.master).tables.keys() >= {"Tasks", "Settings"}
