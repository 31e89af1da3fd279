"""Run the tests with the wall clock on other days (Debian's `faketime`): they must pass on any day.

    python tools/other_days.py [DAY ...]

Without days: the whole suite on the two of `DAYS` that say so, the tests that read the clock (marker `clock`) on the others. A day of
another date runs the whole suite. Only the wall clock is moved, and it goes on from noon of that day: time limits are measured as ever. The
system stamps files with its own time all the same, so a file just written is as old as the day is far away.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from pathlib import Path

from collab_xl.build.calendar_rows import calendar_rows

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Day:
    day: date
    what: str
    whole: bool = False
    """The whole suite, not only what reads the clock."""


UNOFFICIAL = next(year for year in count(2027) if all(kind == "off" for _, kind, _ in calendar_rows("CN", (year,))))
"""The first year of which the package `holidays` knows no moved workdays: the State Council publishes them in the November before."""

DAYS = (
    Day(date(2026, 12, 6), "a Sunday", whole=True),
    Day(date.fromisocalendar(UNOFFICIAL, 24, 3), "a year whose official holidays are not known yet", whole=True),
    Day(date(2026, 12, 7), "a Monday"),
    Day(date(2026, 12, 31), "the last day of a year with a week 53"),
    Day(date(2027, 1, 1), "the first day of a year, in week 53 of the year before"),
    Day(date(2028, 2, 29), "29 February"),
)

# Debian 12 has libfaketime 0.9.10: with the monotonic clock left alone, its clock_nanosleep passes on a time it never set, and Python's
# sleep fails (libfaketime #426, mended in 0.9.11). Waiting for no file at all is the same sleep by another call. A .pth file reaches every
# Python of the environment, also one started with -I; without the variable FAKETIME it does nothing.
SLEEP = (
    "import os; exec(\"if 'FAKETIME' in os.environ: import select, time; "
    'time.sleep = lambda seconds, wait=select.select: wait((), (), (), seconds) and None")\n'
)

PROBE = """
import time
from datetime import date
before = time.monotonic()
time.sleep(0.2)
print(date.today(), time.monotonic() - before)
"""


def on(day: date, command: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The command with the wall clock moved to noon of that day, and its environment."""
    seconds = int(datetime(day.year, day.month, day.day, 12).timestamp() - time.time())
    return ["faketime", "-m", "-f", f"{seconds:+d}", *command], {**os.environ, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def moved(day: date) -> bool:
    """Whether a process sees that day, and sleeps as long as it asked for."""
    command, env = on(day, [sys.executable, "-c", PROBE])
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    today, _, slept = done.stdout.strip().partition(" ")
    if today == day.isoformat() and 0.2 <= float(slept) < 5:
        return True
    print(f"test-days: the clock cannot be moved to {day}: {done.stdout}{done.stderr}", file=sys.stderr)
    return False


def run(day: Day) -> tuple[str, bool]:
    """Run the tests on a day: a line of figures, and whether all passed."""
    print(f"\n== {day.day:%a} {day.day} ({day.what}): {'every quick test' if day.whole else 'tests that read the clock'}", flush=True)
    if not moved(day.day):
        return f"{day.day}  not run", False
    with tempfile.TemporaryDirectory(prefix="test-days-") as folder:
        written = Path(folder, "junit.xml")
        which = "not slow" if day.whole else "clock and not slow"
        spread = ["-n", "2", "--dist", "worksteal"]  # as tools/test.sh does
        tests = [sys.executable, "-m", "pytest", "-q", *spread, "-m", which, "-p", "no:cacheprovider", f"--junitxml={written}"]
        command, env = on(day.day, tests)
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        began = time.monotonic()
        code = subprocess.run(command, env=env, cwd=ROOT, check=False).returncode
        seconds = time.monotonic() - began
        if not written.is_file():
            return f"{day.day}  pytest stopped with {code}", False
        suite = ET.parse(written).getroot().find("testsuite")
        assert suite is not None
        counts = {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}
    bad = counts["failures"] + counts["errors"]
    passed = counts["tests"] - bad - counts["skipped"]
    line = f"{day.day}  {passed:6} passed {bad:4} failed {counts['skipped']:4} skipped  {seconds / 60:5.1f} min  {day.what}"
    return line, code == 0 and passed > 0


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the tests with the wall clock on other days.")
    parser.add_argument("days", metavar="DAY", nargs="*", type=date.fromisoformat, help="2027-06-16; by default all of the list")
    if shutil.which("faketime") is None:
        sys.exit("test-days: the program faketime is missing (Debian: faketime).")
    asked = parser.parse_args().days
    listed = {day.day: day for day in DAYS}
    Path(sysconfig.get_path("purelib"), "shifted_clock.pth").write_text(SLEEP, encoding="ascii")
    results = [run(listed.get(day, Day(day, "as asked", whole=True))) for day in asked or listed]
    print("\n" + "\n".join(line for line, _ in results))
    sys.exit(not all(well for _, well in results))


if __name__ == "__main__":
    main()
