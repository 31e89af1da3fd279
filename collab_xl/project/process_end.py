"""End a process without freeing its data: to free a million cells one by one takes a tenth of a second."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import NoReturn

_kept: list[object] = []
_ends = False


def run_and_exit(main: Callable[[], object]) -> NoReturn:
    """Run a program that ends with SystemExit, then end the process at once with its exit code."""
    global _ends
    _ends = True
    code = 0
    try:
        main()
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else int(done.code is not None)
    with contextlib.suppress(OSError, ValueError):  # the reader of the output has ended
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def keep(*things: object) -> None:
    """Keep objects until the process ends, if it ends after this command anyway."""
    if _ends:
        _kept.extend(things)
