"""The ribbon's VBA in a real LibreOffice: labels in both languages, each button's command, the refusals, the workbook's name."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree
from recorded import klass
from vba_in_office import STUB, answers, crlf

from collab_xl.addin.caller import workbook_name
from collab_xl.addin.ovba import Module
from collab_xl.addin.sources import Sources, macros_folder, read

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
    assert len(shown) == 20
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
Public Fails As Boolean
Public Function Click(ByVal verb As String, ByVal hwnd As Long, ByVal book As String, ByVal copy As String) As Boolean
    Clicked = Clicked & verb & " " & hwnd & " " & book & " " & copy & "|"
    If Fails Then Err.Raise 1004
    Click = Takes
End Function
"""
DESK = """
Public Function Desk{number}() As String
    Dim control As New IRibbonControl
    Dim desk As New FakeDesk
    desk.Takes = {takes}
    desk.Fails = {fails}
    Set Given = {given}
    Asked = ""
    control.ID = "CollabCheck"
    CollabCheck control
    Desk{number} = desk.Clicked & "/" & Asked
End Function
"""


def test_a_desk_that_takes_the_click_ends_the_macro_and_any_other_starts_python(tmp_path: Path) -> None:
    """The function with GetObject is replaced: LibreOffice has no such table. No desk, one that refuses, and one that fails: as before."""
    cases = (("True", "False", "desk"), ("False", "False", "desk"), ("True", "True", "desk"), ("True", "False", "Nothing"))
    probe = "".join(DESK.format(number=n, takes=t, fails=f, given=g) for n, (t, f, g) in enumerate(cases))
    stub = Module("xlwings", "module", crlf(STUB))
    fake = klass("FakeDesk", f"Option Explicit{FAKE_DESK}")
    sources = in_front(SOURCES, *SEEN, ("CollabWindow = Application.Hwnd", "CollabWindow = 7"))
    said = answers(sources, probe, [f"Desk{n}" for n in range(len(cases))], tmp_path, name="m.xlam", instead=[stub, fake])
    click = f"check 7 u16:{'m.xlam'.encode('utf-16-be').hex().upper()} |"
    python = "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('check')|"
    assert [said[f"Desk{n}"] for n in range(4)] == [f"{click}/", f"{click}/{python}", f"{click}/{python}", f"/{python}"]


def test_before_it_is_installed_a_button_says_what_to_do(tmp_path: Path) -> None:
    b = next(b for b in BUTTONS if b["id"] == "CollabHelp")
    said = answers(in_front(SOURCES, *SEEN, speaking(False)), PRESS.format(**b), ["PressCollabHelp"], tmp_path, interpreter="")
    assert said["PressCollabHelp"] == f"/{labels()['CollabMsgNotInstalled']['label_en']}/"


def test_without_a_workbook_in_front_only_help_and_diagnosis_run(tmp_path: Path) -> None:
    nothing = ("Set guarded = app.ActiveProtectedViewWindow", "Set guarded = app")
    names = [f"Press{b['id']}" for b in BUTTONS]
    probe = (
        "".join(PRESS.format(**b) for b in BUTTONS) + "\nPublic Function Caller() As String\n    Caller = CollabCaller()\nEnd Function\n"
    )
    said = answers(in_front(SOURCES, *SEEN, speaking(True), nothing), probe, [*names, "Caller"], tmp_path)
    assert said.pop("Caller") == ""
    refused = {name for name, answer in said.items() if answer == f"/{labels()['CollabMsgNoWorkbook']['label_zh']}/"}
    assert set(said) - refused == {"PressCollabHelp", "PressCollabDoctor"}


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
