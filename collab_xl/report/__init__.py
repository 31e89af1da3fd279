"""The week in figures: `summarise`, and `week_record` for next week's comparison.

In: parsed tables, flags, the ledger's earlier weeks and who has submitted.  Out: a `Summary`.  Pure.
Every figure is counted from one list of facts, so the parts add up to the whole; `Summary.check` shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from collab_xl.catalogue import text
from collab_xl.forms import Schema, load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.merge import Item
from collab_xl.model.sheets import Table
from collab_xl.model.summary import DepartmentLine, Flags, Kpi, SubmissionStatus, Summary, WeekPoint, WeekRecord
from collab_xl.model.week import week_after, week_days, week_of
from collab_xl.report.facts import Lines, TaskFacts, task_facts
from collab_xl.report.lists import decision_lines, look_ahead, plan_lines, problem_lines
from collab_xl.report.verdict import department_rag, project_rag, reason, trend, weeks_worse
from collab_xl.rules.deadlines import unit
from collab_xl.rules.lateness import BUCKETS, as_day, bucket_of, is_closed
from collab_xl.settings import Settings

__all__ = ["summarise", "week_record"]

WEEKS = 8
"""How far back the progress curve and the departments' overdue trend reach, this week included."""


def summarise(
    tables: Mapping[str, Table],
    flags: Flags,
    settings: Settings,
    calendar: Calendar,
    directory: Directory,
    *,
    as_of: date,
    week: str,
    history: Sequence[WeekRecord] = (),
    submissions: Mapping[str, SubmissionStatus] | None = None,
    waiting: Sequence[Item] = (),
    project: str = "",
    data_until: datetime | None = None,
    schema: Schema | None = None,
) -> Summary:
    """Count the week.

    Args:
        tables: form id → Table; a missing form counts as empty.
        flags: of the same tables and the same day.
        history: earlier weekly sheets; a record of this week or a later one is not looked at.
        submissions: department → where it stands with this week's pack; a department that is not in it was not asked.
        waiting: what stands open on 冲突处理.

    Returns:
        All lines, sorted; the layout shows as many as fit. Raises ValueError for a week that is none.
    """
    schema = schema or load()
    lang, terms = settings.lang, settings.terms(calendar)
    first, last = week_days(week, settings.week_start)
    week = week_of(first, settings.week_start)  # 2026W7 and 2026-W07 are one
    lines = Lines(directory)
    tasks = task_facts(tables, lines, terms, as_of)
    problems = problem_lines(tables, lines, terms, as_of, lang)
    earlier = {record.week: record for record in sorted(history, key=lambda r: r.as_of)}
    before = earlier.get(week_after(week, -1))
    handed_in = _handed_in(submissions or {}, directory)

    kpis = _kpis(tasks, len(problems), len(flags.escalations), first, last)
    departments = _departments(tasks, flags, lines, directory, handed_in, earlier, week, as_of, terms.late, lang)
    missing = tuple((d.name, d.days_late) for d in departments if d.submitted == "missing")
    urgent = sum(line.cause == "urgent_problem" for line in flags.escalations)
    escalated_tasks = sum(line.form == "tasks" for line in flags.escalations)
    rag = project_rag(kpis["open"], kpis["overdue"], kpis["escalated"], sum(_is_due(s, as_of) for s in handed_in.values()))
    late = [line for line in flags.overdue if line.form == "tasks"]
    worse = weeks_worse(kpis["overdue"], week, list(earlier.values()))
    facts = reason(
        {**kpis, "escalated": escalated_tasks},
        before,
        urgent=urgent,
        missing=len(missing),
        worse=worse,
        latest=(late[0].key or late[0].name, late[0].days) if late else None,
        limit=settings.escalate_days,
        unit=unit(terms),
    )
    ageing = Counter(bucket_of(t.late) for t in tasks if t.late)
    return Summary(
        project=project or settings.project,
        week=week,
        first_day=first,
        last_day=last,
        as_of=as_of,
        data_until=data_until,
        rag=rag,
        trend=trend(rag, kpis, before),
        reason=facts,
        missing=missing,
        submitted=sum(s.submitted_at is not None for s in handed_in.values() if s.asked),
        asked=sum(s.asked for s in handed_in.values()),
        kpis=tuple(Kpi(name, value, None if before is None else before.kpis.get(name)) for name, value in kpis.items()),
        progress=tuple(_progress(tasks, week, settings.week_start)),
        ageing=tuple((name, ageing[name]) for name, _ in BUCKETS),
        departments=tuple(departments),
        overdue=tuple(late),
        escalations=flags.escalations,
        decisions=tuple(decision_lines(tables, waiting, schema, lang)),
        plan=tuple(plan_lines(tasks, first, last, schema.form("tasks"), lang)),
        ahead=tuple(look_ahead(tables, tasks, kpis["overdue"], last + timedelta(1), settings, calendar, lang)),
        problems=tuple(problems),
        check=_check(tables, tasks, departments, ageing, problems, len(late), kpis),
        working_days=terms.late.working,
    )


def week_record(summary: Summary) -> WeekRecord:
    """What next week compares itself with."""
    return WeekRecord(
        week=summary.week,
        as_of=summary.as_of,
        kpis={kpi.id: kpi.value for kpi in summary.kpis},
        rag=summary.rag,
        overdue_by_department={line.name: line.overdue for line in summary.departments},
        planned=summary.progress[-1].planned,
        actual=summary.progress[-1].actual,
    )


