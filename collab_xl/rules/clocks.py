"""Clocks: time that runs from a moment in a row until something is filled in or the row is closed.

In: a Case.  Out: running clocks.  Pure.  The forms define the clocks; sheet 设置 may change how long they run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta

from collab_xl.forms import Clock, Field, Schema, load
from collab_xl.model.calendar import Calendar
from collab_xl.model.record import Struct
from collab_xl.model.values import Value
from collab_xl.rules import communication, review_clocks
from collab_xl.rules.case import Case, Start
from collab_xl.rules.lateness import as_day
from collab_xl.rules.limits import clock_limit
from collab_xl.rules.rows import Rows

_DAY = timedelta(days=1)
AGENDA = "next_meeting"
"""The clock of the agenda: it counts back from the next meeting."""


class Running(Struct, frozen=True):
    """One running clock. `index` is the row it is reported at; `limit` and `unit` are those in force."""

    rows: Rows
    clock: Clock
    index: int
    field: Field
    """Where it is reported: the field of the moment it started."""
    since: date | datetime
    until: date | datetime
    """A date means the end of that day."""
    limit: int
    unit: str
    ahead: date | datetime | None = None
    """What it must be done before, if the limit counts back."""

    def is_out(self, as_of: date, now: datetime | None = None) -> bool:
        """Whether the clock has run out. One that ends on a day has not run out on that day; one with an hour has when `now` is later."""
        if now is not None and isinstance(self.until, datetime) and self.until.date() == now.date():
            return self.until < now
        return (as_day(self.until) or date.max) < as_of


def ends(since: Value, limit: int, unit: str, work: Calendar) -> date | datetime | None:
    """When a clock that started at `since` runs out; None if `since` is no date or the end is past the last possible date.

    A date without a time counts from the end of that day. A limit in working days ends at the end of a day.
    """
    day = as_day(since)
    if day is None:
        return None
    try:
        if unit == "working_days":
            return work.forward(day, limit)
        span = timedelta(**{unit: limit})
        if isinstance(since, datetime):
            return since + span
        whole, rest = divmod(span, _DAY)
        last = day + whole * _DAY
        return datetime(last.year, last.month, last.day) + _DAY + rest if rest else last
    except OverflowError:
        return None


def ends_before(moment: date | datetime, limit: int, unit: str, work: Calendar) -> date | datetime:
    """Until when something must be done that is wanted so long before a moment: the end of a working day, or a moment if the unit is
    hours or minutes. A day that is no working day moves to the one before."""
    day = as_day(moment) or date.min
    if unit in ("hours", "minutes") and isinstance(moment, datetime):
        return moment - timedelta(**{unit: limit})
    if unit != "working_days":
        day, limit = day - timedelta(**{unit: limit}) + _DAY, 1
    return work.back(day, limit)


def agenda_clock(schema: Schema) -> Clock:
    """The clock of an agenda, of the forms in use; if it is of none, of the installed ones."""
    return next(clock for form in (*schema.forms, *load().forms) for clock in form.clocks if clock.begins == AGENDA)


def running(case: Case) -> Iterator[Running]:
    """Every running clock, by form and clock, in sheet order. Rows with the same value of `per` share one clock."""
    for rows in case.rows.values():
        for clock in rows.form.clocks:
            limit, unit = clock_limit(clock, case.settings)
            work = case.terms.work
            for at, index, field, begun_on, ahead in BEGINS[clock.begins](case, rows) if clock.begins else ():
                if (until := ends_before(ahead, limit, unit, work) if ahead else ends(begun_on, limit, unit, work)) is not None:
                    yield Running(at, clock, index, field, begun_on, until, limit, unit, ahead)
            start, stops = rows.field(clock.starts), [f for f in map(rows.field, clock.stops) if f]
            if start is None:
                continue
            held = rows.where(clock.when, case.terms, case.as_of)
            stopped = {i for f in stops for i, value in enumerate(rows.values(f)) if value not in (None, "", ())}
            begins, days = rows.values(start), rows.days(start)
            for indexes in _groups(rows, clock, [i for i, holds in enumerate(held) if holds]):
                still_open = [i for i in indexes if not rows.closed[i]]
                begun = [(day, i) for i in indexes if (day := days[i]) is not None]
                if not still_open or not begun or not stopped.isdisjoint(indexes):
                    continue
                since = min((begins[i] for _, i in begun), key=_end_of)
                until = ends(since, limit, unit, case.terms.work)
                if until is not None and isinstance(since, date):
                    yield Running(rows, clock, still_open[0], start, since, until, limit, unit)


BEGINS: Mapping[str, Callable[[Case, Rows], Iterator[Start]]] = {
    "all_parts_done": review_clocks.all_parts_done,
    "last_review": review_clocks.last_review,
    AGENDA: communication.next_meetings,
}
"""Name of a function that a clock may name in `begins` → the clocks that run: they start or stop by what other forms say."""


def _end_of(moment: Value) -> datetime:
    """The moment, or the end of the day: of two beginnings on one day the one with an hour is known better."""
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time.max) if isinstance(moment, date) else datetime.max


def _groups(rows: Rows, clock: Clock, indexes: list[int]) -> list[list[int]]:
    """Groups of rows that share a clock: rows with the same values of `per`.

    Where several fields tell them apart, a date counts as its day, and a row with a blank shares the clock of the first row that says the
    same in the others. A row that says nothing has its own clock.
    """
    if not clock.per:
        return [[i] for i in indexes]
    several = len(clock.per) > 1
    columns = [
        [str(day) if several and day else word.strip() for day, word in zip(rows.days(f), rows.words(f), strict=True)] for f in clock.per
    ]
    said = {i: tuple(column[i] for column in columns) for i in indexes}
    filled = {i: tuple(n for n, word in enumerate(said[i]) if word) for i in indexes}
    partly = {places for places in filled.values() if 0 < len(places) < len(clock.per)}
    first: dict[tuple[tuple[int, ...], tuple[str, ...]], tuple[str, ...]] = {}
    """(places, words there) → the first group that says so."""
    groups: dict[tuple[str | int, ...], list[int]] = {}
    for i in sorted(indexes, key=lambda i: len(filled[i]) < len(clock.per)):
        own, places = said[i], filled[i]
        if places in partly:
            own = first.get((places, tuple(own[n] for n in places)), own)
        if places and own not in groups:
            for some in partly:
                first.setdefault((some, tuple(own[n] for n in some)), own)
        groups.setdefault(own if places else (i,), []).append(i)
    return [sorted(group) for group in groups.values()]
