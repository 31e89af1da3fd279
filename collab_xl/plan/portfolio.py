"""The overview of many projects in words: what its workbook and the command line show.

In: a `Portfolio`, the language and the day.  Out: an `Overview`.  Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from collab_xl.catalogue import COMMA, listed, text
from collab_xl.model.portfolio import (
    Milestone,
    NotRead,
    Overview,
    OverviewLine,
    OwnedTask,
    PersonLine,
    Portfolio,
    ProjectFacts,
    SharedPerson,
)
from collab_xl.model.summary import MEETINGS, Rag, Trend
from collab_xl.plan.places import fit
from collab_xl.plan.weekly import ARROW, light, reason_sentence

LATE_SHOWN, AHEAD_SHOWN, TASKS_SHOWN, NAMES_SHOWN = 2, 2, 8, 3
"""How many late milestones, events of next week, tasks of a person and departments a cell names; a number says how many more there are."""
WORST_ROOM = 30.0
"""Chinese characters of the name of a risk or problem: two lines of the cell."""
CARDS = (Rag.RED, Rag.AMBER, Rag.GREEN)


def overview(portfolio: Portfolio, lang: str, as_of: date) -> Overview:
    """The whole overview. Projects of one name are told apart by the name of their file.

    Its day is the newest one that a page counts to, as on the pages: made on a Monday, the Sunday before.
    """
    names = _names(portfolio.projects)
    weeks = sorted({p.week for p in portfolio.projects})
    span = " – ".join(dict.fromkeys((weeks[0], weeks[-1]))) if weeks else "–"
    until = max((p.as_of for p in portfolio.projects), default=as_of)
    head = text("plan.portfolio.head", lang, as_of=until.isoformat(), weeks=span)
    totals = portfolio.totals
    cards: list[tuple[str, int, int | None]] = [("projects", len(portfolio.projects), None)]
    cards += [(str(rag), portfolio.count(rag), None) for rag in CARDS]
    cards += [("not_read", len(portfolio.not_read), None)]
    cards += [(figure, *totals.get(figure, (0, None))) for figure in ("overdue", "escalated")]
    return Overview(
        head=head,
        note=text("plan.portfolio.note", lang),
        cards=tuple(cards),
        lines=(
            *(project_line(p, name, lang) for p, name in zip(portfolio.projects, names, strict=True)),
            *(_not_read(line, lang) for line in portfolio.not_read),
        ),
        projects=tuple((p.rag, name, p.file) for p, name in zip(portfolio.projects, names, strict=True)),
        heat=portfolio.heat,
        people=tuple(_person(line, names, lang) for line in portfolio.people),
    )


def _names(projects: Sequence[ProjectFacts]) -> list[str]:
    often = Counter(p.project for p in projects)
    return [p.project if often[p.project] == 1 else f"{p.project} ({_stem(p.file)})" for p in projects]


def _stem(file: str) -> str:
    return file.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or file


def project_line(project: ProjectFacts, name: str, lang: str) -> OverviewLine:
    """One project."""
    return OverviewLine(
        rag=project.rag,
        light=f"{light(project.rag, lang)} {ARROW[Trend(project.trend or Trend.UNKNOWN)]}".rstrip(),
        project=name,
        file=project.file,
        why=sentence(project, lang),
        progress=project.progress,
        plan=project.plan,
        overdue=project.value("overdue"),
        escalated=project.value("escalated"),
        milestones=_milestones(project, lang),
        risks=_risks(project, lang),
        next_steps="\n".join(_next_steps(project, lang)),
        week=project.week,
        late=any(m.days_late for m in project.milestones),
    )


def _not_read(line: NotRead, lang: str) -> OverviewLine:
    light, why = text("plan.portfolio.not_read", lang), f"{line.what} {line.why}".strip()
    return OverviewLine(None, light, _stem(line.file), line.file, why, next_steps=line.fix)


def sentence(project: ProjectFacts, lang: str) -> str:
    """The sentence of the weekly page: why it has this light. That of a frozen page stays in the workbook's language."""
    whole = project.sentence or reason_sentence(project.reason, lang)
    if project.open_by is not None:
        whole += "\n" + text("plan.portfolio.open", lang)
    return whole


