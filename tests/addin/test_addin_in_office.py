"""The ribbon's VBA in a real LibreOffice: labels in both languages, each button's command, the refusals, the workbook's name."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import xlsxwriter
from lxml import etree
from recorded import klass
from vba_in_office import STUB, answers, crlf

from collab_xl.addin.caller import workbook_name
from collab_xl.addin.ovba import Module
from collab_xl.addin.sources import Sources, macros_folder, read
from collab_xl.desk.click import Facts, Taken, WindowFacts, judged
from collab_xl.excel.copy import FOLDER as COPIES
from collab_xl.model.record import replace

SOURCES = read(macros_folder())
CONTROLS = [dict(e.attrib) for e in etree.fromstring(SOURCES.ribbon).iter(etree.Element) if "getLabel" in e.attrib]
BUTTONS = [c for c in CONTROLS if "onAction" in c]
SHOW = """
Public Function Show{id}() As String
    Dim control As New IRibbonControl
    Dim label As Variant, screentip As Variant, supertip As Variant
    control.ID = "{id}"
    CollabGetLabel control, label
    CollabGetScreentip control, screentip
    CollabGetSupertip control, supertip
    Show{id} = label & "|" & screentip & "|" & supertip
End Function
"""
PRESS = """
Public Function Press{id}() As String
    Dim control As New IRibbonControl
    Asked = ""
    Said = ""
    Bar = ""
    control.ID = "{id}"
    {onAction} control
    Press{id} = Asked & "/" & Said & "/" & Bar
End Function
"""


def in_front(sources: Sources, *changes: tuple[str, str]) -> Sources:
    """The sources with a few lines of CollabRibbon replaced: what LibreOffice lacks, or does not show to a test."""
    (ribbon,) = (m for m in sources.modules if m.name == "CollabRibbon")
    text = ribbon.text
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return replace(sources, modules=tuple(replace(m, text=text) if m.name == "CollabRibbon" else m for m in sources.modules))


GET_DESK = 'Set CollabDesk = GetObject(, "CollabXl.Desk")'
SEEN = (
    ('MsgBox message, vbExclamation, "collab_xl"', "Said = message"),
    ('Application.StatusBar = CollabText(buttonId, "label") & " ..."', 'Bar = CollabText(buttonId, "label") & " ..."'),
    (GET_DESK, "Set CollabDesk = Given"),
)
"""A message and the status bar, kept where the probe reads them; and the desk, which is Nothing unless the test has made one."""


def speaking(chinese: bool) -> tuple[str, str]:
    return "language = app.LanguageSettings.LanguageID(2)", f"language = {0x804 if chinese else 0x409}"


def labels() -> Mapping[str, dict[str, str]]:
    with (macros_folder() / "labels.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_text_comes_in_excels_language(lang: str, tmp_path: Path) -> None:
    ids = [c["id"] for c in CONTROLS]
    sources = in_front(SOURCES, speaking(lang == "zh"))
    shown = answers(sources, "".join(SHOW.format(id=i) for i in ids), [f"Show{i}" for i in ids], tmp_path)
    assert len(shown) == len(CONTROLS) == 49
    for i in ids:
        row = labels()[i]
        label, tip = row[f"label_{lang}"], row[f"tip_{lang}"]
        assert shown[f"Show{i}"] == f"{label}|{label}|{tip}"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_button_runs_its_one_command_and_says_at_once_that_it_works(lang: str, tmp_path: Path) -> None:
    names = [f"Press{b['id']}" for b in BUTTONS]
    probe = "".join(PRESS.format(**b) for b in BUTTONS)
    said = answers(in_front(SOURCES, *SEEN, speaking(lang == "zh")), probe, names, tmp_path)
    for b in BUTTONS:
        verb = b["id"].removeprefix("Collab").lower()
        command = f"import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('{verb}')"
        assert said[f"Press{b['id']}"] == f"{command}|//{labels()[b['id']][f'label_{lang}']} ..."


FAKE_DESK = """
Public Clicked As String
Public Takes As Boolean
Public TakesCopies As Boolean
Public Fails As Boolean
Public Function Click(ByVal verb As String, ByVal hwnd As Long, ByVal book As String, ByVal copy As String) As Boolean
    Clicked = Clicked & verb & " " & hwnd & " " & book & " " & copy & "|"
    If Fails Then Err.Raise 1004
    Click = Takes And (TakesCopies Or copy = "")
