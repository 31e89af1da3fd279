"""Write a Summary to the weekly sheet: values into the names `wk_*`, unused rows hidden, footer with week, page and run.

In: the summary, the workbook's names and sheets.  Out: a Plan.  Pure; the template contains layout, charts and styles (docs/templates.md).
A block shows as many lines as it has rows. For a longer list a cell shows “前 8 / 共 12” and links to the full list. Departments that do
not fit in their block are shown together in one line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from collab_xl.catalogue import listed, text
from collab_xl.forms import Field, Schema, load
from collab_xl.forms.blocks import LOOKS, form_bands
from collab_xl.model.plan import Plan
from collab_xl.model.record import Struct
from collab_xl.model.report_pages import BANDS, DEPARTMENTS, WEEKS, PageBlock
from collab_xl.model.sheets import Snapshot
from collab_xl.model.summary import (
    DecisionLine,
    EscalationLine,
    FormLine,
    Kpi,
    LookAheadLine,
    OverdueLine,
    PlanLine,
    ProblemLine,
    Summary,
    Trend,
    WeekPage,
)
from collab_xl.model.values import Value
from collab_xl.model.week import week_after
from collab_xl.plan.places import NamedPlaces, Names, fit, width
from collab_xl.plan.show import show
from collab_xl.plan.weekly_departments import DepartmentLines, shown_departments
from collab_xl.rules.escalations import OVERDUE

ARROW = {Trend.BETTER: "▲", Trend.SAME: "＝", Trend.WORSE: "▼", Trend.UNKNOWN: ""}
FEED = "wk_feed_"
"""Prefix of the names with the charts' data, which is on a sheet of its own."""
NUMBERS = frozenset(LOOKS.values())
"""Looks of cells that hold a date or a number."""


def plan_week(
    summary: Summary,
    names: Names,
    snapshots: Callable[[str], Snapshot],
    lang: str,
    run: str,
    made_at: str,
    schema: Schema | None = None,
) -> Plan:
    """The plan of `week_page`."""
    return week_page(summary, names, snapshots, lang, run, made_at, schema)[0]


def week_page(
    summary: Summary,
    names: Names,
    snapshots: Callable[[str], Snapshot],
    lang: str,
    run: str,
    made_at: str,
    schema: Schema | None = None,
) -> tuple[Plan, WeekPage]:
    """The plan that writes `summary` to the weekly sheet, and the page as it will be shown again later.

    Args:
        names: workbook-level defined names that are one area.
        snapshots: sheet name → the sheet as it is now.
        run: id of the run that writes it, for the footer.
        made_at: the time of writing as shown in the footer (`2026-11-20 17:42`).
        schema: the forms in use.
    """
    schema = schema or load()
    places = NamedPlaces(names, snapshots)
    _head(places, summary, lang)
    for kpi in summary.kpis:
        places.put(f"wk_kpi_{kpi.id}", kpi.value)
        places.put(f"wk_kpi_{kpi.id}_delta", _delta(kpi, lang))
    departments = shown_departments(summary.departments, places.rows("wk_dept_name", DEPARTMENTS.rows), lang)
    _feed(places, summary, departments)
    _departments(places, departments, lang)
    for block in (b for band in BANDS for b in band):
        lines, cells = LISTS[block.name]
        _list(places, block, lines(summary), partial(cells, room=Room(block, schema, lang, summary.beside)), lang)
    own = {lines.form: lines for lines in summary.blocks}
    for block in (b for band in form_bands(schema) for b in band):
        form_lines = own.get(block.form)
        cells = partial(_form_cells, room=Room(block, schema, lang, summary.beside))
        _list(places, block, form_lines.lines if form_lines else (), cells, lang)
    for name in (f"wk_{form.id}.{f.id}" for form in schema.forms for f in form.set_aside):
        if name in names:
            places.column(name, ())
    places.put("wk_check", _check(summary, departments, lang))
    sheet = places.sheet_of("wk_title")
    footer = _footer(summary, lang, run, made_at)
    page = WeekPage(dict(places.values), dict(places.shown), footer, made_at)
    return places.plan({sheet: footer} if sheet else {}), page


def plan_page(page: WeekPage, names: Names, snapshots: Callable[[str], Snapshot]) -> Plan:
    """The plan that shows a weekly sheet as it was made. A block that came into the workbook later is emptied."""
    places = NamedPlaces(names, snapshots)
    for name in names:
        if name.startswith("wk_") and name not in page.values:
            places.column(name, ())
    for name, lines in page.values.items():
        if all(len(line) == 1 for line in lines):
            places.column(name, [line[0] for line in lines])
        else:
            places.grid(name, lines)
    for name, used in page.shown.items():
        places.show_rows(name, used)
    sheet = places.sheet_of("wk_title")
    return places.plan({sheet: page.footer} if sheet and page.footer else {})


