"""Carry out a plan on a closed workbook. The functions the pipeline calls; each lives in a module of its own.

`write_plan(source, target, plan)` writes a new file, `verify(source, target, plan)` proves it, and
`commit(master, stamp, plan, backup=…)` does both beside the master and puts the new file in its place.
"""

from __future__ import annotations

from collab_xl.book.verify import verify
from collab_xl.book.write_plan import write_plan
from collab_xl.project.commit import commit

__all__ = ["commit", "verify", "write_plan"]