End Function
"""
FAKE_FILES = """
Public Folder As String
Public Path As String
Public Function GetSpecialFolder(ByVal number As Long) As Object
    If number <> 2 Then Err.Raise 5
    Path = Folder
    Set GetSpecialFolder = Me
End Function
Public Function BuildPath(ByVal first As String, ByVal name As String) As String
    BuildPath = first & "/" & name
End Function
Public Function FolderExists(ByVal name As String) As Boolean
    FolderExists = (Dir(name, vbDirectory) <> "")
End Function
Public Sub CreateFolder(ByVal name As String)
    If Dir(Folder, vbDirectory) = "" Then Err.Raise 76
    MkDir name
End Sub
Public Function FileExists(ByVal name As String) As Boolean
    FileExists = (Dir(name) <> "")
End Function
Public Sub DeleteFile(ByVal name As String)
    Kill name
End Sub
"""
"""Of Scripting.FileSystemObject, which LibreOffice has not."""
DESK = """
Public Function Desk{number}() As String
    Dim control As New IRibbonControl
    Dim desk As New FakeDesk
    Dim files As New FakeFiles
    files.Folder = "{folder}"
    Set Files_ = files
    desk.Takes = {takes}
    desk.TakesCopies = {copies}
    desk.Fails = {fails}
    Set Given = {given}
    Asked = ""
    control.ID = "{id}"
    {id} control
    Desk{number} = desk.Clicked & "/" & Asked
End Function
"""
CASES = {
    "taken": {"takes": True},
    "refused": {"takes": False},
    "fails": {"fails": True},
    "none": {"given": "Nothing"},
    "copies elsewhere": {"copies": False},
    "no folder": {"folder": "/nowhere/at/all"},
    "long": {"folder": "LONG"},
    "help": {"id": "CollabHelp"},
}


def clicks_of_the_desk(tmp_path: Path, book: Path | None, name: str) -> dict[str, tuple[list[str], str]]:
    """What the desk was told, click by click, and what Python was asked to run."""
    probe = "Public Files_ As Object\n"
    usual = {"takes": True, "copies": True, "fails": False, "given": "desk", "id": "CollabCheck", "folder": str(tmp_path)}
    long = tmp_path / ("x" * 200)
    long.mkdir()
    for number, case in enumerate(CASES.values()):
        probe += DESK.format(number=number, **(usual | case)).replace("LONG", str(long))
    modules = [Module("xlwings", "module", crlf(STUB))]
    modules += [klass(n, f"Option Explicit{text}") for n, text in (("FakeDesk", FAKE_DESK), ("FakeFiles", FAKE_FILES))]
    changes = ("CollabWindow = Application.Hwnd", "CollabWindow = 7"), FILES
    said = answers(
        in_front(SOURCES, *SEEN, *changes), probe, [f"Desk{n}" for n in range(len(CASES))], tmp_path,
        name=name, instead=modules, in_front=book or (),
    )  # fmt: skip
    out = {}
    for number, case in enumerate(CASES):
        # A path has slashes too: what Python was asked to run stands after the last click.
        told, _, asked = said[f"Desk{number}"].rpartition("|/") if "|/" in said[f"Desk{number}"] else ("", "", said[f"Desk{number}"][1:])
        out[case] = [one for one in told.split("|") if one], asked
    return out


SETTINGS = """
Public Function Settings() As String
    Dim control As New IRibbonControl
    control.ID = "CollabCheck"
    Application.EnableEvents = True
    Application.Calculation = xlCalculationAutomatic
    CollabCheck control
    Settings = Application.EnableEvents & " " & (Application.Calculation = xlCalculationAutomatic) & "/"
    Application.EnableEvents = True
    Application.Calculation = xlCalculationAutomatic
    Killed = True
    CollabCheck control
    Settings = Settings & Application.EnableEvents & " " & (Application.Calculation = xlCalculationAutomatic)
