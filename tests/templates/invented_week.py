"""An invented week and home for tests and pictures: every block fuller than its rows, long texts, both languages."""

from __future__ import annotations

from datetime import date, datetime

from collab_xl.model.summary import (
    Cause,
    DecisionLine,
    DemandLine,
    DepartmentLine,
    DoneLine,
    EscalationLine,
    Home,
    Kpi,
    LookAheadLine,
    MilestoneLine,
    OverdueLine,
    PlanLine,
    ProblemLine,
    Promise,
    Rag,
    RiskLine,
    Summary,
    Trend,
    WantedLine,
    WeekPoint,
)

ZH = {
    "project": "产品 Q3 上线",
    "depts": ("市场部", "研发部", "销售部", "采购部", "客服部", "财务部"),
    "people": ("李经理", "王主管", "陈经理", "周专员", "吴主管", "郑会计"),
    "tasks": (
        "支付接口联调",
        "首批物料采购",
        "用户登录测试",
        "渠道合同签订",
        "压力测试报告",
        "客服话术培训",
        "预热素材制作",
        "竞品分析报告",
        "发布会场地确认",
    ),
    "reasons": (
        "人力不足，两名开发被抽调到线上故障",
        "供应商交期延后一周",
        "缺测试账号",
        "对方改价",
        "测试环境被占用",
        "讲师请假",
        "素材审批晚 2 天",
        "数据未到",
        "场地方未回复",
    ),
    "measures": (
        "申请 2 名支援，周三前到位",
        "换供应商并分批到货",
        "市场部周一前给账号",
        "法务周三定稿",
        "夜间执行",
        "改线上",
        "改并行审批",
        "先用公开数据",
        "备选场地二选一",
    ),
    "problem": "线上支付偶发超时，影响约 3% 的订单，客服投诉量上升，需要研发和采购一起排查网关和限流策略",
    "support": "需要采购部确认新供应商的打样时间，并安排一次三方会议",
    "actual": ("已完成，待验收", "完成 7 份，剩 3 份", "进行中 60%", "已完成", "未开始", "进行中 80%", "已完成", "进行中 35%", "已完成"),
    "to": ("研发总监", "市场总监", "王总"),
    "conflict": "任务跟踪表 RW-022“当前进度”有 2 个不同的报送值（研发部、销售部）",
    "req": "需求 XZ-2026-004 会员积分打通 期望完成",
}
EN = {
    "project": "Product launch Q3",
    "depts": ("Marketing", "Research and development", "Sales", "Purchasing", "Customer service", "Finance"),
    "people": ("L. Carter", "M. Wang", "P. Chen", "J. Zhou", "K. Wu", "S. Novak"),
    "tasks": (
        "Payment interface integration",
        "First batch of materials",
        "User login test",
        "Channel contract signed",
        "Load test report",
        "Service scripts training",
        "Teaser material",
        "Competitor analysis",
        "Venue for the launch event",
    ),
    "reasons": (
        "Two developers were moved to a live incident",
        "Supplier is a week late",
        "No test accounts",
        "Partner changed prices",
        "Test environment taken",
        "Trainer on leave",
        "Approval two days late",
        "Data missing",
        "No answer from the venue",
    ),
    "measures": (
        "two more developers from Wednesday",
        "second supplier, split delivery",
        "Marketing gives accounts by Monday",
        "Legal finishes on Wednesday",
        "run at night",
        "hold it online",
        "approve in parallel",
        "use public data",
        "choose between two others",
    ),
    "problem": "Payments time out now and then, about 3 % of all orders; complaints are rising and the gateway and its limits "
    "must be looked at by two departments together",
    "support": "Purchasing should confirm when the new supplier can deliver samples, and call a meeting of the three sides",
    "actual": (
        "Done, to be accepted",
        "7 done, 3 to go",
        "In progress 60%",
        "Done",
        "Not started",
        "In progress 80%",
        "Done",
        "In progress 35%",
        "Done",
    ),
    "to": ("Director R&D", "Director Marketing", "Mr Wang"),
    "conflict": "Tasks RW-022 “Progress” has 2 different submitted values (R&D, Sales)",
    "req": "Requirement XZ-2026-004 Loyalty points due",
}


