"""A marked cell of a returned workbook says what became of its content."""

from __future__ import annotations

import shutil
import warnings
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from small_project import Project, fill_pack

from collab_xl.catalogue import LANGS, text
from collab_xl.forms import load

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
SOON = "大概月底"


@pytest.fixture(params=LANGS)
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    found = Project.start(tmp_path, request.param)
    found.issue()
    return found


def told(project: Project, key: str, field: str) -> str:
    """Our comment on a cell of the workbook returned last."""
    back = max((project.master.with_suffix(".collab") / "returned").rglob("*.xlsx"), key=lambda p: p.stat().st_mtime_ns)
    workbook = openpyxl.load_workbook(back)
    form = load().form("tasks")
    sheet = next(ws for ws in workbook if form.table in ws.tables)
    head = sheet[sheet.tables[form.table].ref.split(":")[0]].row
    columns = {c.value: c.column for c in sheet[head] if c.value}
    wanted = [r for r in range(head + 1, sheet.max_row + 1) if sheet.cell(r, columns[form.key.heading[project.lang]]).value == key]
    comment = sheet.cell(wanted[0], columns[form.field(field).heading[project.lang]]).comment
    return comment.text if comment else ""


def fate(project: Project, name: str) -> str:
    return text(f"plan.returned.fate.{name}", project.lang)


def test_merged_with_a_remark_and_not_merged(project: Project) -> None:
    done = next(c.label[project.lang] for c in load().form("tasks").field("status").choices if c.id == "done")
    reply = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "status": done, "actual_end": SOON}}, "reply")
    project.consolidate(reply)
    assert project.value("tasks", "RW-002", "progress") == 0.6
    assert fate(project, "merged") in told(project, "RW-002", "progress")
    assert fate(project, "unread") in told(project, "RW-002", "actual_end")


def test_a_column_missing_in_the_master_is_no_work_for_the_department(project: Project) -> None:
    heading = load().form("tasks").field("actual_end").heading[project.lang]
    reply = project.reply("研发部", {("tasks", "RW-002"): {"actual_end": SOON}}, "reply")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = openpyxl.load_workbook(project.master)
        sheet = next(ws for ws in workbook if "Tasks" in ws.tables)
        next(c for row in sheet.iter_rows(max_row=5) for c in row if c.value == heading).value = "x"
        next(c for c in sheet.tables["Tasks"].tableColumns if c.name == heading).name = "x"
        workbook.save(project.master)
    project.consolidate(reply)
    assert fate(project, "later") in told(project, "RW-002", "actual_end")


def test_a_cell_that_is_not_the_departments_waits_for_consent(project: Project) -> None:
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"end": SOON, "actual_end": SOON}}, "reply"))
    assert fate(project, "rights") in told(project, "RW-002", "end")
    assert fate(project, "unread") in told(project, "RW-002", "actual_end")


def test_a_conflict_waits_for_the_pmo(project: Project) -> None:
    """The PMO has changed the progress too; 完成 at 60 % is marked as well."""
    done = next(c.label[project.lang] for c in load().form("tasks").field("status").choices if c.id == "done")
    reply = project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "status": done, "actual_end": SOON}}, "reply")
    project.type(("tasks", "RW-002", "progress", 0.9))
    project.consolidate(reply)
    assert project.value("tasks", "RW-002", "progress") == 0.9
    assert fate(project, "waits") in told(project, "RW-002", "progress")


def test_a_returned_workbook_with_fates_comes_back_clean(project: Project) -> None:
    """Sent again with the marked cell mended, only that cell is an edit: the marks and their words are taken off."""
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"actual_end": SOON, "progress": "60%"}}, "reply"))
    back = max((project.master.with_suffix(".collab") / "returned").rglob("*.xlsx"), key=lambda p: p.stat().st_mtime_ns)
    mended = project.folder / "inbox" / "mended.xlsx"
    shutil.copyfile(back, mended)
    fill_pack(mended, {("tasks", "RW-002"): {"actual_end": date(2026, 11, 19)}}, project.lang, datetime(2026, 11, 20, 15))
    (account,) = project.consolidate(mended).json["submissions"]
    assert (account["edits"], account["applied"]) == (1, 1)
    assert project.value("tasks", "RW-002", "actual_end") == date(2026, 11, 19)
