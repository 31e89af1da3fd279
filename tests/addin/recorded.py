"""Press the ribbon's buttons in a real LibreOffice with the add-in's own RunPython, and keep what it would start.

Only what Linux or LibreOffice lacks is replaced: the script host (Windows) or AppleScriptTask (Mac), which keep the command instead of
starting it, Scripting.Dictionary, numbers and folders of Office, the end of a list, an optional argument, and whether the interpreter's
file exists. Conditional compilation is resolved for one system first, as LibreOffice 7.4 has none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import xlsxwriter
from lxml import etree
from vba_in_office import CONTROL, answers, crlf

from collab_xl.addin.ovba import Module
from collab_xl.addin.sources import Sources, macros_folder, read
from collab_xl.model.record import replace

SOURCES = read(macros_folder())
INTERPRETER = "C:\\Program Files\\Python\\python.exe"
RECORDER = """Option Explicit
Public Function Run(ByVal command As String, ByVal style As Integer, ByVal wait As Boolean) As Long
    Recorded = Recorded & command
End Function
Public Function ExpandEnvironmentStrings(ByVal s As String) As String
    ExpandEnvironmentStrings = Replace(s, "%TEMP%", Environ("Temp"))
End Function
"""
FILES = """Option Explicit
Private Number As Integer
Public Function OpenTextFile(ByVal name As String) As Object
    Number = FreeFile
    Open name For Input As #Number
    Set OpenTextFile = Me
End Function
Public Function AtEndOfStream() As Boolean
    AtEndOfStream = EOF(Number)
End Function
Public Function ReadAll() As String
    Dim said As String
    Do While Not EOF(Number)
        Line Input #Number, said
        ReadAll = ReadAll & said & vbCrLf
    Loop
End Function
Public Sub Close_()
    Close #Number
End Sub
Public Function FileExists(ByVal name As String) As Boolean
    FileExists = (Dir(name) <> "")
End Function
Public Sub DeleteFile(ByVal name As String)
    Kill name
End Sub
"""
"""Of Scripting.FileSystemObject, which LibreOffice has not; `Close` is a word of its Basic."""
LIST = """Option Explicit
Private keys(99) As String
Private values(99) As String
Private count As Integer
Public Sub Add(ByVal key As String, ByVal value As String)
    keys(count) = key
    values(count) = value
    count = count + 1
End Sub
Public Function Exists(ByVal key As String) As Boolean
    Dim i As Integer
    For i = 0 To count - 1
        If keys(i) = key Then Exists = True
    Next i
End Function
Public Function Item(ByVal key As String) As String
    Dim i As Integer
    For i = 0 To count - 1
        If keys(i) = key Then Item = values(i)
    Next i
End Function
"""
PLANTED = (
    ("INTERPRETER_WIN", "C:\\planted\\python.exe"),
    ("INTERPRETER_MAC", "/planted/python"),
    ("PYTHONPATH", "C:\\planted"),
    ("ADD_WORKBOOK_TO_PYTHONPATH", "true"),
    ("SHOW CONSOLE", "True"),
    ("LICENSE_KEY", "planted"),
    ("CONDA PATH", "C:\\planted"),
    ("CONDA ENV", "planted"),
)
BUTTONS = [dict(e.attrib) for e in etree.fromstring(SOURCES.ribbon).iter(etree.Element) if "onAction" in e.attrib]
PRESS = """
Public Function Press{id}() As String
    Dim control As New IRibbonControl
    control.ID = "{id}"
    Recorded = ""
    {onAction} control
    Press{id} = Replace(Replace(Recorded, Chr(13), ""), Chr(10), "~")
End Function
"""


def klass(name: str, body: str) -> Module:
    head = CONTROL[: CONTROL.index("Option Explicit")].replace("IRibbonControl", name)
    return Module(name, "class", crlf(head + body))


ON_WINDOWS = frozenset({"VBA7", "Win64", 'App = "Microsoft Excel"', "Not Mac"})
ON_MAC = frozenset({"VBA7", "Mac", "MAC_OFFICE_VERSION >= 15", 'App = "Microsoft Excel"'})


def resolved(text: str, true: frozenset[str]) -> str:
    """VBA with its conditional compilation resolved: Excel on 64-bit Windows or on the Mac."""
    out: list[str] = []
    kept: list[list[bool]] = []  # of each open #If: [this branch is kept, one was kept before]
    for line in text.split("\r\n"):
        found = re.match(r"\s*#(If|ElseIf|Else|End If|Const)\b\s*(.*?)(?:\s+Then)?\s*(?:'.*)?$", line)
        word, condition = found.groups() if found else ("", "")
        if word == "If":
            kept.append([condition in true] * 2)
        elif word == "ElseIf":
            kept[-1] = [condition in true and not kept[-1][1], kept[-1][1] or condition in true]
        elif word == "Else":
            kept[-1] = [not kept[-1][1], True]
        elif word == "End If":
            kept.pop()
        elif word != "Const" and all(branch for branch, _ in kept):
            out.append(line)
    assert not kept
    return "\r\n".join(out)


def windows_recorded(text: str) -> list[Module]:
    """xlwings' module as on Windows; what it gives to the script host is kept."""
    changes = (
        (r"Function WScript\(.*?End Function\r\n", "Function WScript() As Object\r\n  Set WScript = New Recorder\r\nEnd Function\r\n"),
        (r'CreateObject\("Scripting.Dictionary"\)', "New KeptList"),
        (r"If FileExists\(PYTHON_WIN\) Then", "If True Then"),
        (r", Optional source As String = \"\"\) As Variant\r\n", ") As Variant\r\n    Dim source As String\r\n"),
        (r" & CreateGUID\(\)", ' & "0"'),
        (r"Application\.Hwnd", "1"),
        (r"Application\.Path", '"C:\\Office"'),
        (r'sht\.Range\("A1"\)\.End\(xlDown\)', 'sht.Range("A9")'),
    )
    return _with_recorder(_changed(resolved(text, ON_WINDOWS), changes))


