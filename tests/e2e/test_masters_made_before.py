"""Masters of earlier versions, with what a user has added: opened, upgraded, every verb run, all undone; nothing of the user's lost.

The projects in tests/cases/released were made by earlier versions (`make.py` there): 0.1.0 (29 November), `one-page` (30 November, the
weekly sheet of one page), `two-pages` (the same night), `home-with-light` (1 December).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import openpyxl.comments
import pytest
from e2e.command_line import command_line
from e2e.small_project import DAY, MONDAY
from judges import new_microsoft_findings, structural_findings
from openpyxl.chart import BarChart, Reference
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from saved_by_others import by_libreoffice
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.added_page import own_parts
from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.read import Book, read_book
from collab_xl.build.earlier import head_cells
from collab_xl.build.service_donor import service_donor
from collab_xl.catalogue import LANGS, text
from collab_xl.forms import load
from collab_xl.model.place import MAX_ROW
from collab_xl.model.record import replace
from collab_xl.plan.lists import columns_of
from collab_xl.plan.weekly import weekly_sheet
from collab_xl.verbs.table import VERBS
from collab_xl.verbs.times import clock

CASES = Path(__file__).parents[1] / "cases" / "released"
MADE = ("0.1.0-zh", "0.1.0-en", "one-page-zh", "one-page-en", "two-pages-zh", "home-with-light-zh")
QUICK = ("0.1.0-en",)
EACH = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in MADE]
HIDDEN = ("_collab", "_feed")
"""Hidden sheets of ours, which hold the run and the data of the charts."""
KEPT_BY_RUNS = {"submissions", "changes"}
"""Lists that every run writes anew, an undo too."""
OWN = "我的分析"


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
    """What a PMO adds in a few weeks: a sheet with formulas and a chart, a note beside a list, widths, a colour, a drop-down."""
    book, read = workbook_at(master), read_book(master)
    tasks = read.tables["Tasks"]
    own = book.create_sheet(OWN, 3)
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
    mine = book[tasks.sheet]
    mine.column_dimensions["B"].width = 47
    mine.conditional_formatting.add("B4:B60", CellIsRule("equal", ['"问卷设计"'], fill=PatternFill(bgColor="FF00FF")))
    answer = get_column_letter(columns_of(read.tables["Questions"], load().service("questions"))["answer"])
    rules = questions.data_validations
    rules.dataValidation = [rule for rule in rules.dataValidation if answer not in str(rule.sqref)]
    questions.add_data_validation(DataValidation("list", formula1='"甲,乙"', sqref=f"{answer}4:{answer}500"))
    book.save(master)


def contents(master: Path) -> dict[str, dict[str, object]]:
    """What a person sees or has set, by sheet: values, widths, hidden rows, formats, drop-downs, merged cells, charts."""
    out: dict[str, dict[str, object]] = {}
    for sheet in (sheet for sheet in workbook_at(master) if sheet.title not in HIDDEN):
        said: dict[str, object] = {c.coordinate: c.value for row in sheet.iter_rows() for c in row if c.value is not None}
        said |= {f"column {name}": (look.width, look.hidden) for name, look in sheet.column_dimensions.items()}
        said |= {f"row {number}": "hidden" for number, look in sheet.row_dimensions.items() if look.hidden}
        for area, rules in sheet.conditional_formatting._cf_rules.items():
            said |= {f"format {area.sqref} {rule.type} {rule.formula}": True for rule in rules}
        said |= {f"list {d.sqref}": (d.type, d.formula1, d.prompt) for d in sheet.data_validations.dataValidation}
        said |= {f"merged {area}": True for area in sheet.merged_cells.ranges}
        out[sheet.title] = said | {"charts": len(sheet._charts), "state": sheet.sheet_state}
    return out


def lost(before: dict[str, dict[str, object]], after: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    """What is no longer there as it was."""
    return {
        sheet: gone
        for sheet, said in before.items()
        if (gone := {name: value for name, value in said.items() if after.get(sheet, {}).get(name) != value})
    }


def parts_of(master: Path, sheet: str) -> dict[str, bytes]:
    """The bytes of a sheet, its drawing and its chart."""
    structure = Structure(Package(master.read_bytes()))
    return {part: structure.package.read(part) for part in own_parts(structure, sheet)}


TYPED = {"settings", "departments", "calendar", "words"}
"""Lists that hold what people type; all others are made by verbs, which undo does not run again."""


def checked_after_undo(master: Path, before: dict[str, dict[str, object]], book: Book, made: Collection[str] = KEPT_BY_RUNS) -> None:
    """All is as before, but for what every run writes anew, and columns beside tables that have kept the width they had for a while."""
    again, now = contents(master), read_book(master)
    anew = {sheet_of(book, service.id) for service in load().services if service.id in made and service.table in book.tables}
    anew |= {book.names["go_home"][0], *([weekly_sheet(book.names)] if made is not KEPT_BY_RUNS else [])}
    assert {sheet: gone for sheet, gone in lost(before, again).items() if sheet not in anew} == {}
    came = {sheet: {name for name in gone if not name.startswith("column ")} for sheet, gone in lost(again, before).items()}
    assert {sheet: names for sheet, names in came.items() if names and sheet not in anew} == {}
    assert (list(now.sheets), now.names) == (list(book.sheets), book.names)
    assert {name: ref.headings for name, ref in now.tables.items()} == {name: ref.headings for name, ref in book.tables.items()}


@pytest.mark.parametrize("made", EACH)
def test_the_upgrade_keeps_what_is_the_users_and_undo_gives_the_rest_back(master: Path, made: str) -> None:
    with_own(master)
    before, book, whole, own = contents(master), read_book(master), master.read_bytes(), parts_of(master, OWN)
    settings, questions, home = sheet_of(book, "settings"), sheet_of(book, "questions"), book.names["go_home"][0]
    report = verbs.forms_upgrade(master, as_of=DAY, lang=None)
    after, now = contents(master), read_book(master)
    assert parts_of(master, OWN) == own, "byte for byte, with its chart"
    gone = lost(before, after)
    assert OWN not in gone
    pages = {home, weekly_sheet(book.names)}
    assert [(sheet, name) for sheet in gone.keys() - pages for name in gone[sheet] if name.startswith(("column ", "format B4:B60"))] == []
    assert after[settings]["G5"] == "我的备注"
    said = {"zh": "您自己的", "en": "your own"}
    assert any(questions in line and said[made[-2:]] in line for line in report.lines), "their drop-down is said and stays"
    assert ("list", '"甲,乙"', None) in after[questions].values()
    assert {"home_step", "home_light", "wk_rag_before", "list_answer", "go_rules"} <= now.names.keys()
    assert {now.names[name][0] for name in ("home_step", "go_home")} == {home}, "under the name that it had"
    rows = now.tables["Settings"].data
    columns, snapshot = columns_of(now.tables["Settings"], load().service("settings")), now.snapshot(settings)
    codes = {snapshot.value(row, columns["id"]) for row in range(rows.first_row, rows.last_row + 1)}
    assert {"light_late_red", "mail_server", "robot_week"} <= codes
    assert after[settings][f"list B{4 + 1}"][0] == "list", "the language is chosen from a list"  # type: ignore[index]
    assert structural_findings(master) == []
    assert not new_microsoft_findings(whole, master)
    again = verbs.forms_upgrade(master, as_of=DAY, lang=None)
    assert again.json["run"] is None
    for turn in (verbs.undo, verbs.redo):
        turn(master, as_of=DAY, lang=None)
        if turn is verbs.undo:
            checked_after_undo(master, before, book)
    assert read_book(master).names == now.names, "redo brings it again"
    assert verbs.forms_upgrade(master, as_of=DAY, lang=None).json["run"] is None
    verbs.undo(master, as_of=DAY, lang=None)
    checked_after_undo(master, before, book)


SHIFTED = {"settings": (1, 1), "departments": (2, 1), "questions": (1, 3)}
"""List → how many rows the user has put into its sheet, above which row."""


def with_rows_above(master: Path) -> None:
    """Rows of the user's above lists, as Excel puts them in: cells, rules, formats and the table go down."""
    book, read = workbook_at(master), read_book(master)
    for service, (by, above) in SHIFTED.items():
        sheet, ref = book[sheet_of(read, service)], read.tables[load().service(service).table]
        sheet.insert_rows(above, by)
        table = sheet.tables[ref.name]
        table.ref = str(replace(ref.area, first_row=ref.area.first_row + by, last_row=ref.area.last_row + by))
        if table.autoFilter is not None:
            table.autoFilter.ref = table.ref
        for rule in sheet.data_validations.dataValidation:
            for area in rule.sqref.ranges:
                area.shrink(bottom=max(0, area.max_row + by - MAX_ROW))
                area.shift(row_shift=by)
        for name in book.defined_names.values():
            where = f"{quote_sheetname(sheet.title)}!"
            if name.value.startswith(where):
                name.value = where + re.sub(r"\d+", lambda n, by=by: str(int(n[0]) + by), name.value[len(where) :])
        sheet.cell(above, 2, "项目办自己的一行")
    book.save(master)


