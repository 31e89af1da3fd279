"""Run functions in worker processes with memory and time limits. Everything that opens a foreign file runs here.

A 2 KB workbook can abort the whole process that reads it (samples/README.md); here only one worker is lost. Workers are plain
interpreters that are reached over pipes. This is the same on every system: a worker inherits and runs nothing of the caller (no fork
of a process with threads, no second import of `__main__`), and it ends when its parent ends. Decision 0005.
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

JobInput = TypeVar("JobInput")
Out = TypeVar("Out")

_COMMAND = (
    "import sys; sys.path[:] = eval(sys.argv[1]); from collab_xl.intake.pool_worker import serve; "
    "serve(int(sys.argv[2]), float(sys.argv[3]), sys.argv[4] == 'True', sys.argv[5].split())"
)
_MEMORY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": str(1 << 32), "MALLOC_TOP_PAD_": str(32 << 20)}
"""Settings of the Linux allocator. One arena only: each further one takes 64 MB of the worker's address space. Memory that one file
needed is kept for the next file: requesting it again from the system cost 0.1 s of 3.6 s for 200 packs."""
HEADER = struct.Struct(">Q")
PIPE_BYTES = 1 << 20
"""Size of a pipe where the system lets us set it (Linux; 64 KB elsewhere). When a pipe is full, its writer waits for the reader."""
QUEUED_ITEMS, QUEUED_BYTES = 8, 4 << 20
"""How many items, and how many bytes, are sent to a worker while it is busy. They take up the worker's memory. Eight packs are work for a
tenth of a second: for twice as long this process answers nobody while it takes over the values of a large master."""
LARGEST_REPLY = 1 << 31
"""Bytes; a worker that announces more is treated as broken."""
_Kind = tuple[object, ...]
"""All that a worker got when it was started and that its answers may depend on."""
_waiting: dict[_Kind, list[tuple[subprocess.Popen[bytes], int]]] = {}
"""Workers that no pool uses now, with the number of items they have handled."""
_keeping = 0


@contextlib.contextmanager
def workers_kept() -> Iterator[None]:
    """Within the block, a pool takes over the workers of earlier pools that were started in the same way.

    Starting a worker takes 0.2 s of a processor. At the end of the block (of the outermost, if there are several) they end.
    """
    global _keeping
    _keeping += 1
    try:
        yield
    finally:
        _keeping -= 1
        while not _keeping and _waiting:
            for process, _ in _waiting.popitem()[1]:
                _ended(process)


def _ended(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # unsent bytes for a worker that has ended
                pipe.close()


@dataclass(frozen=True)
class Result(Generic[Out]):
    """The result of one item. `failed` is "" when `value` is valid, else one of:

    died (the worker was aborted or killed) · memory (its limit was reached) · timeout · raised (the function raised; `error` is the
    exception if it can be sent between processes; `trace` is its traceback, only when the program is at fault and not the item).
    """

    value: Out | None = None
    failed: str = ""
    detail: str = ""
    error: BaseException | None = None
    trace: str = ""


class SafePool:
    """Run one module-level function over many items, each in a worker process with limits.

    Args:
        workers: number of worker processes; by default one per processor, at most four.
        memory_mb: address space of a worker, 0 for no limit (POSIX; Windows and macOS do not enforce it, but the gates refuse far cells).
        seconds: wall clock (everywhere) and processor time (POSIX) for one item.
        preload: modules that the workers import at their start.
        low_priority: the workers run at a lower priority than other processes.

    Use it as a context manager. It starts at once and serves several `map` calls, one at a time.
    """

    def __init__(
        self,
        workers: int | None = None,
        memory_mb: int = 1024,
        seconds: float = 30,
        preload: Sequence[str] = ("python_calamine",),
        low_priority: bool = False,
    ) -> None:
        self.count = max(1, workers or min(4, os.cpu_count() or 1))
        self.memory_mb, self.seconds, self.preload, self.low_priority = memory_mb, seconds, tuple(preload), low_priority
        self._workers: list[_Worker] = []
        self._busy = False

    def __enter__(self) -> Self:
        self._workers = self._workers or [_Worker(self) for _ in range(self.count)]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End every worker, or let it wait for the next pool (`workers_kept`). Calling it again does nothing."""
        for worker in self._workers:
            worker.end(keep=_keeping > 0 and not self._busy)
        self._workers = []

    def map(self, function: Callable[[JobInput], Out], items: Iterable[JobInput]) -> Iterator[Result[Out]]:
        """Return one Result per item, in the order of the items, also when workers fail.

        At most 16 items per worker (4 large ones) are read before their results are fetched, so a long list does not fill the memory.

        Raises:
            ValueError: the function is not reachable by its name in an importable module (a lambda, or one in `__main__`).
        """
        name = _reachable(function)
        if not self._workers:
            self.__enter__()
        return self._map(name, items)

    def _map(self, name: tuple[str, str], items: Iterable[JobInput]) -> Iterator[Result[Out]]:
        todo: collections.deque[tuple[int, bytes]] = collections.deque()
        done: dict[int, Result[Out]] = {}
        changed = threading.Condition()
        stopping = False

        def work(worker: _Worker) -> None:
            mine: collections.deque[tuple[int, bytes]] = collections.deque()

            def following() -> list[bytes]:
                """The next items of this worker. The more it has, the more must be left for the others: at the end they share the rest."""
                with changed:
                    while (
                        len(mine) < QUEUED_ITEMS
                        and len(todo) >= len(self._workers) * (len(mine) + 1)
                        and _bytes([*mine, todo[0]]) <= QUEUED_BYTES
                    ):
                        mine.append(todo.popleft())
                return [message for _, message in mine]

            while True:
                with changed:
                    changed.wait_for(lambda: mine or todo or stopping)
                    if stopping:
                        if mine:
                            worker.replace()  # it may be working on an item that nobody needs
                        return
                    index, message = (mine or todo).popleft()
                result = worker.run(message, following)
                with changed:
                    done[index] = result
                    changed.notify_all()

        threads = [threading.Thread(target=work, args=(worker,), daemon=True) for worker in self._workers]
        watch = _Watch(self._workers)
        self._busy = True
        for thread in (*threads, watch):
            thread.start()
        source = enumerate(items)
        sent = fetched = 0
        sizes: collections.deque[int] = collections.deque()
        try:
            more = True
            while more or fetched < sent:
                while more and len(sizes) < (16 if sum(sizes) < QUEUED_BYTES else 4) * self.count:
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
            if fetched < sent:  # the caller stopped early: do not wait for results it does not need
                for worker in self._workers:
                    worker.kill("stopped")
            for thread in threads:
                thread.join()
            watch.stop()
            self._busy = False


