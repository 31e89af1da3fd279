"""Who gets which mail: packs, chasing, escalations, the weekly page; receipts and returns are in `answer_letters`.

In: what the ledger and the master say.  Out: letters, in the order of the departments, also those that are held, with the reason.  Pure.
A letter holds rows of its own department only; an escalation only rows that concern every one of its recipients' departments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from collab_xl.catalogue import COMMA, text
from collab_xl.forms import Schema
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Department, Directory
from collab_xl.model.escalation import told_mark
from collab_xl.model.merge import Pack
from collab_xl.model.outgoing import Attached, Grid, Letter, MailFact, MailKind, MailState, Outgoing
from collab_xl.model.record import Struct, replace
from collab_xl.model.summary import EscalationLine, SubmissionStatus
from collab_xl.plan.robot_texts import week_headline
from collab_xl.plan.rows import cause_text
from collab_xl.settings import Settings

MOST_ROWS = 30
"""Rows of a table in a mail; the others are counted."""
CELL_TEXT = 120
NOT_OUT = (MailState.DROPPED, MailState.PLANNED)
"""Nobody has such a mail: it can be written anew."""


class Letterhead(Struct, frozen=True):
    """What every letter needs."""

    lang: str
    settings: Settings
    directory: Directory
    cc: tuple[str, ...] = ()

    def facts(self, department: Department | None, week: str, **more: MailFact) -> dict[str, MailFact]:
        liaison = (department.liaison if department else "") or text("plan.mail.colleagues", self.lang)
        mine = {"department": department.name if department else "", "liaison": liaison}
        return {"project": self.settings.project, "week": week, "pmo": self.settings.mail, **mine, **more}

    def held(self, letter: Letter, why: str, **facts: str) -> Letter:
        return replace(letter, held=why, held_facts=facts)

    def addressed(self, letter: Letter) -> Letter:
        """The letter; held if nobody's address is known, or not whose it is."""
        return letter if letter.to or letter.held else self.held(letter, "no_address" if letter.department else "no_department")


def due_text(due: date | datetime | None, lang: str) -> str:
    """`2026-11-20（周五）16:00`; a day without an hour means its end."""
    if due is None:
        return ""
    hour = f"{due:%H:%M}" if isinstance(due, datetime) else ""
    weekday = text(f"plan.mail.weekday.{due.isoweekday()}", lang)
    return text("plan.mail.due", lang, day=f"{due:%Y-%m-%d}", weekday=weekday, hour=hour).strip()


def pack_letters(
    packs: Iterable[Pack], files: Mapping[str, Attached], answered: Collection[str], due: date | datetime | None, post: Letterhead
) -> list[Letter]:
    """Each pack to the liaisons of its department. `files`: id → its workbook; `answered`: departments that have sent it back already."""
    out = []
    for pack in packs:
        department = post.directory.department(pack.department)
        count = sum(bool(row) for rows in pack.forms.values() for row in rows.values())
        file = files.get(pack.id)
        facts = post.facts(department, pack.week, deadline=due_text(due, post.lang), count=str(count), file=file.name if file else "")
        letter = Letter(MailKind.PACK, pack.department, department.emails if department else (), (pack.id,), facts, post.cc)
        if pack.department in answered:
            letter = post.held(letter, "answered")
        elif file is None:
            letter = post.held(letter, "no_file")
        else:
            letter = replace(letter, files=(file,))
        out.append(post.addressed(letter))
    return out


