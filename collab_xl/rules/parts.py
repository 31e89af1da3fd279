"""The rows that a row is made of: the tasks of a requirement.

In: rows by form.  Out: for each row its parts.  Pure.  Parts are the rows of forms with progress, due date and status that refer to the
row as their parent.
"""

from __future__ import annotations

from collections.abc import Mapping

from collab_xl.forms import Form
from collab_xl.model.keys import spelling
from collab_xl.rules.rows import Rows


def is_work(form: Form) -> bool:
    """Whether rows of the form are work that progresses: they have progress, a due date and a status."""
    return all(form.role(role) for role in ("progress", "due", "status"))


Part = tuple[Rows, int]
"""A row of another form: its rows and its index."""


class Parts:
    """Finds the parts of the rows of a form; each form is looked through once."""

    def __init__(self, rows: Mapping[str, Rows]) -> None:
        self._rows = rows
        self._of: dict[str, list[list[Part]]] = {}

    def of(self, rows: Rows) -> list[list[Part]]:
        """For each row its parts, by form and in sheet order; an empty list for a row without parts."""
        found = self._of.get(rows.form.id)
        if found is None:
            found = self._of[rows.form.id] = self._found(rows)
        return found

    def _found(self, rows: Rows) -> list[list[Part]]:
        out: list[list[Part]] = [[] for _ in range(len(rows))]
        places = {spelling(key): i for i, key in reversed([*enumerate(rows.keys)]) if key is not None}
        for other in self._rows.values():
            if not is_work(other.form):
                continue
            for link in other.form.parents():
                if link.of != rows.form.id:
                    continue
                known: dict[str, int | None] = {}
                for i, value in enumerate(other.values(link)):
                    if not isinstance(value, str):
                        continue
                    if value not in known:
                        known[value] = places.get(spelling(value))
                    if (n := known[value]) is not None:
                        out[n].append((other, i))
        return out
