"""Family P: unknown departments, rows without an owner, departments without contact data.

In: a Case.  Out: findings.  Pure.  An empty directory accepts every name.
"""

from __future__ import annotations

from collections.abc import Iterator

from collab_xl.model.directory import folded
from collab_xl.model.finding import Finding
from collab_xl.model.similar import nearest
from collab_xl.rules.case import Case


def departments(case: Case) -> Iterator[Finding]:
    """P401 at a department that is not on the departments sheet, with the most similar one that is."""
    if not case.directory.departments:
        return
    names = {folded(n): d.name for d in reversed(case.directory.departments) for n in (*d.aliases, d.name)}
    meant: dict[str, str] = {}
    for rows in case.forms_of("P401"):
        for f in rows.form.fields:
            if f.kind not in ("department", "departments"):
                continue
            for i, value in enumerate(rows.values(f)):
                for name in value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ():
                    if case.directory.find(name) is not None or not name.strip():
                        continue
                    if name not in meant:  # one search per name, however many rows contain it
                        found = nearest(folded(name), names)
                        meant[name] = names[found] if found else ""
                    yield case.finding("P401", rows, i, f, meant[name], name=name)


def owners(case: Case) -> Iterator[Finding]:
    """P402 at an open row without an owner."""
    for rows in case.forms_of("P402"):
        if owner := rows.field("owner"):
            yield from (case.finding("P402", rows, i, owner) for i in rows.blanks(owner) if not rows.closed[i])


def reachable(case: Case) -> Iterator[Finding]:
    """P403 a department without liaison or e-mail, P404 without superior and sponsor, P405 two departments with the same name or address.

    These findings are about the departments sheet: they have no cell, and `row_id` is the department.
    """
    owner: dict[str, int] = {}
    for n, d in enumerate(case.directory.departments):
        if not d.liaison or not d.emails:
            yield Finding("P403", case.rules["P403"].severity, row_id=d.name)
        if not d.superior and not d.sponsor:
            yield Finding("P404", case.rules["P404"].severity, row_id=d.name)
        own = {folded(name): name for name in (*d.aliases, d.name)} | {mail.strip().casefold(): mail for mail in d.emails}
        for name, written in own.items():
            other = owner.setdefault(name, n)
            if other != n:
                facts = {"other": case.directory.departments[other].name}
                yield Finding("P405", case.rules["P405"].severity, row_id=d.name, found=written, facts=facts)