def week(lang: str, *, first_week: bool = False, quiet: bool = False, departments: int = 6) -> Summary:
    """`first_week`: nothing to compare with. `quiet`: every list empty."""
    d = ZH if lang == "zh" else EN
    depts = [d["depts"][n % 6] + (str(n // 6 + 1) if n >= 6 else "") for n in range(departments)]
    before = (None,) * 8 if first_week else (76, 12, 45, 6, 1, 1, 8, 9)
    values = (71, 0, 50, 0, 0, 0, 12, 0) if quiet else (71, 14, 50, 9, 2, 4, 12, 8)
    ids = ("open", "due_this_week", "rate", "overdue", "milestones_late", "escalated", "finished_this_week", "open_problems")
    overdue = tuple(
        OverdueLine(
            "tasks",
            f"RW-{17 + 5 * n:03}",
            d["tasks"][n],
            depts[n % departments],
            d["people"][n % 6],
            date(2026, 11, 9 + n),
            16 - 2 * n if n < 8 else 1,
            d["reasons"][n],
            d["measures"][n],
        )
        for n in range(9)
    )
    submitted = ("on_time", "on_time", "late", "on_time", "missing", "not_asked")
    rags = (Rag.GREEN, Rag.RED, Rag.AMBER, Rag.RED, Rag.AMBER, Rag.GREEN)
    trends = (
        (0, 1, 1, 0, 2, 1, 1, 1),
        (1, 1, 2, 2, 3, 3, 3, 4),
        (0, 0, 0, 1, 1, 0, 1, 1),
        (0, 1, 1, 1, 2, 2, 2, 2),
        (1, 1, 0, 0, 0, 1, 1, 1),
        (0,),
    )
    unit = "个工作日" if lang == "zh" else "working days"
    facts = {"n": 9, "open": 71, "share": 13, "keep": 7, "limit": 10}
    causes = (
        Cause("late", Rag.AMBER, facts),
        Cause("milestone", Rag.AMBER, {"key": d["tasks"][4], "days": 3, "n": 2, "over": 2, "unit": unit}),
        Cause("unanswered", Rag.AMBER, {"n": 4, "late": 1}),
        Cause("missing", Rag.AMBER, {"n": 3, "asked": 6}),
    )
    said = [(cause.id, cause.facts) for cause in causes]
    latest = ("latest", {"key": "RW-017", "days": 16, "unit": unit})
    parts = (("none_late", {"open": 71}),) if quiet else (said[0], latest, *said[1:], ("worse", {"weeks": 2}))
    return Summary(
        project=d["project"],
        week="2026-W47",
        first_day=date(2026, 11, 16),
        last_day=date(2026, 11, 22),
        as_of=date(2026, 11, 20),
        data_until=datetime(2026, 11, 20, 17, 30),
        rag=Rag.GREEN if quiet else Rag.AMBER,
        trend=Trend.UNKNOWN if first_week else Trend.WORSE,
        reason={"parts": parts},
        missing=() if quiet else ((depts[4 % departments], 1),),
        submitted=5,
        asked=6,
        kpis=tuple(Kpi(i, v, b) for i, v, b in zip(ids, values, before, strict=True)),
        progress=tuple(WeekPoint(f"2026-W{40 + n}", 16 + 10 * n, 15 + int(8.3 * n)) for n in range(8)),
        ageing=tuple((b, 0 if quiet else n) for b, n in zip(("1-3", "4-7", "8-14", "15+"), (4, 3, 1, 1), strict=True)),
        departments=tuple(
            DepartmentLine(
                name,
                d["people"][n % 6],
                submitted[n % 6],
                1 if submitted[n % 6] in {"late", "missing"} else 0,
                7 + 5 * n % 24,
                (1, 4, 1, 2, 1, 0)[n % 6],
                (0, 1, 0, 1, 0, 0)[n % 6],
                50,
                (39, 27, 35, 24, 33, 41)[n % 6],
                trends[n % 6],
                rags[n % 6],
                fresh=date(2026, 11, 20 - n % 6) if n % 6 != 5 else None,
                promised=3 if n % 6 < 4 else 0,
                kept=2 if n % 6 < 4 else 0,
            )
            for n, name in enumerate(depts)
        ),
        overdue=() if quiet else overdue,
        escalations=()
        if quiet
        else tuple(
            EscalationLine(
                n + 1, "tasks", o.key, o.name, o.dept, o.days, "overdue" if n != 2 else "urgent_problem", d["to"], date(2026, 11, 23)
            )
            for n, o in enumerate(overdue[:7])
        ),
        decisions=()
        if quiet
        else (
            *(DecisionLine("conflict", "RW-022", d["conflict"]) for _ in range(3)),
            *(DecisionLine("support", f"WT-00{n + 1}", d["support"]) for n in range(4)),
        ),
        plan=()
        if quiet
        else tuple(
            PlanLine(
                f"RW-{60 + n:03}",
                d["tasks"][n],
                depts[0],
                d["actual"][n],
                d["reasons"][n] if n % 2 else "",
                d["measures"][n] if n % 2 else "",
            )
            for n in range(9)
        ),
        ahead=()
        if quiet
        else (
            LookAheadLine(date(2026, 11, 23), "meeting", {"time": "10:00", "n": 9}),
            LookAheadLine(date(2026, 11, 24), "due_one", {"key": "RW-031", "name": d["tasks"][1], "dept": depts[0]}),
            LookAheadLine(date(2026, 11, 25), "requirement", {"key": "XZ-2026-004", "name": d["tasks"][2]}),
            *(
                LookAheadLine(date(2026, 11, 26), "due", {"n": 16, "dept": depts[1 % departments], "most": 7, "names": d["tasks"][:3]})
                for _ in range(4)
            ),
        ),
        problems=()
        if quiet
        else tuple(
            ProblemLine(f"WT-{n + 1:03}", depts[n % departments], d["problem"], ("urgent", "cross", "normal")[n % 3], "handling", 12 - n)
            for n in range(6)
        ),
        causes=() if quiet else causes,
        cures=(Cause("amber_from", Rag.AMBER, {"n": 8}),) if quiet else causes,
        rag_before=None if first_week else Rag.GREEN,
        milestones=()
        if quiet
        else tuple(
            MilestoneLine(
                f"RW-{100 + n}",
                d["tasks"][n + 2],
                date(2026, 11, 10 + 3 * n),
                None if n > 3 else date(2026, 11, 13 + 3 * n),
                date(2026, 11, 9) if n > 3 else None,
                3 if n < 2 else 0,
                Rag.AMBER if n < 2 else Rag.GREEN,
            )
            for n in range(6)
        ),
        demands=()
        if quiet
        else tuple(
            DemandLine(
                f"XZ-2026-00{n}",
                d["req"].partition("004 ")[2],
                (Rag.RED, Rag.AMBER, Rag.GREEN)[n % 3],
                0.35 + n / 10,
                date(2026, 12, 10 + n),
                date(2026, 12, 12 + n),
                date(2026, 12, 14) if n == 1 else None,
                date(2027, 1, 5) if n == 1 else None,
            )
            for n in range(6)
        ),
        wanted=()
        if quiet
        else tuple(
            WantedLine(
                "support" if n % 2 else "escalation",
                "problems" if n % 2 else "tasks",
                f"WT-00{n}",
                d["support"],
                depts[n % departments],
                d["to"],
                date(2026, 11, 20 + n),
                n == 0,
            )
            for n in range(6)
        ),
        done=()
        if quiet
        else tuple(
            DoneLine(f"RW-{60 + n:03}", d["tasks"][n], depts[n % departments], date(2026, 11, 20 - n // 2), n % 2, n == 0) for n in range(7)
        ),
        risks=() if quiet else tuple(RiskLine(f"RW-0{n}", d["tasks"][n], d["problem"], depts[n % departments]) for n in range(5)),
        promises=()
        if quiet
        else tuple(Promise(f"RW-{60 + n:03}", d["tasks"][n], depts[0], d["reasons"][n] if n < 2 else "") for n in range(3)),
        planned=61,
        promised=None if first_week else (0, 0) if quiet else (12, 9),
        check={
            "total": 144,
            "done": 70,
            "cancelled": 3,
            "open": 71,
            "overdue": 9,
            "by_department": (1, 4, 1, 2, 1, 0),
            "by_bucket": (4, 3, 1, 1),
            "problems": 20,
            "problems_closed": 12,
            "problems_open": 8,
            "balanced": True,
        },
    )


def home(lang: str) -> Home:
    d = ZH if lang == "zh" else EN
    return Home(
        open_tasks=71,
        due_this_week=14,
        overdue=9,
        escalated=4,
        waiting=3,
        errors=2,
        warnings=17,
        open_problems=8,
        project=str(d["project"]),
        run="R-0128",
        run_verb="flag",
        run_at=datetime(2026, 11, 20, 17, 42),
        newest=datetime(2026, 11, 20, 17, 30),
        newest_department=d["depts"][2],
        missing=(d["depts"][4],),
        submitted=5,
        asked=6,
        week="2026-W47",
        ready=1,
        departments=6,
        calendar_from=2024,
        calendar_until=2027,
    )