@pytest.mark.parametrize("made", EACH)
def test_lists_that_stand_lower_are_upgraded_where_they_stand(master: Path, made: str) -> None:
    with_rows_above(master)
    before, book, whole = contents(master), read_book(master), master.read_bytes()
    lang = made[-2:]
    verbs.forms_upgrade(master, as_of=DAY, lang=None)
    after, now = contents(master), read_book(master)
    for service, (by, above) in SHIFTED.items():
        sheet, ref = sheet_of(book, service), now.tables[load().service(service).table]
        title = 1 + (by if above == 1 else 0)
        titles = [cell for cell in head_cells(now.snapshot(sheet), ref) if cell[0] == title]
        assert [said for _, _, said in titles] == [head_of(service, lang)[0]], sheet
        helps = [said for row, _, said in head_cells(now.snapshot(sheet), ref) if row == title + 1]
        assert helps == head_of(service, lang)[1:], sheet
        assert "项目办自己的一行" in after[sheet].values(), sheet
    settings = now.tables["Settings"].data
    for row in range(settings.first_row, settings.last_row + 1):
        assert not [name for name in after[sheet_of(book, "settings")] if re.match(rf"list B{row}:B{row - 1}$", name)]
    assert f"list B{settings.first_row}" in after[sheet_of(book, "settings")], "the first setting is chosen from a list, in its own row"
    assert f"list B{settings.first_row - 1}" not in after[sheet_of(book, "settings")]
    assert structural_findings(master) == []
    assert not new_microsoft_findings(whole, master)
    assert verbs.forms_upgrade(master, as_of=DAY, lang=None).json["run"] is None
    verbs.undo(master, as_of=DAY, lang=None)
    checked_after_undo(master, before, book)


