"""Read the XML of Microsoft Project (MSPDI) as a book with one sheet of tasks, in our own headings.

In: bytes.  Out: a `Book`, and what of the file has no place on a list of tasks.  Pure.  Summary tasks are no tasks: their names stand in
the column of what is above. An ID is `MP-` and Project's unique number, or ours in a file that `export` wrote.
Source of names and numbers: docs/facts/project-xml.md.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from lxml import etree

from collab_xl.book.package import parse_xml
from collab_xl.book.read import Book
from collab_xl.catalogue import LANGS, text
from collab_xl.errors import CollabError
from collab_xl.forms import CLOSED, Form, Schema
from collab_xl.model.dependency import Dependency
from collab_xl.model.imported import PLAN
from collab_xl.model.project_xml import DAY, LINK_TYPES, NAMESPACE, TEXTS, UID_KEY
from collab_xl.model.sheets import Snapshot
from collab_xl.model.values import Value

_NUMBER = {name: number for name, number, _ in TEXTS}
_KINDS = {number: kind for kind, number in LINK_TYPES.items()}
_ELAPSED = frozenset({4, 6, 8, 10, 12, 36, 38, 40, 42, 44})
_WEEKS = frozenset({9, 10, 41, 42})
_SHARES = frozenset({19, 20, 51, 52})
"""Formats of a lag: in elapsed time, in weeks, in percent."""
_NOBODY = "-65535"
_NO_CONSTRAINT = frozenset({"", "0", "1", "4"})
"""As soon or as late as possible, and start no earlier than, which only says the start."""
_MOST_LAG = 9999
_MOST_LEVELS = 65_535
_BLANKS = b" \t\r\n"
_NO_DATE = frozenset({"", "NA", "N/A"})


class ProjectRead(NamedTuple):
    """The tasks as a book; reason (`book.project.left.<reason>`) → how many have no place there."""

    book: Book
    left_out: Mapping[str, int]
    plan: str = ""
    """What tells the plan from others whatever its file is called: its GUID, else the moment at which it was made. "" where the file says
    neither, or where `export` wrote it: then the IDs are ours."""


def read_project(data: bytes, name: str, schema: Schema, lang: str) -> ProjectRead:
    """The tasks of a project.

    Raises:
        CollabError: `project_unreadable` if it is no file of Microsoft Project, or if no form in use is a plan of tasks; `unsafe_xml` for a
            DOCTYPE.
    """
    form = next((f for f in schema.forms if f.role("predecessors") and f.role("due")), None)
    try:
        root = parse_xml(data.lstrip(_BLANKS), name)
    except CollabError as error:
        if error.code == "unsafe_xml":
            raise
        raise CollabError("project_unreadable", file=name) from error
    if form is None or etree.QName(root).localname != "Project" or not (etree.QName(root).namespace or NAMESPACE).startswith(NAMESPACE):
        raise CollabError("project_unreadable", file=name)
    return _Reader(root, form, lang).read()


def _said(node: etree._Element, name: str) -> str:
    return (node.findtext(f"{{*}}{name}") or "").strip()


def _uid(task: etree._Element, n: int) -> str:
    """The number that tells a task from others; of programs that give none its row, else its place in the file."""
    return _said(task, "UID") or _said(task, "ID") or str(n + 1)


def _level(task: etree._Element) -> int:
    """How deep a task stands, from 1."""
    said = _number(_said(task, "OutlineLevel"))
    return min(max(1, int(said)), _MOST_LEVELS) if said else _said(task, "OutlineNumber").count(".") + 1


def _is_blank(task: etree._Element) -> bool:
    """Whether it is a blank line of the plan. It has no level: what stands below goes on as if it were not there."""
    return _said(task, "IsNull") == "1"


def _each(node: etree._Element, *path: str) -> Iterator[etree._Element]:
    return node.iterfind("/".join(f"{{*}}{name}" for name in path))


class _Reader:
    def __init__(self, root: etree._Element, form: Form, lang: str) -> None:
        self._root, self._form, self._lang = root, form, lang
        self._left: Counter[str] = Counter()
        self._day = max(0, int(_number(_said(root, "MinutesPerDay")) or 0)) or DAY
        self._own = _aliases(root)
        ours = {text(f"model.project_column.{TEXTS[0][0]}", each) for each in LANGS}
        self._ours = self._own.get(TEXTS[0][1]) in ours
        """Whether the file was written by `export`: then Text1 is the ID, and the deadline the planned end of a task that is done."""
        self._tasks = [t for t in _each(root, "Tasks", "Task") if _said(t, "UID") != "0"]
        self._levels = [_level(t) for t in self._tasks]
        says = any(_said(t, "Summary") for t in self._tasks)
        lines = [n for n, t in enumerate(self._tasks) if not _is_blank(t)]
        deeper = {n for n, after in pairwise(lines) if self._levels[after] > self._levels[n]}
        self._summaries = {n for n in lines if (_said(self._tasks[n], "Summary") == "1" if says else n in deeper)}
        """Positions of the summary tasks; in a file that says of no task whether it is one, those above a deeper one."""

    def read(self) -> ProjectRead:
        people = self._people()
        self._left["calendars"] = sum(1 for _ in _each(self._root, "Calendars", "Calendar"))
        uids = [_uid(t, n) for n, t in enumerate(self._tasks)]
        keys = {uids[n]: self._key(t, uids[n]) for n, t in enumerate(self._tasks) if self._is_task(n)}
        above: list[str] = []
        rows: list[dict[str, Value]] = []
        for n, task in enumerate(self._tasks):
            if _is_blank(task):
                self._left["blank"] += 1
                continue
            level = self._levels[n]
            del above[level - 1 :]
            above += [""] * (level - 1 - len(above))
            if self._is_task(n):
                rows.append(self._row(task, uids[n], keys, people, level, [name for name in above if name]))
            else:
                self._left["summaries"] += 1
            above.append(_said(task, "Name"))
        level_heading, above_heading = (text(f"book.project.{what}", self._lang) for what in ("level", "above"))
        if len({row[level_heading] for row in rows}) < 2 and not any(row[above_heading] for row in rows):
            for row in rows:
                del row[level_heading]
        filled = {h for row in rows for h, value in row.items() if value is not None}
        headings = [h for h in dict.fromkeys(h for row in rows for h in row) if h in filled] or [self._heading("title")]
        cells: list[list[Value]] = [list(headings), *([row.get(h) for h in headings] for row in rows)]
        sheet = self._form.sheet[self._lang]
        snapshot = Snapshot(sheet, cells=cells)
        return ProjectRead(Book({sheet: "visible"}, lambda _: snapshot), {why: n for why, n in self._left.items() if n}, self._plan())

    def _plan(self) -> str:
        said = "" if self._ours else _said(self._root, "GUID") or _said(self._root, "CreationDate")
        return f"{PLAN}{said.casefold()}" if said else ""

    def _is_task(self, n: int) -> bool:
        return n not in self._summaries and not _is_blank(self._tasks[n])

    def _heading(self, role: str) -> str:
        field = self._form.key if role == "key" else self._form.role(role)
        return field.heading[self._lang] if field is not None else ""

    def _key(self, task: etree._Element, uid: str) -> str:
        own = _texts(task).get(TEXTS[0][1], "") if self._ours else ""
        return own or f"{UID_KEY}{uid}"

    def _day_of(self, task: etree._Element, name: str) -> datetime | None:
        """A moment of a task; None, counted, for what is none."""
        said = _said(task, name)
        found = _moment(said)
        self._left["dates"] += found is None and said.upper() not in _NO_DATE
        return found

    def _share(self, task: etree._Element) -> float | None:
        """How much is done, in percent; None, counted, for what is no number."""
        said = _said(task, "PercentComplete").removesuffix("%").strip()
        found = _number(said) if said else 0.0
        self._left["shares"] += found is None
        return found

    def _row(
        self,
        task: etree._Element,
        uid: str,
        keys: Mapping[str, str],
        people: Mapping[str, list[tuple[str, str]]],
        level: int,
        above: list[str],
    ) -> dict[str, Value]:
        own = _texts(task)
        cells = _cells(own.get(_NUMBER["cells"], "")) if self._ours else {}
        start, end = self._day_of(task, "Start"), self._day_of(task, "Finish")
        point = _said(task, "Milestone") == "1"
        planned, deadline = _last_day(start, end), _last_day(None, _moment(_said(task, "Deadline")))
        baseline = next((b for b in _each(task, "Baseline") if _said(b, "Number") in ("", "0")), None)
        agreed = _last_day(None, _moment(_said(baseline, "Finish"))) if baseline is not None else None
        owners, homes = zip(*people[uid], strict=True) if people.get(uid) else ((), ())
        home = own.get(TEXTS[1][1], "") if self._ours else next(iter(homes), "") if len(set(homes)) == 1 else ""
        share = self._share(task)
        done = share is not None and share >= 100
        finished = _last_day(None, self._day_of(task, "ActualFinish")) if done else None
        state = "cancelled" if _said(task, "Active") == "0" else "done" if done else ""
        state = state or ("open" if share or _said(task, "ActualStart") else "waiting" if share is not None else "")
        guessed = self._ours and _said(task, "Estimated") == "1"  # it had no days; Project has put it at the start of the plan
        begins = None if guessed or (self._ours and point and start and start == end) else start.date() if start else None
        due = deadline if self._ours and deadline and done else None if guessed else planned
        roles: dict[str, Value] = {
            "key": keys[uid], "title": " ".join(_said(task, "Name").split()) or keys[uid], "department": home, "owner": "、".join(owners),
            "start": begins, "due": due, "parent": own.get(_NUMBER["parent"], "") if self._ours else "",
            "predecessors": "、".join(self._links(task, keys)), "progress": f"{share:.10g}%" if share is not None else None,
            "status": self._status(state, own.get(_NUMBER["status"], "") if self._ours else ""), "finished": finished,
            "milestone": text("model.word.yes", self._lang) if point else None, "baseline": agreed,
        }  # fmt: skip
        roles |= {role: cell for role, (written, cell) in cells.items() if role in roles and str(roles[role]) == written}
        row = {heading: value or None for role, value in roles.items() if (heading := self._heading(role))}
        remark = self._form.known("remark")
        note = remark.heading[self._lang] if remark is not None else ""
        extra: dict[str, Value] = {
            note: _said(task, "Notes") or None,
            text("book.project.level", self._lang): level,
            text("book.project.above", self._lang): " / ".join(above) or None,
            text("book.project.deadline", self._lang): deadline if not self._ours and deadline != planned else None,
        }
        ours = {number for _, number, _ in TEXTS} if self._ours else set()
        extra |= {self._own.get(number, number): value for number, value in own.items() if number not in ours and number in self._own}
        self._count(task)
        return row | {h: v for h, v in extra.items() if h and h not in row}

    def _status(self, state: str, exported: str) -> str | None:
        """The word that `export` wrote, if the task is as far as it says; else the first word of the state."""
        field = self._form.role("status")
        word = next((c for c in field.choices if exported in c.label.values()), None) if field is not None and exported else None
        begun = ("open", "paused")  # also at 0 %: 滞后, 暂停
        fits = word is not None and (word.state == state or (word.state in begun and state not in CLOSED))
        chosen = word if fits else next((c for c in self._form.choices_in(state) if not c.late), None)
        return chosen.label[self._lang] if chosen is not None else None

    def _count(self, task: etree._Element) -> None:
        """What of a task has no place."""
        self._left["baselines"] += sum(_said(b, "Number") not in ("", "0") for b in _each(task, "Baseline"))
        self._left["constraints"] += _said(task, "ConstraintType") not in _NO_CONSTRAINT
        self._left["costs"] += any((_number(_said(task, name)) or 0) > 0 for name in ("Cost", "FixedCost"))
        self._left["external"] += _said(task, "ExternalTask") == "1" or _said(task, "IsSubproject") == "1"
        self._left["recurring"] += _said(task, "Recurring") == "1"

    def _people(self) -> dict[str, list[tuple[str, str]]]:
        """Task → names and groups of the people on it."""
        known = {_said(r, "UID"): r for r in _each(self._root, "Resources", "Resource") if _said(r, "Name")}
        out: dict[str, list[tuple[str, str]]] = {}
        for one in _each(self._root, "Assignments", "Assignment"):
            who = _said(one, "ResourceUID")
            resource = known.get(who)
            if resource is None:
                self._left["assignments"] += who not in (_NOBODY, "")
                continue
            if _said(resource, "Type") in ("0", "2"):
                self._left["materials"] += 1
                continue
            self._left["units"] += (_number(_said(one, "Units")) or 1) != 1
            person = " ".join(_said(resource, "Name").split()), " ".join(_said(resource, "Group").split())
            held = out.setdefault(_said(one, "TaskUID"), [])
            if person not in held:
                held.append(person)
        return out

    def _links(self, task: etree._Element, keys: Mapping[str, str]) -> Iterator[str]:
        for link in _each(task, "PredecessorLink"):
            before = keys.get(_said(link, "PredecessorUID"))
            if before is None or _said(link, "CrossProject") == "1":
                self._left["links"] += 1  # to a summary task, or to another project
                continue
            kind = _KINDS.get(_said(link, "Type") or LINK_TYPES["FS"], "FS")
            lag, unit = self._lag(link)
            yield Dependency(before, kind, lag, unit).said(self._lang)

    def _lag(self, link: etree._Element) -> tuple[int, str]:
        """The lag in whole days or weeks; 0, counted, where it is none."""
        tenths = _number(_said(link, "LinkLag")) or 0
        if not tenths:
            return 0, "d"
        code = int(_number(_said(link, "LagFormat")) or 7)
        day = 24 * 60 if code in _ELAPSED else self._day
        unit, length = ("w", 7 * day if code in _ELAPSED else 5 * day) if code in _WEEKS else ("d", day)
        for sign, minutes in ((unit, length), ("d", day)):
            lag = tenths / 10 / minutes
            if code not in _SHARES and lag == int(lag) and abs(lag) <= _MOST_LAG:
                return int(lag), f"e{sign}" if code in _ELAPSED else sign
        self._left["lags"] += 1
        return 0, "d"


def _aliases(root: etree._Element) -> dict[str, str]:
    """Number of an own column of tasks → the name a person gave it, else Project's."""
    columns = _each(root, "ExtendedAttributes", "ExtendedAttribute")
    return {_said(one, "FieldID"): name for one in columns if (name := _said(one, "Alias") or _said(one, "FieldName"))}


