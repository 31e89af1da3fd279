"""What `doctor` says of the add-in on a Windows computer and on a Mac: each fault its own line; Python really started where possible."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from machines import machine
from shells import script_line

from collab_xl import __version__
from collab_xl.addin import diagnose
from collab_xl.addin.build import build
from collab_xl.addin.diagnose import ASK, addin_lines, program_lines, run_within
from collab_xl.addin.installing import install
from collab_xl.addin.machine import APP_PATHS, MAC, WINDOWS, Machine, mac_command, places, windows_command
from collab_xl.addin.policy import policy_lines
from collab_xl.catalogue import LANGS, text, texts
from collab_xl.model.checkup import Health, Line
from collab_xl.verbs.doctor import doctor

SYSTEMS = pytest.mark.parametrize("platform", [WINDOWS, MAC])
POLICIES = r"Software\Policies\Microsoft\Office\16.0"


SHELL = pytest.mark.skipif(shutil.which("sh") is None, reason="no shell as the Mac has it")


def python_of(platform: str) -> str:
    """A path of that system; whether it is there is only asked where it is started."""
    return "/Library/Python/bin/python3.12" if platform == MAC else "C:\\Program Files\\Python\\python.exe"


def found(here: Machine, *, from_excel: bool = True) -> dict[str, Line]:
    """topic → line, said in both languages so that no place stays open. On Windows Python cannot be started here: Excel asks."""
    lines = list(addin_lines(here, from_excel=from_excel))
    for lang in LANGS:
        for line in lines:
            said = [text(key, lang, **line.facts) for key in (line.what, line.why, line.fix) if key]
            assert not [part for part in said if "{" in part or "None" in part]
    return {line.topic: line for line in lines}


def to_do(here: Machine, *, from_excel: bool = True) -> dict[str, str]:
    """topic → the text's key, of what is to be done."""
    lines = found(here, from_excel=from_excel)
    return {topic: line.what.removeprefix("model.doctor.") for topic, line in lines.items() if line.health is Health.TODO}


def startup(here: Machine) -> Path:
    where = places(here.platform, here.env, here.home)
    assert where
    return where.startup / "collab_xl.xlam"


@SYSTEMS
def test_after_an_installation_all_is_well(platform: str, tmp_path: Path) -> None:
    here = machine(platform, tmp_path, python=python_of(platform))
    install(here)
    assert to_do(here) == {}
    topics = {"startup", "addin", "blocked", "shell", "unknown"} | ({"script", "automation"} if platform == MAC else {"cmd", "macros"})
    assert set(found(here)) == topics


@SYSTEMS
def test_before_one(platform: str, tmp_path: Path) -> None:
    here = machine(platform, tmp_path, python=python_of(platform))
    assert to_do(here) == {"startup": "no_startup"}
    assert "shell" in found(here), "whether Python can be started is said before anything is installed"
    startup(here).parent.mkdir(parents=True)
    assert to_do(here) == {"addin": "no_addin"} | ({"script": "no_script"} if platform == MAC else {})


def test_office_was_never_started(tmp_path: Path) -> None:
    mac = Machine(MAC, {}, tmp_path, sys.executable, lambda key: {}, tmp_path / "Applications")
    assert to_do(mac) == {"startup": "office_never"}
    assert to_do(mac, from_excel=False) == {"excel": "excel_missing", "startup": "office_never"}
    assert to_do(Machine(WINDOWS, {}, tmp_path, sys.executable, lambda key: {})) == {"startup": "no_appdata"}


@SYSTEMS
def test_excel_is_named(platform: str, tmp_path: Path) -> None:
    here = machine(platform, tmp_path, python=python_of(platform))
    assert "excel" in str(found(here, from_excel=False)["excel"].facts["path"]).lower()
    assert "excel" not in found(here), "who was started by Excel need not look for it"


