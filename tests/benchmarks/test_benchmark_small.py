"""The benchmark measures what it says, shown on a size that takes seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import consolidate, floor, inputs, measure, stack


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> inputs.Inputs:
    return inputs.prepare(inputs.Size(rows=60, packs=3, pack_rows=10), tmp_path_factory.mktemp("benchmark"))


def test_inputs_are_what_was_asked_for_and_are_made_once(small: inputs.Inputs) -> None:
    assert len(list(small.filled.glob("*.xlsx"))) == 3
    assert small.edits == 3 * 10 * 2
    made = small.master.stat().st_mtime_ns
    again = inputs.prepare(inputs.Size(rows=60, packs=3, pack_rows=10), small.home.parent.parent)
    assert again == small
    assert again.master.stat().st_mtime_ns == made


def test_an_ordinary_week_changes_fewer_rows(small: inputs.Inputs) -> None:
    week = small.with_changes_in(5)
    assert week.edits == small.edits // 5
    assert len(list(week.filled.glob("*.xlsx"))) == 3
    assert small.with_changes_in(5) == week


def test_consolidate_takes_every_edit_of_the_benchmark(small: inputs.Inputs, tmp_path: Path) -> None:
    """Else its speed would be the speed of refusing."""
    measured = consolidate._consolidate(small, tmp_path / "home")
    assert measured.exit_code == 0, measured.output
    assert measured.peak_mb > 10
    assert sys.platform == "win32" or measured.cpu_seconds > 0.1
    words = [sys.executable, "-m", "collab_xl", "log", str(tmp_path / "home" / small.master.name), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert f'"applied": {small.edits}' in done.stdout


def test_floor_reads_everything_and_packs_only_what_differs(small: inputs.Inputs, tmp_path: Path) -> None:
    assert floor.floor(small.master, small.master, small.filled) == (4, 0)
    consolidate._consolidate(small, tmp_path / "home")
    books, size = floor.floor(small.master, tmp_path / "home" / small.master.name, small.filled)
    assert books == 4
    assert size > 1000


def test_stacking_stacks(small: inputs.Inputs, tmp_path: Path) -> None:
    assert stack.stack(small.filled, tmp_path / "stacked.xlsx", "任务跟踪表") == 30


def test_a_limit_can_be_missed() -> None:
    assert measure.limit_line("x", 2.6, "≤", 2.5)[-1] == "MISSED"
    assert measure.limit_line("x", 2.5, "≤", 2.5)[-1] == "ok"
    assert measure.limit_line("x", 3.9, "≥", 4.0)[-1] == "MISSED"
    fast, slow = (measure.Measured(s, 5.0, 0, "", 2 * s) for s in (1.0, 9.0))
    assert measure.medians([fast, slow, fast]) == (1.0, 5.0, 2.0)
