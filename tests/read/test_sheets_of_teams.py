"""What sheets of teams nobody prepared look like: titles in the wrong column, sentences below a scale, days without a name, legends."""

from __future__ import annotations

from datetime import date

import pytest
from sheets_as_typed import context, only
from sheets_as_typed import read as read_in

from collab_xl.forms import load
from collab_xl.read.asked_words import about_words
from collab_xl.read.heading_words import fields_said, speaks_of_others
from collab_xl.read.headings import lexicon
from collab_xl.read.periods import period
from collab_xl.read.sheet import Parsed

DAYS = [date(2026, 10, 5), date(2026, 10, 12), date(2026, 10, 19), date(2026, 10, 26)]
WORK = ["Draw the floor plan of the shop", "Order the shelves and lamps", "Paint the walls of both rooms", "Open the doors to guests"]
ARBEIT = ["绘制门店平面图并复核", "采购货架和灯具若干", "粉刷两个房间的墙面", "组织开业当天的接待"]


def read(rows: list[list[object]], lang: str = "zh", **more: object) -> Parsed:
    return read_in(rows, context(lang), **more)


def columns(parsed: Parsed) -> dict[str, int]:
    return {field: only(parsed).columns[field] for field in only(parsed).columns}


def asked(parsed: Parsed) -> list[tuple[str, str]]:
    return [(q.found, q.suggestion) for q in parsed.questions if q.kind == "heading"]


def test_the_title_is_in_the_column_that_is_filled() -> None:
    rows = [["Shop" if n == 0 else None, text, "Ann Lee", "Open"] for n, text in enumerate(WORK)]
    parsed = read([["Task", "Sub-task", "Assigned to", "Status"], *rows], lang="en")
    assert columns(parsed)["name"] == 2
    assert not asked(parsed)


def test_a_title_of_codes_is_the_id() -> None:
    rows = [[f"TA{n + 1600}", text, "Ann Lee", DAYS[n]] for n, text in enumerate(WORK)]
    found = columns(read([["Task", "Task name", "Owner", "Due date"], *rows], lang="en"))
    assert (found["task_id"], found["name"]) == (1, 2)


def test_one_heading_over_a_number_and_a_name() -> None:
    rows = [[n + 1, text, "王芳", DAYS[n]] for n, text in enumerate(ARBEIT)]
    assert columns(read([["任务名称", None, "负责人", "计划结束时间"], *rows]))["name"] == 2


def test_sentences_are_no_degree() -> None:
    rows = [[f"R{n}", text, "The opening would be late and guests would stay away. ", "High"] for n, text in enumerate(WORK)]
    table = only(read([["Risk ID", "Risk", "Impact", "Probability"], *rows], lang="en", sheet="Risk register"))
    assert "impact" not in table.columns
    assert table.columns["likelihood"] == 4


def test_crosses_are_no_degree() -> None:
    rows = [[f"R{n}", text, "X", "Ann Lee"] for n, text in enumerate(WORK)]
    parsed = read([["Risk ID", "Risk", "Probability", "Owner"], *rows], lang="en", sheet="Risk register")
    assert "likelihood" not in only(parsed).columns
    assert not about_words(parsed.findings, load(), context("en"))


@pytest.mark.parametrize("heading", ["时间", "工作时间"])
def test_days_whose_heading_says_no_more_are_asked_about(heading: str) -> None:
    parsed = read([["工作内容", heading], *([text, DAYS[n]] for n, text in enumerate(ARBEIT))], sheet="工作计划")
    assert columns(parsed)["name"] == 1
    assert asked(parsed) == [(heading, "end")]


def test_a_day_that_stands_first_is_the_day_of_the_entry() -> None:
    parsed = read([["日期", "提出人", "需求内容"], *([DAYS[n], "王芳", text] for n, text in enumerate(ARBEIT))], sheet="需求")
    assert only(parsed).form == "requirements"
    assert not asked(parsed)


@pytest.mark.parametrize("heading", ["开始/截至时间", "开始/结束日期", "Start / end date", "Start - finish"])
def test_a_beginning_and_an_end_in_one_cell(heading: str) -> None:
    target = lexicon(load().form("tasks"), "zh").find(heading)
    assert target is not None
    assert target.compound is not None
    assert target.compound.into == ("start", "end")