End Function
"""
LEAVES = """
Public Function RunPython(PythonCommand As String)
    Application.EnableEvents = False
    Application.Calculation = xlCalculationManual
    If Killed Then CollabStopped "killed"
End Function
"""


def test_a_python_that_breaks_off_leaves_the_settings_as_they_were(tmp_path: Path) -> None:
    """VBA has waited for it. One that ends as it should has set them back itself, or sets them on purpose."""
    stub = STUB.replace(STUB[STUB.index("Public Function RunPython") :], LEAVES.strip() + "\n").replace(
        "Public Asked", "Public Killed As Boolean\nPublic Asked"
    )
    book = tmp_path / "主表.xlsx"
    with xlsxwriter.Workbook(book) as made:
        made.add_worksheet("表")
    instead = [Module("xlwings", "module", crlf(stub))]
    said = answers(in_front(SOURCES, *SEEN), SETTINGS, ["Settings"], tmp_path, instead=instead, in_front=book)["Settings"]
    assert said == "False False/True True"


FILES = 'Set CollabFiles = CreateObject("Scripting.FileSystemObject")', "Set CollabFiles = Files_"
PYTHON = "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('check')|"


def test_a_desk_that_takes_the_click_ends_the_macro_and_any_other_starts_python(tmp_path: Path) -> None:
    """The function with GetObject is replaced: LibreOffice has no such table. No desk, one that refuses, and one that fails: as before.
    An add-in is no workbook to copy."""
    said = clicks_of_the_desk(tmp_path, None, "m.xlam")
    click = f"check 7 u16:{'m.xlam'.encode('utf-16-be').hex().upper()} "
    assert said.pop("help") == ([f"help 7 {click.split()[2]} "], "")
    for case, (told, asked) in said.items():
        assert told == ([] if case == "none" else [click]), case
        assert asked == (PYTHON if case in ("none", "fails", "refused") else ""), case


def test_the_desk_is_handed_a_copy_of_the_workbook_in_front(tmp_path: Path) -> None:
    book = tmp_path / "主表 一.xlsx"
    with xlsxwriter.Workbook(book) as made:
        made.add_worksheet("表").write("B2", "原来")
    said = clicks_of_the_desk(tmp_path, book, "m.xlam")
    ours = tmp_path / COPIES
    click = f"check 7 u16:{book.name.encode('utf-16-be').hex().upper()} "
    copies = {case: [Path(one.removeprefix(click)) for one in told] for case, (told, _) in said.items() if case != "help"}
    assert all(told.startswith(click) for case, (clicks, _) in said.items() if case != "help" for told in clicks)
    assert said["help"][0] == [f"help 7 {click.split()[2]} "]
    for case in ("taken", "refused", "fails", "copies elsewhere"):
        copy = copies[case][0]
        assert (copy.parent, bool(re.fullmatch(r"collab-[0-9a-f]{16}\.xlsx", copy.name))) == (ours, True), case
        assert copy.exists() is (case == "taken"), case
    assert len({copies[case][0] for case in ("taken", "refused", "fails", "copies elsewhere")}) == 4
    for case in ("no folder", "long"):
        assert said[case] == ([click], ""), case
    assert [len(copies[case]) for case in ("refused", "copies elsewhere", "fails", "none")] == [2, 2, 1, 0]
    assert {case for case, (_, asked) in said.items() if asked == PYTHON} == {"refused", "fails", "none"}
    assert list(ours.iterdir()) == [copies["taken"][0]]
    assert copies["taken"][0].stat().st_size > 4_000  # LibreOffice writes an .xls whatever the name
    assert judged_copy(copies["taken"][0], ours)


MAC = """
Public Function Mac{number}() As String
    Dim control As New IRibbonControl
    Grants = {grants}
    Granted = ""
    Asked = ""
    control.ID = "CollabCheck"
    CollabCheck control
    CollabCheck control
    Mac{number} = Granted & "/" & Asked
