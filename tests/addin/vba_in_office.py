"""Run the add-in's VBA in a real LibreOffice: a probe module calls the callbacks with a fake control, a macro of ours reads the answers.

Only `soffice` is needed, no UNO bridge: the macro lies in a fresh user profile and writes what it sees as UTF-8.
LibreOffice 7.4 has no `#If` and one bad module silences all, so a stub stands in for xlwings' modules and records what it was asked to run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from collab_xl.addin.build import assemble
from collab_xl.addin.ovba import Module
from collab_xl.addin.sources import Sources
from collab_xl.model.record import replace

SECONDS = 120
STUB = """Attribute VB_Name = "xlwings"
Option Explicit
Public Asked As String
Public Said As String
Public Bar As String
Public Breaks As Boolean
Public Given As Object
Public Grants As Boolean
Public Granted As String

Public Function CollabGranted(ByVal folder As String) As Boolean
    Granted = Granted & folder & "|"
    CollabGranted = Grants
End Function

Public Function RunPython(PythonCommand As String)
    Asked = Asked & PythonCommand & "|"
    If Breaks Then Err.Raise 70
End Function
"""
CONTROL = """Attribute VB_Name = "IRibbonControl"
Attribute VB_Base = "0{FCFB3D2A-A0FA-1068-A738-08002B3371B5}"
Attribute VB_GlobalNameSpace = False
Attribute VB_Creatable = False
Attribute VB_PredeclaredId = False
Attribute VB_Exposed = False
Attribute VB_TemplateDerived = False
Attribute VB_Customizable = False
Option Explicit
Public ID As String
"""
DRIVER = """Sub Main
  Dim how(2) As New com.sun.star.beans.PropertyValue
  how(0).Name = "FilterName" : how(0).Value = "Calc MS Excel 2007 VBA XML"
  how(1).Name = "MacroExecutionMode" : how(1).Value = 4
  how(2).Name = "Hidden" : how(2).Value = False
  Dim book As Object, files As Object, out As Object, answer, url As String, i As Integer
  files = CreateUnoService("com.sun.star.ucb.SimpleFileAccess")
  out = CreateUnoService("com.sun.star.io.TextOutputStream")
  out.setOutputStream(files.openFileWrite("@OUT@"))
  out.setEncoding("UTF-8")
  On Error Goto wrong
  book = StarDesktop.loadComponentFromURL("@BOOK@", "_blank", 0, how())
  Dim probes : probes = Array(@PROBES@)
  Dim fronts : fronts = Array(@FRONTS@)
  Dim front, f As Integer, prefix As String
  For f = 0 To UBound(fronts)
    If fronts(f) <> "" Then
      front = StarDesktop.loadComponentFromURL(fronts(f), "_blank", 0, Array())
      If UBound(fronts) > 0 Then prefix = f & "."
    End If
    For i = 0 To UBound(probes)
      url = "vnd.sun.star.script:@LIBRARY@.Probe." & probes(i) & "?language=Basic&location=document"
      answer = book.getScriptProvider().getScript(url).invoke(Array(), Array(), Array())
      out.writeString(prefix & probes(i) & "=" & answer & Chr(10))
    Next i
    If fronts(f) <> "" Then front.close(True)
  Next f
  Goto done
wrong:
  out.writeString("error=" & Err & " " & Error$ & Chr(10))
  out.writeString("libraries=" & Join(book.BasicLibraries.ElementNames, ",") & Chr(10))
done:
  out.closeOutput()
  StarDesktop.terminate()
End Sub
"""


def need_office() -> str:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is missing and CI is set")
        pytest.skip("LibreOffice is not installed")
    return program


def answers(
    sources: Sources,
    probe: str,
    names: Sequence[str],
    folder: Path,
    *,
    interpreter: str = "C:\\Python\\python.exe",
    name: str = "probe.xlam",
    in_front: Path | Sequence[Path] = (),
    instead: Sequence[Module] = (),
) -> dict[str, str]:
    """What each function of the VBA module `probe` returns, in order. Fails with what LibreOffice said when one could not run.

    Args:
        interpreter: what `addin install` would have written; one that begins with / is a Mac's.
        name: the add-in's file name.
        in_front: a workbook opened after the add-in, so that it is the active one. Of several, one after the other is, and the answers
            are named `0.name`, `1.name`, ….
        instead: modules in place of the stub for `RunPython`.
    """
    program = need_office()
    own = [m for m in sources.modules if m.name not in ("xlwings", "Dictionary")]
    added = [
        *(instead or [Module("xlwings", "module", crlf(STUB))]),
        Module("IRibbonControl", "class", crlf(CONTROL)),
        Module("Probe", "module", crlf(f'Attribute VB_Name = "Probe"\nOption Explicit\n{probe}')),
    ]
    book, out, profile = folder / name, folder / "answers.txt", folder.parent / "office-profile"
    windows, mac = ("", interpreter) if interpreter.startswith("/") else (interpreter, "")
    book.write_bytes(assemble(replace(sources, modules=(*own, *added)), interpreter_win=windows, interpreter_mac=mac))
    fronts = [in_front] if isinstance(in_front, Path) else list(in_front)
    driver = DRIVER.replace("@OUT@", out.as_uri()).replace("@BOOK@", book.as_uri()).replace("@LIBRARY@", "CollabXl")
    driver = driver.replace("@FRONTS@", ", ".join(f'"{front.as_uri()}"' for front in fronts) or '""')
    driver = driver.replace("@PROBES@", ", _\n    ".join(f'"{n}"' for n in names))
    start = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nologo"]
    if not profile.exists():
        # The first start of a profile lays its own empty macro library over anything there, so ours goes in after it.
        _run([*start, "--terminate_after_init"])
    _put(profile, driver)
    _run([*start, "macro:///Standard.Driver.Main"])
    if not out.exists():
        pytest.fail("LibreOffice ran no macro")
    said = dict(line.partition("=")[::2] for line in out.read_text(encoding="utf-8").splitlines())
    assert "error" not in said, said
    return said


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def _put(folder: Path, driver: str) -> None:
    """Lay the driver into a profile as its macro library."""
    basic = folder / "user" / "basic" / "Standard"
    basic.mkdir(parents=True, exist_ok=True)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {0} PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "{1}.dtd">\n'
    library = 'xmlns:library="http://openoffice.org/2000/library" library:'
    (basic.parent / "script.xlc").write_text(
        head.format("library:libraries", "libraries")
        + '<library:libraries xmlns:library="http://openoffice.org/2000/library" xmlns:xlink="http://www.w3.org/1999/xlink">'
        '<library:library library:name="Standard" xlink:href="$(USER)/basic/Standard/script.xlb/" xlink:type="simple"'
        ' library:link="false"/>'
        "</library:libraries>\n"
    )
    (basic / "script.xlb").write_text(
        head.format("library:library", "library")
        + f'<library:library {library}name="Standard" library:readonly="false" library:passwordprotected="false">'
        '<library:element library:name="Driver"/></library:library>\n'
    )
    (basic / "Driver.xba").write_text(
        head.format("script:module", "module")
        + '<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Driver" script:language="StarBasic">'
        + escape(driver)
        + "</script:module>\n"
    )
