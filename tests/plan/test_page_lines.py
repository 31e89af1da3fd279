"""Texts of the weekly page in cells too narrow for them: what matters most stays, and what is left out is counted."""

from __future__ import annotations

from datetime import date

import pytest

from collab_xl.book.read import read_book
from collab_xl.build.master import template_path
from collab_xl.catalogue import LANGS
from collab_xl.forms import load
from collab_xl.forms.blocks import placed_blocks
from collab_xl.model.record import replace
from collab_xl.model.report_pages import AHEAD, GRID, OVERDUE, PMO, SPONSOR, WANTED, PageBlock, PageColumn
from collab_xl.model.summary import FormLine, LookAheadLine, OverdueLine, WantedLine
from collab_xl.plan.places import width
from collab_xl.plan.rooms import Rooms
from collab_xl.plan.weekly_lines import LISTS, Room, form_cells

DAY = date(2026, 11, 20)


def room(block: PageBlock, lang: str = "en") -> Room:
    return Room(block, load(), lang, Rooms(read_book(template_path(lang)).names, None), {}, {}, DAY)


def late(dept: str, owner: str) -> OverdueLine:
    return OverdueLine("tasks", "RW-001", "Purchase", dept, owner, DAY, 3, "", "")


@pytest.mark.parametrize(
    ("dept", "owner", "said"),
    [
        ("R&D", "Wang", "R&D / Wang"),
        ("Customer Service", "Alexandra Wellington", "Customer Service / Alexandra…"),
        ("R&D", "Christopher Montgomery, Alexandra Wellington, Wang", "R&D / Christopher… +2"),
        ("", "Wang", "Wang"),
        ("Sales", "", "Sales"),
    ],
)
def test_the_owner_of_a_late_task_stays(dept: str, owner: str, said: str) -> None:
    cells = LISTS["overdue"][1](late(dept, owner), room=room(OVERDUE))
    assert cells["overdue_who"] == said
    assert width(said) <= room(OVERDUE)["overdue_who"]


def test_of_many_owners_the_first_and_their_number_in_chinese() -> None:
    cells = LISTS["overdue"][1](late("华东区域营销服务部", "欧阳娜娜、司马相如、诸葛孔明、上官婉儿"), room=room(OVERDUE, "zh"))
    assert str(cells["overdue_who"]).endswith("等 4 人")
    assert "欧阳" in str(cells["overdue_who"])


@pytest.mark.parametrize(("lang", "said"), [("en", "(no reason or measure given)"), ("zh", "（没有填原因和措施）")])
def test_a_late_task_without_a_reason_says_so(lang: str, said: str) -> None:
    assert LISTS["overdue"][1](late("R&D", "Wang"), room=room(OVERDUE, lang))["overdue_why"] == said


@pytest.mark.parametrize("lang", LANGS)
def test_of_many_tasks_due_on_a_day_as_many_as_fit_and_how_many_more(lang: str) -> None:
    names = ("Sales plan for the first month of the year", "Field audit of every shop in the region", "Training")
    facts = {"n": 9, "dept": "Regional services and customer support, unit 62", "most": 1, "names": names}
    for most in (1, 5):
        line = LookAheadLine(DAY, "due", {**facts, "most": most})
        said = str(LISTS["ahead"][1](line, room=room(AHEAD, lang))["ahead_text"])
        assert "Sales plan" in said
        assert said.startswith("9 ")
        assert ("and 8 more" in said) == (lang == "en")
        assert said.endswith("等 9 项") == (lang == "zh")


@pytest.mark.parametrize("lang", LANGS)
def test_a_decision_past_its_day_says_so_however_long_it_is(lang: str) -> None:
    line = WantedLine("support", "tasks", "RW-001", "Please send two more people. " * 9, "R&D", ("Lin",), DAY, late=True)
    said = str(LISTS["decisions"][1](line, room=room(WANTED, lang))["wanted_what"])
    assert said.startswith("RW-001 Please")
    assert said.endswith("… · R&D · 逾期" if lang == "zh" else "…; R&D; late")


@pytest.mark.parametrize("page", [SPONSOR, PMO])
def test_a_row_of_a_form_past_its_day_says_so_and_keeps_its_date(page: str) -> None:
    block = placed_blocks(load())[page]
    title, due = block.columns[0].name, next(c for c in block.columns if c.look == "day")
    values = {title.partition(".")[2]: "Something", due.name.partition(".")[2]: DAY.replace(day=19)}
    cells = form_cells(FormLine("X-1", values), room(block))
    assert (cells[title], cells[due.name]) == ("X-1 Something; late", DAY.replace(day=19))
    on_time = form_cells(FormLine("X-1", {**values, due.name.partition(".")[2]: DAY}), room(block))
    assert on_time[title] == "X-1 Something"


def test_the_text_of_a_form_gets_what_its_short_columns_do_not_need() -> None:
    for block in placed_blocks(load()).values():
        wide = {c.look: c.last - c.first + 1 for c in block.columns}
        assert wide["day"] == 1
        assert block.columns[0].last - block.columns[0].first + 1 == max(c.last - c.first + 1 for c in block.columns)


def test_a_cell_of_several_rows_has_a_line_a_row() -> None:
    """The reason on a page made before has two lines; widths and lines are those of the workbook."""
    book = read_book(template_path("en"))
    sheet = book.names["wk_reason"][0]
    reason = PageColumn("reason", 5, GRID, "", "verdict")
    whole, snapshot = Rooms(book.names, book.snapshot(sheet)), book.snapshot(sheet)
    rows = {a.last_row - a.first_row + 1 for a in snapshot.merges if a.first_col == 6 and a.last_col == GRID + 1}
    assert 3 in rows
    flat = replace(snapshot, merges=tuple(replace(a, last_row=a.first_row) for a in snapshot.merges))
    assert whole.of(reason) == pytest.approx(Rooms(book.names, None).of(reason), rel=0.1)
    assert Rooms(book.names, flat).of(reason) < whole.of(reason) * 0.7


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Page built", "Page built (Remarks: Acme)"),
        ("Page built", "Page built (Acme)"),
        ("Page built and handed over", "Page built… (Acme)"),
    ],
)
def test_what_is_shown_beside_a_title_is_no_word_cut_in_two(name: str, said: str) -> None:
    """“Page… (Clien…)” said neither the task nor the client: the heading goes first."""
    named = replace(room(OVERDUE), beside={"tasks": {"RW-001": (("remark", "Acme"),)}})
    assert named.titled(name, "tasks", "RW-001", width(said) + 0.5) == said
