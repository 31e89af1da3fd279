"""The light of a project and of a department, its trend, why it is as it is, and what would change it.

Pure.  A light is the worst of its causes, and every cause is counted from something the page shows. The thresholds are on sheet 设置: the
process documents name the colours, not the numbers (decision 0055). Nobody's clerical work changes it: what waits on 冲突处理 is no cause.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

from collab_xl.model.record import Struct
from collab_xl.model.summary import Cause, Rag, Trend, WeekRecord
from collab_xl.model.week import week_after
from collab_xl.report.figures import DepartmentCount
from collab_xl.settings import Settings

RANK = {Rag.NONE: -1, Rag.GREEN: 0, Rag.AMBER: 1, Rag.RED: 2}


class Standing(Struct, frozen=True):
    """What the light is judged by. Days are counting days as set, shares from 0 to 1."""

    total: int
    """Tasks without cancelled ones."""
    open: int
    overdue: int
    weight: float
    """Planned working days of the overdue tasks, as a share of those of the open ones."""
    latest: tuple[str, int] | None
    """The task that is overdue longest, with its days."""
    urgent: tuple[tuple[str, int], ...]
    """The overdue tasks of requirements of the highest urgency with their days, the latest first."""
    milestones: tuple[tuple[str, int], ...]
    """The milestones behind their plan with their days, the furthest first."""
    demands: tuple[str, ...]
    """The open requirements that will miss their day, the worst light first."""
    unanswered: int
    """Escalations without an answer."""
    answer_late: int
    """Those of them whose answer was due."""
    problems: tuple[str, ...]
    """Open problems that must be answered at once."""
    risks: tuple[str, ...]
    """Open risks of the highest level without a response."""
    planned: float
    """The share of the work that is planned to be done by now."""
    actual: float
    due_this_week: int
    finished_this_week: int
    missing: int
    asked: int


def causes(s: Standing, limits: Settings, unit: str) -> list[Cause]:
    """Why the light is not green, the worst first; empty for a green one, and without data."""
    if not s.total:
        return []
    out: list[Cause] = []

    def add(name: str, red: bool, amber: bool, **facts: object) -> None:
        if red or amber:
            out.append(Cause(name, Rag.RED if red else Rag.AMBER, facts))

    amber, red = limits.light_late_amber / 100, limits.light_late_red / 100
    if s.overdue and s.open:
        count, share = s.overdue / s.open, max(s.overdue / s.open, s.weight)
        by = "late" if count >= s.weight else "late_weight"
        add(
            by, share > red, share > amber, n=s.overdue, open=s.open, share=_percent(share),
            keep=math.floor((red if share > red else amber) * s.open), limit=_percent(red if share > red else amber),
        )  # fmt: skip
    for name, behind, most in (("urgent", s.urgent, limits.light_urgent_days), ("milestone", s.milestones, limits.light_milestone_days)):
        if behind:
            (key, days), over = behind[0], [one for one in behind if one[1] > most > 0]
            add(name, bool(over), True, key=key, days=days, n=len(behind), over=len(over or behind), limit=most if over else 0, unit=unit)
    if s.demands:
        add("demand", False, True, key=s.demands[0], n=len(s.demands))
    points = _percent(s.planned) - _percent(s.actual)
    if limits.light_behind:
        limit = limits.light_behind
        facts = {"points": points, "actual": _percent(s.actual), "planned": _percent(s.planned), "limit": limit}
        add("behind", points > 2 * limit, points > limit, **facts)
    add("unanswered", False, s.unanswered > 0, n=s.unanswered, late=s.answer_late)
    add("at_once", False, bool(s.problems), key=_first_of(s.problems), n=len(s.problems))
    add("high_risks", False, bool(s.risks), key=_first_of(s.risks), n=len(s.risks))
    add("stalled", False, s.due_this_week > 1 and not s.finished_this_week, n=s.due_this_week)
    # What is finished is not made doubtful by a pack that did not come back (decision 0091).
    add("missing", False, bool(s.asked and s.open) and 100 * s.missing > limits.light_missing * s.asked, n=s.missing, asked=s.asked)
    return sorted(out, key=lambda cause: -RANK[cause.rag])


def light(s: Standing, found: Sequence[Cause]) -> Rag:
    """The worst of the causes; NONE without a task."""
    if not s.total:
        return Rag.NONE
    return found[0].rag if found else Rag.GREEN


def cures(s: Standing, found: Sequence[Cause], limits: Settings) -> list[Cause]:
    """What would change the light: the causes of its colour; for a green one, how many more late tasks would make it amber."""
    rag = light(s, found)
    if rag is Rag.GREEN and s.open:
        return [Cause("amber_from", Rag.AMBER, {"n": math.floor(limits.light_late_amber / 100 * s.open) + 1})]
    return [cause for cause in found if cause.rag is rag]


def department_rag(own: DepartmentCount, escalated: int, answers_late: int, missing: bool, limits: Settings) -> Rag:
    """NONE: nothing to judge it by. Red: a larger share of the open tasks overdue than is red for the project, or an escalation whose
    answer is late. Amber: anything overdue or escalated, or nothing submitted while a task is open or none was ever there."""
    if answers_late or own.overdue > limits.light_late_red / 100 * own.open:
        return Rag.RED
    if own.overdue or escalated or (missing and (own.open or not own.total)):
        return Rag.AMBER
    return Rag.GREEN if own.total > own.cancelled else Rag.NONE


def trend(rag: Rag, kpis: Mapping[str, int], before: WeekRecord | None) -> Trend:
    """Compare with last week: by colour, then by the overdue figure, then by the escalated figure. UNKNOWN without last week's light."""
    if before is None or Rag.NONE in (rag, before.rag):
        return Trend.UNKNOWN
    now = (RANK[rag], kpis["overdue"], kpis["escalated"])
    then = (RANK[before.rag], before.kpis.get("overdue", 0), before.kpis.get("escalated", 0))
    return Trend.SAME if now == then else Trend.WORSE if now > then else Trend.BETTER


