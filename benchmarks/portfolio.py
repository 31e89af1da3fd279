"""Measure the overview of 200 masters against reading the same workbooks with calamine, one after the other in one process.

    python -m benchmarks.portfolio [--masters 200] [--runs 3] [--flat]

Each master has 8 departments and 120 tasks; `--flat` puts all into one folder.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.consolidate import CACHE, ROOT
from benchmarks.inputs import AS_OF, WEEK, copied, prepare
from benchmarks.measure import limit_line, print_table, run
from benchmarks.verbs import SMALL
from collab_xl.book.read import read_book
from collab_xl.demo import desk
from collab_xl.forms import load
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.plan.lists import columns_of
from collab_xl.project.trust import MADE, remember

MAX_RATIO = 8.0
READ = """
import sys
from pathlib import Path
from python_calamine import CalamineWorkbook
for path in sorted(Path(sys.argv[1]).rglob("master*.xlsx")):
    with CalamineWorkbook.from_path(path) as book:
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python()
"""


def masters(count: int, root: Path, flat: bool) -> None:
    """Copies of one project, each with a name of its own on sheet 设置."""
    first = copied(prepare(SMALL, CACHE), root / "first")
    project_id = (first.with_suffix(".collab") / "project").read_text(encoding="utf-8").strip()
    for n in range(count):
        home = root / "all" if flat else root / "all" / f"{n:03d}"
        home.mkdir(parents=True, exist_ok=True)
        master = home / f"master{n:03d}.xlsx"
        shutil.copyfile(first, master)
        _name(master, f"项目{n:03d}")
        shutil.copytree(first.with_suffix(".collab"), master.with_suffix(".collab"), ignore=shutil.ignore_patterns("backups", "issued"))
        remember(MADE, project_id, master)


def _name(master: Path, project: str) -> None:
    book, service = read_book(master), load().service("settings")
    ref = book.tables[service.table]
    col, sheet = columns_of(ref, service), book.snapshot(ref.sheet)
    row = next(r for r in range(ref.data.first_row, ref.data.last_row + 1) if sheet.value(r, col["id"]) == "project")
    desk.save(master, Plan((CellEdit(ref.sheet, row, col["value"], sheet.value(row, col["value"]), project),)))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the overview of many masters.")
    parser.add_argument("--masters", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--flat", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        masters(asked.masters, root, asked.flat)
        seconds, floors, spent, peak = [], [], [], 0.0
        words = [
            str(root / "all"),
            "--week",
            WEEK,
            "--as-of",
            str(AS_OF),
            "--data",
            str(root / "data"),
            "--out",
            str(root / "o.xlsx"),
            "--quiet",
        ]
        for n in range(asked.runs + 1):  # the last one for the memory
            floor = run([sys.executable, "-c", READ, str(root / "all")], ROOT, watch=False)
            floors.append(floor.seconds)
            done = run([sys.executable, "-m", "collab_xl", "portfolio", *words], ROOT, watch=n == asked.runs)
            if done.exit_code not in (0, 3):
                raise SystemExit(f"benchmark: portfolio ended with {done.exit_code}\n{done.output[-3000:]}")
            spent.append(done.cpu_seconds / floor.cpu_seconds)
            seconds, peak = (seconds, done.peak_mb) if n == asked.runs else ([*seconds, done.seconds], peak)
        ratios = [ours / floor for ours, floor in zip(seconds, floors, strict=False)]
        where = " in one folder" if asked.flat else ""
        print(f"{asked.masters} masters{where}; floor {median(floors):.2f} s; processor time {median(spent):.1f} times the floor's")
        held = print_table(
            [limit_line(f"portfolio ({median(seconds):.2f} s, {peak:.0f} MB), times the floor", median(ratios), "≤", MAX_RATIO)]
        )
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
