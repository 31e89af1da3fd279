"""Named points of a run, so that a test can stop or kill the process at each of them.

In: a name.  Out: nothing; in production the call costs one dictionary look-up.  A test sets an action for a point in a process of
its own: after `checkpoint.armed["commit:replaced"] = kill` the run is killed at that point.

Points of `commit.commit`, in order: commit:locked, commit:backed_up, commit:written, commit:synced, commit:verified,
commit:before_replace, commit:replaced, commit:done; of its backup: backup:copied.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

armed: Final[dict[str, Callable[[], None]]] = {}
"""Point → the action to run there. Empty outside tests."""


def checkpoint(name: str) -> None:
    """Mark a point where the process may be killed without damage."""
    if armed and (action := armed.get(name)):
        action()
