"""A list whose headings no form knows is asked about, with the column that says what its rows are about; it is read after the answer."""

from __future__ import annotations

from datetime import date

import pytest
from sheets_as_typed import context, only
from sheets_as_typed import read as read_in

from collab_xl.catalogue import LANGS
from collab_xl.forms import load
from collab_xl.model.record import replace
from collab_xl.read.asked_words import about_words
from collab_xl.read.asking import Question
from collab_xl.read.heading_words import meanings
from collab_xl.read.sheet import Parsed
from collab_xl.verbs.asking.questions import with_answer, words, worst_first

DAYS = [date(2026, 10, n) for n in (5, 12, 19, 26)]
DONE = [date(2026, 10, n) for n in (9, 16, 23, 30)]
WORK = ["Draw the floor plan of the shop", "Order the shelves and lamps", "Paint the walls of both rooms", "Open the doors to guests"]
ARBEIT = ["绘制门店平面图并复核", "采购货架和灯具若干", "粉刷两个房间的墙面", "组织开业当天的接待"]
FAULTS = ["The lamp in the hall flickers", "The back door does not close", "Water drips from the tap", "The till prints twice"]
PEOPLE = ["王芳", "李强", "王芳", "李强"]
STATES = ["已完成", "进行中", "未开始", "进行中"]

SHOP = [
    ["云岭", "晴川", "青石", "白露", "霜叶"],
    *([a, p, d, e, s] for a, p, d, e, s in zip(ARBEIT, PEOPLE, DAYS, DONE, STATES, strict=True)),
]


def read(rows: list[list[object]], lang: str = "zh", said: Question | None = None, answer: str = "", **more: object) -> Parsed:
    known = context(lang)
    return read_in(rows, with_answer(known, said, answer) if said else known, **more)


def asked(parsed: Parsed) -> list[tuple[str, str, str]]:
    return [(q.found, q.form, q.suggestion) for q in parsed.questions if q.kind == "heading"]


def test_a_sheet_of_unknown_headings_is_asked_about_by_its_cells() -> None:
    parsed = read(SHOP)
    assert not parsed.tables
    assert asked(parsed) == [("云岭", "tasks", "name")]
    (q,) = parsed.questions
    assert str(q.at) == "表1!A1"


def test_it_is_read_after_the_answer() -> None:
    (q,) = read(SHOP).questions
    parsed = read(SHOP, said=q, answer="name")
    table = only(parsed)
    assert (table.form, table.rows, table.columns) == ("tasks", [2, 3, 4, 5], {"name": 1})
    assert table.values["name"] == ARBEIT
    later = {(found, field) for found, _, field in asked(parsed)}  # the other columns, by their cells
    assert {("晴川", "owner"), ("霜叶", "status")} <= later


def test_after_a_no_no_other_column_of_it_is_asked_about() -> None:
    (q,) = read(SHOP).questions
    parsed = read(SHOP, said=q, answer="")
    assert not parsed.tables
    assert not asked(parsed)


def test_the_question_reads_as_a_sentence_in_both_languages() -> None:
    (q,) = read(SHOP).questions
    for lang in LANGS:
        said = words(q, lang, load())
        form = load().form("tasks")
        assert form.title[lang] in said
        assert form.field("name").heading[lang] in said
        assert "云岭" in said
        assert "{" not in said


@pytest.mark.parametrize(("sheet", "form", "field"), [("Issue log", "problems", "description"), ("Work plan", "tasks", "name")])
def test_the_name_of_the_sheet_says_which_form(sheet: str, form: str, field: str) -> None:
    rows = [["Larkspur", "Fjord", "Ember"], *([n, text, "Quebec"] for n, text in enumerate(FAULTS, 1))]
    assert asked(read(rows, lang="en", sheet=sheet)) == [("Fjord", form, field)]


def test_a_template_that_is_named_as_a_form_is_asked_about() -> None:
    parsed = read([["No", "Subject of it", "Owner", "Due date", "Quebec", "Ember"]], lang="en", sheet="Work plan")
    assert not parsed.tables
    assert not asked(parsed)  # nothing sounds like what the rows are about
    rows = [["No", "Piece of work", "Owner", "Due date", "Quebec", "Ember", "Fjord"]]
    found = read(rows, lang="en", sheet="Work plan")
    assert found.tables or asked(found) == [("Piece of work", "tasks", "name")]


LISTS: dict[str, list[list[object]]] = {
    "prices": [["品名规格", "单价", "数量", "总价"], *([text, 12.5 + n, n, 100 * n] for n, text in enumerate(ARBEIT, 1))],
    "people": [["姓名", "电话", "邮箱", "地址说明"], *([p, "13800000000", "a@b.c", t] for p, t in zip(PEOPLE, ARBEIT, strict=True))],
    "test cases": [["用例名", "测试步骤", "预期结果", "优先级"], *([t, f"1. {t}", f"{t}成功", "高"] for t in ARBEIT)],
    "scores": [["题目说明", "第一组", "第二组", "第三组"], *([t, 80 + n, 90 - n, 70 + n] for n, t in enumerate(ARBEIT))],
    "words": [["术语", "释义", "字母"], *([t[:4], t, "A"] for t in ARBEIT)],
    "texts": [["云岭", "青石"], *([t, t[::-1]] for t in ARBEIT)],
}


