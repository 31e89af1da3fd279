"""`forms upgrade`: new columns come to the right end of a table, words into drop-downs, limits onto sheet 设置; undo takes them out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import kept_master
import make_books
import pytest
from copied import copy_project
from forms.forms_of_tests import installed, visits, written
from judges import new_microsoft_findings, structural_findings
from kept_master import sheet_parts, table_part
from lxml import etree
from saved_by_others import by_libreoffice, by_openpyxl, parts_of, prefixed, sheets_before
from small_project import DAY, Project
from test_forms_add import as_saved, fill_row
from workbooks import workbook_at
from written import raw_entries

from collab_xl import verbs
from collab_xl.book.added_sheet import prove_shape, reshaped
from collab_xl.book.hidden_sheet import hidden_values
from collab_xl.book.package import Package
from collab_xl.book.parts import Structure
from collab_xl.book.read import read_book
from collab_xl.build.form_sheet import donor
from collab_xl.errors import FINDINGS, CollabError
from collab_xl.forms import BASIC, Choice, Field, load
from collab_xl.model.place import Area
from collab_xl.model.record import replace
from collab_xl.model.shape import GrownTable, Shape, ShrunkTable
from collab_xl.verbs.session import opened

NEW = ("closed_on", "weight", "part")
ROW = " ".join(f"{form}:{load().form(form).version}" for form in BASIC) + " visits:"


def second() -> dict[str, Any]:
    """The form with what its version 2 brings: a date, a drop-down that colours, a progress bar, and a word of the status."""
    form = visits()
    form["version"] = 2
    form["field"].append({"id": "part", "kind": "percent", "access": "D", "role": "progress", "zh": "进度", "en": "Progress"})
    form["choices"]["weight"][1]["look"] = "bad"
    form["choices"]["state"][3]["since"] = 2
    form["clock"].append({**form["clock"][0], "id": "weigh", "zh": "定级", "stops": ["level"]})
    for field in form["field"]:
        if field["id"] in NEW:
            field["since"] = 2
    return form


def first() -> dict[str, Any]:
    form = visits()
    form["field"] = [f for f in form["field"] if f["id"] not in NEW]
    form["choices"]["state"].pop()
    form["choices"].pop("weight")
    form["escalation"], form["figure"] = [], []
    form["rules"]["required_when"] = {"open": ["due"]}
    form["report"] = {**form["report"], "sort": ["due"], "columns": ["title", "owner", "due"]}
    return form


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("decorated")
    project = kept_master.decorated(folder)
    with installed(written(tmp_path_factory.mktemp("first"), first())):
        verbs.forms_add(project.master, ["visits"], as_of=DAY, lang="zh")
    return folder


@pytest.fixture
def project(base: Path, tmp_path: Path) -> Iterator[Project]:
    copy_project(base, tmp_path / "p")
    with installed(written(tmp_path / "second", second())):
        yield Project(tmp_path / "p")


def upgrade(project: Project, write: bool = True) -> dict[str, Any]:
    return dict(verbs.forms_upgrade(project.master, [], as_of=DAY, write=write, lang="zh").json)


def headings(project: Project) -> tuple[str, ...]:
    return read_book(project.master).tables["Visits"].headings


def test_an_older_form_goes_on_as_it_is_and_is_offered_an_upgrade(project: Project) -> None:
    with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
        assert not session.missing_columns
        assert not {f.id for f in session.schema.form("visits").fields} & set(NEW)
    verbs.check(project.master, as_of=DAY, lang="zh")
    (mine,) = (f for f in verbs.forms_list(project.master, lang="zh", fallback="zh").json["forms"] if f["form"] == "visits")
    assert (mine["state"], mine["new"]) == ("older", ["回访日期", "客户等级", "进度", "作罢"])
    before = project.master.read_bytes()
    assert upgrade(project, write=False)["upgraded"]
    assert project.master.read_bytes() == before


@pytest.mark.parametrize("saved", [as_saved, prefixed, by_openpyxl, by_libreoffice])
def test_an_upgrade_and_its_undo(project: Project, saved: Callable[[Path], None]) -> None:
    fill_row(project, "客户拜访表", {"visit_no": "BF-001", "customer": "甲公司", "unit": "研发部"})
    saved(project.master)
    known, before = set(structural_findings(project.master)), project.master.read_bytes()
    old, entries, had = parts_of(project.master), raw_entries(project.master), headings(project)
    report = upgrade(project)
    assert report["upgraded"] == [{"form": "visits", "from": 1, "to": 2, "columns": ["回访日期", "客户等级", "进度"]}]
    assert set(structural_findings(project.master)) <= known
    assert new_microsoft_findings(before, project.master) == set()
    assert headings(project) == (*had, "回访日期", "客户等级", "进度")
    assert hidden_values(read_book(project.master))["forms"] == ROW + "2"
    now = raw_entries(project.master)
    assert list(now) == list(entries)
    pages = sheet_parts(old)
    may = {pages[s] for s in ("客户拜访表", "首页", "设置", "字段", "_collab")} | {"xl/styles.xml", "xl/workbook.xml"}
    may |= {next(n for n in old if n.startswith("xl/tables/") and f'displayName="{t}"'.encode() in old[n]) for t in ("Visits", "Settings")}
    assert {n for n in entries if now[n] != entries[n]} <= may
    book = workbook_at(project.master)["客户拜访表"]
    col = len(had) + 1
    assert [book.cell(3, c).value for c in range(col, col + 3)] == ["回访日期", "客户等级", "进度"]
    assert [book.cell(4, c).number_format for c in range(col, col + 3)] == ["yyyy-mm-dd", "@", "0%"]
    drop_downs = {str(d.sqref).partition(":")[0]: d.formula1 for d in book.data_validations.dataValidation if d.type == "list"}
    assert drop_downs["L4"] == '"小,大"'
    assert drop_downs["G4"] == '"已约,跟进,结束,作罢"'
    looks = {(str(r.sqref).partition(":")[0], tuple(x.formula)) for r in book.conditional_formatting for x in r.rules if x.formula}
    assert ("L4", ('$L4="大"',)) in looks  # its cell is column I in a new master
    assert book.column_dimensions["L"].width > 9
    with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
        assert session.tables["visits"].columns["part"] == col + 2
        assert not session.missing_columns
        assert {r["id"] for r in session.service("settings")} >= {"clock.visits.reply", "clock.visits.weigh"}
    verbs.check(project.master, as_of=DAY, lang="zh")
    assert verbs.undo(project.master, as_of=DAY, lang="zh").exit_code == 0
    assert headings(project) == had
    assert hidden_values(read_book(project.master))["forms"] == ROW + "1"
    last = parts_of(project.master)
    assert list(last) == list(old)
    assert set(structural_findings(project.master)) <= known
    again = workbook_at(project.master)["客户拜访表"]
    assert [d.formula1 for d in again.data_validations.dataValidation if "G4" in str(d.sqref)] == ['"已约,跟进,结束"']
    assert [again.cell(4, c).value for c in range(1, 4)] == ["BF-001", "甲公司", "研发部"]
    verbs.redo(project.master, as_of=DAY, lang="zh")
    assert headings(project)[-1] == "进度"


def test_a_filled_column_stays(project: Project) -> None:
    upgrade(project)

    def change(parts: dict[str, bytes]) -> None:
        name = sheet_parts(parts)["客户拜访表"]
        assert b'r="K4"' in parts[name]
        parts[name] = re.sub(rb'<c r="K4"([^>]*)/>', rb'<c r="K4"\1 t="inlineStr"><is><t>x</t></is></c>', parts[name])

    make_books.edit_parts(project.master, change)
    report = verbs.undo(project.master, as_of=DAY, lang="zh")
    assert report.exit_code == FINDINGS
    assert "K4" in report.json["sheets_kept"][0]
    assert headings(project)[-1] == "进度"
    assert hidden_values(read_book(project.master))["forms"] == ROW + "2"


@pytest.mark.parametrize("what", ["value", "merge"])
def test_a_place_that_is_taken_is_refused_with_its_cell(project: Project, what: str) -> None:
    def change(parts: dict[str, bytes]) -> None:
        name = sheet_parts(parts)["客户拜访表"]
        if what == "value":
            parts[name] = re.sub(rb'(<row r="4".*?)</row>', rb'\1<c r="K4"><v>1</v></c></row>', parts[name], flags=re.S)
        else:
            merge = b'</sheetData><mergeCells count="1"><mergeCell ref="K3:L3"/></mergeCells>'
            parts[name] = parts[name].replace(b"</sheetData>", merge)

    make_books.edit_parts(project.master, change)
    before = project.master.read_bytes()
    with pytest.raises(CollabError) as found:
        upgrade(project)
    assert found.value.code == "column_not_free"
    assert found.value.facts["cell"] == {"value": "K4", "merge": "K3"}[what]
    assert project.master.read_bytes() == before


def test_the_users_own_column_of_that_name_becomes_the_new_one(project: Project) -> None:
    def change(parts: dict[str, bytes]) -> None:
        name, table = sheet_parts(parts)["客户拜访表"], table_part(parts, "Visits")
        cell = '<c r="K3" t="inlineStr"><is><t>客户等级</t></is></c>'.encode()
        parts[name] = re.sub(rb'(<row r="3".*?)</row>', lambda m: m[1] + cell + b"</row>", parts[name], flags=re.S)
        text = parts[table].decode().replace("A3:J4", "A3:K4").replace('count="10"', 'count="11"')
        parts[table] = text.replace("</tableColumns>", '<tableColumn id="30" name="客户等级"/></tableColumns>').encode()

    make_books.edit_parts(project.master, change)
    report = verbs.forms_upgrade(project.master, ["visits"], as_of=DAY, lang="zh")
    assert report.json["upgraded"][0]["columns"] == ["回访日期", "进度"]
    assert any("客户等级" in line for line in report.lines[1:])
    assert headings(project)[-3:] == ("客户等级", "回访日期", "进度")
    with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
        assert session.tables["visits"].columns["weight"] == 11


def test_a_drop_down_the_user_has_changed_is_left_alone_and_said(project: Project) -> None:
    def change(parts: dict[str, bytes]) -> None:
        name = sheet_parts(parts)["客户拜访表"]
        assert "已约,跟进,结束".encode() in parts[name]
        parts[name] = parts[name].replace("已约,跟进,结束".encode(), "已约,跟进,结束,另议".encode())

    make_books.edit_parts(project.master, change)
    report = verbs.forms_upgrade(project.master, [], as_of=DAY, lang="zh")
    assert any("客户拜访表!G" in line and "作罢" in line for line in report.lines)
    parts = parts_of(project.master)
    assert "已约,跟进,结束,另议".encode() in parts[sheet_parts(parts)["客户拜访表"]]


# A table the user has worked with for a year: own columns, a filter, a totals row, shared formulas, hidden rows


@pytest.mark.parametrize("saved", [as_saved, prefixed, by_openpyxl, by_libreoffice, sheets_before])
def test_columns_come_behind_the_users_own(project: Project, saved: Callable[[Path], None], tmp_path: Path) -> None:
    saved(project.master)
    known, at_first = set(structural_findings(project.master)), project.master.read_bytes()
    old = Structure(Package(project.master.read_bytes()))
    ref, _ = old.tables["Tasks"]
    assert ref.totals_rows == 1 or saved in (by_openpyxl, by_libreoffice)
    shape = Shape(grown=(grown_tasks(old),))
    new = reshaped(old, shape)
    prove_shape(old, new, shape)
    project.master.write_bytes(new.package.data)
    assert new.tables["Tasks"][0].headings == (*ref.headings, "级别", "核定完成")
    assert new.tables["Tasks"][0].area == replace(ref.area, last_col=ref.area.last_col + 2)
    assert without_ranges(structural_findings(project.master)) <= without_ranges(known)
    assert new_microsoft_findings(at_first, project.master) == set()
    table = etree.fromstring(new.package.read(new.tables["Tasks"][1]))
    main = table.tag.partition("}")[0] + "}"
    if saved is as_saved:
        was_filtered, wider = (
            Area.parse(etree.fromstring(book_.package.read(book_.tables["Tasks"][1])).find(f"{main}autoFilter").get("ref"))
            for book_ in (old, new)
        )
        assert wider == replace(was_filtered, last_col=was_filtered.last_col + 2)
    before, after = old.package, new.package
    book = read_book(project.master)
    snap, was = book.snapshot(ref.sheet), read_book(before.data).snapshot(ref.sheet)
    assert {c: f for c, f in snap.formulas.items()} == dict(was.formulas)
    for row in range(1, was.last_row + 1):
        assert [snap.value(row, c) for c in range(1, was.last_col + 1)] == [was.value(row, c) for c in range(1, was.last_col + 1)]
    back = Shape(shrunk=(ShrunkTable("Tasks", ("级别", "核定完成")),))
    taken = reshaped(new, back)
    prove_shape(new, taken, back)
    assert taken.package.read(old.tables["Tasks"][1]) == before.read(old.tables["Tasks"][1])
    assert after.read("xl/styles.xml") == taken.package.read("xl/styles.xml")


def without_ranges(findings: Iterable[str]) -> set[str]:
    """What LibreOffice leaves wrong (a filter over the totals row) it left wrong before, over fewer columns."""
    return {re.sub(r"[A-Z]+\d+:[A-Z]+\d+", "", finding) for finding in findings}


def grown_tasks(old: Structure) -> GrownTable:
    form = load().form("tasks")
    yes = (Choice("key", {"zh": "关键", "en": "Key"}, look="bad"), Choice("no", {"zh": "一般", "en": "Other"}))
    more = (
        Field("grade", "choice", "P", {"zh": "级别", "en": "Grade"}, choices=yes, since=2),
        Field("settled_end", "date", "C", {"zh": "核定完成", "en": "Settled end"}, since=2),
    )
    form = replace(form, version=2, fields=(*form.fields, *more))
    ref = old.tables["Tasks"][0]
    places = {h: ref.area.first_col + n for n, h in enumerate(ref.headings)}
    columns = {n: places[f.heading["zh"]] for n, f in enumerate(form.fields, 1) if f.heading["zh"] in places}
    new = (len(form.fields) - 1, len(form.fields))
    columns |= {col: ref.area.last_col + n for n, col in enumerate(new, 1)}
    return GrownTable("Tasks", donor(form, "zh", "任务跟踪表", "Tasks", {}), columns, new)


def _cell(parts: dict[str, bytes], name: str) -> None:
    parts[name] = re.sub(rb"(<c r=\"B5\"[^>]*>).*?</c>", rb'<c r="B5"><v>7</v></c>', parts[name], count=1)


def _width(parts: dict[str, bytes], name: str) -> None:
    parts[name] = re.sub(rb'(<col min="2" max="2" width=")[0-9.]+', rb"\g<1>99", parts[name], count=1)


def _rule(parts: dict[str, bytes], name: str) -> None:
    parts[name] = parts[name].replace(b"&lt;run_day", b"&lt;NOW()", 1)


def _filter(parts: dict[str, bytes], name: str) -> None:
    table = table_part(parts, "Tasks")
    parts[table] = parts[table].replace("市场部".encode(), "研发部".encode(), 1)


def _row(parts: dict[str, bytes], name: str) -> None:
    parts[name] = re.sub(rb'(<row r="1"[^>]*ht=")[0-9.]+', rb"\g<1>99", parts[name], count=1)


@pytest.mark.parametrize("harm", [_cell, _width, _rule, _filter, _row])
def test_the_proof_finds_what_must_not_happen_to_a_table(
    project: Project, harm: Callable[[dict[str, bytes], str], None], tmp_path: Path
) -> None:
    old = Structure(Package(project.master.read_bytes()))
    shape = Shape(grown=(grown_tasks(old),))
    new = reshaped(old, shape)
    harmed = tmp_path / "harmed.xlsx"
    harmed.write_bytes(new.package.data)
    make_books.edit_parts(harmed, lambda parts: harm(parts, sheet_parts(parts)["任务跟踪表"]))
    changed = {n for n, data in parts_of(harmed).items() if data != new.package.read(n)}
    assert len(changed) == 1
    # Only what was harmed: the other entries keep the bytes they had in the zip.
    out = tmp_path / "out.xlsx"
    with open(out, "wb") as file:
        new.package.rewrite(file, {n: new.package.packed(n, parts_of(harmed)[n]) for n in changed})
    with pytest.raises(CollabError) as found:
        prove_shape(old, Structure(Package(out.read_bytes())), shape)
    assert found.value.code == "verify_failed"
