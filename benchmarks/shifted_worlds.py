"""Ordinary weeks and accidents: what the search for columns moved alone takes for one. Run: `python benchmarks/shifted_worlds.py [worlds]`.

In each world a column of a pack comes back twice: after an ordinary week (progress grows, plans are put off, stages go on, one reason is
copied down), and after an accident (sorted, shifted by a row, pasted from a list in another order), with a few true edits in it.
Figures: decision 0025.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from collab_xl.forms import load
from collab_xl.merge import shifted
from collab_xl.merge.view import FormView

STAGES = ("需求", "设计", "开发", "测试", "联调", "上线", "验收")
REASONS = ("等待供应商", "人手不足", "需求变更", "无")
ROWS = (5, 8, 12, 20, 40)
VIEW = FormView(load().form("tasks"), None)
Column = list[Any]


def free_text(rng: random.Random) -> str:
    return f"文字{rng.randrange(10**6)}"


def people(rows: int) -> list[str]:
    return [f"人{n}" for n in range(max(2, rows // 3))]


MADE: dict[str, tuple[str, Callable[[random.Random, int], Any]]] = {
    "texts": ("risk", lambda rng, rows: free_text(rng) if rng.random() < 0.7 else None),
    "stage words": ("done_this_week", lambda rng, rows: rng.choice(STAGES[:-1])),
    "reasons": ("late_reason", lambda rng, rows: rng.choice((*REASONS, None, None, None))),
    "progress in tens": ("progress", lambda rng, rows: rng.randrange(11) / 10),
    "progress in fives": ("progress", lambda rng, rows: rng.randrange(21) / 20),
    "status": ("status", lambda rng, rows: rng.choice(("not_started", "in_progress", "in_progress", "done", "paused"))),
    "Fridays": ("actual_end", lambda rng, rows: date(2026, 11, 6) + timedelta(7 * rng.randrange(8))),
    "days": ("actual_end", lambda rng, rows: date(2026, 11, 1) + timedelta(rng.randrange(60))),
    "people": ("owner", lambda rng, rows: rng.choice(people(rows))),
}
"""Name → (a field of tasks of that kind, one value of the column as issued)."""


def ordinary(rng: random.Random, name: str, column: Column) -> Column:
    """The column after a week of work."""
    share, sweep, rows = rng.choice((0.2, 0.5, 0.9)), rng.random() < 0.3, len(column)
    one, other = rng.choice(people(rows)), rng.choice(people(rows))
    copied, copies = next((v for v in column if v is not None), "同上"), rng.random() < 0.5
    step, days = rng.choice((0.1, 0.2)), timedelta(rng.choice((7, 7, 14, 3)))
    steps = (0, 0.1, 0.1, 0.2, 0.3, -0.1) if name == "progress in tens" else (0, 0.05, 0.1, 0.1, 0.2, 0.3, -0.1)
    out = list(column)
    for i, v in enumerate(column):
        if not sweep and rng.random() > share:
            continue
        if name == "texts":
            out[i] = copied if sweep and copies else free_text(rng)
        elif name == "stage words":
            out[i] = STAGES[min(len(STAGES) - 1, STAGES.index(v) + rng.choice((0, 1, 1, 1, 2)))]
        elif name == "reasons":
            out[i] = rng.choice(REASONS)
        elif name.startswith("progress"):
            out[i] = round(max(0, min(1, v + (step if sweep else rng.choice(steps)))), 2)
        elif name == "status":
            out[i] = {"not_started": "in_progress", "in_progress": rng.choice(("done", "paused")), "paused": "in_progress"}.get(v, v)
        elif name in ("Fridays", "days"):
            out[i] = v + (days if sweep else timedelta(rng.choice((0, 7, 7, 14, -7, 3))))
        elif rng.random() < 0.3 or sweep:
            out[i] = {one: other, other: one}.get(v, v) if sweep else rng.choice(people(rows))
    return out


def accident(rng: random.Random, column: Column, edit: Callable[[], Any]) -> Column:
    """The column sorted, shifted or pasted in another order; some cells are edited afterwards."""
    how, rows = rng.choice(("up", "down", "shift", "paste")), len(column)
    filled = sorted((v for v in column if v is not None), reverse=how == "down")
    if how == "shift":
        at = rng.randrange(max(1, rows // 3))
        out = [*column[:at], *column[at + 1 :], None] if rng.random() < 0.5 else [*column[:at], None, *column[at:-1]]
    elif how == "paste":
        out = rng.sample(column, rows)
    else:
        out = [*filled, *[None] * (rows - len(filled))]
    return [edit() if v is not None and rng.random() < 0.08 else v for v in out]


def asked(name: str, before: Column, after: Column) -> tuple[int, int]:
    """(cells changed and not blank, cells asked about)."""
    field = MADE[name][0]
    issued = {f"RW-{n}": {field: v} for n, v in enumerate(before)}
    changed = [(row, field, new) for (row, old), new in zip(issued.items(), after, strict=True) if old[field] != new]
    return sum(v is not None for _, _, v in changed), len(shifted.shifted(issued, changed, VIEW))


def main(worlds: int) -> None:
    print("column | ordinary weeks asked about, per thousand | accidents found, of those with five changed cells")
    for name, (_, make) in MADE.items():
        rng = random.Random(name)
        needless = found = accidents = 0
        for _ in range(worlds):
            rows = rng.choice(ROWS)
            column = [make(rng, rows) for _ in range(rows)]
            needless += asked(name, column, ordinary(rng, name, column))[1] > 0
            cells, said = asked(name, column, accident(rng, column, partial(make, rng, rows)))
            accidents += cells >= shifted.THRESHOLDS.cells
            found += said > 0
        print(f"{name} | {1000 * needless / worlds:.1f} | {100 * found / max(1, accidents):.0f} %")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
