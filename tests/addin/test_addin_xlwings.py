"""xlwings' RunPython inside the add-in: what was edited, that a changed text stops the build, that no workbook chooses what is run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from recorded import ON_MAC, ON_WINDOWS, resolved

from collab_xl.addin import xlwings_module
from collab_xl.addin.build import build
from collab_xl.addin.caller import workbook_name
from collab_xl.addin.sources import macros_folder
from collab_xl.addin.xlwings_module import EDITS, MODULE, dictionary, run_python
from collab_xl.catalogue import error_text
from collab_xl.errors import CollabError


def original() -> str:
    import xlwings

    return (Path(xlwings.__file__).parent / MODULE).read_bytes().decode("ascii")


GRANTS = """' Whether the person lets this program write into a folder; asks for it where it is not known yet.
Public Function CollabGranted(ByVal folder As String) As Boolean
    #If Mac Then
        CollabGranted = GrantAccessToMultipleFiles(Array(folder))
    #End If
End Function

""".replace("\n", "\r\n")
"""The one function of ours in the one module that may have `#If`."""


def test_every_edit_is_made_and_nothing_else_is_touched() -> None:
    head, grants, tail = run_python().partition(GRANTS)
    assert grants
    before, after = original().split("\r\n"), (head + tail).split("\r\n")
    new = [line for line in after if line not in before]
    assert new == [
        'Public Const PROJECT_NAME As String = "collab_xl"',
        '        Err.Raise vbObjectError + 513, "collab_xl", "Run collab-xl addin install first."',
        '    PYTHONPATH = "false"',
        "        RunPython = ExecuteWindows(False, PythonCommand, interpreter, PYTHONPATH)",
        "    ParameterString = PYTHONPATH",
        '    ParameterString = ParameterString + "|" + CollabCaller()',
        "            CollabStopped Log",
        '    Err.Raise 53, "collab_xl", "xlwings-" & XLWINGS_VERSION & ".applescript"',
        '    TempDir = WScript.ExpandEnvironmentStrings("%TEMP%")',
        '            Err.Raise 53, "collab_xl", PYTHON_WIN',
        '        RunCommand = CondaCmd & PythonInterpreter & " -B -P -c ""import xlwings.utils;'
        'xlwings.utils.prepare_sys_path(\\""" & PYTHONPATH & "\\""); " & PythonCommand & """ "',
        '                       " --wb=" & """" & CollabCaller() & """ --from_xl=1" & " --app=" & Chr(34) & _',
        "        CollabStopped CollabTextOf(LOG_FILE)",
        "        CollabDelete LOG_FILE",
        "        CollabStopped ReadFile(LOG_FILE)",
        '    For Each cell In sht.Range(sht.Range("A1"), lastCell)',
        "   FileExistsOnWindows = CollabFiles().FileExists(FileSpec)",
    ]
    rest = iter(before)
    assert all(line in rest for line in after if line not in new), "everything else stands as it was, in its order"
    assert len(EDITS) == 27
    assert len(before) - len(after) > 300


def test_the_licence_headers_stay() -> None:
    header = original()[: original().index("#If VBA7")]
    assert "BSD 3-clause" in header
    assert run_python().startswith(header)
    assert "License: MIT" in dictionary()
    notice = (Path(__file__).parents[2] / "NOTICE").read_text(encoding="utf-8")
    assert "xlwings_custom_addin.bas" in notice
    assert "Dictionary.cls" in notice
    assert "Tim Hall" in notice


def test_on_windows_no_function_is_called_that_knows_only_one_code_page() -> None:
    """`C:\\Users\\张三` on an English Windows (docs/facts/desk.md). What is left is of the Mac, or of a file that the user may write."""
    text, unedited = (code(resolved(each, ON_WINDOWS)) for each in (run_python(), original()))
    functions = r"\b(Environ|Dir|GetAttr|Kill|FileLen|Open \w+ For)\b"
    for name in ("ExecuteWindows", "FileExistsOnWindows"):
        own, before = (re.search(rf"Function {name}\(.*?\nEnd Function", each, re.DOTALL) for each in (text, unedited))
        assert own
        assert before
        assert re.search(functions, before[0]), "the same reading finds it in the original"
        assert not re.search(functions, own[0])
    assert "CollabFiles" not in code(resolved(run_python(), ON_MAC)).partition("Sub ExecuteMac")[2].partition("End Sub")[0]
    ribbon = code((macros_folder() / "CollabRibbon.bas").read_bytes().decode("ascii"))
    assert not re.search(functions, ribbon)


def code(text: str) -> str:
    """VBA without its comments."""
    return "\n".join(re.sub(r"^([^\"']*(?:\"[^\"]*\"[^\"']*)*)'.*$", r"\1", line) for line in text.split("\r\n"))


GONE = (
    *("LICENSE", "xlwings.pro", '".py"', "ADD_WORKBOOK", "Declare ", "LoadLibrary", "VBProject", "Sheets.Add"),
    *("ThisFullName & ", "ActiveFullName & "),
)


