"""The workers that read foreign files. They start while the command is still importing its own modules.

This module imports nothing heavy: the command line calls `begin` before anything else.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collab_xl.intake.pool import SafePool

PRELOAD: Final = ("collab_xl.verbs.receiving.reading",)
FEW: Final = 2
LITTLE_BYTES: Final = 1 << 20
"""For up to `FEW` files, or so many bytes in all files, one worker is enough: to start a second one takes as long as to read some 800 KB of
packs."""
_started: list[SafePool] = []


def begin(inputs: Sequence[Path]) -> None:
    """Start the workers for these files, and for the files in these folders. The next `pool_for` returns them."""
    sizes = [size for path in inputs for size in _sizes(path)]
    if sizes and not _started:
        _started.append(_pool(sizes).__enter__())


def pool_for(sizes: Collection[int]) -> SafePool:
    """The workers for files of these sizes in bytes, to be used as a context manager."""
    return _started.pop() if _started else _pool(sizes)


def _sizes(path: Path) -> list[int]:
    with contextlib.suppress(OSError):
        if not os.path.isdir(path):
            return [os.path.getsize(path)]
        with os.scandir(path) as entries:
            return [entry.stat().st_size for entry in entries if entry.is_file()]
    return []  # whoever opens it says why that is not possible


def _pool(sizes: Collection[int]) -> SafePool:
    from collab_xl.intake.pool import SafePool

    one = len(sizes) <= FEW or sum(sizes) <= LITTLE_BYTES
    return SafePool(workers=1 if one else None, preload=PRELOAD, low_priority=True)