def weeks_worse(overdue: int, week: str, history: Sequence[WeekRecord]) -> int:
    """For how many weeks in a row, including this one, the overdue figure has grown. A week without a record ends the count."""
    by_week = {record.week: record.kpis.get("overdue", 0) for record in history}
    count, now = 0, overdue
    while (week := week_after(week, -1)) in by_week and by_week[week] < now:
        count, now = count + 1, by_week[week]
    return count


def reason(s: Standing, found: Sequence[Cause], before: WeekRecord | None, worse: int, unit: str) -> dict[str, object]:
    """Facts of the reason. `parts`: (id, facts) in order, texts `plan.reason.<id>`; the rest are plain counts."""
    parts: list[tuple[str, Mapping[str, object]]] = [(cause.id, cause.facts) for cause in found]
    if s.latest and all(cause.id != "urgent" for cause in found):
        late = [n for n, cause in enumerate(found, 1) if cause.id.startswith("late")]
        if late:
            parts.insert(late[0], ("latest", {"key": s.latest[0], "days": s.latest[1], "unit": unit}))
    if not s.total:
        parts = [("no_data", {})]
    elif not s.open:
        parts = [("all_done", {"n": s.total}), *parts]
    elif not found:
        parts = [("few_late", {"n": s.overdue, "open": s.open}) if s.overdue else ("none_late", {"open": s.open})]
    if worse > 1:
        parts.append(("worse", {"weeks": worse}))
    return {
        "parts": tuple(parts),
        "overdue": s.overdue,
        "overdue_before": None if before is None else before.kpis.get("overdue"),
        "missing": s.missing,
        "weeks_worse": worse,
    }


def milestone_rag(late: int, done: bool, due: date | None, limits: Settings) -> Rag:
    """One that is done is green, however late it was: nothing can be done about it any more."""
    if done or (not late and due is not None):
        return Rag.GREEN
    return Rag.NONE if due is None else Rag.RED if late > limits.light_milestone_days > 0 else Rag.AMBER


def _first_of(keys: Sequence[str]) -> str:
    """`WT-007`, `WT-007 …`"""
    return f"{keys[0]} …" if len(keys) > 1 else "".join(keys)


def _percent(share: float) -> int:
    return round(100 * share)
