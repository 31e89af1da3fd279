"""The cells of one line in each block of the weekly sheet.

In: a line of a Summary, and the room of the block's columns.  Out: column → cell value.  Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Field, Schema
from collab_xl.forms.blocks import LOOKS
from collab_xl.model.place import Address
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.model.report_pages import MILESTONES, ONLY_EARLIER, PageBlock, PageColumn
from collab_xl.model.summary import (
    DecisionLine,
    DemandLine,
    DoneLine,
    EscalationLine,
    FormLine,
    LookAheadLine,
    MilestoneLine,
    OverdueLine,
    PlanLine,
    ProblemLine,
    Rag,
    RiskLine,
    Summary,
    WantedLine,
)
from collab_xl.model.values import Link, Value
from collab_xl.plan.places import LETTER_WIDTH, fit, fit_name, width
from collab_xl.plan.rooms import Rooms
from collab_xl.plan.show import show
from collab_xl.rules.escalations import OVERDUE
from collab_xl.rules.lateness import as_day

NUMBERS = frozenset(LOOKS.values())
"""Looks of cells that hold a date or a number."""
BEFORE = (
    PageBlock("escalations", "", "escalations", 6, (PageColumn("esc_text", 14, 18, ""),), "wk_escalations_more"),
    PageBlock("questions", "", "conflicts", 5, (PageColumn("decision_text", 20, 24, ""),), "wk_decisions_more"),
)
"""Blocks of the page of one sheet, which masters made before still have; their rooms are those of the new page's letters."""

NARROWER = 0.09
"""Of the width of a letter: Arial has 0.44 of its height, DejaVu Sans 0.5 in columns that are a fifth wider."""
_BETWEEN_NAMES = regex(r"[、,，;；/]\s*")
ONLY_BEFORE = frozenset({"wk_dept_liaison", "wk_kpi_open", "wk_kpi_open_delta", "wk_kpi_due_this_week", "wk_kpi_due_this_week_delta"})
"""Places that only that page has, besides those of its blocks."""


class Room(Struct, frozen=True):
    """What is needed to write a block's cells: the forms, the language, the room of each column, and the rows that lines link to."""

    block: PageBlock
    schema: Schema
    lang: str
    rooms: Rooms
    rows: Mapping[tuple[str, str], Address]
    beside: Mapping[str, Mapping[str, tuple[tuple[str, Value], ...]]] = {}
    """As `Summary.beside`."""
    as_of: date = date.max
    """Days before it are past."""

    def titled(self, words: str, form_id: str, key: str, whole: float) -> str:
        """A row's title with what this master shows beside it: values with their headings, without these where there is too little room
        for both, and shortened only to half of the room."""
        said = self.beside.get(form_id, {}).get(key, ())
        if not said:
            return fit(words, whole)
        form = self.schema.form(form_id)
        colon, between = ("：", "，") if self.lang == "zh" else (": ", ", ")
        shown = [(f"{form.field(f).heading[self.lang]}{colon}", show(value, form.field(f), self.lang)) for f, value in said]
        tails = [text("plan.week.beside", self.lang, fields=between.join(map("".join, shown)))]
        tails.append(text("plan.week.beside", self.lang, fields=between.join(value for _, value in shown)))
        for tail in tails:
            if width(words) + width(tail) <= whole:
                return words + tail
        tail = tails[-1]
        if width(tail) > whole / 2:
            values = between.join(value for _, value in shown)
            tail = text("plan.week.beside", self.lang, fields=fit(values, max(whole / 2, whole - width(words)) - 3))
        return fit(words, whole - width(tail)) + tail

    def fit(self, column: str, words: str) -> str:
        return fit(words, self.for_words(column, words))

    def for_words(self, column: str, words: str) -> float:
        """The room for this text: letters of an English page that are not bold are narrower than `width` counts."""
        look = self._column(column).look
        if self.lang != "en" or "bold" in look or not words:
            return self[column]
        letters = sum(letter < "\u2e80" for letter in words) * LETTER_WIDTH / width(words)
        return self[column] * (1 + NARROWER * letters)

    def part(self, part: str) -> str:
        """The id of the form this part of the page is made for; "" for none."""
        form = self.schema.part(part)
        return form.id if form else ""

    def __getitem__(self, column: str) -> float:
        return self.rooms.of(self._column(column))

    def _column(self, name: str) -> PageColumn:
        return next(c for c in (*self.block.columns, *ONLY_EARLIER.get(self.block.name, ())) if c.name == name)

    @property
    def arrow(self) -> str:
        return text("plan.week.leads_to", self.lang)

    @property
    def comma(self) -> str:
        return COMMA[self.lang]

    def linked(self, column: str, words: str, key: str, form: str = "", part: str = "work", tail: str = "") -> Value:
        """The text, as a link to its row where that is known. The page of one sheet has no links in its lines."""
        form = form or self.part(part)
        shown = self.titled(words, form, key, self.for_words(column, words) - width(tail)) + tail
        at = self.rows.get((form, key)) if key and self.rooms.two_pages else None
        return Link(at.target, shown) if at and shown else shown or None