@pytest.mark.parametrize("name", LISTS)
def test_other_lists_are_not_asked_about(name: str) -> None:
    parsed = read(LISTS[name])
    assert not parsed.tables
    assert not asked(parsed)


def test_a_row_in_the_middle_of_a_list_is_no_heading() -> None:
    rows = [[t, p, d, s] for t, p, d, s in zip(ARBEIT, PEOPLE, DAYS, STATES, strict=True)]
    assert not asked(read([*rows, ["云岭", "青石", "白露", "霜叶"], *rows]))


def test_what_is_surer_is_asked_first() -> None:
    (q,) = read(SHOP).questions
    surer = replace(q, id="surer", doubt=q.doubt / 2)
    assert [x.id for x in worst_first([q, surer], load())] == ["surer", q.id]


RULES = ["Use short names for parts", "Test the lamp before it is hung", "Ask two firms for an offer", "Keep a spare key at the gate"]


def test_words_that_any_list_has_are_no_form_without_its_name() -> None:
    """时间、成员、说明 are words of a retrospective, and of any plan."""
    rows = [["时间", "轮次", "成员", "说明"], *([d, n, p, a] for n, (d, p, a) in enumerate(zip(DAYS, PEOPLE, ARBEIT, strict=True), 1))]
    assert not read(rows).tables


def test_a_few_words_again_and_again_are_not_what_rows_are_about() -> None:
    texts = [*WORK, *FAULTS, *RULES]
    rows = [["Task", "Start (week)", "Type"], *([text, n, "HW" if n % 3 else "SW"] for n, text in enumerate(texts, 1))]
    assert [t.form for t in read(rows, lang="en").tables] != ["resources"]


def test_a_sheet_that_is_named_twice_is_not_read_as_another_form() -> None:
    """Its name and its title say lessons learned; the column of actions makes no list of meeting actions of it."""
    rows = [
        ["Lessons learned"],
        [None],
        ["No.", "Date raised", "Event", "Advice", "Actions", "Owner", "Status"],
        *([n, d, f, r, w, p, "Closed"] for n, (d, f, r, w, p) in enumerate(zip(DAYS, FAULTS, RULES, WORK, PEOPLE, strict=True), 1)),
    ]
    parsed = read(rows, lang="en", sheet="Lessons learned")
    assert not [t for t in parsed.tables if t.form == "actions"]
    assert {form for _, form, _ in asked(parsed)} <= {"retrospective"}
    assert parsed.tables or asked(parsed)


def columns_asked(parsed: Parsed) -> dict[str, str]:
    return {found: field for found, _, field in asked(parsed)}


def test_days_of_two_columns_are_start_and_end_in_their_order() -> None:
    rows = [[a, p, d, e] for a, p, d, e in zip(ARBEIT, PEOPLE, DAYS, DONE, strict=True)]
    parsed = read([["任务名称", "负责人", "青石", "白露"], *rows])
    assert columns_asked(parsed) == {"青石": "start", "白露": "end"}


def test_degrees_of_a_risk_are_asked_about_in_their_order() -> None:
    levels = [("High", "Low"), ("Low", "Low"), ("Medium", "High"), ("High", "Medium")]
    rows = [[f"R-{n}", text, *both, "Ann Lee"] for n, (text, both) in enumerate(zip(FAULTS, levels, strict=True), 1)]
    parsed = read([["Quebec", "Risk description", "Fjord", "Ember", "Risk owner"], *rows], lang="en", sheet="Risk register")
    assert columns_asked(parsed) == {"Quebec": "risk_id", "Fjord": "likelihood", "Ember": "impact"}


def test_a_running_number_is_no_id_and_no_degree() -> None:
    rows = [[n, text, "High", "Low"] for n, text in enumerate(FAULTS, 1)]
    parsed = read([["Quebec", "Risk description", "Likelihood", "Impact"], *rows], lang="en", sheet="Risk register")
    assert not asked(parsed)


def test_days_before_what_a_row_is_about_are_no_end() -> None:
    rows = [[d, text, p] for d, text, p in zip(DAYS, FAULTS, PEOPLE, strict=True)]
    assert columns_asked(read([["青石", "问题描述", "责任人"], *rows], sheet="问题清单")) == {"青石": "raised_at"}
    rows = [[d, text, p] for d, text, p in zip(DAYS, WORK, PEOPLE, strict=True)]
    assert "青石" not in columns_asked(read([["青石", "任务名称", "负责人"], *rows], sheet="任务清单"))


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Parked", "paused"),
        ("卡住了", "paused"),
        ("搞定", "done"),
        ("Open", "not_started"),
        ("快好了", "in_progress"),
        ("基本完成", "in_progress"),
    ],
)
def test_words_of_a_status_have_a_suggestion(word: str, state: str) -> None:
    rows = [[a, p, d, s] for a, p, d, s in zip(ARBEIT, PEOPLE, DAYS, ["已完成", word, "进行中", "已完成"], strict=True)]
    parsed = read([["任务名称", "负责人", "计划结束时间", "完成状态"], *rows])
    (q,) = about_words(parsed.findings, load(), context())
    assert (q.found, q.suggestion) == (word, state)


