"""Fetch results from the workers of a pool while this process does other work.

In: an iterator of results, and a function to call.  Out: all results, when both are done.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator
from typing import TypeVar

Out = TypeVar("Out")


def fetched_during(results: Generator[Out, None, None], work: Callable[[], object]) -> list[Out]:
    """Fetch every result in another thread while `work` runs in this one.

    Raises what either of them raises. If `work` fails, the remaining results are not fetched.
    """
    fetched: list[Out] = []
    failed: list[BaseException] = []
    unwanted = threading.Event()

    def fetch() -> None:
        try:
            with contextlib.closing(results):
                for result in results:
                    fetched.append(result)
                    if unwanted.is_set():
                        return
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    try:
        work()
        thread.join()
    except BaseException:
        unwanted.set()
        thread.join()
        raise
    if failed:
        raise failed[0]
    return fetched
