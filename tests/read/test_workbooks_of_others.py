"""What sheets look like that nobody here made: what names a list, what is no heading, what a sheet says when nothing is found."""

from __future__ import annotations

from datetime import date

import pytest
from sheets_as_typed import SCHEMA, context, only, snapshot
from sheets_as_typed import read as read_in

from benchmarks.reading_folder import Measure
from collab_xl.read.asked_words import about_words
from collab_xl.read.heading_lines import Sheet
from collab_xl.read.heading_words import is_sentence
from collab_xl.read.left_out import why_none
from collab_xl.read.locate import block_at
from collab_xl.read.sheet import Parsed, parse_sheet


def read(rows: list[list[object]], lang: str = "zh", **more: object) -> Parsed:
    return read_in(rows, context(lang), **more)


DAYS = [date(2026, 10, 5), date(2026, 10, 12), date(2026, 10, 19)]


def test_a_record_is_no_heading_although_its_words_are() -> None:
    rows = [["Complete", "Dana Reed", "High", "Review"], ["Open", "Dana Reed", "High", "Review"], ["Open", "Li Wei", "Low", "Review"]]
    stories = ["Pay by card", "As a guest, I want to see the plan of my tasks", "As a cook, I need every order on one page"]
    body = [
        [n + 1, f"{story} {n}", row[1], row[2], row[0], row[3]] for n, (story, row) in enumerate(zip(stories * 3, rows * 3, strict=True))
    ]
    parsed = read([["ID", "User story", "Owner", "Priority", "Status", "Definition of done"], *body], lang="en", sheet="Product backlog")
    table = only(parsed)
    assert (table.form, table.heading_rows, len(table.rows)) == ("tasks", (1, 1), 9)
    assert {"task_id", "name", "owner", "status", "standard"} <= set(table.columns)


@pytest.mark.parametrize("text", ["As a guest, I want to pay", "Every order is shown on one page", "需要客户确认，再安排上线的时间"])
def test_a_sentence(text: str) -> None:
    assert is_sentence(text)


@pytest.mark.parametrize(
    "text", ["What is the issue", "Expected closure date", "状态（未开始/进行中，已完成）", "计划完成时间", "Deliverable / activity"]
)
def test_no_sentence(text: str) -> None:
    assert not is_sentence(text)


@pytest.mark.parametrize(
    ("sheet", "headings", "form"),
    [
        ("Issue Log", ["Issue ID", "Description", "Impact", "Priority", "Owner", "Actions", "Status"], "problems"),
        ("Risk Log", ["ID", "Description", "Impact", "Priority", "Owner", "Actions", "Status"], "risks"),
        ("Lessons Learned Register", ["ID #", "Description", "What Worked Well?", "What Didn’t Work Well?"], "retrospective"),
        ("变更日志", ["变更编号", "分类", "变更描述", "提交", "提交日期", "状态", "处理"], "change_requests"),
        ("Comm Plan", ["Message", "Sender", "Recipient", "Method", "Frequency"], "communication"),
    ],
)
def test_what_a_list_is_called_decides_its_form(sheet: str, headings: list[str], form: str) -> None:
    assert only(read([headings], lang="en" if sheet.isascii() else "zh", sheet=sheet)).form == form


def test_a_list_of_another_kind_is_none_where_few_of_its_headings_are_known() -> None:
    """A template without rows: a third of the headings by chance says nothing."""
    assert not read(
        [["Goal", "Milestone", "Outcome", "Date", "Limitations", "Comments"]], lang="en", sheet="Schedule Management Plan"
    ).tables


def test_the_file_names_a_sheet_without_a_name() -> None:
    rows = [["模块", "负责人", "所需时间"], ["订单模块", "王芳", "2天"], ["商品模块", "李娜", "2天"], ["评论模块", "王芳", "3天"]]
    assert not parse_sheet(snapshot(rows, sheet="Sheet1"), SCHEMA, context()).tables
    table = only(parse_sheet(snapshot(rows, sheet="Sheet1"), SCHEMA, context(file="任务分配表")))
    assert (table.form, set(table.columns)) == ("tasks", {"name", "owner"})


def test_a_running_number_is_no_id_and_numbers_with_a_letter_are_one() -> None:
    tasks = [["A", "Dana Reed", DAYS[0]], ["B", "Li Wei", DAYS[1]], ["C", "Dana Reed", DAYS[2]]]
    heads = ["Task name", "Owner", "Due date"]
    running = only(read([["S No.", *heads], *([n, *t] for n, t in enumerate(tasks, 1))], lang="en"))
    coded = only(read([["No.", *heads], *([f"T{n}", *t] for n, t in enumerate(tasks, 1))], lang="en"))
    assert ("task_id" in running.columns, coded.columns.get("task_id")) == (False, 1)


def test_the_labels_of_a_sheet_are_no_line_of_its_headings() -> None:
    rows = [["需求跟踪", None, None], ["项目名称", None, "准备日期"], ["编号", "需求名称", "期望完成时间"], [1, "扫码入库", DAYS[0]]]
    assert only(read(rows)).heading_rows == (3, 3)


def test_nor_are_labels_between_a_title_and_the_headings() -> None:
    rows = [["需求跟踪矩阵", *[None] * 5, "内部需求"], ["项目名称", None, "准备日期", None, None, None, "项目名称", "准备日期"]]
    rows += [["需求信息", None, "关系跟踪", None, None, None, "编号", "来源"], ["编号", "需求", "与目标的关系", "检验"]]
    sheet = snapshot(rows, sheet="需求跟踪矩阵", merges=["A1:D1", "G1:H1", "A2:B2", "C2:D2", "A3:B3", "C3:D3"])
    block = block_at(Sheet(sheet), 1, 3, 1, 8, SCHEMA.form("requirements"), context(), whole=False)
    assert block is None


