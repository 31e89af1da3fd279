"""A computer as data: the folders where Excel looks for add-ins and scripts, and the command that starts Python.

In: platform, environment and home folder, as arguments, so that the tests cover Windows and the Mac on any system.  Out: paths, commands.
Pure, except `Machine.this` and `read_registry`.
Sources: Excel's StartupPath (`%APPDATA%\\Microsoft\\Excel\\XLSTART`; on the Mac in Office's group container), Apple's rule that a sandboxed
program runs only scripts from `~/Library/Application Scripts/<its id>`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from collab_xl.addin.xlwings_module import xlwings_version

Registry = Callable[[str], Mapping[str, object]]
"""The values of one key (`HKCU\\Software\\…`) by name; empty if the key is missing or unreadable."""

WINDOWS, MAC = "win32", "darwin"
OFFICE_GROUP = "Library/Group Containers/UBF8T346G9.Office"
MAC_STARTUP = "User Content.localized/Startup.localized/Excel"
MAC_EXCEL = "Microsoft Excel.app"
APP_PATHS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
MAC_SCRIPTS = "Library/Application Scripts/com.microsoft.Excel"


@dataclass(frozen=True)
class Machine:
    """What an installation and a diagnosis need to know about a computer. `platform` is `sys.platform`: win32, darwin, linux."""

    platform: str
    env: Mapping[str, str]
    home: Path
    python: str
    """The absolute path of the running interpreter."""
    registry: Registry
    applications: Path = Path("/Applications")
    """The Mac's folder for the programs of all users."""

    @classmethod
    def this(cls) -> Machine:
        return cls(sys.platform, os.environ, Path.home(), _console_python(sys.executable), read_registry)

    @property
    def has_excel(self) -> bool:
        """Whether there is an Excel for this system."""
        return self.platform in (WINDOWS, MAC)

    def excel(self) -> str | None:
        """The path of Excel, from the registry or the program folders; None if it is not found."""
        if self.platform == WINDOWS:
            found = (self.registry(rf"{hive}\{APP_PATHS}").get("") for hive in ("HKLM", "HKCU"))
            return next((str(path) for path in found if path), None)
        folders = (self.applications, self.home / "Applications")
        return next((str(f / MAC_EXCEL) for f in folders if (f / MAC_EXCEL).is_dir()), None)

    def startup_folders(self) -> list[Path]:
        """Folders whose files Excel opens when it starts: the user's own first, then the one for all users next to Excel (Windows)."""
        where = places(self.platform, self.env, self.home)
        folders = [where.startup] if where is not None else []
        if self.platform == WINDOWS and (excel := self.excel()):
            folders.append(Path(re.sub(r"[\\/][^\\/]*$", "", excel.strip('"'))) / "XLSTART")
        return folders


@dataclass(frozen=True)
class Places:
    """The folders an installation writes into."""

    startup: Path
    """XLSTART: when Excel starts, it opens every file in this folder and trusts it."""
    needs: Path
    """A folder that Office creates; if it is missing, this user has never started Office."""
    scripts: Path | None
    """The folder from which Excel may run scripts; None on Windows."""


def places(platform: str, env: Mapping[str, str], home: Path) -> Places | None:
    """None if there is no Excel for the system (Linux), or if APPDATA is not set on Windows."""
    if platform == WINDOWS and env.get("APPDATA"):
        roaming = Path(env["APPDATA"])
        return Places(roaming / "Microsoft" / "Excel" / "XLSTART", roaming, None)
    if platform == MAC:
        group = home / OFFICE_GROUP
        return Places(group / MAC_STARTUP, group, home / MAC_SCRIPTS)
    return None


def record_path(platform: str, env: Mapping[str, str], home: Path) -> Path:
    """The file in which `addin install` records the files it wrote. Not next to the add-in: Excel opens every file in XLSTART."""
    if platform == WINDOWS:
        base = Path(env.get("LOCALAPPDATA") or env.get("APPDATA") or home)
    elif platform == MAC:
        base = home / "Library" / "Application Support"
    else:
        base = Path(env.get("XDG_STATE_HOME") or home / ".local" / "state")
    return base / "collab_xl" / "addin.json"


def script_name() -> str:
    """The name of the script that the add-in runs on the Mac. Raises CollabError `addin_no_xlwings`."""
    return f"xlwings-{xlwings_version()}.applescript"


def windows_command(interpreter: str, code: str) -> str:
    """The command line that `RunPython` starts on Windows, with our code (ExecuteWindows in module xlwings)."""
    folder = interpreter.rpartition("\\")[0]
    # A network share has no drive letter: pushd assigns one until the command ends.
    go = f'pushd "{folder}" & ' if interpreter.startswith("\\\\") else f'{interpreter[:2]} & cd "{folder}" & '
    path = 'import xlwings.utils;xlwings.utils.prepare_sys_path(\\"false\\")'
    return f'cmd.exe /C {go}"{interpreter}" -B -P -c "{path}; {code}"  --wb="" --from_xl=1'


def mac_command(interpreter: str, code: str) -> list[str]:
    """The command that xlwings' script starts on the Mac, with our code. The script does not quote the path."""
    path = "import xlwings.utils;xlwings.utils.prepare_sys_path('false');"
    return ["/bin/sh", "-c", f'{interpreter} -B -u -W ignore -c "{path}{code} " "--wb=" "--from_xl=1"']


def _console_python(executable: str) -> str:
    """`python.exe` if the running interpreter is `pythonw.exe`, which has no output."""
    path = Path(executable)
    if path.name.lower() == "pythonw.exe" and (path.parent / "python.exe").is_file():
        return str(path.parent / "python.exe")
    return executable


def read_registry(key: str) -> Mapping[str, object]:
    """The values of a registry key; always empty on other systems than Windows."""
    out: dict[str, object] = {}
    if sys.platform == "win32":
        import winreg

        hive, _, path = key.partition("\\")
        root = winreg.HKEY_CURRENT_USER if hive == "HKCU" else winreg.HKEY_LOCAL_MACHINE
        try:
            # Office and Defender write to the 64-bit registry; a 32-bit Python would read the other one.
            with winreg.OpenKey(root, path, access=winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as opened:
                for number in range(winreg.QueryInfoKey(opened)[1]):
                    name, value, _ = winreg.EnumValue(opened, number)
                    out[name] = value
        except OSError:
            return out
    return out
