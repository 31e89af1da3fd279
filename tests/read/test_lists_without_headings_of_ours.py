"""Lists that are asked about although a heading is blank, a question, one of a tree's, or stands beside one other only."""

from __future__ import annotations

from datetime import date

import pytest
from sheets_as_typed import context, only
from sheets_as_typed import read as read_in

from collab_xl.catalogue import LANGS
from collab_xl.forms import load
from collab_xl.read.asking import Question
from collab_xl.read.cells_judged import Cells
from collab_xl.read.group_columns import below_group
from collab_xl.read.sheet import Parsed
from collab_xl.verbs.asking.questions import with_answer, words

DAYS = [date(2026, 10, n) for n in (5, 12, 19, 26)]
PAGES = ["首页轮播图片", "门店列表筛选", "订单提交页面", "订单详情页面", "会员积分兑换", "会员等级说明"]
MODULES = ["首页", None, "订单", None, "会员", None]


def read(rows: list[list[object]], lang: str = "zh", said: Question | None = None, answer: str = "", **more: object) -> Parsed:
    known = context(lang)
    return read_in(rows, with_answer(known, said, answer) if said else known, **more)


def asked(parsed: Parsed) -> list[tuple[str, str, str]]:
    return [(q.at.cell, q.form, q.suggestion) for q in parsed.questions if q.kind == "heading"]


NAMELESS = [[None, "负责人", "计划开始时间", "计划结束时间"], *([p, "王芳", d, d] for p, d in zip(PAGES, DAYS, strict=False))]


def test_a_column_without_a_heading_is_asked_about_by_its_place() -> None:
    parsed = read(NAMELESS)
    assert not parsed.tables
    assert asked(parsed) == [("A1", "tasks", "name")]
    for lang in LANGS:
        said = words(read(NAMELESS, lang).questions[0], lang, load())
        assert "A" in said
        assert "负责人" in said  # beside what it stands


def test_its_rows_are_read_after_the_answer() -> None:
    (q,) = read(NAMELESS).questions
    table = only(read(NAMELESS, said=q, answer="name"))
    assert (table.form, table.columns["name"], list(table.values["name"])) == ("tasks", 1, PAGES[:4])


def test_the_answer_counts_for_the_same_layout_only() -> None:
    (q,) = read(NAMELESS).questions
    moved = [[None, "计划开始时间", "负责人", "计划结束时间"], *([p, d, "王芳", d] for p, d in zip(PAGES, DAYS, strict=False))]
    parsed = read(moved, said=q, answer="name")
    assert not parsed.tables
    assert asked(parsed) == [("A1", "tasks", "name")]


def test_after_a_no_the_column_without_a_heading_is_not_asked_about_again() -> None:
    (q,) = read(NAMELESS).questions
    assert not asked(read(NAMELESS, said=q, answer=""))


@pytest.mark.parametrize("heads", [["一级模块", "二级模块", "前端负责"], ["云岭", "晴川", "青石"]])
def test_the_last_column_of_a_tree_is_what_rows_are_about(heads: list[str]) -> None:
    rows = [[m, p, n] for m, p, n in zip(MODULES, PAGES, ["王芳", "李强"] * 3, strict=True)]
    (first, *_) = asked(read([heads, *rows], sheet="项目进度"))
    assert first == ("B1", "tasks", "name")


def test_groups_that_stand_in_each_row_are_groups_too() -> None:
    columns = {1: ["首页", "首页", "订单", "订单", "会员", "会员"], 2: PAGES}
    assert below_group(columns, 1) == 2
    assert below_group({1: PAGES, 2: PAGES[::-1]}, 1) == 0


def test_a_list_of_days_and_milestones_is_asked_about() -> None:
    rows = [
        ["日期", "里程碑"],
        *([d, t] for d, t in zip(DAYS, ["项目立项评审", "交付界面原型", "内部测试开始", "系统正式上线"], strict=True)),
    ]
    assert asked(read(rows)) == [("B1", "tasks", "name")]
    assert not asked(read([["日期", "天气"], *([d, t] for d, t in zip(DAYS, ["晴", "雨", "晴", "多云"], strict=True))]))


