"""The desk as a program: started twice, driven by keys alone; and that there is one for each user."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from desk.screen import SECONDS, absent, runs_of
from e2e.small_project import Project

from collab_xl.catalogue import text
from collab_xl.desk.single import HOST, PLACE, RAISE, raise_other, taken
from collab_xl.user_logs import user_file

ROOT = Path(__file__).resolve().parents[2]


def keys(*words: str) -> None:
    """What a person types: xdotool sends it to the window that has the focus."""
    subprocess.run(["xdotool", "key", "--clearmodifiers", "--delay", "40", *words], check=True)


def typed(said: str) -> None:
    subprocess.run(["xdotool", "type", "--delay", "5", said], check=True)


def test_a_week_by_keyboard_alone_and_a_second_start(display: str, master: Path, tmp_path: Path) -> None:
    """The program as a person starts it: Alt+8 and Enter, Ctrl+Enter writes; undo with Tab; a second start ends; Ctrl+N makes a project."""
    if shutil.which("xdotool") is None:
        absent("xdotool is not installed (Debian: xdotool)")
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "COLLAB_XL_LANG": "zh", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "collab_xl", "desk", str(master)]
    first = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        found = ["xdotool", "search", "--sync", "--onlyvisible", "--class", "Collab-xl"]
        number = subprocess.run(found, capture_output=True, text=True, check=True, timeout=SECONDS).stdout.split()[0]
        second = subprocess.run(command[:-1], cwd=ROOT, env=env, capture_output=True, text=True, timeout=SECONDS)
        assert (second.returncode, second.stdout.strip()) == (0, text("desk.already_open", "zh"))
        subprocess.run(["xdotool", "windowfocus", "--sync", number], check=True)
        before = runs_of(master)
        written = press_until(lambda: runs_of(master) != before, [("alt+8",), ("Return",), ("ctrl+Return",)])
        assert written, "Alt+8, Enter, Ctrl+Enter: flagged"
        made = tmp_path / "new.xlsx"
        for pause in (0.2, 0.8, 2.0):  # on a busy machine again: a key that comes before its window has the keyboard goes elsewhere
            new_project(made, pause)
            if wait_for(made.is_file, SECONDS / 3):
                break
            keys("Escape")
        assert made.is_file()
        names = {str(row["name"]) for row in listed_in(made)}
        assert names == {"Marketing", "Research"}
    finally:
        first.terminate()
        said = first.communicate(timeout=SECONDS)[0]
    assert "Traceback" not in said


def listed_in(master: Path) -> list[dict[str, object]]:
    """The departments of a master."""
    project = Project(master.parent)
    project.master = master
    return project.listed("departments")


def new_project(made: Path, pause: float) -> None:
    """Ctrl+N, the fields of its dialog one after the other, Enter."""
    windows = visible()
    keys("ctrl+n")
    wait_for(lambda: visible() > windows)
    time.sleep(pause)
    keys("ctrl+a")
    typed("Pilot")
    keys("Tab", "ctrl+a")
    typed(str(made))
    keys("Tab", "Tab", "Tab", "Tab")  # where to keep it, language, country, departments
    typed("Marketing")
    keys("Return")
    typed("Research")
    keys("Tab")
    time.sleep(pause)
    keys("Return")


def visible() -> int:
    """How many windows of the desk there are."""
    listed = subprocess.run(["xdotool", "search", "--onlyvisible", "--class", "Collab-xl"], capture_output=True, text=True, check=False)
    return len(listed.stdout.split())


def press_until(holds: Callable[[], object], steps: list[tuple[str, ...]]) -> bool:
    """Press the keys one after the other until it holds; on a busy machine again, with longer pauses: early keys do nothing."""
    for pause in (0.4, 0.8, 1.6, 3.0):
        for step in steps:
            keys(*step)
            if wait_for(holds, pause):
                return True
    return wait_for(holds)


def wait_for(holds: Callable[[], object], seconds: float = SECONDS) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return bool(holds())


def test_one_desk_for_each_user() -> None:
    only = taken()
    assert only is not None
    assert taken() is None
    deadline = time.monotonic() + 5
    while not only.asked:
        assert time.monotonic() < deadline
    assert not only.asked, "asked once"
    only.close()
    assert not raise_other(0.2), "nobody answers any more"
    again = taken()
    assert again is not None, "the next start is the desk"
    again.close()


def test_who_does_not_say_the_word_is_not_answered() -> None:
    only = taken()
    assert only is not None
    try:
        place = user_file(PLACE)
        if os.name == "posix":
            assert place.stat().st_mode & 0o077 == 0
        port = json.loads(place.read_text("ascii"))["port"]
        for said in (b"raise \n", RAISE + b"0" * 32 + b"\n", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 500, b""):
            with socket.create_connection((HOST, port), timeout=3) as client:
                client.sendall(said)
                with contextlib.suppress(OSError):  # closed already
                    client.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionError):
                    assert client.recv(100) == b""
        assert not only.asked
        assert raise_other(2)
        assert only.asked
    finally:
        only.close()
