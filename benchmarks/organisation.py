"""Run the week of a large organisation, with every form in use, and print the time of each verb and what its lists begin with.

    python -m benchmarks.organisation [--departments 300] [--tasks 5000] [--folder build/benchmark/organisation]

The master has rows in every installed form: made from the kinds and roles of its fields, so that a form added later is in it too. Tasks
and their packs are those of `benchmarks.inputs`. No limit is checked here; `benchmarks.verbs` has those of the design.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import islice
from pathlib import Path

from benchmarks.consolidate import ROOT
from benchmarks.inputs import AS_OF, WEEK, Size, deflate, fill, task_rows
from benchmarks.measure import run
from collab_xl import verbs
from collab_xl.demo import desk
from collab_xl.forms import Field, Form, load
from collab_xl.model.directory import Department
from collab_xl.model.values import Value

SHARE = {"requirements": 0.06, "communication": 0.004, "goals": 0.012, "retrospective": 0.01, "change_requests": 0.01}
"""Rows of a form for each task; every other form has `REST`."""
REST = 0.12
FILLED = 40
"""So many departments send their pack back."""
STEPS: tuple[tuple[str, ...], ...] = (
    ("check",), ("flag",), ("issue", "--week", WEEK), ("consolidate", "filled"), ("week",), ("status",), ("agenda",), ("gantt",),
    ("baseline set",), ("compare", "--since", "2026-11-16"), ("undo", "--yes"), ("preview", "filled"), ("close",), ("log",),
)  # fmt: skip
"""In this order, on one master."""
NO_DAY = frozenset({"log"})


def main() -> None:
    parser = argparse.ArgumentParser(description="The week of a large organisation with every form in use.")
    parser.add_argument("--departments", type=int, default=300)
    parser.add_argument("--tasks", type=int, default=5_000)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmark" / "organisation")
    said = parser.parse_args()
    shutil.rmtree(said.folder, ignore_errors=True)
    master = made(said.folder, said.departments, said.tasks)
    for step in STEPS:
        words = [str(said.folder / word) if word == "filled" else word for word in step[1:]]
        day = () if step[0] in NO_DAY else ("--as-of", str(AS_OF))
        done = run([sys.executable, "-m", "collab_xl", *step[0].split(), str(master), *words, *day, "--json"], ROOT, watch=False)
        if done.exit_code not in (0, 3, 4):
            raise SystemExit(f"benchmark: {step[0]} ended with {done.exit_code}\n{done.output[-3000:]}")
        print(f"{step[0]:<16}{done.seconds:>8.2f} s{done.cpu_seconds:>8.2f} s processor   {_said(done.output)}", flush=True)
        if step[0] == "issue":
            packs = sorted(master.parent.rglob("outbox/*/*.xlsx"))[:FILLED]
            (said.folder / "filled").mkdir()
            print(
                f"  {sum(fill(pack, said.folder / 'filled' / pack.name) for pack in packs):,} cells filled in {len(packs)} packs",
                flush=True,
            )


def made(folder: Path, departments: int, tasks: int) -> Path:
    """The master, in a folder of its own."""
    home = folder / "home"
    home.mkdir(parents=True)
    master = home / "master.xlsx"
    names = [f"部门{n:03d}" for n in range(1, departments + 1)]
    people = [Department(name, emails=(f"d{n:03d}@example.com",), liaison=f"接口人{n}") for n, name in enumerate(names, 1)]
    verbs.init(master, project="大组织", departments=people, lang="zh", as_of=AS_OF, forms="full")
    forms = load().forms
    counts = {form.id: max(1, round(tasks * SHARE.get(form.id, REST))) for form in forms} | {"tasks": tasks}
    rows: dict[str, list[dict[str, Value]]] = {form.id: list(_rows(form, counts, names)) for form in forms if form.id != "tasks"}
    work = task_rows(Size(tasks, departments, max(1, tasks // departments)), names)
    rows["tasks"] = [{**row, "req_id": key_of("requirements", n % counts["requirements"])} for n, row in enumerate(work)]
    desk.fill_in(master, rows, "zh", AS_OF)
    deflate(master)
    print(", ".join(f"{form.sheet['zh']} {counts[form.id]:,}" for form in forms), flush=True)
    return master


def key_of(form_id: str, n: int) -> str:
    form = load().form(form_id)
    return f"RW-{n + 1:06d}" if form_id == "tasks" else f"{form.key_prefix}{n + 1:0{form.key_width}d}"


def _rows(form: Form, counts: dict[str, int], names: list[str]) -> Iterator[dict[str, Value]]:
    for n in range(counts[form.id]):
        row = {f.id: _value(f, form, n, counts, names) for f in form.fields if f.access != "C"}
        yield {name: value for name, value in row.items() if value is not None}


def _value(f: Field, form: Form, n: int, counts: dict[str, int], names: list[str]) -> Value:
    """Something that a person may have written: every 5th cell that need not be filled is blank, closed rows are a third."""
    if f.kind == "key":
        return key_of(form.id, n)
    if f.role not in ("title", "status", "department", "departments", "due", "raised") and (n + len(f.id)) % 5 == 0:
        return None
    day = AS_OF + timedelta(n % 50 - 20)
    match f.kind:
        case "department":
            return names[n % len(names)]
        case "departments":
            return tuple(islice((names[(n * 3 + k) % len(names)] for k in range(len(names))), 3))
        case "person":
            return f"人员{n % 977}"
        case "choice":
            return f.choices[n % len(f.choices)].id
        case "choices":
            return (f.choices[n % len(f.choices)].id,)
        case "date":
            return day
        case "moment":
            return datetime.combine(min(day, AS_OF), time(9 + n % 8)) if f.role == "raised" else datetime.combine(day, time(10))
        case "reference":
            of = f.of if f.of in counts else "tasks"
            return key_of(of, n % counts[of])
        case "percent":
            return (n % 11) / 10
        case "whole" | "amount":
            return 1 + n % 9
        case "yesno":
            return n % 2 == 0
        case _:
            return "每周一10:00" if f.id == "frequency" else f"{f.heading['zh']} {n + 1}，像真的一样写几个字"


def _said(output: str) -> str:
    """The figures of the verb's answer."""
    try:
        answer = json.loads(output[output.index("{") :])
    except ValueError:
        return output.strip()[-200:]
    found = {name: len(value) if isinstance(value, list) else value for name, value in answer.items() if not isinstance(value, dict)}
    return ", ".join(f"{name} {value}" for name, value in found.items() if name not in ("version", "next") and not isinstance(value, str))


if __name__ == "__main__":
    main()
