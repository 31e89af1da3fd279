"""Measure `consolidate` against its floor and against plain stacking, in one run on one machine.

    python -m benchmarks.consolidate [--rows 40000 --packs 200 --pack-rows 200] [--runs 3] [--scale]

The limits are those of the design for an ordinary week: at most 2.0 times the floor, at least 5 times faster than stacking, under 0.6 GB;
`--help` under 0.3 s; a million rows under 6 GB. The week in which every row changed is only reported. The sides take turns, and a ratio
is the median over the rounds, so that a machine whose speed drifts slows both alike. `--scale` also shows how time grows with the master's
rows up to Excel's own limit. Ratios count, seconds depend on the machine.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.inputs import AS_OF, Inputs, Size, copied, prepare
from benchmarks.measure import Measured, limit_line, medians, print_table, reported_line, run

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "build" / "benchmark"
SCALE = (10_000, 40_000, 200_000, 1_000_000)
ORDINARY = 5
"""In an ordinary week one row in so many changes."""
MAX_FLOOR, MIN_STACK, MAX_MB, MAX_HELP, MAX_SCALE_MB = 2.0, 5.0, 600.0, 0.3, 6_000.0


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure consolidate against the floor and against stacking.")
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--packs", type=int, default=200)
    parser.add_argument("--pack-rows", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--scale", action="store_true", help="also measure masters of 10,000 to 1,000,000 rows")
    asked = parser.parse_args()
    print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, medians of {asked.runs} rounds", flush=True)
    print(f"{asked.rows:,} master rows, {asked.packs} packs of {asked.pack_rows} rows", flush=True)
    held = compare(Size(asked.rows, asked.packs, asked.pack_rows), asked.runs)
    if asked.scale:
        held &= scale(asked.packs, asked.pack_rows)
    sys.exit(0 if held else 1)


def compare(size: Size, runs: int) -> bool:
    """Print the table of ratios, for packs in which every row changed and for an ordinary week. Returns whether every limit held."""
    full = prepare(size, CACHE)
    held = [_compare(full.with_changes_in(ORDINARY), runs, limits=True), _compare(full, runs, limits=False)]
    helps = [run([sys.executable, "-m", "collab_xl", "--help"], ROOT) for _ in range(5)]
    return all([*held, print_table([limit_line("--help, seconds", medians(helps)[0], "≤", MAX_HELP)])])


def _compare(inputs: Inputs, runs: int, *, limits: bool) -> bool:
    print(f"\n{inputs.edits:,} edited cells", flush=True)
    line = limit_line if limits else reported_line
    with tempfile.TemporaryDirectory() as scratch:
        after = Path(scratch) / "0" / inputs.master.name
        rounds = [
            (
                _consolidate(inputs, Path(scratch) / str(n), watch=False),
                _python("benchmarks.floor", inputs.master, after, inputs.filled),
                _python("benchmarks.stack", inputs.filled, Path(scratch) / "stacked.xlsx"),
            )
            for n in range(runs)
        ]
        peak = _consolidate(inputs, Path(scratch) / "watched").peak_mb
    ours, floor, stacked = (f"{medians(side)[0]:.2f} s" for side in zip(*rounds, strict=True))
    processor = median(a.cpu_seconds / b.cpu_seconds for a, b, _ in rounds) if rounds[0][1].cpu_seconds else 0.0
    return print_table(
        [
            ("floor: calamine reads, changed parts repacked", floor, "", ""),
            ("stacking: pandas reads, openpyxl writes", stacked, "", ""),
            ("consolidate, end to end", ours, "", ""),
            line("  times the floor", median(a.seconds / b.seconds for a, b, _ in rounds), "≤", MAX_FLOOR),
            ("  times the floor's processor time", f"{processor:.2f}" if processor else "–", "", ""),
            line("  times faster than stacking", median(c.seconds / a.seconds for a, _, c in rounds), "≥", MIN_STACK),
            line("  peak memory, MB, children included", peak, "≤", MAX_MB),
        ]
    )


def _consolidate(inputs: Inputs, home: Path, *, watch: bool = True) -> Measured:
    words = ("consolidate", copied(inputs, home), inputs.filled, "--as-of", AS_OF, "--quiet")
    return _python("collab_xl", *words, allowed=(0, 3, 4), watch=watch)


def _python(module: str, *words: object, allowed: tuple[int, ...] = (0,), watch: bool = False) -> Measured:
    measured = run([sys.executable, "-m", module, *map(str, words)], ROOT, watch=watch)
    if measured.exit_code not in allowed:
        raise SystemExit(f"benchmark: {module} ended with {measured.exit_code}\n{measured.output[-3000:]}")
    return measured


def scale(packs: int, pack_rows: int) -> bool:
    """Print seconds and microseconds per master row for growing masters with the same packs. Returns whether the memory limit held."""
    print(f"\nGrowing master, up to {packs} packs of {pack_rows} rows")
    for rows in SCALE:
        inputs = prepare(Size(rows, min(packs, rows // pack_rows), pack_rows), CACHE)
        with tempfile.TemporaryDirectory() as scratch:
            timed = _consolidate(inputs, Path(scratch) / "timed", watch=False)
            peak_mb = _consolidate(inputs, Path(scratch) / "watched").peak_mb
        print(
            f"{rows:>12,} rows {inputs.edits:>8,} edits {timed.seconds:>8.2f} s "
            f"{timed.cpu_seconds:>8.2f} s cpu {timed.seconds / rows * 1e6:>8.1f} µs/row {peak_mb:>7.0f} MB",
            flush=True,
        )
    return print_table([limit_line("the largest master, peak memory, MB", peak_mb, "≤", MAX_SCALE_MB)])


if __name__ == "__main__":
    main()
