"""What the light is judged by, counted from the facts, rows and lines of the page.

In: the week's rows, facts and lines.  Out: a `Standing`.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from collab_xl.forms import Field, Form
from collab_xl.model.keys import spelling
from collab_xl.model.report_pages import PARTS
from collab_xl.model.summary import DemandLine, EscalationLine, Flags, MilestoneLine, OverdueLine
from collab_xl.report.facts import Fact
from collab_xl.report.figures import Figures
from collab_xl.report.verdict import RANK, Standing
from collab_xl.rules.case import Case
from collab_xl.rules.rows import Rows, as_text


def standing_of(
    case: Case,
    parts: tuple[Rows | None, Rows | None, Rows | None],
    tasks: Sequence[Fact],
    counted: Figures,
    flags: Flags,
    milestones: Sequence[MilestoneLine],
    demands: Sequence[DemandLine],
    days: tuple[date, date],
    *,
    missing: int,
    asked: int,
) -> Standing:
    """Args:
    parts: the rows of work, trouble and demand. days: the first day of the week, and its last one or the day of the page.
    missing: departments whose submission was due and is not there, of those `asked`.
    """
    work, trouble, demand = parts
    as_of, (first, until) = case.as_of, days
    unanswered = [line for line in flags.escalations if not line.answered]
    longest = max((t for t in tasks if t.late), key=lambda t: t.late, default=None)
    return Standing(
        total=len(tasks) - counted.cancelled,
        open=counted.open,
        overdue=counted.overdue,
        weight=_weight_of_late(tasks),
        latest=(longest.key or longest.name, longest.late) if longest else None,
        urgent=_latest_urgent(tasks, parents_of(work, demand), urgent_keys(demand)),
        milestones=_behind(milestones),
        demands=tuple(line.name or line.key for line in demands if misses_its_day(line, as_of)),
        unanswered=len(unanswered),
        answer_late=sum(answer_is_late(line, as_of) for line in unanswered),
        problems=_at_once(trouble, flags),
        risks=unanswered_risks(case.rows, [case.schema.part(part) for part in PARTS]),
        planned=share_of(tasks, planned=True),
        actual=share_of(tasks),
        due_this_week=sum(not t.cancelled and t.due is not None and first <= t.due <= until for t in tasks),
        finished_this_week=counted.finished_this_week,
        missing=missing,
        asked=asked,
    )


def share_of(tasks: Sequence[Fact], *, planned: bool = False) -> float:
    """How much of the work is done, or planned to be by now: the average of all tasks without cancelled ones; 0 without any."""
    going = [t.expected if planned else t.reached for t in tasks if not t.cancelled]
    return sum(going) / len(going) if going else 0.0


def answer_is_late(line: EscalationLine, as_of: date) -> bool:
    """Whether an escalation has no answer and the day of the answer has passed."""
    return not line.answered and line.answer_by is not None and line.answer_by < as_of


def _weight_of_late(tasks: Sequence[Fact]) -> float:
    whole = sum(t.weight for t in tasks if t.open)
    return sum(t.weight for t in tasks if t.late) / whole if whole else 0.0


def _latest_urgent(tasks: Sequence[Fact], parents: Sequence[str], urgent: set[str]) -> tuple[tuple[str, int], ...]:
    late = [(t.key or t.name, t.late) for t, parent in zip(tasks, parents, strict=True) if t.late and parent in urgent] if urgent else []
    return tuple(sorted(late, key=lambda pair: -pair[1]))


def _behind(lines: Sequence[MilestoneLine]) -> tuple[tuple[str, int], ...]:
    behind = [(m.name or m.key, m.late) for m in lines if RANK[m.rag] > 0]
    return tuple(sorted(behind, key=lambda pair: -pair[1]))


def _at_once(trouble: Rows | None, flags: Flags) -> tuple[str, ...]:
    """Open problems whose escalation must be answered on the same day, by their keys."""
    causes_at_once = {(trouble.form.id, e.cause) for e in trouble.form.escalations if not e.answer_days} if trouble else set()
    return tuple(line.key or line.name for line in flags.escalations if (line.form, line.cause) in causes_at_once)


def by_urgency(late: Sequence[OverdueLine], work: Rows | None, demand: Rows | None) -> list[OverdueLine]:
    """The overdue tasks, those of the most urgent requirements first, then the latest."""
    urgent = urgent_keys(demand)
    parents = dict(zip(work.keys, parents_of(work, demand), strict=True)) if work else {}
    return sorted(late, key=lambda line: (parents.get(line.key) not in urgent or not urgent, -line.days))


def misses_its_day(line: DemandLine, as_of: date) -> bool:
    """Whether an open requirement is past its day or expected after it."""
    if line.progress == 1.0 or line.due is None:
        return False
    return line.due < as_of or (line.forecast is not None and line.forecast > line.due)


def unanswered_risks(rows: Mapping[str, Rows], parts: Sequence[Form | None]) -> tuple[str, ...]:
    """Open rows of the highest level without a measure, of the forms that have both, by their keys: high risks nobody has answered."""
    taken = {form.id for form in parts if form is not None}
    found: list[str] = []
    for own in rows.values():
        level, measure = own.form.role("level"), own.form.role("measure")
        if level is None or measure is None or own.form.id in taken or not own.has("measure"):
            continue
        top, answers = len(level.choices) - 1, own.words("measure")
        for i, value in enumerate(own.values(level)):
            if level.rank(value) == top and not own.closed[i] and not answers[i]:
                found.append(own.keys[i] or own.titles[i])
    return tuple(found)


def urgent_keys(demand: Rows | None) -> set[str]:
    """The spelled keys of open requirements of the highest urgency."""
    level = demand.form.role("level") if demand else None
    if demand is None or level is None:
        return set()
    top = len(level.choices) - 1
    return {
        spelling(key)
        for key, value, closed in zip(demand.keys, demand.values(level), demand.closed, strict=True)
        if key and not closed and level.rank(value) == top
    }


def parents_of(work: Rows | None, demand: Rows | None) -> list[str]:
    """For each task the spelled key of its requirement; "" for none."""
    if work is None:
        return []
    link: Field | None = next((p for p in work.form.parents() if demand is not None and p.of == demand.form.id), None)
    return [spelling(as_text(value)) if value else "" for value in work.values(link)] if link else [""] * len(work)
