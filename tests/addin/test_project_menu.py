"""The menu 项目 in Excel: what each button makes, that it is opened, and that closing asks first. The master is never written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from e2e.small_project import Project
from excel_com.clicks import on_the_screen, xlwings_book

from collab_xl.addin.blanks import Blanks
from collab_xl.addin.buttons import Click, GivenUpError
from collab_xl.addin.project_menu import closed
from collab_xl.excel.run import OnScreen
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

FRIDAY = datetime(2026, 11, 20, 15)


def test_agenda_gantt_chart_and_overview_are_made_and_opened(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "项目" / "p")
    before = project.master.read_bytes()
    asked: list[Blanks] = []

    def fill_in(blanks: Blanks) -> dict[str, object]:
        asked.append(blanks)
        return dict(blanks.given)

    with clock.at(FRIDAY), on_the_screen("zh") as excel:
        book = excel.open(project.master)
        said = {verb: excel.click(verb, book, fill_in=fill_in) for verb in ("agenda", "gantt", "portfolio", "calendar")}
        opened = [Path(each.get_FullName()) for each in excel.app._books]
    assert not [seen.message for seen in said.values() if seen.bad]
    overview, chart, agenda, master = opened  # the newest is in front
    assert master == project.master
    for verb, made in (("agenda", agenda), ("gantt", chart), ("portfolio", overview)):
        assert str(made) in said[verb].message
    assert ".ics" in said["calendar"].message or "forms add" in said["calendar"].message
    assert overview.parent == tmp_path / "项目", "the folder above the master's, as suggested"
    assert [(b.verb, b.given) for b in asked] == [("portfolio make", {"masters": str(tmp_path / "项目")})]
    assert openpyxl.load_workbook(chart, read_only=True).sheetnames
    assert project.master.read_bytes() == before
    assert all(seen.total < 60 for seen in said.values()), {verb: seen.total for verb, seen in said.items()}


@pytest.mark.parametrize(("lang", "open_row"), [("zh", "RW-001"), ("en", "RW-001")])
def test_closing_shows_what_is_open_and_makes_nothing_without_a_yes(lang: str, open_row: str, tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", lang)
    questions: list[str] = []

    def no(question: str) -> bool:
        questions.append(question)
        return False

    with clock.at(FRIDAY), on_the_screen(lang) as excel:
        book = excel.open(project.master)
        book._saved = False
        with pytest.raises(GivenUpError):
            closed(Click("close", OnScreen(xlwings_book(project.master.name)), lang, no_progress, confirm=no))
        folders = {path for path in project.folder.iterdir() if path.is_dir()}
        assert open_row in questions[0]
        assert ("没保存" if lang == "zh" else "not saved") in questions[0]
        book.do_Save()
        seen = excel.click("close", book)
    assert not seen.bad, seen.message
    (archive,) = {path for path in project.folder.iterdir() if path.is_dir()} - folders
    assert archive.name in seen.message
