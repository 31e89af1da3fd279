"""Warm child processes with memory and time limits, for everything that opens a foreign file.

A 2 KB workbook can abort the whole process of a reader (samples/README.md); here that costs one child. The children are plain
interpreters spoken to over pipes: the same on every system, nothing of the caller is inherited or run again (no fork of a
process with threads, no second import of `__main__`), and a child ends when its parent does. Decision 0005.
"""

from __future__ import annotations

import collections
import contextlib
import multiprocessing.spawn
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

Item = TypeVar("Item")
Out = TypeVar("Out")

_CHILD = (
    "import sys; sys.path[:] = eval(sys.argv[1]); from collab_xl.intake.pool_worker import serve; "
    "serve(int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] == 'True', sys.argv[5].split())"
)
_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": str(1 << 32), "MALLOC_TOP_PAD_": str(32 << 20)}
"""For the allocator of Linux: one arena, as each further one takes 64 MB of the address space a child is allowed; and what one file
needed is kept for the next: fetching it anew from the system, page by page, cost 0.1 s of 3.6 for 200 packs."""
HEADER = struct.Struct(">Q")
PIPE_BYTES = 1 << 20
"""What a pipe holds, where the system lets us say (Linux; 64 KB else): each time it is full, its writer waits for a busy interpreter."""
AHEAD, AHEAD_BYTES = 4, 4 << 20
"""How many items, and bytes of them, a child is sent before it is done with the one it has: they take its memory."""
LARGEST_REPLY = 1 << 31
"""Bytes; a child that announces more is taken for broken."""


@dataclass(frozen=True)
class Result(Generic[Out]):
    """What became of one item. `failed` is "" when `value` counts, else one of:

    died (the child was aborted or killed) · memory (its limit was reached) · timeout · raised (the function raised; `error` is the
    exception where it can be sent between processes; `trace` its traceback, kept only where the program is at fault, not the item).
    """

    value: Out | None = None
    failed: str = ""
    detail: str = ""
    error: BaseException | None = None
    trace: str = ""


