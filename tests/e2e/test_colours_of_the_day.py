"""The live colours of data sheets are about the day that 首页 shows, not about the day on which somebody opens the workbook."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path

import pytest
from make_books import edit_parts
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import LANGS


@pytest.mark.parametrize("lang", LANGS)
def test_a_run_keeps_its_day_for_the_colours(tmp_path: Path, lang: str) -> None:
    master = tmp_path / "m.xlsx"
    verbs.init(master, project="P", departments=["A"], lang=lang, as_of=date(2026, 11, 2), forms="full")
    book = read_book(master)
    sheet, area = book.names["collab_day"]
    assert book.snapshot(sheet).value(area.first_row, area.first_col) is None
    verbs.flag(master, as_of=date(2026, 11, 20), lang=lang)
    book = read_book(master)
    assert book.snapshot(sheet).value(area.first_row, area.first_col) == date(2026, 11, 20)
    workbook = workbook_at(master)
    assert workbook.defined_names["run_day"].attr_text == f"IF(N(_collab!$B${area.first_row})>0,_collab!$B${area.first_row},TODAY())"
    with zipfile.ZipFile(master) as parts:
        sheets = {name: parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")}
    coloured = [name for name, xml in sheets.items() if re.search(r"<formula>[^<]*run_day", xml)]
    assert len(coloured) > 6
    assert not [name for name, xml in sheets.items() if "TODAY(" in xml]


def test_a_form_that_comes_into_a_master_made_before_follows_today(tmp_path: Path) -> None:
    master = tmp_path / "m.xlsx"
    verbs.init(master, project="P", departments=["A"], lang="zh", as_of=date(2026, 11, 2))
    edit_parts(master, lambda parts: parts.update({"xl/workbook.xml": without_day(parts["xl/workbook.xml"])}))
    verbs.forms_add(master, ["resources"], as_of=date(2026, 11, 2), lang="zh")
    workbook = workbook_at(master)
    assert workbook.defined_names["run_day"].attr_text == "TODAY()"
    verbs.flag(master, as_of=date(2026, 11, 20), lang="zh")


def without_day(xml: bytes) -> bytes:
    return re.sub(rb'<definedName name="(?:run|collab)_day"[^<]*</definedName>', b"", xml)
