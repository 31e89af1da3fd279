"""Take xlwings' `RunPython` for custom add-ins (BSD part) from the installed package and close what a workbook could use.

In: the installed xlwings.  Out: two modules for the add-in, licence headers untouched.  Reads files of xlwings, imports nothing of it.
Why: by default a mailed workbook's folder comes first on Python's path, and a sheet or file that travels with it chooses the
interpreter; a workbook's name reaches a shell. Decision 0007 lists each edit. xlwings' text is known by its digest: another text
stops the build, because an edit that still fits may no longer be enough.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path, PureWindowsPath

from collab_xl.errors import CollabError

MODULE, DICTIONARY = "xlwings_custom_addin.bas", "addin/Dictionary.cls"
KNOWN = {
    MODULE: "f6dc1dc64c4a1ebb61fe7985ba6611e9d7150d51799a8996f3f4678b570ab511",
    DICTIONARY: "78cdcdb6f273a3d44903e8d4c9245b362f1233bb38d903d7e8f7f27b0a59d100",
}
"""SHA-256 of each file with its own version number written as `{version}`, so that a release without changes needs no new look."""
KNOWN_SCRIPT = "38f5a6efc16f6046a6f62e2f41577294bd2cf4ed9a3c0ce493983b1521f0127f"
"""The same of the Mac's script, whose file name has the version in it."""


@dataclass(frozen=True)
class Patch:
    """Replace `start` (up to, not with, `until`) by `new`. Lines end with LF here. It must be found `count` times."""

    why: str
    start: str
    new: str = ""
    until: str = ""
    count: int = 1


EDITS = (
    Patch(
        "our own configuration, apart from a user's xlwings add-in",
        'PROJECT_NAME As String = "myaddin"',
        'PROJECT_NAME As String = "collab_xl"',
    ),
    Patch("no DLL is used: user-defined functions are not part of this add-in", "#If VBA7 Then\n", until="Public Const XLWINGS_VERSION"),
    Patch("frozen programs and user-defined functions", "Public Function RunFrozenPython", until="Private Sub CleanUp()"),
    Patch("the server for user-defined functions", "Function XLPyCommand()", until='\'Attribute VB_Name = "Config"'),
    Patch(
        "only the interpreter `addin install` wrote in, never the first `python` on the path",
        '        interpreter = GetConfig("INTERPRETER", "python")\n',
        '        Err.Raise vbObjectError + 513, "collab_xl", "Run collab-xl addin install first."\n',
    ),
    Patch(
        "a sheet named *.py changes nothing; neither the workbook's folder nor any other comes before Python's own path",
        "    ' Check for embedded Python code\n",
        '    PYTHONPATH = "false"\n\n',
        until="    ' PythonCommand with embedded code\n",
    ),
    Patch(
        "the same on the Mac: nothing behind it, for an empty entry would be the current folder",
        'ParameterString = PYTHONPATH + ";"',
        "ParameterString = PYTHONPATH",
    ),
    Patch("no embedded code, no licence path", "    ' PythonCommand with embedded code\n", until="    ' Call Python platform-dependent"),
    Patch("no server", "        If OPTIMIZED_CONNECTION = True Then\n", until="            RunPython = ExecuteWindows(False"),
    Patch(
        "no server",
        "            RunPython = ExecuteWindows(False, PythonCommand, interpreter, PYTHONPATH)\n        End If\n",
        "        RunPython = ExecuteWindows(False, PythonCommand, interpreter, PYTHONPATH)\n",
    ),
    Patch("the ribbon says what runs, in the user's language", '        Application.StatusBar = "Running..."', until="        ExecuteMac "),
    Patch("a name goes out as digits", 'ParameterString + "|" + ActiveWorkbook.Name', 'ParameterString + "|" + CollabCaller()'),
    Patch("a name goes out as digits", '" --wb=" & """" & ActiveWorkbook.Name & """', '" --wb=" & """" & CollabCaller() & """'),
    Patch("the folder Python starts in is not on its path", '" -B -c ""import xlwings.utils;', '" -B -P -c ""import xlwings.utils;'),
    Patch("a sheet in the workbook configures nothing", "            'Workbook Sheet Config\n", until="            'Add-in Sheet Config"),
    Patch("a file beside the workbook configures nothing", "    ' Directory Config\n", until="    ' User Config"),
    Patch(
        "an interpreter that is gone: an error, so that the ribbon says it in the user's language",
        '            MsgBox "Could not find Interpreter!", vbCritical\n            Exit Function\n',
        '            Err.Raise 53, "collab_xl", PYTHON_WIN\n',
    ),
    Patch(
        "the same for the script on the Mac, and no other command is named than ours",
        "    MsgBox \"To enable RunPython, please run 'xlwings runpython install' in a terminal once and try again.\", vbCritical\n",
        '    Err.Raise 53, "collab_xl", "xlwings-" & XLWINGS_VERSION & ".applescript"\n',
    ),
    Patch(
        "a program that broke off: told in the user's language, with its last words",
        "        Call ShowError(LOG_FILE)\n",
        "        CollabStopped ReadFile(LOG_FILE)\n",
        count=2,
    ),
    Patch("the same on the Mac", "            ShowError (LOG_FILE)\n", "            CollabStopped Log\n"),
    Patch("nothing that adds a sheet to the user's workbook", "Sub ShowError(", until="Function ExpandEnvironmentStrings("),
    Patch("right also while a chart sheet is in front", "In Range(sht.Range(", "In sht.Range(sht.Range("),
)