LineCells = Mapping[str, Value]
"""Column of a block → the cell value, for one line."""


def _milestone(m: MilestoneLine, room: Room) -> LineCells:
    return {
        "milestone_name": room.linked("milestone_name", m.name or m.key, m.key),
        "milestone_plan": m.plan,
        "milestone_forecast": m.forecast,
        "milestone_actual": m.actual,
        "milestone_late": m.late or None if m.forecast is not None else None,
        "milestone_state": _done_on(m) or _dot(m.rag, room.lang),
    }


def _done_on(m: MilestoneLine) -> str:
    """`✓ 10-15`; "" for one that is not done."""
    if m.actual is not None:
        return f"✓ {m.actual:%m-%d}"
    return "✓" if m.forecast is None and m.rag is Rag.GREEN else ""


def _dot(rag: Rag, lang: str) -> str | None:
    return None if rag is Rag.NONE else f"● {text(f'model.rag.{rag}', lang)}"


def _demand(d: DemandLine, room: Room) -> LineCells:
    """The forecast as a range where the history is long enough: 50 % and 80 %."""
    if d.likely is not None and d.safe is not None and d.progress != 1.0:
        forecast: Value = f"{d.likely:%m-%d} ~ {d.safe:%m-%d}" if d.likely != d.safe else f"{d.likely:%m-%d}"
    else:
        forecast = f"{d.forecast:%m-%d}" if d.forecast else None
    return {
        "demand_name": room.linked("demand_name", d.name or d.key, d.key, part="demand"),
        "demand_rag": "✓" if d.progress == 1.0 else _dot(d.rag, room.lang),
        "demand_progress": d.progress,
        "demand_due": d.due,
        "demand_forecast": forecast,
        "demand_late": d.late or None,
        "demand_why": _at_fault(d, room) or None,
    }


def _at_fault(d: DemandLine, room: Room) -> str:
    """The task that makes a requirement late or red: `RW-053 8 天 +2`; its name is left out, its key never."""
    fault = d.fault
    if fault is None or not (d.late or d.rag in (Rag.RED, Rag.AMBER)):
        return ""
    said = "at_fault" if fault.days else "at_fault_ends"
    tail = text(f"plan.week.{said}", room.lang, n=fault.days, day=f"{fault.ends:%m-%d}" if fault.ends else "")
    tail += text("plan.week.at_fault_others", room.lang, n=fault.others) if fault.others else ""
    return f"{fit_name(fault.key, room['demand_why'] * 1.05 - width(tail))}{tail}"


def _wanted(w: WantedLine, room: Room) -> LineCells:
    words = " ".join(filter(None, (w.key, w.what)))
    past = text("model.week.past", room.lang) if w.late else ""
    left = room.for_words("wanted_what", words) - width(words) - width(text("plan.week.asked_by", room.lang, name="") + past)
    tail = text("plan.week.asked_by", room.lang, name=fit_name(w.by, max(left, room["wanted_what"] / 4))) + past
    return {
        "wanted_what": room.linked("wanted_what", words, w.key, w.form, tail=tail),
        "wanted_by": fit_name(w.by, room["wanted_by"]) or None,
        "wanted_from": room.fit("wanted_from", _decides(w, room) or text("plan.week.nobody", room.lang)),
        "wanted_when": w.when,
    }


def _decides(w: WantedLine, room: Room) -> str:
    """`张三定，李四知悉`; the names alone where one is asked, or each of them."""
    others = [name for name in w.to if name != w.decides]
    if not w.decides or not others:
        return room.comma.join(w.to)
    whole = text("plan.week.decides", room.lang, name=w.decides, others=room.comma.join(others))
    return whole if width(whole) <= room["wanted_from"] else text("plan.week.decides_of", room.lang, name=w.decides, n=len(others))


def _risk(r: RiskLine, room: Room) -> LineCells:
    head = " ".join(filter(None, (r.key, r.name)))
    return {"risk_text": room.linked("risk_text", f"{head}{'：' if room.lang == 'zh' else ': '}{r.text}", r.key)}


