"""Limits of Excel that our writes may reach: what is said, and that nothing is written. The table: docs/facts/open-excel.md, Limits.

[limits] Microsoft, Excel specifications and limits; [218] The file name contains more than 218 characters; [formats] You receive a
"Too many different cell formats" error message.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from e2e.small_project import DAY, Project

from collab_xl import verbs
from collab_xl.book.cell_xml import MAX_FORMULA, link_formula
from collab_xl.catalogue import error_text, text
from collab_xl.errors import CollabError
from collab_xl.excel.write import write_open
from collab_xl.model import excel_limits
from collab_xl.model.cell_text import text_length
from collab_xl.model.excel_limits import MAX_PATH, is_sheet_name, path_too_long
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.values import Link
from excel_com.clicks import on_the_screen, xlwings_book


def refused(code: str, do: Any) -> str:
    """The words of a refusal, in both languages finished."""
    with pytest.raises(CollabError) as found:
        do()
    assert found.value.code == code
    for lang in ("zh", "en"):
        assert all("{" not in part for part in error_text(found.value, lang))
    return "\n".join(error_text(found.value, "zh"))


def test_no_format_is_left_for_a_link_in_a_text_cell(tmp_path: Path) -> None:
    """[formats] 64,000: the only format a click makes is General for a link in a cell formatted Text."""
    with xlsxwriter.Workbook(tmp_path / "b.xlsx") as made:
        sheet = made.add_worksheet("表")
        sheet.write_string("A1", "甲", made.add_format({"num_format": "@", "bold": True}))
        sheet.write_string("B1", "乙")
    with on_the_screen() as excel:
        book = excel.open(tmp_path / "b.xlsx")
        plan = Plan((CellEdit("表", 1, 2, "乙", "丙"), CellEdit("表", 1, 1, "甲", Link("#'表'!B1", "去看"))))
        book._contents.most_formats = len(book._contents.formats)
        said = refused("live_write_failed", lambda: write_open(xlwings_book("b.xlsx"), plan))
        assert "Too many different cell formats" in said
        cells = book._contents.sheets[0].cells
        assert (cells[1, 1].value, cells[1, 1].formula, cells[1, 2].value) == ("甲", None, "乙")
        book._contents.most_formats += 1
        write_open(xlwings_book("b.xlsx"), plan)
        assert cells[1, 1].value == "去看"


def test_no_format_is_left_for_a_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.start(tmp_path)
    before = project.master.read_bytes()
    monkeypatch.setattr("collab_xl.book.added_styles.MAX_FORMATS", 10)
    refused("too_many_formats", lambda: verbs.forms_add(project.master, ["resources"], as_of=DAY, lang="zh"))
    assert project.master.read_bytes() == before


@pytest.mark.parametrize(("room", "good"), [(0, True), (-1, False)])
def test_a_new_master_lies_where_excel_can_open_it(room: int, good: bool, tmp_path: Path) -> None:
    """[218]"""
    folder = tmp_path / ("f" * (MAX_PATH + 1 - room - len(str(tmp_path)) - len("//主.xlsx") - 1))
    folder.mkdir()
    path = folder / "主.xlsx"
    assert (len(str(path)) <= MAX_PATH) is good
    if good:
        assert verbs.init(path, lang="zh", as_of=DAY).json["path"] == str(path)
        return
    said = refused("path_too_long", lambda: verbs.init(path, lang="zh", as_of=DAY))
    assert str(MAX_PATH) in said
    assert not list(folder.iterdir())


def test_packs_that_excel_cannot_open_where_they_lie_are_said(tmp_path: Path) -> None:
    """[218] They are issued all the same: a mail carries only their names."""
    (tmp_path / "p").mkdir()
    project = Project.start(tmp_path / "p")
    out = tmp_path / ("x" * (MAX_PATH - len(str(tmp_path)) - 20))
    said = verbs.issue(project.master, as_of=DAY, out=out, write=False, lang="zh", progress=lambda *_: None).lines
    assert text("verbs.say.issue_path", "zh", most=MAX_PATH) in said
    near = verbs.issue(project.master, as_of=DAY, write=False, lang="zh", progress=lambda *_: None).lines
    assert text("verbs.say.issue_path", "zh", most=MAX_PATH) not in near


def test_a_path_is_counted_as_excel_counts_it() -> None:
    home = os.path.abspath(os.sep)
    assert not path_too_long(home + "a" * (MAX_PATH - len(home)))
    assert path_too_long(home + "a" * (MAX_PATH + 1 - len(home)))
    assert path_too_long(home + "\N{GRINNING FACE}" * 109), "two units each"


@pytest.mark.parametrize(
    ("name", "good"),
    [("任务", True), ("x" * 31, True), ("x" * 32, False), ("😀" * 16, False), ("a/b", False), ("a:b", False), ("[a]", False), ("'a", False),
     ("a'", False), ("O'B", True), ("History", False), (" ", False), ("", False)],
)  # fmt: skip
def test_names_of_sheets(name: str, good: bool) -> None:
    """[limits] 31 characters; Microsoft, Rename a worksheet."""
    assert is_sheet_name(name) is good


def test_a_link_with_too_long_a_text_is_written_as_its_text() -> None:
    """[limits] 8,192 characters of a formula, 255 of a text in it."""
    assert link_formula(Link("#'表'!A1", "长" * 9_000)) is None
    whole = link_formula(Link("#'表'!A1", "长" * 7_000))
    assert whole is not None
    assert text_length(whole) <= MAX_FORMULA


def test_the_limits_are_no_larger_than_microsofts() -> None:
    named = {"MAX_FORMATS": 64_000, "MAX_PATH": 218, "MAX_SHEET_NAME": 31, "MAX_HEADING": 255, "MAX_WIDTH": 255, "MAX_FOOTER": 255}
    assert {name: getattr(excel_limits, name) for name in named} == named
