"""Red, amber or green, the trend, and the reason as numbers.

Pure.  The thresholds are our choice: the process documents name the colours, not the numbers. One escalated row makes a department red,
because its superiors must act. The project is red only if there are several. The reasons are in decision 0006.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collab_xl.model.summary import Rag, Trend, WeekRecord
from collab_xl.model.week import week_after

RED_OVERDUE_SHARE = 0.15
"""Red if a larger share of the open tasks is overdue."""
RED_ESCALATED_SHARE = 0.05
"""The project is red if a larger share of the open tasks is escalated (a department with the first one)."""

_RANK = {Rag.GREEN: 0, Rag.AMBER: 1, Rag.RED: 2}


def department_rag(open_: int, overdue: int, escalated: int, missing: bool) -> Rag:
    """Red: anything escalated, or more than 15 % of the open tasks overdue. Amber: anything overdue, or nothing submitted."""
    if escalated or overdue > RED_OVERDUE_SHARE * open_:
        return Rag.RED
    return Rag.AMBER if overdue or missing else Rag.GREEN


def project_rag(open_: int, overdue: int, escalated: int, missing: int) -> Rag:
    """Red: more than 15 % of the open tasks overdue or more than 5 % escalated. Amber: any of either, or a department missing."""
    if overdue > RED_OVERDUE_SHARE * open_ or escalated > RED_ESCALATED_SHARE * open_:
        return Rag.RED
    return Rag.AMBER if overdue or escalated or missing else Rag.GREEN


def trend(rag: Rag, kpis: Mapping[str, int], before: WeekRecord | None) -> Trend:
    """Compare with last week: by colour, then by the overdue figure, then by the escalated figure. UNKNOWN without last week's record."""
    if before is None:
        return Trend.UNKNOWN
    now = (_RANK[rag], kpis["overdue"], kpis["escalated"])
    then = (_RANK[before.rag], before.kpis.get("overdue", 0), before.kpis.get("escalated", 0))
    return Trend.SAME if now == then else Trend.WORSE if now > then else Trend.BETTER


def weeks_worse(overdue: int, week: str, history: Sequence[WeekRecord]) -> int:
    """For how many weeks in a row, including this one, the overdue figure has grown. A week without a record ends the count."""
    by_week = {record.week: record.kpis.get("overdue", 0) for record in history}
    count, now = 0, overdue
    while (week := week_after(week, -1)) in by_week and by_week[week] < now:
        count, now = count + 1, by_week[week]
    return count


def reason(
    kpis: Mapping[str, int],
    before: WeekRecord | None,
    *,
    urgent: int,
    missing: int,
    worse: int,
    latest: tuple[str, int] | None,
    limit: int,
    unit: str,
) -> dict[str, object]:
    """Facts of the one-sentence reason. `parts`: (id, facts) in order, texts `plan.reason.<id>`; the rest are plain counts."""
    parts: list[tuple[str, Mapping[str, object]]] = []
    overdue, escalated = kpis["overdue"], kpis["escalated"]
    if not overdue:
        parts.append(("none_overdue", {"open": kpis["open"]}))
    elif before is None:
        parts.append(("overdue", {"n": overdue, "open": kpis["open"]}))
    else:
        parts.append(("overdue_before", {"n": overdue, "before": before.kpis.get("overdue", 0), "open": kpis["open"]}))
    if escalated:
        parts.append(("escalated", {"n": escalated, "limit": limit, "unit": unit}))
    if urgent:
        parts.append(("urgent", {"n": urgent}))
    if latest is not None:
        parts.append(("latest", {"key": latest[0], "days": latest[1], "unit": unit}))
    if missing:
        parts.append(("missing", {"n": missing}))
    if worse > 1:
        parts.append(("worse", {"weeks": worse}))
    return {
        "parts": tuple(parts),
        "overdue": overdue,
        "overdue_before": None if before is None else before.kpis.get("overdue"),
        "escalated": escalated,
        "urgent": urgent,
        "missing": missing,
        "weeks_worse": worse,
        "limit": limit,
        "unit": unit,
    }
