"""A hostile workbook in front changes nothing in what is run: the add-in's own RunPython, Windows side, in a real LibreOffice.

Only what Linux or LibreOffice lacks is replaced (`on_linux`): the script host, which records the command line instead of starting it,
Scripting.Dictionary, numbers and folders of Office, the end of a list, an optional argument, and whether the interpreter's file exists.
Conditional compilation is resolved for Windows first, as LibreOffice 7.4 has none.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import xlsxwriter
from vba_in_office import CONTROL, answers, crlf

from collab_xl.addin.caller import workbook_name
from collab_xl.addin.ovba import Module
from collab_xl.addin.sources import macros_folder, read
from collab_xl.addin.xlwings_module import MODULE, run_python

SOURCES = read(macros_folder())
INTERPRETER = "C:\\Program Files\\Python\\python.exe"
RECORDER = """Option Explicit
Public Function Run(ByVal command As String, ByVal style As Integer, ByVal wait As Boolean) As Long
    Recorded = Recorded & command
End Function
Public Function ExpandEnvironmentStrings(ByVal s As String) As String
    ExpandEnvironmentStrings = s
End Function
"""
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
    ("PYTHONPATH", "C:\\planted"),
    ("ADD_WORKBOOK_TO_PYTHONPATH", "true"),
    ("SHOW CONSOLE", "True"),
    ("LICENSE_KEY", "planted"),
    ("CONDA PATH", "C:\\planted"),
    ("CONDA ENV", "planted"),
)
PROBE = """
Public Function Command() As String
    Dim control As New IRibbonControl
    control.ID = "CollabCheck"
    Recorded = ""
    CollabCheck control
    Command = Recorded
End Function
"""


def klass(name: str, body: str) -> Module:
    head = CONTROL[: CONTROL.index("Option Explicit")].replace("IRibbonControl", name)
    return Module(name, "class", crlf(head + body))


def for_windows(text: str) -> str:
    """VBA with its conditional compilation resolved: Excel on 64-bit Windows."""
    true = {"VBA7", "Win64", 'App = "Microsoft Excel"', "Not Mac"}
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


def on_linux(text: str) -> list[Module]:
    for pattern, new in (
        (r"Function WScript\(.*?End Function\r\n", "Function WScript() As Object\r\n  Set WScript = New Recorder\r\nEnd Function\r\n"),
        (r'CreateObject\("Scripting.Dictionary"\)', "New KeptList"),
        (r"If FileExists\(PYTHON_WIN\) Then", "If True Then"),
        (r", Optional source As String = \"\"\) As Variant\r\n", ") As Variant\r\n    Dim source As String\r\n"),
        (r" & CreateGUID\(\)", ' & "0"'),
        (r"Application\.Hwnd", "1"),
        (r"Application\.Path", '"C:\\Office"'),
        (r'sht\.Range\("A1"\)\.End\(xlDown\)', 'sht.Range("A9")'),
    ):
        text, count = re.subn(pattern, new.replace("\\", "\\\\"), text, flags=re.DOTALL)
        assert count, pattern
    first, _, rest = text.partition("\r\n")
    return [
        Module("xlwings", "module", f"{first}\r\nPublic Recorded As String\r\n{rest}"),
        klass("Recorder", RECORDER),
        klass("KeptList", LIST),
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


def command(text: str, book: Path, folder: Path) -> str:
    return answers(SOURCES, PROBE, ["Command"], folder, interpreter=INTERPRETER, in_front=book, instead=on_linux(for_windows(text)))[
        "Command"
    ]


@pytest.mark.parametrize("name", ["a=b.xlsx", "主表 %PATH% & calc & ^ (1);'.xlsx", "$(touch planted)`touch planted`.xlsx"])
def test_a_hostile_workbook_changes_nothing_in_what_is_run(name: str, tmp_path: Path) -> None:
    (tmp_path / "mailed").mkdir()
    run = command(run_python(), workbook(tmp_path / "mailed" / name, hostile=True), tmp_path)
    sent = re.search(r'--wb="([^"]*)"', run)
    assert sent
    assert workbook_name([f"--wb={sent[1]}"]) == name
    assert run.startswith(
        'cmd.exe /C C: & cd "C:\\Program Files\\Python" & "C:\\Program Files\\Python\\python.exe" -B -P -c "import xlwings.utils;'
        'xlwings.utils.prepare_sys_path(\\"false\\"); import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run(\'check\')"  --wb="u16:'
    )
    assert "planted" not in run
    assert run.isascii()


def test_a_plain_workbook_gives_the_same_command_but_for_its_name(tmp_path: Path) -> None:
    runs = []
    for name in ("plain.xlsx", "other.xlsx"):
        folder = tmp_path / name.partition(".")[0]
        folder.mkdir()
        runs.append(command(run_python(), workbook(folder / name, hostile=name == "other.xlsx"), folder))
    cut = [re.sub(r"u16:\w+|xlwings-[-\w]+\.log", "", run) for run in runs]
    assert cut[0] == cut[1]
    assert runs[0] != runs[1]


def test_unedited_the_workbook_would_choose_the_interpreter(tmp_path: Path) -> None:
    import xlwings

    text = (Path(xlwings.__file__).parent / MODULE).read_bytes().decode("ascii").replace('"myaddin"', '"collab_xl"')
    plain = text.replace('Right$(sht.Name, 3) = ".py"', "False")  # its licence path would end in a message box
    (tmp_path / "mailed").mkdir()
    run = command(plain, workbook(tmp_path / "mailed" / "a=b.xlsx", hostile=True, conda=False), tmp_path)
    assert '"C:\\planted\\python.exe" -B -c' in run
    assert '--wb="a=b.xlsx"' in run
