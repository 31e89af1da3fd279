"""The week in figures: `summarise`, and `week_record` for next week's comparison.

In: parsed tables, flags, the ledger's earlier weeks and the submissions.  Out: a `Summary`.  Pure.
Every figure is counted from one list of facts, so the parts add up to the total; `Summary.check` shows this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from collab_xl.catalogue import text
from collab_xl.forms import Schema, load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.forecast import Range
from collab_xl.model.merge import Item
from collab_xl.model.record import replace
from collab_xl.model.report_pages import PARTS, WEEKS
from collab_xl.model.sheets import Table
from collab_xl.model.summary import (
    DepartmentLine,
    Flags,
    Kpi,
    SubmissionStatus,
    Summary,
    WeekPoint,
    WeekRecord,
)
from collab_xl.model.week import week_after, week_days, week_of
from collab_xl.report.blocks import beside_titles, form_blocks, form_figures
from collab_xl.report.facts import Lines, facts_of
from collab_xl.report.figures import DepartmentCount, Figures, figures_of
from collab_xl.report.lists import decision_lines, look_ahead, plan_lines, problem_lines
from collab_xl.report.promises import kept, not_kept, promised_next
from collab_xl.report.sponsor import (
    demand_lines,
    done_lines,
    milestone_lines,
    outlook,
    risk_lines,
    wanted_lines,
)
from collab_xl.report.standing import answer_is_late, by_urgency, share_of, standing_of, urgent_keys
from collab_xl.report.verdict import RANK, causes, cures, department_rag, light, reason, trend, weeks_worse
from collab_xl.rules.case import Case
from collab_xl.rules.computed import up_to_date
from collab_xl.rules.deadlines import unit
from collab_xl.rules.lateness import as_day
from collab_xl.rules.rows import Rows, part_of
from collab_xl.settings import Settings

__all__ = ["summarise", "week_record"]
LIMITS = ("light_late_red", "light_urgent_days", "light_milestone_days")
"""Settings that make the light red, which the page says in its legend."""


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
    likely: Mapping[tuple[str, str], Range] | None = None,
    ahead: tuple[date, date] | None = None,
) -> Summary:
    """Count the week.

    Args:
        tables: form id → Table; a missing form counts as empty.
        flags: of the same tables and the same day.
        history: records of earlier weekly sheets; records of this week or later are ignored.
        submissions: department → status of this week's pack; a missing department got no pack.
        waiting: the open items on 冲突处理.
        likely: (form, key) of a requirement → the days by which it is likely done, where the history is long enough to say.
        ahead: first and last day to look ahead to; by default the week after this one.

    Returns:
        All lines, sorted; the layout shows as many as fit. Raises ValueError for an invalid week.
    """
    schema = schema or load()
    lang, terms = settings.lang, settings.terms(calendar)
    first, last = week_days(week, settings.week_start)
    week = week_of(first, settings.week_start)  # 2026W7 and 2026-W07 are the same
    lines = Lines(directory)
    case = up_to_date(Case(tables, schema, directory, settings, calendar, as_of))
    rows = case.rows
    work, trouble, demand = (part_of(schema, rows, part) for part in PARTS)
    tasks = facts_of(work, lines, terms, as_of)
    problems = problem_lines(trouble, lines, terms, as_of, lang)
    weeks = [week_after(week, -n) for n in range(WEEKS - 1, -1, -1)]
    counted = figures_of(tasks, first, last, [week_days(name, settings.week_start)[1] for name in weeks])
    earlier = {record.week: record for record in sorted(history, key=lambda r: r.as_of)}
    before = earlier.get(week_after(week, -1))
    handed_in = _handed_in(submissions or {}, directory)
    promised = kept(tasks, before)
    milestones, demands = milestone_lines(case, work), demand_lines(case, demand, likely or {})

    kpis = {
        "open": counted.open,
        "due_this_week": counted.due_this_week,
        "rate": round(100 * share_of(tasks)),
        "overdue": counted.overdue,
        "milestones_late": sum(RANK[m.rag] > 0 for m in milestones),
        "escalated": len(flags.escalations),
        "finished_this_week": counted.finished_this_week,
        "open_problems": len(problems),
    }
    departments = _departments(counted, flags, lines, directory, handed_in, earlier, weeks, as_of, terms.late, settings)
    departments = _with_follow_up(departments, work, lines, handed_in, promised or {}, lang)
    missing = tuple((d.name, d.days_late) for d in departments if d.submitted == "missing")
    late = by_urgency([line for line in flags.overdue if work and line.form == work.form.id], work, demand)
    standing = standing_of(
        case,
        (work, trouble, demand),
        tasks,
        counted,
        flags,
        milestones,
        demands,
        (first, min(last, as_of)),
        missing=sum(_is_due(s, as_of) for s in handed_in.values()),
        asked=sum(s.asked for s in handed_in.values()),
    )
    found = causes(standing, settings, unit(terms))
    rag = light(standing, found)
    figures = form_figures(schema, rows, terms, as_of)
    return Summary(
        project=project or settings.project,
        week=week,
        first_day=first,
        last_day=last,
        as_of=as_of,
        data_until=data_until,
        rag=rag,
        trend=trend(rag, kpis, before),
        reason=reason(standing, found, before, weeks_worse(kpis["overdue"], week, list(earlier.values())), unit(terms)),
        missing=missing,
        submitted=sum(s.submitted_at is not None for s in handed_in.values() if s.asked),
        asked=standing.asked,
        kpis=_against(kpis, before),
        progress=tuple(_curve(weeks, counted.curve, earlier)),
        ageing=tuple(counted.ageing.items()),
        departments=tuple(departments),
        overdue=tuple(late),
        late_others=tuple(line for line in flags.overdue if not (work and line.form == work.form.id)),
        escalations=flags.escalations,
        decisions=tuple(decision_lines(rows, waiting, schema, lang)),
        plan=tuple(plan_lines(tasks, first, last, schema.part("work"), lang)),
        ahead=tuple(look_ahead(case, demand, tasks, kpis["overdue"], *(ahead or (last + timedelta(1), last + timedelta(7))), lang)),
        problems=tuple(problems),
        check=_check(trouble, len(tasks), counted, departments, len(problems), len(late), kpis),
        working_days=terms.late.working,
        figures=_against(figures, before),
        blocks=form_blocks(case),
        beside=beside_titles(schema, rows),
        causes=tuple(found),
        cures=tuple(cures(standing, found, settings)),
        rag_before=before.rag if before else None,
        milestones=tuple(milestones),
        demands=tuple(demands),
        wanted=tuple(wanted_lines(rows, flags.escalations, directory, as_of, lang)),
        done=tuple(done_lines(tasks, milestones, first, last, case, lang)),
        risks=tuple(risk_lines(work, tasks, lang)),
        promises=tuple(not_kept(tasks, before, lang)),
        planned=round(100 * share_of(tasks, planned=True)),
        promised=None if promised is None else (sum(n for n, _ in promised.values()), sum(n for _, n in promised.values())),
        outlook=outlook(milestones, demands, case, urgent_keys(demand)),
        limits={name: getattr(settings, name) for name in LIMITS},
        ahead_keys=promised_next(tasks, last, last + timedelta(7)),
    )


def week_record(summary: Summary) -> WeekRecord:
    """The record for next week's comparison."""
    return WeekRecord(
        week=summary.week,
        as_of=summary.as_of,
        kpis={kpi.id: kpi.value for kpi in (*summary.kpis, *summary.figures)},
        rag=summary.rag,
        overdue_by_department={line.name: line.overdue for line in summary.departments},
        planned=summary.progress[-1].planned,
        actual=summary.progress[-1].actual,
        promised=summary.ahead_keys,
    )


