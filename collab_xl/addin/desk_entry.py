"""The desk in the menu of programs: what `addin install` puts there, as files. Pure but for `shell_link`.

In: the machine, the names in both languages.  Out: path → bytes; `installing.install_files` writes and records them, `remove` takes them
away.

Windows: a shortcut in the Start menu, on request a second one in its Startup folder, and the icon. Linux: the same as desktop entries
(Desktop Entry Specification of freedesktop.org). On the Mac the desk is started with `collab-xl desk`.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any, Final

from collab_xl.addin.machine import WINDOWS, Machine, record_path
from collab_xl.desk import icon

WORDS: Final = ("-P", "-m", "collab_xl.desk")
"""What the interpreter is told: `-P`, so that nothing in the current folder is imported."""
MINIMIZED: Final = "--minimized"
MENU: Final = ("Microsoft", "Windows", "Start Menu", "Programs")
LINUX: Final = "linux"
ENTRY: Final = "collab-xl-desk.desktop"
PICTURE: Final = 64
ENDINGS: Final = frozenset({".lnk", ".desktop"})


@dataclass(frozen=True)
class Shortcut:
    """What a shortcut of Windows says."""

    target: str
    arguments: str
    about: str
    icon: str
    folder: str
    """Where the program starts."""


MakeLink = Callable[[Shortcut], bytes]


def entries(
    machine: Machine, names: Mapping[str, str], about: Mapping[str, str], lang: str, *, python: str, autostart: bool, link: MakeLink
) -> dict[Path, bytes]:
    """The files, in the order they are written; none for a system without such a menu, or for a path that cannot be named in one.

    Args:
        names, about: language → the name of the desk, and one sentence on it.
        python: the interpreter that starts it.
        link: makes the bytes of a shortcut.
    """
    if re.search(r"[\x00-\x1f]", python):
        return {}
    if machine.platform == WINDOWS and machine.env.get("APPDATA"):
        return _windows(machine, names[lang], about[lang], python, autostart, link)
    if machine.platform == LINUX:
        return _linux(machine, names, about, python, autostart)
    return {}


def _windows(machine: Machine, name: str, about: str, python: str, autostart: bool, link: MakeLink) -> dict[Path, bytes]:
    menu = Path(machine.env["APPDATA"]).joinpath(*MENU)
    picture = record_path(machine.platform, machine.env, machine.home).with_name("desk.ico")
    target = str(PureWindowsPath(python).with_name("pythonw.exe"))
    words = " ".join(WORDS)
    out = {picture: icon.ico(), menu / f"{name}.lnk": link(Shortcut(target, words, about, str(picture), str(machine.home)))}
    if autostart:
        hidden = Shortcut(target, f"{words} {MINIMIZED}", about, str(picture), str(machine.home))
        out[menu / "Startup" / f"{name}.lnk"] = link(hidden)
    return out


def _linux(machine: Machine, names: Mapping[str, str], about: Mapping[str, str], python: str, autostart: bool) -> dict[Path, bytes]:
    data = Path(machine.env.get("XDG_DATA_HOME") or machine.home / ".local" / "share")
    config = Path(machine.env.get("XDG_CONFIG_HOME") or machine.home / ".config")
    picture = data / "icons" / "hicolor" / f"{PICTURE}x{PICTURE}" / "apps" / "collab-xl.png"
    out = {picture: icon.png(PICTURE), data / "applications" / ENTRY: _desktop(names, about, python, picture, "")}
    if autostart:
        out[config / "autostart" / ENTRY] = _desktop(names, about, python, picture, f" {MINIMIZED}")
    return out


def _desktop(names: Mapping[str, str], about: Mapping[str, str], python: str, picture: Path, more: str) -> bytes:
    lines = [
        "[Desktop Entry]",
        "Type=Application",
        f"Name={names['en']}",
        f"Name[zh_CN]={names['zh']}",
        f"Comment={about['en']}",
        f"Comment[zh_CN]={about['zh']}",
        f"Exec={quoted(python)} {' '.join(WORDS)}{more}",
        f"Icon={_string(str(picture))}",
        "Terminal=false",
        "Categories=Office;",
        "StartupWMClass=Collab-xl",
    ]
    return ("\n".join(lines) + "\n").encode()


def quoted(argument: str) -> str:
    r"""An argument of `Exec=`: in quotes, `"`, `` ` ``, `$` and `\` escaped, `%` doubled; then escaped again as a string of the file."""
    return _string('"' + re.sub(r'(["`$\\])', r"\\\1", argument).replace("%", "%%") + '"')


def _string(value: str) -> str:
    return value.replace("\\", "\\\\")


def outdated(wanted: Mapping[Path, bytes], recorded: Mapping[Path, str]) -> list[Path]:
    """Shortcuts of an earlier installation under the name of the other language."""
    folders = {path.parent for path in wanted if path.suffix in ENDINGS}
    return [path for path in recorded if path.suffix in ENDINGS and path.parent in folders and path not in wanted]


def shell_link(shortcut: Shortcut) -> bytes:
    """The bytes of a .lnk file, made by Windows itself. NOT TESTED: no Windows was available.

    Source: Microsoft, IShellLinkW and IPersistFile; pywin32 comes with xlwings on Windows.
    """
    if sys.platform != "win32":
        raise OSError("shortcuts are made by Windows")
    import pythoncom
    from win32com.shell import shell

    try:
        return _saved(pythoncom, shell, shortcut)
    except pythoncom.com_error as error:
        raise OSError(str(error)) from error


def _saved(pythoncom: Any, shell: Any, shortcut: Shortcut) -> bytes:
    link = pythoncom.CoCreateInstance(shell.CLSID_ShellLink, None, pythoncom.CLSCTX_INPROC_SERVER, shell.IID_IShellLink)
    link.SetPath(shortcut.target)
    link.SetArguments(shortcut.arguments)
    link.SetDescription(shortcut.about)
    link.SetIconLocation(shortcut.icon, 0)
    link.SetWorkingDirectory(shortcut.folder)
    with tempfile.TemporaryDirectory(prefix="collab-xl-") as folder:
        path = Path(folder) / "desk.lnk"
        link.QueryInterface(pythoncom.IID_IPersistFile).Save(str(path), 0)
        return path.read_bytes()
