"""Functions for test_pool.py. They are in a module of their own because a worker imports them by name."""

from __future__ import annotations

import io
import os
import signal
import sys
import time
from typing import Any


class Panic(BaseException):
    """Like a Rust panic raised by PyO3: not a subclass of Exception."""


def square(n: int) -> int:
    return n * n


def slow_first(n: int) -> int:
    if n == 0:
        time.sleep(0.3)
    return n


def chatty(n: int) -> int:
    print("hello", n)
    os.write(1, b"raw words on stdout")
    return n


def who(_: int) -> int:
    return os.getpid()


def act(what: str) -> Any:
    """Do one bad thing, or answer `ok`."""
    match what:
        case "abort":
            os.abort()
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            sys.exit(7)
        case "panic":
            raise Panic("at src/lib.rs")
        case "raise":
            raise ValueError("ordinary")
        case "sleep":
            time.sleep(60)
        case "spin":
            while True:
                pass
        case "memory":
            return len(bytearray(3 << 30))
        case "unpicklable":
            return lambda: None
    return what


KEPT: list[bytearray] = []


def hoard(size_mb: int) -> int:
    """Allocate memory and keep it, like a reader with a leak: later items have less."""
    KEPT.append(bytearray(size_mb << 20))
    return len(KEPT)


def rows_by_calamine(data: bytes) -> int:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return len(book.get_sheet_by_index(0).to_python(skip_empty_area=False))