def _against(figures: Mapping[str, int], before: WeekRecord | None) -> tuple[Kpi, ...]:
    """The figures, each with last week's."""
    return tuple(Kpi(name, value, None if before is None else before.kpis.get(name)) for name, value in figures.items())


def _handed_in(submissions: Mapping[str, SubmissionStatus], directory: Directory) -> dict[str, SubmissionStatus]:
    return {directory.find(name) or name: status for name, status in submissions.items()}


def _submitted(status: SubmissionStatus | None, as_of: date, calendar: Calendar) -> tuple[str, int]:
    """A department's status, and how many counting days after the deadline it submitted (or, if it has not, how many have passed)."""
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
    """Whether a pack was issued, nothing was received, and the day of the deadline has come. Before that day it is no reason for amber."""
    if status is None or not status.asked or status.submitted_at is not None:
        return False
    deadline = as_day(status.deadline)
    return deadline is None or as_of >= deadline


def _departments(
    counted: Figures,
    flags: Flags,
    lines: Lines,
    directory: Directory,
    handed_in: Mapping[str, SubmissionStatus],
    earlier: Mapping[str, WeekRecord],
    weeks: Sequence[str],
    as_of: date,
    calendar: Calendar,
    settings: Settings,
) -> list[DepartmentLine]:
    """A line for every department in sheet order, and one for all other rows, if any, so that the columns add up to the figures."""
    escalated = Counter(lines.of(line.dept) for line in flags.escalations)
    unanswered = Counter(lines.of(line.dept) for line in flags.escalations if answer_is_late(line, as_of))
    names = lines.names()
    if "" in counted.by_department or escalated[""]:
        names = [*names, ""]
    past = [earlier[week].overdue_by_department for week in weeks[:-1] if week in earlier]
    out = []
    for line in names:
        own = counted.by_department.get(line, DepartmentCount())
        department = directory.department(line) if line else None
        shown = line or text("report.other_department", settings.lang)
        submitted, days_late = _submitted(handed_in.get(line), as_of, calendar) if line else ("not_asked", 0)
        out.append(
            DepartmentLine(
                name=shown,
                liaison=department.liaison if department else "",
                submitted=submitted,
                days_late=days_late,
                open=own.open,
                overdue=own.overdue,
                escalated=escalated[line],
                total=own.total,
                done=own.done,
                overdue_trend=(*(overdue.get(shown, 0) for overdue in past), own.overdue),
                rag=department_rag(own, escalated[line], unanswered[line], _is_due(handed_in.get(line), as_of), settings),
                outside=not line,
                cancelled=own.cancelled,
            )
        )
    return out


