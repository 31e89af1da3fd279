"""The agenda of a meeting: what the meeting must talk about, from the figures of the week.

In: a Summary and the forms in use.  Out: sections with their points, the worst first.  Pure.
What departments and PMO settle among themselves (conflicts of a merge) is no matter of a meeting and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from collab_xl.catalogue import COMMA, has, text
from collab_xl.forms import Field, Form, Schema
from collab_xl.model.agenda import Point, Section
from collab_xl.model.summary import MEETINGS, FormBlock, FormLine, Summary
from collab_xl.plan.show import show

MOST = 20
"""Points of a section: a meeting of half an hour does not talk about more. The rest is counted; the master's lists have it."""


def agenda(s: Summary, schema: Schema, lang: str) -> tuple[Section, ...]:
    """Actions of earlier meetings, decisions wanted, overdue, problems, the other forms' blocks, what else is late, the next week; none
    that is empty.

    `s` looks ahead to the week after the meeting. Each has its first `MOST` points, the worst of them, and how many there are besides.
    """
    meetings = {form.id for form in schema.forms if any(clock.per for clock in form.clocks)}
    blocks = {block.form: block for block in s.blocks}
    earlier = [_block(schema.form(name), blocks[name], lang) for name in blocks if name in meetings]
    others = [_block(schema.form(name), blocks[name], lang) for name in blocks if name not in meetings]
    sections = [
        *earlier,
        Section(_title("decisions", lang), tuple(_decisions(s, lang))),
        Section(_title("overdue", lang), tuple(_overdue(s, lang))),
        Section(_title("trouble", lang), tuple(_problems(s, schema, lang))),
        *others,
        Section(_title("late_others", lang), tuple(_late_others(s, schema, lang))),
        Section(_title("ahead", lang), tuple(_ahead(s, lang))),
    ]
    return tuple(_short(section) for section in sections if section.points)


def _short(section: Section) -> Section:
    return Section(section.title, section.points[:MOST], max(0, len(section.points) - MOST))


def _title(name: str, lang: str) -> str:
    return text(f"plan.agenda.{name}", lang)


def _joined(parts: Iterable[str], lang: str) -> str:
    return ("；" if lang == "zh" else "; ").join(parts)


def _who(*names: str) -> str:
    return " / ".join(filter(None, names))


def _decisions(s: Summary, lang: str) -> Iterable[Point]:
    """Escalations without an answer, with the day the row itself is due, and problems that ask for support."""
    due = {(b.form, line.key): line.due for b in s.blocks for line in b.lines}
    due |= {(o.form, o.key): o.end for o in (*s.overdue, *s.late_others)}
    for e in s.escalations:
        if not e.answered:
            cause = text(f"rules.cause.{e.cause}", lang) if has(f"rules.cause.{e.cause}", lang) else e.cause
            note = text("plan.agenda.asked_of", lang, cause=cause, people=COMMA[lang].join(e.to))
            said = [note if e.to else cause]
            if e.answer_by is not None:
                said.append(text(f"plan.agenda.answer_{'late' if e.answer_by < s.as_of else 'by'}", lang, day=e.answer_by.isoformat()))
            yield Point(e.key, e.name, e.dept, due.get((e.form, e.key)), _joined(said, lang))
    problems = {p.key: p for p in s.problems}
    for d in s.decisions:
        if d.kind == "support":
            p = problems.get(d.key)
            asks = text("plan.agenda.support", lang, text=d.text)
            yield Point(d.key, p.text, _who(p.dept, p.owner), p.due, asks) if p else Point(d.key, asks)


def _overdue(s: Summary, lang: str) -> Iterable[Point]:
    for o in s.overdue:
        said = [text("plan.agenda.late", lang, n=o.days)]
        said += [text("plan.agenda.reason", lang, text=o.reason)] if o.reason else []
        said += [text("plan.agenda.measure", lang, text=o.measure)] if o.measure else [text("plan.agenda.no_measure", lang)]
        yield Point(o.key, o.name, _who(o.dept, o.owner), o.end, _joined(said, lang))


