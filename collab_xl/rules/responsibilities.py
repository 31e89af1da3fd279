"""The responsibility matrix: tasks it does not cover (family Q), and who is informed of what.

In: a Case and the rows of the matrix.  Out: findings at the rows that are not covered; the differences each department is told.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from collab_xl.model.baseline import Difference
from collab_xl.model.directory import folded
from collab_xl.model.finding import Finding
from collab_xl.model.keys import spelling
from collab_xl.rules.case import Case
from collab_xl.rules.names import normal_name
from collab_xl.rules.overload import people_of
from collab_xl.rules.rows import Rows

FORM, INFORMED = "responsibilities", "informed"
Told = Mapping[str, Mapping[str, frozenset[str]]]
"""Department → form → keys and titles of the rows it is informed of, as they are compared."""


def informed_of(case: Case) -> Told:
    """What each department is I for, by the ID or the title in the matrix; {} without such rows."""
    rows = case.rows.get(FORM)
    if rows is None:
        return {}
    out: dict[str, dict[str, set[str]]] = {}
    works = rows.words("work_item")
    for link in rows.form.parents():
        for i, (raci, key) in enumerate(zip(rows.values("raci"), rows.words(link), strict=True)):
            names = {spelling(key), normal_name(works[i])} - {""} if raci == INFORMED else set[str]()
            for department in {case.department(name) for name in rows.departments[i]} - {""} if names else ():
                out.setdefault(department, {}).setdefault(link.of, set()).update(names)
    return {name: {form: frozenset(said) for form, said in forms.items()} for name, forms in out.items()}


def told(case: Case, of: Mapping[str, frozenset[str]], department: str, found: Iterable[Difference]) -> list[Difference]:
    """The differences a department is informed of, in their order. Its own rows are in its pack and are left out."""
    return [
        one
        for one in found
        if {spelling(one.key), normal_name(one.name)} & of.get(one.form, frozenset())
        and department not in map(case.department, people_of(one.department))
    ]


def coverage(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q522 at the department of an open row (a task) that the matrix does not cover.

    If the matrix has duties for the row, by its ID or title, one of them must name the row's department or owner. If it has none, the
    department must be somewhere in the matrix. An empty matrix is not checked: it has not been made yet.
    """
    if not len(rows):
        return
    everywhere = {case.department(name) for named in rows.departments for name in named}
    works, asked_of = [normal_name(work) for work in rows.words("work_item")], rows.words("owner")
    for link in rows.form.parents():
        covered = case.rows.get(link.of)
        dept = covered.form.departments if covered else None
        if covered is None or dept is None or not covered.has(dept.id):
            continue
        duties: dict[str, list[int]] = {}
        for i, (key, work) in enumerate(zip(rows.words(link), works, strict=True)):
            for name in {spelling(key), work} - {""}:
                duties.setdefault(name, []).append(i)
        owners = covered.words("owner")
        for i, (own_key, closed) in enumerate(zip(covered.keys, covered.closed, strict=True)):
            own = {case.department(name) for name in covered.departments[i]} - {""}
            if closed or not own:
                continue
            mine = [*duties.get(spelling(own_key) if own_key else "", ()), *duties.get(normal_name(covered.titles[i]), ())]
            held = {case.department(name) for n in mine for name in rows.departments[n]}
            people = {folded(person) for person in people_of(owners[i])}
            asked = {folded(person) for n in mine for person in people_of(asked_of[n])}
            if not own & (held if mine else everywhere) and not people & asked:
                yield case.finding("Q522", covered, i, dept, name=covered.name(i), dept="、".join(sorted(own)))
