"""The lines of `doctor` that need no workbook: whether the program works, and whether the ribbon can start it.

In: the machine.  Out: lines.  Effects: reads files, starts the interpreter once as Excel would, with a time limit. Writes nothing.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

from collab_xl import __version__
from collab_xl.addin.build import NAME, build
from collab_xl.addin.installed import settings_in
from collab_xl.addin.installing import installed_elsewhere
from collab_xl.addin.machine import WINDOWS, Machine, Places, mac_command, places, script_name, windows_command
from collab_xl.addin.policy import policy_lines
from collab_xl.addin.surroundings import downloaded
from collab_xl.addin.xlwings_module import script, xlwings_version
from collab_xl.catalogue import code_key
from collab_xl.errors import CollabError
from collab_xl.model.checkup import Health, Line, note, skipped, todo, well
from collab_xl.os_errors import reason

OLDEST_PYTHON = (3, 11)
START_SECONDS = 60
"""Seconds. At the first start a virus scanner may check every file."""
ASK = (
    "from collab_xl.excel.xlwings_setup import drop_exit_hook; drop_exit_hook(); "  # otherwise this check would end other Excel processes
    "import collab_xl.addin.ribbon, collab_xl.verbs.week; print(collab_xl.__version__)"
)
"""Imports every library a button needs; finds one that loads only in an activated environment."""


def program_lines(version: tuple[int, ...], machine: Machine) -> Iterator[Line]:
    """Python and package. `version` is `sys.version_info[:3]`."""
    said = ".".join(map(str, version))
    if version >= OLDEST_PYTHON:
        yield well("python", "python", version=said, path=machine.python)
    else:
        yield todo("python", "python_old", version=said, oldest=".".join(map(str, OLDEST_PYTHON)))
    yield well("package", "package", version=__version__)


def addin_lines(machine: Machine, *, from_excel: bool) -> Iterator[Line]:
    """The add-in, the interpreter it starts, and policies that may forbid it. `from_excel`: the ribbon calls, so Excel can start Python."""
    if not machine.has_excel:
        yield skipped("excel", "no_excel")
        return
    if not from_excel:
        program = machine.excel()
        yield well("excel", "excel", path=program) if program else todo("excel", "excel_missing")
    try:
        build()
    except CollabError as error:
        yield of_error("source", error)
    where = places(machine.platform, machine.env, machine.home)
    interpreter = ""
    if where is None:
        yield todo("startup", "no_appdata")
    elif not where.needs.is_dir():
        yield todo("startup", "office_never", folder=where.needs)
    else:
        interpreter = yield from _addin(machine, where)
    yield well("shell", "shell_excel") if from_excel else _started(machine.platform, interpreter or machine.python)
    if where is not None and where.scripts is not None and where.startup.is_dir():
        yield _script(where.scripts)
        yield note("automation", "automation")
    if machine.platform == WINDOWS:
        yield from policy_lines(machine.registry)
    yield note("unknown", "unknown_windows" if machine.platform == WINDOWS else "unknown_mac")


def of_error(topic: str, error: CollabError) -> Line:
    """A refusal as a line: what, why, and what to do."""
    what, fix, why = (code_key(f"error.{error.code}", part) for part in ("what", "fix", "why"))
    return Line(topic, Health.TODO, what, fix, error.facts, why)


def _addin(machine: Machine, where: Places) -> Generator[Line, None, str]:
    """The file in XLSTART. Returns the interpreter written into it, "" without one."""
    opened = [folder / NAME for folder in machine.startup_folders() if (folder / NAME).exists()]
    if not where.startup.is_dir() and not opened:
        yield todo("startup", "no_startup", folder=where.startup)
        return ""
    yield well("startup", "startup", folder=opened[0].parent if opened else where.startup)
    if not opened:
        elsewhere = tuple(map(str, installed_elsewhere(machine)))
        if elsewhere:
            yield note("addin", "addin_elsewhere", "addin_elsewhere_fix", paths=elsewhere)
        else:
            yield todo("addin", "no_addin", folder=where.startup)
        return ""
    if len(opened) > 1:
        yield todo("addin", "addin_twice", paths=tuple(map(str, opened)))
    try:
        data = opened[0].read_bytes()
    except OSError as error:
        yield todo("addin", "addin_unreadable", path=opened[0], reason=reason(error))
        return ""
    settings = settings_in(data)
    yield _version(data, settings, opened[0])
    yield (
        todo("blocked", "addin_blocked", path=opened[0])
        if downloaded(opened[0], machine.platform)
        else well("blocked", "addin_not_blocked")
    )
    inside = settings.get("INTERPRETER_WIN" if machine.platform == WINDOWS else "INTERPRETER_MAC", "")
    if settings and not inside:
        yield todo("interpreter", "no_interpreter")
    return inside


def _version(data: bytes, found: Mapping[str, str], path: Path) -> Line:
    if not found:
        return todo("addin", "addin_strange", path=path)
    if found["VERSION"] != __version__:
        return todo("addin", "addin_version", found=found["VERSION"] or "?", version=__version__)
    try:
        same = data == build(interpreter_win=found["INTERPRETER_WIN"], interpreter_mac=found["INTERPRETER_MAC"])
    except CollabError:
        same = False
    return well("addin", "addin", version=__version__) if same else todo("addin", "addin_differs", path=path)


def _started(platform: str, interpreter: str) -> Line:
    """Start the interpreter with the command that Excel uses and read the version of collab_xl it prints."""
    if not os.path.isfile(interpreter):
        return todo("interpreter", "interpreter_gone", path=interpreter)
    command = windows_command(interpreter, ASK) if platform == WINDOWS else mac_command(interpreter, ASK)
    # The Mac starts scripts in /. Python imports from its start folder, so the check starts there too, not in the folder of doctor.
    folder = None if platform == WINDOWS else "/"
    try:
        code, out, complaint = run_within(command, START_SECONDS, folder)
    except subprocess.TimeoutExpired:
        return todo("shell", "shell_slow", path=interpreter, seconds=START_SECONDS)
    except OSError as error:
        return todo("shell", "shell_refused", reason=reason(error))
    said = out.split()
    if code or not said:
        last = complaint.strip().splitlines()
        return todo("shell", "shell_failed", path=interpreter, reason=last[-1] if last else f"exit {code}")
    if said[-1] != __version__:
        return todo("shell", "shell_other", path=interpreter, found=said[-1], version=__version__)
    return well("shell", "shell", path=interpreter)


def run_within(command: str | list[str], seconds: float, folder: str | None) -> tuple[int, str, str]:
    """Exit code, output and error output of a command. Raises TimeoutExpired after ending the command and all its processes.

    Files and not pipes: what the shell has started would keep a pipe open after the shell was stopped, and we would wait for it.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder, start_new_session=sys.platform != "win32"
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            _stop(process.pid)
            process.wait()
            raise
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
        return code, texts[0], texts[1]


def _stop(pid: int) -> None:
    """End a command and all processes it has started."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(pid)], capture_output=True, check=False)
    else:
        os.killpg(pid, signal.SIGKILL)


def _script(folder: Path) -> Line:
    """The script on the Mac: must be that of the installed xlwings, because the add-in names it by its version."""
    try:
        wanted = script()
        name = script_name()
    except CollabError as error:
        return of_error("script", error)
    others = sorted(p.name for p in folder.glob("xlwings-*.applescript") if p.name != name)
    try:
        found = (folder / name).read_bytes()
    except OSError:
        found = b""
    if not found:
        what = "script_other" if others else "no_script"
        return todo("script", what, name=name, folder=folder, others=tuple(others))
    return well("script", "script", version=xlwings_version()) if found == wanted else todo("script", "script_differs", name=name)
