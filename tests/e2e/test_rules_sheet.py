"""The switches of the rules: on 设置 in a master made before, on 检查规则 after `forms upgrade`, as they were set; undo reverses it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from e2e.small_project import DAY, type_into

from collab_xl import verbs
from collab_xl.book.read import Book, read_book

CASES = Path(__file__).parents[1] / "cases" / "released"


@pytest.fixture
def master(tmp_path: Path) -> Path:
    with zipfile.ZipFile(CASES / "0.1.0-zh.zip") as packed:
        packed.extractall(tmp_path)
    path = tmp_path / "主表.xlsx"
    book = read_book(path)
    sheet, row = place(book, "Settings", 4, "rule.T301")
    type_into(path, sheet, {(row, 2): "关"})
    return path


def place(book: Book, table: str, code: int, wanted: str) -> tuple[str, int]:
    ref = book.tables[table]
    snapshot = book.snapshot(ref.sheet)
    return ref.sheet, next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if snapshot.value(r, code) == wanted)


def found(master: Path) -> set[str]:
    return {f["code"] for f in verbs.check(master, as_of=DAY, write=False, lang="zh").json["findings"]}


def test_the_switches_move_with_what_was_set_and_come_back(master: Path) -> None:
    before = read_book(master)
    assert "Rules" not in before.tables
    assert "T301" not in found(master), "read from 设置"
    verbs.forms_upgrade(master, as_of=DAY, lang="zh")
    book = read_book(master)
    sheet, row = place(book, "Rules", 6, "rule.T301")
    assert book.snapshot(sheet).value(row, 5) == "关"
    settings, old = place(book, "Settings", 4, "rule.T301")
    hidden = book.snapshot(settings).hidden_rows
    assert old in hidden
    assert place(book, "Settings", 4, "warning_days")[1] not in hidden
    assert "T301" not in found(master)
    type_into(master, settings, {(old, 2): "开"})
    assert "T301" not in found(master), "the sheet of the rules counts"
    type_into(master, settings, {(old, 2): "关"})
    verbs.undo(master, as_of=DAY, lang="zh")
    book = read_book(master)
    assert "Rules" not in book.tables
    assert not book.snapshot(settings).hidden_rows
    verbs.redo(master, as_of=DAY, lang="zh")
    assert old in read_book(master).snapshot(settings).hidden_rows


def test_a_switch_changed_since_keeps_the_sheet_when_the_upgrade_is_undone(master: Path) -> None:
    verbs.forms_upgrade(master, as_of=DAY, lang="zh")
    sheet, row = place(read_book(master), "Rules", 6, "rule.T301")
    type_into(master, sheet, {(row, 5): "错误"})
    report = verbs.undo(master, as_of=DAY, lang="zh")
    assert any(sheet in line for line in report.json["sheets_kept"])
    book = read_book(master)
    assert "Rules" in book.tables
    settings, old = place(book, "Settings", 4, "rule.T301")
    assert old in book.snapshot(settings).hidden_rows
