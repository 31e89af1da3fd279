"""A click that is killed at each step of its writing leaves a note; the next click, or the desk, sets Excel's settings back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from e2e.small_project import Project

from collab_xl.addin import ribbon
from collab_xl.excel import left_state
from collab_xl.verbs import clock
from excel_com.application import AUTOMATIC, Application
from excel_com.clicks import on_the_screen
from excel_com.killed_click import FRIDAY, SETTINGS

SCRIPT = Path(__file__).with_name("killed_click.py")
FOUND = {"_updating": True, "_events": True, "_calculation": AUTOMATIC, "_fills_columns": True, "_interactive": True, "_status": False}
POINTS = ("live:backed_up", "run:prepared")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.again(tmp_path_factory.mktemp("killed") / "p")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test, for this process and the killed one."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def killed(project: Project, settings: Path, step: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(project.master), str(settings), step]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ), check=False)


def into(app: Application, settings: Path) -> None:
    """Excel as the killed process left it."""
    for name, value in json.loads(settings.read_text("utf-8")).items():
        setattr(app, name, value)


def of(app: Application) -> dict[str, Any]:
    return {name: getattr(app, name) for name in SETTINGS}


def test_at_every_step_the_next_click_sets_back_what_was_left(source: Project, temporary: Path, tmp_path: Path) -> None:
    whole = killed(source.copy(tmp_path / "whole"), tmp_path / "whole.json", "none")
    assert whole.returncode == 0, whole.stderr
    changes = int(whole.stdout.split()[-1])
    assert changes >= 8
    assert [*left_state.folder().glob("*.json")] == [], "a click that ends leaves no note"
    noted = 0
    for step in (*map(str, range(1, changes + 1)), *POINTS):
        project, settings = source.copy(tmp_path / f"at-{step.replace(':', '-')}"), tmp_path / f"{step.replace(':', '-')}.json"
        died = killed(project, settings, step)
        assert died.returncode == -9, (step, died.stderr)
        noted += bool([*left_state.folder().glob("*.json")])
        with clock.at(FRIDAY), on_the_screen() as excel:
            book = excel.open(project.master)
            into(excel.app, settings)
            seen = excel.click("check", book)  # asserts that every setting is as a person has it
            assert not seen.bad, (step, seen.message)
            assert of(excel.app) == FOUND, step
        assert [*left_state.folder().glob("*.json")] == [], step
    assert noted >= 6, "while cells are written there is a note"


def test_the_desk_sets_it_back_without_a_click(source: Project, temporary: Path, tmp_path: Path) -> None:
    project, settings = source.copy(tmp_path / "p"), tmp_path / "left.json"
    assert killed(project, settings, "run:prepared").returncode == -9
    with on_the_screen() as excel:
        book = excel.open(project.master)
        into(excel.app, settings)
        assert of(excel.app) != FOUND
        argv = ["desk", f"--wb=u16:{book._name.encode('utf-16-be').hex()}", "--from_xl=1", "--hwnd=1"]
        assert ribbon.set_back(argv)
        assert of(excel.app) == FOUND
        assert not ribbon.set_back(argv), "once"


def test_a_run_that_works_now_is_left_alone_and_the_persons_own_choice_stays(source: Project, temporary: Path, tmp_path: Path) -> None:
    with on_the_screen() as excel:
        import xlwings

        excel.open(source.copy(tmp_path / "p").master)  # without a workbook Excel does not tell how it calculates

        app = xlwings.apps.active
        excel.app._calculation = -4135  # the person calculates by hand
        note = left_state.Note(app, {"calculation": "manual", "updating": True, "events": False, "fills": False})
        excel.app._updating = False
        assert not left_state.set_back(app), "its lock is held"
        assert excel.app._updating is False
        note.release()
        excel.app._calculation, excel.app._events, excel.app._fills_columns = AUTOMATIC, True, False
        assert left_state.set_back(app)
        assert (excel.app._calculation, excel.app._events, excel.app._fills_columns, excel.app._updating) == (-4135, False, False, True)


@pytest.mark.parametrize("torn", ["", "{", "[1]", '{"calculation": "x'])
def test_a_torn_note_changes_nothing(torn: str, temporary: Path) -> None:
    with on_the_screen() as excel:
        import xlwings

        left_state.folder().mkdir(mode=0o700)
        app = xlwings.apps.active
        (left_state.folder() / f"{app.pid}.json").write_text(torn)
        excel.app._events = False
        assert not left_state.set_back(app)
        assert excel.app._events is False
