"""Lay a Summary out on the weekly sheet: values into the names `wk_*`, unused rows hidden, footer with week, page and run.

In: the summary, the workbook's names and sheets.  Out: a Plan.  Pure; layout, charts and styles are the template's (LOOK.md).
A block shows as many lines as it has rows; a longer list says “前 8 / 共 12” on a cell that links to the sheet behind it. Departments
beyond the rows of their block stand together in one line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from collab_xl.catalogue import listed, text
from collab_xl.forms import load
from collab_xl.model.plan import Plan
from collab_xl.model.sheets import Snapshot
from collab_xl.model.summary import DecisionLine, EscalationLine, Kpi, ProblemLine, Summary, Trend
from collab_xl.model.values import Value
from collab_xl.plan.places import Names, Places, fit, width
from collab_xl.plan.weekly_departments import Shown, shown_departments

ARROW = {Trend.BETTER: "▲", Trend.SAME: "＝", Trend.WORSE: "▼", Trend.UNKNOWN: ""}
FEED = "wk_feed_"
"""How the names begin that the charts draw from; they lie on a sheet of their own."""
WEEKS = 8
DEPARTMENTS = 30
"""Lines of the department block where the workbook does not have it."""
# Two printed lines of each block, in Chinese characters (the template's column widths at its type size).
ROOM = {"task": 38, "who": 19, "why": 43, "escalation": 52, "ahead": 40, "actual": 40, "plan_why": 43, "problem": 40, "decision": 52}


def plan_week(
    summary: Summary,
    names: Names,
    snapshots: Callable[[str], Snapshot],
    lang: str,
    run: str,
    made_at: str,
) -> Plan:
    """The plan that makes the weekly sheet say what `summary` says.

    Args:
        names: workbook-level defined names that are one area.
        snapshots: sheet name → the sheet as it is now.
        run: id of the run that writes it, for the footer.
        made_at: when, as the footer shall show it (`2026-11-20 17:42`).
    """
    places = Places(names, snapshots)
    _head(places, summary, lang)
    for kpi in summary.kpis:
        places.put(f"wk_kpi_{kpi.id}", kpi.value)
        places.put(f"wk_kpi_{kpi.id}_delta", _delta(kpi, lang))
    departments = shown_departments(summary.departments, places.rows("wk_dept_name", DEPARTMENTS), lang)
    _feed(places, summary, departments)
    _departments(places, departments, lang)
    _lists(places, summary, lang)
    places.put("wk_check", _check(summary, departments, lang))
    sheet = places.sheet_of("wk_title")
    footers = {sheet: _footer(summary, lang, run, made_at)} if sheet else {}
    return places.plan(footers)


def weekly_sheet(names: Names) -> str:
    """The sheet the report is laid out on, by any place it still has; "" where there is none: the sheet was deleted."""
    sheets = [sheet for name, (sheet, _) in names.items() if name.startswith("wk_") and not name.startswith(FEED)]
    return names["wk_title"][0] if "wk_title" in names else next(iter(sheets), "")


def _head(places: Places, s: Summary, lang: str) -> None:
    title = text("sheet.weekly_title", lang)
    places.put("wk_title", f"{s.project} · {title}" if s.project else title)
    year, week = s.week.split("-W")
    until = (
        text("week.until", lang, moment=f"{s.data_until:%m-%d %H:%M}") if s.data_until else text("week.as_of", lang, day=f"{s.as_of:%m-%d}")
    )
    period = text("week.period", lang, year=year, week=int(week), first=f"{s.first_day:%m-%d}", last=f"{s.last_day:%m-%d}")
    places.put("wk_period", f"{period}　{until}" if lang == "zh" else f"{period} · {until}")
    counting = text("week.working" if s.working_days else "week.calendar", lang)
    places.put("wk_subtitle", text("week.subtitle", lang, departments=sum(not d.outside for d in s.departments), counting=counting))
    places.put("wk_missing", _missing(s, lang))
    places.put("wk_rag", f"● {text(f'rag.{s.rag}', lang)} {ARROW[s.trend]}".rstrip())
    places.put("wk_reason", _reason(s, lang))


def _missing(s: Summary, lang: str) -> str:
    if not s.asked:
        return text("week.nobody_asked", lang)
    count = text("week.count", lang, submitted=s.submitted, asked=s.asked)
    if not s.missing:
        return text("week.all_in", lang) + count
    who = [text("week.who_late", lang, name=name, days=days) if days else name for name, days in s.missing]
    return text("week.missing", lang, names=listed(who, lang, "week.and_more")) + count


def _reason(s: Summary, lang: str) -> str:
    """One sentence of numbers, from the facts in their order."""
    parts = s.reason.get("parts", ())
    said = [text(f"summary.reason.{name}", lang, **facts) for name, facts in parts] if isinstance(parts, Sequence) else []
    sentence = ("，" if lang == "zh" else ", ").join(said)
    if not sentence:
        return ""
    return sentence[0].upper() + sentence[1:] + ("。" if lang == "zh" else ".")


def _delta(kpi: Kpi, lang: str) -> str:
    if kpi.before is None:
        return text("week.no_before", lang)
    change = kpi.value - kpi.before
    if not change:
        return text("week.no_change", lang)
    return text("week.change", lang, arrow="▲" if change > 0 else "▼", n=abs(change))


def _feed(places: Places, s: Summary, departments: Shown) -> None:
    """The newest week stands in the last row, so that its point carries the label."""
    points = s.progress[-WEEKS:]
    lead: list[Value] = [None] * (places.rows("wk_feed_week", WEEKS) - len(points))
    places.column("wk_feed_week", [*lead, *(p.week.partition("-")[2] for p in points)])
    places.column("wk_feed_planned", [*lead, *(p.planned for p in points)])
    places.column("wk_feed_actual", [*lead, *(p.actual for p in points)])
    places.column("wk_feed_ageing", [count for _, count in s.ageing])
    trends: list[Sequence[Value]] = []
    for line in departments.lines[: places.rows("wk_feed_trend", DEPARTMENTS)]:
        weeks = line.overdue_trend[-WEEKS:]
        trends.append([*[None] * (WEEKS - len(weeks)), *weeks])
    places.grid("wk_feed_trend", trends)


def _departments(places: Places, departments: Shown, lang: str) -> None:
    shown = departments.lines
    columns: Mapping[str, Sequence[Value]] = {
        "name": [fit(d.name, 15) for d in shown],
        "liaison": [fit(d.liaison, 9) or None for d in shown],
        "submitted": departments.submitted,
        "open": [d.open for d in shown],
        "overdue": [d.overdue for d in shown],
        "escalated": [d.escalated for d in shown],
        "rate": [round(d.done / d.total, 4) if d.total else None for d in shown],
        "rag": [f"● {text(f'rag.{d.rag}', lang)}" for d in shown],
    }
    for name, values in columns.items():
        places.column(f"wk_dept_{name}", values)
    places.put("wk_dept_more", _more(departments.count, departments.own, lang))
    places.show_rows("wk_dept_name", len(shown))


def _lists(places: Places, s: Summary, lang: str) -> None:
    arrow = text("week.leads_to", lang)
    blocks: Mapping[str, tuple[int, Mapping[str, Sequence[Value]]]] = {
        "overdue": (len(s.overdue), {
            "overdue_task": [fit(f"{o.key} {o.name}", ROOM["task"]) for o in s.overdue],
            "overdue_who": [fit(" / ".join(filter(None, (o.dept, o.owner))), ROOM["who"]) for o in s.overdue],
            "overdue_end": [o.end for o in s.overdue],
            "overdue_days": [o.days for o in s.overdue],
            "overdue_why": [_leads(o.reason, o.measure, arrow, ROOM["why"]) for o in s.overdue],
        }),
        "escalations": (len(s.escalations), {"esc_text": [_escalation(e, lang, arrow) for e in s.escalations]}),
        "ahead": (len(s.ahead), {
            "ahead_day": [_day(a.day, lang) for a in s.ahead],
            "ahead_text": [fit(text(f"summary.ahead.{a.text_id}", lang, **a.facts), ROOM["ahead"]) for a in s.ahead],
        }),
        "plan": (len(s.plan), {
            "plan_task": [fit(f"{p.key} {p.planned}", ROOM["task"]) for p in s.plan],
            "plan_actual": [fit(p.actual, ROOM["actual"]) or None for p in s.plan],
            "plan_why": [_leads(p.reason, p.measure, arrow, ROOM["plan_why"]) for p in s.plan],
        }),
        "problems": (len(s.problems), {
            "problem_text": [_problem(p, lang) for p in s.problems],
            "problem_age": [p.age_days for p in s.problems],
        }),
        "decisions": (len(s.decisions), {"decision_text": [_decision(d, lang) for d in s.decisions]}),
    }  # fmt: skip
    for block, (count, columns) in blocks.items():
        first = next(iter(columns))
        room = places.rows(f"wk_{first}", count)
        for name, values in columns.items():
            # An empty block says so: a blank one could be a mistake.
            shown = values if count or name != first else [text("week.nothing", lang)]
            places.column(f"wk_{name}", shown)
        places.put(f"wk_{block}_more", _more(count, room, lang))
        places.show_rows(f"wk_{first}", min(count, room))


def _more(count: int, room: int, lang: str) -> Value:
    """`前 8 / 共 12 ›`; only the total where all fit, nothing where there is nothing."""
    if not count:
        return None
    return text("week.more", lang, shown=room, count=count) if count > room else text("week.all", lang, count=count)


def _leads(reason: str, measure: str, arrow: str, room: float) -> str | None:
    if not reason and not measure:
        return None
    if not reason or not measure:
        return fit(reason or f"{arrow}{measure}", room)
    return f"{fit(reason, room / 2)}{arrow}{fit(measure, room / 2 - 1)}"


def _escalation(e: EscalationLine, lang: str, arrow: str) -> str:
    """Which, why, who must hear of it and by when stand whole; the name takes the room that is left."""
    comma = "、" if lang == "zh" else ", "
    why = text("week.days_late", lang, n=e.days) if e.cause == "overdue" else text(f"cause.{e.cause}", lang)
    by = _answer_by(e.answer_by, lang) if e.answer_by else ""
    to = f"{arrow}{comma.join(e.to)}" if e.to else ""
    head = f"▲ {e.key} {why}"
    left = ROOM["escalation"] - width(head + to + by)
    name = f" {fit(e.name, left - 1)}" if e.name and left > 6 else ""
    return fit(f"{head}{name}{to}", ROOM["escalation"] - width(by)) + by


def _answer_by(day: date, lang: str) -> str:
    """With a month in words: `11-23` would be broken at its hyphen."""
    month = text("week.months", lang).split()[day.month - 1]
    return text("week.answer_by", lang, month=month, day=day.day)


def _problem(p: ProblemLine, lang: str) -> str:
    """The problem keeps at least half of the room; status, then department give way."""
    form = load().form("problems")
    words = [form.field("level").label(p.level, lang), p.dept, form.field("status").label(p.status, lang)]
    while True:
        tail = " · ".join(filter(None, words))
        tail = f"（{tail}）" if lang == "zh" else f" ({tail})"
        if len(words) == 1 or width(tail) <= ROOM["problem"] * 0.45:
            break
        words.pop()
    head = f"{p.key} {p.text}" if p.key else p.text
    return fit(head, ROOM["problem"] - width(tail)) + tail


def _decision(d: DecisionLine, lang: str) -> str:
    line = text("week.support", lang, key=d.key, text=d.text) if d.kind == "support" else d.text
    return fit(f"◆ {line}", ROOM["decision"])


def _day(day: date, lang: str) -> str:
    weekday = text("week.weekdays", lang).split()[day.weekday()]
    return f"{day:%m-%d} {weekday}"


def _check(s: Summary, departments: Shown, lang: str) -> str:
    """The parts that must add up to the figures above; it says so when they do not."""
    facts = dict(s.check)
    if not departments.whole:
        facts["by_department"] = tuple(d.overdue for d in departments.lines)
    for name in ("by_department", "by_bucket"):
        parts = facts.get(name, ())
        facts[name] = "+".join(str(p) for p in parts) if isinstance(parts, tuple) and parts else "0"
    line = text("week.check", lang, **facts)
    return line if facts.get("balanced", True) else text("week.unbalanced", lang) + line


def _footer(s: Summary, lang: str, run: str, made_at: str) -> str:
    left = text("week.footer", lang, week=s.week).replace("&", "&&")
    page = text("week.page", lang, page="&P")
    right = " · ".join(filter(None, (text("week.run", lang, run=run) if run else "", made_at))).replace("&", "&&")
    return "".join(f"{side}&8{' ' if part[:1].isdigit() else ''}{part}" for side, part in (("&L", left), ("&C", page), ("&R", right)))
