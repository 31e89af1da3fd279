"""`addin install` and `uninstall` on a Windows computer and on a Mac made of a folder: which files appear, and that exactly these go.

Platform, environment and home are data, so both systems are tested wherever the tests run; the files are real.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from machines import machine

from collab_xl import __version__
from collab_xl.addin import build as building
from collab_xl.addin import installing, xlwings_module
from collab_xl.addin.build import build
from collab_xl.addin.installed import settings_in
from collab_xl.addin.installing import install, is_private_copy, remove
from collab_xl.addin.machine import MAC, WINDOWS, Machine, places, record_path, script_name
from collab_xl.catalogue import LANGS, error_text
from collab_xl.errors import CollabError
from collab_xl.verbs.addin import addin_install, addin_uninstall

PYTHON = {WINDOWS: "C:\\Users\\王 五\\py\\python.exe", MAC: "/Library/Python/bin/python3.12"}
XLSTART = {
    WINDOWS: "AppData/Roaming/Microsoft/Excel/XLSTART/collab_xl.xlam",
    MAC: "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel/collab_xl.xlam",
}
SCRIPT = f"Library/Application Scripts/com.microsoft.Excel/{script_name()}"
RECORD = {WINDOWS: "AppData/Local/collab_xl/addin.json", MAC: "Library/Application Support/collab_xl/addin.json"}
SYSTEMS = pytest.mark.parametrize("platform", [WINDOWS, MAC])


def files(home: Path) -> set[str]:
    return {p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()}


def computer(platform: str, home: Path) -> Machine:
    return machine(platform, home, python=PYTHON[platform])


def put(platform: str) -> set[str]:
    return {XLSTART[platform], RECORD[platform]} | ({SCRIPT} if platform == MAC else set())


@SYSTEMS
def test_exactly_these_files_appear_and_exactly_these_go(platform: str, tmp_path: Path) -> None:
    here = computer(platform, tmp_path)
    other = tmp_path / XLSTART[platform].replace("collab_xl.xlam", "PERSONAL.XLSB")
    other.parent.mkdir(parents=True)
    other.write_bytes(b"the user's own")
    done = install(here)
    assert files(tmp_path) - {other.relative_to(tmp_path).as_posix()} == put(platform)
    assert {d.state for d in done.files} == {"new"}
    assert done.loads
    assert {d.state for d in remove(here)} == {"removed"}
    assert files(tmp_path) == {other.relative_to(tmp_path).as_posix()}
    assert remove(here) == ()


@SYSTEMS
def test_what_lies_there_is_the_build_with_this_machines_interpreter(platform: str, tmp_path: Path) -> None:
    install(computer(platform, tmp_path))
    data = (tmp_path / XLSTART[platform]).read_bytes()
    key, argument = ("INTERPRETER_WIN", "interpreter_win") if platform == WINDOWS else ("INTERPRETER_MAC", "interpreter_mac")
    assert settings_in(data)[key] == PYTHON[platform]
    assert data == build(**{argument: PYTHON[platform]})  # type: ignore[arg-type]


def test_the_mac_gets_the_script_of_the_installed_xlwings(tmp_path: Path) -> None:
    import xlwings

    install(computer(MAC, tmp_path))
    brought = Path(xlwings.__file__).parent / f"xlwings-{xlwings.__version__}.applescript"
    assert (tmp_path / SCRIPT).read_bytes() == brought.read_bytes()
    assert f'"xlwings-" & XLWINGS_VERSION & "{Path(SCRIPT).suffix}"' in xlwings_module.run_python()
    assert f'XLWINGS_VERSION As String = "{xlwings.__version__}"' in xlwings_module.run_python()


@SYSTEMS
def test_again_changes_nothing_and_says_so(platform: str, tmp_path: Path) -> None:
    here = computer(platform, tmp_path)
    install(here)
    before = {p: (tmp_path / p).stat().st_mtime_ns for p in put(platform) if not p.endswith(".json")}
    assert {d.state for d in install(here).files} == {"same"}
    assert {p: (tmp_path / p).stat().st_mtime_ns for p in before} == before
    remove(here)
    assert files(tmp_path) == set()


@SYSTEMS
def test_an_older_add_in_is_replaced_and_named(platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = computer(platform, tmp_path)
    with monkeypatch.context() as older:
        older.setattr(building, "__version__", "0.0.9")
        install(here)
    report = addin_install(lang="en", machine=here)
    assert settings_in((tmp_path / XLSTART[platform]).read_bytes())["VERSION"] == __version__
    assert f"(0.0.9 → {__version__})" in report.lines[0]
    assert report.json["files"][0]["state"] == "replaced"


def test_a_script_the_user_had_already_stays(tmp_path: Path) -> None:
    here = computer(MAC, tmp_path)
    script = tmp_path / SCRIPT
    script.parent.mkdir(parents=True)
    script.write_bytes(xlwings_module.script())
    install(here)
    remove(here)
    assert files(tmp_path) == {SCRIPT}


def test_a_script_of_an_xlwings_before_goes_when_we_put_it_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = computer(MAC, tmp_path)
    with monkeypatch.context() as older:
        older.setattr(installing, "script_name", lambda: "xlwings-0.37.1.applescript")
        install(here)
    theirs = (tmp_path / SCRIPT).with_name("xlwings-0.30.0.applescript")
    theirs.write_text("the user's own")
    install(here)
    assert files(tmp_path) == put(MAC) | {theirs.relative_to(tmp_path).as_posix()}


@SYSTEMS
def test_what_somebody_else_put_under_our_name_stays(platform: str, tmp_path: Path) -> None:
    here = computer(platform, tmp_path)
    theirs = tmp_path / XLSTART[platform]
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"not ours")
    report = addin_uninstall(lang="en", machine=here)
    assert [f["state"] for f in report.json["files"]] == ["kept"]
    assert theirs.read_bytes() == b"not ours"


@SYSTEMS
def test_an_add_in_signed_since_is_still_ours(platform: str, tmp_path: Path) -> None:
    here = computer(platform, tmp_path)
    install(here)
    path = tmp_path / XLSTART[platform]
    path.write_bytes(build())  # other bytes than recorded, but ours: the settings sheet says so
    assert {d.state for d in remove(here)} == {"removed"}
    assert not path.exists()


@SYSTEMS
def test_without_a_record_the_add_in_in_the_startup_folder_still_goes(platform: str, tmp_path: Path) -> None:
    here = computer(platform, tmp_path)
    install(here)
    (tmp_path / RECORD[platform]).write_text("{damaged")
    remove(here)
    assert XLSTART[platform] not in files(tmp_path)


@SYSTEMS
def test_already_deleted_by_hand_is_said(platform: str, tmp_path: Path) -> None:
    here = computer(platform, tmp_path)
    install(here)
    (tmp_path / XLSTART[platform]).unlink()
    assert next(f["state"] for f in addin_uninstall(lang="zh", machine=here).json["files"]) == "gone"
    assert files(tmp_path) == set()


@SYSTEMS
def test_another_folder_is_remembered_and_left_as_it_was(platform: str, tmp_path: Path) -> None:
    here = computer(platform, tmp_path / "home")
    share = tmp_path / "共享 文件夹"
    share.mkdir()
    report = addin_install(to=share, lang="zh", machine=here)
    assert os.listdir(share) == ["collab_xl.xlam"]
    assert str(share / "collab_xl.xlam") in report.lines[0]
    addin_uninstall(lang="zh", machine=here)
    assert os.listdir(share) == []
    assert files(tmp_path) == set()


def test_a_share_that_does_not_answer_is_not_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = computer(WINDOWS, tmp_path / "home")
    share = tmp_path / "share"
    share.mkdir()
    install(here, to=share)

    def silent(self: Path) -> bytes:
        raise OSError(121, "the semaphore timeout period has expired")

    with monkeypatch.context() as away:
        away.setattr(Path, "read_bytes", silent)
        with pytest.raises(CollabError, match="addin_cannot_write"):
            remove(here)
    assert [d.state for d in remove(here)] == ["removed"]


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(CollabError) as refused:
        install(computer(WINDOWS, tmp_path), to=tmp_path / "tippfehler")
    assert refused.value.code == "folder_missing"


@SYSTEMS
def test_a_user_who_never_started_office_is_told(platform: str, tmp_path: Path) -> None:
    here = Machine(platform, {"APPDATA": str(tmp_path / "nowhere")}, tmp_path, PYTHON[platform], lambda key: {})
    with pytest.raises(CollabError) as refused:
        install(here)
    assert refused.value.code == "addin_no_office"
    assert files(tmp_path) == set()


def test_linux_has_no_excel_but_a_folder_can_be_named(tmp_path: Path) -> None:
    here = machine("linux", tmp_path)
    with pytest.raises(CollabError) as refused:
        install(here)
    assert refused.value.code == "addin_no_excel"
    (tmp_path / "x").mkdir()
    done = install(here, to=tmp_path / "x", python="C:\\Program Files\\Python\\python.exe")
    assert settings_in(done.files[0].path.read_bytes())["INTERPRETER_WIN"] == "C:\\Program Files\\Python\\python.exe"
    assert not done.loads


@pytest.mark.parametrize("python", ["/Library/li/my env/bin/python", "/Library/li/$(x)/python", "/Library/li/'a'/python", "python3"])
def test_a_mac_path_the_script_would_take_apart_is_refused_before_anything_is_written(python: str, tmp_path: Path) -> None:
    with pytest.raises(CollabError) as refused:
        install(machine(MAC, tmp_path, python=python))
    assert refused.value.code == "addin_interpreter"
    assert files(tmp_path) == set()
    for lang in LANGS:
        assert python in error_text(refused.value, lang)[0]


@pytest.mark.parametrize(("platform", "code"), [(WINDOWS, "addin_locked"), (MAC, "addin_mac_denied")])
def test_a_held_file_is_explained_and_stays_whole(platform: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = computer(platform, tmp_path)
    install(here)
    path = tmp_path / XLSTART[platform]
    path.write_bytes(build())
    before = path.read_bytes()

    def held(*_: object) -> None:
        raise PermissionError(13, "held by Excel")

    with monkeypatch.context() as open_excel:
        open_excel.setattr(os, "replace", held)
        with pytest.raises(CollabError) as refused:
            install(here)
        assert refused.value.code == code
        open_excel.setattr(Path, "unlink", held)
        with pytest.raises(CollabError) as refused:
            remove(here)
        assert refused.value.code == code
    assert path.read_bytes() == before
    assert {p for p in files(tmp_path) if p.endswith(".tmp")} == set()
    assert remove(here)
    assert files(tmp_path) == set()


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_said_has_no_open_place(lang: str, tmp_path: Path) -> None:
    here = computer(MAC, tmp_path)
    said = [*addin_install(lang=lang, machine=here).lines, *addin_install(lang=lang, machine=here).lines]
    said += [*addin_uninstall(lang=lang, machine=here).lines, *addin_uninstall(lang=lang, machine=here).lines]
    assert len(said) >= 10
    assert not [line for line in said if "{" in line or "None" in line]


def test_the_record_holds_what_was_put_where(tmp_path: Path) -> None:
    here = computer(WINDOWS, tmp_path)
    install(here)
    body = json.loads((tmp_path / RECORD[WINDOWS]).read_text("utf-8"))
    (only,) = body["files"]
    assert only["sha256"] == hashlib.sha256((tmp_path / XLSTART[WINDOWS]).read_bytes()).hexdigest()


def test_places_are_data() -> None:
    home = Path("/h")
    assert places("linux", {}, home) is None
    assert places(WINDOWS, {}, home) is None, "Windows without APPDATA"
    windows = places(WINDOWS, {"APPDATA": "/roaming"}, home)
    assert windows
    assert windows.startup == Path("/roaming/Microsoft/Excel/XLSTART")
    assert windows.scripts is None
    mac = places(MAC, {"APPDATA": "/roaming"}, home)
    assert mac
    assert mac.startup == home / Path(XLSTART[MAC]).parent
    assert mac.scripts == home / Path(SCRIPT).parent
    assert record_path("linux", {"XDG_STATE_HOME": "/s"}, home) == Path("/s/collab_xl/addin.json")
    assert record_path("linux", {}, home) == Path("/h/.local/state/collab_xl/addin.json")


@pytest.mark.parametrize(
    ("real", "hidden"),
    [
        (r"C:\Users\li\AppData\Roaming\Microsoft\Excel\XLSTART\collab_xl.xlam", False),
        (r"C:\Users\li\AppData\Local\Packages\PythonSoftwareFoundation.Python.3.12_q\LocalCache\Roaming\Microsoft\Excel\x.xlam", True),
        (r"D:\Packages\XLSTART\collab_xl.xlam", False),
    ],
)
def test_a_private_copy_of_a_store_python_is_known(real: str, hidden: bool) -> None:
    assert is_private_copy(r"C:\Users\li\AppData\Roaming\Microsoft\Excel\XLSTART\collab_xl.xlam", real) is hidden


def test_a_store_python_is_refused_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = computer(WINDOWS, tmp_path)
    private = "C:\\Users\\li\\AppData\\Local\\Packages\\Python\\LocalCache\\Roaming\\collab_xl.xlam"
    monkeypatch.setattr(installing.os.path, "realpath", lambda path: private)
    with pytest.raises(CollabError) as refused:
        install(here)
    assert refused.value.code == "addin_store_python"
    assert files(tmp_path) == set()
