"""What became of one thing a department had sent and that had waited, as the department is told."""

from __future__ import annotations

from typing import NamedTuple

from collab_xl.model.values import Value


class Verdict(NamedTuple):
    """`word`: the name of a text `plan.mail.decided.<word>`: taken, refused, row_taken, row_refused, settled, applied, same, unreadable,
    understood (unreadable then; the PMO has said since what it means)."""

    form: str
    row_key: str
    field: str
    """"" for a whole row."""
    value: Value
    """What the department sent; of a row its title."""
    word: str
    now: Value = None
    """What the master has instead, of one that was refused or settled."""
    reason: str = ""
    """The PMO's words."""
    cell: str = ""
    """In the file that was sent."""