def _bytes(items: Iterable[tuple[int, bytes]]) -> int:
    return sum(len(message) for _, message in items)


def _reachable(function: Callable[..., Any]) -> tuple[str, str]:
    module, name = function.__module__, function.__qualname__
    if module == "__main__" or "<" in name:
        raise ValueError(f"{module}.{name} cannot run in a worker: it must be a named function of a module that can be imported")
    return module, name


class _Watch(threading.Thread):
    """Kills a worker whose item has taken too long."""

    def __init__(self, workers: Sequence[_Worker]) -> None:
        super().__init__(daemon=True)
        self._workers, self._over = workers, threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.05):
            now = time.monotonic()
            for worker in self._workers:
                if worker.deadline and now > worker.deadline:
                    worker.kill("timeout")

    def stop(self) -> None:
        self._over.set()
        self.join()


def _widen(pipe: int) -> None:
    """Make a pipe hold `PIPE_BYTES`, where the system can and lets us: Linux gives all pipes of a user only so many pages together
    (pipe-user-pages-soft), and a smaller pipe is only slower."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


class _Worker:
    """One worker process; it is started again when it has ended. `deadline` (monotonic seconds) is set while it works."""

    def __init__(self, pool: SafePool) -> None:
        self._pool = pool
        self.deadline = 0.0
        self._killed = ""
        self._unusable = False
        self._sent: list[bytes] = []
        """The next items, which the process has already received."""
        self._ended = False
        self._lock = threading.Lock()
        self._kind = self._kind_now()
        self._process, self._served = self._taken_over() or (self._start(), 0)

    def _taken_over(self) -> tuple[subprocess.Popen[bytes], int] | None:
        """A worker of an earlier pool."""
        waiting = _waiting.get(self._kind, [])
        while waiting:
            process, served = waiting.pop()
            if process.poll() is None:
                return process, served
            _ended(process)
        return None

    def _kind_now(self) -> _Kind:
        names = sorted(name for name in os.environ if name.startswith("COLLAB_XL_") or name == "TZ")
        try:
            folder = os.getcwd()
        except OSError:  # it was deleted
            folder = ""
        return *self._command(), self._pool.low_priority, folder, *((name, os.environ[name]) for name in names)

    def _command(self) -> list[str]:
        pool = self._pool
        path = repr([os.path.abspath(p) for p in sys.path])
        limits = [str(pool.memory_mb), str(pool.seconds), str(pool.low_priority), " ".join(pool.preload)]
        flags = ("-I", "-B") if sys.dont_write_bytecode else ("-I",)
        return [os.fsdecode(multiprocessing.spawn.get_executable()), *flags, "-c", _COMMAND, path, *limits]

    def _start(self) -> subprocess.Popen[bytes]:
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        if self._pool.low_priority:
            flags |= getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
        pipe = subprocess.PIPE
        # What a crashing reader prints to stderr does not help the user.
        process = subprocess.Popen(
            self._command(), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, creationflags=flags, env={**os.environ, **_MEMORY}
        )
        assert process.stdin is not None
        assert process.stdout is not None
        for end in (process.stdin, process.stdout):
            _widen(end.fileno())
        return process

    def run(self, message: bytes, following: Callable[[], list[bytes]]) -> Result[Any]:
        """Return the result of one item.

        If a worker that has handled other items fails, the item is tried once more in a new worker, which starts with all its memory.

        Args:
            following: returns the next items. They are sent early, as this process may be busy when the worker is ready for them.
        """
        fresh = self._served == 0 or self._unusable
        result = self._once(message, following)
        return result if fresh or self._ended or result.failed not in ("died", "memory") else self._once(message, following)

    def replace(self) -> None:
        """Use a new process for the next item."""
        with self._lock:
            self._unusable = True

    def _once(self, message: bytes, following: Callable[[], list[bytes]]) -> Result[Any]:
        with self._lock:
            if self._ended:
                return Result(failed="died", detail="the pool was closed")
            if self._unusable or self._process.poll() is not None:
                _ended(self._process)
                self._unusable, self._served, self._sent = False, 0, []
                self._kind = self._kind_now()
                self._process = self._start()
            self._killed = ""
            self.deadline = time.monotonic() + self._pool.seconds + 1.0  # starting the process may take a moment
        try:
            reply = self._exchange(message, following)
        finally:
            with self._lock:
                self.deadline = 0.0
                self._served += 1
                if self._killed:
                    self._unusable = True  # killed just after it had answered: do not use it for the next item
        if reply is not None:
            failed, detail, value, reusable, trace = reply
            self._unusable = self._unusable or not reusable
            return Result(None, failed, detail, value, trace) if failed else Result(value)
        with self._lock:
            if self._process.poll() is None and not self._killed:
                self._process.kill()
            code = self._process.wait()
            return Result(failed=self._killed or _reason(code), detail=f"exit {code}")

    def _exchange(self, message: bytes, following: Callable[[], list[bytes]]) -> tuple[str, str, Any, bool, str] | None:
        """Send the item and receive the reply; None when the worker has ended or the reply is invalid."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            items = [message, *following()]
            try:
                for item in items[len(self._sent) :]:  # the items sent early begin with this one
                    stdin.write(HEADER.pack(len(item)) + item)
                stdin.flush()
            except OSError:  # it may have died of an item sent early: earlier replies are still valid
                self._unusable = True
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

    def end(self, *, keep: bool = False) -> None:
        """End the process; with `keep` a process that can be used again waits for the next pool of its kind."""
        with self._lock:
            if self._ended:
                return
            if keep and not (self._unusable or self._sent or self.deadline) and self._process.poll() is None:
                _waiting.setdefault(self._kind, []).append((self._process, self._served))
            else:
                _ended(self._process)
            self._ended = True


def _reason(code: int) -> str:
    """`timeout` when the system stopped a worker that used up its processor time, else `died`."""
    return "timeout" if hasattr(signal, "SIGXCPU") and code == -signal.SIGXCPU else "died"
