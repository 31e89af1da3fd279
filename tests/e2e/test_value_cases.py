"""Values that public importers got wrong, in a real file through the real verb: nothing is changed, guessed or lost without a word."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import PatternFill
from small_project import DAY, DEPARTMENTS

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.forms import load

HEADINGS = ["任务ID", "任务名称", "负责部门", "负责人", "计划结束时间", "当前进度", "完成状态", "备注"]
RED = PatternFill("solid", fgColor="FFFF0000")


def imported(folder: Path, *rows: list[object], paint: str = "") -> tuple[dict[str, list[object]], list[tuple[str, str]]]:
    """Field → its values in the new master; (code, cell) of what the import says about values."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "任务"
    for row in (HEADINGS, *rows):
        sheet.append(row)
    if paint:
        sheet[paint].fill = RED
    source = folder / "旧表.xlsx"
    book.save(source)
    before = source.read_bytes()
    master = folder / "主表.xlsx"
    verbs.init(master, project="p", departments=DEPARTMENTS, lang="zh", as_of=DAY)
    report = verbs.import_tracker(master, [source], as_of=DAY, confirmed=True, lang="zh")
    assert source.read_bytes() == before, "the file of somebody else is only read"
    form = load().form("tasks")
    read = read_book(master)
    ref = read.tables[form.table]
    snapshot = read.snapshot(ref.sheet)
    columns = {f.id: ref.area.first_col + ref.headings.index(f.heading["zh"]) for f in form.fields}
    lines = range(ref.data.first_row, ref.data.first_row + len(rows))
    values = {field: [snapshot.value(row, col) for row in lines] for field, col in columns.items()}
    return values, sorted((f["code"], f["cell"]) for f in report.json["findings"] if f["code"].startswith("V"))


def row(number: int, **cells: object) -> list[object]:
    named = {"任务ID": f"RW-{number:03d}", "任务名称": f"任务{number}", "负责部门": "市场部", **cells}
    return [named.get(heading) for heading in HEADINGS]


def test_an_id_keeps_its_zeros_and_an_amount_its_words(tmp_path: Path) -> None:
    values, said = imported(
        tmp_path, row(1, 任务ID="001", 备注="2000万"), row(2, 任务ID="002", 备注=2000), row(3, 任务ID="010", 备注="007")
    )
    assert values["task_id"] == ["001", "002", "010"]
    assert values["remark"] == ["2000万", "2000", "007"]
    assert said == []


def test_a_date_with_two_readings_is_asked_and_one_elsewhere_decides(tmp_path: Path) -> None:
    values, said = imported(tmp_path, row(1, 计划结束时间="7/11/2021"))
    assert (values["end"], said) == (["7/11/2021"], [("V204", "E2")])
    (tmp_path / "b").mkdir()
    values, said = imported(tmp_path / "b", row(1, 计划结束时间="7/11/2021"), row(2, 计划结束时间="7/13/2021"))
    assert (values["end"], said) == ([date(2021, 7, 11), date(2021, 7, 13)], [])


def test_a_formula_without_a_value_is_said_and_its_text_is_not_written(tmp_path: Path) -> None:
    values, said = imported(tmp_path, row(1, 当前进度="=1/2", 计划结束时间="=TODAY()"), row(2, 当前进度=0.5))
    assert [code for code, _ in said] == ["V213", "V213"]
    assert values["progress"][1] == 0.5
    assert (values["progress"][0], values["end"][0]) == (None, None)


def test_two_status_lists_in_one_column(tmp_path: Path) -> None:
    words = ["进行中", "已完成", "滞后", "未开始", "延期", "正常-已完成", "In Progress", "作废"]
    values, said = imported(tmp_path, *(row(n, 完成状态=word) for n, word in enumerate(words, 1)))
    assert values["status"] == ["进行中", "已完成", "滞后", "未开始", "滞后", "已完成", "进行中", "已取消"]
    assert said == []


@pytest.mark.parametrize("cell", ["F2", "G2"])
def test_a_colour_is_no_value(tmp_path: Path, cell: str) -> None:
    """Red may mean late, done or nothing: nobody has said."""
    values, said = imported(tmp_path, row(1, 当前进度="50%", 完成状态="进行中"), row(2), paint=cell)
    assert (values["progress"], values["status"], said) == ([0.5, None], ["进行中", None], [])


def test_text_that_could_be_a_command_stays_text(tmp_path: Path) -> None:
    values, _ = imported(tmp_path, row(1, 备注="-5"), row(2, 备注="+1"), row(3, 备注="@SUM(A1)"))
    assert values["remark"] == ["-5", "+1", "@SUM(A1)"]


def test_every_cell_that_is_not_read_is_reported_where_it_stands(tmp_path: Path) -> None:
    odd = row(1, 计划结束时间="春节前", 当前进度="过半", 完成状态="差不多", 负责部门="市场部、研发部")
    values, said = imported(tmp_path, odd, row(2, 计划结束时间="10个工作日"))
    assert said == [("V201", "G2"), ("V202", "F2"), ("V206", "E2"), ("V215", "C2"), ("V217", "E3")]
    assert (values["end"], values["progress"][0], values["status"][0]) == (["春节前", "10个工作日"], "过半", "差不多")