def chase_letters(
    statuses: Mapping[str, SubmissionStatus],
    packs: Mapping[str, Pack],
    before: Iterable[Outgoing],
    now: datetime,
    calendar: Calendar,
    week: str,
    post: Letterhead,
) -> list[Letter]:
    """One for each set of liaisons that have not sent a pack of the week, with all departments they send for; from the second time with a
    copy to the heads. `before`: mails of chasing so far; what is drafted or may have been sent is not written anew.
    """
    sent: Counter[str] = Counter()
    open_mails: dict[str, Outgoing] = {}
    today: dict[str, str] = {}
    """Address → id of the mail it got today."""
    for mail in before:
        if mail.state is MailState.SENT:
            sent.update(mail.about)
        elif mail.state not in NOT_OUT:
            open_mails |= dict.fromkeys(mail.about, mail)
        if mail.state not in NOT_OUT and (mail.state_at or mail.planned_at).date() == now.date():
            today |= dict.fromkeys((address.casefold() for address in mail.to), mail.id)
    groups: dict[tuple[str, ...], list[str]] = {}
    out = []
    for name, status in statuses.items():
        if status.submitted_at is None and name in packs:
            department = post.directory.department(name)
            key = tuple(sorted(mail.casefold() for mail in department.emails)) if department else ()
            groups.setdefault(key or ("", name), []).append(name)
    for key, names in groups.items():
        found = [d for d in map(post.directory.department, names) if d is not None]
        about = tuple(packs[name].id for name in names)
        times = 1 + max(sent[pack] for pack in about)
        heads = tuple(dict.fromkeys(d.head_mail for d in found if d.head_mail)) if times > 1 else ()
        to = () if key[0] == "" else found[0].emails
        state = _state(statuses[names[0]].deadline, now, calendar, post.lang)
        facts = post.facts(
            found[0] if found else None,
            week,
            deadline=due_text(statuses[names[0]].deadline, post.lang),
            state=state,
            departments=COMMA[post.lang].join(names),
            times=str(times),
        )
        facts["department"] = facts["departments"]
        letter = Letter(MailKind.CHASE, str(facts["departments"]), to, (*about, f"{now:%Y-%m-%d}"), facts, heads)
        others = [open_mails[pack] for pack in about if pack in open_mails and open_mails[pack].id != letter.id]
        if others:
            letter = post.held(letter, "open", tag=others[0].tag)
        elif to and all(today.get(address.casefold(), letter.id) != letter.id for address in to):
            letter = post.held(letter, "today")
        else:
            today |= dict.fromkeys((address.casefold() for address in to), letter.id)
        out.append(post.addressed(letter))
    return out


def _state(due: date | datetime | None, now: datetime, calendar: Calendar, lang: str) -> str:
    """How long there is, or how late it is."""
    if due is None:
        return ""
    day = due.date() if isinstance(due, datetime) else due
    if now < due if isinstance(due, datetime) else now.date() <= day:
        left = (day - now.date()).days
        return text("plan.mail.due_today" if left == 0 else "plan.mail.days_left", lang, n=left)
    late = calendar.days_between(day, now.date())
    return text("plan.mail.days_late" if late else "plan.mail.late_now", lang, n=late)


def escalation_letters(
    lines: Iterable[EscalationLine], told: Collection[str], as_of: date, schema: Schema, post: Letterhead
) -> list[Letter]:
    """One for each set of people above, with the rows that concern all of them and that they were not told of; urgent ones apart.

    What was answered is not told any more.

    Args:
        told: marks of what was mailed before, or is on its way.
    """
    groups: dict[tuple[tuple[str, ...], bool], list[EscalationLine]] = {}
    for line in lines:
        if mark(line) not in told and not line.answered:
            to = tuple(dict.fromkeys(person.mail for person in line.people if person.mail))
            groups.setdefault((to, line.answer_by is not None and line.answer_by <= (line.since or as_of)), []).append(line)
    out = []
    for (to, urgent), mine in sorted(groups.items(), key=lambda group: (not group[0][1], group[1][0].number)):
        lang, people = post.lang, dict.fromkeys(person for line in mine for person in line.people)
        departments = dict.fromkeys(line.dept for line in mine if line.dept)
        rows = []
        for number, line in enumerate(mine, 1):
            what = f"{line.key} {line.name}".strip() + (f"\n{line.dept}" if line.dept else "")
            if line.measure:
                what += "\n" + text("plan.mail.measure", lang, measure=shortened(line.measure, 200))
            late = text(f"plan.mail.late_by_{post.settings.day_count}", lang, n=line.days) if line.days else ""
            cause = "\n".join(filter(None, (cause_text(line.cause, lang), late)))
            if line.level > 1:
                cause += "\n" + text("plan.mail.no_answer", lang)
            rows.append((str(number), what, cause, line.answer_by.isoformat() if line.answer_by else ""))
        heads = tuple(text(f"plan.mail.head.{c}", lang) for c in ("no", "item", "cause", "answer_by"))
        comma = COMMA[lang]
        facts = post.facts(
            None,
            "",
            rows=(Grid(heads, tuple(rows)),),
            people=comma.join(p.name for p in people),
            limit=text("plan.mail.urgent" if urgent else "plan.mail.not_urgent", lang),
        )
        facts["department"] = comma.join(departments)
        letter = Letter(MailKind.ESCALATION, str(facts["department"]), to, tuple(map(mark, mine)), facts, urgent=urgent)
        missing = comma.join(p.name for p in people if not p.mail)
        out.append(letter if to else post.held(letter, "no_address_of", people=missing or "–"))
    return out


