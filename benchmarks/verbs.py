"""Measure the other limits of the design: verbs of a small and of a large project, and `issue` for 300 departments.

    python -m benchmarks.verbs [--runs 5]

* A small project (8 departments, 120 tasks): every verb from the command line against a bare `python -c "import openpyxl"`.
* 300 departments with 5,000 tasks: check, flag, week and status against reading that master with calamine in a process of its own; without
  a limit also against a process that imports the verb's packages, reads the master and writes the cells it changed (decision 0050).
* `issue` for these departments against XlsxWriter writing the same values into as many workbooks, also in one process.

Each side runs in a process of its own on a fresh copy of the project; the sides take turns, and a ratio is the median over the rounds.
The ratio of processor times (the least of the rounds each) is printed too: it says more where the machine has other things to do.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.consolidate import CACHE, ROOT
from benchmarks.inputs import AS_OF, Inputs, Size, copied, prepare
from benchmarks.measure import Measured, limit_line, print_table, reported_line, run

SMALL, LARGE = Size(120, 8, 15), Size(5_000, 300, 16)
MAX_SMALL, MAX_LARGE, MAX_ISSUE = 5.0, 3.0, 1.5
BARE = ("-c", "import openpyxl")

READ = """
import sys
from python_calamine import CalamineWorkbook
with CalamineWorkbook.from_path(sys.argv[1]) as book:
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python()
"""
NEEDED = {"week": "typer, lxml.etree, msgspec, sqlite3, pandas"}
"""What a verb imports beside Python's own modules; `week` also counts with pandas."""
READ_AND_WRITE = """
import pickle
import %s
{READ}
import xlsxwriter
cells = pickle.load(open(sys.argv[2], "rb"))
made = xlsxwriter.Workbook(sys.argv[3])
for name, rows in cells.items():
    page = made.add_worksheet()
    for row, col, value in rows:
        page.write(row, col, value)
made.close()
""".replace("{READ}", READ)
WRITE = """
import pickle, sys
from pathlib import Path
import xlsxwriter
for name, sheets in pickle.load(open(sys.argv[1], "rb")).items():
    book = xlsxwriter.Workbook(str(Path(sys.argv[2]) / name))
    for sheet, rows in sheets.items():
        page = book.add_worksheet(sheet)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value != "":
                    page.write(r, c, value)
    book.close()
"""
"""Values only: no formats, widths, drop-downs, tables or protection."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure verbs of a small and of a large project.")
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch:
        held = [
            _verbs("8 departments, 120 tasks", prepare(SMALL, CACHE), _small, BARE, MAX_SMALL, runs, Path(scratch)),
            _verbs("300 departments, 5,000 tasks", large := prepare(LARGE, CACHE), _large, ("-c", READ), MAX_LARGE, runs, Path(scratch)),
            _issue(large, runs, Path(scratch)),
        ]
    sys.exit(0 if all(held) else 1)


Words = Callable[[Path, Path], dict[str, Sequence[object]]]


def _small(master: Path, filled: Path) -> dict[str, Sequence[object]]:
    return {
        "check": (master,),
        "flag": (master,),
        "week": (master,),
        "status": (master,),
        "issue": (master, "--out", master.parent / "packs"),
        "preview": (master, filled),
        "consolidate": (master, filled),
        "log": (master,),
        "undo": (master,),
    }


def _large(master: Path, filled: Path) -> dict[str, Sequence[object]]:
    return {verb: (master,) for verb in ("check", "flag", "week", "status")}


NO_DAY = frozenset({"undo", "log"})


def _verbs(title: str, inputs: Inputs, words: Words, floor: Sequence[str], limit: float, runs: int, scratch: Path) -> bool:
    """One line a verb; its ratio is that of a round, in which the verbs follow each other on one copy of the project."""
    print(f"\n{title}", flush=True)
    floors: list[Measured] = []
    seconds: dict[str, list[float]] = {}
    processor: dict[str, list[float]] = {}
    ratios: dict[str, list[float]] = {}
    work: dict[str, list[float]] = {}
    for n in range(runs):
        home = scratch / f"{inputs.home.parent.name}-{n}"
        master = copied(inputs, home)
        floors.append(run([sys.executable, *floor, str(inputs.master)], ROOT, watch=False))
        for verb, arguments in words(master, inputs.filled).items():
            before = _cells(master) if words is _large else {}
            day = () if verb in NO_DAY else ("--as-of", AS_OF)
            done = run([sys.executable, "-m", "collab_xl", verb, *map(str, (*arguments, *day)), "--quiet"], ROOT, watch=False)
            if done.exit_code not in (0, 3, 4):
                raise SystemExit(f"benchmark: {verb} ended with {done.exit_code}\n{done.output[-3000:]}")
            seconds.setdefault(verb, []).append(done.seconds)
            processor.setdefault(verb, []).append(done.cpu_seconds)
            ratios.setdefault(verb, []).append(done.seconds / floors[-1].seconds)
            if words is _large:
                work.setdefault(verb, []).append(_reading_and_writing(verb, inputs.master, before, _cells(master), scratch))
    print(f"{'floor':<48}{median(f.seconds for f in floors):>10.2f} s")
    least = min(f.cpu_seconds for f in floors) or 1.0  # 0 where the system does not tell
    lines = []
    for verb, r in ratios.items():
        title = f"{verb} ({median(seconds[verb]):.2f} s, processor {min(processor[verb]) / least:.2f}), times the floor"
        lines.append(limit_line(title, median(r), "≤", limit))
        if verb in work:
            least_work = min(work[verb]) or 1.0
            named = f"  times reading and writing ({least_work:.2f} s), processor"
            lines.append(reported_line(named, min(processor[verb]) / least_work, "", 0.0))
    return print_table(lines)


Cells = dict[tuple[str, int, int], Any]


def _cells(master: Path) -> Cells:
    """(sheet, row, column) → value of every cell that has one."""
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(master) as book:
        grids = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    return {(name, r, c): v for name, grid in grids.items() for r, line in enumerate(grid) for c, v in enumerate(line) if v != ""}


def _reading_and_writing(verb: str, master: Path, before: Cells, after: Cells, scratch: Path) -> float:
    """Processor seconds of a process that imports the verb's packages, reads the master, and writes the cells that the verb changed."""
    import pickle

    changed: dict[str, list[tuple[int, int, Any]]] = {}
    for (sheet, row, col), value in after.items():
        if before.get((sheet, row, col)) != value:
            plain = value if isinstance(value, (int, float, str, bool)) else str(value)
            changed.setdefault(sheet, []).append((row, col, plain))
    (scratch / "changed").write_bytes(pickle.dumps(changed))
    program = READ_AND_WRITE % NEEDED.get(verb, "typer, lxml.etree, msgspec, sqlite3")
    done = run([sys.executable, "-c", program, str(master), str(scratch / "changed"), str(scratch / "changed.xlsx")], ROOT, watch=False)
    if done.exit_code:
        raise SystemExit(f"benchmark: reading and writing ended with {done.exit_code}\n{done.output[-3000:]}")
    return done.cpu_seconds