def test_nothing_of_a_workbook_reaches_the_command_or_the_configuration() -> None:
    text, unedited = code(run_python()), code(original())
    for gone in GONE:
        assert gone in unedited, "the same reading finds it in the original"
        assert gone not in text
    run = text[text.index("Public Function RunPython") : text.index("Private Sub CleanUp")]
    config = text[text.index("Function GetConfig(") : text.index("Function SaveConfigToFile")]
    assert "ActiveWorkbook" not in run + config
    assert "GetDirectoryConfigFilePath" not in config
    assert config.count("ThisWorkbook") == 3


def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import xlwings

    folder = tmp_path / "xlwings"
    (folder / "addin").mkdir(parents=True)
    for name in xlwings_module.KNOWN:
        shutil.copyfile(Path(xlwings.__file__).parent / name, folder / name)
    monkeypatch.setattr(xlwings_module, "_folder", lambda: folder)
    return folder


@pytest.mark.parametrize("name", [MODULE, xlwings_module.DICTIONARY])
def test_a_changed_text_of_xlwings_stops_the_build(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = mirror(tmp_path, monkeypatch)
    build()
    (folder / name).write_bytes((folder / name).read_bytes() + b"' one more line\r\n")
    with pytest.raises(CollabError) as refused:
        build()
    assert refused.value.code == "addin_xlwings_changed"
    assert name in error_text(refused.value, "en")[0]
    (folder / name).unlink()
    with pytest.raises(CollabError, match="addin_xlwings_changed"):
        build()


def test_a_changed_script_of_xlwings_is_not_put_on_the_mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = mirror(tmp_path, monkeypatch)
    name = f"xlwings-{xlwings_module.xlwings_version()}.applescript"
    import xlwings

    data = (Path(xlwings.__file__).parent / name).read_bytes()
    (folder / name).write_bytes(data)
    assert xlwings_module.script() == data
    for wrong in (data + b"\n", b"\xff", None):
        (folder / name).unlink() if wrong is None else (folder / name).write_bytes(wrong)
        with pytest.raises(CollabError, match="addin_xlwings_changed"):
            xlwings_module.script()


def test_a_release_that_changes_only_its_number_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = mirror(tmp_path, monkeypatch)
    now = xlwings_module.xlwings_version()
    (folder / MODULE).write_bytes((folder / MODULE).read_bytes().replace(now.encode(), b"0.99.12"))
    with pytest.raises(CollabError, match="addin_xlwings_changed"):
        run_python()
    monkeypatch.setattr(xlwings_module, "installed_version", lambda _: "0.99.12")
    assert 'XLWINGS_VERSION As String = "0.99.12"' in run_python()


def test_an_edit_that_no_longer_fits_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = mirror(tmp_path, monkeypatch)
    for edit in EDITS:
        text = original().replace("\r\n", "\n").replace(edit.start, "' gone\n").replace("\n", "\r\n")
        (folder / MODULE).write_bytes(text.encode("ascii"))
        known = {**xlwings_module.KNOWN, MODULE: xlwings_module.digest(text, xlwings_module.xlwings_version())}
        monkeypatch.setattr(xlwings_module, "KNOWN", known)
        if edit.start in original().replace("\r\n", "\n"):
            with pytest.raises(CollabError, match="addin_xlwings_changed"):
                run_python()


def test_without_xlwings_the_build_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlwings_module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(CollabError, match="addin_no_xlwings"):
        build()


PLANTED = "print('planted')\n"


def modules_used(folder: Path, options: list[str], path_setup: str) -> str:
    """Start Python in `folder` the way the add-in does, up to the command; say what was imported."""
    command = f'import xlwings.utils;xlwings.utils.prepare_sys_path("{path_setup}"); import colorsys, wave'
    done = subprocess.run([sys.executable, *options, "-c", command], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_module_beside_a_mailed_workbook_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "colorsys.py").write_text(PLANTED)
    (tmp_path / "wave.py").write_text(PLANTED)
    text = run_python()
    options = re.search(r'PythonInterpreter & " (.*?) -c ', text)
    setup = re.search(r'^    PYTHONPATH = "(.*)"', text, re.MULTILINE)
    assert options
    assert setup
    assert "planted" not in modules_used(tmp_path, options[1].split(), setup[1])
    unedited = modules_used(tmp_path, ["-B"], f"true;{tmp_path / 'mailed.xlsx'};;;;;")
    assert unedited.count("planted") == 2, "as xlwings has it by default both are imported"


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["-c", "--wb=u16:4E3B8868002E0078006C00730078", "--from_xl=1"], "主表.xlsx"),
        (["-c", "--wb=u16:" + "a=b;$(x)|\"'.xlsx".encode("utf-16-be").hex().upper()], "a=b;$(x)|\"'.xlsx"),
        (["-c", "--wb=u16:" + "😀 e\u0301.xlsx".encode("utf-16-be").hex()], "😀 é.xlsx"),
        (["-c", "--wb=a=b.xlsx"], "a=b.xlsx"),
        (["-c", "--wb=u16:"], None),
        (["-c", "--wb="], None),
        (["-c", "--wb"], None),
        (["-c", "--wbx=a.xlsx"], None),
        ([], None),
    ],
)
def test_the_caller_is_read_whole(argv: list[str], name: str | None) -> None:
    assert workbook_name(argv) == name


@pytest.mark.parametrize("damaged", ["4E3", "xyz", "D800"])
def test_a_damaged_name_is_not_guessed(damaged: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        workbook_name(["-c", f"--wb=u16:{damaged}"])