def mark(line: EscalationLine) -> str:
    """What is told once at each level, each time the row is escalated anew."""
    return told_mark(line.form, line.key, line.cause, line.level, line.time)


def week_letter(page: Mapping[str, Any], file: Attached | None, post: Letterhead) -> Letter:
    """The weekly page, as it was made, to all sponsors."""
    lang, week = post.lang, str(page.get("week", ""))
    sponsors = [d.sponsor_person for d in post.directory.departments if d.sponsor]
    to = tuple(dict.fromkeys(person.mail for person in sponsors if person.mail))
    rag = str(page.get("rag", ""))
    verdict = text(f"model.rag.{rag}", lang) if rag else ""
    attached = text("plan.mail.whole_page", lang) if file else ""
    facts = post.facts(
        None, week, verdict=verdict, page=tuple(_page_grids(page, lang)), attached=attached, headline=week_headline(page, lang)
    )
    letter = Letter(MailKind.WEEK, "", to, (week,), facts, files=(file,) if file else ())
    if to:
        return letter
    names = COMMA[lang].join(dict.fromkeys(person.name for person in sponsors))
    return post.held(letter, "no_sponsor_mail", people=names) if names else post.held(letter, "no_sponsor")


def _page_grids(page: Mapping[str, Any], lang: str) -> Iterable[Grid]:
    def head(*names: str) -> tuple[str, ...]:
        return tuple(text(f"plan.mail.head.{name}", lang) for name in names)

    def grid(title: str, names: tuple[str, ...], rows: Sequence[tuple[str, ...]], total: int) -> Iterable[Grid]:
        if rows:
            more = text("plan.mail.first_of", lang, shown=len(rows), n=total) if total > len(rows) else ""
            yield Grid(head(*names), tuple(rows), text(f"plan.mail.title.{title}", lang) + more)

    def handed_in(how: str) -> str:
        return text(f"plan.mail.submitted.{how}", lang)

    def light(rag: str) -> str:
        return text(f"model.rag.{rag}", lang)

    departments = [
        (d["name"], handed_in(d["submitted"]), str(d["open"]), str(d["overdue"]), light(d["rag"])) for d in page.get("departments", ())
    ]
    overdue = [
        (f"{o['row_id']} {o['name']}\n{o['department']} {o['owner'] or ''}".strip(), str(o["end"] or ""), str(o["days"]))
        for o in page.get("overdue", ())
    ]
    above = [(f"{e['row_id']} {e['name']}\n{e['department']}", COMMA[lang].join(e["to"])) for e in page.get("escalations", ())]
    yield from grid("departments", ("department", "submitted", "open", "overdue", "rag"), departments[:MOST_ROWS], len(departments))
    yield from grid("overdue", ("item", "end", "days"), overdue[:10], len(overdue))
    yield from grid("escalations", ("item", "to"), above[:10], len(above))


def shortened(said: str, most: int = CELL_TEXT) -> str:
    return said if len(said) <= most else said[: most - 1] + "…"
