"""xlwings as this project uses it: without the work it means to do when Python ends, and with a bound to its retries.

Effects: on xlwings' modules in this process, as each function says. Nothing here imports xlwings unless it is asked for.
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
"""After the first try; after the n-th n times as long, 3.8 seconds in all."""


def xlwings() -> Any:
    """The xlwings package, its exit hook taken away."""
    import xlwings as found

    drop_exit_hook()
    return found


def drop_exit_hook() -> None:
    """Take away what xlwings registers for the end of Python, where it is imported already.

    On Windows that runs `taskkill /F` on every Excel without a workbook window of its own (Protected View, a sheet inside Word, a
    hidden one of another program); on a Mac any macro named CleanUp.
    """
    for name in (_WINDOWS, _MAC):
        module: Any = sys.modules.get(name)
        if module is not None:
            atexit.unregister(module.cleanup)


class _Tries(int):
    """A number of tries that pauses before each but the first: xlwings itself asks `try < tries`, and tries again at once."""

    def __gt__(self, done: int) -> bool:
        more = int(self) > done
        if more:
            time.sleep(FIRST_PAUSE_SECONDS * done)
        return more


def is_rejected(error: BaseException) -> bool:
    """Whether a call was rejected, although nothing in the error says so.

    pywin32 takes a rejected question for the name of a member for a name that is unknown: an AttributeError, of which xlwings makes its
    ExcelBusyError where something is read. A member that Excel does not have comes as a com_error instead (xlwings asks again).
    """
    busy = getattr(sys.modules.get(_WINDOWS), "ExcelBusyError", None)
    if busy is not None and isinstance(error, busy):
        return True
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_globals.get("__name__") == _WINDOWS]
    return isinstance(error, AttributeError) and bool(frames) and frames[-1].f_code.co_qualname.startswith("COMRetry")


@contextlib.contextmanager
def bounded_retries(tries: int = COM_TRIES) -> Iterator[None]:
    """Keep xlwings on Windows from repeating a rejected call for ever. Within another, the tighter bound holds."""
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
