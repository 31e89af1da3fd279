"""Read every sample tracker as `import` does and compare each cell with the truth read by hand.

    python -m benchmarks.samples

The truth of a sample lies in `tests/cases/samples/NN.truth.toml`; 07 and 08 are public workbooks that may not be copied, so theirs
holds places, days and digests only. Exit code 1 when a cell was read wrongly, was not read although it can be, or a table was missed.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from collab_xl.model.directory import Directory
from collab_xl.model.place import a1, column_letters
from collab_xl.model.sheets import Table
from collab_xl.model.submission_log import InMemory
from collab_xl.model.values import Unreadable, Value
from collab_xl.read.context import Context
from collab_xl.read.located import Located
from collab_xl.read.sheet import Parsed
from collab_xl.verbs.receiving.reading import Job, survey_job

ROOT = Path(__file__).resolve().parent.parent
TRUTHS = ROOT / "tests" / "cases" / "samples"
BESIDE = ROOT.parent / "shared" / "samples"


@dataclass
class Score:
    """What was found in one sample. A cell is a filled or expected cell of a record under a heading of ours."""

    sample: str
    tables: list[str] = field(default_factory=list)
    """Sheet, heading rows and columns mapped of each table, in words."""
    columns: int = 0
    cells: int = 0
    read: int = 0
    unread: int = 0
    """Not read, as the truth says: no single meaning."""
    wrong: list[str] = field(default_factory=list)
    """Everything else: read as something else, guessed, not read although it can be, table or column missed."""


def sample(start: str) -> Path | None:
    """The sample whose name begins so: ours first, else the one beside the repository."""
    for folder in (TRUTHS, BESIDE):
        for path in sorted(folder.glob(f"{start}_*")):
            if path.suffix in (".xlsx", ".csv"):
                return path
    return None


def truths() -> dict[str, Mapping[str, Any]]:
    """Number of a sample → its truth."""
    return {p.name[:2]: tomllib.loads(p.read_text(encoding="utf-8")) for p in sorted(TRUTHS.glob("*.truth.toml"))}


def score(path: Path, truth: Mapping[str, Any]) -> Score:
    """Compare one sample with its truth, cell by cell."""
    out = Score(path.name)
    survey = survey_job(Job("", path.name, InMemory(path.read_bytes()), Context("zh", Directory())))
    names = [name for name, _ in survey.sheets]
    wanted: dict[str, list[Mapping[str, Any]]] = {}
    for table in truth["table"]:
        sheet = table["sheet"]
        wanted.setdefault(sheet if isinstance(sheet, str) else names[sheet - 1], []).append(table)
    for name, parsed in survey.sheets:
        _sheet(out, name, parsed, wanted.get(name, []))
    bare = sum(not parsed.tables for _, parsed in survey.sheets)
    if bare != truth.get("no_tracker", 0):
        out.wrong.append(f"{bare} sheets without a tracker, {truth.get('no_tracker', 0)} expected")
    return out


def _sheet(out: Score, name: str, parsed: Parsed, wanted: Sequence[Mapping[str, Any]]) -> None:
    if len(parsed.tables) != len(wanted):
        out.wrong.append(f"{name}: {len(parsed.tables)} tables, {len(wanted)} expected")
    for table, located, truth in zip(parsed.tables, parsed.located, wanted, strict=False):
        first, last = table.heading_rows
        mapped = {place: "+".join(fields) for place, (_, fields) in _places(located) if fields}
        out.columns += len(mapped)
        out.tables.append(f"{name}, {first if first == last else f'{first}–{last}'}")
        where = f"{name} row {first}"
        for what, got, expected in (
            ("form", table.form, truth["form"]),
            ("headings", [first, last], truth["headings"]),
            ("columns", mapped, truth["columns"]),
            ("kept", [p for p, (_, fields) in _places(located) if not fields], truth["kept"]),
            ("rows", list(_rows(table)), list(truth["rows"])),
        ):
            if got != expected:
                out.wrong.append(f"{where}: {what} {got}, {expected} expected")
        _cells(out, table, parsed, truth)


def _places(located: Located) -> list[tuple[str, tuple[str, tuple[str, ...]]]]:
    """Column letters (or the value's cell in a form of labels) with heading and fields."""
    return [(column_letters(col), what) for col, what in located.columns.items()] + [(a1(*at), what) for at, what in located.cells.items()]


def _rows(table: Table) -> dict[str, int]:
    """Sheet row → record; several out of one cell are 8.1, 8.2, …"""
    rows = list(table.rows)
    return {str(row) if rows.count(row) == 1 else f"{row}.{rows[:i].count(row) + 1}": i for i, row in enumerate(rows)}


def _cells(out: Score, table: Table, parsed: Parsed, truth: Mapping[str, Any]) -> None:
    said = {(str(f.at), f.code) for f in parsed.findings}
    rows = _rows(table)
    for row, line in truth["rows"].items():
        for field_id, expected in zip(truth["fields"], line, strict=True):
            index = rows.get(row)
            at = f"{table.sheet}!{row} {field_id}" if index is None else str(table.at(index, field_id))
            got = None if index is None else table.get(index, field_id)
            raw = None if index is None else table.raw.get(field_id, {index: None})[index]
            if expected == "" and raw in (None, "") and got is None:
                continue  # a blank cell read as blank is no achievement
            out.cells += 1
            if isinstance(expected, Mapping):
                if isinstance(got, Unreadable) and got.text == expected["unread"] and (at, expected["code"]) in said:
                    out.unread += 1
                else:
                    out.wrong.append(f"{at}: {got!r}, {expected['code']} expected")
            elif _same(got, expected):
                out.read += 1
            else:
                out.wrong.append(f"{at}: {got!r}, {expected!r} expected")
    extra = set(table.values) - set(truth["fields"])
    filled = {f for f in extra if any(v is not None for v in table.values[f])}
    if filled:
        out.wrong.append(f"{table.sheet}: fields {sorted(filled)} are filled, the truth has none")


def _same(got: Value, expected: object) -> bool:
    if expected == "":
        return got is None
    if isinstance(expected, list):
        return isinstance(got, tuple) and len(got) == len(expected) and all(map(_same, got, expected))
    if isinstance(expected, str) and expected.startswith("#"):
        return isinstance(got, str) and hashlib.sha256(got.encode()).hexdigest()[:10] == expected[1:]
    if isinstance(expected, (date, datetime)):
        return type(got) is type(expected) and got == expected
    if isinstance(expected, bool):
        return got is expected
    return type(got) in ((int, float) if isinstance(expected, (int, float)) else (str,)) and got == expected


def scores() -> list[Score]:
    """Every sample that is here, in order."""
    return [score(path, truth) for start, truth in truths().items() if (path := sample(start)) is not None]


def lines(found: Sequence[Score]) -> list[str]:
    """The table as Markdown."""
    out = [
        "| sample | sheet, heading rows | columns mapped | cells | read | unread | wrong |",
        "|---|---|---|---|---|---|---|",
    ]
    for s in found:
        out.append(f"| {s.sample} | {' · '.join(s.tables)} | {s.columns} | {s.cells} | {s.read} | {s.unread} | {len(s.wrong)} |")
    total = [sum(getattr(s, name) for s in found) for name in ("columns", "cells", "read", "unread")]
    out.append(f"| **all** | | {' | '.join(map(str, total))} | {sum(len(s.wrong) for s in found)} |")
    return out


def main() -> None:
    found = scores()
    print("\n".join(lines(found)))
    for s in found:
        for wrong in s.wrong:
            print(f"{s.sample}: {wrong}")
    sys.exit(1 if any(s.wrong for s in found) else 0)


if __name__ == "__main__":
    main()
