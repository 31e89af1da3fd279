"""A screen for the window: Xvfb, started once, and what a person does on it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SECONDS = 40
KEPT: list[object] = []
"""Windows that were closed. Tk ends the process if its interpreter is freed in another thread than the one that made it."""


def absent(what: str) -> None:
    """Skip, or fail where CI is set."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI is set")
    pytest.skip(what)


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """A screen of 1600 × 1100 in the variable DISPLAY, ended afterwards."""
    if shutil.which("Xvfb") is None:
        absent("Xvfb is not installed (Debian: xvfb)")
    try:
        import tkinter  # noqa: F401
    except ImportError as error:
        absent(f"this Python has no tkinter ({error}; Debian: python3-tk)")
    reads, writes = os.pipe()
    # A number of our own: a server that ends removes the socket of its number, also of one that has just begun with the same.
    number = f":{1000 + os.getpid() % 50_000}"
    command = ["Xvfb", number, "-displayfd", str(writes), "-screen", "0", "1600x1100x24", "-dpi", "96", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=(writes,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writes)
    before = os.environ.get("DISPLAY")
    try:
        with os.fdopen(reads) as said:
            assert said.readline().strip() == number[1:], "Xvfb did not start"
        os.environ["DISPLAY"] = number
        yield number
    finally:
        if before is None:
            os.environ.pop("DISPLAY", None)
        else:
            os.environ["DISPLAY"] = before
        process.terminate()
        process.wait(10)


class Person:
    """Drives a window in this process: what is clicked is the widget itself, what is waited for is the state."""

    def __init__(self, window: Any) -> None:
        self.window = window
        KEPT.append(window)

    @property
    def desk(self) -> Any:
        return self.window.desk

    def wait(self, until: Callable[[], object]) -> None:
        """Let the window work until something holds."""
        end = time.monotonic() + SECONDS
        while not until():
            assert time.monotonic() < end, f"waited in vain: {self.desk}"
            self.window.root.update()
            time.sleep(0.005)

    def idle(self) -> None:
        """Wait until no verb works and the choices are known."""
        self.wait(lambda: not self.desk.busy and not self.window._quiet)
        self.window.root.update()

    def choose(self, verb: str) -> None:
        self.window.verbs.buttons[verb].invoke()
        self.idle()

    def press(self, *, ended: bool = True) -> None:
        """The main button of the panel; waits for the end or for a question."""
        self.window.panel.main.invoke()
        if ended:
            self.wait(lambda: not self.desk.busy or self.desk.run.question is not None)
            self.window.root.update()

    def texts(self, widget: Any = None) -> list[str]:
        """Everything that is shown now."""
        if widget is None:
            self.window.root.update()
        out: list[str] = []
        for each in (widget or self.window.root).winfo_children():
            if each.winfo_viewable():
                with contextlib.suppress(Exception):
                    out.append(str(each.cget("text")))
                if each.winfo_class() == "Text":
                    out.append(each.get("1.0", "end").strip())
                if each.winfo_class() == "TCombobox":
                    out.append(each.get())
                out += self.texts(each)
        return [said for said in out if said]


def runs_of(master: Path) -> str:
    """The id of the run a master contains."""
    from collab_xl.book.hidden_sheet import hidden_values
    from collab_xl.book.read import read_book

    return str(hidden_values(read_book(master)).get("run") or "")
