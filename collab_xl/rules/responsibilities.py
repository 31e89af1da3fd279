"""Family Q of the responsibility matrix: tasks it does not cover.

In: a Case and the rows of the matrix.  Out: findings at the rows that are not covered.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from collab_xl.model.directory import folded
from collab_xl.model.finding import Finding
from collab_xl.model.keys import spelling
from collab_xl.rules.case import Case
from collab_xl.rules.names import normal_name
from collab_xl.rules.overload import people_of
from collab_xl.rules.rows import Rows


def coverage(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q522 at the department of an open row (a task) that the matrix does not cover.

    If the matrix has duties for the row, by its ID or title, one of them must name the row's department or owner. If it has none, the
    department must be somewhere in the matrix. An empty matrix is not checked: it has not been made yet.
    """
    if not len(rows):
        return
    everywhere = {case.department(name) for named in rows.departments for name in named}
    works = [normal_name(work) for work in rows.words("work_item")]
    for link in rows.form.parents():
        covered = case.rows.get(link.of)
        dept = covered.form.departments if covered else None
        if covered is None or dept is None or not covered.has(dept.id):
            continue
        duties: dict[str, list[int]] = {}
        for i, (key, work) in enumerate(zip(rows.words(link), works, strict=True)):
            for name in {spelling(key), work} - {""}:
                duties.setdefault(name, []).append(i)
        for i, (own_key, closed) in enumerate(zip(covered.keys, covered.closed, strict=True)):
            own = {case.department(name) for name in covered.departments[i]} - {""}
            if closed or not own:
                continue
            mine = [*duties.get(spelling(own_key) if own_key else "", ()), *duties.get(normal_name(covered.titles[i]), ())]
            held = {case.department(name) for n in mine for name in rows.departments[n]}
            people = {folded(person) for person in people_of(covered.words("owner")[i])}
            asked = {folded(person) for n in mine for person in people_of(rows.words("owner")[n])}
            if not own & (held if mine else everywhere) and not people & asked:
                yield case.finding("Q522", covered, i, dept, name=covered.name(i), dept="、".join(sorted(own)))
