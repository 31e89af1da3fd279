"""The lists of the weekly sheet: plan against actual, problems, decisions, next week.

In: rows and facts.  Out: all lines, sorted; the layout shows as many as fit.  Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Field, Form, Schema
from collab_xl.model.merge import Item, Kind
from collab_xl.model.summary import DecisionLine, LookAheadLine, PlanLine, ProblemLine
from collab_xl.model.terms import Terms
from collab_xl.model.values import Clear, Unreadable, Value
from collab_xl.report.facts import Fact, Lines
from collab_xl.rules.case import Case
from collab_xl.rules.communication import meetings, planned_between
from collab_xl.rules.lateness import age_days, as_day
from collab_xl.rules.meetings import held_in_week
from collab_xl.rules.rows import Rows

NAMED = 3
"""Tasks of a day that are named."""
MAX_ITEMS = 50
"""The most open items with a line of their own; one line counts the others."""


def plan_lines(tasks: Sequence[Fact], first: date, last: date, form: Form | None, lang: str) -> list[PlanLine]:
    """Every task due or done in the week, without cancelled ones: late ones first, then by planned end."""
    due = [
        t
        for t in tasks
        if not t.cancelled and ((t.due is not None and first <= t.due <= last) or (t.finished is not None and first <= t.finished <= last))
    ]
    due.sort(key=lambda t: (t.done, -t.late, t.due or last))
    return [
        PlanLine(
            key=t.key,
            planned=t.name,
            dept=t.line or text("report.other_department", lang),
            actual=t.actual or _state(t, form, lang),
            reason=t.reason,
            measure=t.measure,
            status=t.status,
            progress=t.progress,
            end=t.due,
            done=t.finished,
        )
        for t in due
    ]


def _state(task: Fact, form: Form | None, lang: str) -> str:
    """`进行中 80%`; a blank status of an open task has a text of its own."""
    field = form.role("status") if form else None
    status = field.label(task.status, lang) if field and task.status else text("report.no_status", lang)
    return status if task.done or task.progress is None else f"{status} {round(task.progress * 100):d}%"


def problem_lines(rows: Rows | None, lines: Lines, terms: Terms, as_of: date, lang: str) -> list[ProblemLine]:
    """Every open problem, the highest level first, then the oldest. A blank level counts as the lowest, a blank status as the first."""
    if rows is None:
        return []
    form = rows.form
    level, waiting = form.role("level"), form.choices_in("waiting", "open", "paused")
    lowest = level.choices[0].id if level else ""
    first = waiting[0].id if waiting else ""
    levels, statuses, owners, measures = (rows.words(role) for role in ("level", "status", "owner", "measure"))
    raised, due, late = rows.values("raised"), rows.days("due"), rows.late(terms, as_of)
    out = [
        ProblemLine(
            key=rows.keys[i] or "",
            dept=lines.of(rows.departments[i]) or text("report.other_department", lang),
            text=rows.titles[i],
            level=levels[i] or lowest,
            status=statuses[i] or first,
            age_days=age_days(raised[i], None, False, as_of) or 0,
            owner=owners[i],
            due=due[i],
            overdue_days=late[i],
            measure=measures[i],
        )
        for i, closed in enumerate(rows.closed)
        if not closed
    ]
    return sorted(out, key=lambda p: (-max(level.rank(p.level), 0) if level else 0, -p.age_days))


def decision_lines(rows: Mapping[str, Rows], waiting: Sequence[Item], schema: Schema, lang: str) -> list[DecisionLine]:
    """The open items on 冲突处理, in the order given, then the open rows that ask for support."""
    out = [DecisionLine(str(item.kind), item.row_key, _question(item, schema, lang)) for item in waiting[:MAX_ITEMS]]
    if len(waiting) > MAX_ITEMS:
        out.append(DecisionLine("items", "", text("report.decision.more", lang, n=len(waiting) - MAX_ITEMS)))
    for own in rows.values():
        for i, support in enumerate(own.words("support")):
            if support and not own.closed[i]:
                out.append(DecisionLine("support", own.keys[i] or "", support))
    return out


def _question(item: Item, schema: Schema, lang: str) -> str:
    """One sentence with the master's value and the requested ones: `RW-035“当前进度”：主表 65%，研发部 80%`."""
    form = schema.form_for_display(item.form)
    field = form.known(item.field)
    comma = COMMA[lang]
    who = comma.join(dict.fromkeys(c.source.department for c in item.candidates if c.source.department))
    kind = str(item.kind)
    if item.kind is Kind.NOT_ENTERED:
        return text(f"report.decision.{kind}", lang, who=who)
    if field is None:
        names = (c.row.get(form.id_of("title")) for c in item.candidates)
        name = next((n for n in names if isinstance(n, str)), item.row_key)
        if item.kind is Kind.HAND_MADE:
            kind = "hand_made_row"
        elif item.kind in (Kind.CONFLICT, Kind.RIGHTS, Kind.REVERTED, Kind.COPIES, Kind.SHIFTED, Kind.REVIEW):
            kind = "conflict_row"
        return text(f"report.decision.{kind}", lang, who=who, key=item.row_key, name=name, n=len(item.candidates))
    values = comma.join(dict.fromkeys(_value(c.value, field, lang) for c in item.candidates))
    said = [{"department": c.source.department, "value": _value(c.value, field, lang)} for c in item.candidates]
    each = comma.join(text("report.decision.each", lang, **one).strip() for one in said)
    facts = {"key": item.row_key, "field": field.heading[lang], "master": _value(item.master, field, lang), "values": values, "each": each}
    return text(f"report.decision.{kind}", lang, who=who, n=len(item.candidates), name=item.row_key, **facts)