def xlwings_version() -> str:
    """The installed version; on the Mac the script `xlwings runpython install` puts there must have the same."""
    _folder()
    return installed_version("xlwings")


def run_python() -> str:
    """The text of module `xlwings` with every edit made, CRLF.

    Raises:
        CollabError: `addin_no_xlwings`; `addin_xlwings_changed` where the installed text is not the one these edits were made for.
    """
    text = _known(MODULE).replace("\r\n", "\n")
    for edit in EDITS:
        text = _edited(text, edit)
    return text.replace("\n", "\r\n")


def dictionary() -> str:
    """The text of class `Dictionary` (MIT), which stands in for Scripting.Dictionary on the Mac. As exported, unchanged."""
    return _known(DICTIONARY)


def script() -> bytes:
    """The script (AppleScript, BSD) that starts Python for the add-in on the Mac, unchanged.

    Raises CollabError `addin_no_xlwings`, `addin_xlwings_changed` where it is not the one that was looked at.
    """
    name = f"xlwings-{xlwings_version()}.applescript"
    try:
        data = (_folder() / name).read_bytes()
        known = digest(data.decode("utf-8"), xlwings_version()) == KNOWN_SCRIPT
    except (OSError, UnicodeDecodeError) as error:
        raise CollabError("addin_xlwings_changed", version=xlwings_version(), file=name) from error
    if not known:
        raise CollabError("addin_xlwings_changed", version=xlwings_version(), file=name)
    return data


def check_interpreter(windows: str, mac: str) -> None:
    """Refuse a path that the shell starting Python would take apart. Empty is allowed: not installed yet.

    xlwings quotes the path for cmd.exe, where a quote and a pair of % remain; its script for the Mac does not quote it at all.
    Raises CollabError `addin_interpreter`.
    """
    if windows and (not PureWindowsPath(windows).is_absolute() or re.search(r'["|<>\x00-\x1f]|%.*%', windows)):
        raise CollabError("addin_interpreter", path=windows)
    if mac and not re.fullmatch(r"(/[\w.@+-]+)+", mac):
        raise CollabError("addin_interpreter", path=mac)


def _folder() -> Path:
    found = importlib.util.find_spec("xlwings")
    if found is None or not found.submodule_search_locations:
        raise CollabError("addin_no_xlwings")
    return Path(found.submodule_search_locations[0])


def _known(name: str) -> str:
    path = _folder() / name
    try:
        text = path.read_bytes().decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise CollabError("addin_xlwings_changed", version=xlwings_version(), file=name) from error
    if digest(text, xlwings_version()) != KNOWN[name]:
        raise CollabError("addin_xlwings_changed", version=xlwings_version(), file=name)
    return text


def digest(text: str, version: str) -> str:
    """The digest `KNOWN` holds: the text with `version` taken out wherever it stands alone."""
    return hashlib.sha256(re.sub(rf"(?<![\d.]){re.escape(version)}(?![\d])", "{version}", text).encode("utf-8")).hexdigest()


def _edited(text: str, edit: Patch) -> str:
    if text.count(edit.start) != edit.count:
        raise CollabError("addin_xlwings_changed", version=xlwings_version(), file=MODULE)
    if not edit.until:
        return text.replace(edit.start, edit.new)
    start = text.index(edit.start)
    end = text.find(edit.until, start)
    if end < 0:
        raise CollabError("addin_xlwings_changed", version=xlwings_version(), file=MODULE)
    return text[:start] + edit.new + text[end:]