def weekly_sheet(names: Names) -> str:
    """The name of the weekly sheet, found by any of its places; "" if the sheet was deleted."""
    sheets = [sheet for name, (sheet, _) in names.items() if name.startswith("wk_") and not name.startswith(FEED)]
    return names["wk_title"][0] if "wk_title" in names else next(iter(sheets), "")


def _head(places: NamedPlaces, s: Summary, lang: str) -> None:
    title = text("model.sheet.weekly_title", lang)
    places.put("wk_title", f"{s.project} · {title}" if s.project else title)
    year, week = s.week.split("-W")
    until = (
        text("plan.week.until", lang, moment=f"{s.data_until:%m-%d %H:%M}")
        if s.data_until
        else text("plan.week.as_of", lang, day=f"{s.as_of:%m-%d}")
    )
    period = text("plan.week.period", lang, year=year, week=int(week), first=f"{s.first_day:%m-%d}", last=f"{s.last_day:%m-%d}")
    places.put("wk_period", f"{period}　{until}" if lang == "zh" else f"{period} · {until}")
    if s.working_days and s.provisional:
        years = listed([str(year) for year in s.provisional], lang, "plan.home.more_years")
        counting = text("plan.week.working_provisional", lang, years=years)
    else:
        counting = text("plan.week.working" if s.working_days else "plan.week.calendar", lang)
    places.put("wk_subtitle", text("plan.week.subtitle", lang, departments=sum(not d.outside for d in s.departments), counting=counting))
    places.put("wk_missing", _missing(s, lang))
    places.put("wk_rag", f"● {text(f'model.rag.{s.rag}', lang)} {ARROW[s.trend]}".rstrip())
    places.put("wk_reason", _reason(s, lang))


def _missing(s: Summary, lang: str) -> str:
    if not s.asked:
        late = text("plan.week.came_late", lang, week=week_after(s.week, -1), cells=s.came_late) if s.came_late else ""
        return text("plan.week.nobody_asked", lang) + late
    count = text("plan.week.count", lang, submitted=s.submitted, asked=s.asked)
    if s.came_late:
        count += text("plan.week.came_late", lang, week=week_after(s.week, -1), cells=s.came_late)
    if not s.missing:
        return text("model.week.all_in", lang) + count
    who = [text("plan.week.who_late", lang, name=name, days=days) if days else name for name, days in s.missing]
    return text("plan.week.missing", lang, names=listed(who, lang, "plan.week.and_more")) + count


def _reason(s: Summary, lang: str) -> str:
    parts = s.reason.get("parts", ())
    return reason_sentence(parts, lang) if isinstance(parts, Sequence) else ""


def reason_sentence(parts: Sequence[tuple[str, Mapping[str, object]]], lang: str) -> str:
    """One sentence of numbers, from the facts in order; "" without facts."""
    said = [text(f"plan.reason.{name}", lang, **facts) for name, facts in parts]
    sentence = ("，" if lang == "zh" else ", ").join(said)
    if not sentence:
        return ""
    return sentence[0].upper() + sentence[1:] + ("。" if lang == "zh" else ".")


def _delta(kpi: Kpi, lang: str) -> str:
    if kpi.before is None:
        return text("plan.week.no_before", lang)
    change = kpi.value - kpi.before
    if not change:
        return text("plan.week.no_change", lang)
    return text("plan.week.change", lang, arrow="▲" if change > 0 else "▼", n=abs(change))


def _feed(places: NamedPlaces, s: Summary, departments: DepartmentLines) -> None:
    """Write the charts' data. The newest week is in the last row, so that its point has the label."""
    points = s.progress[-WEEKS:]
    lead: list[Value] = [None] * (places.rows("wk_feed_week", WEEKS) - len(points))
    places.column("wk_feed_week", [*lead, *(p.week.partition("-")[2] for p in points)])
    places.column("wk_feed_planned", [*lead, *(p.planned for p in points)])
    places.column("wk_feed_actual", [*lead, *(p.actual for p in points)])
    places.column("wk_feed_ageing", [count for _, count in s.ageing])
    trends: list[Sequence[Value]] = []
    for line in departments.lines[: places.rows("wk_feed_trend", DEPARTMENTS.rows)]:
        weeks = line.overdue_trend[-WEEKS:]
        trends.append([*[None] * (WEEKS - len(weeks)), *weeks])
    places.grid("wk_feed_trend", trends)


