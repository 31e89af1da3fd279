"""Tasks, links and agreed ends as a file of Microsoft Project (XML, MSPDI). Pure: a plan and a calendar in, bytes out.

Element names and their order follow Microsoft's published schema of Project 2007 (docs/facts/project-xml.md), which later versions read.
What has no place there is counted in `ProjectFile.left_out`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from xml.etree import ElementTree as ET

from collab_xl.catalogue import text
from collab_xl.model.calendar import Calendar
from collab_xl.model.dependency import UNITS, Dependency
from collab_xl.model.gantt import Bar, BarGroup
from collab_xl.model.project_xml import AS_GIVEN, DAY, LAG_FORMATS, LINK_TYPES, NAMESPACE, TEXTS, WEEK
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex

MORNING, EVENING = "08:00:00", "17:00:00"
SHIFTS = (("08:00:00", "12:00:00"), ("13:00:00", "17:00:00"))
NAME_LENGTH = 255
_UNWRITABLE = regex(r"[^\t\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")


class ProjectFile(Struct, frozen=True):
    """The file, and what it does not say: reason (`plan.project.left.<reason>`) → how many."""

    data: bytes
    tasks: int
    links: int
    left_out: Mapping[str, int]


def project_file(
    groups: Sequence[BarGroup], *, project: str, calendar: Calendar, as_of: date, now: datetime, broken: int, others: int, lang: str
) -> ProjectFile:
    """The project.

    Args:
        groups: tasks by summary task; cancelled ones are left out.
        broken: links that name no task or close a circle; only counted.
        others: rows of other forms; only counted.
    """
    return _Writer(project, calendar.counting(True), as_of, now, lang).written(groups, broken, others)


class _Writer:
    def __init__(self, project: str, work: Calendar, as_of: date, now: datetime, lang: str) -> None:
        self._project, self._work, self._as_of, self._now, self._lang = project, work, as_of, now, lang
        self._left: Counter[str] = Counter()
        self._links = 0

    def written(self, groups: Sequence[BarGroup], broken: int, others: int) -> ProjectFile:
        kept = [(g, [bar for bar in g.bars if bar.state != "cancelled"]) for g in groups]
        bars = [bar for _, some in kept for bar in some]
        self._left["cancelled"] = sum(len(g.bars) for g in groups) - len(bars)
        self._left["broken_links"], self._left["other_rows"] = broken, others
        uids = {bar.row: n for n, bar in enumerate(bars, 1)}
        root = ET.Element("Project", {"xmlns": NAMESPACE})
        self._head(root, bars)
        tasks = ET.SubElement(root, "Tasks")
        place, summary = count(1), count(len(bars) + 1)
        for n, (group, some) in enumerate(((g, some) for g, some in kept if some), 1):
            self._summary(ET.SubElement(tasks, "Task"), BarGroup(group.name, some), next(summary), next(place), n)
            for k, bar in enumerate(some, 1):
                self._task(ET.SubElement(tasks, "Task"), bar, uids, next(place), f"{n}.{k}")
        self._people(root, bars, uids)
        ET.indent(root)
        data = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
        return ProjectFile(data, len(bars), self._links, {why: n for why, n in self._left.items() if n})

    def _head(self, root: ET.Element, bars: Sequence[Bar]) -> None:
        days = [day for bar in bars for day in _dates(bar) if day is not None] or [self._as_of]
        title = _clean(self._project)[:NAME_LENGTH] or text("plan.project.file", self._lang)
        _put(
            root, SaveVersion="12", Name=f"{title}.xml"[-NAME_LENGTH:], Title=title, CreationDate=f"{self._now:%Y-%m-%dT%H:%M:%S}",
            ScheduleFromStart="1", StartDate=_at(min(days), MORNING), FinishDate=_at(max(days), EVENING), CriticalSlackLimit="0",
            CurrencyDigits="2", CurrencySymbol="¥", CurrencyCode="CNY", CurrencySymbolPosition="0", CalendarUID="1",
            DefaultStartTime=MORNING, DefaultFinishTime=EVENING, MinutesPerDay=str(DAY), MinutesPerWeek=str(WEEK), DaysPerMonth="20",
            DefaultTaskType="1", DurationFormat="7", NewTasksEffortDriven="0", WeekStartDay="1", StatusDate=_at(self._as_of, EVENING),
        )  # fmt: skip
        own = ET.SubElement(root, "ExtendedAttributes")
        for name, number, column in TEXTS:
            alias = text(f"model.project_column.{name}", self._lang)
            _put(ET.SubElement(own, "ExtendedAttribute"), FieldID=number, FieldName=column, Alias=alias)
        calendar = ET.SubElement(ET.SubElement(root, "Calendars"), "Calendar")
        _put(calendar, UID="1", Name=text("plan.project.calendar", self._lang), IsBaseCalendar="1")
        week = ET.SubElement(calendar, "WeekDays")
        for kind in range(1, 8):  # 1 is Sunday
            one = ET.SubElement(week, "WeekDay")
            _put(one, DayType=str(kind), DayWorking="0" if kind in (1, 7) else "1")
            if kind not in (1, 7):
                _shifts(one)
        moved = sorted((day, works) for day, works in self._work.special.items() if works != (day.weekday() < 5))
        for day, works in moved:  # as Project writes them for readers that know no exceptions
            one = ET.SubElement(week, "WeekDay")
            _put(one, DayType="0", DayWorking="1" if works else "0")
            _period(one, day)
            if works:
                _shifts(one)
        if moved:
            exceptions = ET.SubElement(calendar, "Exceptions")
        for day, works in moved:
            one = ET.SubElement(exceptions, "Exception")
            _put(one, EnteredByOccurrences="0")
            _period(one, day)
            name = text(f"plan.project.{'workday' if works else 'day_off'}", self._lang)
            _put(one, Occurrences="1", Name=name, Type="1", DayWorking="1" if works else "0")
            if works:
                _shifts(one)

    def _summary(self, task: ET.Element, group: BarGroup, uid: int, place: int, number: int) -> None:
        name = _clean(group.name)[:NAME_LENGTH]
        own = {"WBS": str(number), "OutlineNumber": str(number), "OutlineLevel": "1"}
        _put(task, UID=str(uid), ID=str(place), Name=name, Type="1", IsNull="0", **own)
        if span := group.span:
            _put(task, Start=_at(span[0], MORNING), Finish=_at(span[1], EVENING), Duration=self._length(*span), DurationFormat="7")
        _put(task, EffortDriven="0", Milestone="0", Summary="1", CalendarUID="1")

    def _task(self, task: ET.Element, bar: Bar, uids: Mapping[int, int], place: int, number: str) -> None:
        start, end = bar.start or bar.end, bar.end or bar.start
        if bar.finished is not None and bar.state == "done":
            end = bar.finished
            start = min(start or end, end)
        point = bar.milestone and (bar.start is None or bar.start == bar.end)
        shown = _clean(bar.name or bar.key)
        self._left["names_cut"] += len(shown) > NAME_LENGTH
        _put(
            task, UID=str(uids[bar.row]), ID=str(place), Name=shown[:NAME_LENGTH], Type="1", IsNull="0", WBS=number, OutlineNumber=number,
            OutlineLevel="2",
        )  # fmt: skip
        first = "" if start is None or end is None else _at(end, EVENING) if point else _at(start, MORNING)
        if start is None or end is None or start > end:
            self._left["undated"] += 1
            dated = False
            _put(task, Duration="PT8H0M0S", DurationFormat="39")
        else:
            dated = True
            self._left["on_days_off"] += not (self._work.counts(start) and self._work.counts(end))
            length = "PT0H0M0S" if point else self._length(start, end)
            _put(task, Start=first, Finish=_at(end, EVENING), Duration=length, DurationFormat="7")
        done = bar.state == "done"
        share = 100 if done else min(99, max(0, round((bar.progress or 0) * 100)))
        _put(
            task, EffortDriven="0", Estimated=None if dated else "1", Milestone="1" if bar.milestone else "0", Summary="0",
            PercentComplete=str(share), ActualStart=first if dated and share else None,
            ActualFinish=_at(end, EVENING) if dated and done and end else None, ConstraintType="4" if dated else None, CalendarUID="1",
            ConstraintDate=first if dated else None,
        )  # fmt: skip
        _put(task, Deadline=_at(bar.end, EVENING) if bar.end else None)
        for before, link in bar.links:
            if before in uids:
                self._links += 1
                _put(ET.SubElement(task, "PredecessorLink"), **_link(uids[before], link))
            else:
                self._left["broken_links"] += 1
        state = text(f"model.gantt.{bar.state}", self._lang, n=bar.days)
        due = bar.end if done and bar.end else end
        written = {"start": start, "due": due, "finished": end if done else bar.finished} if dated else {}
        told = {"start": bar.start, "due": bar.end, "finished": bar.finished}
        cells = [AS_GIVEN.format(role=r, written=day, cell=told[r] or "") for r, day in written.items() if day != told[r]]
        exact = f"{100 * bar.progress:g}" if bar.progress is not None else ""
        cells += [AS_GIVEN.format(role="progress", written=share, cell=exact)] if exact != str(share) else []
        shown_in = {
            "key": bar.key, "department": bar.department, "state": state, "parent": bar.parent, "status": bar.status,
            "cells": " ".join(cells),
        }  # fmt: skip
        for name, field, _ in TEXTS:
            if said := shown_in[name]:
                _put(ET.SubElement(task, "ExtendedAttribute"), FieldID=field, Value=_clean(said))
        if bar.baseline is not None:
            begun = min(bar.start or bar.baseline, bar.baseline)
            one = ET.SubElement(task, "Baseline")
            _put(
                one, Number="0", Interim="0", Start=_at(begun, MORNING), Finish=_at(bar.baseline, EVENING),
                Duration=self._length(begun, bar.baseline), DurationFormat="7",
            )  # fmt: skip

    def _people(self, root: ET.Element, bars: Sequence[Bar], uids: Mapping[int, int]) -> None:
        """One resource for every name of an owner's cell, in order of appearance, and who is on which task."""
        numbers: dict[str, int] = {}
        homes: dict[str, str] = {}
        pairs = []
        for bar in bars:
            for name in dict.fromkeys(_names(bar.owner)):
                numbers.setdefault(name, len(numbers) + 1)
                homes.setdefault(name, bar.department)
                pairs.append((uids[bar.row], numbers[name]))
        if not numbers:
            return
        resources = ET.SubElement(root, "Resources")
        for name, number in numbers.items():
            _put(
                ET.SubElement(resources, "Resource"), UID=str(number), ID=str(number), Name=name, Type="1", IsNull="0",
                Group=_clean(homes[name]) or None, MaxUnits="1",
            )  # fmt: skip
        assignments = ET.SubElement(root, "Assignments")
        for number, (task, person) in enumerate(pairs, 1):
            _put(ET.SubElement(assignments, "Assignment"), UID=str(number), TaskUID=str(task), ResourceUID=str(person), Units="1")

    def _length(self, start: date, end: date) -> str:
        """Hours of work from the morning of `start` to the evening of `end`; at least one day."""
        return f"PT{8 * max(1, self._work.days_between(start - timedelta(1), end))}H0M0S"


