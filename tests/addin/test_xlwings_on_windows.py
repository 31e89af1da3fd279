"""xlwings' own code for Windows over stand-ins of pywin32: what it does when Python ends, and what a busy Excel looks like through it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from collab_xl.addin.diagnose import ASK

TASKLIST = """
Image Name                     PID Session Name        Session#    Mem Usage
========================= ======== ================ =========== ============
EXCEL.EXE                     4321 Console                    1    180,412 K
EXCEL.EXE                     5678 Console                    1     96,004 K
"""
START = f"""
import subprocess, sys, types, webbrowser
import pywin32_stubs
pywin32_stubs.install()
def run(command, **_):
    print("ran", *command)
    return types.SimpleNamespace(stdout={TASKLIST!r})
subprocess.run = run
webbrowser.open = lambda url: True
import xlwings.utils
import xlwings._xlwindows
xlwings.apps = []
"""
MAC = """
import atexit, sys, types
mac = types.ModuleType("xlwings._xlmac")
mac.cleanup = atexit.register(lambda: print("ran CleanUp"))
sys.modules["xlwings._xlmac"] = mac
"""
CLICK = """
sys.argv = ["-c", "--wb=", "--from_xl=1"]
from collab_xl.addin import ribbon
ribbon.run("help")
"""
NO_BUTTON = """
from collab_xl.addin import ribbon
try:
    ribbon.run("nothing")
except ValueError:
    pass
"""
FROM_PYTHON = """
from collab_xl.excel.xlwings_setup import xlwings
xlwings()
"""


def output(script: str, tmp_path: Path) -> str:
    here = Path(__file__).resolve().parent
    path = os.pathsep.join((str(here), str(here.parents[1])))
    env = {**os.environ, "PYTHONPATH": path, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_xlwings_left_alone_ends_other_excels(tmp_path: Path) -> None:
    """What the next test would see."""
    said = output(START, tmp_path)
    assert set(re.findall(r"ran taskkill /PID (\d+) /F", said)) == {"4321", "5678"}
    assert "ran CleanUp" in output(MAC, tmp_path)


@pytest.mark.parametrize(
    "what", [CLICK, NO_BUTTON, FROM_PYTHON, ASK], ids=["a click", "no such button", "from Python", "doctor's question"]
)
def test_nothing_is_ended_when_python_ends(what: str, tmp_path: Path) -> None:
    assert "ran" not in output(START + what, tmp_path).split()
    assert "ran" not in output(MAC + what, tmp_path).split()


BUSY = """
import pywin32_stubs, sys, time
pywin32_stubs.install()
from pywin32_stubs import CALL_REJECTED, CDispatch, ComError
import xlwings._xlwindows as windows
from collab_xl.excel.xlwings_setup import drop_exit_hook
drop_exit_hook()
from collab_xl.excel import xlwings_setup as live_xlwings
from collab_xl.excel.busy import excel_errors
from collab_xl.excel.state import wait_until_ready
from collab_xl.errors import CollabError

class Names:
    def GetIDsOfNames(self, *_): raise ComError(CALL_REJECTED, "rejected", None, None)

class Busy(CDispatch):
    _oleobj_ = Names()
    tries, left = 0, 10**9
    def _refuse(self):
        Busy.tries += 1
        if Busy.tries <= Busy.left: raise eval(face)
    def __getattr__(self, name): self._refuse(); return 7
    def __setattr__(self, name, value): self._refuse()
    def __call__(self): self._refuse(); return 7

class App:
    screen_updating = property(lambda self: excel.ScreenUpdating, lambda self, value: setattr(excel, "ScreenUpdating", value))

excel = windows.COMRetryObjectWrapper(Busy())
method = windows.COMRetryMethodWrapper(Busy())
def tried(what, left=10**9):
    Busy.tries, Busy.left = 0, left
    pauses, began = [], time.monotonic()
    live_xlwings.time.sleep = pauses.append
    try:
        what(pauses)
        said = "done"
    except CollabError as error: said = error.code
    except Exception as error: said = type(error).__name__
    print(said, Busy.tries, round(sum(pauses), 1), windows.N_COM_ATTEMPTS, sep="|")