def _departments(places: NamedPlaces, departments: DepartmentLines, lang: str) -> None:
    shown = departments.lines
    room = {column.name: column.room for column in DEPARTMENTS.columns}
    columns: Mapping[str, Sequence[Value]] = {
        "name": [fit(d.name, room["dept_name"]) for d in shown],
        "liaison": [fit(d.liaison, room["dept_liaison"]) or None for d in shown],
        "submitted": departments.submitted,
        "open": [d.open for d in shown],
        "overdue": [d.overdue for d in shown],
        "escalated": [d.escalated for d in shown],
        "rate": [round(d.done / d.total, 4) if d.total else None for d in shown],
        "rag": [f"● {text(f'model.rag.{d.rag}', lang)}" for d in shown],
    }
    for name, values in columns.items():
        places.column(f"wk_dept_{name}", values)
    places.put(DEPARTMENTS.more, _more(departments.count, departments.own, lang))
    places.show_rows("wk_dept_name", len(shown))


class Room(Struct, frozen=True):
    """What is needed to write a block's cells: the forms, the language and the room of each column."""

    block: PageBlock
    schema: Schema
    lang: str
    beside: Mapping[str, Mapping[str, tuple[tuple[str, Value], ...]]] = {}

    def fit(self, column: str, words: str) -> str:
        return fit(words, self[column])

    def titled(self, words: str, form_id: str, key: str, room: float) -> str:
        """A row's title with what this master shows beside it, in at most half of the room."""
        said = self.beside.get(form_id, {}).get(key, ())
        if not said:
            return fit(words, room)
        form = self.schema.form(form_id)
        colon, between = ("：", "，") if self.lang == "zh" else (": ", ", ")
        fields = between.join(f"{form.field(f).heading[self.lang]}{colon}{show(value, form.field(f), self.lang)}" for f, value in said)
        tail = text("plan.week.beside", self.lang, fields=fit(fields, max(room / 2, room - width(words)) - 3))
        return fit(words, room - width(tail)) + tail

    def part(self, part: str) -> str:
        form = self.schema.part(part)
        return form.id if form else ""

    def __getitem__(self, column: str) -> float:
        return next(c.room for c in self.block.columns if c.name == column)

    @property
    def arrow(self) -> str:
        return text("plan.week.leads_to", self.lang)


LineCells = Mapping[str, Value]
"""Column of a block → the cell value, for one line."""


def _list(places: NamedPlaces, block: PageBlock, lines: Sequence[Any], cells: Callable[[Any], LineCells], lang: str) -> None:
    """Write as many lines as the block has rows. An empty block gets a text that says so, because a blank one could look like a mistake."""
    first = f"wk_{block.columns[0].name}"
    room = places.rows(first, block.rows)
    shown = [cells(line) for line in lines[:room]]
    for column in block.columns:
        values = [line[column.name] for line in shown]
        places.column(f"wk_{column.name}", values if shown or column is not block.columns[0] else [text("plan.week.nothing", lang)])
    places.put(block.more, _more(len(lines), room, lang))
    places.show_rows(first, min(len(lines), room))


def _overdue(o: OverdueLine, room: Room) -> LineCells:
    return {
        "overdue_task": room.titled(f"{o.key} {o.name}", o.form, o.key, room["overdue_task"]),
        "overdue_who": room.fit("overdue_who", " / ".join(filter(None, (o.dept, o.owner)))),
        "overdue_end": o.end,
        "overdue_days": o.days,
        "overdue_why": _leads(o.reason, o.measure, room.arrow, room["overdue_why"]),
    }


def _ahead(a: LookAheadLine, room: Room) -> LineCells:
    words = text(f"plan.ahead.{a.text_id}", room.lang, **a.facts)
    form = room.part("demand" if a.text_id == "requirement" else "work")
    return {"ahead_day": _day(a.day, room.lang), "ahead_text": room.titled(words, form, str(a.facts.get("key", "")), room["ahead_text"])}


def _plan(p: PlanLine, room: Room) -> LineCells:
    return {
        "plan_task": room.titled(f"{p.key} {p.planned}", room.part("work"), p.key, room["plan_task"]),
        "plan_actual": room.fit("plan_actual", p.actual) or None,
        "plan_why": _leads(p.reason, p.measure, room.arrow, room["plan_why"]),
    }


def _form_cells(line: FormLine, room: Room) -> LineCells:
    """Dates and numbers as they are, everything else as text; the title includes the key."""
    form = room.schema.form(room.block.form)
    titles = [c.name for c in room.block.columns if form.field(c.name.partition(".")[2]).role == "title"]
    named = next(iter(titles), room.block.columns[0].name)
    out: dict[str, Value] = {}
    for column in room.block.columns:
        field = form.field(column.name.partition(".")[2])
        value = line.values.get(field.id)
        if column.look not in NUMBERS or not isinstance(value, (date, int, float)):
            words = show(value, field, room.lang)
            words = " ".join(filter(None, (line.key, words))) if field.role == "title" else words
            value = (room.titled(words, form.id, line.key, column.room) if column.name == named else fit(words, column.room)) or None
        out[column.name] = value
    return out


