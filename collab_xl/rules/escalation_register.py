"""The register of escalations from one day to the next: entries are opened, go up one level, and are closed.

In: the register so far, the rows to escalate on a day, the ladder.  Out: the register of that day.  Pure.
Source: docs/facts/domain.md, The numbers: superiors and sponsor first; what departments cannot settle goes to the decision layer. The day
an answer is due is fixed when a row is escalated first: otherwise it would move on with every run and never pass (decision 0048).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory, Person
from collab_xl.model.escalation import Escalated
from collab_xl.model.record import Struct, replace
from collab_xl.model.summary import EscalationLine
from collab_xl.rules.lateness import as_day

Place = tuple[str, str, str]
FIRST, TOP = 1, 2
"""Levels: superiors and sponsor; decision layer."""


class Ladder(Struct, frozen=True):
    """When an entry goes to the decision layer, and who that is."""

    work: Calendar
    directory: Directory
    days: int = 1
    """Working days without an answer after the day it was due; 0: it never goes up."""
    people: tuple[Person, ...] = ()
    """The decision layer; the sponsors of the row if nobody is named."""

    def is_top(self, entry: Escalated, as_of: date) -> bool:
        if entry.level >= TOP:
            return True
        if not self.days or entry.answer_by is None or entry.is_answered:
            return False
        return self.work.days_between(entry.answer_by, as_of) > self.days

    def above(self, line: EscalationLine) -> tuple[Person, ...]:
        """The people of the second level."""
        sponsors = {d.sponsor for d in self.directory.departments if d.sponsor}
        return self.people or tuple(p for p in line.people if p.name in sponsors) or line.people


def brought_up_to(as_of: date, before: Iterable[Escalated], lines: Sequence[EscalationLine], ladder: Ladder) -> list[Escalated]:
    """The register of a day: open entries in the order of `lines`, then the closed ones, those closed last first.

    A day before the first day of an entry (`--as-of`) does not change it. What was closed on this very day and is here again was no end: it
    goes on.
    """
    entries = list(before)
    known: dict[Place, Escalated] = {e.place: e for e in entries if e.closed in (None, as_of)}
    times = Counter(e.place for e in entries)
    out: list[Escalated] = []
    for line in lines:
        entry = known.pop(place := (line.form, line.key, line.cause), None)
        if entry is None:
            names = tuple(dict.fromkeys(person.name for person in line.people)) or line.to
            entry = Escalated(*place, as_of, line.name, line.dept, names, line.answer_by, level_since=as_of, time=times[place] + 1)
        else:
            entry = replace(entry, name=line.name, department=line.dept, closed=None)
            top = ladder.is_top(entry, as_of)
            if top and entry.level < TOP:
                entry = replace(entry, level=TOP, level_since=as_of)
            people = ladder.above(line) if top else line.people
            entry = replace(entry, to=tuple(dict.fromkeys(p.name for p in people)) or line.to)
        out.append(entry)
    closed = [replace(e, closed=as_of) if e.since <= as_of else e for e in known.values()]
    closed += [e for e in entries if e.closed not in (None, as_of)]
    return out + sorted(closed, key=lambda e: (e.closed or date.max, e.since, e.key), reverse=True)


def with_entries(lines: Sequence[EscalationLine], register: Iterable[Escalated], ladder: Ladder) -> tuple[EscalationLine, ...]:
    """The rows to escalate as the register has them: the first day, the day an answer is due, the level and its people."""
    entries: Mapping[Place, Escalated] = {e.place: e for e in register if e.closed is None}
    out = []
    for line in lines:
        entry = entries.get((line.form, line.key, line.cause))
        if entry is not None:
            people = ladder.above(line) if entry.level >= TOP else line.people
            line = replace(
                line,
                to=entry.to,
                people=people,
                answer_by=entry.answer_by,
                since=entry.since,
                level=entry.level,
                answered=entry.is_answered,
                time=entry.time,
            )
        out.append(line)
    return tuple(out)


def state_of(entry: Escalated, mailed: date | None, as_of: date) -> str:
    """to_tell, told, unanswered, answered, ruled or ended.

    Args:
        mailed: the day it was mailed at the level reached, if it was.
    """
    if entry.closed is not None:
        return "ended"
    if entry.ruling not in (None, ""):
        return "ruled"
    if entry.answered not in (None, ""):
        return "answered"
    if mailed is None and not told_by_hand(entry):
        return "to_tell"
    return "unanswered" if entry.answer_by is not None and entry.answer_by < as_of else "told"


def told_by_hand(entry: Escalated) -> bool:
    """Whether the PMO wrote that it was told at the level reached: a day before it was reached is about the level below."""
    told = entry.told
    if told in (None, ""):
        return False
    day = as_day(told)
    return day is None or entry.level_since is None or day >= entry.level_since