def inside(call):
    def work(_):
        with excel_errors(): call()
    return work
CALLS = {"get": lambda: excel.Value, "set": lambda: setattr(excel, "Value", 1), "call": lambda: excel(), "method": lambda: method()}
"""
FACES = {
    "call rejected": "ComError(CALL_REJECTED, 'rejected', None, None)",
    "an unknown member": "AttributeError('Excel.Application.Value')",
}
ONCE = {
    "VBA_E_IGNORE": "ComError(-2146777998, 'ignored', None, None)",
    "VBA_E_IGNORE in scode": "ComError(-2147352567, 'x', (0, 'Excel', None, None, 0, -2146777998), None)",
    "RPC_E_SERVERCALL_RETRYLATER": "ComError(-2147417846, 'later', None, None)",
}


REAL = "ComError(-2147352567, 'x', (0, 'Excel', None, None, 0, -2146827284), None)"
"""0x800A03EC is Excel's word for many real errors."""
WORK = {
    "each call": "for call in CALLS.values(): tried(inside(call))",
    "each call, busy for a moment": "for call in CALLS.values(): tried(inside(call), left=3)",
    "asked before": "tried(lambda pauses: wait_until_ready(App(), pauses.append))",
    "asked before, busy for a moment": "tried(lambda pauses: wait_until_ready(App(), pauses.append), left=3)",
}


Lines = dict[tuple[str, str], list[list[str]]]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Lines:
    """(how it looks, what was tried) → what was seen of each call; all in one process."""
    jobs = [(face, work) for face in (*FACES.values(), *ONCE.values(), REAL) for work in WORK]
    script = BUSY + "".join(f"print('job'); face = {face!r}\n{WORK[work]}\n" for face, work in jobs)
    _, *parts = output(script, tmp_path_factory.mktemp("busy")).split("job\n")
    return dict(zip(jobs, ([line.split("|") for line in part.splitlines()] for part in parts), strict=True))


@pytest.mark.parametrize("face", FACES)
def test_a_rejected_call_is_tried_for_seconds_with_pauses_and_then_said(face: str, lines: Lines) -> None:
    found = lines[FACES[face], "each call"]
    assert [line[0] for line in found] == ["excel_busy"] * 4
    for _, tries, seconds, setting in found:
        assert 10 <= int(tries) <= 25
        assert 2 < float(seconds) < 6
        assert setting == "0", "xlwings' own setting comes back"


@pytest.mark.parametrize("face", FACES)
def test_an_excel_that_is_busy_for_a_moment_only_is_no_refusal(face: str, lines: Lines) -> None:
    assert [line[:2] for line in lines[FACES[face], "each call, busy for a moment"]] == [["done", "4"]] * 4


@pytest.mark.parametrize("face", ONCE)
def test_the_other_faces_of_busy_are_said_too(face: str, lines: Lines) -> None:
    assert [line[0] for line in lines[ONCE[face], "each call"]] == ["excel_busy"] * 4


@pytest.mark.parametrize("face", [*FACES.values(), *ONCE.values(), REAL])
def test_before_anything_is_changed_excel_is_asked_ten_times_in_two_seconds(face: str, lines: Lines) -> None:
    assert lines[face, "asked before"] == [["excel_busy", "10", "1.8", "0"]]
    assert lines[face, "asked before, busy for a moment"][0][0] == "done"


def test_what_is_no_sign_of_a_busy_excel_stays_what_it_is(lines: Lines, tmp_path: Path) -> None:
    """Also an AttributeError of our own, which is a defect, and a member that Excel says it does not know."""
    assert [line[:2] for line in lines[REAL, "each call"]] == [["ComError", "1"]] * 4
    script = "face = 'KeyError()'\ntried(inside(lambda: None .Value))\n"
    script += "Names.GetIDsOfNames = lambda *_: (_ for _ in ()).throw(ComError(-2147352570, 'unknown', None, None))\n"
    script += f"face = {FACES['an unknown member']!r}\ntried(inside(CALLS['get']))"
    own, unknown = output(BUSY + script, tmp_path).splitlines()
    assert own.split("|")[0] == "AttributeError"
    assert unknown.split("|")[:2] == ["ComError", "1"]
