"""Nothing the user put into the master is lost: every verb, on a master decorated by a PMO and saved by Excel, and by others."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import kept_master
import make_books
import pytest
from copied import copy_project
from judges import microsoft_findings, new_microsoft_findings, structural_findings
from kept_master import BOARD, OWN, sheet_parts, table_part
from lxml import etree
from saved_by_others import by_libreoffice, by_openpyxl, parts_of, prefixed, sheets_before
from small_project import DAY, Project
from written import raw_entries

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.model.place import a1, column_letters, column_number
from collab_xl.verbs.report import no_progress

MAIN = kept_master.MAIN
SHEETS = {
    "data": {"任务跟踪表", "问题跟踪表", "需求登记表"},
    "consolidate": {"任务跟踪表", "问题跟踪表", "冲突处理", "变更记录", "提交台账", "检查结果", "首页", "_collab"},
    "flag": {"任务跟踪表", "问题跟踪表", "需求登记表", "滞后清单", "升级清单", "时限", "首页", "_collab"},
    "week": {"周报", "_feed", "首页", "_collab"},
    "check": {"检查结果", "首页", "_collab"},
    "preview": {"汇总预览", "提交台账", "首页", "_collab"},
    "resolve": {"任务跟踪表", "问题跟踪表", "冲突处理", "变更记录", "提交台账", "检查结果", "首页", "_collab"},
    "undo": {"任务跟踪表", "问题跟踪表", "冲突处理", "变更记录", "提交台账", "检查结果", "首页", "_collab"},
    "redo": {"任务跟踪表", "问题跟踪表", "冲突处理", "变更记录", "提交台账", "检查结果", "首页", "_collab"},
}
"""What each verb may write (docs/facts/file-format.md, What each verb writes).
Nothing else may change by a byte, but for the switch that makes Excel calculate."""
TABLES = {
    "consolidate": {"Tasks", "Problems", "Conflicts", "ChangeLog", "Submissions", "Findings"},
    "flag": {"Overdue", "Escalations", "Clocks"},
    "week": set(),
    "check": {"Findings"},
    "preview": {"Preview", "Submissions"},
    "resolve": {"Tasks", "Problems", "Conflicts", "ChangeLog", "Submissions", "Findings"},
    "undo": {"Tasks", "Problems", "Conflicts", "ChangeLog", "Submissions", "Findings"},
    "redo": {"Tasks", "Problems", "Conflicts", "ChangeLog", "Submissions", "Findings"},
}
CALCULATION = {"xl/workbook.xml", "xl/calcChain.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"}
"""fullCalcOnLoad is set once; the chain goes when a formula (a link of ours) goes."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("decorated")
    project = kept_master.decorated(folder)
    project.type(("tasks", "RW-002", "risk", "已缓解"))
    project.reply(
        "研发部",
        {
            ("tasks", "RW-002"): {"progress": "60%", "risk": "加剧"},
            ("tasks", "+0"): {"name": "压力测试", "owner": "*主管", "end": "2026-12-10"},
            ("problems", "+0"): {"description": "账号不足", "dept": "研发部", "raised_at": "2026-11-19", "level": "一般"},
            ("problems", "+1"): {"description": "机房断电", "dept": "研发部", "raised_at": "2026-11-19", "level": "紧急"},
        },
        "研发部",
    )
    return folder


@pytest.fixture
def project(base: Path, tmp_path: Path) -> Kept:
    copy_project(base, tmp_path / "p")
    return Kept(tmp_path / "p")


