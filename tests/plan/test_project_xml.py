"""The file for Microsoft Project, read back by a parser of its own: order of elements, dates, links, calendar.

`ORDER` is copied by name from the pages of Microsoft's schema (docs/facts/project-xml.md), not from the writer.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from e2e.small_project import DAY, Project
from tables import requirements, tasks

from collab_xl import verbs
from collab_xl.errors import CollabError
from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.record import replace
from collab_xl.plan.project_xml import ProjectFile, project_file
from collab_xl.report.gantt import bar_groups
from collab_xl.rules.case import Case
from collab_xl.settings import Settings

NS = "{http://schemas.microsoft.com/project}"
FRIDAY = date(2026, 11, 20)
WORK = Calendar({date(2026, 12, 1): False, date(2026, 12, 5): True})
ORDER = {
    "Project": """
        SaveVersion UID Name Title Subject Category Company Manager Author CreationDate Revision LastSaved
        ScheduleFromStart StartDate FinishDate FYStartDate CriticalSlackLimit CurrencyDigits CurrencySymbol CurrencyCode
        CurrencySymbolPosition CalendarUID DefaultStartTime DefaultFinishTime MinutesPerDay MinutesPerWeek DaysPerMonth
        DefaultTaskType DefaultFixedCostAccrual DefaultStandardRate DefaultOvertimeRate DurationFormat WorkFormat
        EditableActualCosts HonorConstraints EarnedValueMethod InsertedProjectsLikeSummary MultipleCriticalPaths
        NewTasksEffortDriven NewTasksEstimated SplitsInProgressTasks SpreadActualCost SpreadPercentComplete
        TaskUpdatesResource FiscalYearStart WeekStartDay MoveCompletedEndsBack MoveRemainingStartsBack
        MoveRemainingStartsForward MoveCompletedEndsForward BaselineForEarnedValue AutoAddNewResourcesAndTasks
        StatusDate CurrentDate MicrosoftProjectServerURL Autolink NewTaskStartDate DefaultTaskEVMethod
        ProjectExternallyEdited ExtendedCreationDate ActualsInSync RemoveFileProperties AdminProject OutlineCodes
        WBSMasks ExtendedAttributes Calendars Tasks Resources Assignments
    """,
    "Task": """
        UID ID Name Type IsNull CreateDate Contact WBS WBSLevel OutlineNumber OutlineLevel Priority Start Finish
        Duration DurationFormat Work Stop Resume ResumeValid EffortDriven Recurring OverAllocated Estimated Milestone
        Summary Critical IsSubproject IsSubprojectReadOnly SubprojectName ExternalTask ExternalTaskProject EarlyStart
        EarlyFinish LateStart LateFinish StartVariance FinishVariance WorkVariance FreeSlack TotalSlack FixedCost
        FixedCostAccrual PercentComplete PercentWorkComplete Cost OvertimeCost OvertimeWork ActualStart ActualFinish
        ActualDuration ActualCost ActualOvertimeCost ActualWork ActualOvertimeWork RegularWork RemainingDuration
        RemainingCost RemainingWork RemainingOvertimeCost RemainingOvertimeWork ACWP CV ConstraintType CalendarUID
        ConstraintDate Deadline LevelAssignments LevelingCanSplit LevelingDelay LevelingDelayFormat PreLeveledStart
        PreLeveledFinish Hyperlink HyperlinkAddress HyperlinkSubAddress IgnoreResourceCalendar Notes HideBar Rollup BCWS
        BCWP PhysicalPercentComplete EarnedValueMethod PredecessorLink ActualWorkProtected ActualOvertimeWorkProtected
        ExtendedAttribute Baseline OutlineCode IsPublished StatusManager CommitmentStart CommitmentFinish CommitmentType
        TimephasedData
    """,
    "PredecessorLink": "PredecessorUID Type CrossProject CrossProjectName LinkLag LagFormat",
    "Baseline": """
        TimephasedData Number Interim Start Finish Duration DurationFormat EstimatedDuration Work Cost BCWS BCWP
        FixedCost
    """,
    "Calendar": "UID Name IsBaseCalendar BaseCalendarUID WeekDays Exceptions WorkWeeks",
    "WeekDay": "DayType DayWorking TimePeriod WorkingTimes",
    "Exception": """
        EnteredByOccurrences TimePeriod Occurrences Name Type Period DaysOfWeek MonthItem MonthPosition Month MonthDay
        DayWorking WorkingTimes
    """,
    "TimePeriod": "FromDate ToDate",
    "WorkingTime": "FromTime ToTime",
    "Resource": """
        UID ID Name Type IsNull Initials Phonetics NTAccount MaterialLabel Code Group WorkGroup EmailAddress Hyperlink
        HyperlinkAddress HyperlinkSubAddress MaxUnits PeakUnits
    """,
    "Assignment": "UID TaskUID ResourceUID PercentWorkComplete Units",
}
CHILDREN = {"WeekDays": "WeekDay", "Exceptions": "Exception", "Calendars": "Calendar", "Tasks": "Task", "WorkingTimes": "WorkingTime",
            "Resources": "Resource", "Assignments": "Assignment", "ExtendedAttributes": "ExtendedAttribute"}  # fmt: skip
ROWS = """
| 任务ID | 任务名称 | 所属需求编号 | 负责部门 | 负责人 | 计划开始时间 | 计划结束时间 | 前置任务 | 当前进度 | 完成状态 | 实际完成时间 |
| RW-001 | 联调 <A&B> | XZ-1 | 研发部 | 张明、陈丽 | 2026-11-16 | 2026-11-20 | | 40% | 进行中 | |
| RW-002 | 回归 | XZ-1 | 研发部 | 张明 | 2026-11-30 | 2026-12-07 | RW-001SS+2d、RW-003FF-1w、RW-009 | | 未开始 | |
| RW-003 | 采购 | XZ-1 | 采购部 | | 2026-11-02 | 2026-11-06 | RW-001FS+3ed | 100% | 已完成 | 2026-11-10 |
| RW-004 | 旧事项 | XZ-1 | 采购部 | | 2026-11-02 | 2026-11-06 | | | 已取消 | |
| RW-005 | 待排 | XZ-1 | 采购部 | | | | | | 未开始 | |
| RW-006 | 互等 | XZ-1 | 采购部 | | 2026-11-23 | 2026-11-24 | RW-007 | | 未开始 | |
| RW-007 | 互等二 | XZ-1 | 采购部 | | 2026-11-23 | 2026-11-24 | RW-006SF | | 未开始 | |
""".lstrip()


def made(lang: str = "zh") -> ProjectFile:
    tables = {"requirements": requirements("| 需求编号 | 需求名称 |\n| XZ-1 | 产品上线 |"), "tasks": tasks(ROWS)}
    case = Case(tables, load(), Directory(), Settings(), WORK, FRIDAY)
    groups = bar_groups(case, case.rows["tasks"], lang)
    first = groups[0]
    bars = [replace(bar, baseline=date(2026, 12, 4), milestone=True) if bar.key == "RW-002" else bar for bar in first.bars]
    now = datetime(2026, 11, 20, 9, 30)
    facts = {"project": "产品Q3上线", "calendar": WORK, "as_of": FRIDAY, "now": now, "broken": 2, "others": 4, "lang": lang}
    return project_file([replace(first, bars=bars)], **facts)


def named(root: ET.Element) -> dict[str, ET.Element]:
    return {task.findtext(f"{NS}Name") or "": task for task in root.iter(f"{NS}Task")}


def value(task: ET.Element, name: str) -> str | None:
    return task.findtext(f"{NS}{name}")


def works(root: ET.Element, day: date) -> bool:
    """Whether a day is worked, by the calendar in the file."""
    for one in root.iter(f"{NS}Exception"):
        period = one.find(f"{NS}TimePeriod")
        assert period is not None
        if str(value(period, "FromDate"))[:10] <= str(day) <= str(value(period, "ToDate"))[:10]:
            return value(one, "DayWorking") == "1"
    days = {value(one, "DayType"): value(one, "DayWorking") for one in root.iter(f"{NS}WeekDay") if value(one, "DayType") != "0"}
    return days[str(day.isoweekday() % 7 + 1)] == "1"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_element_stands_in_the_order_of_the_schema(lang: str) -> None:
    data = made(lang).data
    assert data.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    root = ET.fromstring(data)
    seen = set()
    for element in root.iter():
        name = element.tag.removeprefix(NS)
        children = [child.tag.removeprefix(NS) for child in element]
        if name in CHILDREN:
            assert set(children) == {CHILDREN[name]}
        elif name in ORDER and children:
            order = ORDER[name].split()
            places = [order.index(child) for child in children]
            assert places == sorted(places), (name, children)
            again = {child for child in children if children.count(child) > 1}
            assert again <= {"PredecessorLink", "ExtendedAttribute", "Baseline"}, (name, again)
            seen.add(name)
    assert seen == ORDER.keys()
    assert value(root, "CurrencyCode") == "CNY"
    for task in root.iter(f"{NS}Task"):
        assert value(task, "UID")
        for name in ("Start", "Finish", "ActualStart", "ActualFinish", "ConstraintDate", "Deadline"):
            if said := value(task, name):
                datetime.fromisoformat(said)


def test_dates_and_durations_agree_with_the_calendar_in_the_file() -> None:
    root = ET.fromstring(made().data)
    assert [day for day in range(1, 8) if works(root, date(2026, 12, day))] == [2, 3, 4, 5, 7]
    checked = 0
    for name, task in named(root).items():
        start, end, length = value(task, "Start"), value(task, "Finish"), value(task, "Duration")
        if not start or not end or value(task, "Estimated") == "1":
            continue
        first, last = date.fromisoformat(start[:10]), date.fromisoformat(end[:10])
        days = sum(works(root, first + timedelta(n)) for n in range((last - first).days + 1))
        assert length == f"PT{8 * days}H0M0S", name
        checked += 1
    assert checked == 6
    task = named(root)["采购"]
    assert (value(task, "Finish"), value(task, "ActualFinish")) == ("2026-11-10T17:00:00", "2026-11-10T17:00:00")
    assert (value(task, "Deadline"), value(task, "PercentComplete")) == ("2026-11-06T17:00:00", "100")
    task = named(root)["回归"]
    baseline = task.find(f"{NS}Baseline")
    assert baseline is not None
    assert (value(baseline, "Finish"), value(baseline, "Duration"), value(task, "Milestone")) == ("2026-12-04T17:00:00", "PT32H0M0S", "1")


TEXT_NUMBERS = ("188743731", "188743734", "188743737", "188743740", "188743743")
"""Project's numbers of Text1 to Text5."""


