"""A process that ends after one command does not take its data down: a million cells freed one by one take a tenth of a second."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import NoReturn

_kept: list[object] = []
_ends = False


def run_and_exit(main: Callable[[], object]) -> NoReturn:
    """Run a program that ends by SystemExit, and out at once with its exit code."""
    global _ends
    _ends = True
    code = 0
    try:
        main()
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else int(done.code is not None)
    with contextlib.suppress(OSError, ValueError):  # nobody reads any more
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def keep(*things: object) -> None:
    """Let things live as long as the process, where it ends after this command anyway."""
    if _ends:
        _kept.extend(things)