End Function
"""


@pytest.mark.parametrize("hidden", ["_collab", "other"])
def test_on_a_mac_the_person_is_asked_once_for_the_masters_folder(hidden: str, tmp_path: Path) -> None:
    """NOT TESTED on a Mac: the function that only the Mac has is replaced. Refused, there is no copy; Python is started in any case."""
    book = tmp_path / "主表.xlsx"
    with xlsxwriter.Workbook(book) as made:
        made.add_worksheet("表")
        made.add_worksheet(hidden)
    folder = tmp_path / "主表.collab"
    folder.mkdir()
    changes = ('If needsWorkbook And InStr(Application.OperatingSystem, "Mac") > 0 Then', "If needsWorkbook Then")
    probe = "".join(MAC.format(number=n, grants=grants) for n, grants in enumerate(("False", "True")))
    for number in (0, 1):
        said = answers(in_front(SOURCES, *SEEN, changes), probe, [f"Mac{number}"], tmp_path, name="m.xlam", in_front=book)
        granted, _, asked = said[f"Mac{number}"].rpartition("/import")
        assert "/import" + asked == "/" + PYTHON * 2
        wanted = f"{folder}|" if hidden == "_collab" else ""
        assert granted == wanted * (number + 1), "after a refusal not again"
        assert [path.name for path in folder.iterdir()] == (["collab-click.xlsx"] if number and wanted else [])


def judged_copy(copy: Path, ours: Path) -> bool:
    """Whether the desk takes this name, in a folder as on Windows."""
    folder = "C:\\Temp\\collab-xl"
    facts = Facts(1, folder, lambda _: WindowFacts("C:\\EXCEL.EXE", 1), lambda path: path)
    assert ours.name == "collab-xl"
    return isinstance(judged("check", 7, "u16:0041", f"{folder}\\{copy.name}", facts), Taken)


def test_before_it_is_installed_a_button_says_what_to_do(tmp_path: Path) -> None:
    b = next(b for b in BUTTONS if b["id"] == "CollabHelp")
    said = answers(in_front(SOURCES, *SEEN, speaking(False)), PRESS.format(**b), ["PressCollabHelp"], tmp_path, interpreter="")
    assert said["PressCollabHelp"] == f"/{labels()['CollabMsgNotInstalled']['label_en']}/"


def test_without_a_workbook_in_front_only_what_needs_none_runs(tmp_path: Path) -> None:
    nothing = ("Set guarded = app.ActiveProtectedViewWindow", "Set guarded = app")
    names = [f"Press{b['id']}" for b in BUTTONS]
    probe = (
        "".join(PRESS.format(**b) for b in BUTTONS) + "\nPublic Function Caller() As String\n    Caller = CollabCaller()\nEnd Function\n"
    )
    said = answers(in_front(SOURCES, *SEEN, speaking(True), nothing), probe, [*names, "Caller"], tmp_path)
    assert said.pop("Caller") == ""
    refused = {name for name, answer in said.items() if answer == f"/{labels()['CollabMsgNoWorkbook']['label_zh']}/"}
    assert set(said) - refused == {f"PressCollab{name}" for name in ("Init", "Import", "Help", "Doctor")}


def test_when_python_cannot_be_started_a_sentence_says_so(tmp_path: Path) -> None:
    b = next(b for b in BUTTONS if b["id"] == "CollabCheck")
    probe = PRESS.format(**b).replace('    Asked = ""\n', '    Asked = ""\n    Breaks = True\n')
    two_lines = (" & vbCrLf & vbCrLf & number", ' & "~" & number')
    said = answers(in_front(SOURCES, *SEEN, speaking(True), two_lines), probe, ["PressCollabCheck"], tmp_path)["PressCollabCheck"]
    _, message, _ = said.split("/")
    assert re.fullmatch(re.escape(labels()["CollabMsgFailed"]["label_zh"]) + "~70: .*", message)


@pytest.mark.parametrize("name", ["主表.xlam", "a=b.xlam", "100% $(touch x) `y` & z;'.xlam", "😀.xlam"])
def test_a_workbooks_name_goes_out_as_digits_and_comes_back_whole(name: str, tmp_path: Path) -> None:
    probe = "\nPublic Function Caller() As String\n    Caller = CollabCaller()\nEnd Function\n"
    sent = answers(SOURCES, probe, ["Caller"], tmp_path, name=name)["Caller"]
    assert re.fullmatch("u16:[0-9A-F]+", sent)
    assert workbook_name([f"--wb={sent}"]) == name
