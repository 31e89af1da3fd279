"""Every form beyond the three, from somebody's own tracker to undo: import, pack, reply, check, flag, week, undo; in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from e2e.small_project import DAY, DEPARTMENTS, MONDAY, PROBLEMS, REQUIREMENTS, TASKS, WEEK, Project

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.demo import desk
from collab_xl.forms import BASIC, load
from collab_xl.model.values import Value
from collab_xl.verbs import clock

Cells = Mapping[str, object]


@dataclass(frozen=True)
class Case:
    """A form in a project. Rows are those of the whole test: some from a tracker, then what a department writes into its pack."""

    sheet: str
    headings: Sequence[str]
    tracker: Sequence[Sequence[object]]
    read: Mapping[str, Cells]
    """Key → parsed values that the tracker must give."""
    reply: Mapping[str, Cells]
    """Key, or `+n` for a blank row → what 研发部 types into its pack."""
    merged: Mapping[str, Cells]
    computed: Mapping[str, Cells] = field(default_factory=dict)
    """Key → parsed values after `flag`."""
    codes: Sequence[tuple[str, str]] = ()
    """(code, key) that `check` must report, of the codes that only this form or its roles bring."""
    overdue: Sequence[str] = ()
    escalated: Mapping[str, str] = field(default_factory=dict)
    """Key → cause."""
    block: Sequence[str] = ()
    """Keys on the weekly sheet, in order."""
    figure: int | None = None
    department: str | None = None


RISKS = {
    "reply": {
        "FX-001": {"status": "应对中", "likelihood": "高"},
        "+0": {
            "description": "核心开发请假", "likelihood": "高", "impact": "中", "owner": "王*", "dept": "研发部",
            "raised_at": datetime(2026, 11, 18, 9, 30), "due": date(2026, 11, 27), "status": "已识别",
        },
    },
    "merged": {
        "FX-001": {"status": "responding", "likelihood": "high"},
        "FX-003": {"description": "核心开发请假", "dept": "研发部", "due": date(2026, 11, 27), "response": None},
    },
    "computed": {"FX-001": {"level": "high"}, "FX-002": {"level": "low"}, "FX-003": {"level": "high"}},
    "codes": [("T303", "FX-001"), ("T311", "FX-003")],
    "overdue": ["FX-001"],
    "escalated": {"FX-001": "overdue"},
    "block": ["FX-001", "FX-003"],
    "figure": 2,
}  # fmt: skip
ACTIONS = {
    "reply": {"HY-001": {"status": "已完成", "result": "已签补充协议", "done_on": date(2026, 11, 19)}},
    "merged": {"HY-001": {"status": "done", "result": "已签补充协议", "done_on": date(2026, 11, 19)}},
    "codes": [("T303", "HY-002"), ("T312", "HY-002")],
    "overdue": ["HY-002"],
    "escalated": {"HY-002": "overdue"},
    "block": ["HY-002", "HY-003"],
    "figure": 1,
}
RESOURCES = {
    "reply": {
        "ZY-001": {"have": 3, "use_from": date(2026, 11, 16), "use_to": date(2026, 11, 20)},
        "+0": {
            "name": "测试工程师", "resource_kind": "人力", "need": "2人", "use_from": date(2026, 11, 18), "use_to": date(2026, 11, 25),
            "asked_at": datetime(2026, 11, 17, 9), "deliver_by": date(2026, 12, 4), "status": "待答复",
        },
    },
    "merged": {
        "ZY-001": {"have": 3, "use_from": date(2026, 11, 16)},
        "ZY-003": {"name": "测试工程师", "need": 2, "dept": "研发部", "status": "waiting"},
    },
    "computed": {"ZY-001": {"gap": 0.4}, "ZY-002": {"gap": 0.1}, "ZY-003": {"gap": None}},
    "codes": [("Q521", "ZY-003"), ("Q523", "ZY-001"), ("T313", "ZY-003")],
    "escalated": {"ZY-001": "resource_gap"},
    "block": ["ZY-001", "ZY-002", "ZY-003"],
    "figure": 1,
}  # fmt: skip
DUTIES = {
    "reply": {"ZZ-001": {"deliverable": "联调报告V2", "owner": "赵*"}},
    "merged": {"ZZ-001": {"deliverable": "联调报告V2", "owner": "赵*"}},
    "codes": [("R311", "ZZ-001")],
}
CASES: dict[tuple[str, str], Case] = {
    ("risks", "zh"): Case(
        sheet="风险应对申请表",
        headings=["序号", "风险描述", "风险等级(高/中/低)", "影响范围", "建议措施", "责任人", "解决时限"],
        tracker=[
            [1, "供应商交付延期", "高", "首批物料", "备选供应商", "王*", "2026.11.13"],
            [2, "素材审批慢", "低", "预热上线", "并行审批", "李*", "2026年11月30日"],
        ],
        read={
            "FX-001": {"description": "供应商交付延期", "level": "high", "scope": "首批物料", "response": "备选供应商",
                       "owner": "王*", "dept": "研发部", "due": date(2026, 11, 13)},
            "FX-002": {"level": "low", "due": date(2026, 11, 30)},
        },
        department="研发部",
        **RISKS,
    ),
    ("risks", "en"): Case(
        sheet="Risk register",
        headings=["Risk #", "Risk description", "Risk rating", "Scope", "Mitigation plan", "Risk owner", "Due date", "Team"],
        tracker=[
            ["FX-001", "Supplier delivers late", "Red", "First materials", "Second supplier", "Wang", "13 Nov 2026", "研发部"],
            ["FX-002", "Slow approvals", "Low", "Teaser", "Approve in parallel", "Li", "2026-11-30", "研发部"],
        ],
        read={
            "FX-001": {"description": "Supplier delivers late", "level": "high", "scope": "First materials", "response": "Second supplier",
                       "owner": "Wang", "dept": "研发部", "due": date(2026, 11, 13)},
            "FX-002": {"level": "low", "due": date(2026, 11, 30)},
        },
        **RISKS,
    ),
    ("actions", "zh"): Case(
        sheet="会议纪要",
        headings=["会议", "日期", "待办事项", "责任人", "责任部门", "完成时限", "状态"],
        tracker=[
            ["项目周例会", "2026-11-09", "签补充协议", "王*", "研发部", "2026.11.18", "进行中"],
            ["项目周例会", "2026-11-09", "落实演练场地", "李*", "市场部", "2026/11/13", "未完成"],
            ["专题会", "2026年11月19日", "更新销售计划", "李*", "市场部", "2026-11-27", "待办"],
        ],
        read={
            "HY-001": {"meeting_name": "项目周例会", "held_at": date(2026, 11, 9), "action": "签补充协议", "owner": "王*", "dept": "研发部",
                       "due": date(2026, 11, 18), "status": "in_progress"},
            "HY-002": {"status": "to_do", "due": date(2026, 11, 13)},
            "HY-003": {"held_at": date(2026, 11, 19), "status": "to_do"},
        },
        **ACTIONS,
    ),
    ("actions", "en"): Case(
        sheet="Action items",
        headings=["Meeting", "Meeting date", "Action item", "Assigned to", "Team", "Due date", "Status"],
        tracker=[
            ["Weekly meeting", "2026-11-09", "Sign the contract", "Wang", "研发部", "18 Nov 2026", "Ongoing"],
            ["Weekly meeting", "2026-11-09", "Find a room", "Li", "市场部", "2026-11-13", "Not started"],
            ["Channels", "2026-11-19", "New sales plan", "Li", "市场部", "2026-11-27", "Open"],
        ],
        read={
            "HY-001": {"meeting_name": "Weekly meeting", "held_at": date(2026, 11, 9), "action": "Sign the contract", "owner": "Wang",
                       "dept": "研发部", "due": date(2026, 11, 18), "status": "in_progress"},
            "HY-002": {"status": "to_do"},
            "HY-003": {"status": "to_do"},
        },
        **ACTIONS,
    ),
    ("resources", "zh"): Case(
        sheet="资源与交付计划",
        headings=["部门", "资源名称", "资源类型(人力/预算/物料)", "需求量", "可用量", "缺口%", "交付物", "交付时间", "质量标准"],
        tracker=[
            ["研发部", "测试工程师", "人力", "5人", "2人", "60%", "压测报告", "2026-11-27", "成功率99.9%"],
            ["市场部", "推广预算", "预算", "20万", "18万", None, "结案报告", "2026.12.18", "-"],
        ],
        read={
            "ZY-001": {"dept": "研发部", "name": "测试工程师", "resource_kind": "people", "need": 5, "have": 2, "deliverable": "压测报告",
                       "deliver_by": date(2026, 11, 27), "standard": "成功率99.9%"},
            "ZY-002": {"resource_kind": "budget", "need": 200_000, "have": 180_000, "standard": None},
        },
        **RESOURCES,
    ),
    ("resources", "en"): Case(
        sheet="Resource plan",
        headings=["Team", "Resource needed", "Resource type", "Qty", "Allocated", "Deliverable", "Delivery date", "Acceptance criteria"],
        tracker=[
            ["研发部", "测试工程师", "Staff", 5, 2, "Load test report", "27 Nov 2026", "99.9 %"],
            ["市场部", "Promotion", "Budget", 200_000, 180_000, "Report", "2026-12-18", None],
        ],
        read={
            "ZY-001": {"dept": "研发部", "resource_kind": "people", "need": 5, "have": 2, "deliver_by": date(2026, 11, 27)},
            "ZY-002": {"resource_kind": "budget", "need": 200_000},
        },
        **RESOURCES,
    ),
    ("responsibilities", "zh"): Case(
        sheet="职责分工表",
        headings=["部门", "岗位", "职责描述", "交付成果", "时间节点", "负责人", "工作事项", "RACI"],
        tracker=[
            ["研发部", "支付组长", "联调与压测", "联调报告", "2026.12.3", "王*", "支付升级", "R"],
            ["市场部", "产品经理", "对外口径", "公告", "第2-4周", "李*", "支付升级", "C"],
        ],
        read={
            "ZZ-001": {"dept": "研发部", "post": "支付组长", "duty": "联调与压测", "deliverable": "联调报告", "due": date(2026, 12, 3),
                       "owner": "王*", "work_item": "支付升级", "raci": "responsible"},
            "ZZ-002": {"dept": "市场部", "raci": "consulted"},
        },
        **DUTIES,
    ),
    ("responsibilities", "en"): Case(
        sheet="RACI matrix",
        headings=["Team", "Role", "Core duties", "Deliverables", "Delivery date", "Responsible person", "Activity", "RACI"],
        tracker=[
            ["研发部", "Payment lead", "Integration and load test", "Report", "3 Dec 2026", "Wang", "Payment upgrade", "R"],
            ["市场部", "Product manager", "What is said outside", "Notice", "2026-12-10", "Li", "Payment upgrade", "Informed"],
        ],
        read={
            "ZZ-001": {"dept": "研发部", "post": "Payment lead", "duty": "Integration and load test", "due": date(2026, 12, 3),
                       "owner": "Wang", "work_item": "Payment upgrade", "raci": "responsible"},
            "ZZ-002": {"raci": "informed"},
        },
        **DUTIES,
    ),
}  # fmt: skip


def tracker_of(case: Case, path: Path) -> Path:
    """With its name as a title above the headings, as people make them."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = case.sheet
    sheet.append([case.sheet])
    sheet.append(list(case.headings))
    for line in case.tracker:
        sheet.append(list(line))
    book.save(path)
    return path


