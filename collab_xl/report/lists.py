"""The lists of the weekly sheet: plan against actual, problems, decisions, next week.

In: parsed tables, task facts, flags.  Out: all lines, sorted; how many are shown is the layout's business.  Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from collab_xl.catalogue import text
from collab_xl.forms import Field, Form, Schema
from collab_xl.model.calendar import Calendar
from collab_xl.model.merge import Item, Kind
from collab_xl.model.sheets import Table
from collab_xl.model.summary import DecisionLine, LookAheadLine, PlanLine, ProblemLine
from collab_xl.model.terms import Terms
from collab_xl.model.values import Clear, Unreadable, Value
from collab_xl.report.facts import Lines, TaskFacts, said
from collab_xl.rules.deadlines import key_of
from collab_xl.rules.lateness import age_days, as_day, days_late, is_closed
from collab_xl.settings import Settings

MAX_ITEMS = 50
"""Waiting items named one by one; the rest is one line with a count."""
_LEVELS = {"urgent": 0, "cross": 1}


def plan_lines(tasks: Sequence[TaskFacts], first: date, last: date, form: Form, lang: str) -> list[PlanLine]:
    """Every task due or done in the week, cancelled ones left out: the late first, then by planned end."""
    due = [
        t
        for t in tasks
        if not t.cancelled and ((t.end is not None and first <= t.end <= last) or (t.finished is not None and first <= t.finished <= last))
    ]
    due.sort(key=lambda t: (t.done, -t.late, t.end or last))
    return [
        PlanLine(
            key=t.key,
            planned=t.name,
            dept=t.dept or text("summary.other_department", lang),
            actual=t.actual or _state(t, form, lang),
            reason=t.reason,
            measure=t.measure,
            status=t.status,
            progress=t.progress,
            end=t.end,
            done=t.finished,
        )
        for t in due
    ]


def _state(task: TaskFacts, form: Form, lang: str) -> str:
    """`进行中 80%`; a blank status of an open task is said as such."""
    status = form.field("status").label(task.status, lang) if task.status else text("summary.no_status", lang)
    return status if task.done or task.progress is None else f"{status} {round(task.progress * 100):d}%"


def problem_lines(tables: Mapping[str, Table], lines: Lines, terms: Terms, as_of: date, lang: str) -> list[ProblemLine]:
    """Every open problem: urgent, then cross-department, then the oldest."""
    table = tables.get("problems")
    if table is None:
        return []
    out = []
    for i in range(len(table)):
        status = table.readable(i, "status")
        if is_closed(status):
            continue
        due = table.readable(i, "due")
        out.append(
            ProblemLine(
                key=key_of(table, i, "problem_id") or "",
                dept=lines.of(table.readable(i, "dept")) or text("summary.other_department", lang),
                text=said(table, i, "description"),
                level=said(table, i, "level") or "normal",
                status=said(table, i, "status") or "open",
                age_days=age_days(table.readable(i, "raised_at"), None, is_closed(status), as_of) or 0,
                owner=said(table, i, "owner"),
                due=as_day(due),
                overdue_days=days_late(due, is_closed(status), as_of, terms.late),
                measure=said(table, i, "measure"),
            )
        )
    return sorted(out, key=lambda p: (_LEVELS.get(p.level, 2), -p.age_days))


def decision_lines(tables: Mapping[str, Table], waiting: Sequence[Item], schema: Schema, lang: str) -> list[DecisionLine]:
    """What waits for a decision on 冲突处理, in the order given, then the open problems that ask for support."""
    out = [DecisionLine(str(item.kind), item.row_key, _asked(item, schema, lang)) for item in waiting[:MAX_ITEMS]]
    if len(waiting) > MAX_ITEMS:
        out.append(DecisionLine("items", "", text("summary.decision.more", lang, n=len(waiting) - MAX_ITEMS)))
    table = tables.get("problems")
    for i in range(len(table) if table is not None else 0):
        assert table is not None
        support = said(table, i, "support")
        if support and not is_closed(table.readable(i, "status")):
            out.append(DecisionLine("support", key_of(table, i, "problem_id") or "", support))
    return out


def _asked(item: Item, schema: Schema, lang: str) -> str:
    """One sentence with what stands and what is asked for: `RW-035“当前进度”：主表 65%，研发部 80%`."""
    form = schema.form(item.form)
    field = next((f for f in form.fields if f.id == item.field), None)
    comma = "、" if lang == "zh" else ", "
    who = comma.join(dict.fromkeys(c.source.department for c in item.candidates if c.source.department))
    kind = str(item.kind)
    if field is None:
        names = (c.row.get(n) for c in item.candidates for n in ("name", "description"))
        name = next((n for n in names if isinstance(n, str)), item.row_key)
        if item.kind is Kind.HAND_MADE:
            kind = "hand_made_row"
        elif item.kind in (Kind.CONFLICT, Kind.RIGHTS, Kind.REVERTED):
            kind = "conflict_row"
        return text(f"summary.decision.{kind}", lang, who=who, key=item.row_key, name=name, n=len(item.candidates))
    values = comma.join(dict.fromkeys(_value(c.value, field, lang) for c in item.candidates))
    each = comma.join(f"{c.source.department} {_value(c.value, field, lang)}".strip() for c in item.candidates)
    facts = {"key": item.row_key, "field": field.heading[lang], "master": _value(item.master, field, lang), "values": values, "each": each}
    return text(f"summary.decision.{kind}", lang, who=who, n=len(item.candidates), name=item.row_key, **facts)


def _value(value: Value, field: Field, lang: str) -> str:
    """A value as a person reads it; a blank is said as such."""
    match value:
        case None | "" | ():
            return text("word.blank", lang)
        case Unreadable(written):
            return written
        case Clear():
            return text("word.clear", lang)
        case tuple():
            return ("、" if lang == "zh" else ", ").join(value)
        case bool():
            return str(value)
        case int() | float() if field.kind == "percent":
            return f"{round(value * 100, 2):g}%"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case str() if field.kind in ("choice", "warning"):
            return field.label(value, lang)
    return str(value)


def look_ahead(
    tables: Mapping[str, Table], tasks: Sequence[TaskFacts], overdue: int, first: date, settings: Settings, calendar: Calendar, lang: str
) -> list[LookAheadLine]:
    """Next week, day by day: the review meeting, how many tasks are due, requirements due. `first` is that week's first day."""
    days = [first + timedelta(n) for n in range(7)]
    out = []
    meeting = next(day for day in days if day.isoweekday() == settings.meeting_weekday)
    work = calendar.counting(True)
    # The meeting of a holiday Monday is held on the next working day, if that is still in the week.
    held = meeting if work.counts(meeting) else work.forward(meeting, 1)
    if held <= days[-1]:
        out.append(LookAheadLine(held, "meeting", {"time": settings.meeting_time, "n": overdue}))
    for day in days:
        due = [(t.dept or text("summary.other_department", lang), t) for t in tasks if t.open and t.end == day]
        if len(due) == 1:
            dept, task = due[0]
            out.append(LookAheadLine(day, "due_one", {"key": task.key, "name": task.name, "dept": dept}))
        elif due:
            dept, most = Counter(dept for dept, _ in due).most_common(1)[0]
            out.append(LookAheadLine(day, "due", {"n": len(due), "dept": dept, "most": most}))
    table = tables.get("requirements")
    for i in range(len(table) if table is not None else 0):
        assert table is not None
        end = as_day(table.readable(i, "due"))
        if end is not None and days[0] <= end <= days[-1] and not is_closed(table.readable(i, "status")):
            out.append(LookAheadLine(end, "requirement", {"key": key_of(table, i, "req_id") or "", "name": said(table, i, "name")}))
    order = {"meeting": 0, "requirement": 1}
    return sorted(out, key=lambda line: (line.day, order.get(line.text_id, 2)))
