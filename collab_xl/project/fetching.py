"""Let the children of a pool go on while this process does work of its own.

In: results as they come, and a piece of work.  Out: all results, when both are done.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator
from typing import TypeVar

Out = TypeVar("Out")


def fetched_during(results: Generator[Out, None, None], work: Callable[[], object]) -> list[Out]:
    """Fetch every result in a thread of its own while `work` runs in this one.

    Raises what either raises; if `work` fails, the results still to come are not waited for.
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
