"""Runs, undo and redo on a real file: ledger, part writer, reader and plan together. The table has a totals row and a calculated column
of the user, as a PMO makes them in Excel."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from master_on_disk import DAY, NOW, PROJECT

from collab_xl.book.write_plan import write_plan
from collab_xl.forms import load
from collab_xl.model.directory import Directory
from collab_xl.model.plan import CellChange, CellEdit, NewRow, Plan
from collab_xl.model.run import Run, RunRecord
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.plan.data import plan_changes
from collab_xl.plan.key_changes import give_keys
from collab_xl.plan.undo import Undone, plan_undo
from collab_xl.plan.undo_choice import run_to_redo, runs_to_undo
from collab_xl.project.run import OpenMaster, open_master
from collab_xl.project.sidecar import create_sidecar
from collab_xl.read.context import Context
from collab_xl.read.table import parse_table

FORM = load().form("tasks")
HEADINGS = [f.heading["zh"] for f in FORM.fields]
COL = {f.id: n for n, f in enumerate(FORM.fields)}
OWN = "剩余"
SHEET = "任务跟踪表"
LINES: list[dict[str, Value]] = [
    {
        "task_id": "RW-001",
        "name": "渠道谈判",
        "dept": "市场部",
        "owner": "*主管",
        "end": date(2026, 11, 27),
        "progress": "50%",
        "status": "正在进行",
    },
    {"task_id": "RW-002", "name": "物料设计", "dept": "市场部", "progress": 0.1, "status": "进行中"},
    {"name": "没有编号的任务", "dept": "研发部"},
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    day, percent = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "0%"})
    sheet = book.add_worksheet(SHEET)
    first, last = 3, 3 + len(LINES)
    sheet.write(0, 0, "上面的标题")
    columns: list[dict[str, object]] = [{"header": h} for h in HEADINGS]
    columns[COL["name"]]["total_string"] = "合计"
    columns[COL["progress"]] |= {"format": percent, "total_function": "average"}
    columns.append({"header": OWN, "formula": "=1-Tasks[@[当前进度]]"})
    sheet.add_table(first, 0, last + 1, len(HEADINGS), {"name": "Tasks", "columns": columns, "total_row": True})
    for row, line in enumerate(LINES, first + 1):
        for name, value in line.items():
            if isinstance(value, date):
                sheet.write_datetime(row, COL[name], value, day)
            else:
                sheet.write(row, COL[name], value, percent if name == "progress" else None)
        sheet.write_formula(row, len(HEADINGS), "=1-Tasks[@[当前进度]]", None, 0.5)
    hidden = book.add_worksheet("_collab")
    for row, pair in enumerate((("kind", "master"), ("project", PROJECT), ("schema", "1"), ("lang", "zh"), ("run", None))):
        hidden.write_row(row, 0, pair)
    hidden.very_hidden()
    book.define_name("collab_run", "=_collab!$B$5")
    book.close()
    path = tmp_path / "主表.xlsx"
    path.write_bytes(out.getvalue())
    create_sidecar(path, PROJECT, NOW)
    return path


def tables(master: OpenMaster) -> Mapping[str, Table]:
    ref = master.book.tables["Tasks"]
    table, _ = parse_table(master.book.snapshot(SHEET), ref, FORM, Context("zh", Directory(), None, DAY))
    return {"tasks": table}


def run(path: Path, changes: Sequence[CellChange] = (), rows: Sequence[NewRow] = ()) -> str:
    with open_master(path, for_writing=True) as master:
        filled, keys = give_keys(tables(master), load(), master.ledger.keys_given())
        plan = plan_changes(filled, master.book.tables, master.book.snapshot, [*keys, *changes], rows, load(), "zh")
        assert plan.skipped == ()
        record = RunRecord("consolidate", DAY, NOW, "zh", changes=plan.changes, added=plan.added, ranges=plan.ranges)
        return master.commit(record, plan)


def undo(path: Path, wanted: str | None = None) -> Undone:
    return take(path, "undo", lambda chain: runs_to_undo(chain, wanted))


def redo(path: Path) -> Undone:
    return take(path, "redo", lambda chain: [run_to_redo(chain)])


def take(path: Path, verb: str, choose: Callable[[Sequence[Run]], list[Run]]) -> Undone:
    with open_master(path, for_writing=True) as master:
        runs = choose(master.ledger.chain(master.run_id))
        did = [master.ledger.run_changes(r.id) for r in runs]
        back = plan_undo(tables(master), master.book.tables, master.book.snapshot, did, load(), "zh")
        parts = {"changes": back.changes, "added": back.added, "removed": back.removed, "unkeyed": back.unkeyed, "ranges": back.ranges}
        master.commit(RunRecord(verb, DAY, NOW, "zh", undoes=tuple(r.id for r in runs), **parts), back.plan)
        return back


def cells(path: Path) -> tuple[object, ...]:
    """Every value and formula of the data sheet, and the table's range. Cached values of formulas are ignored."""
    with open_master(path, for_writing=False) as master:
        snap = master.book.snapshot(SHEET)
        values = {
            (r, c): snap.value(r, c)
            for r in range(1, snap.last_row + 1)
            for c in range(1, snap.last_col + 1)
            if snap.value(r, c) is not None and (r, c) not in snap.formulas
        }
        return values, dict(snap.formulas), master.book.tables["Tasks"].area