def _issue(inputs: Inputs, runs: int, scratch: Path) -> bool:
    import pickle

    from python_calamine import CalamineWorkbook

    print("\nissue, 300 packs", flush=True)
    values: dict[str, dict[str, Any]] = {}
    for pack in sorted(inputs.filled.with_name("issued").rglob("*.xlsx")):
        with CalamineWorkbook.from_path(pack) as book:
            values[pack.name] = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    (scratch / "values").write_bytes(pickle.dumps(values))
    seconds, ratios = [], []
    for n in range(runs):
        home, plain = scratch / f"issue-{n}", scratch / f"plain-{n}"
        master = copied(inputs, home)
        plain.mkdir()
        floor = run([sys.executable, "-c", WRITE, str(scratch / "values"), str(plain)], ROOT, watch=False)
        command = ["-m", "collab_xl", "issue", master, "--as-of", AS_OF, "--out", home / "packs", "--quiet"]
        ours = run([sys.executable, *map(str, command)], ROOT, watch=False)
        if floor.exit_code or ours.exit_code not in (0, 3, 4):
            raise SystemExit(f"benchmark: issue ended with {ours.exit_code}\n{ours.output[-3000:]}{floor.output[-3000:]}")
        seconds.append((floor.seconds, ours.seconds))
        ratios.append(ours.seconds / floor.seconds)
    print(f"{'floor: XlsxWriter, the values alone':<48}{median(f for f, _ in seconds):>10.2f} s")
    return print_table([limit_line(f"issue ({median(o for _, o in seconds):.2f} s), times the floor", median(ratios), "≤", MAX_ISSUE)])


if __name__ == "__main__":
    main()
