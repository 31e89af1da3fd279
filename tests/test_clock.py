"""No test rests on the day it runs: the product has one clock, no test reads another, and the tests that read the product's are known."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from clock_readers import TESTS, reads_the_clock

from collab_xl import options
from collab_xl.build.calendar_rows import calendar_rows
from collab_xl.verbs.times import clock
from tools.other_days import DAYS

ROOT = TESTS.parent
READS = {"now", "today", "utcnow", "localtime", "gmtime", "ctime", "time_ns", "getmtime"}


def clock_reads(path: Path) -> Iterator[str]:
    """`file:line: what` for every place that asks the system for the time, or a file for its own."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner, name = getattr(node.func.value, "id", ""), node.func.attr
            if (name in READS and owner != "clock") or (owner, name) == ("time", "time"):
                yield f"{path.name}:{node.lineno}: {name}()"
        elif isinstance(node, ast.Attribute) and node.attr == "st_mtime":
            yield f"{path.name}:{node.lineno}: {node.attr}"


def test_the_guard_sees_every_way_to_read_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(
        "datetime.now(); date.today(); time.time(); time.localtime()\np.stat().st_mtime; a.time(); a.now; clock.now()\n", "utf-8"
    )
    assert sorted(clock_reads(path)) == [
        "sample.py:1: localtime()",
        "sample.py:1: now()",
        "sample.py:1: time()",
        "sample.py:1: today()",
        "sample.py:2: st_mtime",
    ]


def test_the_product_has_one_clock() -> None:
    found = {at.partition(":")[0]: at for path in (ROOT / "collab_xl").rglob("*.py") for at in clock_reads(path)}
    ages = "when a file was put into the folder; how old a copy or a note left behind is; how long a service takes a token yet"
    assert set(found) == {"clock.py", "inbox.py", "copy.py", "left_state.py", "google_oauth.py"}, ages


def test_no_test_reads_a_clock_of_its_own() -> None:
    helpers = {path for path in TESTS.rglob("*.py") if path.name not in ("conftest.py", Path(__file__).name)}
    assert len(helpers) > 120
    assert [at for path in sorted(helpers) for at in clock_reads(path)] == []


def test_what_no_day_was_given_for_is_of_today() -> None:
    with clock.at(datetime(2028, 2, 29, 23, 59, 59, 999)):
        assert clock.now() == datetime(2028, 2, 29, 23, 59, 59)
        assert (clock.today(), options.day(None), options.day("2027-01-01")) == (date(2028, 2, 29), date(2028, 2, 29), date(2027, 1, 1))


def test_the_files_that_read_the_clock_are_known() -> None:
    files = sorted(TESTS.rglob("test_*.py"))
    read = {path.relative_to(TESTS).as_posix() for path in files if reads_the_clock(path)}
    assert {"e2e/test_week.py", "e2e/test_doctor.py", "e2e/test_ledger_gone.py", "addin/test_ribbon_week.py", "test_readme.py"} <= read
    pure = {path.relative_to(TESTS).as_posix() for path in files} - read
    assert {"merge/test_merge_laws.py", "read/test_values_laws.py", "plan/test_plan_undo_laws.py"} <= pure
    assert 40 < len(read) < len(files) - 40


def test_the_other_days_are_what_they_say() -> None:
    days = {day.day: day for day in DAYS}
    assert {(day.weekday(), days[day].whole) for day in days} >= {(6, True), (0, False)}
    assert {(day.month, day.day) for day in days if day.isocalendar().week == 53} == {(12, 31), (1, 1)}
    assert date(2028, 2, 29) in days
    (unofficial,) = [day for day in days if days[day].whole and day.weekday() != 6]
    kinds = {kind for _, kind, _ in calendar_rows("CN", (unofficial.year,))}
    assert kinds == {"off"}


def test_a_test_that_reads_the_clock_unseen_fails(tmp_path: Path) -> None:
    sample = tmp_path / "test_sample.py"
    sample.write_text("def test_it():\n    __import__('collab_xl.verbs.times.clock').verbs.times.clock.now()\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "conftest", "-c", str(ROOT / "pyproject.toml")]
    done = subprocess.run([*command, "--rootdir", str(ROOT), str(sample)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "reads the clock, and the rule" in done.stdout) == (1, True), done.stdout + done.stderr
