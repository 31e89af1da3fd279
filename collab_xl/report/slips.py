"""What the past of a project says about its plan: how much later than expected finished work ended, seen while it was open.

In: rows as they stood on earlier days, rows as they are.  Out: observations, and for an open row those most like it.  Pure.
Why these and no others, and what is done about work that is still open: decision 0054.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from heapq import nsmallest
from zlib import crc32

from collab_xl.model.calendar import Calendar
from collab_xl.model.forecast import Look
from collab_xl.model.record import Struct
from collab_xl.report.chain_days import EPOCH, Jobs, jobs_of
from collab_xl.rules.case import Case
from collab_xl.rules.lateness import done_day
from collab_xl.rules.rows import Rows, rows_of

FEWEST = 10
"""The fewest finished rows that a range is drawn from; with fewer, the fourth of five cannot be told from the worst."""
FEWEST_WEEKS = 3
"""The fewest weeks in which they were seen: one bad week is no history."""
NEIGHBOURS = 20
"""How many rows of the past an open row is compared with, or all if there are fewer."""
MOST = 500
"""The most rows of the past that are looked through: more make it slower and no better."""
HALF = 0.5
"""This much progress behind plan differs as much as twice the time left."""

Key = tuple[str, str]
"""Form and key of a row."""


class Observation(Struct, frozen=True):
    """A row seen open on `day`. Days are working days since `EPOCH`.

    `expected`: when it was to end, moved by what its predecessors really took, but not before the look. `ended`: when it did; None while it
    is open.
    """

    row: Key
    week: int
    day: int
    near: float
    """How much time was left, on a scale where twice as much is one more; negative when it was late already."""
    behind: float
    """How far progress was behind the time gone by: 0.5 is half the work; negative when ahead."""
    expected: int
    ended: int | None


class Fate(Struct, frozen=True):
    """What became of a row of work: the day it was done, if it is."""

    state: str
    ended: date | None


def fates(rows: Mapping[str, Rows]) -> dict[Key, Fate]:
    """What became of every row with a key."""
    out: dict[Key, Fate] = {}
    for form, own in rows.items():
        for key, state, actual, updated in zip(own.keys, own.states, own.values("finished"), own.values("updated"), strict=True):
            if key is not None:
                out[form, key] = Fate(state, done_day(actual, updated) if state == "done" else None)
    return out


def observations(case: Case, looks: Iterable[Look], known: Mapping[Key, Fate]) -> list[Observation]:
    """One per look and row that was open then and is done or still open now. A row that is gone, cancelled, or done on an unknown day says
    nothing."""
    out: list[Observation] = []
    work = case.terms.work
    for look in looks:
        for form, rows in rows_of(case.schema, look.tables).items():
            jobs = jobs_of(rows, work, look.day)
            week = (look.day.toordinal() - 1) // 7
            out += _seen(form, rows, jobs, week, known, work, case.as_of)
    return out


def _seen(form: str, rows: Rows, jobs: Jobs, week: int, known: Mapping[Key, Fate], work: Calendar, as_of: date) -> Iterator[Observation]:
    now, ends = work.days_between(EPOCH, as_of), list(jobs.ends)
    fate = [known.get((form, key)) if key is not None else None for key in rows.keys]
    for i, one in enumerate(fate):
        if one is not None and one.ended is not None:
            ends[i] = work.days_between(EPOCH, one.ended)
        elif (end := ends[i]) is not None and one is not None and not rows.closed[i]:
            ends[i] = max(end, now)
    for i, one in enumerate(fate):
        planned = jobs.ends[i]
        if one is None or planned is None or rows.closed[i] or one.state == "cancelled":
            continue
        if one.state == "done" and (one.ended is None or work.days_between(EPOCH, one.ended) < jobs.today):
            continue
        near, behind = likeness(jobs, i)
        expected = max(planned + jobs.pushed(i, ends), jobs.today)
        ended = ends[i] if one.ended is not None else None
        yield Observation((form, rows.keys[i] or ""), week, jobs.today, near, behind, expected, ended)


def likeness(jobs: Jobs, i: int) -> tuple[float, float]:
    """How much time an open row has left, and how far it is behind, on the scales of `Observation`."""
    start, end = jobs.starts[i], jobs.ends[i]
    left = (end or 0) - jobs.today
    near = math.copysign(math.log2(1 + abs(left)), left)
    if start is None or end is None or end <= start:
        return near, 0.0
    gone = min(max((jobs.today - start) / (end - start), 0.0), 1.0)
    return near, gone - min(max(jobs.progress[i] or 0.0, 0.0), 1.0)


class Pool(Struct, frozen=True):
    """Slips in working days, smallest first, and how likely each is."""

    slips: Sequence[int]
    chances: Sequence[float]


class Past:
    """The observations as they could be known on a day."""

    def __init__(self, seen: Iterable[Observation], day: int) -> None:
        self._slips: list[tuple[Observation, int, bool]] = []
        """Observation, slip, and whether the row is still open: then it slips by at least that."""
        for one in seen:
            if one.day >= day or one.expected > day:  # what was not due by then is not judged, or only those that ended early would be
                continue
            ended = one.ended if one.ended is not None and one.ended <= day else None
            self._slips.append((one, (day if ended is None else ended) - one.expected, ended is None))
        done = [one for one, _, still_open in self._slips if not still_open]
        self.finished, self.weeks = len({one.row for one in done}), len({one.week for one in done})
        if len(rows := {one.row for one, _, _ in self._slips}) > MOST:
            kept = set(nsmallest(MOST, rows, key=_any))
            self._slips = [line for line in self._slips if line[0].row in kept]
        self._pools: dict[tuple[int, int], Pool] = {}

    @property
    def enough(self) -> bool:
        return self.finished >= FEWEST and self.weeks >= FEWEST_WEEKS

    def pool(self, near: float, behind: float) -> Pool:
        """The slips of the rows most like this one, one for each row. Rows nearly alike share a pool."""
        place = (round(near * 2), round(behind * 4))
        found = self._pools.get(place)
        if found is None:
            found = self._pools[place] = self._nearest(place[0] / 2, place[1] / 4)
        return found

    def _nearest(self, near: float, behind: float) -> Pool:
        best: dict[Key, tuple[float, int, int, bool]] = {}
        for one, slip, still_open in self._slips:
            apart = abs(one.near - near) + abs(one.behind - behind) / HALF
            if one.row not in best or (apart, -one.day) < best[one.row][:2]:
                best[one.row] = (apart, -one.day, slip, still_open)
        # Of rows equally like it any may stand for the others. The latest may not: many of them would still be open.
        alike = nsmallest(NEIGHBOURS, ((apart, _any(row), row, slip, still_open) for row, (apart, _, slip, still_open) in best.items()))
        return pool_of((slip, still_open) for *_, slip, still_open in alike)


def _any(row: Key) -> int:
    """A number that says nothing of the row, and is always the same."""
    return crc32("\0".join(row).encode())


def pool_of(slips: Iterable[tuple[int, bool]]) -> Pool:
    """The distribution of slips. The share of a row that is still open goes to those that slipped more, if there are any (Kaplan-Meier);
    one share more goes to the largest slip, because the next may be worse than all seen."""
    ordered = sorted(slips)
    shares = [1 / (len(ordered) + 1)] * len(ordered)
    for n, (_, still_open) in enumerate(ordered[:-1]):
        if still_open:
            each = shares[n] / (len(ordered) - n - 1)
            shares[n:] = [0.0, *(share + each for share in shares[n + 1 :])]
    shares[-1] += 1 - sum(shares)
    return Pool([slip for slip, _ in ordered], shares)
