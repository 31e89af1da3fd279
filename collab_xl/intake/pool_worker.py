"""The worker process of `intake/pool.py`: it answers requests until its parent ends."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pickle
import queue
import signal
import struct
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

HEADER = struct.Struct(">Q")
THREAD_STACK_BYTES = 1 << 18
NICENESS = 5
TOO_LARGE = b""
"""Replaces a request that did not fit into memory."""
GC_THRESHOLD = (200_000, 10, 10)
"""A workbook is read into plain values without reference cycles. Python's default, a search after 700 objects, took a tenth of the time."""


def serve(memory_mb: int, seconds: float, low_priority: bool, preload: Sequence[str]) -> None:
    """Answer requests from stdin on stdout, one at a time and in their order.

    A request is a length and the pickle of (module, name, item). An answer is a length and the pickle of (failed, detail, value,
    whether the worker continues, traceback of a program fault).
    After anything but an ordinary exception (a panic of the reader, no memory left) the worker answers and ends: a new one is safer.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    if low_priority and hasattr(os, "nice"):  # on Windows the parent sets the priority when it starts us
        os.nice(NICENESS)
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # printed text must not get between the answers
    for name in preload:
        with contextlib.suppress(ImportError):  # the function will raise for the missing module
            importlib.import_module(name)
    _limit_memory(memory_mb)
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)
    for message in _received(requests):
        _limit_time(seconds)
        reply, reusable = _answer(message)
        answers.write(HEADER.pack(len(reply)) + reply)
        answers.flush()
        if not reusable:
            os._exit(0)


def _received(requests: BinaryIO) -> Iterator[bytes]:
    """Yield the requests one by one until the parent ends. A thread receives the next ones while one is being answered, so neither
    process waits for the other."""
    waiting: queue.Queue[bytes | None] = queue.Queue()

    def receive() -> None:
        while len(head := requests.read(HEADER.size)) == HEADER.size:
            size = HEADER.unpack(head)[0]
            try:
                message = requests.read(size)
            except MemoryError:
                message = TOO_LARGE
                while size > 0 and (lost := requests.read(min(size, 1 << 16))):  # read the rest, or the parent would wait for ever
                    size -= len(lost)
            waiting.put(message)
        waiting.put(None)

    threading.stack_size(THREAD_STACK_BYTES)  # the default is 8 MB of the address space
    threading.Thread(target=receive, daemon=True).start()
    threading.stack_size(0)
    while (message := waiting.get()) is not None:
        yield message


def _answer(message: bytes) -> tuple[bytes, bool]:
    """The pickled answer, and whether the worker may continue."""
    try:
        if message is TOO_LARGE:
            raise MemoryError
        module, name, item = pickle.loads(message)
        function: Any = importlib.import_module(module)
        for part in name.split("."):
            function = getattr(function, part)
        return pickle.dumps(("", "", function(item), True, ""), pickle.HIGHEST_PROTOCOL), True
    except MemoryError:
        return pickle.dumps(("memory", "", None, False, "")), False
    except BaseException as error:
        detail = f"{type(error).__name__}: {error}"[:2000]
        reusable = isinstance(error, Exception)
        trace = _fault(error)
        try:
            data = pickle.dumps(("raised", detail, error, reusable, trace))
            pickle.loads(data)
        except Exception:
            data = pickle.dumps(("raised", detail, None, reusable, trace))
        return data, reusable


def _fault(error: BaseException) -> str:
    """The traceback if the program is at fault, "" if the file is."""
    from collab_xl.faults import is_damage, trace_of

    return "" if is_damage(error) else trace_of(error)


def _limit_memory(memory_mb: int) -> None:
    if sys.platform == "win32" or not memory_mb:
        return
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):
        pass  # macOS does not support an address space limit


def _limit_time(seconds: float) -> None:
    """Set the limit for one item. Processor time counts from the start of the process, so the limit rises with every item."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
