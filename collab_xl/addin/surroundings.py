"""The lines of `doctor` on what the program stands on: its Python, xlwings, the temporary folder, the offline kit it came from.

In: the machine, and facts of the running Python as arguments.  Out: lines.  Effects: reads files, writes one probe into the temporary
folder and removes it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import struct
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from collab_xl import __version__
from collab_xl.addin.build import build
from collab_xl.addin.machine import MAC, WINDOWS, Machine
from collab_xl.errors import CollabError
from collab_xl.model.checkup import Line, note, todo, well
from collab_xl.model.excel_limits import MAX_PATH
from collab_xl.os_errors import reason

ROOM = 60
"""Characters that a copy of a workbook needs below the temporary folder."""
KIT = "collab-kit.json"
"""In the environment, written by the kit's own script: the list of its files."""
ZONE = re.compile(r"ZoneId=([34])")
"""The zones internet and restricted sites of Windows."""


def python_lines(machine: Machine, *, bits: int | None = None, tk: bool | None = None) -> Iterator[Line]:
    """Whether this Python can serve Excel: 64 bits, not the Microsoft Store's, with windows for the desk."""
    bits = struct.calcsize("P") * 8 if bits is None else bits
    tk = importlib.util.find_spec("tkinter") is not None if tk is None else tk
    if machine.platform == WINDOWS and re.search(r"[\\/]windowsapps[\\/]", machine.python, re.IGNORECASE):
        yield todo("python_kind", "python_store", path=machine.python)
    elif bits != 64:
        yield todo("python_kind", "python_32", bits=bits)
    else:
        yield well("python_kind", "python_64")
    yield well("tk", "tk") if tk else note("tk", "no_tk", "no_tk_fix")


def xlwings_line(machine: Machine, *, wanted: str | None = None, found: str | None = None) -> Line | None:
    """Whether xlwings is the version this program asks for; None where none is needed."""
    wanted = _pinned() if wanted is None else wanted
    if not machine.has_excel or not wanted:
        return None
    try:
        found = version("xlwings") if found is None else found
    except PackageNotFoundError:
        return todo("xlwings", "no_xlwings", wanted=wanted)
    return well("xlwings", "xlwings", version=found) if found == wanted else todo("xlwings", "xlwings_other", found=found, wanted=wanted)


def _pinned() -> str:
    """The version in our own requirements, "" if the package is not installed as one."""
    try:
        named = [re.match(r"xlwings *==([\w.]+)", line) for line in requires("collab-xl") or ()]
    except PackageNotFoundError:
        return ""
    return next((match[1] for match in named if match), "")


def temporary_line(folder: Path | None = None) -> Line:
    """Whether copies for Excel fit into the temporary folder: it can be written into, and its path leaves room for a name."""
    try:
        place = folder if folder is not None else Path(tempfile.gettempdir())
        with tempfile.NamedTemporaryFile(dir=place, prefix="collab-probe-"):
            pass
    except OSError as error:
        return todo("temporary", "temporary_refused", folder=folder or "%TEMP%", reason=reason(error))
    if len(str(place)) > MAX_PATH - ROOM:
        return todo("temporary", "temporary_long", folder=place, length=len(str(place)), most=MAX_PATH - ROOM)
    return well("temporary", "temporary", folder=place)


def kit_lines(prefix: Path | None = None, found: Mapping[str, str] | None = None) -> Iterator[Line]:
    """Where an offline kit installed this environment: whether the packages and the add-in are still those of its list.

    Args:
        prefix: the folder of the environment.
        found: package → version, by default those that are installed.
    """
    path = (prefix or Path(sys.prefix)) / KIT
    try:
        kit = json.loads(path.read_text("utf-8"))
        wheels = [str(name).rpartition("/")[2].split("-")[:2] for name in kit["files"] if str(name).endswith(".whl")]
        package, python, addin = str(kit["package"]), str(kit["python"]), str(kit["addin"])
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        yield todo("kit", "kit_unreadable", path=path)
        return
    wanted = {re.sub(r"[-_.]+", "-", name).lower(): number for name, number in wheels}
    here = {name: _installed(name) for name in wanted} if found is None else found
    other = sorted(name for name, number in wanted.items() if here.get(name) != number)
    running = sysconfig.get_python_version()
    if running != python or package != __version__ or other:
        yield todo("kit", "kit_other", package=package, python=python, names=tuple(other[:6] or (f"Python {running}",)))
        return
    try:
        same = not addin or hashlib.sha256(build()).hexdigest() == addin
    except CollabError:
        same = False
    if not same:
        yield todo("kit", "kit_addin", package=package)
    else:
        yield well("kit", "kit" if addin else "kit_packages", package=package, python=python, count=len(wanted))


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def downloaded(path: Path, platform: str) -> bool:
    """Whether the system keeps the mark of a download on a file: Excel blocks macros of such a file, the Mac asks about it."""
    try:
        if platform == WINDOWS:
            return ZONE.search(Path(f"{path}:Zone.Identifier").read_text("utf-8", errors="replace")) is not None
        if platform == MAC:
            asked = ["/usr/bin/xattr", "-p", "com.apple.quarantine", str(path)]
            return subprocess.run(asked, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
    return False


def environment_lines(machine: Machine) -> Iterator[Line]:
    """All of these, of the running Python."""
    yield from python_lines(machine)
    if (line := xlwings_line(machine)) is not None:
        yield line
    yield temporary_line()
    yield from kit_lines()
