"""What waits for what: the links between the rows of a form, the days they are expected on, and how much room each row has.

In: rows with the role predecessors, a Case.  Out: values by row index.  Pure.  What a lag counts and why no graph library: decision 0047.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import TypeVar

from collab_xl.model.calendar import Calendar
from collab_xl.model.dependency import UNITS, Dependency, dependencies
from collab_xl.model.keys import spelling
from collab_xl.model.record import Struct
from collab_xl.rules.case import Case
from collab_xl.rules.rows import Rows


class KeyFinder:
    """Finds the key that somebody meant: itself, the same in another spelling, or its number alone where one key has that number."""

    def __init__(self, keys: Iterable[str | None]) -> None:
        self.known = dict.fromkeys(key for key in keys if key is not None)

    @cached_property
    def _spelled(self) -> dict[str, str]:
        return {spelling(key): key for key in reversed(self.known)}

    @cached_property
    def _numbers(self) -> dict[int, str | None]:
        found: dict[int, str | None] = {}
        for key in self.known:
            digits = key[len(key.rstrip("0123456789")) :]
            if digits:
                found[int(digits)] = None if int(digits) in found else key
        return found

    def by_number(self, said: str) -> str | None:
        """`3` → RW-003, if no other key ends with that number."""
        return self._numbers.get(int(said)) if said.isascii() and said.isdigit() and len(said) < 10 else None

    def find(self, said: str) -> str | None:
        return said if said in self.known else self._spelled.get(spelling(said)) or self.by_number(said)


class Network(Struct, frozen=True, dict=True):
    """Links of rows. `before`: for each row, what it waits for; only rows that exist. `order`: predecessors first, apart from circles."""

    before: Sequence[Sequence[tuple[int, Dependency]]]
    order: Sequence[int]
    circles: Sequence[Sequence[int]]

    @cached_property
    def links(self) -> Sequence[Sequence[tuple[int, Dependency]]]:
        """`before` without the links that close a circle."""
        rank = {i: n for n, i in enumerate(self.order)}
        return [[(p, link) for p, link in links if rank[p] < rank[i]] for i, links in enumerate(self.before)]


def network(rows: Rows) -> Network:
    """The links of the rows, by the role predecessors. Without such a column no row waits for another."""
    places: dict[str, int] = {}
    for i, key in enumerate(rows.keys):
        if key is not None:
            places.setdefault(key, i)
    finder = KeyFinder(places)
    before: list[list[tuple[int, Dependency]]] = []
    for value in rows.values("predecessors"):
        links = ((finder.find(link.key), link) for link in dependencies(value))
        before.append([(places[key], link) for key, link in links if key is not None])
    circles, order = walked({i: [p for p, _ in links] for i, links in enumerate(before)})
    return Network(before, order, circles)


K = TypeVar("K", bound=Hashable)


def walked(before: Mapping[K, Sequence[K]]) -> tuple[list[list[K]], list[K]]:
    """The circles, and all names with predecessors first. Each name is in at most one circle. Without recursion: chains may be long."""
    state: dict[K, int] = {}  # position on the path, -1 when done
    circles: list[list[K]] = []
    order: list[K] = []
    taken: set[K] = set()
    for root in before:
        if root in state:
            continue
        path, stack = [root], [iter(before[root])]
        state[root] = 0
        while stack:
            step = next(stack[-1], None)
            if step is None:
                order.append(path.pop())
                state[order[-1]] = -1
                stack.pop()
            elif step not in state:
                state[step] = len(path)
                path.append(step)
                stack.append(iter(before[step]))
            elif state[step] >= 0:
                circle = path[state[step] :]
                if not taken.intersection(circle):
                    circles.append(circle)
                    taken.update(circle)
    return circles, order


class Outlook(Struct, frozen=True):
    """When a row is expected. `slip`: working days later than planned because of a predecessor; `by`: the predecessor that decides it.
    `slack`: working days it may still move without moving the last expected end; None for a closed row or one without an end."""

    start: date | None
    end: date | None
    slip: int = 0
    by: int | None = None
    slack: int | None = None

    @property
    def critical(self) -> bool:
        return self.slack == 0


def outlook(case: Case, rows: Rows, net: Network) -> list[Outlook]:
    """The outlook of every row, by planned dates, lateness and links.

    A late row is expected today at the earliest. A row moves by as much as its predecessors take from the room the plan has: a plan that
    already begins too early (Q507 reports it) moves only by the new days. A row that has begun is not moved by what it waited for.
    """
    work = case.terms.work
    plan = Planned(rows, case.as_of)
    out: list[Outlook] = [Outlook(None, None)] * len(rows)
    for i in net.order:
        start, end = plan.starts[i], plan.ends[i]
        if rows.closed[i]:
            out[i] = Outlook(start, plan.finished[i] or end)
            continue
        moved_start, moved_end, by = 0, 0, None
        for p, link in plan.holding(net.links[i], i):
            days = _pushed(plan, out, i, p, link, work)
            if link.kind[1] == "S":
                moved_start = max(moved_start, days)
            if days > moved_end:
                moved_end, by = days, p
        if moved_start and start is not None:
            start = work.forward(start, moved_start)
        elif start is not None and not plan.begun[i]:
            start = max(start, case.as_of)
        if end is not None:
            end = work.forward(end, moved_end)
            end = max(end, case.as_of) if plan.late[i] else end
        out[i] = Outlook(start, end, moved_end, by)
    return _with_slack(out, plan, net, work)


def chain_of(case: Case, rows: Rows) -> tuple[Network, list[Outlook]]:
    """The links of the rows and the outlook of each, worked out once for a case."""
    found = case.chains.get(rows.form.id)
    if found is None or found[0] is not rows:
        net = network(rows)
        found = case.chains[rows.form.id] = rows, net, outlook(case, rows, net)
    return found[1:]


def expected_ends(case: Case, rows: Rows) -> list[date | None]:
    """The day each row is expected to end, by planned dates, lateness and what it waits for; the finishing day of a closed one."""
    return [one.end for one in chain_of(case, rows)[1]]


def _with_slack(out: list[Outlook], plan: Planned, net: Network, work: Calendar) -> list[Outlook]:
    """Room is what remains to the last end, or less: the room of what waits for the row and the days between them."""
    ends = [one.end for one, closed in zip(out, plan.closed, strict=True) if one.end is not None and not closed]
    last = max(ends, default=None)
    room: list[int | None] = [None] * len(out)
    for i, one in enumerate(out):
        if last is not None and one.end is not None and not plan.closed[i]:
            room[i] = work.days_between(one.end, last)
    for i in reversed(net.order):
        after = room[i]
        for p, link in plan.holding(net.links[i], i):
            before = room[p]
            if after is None or before is None:
                continue
            asked, own = _asked(plan, link, out[p].start, out[p].end, i, work), _own(plan, link, out[i].start, out[i].end)
            if asked is not None and own is not None:
                room[p] = min(before, _room_left(plan, link, out[p], i, asked, own, after, work))
    return [Outlook(o.start, o.end, o.slip, o.by, r) for o, r in zip(out, room, strict=True)]


def _room_left(plan: Planned, link: Dependency, one: Outlook, i: int, asked: date, own: date, after: int, work: Calendar) -> int:
    """Working days by which the predecessor may move until its link moves row `i` by more than `after`. A lag in calendar days is taken
    off the last day that is allowed: a weekend in it may take room, or give some."""
    day, working = one.end if link.kind[0] == "F" else one.start, UNITS[link.unit][1]
    if working or not link.lag or day is None:
        return after + max(0, _days(asked, own, work))
    last = work.forward(max(own, asked), after)
    next_day = link.kind == "FS" and plan.starts[i] is not None
    return max(0, work.days_between(day, last - timedelta(next_day + UNITS[link.unit][0] * link.lag)))


class Planned:
    """The planned days of rows, and which have begun."""

    def __init__(self, rows: Rows, as_of: date) -> None:
        self.starts, self.ends, self.finished = rows.days("start"), rows.days("due"), rows.days("finished")
        self.closed, self.states = rows.closed, rows.states
        under_way = {choice.id for choice in rows.form.choices_in("open") if not choice.late}
        progress = rows.numbers("progress")
        self.begun = [bool(share) or word in under_way for share, word in zip(progress, rows.values("status"), strict=True)]
        self.late = [not closed and end is not None and end < as_of for closed, end in zip(self.closed, self.ends, strict=True)]

    def holding(self, links: Iterable[tuple[int, Dependency]], i: int) -> list[tuple[int, Dependency]]:
        """The links that still hold an open row up. What has begun no longer waits to begin; a cancelled row holds nobody up."""
        if self.closed[i]:
            return []
        return [(p, link) for p, link in links if self.states[p] != "cancelled" and not (self.begun[i] and link.kind[1] == "S")]


def _own(plan: Planned, link: Dependency, start: date | None, end: date | None) -> date | None:
    """The day of a row that a link is about; without a start its end."""
    return start if link.kind[1] == "S" and start is not None else end


def _asked(plan: Planned, link: Dependency, start: date | None, end: date | None, i: int, work: Calendar) -> date | None:
    """The first day a link allows for row `i`, if the predecessor starts and ends on these days.

    A start comes the working day after an end.
    """
    day = end if link.kind[0] == "F" else start
    if day is None:
        return None
    day = link.after(day, work)
    return work.forward(day, 1) if link.kind == "FS" and plan.starts[i] is not None else day


def _pushed(plan: Planned, out: Sequence[Outlook], i: int, p: int, link: Dependency, work: Calendar) -> int:
    """The working days by which a predecessor moves a row beyond its plan."""
    own = _own(plan, link, plan.starts[i], plan.ends[i])
    planned = _asked(plan, link, plan.starts[p], plan.ends[p], i, work)
    now = _asked(plan, link, out[p].start, out[p].end, i, work)
    if own is None or planned is None or now is None:
        return 0
    return max(0, _days(own, now, work) - max(0, _days(own, planned, work)))


def _days(first: date, last: date, work: Calendar) -> int:
    """Working days from one day to another, negative if the second is earlier."""
    return work.days_between(first, last) - work.days_between(last, first)


def path_to(out: Sequence[Outlook], i: int) -> list[int]:
    """The rows that move row `i`, the one where it begins first, `i` last."""
    path = [i]
    while (by := out[path[-1]].by) is not None:
        path.append(by)
    return path[::-1]


def held_up(case: Case, rows: Rows) -> dict[int, list[tuple[int, int]]]:
    """Row → the rows that slip because of it, with their working days, most first. Only rows where a delay begins."""
    if not any(rows.values("predecessors")):
        return {}
    _, out = chain_of(case, rows)
    found: dict[int, list[tuple[int, int]]] = {}
    for i, one in enumerate(out):
        if one.slip:
            found.setdefault(path_to(out, i)[0], []).append((i, one.slip))
    most: Callable[[tuple[int, int]], int] = lambda pair: -pair[1]  # noqa: E731
    return {i: sorted(pairs, key=most) for i, pairs in found.items()}
