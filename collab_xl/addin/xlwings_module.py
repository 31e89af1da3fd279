"""Copy xlwings' `RunPython` for custom add-ins (BSD part) from the installed package and remove what a foreign workbook could misuse.

In: the installed xlwings.  Out: two modules for the add-in, licence headers unchanged.  Reads files of xlwings and imports none of them.
Why: without these edits the folder of a mailed workbook is the first one on Python's path, a sheet or file of the sender can choose the
interpreter, and the name of a workbook is part of a shell command. Decision 0007 lists the edits. The text of xlwings is compared with a
stored digest. If it differs, the build stops, because an edit that still matches may no longer be enough.
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
"""SHA-256 of each file with its own version number replaced by `{version}`: a release without other changes has the same digest."""
KNOWN_SCRIPT = "38f5a6efc16f6046a6f62e2f41577294bd2cf4ed9a3c0ce493983b1521f0127f"
"""The same for the script for the Mac, whose file name contains the version."""


@dataclass(frozen=True)
class Patch:
    """Replace `start`, and all that follows up to `until` if given, by `new`. Lines end with LF. `start` must occur `count` times."""

    why: str
    start: str
    new: str = ""
    until: str = ""
    count: int = 1


EDITS = (
    Patch(
        "a configuration of our own, not that of a user's xlwings add-in",
        'PROJECT_NAME As String = "myaddin"',
        'PROJECT_NAME As String = "collab_xl"',
    ),
    Patch("no DLL is used: user-defined functions are not part of this add-in", "#If VBA7 Then\n", until="Public Const XLWINGS_VERSION"),
    Patch("frozen programs and user-defined functions", "Public Function RunFrozenPython", until="Private Sub CleanUp()"),
    Patch("the server for user-defined functions", "Function XLPyCommand()", until='\'Attribute VB_Name = "Config"'),
    Patch(
        "only the interpreter that `addin install` wrote into the add-in, never the first `python` on the path",
        '        interpreter = GetConfig("INTERPRETER", "python")\n',
        '        Err.Raise vbObjectError + 513, "collab_xl", "Run collab-xl addin install first."\n',
    ),
    Patch(
        "a sheet named *.py has no effect; neither the workbook's folder nor any other is added before Python's own path",
        "    ' Check for embedded Python code\n",
        '    PYTHONPATH = "false"\n\n',
        until="    ' PythonCommand with embedded code\n",
    ),
    Patch(
        "the same on the Mac, without a last empty entry, which would be the current folder",
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
    Patch(
        "the ribbon shows this in the user's language",
        '        Application.StatusBar = "Running..."',
        until="        ExecuteMac ",
    ),
    Patch(
        "the workbook's name is passed as digits", 'ParameterString + "|" + ActiveWorkbook.Name', 'ParameterString + "|" + CollabCaller()'
    ),
    Patch(
        "the workbook's name is passed as digits", '" --wb=" & """" & ActiveWorkbook.Name & """', '" --wb=" & """" & CollabCaller() & """'
    ),
    Patch("the folder Python starts in is not on its path", '" -B -c ""import xlwings.utils;', '" -B -P -c ""import xlwings.utils;'),
    Patch(
        "no configuration from a sheet of the workbook",
        "            'Workbook Sheet Config\n",
        until="            'Add-in Sheet Config",
    ),
    Patch("no configuration from a file next to the workbook", "    ' Directory Config\n", until="    ' User Config"),
    Patch(
        "a missing interpreter raises an error, which the ribbon shows in the user's language",
        '            MsgBox "Could not find Interpreter!", vbCritical\n            Exit Function\n',
        '            Err.Raise 53, "collab_xl", PYTHON_WIN\n',
    ),
    Patch(
        "the same for a missing script on the Mac, without naming a command that is not ours",
        "    MsgBox \"To enable RunPython, please run 'xlwings runpython install' in a terminal once and try again.\", vbCritical\n",
        '    Err.Raise 53, "collab_xl", "xlwings-" & XLWINGS_VERSION & ".applescript"\n',
    ),
    Patch(
        "a program that failed is reported in the user's language, with the end of its output",
        "    'If ExitCode <> 0 then there's something wrong\n    If ExitCode <> 0 Then\n        Call ShowError(LOG_FILE)\n",
        "    'If ExitCode <> 0 then there's something wrong\n    If ExitCode <> 0 Then\n        CollabStopped CollabTextOf(LOG_FILE)\n",
    ),
    Patch("the same on the Mac, when it is seen later", "        Call ShowError(LOG_FILE)\n", "        CollabStopped ReadFile(LOG_FILE)\n"),
    Patch("the same on the Mac", "            ShowError (LOG_FILE)\n", "            CollabStopped Log\n"),
    Patch(
        "VBA's own functions know only the system's code page: a folder named after its user in Chinese is not found on an English Windows",
        '    TempDir = GetConfig("TEMP DIR", Environ("Temp")) \'undocumented setting\n',
        '    TempDir = WScript.ExpandEnvironmentStrings("%TEMP%")\n',
    ),
    Patch(
        "the same for the interpreter",
        "   ' by Karl Peterson MS MVP VB\n",
        "   FileExistsOnWindows = CollabFiles().FileExists(FileSpec)\nEnd Function\n\n\n",
        until="Function FileOrFolderExistsOnMac(",
    ),
    Patch(
        "the same when it is deleted",
        "    ' Delete file after the error message has been shown\n    On Error Resume Next\n        Kill LOG_FILE\n",
        "    ' Delete file after the error message has been shown\n    On Error Resume Next\n        CollabDelete LOG_FILE\n",
    ),
    Patch(
        "what only the Mac has, which no other module may name: `#If` is in this module only",
        "Private Sub CleanUp()",
        "' Whether the person lets this program write into a folder; asks for it where it is not known yet.\n"
        "Public Function CollabGranted(ByVal folder As String) As Boolean\n"
        "    #If Mac Then\n"
        "        CollabGranted = GrantAccessToMultipleFiles(Array(folder))\n"
        "    #End If\n"
        "End Function\n\n"
        "Private Sub CleanUp()",
    ),
    Patch("no function that adds a sheet to the user's workbook", "Sub ShowError(", until="Function ExpandEnvironmentStrings("),
    Patch("correct also when the active sheet is a chart sheet", "In Range(sht.Range(", "In sht.Range(sht.Range("),
)


def xlwings_version() -> str:
    """The installed version. On the Mac the installed script must have the same one."""
    _folder()
    return installed_version("xlwings")


def run_python() -> str:
    """The text of module `xlwings` with all edits, CRLF.

    Raises:
        CollabError: `addin_no_xlwings`; `addin_xlwings_changed` if the installed text is not the one the edits were made for.
    """
    text = _known(MODULE).replace("\r\n", "\n")
    for edit in EDITS:
        text = _edited(text, edit)
    return text.replace("\n", "\r\n")


def dictionary() -> str:
    """The text of class `Dictionary` (MIT), which replaces Scripting.Dictionary on the Mac. As exported, unchanged."""
    return _known(DICTIONARY)


def script() -> bytes:
    """The script (AppleScript, BSD) that starts Python for the add-in on the Mac, unchanged.

    Raises CollabError `addin_no_xlwings`, `addin_xlwings_changed` if it is not the version that was checked.
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
    """Refuse a path that the shell would not pass on unchanged. An empty path is allowed: the add-in is not installed yet.

    xlwings quotes the path for cmd.exe, which still interprets a quote and a pair of %; its script for the Mac does not quote the path.
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
    """The digest as `KNOWN` stores it: of the text in which each separate `version` is replaced by `{version}`."""
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