def test_the_first_record_beside_a_heading_merged_downwards_is_not_lost() -> None:
    rows = [
        ["Phase", "Task name", "Start", "Finish"],
        [None, "Draft", *DAYS[:2]],
        ["One", "Review", *DAYS[1:]],
        ["Two", "Print", *DAYS[1:]],
    ]
    table = only(read(rows, lang="en", merges=["A1:A2"]))
    assert (table.heading_rows, list(table.rows)) == ((1, 1), [2, 3, 4])


def test_the_last_record_above_headings_is_none_of_their_lines() -> None:
    above = [["任务名称", "计划天数", "计划开始时间", "计划结束时间"], ["设计", 3, *DAYS[:2]], ["完成测试", 2, *DAYS[1:]]]
    below = [["进度", None, None, None], ["管理事项", "计划完成时间", "实际完成时间", "备注"], ["启动会议", DAYS[0], DAYS[0], "按时"]]
    parsed = read([*above, *below, ["评审会议", DAYS[1], DAYS[2], "晚了"]])
    assert list(parsed.tables[0].rows) == [2, 3]
    assert all(t.heading_rows[0] != 3 for t in parsed.tables)


def test_columns_beside_wide_headings_are_kept() -> None:
    rows = [
        ["Task name", None, "Owner", None, "Due date", None, "Cost", None, "Site"],
        ["A", None, "Li Wei", None, DAYS[0], None, 5, None, "x"],
    ]
    table = only(read(rows, lang="en", merges=["A1:B1", "C1:D1", "E1:F1", "G1:H1"]))
    assert {"Cost", "Site"} <= set(table.extra.values())


def test_a_wide_heading_with_others_below_is_the_first_of_two_lines() -> None:
    rows = [["项目", None, "人员", "完成度", "开始日期", "结束日期"], ["大分类", "小分类", None, None, None, None]]
    rows += [
        ["网站" if n == 0 else None, name, "王芳", 0.5, *DAYS[:2]]
        for n, name in enumerate(("注册登录页面", "商品详情页面", "订单查询页面"))
    ]
    parsed = read(rows, merges=["A1:B1", "C1:C2", "D1:D2", "E1:E2", "F1:F2"])
    (question,) = parsed.questions
    assert (question.at.cell, question.suggestion, question.form) == ("B2", "name", "tasks")


def test_shares_of_a_total_and_totals_of_a_level_are_no_progress_and_no_id() -> None:
    heads = ["WBS items", "WBS level 1 totals", "% of total", "Start date", "Owner"]
    rows = [["Plan the work", 500, 0.2, DAYS[0], "Li Wei"], ["Build the site", 900, 0.4, DAYS[1], "Li Wei"]]
    table = only(read([heads, *rows, ["Test the site", 700, 0.3, DAYS[2], "Dana Reed"]], lang="en"))
    assert not {"progress", "task_id"} & set(table.columns)


def test_days_under_a_misspelt_milestone_are_not_asked_about() -> None:
    rows = [["Task name", "Start", "Finish", "Mile stone"], *([f"Step {n}", *DAYS[:2], "Sun 18/10/26"] for n in range(3))]
    assert not read(rows, lang="en").questions


def test_a_word_with_a_not_is_not_suggested_as_the_end() -> None:
    rows = [["问题编号", "问题描述", "处理状态"], ["P-1", "打印机卡纸", "未关闭"], ["P-2", "网络中断", "已关闭"]]
    (question,) = about_words(read(rows).findings, SCHEMA, context())
    assert question.suggestion == "open"


@pytest.mark.parametrize(
    ("lang", "rows"), [("zh", [["年份", "面积", "产量"], [2024, 5, 7]]), ("en", [["Year", "Area", "Yield"], [2024, 5, 7]])]
)
def test_where_nothing_is_known_no_form_is_named_and_the_way_out_is(lang: str, rows: list[list[object]]) -> None:
    said = why_none(snapshot(rows), Parsed(), SCHEMA, context(lang))
    assert all(part in said for part in ("--heading", "--map"))
    assert not any(part in said for part in ("()", "（）"))
    assert not any(form.title[lang] in said for form in SCHEMA.forms)


def test_the_nearest_row_says_what_is_missing() -> None:
    said = why_none(snapshot([["负责人", "状态", "金额"], ["王芳", "进行中", 5]]), Parsed(), SCHEMA, context())
    assert all(part in said for part in ("--heading 1", "没有一列像"))


def test_the_measure_of_a_folder(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Right, missed and extra as a person would count them."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["任务名称", "负责人", "计划结束时间", "场地"], ["设计", "王芳", DAYS[0], "一号"], ["测试", "李娜", DAYS[1], "二号"]):
        book.active.append(row)
    book.save(path := tmp_path / "计划.xlsx")
    truth = {"file": path.name, "form": "tasks", "headings": [1, 1], "columns": {"A": "name", "B": "owner", "C": "end", "D": "dept"}}
    measure = Measure()
    measure.add(path, [truth])
    measure.add(path, [])
    assert dict(measure.with_rows.tables) == {"true": 1, "found": 1, "extra": 1}
    assert dict(measure.with_rows.columns) == {"true": 4, "right": 3, "missed": 1}