def test_links_and_people() -> None:
    file = made()
    root = ET.fromstring(file.data)
    names = {value(task, "UID"): name for name, task in named(root).items()}
    links = [
        (name, names[value(link, "PredecessorUID")], value(link, "Type"), value(link, "LinkLag"), value(link, "LagFormat"))
        for name, task in named(root).items()
        for link in task.iter(f"{NS}PredecessorLink")
    ]
    assert [link for link in links if "互等" not in link[0]] == [
        ("采购", "联调 <A&B>", "1", "43200", "8"),  # 3 × 24 h
        ("回归", "联调 <A&B>", "3", "9600", "7"),  # 2 × 8 h
        ("回归", "采购", "0", "-24000", "9"),  # a week of 5 × 8 h
    ]
    assert file.links == 4
    people = {value(one, "UID"): value(one, "Name") for one in root.iter(f"{NS}Resource")}
    tasks_of = [(people[value(one, "ResourceUID")], names[value(one, "TaskUID")]) for one in root.iter(f"{NS}Assignment")]
    assert tasks_of == [("张明", "联调 <A&B>"), ("陈丽", "联调 <A&B>"), ("张明", "回归")]
    texts = {value(one, "FieldID"): value(one, "Value") for one in named(root)["采购"].iter(f"{NS}ExtendedAttribute")}
    assert texts == dict(zip(TEXT_NUMBERS, ("RW-003", "采购部", "已完成", "XZ-1", "已完成"), strict=True))


def test_what_was_left_out_is_counted() -> None:
    file = made()
    assert file.left_out == {"cancelled": 1, "broken_links": 2, "other_rows": 4, "undated": 1}
    assert file.tasks == 6


def test_the_verb_writes_a_file_and_not_the_master(tmp_path: Path) -> None:
    project = Project.start(tmp_path)
    before = project.master.read_bytes()
    report = verbs.export(project.master, mspdi=True, as_of=DAY, out=tmp_path / "out", lang="zh")
    assert project.master.read_bytes() == before
    root = ET.fromstring(Path(report.json["file"]).read_bytes())
    level = [value(task, "OutlineLevel") for task in root.iter(f"{NS}Task")]
    assert level.count("2") == report.json["rows"] > 0
    assert Path(report.json["file"]).name == "项目计划_产品Q3上线.xml"
    with pytest.raises(CollabError, match="export_format"):
        verbs.export(project.master, as_of=DAY, lang="zh")
