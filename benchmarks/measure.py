"""Run a command and measure its wall time and the peak memory of it and its children; print a table of measures and limits."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

INTERVAL_SECONDS = 0.03


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_mb: float
    """Sum over the process and its children where /proc tells it, else the largest single process."""
    exit_code: int
    output: str
    cpu_seconds: float = 0.0
    """User and system time of the process and its children; 0 where the system does not tell (Windows)."""


def run(command: Sequence[str], cwd: Path, *, watch: bool = True) -> Measured:
    """`watch`: look at the memory while it runs. Looking slows a large process down (the system walks its pages), so that time and
    memory are measured in different runs; without it `peak_mb` is 0.
    """
    started, spent = time.perf_counter(), _cpu_of_children()
    process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    if watch:
        watcher.start()
    assert process.stdout is not None
    output = process.stdout.read().decode("utf-8", errors="replace")
    process.stdout.close()
    code = process.wait()
    seconds = time.perf_counter() - started
    if watch:
        watcher.join(1)
        peak[0] = peak[0] or _largest_child_mb()
    return Measured(seconds, peak[0], code, output, _cpu_of_children() - spent)


@dataclass(frozen=True)
class Sides:
    """One command: the most memory of its own process and of the largest of its children (Linux; else 0)."""

    exit_code: int
    out: str
    err: str
    main_mb: int
    child_mb: int
    seconds: float


def run_sides(command: Sequence[str], cwd: Path, timeout: float = 180.0) -> Sides:
    """Raises subprocess.TimeoutExpired; the command is killed then."""
    begun, most = time.perf_counter(), [0, 0]
    process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def watch() -> None:
        while process.poll() is None:
            most[0] = max(most[0], _high_water_mb(process.pid))
            most[1] = max(most[1], *map(_high_water_mb, _descendants(process.pid)), 0)
            time.sleep(0.01)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    watcher.join(1)
    seconds = time.perf_counter() - begun
    return Sides(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), *most, seconds)


def _high_water_mb(pid: int) -> int:
    """The most memory a process has had so far."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM")), 0)


def medians(runs: Sequence[Measured]) -> tuple[float, float, float]:
    """(seconds, peak in MB, processor seconds)."""
    return tuple(statistics.median(getattr(r, name) for r in runs) for name in ("seconds", "peak_mb", "cpu_seconds"))


def _cpu_of_children() -> float:
    if os.name == "nt":
        return 0.0
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(pid: int, peak: list[float]) -> None:
    while Path(f"/proc/{pid}").exists():
        total = sum(_pss_mb(p) for p in (pid, *_descendants(pid)))
        if not total:
            return
        peak[0] = max(peak[0], total)
        time.sleep(INTERVAL_SECONDS)


def _pss_mb(pid: int) -> float:
    """Proportional set size: pages shared between a parent and its forks are counted once."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def _descendants(pid: int) -> Iterator[int]:
    try:
        children = [int(c) for task in Path(f"/proc/{pid}/task").iterdir() for c in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield child
        yield from _descendants(child)


def _largest_child_mb() -> float:
    if os.name == "nt":
        return 0.0
    import resource

    size = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return size / (1024 * 1024 if sys.platform == "darwin" else 1024)


def print_table(rows: Sequence[tuple[str, str, str, str]]) -> bool:
    for what, measured, limit, verdict in rows:
        print(f"{what:<48}{measured:>12}  {limit:<10}{verdict}", flush=True)
    return all(verdict != "MISSED" for *_, verdict in rows)


def limit_line(what: str, measured: float, sign: str, limit: float) -> tuple[str, str, str, str]:
    held = measured <= limit if sign == "≤" else measured >= limit
    return what, f"{measured:.2f}", f"{sign} {limit:g}", "ok" if held else "MISSED"


def reported_line(what: str, measured: float, sign: str, limit: float) -> tuple[str, str, str, str]:
    """A line without a limit."""
    return what, f"{measured:.2f}", "", ""
