"""The tabs of a master made before: `forms upgrade` brings order and colours where nobody has arranged them, and undo takes them back."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from e2e.small_project import DAY
from judges import new_microsoft_findings, structural_findings

from collab_xl import verbs
from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.tab_order import tab_colours, with_tabs
from collab_xl.build.master import template_path
from collab_xl.catalogue import text
from collab_xl.forms import load
from collab_xl.model.shape import Tabs

CASES = Path(__file__).parents[1] / "cases" / "released"


@pytest.fixture
def master(tmp_path: Path) -> Path:
    with zipfile.ZipFile(CASES / "0.1.0-zh.zip") as packed:
        packed.extractall(tmp_path)
    return tmp_path / "主表.xlsx"


def book(path: Path) -> Structure:
    return Structure(Package(path.read_bytes()))


def test_order_and_colours_come_and_go(master: Path, tmp_path: Path) -> None:
    before, copy = list(book(master).sheets), tmp_path / "before.xlsx"
    copy.write_bytes(master.read_bytes())
    report = verbs.forms_upgrade(master, as_of=DAY, lang="zh")
    assert text("verbs.say.tabs_ordered", "zh") in report.lines
    now = book(master)
    ours = [name for name in now.sheets if name in book(template_path("zh")).sheets]
    assert [name for name in book(template_path("zh")).sheets if name in ours] == ours, "as in a new master"
    assert tab_colours(now, [load().service("conflicts").sheet["zh"]]) == {"冲突处理": 7}
    assert structural_findings(master) == []
    assert not new_microsoft_findings(copy.read_bytes(), master)
    again = verbs.forms_upgrade(master, as_of=DAY, lang="zh")
    assert again.lines == (text("verbs.say.forms_newest", "zh"),)
    verbs.undo(master, as_of=DAY, lang="zh")
    assert list(book(master).sheets) == before
    assert not tab_colours(book(master), before)
    verbs.redo(master, as_of=DAY, lang="zh")
    assert list(book(master).sheets) == list(now.sheets)


def test_what_somebody_has_arranged_stays(master: Path) -> None:
    there = list(book(master).sheets)
    moved = (*there[:5], "设置", *(name for name in there[5:] if name != "设置"))
    master.write_bytes(with_tabs(book(master), Tabs(moved, {"设置": 5})).package.data)
    report = verbs.forms_upgrade(master, as_of=DAY, lang="zh")
    assert text("verbs.say.tabs_ordered", "zh") not in report.lines
    now = list(book(master).sheets)
    assert [name for name in now if name in moved] == list(moved)
    assert tab_colours(book(master), now) == {"设置": 5}
