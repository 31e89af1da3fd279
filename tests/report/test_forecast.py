"""The forecast as a range: right about four times in five, repeatable, silent where the past is too short (decision 0054)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import pytest
from generated_projects import BEGIN, WORK, Work, case_of, looks, project
from tables import requirements, tasks

from collab_xl.forms import load
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.forecast import NOTHING_OPEN, TOO_SHORT, Hits, Look, Range
from collab_xl.report.forecast import forecast
from collab_xl.report.slips import FEWEST, pool_of
from collab_xl.rules.case import Case
from collab_xl.settings import Settings

LAWS = {
    "mostly late": lambda r: r.choice((-1, 0, 0, 0, 1, 1, 2, 3, 5, 8)),
    "seldom very late": lambda r: int(r.expovariate(1 / 3)),
    "early or late": lambda r: round(r.gauss(1, 3)),
}


def ends_of(work: Sequence[Work]) -> dict[str, date]:
    """Requirement → the day its last task really ends."""
    out: dict[str, date] = {}
    for one in work:
        out[one.parent] = max(out.get(one.parent, one.ends), one.ends)
    return out


def covered(law: str, seeds: range, *, count: int, chain: int, weeks: int) -> tuple[Hits, Hits, Hits]:
    """Over generated projects: how often P80 held and P50 held for requirements, and P80 for the project."""
    whole, half, projects = [0, 0], [0, 0], [0, 0]
    for seed in seeds:
        work = project(Random(seed), LAWS[law], requirements=count, chain=chain)
        day = BEGIN + timedelta(7 * weeks + 4)
        found, ends = forecast(case_of(work, day), looks(work, day), str(seed)), ends_of(work)
        if found.project is None:
            continue
        for (_, key), one in found.rows.items():
            whole = [whole[0] + (ends[key] <= one.p80), whole[1] + 1]
            half = [half[0] + (ends[key] <= one.p50), half[1] + 1]
        projects = [projects[0] + (max(ends.values()) <= found.project.p80), projects[1] + 1]
    return Hits(*whole), Hits(*half), Hits(*projects)


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("count", "chain", "weeks"), [(25, 4, 16), (12, 3, 16), (40, 3, 20)])
def test_p80_holds_whatever_the_law(law: str, count: int, chain: int, weeks: int) -> None:
    whole, half, projects = covered(law, range(40), count=count, chain=chain, weeks=weeks)
    assert whole.of > 100
    assert projects.of > 30
    assert 0.75 <= (whole.rate or 0) <= 0.90
    assert 0.40 <= (half.rate or 0) <= 0.66
    assert 0.65 <= (projects.rate or 0) <= 0.97


def test_the_hit_rate_is_that_of_the_forecasts_it_would_have_made() -> None:
    """Made again as of each earlier week, with what was known by then. They are right about four times in five."""
    work = project(Random(3), LAWS["mostly late"], requirements=20, chain=3)
    day = BEGIN + timedelta(7 * 20 + 4)
    found = forecast(case_of(work, day), looks(work, day), "x")
    assert found.hits.of > 100
    assert 0.7 <= (found.hits.rate or 0) <= 0.95
    assert found.whole_hits.of > 30


def test_the_same_rows_give_the_same_days() -> None:
    work = project(Random(5), LAWS["seldom very late"], requirements=10, chain=3)
    day = BEGIN + timedelta(7 * 16 + 4)
    once, again, other = (forecast(case_of(work, day), looks(work, day), seed) for seed in ("a", "a", "b"))
    assert once == again
    assert once.project is not None
    assert other.project is not None


def test_who_is_always_on_time_gets_the_plan() -> None:
    work = project(Random(7), lambda r: 0, requirements=12, chain=3)
    day = BEGIN + timedelta(7 * 14 + 4)
    found, ends = forecast(case_of(work, day), looks(work, day), "x"), ends_of(work)
    assert found.rows
    assert {key: one for (_, key), one in found.rows.items()} == {key: Range(ends[key], ends[key]) for _, key in found.rows}
    assert found.hits.rate == 1.0


FRIDAY = date(2026, 11, 20)


def with_history(
    finished: int, open_rows: str = "", head: str = "| RW-9 | XZ-1 | 2026-11-23 | 2026-12-04 | | | | |"
) -> tuple[Case, list[Look]]:
    """A master with some finished tasks, each two working days late, which were seen a week before their end; and open rows."""
    before, now = [], []
    for n in range(finished):
        end = WORK.forward(date(2026, 9, 4), 2 * n)
        row = f"| RW-1{n:02} | | {WORK.back(end, 9)} | {end} | |"
        now.append(f"{row} 100% | 已完成 | {WORK.forward(end, 2)} |")
        before.append((end - timedelta(7), f"{row} 40% | 进行中 | |"))
    top = "| 任务ID | 所属需求编号 | 计划开始时间 | 计划结束时间 | 前置任务 | 当前进度 | 完成状态 | 实际完成时间 |\n"
    seen = [Look(day, {"tasks": tasks(top + row)}) for day, row in before]
    own = requirements("| 需求编号 | 需求名称 |\n| XZ-1 | 门户 |")
    tables = {"requirements": own, "tasks": tasks(top + "\n".join([*now, head, open_rows]))}
    return Case(tables, load(), Directory(), Settings(), Calendar(), FRIDAY), seen


def test_a_short_history_says_so_and_gives_no_day() -> None:
    found = forecast(*with_history(FEWEST - 1), "x")
    assert (found.reason, found.project, found.rows, found.finished) == (TOO_SHORT, None, {}, FEWEST - 1)
    assert forecast(*with_history(FEWEST), "x").reason == ""


def test_one_week_is_no_history() -> None:
    case, seen = with_history(FEWEST)
    same = [Look(date(2026, 9, 1), look.tables) for look in seen]
    assert forecast(case, same, "x").reason == TOO_SHORT


def test_nothing_open_or_nothing_dated() -> None:
    found = forecast(*with_history(FEWEST, head="| RW-9 | XZ-1 | | | | | | |"), "x")
    assert (found.reason, found.undated) == (NOTHING_OPEN, 1)


def test_the_usual_slip_is_added_along_the_chain() -> None:
    """Everybody was two days late: a task that waits for another has the delay of both, one that does not has its own."""
    chain = "| RW-91 | XZ-1 | 2026-12-07 | 2026-12-11 | RW-9 | | | |"
    alone = "| RW-91 | XZ-1 | 2026-12-07 | 2026-12-11 | | | | |"
    slack = "| RW-91 | XZ-1 | 2026-12-08 | 2026-12-11 | RW-9 | | | |"
    ends = {name: forecast(*with_history(FEWEST, rows), "x").rows["requirements", "XZ-1"] for name, rows in locals().items()}
    assert ends["alone"] == Range(date(2026, 12, 15), date(2026, 12, 15))
    assert ends["chain"] == Range(date(2026, 12, 17), date(2026, 12, 17))
    assert ends["slack"] == Range(date(2026, 12, 16), date(2026, 12, 16))


@pytest.mark.parametrize(
    ("lag", "days", "end"),
    [
        ("RW-9FS+2d", "2026-12-09 | 2026-12-15", date(2026, 12, 21)),
        ("RW-9FS+7ed", "2026-12-14 | 2026-12-18", date(2026, 12, 24)),
        ("RW-9SS+5d", "2026-11-30 | 2026-12-11", date(2026, 12, 15)),
        ("RW-9FF+5d", "2026-12-07 | 2026-12-11", date(2026, 12, 17)),
    ],
)
def test_lags_and_kinds(lag: str, days: str, end: date) -> None:
    """RW-9 ends on Tuesday the 8th, two working days late; what waits for its end is moved by two, what waits for its begin is not."""
    case, seen = with_history(FEWEST, f"| RW-91 | XZ-1 | {days} | {lag} | | | |")
    assert forecast(case, seen, "x").rows["requirements", "XZ-1"] == Range(end, end)


def test_an_open_task_never_ends_in_the_past() -> None:
    found = forecast(*with_history(FEWEST, head="| RW-9 | XZ-1 | 2026-10-05 | 2026-10-09 | | 90% | 进行中 | |"), "x")
    assert found.project == Range(date(2026, 11, 24), date(2026, 11, 24))


def test_those_still_open_count_as_late_by_now() -> None:
    """Without them the past would be of those that ended: half slipped one day, half are open after nine."""
    pool = pool_of([(1, False), (1, False), (9, True), (9, True)])
    assert dict(zip(pool.slips, pool.chances, strict=True))[1] == pytest.approx(0.2)
    assert sum(pool.chances[:2]) == pytest.approx(0.4)
    assert pool_of([(0, True), (4, False)]).chances == pytest.approx([0.0, 1.0])