def _milestones(project: ProjectFacts, lang: str) -> str:
    """`2/5`, then the late ones or the next one."""
    if not project.milestones:
        return ""
    done = sum(m.done for m in project.milestones)
    kind = "milestones" if project.marked else "demands"
    lines = [text(f"plan.portfolio.{kind}", lang, done=done, total=len(project.milestones))]
    late = sorted((m for m in project.milestones if m.days_late), key=lambda m: -m.days_late)
    lines += [text("plan.portfolio.late", lang, name=_name(m), days=m.days_late) for m in late[:LATE_SHOWN]]
    if len(late) > LATE_SHOWN:
        lines.append(text("plan.portfolio.more", lang, n=len(late) - LATE_SHOWN))
    following = next((m for m in project.milestones if not m.done and not m.days_late and m.due is not None), None)
    if following is not None and following.due is not None and len(late) < LATE_SHOWN:
        lines.append(text("plan.portfolio.next", lang, day=_day(following.due, project.as_of), name=_name(following)))
    return "\n".join(lines)


def _name(milestone: Milestone) -> str:
    return " ".join(filter(None, (milestone.key, milestone.title)))


def _day(day: date, near: date) -> str:
    return f"{day:%m-%d}" if day.year == near.year else day.isoformat()


def _risks(project: ProjectFacts, lang: str) -> str:
    """The open problems, the forms' alarming figures, and the worst open rows."""
    problems = project.value("open_problems")
    counts = [text("plan.portfolio.problems", lang, n=problems)] if problems else []
    counts += [f"{project.labels[name]} {project.value(name)}" for name in project.labels if name in project.alarms and project.value(name)]
    return "\n".join([*([" · ".join(counts)] if counts else []), *(fit(name, WORST_ROOM) for name in project.worst)])


def _next_steps(project: ProjectFacts, lang: str) -> list[str]:
    """What waits for the PMO, then what comes next week."""
    out = []
    if project.waiting:
        out.append(text("plan.portfolio.waiting", lang, n=project.waiting))
    if project.missing:
        names = listed(project.missing, lang, "plan.portfolio.names_more", NAMES_SHOWN)
        out.append(text("plan.portfolio.missing", lang, names=names))
    events = [a for a in project.ahead if a.text_id not in MEETINGS]
    out += [f"{_day(a.day, project.as_of)} {text(f'plan.ahead.{a.text_id}', lang, **a.facts)}" for a in events[:AHEAD_SHOWN]]
    if len(events) > AHEAD_SHOWN:
        out.append(text("plan.portfolio.more", lang, n=len(events) - AHEAD_SHOWN))
    return out


def _person(line: SharedPerson, names: Sequence[str], lang: str) -> PersonLine:
    shown = [
        text("plan.portfolio.task", lang, project=names[n], task=_task(task), days=_days(task)) for n, task in line.tasks[:TASKS_SHOWN]
    ]
    if len(line.tasks) > TASKS_SHOWN:
        shown.append(text("plan.portfolio.more", lang, n=len(line.tasks) - TASKS_SHOWN))
    departments = COMMA[lang].join(line.departments)
    if len(line.departments) > 1:
        departments = text("plan.portfolio.perhaps_two", lang, departments=departments)
    period = f"{line.first.isoformat()} – {line.last.isoformat()}" if line.first is not None and line.last is not None else ""
    return PersonLine(line.person, departments, len(line.projects), len(line.tasks), line.days or None, period, "\n".join(shown))


def _task(task: OwnedTask) -> str:
    return " ".join(filter(None, (task.key, task.title)))


def _days(task: OwnedTask) -> str:
    start, end = (f"{day:%m-%d}" if day is not None else "?" for day in (task.start, task.end))
    return f"{start} – {end}"
