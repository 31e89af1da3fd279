"""What a department wrote in its pack outside the tables is said, cell by cell; a pack as issued, filled or saved by another program says
nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from shutil import which

import openpyxl
import pytest
from judges import missing
from openpyxl.comments import Comment
from small_project import DAY, DEPARTMENTS, Project
from workbooks import workbook_at

from collab_xl.book.hidden_sheet import LISTS_SHEET
from collab_xl.catalogue import LANGS, finding_text
from collab_xl.model.directory import Department, Directory
from collab_xl.model.finding import Finding
from collab_xl.model.submission_log import InMemory
from collab_xl.read.context import Context
from collab_xl.verbs.receiving.reading import Job, read_job

Change = Callable[[openpyxl.Workbook], object]


@pytest.fixture(scope="module", params=LANGS)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.start(tmp_path_factory.mktemp(f"outside-{request.param}"), request.param)
    project.issue()
    return project


def said(path: Path, lang: str) -> list[Finding]:
    read = read_job(Job("", path.name, InMemory(path.read_bytes()), Context(lang, Directory(DEPARTMENTS), None, DAY)))
    assert set(read.tables) >= {"tasks", "problems"}
    return [f for f in read.findings if f.code == "H123"]


def changed(project: Project, change: Change) -> list[Finding]:
    path = project.reply("市场部", {("tasks", "RW-001"): {"risk": "缺人", "progress": "60%"}}, "reply")
    workbook = workbook_at(path)
    change(workbook)
    workbook.save(path)
    return said(path, project.lang)


def test_the_hidden_words_of_long_lists_are_part_of_the_pack(tmp_path: Path) -> None:
    many = [*DEPARTMENTS, *(Department(f"第{n}项目管理办公室") for n in range(40))]
    project = Project.start(tmp_path, departments=many)
    project.issue()
    path = project.packs["市场部"]
    workbook = workbook_at(path)
    assert workbook[LISTS_SHEET].sheet_state == "veryHidden"
    assert said(path, "zh") == []
    workbook[LISTS_SHEET].sheet_state = "visible"
    workbook.save(path)
    assert [f.at.sheet for f in said(path, "zh") if f.at] == [LISTS_SHEET]


def tasks(workbook: openpyxl.Workbook):  # type: ignore[no-untyped-def]
    return next(ws for ws in workbook if "Tasks" in ws.tables)


def test_a_pack_as_issued_and_filled_says_nothing(project: Project) -> None:
    assert [said(path, project.lang) for path in project.packs.values()] == [[], []]
    assert changed(project, lambda workbook: None) == []


def test_a_pack_saved_by_libreoffice_says_nothing(project: Project, tmp_path: Path) -> None:
    office = which("soffice")
    if office is None:
        missing("LibreOffice")
    home = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    packs = map(str, project.packs.values())
    subprocess.run(
        [str(office), home, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path), *packs], check=True, capture_output=True
    )
    for path in project.packs.values():
        assert said(tmp_path / path.name, project.lang) == []


def extra_sheet(workbook: openpyxl.Workbook) -> None:
    sheet = workbook.create_sheet("补充")
    sheet.append(["任务名称", "负责部门", "当前进度"])
    sheet.append(["补充表里的任务", "市场部", 0.2])


@pytest.mark.parametrize(
    ("change", "place", "cell", "quote"),
    [
        (extra_sheet, "sheet", "A1", "补充表里的任务"),
        (lambda w: setattr(tasks(w).cell(4, 14), "comment", Comment("批注里的风险：断供", "李雷")), "comment", "N4", "断供"),
        (lambda w: setattr(tasks(w)["Y4"], "value", "表右边的话"), "beside", "Y4", "表右边的话"),
        (lambda w: setattr(tasks(w)["M2"], "value", "上面的话"), "above", "M2", "上面的话"),
        (lambda w: setattr(tasks(w)["A1"], "value", tasks(w)["A1"].value + " 请缓一周"), "above", "A1", "请缓一周"),
        (lambda w: setattr(tasks(w)["Y90"], "value", "下面的话"), "below", "Y90", "下面的话"),
    ],
)
def test_what_stands_outside_is_said_once_with_its_cell(project: Project, change: Change, place: str, cell: str, quote: str) -> None:
    (found,) = changed(project, change)
    assert found.at is not None
    assert (found.facts["place"], found.at.cell) == (f"read.word.outside_{place}", cell)
    what = finding_text(found, "what", project.lang)
    assert quote in what
    assert found.at.sheet in what
    assert "{" not in what


def test_a_blank_sheet_and_a_cell_of_blanks_are_nothing(project: Project) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        workbook.create_sheet("空")
        tasks(workbook)["Y4"] = "  "

    assert changed(project, change) == []


def test_a_renamed_instruction_sheet_is_no_added_sheet_and_added_ones_stand_in_tab_order(project: Project) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        workbook.worksheets[0].title = "先看这里"
        for name in ("丙", "甲", "乙"):
            workbook.create_sheet(name)["B2"] = f"{name}的话"

    assert [(f.at.sheet, f.at.cell) for f in changed(project, change) if f.at] == [("丙", "B2"), ("甲", "B2"), ("乙", "B2")]
