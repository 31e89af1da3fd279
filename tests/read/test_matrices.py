"""Matrices of responsibilities (work down, departments or posts across) are read as duties, a row for each letter."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Mapping, Sequence

import openpyxl
import pytest

from collab_xl.catalogue import text
from collab_xl.forms import load
from collab_xl.forms.in_use import InUse
from collab_xl.model.directory import Department, Directory
from collab_xl.model.place import Area
from collab_xl.model.sheets import Snapshot
from collab_xl.model.submission_log import InMemory
from collab_xl.read.context import Context
from collab_xl.read.headings import answer_key, fold
from collab_xl.read.matrix import find_matrix
from collab_xl.read.sheet import Parsed
from collab_xl.read.told import Told
from collab_xl.verbs.receiving.reading import Job, survey_job

Lines = Sequence[Sequence[object]]
FORMS = tuple(InUse(f.id, f.version) for f in load().forms)


def parsed(lines: Lines, lang: str = "zh", *, merges: Sequence[str] = (), forms: tuple[InUse, ...] = FORMS, **context: object) -> Parsed:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(list(line))
    for area in merges:
        sheet.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    known = {"directory": Directory(), **context}
    job = Job("", "表.xlsx", InMemory(out.getvalue()), Context(lang, **known), forms=forms)  # type: ignore[arg-type]
    return survey_job(job).sheets[0][1]


def duties(read: Parsed) -> list[tuple[object, ...]]:
    """Work, department, post, owner, letter of every record."""
    (table,) = read.tables
    assert table.form == "responsibilities"
    return [tuple(table.get(i, f) for f in ("work_item", "dept", "post", "owner", "raci")) for i in range(len(table))]


LETTERS: Lines = [
    ["RACI"],
    ["任务", "产品部", "研发部", "项目经理", "张伟", "交付物"],
    ["需求评审", "A", "R", "C", "I", "评审纪要"],
    ["接口联调", "I", "A/R", None, "R", "联调报告"],
]


def test_a_letter_is_a_duty_of_a_department_a_post_or_a_person() -> None:
    read = parsed(LETTERS)
    assert duties(read) == [
        ("需求评审", "产品部", None, None, "accountable"),
        ("需求评审", "研发部", None, None, "responsible"),
        ("需求评审", None, "项目经理", None, "consulted"),
        ("需求评审", None, None, "张伟", "informed"),
        ("接口联调", "产品部", None, None, "informed"),
        ("接口联调", "研发部", None, None, "accountable"),
        ("接口联调", "研发部", None, None, "responsible"),
        ("接口联调", None, None, "张伟", "responsible"),
    ]
    assert not read.questions
    assert read.cross == ""


def test_every_value_keeps_its_cell_and_columns_beside_are_read() -> None:
    table = parsed(LETTERS).tables[0]
    assert [str(table.at(6, f)) for f in ("duty", "raci", "dept", "deliverable")] == ["Sheet!A4", "Sheet!C4", "Sheet!C2", "Sheet!F4"]
    assert [table.get(i, "deliverable") for i in (0, 7)] == ["评审纪要", "联调报告"]
    assert table.place(0, "raci") == "Sheet!B3"


def test_titles_of_duties_are_different_also_for_two_letters_in_a_cell() -> None:
    table = parsed(LETTERS).tables[0]
    assert table.values["duty"][5:7] == ["接口联调（研发部）", "接口联调（研发部，R）"]
    assert len(set(table.values["duty"])) == len(table)


WORDS: Lines = [
    ["信息化项目职责分工矩阵"],
    ["序号", "工作任务", "部门"],
    [None, None, "信息中心", "财务部", "总经办"],
    [1, "需求调研", "负责", "配合", "知会"],
    [2, "供应商选型", "咨询", "执行", "批准"],
]


def test_words_are_read_together_and_what_was_assumed_is_said() -> None:
    read = parsed(WORDS, merges=["A2:A3", "B2:B3", "C2:E2"])
    assert [d[-1] for d in duties(read)] == ["responsible", "consulted", "informed", "consulted", "responsible", "accountable"]
    said = [f for f in read.findings if f.code == "H128"]
    assert [(f.found, f.expected) for f in said] == [("负责", "R 执行")]
    assert not any(why == "beside" for _, why in read.left_out)


def test_responsible_is_a_where_no_other_word_is() -> None:
    lines = [["工作", "市场部", "研发部", "财务部"], ["方案", "负责", "执行", "知会"], ["上线", "执行", "负责", "知会"]]
    read = parsed(lines)
    assert [d[-1] for d in duties(read)][:2] == ["accountable", "responsible"]
    assert not [f for f in read.findings if f.code == "H128"]


def test_the_pmos_own_words_go_first() -> None:
    words: Mapping[tuple[str, str], Mapping[str, str]] = {("responsibilities", "raci"): {"负责": "accountable"}}
    read = parsed(WORDS, merges=["A2:A3", "B2:B3", "C2:E2"], words=words)
    assert duties(read)[0][-1] == "accountable"


def test_marks_are_read_by_the_legend() -> None:
    lines = [["说明：●负责 ○配合 △知会"], ["事项", "市场部", "研发部", "财务部"], ["方案", "●", "○", "△"], ["上线", "○", "●", None]]
    assert [d[-1] for d in duties(parsed(lines))] == ["accountable", "consulted", "informed", "consulted", "accountable"]
    assert not parsed(lines[1:]).tables


ASKED: Lines = [["Activity", "Northwind", "Contoso", "Fabrikam"], ["Install", "R", "A", "I"], ["Train", "A/R", "C", "I"]]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_names_that_say_nothing_are_asked_about_once_and_nothing_is_read_before(lang: str) -> None:
    read = parsed(ASKED, lang)
    assert not read.tables
    (question,) = read.questions
    assert question.found == "Northwind、Contoso、Fabrikam"
    assert question.options == ("dept", "post", "owner")
    after = parsed(ASKED, lang, headings={answer_key("responsibilities", fold(question.found)): "dept"})
    assert [d[:2] for d in duties(after)][:2] == [("Install", "Northwind"), ("Install", "Contoso")]
    assert not after.questions
    assert parsed(ASKED, lang, headings={answer_key("responsibilities", fold(question.found)): ""}).cross


def test_the_masters_own_departments_need_no_question() -> None:
    directory = Directory.of([Department(name) for name in ("Northwind", "Contoso", "Fabrikam")])
    assert len(duties(parsed(ASKED, "en", directory=directory))) == 7


@pytest.mark.parametrize(("above", "field"), [("Roles", 2), ("Departments", 1), ("People", 3)])
def test_a_line_above_says_what_stands_across(above: str, field: int) -> None:
    read = parsed([[None, above], *ASKED], "en", merges=["B1:D1"])
    assert duties(read)[0][field] == "Northwind"


def test_departments_down_and_work_across() -> None:
    lines = [["部门", "方案评审", "接口联调", "上线"], ["产品部", "A", "I", "C"], ["研发部", "R", "A", "R"], ["质量部", "C", "R", "A"]]
    read = parsed(lines)
    assert [(d[0], d[-1]) for d in duties(read)[:3]] == [("方案评审", "accountable"), ("接口联调", "informed"), ("上线", "consulted")]
    assert {d[1] for d in duties(read)} == {"产品部", "研发部", "质量部"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_master_without_the_form_is_told_how_to_add_it(lang: str) -> None:
    read = parsed(LETTERS, lang, forms=tuple(f for f in FORMS if f.id == "tasks"))
    assert not read.tables
    assert text("read.word.cross_do_form", lang, form=load().form("responsibilities").sheet[lang]) in read.cross


def test_group_titles_and_a_legend_below_are_no_duties() -> None:
    lines = [*LETTERS[:3], ["二、开发"], LETTERS[3], [], ["R = 执行, A = 负责"]]
    assert duties(parsed(lines)) == duties(parsed(LETTERS))


@pytest.mark.parametrize(
    "lines",
    [
        [["工作", "张伟", "李娜", "王强"], ["联调", "√", None, "√"], ["编写手册", None, "√", None]],
        [["班级", "语文", "数学", "英语"], ["一班", "A", "B", "A"], ["二班", "C", "A", "B"]],
        [["项目", "甲", "乙", "丙"], ["方案", "A", "A", "A"], ["比选", "A", "A", "A"]],
        [["项目", "财务部", "研发部", "市场部"], ["服务", "A", "C", "A"], ["质量", "C", "S", "A"]],
        [["门店", "财务部", "研发部", "市场部"], ["服务", "A", "C", "A"], ["质量", "C", "A", "A"]],
    ],
    ids=["marks without a legend", "grades", "one letter", "ratings with S", "ratings"],
)
def test_other_cross_tables_are_no_duties(lines: Lines) -> None:
    assert not parsed(lines).tables


DAYS = {
    "zh": ["周一", "周二", "周三"],
    "en": ["Mon", "Tuesday", "Wed 18"],
}
SHIFTS: Lines = [["张三", "A", "C", "A"], ["李四", "C", "A", "C"], ["王五", "A", "R", "C"]]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_letters_below_days_are_shifts_and_explained(lang: str) -> None:
    read = parsed([["姓名", *DAYS[lang]], *SHIFTS], lang)
    assert not read.tables
    assert not read.questions
    assert text("read.word.cross_day", lang) in read.cross


@pytest.mark.parametrize("across", [["1月", "2月", "3月"], ["第一周", "第二周", "第三周"], ["Q1", "Q2", "Q3"], ["1日", "2日", "3日"]])
def test_letters_below_periods_are_no_duties(across: list[str]) -> None:
    read = parsed([["部门", *across], ["产品部", "A", "C", "R"], ["研发部", "C", "A", "I"]])
    assert not read.tables
    assert not read.questions
    assert read.cross


ACI: Lines = [["工作", "财务部", "研发部", "市场部"], ["方案", "A", "C", "I"], ["上线", "C", "A", "I"]]


def test_letters_without_r_are_duties_only_where_the_sheet_is_called_so_or_somebody_says_it() -> None:
    assert not parsed(ACI).tables
    assert len(duties(parsed([["项目 RACI 矩阵"], *ACI]))) == 6
    assert len(duties(parsed(ACI, told=Told(form="responsibilities")))) == 6


def test_words_without_r_are_duties() -> None:
    assert len(duties(parsed([ACI[0], ["方案", "批准", "咨询", "知会"], ["上线", "咨询", "批准", "知会"]]))) == 6


@pytest.mark.parametrize("at", [1, 2, 3], ids=["first", "between", "last"])
@pytest.mark.parametrize("name", ["法务部", "财务", "项目经理", "张伟"])
def test_a_department_with_unknown_words_stays_and_the_words_are_reported(at: int, name: str) -> None:
    lines: list[list[object]] = [
        ["任务", "产品部", "研发部"],
        ["评审", "A", "R"],
        ["联调", "R", "A"],
        ["上线", "I", "R"],
        ["培训", "A", "C"],
    ]
    for line, word in zip(lines, [name, "R", "会签", "列席", "会签"], strict=True):
        line.insert(at, word)
    read = parsed(lines)
    assert len(duties(read)) == 12
    assert sorted(str(f.at) for f in read.findings if f.code == "V201") == [f"Sheet!{'ABCD'[at]}{row}" for row in (3, 4, 5)]
    assert not [f for f in read.findings if f.code == "H101"]


def test_names_beside_the_letters_are_no_letters() -> None:
    lines = [[*line, who] for line, who in zip(LETTERS[1:], ["审批领导", "王强", "李娜"], strict=True)]
    assert duties(parsed(lines)) == duties(parsed(LETTERS))


@pytest.mark.parametrize("area", [Area(1, 1, 1_048_576, 16_384), Area(1, 1, 1_048_576, 8), Area(5, 1, 1_048_576, 16_384)])
def test_a_merge_of_the_whole_sheet_costs_nothing(area: Area) -> None:
    snapshot = Snapshot("Sheet", cells=[list(line) for line in LETTERS], merges=(area,))  # type: ignore[arg-type]
    tracemalloc.start()
    find_matrix(snapshot, load(), Context("zh", Directory()))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 5_000_000


NAMED: Lines = [
    ["工作事项", "R", "A", "C", "I"],
    ["编写用户手册", "张伟", "李娜", "王芳", "赵敏"],
    ["召开评审会议", "赵敏", "李娜", "张伟、王芳", None],
]


def test_letters_across_and_names_in_the_cells_are_duties_of_these_people() -> None:
    read = parsed(NAMED)
    assert duties(read) == [
        ("编写用户手册", None, None, "张伟", "responsible"),
        ("编写用户手册", None, None, "李娜", "accountable"),
        ("编写用户手册", None, None, "王芳", "consulted"),
        ("编写用户手册", None, None, "赵敏", "informed"),
        ("召开评审会议", None, None, "赵敏", "responsible"),
        ("召开评审会议", None, None, "李娜", "accountable"),
        ("召开评审会议", None, None, "张伟", "consulted"),
        ("召开评审会议", None, None, "王芳", "consulted"),
    ]
    (table,) = read.tables
    assert [table.at(i, "owner").cell for i in (0, 6, 7)] == ["B2", "D3", "D3"]


def test_words_across_and_names_in_the_cells() -> None:
    english = parsed(
        [
            ["Activity", "Responsible", "Accountable", "Consulted"],
            *(["Write", "Ann Lee", "Cy Poe", "Bob Ray"], ["Test", "Bob Ray", "Cy Poe", None]),
        ],
        "en",
    )
    assert [d[3:] for d in duties(english)][:3] == [("Ann Lee", "responsible"), ("Cy Poe", "accountable"), ("Bob Ray", "consulted")]
    chinese = parsed([["工作事项", "负责", "批准", "咨询"], *(line[:4] for line in NAMED[1:])])
    assert [d[3:] for d in duties(chinese)][:3] == [("张伟", "responsible"), ("李娜", "accountable"), ("王芳", "consulted")]


def test_departments_in_the_cells() -> None:
    read = parsed([["工作", "R", "A", "I"], ["编写用户手册", "研发部", "产品部", "财务部"], ["召开评审会议", "产品部", "研发部", None]])
    assert duties(read)[0] == ("编写用户手册", "研发部", None, None, "responsible")


def test_who_has_two_letters_of_one_work_has_two_duties() -> None:
    read = parsed([["工作", "R", "A", "I"], ["编写用户手册", "张伟", "张伟", "李娜"], ["召开评审会议", "李娜", "张伟", None]])
    (table,) = read.tables
    assert len({table.get(i, "duty") for i in range(len(table))}) == len(table) == 5


def test_names_that_say_nothing_are_asked_about_once() -> None:
    read = parsed([["Activity", "R", "A", "I"], ["Write", "Ann", "Cyd", "Bob"], ["Test", "Bob", "Cyd", None]], "en")
    assert not read.tables
    (question,) = read.questions
    assert (question.suggestion, question.found) == ("owner", "Ann、Cyd、Bob")


def test_a_plan_with_letters_beside_its_days_stays_a_plan() -> None:
    head = ["任务名称", "R", "A", "C", "计划开始时间", "计划结束时间"]
    read = parsed(
        [
            head,
            ["编写用户手册", "张伟", "李娜", "王芳", "2026-11-03", "2026-11-05"],
            ["召开评审会议", "李娜", "李娜", "王芳", "2026-11-03", "2026-11-05"],
        ]
    )
    assert [t.form for t in read.tables] == ["tasks"]


def test_a_row_of_a_usual_matrix_with_each_letter_once_is_no_heading() -> None:
    rows = [
        ["任务", "产品部", "研发部", "财务部", "市场部"],
        ["需求评审", "R", "A", "C", "I"],
        ["接口联调", "A", "R", "I", "C"],
        ["上线", "I", "R", "A", "C"],
    ]
    read = parsed(rows)
    assert len(duties(read)) == 12
    assert duties(read)[0] == ("需求评审", "产品部", None, None, "responsible")
    unknown = parsed([["Task", "North", "South", "East", "West"], *(["Write", "R", "A", "C", "I"], ["Test", "A", "R", "I", "C"])], "en")
    assert [q.found for q in unknown.questions] == ["North、South、East、West"]


def test_a_row_of_letters_above_letters_is_no_heading_of_names() -> None:
    rows = [
        ["Task", "Anna Berg", "Tom Fisk", "Liu Mei", "Raj Rao"],
        *([f"Piece of work {n}", *letters] for n, letters in enumerate(("RACI", "RAIC", "ARCI", "RACI"), 1)),
    ]
    found = parsed(rows, lang="en")
    assert {t.form for t in found.tables} <= {"responsibilities"}
    assert all(t.heading_rows == (1, 1) for t in found.tables)
    assert all(q.at.row == 1 for q in found.questions if q.kind == "heading")
