"""This machine as data: where Excel looks for add-ins and scripts, and how it starts Python. All but `Machine.this` is pure.

Whoever asks gives platform, environment and home folder, so that Windows and the Mac are tested wherever the tests run.
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
"""The values of one key (`HKCU\\Software\\…`) by name; empty for a key that is not there or cannot be read."""

WINDOWS, MAC = "win32", "darwin"
OFFICE_GROUP = "Library/Group Containers/UBF8T346G9.Office"
MAC_STARTUP = "User Content.localized/Startup.localized/Excel"
MAC_EXCEL = "Microsoft Excel.app"
APP_PATHS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
MAC_SCRIPTS = "Library/Application Scripts/com.microsoft.Excel"


@dataclass(frozen=True)
class Machine:
    """What an installation and a diagnosis need to know of a computer. `platform` is Python's word for it: win32, darwin, linux."""

    platform: str
    env: Mapping[str, str]
    home: Path
    python: str
    """The interpreter that runs us, absolute."""
    registry: Registry
    applications: Path = Path("/Applications")
    """Where the Mac keeps programs for all users."""

    @classmethod
    def this(cls) -> Machine:
        return cls(sys.platform, os.environ, Path.home(), _console_python(sys.executable), read_registry)

    @property
    def has_excel(self) -> bool:
        """Whether Excel exists for this system at all."""
        return self.platform in (WINDOWS, MAC)

    def excel(self) -> str | None:
        """Where Excel is installed, as the system says; None where it does not know."""
        if self.platform == WINDOWS:
            found = (self.registry(rf"{hive}\{APP_PATHS}").get("") for hive in ("HKLM", "HKCU"))
            return next((str(path) for path in found if path), None)
        folders = (self.applications, self.home / "Applications")
        return next((str(f / MAC_EXCEL) for f in folders if (f / MAC_EXCEL).is_dir()), None)

    def startup_folders(self) -> list[Path]:
        """Folders whose files Excel opens when it starts: the user's own first, then the one for everybody beside Excel (Windows)."""
        where = places(self.platform, self.env, self.home)
        folders = [where.startup] if where is not None else []
        if self.platform == WINDOWS and (excel := self.excel()):
            folders.append(Path(re.sub(r"[\\/][^\\/]*$", "", excel.strip('"'))) / "XLSTART")
        return folders


@dataclass(frozen=True)
class Places:
    """Where an installation puts things."""

    startup: Path
    """XLSTART: Excel opens what lies here when it starts, and trusts it."""
    needs: Path
    """A folder Office makes itself; without it Office was never started by this user."""
    scripts: Path | None
    """Where Excel may run scripts from; None on Windows."""


def places(platform: str, env: Mapping[str, str], home: Path) -> Places | None:
    """None where there is no Excel (Linux), or Windows does not say where programs keep their data (APPDATA)."""
    if platform == WINDOWS and env.get("APPDATA"):
        roaming = Path(env["APPDATA"])
        return Places(roaming / "Microsoft" / "Excel" / "XLSTART", roaming, None)
    if platform == MAC:
        group = home / OFFICE_GROUP
        return Places(group / MAC_STARTUP, group, home / MAC_SCRIPTS)
    return None


def record_path(platform: str, env: Mapping[str, str], home: Path) -> Path:
    """Where `addin install` notes what it put where. Not beside the add-in: Excel opens every file in XLSTART."""
    if platform == WINDOWS:
        base = Path(env.get("LOCALAPPDATA") or env.get("APPDATA") or home)
    elif platform == MAC:
        base = home / "Library" / "Application Support"
    else:
        base = Path(env.get("XDG_STATE_HOME") or home / ".local" / "state")
    return base / "collab_xl" / "addin.json"


def script_name() -> str:
    """The script the add-in asks Excel for on the Mac. Raises CollabError `addin_no_xlwings`."""
    return f"xlwings-{xlwings_version()}.applescript"


def windows_command(interpreter: str, code: str) -> str:
    """The command line `RunPython` gives to Windows, with our code in it (ExecuteWindows in module xlwings)."""
    folder = interpreter.rpartition("\\")[0]
    # A share has no drive to change to: pushd gives it one for as long as this takes.
    go = f'pushd "{folder}" & ' if interpreter.startswith("\\\\") else f'{interpreter[:2]} & cd "{folder}" & '
    path = 'import xlwings.utils;xlwings.utils.prepare_sys_path(\\"false\\")'
    return f'cmd.exe /C {go}"{interpreter}" -B -P -c "{path}; {code}"  --wb="" --from_xl=1'


def mac_command(interpreter: str, code: str) -> list[str]:
    """The command xlwings' script gives to the Mac's shell, with our code in it. The path is not quoted there."""
    path = "import xlwings.utils;xlwings.utils.prepare_sys_path('false');"
    return ["/bin/sh", "-c", f'{interpreter} -B -u -W ignore -c "{path}{code} " "--wb=" "--from_xl=1"']


def _console_python(executable: str) -> str:
    """`python.exe` where we run in `pythonw.exe`, which has no output to report through."""
    path = Path(executable)
    if path.name.lower() == "pythonw.exe" and (path.parent / "python.exe").is_file():
        return str(path.parent / "python.exe")
    return executable


def read_registry(key: str) -> Mapping[str, object]:
    """The values of a key of this machine's registry; empty elsewhere than on Windows."""
    out: dict[str, object] = {}
    if sys.platform == "win32":
        import winreg

        hive, _, path = key.partition("\\")
        root = winreg.HKEY_CURRENT_USER if hive == "HKCU" else winreg.HKEY_LOCAL_MACHINE
        try:
            # Office and Defender write to the 64-bit side, whichever Python asks.
            with winreg.OpenKey(root, path, access=winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as opened:
                for number in range(winreg.QueryInfoKey(opened)[1]):
                    name, value, _ = winreg.EnumValue(opened, number)
                    out[name] = value
        except OSError:
            return out
    return out
