"""The weekly progress sheet (T6): made from the tasks, kept with a published week, and read when somebody sends one."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from small_project import DAY, WEEK, Project, stamp
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.build.weekly_sheet import A4_WIDTH, weekly_sheet_book
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.forms.request_sheet import SheetField
from collab_xl.model.directory import Directory
from collab_xl.model.excel_limits import MAX_ROW_HEIGHT
from collab_xl.model.record import replace
from collab_xl.verbs.times import clock


def sheet_of(report_file: str) -> list[list[object]]:
    (sheet,) = workbook_at(report_file).worksheets
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_sheet_a_department_and_the_way_back(tmp_path: Path, lang: str) -> None:
    project = Project.again(tmp_path / "p", lang, issued=False)
    report = verbs.progress(project.master, week=WEEK, as_of=DAY, out=tmp_path, lang=lang)
    files = {f["department"]: f for f in report.json["files"]}
    assert {name: f["rows"] for name, f in files.items()} == {"市场部": 2, "研发部": 1}
    path = Path(str(files["市场部"]["file"]))
    head, *rows = sheet_of(str(path))
    if lang == "zh":
        assert [h for h in head if h in ("计划完成事项", "实际完成情况", "偏差原因", "解决措施")] == [
            "计划完成事项",
            "实际完成情况",
            "偏差原因",
            "解决措施",
        ]
    assert [row[0] for row in rows if row[1]] == ["RW-001", "RW-003"]
    # sent back: by ID; what is not in the plan waits as a new task, nothing is written
    workbook = workbook_at(path)
    sheet = workbook.active
    done, reason = 8, 9
    sheet.cell(5, done).value, sheet.cell(5, reason).value = "问卷完成", "人手不足"
    sheet.cell(7, 2).value, sheet.cell(7, done).value = "临时：客户走访", "走访3家"
    workbook.save(tmp_path / "back.xlsx")
    stamp(tmp_path / "back.xlsx", datetime(2026, 11, 20, 12))
    before = project.data()
    asked = project.consolidate(tmp_path / "back.xlsx").json["conflicts"]
    assert {(c["row_id"] if c["field"] else "", c["field"] or "") for c in asked} == {
        ("RW-001", "done_this_week"),
        ("RW-001", "late_reason"),
        ("", ""),
    }
    assert project.data() == before


def test_a_sheet_in_place_of_a_pack_leaves_no_pack_that_is_missing(tmp_path: Path) -> None:
    """周报 counts the department as in; the list of submissions must not call its pack 逾期未交 beside the sheet."""
    project = Project.again(tmp_path / "p")
    (made,) = [
        f
        for f in verbs.progress(project.master, week=WEEK, as_of=DAY, out=tmp_path, lang="zh").json["files"]
        if f["department"] == "市场部"
    ]
    workbook = workbook_at(Path(str(made["file"])))
    workbook.active.cell(5, 8).value = "问卷完成"
    workbook.save(tmp_path / "back.xlsx")
    stamp(tmp_path / "back.xlsx", datetime(2026, 11, 20, 12))
    monday = datetime(2026, 11, 23, 8)
    with clock.at(monday):
        project.consolidate(tmp_path / "back.xlsx")
        assert verbs.status(project.master, as_of=monday.date(), week=WEEK, lang="zh").json["missing"] == ["研发部"]
    found = [(row["department"], row["state"], bool(row.get("pack"))) for row in project.listed("submissions")]
    late = text("model.state.not_in", "zh")
    assert [row for row in found if row[1] == late] == [("研发部", late, True)]
    assert [row[2] for row in found if row[0] == "市场部"] == [False]


def test_by_name_only_where_it_is_sure(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    project.type(("tasks", "RW-002", "name", "问卷设计"))  # 研发部 has a task of the same name as 市场部's RW-001
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "周进度跟踪表"
    for line in (
        ["市场部周进度跟踪表（11.16-11.20）"],
        ["计划完成事项", "实际完成情况", "偏差原因", "解决措施"],
        ["问卷设计", "完成80%", "样本不足", "补充样本"],
        ["预热素材制作", "未开始", "-", "-"],
    ):
        sheet.append(line)
    workbook.save(tmp_path / "t6.xlsx")
    stamp(tmp_path / "t6.xlsx", datetime(2026, 11, 20, 12))
    report = verbs.consolidate(project.master, [tmp_path / "t6.xlsx"], department="市场部", as_of=DAY, lang="zh", progress=lambda *_: None)
    asked = {(c["row_id"] if c["field"] else "", c["field"] or "") for c in report.json["conflicts"]}
    assert asked == {("RW-001", "done_this_week"), ("RW-001", "late_reason"), ("RW-001", "measure"), ("", "")}
    assert "预热素材制作" in {str(row["name"]) for row in project.listed("conflicts")}, "like 预热素材, but not surely the same"


def test_a_published_week_is_shown_as_it_was(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p", issued=False)
    verbs.week(project.master, week=WEEK, as_of=DAY, lang="zh")
    project.type(("tasks", "RW-001", "done_this_week", "后来写的"), ("tasks", "RW-003", "name", "改了名"))
    later = date(2026, 12, 4)
    verbs.week(project.master, as_of=later, lang="zh")
    again = verbs.progress(project.master, week=WEEK, departments=["市场"], as_of=later, out=tmp_path, lang="zh")
    (file,) = again.json["files"]
    names = [row[1] for row in sheet_of(str(file["file"]))[1:] if row[1]]
    assert names == ["问卷设计", "预热素材"]
    assert "progress" not in verbs.week(project.master, week=WEEK, as_of=later, lang="zh").json
    with pytest.raises(CollabError) as error:
        verbs.progress(project.master, week=WEEK, departments=["财务部"], as_of=later, lang="zh")
    assert error.value.code == "unknown_department"


def test_what_was_done_last_week_is_not_this_weeks(tmp_path: Path) -> None:
    """A liaison who leaves the cell as it came would report last week's work again."""
    project = Project.again(tmp_path / "p", issued=False)
    said = {"done_this_week": "第一周的进展", "updated": date(2026, 11, 13)}
    project.type(*(("tasks", "RW-001", name, value) for name, value in said.items()))

    def done(week: str) -> object:
        (made,) = verbs.progress(project.master, week=week, departments=["市场部"], as_of=DAY, out=tmp_path, lang="zh").json["files"]
        head, *rows = sheet_of(str(made["file"]))
        return next(row[head.index("实际完成情况")] for row in rows if row[0] == "RW-001")

    assert done("2026-W46") == "第一周的进展"
    assert done("2026-W47") is None