def _overdue(o: OverdueLine, room: Room) -> LineCells:
    return {
        "overdue_task": room.linked("overdue_task", f"{o.key} {o.name}", o.key, o.form),
        "overdue_who": _who(o, room["overdue_who"], room.lang) or None,
        "overdue_end": o.end,
        "overdue_days": o.days,
        "overdue_why": leads(o.reason, o.measure, room.arrow, room.for_words("overdue_why", o.reason + o.measure))
        or text("plan.week.no_reason", room.lang),
    }


def _who(o: OverdueLine, room: float, lang: str) -> str:
    """Department and owner. Where both do not fit the department is shortened, and of several owners the first is named."""
    if not o.dept or not o.owner:
        return fit_name(o.dept, room) or _people(o.owner, room, lang)
    owner = _people(o.owner, room * 0.6, lang)
    return f"{fit_name(o.dept, room - width(owner) - width(' / '))} / {owner}"


def _people(names: str, room: float, lang: str) -> str:
    """The names; where not all of them fit the first, and how many more there are."""
    each = [name for name in _BETWEEN_NAMES.split(names) if name]
    if width(names) <= room or len(each) < 2:
        return fit_name(names, room)
    count = len(each) if lang == "zh" else len(each) - 1
    more = text("plan.week.first_of_names", lang, name="", n=count)
    return text("plan.week.first_of_names", lang, name=fit_name(each[0], room - width(more)), n=count)


def _done(d: DoneLine, room: Room) -> LineCells:
    tail = text("plan.week.done_milestone", room.lang) if d.milestone else ""
    tail += text("plan.week.done_late", room.lang, n=d.late) if d.late else ""
    return {
        "done_task": room.linked("done_task", f"{d.key} {d.name}", d.key, tail=tail),
        "done_who": fit_name(d.dept, room["done_who"]) or None,
        "done_day": d.day,
    }


def _ahead(a: LookAheadLine, room: Room) -> LineCells:
    words = _named(a, room)
    form = room.part("demand" if a.text_id == "requirement" else "work")
    return {"ahead_day": _day(a.day, room.lang), "ahead_text": room.titled(words, form, str(a.facts.get("key", "")), room["ahead_text"])}


def _named(a: LookAheadLine, room: Room) -> str:
    """As many of the names as fit, and how many more there are."""
    facts, whole = _in_a_third(room["ahead_text"], **a.facts), room["ahead_text"]
    names, count = facts.get("names"), facts.get("n")
    if not isinstance(names, tuple) or not isinstance(count, int):
        return text(f"plan.ahead.{a.text_id}", room.lang, **facts)
    words = ""
    for text_id in (a.text_id, "due_names"):  # the department where it leaves room for what is due
        if text_id == a.text_id and facts.get("most") == 1:
            continue
        for said in range(len(names), 0, -1):
            more = text("plan.week.and_more_names", room.lang, n=count if room.lang == "zh" else count - said) if said < count else ""
            words = text(f"plan.ahead.{text_id}", room.lang, **{**facts, "names": room.comma.join(names[:said]) + more})
            if width(words) <= whole:
                return words
    shorter = fit(names[0], width(names[0]) - (width(words) - whole))
    return text("plan.ahead.due_names", room.lang, **{**facts, "names": shorter + more})


def _in_a_third(room: float, dept: object = "", **facts: object) -> dict[str, object]:
    """The facts, with a department in a third of the room: a long one would leave none for what is due."""
    return dict(facts, dept=fit_name(str(dept), room / 3))


def _plan(p: PlanLine, room: Room) -> LineCells:
    return {
        "plan_task": room.linked("plan_task", f"{p.key} {p.planned}", p.key),
        "plan_actual": room.fit("plan_actual", p.actual) or None,
        "plan_why": leads(p.reason, p.measure, room.arrow, room.for_words("plan_why", p.reason + p.measure)),
    }


def form_cells(line: FormLine, room: Room) -> LineCells:
    """Dates and numbers as they are, everything else as text; the title includes the key, and says where its day is past. What somebody is
    waited for and has not filled in is said in a word."""
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
            if column.name == named:
                tail = text("model.week.past", room.lang) if _is_past(line, room) else ""
                value = room.linked(column.name, words, line.key, form.id, tail=tail)
            elif field.id in line.lacks:
                value = text("model.week.none_yet", room.lang)
            else:
                people = field.kind == "person"
                value = (_people(words, room[column.name], room.lang) if people else room.fit(column.name, words)) or None
        out[column.name] = value
    return out