def test_a_short_list_that_is_called_what_its_column_says() -> None:
    rows = [["Screen", "Issue name"], ["Order page", "Notes arrive twice"], ["Start page", "A link leads nowhere"]]
    parsed = read(rows, lang="en", sheet="Issues")
    assert parsed.tables or asked(parsed) == [("B1", "problems", "description")]
    assert not asked(read(rows, lang="en", sheet="Menus"))


def test_headings_that_are_questions() -> None:
    long = (
        "The team of the shop had to wait for the delivery of the shelves, which came in the second week, so that painting began late again"
    )
    heads = ["Kind", "Describe what happened here", "What did it change for the next time?"]
    rows = [heads, *([kind, f"{n} {long}", f"{n + 4} {long[::-1]}"] for n, kind in enumerate(["good", "bad", "good", "bad"]))]
    assert asked(read(rows, lang="en", sheet="Lessons learned")) == [("B1", "retrospective", "topic")]


def test_numbers_of_an_outline_are_no_days() -> None:
    assert not Cells(["1.1 Charter", "1.2 Permits", "2.1 Route", "2.2 Towers"]).days
    assert not Cells(["2.1.1二维码生成", "2.1.2定时任务", "2.2.1注册"]).days
    assert Cells(["7.10完成", "7.12完成", "8.1完成"]).days == 1
    assert Cells(["7.10", "7.12", "8.1"]).days == 1


def test_a_noun_that_any_form_has_is_asked_about() -> None:
    rows = [["功能", "人员", "状态", "时间"], *([p, "王芳", "已完成", d] for p, d in zip(PAGES, DAYS, strict=False))]
    parsed = read(rows)
    assert not parsed.tables
    assert asked(parsed)[0][0] == "A1"


def test_other_lists_are_not_asked_about() -> None:
    template = [["项目编号", "项目名称", "更改时间"], *(["${F1}", "$F{name}", "$F{day}"] for _ in range(4))]
    people = ["王芳", "李强", "张敏", "刘洋"]
    surgery = [["名称", "主刀", "一助", "二助", "护士"], *([f"{p}手术", *people] for p in ["腹腔镜", "阑尾切除", "关节置换", "白内障"])]
    fields = [
        ["Field", "Type", "Allow null", "Default", "Description"],
        *([f"f_{n}", "int", "No", "0", f"Holds the count of {n}"] for n in "abcd"),
    ]
    for rows in (template, surgery, fields):
        parsed = read(rows)
        assert not parsed.tables
        assert not asked(parsed)


def test_a_record_with_a_number_is_no_heading() -> None:
    rows = [
        [None, None, "序号", "业务", "分工"],
        ["用户模块", "开始", 1, "注册新的用户", "王芳"],
        *([None, None, n, p, "李强"] for n, p in enumerate(PAGES, 2)),
    ]
    assert asked(read(rows, sheet="项目计划"))[0][0] == "D1"


def test_headings_alone_are_asked_about_where_three_of_them_are_ours() -> None:
    more = ["云岭", "晴川", "青石", "白露", "霜叶", "孤帆"]
    parsed = read([["任务名称", "交付物", "前置任务", *more]])
    assert not parsed.tables
    assert asked(parsed) == [("A1", "tasks", "name")]
    assert not asked(read([["名称", "前置任务", *more]]))


def test_one_heading_of_a_form_that_is_hardly_kept_is_not_enough_to_read() -> None:
    rows = [
        ["阶段", "云岭", "晴川", "结束时间", "撰写人员"],
        *([f"第{n}阶段", p, "青石", d, "王芳"] for n, (p, d) in enumerate(zip(PAGES, DAYS, strict=False))),
    ]
    assert not read(rows).tables
