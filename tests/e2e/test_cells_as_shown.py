"""Cells whose number format says what they are, in a master: issued, sent back untouched and filled, they make no edit nobody made."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from e2e.small_project import Project
from workbooks import workbook_at

from collab_xl.book.read import read_book
from collab_xl.forms import load

ODD: dict[tuple[str, str, str], tuple[object, str]] = {
    ("tasks", "RW-001", "remark"): (46338, "[$-804]aaaa"),
    ("tasks", "RW-001", "deliverable"): (1.1, "0.00"),
    ("tasks", "RW-001", "risk"): ('="0571"', "General"),
    ("tasks", "RW-001", "owner"): (7, '"工号"000'),
    ("tasks", "RW-001", "end"): (datetime(2026, 11, 11, 23, 59, 17), "yyyy-mm-dd"),
    ("tasks", "RW-003", "end"): (datetime(2026, 11, 29, 16), "yyyy-mm-dd"),
    ("tasks", "RW-003", "remark"): ("2026-11-12T16:30:00Z", "General"),
    ("problems", "WT-001", "raised_at"): (datetime(2026, 11, 17, 23, 59, 17), "yyyy-mm-dd hh:mm"),
    ("problems", "WT-001", "description"): (datetime(2026, 11, 12), 'yyyy"年"m"月"'),
}


def typed(path: Path) -> None:
    book = workbook_at(path)
    for (form_id, key, field_id), (value, code) in ODD.items():
        form = load().form(form_id)
        sheet = next(ws for ws in book if form.table in ws.tables)
        rows = list(sheet[sheet.tables[form.table].ref])
        headings = [cell.value for cell in rows[0]]
        at = headings.index(form.field(field_id).heading["zh"])
        row = next(row for row in rows[1:] if row[headings.index(form.key.heading["zh"])].value == key)
        row[at].value, row[at].number_format = value, code
        if isinstance(value, str):
            row[at].data_type = "s"
    book.save(path)


def in_pack(path: Path, form_id: str, key: str, field_id: str) -> object:
    book, form = read_book(path), load().form(form_id)
    ref = book.tables[form.table]
    shot = book.snapshot(ref.sheet)
    col = {heading: ref.area.first_col + n for n, heading in enumerate(ref.headings)}
    row = next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if shot.value(r, col[form.key.heading["zh"]]) == key)
    return shot.value(row, col[form.field(field_id).heading["zh"]])


def test_packs_show_what_the_master_shows_and_come_back_without_edits(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    typed(project.master)
    project.issue()
    pack = project.packs["市场部"]
    assert in_pack(pack, "tasks", "RW-001", "remark") == "星期四"
    assert in_pack(pack, "tasks", "RW-001", "deliverable") == "1.10"
    assert in_pack(pack, "tasks", "RW-001", "risk") == "0571"
    assert in_pack(pack, "tasks", "RW-001", "owner") == "工号007"
    assert in_pack(pack, "tasks", "RW-001", "end") == date(2026, 11, 12)
    assert in_pack(pack, "tasks", "RW-003", "end") == date(2026, 11, 29)
    assert in_pack(project.packs["研发部"], "problems", "WT-001", "raised_at") == date(2026, 11, 18)
    assert in_pack(project.packs["研发部"], "problems", "WT-001", "description") == "2026年11月"
    before = project.data()
    report = project.consolidate(project.reply("市场部", {}, "市场部"), project.reply("研发部", {}, "研发部"))
    assert [s["edits"] for s in report.json["submissions"]] == [0, 0]
    assert not report.json["conflicts"]
    assert {key: project.data()["tasks"][key]["备注"] for key in ("RW-001", "RW-003")} == {
        "RW-001": 46338,
        "RW-003": "2026-11-12T16:30:00Z",
    }
    assert project.data()["problems"]["WT-001"]["反馈时间"] == before["problems"]["WT-001"]["反馈时间"]


def test_an_edit_of_such_a_cell_is_one_edit(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    typed(project.master)
    project.issue()
    sent = project.reply("市场部", {("tasks", "RW-001"): {"remark": "改到下周", "progress": 0.6}}, "市场部")
    report = project.consolidate(sent)
    (submission,) = report.json["submissions"]
    assert (submission["edits"], submission["applied"]) == (2, 2)
    assert project.value("tasks", "RW-001", "remark") == "改到下周"
