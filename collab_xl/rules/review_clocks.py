"""When a retrospective is due: after the last task of a requirement is done, and every month.

In: a Case and the rows of the retrospectives.  Out: the clocks that run (`rules.clocks`).  Pure.
Source: docs/facts/domain.md, The numbers: 3 working days after completion; once a month.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from collab_xl.model.keys import spelling
from collab_xl.rules.case import Case, Start
from collab_xl.rules.rows import Rows


def all_parts_done(case: Case, rows: Rows) -> Iterator[Start]:
    """For every row that the form can refer to (a requirement) whose parts are all closed, at least one of them done: since the last
    finishing day, at its status. A retrospective about it, or a later one about no single row, ends it."""
    for link in rows.form.parents():
        parents = case.rows.get(link.of)
        status = parents.field("status") if parents else None
        if parents is None or status is None:
            continue
        about = {spelling(name) for name in rows.words(link) if name}
        general = [day for day, name in zip(rows.days("raised"), rows.words(link), strict=True) if day is not None and not name]
        for i, parts in enumerate(case.parts.of(parents)):
            done = [day for part, n in parts if part.states[n] == "done" and (day := part.days("finished")[n])]
            if not done or parents.states[i] == "cancelled" or not all(part.closed[n] for part, n in parts):
                continue
            key = parents.keys[i]
            if key is not None and spelling(key) not in about and not any(day >= max(done) for day in general):
                yield parents, i, status, max(done), None


def was_held(case: Case, last: date) -> bool:
    """Whether the work that ended on `last` was looked back upon: by a retrospective held since then, or by one about each requirement."""
    for rows in case.rows.values():
        if not any(clock.begins == all_parts_done.__name__ for clock in rows.form.clocks):
            continue
        named = any(name for link in rows.form.parents() for name in rows.words(link))
        if any(day is not None and day >= last for day in rows.days("raised")) or (named and not any(all_parts_done(case, rows))):
            return True
    return False


def last_review(case: Case, rows: Rows) -> Iterator[Start]:
    """Since the last retrospective, at its day; without one since the first start of the work, at that row. Only while work is open."""
    open_work = [(part, n) for part in _work(case, rows) for n, closed in enumerate(part.closed) if not closed]
    field = rows.field("raised")
    if not open_work or field is None:
        return
    held = [(day, i) for i, day in enumerate(rows.days(field)) if day is not None and day <= case.as_of]
    if held:
        day, i = max(held, key=lambda one: one[0])
        yield rows, i, field, day, None
        return
    begun: list[tuple[date, int, Rows]] = []
    for part in _work(case, rows):
        begun += [(day, n, part) for n, day in enumerate(part.days("start")) if day is not None and day <= case.as_of]
    if begun:
        day, n, part = min(begun, key=lambda one: one[0])
        start = part.field("start")
        assert start is not None
        yield part, n, start, day, None


def _work(case: Case, rows: Rows) -> list[Rows]:
    """The forms whose rows are parts of what a retrospective is about: the tasks of requirements."""
    about = {link.of for link in rows.form.parents()}
    found = [other for other in case.rows.values() if all(other.form.role(role) for role in ("progress", "due", "status"))]
    return [other for other in found if about & {link.of for link in other.form.parents()}]