def test_doing_is_no_to_do() -> None:
    """What the parts of a word say goes before letters that look alike."""
    rows = [["Action", "Owner", "Due date", "Status"], *([f"Book room {n}", "Ann Lee", DAYS[n], "doing"] for n in range(3))]
    (q,) = about_words(read(rows, lang="en", sheet="Meeting actions").findings, load(), context("en"))
    assert (q.form, q.suggestion) == ("actions", next(c.id for c in load().form("actions").field("status").choices if c.state == "open"))


@pytest.mark.parametrize(("heading", "meant"), [("销项日期", "finished"), ("整改完成日期", "finished"), ("风险评估损失程度", "impact")])
def test_what_was_read_as_its_neighbour(heading: str, meant: str) -> None:
    assert meanings(heading) == (meant,)


def test_posts_are_people() -> None:
    posts = ["Project manager", "Test engineer", "Project manager", "Test engineer"]
    rows = [[a, p, d] for a, p, d in zip(WORK, posts, DAYS, strict=True)]
    assert columns_asked(read([["Task name", "Larkspur", "Due date"], *rows], lang="en"))["Larkspur"] == "owner"


def test_scores_of_a_risk_are_asked_about() -> None:
    rows = [[text, n % 3 + 1, (n * n) % 3 + 1, "Ann Lee"] for n, text in enumerate(FAULTS)]
    parsed = read([["Risk description", "Fjord", "Ember", "Risk owner"], *rows], lang="en", sheet="Risk register")
    assert columns_asked(parsed) == {"Fjord": "likelihood", "Ember": "impact"}


def test_a_list_beside_the_days_of_a_chart() -> None:
    days = [date(2026, 10, n) for n in range(1, 13)]
    rows = [[a, p, d, e, *(["x"] * 4)] for a, p, d, e in zip(WORK, ["Ann Lee", "Bo Kim"] * 2, DAYS, DONE, strict=True)]
    parsed = read([["Larkspur", "Fjord", "Ember", "Quebec", *days], *rows], lang="en", sheet="Work plan")
    assert asked(parsed) == [("Larkspur", "tasks", "name")]


def test_headings_that_only_sound_like_ours_are_asked_about() -> None:
    """A list of operations: names, departments and degrees of something else."""
    names = ["清洗大厅吊灯及线路", "更换后门门锁", "检修厨房水龙头", "调试收银打印机"]
    others = ["一助", "二助", "器械", "做法", "评级", "巡回", "备品", "结算", "时段"]
    heading = ["编号牌", "顾客姓名", "服务科室", "服务名称", "服务级别"]
    rows = [[*heading, *others], *([100 + n, p, "客服部", t, 2, *others] for n, (p, t) in enumerate(zip(PEOPLE, names, strict=True)))]
    assert not read(rows).tables


def test_a_report_of_figures_about_work_is_no_list_of_it() -> None:
    rows = [["Task", "% Complete", "EV", "AC", "PV", "CV", "SV"], *([w, 0.5, 100 + n, 90 + n, 95, 10, 5] for n, w in enumerate(WORK))]
    parsed = read(rows, lang="en")
    assert not parsed.tables
    assert not asked(parsed)


def test_a_pivot_table_is_no_list() -> None:
    rows = [
        ["Owner", "Task", "Sum of Hours"],
        *([p, w, n] for n, (p, w) in enumerate(zip(["Ann", "Ben", "Ann", "Ben"], WORK, strict=True))),
    ]
    assert not read(rows, lang="en", sheet="Tasks").tables
    assert read([[*rows[0][:2], "Hours"], *rows[1:]], lang="en", sheet="Tasks").tables


def test_a_column_of_sums_makes_no_pivot_of_a_tracker() -> None:
    rows = [
        ["Task", "Owner", "Due date", "Count of comments"],
        *([w, p, d, n] for n, (w, p, d) in enumerate(zip(WORK, ["Ann", "Ben"] * 2, DAYS, strict=True))),
    ]
    assert only(read(rows, lang="en")).columns.keys() >= {"name", "owner", "end"}


def test_what_is_asked_about_is_not_read_as_a_weaker_form() -> None:
    """功能描述 may be the requirement; 目标 alone makes no list of goals of it."""
    heads = ["编号", "模块", "功能描述", "目标", "优先级", "备注"]
    texts = ["按城市定位", "关键词搜索", "专题页展示新品", "按销量排序"]
    aims = ["找到最近的门店", "更快找到商品", "吸引新的用户", "看到热门商品"]
    rows = [[n, "首页", text, aim, "P0", None] for n, (text, aim) in enumerate(zip(texts, aims, strict=True), 1)]
    parsed = read_in([heads, *rows], context(), sheet="Sheet5")
    assert not any(t.form == "goals" for t in parsed.tables)
    assert parsed.tables or [(q.form, q.suggestion) for q in parsed.questions if q.kind == "heading"] == [("requirements", "name")]
