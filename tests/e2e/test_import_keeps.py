"""An import keeps what is none of ours: columns of the tracker's own, remembered answers, and the file itself untouched."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from samples import sample
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.verbs.import_tracker import import_tracker
from collab_xl.verbs.report import Report

DAY = date(2026, 11, 20)
HEADINGS = {
    "zh": ["序号", "任务ID", "任务名称", "负责部门", "预算科目", "上线日", "备注", "备注", "截至日期"],
    "en": ["No.", "Task ID", "Task", "Department", "Cost centre", "Launch", "Remarks", "Remarks", "Dedline"],
}
ROWS: list[list[object]] = [
    [1, "RW-1", "设计", "市场部", 6601, date(2026, 12, 1), "a", "b", date(2026, 12, 5)],
    [2, "RW-2", "联调", "研发部", "=2*3", None, None, "c", date(2026, 12, 6)],
]


def tracker(folder: Path, lang: str, name: str = "旧表", rows: list[list[object]] = ROWS) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEADINGS[lang])
    for row in rows:
        sheet.append(row)
    path = folder / f"{name}.xlsx"
    book.save(path)
    return path


def brought(master: Path, source: Path, lang: str, *answers: str, **more: object) -> Report:
    return import_tracker(master, [source], as_of=DAY, confirmed=True, answers=answers, lang=lang, **more)  # type: ignore[arg-type]


def table(master: Path, name: str = "Tasks") -> dict[str, list[object]]:
    """Heading → the cells of a data table."""
    book = read_book(master)
    ref = book.tables[name]
    snap = book.snapshot(ref.sheet)
    rows = range(ref.data.first_row, ref.data.last_row + 1)
    return {h: [snap.value(r, ref.area.first_col + n) for r in rows] for n, h in enumerate(ref.headings)}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_columns_of_its_own_go_into_a_new_master(tmp_path: Path, lang: str) -> None:
    source = tracker(tmp_path, lang)
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    master = tmp_path / "主表.xlsx"
    report = brought(master, source, lang)
    assert (report.json["written"], report.json["own_left"]) == (2, {})
    (shown,) = [t for s in report.json["sheets"] for t in s["tables"]]
    names = HEADINGS[lang]
    second, asked = f"{names[7]}·H", names[8]
    assert shown["own_columns"] == [names[4], names[5], second, asked]
    cells = table(master)
    assert cells[names[4]] == [6601, None]  # a formula without a stored value has none
    assert cells[names[5]] == [date(2026, 12, 1), None]
    assert cells[second] == ["b", "c"]
    assert cells[asked] == [date(2026, 12, 5), date(2026, 12, 6)]  # nobody has said what it is: kept, not read
    assert names[0] not in cells
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before
    checked = verbs.check(master, as_of=DAY, lang=lang)
    assert not {"H102", "H103", "H115", "H121"} & {f["code"] for f in checked.json["findings"]}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_undo_and_redo_take_the_own_columns_along(tmp_path: Path, lang: str) -> None:
    master = tmp_path / "主表.xlsx"
    brought(master, tracker(tmp_path, lang), lang)
    full = table(master)
    undone = verbs.undo(master, as_of=DAY, lang=lang)
    assert all(v is None for column in table(master).values() for v in column)
    assert undone.exit_code == 0
    verbs.redo(master, as_of=DAY, lang=lang)
    assert table(master) == full


def test_an_existing_master_takes_the_own_columns_it_has(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    first = tracker(tmp_path, "zh", "一")
    brought(master, first, "zh")
    more = tracker(tmp_path, "zh", "二", [[3, "RW-3", "铺货", "市场部", 6602, None, None, None, None]])
    report = brought(master, more, "zh")
    assert (report.json["written"], report.json["own_left"]) == (1, {})
    assert table(master)["预算科目"] == [6601, None, 6602]


def test_a_master_without_the_column_says_what_was_not_taken_over(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    verbs.init(master, lang="zh", as_of=DAY)
    report = brought(master, tracker(tmp_path, "zh"), "zh")
    (sheet,) = report.json["own_left"]
    assert "预算科目" in report.json["own_left"][sheet]
    assert any("预算科目" in line for line in report.lines)
    assert table(master)["任务ID"] == ["RW-1", "RW-2"]


def test_nothing_is_written_without_a_yes(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    source = tracker(tmp_path, "zh")
    shown: list[Report] = []
    report = import_tracker(master, [source], as_of=DAY, lang="zh", show=shown.append)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["旧表.xlsx"]
    assert len(shown) == 1
    assert "还没有写入" in report.lines[-1]
    assert (report.json["run"], report.json["written"]) == (None, 0)


def test_questions_are_put_at_the_terminal_and_the_answers_remembered(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    said = iter(["不知道", "是"])
    put: list[str] = []

    def ask(question: str) -> str:
        put.append(question)
        return next(said)

    report = import_tracker(
        master, [tracker(tmp_path, "zh")], as_of=DAY, lang="zh", ask=ask, confirm=lambda question: True, show=lambda report: None
    )
    assert len(put) == 2  # what cannot be understood is asked again
    assert "截至日期" in put[0]
    assert report.json["questions"] == []
    assert table(master)["计划结束时间"] == [date(2026, 12, 5), date(2026, 12, 6)]
    more = tracker(tmp_path, "zh", "二", [[3, "RW-3", "铺货", "市场部", 6602, None, None, None, date(2026, 12, 9)]])
    again = brought(master, more, "zh")
    assert again.json["questions"] == []
    assert table(master)["计划结束时间"][2] == date(2026, 12, 9)


def test_an_answer_about_dates_counts_for_its_own_file(tmp_path: Path) -> None:
    text = "任务ID,任务名称,负责部门,计划结束时间\n{0},设计,市场部,05/12/2026\n"
    for name, key in (("甲", "RW-1"), ("乙", "RW-2")):
        (tmp_path / f"{name}.csv").write_text(text.format(key), encoding="utf-8")
    sources = [tmp_path / "甲.csv", tmp_path / "乙.csv"]
    master = tmp_path / "主表.xlsx"
    report = import_tracker(master, sources, as_of=DAY, confirmed=True, answers=["1=日"], lang="zh")
    assert [q["sheet"] for q in report.json["questions"]] == ["乙"]
    assert table(master)["计划结束时间"] == [date(2026, 12, 5), "05/12/2026"]


def test_a_new_master_starts_with_the_departments_of_the_tracker(tmp_path: Path) -> None:
    master = tmp_path / "主表.xlsx"
    report = brought(master, sample("01_"), "zh")
    assert any("部门与接口人" in line for line in report.lines)
    named = ["市场部", "财务部", "客服部", "行政部", "研发部", "销售部", "产品部", "售后部", "法务部"]
    assert table(master, "Departments")["部门"] == named  # 各部门 is none


def test_what_lies_beside_and_around_is_said(tmp_path: Path) -> None:
    report = import_tracker(tmp_path / "x.xlsx", [sample("02_")], as_of=DAY, write=False, explain=True, lang="zh")
    by_sheet = {s["sheet"]: s["left_out"] for s in report.json["sheets"]}
    assert by_sheet["任务分配与进度"] == [{"area": "B1:B1", "why": "above"}, {"area": "N3:O6", "why": "beside"}]
    assert any("N3:O6" in line and "B1" in line for line in report.lines)
    assert sum("没有找到表" in line for line in report.lines) == 2  # 规则 and the empty one, with the reason


def test_a_tracker_without_its_name_column_is_asked_about(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["序号", "本月攻坚", "责任部门", "责任人", "完成时限", "状态"])
    for n, what in enumerate(("渠道铺货与验收", "价格体系审批", "预热素材制作"), 1):
        sheet.append([n, what, "市场部", "王*", date(2026, 12, n), "进行中"])
    source = tmp_path / "攻坚.xlsx"
    book.save(source)
    master = tmp_path / "主表.xlsx"
    report = brought(master, source, "zh")
    assert not master.exists()
    (question,) = report.json["questions"]
    assert (question["found"], question["suggestion"]) == ("本月攻坚", "name")
    assert "先回答" in report.lines[-1]
    assert brought(master, source, "zh", "1=是").json["written"] == 3
    assert table(master)["任务名称"] == ["渠道铺货与验收", "价格体系审批", "预热素材制作"]


def test_an_id_that_stands_twice_is_said_before_it_is_written(tmp_path: Path) -> None:
    report = import_tracker(tmp_path / "x.xlsx", [sample("01_")], as_of=DAY, write=False, lang="zh")
    doubled = [f for f in report.json["findings"] if f["code"] == "R301"]
    assert [(f["cell"], f["row_id"], f["severity"]) for f in doubled] == [("A7", "XZ2024003", "error"), ("A9", "XZ2024003", "error")]
    assert "A9" in doubled[0]["message"]
    assert report.json["renamed"] == [{"cell": "需求登记!A9", "id": "XZ2024003", "key": "XZ2024003-2"}]
    assert any("XZ2024003-2" in line for line in report.lines)
    csv = tmp_path / "甲.csv"
    csv.write_text("任务ID,任务名称,负责部门\nRW-1,a,市场部\n", encoding="utf-8")
    other = tmp_path / "乙.csv"
    other.write_text("任务ID,任务名称,负责部门\nRW-1,b,市场部\n", encoding="utf-8")
    both = import_tracker(tmp_path / "x.xlsx", [csv, other], as_of=DAY, write=False, lang="en")
    assert [(c["key"], c["field"], c["old"], c["new"]) for c in both.json["conflicts"]] == [("RW-1", "name", "a", "b")]


def test_hidden_sheets_are_named(tmp_path: Path) -> None:
    source = tracker(tmp_path, "zh")
    book = workbook_at(source)
    for name, state, content in (("旧", "hidden", "x"), ("底稿", "veryHidden", "y"), ("空", "hidden", None)):
        sheet = book.create_sheet(name)
        sheet["A1"] = content
        sheet.sheet_state = state
    book.save(source)
    report = import_tracker(tmp_path / "x.xlsx", [source], as_of=DAY, write=False, lang="zh")
    assert report.json["hidden_sheets"] == ["旧", "底稿"]
    assert any("旧、底稿" in line for line in report.lines)


OWN = {"zh": "预算科目", "en": "Cost centre"}


def own_column(master: Path, lang: str) -> list[object]:
    return [v for v in table(master)[OWN[lang]] if v is not None]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_changed_cell_of_ones_own_column_is_merged_and_taken_back(tmp_path: Path, lang: str) -> None:
    rows = [[1, "RW-1", "设计", "市场部", 6601, None, "a", "b", None], [2, "RW-2", "联调", "研发部", 6602, None, None, "c", None]]
    master = tmp_path / "主表.xlsx"
    brought(master, tracker(tmp_path, lang, rows=rows), lang)
    rows[0][4] = 7700
    report = brought(master, tracker(tmp_path, lang, rows=rows), lang)
    assert [(c["key"], c["field"], c["old"], c["new"]) for c in report.json["changes"]] == [("RW-1", f"own:{OWN[lang]}", 6601, 7700)]
    assert [c["cell"] for c in report.json["changes"]] == ["Sheet!E2"], "the cell of the value, not of the ID"
    assert report.json["updated"] == 1
    assert own_column(master, lang) == [7700, 6602]
    log = verbs.log(master, run=report.json["run"], lang=lang)
    assert any(OWN[lang] in row for listing in log.listings for row in listing.rows)
    assert brought(master, tracker(tmp_path, lang, rows=rows), lang).json["changes"] == []
    verbs.undo(master, as_of=DAY, lang=lang, confirmed=True)
    assert own_column(master, lang) == [6601, 6602]
    verbs.redo(master, as_of=DAY, lang=lang)
    assert own_column(master, lang) == [7700, 6602]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_where_both_have_changed_a_cell_of_ones_own_column_the_master_stays_and_it_is_said(tmp_path: Path, lang: str) -> None:
    rows = [[1, "RW-1", "设计", "市场部", 6601, None, "a", "b", None], [2, "RW-2", "联调", "研发部", None, None, None, "c", None]]
    master = tmp_path / "主表.xlsx"
    brought(master, tracker(tmp_path, lang, rows=rows), lang)
    book = workbook_at(master)
    sheet = next(ws for ws in book.worksheets if "Tasks" in ws.tables)
    (cell,) = [c for row in sheet.iter_rows() for c in row if c.value == 6601]
    cell.value = 1
    book.save(master)
    rows[0][4], rows[1][4] = 7700, 6602
    report = brought(master, tracker(tmp_path, lang, rows=rows), lang)
    assert own_column(master, lang) == [1, 6602]
    assert any(OWN[lang] in line and "RW-1" in line for line in report.lines)
    assert not any(FORMULA[lang] in line for line in report.lines)


FORMULA = {"zh": "主表里是公式", "en": "a formula stands"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_formula_in_ones_own_column_stays_and_is_said_to_be_one(tmp_path: Path, lang: str) -> None:
    """Only the tracker has changed the cell, so nothing is said of a change in the master."""
    rows = [[1, "RW-1", "设计", "市场部", 6601, None, "a", "b", None], [2, "RW-2", "联调", "研发部", 6602, None, None, "c", None]]
    master = tmp_path / "主表.xlsx"
    brought(master, tracker(tmp_path, lang, rows=rows), lang)
    book = workbook_at(master)
    sheet = next(ws for ws in book.worksheets if "Tasks" in ws.tables)
    (cell,) = [c for row in sheet.iter_rows() for c in row if c.value == 6601]
    cell.value = "=6600+1"
    book.save(master)
    rows[0][4], rows[1][4] = 7700, 7701
    report = brought(master, tracker(tmp_path, lang, rows=rows), lang)
    assert [c["key"] for c in report.json["changes"]] == ["RW-2"]
    (said,) = [line for line in report.lines if FORMULA[lang] in line]
    assert OWN[lang] in said
    assert "RW-1" in said
    assert "RW-2" not in said
    assert not any({"zh": "主表都改过", "en": "in the tracker and in the master"}[lang] in line for line in report.lines)
    sheet = workbook_at(master)[sheet.title]
    assert sheet[cell.coordinate].value == "=6600+1"
