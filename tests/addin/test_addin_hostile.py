"""A hostile workbook in front changes nothing in what is run: the add-in's own RunPython, Windows side, in a real LibreOffice.

What is replaced, and why: recorded.py. Every button on both systems: test_addin_every_button.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from recorded import INTERPRETER, SOURCES, windows_recorded, with_files, workbook
from vba_in_office import answers

from collab_xl.addin.caller import workbook_name
from collab_xl.addin.xlwings_module import MODULE, run_python

PROBE = """
Public Function Command() As String
    Dim control As New IRibbonControl
    control.ID = "CollabCheck"
    Recorded = ""
    CollabCheck control
    Command = Recorded
End Function
"""


def commands(text: str, books: Sequence[Path], folder: Path) -> list[str]:
    """What is started for each workbook in front, by one add-in."""
    said = answers(with_files(SOURCES), PROBE, ["Command"], folder, interpreter=INTERPRETER, in_front=books, instead=windows_recorded(text))
    return list(said.values())


@pytest.mark.parametrize("name", ["a=b.xlsx", "主表 %PATH% & calc & ^ (1);'.xlsx", "$(touch planted)`touch planted`.xlsx"])
def test_a_hostile_workbook_changes_nothing_in_what_is_run(name: str, tmp_path: Path) -> None:
    (tmp_path / "mailed").mkdir()
    (run,) = commands(run_python(), [workbook(tmp_path / "mailed" / name, hostile=True)], tmp_path)
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
    books = [workbook(tmp_path / name, hostile=name == "other.xlsx") for name in ("plain.xlsx", "other.xlsx")]
    runs = commands(run_python(), books, tmp_path)
    cut = [re.sub(r"u16:\w+|xlwings-[-\w]+\.log", "", run) for run in runs]
    assert cut[0] == cut[1]
    assert runs[0] != runs[1]


def test_unedited_the_workbook_would_choose_the_interpreter(tmp_path: Path) -> None:
    import xlwings

    text = (Path(xlwings.__file__).parent / MODULE).read_bytes().decode("ascii").replace('"myaddin"', '"collab_xl"')
    plain = text.replace('Right$(sht.Name, 3) = ".py"', "False")  # its licence path would end in a message box
    (tmp_path / "mailed").mkdir()
    (run,) = commands(plain, [workbook(tmp_path / "mailed" / "a=b.xlsx", hostile=True, conda=False)], tmp_path)
    assert '"C:\\planted\\python.exe" -B -c' in run
    assert '--wb="a=b.xlsx"' in run