@SYSTEMS
def test_an_add_in_that_is_not_this_one(platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine(platform, tmp_path, python=python_of(platform))
    install(here)
    path = startup(here)
    path.write_bytes(build())
    assert to_do(here) == {"interpreter": "no_interpreter"}
    install(here)
    data = path.read_bytes()
    path.write_bytes(data.replace(b'keytip="XZ"', b'keytip="XY"'))
    assert to_do(here)["addin"] in {"addin_differs", "addin_strange"}
    path.write_bytes(b"PK")
    assert to_do(here)["addin"] == "addin_strange"
    path.write_bytes(data)
    monkeypatch.setattr(diagnose, "__version__", "9.9.9")
    assert to_do(here)["addin"] == "addin_version"


def test_it_lies_in_another_folder_only(tmp_path: Path) -> None:
    here = machine(WINDOWS, tmp_path / "home", python=python_of(WINDOWS))
    (tmp_path / "share").mkdir()
    install(here, to=tmp_path / "share")
    startup(here).parent.mkdir(parents=True)
    line = found(here)["addin"]
    assert (line.health, line.what) == (Health.NOTE, "model.doctor.addin_elsewhere")


def test_one_installed_for_everybody_counts_and_two_are_one_too_many(tmp_path: Path) -> None:
    office = tmp_path / "Office16"
    (office / "XLSTART").mkdir(parents=True)
    registry = {rf"HKLM\{APP_PATHS}": {"": f'"{office / "EXCEL.EXE"}"'}}
    here = machine(WINDOWS, tmp_path / "home", python=python_of(WINDOWS), registry=registry)
    done = install(here, to=office / "XLSTART")
    assert done.loads
    assert to_do(here) == {}
    assert found(here)["startup"].facts["folder"] == office / "XLSTART"
    install(here)
    assert "addin_twice" in [line.what.removeprefix("model.doctor.") for line in addin_lines(here, from_excel=True)]


def test_linux_has_no_excel(tmp_path: Path) -> None:
    (line,) = addin_lines(machine("linux", tmp_path), from_excel=False)
    assert line.health is Health.SKIPPED


def test_an_old_python(tmp_path: Path) -> None:
    here = machine("linux", tmp_path)
    assert [line.health for line in program_lines((3, 10, 9), here)] == [Health.TODO, Health.OK]
    assert [line.health for line in program_lines((3, 11, 0), here)] == [Health.OK, Health.OK]


# Starting Python as Excel would


@SHELL
def test_python_is_really_started_as_the_macs_script_does_it(tmp_path: Path) -> None:
    here = machine(MAC, tmp_path, python=sys.executable)
    install(here)
    assert to_do(here, from_excel=False) == {}
    assert found(here, from_excel=False)["shell"].facts["path"] == sys.executable


@SHELL
def test_a_start_that_hangs_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    """The shell's own child writes a sign of life each moment; after the time is up there are no more."""
    alive = tmp_path / "alive"
    script = f"(while :; do echo x >> {alive}; sleep 0.05; done) & sleep 30"
    began = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        run_within(["/bin/sh", "-c", script], 0.5, None)
    assert time.monotonic() - began < 25, "it waited for what hangs"
    size = alive.stat().st_size
    assert size
    time.sleep(0.3)
    assert alive.stat().st_size == size


@SHELL
def test_modules_that_lie_where_doctor_runs_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine(MAC, tmp_path / "home", python=sys.executable)
    install(here)
    mailed = tmp_path / "mailed"
    mailed.mkdir()
    for name in ("json", "xlwings", "collab_xl"):
        (mailed / f"{name}.py").write_text(f"open({str(tmp_path / 'planted')!r}, 'w').close()\n")
    monkeypatch.chdir(mailed)
    assert to_do(here, from_excel=False) == {}
    assert not (tmp_path / "planted").exists()
    subprocess.run(mac_command(sys.executable, ASK), check=False, capture_output=True)
    assert (tmp_path / "planted").exists(), "started in that folder it would have been"


def test_the_scripts_own_command_is_the_one_tried() -> None:
    """But for the line of Python, and where the output goes: the script sends it nowhere and does not wait."""
    names = ("PYTHONPATH", "PythonInterpreter", "PythonCommand", "WorkbookName", "ApplicationFullName", "LOG_FILE")
    line = script_line(dict(zip(names, ("false", "/p", "CODE", "", "", "log"), strict=True)))
    assert line.startswith(mac_command("/p", "CODE")[2])


@SHELL
@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("exit 3", "shell_failed"),
        ("echo no module named collab_xl >&2; exit 1", "shell_failed"),
        ("echo 0.0.1", "shell_other"),
        ("sleep 5", "shell_slow"),
        ("true", "shell_failed"),
    ],
)
def test_an_interpreter_that_does_not_answer_as_it_should(script: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    here = machine(MAC, tmp_path / "home", python=str(python))
    install(here)
    monkeypatch.setattr(diagnose, "START_SECONDS", 1)
    assert to_do(here, from_excel=False) == {"shell": what}


def test_an_interpreter_that_is_gone(tmp_path: Path) -> None:
    here = machine(MAC, tmp_path, python="/Library/nowhere/python3")
    install(here)
    assert to_do(here, from_excel=False) == {"interpreter": "interpreter_gone"}


def test_where_the_command_line_is_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine(WINDOWS, tmp_path, python=sys.executable)  # a path that exists, so that the start is tried
    install(here, python=f"C:\\{Path(sys.executable).name}")
    monkeypatch.setattr(diagnose.os.path, "isfile", lambda path: True)

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "blocked by your administrator")

    monkeypatch.setattr(subprocess, "Popen", forbidden)
    assert to_do(here, from_excel=False) == {"shell": "shell_refused"}