def _late_others(s: Summary, schema: Schema, lang: str) -> Iterable[Point]:
    """Late rows that no other section names: of forms without a block of their own, or whose block leaves them out."""
    trouble = schema.part("trouble")
    named = {(b.form, line.key) for b in s.blocks for line in b.lines} | {(trouble.id, p.key) for p in s.problems if trouble}
    for o in s.late_others:
        if (o.form, o.key) not in named:
            said = [schema.form(o.form).sheet[lang], text("plan.agenda.late", lang, n=o.days)]
            said += [text("plan.agenda.reason", lang, text=o.reason)] if o.reason else []
            said += [text("plan.agenda.measure", lang, text=o.measure)] if o.measure else []
            yield Point(o.key, o.name, _who(o.dept, o.owner), o.end, _joined(said, lang))


def _problems(s: Summary, schema: Schema, lang: str) -> Iterable[Point]:
    form = schema.part("trouble")
    for p in s.problems:
        level = _label(form.role("level") if form else None, p.level, lang)
        said = [level] if level else []
        said += [text("plan.agenda.late", lang, n=p.overdue_days)] if p.overdue_days else []
        said += [text("plan.agenda.measure", lang, text=p.measure)] if p.measure else [text("plan.agenda.no_measure", lang)]
        yield Point(p.key, p.text, _who(p.dept, p.owner), p.due, _joined(said, lang))


def _label(field: Field | None, value: str, lang: str) -> str:
    return field.label(value, lang) if field and value else value


def _ahead(s: Summary, lang: str) -> Iterable[Point]:
    for line in s.ahead:
        if (key := str(line.facts.get("key") or "")) and (name := str(line.facts.get("name") or "")):
            past = text("plan.agenda.past", lang) if line.day < s.as_of else ""
            note = text("plan.agenda.required", lang) if line.text_id == "requirement" else past
            yield Point(key, name, _who(*(str(line.facts.get(part) or "") for part in ("dept", "owner"))), line.day, note)
        elif line.text_id not in MEETINGS:
            yield Point("", text(f"plan.ahead.{line.text_id}", lang, **line.facts), due=line.day)


def _block(form: Form, block: FormBlock, lang: str) -> Section:
    """The rows of a form's own block: title, owner and due date by their roles, everything else as a note."""
    assert form.block is not None
    return Section(form.block.heading[lang], tuple(_line(form, line, lang) for line in block.lines))


def _line(form: Form, line: FormLine, lang: str) -> Point:
    named = {role: field.id for role in ("title", "owner", "department", "due") if (field := form.role(role)) is not None}
    due = line.values.get(named.get("due", ""))
    known = {id_ for role, id_ in named.items() if role != "due" or isinstance(due, date)}
    late = [text("plan.agenda.late", lang, n=line.days_late)] if line.days_late else []
    rest: Sequence[str] = [
        text(
            "plan.agenda.named", lang, heading=form.field(name).heading[lang], text=" ".join(filter(None, (said, _unit(form, line, name))))
        )
        for name, value in line.values.items()
        if name not in known and (said := show(value, form.field(name), lang))
    ]
    status = form.role("status")
    waits = [line.waits] if line.waits and (status is None or status.id not in line.values) else []
    lacks = COMMA[lang].join(form.field(name).heading[lang] for name in line.lacks)
    none = [text("plan.agenda.lacks", lang, fields=lacks)] if lacks else []

    def shown(role: str) -> str:
        name = named.get(role, "")
        return show(line.values[name], form.field(name), lang) if name in line.values else ""

    day = due if isinstance(due, date) else line.due
    who = line.who or _who(shown("department"), shown("owner"))
    return Point(line.key, shown("title"), who, day, _joined([*late, *waits, *rest, *none], lang))


def _unit(form: Form, line: FormLine, name: str) -> str:
    """The unit of an amount that is needed or there; "" for any other column."""
    field = form.field(name)
    return line.unit if field in (form.role("need"), form.role("have")) else ""
