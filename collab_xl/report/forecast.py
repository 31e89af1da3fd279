"""When the work will have ended, as a range: P50 and P80 of every requirement and of the project.

In: a Case, and the rows of work as they stood in earlier weeks.  Out: a Forecast.  Pure: the same seed and rows give the same days.
How it is computed, and when there is no range: docs/forecast.en.md, decision 0054. numpy is imported only when something is simulated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from collab_xl.model.forecast import NOTHING_OPEN, TOO_SHORT, Forecast, Hits, Look, Range
from collab_xl.report.chain_days import EPOCH, Jobs, jobs_of
from collab_xl.report.slips import Fate, Key, Past, fates, likeness, observations
from collab_xl.rules.case import Case
from collab_xl.rules.parts import Parts, is_work
from collab_xl.rules.rows import Rows, rows_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ends = NDArray[np.int64]
    """For one row: the working day it ends on, in each trial."""

TRIALS, TRIALS_BEFORE = 1000, 400
"""Simulated courses of the forecast, and of each earlier one whose hits are counted."""
LOOKED_BACK, MOST_AGAIN = 12, 4_000
"""The most earlier weeks whose forecasts are made again to count hits, newest first, and the most rows in them: it takes time."""


def forecast(case: Case, looks: Sequence[Look], seed: str) -> Forecast:
    """The ranges on the day of the case, with how often such ranges were right before.

    Args:
        looks: earlier days, one a week is enough; those of the day itself or later are left out.
        seed: anything that stays the same for a project.
    """
    work = {form: rows for form, rows in case.rows.items() if is_work(rows.form)}
    today = case.terms.work.days_between(EPOCH, case.as_of)
    still_open = [due for rows in work.values() for due, closed in zip(rows.days("due"), rows.closed, strict=True) if not closed]
    undated = still_open.count(None)
    if undated == len(still_open):
        return Forecast(case.as_of, NOTHING_OPEN, undated=undated)
    known = fates(work)
    before = sorted((look for look in looks if look.day < case.as_of), key=lambda look: look.day)
    seen = observations(case, before, known)
    past = Past(seen, today)
    if not past.enough:
        return Forecast(case.as_of, TOO_SHORT, finished=past.finished, weeks=past.weeks, undated=undated)
    ends = _simulated(work, case, case.as_of, past, f"{seed} {case.as_of}", TRIALS)
    ranges = {row: _range(parts, case) for row, parts in _wholes(case.rows, case.parts, ends).items()}
    hits, whole_hits = Hits(), Hits()
    again = 0
    for look in before[: -LOOKED_BACK - 1 : -1]:
        again += sum(map(len, look.tables.values()))
        if again > MOST_AGAIN and hits.of:
            break
        then = Past(seen, case.terms.work.days_between(EPOCH, look.day))
        if then.enough:
            rows, whole = _hits(case, look, then, known, seed)
            hits, whole_hits = _added(hits, rows), _added(whole_hits, whole)
    return Forecast(
        case.as_of,
        project=_range(list(ends.values()), case),
        rows=ranges,
        hits=hits,
        whole_hits=whole_hits,
        finished=past.finished,
        weeks=past.weeks,
        undated=undated,
    )


def _simulated(work: Mapping[str, Rows], case: Case, day: date, past: Past, seed: str, trials: int) -> dict[Key, Ends]:
    """The simulated ends of the open rows with a planned end; rows without a key are named by their index."""
    import numpy as np

    random = np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]))
    out: dict[Key, Ends] = {}
    for form, rows in work.items():
        jobs = jobs_of(rows, case.terms.work, day)
        out |= {(form, name(rows, i)): ends for i, ends in _course(jobs, past, random, trials).items()}
    return out


def name(rows: Rows, i: int) -> str:
    """The key of a row, or its index if it has none."""
    return rows.keys[i] or f"#{i}"


def _course(jobs: Jobs, past: Past, random: np.random.Generator, trials: int) -> dict[int, Ends]:
    """Row → its ends. A row begins when its predecessors let it, takes as long as planned, and slips as rows like it slipped before.

    In each trial the past itself is drawn anew, so that a short history makes wide ranges.
    """
    import numpy as np

    starts: list[int | Ends | None] = list(jobs.starts)
    ends: list[int | Ends | None] = list(jobs.ends)
    out: dict[int, Ends] = {}
    drawn: dict[int, Ends] = {}
    each = np.arange(trials)
    for i in jobs.order:
        planned = jobs.ends[i]
        if not jobs.open[i] or planned is None:
            continue
        pool = past.pool(*likeness(jobs, i))
        if id(pool) not in drawn:
            drawn[id(pool)] = random.choice(pool.slips, size=(trials, len(pool.slips)), p=pool.chances)
        slips = drawn[id(pool)][each, random.integers(len(pool.slips), size=trials)]
        expected = np.maximum(planned + jobs.pushed(i, ends, starts), jobs.today)
        out[i] = ends[i] = np.maximum(expected + slips, jobs.today)
        if (start := jobs.starts[i]) is not None:
            starts[i] = start + jobs.pushed(i, ends, starts, begins=True)
    return out


def _wholes(rows: Mapping[str, Rows], parts: Parts, ends: Mapping[Key, Ends]) -> dict[Key, list[Ends]]:
    """Every row with parts that were simulated → the ends of those."""
    out: dict[Key, list[Ends]] = {}
    for form, own in rows.items():
        for key, of_row in zip(own.keys, parts.of(own), strict=True):
            found = [ends[part.form.id, name(part, i)] for part, i in of_row if (part.form.id, name(part, i)) in ends]
            if key is not None and found:
                out[form, key] = found
    return out


def _quantile(ends: Sequence[Ends], share: float) -> int:
    """The first working day by which all have ended in this share of the trials."""
    import numpy as np

    last = np.max(ends, axis=0)
    return int(np.quantile(last, share, method="inverted_cdf"))


def _range(ends: Sequence[Ends], case: Case) -> Range:
    p50, p80 = (max(case.as_of, case.terms.work.forward(EPOCH, _quantile(ends, share))) for share in (0.5, 0.8))
    return Range(p50, p80)


def _hits(case: Case, look: Look, past: Past, known: Mapping[Key, Fate], seed: str) -> tuple[Hits, Hits]:
    """How many forecasts of an earlier day were right: of rows of work, and of rows with parts."""
    calendar = case.terms.work
    then = {form: rows for form, rows in rows_of(case.schema, look.tables).items() if is_work(rows.form)}
    ends = _simulated(then, case, look.day, past, f"{seed} {look.day}", TRIALS_BEFORE)
    today = calendar.days_between(EPOCH, case.as_of)

    def judged(fate: Fate | None, p80: int) -> Hits:
        if fate is None or fate.state == "cancelled" or (fate.state == "done" and fate.ended is None):
            return Hits()
        if fate.ended is None:
            return Hits(0, int(today > p80))
        return Hits(int(calendar.days_between(EPOCH, fate.ended) <= p80), 1)

    rows = _sum(judged(known.get(key), _quantile([own], 0.8)) for key, own in ends.items())
    # Which row a part belonged to then is read from the rows of then; when the whole row was done, from those of now.
    parents = {form: own for form, own in case.rows.items() if form not in then}
    wholes = _wholes(parents, Parts({**parents, **then}), ends)
    done = _whole_fates(case)
    return rows, _sum(judged(done.get(key), _quantile(own, 0.8)) for key, own in wholes.items())


def _whole_fates(case: Case) -> dict[Key, Fate]:
    """What became of the rows with parts: done when the last part was."""
    out: dict[Key, Fate] = {}
    known = fates({form: rows for form, rows in case.rows.items() if is_work(rows.form)})
    for form, own in case.rows.items():
        for key, parts in zip(own.keys, case.parts.of(own), strict=True):
            of_parts = [known.get((part.form.id, part.keys[i] or ""), Fate(part.states[i], None)) for part, i in parts]
            going = [fate for fate in of_parts if fate.state != "cancelled"]
            if key is None or not going:
                continue
            closed = all(fate.state == "done" for fate in going)
            days = [fate.ended for fate in going if fate.ended is not None]
            out[form, key] = Fate("done", max(days) if len(days) == len(going) else None) if closed else Fate("open", None)
    return out


def _added(one: Hits, other: Hits) -> Hits:
    return Hits(one.held + other.held, one.of + other.of)


def _sum(hits: Iterable[Hits]) -> Hits:
    out = Hits()
    for one in hits:
        out = _added(out, one)
    return out