def change(key: str, name: str, old: Value, new: Value) -> CellChange:
    return CellChange("tasks", key, name, old, new, "merge")


def new(key: str, **values: Value) -> NewRow:
    return NewRow("tasks", key, {"task_id": key, **values}, f"P#{key}")


BUSY = [
    change("RW-001", "progress", 0.5, 0.8),
    change("RW-001", "status", "in_progress", "done"),
    change("RW-001", "end", date(2026, 11, 27), date(2026, 12, 4)),
    change("RW-002", "owner", None, "=cmd|'/C calc'!A0"),
    change("RW-003", "remark", None, "编了号"),
]
ROWS = [new("RW-010", name="新任务", progress=0, predecessors=("RW-001", "RW-002")), new("RW-011", name="又一项", end=date(2026, 12, 1))]


def type_into(path: Path, edits: Mapping[tuple[int, str], Value]) -> None:
    """A person types and saves, without a run of ours."""
    with open_master(path, for_writing=False) as master:
        snap = master.book.snapshot(SHEET)
        plan = Plan(tuple(CellEdit(SHEET, row, COL[name] + 1, snap.value(row, COL[name] + 1), v) for (row, name), v in edits.items()))
    beside = path.with_suffix(".new")
    write_plan(path, beside, plan)
    beside.replace(path)


def test_undo_gives_back_every_cell_and_redo_every_change(path: Path) -> None:
    before = cells(path)
    run(path, BUSY, ROWS)
    after = cells(path)
    assert str(after[2]) == "A4:AA10"
    assert after[0][8, 1] == "RW-010"  # type: ignore[index]
    assert undo(path).kept == ()
    assert cells(path) == before
    assert redo(path).kept == ()
    assert cells(path) == after
    assert undo(path).kept == ()
    assert cells(path) == before


def test_undo_of_an_earlier_run_takes_the_later_ones_with_it(path: Path) -> None:
    before = cells(path)
    first = run(path, BUSY, ROWS)
    run(path, [change("RW-010", "owner", None, "丁"), change("RW-001", "progress", 0.8, 0.9)], [new("RW-012", name="第三项")])
    undo(path)
    assert undo(path, first[:5]).kept == ()
    assert cells(path) == before


def test_undo_after_the_rows_were_sorted_by_hand(path: Path) -> None:
    run(path, BUSY, ROWS)
    with open_master(path, for_writing=False) as master:
        snap = master.book.snapshot(SHEET)
        lines = [[snap.value(r, c + 1) for c in COL.values()] for r in range(5, 10)]
    type_into(path, {(row, name): line[c] for row, line in zip(range(5, 10), lines[::-1], strict=True) for name, c in COL.items()})
    assert undo(path).kept == ()
    with open_master(path, for_writing=False) as master:
        table = tables(master)["tasks"]
        keys = list(zip(table.rows, table.values["task_id"], table.values["progress"], table.values["status"], strict=True))
    assert keys == [(7, None, None, None), (8, "RW-002", 0.1, "in_progress"), (9, "RW-001", 0.5, "in_progress")]


def test_what_the_pmo_typed_since_stays_on_disk(path: Path) -> None:
    run(path, BUSY, ROWS)
    type_into(path, {(5, "progress"): 0.95, (9, "remark"): "PMO 加的"})
    back = undo(path)
    assert [(k.row_key, k.field, k.reason, str(k.at)) for k in back.kept] == [
        ("RW-001", "progress", "typed", f"{SHEET}!K5"),
        ("RW-011", None, "typed", f"{SHEET}!A9"),
    ]
    values, formulas, area = cells(path)
    assert isinstance(values, dict)
    assert (values[5, COL["progress"] + 1], values[9, 1], values[9, COL["remark"] + 1]) == (0.95, "RW-011", "PMO 加的")
    assert (8, 1) not in values
    assert str(area) == "A4:AA10"
    assert isinstance(formulas, dict)
    assert [r for r, c in formulas if c == len(HEADINGS) + 1] == [5, 6, 7, 8, 9]
