"""Named points of a run, so that a test can stop or kill the process at each of them.

In: a name.  Out: nothing; in production the call costs one dictionary look-up.  A test arms a point in its own (child)
process: `checkpoint.armed["commit:replaced"] = kill` and the run dies exactly there.

Points of `workbook_file.commit`, in order: commit:locked, commit:backed_up, commit:written, commit:synced, commit:verified,
commit:before_replace, commit:replaced, commit:done; of its backup: backup:copied.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

armed: Final[dict[str, Callable[[], None]]] = {}
"""Point → what happens there. Empty outside tests."""


def checkpoint(name: str) -> None:
    """Mark a point of a run that must be safe to die at."""
    if armed and (action := armed.get(name)):
        action()