def test_a_slash_between_two_days() -> None:
    assert [(p.first.month, p.first.day, p.last.month, p.last.day) for p in [period("10.30/11.2", None, True)]] == [(10, 30, 11, 2)]
    assert period("7/8", None, True) is not None
    assert not hasattr(period("7/8", None, True), "last")


def test_a_status_of_shares_is_the_progress() -> None:
    rows = [[text, "Ann Lee", DAYS[n], 0.25 * n] for n, text in enumerate(WORK)]
    found = columns(read([["Task", "Owner", "Due date", "Status"], *rows], lang="en"))
    assert found["progress"] == 4
    assert "status" not in found


@pytest.mark.parametrize("heading", ["Category", "Feature type", "项目", "模块", "类型"])
def test_kinds_of_things_are_no_people(heading: str) -> None:
    assert speaks_of_others(heading)


def test_a_number_of_an_issue_is_no_issue() -> None:
    lex = lexicon(load().form("problems"), "zh")
    found = lex.find("问题No.")
    assert found is not None
    assert found.field == "problem_id"


@pytest.mark.parametrize(
    ("form", "heading", "field"),
    [
        ("risks", "Impact rate", "impact"),
        ("risks", "Response summary", "response"),
        ("risks", "How to prevent", "response"),
        ("problems", "Date of logging issue", "raised_at"),
        ("problems", "解决截至时间", "due"),
        ("tasks", "Earliest completion date", "end"),
        ("tasks", "Team member", "owner"),
        ("tasks", "Where we are", "status"),
    ],
)
def test_words_of_headings(form: str, heading: str, field: str) -> None:
    said = fields_said(load().form(form), heading)
    assert field in said
    assert said[field] == max(said.values())
    assert not {"level"} & set(said)


def test_a_list_beside_a_list_with_a_number_of_its_own() -> None:
    tasks = [[text, "王芳", DAYS[n], "进行中", None] for n, text in enumerate(ARBEIT)]
    late = [[n + 1, "供货晚了两周", "换一家供货商", "未到货"] if n < 2 else [None] * 4 for n in range(4)]
    rows = [a + b for a, b in zip(tasks, late, strict=True)]
    table = only(read([["任务名称", "负责人", "计划结束时间", "状态", None, "序号", "滞后原因", "解决措施", "备注"], *rows]))
    assert not {"late_reason", "measure", "remark"} & set(table.columns)


def test_a_legend_is_no_column() -> None:
    rows = [[text, "High", "Ann Lee", None, n + 1] for n, text in enumerate(WORK)]
    table = only(read([["Risk description", "Probability", "Owner", None, "Key"], *rows], lang="en", sheet="Risk register"))
    assert "risk_id" not in table.columns


def test_a_list_of_requirements_with_a_number_and_a_text() -> None:
    rows = [[n + 1, text, "see the interview"] for n, text in enumerate(WORK)]
    assert only(read([["S.No.", "Functional requirement", "Source"], *rows], lang="en", sheet="RTM")).form == "requirements"


def test_a_list_of_people_is_none_of_ours() -> None:
    rows = [[n + 1, "Ann Lee", "Owner of the shop", "High", text, text] for n, text in enumerate(WORK)]
    headings = ["ID", "Stakeholder name", "Role", "Influence", "Requirements", "Concerns"]
    assert not read([headings, *rows], lang="en", sheet="Stakeholder register").tables


def test_the_name_of_the_file_is_enough_to_ask() -> None:
    rows = [[text, DAYS[n], DAYS[n], 3] for n, text in enumerate(WORK)]
    parsed = read_in([["Project", "Start date", "End date", "Duration"], *rows], context("en", file="Gantt chart"), sheet="Stage one")
    assert asked(parsed) == [("Project", "name")]


def test_a_legend_sheet_of_a_risk_register_is_not_asked_about() -> None:
    rows = [["Likely", text, "60 %"] for text in WORK]
    parsed = read_in([["Rating", "Explanation", "Probability range"], *rows], context("en", file="Risk register"), sheet="Likelihood")
    assert not parsed.tables
    assert not parsed.questions