def week(project: Kept) -> Iterator[tuple[str, Path]]:
    """Carry out the verbs that write, in the order of a week; gives each verb and a copy of the master as it was before."""
    inbox = project.folder / "inbox"
    steps: list[tuple[str, Callable[[], object]]] = [
        ("preview", lambda: verbs.preview(project.master, [inbox], as_of=DAY, lang="zh", progress=no_progress)),
        ("consolidate", lambda: project.consolidate(inbox)),
        ("check", lambda: verbs.check(project.master, as_of=DAY, lang="zh")),
        ("flag", lambda: verbs.flag(project.master, as_of=DAY, lang="zh")),
        ("week", lambda: verbs.week(project.master, as_of=DAY, lang="zh")),
        ("resolve", lambda: verbs.resolve(project.master, as_of=DAY, lang="zh")),
        ("undo", lambda: verbs.undo(project.master, as_of=DAY, lang="zh")),
        ("redo", lambda: verbs.redo(project.master, as_of=DAY, lang="zh")),
        ("undo", lambda: verbs.undo(project.master, as_of=DAY, lang="zh")),
    ]
    for n, (verb, carry_out) in enumerate(steps):
        if verb == "resolve":
            project.decide_in_xml()
        before = project.folder.parent / f"before {n}.xlsx"
        shutil.copy(project.master, before)
        carry_out()
        yield verb, before


class Kept(Project):
    """The decisions are entered without openpyxl, which would lose half of the workbook."""

    def decide_in_xml(self) -> None:
        book = read_book(self.master)
        ref = book.tables["Conflicts"]
        snap = book.snapshot(ref.sheet)
        columns = {h: ref.area.first_col + n for n, h in enumerate(ref.headings)}
        cells = {
            a1(row, columns["处理意见"]): "采用报送"
            for row in range(ref.data.first_row, ref.data.last_row + 1)
            if snap.value(row, columns["类型"]) in ("冲突", "新任务")
        }
        assert len(cells) == 2, cells

        def change(parts: dict[str, bytes]) -> None:
            name = sheet_parts(parts)[ref.sheet]
            root = etree.fromstring(parts[name])
            main = root.tag.partition("}")[0] + "}"
            rows = {r.get("r"): r for r in root.iter(f"{main}row")}
            for at, word in cells.items():
                row = rows[re.sub(r"\D", "", at)]
                cell = next((c for c in row if c.get("r") == at), None)
                if cell is None:
                    cell = etree.Element(f"{main}c", r=at)
                    row.append(cell)
                    row[:] = sorted(row, key=lambda c: (len(re.sub(r"\d", "", c.get("r"))), c.get("r")))
                cell[:] = []
                cell.set("t", "inlineStr")
                etree.SubElement(etree.SubElement(cell, f"{main}is"), f"{main}t").text = word
            parts[name] = kept_master._xml(root)

        make_books.edit_parts(self.master, change)


def allowed(verb: str, parts: dict[str, bytes]) -> set[str]:
    pages = sheet_parts(parts)
    return {pages[s] for s in SHEETS[verb]} | {table_part(parts, t) for t in TABLES[verb]} | CALCULATION


def changed(before: Path, after: Path) -> set[str]:
    old, new = raw_entries(before), raw_entries(after)
    assert [n for n in old if n in new] == list(new), "parts are in another order, or new ones were added"
    return {n for n in old if old[n] != new.get(n)}


def own_formulas(path: Path, table: str) -> dict[str, str]:
    """Row key → the formula of the user's calculated column, as a reader of the file sees it."""
    book = read_book(path)
    ref = book.tables[table]
    snap = book.snapshot(ref.sheet)
    col = ref.area.first_col + ref.headings.index(OWN)
    return {
        str(snap.value(row, ref.area.first_col)): snap.formulas.get((row, col), "").lstrip("=")
        for row in range(ref.data.first_row, ref.data.last_row + 1)
    }


def test_every_verb_changes_only_what_it_must(project: Kept) -> None:
    os.chmod(project.master, 0o640)
    first = parts_of(project.master)
    seen, links = [], 0
    for verb, before in week(project):
        seen.append(verb)
        touched, may = changed(before, project.master), allowed(verb, parts_of(before))
        assert touched <= may, (verb, touched - may)
        assert sheet_parts(first)["_collab"] in touched, verb
        assert structural_findings(project.master) == [], verb
        assert stat.S_IMODE(project.master.stat().st_mode) == 0o640
        parts = parts_of(project.master)
        assert parts["xl/styles.xml"] == first["xl/styles.xml"]
        assert parts["xl/sharedStrings.xml"] == first["xl/sharedStrings.xml"]
        (calculation,) = etree.fromstring(parts["xl/workbook.xml"]).iter(f"{{{MAIN}}}calcPr")
        assert calculation.get("fullCalcOnLoad") == "1"
        assert own_formulas(project.master, "Tasks").items() >= {("RW-001", "K4*2"), ("RW-003", "K6*2")}
        links += only_links(project.master, first)
        book = read_book(project.master)
        sheet, area = book.names["collab_run"]
        assert book.snapshot(sheet).value(area.first_row, area.first_col) == _run(project, verb)
    assert seen == ["preview", "consolidate", "check", "flag", "week", "resolve", "undo", "redo", "undo"]
    assert links > 20
    assert microsoft_findings(project.master) == []