@pytest.mark.parametrize("made", EACH)
def test_a_master_saved_by_libreoffice_is_upgraded_as_any_other(master: Path, made: str) -> None:
    by_libreoffice(master)
    before, book, lang = contents(master), read_book(master), made[-2:]
    old, home = Structure(Package(master.read_bytes())), book.names["go_home"][0]
    chosen = old.package.read(old.sheets[home].part)
    report = verbs.forms_upgrade(master, as_of=DAY, lang=None)
    own = text("verbs.say.list_own_drop_down", lang, column="{}").partition("{}")[2]
    assert [line for line in report.lines if line.endswith(own)] == [], "nobody has a drop-down of their own"
    now = Structure(Package(master.read_bytes()))
    selected = [name for name, sheet in now.sheets.items() if re.search(rb'tabSelected="(?:1|true)"', now.package.read(sheet.part))]
    assert len(selected) <= 1, "one tab is the chosen one"
    assert structural_findings(master) == []
    assert verbs.forms_upgrade(master, as_of=DAY, lang=None).json["run"] is None
    verbs.undo(master, as_of=DAY, lang=None)
    checked_after_undo(master, before, book)
    back = Structure(Package(master.read_bytes()))
    view = re.compile(rb"<sheetViews?[ >].*?>", re.S)
    assert view.findall(back.package.read(back.sheets[home].part)) == view.findall(chosen)


