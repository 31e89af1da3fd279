"""Packs that another program has saved come in as packs; tables, names, hidden sheets may be gone (docs/facts/rebuilt-packs.md)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from small_project import DAY, Project, stamp

from collab_xl import verbs
from collab_xl.book.hidden_sheet import HIDDEN_SHEET
from collab_xl.forms import load
from collab_xl.intake.content import on_disk
from collab_xl.model.directory import Directory
from collab_xl.read.context import Context
from collab_xl.verbs.receiving.reading import Job, read_job, survey_job

TASKS, PROBLEMS = (load().form(name).sheet["zh"] for name in ("tasks", "problems"))


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.again(tmp_path_factory.mktemp("rebuilt") / "p", "zh")  # issued


def filled(project: Project) -> Workbook:
    """The pack of 市场部 with two cells changed and a problem in a blank row."""
    book = openpyxl.load_workbook(project.packs["市场部"])
    for sheet, wanted, cells in (
        (TASKS, "RW-001", {"当前进度": 0.8, "风险描述": "素材没到"}),
        (PROBLEMS, None, {"问题描述": "样品破损", "问题等级": "紧急"}),
    ):
        page = book[sheet]
        head = next(n for n in range(1, 10) if page.cell(n, 1).value in ("任务ID", "问题编号"))
        at = {c.value: c.column for c in page[head]}
        row = next(n for n in range(head + 1, head + 20) if page.cell(n, 1).value == wanted)
        for heading, value in cells.items():
            page.cell(row, at[heading], value)
    return book


def without_tables(book: Workbook) -> None:
    for page in book:
        for name in list(page.tables):
            del page.tables[name]


def without_hidden(book: Workbook) -> None:
    for page in list(book):
        if page.sheet_state != "visible":
            del book[page.title]


def renamed(book: Workbook) -> None:
    without_tables(book)
    without_hidden(book)
    for number, page in enumerate(list(book), 1):
        page.title = f"Sheet{number}"


def as_text(book: Workbook) -> None:
    """Every value a text, dates written with slashes, two columns exchanged."""
    without_tables(book)
    for page in book:
        for row in page.iter_rows():
            for cell in row:
                value = cell.value
                cell.number_format = "General"
                if isinstance(value, datetime):
                    cell.value = f"{value:%Y/%m/%d}"
                elif isinstance(value, float) and value <= 1:
                    cell.value = f"{value:.0%}"
                elif value is not None and page.title != HIDDEN_SHEET:
                    cell.value = str(value)
    page = book[TASKS]
    head = next(n for n in range(1, 10) if page.cell(n, 1).value == "任务ID")
    at = {c.value: c.column for c in page[head]}
    for row in range(head, page.max_row + 1):
        a, b = page.cell(row, at["负责人"]), page.cell(row, at["风险描述"])
        a.value, b.value = b.value, a.value


@pytest.mark.parametrize("rebuilt", [without_tables, without_hidden, renamed, as_text], ids=lambda f: f.__name__)
def test_what_was_filled_in_comes_in_once_and_the_pack_is_known(
    issued: Project, tmp_path: Path, rebuilt: Callable[[Workbook], None]
) -> None:
    project = issued.copy(tmp_path / "p")
    book = filled(project)
    rebuilt(book)
    path = tmp_path / "不是原来的名字.xlsx"
    book.save(path)
    stamp(path, datetime(2026, 11, 20, 12))
    report = project.consolidate(path)
    (outcome,) = report.json["submissions"]
    assert {name: outcome[name] for name in ("department", "edits", "applied", "excluded", "unreadable", "rows_missing")} == {
        "department": "市场部", "edits": 4, "applied": 4, "excluded": 0, "unreadable": 0, "rows_missing": 0,
    }  # fmt: skip
    assert (project.value("tasks", "RW-001", "progress"), project.value("tasks", "RW-001", "risk")) == (0.8, "素材没到")
    assert [row["问题描述"] for row in project.data()["problems"].values()].count("样品破损") == 1
    rows = {row["pack"]: row for row in project.listed("submissions")}
    pack = next(id for id, row in rows.items() if row["department"] == "市场部")
    lost = rebuilt in (without_hidden, renamed)
    assert rows[pack]["state"] == "已汇总"
    assert ("按“填写说明”上的编号认出" in str(rows[pack]["reason"])) is lost
    assert [item["code"] == "S415" for item in report.json["items"]] == [lost]
    said = {f["sheet"] for f in project.listed("findings") if f["code"] == "H123"}
    assert said <= ({"本周请处理", "Sheet1"} if lost else set())  # the first sheet, whose texts are not told apart without the hidden one


def test_a_forged_line_on_the_instruction_sheet_proves_nothing(issued: Project, tmp_path: Path) -> None:
    book = filled(issued)
    without_hidden(book)
    (cell,) = (c for page in book for row in page.iter_rows() for c in row if "CXL_" in str(c.value))
    start = cell.value.index("CXL_") + len("CXL_2026W47-000000_1_")
    cell.value = cell.value[:start] + ("0" if cell.value[start] != "0" else "1") + cell.value[start + 1 :]
    book.save(tmp_path / "伪造.xlsx")
    item = verbs.collect(issued.master, [tmp_path / "伪造.xlsx"], as_of=DAY, write=False, lang="zh", progress=lambda *a, **k: None).json[
        "items"
    ]
    assert [(i["state"], i["code"]) for i in item] == [("refused", "S401")]


def test_a_hand_made_sheet_of_a_department_is_read_as_an_import_reads_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["市场部 重点工作台账"],
        ["编号", "工作内容", "人员姓名", "最晚完成日期", "办理状态"],
        *(
            [f"G-{n}", f"第{n}项工作安排", ("张三", "李四")[n % 2], f"2026-11-{n + 10}", ("已完成", "进行中", "总结回顾")[n % 3]]
            for n in range(1, 9)
        ),
    ):
        book.active.append(row)
    book.save(tmp_path / "台账.xlsx")
    content = on_disk(str(tmp_path / "台账.xlsx"))
    job = Job(content.sha256, "台账.xlsx", content, Context("zh", Directory()))
    mailed, own = read_job(job), survey_job(job)
    ((_, parsed),) = own.sheets
    assert {form: (t.columns, dict(t.values)) for form, t in mailed.tables.items()} == {
        t.form: (t.columns, dict(t.values)) for t in parsed.tables
    }
    assert "tasks" in mailed.tables
    assert [q.id for q in mailed.questions] == [q.id for q in parsed.questions]
    assert [q.kind for q in mailed.questions] == ["word"]
    assert [(f.code, f.at) for f in mailed.findings] == [(f.code, f.at) for f in parsed.findings]


def test_proposals_of_a_hand_made_file_wait_and_are_not_called_replaced(issued: Project, tmp_path: Path) -> None:
    project = issued.copy(tmp_path / "p")
    book = openpyxl.Workbook()
    for row in (["任务ID", "任务名称", "负责部门", "当前进度"], ["RW-001", "问卷设计", "市场部", "80%"]):
        book.active.append(row)
    book.save(tmp_path / "手工.xlsx")
    project.consolidate(tmp_path / "手工.xlsx")
    assert [row["state"] for row in project.listed("submissions") if row["file"] == "手工.xlsx"] == ["有冲突"]
