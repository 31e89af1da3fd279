"""Every workbook of the tests can be edited on every sheet, with no other change and no new finding of the judges."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from judges import ROOT, microsoft_findings, missing, structural_findings
from make_books import master, prefixed
from samples import samples
from written import LOG, TASKS, changed_parts, edit, raw_entries, read, values, write

from collab_xl.model.place import Area
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.sheets import Snapshot
from collab_xl.model.values import Link


def workbooks(folder: Path) -> Iterator[Path]:
    yield from samples()
    yield from sorted((ROOT / "workbook_templates").glob("*.xlsx"))
    yield master(folder / "m.xlsx")
    yield master(folder / "t.xlsx", totals=True)
    yield prefixed(master(folder / "p.xlsx"))


def free(snapshot: Snapshot, row: int, col: int) -> bool:
    cell = (row, col)
    return (
        cell not in snapshot.formulas and not any(cell in a for a in snapshot.arrays) and not any(cell in t.area for t in snapshot.tables)
    )


def some_edits(snapshot: Snapshot, dice: random.Random) -> list[CellEdit]:
    rows, cols = range(snapshot.first_row, snapshot.last_row + 1), range(snapshot.first_col, snapshot.last_col + 1)
    body = [t.data for t in snapshot.tables]
    cells = [
        (r, c)
        for r in rows
        for c in cols
        if free(snapshot, r, c) or ((r, c) not in snapshot.formulas and any((r, c) in area for area in body))
    ]
    outside = [(snapshot.last_row + 3, snapshot.first_col), (snapshot.first_row, snapshot.last_col + 2)]
    picked = [*dice.sample(cells, min(12, len(cells))), *outside]
    news = ["新 <&> 值", 3, True, None, 0.25, "=1+1"]
    return [
        CellEdit(snapshot.sheet, r, c, snapshot.value(r, c), dice.choice(news))
        for r, c in dict.fromkeys(picked)
        if free(snapshot, r, c) or any((r, c) in area for area in body)
    ]


def test_every_workbook_at_hand_takes_edits_everywhere(tmp_path: Path):
    dice, seen = random.Random(7), 0
    for path in workbooks(tmp_path):
        source = tmp_path / f"{seen}.xlsx"
        shutil.copy(path, source)
        source.chmod(0o600)
        book = read(source)
        edits = [e for s in book.sheets for e in some_edits(book.snapshot(s), dice)]
        new = write(source, Plan(tuple(edits), hidden={s: {3: True} for s in book.sheets}))
        changed = changed_parts(source, new)
        assert all("worksheets/sheet" in n or "workbook.xml" in n or "calcChain" in n or n == "[Content_Types].xml" for n in changed), (
            changed
        )
        again = read(new)
        for s in book.sheets:
            was, now = book.snapshot(s), again.snapshot(s)
            touched = {(e.row, e.col) for e in edits if e.sheet == s}
            assert {k: v for k, v in was.formulas.items() if k not in touched} == dict(now.formulas)
            assert (was.merges, was.comments, was.tables, was.hidden_cols) == (now.merges, now.comments, now.tables, now.hidden_cols)
            for r in range(was.first_row, was.last_row + 1):
                for c in range(was.first_col, was.last_col + 1):
                    assert (r, c) in touched or was.value(r, c) == now.value(r, c)
        assert set(structural_findings(new)) <= set(structural_findings(source))
        said = microsoft_findings(new)
        assert not said or len(said) <= len(microsoft_findings(source))
        seen += 1
    assert seen >= 5


def test_a_second_write_changes_only_what_it_must(tmp_path: Path):
    book = master(tmp_path / "m.xlsx")
    once = write(book, Plan((edit(TASKS, "B5", "任务 1", "x"),)))
    twice = write(once, Plan((edit(TASKS, "B5", "x", "y"),)))
    assert changed_parts(once, twice) == {"xl/worksheets/sheet1.xml"}
    same = write(once, Plan((edit(TASKS, "B5", "x", "x"),)))
    assert raw_entries(same) == raw_entries(once)


def test_libreoffice_opens_it_and_shows_the_values(tmp_path: Path):
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        missing("LibreOffice")
    assert office
    book = master(tmp_path / "m.xlsx", totals=True)
    plan = Plan(
        (
            edit(TASKS, "G5", None, "新 <&> 值"),
            edit(TASKS, "H5", 0, 0.5),
            edit(TASKS, "A13", "合计", "RW-009"),
            edit(TASKS, "E13", None, 1),
            edit(LOG, "A4", None, Link("#'任务跟踪表'!A13", "到 RW-009")),
        ),
        {"Tasks": Area.parse("A4:I14")},
        {TASKS: {6: True}},
        {TASKS: "&L页脚"},
    )
    new = write(book, plan)
    profile = (tmp_path / "profile").as_uri()
    done = subprocess.run(
        [
            office,
            f"-env:UserInstallation={profile}",
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            str(tmp_path / "lo"),
            str(new),
        ],
        capture_output=True,
        timeout=180,
    )
    shown = tmp_path / "lo" / new.name
    if not shown.exists():
        pytest.fail(done.stderr.decode())
    saved = openpyxl.load_workbook(shown, data_only=True)
    sheet = saved[TASKS]
    # H13 has no cached value and is calculated; H14 keeps its old one until somebody calculates (fullCalcOnLoad is for Excel)
    assert [sheet[c].value for c in ("G5", "H5", "A13", "H13", "A14", "H14")] == ["新 <&> 值", 0.5, "RW-009", 2, "合计", 1]
    assert sheet.row_dimensions[6].hidden
    assert saved[LOG]["A4"].value == "到 RW-009"
    assert read(shown).snapshot(TASKS).value(5, 7) == "新 <&> 值"
    # and a workbook LibreOffice saved is edited as well
    again = write(shown, Plan((CellEdit(TASKS, 5, 2, "任务 1", "改过"), CellEdit(TASKS, 30, 2, None, "新"))))
    assert values(again, TASKS, ["B5", "B30", "G5"]) == ["改过", "新", "新 <&> 值"]
    assert structural_findings(again) == structural_findings(shown)
