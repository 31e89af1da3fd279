"""One of our lists rewritten in a real master: only cells that differ, and rows high enough for their texts."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path

import pytest

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.book.verify import verify
from collab_xl.book.write_plan import write_plan
from collab_xl.forms import load
from collab_xl.model.plan import Plan
from collab_xl.plan.lists import BASE_HEIGHT, ListRow, fill

CONFLICTS = load().service("conflicts")
SHORT = "80%（研发部 · wang@example.com · 11-20 16:40）"
LONG = "任务名称: 支付降级开关 · 所属需求编号: XZ-2026-008 · 负责部门: 研发部 · 计划交付物: 开关与操作手册 · " * 4


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lists") / "主表.xlsx"
    verbs.init(path, lang="zh", as_of=date(2026, 11, 20))
    return path


def planned(book: Path, rows: list[ListRow]) -> Plan:
    read = read_book(book)
    ref = read.tables[CONFLICTS.table]
    return fill(ref, read.snapshot(ref.sheet), CONFLICTS, rows)


def heights(book: Path) -> dict[int, float]:
    """Row → height on the conflicts sheet."""
    number = list(read_book(book).sheets).index(read_book(book).tables[CONFLICTS.table].sheet) + 1
    xml = zipfile.ZipFile(book).read(f"xl/worksheets/sheet{number}.xml").decode()
    return {int(row): float(points) for row, points in re.findall(r'<row r="(\d+)"[^>]*? ht="([\d.]+)"', xml)}


def test_a_row_is_as_high_as_its_longest_text_and_falls_back(empty: Path, tmp_path: Path) -> None:
    filled, emptied = tmp_path / "filled.xlsx", tmp_path / "emptied.xlsx"
    plan = planned(empty, [{"no": 1, "candidates": SHORT}, {"no": 2, "candidates": LONG}, {"no": 3, "candidates": "\n".join([SHORT] * 5)}])
    write_plan(empty, filled, plan)
    verify(empty, filled, plan)
    base, first = BASE_HEIGHT["conflicts"], read_book(filled).tables[CONFLICTS.table].data.first_row
    high = heights(filled)
    assert high[first] == base
    assert high[first + 1] > 1.5 * base
    assert high[first + 2] > 1.5 * base
    plan = planned(filled, [{"no": 1, "candidates": SHORT}, {"no": 2, "candidates": SHORT}])
    write_plan(filled, emptied, plan)
    assert {heights(emptied)[first + n] for n in range(3)} == {base}


def test_a_column_that_nobody_sees_makes_no_row_high(empty: Path) -> None:
    """Rows of 字段 were 96 points high for a mark of 60 characters in a hidden column, 24 printed pages."""
    assert planned(empty, [{"no": 1, "candidates": SHORT, "id": "0123456789abcdef" * 8}]).heights == {}
    with zipfile.ZipFile(empty) as book:
        hidden = {h for n in book.namelist() if n.startswith("xl/worksheets/sheet") for h in hidden_headings(empty, n)}
    assert {c.heading["zh"] for s in load().services for c in s.columns if c.hidden} <= hidden


def hidden_headings(book: Path, part: str) -> set[str]:
    """The headings, in row 3, of the columns of a sheet that are hidden."""
    read, number = read_book(book), int(re.sub(r"\D", "", part))
    snap = read.snapshot(list(read.sheets)[number - 1])
    return {str(snap.value(3, col)) for col in snap.hidden_cols if snap.value(3, col)}


def test_the_same_rows_again_are_no_plan(empty: Path, tmp_path: Path) -> None:
    filled = tmp_path / "filled.xlsx"
    rows: list[ListRow] = [{"no": 1, "candidates": LONG}, {"no": 2, "candidates": SHORT}]
    write_plan(empty, filled, planned(empty, rows))
    assert not planned(filled, rows)


def test_a_height_a_person_chose_stays_while_the_text_needs_no_more(empty: Path, tmp_path: Path) -> None:
    filled = tmp_path / "filled.xlsx"
    write_plan(empty, filled, planned(empty, [{"no": 1, "candidates": SHORT}]))
    assert planned(filled, [{"no": 1, "candidates": SHORT, "note": "核对"}]).heights == {}


def test_rows_that_a_list_gains_below_a_high_one_are_no_higher_than_their_text(empty: Path, tmp_path: Path) -> None:
    """A row added below is as high as the last one was: on 提交台账 one long reason made all files after it three lines high."""
    one, three = tmp_path / "one.xlsx", tmp_path / "three.xlsx"
    write_plan(empty, one, planned(empty, [{"no": 1, "candidates": LONG}]))
    write_plan(one, three, planned(one, [{"no": 1, "candidates": SHORT}, {"no": 2, "candidates": LONG}, {"no": 3, "candidates": SHORT}]))
    first = read_book(three).tables[CONFLICTS.table].data.first_row
    high = heights(three)
    assert (high[first], high[first + 2]) == (BASE_HEIGHT["conflicts"],) * 2
    assert high[first + 1] > 1.5 * BASE_HEIGHT["conflicts"]