def _link(uid: int, link: Dependency) -> dict[str, str]:
    days, working = UNITS[link.unit]
    tenths = link.lag * days * (DAY if working else 24 * 60) * 10
    lag = {"LinkLag": str(tenths), "LagFormat": LAG_FORMATS[link.unit]}
    return {"PredecessorUID": str(uid), "Type": LINK_TYPES[link.kind], "CrossProject": "0", **lag}


def _dates(bar: Bar) -> Iterator[date | None]:
    yield from (bar.start, bar.end, bar.finished if bar.state == "done" else None)


def _names(owner: str) -> Iterator[str]:
    for name in re.split(r"[、,，;；/]+", owner):
        said = re.sub(r"[\[\]]+", " ", _clean(name)).strip()
        if said:
            yield said[:NAME_LENGTH]


def _put(into: ET.Element, **values: str | None) -> None:
    """Append one element for each value, in order; None is no element."""
    for name, value in values.items():
        if value is not None:
            ET.SubElement(into, name).text = value


def _period(into: ET.Element, day: date) -> None:
    _put(ET.SubElement(into, "TimePeriod"), FromDate=_at(day, "00:00:00"), ToDate=_at(day, "23:59:00"))


def _shifts(into: ET.Element) -> None:
    times = ET.SubElement(into, "WorkingTimes")
    for start, end in SHIFTS:
        _put(ET.SubElement(times, "WorkingTime"), FromTime=start, ToTime=end)


def _at(day: date, clock: str) -> str:
    return f"{day:%Y-%m-%d}T{clock}"


def _clean(said: str) -> str:
    """Without line ends and characters that XML cannot hold."""
    return " ".join(_UNWRITABLE.sub(" ", said).split())