@pytest.mark.parametrize(
    ("python", "starts"),
    [
        ("C:\\Py\\python.exe", 'cmd.exe /C C: & cd "C:\\Py" & "C:\\Py\\python.exe" -B -P -c "import xlwings.utils;'),
        ("\\\\srv\\py\\python.exe", 'cmd.exe /C pushd "\\\\srv\\py" & "\\\\srv\\py\\python.exe" -B -P -c "import xlwings.utils;'),
    ],
)
def test_the_command_on_windows(python: str, starts: str) -> None:
    """The same words as `RunPython` sends, which test_addin_hostile records in LibreOffice."""
    assert windows_command(python, ASK).startswith(starts)
    assert windows_command("C:\\Program Files\\Python\\python.exe", "X").startswith(
        'cmd.exe /C C: & cd "C:\\Program Files\\Python" & "C:\\Program Files\\Python\\python.exe" -B -P -c "import xlwings.utils;'
        'xlwings.utils.prepare_sys_path(\\"false\\"); X"  --wb="'
    )


# The Mac's script


def test_the_macs_script(tmp_path: Path) -> None:
    here = machine(MAC, tmp_path, python=python_of(MAC))
    install(here)
    where = places(MAC, here.env, tmp_path)
    assert where
    assert where.scripts
    (script,) = where.scripts.iterdir()
    script.write_bytes(script.read_bytes() + b"\n# changed")
    assert to_do(here) == {"script": "script_differs"}
    script.rename(script.with_name("xlwings-0.1.0.applescript"))
    assert to_do(here) == {"script": "script_other"}
    script.with_name("xlwings-0.1.0.applescript").unlink()
    assert to_do(here) == {"script": "no_script"}


# Windows' policies

OFF, SIGN, ASKED, TRUSTED = "macros_off", "addins_signed", "macros_asked", "macros_trusted"
LOCATIONS = {rf"HKCU\{POLICIES}\Excel\Security\Trusted Locations": {"AllLocationsDisabled": 1}}
SECURITY = rf"HKCU\{POLICIES}\Excel\Security"
RULES = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
INTUNE = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Policy Manager"
FILE_TYPE = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Explorer\FileExts\.xlsx\UserChoice"
CHILDREN = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"


@pytest.mark.parametrize(
    ("registry", "cmd", "macros"),
    [
        ({}, "cmd_allowed", TRUSTED),
        ({r"HKCU\Software\Policies\Microsoft\Windows\System": {"DisableCMD": 1}}, "cmd_forbidden", TRUSTED),
        ({r"HKCU\Software\Policies\Microsoft\Windows\System": {"DisableCMD": 2}}, "cmd_limited", TRUSTED),
        ({r"HKCU\Software\Policies\Microsoft\Windows\System": {"DisableCMD": "nonsense"}}, "cmd_allowed", TRUSTED),
        ({RULES: {CHILDREN: "1"}}, "children_forbidden", TRUSTED),
        ({RULES: {CHILDREN.lower(): 1}}, "children_forbidden", TRUSTED),
        ({RULES: {CHILDREN: "2"}}, "cmd_allowed", TRUSTED),
        ({RULES: {CHILDREN: "6"}}, "children_warned", TRUSTED),
        ({INTUNE: {"ASRRules": f"56a863a9-875e-4185-98a7-b882c64b5ce5=1|{CHILDREN}=1"}}, "children_forbidden", TRUSTED),
        ({INTUNE: {"ASRRules": f"{{{CHILDREN.lower()}}}=6"}}, "children_warned", TRUSTED),
        ({INTUNE: {"ASRRules": f"{CHILDREN}=2|nonsense"}}, "cmd_allowed", TRUSTED),
        ({r"HKCU\Software\Policies\Microsoft\Cloud\Office\16.0\Common": {"VbaOff": 1}}, "cmd_allowed", "vba_off"),
        ({rf"HKLM\{POLICIES}\Common": {"VbaOff": 1}}, "cmd_allowed", "vba_off"),
        ({SECURITY: {"DisableAllAddins": 1}}, "cmd_allowed", "addins_off"),
        ({SECURITY: {"RequireAddinSig": 1}}, "cmd_allowed", SIGN),
        ({SECURITY: {"VBAWarnings": 4}}, "cmd_allowed", TRUSTED),
        (LOCATIONS, "cmd_allowed", ASKED),
        ({**LOCATIONS, SECURITY: {"VBAWarnings": 1}}, "cmd_allowed", "macros_allowed"),
        ({**LOCATIONS, SECURITY: {"vbawarnings": 2}}, "cmd_allowed", ASKED),
        ({**LOCATIONS, SECURITY: {"VBAWarnings": 3}}, "cmd_allowed", SIGN),
        ({**LOCATIONS, SECURITY: {"VBAWarnings": 4}}, "cmd_allowed", OFF),
        (
            {**LOCATIONS, SECURITY: {"VBAWarnings": 4}, r"HKCU\Software\Microsoft\Office\16.0\Excel\Security": {"VBAWarnings": 1}},
            "cmd_allowed",
            OFF,
        ),
    ],
)
def test_what_policies_forbid(registry: dict[str, dict[str, Any]], cmd: str, macros: str) -> None:
    lines = {line.topic: line.what.removeprefix("model.doctor.") for line in policy_lines(lambda key: registry.get(key, {}))}
    assert lines == {"cmd": cmd, "macros": macros}


