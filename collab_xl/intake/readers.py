"""The children that read foreign files; for a large inbox they begin while the command still imports what it needs itself.

Imports nothing heavy: the command line calls `begin` first of all.
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
"""Up to this many files one child is enough: a second would cost more than it saves."""
_begun: list[SafePool] = []


def begin(inputs: Sequence[Path]) -> None:
    """Start the children if a folder among the inputs has more than a few files. The next `pool_for` takes them."""
    for path in inputs:
        with contextlib.suppress(OSError):  # no folder
            if len(os.listdir(path)) > FEW and not _begun:
                _begun.append(_pool(None).__enter__())


def pool_for(files: int) -> SafePool:
    """Children for so many files, to be used as a context manager."""
    return _begun.pop() if _begun else _pool(1 if files <= FEW else None)


def _pool(workers: int | None) -> SafePool:
    from collab_xl.intake.pool import SafePool

    return SafePool(workers=workers, preload=PRELOAD, gives_way=True)