def _more(count: int, room: int, lang: str) -> Value:
    """`前 8 / 共 12 ›`; only the total if all fit; None for an empty list."""
    if not count:
        return None
    return text("plan.week.more", lang, shown=room, count=count) if count > room else text("plan.week.all", lang, count=count)


def _leads(reason: str, measure: str, arrow: str, room: float) -> str | None:
    if not reason and not measure:
        return None
    if not reason or not measure:
        return fit(reason or f"{arrow}{measure}", room)
    return f"{fit(reason, room / 2)}{arrow}{fit(measure, room / 2 - 1)}"


def _escalation(e: EscalationLine, room: Room) -> LineCells:
    """Key, cause, recipients and answer day are never shortened; the name gets the rest of the room."""
    lang, whole = room.lang, room["esc_text"]
    comma = "、" if lang == "zh" else ", "
    why = text("plan.week.days_late", lang, n=e.days) if e.cause == OVERDUE else text(f"rules.cause.{e.cause}", lang)
    by = _answer_by(e.answer_by, lang) if e.answer_by else ""
    to = f"{room.arrow}{comma.join(e.to)}" if e.to else ""
    head = f"▲ {e.key} {why}"
    left = whole - width(head + to + by)
    name = f" {fit(e.name, left - 1)}" if e.name and left > 6 else ""
    return {"esc_text": fit(f"{head}{name}{to}", whole - width(by)) + by}


def _answer_by(day: date, lang: str) -> str:
    """With a month in words: `11-23` would be broken at its hyphen."""
    month = text("plan.week.months", lang).split()[day.month - 1]
    return text("plan.week.answer_by", lang, month=month, day=day.day)


def _problem(p: ProblemLine, room: Room) -> LineCells:
    """The problem gets at least half of the room; the status is left out first, then the department."""
    form, whole = room.schema.part("trouble"), room["problem_text"]
    level, status = ((form.role(role), value) for role, value in (("level", p.level), ("status", p.status))) if form else ((None, ""),) * 2
    words = [_label(*level, room.lang), p.dept, _label(*status, room.lang)]
    while True:
        tail = " · ".join(filter(None, words))
        tail = (f"（{tail}）" if room.lang == "zh" else f" ({tail})") if tail else ""
        if len(words) == 1 or width(tail) <= whole * 0.45:
            break
        words.pop()
    head = f"{p.key} {p.text}" if p.key else p.text
    return {
        "problem_text": room.titled(head, room.part("trouble"), p.key, whole - width(tail)) + tail,
        "problem_age": p.age_days,
    }


def _label(field: Field | None, value: str, lang: str) -> str:
    return field.label(value, lang) if field else value


def _decision(d: DecisionLine, room: Room) -> LineCells:
    line = text("plan.week.support", room.lang, key=d.key, text=d.text) if d.kind == "support" else d.text
    return {"decision_text": room.fit("decision_text", f"◆ {line}")}


def _day(day: date, lang: str) -> str:
    weekday = text("plan.week.weekdays", lang).split()[day.weekday()]
    return f"{day:%m-%d} {weekday}"


LISTS: Mapping[str, tuple[Callable[[Summary], Sequence[Any]], Callable[..., LineCells]]] = {
    "overdue": (lambda s: s.overdue, _overdue),
    "escalations": (lambda s: s.escalations, _escalation),
    "ahead": (lambda s: s.ahead, _ahead),
    "plan": (lambda s: s.plan, _plan),
    "problems": (lambda s: s.problems, _problem),
    "decisions": (lambda s: s.decisions, _decision),
}
"""Block of the page → its lines, and the function that makes the cells of one line."""


def _check(s: Summary, departments: DepartmentLines, lang: str) -> str:
    """The parts that must add up to the figures above, with a warning if they do not."""
    facts = dict(s.check)
    if not departments.whole:
        facts["by_department"] = tuple(d.overdue for d in departments.lines)
    for name in ("by_department", "by_bucket"):
        parts = facts.get(name, ())
        facts[name] = "+".join(str(p) for p in parts) if isinstance(parts, tuple) and parts else "0"
    line = text("plan.week.check", lang, **facts)
    return line if facts.get("balanced", True) else text("plan.week.unbalanced", lang) + line


def _footer(s: Summary, lang: str, run: str, made_at: str) -> str:
    left = text("plan.week.footer", lang, week=s.week).replace("&", "&&")
    page = text("plan.week.page", lang, page="&P")
    right = " · ".join(filter(None, (text("plan.week.run", lang, run=run) if run else "", made_at))).replace("&", "&&")
    return "".join(f"{side}&8{' ' if part[:1].isdigit() else ''}{part}" for side, part in (("&L", left), ("&C", page), ("&R", right)))
