"""`forms add`: a form's sheet comes into a master that exists, whatever program saved it, and nothing else moves; undo takes it out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import kept_master
import make_books
import pytest
from copied import copy_project
from forms.forms_of_tests import installed, visits, written
from judges import microsoft_findings, new_microsoft_findings, structural_findings
from kept_master import BOARD, sheet_parts
from lxml import etree
from saved_by_others import by_libreoffice, by_openpyxl, parts_of, prefixed, sheets_before
from small_project import DAY, Project
from workbooks import workbook_at
from written import raw_entries

from collab_xl import verbs
from collab_xl.book import workbook_xml
from collab_xl.book.added_sheet import prove_shape, reshaped
from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.read import read_book
from collab_xl.build.form_sheet import new_sheets
from collab_xl.errors import FINDINGS, CollabError
from collab_xl.forms import BASIC, load
from collab_xl.model.shape import Shape
from collab_xl.project.run import OpenMaster
from collab_xl.verbs.session import opened

OURS = {"首页", "设置", "字段", "_collab"}
"""Sheets a run of `forms` writes into, and undo too: nothing else of the workbook's sheets."""
BOOK = {"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml", "xl/styles.xml"}
LISTS = frozenset({"冲突处理", "变更记录", "提交台账"})
"""What an undo writes besides."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("decorated")
    kept_master.decorated(folder)
    return folder


@pytest.fixture
def project(base: Path, tmp_path: Path) -> Iterator[Project]:
    copy_project(base, tmp_path / "p")
    form = visits()
    form["field"].append({"id": "part", "kind": "percent", "access": "D", "role": "progress", "zh": "进度", "en": "Progress"})
    form["choices"]["weight"][1]["look"] = "bad"
    with installed(written(tmp_path / "forms", form)):
        yield Project(tmp_path / "p")


def basic_row() -> str:
    """Row `forms` of a new master with only the basic three."""
    return " ".join(f"{form}:{load().form(form).version}" for form in BASIC)


def add(project: Project) -> dict[str, object]:
    return dict(verbs.forms_add(project.master, ["visits"], as_of=DAY, lang="zh").json)


def undo(project: Project) -> object:
    return verbs.undo(project.master, as_of=DAY, lang="zh")


def may_change(parts: dict[str, bytes], more: frozenset[str] = frozenset()) -> set[str]:
    pages = sheet_parts(parts)
    settings = next(n for n, data in parts.items() if n.startswith("xl/tables/") and b'displayName="Settings"' in data)
    lists = {
        n
        for n, data in parts.items()
        if n.startswith("xl/tables/") and re.search(rb'displayName="(Conflicts|ChangeLog|Submissions)"', data)
    }
    return {pages[s] for s in OURS | more if s in pages} | BOOK | {settings} | (lists if more else set()) | {"xl/calcChain.xml"}


def as_saved(path: Path) -> None:
    """As Excel saved it."""


@pytest.mark.parametrize("saved", [as_saved, prefixed, by_openpyxl, by_libreoffice, sheets_before])
def test_a_form_comes_into_any_master_and_leaves_it_whole(project: Project, saved: Callable[[Path], None]) -> None:
    saved(project.master)
    known, before = set(structural_findings(project.master)), project.master.read_bytes()
    first, entries, data = parts_of(project.master), raw_entries(project.master), project.data()
    tabs = list(read_book(project.master).sheets)
    report = add(project)
    assert report["added"] == [{"form": "visits", "sheet": "客户拜访表", "table": "Visits"}]
    assert set(structural_findings(project.master)) <= known
    assert new_microsoft_findings(before, project.master) == set()
    now = raw_entries(project.master)
    new = [n for n in now if n not in entries]
    assert len(new) == 3
    assert [n for n in now if n in entries] == list(entries)
    changed = {n for n in entries if now[n] != entries[n]}
    assert changed <= may_change(first), changed - may_change(first)
    book = read_book(project.master)
    assert [s for s in book.sheets if s != "客户拜访表"] == tabs
    assert list(book.sheets).index("客户拜访表") == 1 + tabs.index("问题跟踪表")
    assert hidden_values(book)["forms"] == f"{basic_row()} visits:1"
    assert hidden_values(book)["schema"] in ("2", 2)
    assert project.data() == {**data, "visits": {}}
    looks_like_the_template(project)
    with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
        assert session.tables["visits"].sheet == "客户拜访表"
        assert [r["value"] for r in session.service("settings") if r["id"] == "clock.visits.reply"] == ["24 小时"]
    assert undo(project).exit_code == 0  # type: ignore[attr-defined]
    last = parts_of(project.master)
    assert list(last) == list(first)
    moved = {n for n in first if last[n] != first[n]}
    assert moved <= may_change(first, LISTS), moved - may_change(first, LISTS)
    assert hidden_values(read_book(project.master)).get("forms") == basic_row()
    assert set(structural_findings(project.master)) <= known
    assert project.data() == data


def looks_like_the_template(project: Project) -> None:
    """Fonts, fills, borders, number formats of every cell as in a master made with the form: by value, not by number."""
    other = project.folder / "made.xlsx"
    verbs.init(other, lang="zh", as_of=DAY, forms="visits")
    mine, made = (workbook_at(p)["客户拜访表"] for p in (project.master, other))
    cells = 0
    for row in range(1, 5):
        for col in range(1, 14):
            a, b = mine.cell(row, col), made.cell(row, col)
            assert (a.value, a.number_format) == (b.value, b.number_format)
            assert a.has_style == b.has_style, a.coordinate
            for look in ("font", "fill", "border", "alignment", "protection") if b.has_style else ():  # else the font is the master's own
                assert repr(getattr(a, look)) == repr(getattr(b, look)), (a.coordinate, look)
            cells += 1
    assert cells == 52
    looks = [
        [
            (str(r.sqref), rule.formula, repr(rule.dxf and (rule.dxf.font, rule.dxf.fill)))
            for r, rules in ws.conditional_formatting._cf_rules.items()
            for rule in rules
        ]
        for ws in (mine, made)
    ]
    assert looks[0] == looks[1]
    assert len(looks[0]) == 7
    assert [(str(d.sqref), d.formula1) for d in mine.data_validations.dataValidation] == [
        (str(d.sqref), d.formula1) for d in made.data_validations.dataValidation
    ]
    shutil.rmtree(project.folder / "made.collab")
    other.unlink()


def test_names_of_the_users_own_are_kept_and_ours_go_beside_them(project: Project) -> None:
    def take(parts: dict[str, bytes]) -> None:
        text = parts["xl/workbook.xml"].decode().replace(f'name="{BOARD}"', 'name="客户拜访表"')
        names = '<definedName name="GO_visits">1</definedName><definedName name="visits">\'首页\'!$A$1</definedName>'
        parts["xl/workbook.xml"] = text.replace("</definedNames>", names + "</definedNames>").encode()

    make_books.edit_parts(project.master, take)
    first = parts_of(project.master)
    report = verbs.forms_add(project.master, ["visits"], as_of=DAY, lang="zh")
    assert report.json["added"] == [{"form": "visits", "sheet": "客户拜访表 (2)", "table": "Visits_"}]
    assert any("客户拜访表 (2)" in line for line in report.lines[1:])
    assert structural_findings(project.master) == []
    assert microsoft_findings(project.master) == []
    assert hidden_values(read_book(project.master))["forms"] == f"{basic_row()} visits:1:Visits_"
    names = workbook_xml.defined_names(parts_of(project.master)["xl/workbook.xml"])
    assert names["go_visits_"] == "'客户拜访表 (2)'!$A$1"
    assert names["GO_visits"] == "1"
    desk_row = {"visit_no": "BF-001", "customer": "甲公司", "unit": "研发部", "till": "2026-13-05"}
    fill_row(project, "客户拜访表 (2)", desk_row)
    found = verbs.check(project.master, as_of=DAY, lang="zh").json["findings"]
    assert {f["sheet"] for f in found if f["row_id"] == "BF-001"} == {"客户拜访表 (2)"}
    with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
        assert session.tables["visits"].values["customer"] == ["甲公司"]
    fill_row(project, "客户拜访表 (2)", dict.fromkeys(desk_row, ""))
    undo(project)
    assert list(parts_of(project.master)) == list(first)


def test_every_verb_of_a_week_goes_on_with_the_form(project: Project) -> None:
    add(project)
    fill_row(project, "客户拜访表", {"visit_no": "BF-001", "customer": "甲公司", "unit": "研发部", "went": "跟进", "till": "2026-13-05"})
    found = verbs.check(project.master, as_of=DAY, lang="zh").json["findings"]
    assert {(f["code"], f["sheet"]) for f in found if f["row_id"] == "BF-001"} >= {("V203", "客户拜访表")}
    packs = project.issue().json["packs"]
    assert ["客户拜访表" in read_book(Path(str(p["file"]))).sheets for p in packs] == [True] * len(packs)
    verbs.flag(project.master, as_of=DAY, lang="zh")
    verbs.week(project.master, as_of=DAY, lang="zh")
    assert verbs.status(project.master, as_of=DAY, lang="zh").json["run"]
    assert structural_findings(project.master) == []


def test_libreoffice_opens_it_with_every_sheet_table_and_name(project: Project) -> None:
    add(project)
    before = read_book(project.master)
    names = workbook_xml.defined_names(parts_of(project.master)["xl/workbook.xml"])
    by_libreoffice(project.master)
    after = read_book(project.master)
    assert list(after.sheets) == list(before.sheets)
    assert after.tables["Visits"] == before.tables["Visits"]
    saved = workbook_xml.defined_names(parts_of(project.master)["xl/workbook.xml"])
    assert {"go_visits", "list_visits"} <= set(saved) & set(names)
    found = verbs.check(project.master, as_of=DAY, lang="zh").json["findings"]
    assert found


def fill_row(project: Project, sheet: str, cells: dict[str, str]) -> None:
    """Type into the first row as Excel would save it."""
    columns = {f["id"]: n for n, f in enumerate(visits()["field"], 1)}

    def change(parts: dict[str, bytes]) -> None:
        name = sheet_parts(parts)[sheet]
        root = etree.fromstring(parts[name])
        main = root.tag.partition("}")[0] + "}"
        row = next(r for r in root.iter(f"{main}row") if r.get("r") == "4")
        for field, value in cells.items():
            cell = row[columns[field] - 1]
            cell[:] = []
            cell.attrib.pop("t", None)
            if value:
                cell.set("t", "inlineStr")
                etree.SubElement(etree.SubElement(cell, f"{main}is"), f"{main}t").text = value
        parts[name] = kept_master._xml(root)

    make_books.edit_parts(project.master, change)


def test_a_sheet_with_a_row_stays(project: Project) -> None:
    add(project)
    fill_row(project, "客户拜访表", {"customer": "甲公司"})
    report = undo(project)
    assert report.exit_code == FINDINGS  # type: ignore[attr-defined]
    (said,) = report.json["sheets_kept"]  # type: ignore[attr-defined]
    assert "B4" in said
    assert "客户拜访表" in read_book(project.master).sheets
    assert "visits" in str(hidden_values(read_book(project.master))["forms"])


@pytest.mark.parametrize(
    ("formula", "part"),
    [("COUNTA('客户拜访表'!B4:B9)", True), ("COUNTA(客户拜访表!B4)", True), ("ROWS(Visits[客户名称])", True), ("ROWS(Revisits)", False)],
)
def test_a_sheet_that_a_formula_of_the_users_refers_to_stays(project: Project, formula: str, part: bool) -> None:
    add(project)

    def change(parts: dict[str, bytes]) -> None:
        name = sheet_parts(parts)[BOARD]
        assert b"SUM(Tasks[" in parts[name]
        parts[name] = re.sub(rb"SUM\(Tasks\[[^<]*", formula.encode(), parts[name])

    make_books.edit_parts(project.master, change)
    kept = undo(project).json["sheets_kept"]  # type: ignore[attr-defined]
    assert bool(kept) == part
    assert ("客户拜访表" in read_book(project.master).sheets) == part


def test_undo_of_the_run_that_brought_it_takes_its_rows_and_then_the_sheet(project: Project) -> None:
    first, data = parts_of(project.master), project.data()
    run = str(add(project)["run"])
    project.issue()
    reply = project.reply("研发部", {("visits", "+0"): {"customer": "甲公司", "who": "*主管", "till": "2026-12-01"}}, "研发部")
    project.consolidate(reply)
    assert [row["客户名称"] for row in project.data()["visits"].values()] == ["甲公司"]
    report = verbs.undo(project.master, run=run, as_of=DAY, lang="zh")
    assert report.json["sheets_kept"] == []
    assert "客户拜访表" not in read_book(project.master).sheets
    assert list(parts_of(project.master)) == list(first)
    assert structural_findings(project.master) == []
    assert {k: v for k, v in project.data().items() if k != "visits"} == data


def test_two_forms_come_in_one_run_and_the_second_may_refer_to_the_first(project: Project, tmp_path: Path) -> None:
    calls = visits()
    calls |= {"id": "calls", "table": "Calls", "order": 81, "key": {"prefix": "DH-", "width": 3}, "aliases": [], "figure": []}
    calls["sheet"] = {"zh": "电话登记表", "en": "Calls"}
    calls["field"][9] = {**calls["field"][9], "of": "visits", "zh": "相关拜访", "en": "Related visit"}
    with installed(written(tmp_path / "two", visits(), calls)):
        report = verbs.forms_add(project.master, ["calls", "visits"], as_of=DAY, lang="zh").json
        assert [a["form"] for a in report["added"]] == ["visits", "calls"]
        assert structural_findings(project.master) == []
        assert microsoft_findings(project.master) == []
        tabs = list(read_book(project.master).sheets)
        assert tabs.index("电话登记表") == 1 + tabs.index("客户拜访表")
        rules = workbook_at(project.master)["电话登记表"].data_validations.dataValidation
        assert "list_visits" in {str(rule.formula1).lstrip("=") for rule in rules}
        names = workbook_xml.defined_names(parts_of(project.master)["xl/workbook.xml"])
        assert names["list_visits"].startswith("'客户拜访表'!$A$4:")
        undo(project)
        assert {"电话登记表", "客户拜访表"} & set(read_book(project.master).sheets) == set()


def test_a_workbook_on_the_screen_is_refused_with_what_to_do(project: Project) -> None:
    class Screen:
        def open_master(self, *, for_writing: bool, wait_seconds: float = 5) -> OpenMaster:
            raise AssertionError("nothing is opened")

    for verb in (verbs.forms_add, verbs.forms_upgrade):
        with pytest.raises(CollabError) as found:
            verb(Screen(), ["visits"], as_of=DAY, lang="zh")
        assert found.value.code == "forms_on_screen"


def test_redo_brings_the_sheet_again(project: Project) -> None:
    add(project)
    undo(project)
    verbs.redo(project.master, as_of=DAY, lang="zh")
    assert hidden_values(read_book(project.master))["forms"] == f"{basic_row()} visits:1"
    assert structural_findings(project.master) == []
    assert add(project)["already"] == ["visits"]


def test_the_open_tab_and_names_of_single_sheets_move_with_their_sheets(project: Project) -> None:
    def change(parts: dict[str, bytes]) -> None:
        text = re.sub(r"<workbookView[^>]*/>", '<workbookView activeTab="6" firstSheet="2"/>', parts["xl/workbook.xml"].decode())
        parts["xl/workbook.xml"] = text.encode()

    make_books.edit_parts(project.master, change)
    before = workbook_at(project.master)
    add(project)
    after = workbook_at(project.master)
    assert before.active.title == after.active.title
    assert after.views[0].activeTab == 7
    assert after.views[0].firstSheet == 2
    titles = {ws.title: ws.print_title_rows for ws in before.worksheets}
    assert len(set(titles.values())) > 1
    assert {ws.title: ws.print_title_rows for ws in after.worksheets if ws.title != "客户拜访表"} == titles
    assert after["客户拜访表"].print_title_rows == "$3:$3"


def lock(parts: dict[str, bytes]) -> None:
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"<bookViews>", b'<workbookProtection lockStructure="1"/><bookViews>')


def share(parts: dict[str, bytes]) -> None:
    make_books.add_part(parts, "xl/revisions/revisionHeaders.xml", b"<headers/>", "xl/workbook.xml", "revisionHeaders")


def sign(parts: dict[str, bytes]) -> None:
    parts["_xmlsignatures/origin.sigs"] = b""


@pytest.mark.parametrize(("change", "code"), [(lock, "shape_locked"), (share, "shape_shared"), (sign, "shape_signed")])
def test_where_no_sheet_may_come_it_is_refused_with_the_cause(
    project: Project, change: Callable[[dict[str, bytes]], None], code: str
) -> None:
    make_books.edit_parts(project.master, change)
    before = project.master.read_bytes()
    for write in (True, False):
        with pytest.raises(CollabError) as found:
            verbs.forms_add(project.master, ["visits"], as_of=DAY, write=write, lang="zh")
        assert found.value.code == code
    assert project.master.read_bytes() == before


def test_a_strict_workbook_is_refused(project: Project) -> None:
    make_books.strict(project.master)
    with pytest.raises(CollabError) as found:
        add(project)
    assert found.value.code == "shape_strict"


def test_nothing_is_written_when_only_asked(project: Project) -> None:
    before = project.master.read_bytes()
    report = verbs.forms_add(project.master, ["visits"], as_of=DAY, write=False, lang="zh")
    assert report.json["added"]
    assert report.json["run"] is None
    assert project.master.read_bytes() == before


# The proof is no decoration: each of these must be found


def _shift_forgotten(parts: dict[str, bytes]) -> None:
    parts["xl/workbook.xml"] = re.sub(rb'localSheetId="1\d"', b'localSheetId="3"', parts["xl/workbook.xml"], count=1)


def _style_moved(parts: dict[str, bytes]) -> None:
    head, _, tail = parts["xl/styles.xml"].partition(b"<cellXfs")
    first, second = re.findall(rb"<xf .*?(?:/>|</xf>)", tail)[1:3]
    assert first != second
    parts["xl/styles.xml"] = head + b"<cellXfs" + tail.replace(first, second, 1)


def _user_cell(parts: dict[str, bytes]) -> None:
    name = sheet_parts(parts)[BOARD]
    parts[name] = parts[name].replace(b"<v>0.7</v>", b"<v>0.8</v>")


def _part_lost(parts: dict[str, bytes]) -> None:
    del parts["docProps/app.xml"]


def _name_gone(parts: dict[str, bytes]) -> None:
    parts["xl/workbook.xml"] = re.sub(rb'<definedName name="go_words">.*?</definedName>', b"", parts["xl/workbook.xml"])


def _type_changed(parts: dict[str, bytes]) -> None:
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"theme+xml", b"themes+xml")


@pytest.mark.parametrize("harm", [_shift_forgotten, _style_moved, _user_cell, _part_lost, _name_gone, _type_changed])
def test_the_proof_finds_what_must_not_happen(project: Project, harm: Callable[[dict[str, bytes]], None], tmp_path: Path) -> None:
    old = Structure(Package(project.master.read_bytes()))
    _, sheet = next(new_sheets(old, [load().form("visits")], ["tasks", "visits"], {"tasks": "任务跟踪表"}, {}, "zh"))
    new = reshaped(old, Shape(new=(sheet,)))
    prove_shape(old, new, Shape(new=(sheet,)))
    harmed = tmp_path / "harmed.xlsx"
    harmed.write_bytes(new.package.data)
    make_books.edit_parts(harmed, harm)
    data = harmed.read_bytes()
    assert parts_of(harmed) != {n: new.package.read(n) for n in new.package.entries}
    with pytest.raises(CollabError) as found:
        prove_shape(old, Structure(Package(data)), Shape(new=(sheet,)))
    assert found.value.code == "verify_failed"
