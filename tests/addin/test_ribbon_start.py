"""The buttons 新建 and 导入: what they ask, the master they make or fill, and that the import in Excel is shown first and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from clicks import Excel
from copied import copy_project
from e2e.small_project import Project

from collab_xl.addin import fill_in
from collab_xl.addin.blanks import Blanks
from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS, text
from collab_xl.verbs.times import clock

Open = Callable[[Path], Any]
TRACKER = (
    "任务编号,任务名称,负责人,计划结束时间,完成状态,座位\nRW-901,写方案,*经理,2026-11-30,进行中,5层\n,另一件,*经理,2026-12-01,未开始,\n"
)


class Person:
    """Fills in a form: keeps what it offered, and answers."""

    def __init__(self, **said: Any) -> None:
        self.said, self.seen = said, list[Blanks]()

    def __call__(self, blanks: Blanks) -> Mapping[str, Any] | None:
        self.seen.append(blanks)
        return self.said or None


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Project.start(tmp_path_factory.mktemp("start")).folder


@pytest.fixture
def master(source: Path, tmp_path: Path) -> Path:
    return copy_project(source, tmp_path / "p") / "主表.xlsx"


@pytest.fixture
def tracker(tmp_path: Path) -> Path:
    path = tmp_path / "旧表.csv"
    path.write_text(TRACKER, encoding="utf-8")
    return path


def column(book: Any, heading: str) -> list[Any]:
    """The values below a heading of 任务跟踪表 in the open workbook."""
    values = book.sheets["任务跟踪表"].used_range.value
    row = next(n for n, line in enumerate(values) if heading in line)
    at = values[row].index(heading)
    return [line[at] for line in values[row + 1 :] if line[at] is not None]


@pytest.mark.parametrize("lang", LANGS)
def test_a_new_master_is_made_and_opened_without_a_workbook(
    lang: str, tmp_path: Path, office_context: Any, monkeypatch: pytest.MonkeyPatch, open_book: Open
) -> None:
    excel, place = Excel(monkeypatch, lang), tmp_path / "试点.xlsx"
    person = Person(
        project="试点", master=str(place), lang=lang, departments=["市场部", "研发部"], forms="requirements,tasks,problems,resources"
    )
    seen = excel.click("init", fill_in=person)
    assert not seen.bad, seen.message
    assert str(place) in seen.message
    (blanks,) = person.seen
    assert (blanks.verb, blanks.lang) == ("init", lang)
    assert str(blanks.given["master"]).endswith(text("desk.ask.new_file", lang))
    opened = [book for book in excel.app.books if book.name == place.name]
    try:
        assert len(opened) == 1, "it is open in Excel"
    finally:
        for book in opened:
            book.close()
    found = hidden_values(read_book(place))
    assert [word.partition(":")[0] for word in str(found["forms"]).split()] == ["requirements", "tasks", "problems", "resources"]


def test_a_form_given_up_does_nothing_and_says_nothing(master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    book = open_book(master)
    excel, person = Excel(monkeypatch), Person()
    for verb in ("init", "import"):
        seen = excel.click(verb, book, fill_in=person)
        assert (seen.message, seen.questions) == ("", ())
    assert len(person.seen) == 2


def test_an_import_into_the_open_master_is_shown_asked_written_and_undone(
    master: Path, tracker: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = open_book(master)
    excel, person = Excel(monkeypatch), Person(inputs=[str(tracker)], master=str(master), department="研发部")
    before = column(book, "任务ID")
    with clock.at(datetime(2026, 11, 20, 18)):
        refused = excel.click("import", book, answer="no", fill_in=person)
        assert column(book, "任务ID") == before
        assert refused.message == text("addin.ribbon.import_not_written", "zh")
        (question,) = [said for said in refused.questions if str(master) in said]
        assert "旧表.csv" in question
        assert "座位" in question, "a column of the tracker that stays out, or comes along, is named"
        seen = excel.click("import", book, fill_in=person)
        assert not seen.bad, seen.message
        (blanks, _) = person.seen
        assert (blanks.master, blanks.departments) == (str(master), ("市场部", "研发部"))
        assert text("addin.ribbon.not_saved", "zh") in seen.message
        assert "RW-901" in column(book, "任务ID")
        assert len(column(book, "任务ID")) == len(before) + 2
        assert "RW-901" not in str([read_book(master).snapshot("任务跟踪表").value(r, 2) for r in range(1, 12)]), "saving is the person's"
        assert "RW-901" in str(excel.click("undo", book).questions) or column(book, "任务ID") == before
        assert column(book, "任务ID") == before


def test_in_front_of_a_tracker_that_one_is_imported_into_a_new_master(
    tmp_path: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    import xlsxwriter

    path, place = tmp_path / "进度.xlsx", tmp_path / "新建主表.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet("进度")
        for row, line in enumerate(TRACKER.splitlines()):
            sheet.write_row(row, 0, line.split(","))
    book = open_book(path)
    book.sheets["进度"].range("B2").value = "改过"
    excel, person = Excel(monkeypatch), Person(inputs=[str(path)], master=str(place))
    with clock.at(datetime(2026, 11, 20, 18)):
        seen = excel.click("import", book, fill_in=person)
    assert not seen.bad, seen.message
    (blanks,) = person.seen
    assert (blanks.master, blanks.given) == ("", {"master": str(place), "inputs": [str(path)]})
    assert text("addin.ribbon.import_unsaved", "zh", file=path.name) in "".join(seen.questions)
    opened = [each for each in excel.app.books if each.name == place.name]
    assert len(opened) == 1
    opened[0].close()
    assert text("addin.ribbon.not_saved", "zh") not in seen.message, "it is a file, and written"


def test_into_another_open_master_it_goes_there_and_that_one_is_not_opened_again(
    master: Path, tracker: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    import xlsxwriter

    other = master.with_name("别的.xlsx")
    with xlsxwriter.Workbook(other) as made:
        made.add_worksheet()
    front, book = open_book(other), open_book(master)
    excel, person = Excel(monkeypatch), Person(inputs=[str(tracker)], master=str(master))
    with clock.at(datetime(2026, 11, 20, 18)):
        seen = excel.click("import", front, fill_in=person)
    assert not seen.bad, seen.message
    assert "RW-901" in column(book, "任务ID"), "the open workbook, not the file below it"
    assert len([each for each in excel.app.books if each.name == master.name]) == 1
    assert text("addin.ribbon.not_saved", "zh") in seen.message


def test_a_pack_is_no_tracker(master: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "q").mkdir()
    project = Project.start(tmp_path / "q")
    project.issue()
    pack = next(iter(project.packs.values()))
    person = Person(inputs=["x"], master="y")
    seen = Excel(monkeypatch).click("import", open_book(pack), fill_in=person)
    assert seen.bad
    assert person.seen == []


@pytest.mark.parametrize("lang", LANGS)
def test_without_any_window_of_ours_excels_own_dialogs_ask(
    lang: str, master: Path, tracker: Path, tmp_path: Path, open_book: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from office_engine.engine import App

    excel = Excel(monkeypatch, lang)
    monkeypatch.delenv("DISPLAY", raising=False)
    place = tmp_path / "季度.xlsx"
    monkeypatch.setattr(App, "typed", ["季度/计划", str(place)])
    seen = excel.click("init", fill_in=None)
    assert not seen.bad, seen.message
    assert seen.questions[1].endswith("季度计划.xlsx"), "a place is suggested by the project's name"
    for made in [each for each in excel.app.books if each.name == place.name]:
        made.close()
    assert place.is_file()
    book = open_book(master)
    monkeypatch.setattr(App, "typed", [str(tracker)])
    with clock.at(datetime(2026, 11, 20, 18)):
        seen = excel.click("import", book)
    assert "RW-901" in column(book, "任务ID"), seen
    monkeypatch.setattr(App, "typed", [False])
    count = len(column(book, "任务ID"))
    assert excel.click("import", book).questions == (text("desk.ask.inputs_import", lang),)
    assert len(column(book, "任务ID")) == count


def test_a_name_that_no_file_may_have_is_left_out_of_the_suggestion() -> None:
    assert Path(fill_in._named("/p/新建主表.xlsx", "A/B: 计划?")).name == "AB 计划.xlsx"
    assert Path(fill_in._named("/p/新建主表.xlsx", " ... ")).name == "新建主表.xlsx"
