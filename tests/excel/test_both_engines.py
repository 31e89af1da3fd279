"""One contract for both engines: a master read closed or open gives the same data, and the same plan gives the same cells.

The open one is driven through real xlwings against a real LibreOffice (`tests/office_engine`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from e2e.small_project import DAY, WEEK, Project
from office_engine.calls import CALLS
from openpyxl.styles import Alignment
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import Book, Stamp, read_book
from collab_xl.excel.read import read_open_book
from collab_xl.excel.values import same_in_cell
from collab_xl.excel.write import write_open
from collab_xl.forms import load
from collab_xl.model.place import a1
from collab_xl.model.plan import Plan
from collab_xl.model.sheets import Table
from collab_xl.project import run as project_run
from collab_xl.read.context import Context
from collab_xl.read.directory import directory_of
from collab_xl.read.service import service_rows
from collab_xl.read.table import parse_table

Open = Callable[[Path], Any]
FIELDS = ("sheet", "first_row", "first_col", "errors", "arrays", "percents", "hidden_rows", "hidden_cols", "tables")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A master in the middle of its week, with changes that users make: own columns, formulas, odd texts, hidden rows."""
    made = Project.start(tmp_path_factory.mktemp("golden"))
    make_it_lived_in(made.master)
    return made


def make_it_lived_in(path: Path) -> None:
    workbook = workbook_at(path)
    tasks = next(ws for ws in workbook if "Tasks" in ws.tables)
    own = workbook.create_sheet("我的表")
    own["B2"], own["C2"], own["D2"] = "001", "=1+1", "=NA()"
    own["B3"], own["C3"], own["D3"] = 0.25, datetime(2026, 3, 7, 14, 30), 1234.56789
    own["B3"].number_format, own["C3"].number_format, own["D3"].number_format = "0%", "yyyy-mm-dd hh:mm", '"¥"#,##0.00'
    own["B4"], own["C4"] = "两行\n文字", datetime(2026, 3, 7)
    own["C4"].number_format = "yyyy-mm-dd"
    own["B4"].alignment = Alignment(wrap_text=True)
    own["B5"], own["B6"] = "=文字", True
    own["B5"].data_type = "s"
    own["B5"].quotePrefix = True
    own.row_dimensions[5].hidden = True
    own.column_dimensions["D"].hidden = True
    tasks.cell(5, 27).value = "=LEN(B5)"  # a user's formula next to the table
    workbook.save(path)


def tables(book: Book) -> dict[str, Table]:
    schema = load()
    departments = schema.service("departments")
    ref = book.tables[departments.table]
    directory = directory_of(service_rows(book.snapshot(ref.sheet), ref, departments, "zh"))
    return {
        form.id: parse_table(book.snapshot(book.tables[form.table].sheet), book.tables[form.table], form, Context("zh", directory))[0]
        for form in schema.forms
        if form.table in book.tables
    }


def cells(book: Book, sheets: Iterable[str] = ()) -> dict[str, object]:
    """`表!A1` → value of every filled cell, and `表!A1=` → whether it has a formula. The value of a user's formula is left out.

    Args:
        sheets: only these; all if there are none.
    """
    out: dict[str, object] = {}
    for sheet in sheets or book.sheets:
        snap = book.snapshot(sheet)
        for r, line in enumerate(snap.cells, snap.first_row):
            out |= {f"{sheet}!{a1(r, c)}": value for c, value in enumerate(line, snap.first_col) if value is not None}
        for cell, text in snap.formulas.items():
            if text not in ("=TRUE()", "=FALSE()"):  # LibreOffice's way with TRUE
                out[f"{sheet}!{a1(*cell)}="] = "formula"
                if not text.startswith("=HYPERLINK("):  # openpyxl wrote it without a value, LibreOffice calculates it
                    out.pop(f"{sheet}!{a1(*cell)}", None)
    return out