def mac_recorded(text: str) -> list[Module]:
    """xlwings' module as on the Mac; the one parameter it gives to its script is kept."""
    changes = (
        (r'AppleScriptTask\("xlwings-" & XLWINGS_VERSION & "\.applescript", "VbaHandler", (\w+)\)', r"Keep(\1)"),
        (
            r"Sub ExecuteMac\(",
            "Function Keep(ByVal parameter As String) As String\r\n  Recorded = parameter\r\nEnd Function\r\n\r\nSub ExecuteMac(",
        ),
        (r"MacScript\(\"return POSIX path of \(\" & Chr\(34\) & MacPath & Chr\(34\) & \"\) as string\"\)", "MacPath"),
        (r"MacScript ?\(", "CStr("),
        (r"As Dictionary|As New Dictionary", "As Object"),
        (r"New Dictionary", "New KeptList"),
        (r", Optional source As String = \"\"\) As Variant\r\n", ") As Variant\r\n    Dim source As String\r\n"),
        (r"Application\.Path\b", '"/Applications/Microsoft Excel.app/Contents/MacOS/Exe"'),
        (r'sht\.Range\("A1"\)\.End\(xlDown\)', 'sht.Range("A9")'),
    )
    return _with_recorder(_changed(resolved(text, ON_MAC), changes))


def _changed(text: str, changes: Sequence[tuple[str, str]]) -> str:
    for pattern, new in changes:
        text, count = re.subn(pattern, new if "\\1" in new else new.replace("\\", "\\\\"), text, flags=re.DOTALL)
        assert count, pattern
    return text


def _with_recorder(text: str) -> list[Module]:
    first, _, rest = text.partition("\r\n")
    return [
        Module("xlwings", "module", f"{first}\r\nPublic Recorded As String\r\n{rest}"),
        klass("Recorder", RECORDER),
        klass("KeptList", LIST),
        klass("KeptFiles", FILES),
    ]


def workbook(path: Path, *, hostile: bool, conda: bool = True) -> Path:
    """A workbook to stand in front; hostile: with planted settings in a sheet and a file, a sheet x.py, a module beside it."""
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("任务跟踪表")
        if hostile:
            planted = book.add_worksheet("collab_xl.conf")
            for row, setting in enumerate(PLANTED[: None if conda else -2]):
                planted.write_row(row, 0, setting)
            book.add_worksheet("x.py").write_string(0, 0, "print('planted')")
    if hostile:
        path.with_name("collab_xl.conf").write_text('"INTERPRETER_WIN","C:\\planted\\python.exe"\n')
        path.with_name("json.py").write_text("print('planted')\n")
    return path


def on_a_mac(sources: Sources) -> Sources:
    """Our own module told that it runs on the Mac."""
    return ribbon_with(sources, "Application.OperatingSystem", '"Macintosh"', 3)


def speaking(sources: Sources, lang: str) -> Sources:
    """Excel's own language, which LibreOffice cannot be asked for."""
    number = 0x804 if lang == "zh" else 0x409
    return ribbon_with(sources, "language = app.LanguageSettings.LanguageID(2)", f"language = {number}", 1)


def ribbon_with(sources: Sources, old: str, new: str, count: int) -> Sources:
    """Our own module with a text replaced, which must stand there `count` times."""
    modules = {m.name: m for m in sources.modules}
    text = modules["CollabRibbon"].text
    assert text.count(old) == count, old
    modules["CollabRibbon"] = replace(modules["CollabRibbon"], text=text.replace(old, new))
    return replace(sources, modules=tuple(modules.values()))


def with_files(sources: Sources) -> Sources:
    """Our own module with `KeptFiles` in place of Scripting.FileSystemObject."""
    sources = ribbon_with(sources, 'CreateObject("Scripting.FileSystemObject")', "New KeptFiles", 1)
    return ribbon_with(sources, "    stream.Close\r\n", "    stream.Close_\r\n", 1)


def pressed(sources: Sources, instead: Sequence[Module], books: Sequence[Path], folder: Path, interpreter: str) -> list[Mapping[str, str]]:
    """For each workbook in front: the button's id → what would be started."""
    sources = with_files(sources)
    names = [f"Press{b['id']}" for b in BUTTONS]
    probe = "".join(PRESS.format(**b) for b in BUTTONS)
    said = answers(sources, probe, names, folder, interpreter=interpreter, in_front=books, instead=instead)
    prefix = [f"{n}." for n in range(len(books))] if len(books) > 1 else [""]
    return [{b["id"]: said[f"{p}Press{b['id']}"] for b in BUTTONS} for p in prefix]
