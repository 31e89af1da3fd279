"""Family Q of the acceptance: a requirement is accepted when all its rows are.

In: a Case and the rows of the acceptance.  Out: findings at the requirements.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from collab_xl.model.finding import Finding
from collab_xl.model.keys import spelling
from collab_xl.rules.case import Case
from collab_xl.rules.rows import Rows


def roll_up(case: Case, rows: Rows) -> Iterator[Finding]:
    """Q532 at a done requirement of which something is not accepted, Q533 at an open one of which all is and whose work is closed."""
    for link in rows.form.parents():
        parents = case.rows.get(link.of)
        status = parents.field("status") if parents else None
        if parents is None or status is None or rows.field(link) is None:
            continue
        of: dict[str, list[int]] = {}
        for i, name in enumerate(rows.words(link)):
            if name and rows.states[i] != "cancelled":
                of.setdefault(spelling(name), []).append(i)
        for n, (key, parts) in enumerate(zip(parents.keys, case.parts.of(parents), strict=True)):
            mine = of.get(spelling(key), []) if key is not None else []
            still_open = [rows.name(i) for i in mine if not rows.closed[i]]
            if parents.states[n] == "done" and still_open:
                named = (*still_open[:3], "…") if len(still_open) > 3 else tuple(still_open)
                yield case.finding("Q532", parents, n, status, still_open=named, n=len(still_open))
            elif mine and not still_open and not parents.closed[n] and all(part.closed[i] for part, i in parts):
                yield case.finding("Q533", parents, n, status, case.status(parents, "done"), n=len(mine))
