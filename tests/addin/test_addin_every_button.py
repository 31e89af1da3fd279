"""Every button, on Windows and on the Mac, in both languages, with a plain and with hostile workbooks in front: what Python is given.

The add-in's own VBA runs in LibreOffice up to the point where Excel would start a program (recorded.py); from there the command goes
through the shell: on the Mac's side a real one, with an interpreter that writes down its arguments.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from recorded import BUTTONS, INTERPRETER, SOURCES, mac_recorded, on_a_mac, pressed, ribbon_with, speaking, windows_recorded, workbook
from shells import shell_command, through_cmd, words

from collab_xl.addin.caller import workbook_name
from collab_xl.addin.machine import windows_command
from collab_xl.addin.xlwings_module import run_python
from collab_xl.catalogue import LANGS
from collab_xl.model.record import replace

BOTH = pytest.mark.parametrize("lang", LANGS)
HOSTILE = (
    "a=b.xlsx",
    "it's 100%PATH% & calc & ^ (1); --wb=x.xlsx",
    "主表“引号”＂–—'单'.xlsx",
    "$(touch planted)`touch planted`;touch planted.xlsx",
    "-c import os.xlsx",
)
MAC_ONLY = ('say "planted" \\" & touch planted.xlsx', "a|b|touch planted|.xlsx")
"""Names a file may have on the Mac and not on Windows."""
VERBS = {b["id"]: b["id"].removeprefix("Collab").lower() for b in BUTTONS}
WRITES_DOWN = '#!/bin/sh\nprintf "%s\\0" "$@" > "$0.tmp"\nmv "$0.tmp" "$0.given"\n'


def fronts(folder: Path, names: tuple[str, ...]) -> list[Path]:
    """A plain workbook, then the hostile ones, each beside a planted module and a planted configuration."""
    plain = folder / "plain" / "plain.xlsx"
    plain.parent.mkdir(parents=True)
    out = [workbook(plain, hostile=False)]
    for number, name in enumerate(names):
        mailed = folder / f"mailed{number}"
        mailed.mkdir()
        out.append(workbook(mailed / name, hostile=True))
    return out


def digits(sent: str) -> str:
    return sent.removeprefix("--wb=")


def code(button: str) -> str:
    return f"import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('{VERBS[button]}')"


def test_there_are_thirty_seven_buttons() -> None:
    assert len(VERBS) == 37
    assert len(set(VERBS.values())) == 37


@BOTH
def test_on_windows_python_gets_the_buttons_command_and_the_name_as_digits_and_nothing_else(lang: str, tmp_path: Path) -> None:
    books = fronts(tmp_path, HOSTILE)
    runs = pressed(speaking(SOURCES, lang), windows_recorded(run_python()), books, tmp_path, INTERPRETER)
    assert len(runs) == 1 + len(HOSTILE)
    for book, run in zip(books, runs, strict=True):
        assert set(run) == set(VERBS)
        for button, command in run.items():
            started = through_cmd(command)
            assert started.before == ["C:", 'cd "C:\\Program Files\\Python"']
            path, sent = 'import xlwings.utils;xlwings.utils.prepare_sys_path("false"); ', started.argv[5]
            assert started.argv[:5] == [INTERPRETER, "-B", "-P", "-c", path + code(button)]
            assert workbook_name([sent]) == book.name
            assert [a.partition("=")[0] for a in started.argv[6:]] == ["--from_xl", "--app", "--hwnd"]
            assert command.replace(digits(sent), "") == runs[0][button].replace(digits(through_cmd(runs[0][button]).argv[5]), "")


@BOTH
@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell as the Mac has it")
def test_on_the_mac_a_real_shell_starts_the_interpreter_with_the_same(lang: str, tmp_path: Path) -> None:
    python = an_interpreter(tmp_path / "py")
    books = fronts(tmp_path, HOSTILE + MAC_ONLY)
    sources = on_a_mac(speaking(SOURCES, lang))
    runs = pressed(sources, mac_recorded(run_python()), books, tmp_path, str(python))
    assert len(runs) == 1 + len(HOSTILE) + len(MAC_ONLY)
    before = everything(tmp_path)
    for number, (book, run) in enumerate(zip(books, runs, strict=True)):
        assert set(run) == set(VERBS)
        for button, parameter in run.items():
            assert len(parameter.split("|")) == 6
            # A start takes a while: the plain name and one hostile name for every button, the other names for one button each.
            if number > 1 and button != BUTTONS[number]["id"]:
                assert parameter.split("|")[:3] == runs[0][button].split("|")[:3]
                assert workbook_name([f"--wb={parameter.split('|')[3]}"]) == book.name
                continue
            given = start(parameter, python, cwd=book.parent, log=tmp_path / "log")
            assert given[:5] == ["-B", "-u", "-W", "ignore", "-c"]
            assert given[5] == f"import xlwings.utils;xlwings.utils.prepare_sys_path('false');{code(button)} "
            assert workbook_name([given[6]]) == book.name
            assert [a.partition("=")[0] for a in given[7:]] == ["--from_xl", "--app"]
    assert everything(tmp_path) == before


@pytest.mark.skipif(shutil.which("sh") is None, reason="no shell as the Mac has it")
def test_without_our_edit_the_name_would_be_a_command_on_the_mac(tmp_path: Path) -> None:
    """The proof above can fail: with the workbook's own name in its place the shell carries it out."""
    text = run_python()
    assert text.count("CollabCaller()") == 2
    python = an_interpreter(tmp_path / "py")
    (tmp_path / "mailed").mkdir()
    book = workbook(tmp_path / "mailed" / "$(touch planted).xlsx", hostile=True)
    plain = mac_recorded(text.replace("CollabCaller()", "ActiveWorkbook.Name"))
    (run,) = pressed(on_a_mac(SOURCES), plain, [book], tmp_path, str(python))
    start(run["CollabCheck"], python, cwd=book.parent, log=tmp_path / "log")
    assert (tmp_path / "mailed" / "planted").exists()