def _with_follow_up(
    departments: Sequence[DepartmentLine],
    work: Rows | None,
    lines: Lines,
    handed_in: Mapping[str, SubmissionStatus],
    promised: Mapping[str, tuple[int, int]],
    lang: str,
) -> list[DepartmentLine]:
    """The lines with the newest day of their figures and with what was promised."""
    newest: dict[str, date] = {}
    if work is not None:
        for names, day in zip(work.departments, work.days("updated"), strict=True):
            if day is not None:
                line = lines.of(names)
                newest[line] = max(newest.get(line, day), day)
    for line, status in handed_in.items():
        if (day := as_day(status.latest_at or status.submitted_at)) is not None:
            newest[line] = max(newest.get(line, day), day)
    out = []
    for department in departments:
        line = "" if department.outside else department.name
        asked, done = promised.get(line, (0, 0))
        out.append(replace(department, fresh=newest.get(line), promised=asked, kept=done))
    return out


def _curve(weeks: Sequence[str], counted: Sequence[tuple[int, int]], earlier: Mapping[str, WeekRecord]) -> Iterator[WeekPoint]:
    """The progress curve: of a week whose page was made what it said then, so that the curve and that page are one truth.

    It begins with the last week before anything was planned to be done, or the first that has a page: not with weeks before the project.
    """
    begun = next((n for n, (name, counts) in enumerate(zip(weeks, counted, strict=True)) if any(counts) or name in earlier), len(weeks))
    first = begun if weeks[begun:] and weeks[begun] in earlier else max(0, begun - 1)
    for n, (name, (planned, actual)) in enumerate(zip(weeks, counted, strict=True)):
        if n < first:
            continue
        record = earlier.get(name) if n < len(weeks) - 1 else None
        yield WeekPoint(name, record.planned, record.actual) if record else WeekPoint(name, planned, actual)


def _check(
    trouble: Rows | None,
    total: int,
    counted: Figures,
    departments: Sequence[DepartmentLine],
    open_problems: int,
    listed: int,
    kpis: Mapping[str, int],
) -> dict[str, object]:
    """The footer's facts. `balanced` is True if every sum below is right; the tests check that it always is."""
    by_department = tuple(line.overdue for line in departments)
    by_bucket = tuple(counted.ageing.values())
    problems = len(trouble) if trouble is not None else 0
    closed = sum(trouble.closed) if trouble is not None else 0
    sums = (
        (total, counted.done + counted.cancelled + kpis["open"]),
        (total, sum(line.total for line in departments)),
        (kpis["open"], sum(line.open for line in departments)),
        (kpis["overdue"], sum(by_department)),
        (kpis["overdue"], sum(by_bucket)),
        (kpis["overdue"], listed),
        (kpis["escalated"], sum(line.escalated for line in departments)),
        (problems, closed + open_problems),
    )
    return {
        "total": total,
        "done": counted.done,
        "cancelled": counted.cancelled,
        "open": kpis["open"],
        "overdue": kpis["overdue"],
        "by_department": by_department,
        "by_bucket": by_bucket,
        "problems": problems,
        "problems_closed": closed,
        "problems_open": open_problems,
        "balanced": all(whole == parts for whole, parts in sums),
    }
