"""Which test files read the clock: `make test-days` runs those on more days than the others.

Only the entry points of the product can read it (tests/test_layout.py: the stages ask nobody for the time, and there is one clock). So a
file reads it if it or a helper it imports imports an entry point, or starts a process. The rule is on the safe side: a test that sets the
clock itself is in as well. That it leaves out nobody is watched in every run (conftest.py).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ENTRY_POINTS = tuple(f"collab_xl.{name}" for name in ("verbs", "cli", "options", "demo", "addin", "desk", "__main__"))
STARTS_PROCESSES = ("subprocess", "multiprocessing", "benchmarks")


@cache
def imported(path: Path) -> frozenset[str]:
    """Names of what a module imports, anywhere in it: `a.b` for `import a.b`, `from a import b`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def helpers(path: Path) -> Iterator[Path]:
    """Modules of the tests that a test file imports, itself first, each once."""
    seen, waiting = {path}, [path]
    while waiting:
        here = waiting.pop()
        yield here
        for name in imported(here):
            for folder in (here.parent, TESTS):
                found = folder.joinpath(*name.split(".")).with_suffix(".py")
                if found.is_file() and found not in seen:
                    seen.add(found)
                    waiting.append(found)


@cache
def reads_the_clock(path: Path) -> bool:
    names = {name for helper in helpers(path) for name in imported(helper)}
    return any(name == top or name.startswith(f"{top}.") for name in names for top in (*ENTRY_POINTS, *STARTS_PROCESSES))