def only_links(path: Path, first: dict[str, bytes]) -> int:
    """Every formula is one the user had, one of the user's calculated columns, or a HYPERLINK with its text as value; counts these."""
    sheets = [n for n in first if n.startswith("xl/worksheets/sheet")]
    known = {f.text for n in sheets for f in etree.fromstring(first[n]).iter(f"{{{MAIN}}}f") if f.text}
    links = 0
    for name, data in parts_of(path).items():
        if name in sheets:
            for cell in etree.fromstring(data).iter(f"{{{MAIN}}}c"):
                formula = cell.find(f"{{{MAIN}}}f")
                if formula is None or formula.get("t") == "shared" or formula.text in known:
                    continue
                text = formula.text or ""
                if not re.fullmatch(r"[A-Z]+\d+(\*2|\+1)", text):
                    assert text.startswith("HYPERLINK("), (name, cell.get("r"), text)
                    assert cell.find(f"{{{MAIN}}}v") is not None
                    links += 1
    return links


def test_what_the_user_added_works_on(project: Kept) -> None:
    """New rows carry the user's formula and columns; filter, totals, chart and names still speak of the table."""
    before = project.data()
    project.consolidate(project.folder / "inbox")
    problems = own_formulas(project.master, "Problems")
    assert problems == {"WT-001": "O4+1", "WT-002": "O5+1", "WT-003": "O6+1"}
    project.decide_in_xml()
    verbs.resolve(project.master, as_of=DAY, lang="zh")
    assert own_formulas(project.master, "Tasks") == {"RW-001": "K4*2", "RW-002": "K5*2", "RW-003": "K6*2", "RW-004": "K7*2"}
    assert project.value("tasks", "RW-002", "risk") == "加剧"
    parts = parts_of(project.master)
    table = etree.fromstring(parts[table_part(parts, "Tasks")])
    assert table.get("ref") == "A3:AB8"
    assert table.find(f"{{{MAIN}}}autoFilter").get("ref") == "A3:AB7"
    (shown,) = (f.get("val") for f in table.iter(f"{{{MAIN}}}filter"))
    assert shown == "市场部"
    sheet = etree.fromstring(parts[sheet_parts(parts)["任务跟踪表"]])
    rows = {r.get("r"): r for r in sheet.iter(f"{{{MAIN}}}row")}
    assert rows["5"].get("hidden") == "1"
    assert [f.text for f in rows["8"].iter(f"{{{MAIN}}}f")] == ["SUBTOTAL(101,Tasks[当前进度])"]
    book = read_book(project.master)
    board = book.snapshot(BOARD)
    assert board.formulas[2, 1].lstrip("=") == "SUM(Tasks[当前进度])"
    assert len(book.snapshot("任务跟踪表").comments) == 1
    notes = [book.snapshot("任务跟踪表").value(r, 28) for r in (4, 5, 6, 7)]
    assert notes == ["注4", "注5", "注6", None]
    verbs.undo(project.master, as_of=DAY, lang="zh")
    verbs.undo(project.master, run=_run(project, "consolidate"), as_of=DAY, lang="zh")
    assert project.data() == before
    assert etree.fromstring(parts_of(project.master)[table_part(parts, "Tasks")]).get("ref") == "A3:AB7"


def _run(project: Project, verb: str) -> str:
    logged = verbs.log(project.master, lang="zh").json["runs"]
    return str(next(r["run"] for r in logged if r["verb"] == verb))


# The same week on a master saved by other programs