def _value(value: Value, field: Field, lang: str) -> str:
    """A value as text; a blank has a text of its own."""
    value = field.worded(value, lang)
    match value:
        case None | "" | ():
            return text("model.word.blank", lang)
        case Unreadable(written):
            return written
        case Clear():
            return text("model.word.clear", lang)
        case tuple():
            return COMMA[lang].join(value)
        case bool():
            return str(value)
        case int() | float() if field.kind == "percent":
            return f"{round(value * 100, 2):g}%"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
    return str(value)


def look_ahead(
    case: Case, demand: Rows | None, tasks: Sequence[Fact], overdue: int, first: date, last: date, lang: str
) -> list[LookAheadLine]:
    """The days from `first` to `last`: the meetings, the tasks due, requirements due.

    The meetings are those of the communication plan; a project without such a plan has the review meeting of the settings.

    A day with many tasks is one line with the first of them: `names`, of `n`. If the days begin with the day of the figures or before it,
    an open task that was due earlier and is not late yet, since only days off have passed, has a line of its own, first.
    """
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    out = []
    settings = case.settings
    planned = any(meeting.at is not None for meeting in meetings(case))
    for meeting in planned_between(case, days[0], days[-1]) if planned else ():
        at = f" {meeting.moment:%H:%M}" if isinstance(meeting.moment, datetime) else ""
        out.append(LookAheadLine(as_day(meeting.moment) or first, "meeting_of", {"name": meeting.name, "at": at, "n": overdue}))
    held = held_in_week(first, settings.meeting_weekday, case.calendar.counting(True))
    if held is not None and not planned:
        out.append(LookAheadLine(held, "meeting", {"time": settings.meeting_time, "n": overdue}))
    still_open = [t for t in tasks if t.open and t.due is not None]
    for task in still_open:
        if task.due is not None and task.due < first <= case.as_of and not task.late:
            out.append(_due_one(task, task.due, lang))
    for day in days:
        due = [(t.line or text("report.other_department", lang), t) for t in still_open if t.due == day]
        if len(due) == 1:
            out.append(_due_one(due[0][1], day, lang))
        elif due:
            dept, most = Counter(dept for dept, _ in due).most_common(1)[0]
            names = tuple(task.name or task.key for _, task in due[:NAMED])
            out.append(LookAheadLine(day, "due", {"n": len(due), "dept": dept, "most": most, "names": names}))
    if demand is not None:
        for i, (due_day, closed) in enumerate(zip(demand.days("due"), demand.closed, strict=True)):
            if due_day is not None and days[0] <= due_day <= days[-1] and not closed:
                dept = COMMA[lang].join(demand.departments[i])
                out.append(LookAheadLine(due_day, "requirement", {"key": demand.keys[i] or "", "name": demand.titles[i], "dept": dept}))
    order = {"meeting": 0, "meeting_of": 0, "requirement": 1}
    return sorted(out, key=lambda line: (line.day, order.get(line.text_id, 2)))


def _due_one(task: Fact, day: date, lang: str) -> LookAheadLine:
    dept = task.line or text("report.other_department", lang)
    return LookAheadLine(day, "due_one", {"key": task.key, "name": task.name, "dept": dept, "owner": task.owner})
