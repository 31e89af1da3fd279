"""Carry out a plan on a closed workbook: the functions that the verbs call, each from its own module.

`write_plan(source, target, plan)` writes a new file, `verify(source, target, plan)` checks it, and
`commit(master, stamp, plan, backup=…)` does both with a temporary file and then replaces the master by it.
"""

from __future__ import annotations

from collab_xl.book.verify import verify
from collab_xl.book.write_plan import write_plan
from collab_xl.project.commit import commit

__all__ = ["commit", "verify", "write_plan"]
