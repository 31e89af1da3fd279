"""Sheets in another order, colours of tabs: names and views follow, every other byte stays; what was changed is proven and reversed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from judges import structural_findings
from xlsxwriter import Workbook

from collab_xl.book import workbook_xml
from collab_xl.book.added_sheet import prove_shape, reshaped
from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.tab_order import order_matters, tab_colours, tab_differences, with_tabs
from collab_xl.errors import CollabError
from collab_xl.model.shape import Shape, Tabs

SHEETS = ("首页", "任务 1", "冲突", "我的表", "设置")


def book(formula: str = "=设置!A1") -> Structure:
    out = io.BytesIO()
    made = Workbook(out)
    for name in SHEETS:
        sheet = made.add_worksheet(name)
        sheet.write_string(0, 0, name)
        if name != "冲突":
            sheet.fit_to_pages(1, 0)
    made.get_worksheet_by_name("任务 1").print_area("A1:B2")
    made.get_worksheet_by_name("任务 1").write_formula(1, 0, formula)
    made.get_worksheet_by_name("我的表").set_tab_color("#FF0000")
    made.get_worksheet_by_name("冲突").activate()
    made.define_name("go_settings", "=设置!$A$1")
    made.close()
    return Structure(Package(out.getvalue()))


TABS = Tabs(("首页", "设置", "任务 1", "我的表", "冲突"), {"首页": 4, "冲突": 7, "设置": 9})


def test_names_and_the_sheet_shown_follow_and_the_tabs_have_their_colours() -> None:
    old = book()
    new = reshaped(old, Shape(tabs=TABS))
    prove_shape(old, new, Shape(tabs=TABS))
    assert list(new.sheets) == list(TABS.order)
    xml = new.package.read(new.workbook_part)
    assert TABS.order[workbook_xml.active_tab(xml)] == "冲突"
    assert b'localSheetId="2">\'\xe4\xbb\xbb' in xml, "the print area is that of the sheet 任务 1, now the third"
    assert workbook_xml.defined_names(xml) == workbook_xml.defined_names(old.package.read(old.workbook_part))
    assert tab_colours(new, SHEETS) == {"首页": 4, "冲突": 7, "我的表": None, "设置": 9}


def test_the_reverse_gives_the_same_meaning_and_the_same_order_bytes() -> None:
    old = book()
    back = with_tabs(reshaped(old, Shape(tabs=TABS)), Tabs(SHEETS, dict.fromkeys(TABS.colours)))
    assert back.package.read(back.workbook_part) == old.package.read(old.workbook_part)
    assert list(tab_differences(old, back, Tabs(SHEETS, dict.fromkeys(TABS.colours)))) == []
    assert tab_colours(back, SHEETS) == {"我的表": None}


@pytest.mark.parametrize("name", ["首页", "我的表"])
def test_a_change_elsewhere_is_no_order_of_tabs(name: str) -> None:
    old = book()
    new = reshaped(old, Shape(tabs=TABS))
    part = new.package.find(new.sheets[name].part) or ""
    out = io.BytesIO()
    new.package.rewrite(out, {part: new.package.packed(part, new.package.read(part).replace(b'r="A1"', b'r="A9"'))}, frozenset(), {})
    with pytest.raises(CollabError):
        prove_shape(old, Structure(Package(out.getvalue())), Shape(tabs=TABS))


def test_a_formula_over_several_sheets_depends_on_their_order() -> None:
    assert not order_matters(book())
    assert order_matters(book("=SUM('任务 1:我的表'!A1)"))
    assert order_matters(book("=SUM(首页:冲突!A1)"))


def test_excel_has_nothing_to_repair(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(reshaped(book(), Shape(tabs=TABS)).package.data)
    assert structural_findings(path) == []
