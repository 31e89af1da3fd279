"""The workers that read foreign files. For a large inbox they start while the command is still importing its own modules.

This module imports nothing heavy: the command line calls `begin` before anything else.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collab_xl.intake.pool import SafePool

PRELOAD: Final = ("collab_xl.verbs.reading",)
FEW: Final = 2
"""Up to this many files one worker is enough: a second one would cost more than it saves."""
_started: list[SafePool] = []


def begin(inputs: Sequence[Path]) -> None:
    """Start the workers if a folder among the inputs has more than `FEW` files. The next `pool_for` returns them."""
    for path in inputs:
        with contextlib.suppress(OSError):  # not a folder
            if len(os.listdir(path)) > FEW and not _started:
                _started.append(_pool(None).__enter__())


def pool_for(files: int) -> SafePool:
    """The workers for this number of files, to be used as a context manager."""
    return _started.pop() if _started else _pool(1 if files <= FEW else None)


def _pool(workers: int | None) -> SafePool:
    from collab_xl.intake.pool import SafePool

    return SafePool(workers=workers, preload=PRELOAD, low_priority=True)