def held(project: Project, form: str) -> dict[str, Cells]:
    key = load().form(form).key.id
    return {str(row[key]): row for row in desk.values(project.master, project.lang)[form] if any(v is not None for v in row.values())}


def agrees(rows: Mapping[str, Cells], wanted: Mapping[str, Cells]) -> None:
    for key, cells in wanted.items():
        assert {name: rows[key][name] for name in cells} == cells, key


def words(project: Project, form: str, cells: Cells) -> dict[str, object]:
    """Chinese words of drop-downs in the language of the pack."""
    fields = {f.id: f for f in load().form(form).fields}
    known = {(name, c.label["zh"]): c.label[project.lang] for name, f in fields.items() for c in f.choices}
    return {name: known.get((name, str(value)), value) for name, value in cells.items()}


def column(master: Path, name: str) -> list[Value]:
    book = read_book(master)
    sheet, area = book.names[name]
    return [v for row in range(area.first_row, area.last_row + 1) if (v := book.snapshot(sheet).value(row, area.first_col)) is not None]


def test_every_form_has_a_case_in_both_languages() -> None:
    assert set(CASES) == {(form.id, lang) for form in load().forms if form.id not in BASIC for lang in ("zh", "en")}


@pytest.mark.parametrize(("form_id", "lang"), CASES)
def test_a_week_of_it(form_id: str, lang: str, tmp_path: Path) -> None:
    case, form = CASES[form_id, lang], load().form(form_id)
    project = Project(tmp_path, lang)
    with clock.at(MONDAY):
        verbs.init(project.master, project="演示", departments=DEPARTMENTS, lang=lang, as_of=DAY, forms="full")
    desk.fill_in(project.master, {"requirements": REQUIREMENTS, "tasks": TASKS, "problems": PROBLEMS}, lang, DAY)

    def run(verb: Any, **more: Any) -> Any:
        return verb(project.master, as_of=DAY, lang=lang, **more)

    source = tracker_of(case, tmp_path / "tracker.xlsx")
    report = run(verbs.import_tracker, sources=[source], confirmed=True, department=case.department)
    assert report.json["written"] == len(case.tracker), report.lines
    run(verbs.flag)  # numbers the rows
    agrees(held(project, form_id), case.read)

    project.issue()
    mine = {key for key, row in held(project, form_id).items() if row[form.department_field] == "研发部"}
    pack = openpyxl.load_workbook(project.packs["研发部"])[form.sheet[lang]]
    assert {str(cell.value) for cell in pack["A"][3:] if cell.value} == mine
    for department, path in project.packs.items():
        shown = form.sheet[lang] in openpyxl.load_workbook(path).sheetnames
        own = any(row[form.department_field] == department for row in held(project, form_id).values())
        assert shown is (own or form.pack.when == "always")

    before = project.data()
    reply = project.reply("研发部", {(form_id, key): words(project, form_id, cells) for key, cells in case.reply.items()}, "研发部")
    report = project.consolidate(reply)
    assert report.json["conflicts"] == [], report.lines
    consolidated = report.json["run"]
    agrees(held(project, form_id), case.merged)

    run(verbs.flag)
    agrees(held(project, form_id), case.computed)
    found = run(verbs.check).json["findings"]
    wanted = {code for code, _ in case.codes}
    assert sorted((f["code"], f["row_id"]) for f in found if f["code"] in wanted and f["row_id"] in held(project, form_id)) == sorted(
        case.codes
    )
    overdue = {row["row_key"]: row for row in project.listed("overdue")}
    assert [key for key in overdue if key in held(project, form_id)] == list(case.overdue)
    escalated = {e["row_id"]: e["cause"] for e in run(verbs.week, week=WEEK).json["escalations"]}
    assert {key: cause for key, cause in escalated.items() if key in held(project, form_id)} == case.escalated

    title = form.role("title")
    assert title is not None
    if form.block:
        assert [str(v).split()[0] for v in column(project.master, f"wk_{form_id}.{title.id}")] == list(case.block)
    status = run(verbs.status).json
    assert status["rows"][form_id] == len(held(project, form_id))
    for figure in form.figures:
        assert status["figures"][figure.id] == case.figure
        assert column(project.master, f"home_figure_{figure.id}") == [case.figure]

    run(verbs.undo, run=consolidated)
    assert project.data() == before
