"""What each department writes into its pack this week, the way people write it.

A cell's words are a pair (Chinese, English) or one value for both. `NEW` rows go into the first blank row of the pack. Nothing here
is parsed: `replies` types it into the cells as it stands, text dates, `完成80%` and check marks included.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

Bilingual = tuple[str, str]
DemoValue = Bilingual | str | int | float | date | datetime | None
NEW = ""


class Written(NamedTuple):
    """Cells of one row: `key` as the key column shows it, or NEW."""

    form: str
    key: str
    cells: dict[str, DemoValue]


DONE: Bilingual = ("已完成", "Done")
HANDLING: Bilingual = ("处理中", "In progress")
SOLVED: Bilingual = ("已解决", "Solved")

# 市场部 (a): on time and tidy. One task finished, one cell cleared with the word for it, one new problem, a risk that is over.
MARKETING = [
    Written(
        "tasks",
        "RW-038",
        {
            "progress": 1,
            "status": DONE,
            "actual_end": date(2026, 11, 19),
            "risk": ("清空", "CLEAR"),
            "done_this_week": ("资料提交并通过审核", "Material handed in and accepted"),
        },
    ),
    Written(
        "tasks",
        "RW-066",
        {"progress": 0.9, "done_this_week": ("完成9份", "9 finished"), "plan_next_week": ("补齐最后1份", "The last one")},
    ),
    Written(
        "tasks",
        "RW-069",
        {
            "progress": 0.3,
            "status": ("滞后", "Late"),
            "late_reason": ("素材未齐，等最后1份审批", "One item still waits for approval"),
            "measure": ("先上9份，11-24补齐", "Start with 9, the last one on 24 November"),
            "plan_next_week": ("11-24 预热上线", "Teaser goes live on 24 November"),
        },
    ),
    Written("requirements", "XZ-2026-009", {"outcome": ("投放排期已确认，预算不变", "Schedule agreed, budget unchanged")}),
    Written("problems", "WT-009", {"status": HANDLING, "measure": ("周一上午提供50个账号", "50 accounts on Monday morning")}),
    Written(
        "problems",
        NEW,
        {
            "task_id": "RW-069",
            "raised_by": ("李*", "Li"),
            "raised_at": datetime(2026, 11, 20, 10, 30),
            "dept": ("市场部", "Marketing"),
            "description": (
                "应用商店要求补充隐私说明，可能影响预热上线",
                "The store asks for a privacy statement; the teaser may be delayed",
            ),
            "level": ("跨部门", "Cross-department"),
            "support": ("研发部提供数据清单", "A list of data from R&D"),
            "owner": ("*经理", "*Manager"),
            "due": date(2026, 11, 25),
            "status": ("待处理", "Open"),
        },
    ),
    Written("risks", "FX-005", {"status": ("已关闭", "Closed"), "remark": ("并行审批已见效", "Parallel approvals work")}),
]

# 研发部 (f): two cells that the PMO has changed meanwhile, one that both changed alike, a new task to propose, a new risk, an action done.
R_AND_D = [
    Written(
        "tasks",
        "RW-035",
        {
            "progress": 0.8,
            "done_this_week": ("支付与退款接口完成，剩对账回调", "Payment and refund done, reconciliation is left"),
            "plan_next_week": ("11-25 完成回调并提测", "Call-back ready for test on 25 November"),
        },
    ),
    Written("tasks", "RW-006", {"progress": 0.85, "measure": ("夜间执行，周三前补测", "Test at night, finished by Wednesday")}),
    Written(
        "tasks",
        "RW-061",
        {
            "progress": 0.7,
            "late_reason": ("测试环境被占用", "The test environment was taken"),
            "measure": ("+2人夜班", "+2 people at night"),
            "plan_next_week": ("11-24 出压测报告", "Report on 24 November"),
        },
    ),
    Written(
        "tasks",
        "RW-102",
        {
            "progress": 1,
            "status": DONE,
            "actual_end": date(2026, 11, 18),
            "done_this_week": ("验收用例全部通过", "All cases passed"),
        },
    ),
    Written(
        "tasks",
        NEW,
        {
            "name": ("支付降级开关", "Switch to fall back from payment"),
            "req_id": "XZ-2026-008",
            "dept": ("研发部", "R&D"),
            "owner": ("王*", "Wang"),
            "start": date(2026, 11, 23),
            "end": date(2026, 12, 1),
            "deliverable": ("开关与操作手册", "Switch and manual"),
            "progress": 0,
            "status": ("未开始", "Not started"),
        },
    ),
    Written(
        "problems",
        "WT-014",
        {"status": SOLVED, "closed_at": date(2026, 11, 20), "measure": ("放开附件大小限制", "Size limit of attachments lifted")},
    ),
    Written("problems", "WT-006", {"measure": ("从看板组借调1人，再申请1人", "One from the dashboard team, one more requested")}),
    Written(
        "risks",
        NEW,
        {
            "description": (
                "渠道对账接口月底停机维护，回调联调可能中断两天",
                "The channel's reconciliation interface is down at the end of the month; integration may stop for two days",
            ),
            "likelihood": ("高", "High"),
            "impact": ("中", "Medium"),
            "scope": ("支付接口联调", "Payment interface integration"),
            "response": ("11-27 前完成回调，剩余用例用模拟环境", "Call-back done by 27 November, the rest on a simulator"),
            "owner": ("王*", "Wang"),
            "dept": ("研发部", "R&D"),
            "raised_at": datetime(2026, 11, 20, 14, 0),
            "due": date(2026, 11, 27),
            "status": ("应对中", "Responding"),
            "task_id": "RW-035",
        },
    ),
    Written(
        "signatures",
        "QR-005",
        {"opinion": ("同意", "Agreed"), "person": ("何*总监", "Director He"), "signed_on": date(2026, 11, 19)},
    ),
    Written(
        "actions",
        "HY-002",
        {
            "status": DONE,
            "done_on": date(2026, 11, 19),
            "result": ("备用环境11月19日启用", "The second environment is in use since 19 November"),
        },
    ),
]

# 采购部 (e): typed in a hurry. Dates and percentages as text, a tick, full-width digits, one date that is none.
PROCUREMENT = [
    Written("tasks", "RW-043", {"progress": "100%", "status": "√", "actual_end": "2026.11.6"}),
    Written("tasks", "RW-090", {"progress": "１００％", "status": DONE, "actual_end": ("11月9日", "2026-11-9")}),
    Written(
        "tasks",
        "RW-053",
        {
            "progress": ("完成80%", "80% done"),
            "done_this_week": ("到货八成，其余周二到", "Four fifths delivered, the rest on Tuesday"),
            "plan_next_week": ("11.24 全部入库", "All in stock on 24 November"),
        },
    ),
    Written(
        "tasks",
        "RW-054",
        {
            "late_reason": ("等物料到齐", "Waits for the materials"),
            "measure": ("到一批检一批", "Inspect batch by batch"),
        },
    ),
    Written("tasks", "RW-031", {"progress": "９０％", "done_this_week": ("试运行单据26张", "26 documents in the trial")}),
    Written("tasks", "RW-092", {"progress": ("完成４０％", "40 %"), "actual_end": ("月底前后", "around the end of the month")}),
    Written("problems", "WT-015", {"status": HANDLING, "due": "2026/11/24", "measure": ("已电话催收", "Reminded by phone")}),
]
PROCUREMENT_CORRECTED = [
    *(w for w in PROCUREMENT if w.key not in ("RW-053", "RW-092")),
    Written("tasks", "RW-092", {"progress": ("完成４０％", "40 %")}),
    Written(
        "tasks",
        "RW-053",
        {
            "progress": ("完成85%", "85% done"),
            "done_this_week": ("到货八成半，其余周二到", "85 % delivered, the rest on Tuesday"),
            "plan_next_week": ("11.24 全部入库", "All in stock on 24 November"),
        },
    ),
]

# 销售部 (b): after the deadline. One risk deleted instead of cleared, one planned end moved, which is the PMO's to decide.
SALES = [
    Written(
        "tasks",
        "RW-045",
        {
            "progress": 0.7,
            "risk": None,
            "late_reason": ("三家渠道要求改价", "Three channels want to renegotiate prices"),
            "done_this_week": ("累计签订16家", "16 signed so far"),
        },
    ),
    Written("tasks", "RW-046", {"end": date(2026, 12, 4), "remark": ("合同未齐，申请顺延", "Contracts missing, please move the end")}),
    Written("tasks", "RW-086", {"progress": 1, "status": DONE, "actual_end": date(2026, 11, 20)}),
    Written("tasks", "RW-115", {"progress": 1, "status": DONE, "actual_end": datetime(2026, 11, 17)}),
    Written("tasks", "RW-007", {"progress": 0.45, "done_this_week": ("完成四个大区", "Four regions done")}),
    Written("actions", "HY-006", {"result": ("两家谈妥，第三家周一再谈", "Two agreed, the third on Monday")}),
    Written("problems", "WT-010", {"measure": ("财务底价已确认，周一重签", "Floor price agreed, signing on Monday")}),
    Written("problems", "WT-020", {"status": SOLVED, "closed_at": date(2026, 11, 20), "measure": ("名单已更新", "List updated")}),
]

# 客服部 (c): a good pack, mailed from a private address.
SERVICE = [
    Written("tasks", "RW-078", {"progress": 1, "status": DONE, "actual_end": date(2026, 11, 20)}),
    Written("tasks", "RW-022", {"progress": 0.8, "late_reason": ("场地周一才有", "The room is free on Monday")}),
    Written("tasks", "RW-070", {"progress": 0.8}),
]

# 财务部 (d): a sheet of its own, with its own headings. 工作事项, 责任方 and 截止日期 are aliases of the schema.
HAND_MADE_HEADINGS: list[Bilingual] = [
    ("序号", "No"),
    ("工作事项", "Activity"),
    ("责任方", "Assigned to"),
    ("截止日期", "Deadline"),
    ("进度", "% done"),
    ("状态", "State"),
    ("完成情况", "This week"),
]
HAND_MADE_ROWS: list[list[DemoValue]] = [
    [
        1,
        ("供应商资信核查", "Credit check of suppliers"),
        ("郑*", "Zheng"),
        "2026.11.16",
        "80%",
        ("进行中", "Ongoing"),
        ("缺两家材料", "Two are missing"),
    ],
    [
        2,
        ("预算终稿评审", "Review of the final budget"),
        ("*经理", "*Manager"),
        "2026.11.20",
        "100%",
        ("已完成", "Finished"),
        ("已上会通过", "Approved"),
    ],
    [
        3,
        ("年底关账准备", "Preparation of the year-end closing"),
        ("*会计", "*Accountant"),
        "2026.12.25",
        "10%",
        ("进行中", "Ongoing"),
        ("清单已列", "List is ready"),
    ],
]
