"""A master whose heading cells are not what its table parts say: read by its cells where that is clear, refused where not, and a user's
own column does no harm."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from command_line import command_line
from copied import copy_project
from openpyxl.worksheet.worksheet import Worksheet
from small_project import DAY, Project
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.book.verify import _table, verify
from collab_xl.book.write_plan import write_plan
from collab_xl.catalogue import LANGS, error_text
from collab_xl.errors import REFUSED, CollabError
from collab_xl.forms import load
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.verbs.report import no_progress

HEAD = 3
VERBS = ("consolidate", "preview", "check", "flag", "week", "issue", "status")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = {}
    for lang in LANGS:
        out[lang] = tmp_path_factory.mktemp(f"moved-{lang}")
        project = Project.start(out[lang], lang)
        project.issue()
        project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "risk": "缺人"}}, "reply")
    return out


@pytest.fixture(params=LANGS)
def project(request: pytest.FixtureRequest, built: dict[str, Path], tmp_path: Path) -> Project:
    copy_project(built[request.param], tmp_path / "p")
    return Project(tmp_path / "p", request.param)


def edited(path: Path, table: str, change: Callable[[Worksheet], object]) -> None:
    workbook = workbook_at(path)
    change(next(ws for ws in workbook if table in ws.tables))
    workbook.save(path)


def heading(project: Project, field: str) -> str:
    return load().form("tasks").field(field).heading[project.lang]


def cell(sheet: Worksheet, words: str):  # type: ignore[no-untyped-def]
    return next(c for c in sheet[HEAD] if c.value == words)


def refused(project: Project, at: str) -> None:
    """Every verb that computes stops, says which cell, and writes nothing."""
    before = project.master.read_bytes()
    for verb in VERBS:
        more: dict[str, object] = {"progress": no_progress} if verb in ("consolidate", "preview", "issue") else {}
        more |= {"inputs": [project.folder / "inbox" / "reply.xlsx"]} if verb in ("consolidate", "preview") else {}
        more |= {"department": None} if verb == "preview" else {}
        with pytest.raises(CollabError) as stopped:
            getattr(verbs, verb)(project.master, as_of=DAY, lang=None, **more)
        assert (verb, stopped.value.code, stopped.value.exit_code) == (verb, "heading_moved", REFUSED)
        words = error_text(stopped.value, project.lang)
        assert at in words[0]
        assert "{" not in "".join(words)
    done = command_line("flag", project.master, "--json")
    said = json.loads(done.out)
    assert (done.code, said["error"], at in said["what"]) == (REFUSED, "heading_moved", True)
    assert project.master.read_bytes() == before


def inserted(sheet: Worksheet) -> None:
    sheet.insert_cols(5)
    sheet.cell(HEAD, 5).value, sheet.cell(HEAD + 1, 5).value = "我的列", "abc"


@pytest.mark.parametrize(
    ("change", "at"), [(inserted, "!E3"), (lambda sheet: sheet.insert_rows(1, 2), "!A3"), (lambda sheet: sheet.delete_cols(6), "!F3")]
)
def test_moved_columns_and_rows_are_refused_before_anything_is_computed(
    project: Project, change: Callable[[Worksheet], object], at: str
) -> None:
    edited(project.master, "Tasks", change)
    refused(project, at)


@pytest.mark.parametrize("words", ["我改的名", None])
def test_a_heading_of_ours_that_is_gone_from_its_cell_only_is_refused(project: Project, words: str | None) -> None:
    edited(project.master, "Tasks", lambda sheet: setattr(cell(sheet, heading(project, "end")), "value", words))
    refused(project, "!G3")


def test_a_list_of_ours_with_moved_columns_is_refused(project: Project) -> None:
    edited(project.master, "Settings", lambda sheet: sheet.insert_cols(2))
    refused(project, "!B3")


def test_headings_changed_over_are_read_as_they_stand(project: Project) -> None:
    """One column of each name: what a person sees is clear."""

    def swap(sheet: Worksheet) -> None:
        one, other = cell(sheet, heading(project, "risk")), cell(sheet, heading(project, "remark"))
        one.value, other.value = other.value, one.value

    edited(project.master, "Tasks", swap)
    found = verbs.check(project.master, as_of=DAY, lang=project.lang).json["findings"]
    assert [f["code"] for f in found if f["code"] in ("H122", "H105")] == ["H122"]
    (said,) = project.consolidate(project.folder / "inbox" / "reply.xlsx").json["submissions"]  # type: ignore[misc]
    assert (said["applied"], said["conflicts"]) == (1, 1)  # the risk column is now a blank one: three sides, all different


def own_column(sheet: Worksheet) -> None:
    """As LibreOffice saves it: a name of its own in the table part, the cell over the column blank."""
    table = sheet.tables["Tasks"]
    last = table.tableColumns[-1]
    assert sheet.cell(HEAD, len(table.tableColumns)).value == last.name
    first, end = table.ref.split(":")
    col = len(table.tableColumns) + 1
    row = "".join(filter(str.isdigit, end))
    table.ref = f"{first}:{sheet.cell(1, col).column_letter}{row}"
    table.autoFilter.ref = table.ref
    table.tableColumns.append(openpyxl.worksheet.table.TableColumn(id=col, name=f"Column{col}"))
    sheet.cell(HEAD + 1, col).value = "我自己的话"


def test_a_users_own_column_without_a_heading_does_no_harm(project: Project) -> None:
    edited(project.master, "Tasks", own_column)
    report = project.consolidate(project.folder / "inbox" / "reply.xlsx")
    assert report.json["submissions"][0]["applied"] == 2  # type: ignore[index]
    verbs.flag(project.master, as_of=DAY, lang=project.lang)
    verbs.week(project.master, as_of=DAY, lang=project.lang)
    ref = read_book(project.master).tables["Tasks"]
    assert ref.headings[-1].startswith("Column")
    sheet = workbook_at(project.master)[ref.sheet]
    assert sheet.cell(HEAD + 1, ref.area.last_col).value == "我自己的话"
    verbs.undo(project.master, as_of=DAY, lang=project.lang)


def test_a_heading_the_run_itself_would_spoil_is_still_refused(project: Project, tmp_path: Path) -> None:
    edited(project.master, "Tasks", own_column)
    ref = read_book(project.master).tables["Tasks"]
    blank = Plan((CellEdit(ref.sheet, HEAD + 1, ref.area.last_col, "我自己的话", "改过"),))
    new = tmp_path / "new.xlsx"
    write_plan(project.master, new, blank)
    verify(project.master, new, blank)
    heads: list[object] = [*ref.headings[:-1], None]
    was = dict(enumerate(zip(ref.headings, heads, strict=True), ref.area.first_col))
    _table(ref, heads, lambda: was)
    for col in (0, len(heads) - 1):
        with pytest.raises(CollabError, match="verify_failed"):
            _table(ref, [*heads[:col], "别的", *heads[col + 1 :]], lambda: was)
