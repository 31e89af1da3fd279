"""Make the benchmark's inputs once: a master with many task rows, packs issued from it, and the packs filled in.

The same parameters give the same content; the folder is kept under `build/benchmark/` and used again.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.book.write_plan import write_plan
from collab_xl.demo import desk
from collab_xl.forms import load
from collab_xl.model.directory import Department
from collab_xl.model.plan import CellEdit, Plan
from collab_xl.model.record import replace
from collab_xl.model.values import Value

AS_OF = date(2026, 11, 20)
WEEK = "2026-W47"
VERSION = 3
"""Goes up when the inputs change, so that an old folder is not taken for a new one."""


@dataclass(frozen=True)
class Size:
    rows: int
    packs: int
    pack_rows: int

    def __str__(self) -> str:
        return f"{self.rows}x{self.packs}x{self.pack_rows}-v{VERSION}"


@dataclass(frozen=True)
class Inputs:
    """`home` holds the master and its sidecar as they are after `issue`; `filled` the packs as they come back."""

    home: Path
    master: Path
    filled: Path
    edits: int

    def with_changes_in(self, every: int) -> Inputs:
        """The same with two cells changed only in every so many rows."""
        filled = self.filled.with_name(f"filled-{every}")
        count = filled.with_suffix(".json")
        if not count.is_file():
            shutil.rmtree(filled, ignore_errors=True)
            filled.mkdir()
            packs = sorted(self.filled.with_name("issued").rglob("*.xlsx"))
            count.write_text(str(sum(fill(pack, filled / pack.name, every) for pack in packs)), encoding="utf-8")
        return replace(self, filled=filled, edits=int(count.read_text(encoding="utf-8")))


def prepare(size: Size, root: Path) -> Inputs:
    folder = root / str(size)
    done = folder / "done.json"
    inputs = Inputs(folder / "home", folder / "home" / "master.xlsx", folder / "filled", 0)
    if done.is_file():
        return Inputs(inputs.home, inputs.master, inputs.filled, json.loads(done.read_text(encoding="utf-8"))["edits"])
    shutil.rmtree(folder, ignore_errors=True)
    inputs.home.mkdir(parents=True)
    inputs.filled.mkdir()
    names = [f"部门{n:03d}" for n in range(1, size.packs + 1)]
    departments = [Department(name, emails=(f"d{n:03d}@example.com",), liaison=f"接口人{n}") for n, name in enumerate(names, start=1)]
    verbs.init(inputs.master, project="基准", departments=departments, lang="zh", as_of=AS_OF)
    desk.fill_in(inputs.master, {"tasks": list(task_rows(size, names))}, "zh", AS_OF)
    deflate(inputs.master)
    issued = folder / "issued"
    _verb("issue", inputs.master, "--week", WEEK, "--as-of", "2026-11-16", "--out", issued)
    packs = sorted(issued.rglob("*.xlsx"))
    if len(packs) != size.packs:
        raise SystemExit(f"benchmark: {len(packs)} packs were issued, {size.packs} expected")
    edits = sum(fill(pack, inputs.filled / pack.name) for pack in packs)
    done.write_text(json.dumps({**asdict(size), "edits": edits}), encoding="utf-8")
    return Inputs(inputs.home, inputs.master, inputs.filled, edits)


def copied(inputs: Inputs, home: Path) -> Path:
    """Copy the project and return its master. This user confirms it there: a project he does not know is first tried in a worker."""
    shutil.copytree(inputs.home, home)
    master = home / inputs.master.name
    _verb("doctor", master, "--confirm")
    return master


def deflate(book: Path) -> None:
    """As Excel saves it; our templates are stored, so that they are the same bytes everywhere."""
    packed = book.with_suffix(".packed")
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
    packed.replace(book)


def _verb(verb: str, *words: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "collab_xl", verb, *map(str, words), "--quiet"], capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 3, 4):
        raise SystemExit(f"benchmark: {verb} ended with {done.returncode}\n{done.stdout}{done.stderr}")


def task_rows(size: Size, names: list[str]) -> Iterator[dict[str, Value]]:
    """Open rows first for every department in turn, then closed rows of no pack: all 22 columns have something in them."""
    open_rows = size.packs * size.pack_rows
    for n in range(size.rows):
        start = date(2026, 9, 1) + timedelta(n % 60)
        end = start + timedelta(7 + n % 90)
        is_open = n < open_rows
        row: dict[str, Value] = {
            "task_id": f"RW-{n + 1:06d}",
            "name": f"任务 {n + 1} 的名称，长短像真的一样",
            "dept": names[n % size.packs],
            "owner": f"人员{n % 977}*",
            "start": start,
            "end": end,
            "deliverable": f"交付物 {n % 50}",
            "standard": "通过评审",
            "predecessors": (f"RW-{n:06d}",) if n % 3 else None,
            "progress": (n % 10) / 10 if is_open else 1,
            "status": "in_progress" if is_open else "done",
            "actual_end": None if is_open else min(end, date(2026, 11, 1)),
            "risk": "人手不足" if n % 7 == 0 else None,
            "late_reason": "等上游" if n % 11 == 0 else None,
            "measure": "加班" if n % 11 == 0 else None,
            "done_this_week": f"上周完成第 {n % 20} 步",
            "plan_next_week": f"下周做第 {n % 20 + 1} 步",
            "updated": date(2026, 11, 13),
            "late_days": n % 5,
            "warning": "ok",
            "remark": f"备注 {n % 200}" if n % 4 == 0 else None,
        }
        yield {name: value for name, value in row.items() if value is not None}


def fill(pack: Path, target: Path, every: int = 1) -> int:
    """Progress and 实际完成情况 of every row, or of one in `every`, change. Returns how many cells."""
    book, form = read_book(pack), load().form("tasks")
    ref = book.tables[form.table]
    snapshot = book.snapshot(ref.sheet)
    column = {heading: ref.area.first_col + i for i, heading in enumerate(ref.headings)}
    key, progress, done = (column[form.field(f).heading["zh"]] for f in ("task_id", "progress", "done_this_week"))
    edits = []
    for row in range(ref.data.first_row, ref.data.last_row + 1):
        if snapshot.value(row, key) is not None and row % every == 0:
            old = snapshot.value(row, progress)
            new = round(float(old if isinstance(old, (int, float)) else 0) + 0.05, 2)
            edits.append(CellEdit(ref.sheet, row, progress, old, new))
            edits.append(CellEdit(ref.sheet, row, done, snapshot.value(row, done), f"本周完成第 {row % 20 + 1} 步"))
    write_plan(pack, target, Plan(edits=tuple(edits)))
    return len(edits)
