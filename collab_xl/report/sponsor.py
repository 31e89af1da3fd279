"""The lists of the first page: milestones, requirements, decisions wanted, what was done, risks.

In: rows, facts and the day.  Out: all lines, sorted; the layout shows as many as fit.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from collab_xl.catalogue import text
from collab_xl.model.directory import Directory
from collab_xl.model.forecast import Range
from collab_xl.model.keys import spelling
from collab_xl.model.record import replace
from collab_xl.model.summary import AtFault, DemandLine, DoneLine, EscalationLine, MilestoneLine, Outlook, Rag, RiskLine, WantedLine
from collab_xl.report.facts import Fact
from collab_xl.report.standing import misses_its_day
from collab_xl.report.verdict import RANK, milestone_rag
from collab_xl.rules.case import Case
from collab_xl.rules.chain import chain_of, expected_ends, path_to
from collab_xl.rules.computed import COMPUTED
from collab_xl.rules.escalations import OVERDUE, people_above
from collab_xl.rules.lateness import as_day
from collab_xl.rules.parts import Part
from collab_xl.rules.rows import Rows, number

FAR = date.max


def milestone_lines(case: Case, work: Rows | None) -> list[MilestoneLine]:
    """The tasks marked as milestones: those behind their plan first, then by day, those done last.

    The plan is the baseline where there is one, else the planned end. The forecast follows lateness and predecessors and is never past.
    """
    marked = [i for i, value in enumerate(work.values("milestone")) if value is True and work.states[i] != "cancelled"] if work else []
    if not work or not marked:
        return []
    expected = expected_ends(case, work)
    planned, due, finished = work.days("baseline"), work.due, work.days("finished")
    out = []
    for i in marked:
        plan, done = planned[i] or due[i], work.states[i] == "done"
        forecast = None if done else _not_before(expected[i], case)
        ends = (finished[i] or due[i]) if done else forecast
        late = case.terms.late.days_between(plan, ends) if plan is not None and ends is not None else 0
        rag = milestone_rag(late, done, plan, case.settings)
        out.append(MilestoneLine(work.keys[i] or "", work.titles[i], plan, forecast, finished[i] if done else None, late, rag))
    return sorted(out, key=lambda m: (-max(RANK[m.rag], 0), m.actual is not None, -m.late if RANK[m.rag] > 0 else 0, _when(m)))


def _when(m: MilestoneLine) -> int:
    """Open ones by day, the next first; done ones the last first."""
    return -m.actual.toordinal() if m.actual is not None else (m.plan or FAR).toordinal()


def outlook(milestones: Sequence[MilestoneLine], demands: Sequence[DemandLine], case: Case, urgent: set[str]) -> Outlook | None:
    """When the last of them was to end, and when the last is expected to. One that is done ends on that day, an open one not before
    its planned day: late tasks count as done today at the earliest, which says nothing about the rest of the work."""
    ends: list[tuple[date, date, str]] = []
    for m in milestones:
        if m.plan is not None:
            ends.append((m.plan, m.actual or max(m.plan, m.forecast or m.plan), m.name or m.key))
    for d in demands:
        if d.due is not None:
            done = d.progress == 1.0
            ends.append((d.due, (d.forecast or d.due) if done else max(d.due, case.as_of, d.forecast or d.due), d.name or d.key))
    if not ends:
        return None
    planned, (forecast, last) = max(plan for plan, _, _ in ends), max((end, name) for _, end, name in ends)
    first = [d for d in demands if spelling(d.key) in urgent and d.progress != 1.0]
    missed = sum(misses_its_day(d, case.as_of) for d in first)
    return Outlook(planned, forecast, case.terms.late.days_between(planned, forecast), last, len(first), missed)


def _not_before(day: date | None, case: Case) -> date | None:
    """A day expected for something that is still open: not before the next counting day from today."""
    if day is None or day > case.as_of:
        return day
    return next((d for n in range(60) if case.terms.late.counts(d := case.as_of + timedelta(n))), case.as_of)


def demand_lines(case: Case, demand: Rows | None, likely: Mapping[tuple[str, str], Range]) -> list[DemandLine]:
    """The requirements: those that miss their day first, then by light, the worst first, then the most urgent, then by day; those whose
    work is done last.

    Args:
        likely: (form, key) → its days from the history, where that is long enough.
    """
    if demand is None:
        return []
    # Worked out also for a master that has no columns for them yet.
    columns = (COMPUTED[name].column(case, demand, demand.form.key) for name in ("parts_progress", "parts_forecast", "light"))
    reached, ends, lights = columns
    level = demand.form.role("level")
    levels, due, out = demand.words("level"), demand.days("due"), []
    parts = case.parts.of(demand)
    for i, state in enumerate(demand.states):
        if state == "cancelled" or not (demand.keys[i] or demand.titles[i]):
            continue
        rag = Rag.GREEN if state == "done" else Rag(str(lights[i])) if lights[i] else Rag.NONE
        days = likely.get((demand.form.id, demand.keys[i] or "")) if state != "done" else None
        line = DemandLine(
            demand.keys[i] or "",
            demand.titles[i],
            rag,
            1.0 if state == "done" else number(reached[i]),
            due[i],
            as_day(ends[i]),
            days.p50 if days else None,
            days.p80 if days else None,
        )
        if state != "done":
            behind = [late for part, n in parts[i] if (late := part.late(case.terms, case.as_of)[n]) > 0]
            line = replace(line, late_parts=len(behind), latest_part=max(behind, default=0), late=_after(due[i], line.forecast, case))
            line = replace(line, fault=_at_fault(parts[i], case, misses_its_day(line, case.as_of)))
        urgent = level.rank(levels[i]) if level else 0
        out.append(((line.progress == 1.0, not misses_its_day(line, case.as_of), -RANK[rag], -urgent, due[i] or FAR, i), line))
    return [line for _, line in sorted(out, key=lambda pair: pair[0])]


def _at_fault(parts: Sequence[Part], case: Case, misses: bool) -> AtFault | None:
    """The task that makes a requirement late or red. Where it misses its day: the late task that holds up what ends last, which may belong
    to another requirement. Else the latest of its own tasks; where none is late, the one that ends last."""
    late = {(part.form.id, i): part.late(case.terms, case.as_of)[i] for part, i in parts}
    late = {place: days for place, days in late.items() if days}
    worst = max(late, key=lambda place: late[place], default=None)
    last = max(((end, part, i) for part, i in parts if (end := _open_end(case, part, i))), key=lambda one: one[0], default=None)
    if misses and last is not None:
        end, rows, i = last
        begins = path_to(chain_of(case, rows)[1], i)[0]
        if days := rows.late(case.terms, case.as_of)[begins]:
            return AtFault(rows.keys[begins] or rows.titles[begins], days, others=len(late.keys() - {(rows.form.id, begins)}))
        if worst is None:
            return AtFault(rows.keys[i] or rows.titles[i], ends=end)
    if worst is None:
        return None
    key = next(part.keys[i] or part.titles[i] for part, i in parts if (part.form.id, i) == worst)
    return AtFault(key, late[worst], others=len(late) - 1)


def _open_end(case: Case, rows: Rows, i: int) -> date | None:
    return None if rows.closed[i] else expected_ends(case, rows)[i]


def _after(due: date | None, forecast: date | None, case: Case) -> int:
    """Counting days after its day: until now, or until it is expected."""
    return case.terms.late.days_between(due, max(case.as_of, forecast or case.as_of)) if due else 0


def wanted_lines(
    rows: Mapping[str, Rows], escalations: Sequence[EscalationLine], directory: Directory, as_of: date, lang: str
) -> list[WantedLine]:
    """Decisions wanted: escalations without an answer, open rows that ask for support, and what forms ask by `[decision]` (acceptance,
    signatures of changed goals). A row that is escalated and asks for support is one line. Those of the sponsors first; then those whose
    day has passed, then by day."""
    out: dict[tuple[str, str], WantedLine] = {}
    asked = {(own.form.id, own.keys[i] or ""): words for own in rows.values() for i, words in _supported(own)}
    missing = {(own.form.id, own.keys[i] or ""): words for own in rows.values() for i, words in _missing(own, lang)}
    for line in escalations:
        place = (line.form, line.key)
        if line.answered or place in out:
            continue
        what = asked.get(place) or missing.get(place) or _wish(line, lang)
        out[place] = WantedLine("escalation", *place, what, line.dept, line.to, line.answer_by, decides=decider(directory, line.to))
    for own in rows.values():
        due = own.days("due")
        for i, words in _supported(own):
            place = (own.form.id, own.keys[i] or "")
            if place not in out:
                depts = own.departments[i]
                to = tuple(person.name for person in people_above(depts, directory))
                out[place] = WantedLine("support", *place, words, "、".join(depts), to, due[i], decides=decider(directory, to))
        for place, asked_for in _asks(own, lang):
            out.setdefault(place, asked_for)
    late = [
        replace(line, late=line.when is not None and line.when < as_of, sponsor=line.decides in directory.sponsors) for line in out.values()
    ]
    return sorted(late, key=lambda line: (not line.sponsor, not line.late, line.when or FAR))


def _wish(line: EscalationLine, lang: str) -> str:
    """What somebody above is to decide about an escalated row that asks for nothing itself."""
    if line.cause == OVERDUE:
        return text("report.wish_late", lang, n=line.days, name=line.name)
    return text("report.wish", lang, why=text(f"rules.cause.{line.cause}", lang), name=line.name)


def _missing(own: Rows, lang: str) -> Iterator[tuple[int, str]]:
    """Whether what is missing will be provided, for the rows of a form that says how much is needed and how much there is."""
    if own.form.role("need") is None or own.form.role("have") is None:
        return
    units = own.words("unit")
    for i, (need, have) in enumerate(zip(own.numbers("need"), own.numbers("have"), strict=True)):
        if need is not None and have is not None and need > have:
            unit = units[i]
            facts = {"name": own.titles[i], "need": _amount(need), "gap": _amount(need - have)}
            yield i, text("report.missing_of_unit", lang, unit=unit, **facts) if unit else text("report.missing_of", lang, **facts)


def _amount(value: float) -> str:
    return f"{round(value, 4):,}".removesuffix(".0")


def _supported(own: Rows) -> Iterator[tuple[int, str]]:
    return ((i, words) for i, words in enumerate(own.words("support")) if words and not own.closed[i])


def _asks(own: Rows, lang: str) -> Iterator[tuple[tuple[str, str], WantedLine]]:
    """What the form itself asks for (`[decision]`): the rows that meet its condition and have all that must be there first."""
    ask = own.form.ask
    if ask is None:
        return
    filled = [own.words(name) for name in ask.filled]
    due = own.days("due")
    for i, state in enumerate(own.states):
        if own.closed[i] or (ask.states and state not in ask.states) or not all(words[i] for words in filled):
            continue
        what = f"{ask.label[lang]}{'：' if lang == 'zh' else ': '}{own.titles[i]}"
        line = WantedLine(own.form.id, own.form.id, own.keys[i] or "", what, "PMO", own.departments[i], due[i])
        yield (own.form.id, own.keys[i] or ""), line


def decider(directory: Directory, people: Sequence[str]) -> str:
    """Who of the people above decides: the one superior, or where departments have several, the sponsor above them."""
    own = [name for name in people if name in directory.superiors]
    above = [name for name in people if name in directory.sponsors]
    return own[0] if len(own) == 1 else next(iter((*above, *own, *people)), "")


def done_lines(
    tasks: Sequence[Fact], milestones: Sequence[MilestoneLine], first: date, last: date, case: Case, lang: str
) -> list[DoneLine]:
    """The tasks finished in the week: milestones first, then the last finished."""
    marked = {m.key for m in milestones if m.key}
    out = [
        DoneLine(
            t.key,
            t.name,
            t.line or text("report.other_department", lang),
            t.finished,
            case.terms.late.days_between(t.due, t.finished) if t.due else 0,
            t.key in marked,
        )
        for t in tasks
        if t.done and t.finished is not None and first <= t.finished <= last
    ]
    return sorted(out, key=lambda d: (not d.milestone, -d.day.toordinal()))


def risk_lines(work: Rows | None, tasks: Sequence[Fact], lang: str) -> list[RiskLine]:
    """What open tasks say about risks, the latest task first."""
    if work is None:
        return []
    words = work.words("risk")
    found = [(t, words[i]) for i, t in enumerate(tasks) if words[i] and t.open]
    found.sort(key=lambda pair: -pair[0].late)
    return [RiskLine(t.key, t.name, said, t.line or text("report.other_department", lang)) for t, said in found]
