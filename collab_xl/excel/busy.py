"""The faces of an Excel that is busy or refuses this program, as errors of ours.

In: an exception of COM or AppleScript.  Out: what it means. Pure, but for `patiently`, which waits.
Source: docs/facts/open-excel.md, Busy.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from collab_xl.errors import CollabError
from collab_xl.excel.xlwings_setup import COM_TRIES, FIRST_PAUSE_SECONDS, bounded_retries, is_rejected

_BUSY: Final = frozenset({-2147418111, -2147417846, -2146777998})
"""RPC_E_CALL_REJECTED, RPC_E_SERVERCALL_RETRYLATER, VBA_E_IGNORE: a cell is being edited or a dialog is open."""
_IGNORED: Final = frozenset({-2146777998})
REFUSED: Final = -2146827284
"""0x800A03EC, Excel's code for many errors: it means busy only if the call itself cannot be wrong."""
_MAC_BUSY: Final = frozenset({-1712})
_MAC_DENIED: Final = frozenset({-1743})


def is_busy(error: BaseException) -> bool:
    """Whether Excel refused the call because it is waiting for the user."""
    return bool(codes(error) & _BUSY) or _number(error, "errornumber") in _MAC_BUSY or is_rejected(error)


def is_refusal(error: BaseException) -> bool:
    """Whether Excel would refuse any call now: it waits for the user, or this program may not control it."""
    return is_busy(error) or _number(error, "errornumber") in _MAC_DENIED


def codes(error: BaseException) -> set[int | None]:
    return {_number(error, "hresult"), _scode(error)}


def _number(error: BaseException, name: str) -> int | None:
    value = getattr(error, name, None)
    return value if isinstance(value, int) else None


def _scode(error: BaseException) -> int | None:
    """The code inside pywin32's com_error: (hresult, text, (…, scode), argument)."""
    info = error.args[2] if len(error.args) > 2 else None
    return info[5] if isinstance(info, tuple) and len(info) > 5 and isinstance(info[5], int) else None


@contextlib.contextmanager
def excel_errors() -> Iterator[None]:
    """Turn errors that the user can solve into CollabError (`excel_busy`, `excel_permission`), and limit xlwings' retries."""
    with bounded_retries():
        try:
            yield
        except CollabError:
            raise
        except Exception as error:
            if is_busy(error):
                raise CollabError("excel_busy") from error
            if _number(error, "errornumber") in _MAC_DENIED:
                raise CollabError("excel_permission") from error
            raise


def patiently(do: Callable[[], Any]) -> Any:
    """Repeat a call that Excel refuses because a cell is being edited, for about four seconds.

    xlwings repeats only calls that are rejected as such, not those that are refused with 0x800AC472.
    """
    for attempt in range(1, COM_TRIES):
        try:
            return do()
        except Exception as error:
            if not codes(error) & _IGNORED:
                raise
        time.sleep(FIRST_PAUSE_SECONDS * attempt)
    return do()