def _texts(task: etree._Element) -> dict[str, str]:
    return {_said(one, "FieldID"): value for one in _each(task, "ExtendedAttribute") if (value := _said(one, "Value"))}


def _cells(said: str) -> dict[str, tuple[str, Value]]:
    """Role → what `export` has written for it, and what the cell says (`AS_GIVEN`): days as days, a share with its sign."""
    out: dict[str, tuple[str, Value]] = {}
    for role, _, pair in (one.partition("=") for one in said.split()):
        written, _, cell = pair.partition(">")
        if role == "progress":
            out[role] = f"{written}%", f"{cell}%" if cell else None
        else:
            day = _moment(cell)
            out[role] = written, day.date() if day is not None else None
    return out


def _number(said: str) -> float | None:
    """None for what is no number, also for NaN and infinity."""
    try:
        found = float(said)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _moment(said: str) -> datetime | None:
    try:
        return datetime.fromisoformat(said.removesuffix("Z")).replace(tzinfo=None) if said else None
    except ValueError:
        return None


def _last_day(start: datetime | None, end: datetime | None) -> date | None:
    """The day on which something ends: midnight is the end of the day before, where it began earlier."""
    if end is not None and start is not None and start < end and end.time() == time():
        return (end - timedelta(1)).date()
    return end.date() if end is not None else None