def column_before_the_key(path: Path) -> None:
    """The user's first column in the Problems table: everything moves one to the right, as when Excel inserts a column."""
    book = read_book(path)
    ref = book.tables["Problems"]

    def right(ref_text: str) -> str:
        def one(m: re.Match[str]) -> str:
            return column_letters(column_number(m[1]) + 1) + m[2]

        return re.sub(r"\b([A-Z]{1,3})(\d+)\b", one, ref_text)

    def change(parts: dict[str, bytes]) -> None:
        name = sheet_parts(parts)[ref.sheet]
        root = etree.fromstring(parts[name])
        for cell in root.iter(f"{{{MAIN}}}c"):
            cell.set("r", right(cell.get("r") or ""))
        for row in root.iter(f"{{{MAIN}}}row"):
            row.attrib.pop("spans", None)
            if int(row.get("r") or 0) >= ref.area.first_row:
                cell = etree.Element(f"{{{MAIN}}}c", r=f"A{row.get('r')}", t="inlineStr")
                text = "我的序号" if int(row.get("r") or 0) == ref.area.first_row else "甲"
                etree.SubElement(etree.SubElement(cell, f"{{{MAIN}}}is"), f"{{{MAIN}}}t").text = text
                row.insert(0, cell)
        for element in root.iter():
            for attribute in ("sqref", "ref", "activeCell", "topLeftCell"):
                if isinstance(element.tag, str) and element.get(attribute) and not element.tag.endswith("}c"):
                    element.set(attribute, right(element.get(attribute) or ""))
            if isinstance(element.tag, str) and element.tag.endswith(("}f", "}formula")) and element.text:
                element.text = right(element.text)
        for column in root.iter(f"{{{MAIN}}}col"):
            for side in ("min", "max"):
                column.set(side, str(int(column.get(side) or 0) + 1))
        parts[name] = kept_master._xml(root)
        part = table_part(parts, "Problems")
        table = etree.fromstring(parts[part])
        end = (table.get("ref") or "").partition(":")[2]
        for element in (table, table.find(f"{{{MAIN}}}autoFilter")):
            element.set("ref", f"A{ref.area.first_row}:{right(end)}")
        columns = table.find(f"{{{MAIN}}}tableColumns")
        columns.insert(0, etree.Element(f"{{{MAIN}}}tableColumn", id="99", name="我的序号"))
        columns.set("count", str(len(columns)))
        for formula in table.iter(f"{{{MAIN}}}calculatedColumnFormula"):
            formula.text = right(formula.text or "")
        parts[part] = kept_master._xml(table)
        parts["xl/calcChain.xml"] = parts["xl/calcChain.xml"].replace(b'r="P4" i="5"', b'r="Q4" i="5"')

    make_books.edit_parts(path, change)


@pytest.mark.parametrize("saved", [prefixed, by_openpyxl, by_libreoffice, sheets_before, column_before_the_key])
def test_the_week_on_a_master_in_another_form(project: Kept, saved: Callable[[Path], None]) -> None:
    saved(project.master)
    known = structural_findings(project.master)
    assert known == [] or saved is by_libreoffice  # it writes what Excel puts right; ours must add nothing to it
    at_first = project.master.read_bytes()
    data, first = project.data(), parts_of(project.master)
    for verb, before in week(project):
        touched, may = changed(before, project.master), allowed(verb, parts_of(before))
        assert touched <= may, (verb, touched - may)
        assert set(structural_findings(project.master)) <= set(known), verb
        parts = parts_of(project.master)
        assert parts["xl/styles.xml"] == first["xl/styles.xml"]
        if saved is prefixed:
            assert all(b"<x:row" in parts[n] for n in touched if n.startswith("xl/worksheets/sheet"))
        if verb == "consolidate":
            assert project.value("tasks", "RW-002", "progress") == 0.6
            assert [r.get("问题描述") for r in project.data()["problems"].values()] == ["测试环境不可用", "账号不足", "机房断电"]
        if verb == "resolve":
            assert project.value("tasks", "RW-004", "name") == "压力测试"
            assert project.value("tasks", "RW-002", "risk") == "加剧"
    assert new_microsoft_findings(at_first, project.master) == set()
    verbs.undo(project.master, run=_run(project, "consolidate"), as_of=DAY, lang="zh")
    assert project.data() == data