@pytest.mark.parametrize("department", ["Engineering", "Administration"])
def test_no_word_of_a_sheet_is_broken(department: str) -> None:
    form = load().form("tasks")
    rows = [{"task_id": "RW-001", "name": "x", "dept": department, "status": "not_started"}]
    sheet = openpyxl.load_workbook(io.BytesIO(weekly_sheet_book(form, rows, "t", "s", Directory(), "en"))).active
    for cell in (c for row in sheet.iter_rows(min_row=4) for c in row if isinstance(c.value, str)):
        width = sheet.column_dimensions[cell.column_letter].width
        assert max(map(len, cell.value.split())) + 2 <= width, (cell.value, width)
        height = sheet.row_dimensions[cell.row].height
        assert height >= 12.5 * -(-len(cell.value) // width), cell.value
    assert sum(d.width for d in sheet.column_dimensions.values()) <= A4_WIDTH + 3


def test_many_short_columns_leave_room_for_the_long_ones() -> None:
    form = load().form("tasks")
    assert form.weekly is not None
    short = [f.id for f in form.fields if f.kind != "longtext" and f.role != "title"][:12]
    longs = [f.id for f in form.fields if f.kind == "longtext"][:2]
    heading = {"zh": "很长的列名", "en": "Extraordinarily-long-heading"}
    columns = tuple(SheetField(name, heading) for name in (*short, *longs))
    wide = replace(form, weekly=replace(form.weekly, columns=columns))
    sheet = openpyxl.load_workbook(io.BytesIO(weekly_sheet_book(wide, [{}], "t", "s", Directory(), "en"))).active
    widths = [d.width for d in sheet.column_dimensions.values() for _ in range(d.min, d.max + 1)]
    assert len(widths) == len(columns)
    assert min(widths) >= 5, widths
    assert sum(widths) <= A4_WIDTH + 12, widths


def test_a_row_is_no_higher_than_a_row_can_be() -> None:
    form = load().form("tasks")
    rows = [{"task_id": "RW-001", "name": "x", "dept": "研发部", "measure": "很长的措施" * 2_000, "status": "not_started"}]
    sheet = openpyxl.load_workbook(io.BytesIO(weekly_sheet_book(form, rows, "t", "s", Directory(), "zh"))).active
    assert max(d.height for d in sheet.row_dimensions.values()) == pytest.approx(MAX_ROW_HEIGHT, abs=0.5)


def test_a_text_of_several_lines_has_room_for_all_of_them() -> None:
    form = load().form("tasks")
    rows = [{"task_id": "RW-001", "name": "x", "measure": "一\n二\n三\n四\n五", "status": "not_started"}]
    sheet = openpyxl.load_workbook(io.BytesIO(weekly_sheet_book(form, rows, "t", "s", Directory(), "zh"))).active
    assert sheet.row_dimensions[5].height >= 5 * 12.5
