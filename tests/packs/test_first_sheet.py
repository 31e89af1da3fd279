"""The first sheet of a pack, 本周请处理: what it asks for, where it leads, and what becomes of what is typed on it."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from e2e.small_project import DAY, Project
from openpyxl.worksheet.worksheet import Worksheet
from tables import directory, problems, requirements, table, tasks
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.build.pack import build_pack
from collab_xl.catalogue import LANGS, text
from collab_xl.demo import desk
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.pack_plan import ANSWER, DUE, HINT_MARKS, LATE, PackPlan
from collab_xl.model.record import replace
from collab_xl.model.sheets import Table
from collab_xl.model.values import Value
from collab_xl.plan.issue import packs_for
from collab_xl.plan.this_week import end_of_week, front_lines, row_hints
from collab_xl.rules.case import Case
from collab_xl.rules.check import check
from collab_xl.rules.department_asks import department_asks
from collab_xl.settings import Settings
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.sending.mail_lists import receipts
from collab_xl.verbs.session import opened
from collab_xl.verbs.times import clock

SCHEMA = load()
FRIDAY = date(2026, 11, 20)
PEOPLE = directory("| 部门 | 接口人 | 邮箱 |\n| 研发部 | 王主管 | rd@x.cn |\n| 市场部 | 李* | li@x.cn |")
TASKS = """
    | 任务ID | 任务名称 | 负责部门 | 负责人 | 计划结束时间 | 当前进度 | 完成状态 | 滞后原因 | 解决措施 |
    | RW-001 | 接口联调 | 研发部 | 王* | 2026-11-12 | 50% | 进行中 | 缺人 | |
    | RW-002 | 压测 | 研发部 | 王* | 2026-11-18 | 20% | 滞后 | 缺人 | 加人 |
    | RW-003 | 上线 | 研发部 | 王* | 2026-11-20 | 80% | 进行中 | | |
    | RW-004 | 回访 | 研发部 | 王* | 2026-11-27 | 0% | 未开始 | | |
    | RW-005 | 复盘 | 研发部 | 王* | 2026-12-30 | 0% | 未开始 | | |
    | RW-006 | 旧的 | 研发部 | 王* | 2026-11-02 | 100% | 已完成 | | |
    | RW-007 | 素材 | 市场部 | 李* | 2026-11-12 | 0% | 未开始 | | |
"""
PROBLEMS = """
    | 问题编号 | 责任部门 | 问题描述 | 问题等级 | 反馈时间 | 处理状态 | 解决措施 | 完成时限 |
    | WT-001 | 研发部 | 环境不可用 | 一般 | 2026-11-17 | 待处理 | | |