class SafePool:
    """Run one module-level function over many items, each in a child with limits.

    Args:
        workers: children; by default one per processor, at most four.
        memory_mb: address space of a child, 0 for no limit (POSIX; Windows and macOS do not enforce it, the gates refuse far cells before).
        seconds: wall clock (everywhere) and processor time (POSIX) for one item.
        preload: modules the children import while the parent still works.
        gives_way: where processors are short, whoever waits for the children goes first.

    Use it as a context manager; it starts at once and may be used for several `map` calls, one at a time.
    """

    def __init__(
        self,
        workers: int | None = None,
        memory_mb: int = 1024,
        seconds: float = 30,
        preload: Sequence[str] = ("python_calamine",),
        gives_way: bool = False,
    ) -> None:
        self.count = max(1, workers or min(4, os.cpu_count() or 1))
        self.memory_mb, self.seconds, self.preload, self.gives_way = memory_mb, seconds, tuple(preload), gives_way
        self._children: list[_Child] = []

    def __enter__(self) -> Self:
        self._children = self._children or [_Child(self) for _ in range(self.count)]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End every child. Calling it again does nothing."""
        for child in self._children:
            child.end()
        self._children = []

    def map(self, function: Callable[[Item], Out], items: Iterable[Item]) -> Iterator[Result[Out]]:
        """One Result per item, in the order of the items, however the children fare.

        At most 16 items per child (of large ones four) are taken ahead of what was fetched, so a long list does not pile up in memory.

        Raises:
            ValueError: the function is not reachable by its name in an importable module (a lambda, or one in `__main__`).
        """
        name = _reachable(function)
        if not self._children:
            self.__enter__()
        return self._map(name, items)

    def _map(self, name: tuple[str, str], items: Iterable[Item]) -> Iterator[Result[Out]]:
        todo: collections.deque[tuple[int, bytes]] = collections.deque()
        done: dict[int, Result[Out]] = {}
        changed = threading.Condition()
        stopping = False

        def work(child: _Child) -> None:
            mine: collections.deque[tuple[int, bytes]] = collections.deque()

            def following() -> list[bytes]:
                """What this child does next, as far as there is enough for the others too."""
                with changed:
                    while len(mine) < AHEAD and len(todo) >= len(self._children) and _bytes([*mine, todo[0]]) <= AHEAD_BYTES:
                        mine.append(todo.popleft())
                return [message for _, message in mine]

            while True:
                with changed:
                    changed.wait_for(lambda: mine or todo or stopping)
                    if stopping:
                        if mine:
                            child.replace()  # it may be at work for nobody
                        return
                    index, message = (mine or todo).popleft()
                result = child.run(message, following)
                with changed:
                    done[index] = result
                    changed.notify_all()

        threads = [threading.Thread(target=work, args=(child,), daemon=True) for child in self._children]
        watch = _Watch(self._children)
        for thread in (*threads, watch):
            thread.start()
        source = enumerate(items)
        sent = fetched = 0
        sizes: collections.deque[int] = collections.deque()
        try:
            more = True
            while more or fetched < sent:
                while more and len(sizes) < (16 if sum(sizes) < AHEAD_BYTES else 4) * self.count:
                    taken = next(source, None)
                    if taken is None:
                        more = False
                        break
                    message = pickle.dumps((*name, taken[1]), pickle.HIGHEST_PROTOCOL)
                    with changed:
                        todo.append((sent, message))
                        changed.notify()
                    sizes.append(len(message))
                    sent += 1
                if fetched < sent:
                    with changed:
                        changed.wait_for(lambda at=fetched: at in done)  # type: ignore[misc]
                        result = done.pop(fetched)
                    sizes.popleft()
                    fetched += 1
                    yield result
        finally:
            with changed:
                stopping = True
                todo.clear()
                changed.notify_all()
            if fetched < sent:  # the caller stopped early: do not wait for what nobody wants
                for child in self._children:
                    child.kill("stopped")
            for thread in threads:
                thread.join()
            watch.stop()


def _bytes(items: Iterable[tuple[int, bytes]]) -> int:
    return sum(len(message) for _, message in items)


def _reachable(function: Callable[..., Any]) -> tuple[str, str]:
    module, name = function.__module__, function.__qualname__
    if module == "__main__" or "<" in name:
        raise ValueError(f"{module}.{name} cannot run in a child: it must stand by its name in a module that can be imported")
    return module, name


class _Watch(threading.Thread):
    """Kills a child whose item has taken too long."""

    def __init__(self, children: Sequence[_Child]) -> None:
        super().__init__(daemon=True)
        self._children, self._over = children, threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.05):
            now = time.monotonic()
            for child in self._children:
                if child.deadline and now > child.deadline:
                    child.kill("timeout")

    def stop(self) -> None:
        self._over.set()
        self.join()


class _Child:
    """One process, started again whenever it is gone. `deadline` (monotonic seconds) is set while it works."""

    def __init__(self, pool: SafePool) -> None:
        self._pool = pool
        self.deadline = 0.0
        self._killed = ""
        self._spent, self._served = False, 0
        self._sent: list[bytes] = []
        """The next items the process has already."""
        self._ended = False
        self._lock = threading.Lock()
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        path = repr([os.path.abspath(p) for p in sys.path])
        pool = self._pool
        limits = [str(pool.memory_mb), str(pool.seconds), str(pool.gives_way), " ".join(pool.preload)]
        command = [os.fsdecode(multiprocessing.spawn.get_executable()), "-I", "-c", _CHILD, path, *limits]
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        if pool.gives_way:
            flags |= getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
        pipe = subprocess.PIPE
        env = {**os.environ, **_MEMORY}
        # What a dying reader says to stderr helps nobody who works with workbooks.
        return subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, pipesize=PIPE_BYTES, creationflags=flags, env=env
        )

    def run(self, message: bytes, following: Callable[[], list[bytes]]) -> Result[Any]:
        """The result of one item. A child that had served others before gets no second item to blame: the item is tried once
        more in a fresh one, which starts with all its memory.

        Args:
            following: gives the next items, which are sent ahead: this process may be too busy to send them when the child is done.
        """
        fresh = self._served == 0 or self._spent
        result = self._once(message, following)
        return result if fresh or self._ended or result.failed not in ("died", "memory") else self._once(message, following)

    def replace(self) -> None:
        """Take another process for the next item."""
        with self._lock:
            self._spent = True

    def _once(self, message: bytes, following: Callable[[], list[bytes]]) -> Result[Any]:
        with self._lock:
            if self._ended:
                return Result(failed="died", detail="the pool was closed")
            if self._spent or self._process.poll() is not None:
                self._process.kill()
                self._process.wait()
                self._close_pipes()
                self._spent, self._served, self._sent = False, 0, []
                self._process = self._start()
            self._killed = ""
            self.deadline = time.monotonic() + self._pool.seconds + 1.0  # its start may take a moment
        try:
            reply = self._ask(message, following)
        finally:
            with self._lock:
                self.deadline = 0.0
                self._served += 1
                if self._killed:
                    self._spent = True  # killed a moment after it had answered: the next item must not meet it
        if reply is not None:
            failed, detail, value, goes_on, trace = reply
            self._spent = self._spent or not goes_on
            return Result(None, failed, detail, value, trace) if failed else Result(value)
        with self._lock:
            if self._process.poll() is None and not self._killed:
                self._process.kill()
            code = self._process.wait()
            return Result(failed=self._killed or _reason(code), detail=f"exit {code}")

    def _ask(self, message: bytes, following: Callable[[], list[bytes]]) -> tuple[str, str, Any, bool, str] | None:
        """Send and receive; None when the child is gone or speaks nonsense."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            items = [message, *following()]
            try:
                for item in items[len(self._sent) :]:  # those sent ahead begin with this one
                    stdin.write(HEADER.pack(len(item)) + item)
                stdin.flush()
            except OSError:  # it died of one sent ahead, perhaps: what it had answered before counts
                self._spent = True
            self._sent = items[1:]
            head = stdout.read(HEADER.size)
            size = HEADER.unpack(head)[0] if len(head) == HEADER.size else LARGEST_REPLY + 1
            if size > LARGEST_REPLY:
                return None
            data = stdout.read(size)
            if len(data) < size:
                return None
            reply: tuple[str, str, Any, bool, str] = pickle.loads(data)
            return reply
        except (OSError, ValueError):
            return None

    def kill(self, why: str) -> None:
        with self._lock:
            if self.deadline and self._process.poll() is None:
                self._killed = why
                self._process.kill()

    def end(self) -> None:
        with self._lock:
            self._ended = True
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
            self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # unsent bytes of a dead child
                    pipe.close()


def _reason(code: int) -> str:
    """died, or timeout where the system itself stopped a child that used up its processor time."""
    return "timeout" if hasattr(signal, "SIGXCPU") and code == -signal.SIGXCPU else "died"
