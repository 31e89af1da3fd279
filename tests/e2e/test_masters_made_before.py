"""Masters of earlier versions, with what a user has added: opened, upgraded, every verb run, all undone; nothing of the user's lost.

The projects in tests/cases/released were made by earlier versions (`make.py` there): 0.1.0 (29 November), `one-page` (30 November, the
weekly sheet of one page), `two-pages` (the same night), `home-with-light` (1 December).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from e2e.command_line import command_line
from e2e.small_project import DAY, MONDAY, type_into
from judges import new_microsoft_findings, structural_findings
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from collab_xl import verbs
from collab_xl.book.read import Book, read_book
from collab_xl.catalogue import text
from collab_xl.demo import desk
from collab_xl.forms import load
from collab_xl.plan.lists import columns_of
from collab_xl.verbs import clock
from collab_xl.verbs.table import VERBS

CASES = Path(__file__).parents[1] / "cases" / "released"
MADE = ("0.1.0-zh", "0.1.0-en", "one-page-zh", "one-page-en", "two-pages-zh", "home-with-light-zh")
QUICK = ("0.1.0-en", "one-page-zh")
EACH = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in MADE]
OURS = ("_collab", "_feed")
"""Hidden sheets of ours, which hold the run and the data of the charts."""


@pytest.fixture
def master(made: str, tmp_path: Path) -> Path:
    with zipfile.ZipFile(CASES / f"{made}.zip") as packed:
        packed.extractall(tmp_path)
    return tmp_path / "主表.xlsx"


@pytest.fixture(autouse=True)
def friday() -> Iterator[None]:
    with clock.at(MONDAY + timedelta(days=4, hours=6)):
        yield


def sheet_of(book: Book, service: str) -> str:
    return book.tables[load().service(service).table].sheet


def with_own(master: Path) -> None:
    """What a PMO adds in a few weeks, saved by openpyxl: a sheet with formulas and a chart, a column, notes beside, formats, a drop-down."""
    book, read = openpyxl.load_workbook(master), read_book(master)
    tasks = read.tables["Tasks"]
    own = book.create_sheet("我的分析", 3)
    own.append(["部门", "任务数"])
    own.append(["市场部", f"=COUNTIF('{tasks.sheet}'!D:D,\"市场部\")"])
    own["A5"] = "别动我"
    chart = BarChart()
    chart.add_data(Reference(own, min_col=2, min_row=1, max_row=2), titles_from_data=True)
    own.add_chart(chart, "D2")
    settings, questions = book[sheet_of(read, "settings")], book[sheet_of(read, "questions")]
    settings["G5"] = "我的备注"
    settings["G5"].fill = PatternFill("solid", fgColor="FFFF00")
    settings.column_dimensions["A"].width = 51
    book[tasks.sheet].column_dimensions["B"].width = 47
    book[tasks.sheet].conditional_formatting.add("B4:B60", CellIsRule(operator="equal", formula=['"问卷设计"'], fill=PatternFill(bgColor="FF00FF")))
    own_list = DataValidation(type="list", formula1='"甲,乙"', allow_blank=True)
    answers = 1 + [c.id for c in load().service("questions").columns].index("answer")
    questions.data_validations.dataValidation = [d for d in questions.data_validations.dataValidation if openpyxl.utils.get_column_letter(answers) not in str(d.sqref)]
    own_list.add(f"{openpyxl.utils.get_column_letter(answers)}4:{openpyxl.utils.get_column_letter(answers)}500")
    questions.add_data_validation(own_list)
    book.save(master)


Cells = dict[str, dict[str, object]]


def contents(master: Path) -> dict[str, object]:
    """Everything of a workbook that a person sees or has set, by sheet, for openpyxl and for our reading."""
    book = openpyxl.load_workbook(master)
    read = read_book(master)
    out: dict[str, object] = {"sheets": [(s.title, s.sheet_state, s.sheet_properties.tabColor and s.sheet_properties.tabColor.theme) for s in book]}
    for sheet in book:
        if sheet.title in OURS:
            continue
        out[f"{sheet.title} values"] = {c.coordinate: c.value for row in sheet.iter_rows() for c in row if c.value is not None}
        out[f"{sheet.title} widths"] = {k: (d.width, d.hidden) for k, d in sheet.column_dimensions.items()}
        out[f"{sheet.title} rows"] = {k for k, d in sheet.row_dimensions.items() if d.hidden}
        out[f"{sheet.title} formats"] = {(str(k.sqref), r.type, tuple(r.formula)) for k, v in sheet.conditional_formatting._cf_rules.items() for r in v}
        out[f"{sheet.title} lists"] = {(str(d.sqref), d.type, d.formula1, d.prompt) for d in sheet.data_validations.dataValidation}
        out[f"{sheet.title} merged"] = {str(m) for m in sheet.merged_cells.ranges}
        out[f"{sheet.title} charts"] = len(sheet._charts)
    out["names"] = {n: read.names[n] for n in read.names}
    return out


def differences(before: dict[str, object], after: dict[str, object]) -> dict[str, object]:
    return {k: (before.get(k), after.get(k)) for k in before.keys() | after.keys() if before.get(k) != after.get(k)}


@pytest.mark.parametrize("made", EACH)
def test_x(master: Path) -> None:
    with_own(master)
    lang = "zh" if "zh" in str(master) else "en"
    before = contents(master)
    copy = master.with_name("before.xlsx")
    copy.write_bytes(master.read_bytes())
    report = verbs.forms_upgrade(master, as_of=DAY, lang=None)
    print("\n".join(report.lines))
    assert structural_findings(master) == []
    assert not new_microsoft_findings(copy.read_bytes(), master)
    print(verbs.forms_upgrade(master, as_of=DAY, lang=None).lines)
    verbs.undo(master, as_of=DAY, lang=None)
    for k, (a, b) in differences(before, contents(master)).items():
        if isinstance(a, dict) and isinstance(b, dict):
            print(k, {x: (a.get(x), b.get(x)) for x in a.keys() | b.keys() if a.get(x) != b.get(x)})
        elif isinstance(a, set) and isinstance(b, set):
            print(k, "gone", a - b, "came", b - a)
        else:
            print(k, a, b)
    assert 0
