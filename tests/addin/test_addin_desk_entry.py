"""The desk in the menu of programs: which files `addin install` puts there on Windows and Linux, and that exactly these go."""

from __future__ import annotations

import configparser
import json
import os
import shlex
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest
from machines import machine

from collab_xl.addin.desk_entry import Shortcut, entries, quoted, shell_link
from collab_xl.addin.machine import MAC, WINDOWS
from collab_xl.catalogue import LANGS, text
from collab_xl.verbs.addin import addin_install, addin_uninstall

PYTHON = "C:\\Users\\王 五\\py\\python.exe"
MENU = "AppData/Roaming/Microsoft/Windows/Start Menu/Programs"


def as_json(shortcut: Shortcut) -> bytes:
    """In place of Windows' own writer, which only Windows has: what it was asked to write."""
    return json.dumps(asdict(shortcut)).encode()


def files(home: Path) -> set[str]:
    return {p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()}


@pytest.mark.parametrize("lang", LANGS)
def test_on_windows_a_shortcut_and_an_icon_come_and_go(lang: str, tmp_path: Path) -> None:
    here = machine(WINDOWS, tmp_path, python=PYTHON)
    before = files(tmp_path)
    report = addin_install(lang=lang, machine=here, link=as_json)
    name = text("desk.title", lang)
    assert {f"{MENU}/{name}.lnk", "AppData/Local/collab_xl/desk.ico"} <= files(tmp_path)
    said = json.loads((tmp_path / MENU / f"{name}.lnk").read_bytes())
    assert (said["target"], said["arguments"]) == ("C:\\Users\\王 五\\py\\pythonw.exe", "-P -m collab_xl.desk")
    assert Path(said["icon"]).read_bytes()[:4] == b"\0\0\1\0"
    assert not any("Startup/" in path for path in files(tmp_path)), "not at log-in unless asked for"
    assert any(name in line for line in report.lines)
    assert {Path(file["path"]).suffix for file in report.json["files"]} == {".xlam", ".lnk", ".ico"}
    addin_uninstall(lang=lang, machine=here)
    assert files(tmp_path) == before


def test_at_log_in_only_when_asked_for_and_then_as_an_icon(tmp_path: Path) -> None:
    here = machine(WINDOWS, tmp_path, python=PYTHON)
    addin_install(lang="zh", autostart=True, machine=here, link=as_json)
    said = json.loads((tmp_path / MENU / "Startup" / "协作台.lnk").read_bytes())
    assert said["arguments"] == "-P -m collab_xl.desk --minimized"
    addin_uninstall(lang="zh", machine=here)
    assert not [path for path in files(tmp_path) if path.endswith(".lnk")]


def test_the_other_language_takes_the_place_of_the_first(tmp_path: Path) -> None:
    here = machine(WINDOWS, tmp_path, python=PYTHON)
    addin_install(lang="zh", machine=here, link=as_json)
    addin_install(lang="en", machine=here, link=as_json)
    assert [path.name for path in (tmp_path / MENU).glob("*.lnk")] == ["Collab desk.lnk"]


def test_what_somebody_else_has_put_there_stays(tmp_path: Path) -> None:
    here = machine(WINDOWS, tmp_path, python=PYTHON)
    theirs = tmp_path / MENU / "协作台.lnk"
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(b"another program of this name")
    report = addin_install(lang="zh", machine=here, link=as_json)
    assert {"path": str(theirs), "state": "kept"} in report.json["files"]
    addin_uninstall(lang="zh", machine=here)
    assert theirs.read_bytes() == b"another program of this name"


def test_one_that_was_changed_since_stays_and_is_named(tmp_path: Path) -> None:
    here = machine(WINDOWS, tmp_path, python=PYTHON)
    addin_install(lang="zh", machine=here, link=as_json)
    changed = tmp_path / MENU / "协作台.lnk"
    changed.write_bytes(b"with another key")
    report = addin_uninstall(lang="zh", machine=here)
    assert {"path": str(changed), "state": "kept"} in report.json["files"]
    assert changed.exists()


def test_on_linux_there_is_a_desktop_entry_though_no_excel(tmp_path: Path) -> None:
    here = machine("linux", tmp_path, python="/usr/py 3/x%/bin/python")
    report = addin_install(lang="zh", autostart=True, machine=here)
    assert report.lines[0] == text("verbs.say.addin_no_excel", "zh")
    entry = tmp_path / ".local/share/applications/collab-xl-desk.desktop"
    read = configparser.RawConfigParser(strict=True, delimiters=("=",))
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(entry, encoding="utf-8")
    section = read["Desktop Entry"]
    assert (section["Name[zh_CN]"], section["Terminal"], section["StartupWMClass"]) == ("协作台", "false", "Collab-xl")
    assert Path(section["Icon"]).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    words = shlex.split(section["Exec"].replace("\\\\", "\\").replace("%%", "%"))
    assert words == ["/usr/py 3/x%/bin/python", "-P", "-m", "collab_xl.desk"]
    started = (tmp_path / ".config/autostart/collab-xl-desk.desktop").read_text("utf-8")
    assert "collab_xl.desk --minimized\n" in started
    addin_uninstall(lang="zh", machine=here)
    assert files(tmp_path) == set()


def test_a_menu_that_refuses_is_said_and_the_add_in_is_installed(tmp_path: Path) -> None:
    report = addin_install(lang="en", machine=machine(WINDOWS, tmp_path, python=PYTHON))
    assert (tmp_path / "AppData/Roaming/Microsoft/Excel/XLSTART/collab_xl.xlam").is_file()
    assert text("verbs.say.desk_no_entry", "en", reason="shortcuts are made by Windows") in report.lines


def test_a_company_folder_gets_the_add_in_alone(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    here = machine("linux", tmp_path)
    addin_install(lang="en", to=tmp_path / "x", machine=here)
    assert not [path for path in files(tmp_path) if path.endswith(".desktop")]


def test_a_path_of_two_lines_gets_no_entry_and_the_mac_has_none(tmp_path: Path) -> None:
    names = about = {"zh": "协作台", "en": "Collab desk"}
    for platform, python in (("linux", "/x\nExec=evil/python"), (MAC, "/usr/bin/python3")):
        assert entries(machine(platform, tmp_path), names, about, "zh", python=python, autostart=True, link=as_json) == {}
    with pytest.raises(OSError, match="Windows"):
        shell_link(Shortcut("a", "b", "c", "d", "e"))


@pytest.mark.parametrize("path", ["/a b/py", '/a"b/py', "/a\\b/py", "/a$HOME/`id`/py", "/a'b/py"])
def test_a_quoted_path_is_one_argument(path: str) -> None:
    said = quoted(path)
    assert "\n" not in said
    in_file = said.replace("\\\\", "\\")
    done = subprocess.run(["/bin/sh", "-c", f"printf %s {in_file}"], capture_output=True, text=True, check=True, env={"PATH": os.defpath})
    assert done.stdout == path