@pytest.mark.parametrize(
    ("key", "values", "topic", "what"),
    [
        (r"HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2\Exe", {"EnforcementMode": 1}, "programs", "applocker"),
        (SECURITY, {"blockcontentexecutionfrominternet": 1}, "internet", "internet_macros"),
        (FILE_TYPE, {"ProgId": "KET.Sheet.12"}, "opens", "wps"),
        (FILE_TYPE, {"ProgId": "ET.Xlsx.6"}, "opens", "wps"),
        (FILE_TYPE, {"ProgId": "Excel.Sheet.12"}, "opens", ""),
        (r"HKLM\SOFTWARE\Policies\Microsoft\Windows\SrpV2\Exe", {"EnforcementMode": 0}, "programs", ""),
    ],
)
def test_what_is_worth_knowing(key: str, values: dict[str, Any], topic: str, what: str) -> None:
    lines = {line.topic: line for line in policy_lines(lambda asked: values if asked == key else {})}
    assert (topic in lines) == bool(what)
    if what:
        assert (lines[topic].health, lines[topic].what) == (Health.NOTE, f"model.doctor.{what}")


def test_excel_switched_it_off_after_a_crash() -> None:
    item = b"\x01\0\0\0" + "C:\\Users\\li\\AppData\\Roaming\\Microsoft\\Excel\\XLSTART\\Collab_XL.xlam\0".encode("utf-16-le")
    registry = {r"HKCU\Software\Microsoft\Office\16.0\Excel\Resiliency\DisabledItems": {"1A2B": item, "x": 1}}
    assert "switched_off" in {line.what.removeprefix("model.doctor.") for line in policy_lines(lambda key: registry.get(key, {}))}


def test_policies_are_lines_of_the_report(tmp_path: Path) -> None:
    key = r"HKCU\Software\Policies\Microsoft\Windows\System"
    here = machine(WINDOWS, tmp_path, python=python_of(WINDOWS), registry={key: {"DisableCMD": 1}})
    install(here)
    report = doctor(lang="en", machine=here, from_excel=True)
    assert report.exit_code == 3
    assert [i["topic"] for i in report.json["items"] if i["state"] == "todo"] == ["cmd"]
    assert any("DisableCMD" in line for line in report.lines)


# The report


@SYSTEMS
@pytest.mark.parametrize("lang", LANGS)
def test_the_report_of_a_computer_with_excel(platform: str, lang: str, tmp_path: Path) -> None:
    here = machine(platform, tmp_path, python=python_of(platform))
    install(here)
    report = doctor(lang=lang, machine=here, from_excel=True)
    assert report.exit_code == 0
    assert report.json["platform"] == platform
    assert __version__ in report.lines[0]
    assert report.lines[-1] == text("verbs.doctor.well", lang)


def test_every_line_has_its_fix_and_every_text_its_line() -> None:
    keys = {key.removeprefix("model.doctor.") for key in texts("en") if re.fullmatch(r"model\.doctor\.\w+", key)}
    sources = "".join(p.read_text("utf-8") for p in Path(diagnose.__file__).parent.glob("*.py"))
    sources += "".join(p.read_text("utf-8") for p in (Path(diagnose.__file__).parents[1] / "verbs").glob("doctor*.py"))
    unused = {key for key in keys if f'"{key}"' not in sources and not key.endswith("_fix")}
    assert unused == set()
    to_do_keys = set(re.findall(r'todo\(\s*"\w+",\s*"(\w+)"', sources))
    assert len(to_do_keys) > 25
    assert {key for key in to_do_keys if f"{key}_fix" not in keys} == set()
