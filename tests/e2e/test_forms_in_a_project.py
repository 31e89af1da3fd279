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
from workbooks import workbook_at

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.demo import desk
from collab_xl.forms import BASIC, Form, load
from collab_xl.model.values import Value
from collab_xl.rules.rows import names
from collab_xl.verbs.times import clock

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
    "block": ["FX-003", "FX-001"],
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
GOALS = {
    "reply": {"MB-01": {"actual_value": "9.1%"}},
    "merged": {"MB-01": {"actual_value": "9.1%", "status": "open"}},
    "codes": [("T303", "MB-01")],
    "overdue": ["MB-01"],
    "escalated": {"MB-01": "overdue"},
    "figure": 1,
}
SIGNATURES = {
    "reply": {"QR-001": {"opinion": "同意", "person": "何*总监", "signed_on": date(2026, 11, 19)}},
    "merged": {"QR-001": {"opinion": "consent", "person": "何*总监", "signed_on": date(2026, 11, 19)}},
    "codes": [("R302", "QR-003"), ("V112", "QR-003")],
    "escalated": {"QR-003": "not_agreed"},
    "figure": 1,
}
CHANGES = {
    "reply": {"BG-001": {"change_effect": "测试顺延两周"}},
    "merged": {"BG-001": {"change_effect": "测试顺延两周", "approval": "to_approve"}},
    "figure": 2,
}
OCCASIONS = {
    "computed": {"GT-01": {"next": datetime(2026, 11, 23, 10)}, "GT-02": {"next": None}, "GT-03": {"next": None}},
    "codes": [("V131", "GT-03")],
}
RESULTS = {
    "reply": {"YS-002": {"actual_result": "两场培训", "conclusion": "不通过", "conditions": "补一场"}},
    "merged": {"YS-002": {"actual_result": "两场培训", "conclusion": "rejected", "conditions": "补一场"}},
    "codes": [("V112", "YS-001")],
    "figure": 2,
}
REVIEWS = {
    "reply": {"FP-001": {"status": "落实中", "improvement": "建立环境排期表"}},
    "merged": {"FP-001": {"status": "in_progress", "improvement": "建立环境排期表"}},
    "codes": [("P402", "FP-002")],
    "figure": 2,
}
CASES: dict[tuple[str, str], Case] = {
    ("change_requests", "zh"): Case(
        sheet="变更单",
        headings=["变更事项", "变更对象", "变更前", "变更后", "变更原因", "申请部门", "申请日期", "审批结论"],
        tracker=[
            ["上线推迟", "RW-002", "2026-11-30", "2026-12-31", "供应商延期", "研发部", "2026-11-16", "待审批"],
            ["范围缩小", "XZ-2026-001", "三个渠道", "两个渠道", "预算", "市场部", "2026-11-10", "审批中"],
        ],
        read={
            "BG-001": {"change_text": "上线推迟", "changed_row": "RW-002", "value_after": "2026-12-31", "approval": "to_approve"},
            "BG-002": {"dept": "市场部", "approval": "to_approve", "asked_on": date(2026, 11, 10)},
        },
        **CHANGES,
    ),
    ("change_requests", "en"): Case(
        sheet="Changes",
        headings=["Change", "Row to change", "Before", "After", "Reason for change", "Asked by", "Asked on", "Approval"],
        tracker=[
            ["Release moves", "RW-002", "2026-11-30", "2026-12-31", "Supplier late", "研发部", "2026-11-16", "Pending"],
            ["Smaller scope", "XZ-2026-001", "three channels", "two channels", "Budget", "市场部", "2026-11-10", "Open"],
        ],
        read={
            "BG-001": {"change_text": "Release moves", "changed_row": "RW-002", "value_after": "2026-12-31", "approval": "to_approve"},
            "BG-002": {"dept": "市场部", "approval": "to_approve", "asked_on": date(2026, 11, 10)},
        },
        **CHANGES,
    ),
    ("communication", "zh"): Case(
        sheet="沟通计划表",
        headings=["沟通场景", "沟通方式", "参与人员", "沟通频率"],
        tracker=[
            ["项目周例会", "线下会议", "各部门接口人、PMO", "每周一10:00"],
            ["紧急问题", "电话", "责任部门", "即时"],
            ["专项沟通", "邮件", "PMO", "看情况"],
        ],
        read={
            "GT-01": {"scene": "项目周例会", "way": "线下会议", "people": "各部门接口人、PMO", "frequency": "每周一10:00"},
            "GT-03": {"scene": "专项沟通", "frequency": "看情况"},
        },
        reply={}, merged={}, **OCCASIONS,
    ),
    ("communication", "en"): Case(
        sheet="Communications plan",
        headings=["Communication type", "Channel", "Audience", "How often"],
        tracker=[
            ["Weekly meeting", "Meeting", "Liaisons, PMO", "every Monday 10:00"],
            ["Urgent problem", "Phone", "Department", "as needed"],
            ["Special", "Mail", "PMO", "now and then"],
        ],
        read={"GT-01": {"scene": "Weekly meeting", "way": "Meeting", "people": "Liaisons, PMO", "frequency": "every Monday 10:00"}},
        reply={}, merged={}, **OCCASIONS,
    ),
    ("acceptance", "zh"): Case(
        sheet="成果验收确认单",
        headings=["验收对象", "预期成果", "实际成果", "验收结论", "各部门确认人", "确认日期"],
        tracker=[
            ["上线版本", "可发布版本", "V3.0", "有条件通过", "何*总监", "2026.11.18"],
            ["培训材料", "三场培训", "-", "待验收", None, None],
        ],
        read={
            "YS-001": {"result_name": "上线版本", "expected_result": "可发布版本", "actual_result": "V3.0", "conclusion": "conditional",
                       "dept": "研发部",
                       "confirmed_by": "何*总监", "confirmed_on": date(2026, 11, 18)},
            "YS-002": {"actual_result": None, "conclusion": "to_accept"},
        },
        department="研发部",
        **RESULTS,
    ),
    ("acceptance", "en"): Case(
        sheet="Deliverable acceptance",
        headings=["Deliverable", "Acceptance criteria", "Delivered", "Conclusion", "Accepted by", "Acceptance date", "Team"],
        tracker=[
            ["Release", "Can be released", "V3.0", "Conditional", "He", "18 Nov 2026", "研发部"],
            ["Trainings", "Three of them", None, "Pending", None, None, "研发部"],
        ],
        read={
            "YS-001": {"result_name": "Release", "expected_result": "Can be released", "actual_result": "V3.0",
                       "conclusion": "conditional", "confirmed_by": "He",
                       "confirmed_on": date(2026, 11, 18)},
            "YS-002": {"conclusion": "to_accept"},
        },
        **RESULTS,
    ),
    ("retrospective", "zh"): Case(
        sheet="复盘",
        headings=["目标", "达成情况", "成功经验", "问题不足", "改进建议", "责任人"],
        tracker=[
            ["两周完成联调", "多用了一周", "夜间排期", "环境只有一套", "增加备用环境", "*主管"],
            ["首批物料到货", "到货六成", "备了第二家", "合同没有罚则", "补充条款", None],
        ],
        read={
            "FP-001": {"topic": "两周完成联调", "goal": "两周完成联调", "result": "多用了一周", "success": "夜间排期",
                       "shortfall": "环境只有一套", "improvement": "增加备用环境", "owner": "*主管", "dept": "研发部"},
            "FP-002": {"topic": "首批物料到货", "owner": None},
        },
        department="研发部",
        **REVIEWS,
    ),
    ("retrospective", "en"): Case(
        sheet="Lessons learned",
        headings=["Topic", "Original goal", "What happened", "Went well", "What went wrong", "Recommendation", "Assigned to", "Team"],
        tracker=[
            ["Integration", "In two weeks", "Three weeks", "Night slots", "One environment", "A second one", "Wang", "研发部"],
            ["Materials", "By October", "Six tenths", "Second supplier", "No penalty", "New terms", None, "研发部"],
        ],
        read={
            "FP-001": {"topic": "Integration", "goal": "In two weeks", "result": "Three weeks", "success": "Night slots",
                       "shortfall": "One environment", "improvement": "A second one", "owner": "Wang"},
            "FP-002": {"topic": "Materials"},
        },
        **REVIEWS,
    ),
    ("goals", "zh"): Case(
        sheet="目标共识书",
        headings=["目标", "衡量指标", "目标值", "里程碑", "涉及部门", "状态", "各部门负责人签字"],
        tracker=[
            ["用户转化率提升15%", "转化率", "提升15%", "2026.11.13", "市场部、研发部", "推进中", "刘*、何*"],
            ["支付切换不丢单", "支付成功率", "≥99.9%", "2026-12-11", "研发部", "进行中", "何*"],
        ],
        read={
            "MB-01": {"goal": "用户转化率提升15%", "indicator": "转化率", "target_value": "提升15%", "due": date(2026, 11, 13),
                      "depts": ("市场部", "研发部"), "status": "open"},
            "MB-02": {"target_value": "≥99.9%", "depts": ("研发部",)},
        },
        **GOALS,
    ),
    ("goals", "en"): Case(
        sheet="Project goals",
        headings=["Goal description", "KPI", "Target value", "Milestone date", "Departments", "Goal status"],
        tracker=[
            ["Conversion +15 %", "Conversion", "+15 %", "13 Nov 2026", "市场部, 研发部", "On track"],
            ["No order lost", "Payments that succeed", "99.9 %", "2026-12-11", "研发部", "Open"],
        ],
        read={
            "MB-01": {"goal": "Conversion +15 %", "indicator": "Conversion", "due": date(2026, 11, 13), "depts": ("市场部", "研发部"),
                      "status": "open"},
            "MB-02": {"target_value": "99.9 %", "status": "open"},
        },
        **GOALS,
    ),
    ("signatures", "zh"): Case(
        sheet="会签表",
        headings=["会签事项", "对象编号", "会签部门", "意见", "理由", "签字人", "签字日期"],
        tracker=[
            ["产品Q3上线", "XZ-2026-001", "研发部", "待签", None, None, None],
            ["产品Q3上线", "XZ-2026-001", "市场部", "未签", None, None, None],
            ["预热素材", "RW-103", "市场部", "反对", "-", "刘*总监", "2026.11.18"],
        ],
        read={
            "QR-001": {"matter": "产品Q3上线", "signed_for": "XZ-2026-001", "dept": "研发部", "opinion": "unsigned", "person": None},
            "QR-003": {"opinion": "objected", "reason_given": None, "person": "刘*总监", "signed_on": date(2026, 11, 18)},
        },
        **SIGNATURES,
    ),
    ("signatures", "en"): Case(
        sheet="Sign-off sheet",
        headings=["Sign-off subject", "Refers to", "Signing department", "Agreement", "Comments", "Signatory", "Date signed"],
        tracker=[
            ["Q3 launch", "XZ-2026-001", "研发部", "Pending", None, None, None],
            ["Q3 launch", "XZ-2026-001", "市场部", "Not signed", None, None, None],
            ["Teaser", "RW-103", "市场部", "Rejected", None, "Liu", "18 Nov 2026"],
        ],
        read={
            "QR-001": {"matter": "Q3 launch", "signed_for": "XZ-2026-001", "dept": "研发部", "opinion": "unsigned"},
            "QR-003": {"opinion": "objected", "person": "Liu", "signed_on": date(2026, 11, 18)},
        },
        **SIGNATURES,
    ),
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


def concerns(form: Form, row: Cells, department: str) -> bool:
    """Whether a row is in the department's pack; the rows of a form without departments are in every pack."""
    return not form.department_field or department in names(row[form.department_field])  # type: ignore[arg-type]


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

    project.issue(carry=form_id)
    mine = {key for key, row in held(project, form_id).items() if concerns(form, row, "研发部")}
    pack = workbook_at(project.packs["研发部"])[form.sheet[lang]]
    assert {str(cell.value) for cell in pack["A"][3:] if cell.value} == mine
    for department, path in project.packs.items():
        shown = form.sheet[lang] in workbook_at(path).sheetnames
        own = any(concerns(form, row, department) for row in held(project, form_id).values())
        assert shown is (own or form.pack.when == "always")

    before = project.data()
    said = {(form_id, key): words(project, form_id, cells) for key, cells in case.reply.items()}
    reply = project.reply("研发部", said or {("tasks", "RW-002"): {"remark": "按计划"}}, "研发部")
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
        assert [str(v).removeprefix("▲ ").split()[0] for v in column(project.master, f"wk_{form_id}.{title.id}")] == list(case.block)
    status = run(verbs.status).json
    assert status["rows"][form_id] == len(held(project, form_id))
    for figure in form.figures:
        assert status["figures"][figure.id] == case.figure
        assert column(project.master, f"home_figure_{figure.id}") == [case.figure]

    run(verbs.undo, run=consolidated)
    assert project.data() == before