def _is_past(line: FormLine, room: Room) -> bool:
    """Whether a day that the block shows, by which something was due, is past."""
    form = room.schema.form(room.block.form)
    shown = (form.field(column.name.partition(".")[2]) for column in room.block.columns)
    days = (as_day(line.values.get(field.id)) for field in shown if field.role == "due")
    return any(day is not None and day < room.as_of for day in days)


def leads(reason: str, measure: str, arrow: str, room: float) -> str | None:
    if not reason and not measure:
        return None
    if not reason or not measure:
        return fit(reason or f"{arrow}{measure}", room)
    room -= width(arrow)
    first = fit(reason, max(room / 2, room - width(measure)))  # what one of them does not need the other has
    return f"{first}{arrow}{fit(measure, room - width(first))}"


def _escalation(e: EscalationLine, room: Room) -> LineCells:
    """Key, cause, recipients and answer day are never shortened; the name gets the rest of the room."""
    lang, whole = room.lang, room["esc_text"]
    why = text("plan.week.days_late", lang, n=e.days) if e.cause == OVERDUE else text(f"rules.cause.{e.cause}", lang)
    by = _answer_by(e.answer_by, lang) if e.answer_by else ""
    to = f"{room.arrow}{room.comma.join(e.to)}" if e.to else ""
    head = f"▲ {e.key} {why}"
    left = whole - width(head + to + by)
    name = f" {fit(e.name, left - 1)}" if e.name and left > 6 else ""
    return {"esc_text": fit(f"{head}{name}{to}", whole - width(by)) + by}


def _answer_by(day: date, lang: str) -> str:
    """With a month in words: `11-23` would be broken at its hyphen."""
    month = text("plan.week.months", lang).split()[day.month - 1]
    return text("plan.week.answer_by", lang, month=month, day=day.day)


def _problem(p: ProblemLine, room: Room) -> LineCells:
    """The problem gets the room it needs; what does not fit beside it is left out: the status first, then the department."""
    form = room.schema.part("trouble")
    level, status = ((form.role(role), value) for role, value in (("level", p.level), ("status", p.status))) if form else ((None, ""),) * 2
    words = [_label(*level, room.lang), p.dept, _label(*status, room.lang)]
    head = f"{p.key} {p.text}" if p.key else p.text
    while True:
        tail = " · ".join(filter(None, words))
        tail = (f"（{tail}）" if room.lang == "zh" else f" ({tail})") if tail else ""
        if len(words) == 1 or width(head + tail) <= room.for_words("problem_text", head):
            break
        words.pop()
    return {"problem_text": room.linked("problem_text", head, p.key, part="trouble", tail=tail), "problem_age": p.age_days}


def _label(field: Field | None, value: str, lang: str) -> str:
    return field.label(value, lang) if field else value


def _decision(d: DecisionLine, room: Room) -> LineCells:
    line = text("plan.week.support", room.lang, key=d.key, text=d.text) if d.kind == "support" else d.text
    return {"decision_text": room.fit("decision_text", f"◆ {line}")}


def _day(day: date, lang: str) -> str:
    weekday = text("plan.week.weekdays", lang).split()[day.weekday()]
    return f"{day:%m-%d} {weekday}"


def _milestones_by_day(s: Summary) -> list[MilestoneLine]:
    """Those that have room, in the order of their days: those behind their plan, then those that hold, those done last."""
    shown, rest = s.milestones[: MILESTONES.usual], s.milestones[MILESTONES.usual :]
    return [*sorted(shown, key=lambda m: (m.forecast is None, not m.late, _by_day(m))), *rest]


def _by_day(m: MilestoneLine) -> int:
    """The next open one first, of those that are done the last one."""
    day = (m.plan if m.forecast is not None else m.actual or m.plan) or date.max
    return day.toordinal() if m.forecast is not None else -day.toordinal()


LISTS: Mapping[str, tuple[Callable[[Summary], Sequence[Any]], Callable[..., LineCells]]] = {
    "milestones": (_milestones_by_day, _milestone),
    "demands": (lambda s: s.demands, _demand),
    "decisions": (lambda s: s.wanted, _wanted),
    "worries": (lambda s: s.risks, _risk),
    "overdue": (lambda s: s.overdue, _overdue),
    "done": (lambda s: s.done, _done),
    "plan": (lambda s: s.plan, _plan),
    "problems": (lambda s: s.problems, _problem),
    "ahead": (lambda s: s.ahead, _ahead),
    "escalations": (lambda s: s.escalations, _escalation),
    "questions": (lambda s: s.decisions, _decision),
}
"""Block of the page → its lines, and the function that makes the cells of one line."""