def _kpis(tasks: Sequence[TaskFacts], open_problems: int, escalated: int, first: date, last: date) -> dict[str, int]:
    """Due this week: every task planned to end in it, done or not, cancelled ones left out."""
    return {
        "open": sum(t.open for t in tasks),
        "due_this_week": sum(t.end is not None and first <= t.end <= last and not t.cancelled for t in tasks),
        "overdue": sum(t.late > 0 for t in tasks),
        "escalated": escalated,
        "finished_this_week": sum(t.finished is not None and first <= t.finished <= last for t in tasks),
        "open_problems": open_problems,
    }


def _handed_in(submissions: Mapping[str, SubmissionStatus], directory: Directory) -> dict[str, SubmissionStatus]:
    return {directory.find(name) or name: status for name, status in submissions.items()}


def _submitted(status: SubmissionStatus | None, as_of: date, calendar: Calendar) -> tuple[str, int]:
    """How a department stands, and how many counting days after the deadline it handed in (or still has not)."""
    if status is None or not status.asked:
        return "not_asked", 0
    deadline = as_day(status.deadline)
    if status.submitted_at is None:
        return "missing", 0 if deadline is None else calendar.days_between(deadline, as_of)
    if deadline is None:
        return "on_time", 0
    sent = status.submitted_at.replace(tzinfo=None)
    exact = status.deadline.replace(tzinfo=None) if isinstance(status.deadline, datetime) else None
    late = sent > exact if exact is not None else sent.date() > deadline
    return ("late", calendar.days_between(deadline, sent.date())) if late else ("on_time", 0)


def _is_due(status: SubmissionStatus | None, as_of: date) -> bool:
    """Asked for, nothing in, and the deadline's day has come: before that a blank is no reason for amber."""
    if status is None or not status.asked or status.submitted_at is not None:
        return False
    deadline = as_day(status.deadline)
    return deadline is None or as_of >= deadline


def _departments(
    tasks: Sequence[TaskFacts],
    flags: Flags,
    lines: Lines,
    directory: Directory,
    handed_in: Mapping[str, SubmissionStatus],
    earlier: Mapping[str, WeekRecord],
    week: str,
    as_of: date,
    calendar: Calendar,
    lang: str,
) -> list[DepartmentLine]:
    """A line for every department in sheet order, and one for the others if anything falls there: the columns add up to the figures."""
    escalated = Counter(lines.of(line.dept) for line in flags.escalations)
    by_line: dict[str, list[TaskFacts]] = {}
    for task in tasks:
        by_line.setdefault(task.dept, []).append(task)
    names = lines.names()
    if by_line.get("") or escalated[""]:
        names = [*names, ""]
    weeks = [w for w in (week_after(week, -n) for n in range(WEEKS - 1, 0, -1)) if w in earlier]
    out = []
    for line in names:
        own = by_line.get(line, [])
        department = directory.department(line) if line else None
        shown = line or text("summary.other_department", lang)
        submitted, days_late = _submitted(handed_in.get(line), as_of, calendar) if line else ("not_asked", 0)
        open_, overdue = sum(t.open for t in own), sum(t.late > 0 for t in own)
        out.append(
            DepartmentLine(
                name=shown,
                liaison=department.liaison if department else "",
                submitted=submitted,
                days_late=days_late,
                open=open_,
                overdue=overdue,
                escalated=escalated[line],
                total=len(own),
                done=sum(t.done for t in own),
                overdue_trend=(*(earlier[w].overdue_by_department.get(shown, 0) for w in weeks), overdue),
                rag=department_rag(open_, overdue, escalated[line], _is_due(handed_in.get(line), as_of)),
                outside=not line,
            )
        )
    return out


def _progress(tasks: Sequence[TaskFacts], week: str, week_start: int) -> list[WeekPoint]:
    """Cumulated tasks planned to end and really done by the end of each of the last eight weeks, cancelled ones left out."""
    points = []
    for name in (week_after(week, -n) for n in range(WEEKS - 1, -1, -1)):
        _, last = week_days(name, week_start)
        planned = sum(t.end is not None and t.end <= last and not t.cancelled for t in tasks)
        points.append(WeekPoint(name, planned, sum(t.curve is not None and t.curve <= last for t in tasks)))
    return points


def _check(
    tables: Mapping[str, Table],
    tasks: Sequence[TaskFacts],
    departments: Sequence[DepartmentLine],
    ageing: Mapping[str, int],
    problems: Sequence[object],
    listed: int,
    kpis: Mapping[str, int],
) -> dict[str, object]:
    """The footer's facts. `balanced` is True when every sum below comes out; the tests hold that it always does."""
    done, cancelled = sum(t.done for t in tasks), sum(t.cancelled for t in tasks)
    by_department = tuple(line.overdue for line in departments)
    by_bucket = tuple(ageing.get(name, 0) for name, _ in BUCKETS)
    table = tables.get("problems")
    problem_rows = len(table) if table is not None else 0
    closed = sum(is_closed(table.readable(i, "status")) for i in range(problem_rows)) if table is not None else 0
    sums = (
        (len(tasks), done + cancelled + kpis["open"]),
        (len(tasks), sum(line.total for line in departments)),
        (kpis["open"], sum(line.open for line in departments)),
        (kpis["overdue"], sum(by_department)),
        (kpis["overdue"], sum(by_bucket)),
        (kpis["overdue"], listed),
        (kpis["escalated"], sum(line.escalated for line in departments)),
        (problem_rows, closed + len(problems)),
    )
    return {
        "total": len(tasks),
        "done": done,
        "cancelled": cancelled,
        "open": kpis["open"],
        "overdue": kpis["overdue"],
        "by_department": by_department,
        "by_bucket": by_bucket,
        "problems": problem_rows,
        "problems_closed": closed,
        "problems_open": len(problems),
        "balanced": all(whole == parts for whole, parts in sums),
    }
