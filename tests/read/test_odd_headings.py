"""Headings with notes, numbers and two languages; hints below; tables side by side; nothing known but what words and cells say."""

from __future__ import annotations

import io
from collections.abc import Sequence

import openpyxl

from collab_xl.model.directory import Directory
from collab_xl.model.submission_log import InMemory
from collab_xl.read.context import Context
from collab_xl.read.headings import fold, halves, is_sequence
from collab_xl.read.located import Located
from collab_xl.read.told import Told
from collab_xl.verbs.receiving.reading import Job, survey_job

Lines = Sequence[Sequence[object]]
ROWS: Lines = [
    [1, "联调接口方案", "张伟", "2026-11-20", "进行中"],
    [2, "编写用户手册", "李娜", "2026-11-22", "已完成"],
    [3, "部署测试环境", "张伟", "2026-11-25", "进行中"],
]


def located(*lines: Sequence[object], name: str = "Sheet1") -> list[Located]:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for line in lines:
        sheet.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return survey_job(Job("", "表.xlsx", InMemory(out.getvalue()), Context("zh", Directory()))).sheets[0][1].located


def fields(where: Located) -> list[str]:
    return ["+".join(read) for _, read in where.columns.values()]


def test_two_languages_notes_and_numbers() -> None:
    for head in (
        ["No. (必填)", "任务名称 Task", "责任人姓名(Owner)", "目标完成时间\nFinish", "当前状态 Status"],
        ["1.序号", "2.任务名称", "3、具体负责人", "4.预定完成日期（年/月/日）", "5、状态(下拉选择)"],
    ):
        (one,) = located(head, *ROWS)
        assert (one.form, fields(one)) == ("tasks", ["", "name", "owner", "end", "status"])


def test_a_table_of_which_no_heading_is_known() -> None:
    (one,) = located(["工作代码", "专项工作", "第一责任人", "应完成时间", "推进情况状态"], *ROWS)
    assert (one.form, fields(one)) == ("tasks", ["task_id", "name", "owner", "end", "status"])
    assert set(one.how.values()) == {"composed"}


def test_a_row_of_hints_is_no_heading_and_no_record() -> None:
    head = ["任务编号", "任务名称", "负责人", "计划结束时间", "完成状态"]
    (one,) = located(head, ["必填", "一句话写清楚", "必填", "填写日期，如2026/3/1", "请选择"], *ROWS)
    assert (one.heading_rows, one.area.last_row) == ((1, 1), 5)


def test_tables_side_by_side_whose_headings_begin_in_different_rows() -> None:
    gap: list[object] = [None, None]
    lines = [
        ["任务ID", "任务名称", "负责人", "计划", None],
        [None, None, None, "结束时间", "完成状态", *gap, "问题描述", "责任人", "提出时间", "问题状态"],
        *([*row, *gap, f"接口报错{n}", "王强", "2026-11-1", "处理中"] for n, row in enumerate(ROWS)),
    ]
    first, second = located(*lines)
    assert (first.form, fields(first)) == ("tasks", ["task_id", "name", "owner", "end", "status"])
    assert (second.form, second.heading_rows, fields(second)) == ("problems", (2, 2), ["description", "owner", "raised_at", "status"])


def test_the_halves_of_a_heading() -> None:
    assert halves("责任人姓名(Owner)") == ("责任人姓名", "Owner")
    assert halves("Output / deliverable 交付物") == ("交付物", "Output / deliverable")
    assert halves("任务ID") == halves("负责人") == halves("Task name") == ()
    assert is_sequence("序号（选填）")
    assert is_sequence("1.No.")
    assert not is_sequence("Issue no.")


def test_a_table_beside_the_one_that_a_person_names_is_not_read_with_it() -> None:
    gap: list[object] = [None]
    lines = [
        ["编号", "事项", "落实人员", "完成日", "情况", *gap, "问题描述", "责任人", "截止日期", "状态"],
        *([*row, *gap, f"接口报错{n}", "王强", "2026-11-01", "处理中"] for n, row in enumerate(ROWS)),
    ]
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    names = {fold(h): f for h, f in (("落实人员", "负责人"), ("完成日", "计划结束时间"), ("情况", "完成状态"))}
    context = Context("zh", Directory(), told=Told(form="tasks", headings=(1, 1), names=names))
    (one,) = survey_job(Job("", "表.xlsx", InMemory(out.getvalue()), context)).sheets[0][1].located
    assert fields(one) == ["task_id", "name", "owner", "end", "status"]