"""


def asked(tables: dict[str, Table], as_of: date = FRIDAY) -> dict[str, list[tuple[str, str, int, tuple[str, ...]]]]:
    """Department → (kind, row, days, fields to fill in) of its lines."""
    calendar = Calendar(working=False)
    case = Case(tables, SCHEMA, PEOPLE, Settings(), calendar, as_of)
    found = check(tables, SCHEMA, PEOPLE, Settings(), calendar, as_of)
    week_end = end_of_week("2026-W47", as_of, 1)
    asks = department_asks(case, found, week_end + timedelta(days=7))
    return {name: [(a.kind, a.row_id, a.days, a.wants) for a in lines] for name, lines in asks.items()}


def test_late_rows_first_then_what_is_due_then_what_waits_for_an_answer() -> None:
    found = asked({"tasks": tasks(TASKS), "problems": problems(PROBLEMS)})
    days = {"RW-001": 6, "RW-002": 2}
    assert found["研发部"][:4] == [
        (LATE, "RW-001", days["RW-001"], ("measure",)),
        (LATE, "RW-002", days["RW-002"], ()),
        (DUE, "RW-003", 0, ()),
        (DUE, "RW-004", 7, ()),
    ]
    assert found["研发部"][4:] == [(ANSWER, "WT-001", 0, ("status", "measure", "due"))]
    assert {row for _, row, _, _ in found["研发部"]} == {"RW-001", "RW-002", "RW-003", "RW-004", "WT-001"}
    assert [line[:2] for line in found["市场部"]] == [(LATE, "RW-007")]


def test_the_rest_of_the_week_is_told_from_the_next() -> None:
    case = Case({"tasks": tasks(TASKS)}, SCHEMA, PEOPLE, Settings(), Calendar(working=False), FRIDAY)
    asks = department_asks(case, (), date(2026, 11, 29))["研发部"]
    hints = row_hints(asks, date(2026, 11, 22), "zh")["tasks"]
    assert hints == {
        "RW-001": f"{HINT_MARKS[LATE]} 滞后 6 天",
        "RW-002": f"{HINT_MARKS[LATE]} 滞后 2 天",
        "RW-003": f"{HINT_MARKS[DUE]} 今天到期",
        "RW-004": f"{HINT_MARKS[DUE]} 下周到期",
    }


def test_what_was_due_before_days_off_is_asked_for_although_it_is_not_late() -> None:
    """On a Monday of the holiday week nothing has become late since Wednesday: the row is neither late nor due later."""
    table_of = tasks("""
        | 任务ID | 任务名称 | 负责部门 | 计划结束时间 | 当前进度 | 完成状态 |
        | RW-001 | 联调 | 研发部 | 2026-09-30 | 60% | 进行中 |
        | RW-002 | 压测 | 研发部 | 2026-10-09 | 0% | 未开始 |
        | RW-003 | 上线 | 研发部 | 2026-09-29 | 80% | 进行中 |
    """)
    off = Calendar({date(2026, 10, day): False for day in range(1, 8)})
    case = Case({"tasks": table_of}, SCHEMA, PEOPLE, Settings(), off, date(2026, 10, 5))
    asks = department_asks(case, (), date(2026, 10, 18))["研发部"]
    assert [(a.kind, a.row_id, a.days) for a in asks] == [(LATE, "RW-003", 1), (DUE, "RW-001", -5), (DUE, "RW-002", 4)]
    lines = front_lines(asks, case.rows, date(2026, 10, 11), "zh")
    assert [line.state for line in lines] == ["滞后 1 天 · 进行中 · 80%", "刚过期限 · 进行中 · 60%", "还有 4 天 · 未开始 · 0%"]
    assert row_hints(asks, date(2026, 10, 11), "zh")["tasks"]["RW-001"] == f"{HINT_MARKS[DUE]} 刚过期限"


def plans(last: PackPlan | None, concerned: set[str], requirement: str = "产品") -> PackPlan:
    needs = requirements(f"| 需求编号 | 需求名称 | 涉及部门 | 状态 |\n| XZ-1 | {requirement} | 研发部 | 进行中 |")
    (plan,) = packs_for(
        {"requirements": needs, "tasks": tasks(TASKS)}, SCHEMA, PEOPLE, Settings(), week="2026-W47", issued_at=datetime(2026, 11, 16, 9),
        make_id=lambda _: "P-1", last_pack={"研发部": last.pack} if last else None, departments=["研发部"], concerned={"研发部": concerned},
    )  # fmt: skip
    return plan


def test_a_form_rests_while_nothing_in_it_concerns_the_department() -> None:
    def shown(plan: PackPlan) -> bool:
        return any(sheet.form == "requirements" for sheet in plan.sheets)

    first = plans(None, set())
    assert shown(first), "its first pack has it"
    again = plans(first, set())
    assert not shown(again)
    assert [(one.form, one.rows) for one in again.resting] == [("requirements", 1)]
    assert again.pack.forms["requirements"] == first.pack.forms["requirements"], "the baseline has its rows all the same"
    assert shown(plans(again, set(), "产品二")), "the PMO has changed it"
    assert shown(plans(again, {"requirements"})), "it is asked for"
    assert any(sheet.form == "tasks" for sheet in again.sheets), "rows may be added"


# ---- a whole project -------------------------------------------------------------------------------------------------------


def first(path: Path) -> Worksheet:
    return workbook_at(path).worksheets[0]


def words_on(page: Worksheet) -> list[str]:
    return [str(c.value) for row in page.iter_rows() for c in row if c.value is not None]


@pytest.mark.parametrize("lang", LANGS)
def test_each_line_leads_to_its_row(tmp_path: Path, lang: str) -> None:
    project = Project.again(tmp_path / "p", lang)
    book = workbook_at(project.packs["市场部"])
    page = book.worksheets[0]
    assert page.title == text("build.front.sheet", lang)
    name = SCHEMA.form("tasks").sheet[lang]
    formulas = [str(c.value) for row in page.iter_rows() for c in row if str(c.value).startswith("=")]
    (formula,) = (f for f in formulas if f.endswith(',"RW-001")'))
    made = re.fullmatch(rf"""=HYPERLINK\("#'{name}'!A"&IFERROR\(MATCH\("RW-001",'{name}'!\$(\w+):\$\1,0\),(\d+)\),"RW-001"\)""", formula)
    assert made is not None, formula
    ids = book[name][made[1]]
    assert [c.row for c in ids if c.value == "RW-001"] == [int(made[2])], "found by its id, where it is now and after sorting"
    assert book[name].column_dimensions[made[1]].hidden
    cell = f"A{made[2]}"
    assert book[name][cell].value == "RW-001"
    head = {c.value: c.column for c in book[name][3] if c.value}
    hint = book[name].cell(book[name][cell].row, head[text("model.pack.hint_column", lang)])
    assert str(hint.value).startswith(HINT_MARKS[LATE])
    assert hint.font.bold


def test_what_is_typed_on_it_reaches_the_pmo_and_a_form_asked_for_comes(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p")
    untouched = project.reply("市场部", {}, "untouched")
    (account,) = project.consolidate(untouched).json["submissions"]
    assert account["edits"] == 0
    assert not [f for f in project.listed("findings") if f.get("code") == "H123"]
    issue_again(project)
    requirements = SCHEMA.form("requirements").sheet["zh"]
    assert requirements not in workbook_at(project.packs["研发部"]).sheetnames
    assert any(requirements in said for said in words_on(first(project.packs["研发部"])))
    reply = project.reply("研发部", {("tasks", "RW-002"): {"progress": 0.3}}, "reply", 15)
    book = workbook_at(reply)
    page = book.worksheets[0]
    box = next(r for r in range(1, page.max_row) if page.cell(r, 2).value == text("model.pack.words_to_pmo", "zh")) + 1
    page.cell(box, 2).value = "服务器要下周才到"
    label = next(r for r in range(1, page.max_row + 1) if page.cell(r, 2).value == text("build.front.want", "zh"))
    page.cell(label, 3).value = requirements
    page.title = "我的"
    book.worksheets[-3].cell(40, 2).value = "说明上也写一句"
    stamp(book, reply)
    report = project.consolidate(reply)
    (account,) = report.json["submissions"]
    assert (account["edits"], account["applied"], account["rows_missing"]) == (1, 1, 0)
    told = [str(f["message"]) for f in project.listed("findings") if f.get("code") == "H123"]
    assert not any("服务器要下周才到" in said for said in told)
    (message,) = [f for f in project.listed("findings") if f.get("code") == "H130"]
    assert ("服务器要下周才到" in str(message["message"]), message["department"]) == (True, "研发部")
    assert any("研发部" in line and "服务器要下周才到" in line for line in report.lines)
    with opened(project.master, write=False, as_of=DAY, lang="zh") as session:
        letters, _ = receipts(session)
    bodies = [str(letter.facts["account"]) for letter in letters]
    assert ["服务器要下周才到" in body for body in bodies].count(True) == 1
    assert not any("有了结果" in body for body in bodies), "nothing is pending"
    assert not any(requirements in said for said in told), "a form picked is no remark"
    issue_again(project)
    assert requirements in workbook_at(project.packs["研发部"]).sheetnames
    assert text("build.front.taken", "zh", n=1) in words_on(first(project.packs["研发部"]))


def test_a_pack_that_came_back_unchanged_was_not_used_in_0_cells(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p")
    project.consolidate(project.reply("研发部", {}, "reply", 15))
    issue_again(project)
    said = words_on(first(project.packs["研发部"]))
    assert text("build.front.unchanged", "zh") in said
    assert text("build.front.taken", "zh", n=0) not in said


def issue_again(project: Project) -> None:
    with clock.at(datetime(2026, 11, 20, 13) + timedelta(hours=len(list(project.folder.glob("out*"))))):
        out = project.folder / f"out{len(list(project.folder.glob('out*')))}"
        report = verbs.issue(project.master, as_of=FRIDAY, week="2026-W47", lang="zh", out=out, progress=no_progress)
    project.packs = {str(p["department"]): Path(str(p["file"])) for p in report.json["packs"]}


def stamp(book: openpyxl.Workbook, path: Path) -> None:
    book.save(path)


def test_the_pmo_can_send_a_form_that_rests(tmp_path: Path) -> None:
    project = Project.again(tmp_path / "p")
    with clock.at(datetime(2026, 11, 20, 13)):
        given = {"as_of": FRIDAY, "week": "2026-W47", "lang": "zh", "out": tmp_path / "o", "progress": no_progress}
        report = verbs.issue(project.master, carry="需求登记表", **given)  # type: ignore[arg-type]
        assert SCHEMA.form("requirements").sheet["zh"] in workbook_at(report.json["packs"][0]["file"]).sheetnames
        with pytest.raises(Exception, match="需求登几"):
            verbs.issue(project.master, carry=["需求登几"], **given)  # type: ignore[arg-type]


def test_a_department_is_told_what_has_changed_in_what_it_is_informed_of(tmp_path: Path) -> None:
    project = Project.start(tmp_path, forms="requirements,tasks,problems,responsibilities")
    duties: list[dict[str, Value]] = [
        {"duty_id": "ZZ-001", "duty": "联调", "task_id": "RW-002", "dept": "研发部", "raci": "accountable"},
        {"duty_id": "ZZ-002", "duty": "知道联调的进展", "work_item": "接口联调", "dept": "市场部", "raci": "informed"},
        {"duty_id": "ZZ-003", "duty": "问卷", "task_id": "RW-001", "dept": "市场部", "raci": "informed"},
    ]
    desk.fill_in(project.master, {"responsibilities": duties}, "zh", DAY)
    verbs.flag(project.master, as_of=DAY, lang="zh")
    project.issue()
    nobody = " ".join(words_on(first(project.packs["市场部"])))
    assert "知会" not in nobody, "its first pack: nothing has changed since"
    project.consolidate(project.reply("研发部", {("tasks", "RW-002"): {"status": "暂停", "progress": "30%"}}, "研发部"))
    project.type(("tasks", "RW-002", "end", date(2026, 12, 4)), ("tasks", "RW-001", "end", date(2026, 12, 4)))
    project.issue()
    words = words_on(first(project.packs["市场部"]))
    at = words.index(next(w for w in words if "知会" in w))
    assert words[at + 6 : at + 16] == [
        *("RW-002", "接口联调", "研发部", "改期 · 计划结束时间", "2026-11-27 → 2026-12-04 · PMO（手工）"),
        *("RW-002", "接口联调", "研发部", "状态变化 · 完成状态", "进行中 → 暂停 · 研发部"),
    ], "not its own task, and not what is said every week"
    assert not any("知会" in w for w in words_on(first(project.packs["研发部"])))


def printed(lines: int) -> tuple[Worksheet, list[int]]:
    """The first sheet of a pack with so many late tasks, and the rows before which a new page begins, from 1."""
    rows = "\n".join(f"| RW-{n:03} | 联调 | 研发部 | 王* | 2026-11-12 | 50% | 进行中 | | |" for n in range(lines))
    late = tasks(f"{TASKS.strip().splitlines()[0]}\n{rows}")
    case = Case({"tasks": late}, SCHEMA, PEOPLE, Settings(), Calendar(), FRIDAY)
    asks = department_asks(case, (), FRIDAY)["研发部"]
    (plan,) = packs_for(
        {"tasks": late}, SCHEMA, PEOPLE, Settings(), week="2026-W47", issued_at=datetime(2026, 11, 16, 9), make_id=lambda _: "P-1",
        departments=["研发部"],
    )  # fmt: skip
    plan = replace(plan, front=replace(plan.front, lines=front_lines(asks, case.rows, FRIDAY, "zh")))
    made = workbook_at(io.BytesIO(build_pack(plan, SCHEMA, "zh", PEOPLE, "t", "产品", "p")))
    return made.worksheets[0], [one.id + 1 for one in made.worksheets[0].row_breaks.brk]


def test_the_first_sheet_is_one_page_or_its_pages_begin_with_a_section() -> None:
    page, breaks = printed(3)
    assert (breaks, page.page_setup.fitToHeight or 1, page.sheet_properties.pageSetUpPr.fitToPage) == ([], 1, True)
    page, breaks = printed(30)
    assert breaks, "too much for one page"
    assert {(page.cell(row, 2).font.sz, page.cell(row, 2).font.b) for row in breaks} == {(12, True)}, "headings of sections"
    assert not page.sheet_properties.pageSetUpPr or not page.sheet_properties.pageSetUpPr.fitToPage, "Excel would drop the breaks"


def test_nobody_is_asked_to_accept_what_is_not_due_yet() -> None:
    accepted = table(
        "acceptance", "| 验收编号 | 验收对象 | 所属需求编号 | 预期成果 | 验收部门 | 验收结论 |\n| YS-001 | 上线 | XZ-1 | 页面 | 研发部 | |"
    )

    def asks(due: str, status: str = "进行中", work: str = "进行中") -> list[str]:
        needs = requirements(f"| 需求编号 | 需求名称 | 涉及部门 | 期望完成时间 | 状态 |\n| XZ-1 | 产品 | 研发部 | {due} | {status} |")
        done = tasks(f"| 任务ID | 任务名称 | 所属需求编号 | 负责部门 | 完成状态 |\n| RW-001 | 上线 | XZ-1 | 研发部 | {work} |")
        case = Case({"requirements": needs, "tasks": done, "acceptance": accepted}, SCHEMA, PEOPLE, Settings(), Calendar(), FRIDAY)
        return [a.row_id for lines in department_asks(case, (), date(2026, 11, 29)).values() for a in lines if a.form == "acceptance"]

    assert asks("2026-12-31") == []
    assert asks("2026-11-27") == asks("") == asks("2026-12-31", "已完成") == ["YS-001"]
    assert asks("2026-12-31", work="已完成") == ["YS-001"], "its work is done early"