def differences(a: Mapping[str, object], b: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    return {k: (a.get(k), b.get(k)) for k in a.keys() | b.keys() if not same_in_cell(a.get(k), b.get(k), False)}  # type: ignore[arg-type]


def test_a_master_reads_the_same_closed_and_open(project: Project, open_book: Open, tmp_path: Path) -> None:
    # LibreOffice calculates when it loads a file, as Excel does: so the closed engine reads the file as saved by LibreOffice.
    open_master = open_book(project.master)
    calculated = tmp_path / "calculated.xlsx"
    open_master.save(calculated)
    closed, live = read_book(calculated), read_open_book(open_master)

    shown = {name: "hidden" if state == "veryHidden" else state for name, state in read_book(project.master).sheets.items()}
    assert dict(live.sheets) == shown, "LibreOffice knows hidden, not very hidden"
    assert live.tables == dict(read_book(project.master).tables)
    assert live.names == dict(read_book(project.master).names)
    assert len(live.names) > 50
    for sheet in closed.sheets:
        a, b = closed.snapshot(sheet), live.snapshot(sheet)
        assert [list(line) for line in b.cells] == [list(line) for line in a.cells], sheet
        saved_as_formula = {cell for cell in a.formulas if isinstance(a.value(*cell), bool)}  # LibreOffice's way with TRUE
        assert b.formulas.keys() == a.formulas.keys() - saved_as_formula, sheet
        for name in FIELDS:
            assert getattr(b, name) == getattr(a, name), (sheet, name)
    assert tables(live) == tables(closed)
    assert len(tables(live)["tasks"]) == 3


def test_types_of_values_are_the_same(project: Project, open_book: Open) -> None:
    snap = read_open_book(open_book(project.master)).snapshot("我的表")
    found = [[snap.value(row, col) for col in (2, 3, 4)] for row in range(2, 7)]
    assert found == [
        ["001", 2, None],
        [0.25, datetime(2026, 3, 7, 14, 30), 1234.56789],
        ["两行\n文字", datetime(2026, 3, 7).date(), None],
        ["=文字", None, None],
        [True, None, None],
    ]
    assert type(found[0][1]) is int
    assert snap.errors == {(2, 4): "#N/A"}
    assert snap.formulas.keys() == {(2, 3), (2, 4)}
    assert snap.percents == {(3, 2)}
    assert (snap.hidden_rows, snap.hidden_cols) == ({5}, {4})


@pytest.fixture(scope="module")
def week_of_plans(project: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, Plan, Path]]]:
    """The master before, and for each verb of a week its plan and the master after it, written by the closed engine."""
    folder = tmp_path_factory.mktemp("plans")
    done: list[tuple[str, Plan, Path]] = []
    real = project_run.commit

    def recording(master: Path, stamp: Stamp | None, plan: Plan, **more: Any) -> None:
        real(master, stamp, plan, **more)
        after = folder / f"{len(done)}.xlsx"
        shutil.copyfile(master, after)
        done.append((verb, plan, after))

    patch = pytest.MonkeyPatch()
    patch.setattr(project_run, "commit", recording)
    try:
        verb = "issue"
        project.issue()
        before = folder / "before.xlsx"
        shutil.copyfile(project.master, before)
        done.clear()
        cells = {
            ("tasks", "RW-001"): {"progress": 0.8, "risk": "3-5 天后才有测试机", "done_this_week": "001"},
            ("tasks", "RW-003"): {"status": "进行中", "progress": 0.5, "measure": "=加人"},
            ("problems", "+0"): {"task_id": "RW-001", "description": "1/2 的问卷没有回", "level": "紧急", "raised_by": "李*"},
        }
        reply = project.reply("市场部", cells, "市场部")
        verb = "consolidate"
        project.consolidate(reply)
        verb = "check"
        verbs.check(project.master, as_of=DAY, lang="zh")
        verb = "flag"
        verbs.flag(project.master, as_of=DAY, lang="zh")
        verb = "week"
        verbs.week(project.master, as_of=DAY, week=WEEK, lang="zh")
        verb = "undo"
        verbs.undo(project.master, as_of=DAY, lang="zh")
    finally:
        patch.undo()
    return before, done


def test_a_week_of_plans_gives_the_same_cells_through_both_engines(
    week_of_plans: tuple[Path, list[tuple[str, Plan, Path]]], open_book: Open, tmp_path: Path
) -> None:
    before, done = week_of_plans
    assert {verb for verb, _, _ in done} == {"consolidate", "check", "flag", "week", "undo"}
    assert any(plan.tables for _, plan, _ in done)
    assert any(plan.hidden for _, plan, _ in done)
    book = open_book(before)
    for n, (verb, plan, after) in enumerate(done):
        CALLS.clear()
        write_open(book, plan)
        assert len(CALLS) < 40 * len(plan.edits) + 2000
        saved = tmp_path / f"{n}.xlsx"
        book.save(saved)
        closed, live = read_book(after), read_book(saved)
        found = differences(cells(closed), cells(live))
        assert not found, (verb, len(found), dict(list(found.items())[:8]))
        assert {k: t.area for k, t in live.tables.items()} == {k: t.area for k, t in closed.tables.items()}, verb
        assert tables(live) == tables(closed), verb
        for sheet in plan.hidden:
            assert live.snapshot(sheet).hidden_rows == closed.snapshot(sheet).hidden_rows, verb