def setting_cells(master: Path) -> dict[str, tuple[int, int]]:
    """Code of a setting → the row and column of its value."""
    book = read_book(master)
    ref, snapshot = book.tables["Settings"], book.snapshot(sheet_of(book, "settings"))
    columns = columns_of(ref, load().service("settings"))
    rows = range(ref.data.first_row, ref.data.last_row + 1)
    return {str(snapshot.value(row, columns["id"])): (row, columns["value"]) for row in rows}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("made", QUICK)
def test_undo_says_how_many_settings_stay_because_one_was_changed(master: Path, made: str, lang: str) -> None:
    old = setting_cells(master)
    verbs.forms_upgrade(master, as_of=DAY, lang=None)
    added = [code for code in setting_cells(master) if code not in old]
    changed, whole = added[len(added) // 2], setting_cells(master)
    book = workbook_at(master)
    book[sheet_of(read_book(master), "settings")].cell(*whole[changed], 77)
    book.save(master)
    offered = drop_downs(master)
    report = verbs.undo(master, as_of=DAY, lang=lang)
    staying = added[: added.index(changed) + 1]
    assert list(setting_cells(master)) == [*old, *staying]
    assert drop_downs(master) == offered, "the rows that stay keep what is offered in them"
    facts = {"sheet": sheet_of(read_book(master), "settings"), "n": len(staying), "row": whole[changed][0]}
    assert text("verbs.say.settings_stay", lang, **facts) in report.lines
    assert structural_findings(master) == []
    verbs.redo(master, as_of=DAY, lang=lang)
    assert setting_cells(master) == whole
    verbs.undo(master, as_of=DAY, lang=lang)
    assert list(setting_cells(master)) == [*old, *staying]


@pytest.mark.parametrize("made", QUICK)
def test_two_upgrades_are_undone_at_once(master: Path, made: str) -> None:
    book, was = read_book(master), contents(master)
    sheet, ref = sheet_of(book, "departments"), book.tables["Departments"]
    title, helped = head_cells(book.snapshot(sheet), ref)[:2]
    first = verbs.forms_upgrade(master, as_of=DAY, lang=None).json["run"]
    between = workbook_at(master)
    between[sheet].cell(title[0], title[1], helped[2])
    between.save(master)
    assert verbs.forms_upgrade(master, as_of=DAY, lang=None).json["run"] is not None
    assert read_book(master).snapshot(sheet).value(*title[:2]) == title[2], "brought up to date again"
    verbs.undo(master, run=str(first), as_of=DAY, lang=None)
    now = contents(master)[sheet]
    assert now.pop(f"B{title[0]}") == helped[2], "what the second found"
    assert {name: value for name, value in was[sheet].items() if name != f"B{title[0]}" and now.get(name) != value} == {}


def drop_downs(master: Path) -> list[tuple[str, str]]:
    """Of sheet 设置: where a list is offered, and which."""
    sheet = workbook_at(master)[sheet_of(read_book(master), "settings")]
    return sorted((str(rule.sqref), str(rule.formula1)) for rule in sheet.data_validations.dataValidation)


@pytest.mark.parametrize("made", QUICK)
@pytest.mark.parametrize("as_comment", [False, True])
def test_a_setting_with_a_note_beside_it_stays_at_undo(master: Path, made: str, as_comment: bool) -> None:
    old = setting_cells(master)
    verbs.forms_upgrade(master, as_of=DAY, lang=None)
    added = [code for code in setting_cells(master) if code not in old]
    noted = added[-2]
    row, _ = setting_cells(master)[noted]
    book, name = workbook_at(master), sheet_of(read_book(master), "settings")
    cell = book[name].cell(row, read_book(master).tables["Settings"].area.last_col + (0 if as_comment else 1))
    if as_comment:
        cell.comment = openpyxl.comments.Comment("问过财务", "PMO")
    else:
        cell.value = "问过财务"
    book.save(master)
    verbs.undo(master, as_of=DAY, lang=None)
    assert list(setting_cells(master)) == [*old, *added[:-1]]
    there = workbook_at(master)[name].cell(row, cell.column)
    assert (there.comment.text if as_comment else there.value) == "问过财务"


def head_of(service: str, lang: str) -> list[str]:
    """Title and help of a list made today."""
    made = read_book(service_donor(load().service(service), load(), lang, "x"))
    ref = next(iter(made.tables.values()))
    return [said for _, _, said in head_cells(made.snapshot(ref.sheet), ref)]


def commands(master: Path, lang: str) -> dict[str, list[list[str]]]:
    """Verb → what is typed, in the order of a week."""
    department, out, inbox, w = "研发部", str(master.parent / "out"), str(master.parent / "inbox"), "2026-W48"
    m, copies = str(master), master.parent / "copies"
    copies.mkdir(exist_ok=True)
    tracker = master.parent / "旧表.xlsx"
    book = openpyxl.Workbook()
    heads = [load().form("tasks").field(f).heading[lang] for f in ("name", "dept", "owner", "end")]
    book.active.append(heads)
    book.active.append(["外来任务", department, "*工", DAY])
    book.save(tracker)
    return {
        "forms list": [[m]], "forms add": [[m, "risks", "actions", "signatures"]], "forms apply": [[m]],
        "collect": [[m, inbox]], "preview": [[m, inbox]], "consolidate": [[m, inbox]], "resolve": [[m]], "check": [[m]],
        "flag": [[m]], "week": [[m, "--week", "2026-W47"]], "import": [[m, str(tracker), "--yes"]],
        "baseline set": [[m, "起点"]], "baseline sign": [[m, "起点", "--department", department, "--by", "王"]],
        "baseline compare": [[m, "起点"]], "baseline list": [[m]], "compare": [[m, "--since", "2026-11-16"]],
        "request": [[m, "--out", out]], "issue": [[m, "--week", w, "--out", out]], "send": [[m, "packs", "--no-write"]],
        "progress": [[m, "--week", w, "--out", out]], "agenda": [[m, "--out", out]], "gantt": [[m, "--out", out]],
        "calendar": [[m, "--out", out]], "export": [[m, "--mspdi", "--out", out]], "lessons": [[m, "供应商"]],
        "status": [[m]], "log": [[m]], "doctor": [[m]], "close": [[m, "--yes", "--out", out]],
        "portfolio make": [["make", str(master.parent), "--out", str(copies / "o.xlsx")]],
        "portfolio apply": [[str(master.parent), "--set", "escalate_days=5", "--yes"]],
        "undo": [[m]], "redo": [[m]], "forms upgrade": [[m]],
    }  # fmt: skip


ELSEWHERE = {"mailbox set", "mailbox test", "robot set", "robot test", "init", "desk"}
"""Need a server or a window, or make a master."""


@pytest.mark.slow
@pytest.mark.parametrize("made", MADE)
def test_every_verb_after_the_upgrade_and_all_undone(master: Path, made: str) -> None:
    with_own(master)
    lang = made[-2:]
    before, book, own = contents(master), read_book(master), parts_of(master, OWN)
    upgraded = str(verbs.forms_upgrade(master, as_of=DAY, lang=None).json["run"])
    typed = commands(master, lang)
    wanted = {verb.name for verb in VERBS if verb.takes and verb.takes[0].startswith("master")}
    assert wanted - ELSEWHERE - typed.keys() == set()
    for verb, lines in typed.items():
        takes = next(v.takes for v in VERBS if v.name == verb)
        for words in lines:
            dated = ["--as-of", "2026-11-20"] if "as_of" in takes else []
            done = command_line(*verb.split()[: 1 if verb == "portfolio make" else 2], *words, *dated)
            assert done.code in (0, 3, 4), f"{verb} {words}: {done.code} {done.out} {done.err}"
    assert parts_of(master, OWN) == own
    assert structural_findings(master) == []
    verbs.undo(master, run=upgraded, as_of=DAY, lang=None)
    checked_after_undo(master, before, book, {service.id for service in load().services} - TYPED)


@pytest.mark.parametrize("lang", LANGS)
def test_a_master_made_today_has_nothing_to_upgrade(lang: str, tmp_path: Path) -> None:
    master = tmp_path / "master.xlsx"
    verbs.init(master, lang=lang, departments=["甲部"], as_of=DAY)
    before = master.read_bytes()
    report = verbs.forms_upgrade(master, as_of=DAY, lang=lang)
    assert text("verbs.say.forms_newest", lang) in report.lines
    assert master.read_bytes() == before