def an_interpreter(folder: Path) -> Path:
    """A program that writes its arguments into a file beside itself."""
    folder.mkdir()
    python = folder / "python3"
    python.write_text(WRITES_DOWN)
    python.chmod(0o755)
    return python


def everything(folder: Path) -> set[Path]:
    return {p for p in folder.rglob("*") if p.name != "log" and "office-profile" not in p.parts}


def start(parameter: str, python: Path, cwd: Path, log: Path) -> list[str]:
    """Hand the parameter to the script's shell command and give what the interpreter wrote down."""
    *parts, _ = parameter.split("|")
    given = python.with_name(f"{python.name}.given")
    subprocess.run(["sh", "-c", shell_command("|".join([*parts, str(log)]))], cwd=cwd, check=True, timeout=20)
    until = time.monotonic() + 20
    while not given.exists() and time.monotonic() < until:  # the script does not wait for Python
        time.sleep(0.02)
    said = given.read_text("utf-8").split("\0")[:-1]
    given.unlink()
    return said


@pytest.mark.parametrize("system", ["windows", "mac"])
@BOTH
def test_what_is_gone_is_said_in_excels_language_and_names_doctor(system: str, lang: str, tmp_path: Path) -> None:
    """The interpreter on Windows, the script on the Mac: one sentence for every button, and no command was started."""
    heard = ribbon_with(speaking(SOURCES, lang), 'MsgBox message, vbExclamation, "collab_xl"', "Recorded = message", 1)
    heard = ribbon_with(heard, "vbCrLf & vbCrLf & number", '"~" & number', 1)
    modules, sources, interpreter = windows_recorded(run_python()), heard, INTERPRETER
    lost = ("If True Then", "If False Then")
    if system == "mac":
        modules, sources, interpreter = mac_recorded(run_python()), on_a_mac(heard), "/Library/Python/bin/python3"
        lost = ("  Recorded = parameter\r\n", "  Err.Raise 5\r\n")
    first, *others = modules
    assert first.text.count(lost[0]) == 1
    modules = [replace(first, text=first.text.replace(*lost)), *others]
    (run,) = pressed(sources, modules, fronts(tmp_path, ())[:1], tmp_path, interpreter)
    assert set(run) == set(VERBS)
    for said in run.values():
        sentence, _, number = said.partition("~")
        assert sentence == label("CollabMsgFailed", lang)
        assert "collab-xl doctor" in sentence
        assert number.startswith("53: ")


@pytest.mark.parametrize("logged", [True, False])
@BOTH
def test_a_program_that_breaks_off_is_said_with_its_last_words(
    logged: bool, lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows: Python ends with an error, with a log of it or, where the shell was forbidden, without one."""
    monkeypatch.setenv("Temp", str(tmp_path))
    if logged:
        (tmp_path / "xlwings-0.log").write_text("Traceback\nModuleNotFoundError: No module named 'collab_xl'\n")
    heard = ribbon_with(speaking(SOURCES, lang), 'MsgBox message, vbExclamation, "collab_xl"', "Recorded = message", 1)
    module, recorder, *others = windows_recorded(run_python())
    assert module.text.count('"\\xlwings-"') == 1
    module = replace(module, text=module.text.replace('"\\xlwings-"', '"/xlwings-"'))
    recorder = replace(recorder, text=recorder.text.replace("    Recorded = Recorded & command\r\n", "    Run = 1\r\n"))
    kill = "CollabDelete LOG_FILE"
    assert kill in module.text
    module = replace(module, text=module.text.replace(kill, "Exit Function", 1))  # every button reads the same log here
    (run,) = pressed(heard, [module, recorder, *others], fronts(tmp_path, ())[:1], tmp_path, INTERPRETER)
    assert set(run) == set(VERBS)
    for said in run.values():
        if logged:
            assert said == label("CollabMsgStopped", lang) + "~~Traceback~ModuleNotFoundError: No module named 'collab_xl'~"
        else:
            assert said.startswith(label("CollabMsgFailed", lang))


def label(name: str, lang: str) -> str:
    return str(getattr(next(each for each in SOURCES.labels if each.id == name), f"label_{lang}"))


def test_doctor_tries_the_same_words(tmp_path: Path) -> None:
    """What `doctor` starts to see whether Python is reachable is what a button starts, with another line of Python."""
    (run,) = pressed(SOURCES, windows_recorded(run_python()), fronts(tmp_path, ())[:1], tmp_path, INTERPRETER)
    button: Mapping[str, str] = run
    started = through_cmd(button["CollabCheck"])
    tried = through_cmd(windows_command(INTERPRETER, code("CollabCheck")) + ' 2> "x"')
    assert tried.before == started.before
    assert tried.argv[:5] == started.argv[:5]


@pytest.mark.parametrize(
    ("line", "argv"),
    [
        ('"C:\\Program Files\\p.exe" -c "a \\"b\\"; c" ', ["C:\\Program Files\\p.exe", "-c", 'a "b"; c']),
        ('a\\\\b "c\\\\" d', ["a\\\\b", "c\\", "d"]),
        ('"" x', ["", "x"]),
    ],
)
def test_words_as_windows_splits_them(line: str, argv: list[str]) -> None:
    assert words(line) == argv
