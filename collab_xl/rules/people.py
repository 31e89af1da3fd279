"""Family P: departments nobody knows, rows nobody owns, departments nobody can be reached in.

In: a Case.  Out: findings.  Pure.  An empty directory knows nobody and accepts every name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from collab_xl.model.directory import folded
from collab_xl.model.finding import Finding
from collab_xl.rules.case import Case, blank
from collab_xl.rules.codes import RULES
from collab_xl.rules.lateness import is_closed


def departments(case: Case) -> Iterator[Finding]:
    """P401 at a department the departments sheet does not have, with the nearest one it has."""
    if not case.directory.departments:
        return
    names = {folded(n): d.name for d in reversed(case.directory.departments) for n in (*d.aliases, d.name)}
    nearest: dict[str, str] = {}
    for form, table in case.forms():
        for f in form.fields:
            if f.kind not in ("department", "departments"):
                continue
            for i in range(len(table)):
                value = table.readable(i, f.id)
                for name in value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ():
                    if case.directory.find(name) is not None or not name.strip():
                        continue
                    if name not in nearest:  # one search for each name, however many rows say it
                        close = difflib.get_close_matches(folded(name), names, n=1, cutoff=0.5)
                        nearest[name] = names[close[0]] if close else ""
                    yield case.finding("P401", table, i, f.id, nearest[name], name=name)


def owners(case: Case) -> Iterator[Finding]:
    """P402 at an open task or problem without anyone's name."""
    for form, table in case.forms():
        if form.id not in RULES["P402"].forms:
            continue
        for i in range(len(table)):
            if blank(table, i, "owner") and not is_closed(table.readable(i, "status")):
                yield case.finding("P402", table, i, "owner")


def reachable(case: Case) -> Iterator[Finding]:
    """P403 a department without liaison or e-mail, P404 without superior and sponsor, P405 two that share a name or an address.

    These are about the departments sheet: they have no cell, `row_id` is the department.
    """
    owner: dict[str, int] = {}
    for n, d in enumerate(case.directory.departments):
        if not d.liaison or not d.emails:
            yield Finding("P403", RULES["P403"].severity, row_id=d.name)
        if not d.superior and not d.sponsor:
            yield Finding("P404", RULES["P404"].severity, row_id=d.name)
        own = {folded(name): name for name in (*d.aliases, d.name)} | {mail.strip().casefold(): mail for mail in d.emails}
        for name, written in own.items():
            other = owner.setdefault(name, n)
            if other != n:
                facts = {"other": case.directory.departments[other].name}
                yield Finding("P405", RULES["P405"].severity, row_id=d.name, found=written, facts=facts)
