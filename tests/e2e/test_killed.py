"""Processes that die or meet: the real command line killed anywhere, and two at once on one master."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import command_line, start
from copied import copy_project
from judges import structural_findings
from master_points import POINTS
from small_project import Project

from collab_xl.errors import FINDINGS, REFUSED

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
AS_OF = ("--as-of", "2026-11-20")
KILL = "from collab_xl.project import checkpoint\nimport os, signal\ncheckpoint.armed[{!r}] = lambda: os.kill(os.getpid(), signal.SIGKILL)"
HOLD = """
from collab_xl.project import checkpoint
import sys
def hold():
    print("holding", file=sys.stderr, flush=True)
    sys.stdin.read()
checkpoint.armed[{!r}] = hold
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two replies in: edits, a conflict, a new problem row."""
    folder = tmp_path_factory.mktemp("base")
    project = Project.start(folder)
    project.issue()
    project.type(("tasks", "RW-002", "risk", "已缓解"))
    project.reply("研发部", {("tasks", "RW-002"): {"progress": "60%", "risk": "加剧"}}, "研发部")
    project.reply(
        "市场部",
        {
            ("tasks", "RW-001"): {"progress": 1, "status": "已完成", "actual_end": "2026-11-20"},
            ("problems", "+0"): {"description": "素材未定稿", "dept": "市场部"},
        },
        "市场部",
    )
    return folder


@pytest.fixture(scope="module")
def undisturbed(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], dict[str, object]]:
    """The data before, and after a consolidate nobody disturbed."""
    project = copied(base, tmp_path_factory.mktemp("undisturbed") / "p")
    before = project.data()
    assert command_line("consolidate", project.master, project.folder / "inbox", *AS_OF, "--json").json["submissions"]
    assert project.data() != before
    return before, project.data()


def copied(base: Path, target: Path) -> Project:
    copy_project(base, target)
    return Project(target)


def goes_on(project: Project, before: object, after: object) -> None:
    """Old or new, whole; looking works; the next run completes and gives what an undisturbed one gives."""
    assert project.data() in (before, after)
    assert structural_findings(project.master) == []
    assert command_line("status", project.master, *AS_OF, "--json").json["tasks"] == 3
    with sqlite3.connect(project.master.with_suffix(".collab") / "ledger.db") as conn:
        assert conn.execute("PRAGMA quick_check").fetchone()[0] == "ok"
    done = command_line("consolidate", project.master, project.folder / "inbox", *AS_OF, "--json")
    assert "error" not in done.json, done.err
    assert project.data() == after
    waiting = [(row["row_key"], row["field"]) for row in project.listed("conflicts")]
    assert waiting == [("RW-002", "风险描述")]
    assert [p.name for p in project.folder.iterdir() if p.name.startswith(".collab-")] == []
    undone = command_line("undo", project.master, *AS_OF, "--json")
    assert undone.json["kept"] == []
    assert project.data() == before


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_point_of_a_consolidate(
    base: Path, tmp_path: Path, undisturbed: tuple[dict[str, object], dict[str, object]], point: str
) -> None:
    project = copied(base, tmp_path / "p")
    done = command_line("consolidate", project.master, project.folder / "inbox", *AS_OF, before=KILL.format(point))
    assert done.code == -signal.SIGKILL, done.err
    before, after = undisturbed
    replaced = point in ("commit:replaced", "commit:done", "run:replaced")
    assert project.data() == (after if replaced else before)
    goes_on(project, before, after)


@pytest.mark.parametrize("times", [3, pytest.param(40, marks=pytest.mark.slow)])
def test_killed_at_any_moment(base: Path, tmp_path: Path, undisturbed: tuple[dict[str, object], dict[str, object]], times: int) -> None:
    """Not at points of ours but whenever; the first run is let through, to know how long one takes."""
    dice = random.Random(times)
    project = copied(base, tmp_path / "whole")
    begin = time.monotonic()
    assert start("consolidate", project.master, project.folder / "inbox", *AS_OF).wait(60) in (4,)
    seconds = time.monotonic() - begin
    for n in range(times):
        project = copied(base, tmp_path / f"p{n}")
        run = start("consolidate", project.master, project.folder / "inbox", *AS_OF)
        time.sleep(seconds * (0.3 + 0.7 * dice.random()))
        run.kill()
        run.communicate()
        goes_on(project, *undisturbed)


def held(project: Project, point: str) -> subprocess.Popen[bytes]:
    run = start("consolidate", project.master, project.folder / "inbox", *AS_OF, "--json", before=HOLD.format(point))
    assert run.stderr
    assert run.stderr.readline().strip() == b"holding"
    return run


def test_a_second_run_waits_for_the_first(base: Path, tmp_path: Path, undisturbed: tuple[object, object]) -> None:
    project = copied(base, tmp_path / "p")
    first = held(project, "run:computed")
    second = start("flag", project.master, *AS_OF, "--json")
    time.sleep(1)
    assert second.poll() is None  # it waits
    looked = command_line("status", project.master, *AS_OF, "--json")
    assert looked.json["tasks"] == 3  # looking needs no turn
    first.communicate()
    _, err = second.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (4, FINDINGS), err.decode()
    assert b"Traceback" not in err
    assert project.value("tasks", "RW-002", "progress") == 0.6  # of the first
    assert [row["row_key"] for row in project.listed("overdue")] == []  # of the second, which saw that RW-001 is done
    assert [r["verb"] for r in command_line("log", project.master, "--json").json["runs"][:2]] == ["flag", "consolidate"]
    assert structural_findings(project.master) == []


@pytest.mark.parametrize("lang", ["en"])
def test_a_second_run_gives_up_after_a_while(base: Path, tmp_path: Path, lang: str) -> None:
    project = copied(base, tmp_path / "p")
    first = held(project, "commit:verified")
    try:
        before = project.master.read_bytes()
        done = command_line("flag", project.master, *AS_OF, "--json", "--lang", lang)
        assert (done.code, done.json["error"]) == (REFUSED, "master_busy")
        assert str(first.pid) in done.json["what"]
        assert project.master.read_bytes() == before
    finally:
        os.kill(first.pid, signal.SIGKILL)  # a holder that dies lets go
        first.communicate()
    assert command_line("flag", project.master, *AS_OF, "--json").code == FINDINGS


def test_a_crowd(base: Path, tmp_path: Path, undisturbed: tuple[object, object]) -> None:
    """Four at once: each is done or refused in words, and the master has what those that were done say."""
    project = copied(base, tmp_path / "p")
    verbs = ("consolidate", "flag", "week", "check")
    runs = [start(v, project.master, *([project.folder / "inbox"] if v == "consolidate" else []), *AS_OF, "--json") for v in verbs]
    told = [run.communicate(timeout=120) for run in runs]
    for run, (out, err) in zip(runs, told, strict=True):
        assert b"Traceback" not in err, err.decode()
        assert run.returncode in (0, 3, 4) or b"master_busy" in out, (run.returncode, out, err)
    ended = {verb for verb, run in zip(verbs, runs, strict=True) if run.returncode != REFUSED}
    logged = command_line("log", project.master, "--json").json["runs"]
    assert {r["verb"] for r in logged if r["contained"]} == {"issue", *ended}
    assert structural_findings(project.master) == []
    if "consolidate" in ended:
        assert project.value("tasks", "RW-002", "progress") == 0.6
