"""Set up xlwings: remove its exit hook, and limit its retries.

Effects: on xlwings' modules in this process, described at each function. Only `xlwings()` imports xlwings.
"""

from __future__ import annotations

import atexit
import contextlib
import sys
import time
import traceback
from collections.abc import Iterator
from typing import Any, Final

_WINDOWS, _MAC = "xlwings._xlwindows", "xlwings._xlmac"
COM_TRIES: Final = 20
FIRST_PAUSE_SECONDS: Final = 0.02
"""Pause after the first try; after the n-th try it is n times as long, 3.8 seconds in total."""


def xlwings() -> Any:
    """The xlwings package without its exit hook."""
    import xlwings as found

    drop_exit_hook()
    return found


def drop_exit_hook() -> None:
    """Remove the exit hook of xlwings, if it is already imported.

    On Windows the hook runs `taskkill /F` on every Excel without its own workbook window (Protected View, a sheet inside Word, a hidden
    Excel of another program); on a Mac it runs any macro named CleanUp.
    """
    for name in (_WINDOWS, _MAC):
        module: Any = sys.modules.get(name)
        if module is not None:
            atexit.unregister(module.cleanup)


class _Tries(int):
    """A number of tries that pauses before each try but the first: xlwings only checks `try < tries` and tries again at once."""

    def __gt__(self, done: int) -> bool:
        more = int(self) > done
        if more:
            time.sleep(FIRST_PAUSE_SECONDS * done)
        return more


def is_rejected(error: BaseException) -> bool:
    """Whether a call was rejected, although the error does not state it.

    If Excel rejects the look-up of a member's name, pywin32 treats the name as unknown and raises AttributeError; for reads, xlwings turns
    it into its ExcelBusyError. For a member that Excel does not have, a com_error is raised instead (xlwings looks it up again).
    """
    busy = getattr(sys.modules.get(_WINDOWS), "ExcelBusyError", None)
    if busy is not None and isinstance(error, busy):
        return True
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_globals.get("__name__") == _WINDOWS]
    return isinstance(error, AttributeError) and bool(frames) and frames[-1].f_code.co_qualname.startswith("COMRetry")


@contextlib.contextmanager
def bounded_retries(tries: int = COM_TRIES) -> Iterator[None]:
    """Limit how often xlwings on Windows repeats a rejected call. If nested, the lower limit applies."""
    module: Any = sys.modules.get(_WINDOWS)
    if module is None:
        yield
        return
    before = module.N_COM_ATTEMPTS
    module.N_COM_ATTEMPTS = _Tries(min(int(before) or tries, tries))
    try:
        yield
    finally:
        module.N_COM_ATTEMPTS = before
