"""What `doctor` says of what the program stands on: its Python, xlwings, the temporary folder, a mark of a download, the offline kit."""

from __future__ import annotations

import hashlib
import json
import sysconfig
from collections.abc import Iterable
from pathlib import Path

import pytest
from machines import machine

from collab_xl import __version__
from collab_xl.addin import surroundings
from collab_xl.addin.build import build
from collab_xl.addin.diagnose import addin_lines
from collab_xl.addin.installing import install
from collab_xl.addin.machine import MAC, WINDOWS, places
from collab_xl.addin.surroundings import KIT, downloaded, kit_lines, python_lines, temporary_line, xlwings_line
from collab_xl.addin.xlwings_module import xlwings_version
from collab_xl.catalogue import LANGS, text
from collab_xl.model.checkup import Health, Line

STORE = r"C:\Users\li\AppData\Local\Microsoft\WindowsApps\python.exe"


def said(lines: Iterable[Line]) -> dict[str, tuple[str, str]]:
    """topic → (health, text); every text complete in both languages."""
    found = list(lines)
    for line in found:
        for lang in LANGS:
            for key in filter(None, (line.what, line.fix)):
                assert "{" not in text(key, lang, **line.facts)
    return {line.topic: (str(line.health), line.what.removeprefix("model.doctor.")) for line in found}


@pytest.mark.parametrize(
    ("platform", "python", "bits", "tk", "kind", "windows"),
    [
        (WINDOWS, r"C:\Py\python.exe", 64, True, ("ok", "python_64"), ("ok", "tk")),
        (WINDOWS, r"C:\Py\python.exe", 32, True, ("todo", "python_32"), ("ok", "tk")),
        (WINDOWS, STORE, 64, False, ("todo", "python_store"), ("note", "no_tk")),
        (MAC, "/Library/Python/bin/python3.12", 64, True, ("ok", "python_64"), ("ok", "tk")),
    ],
)
def test_the_python(
    platform: str, python: str, bits: int, tk: bool, kind: tuple[str, str], windows: tuple[str, str], tmp_path: Path
) -> None:
    assert said(python_lines(machine(platform, tmp_path, python=python), bits=bits, tk=tk)) == {"python_kind": kind, "tk": windows}


def test_xlwings_is_the_version_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine(WINDOWS, tmp_path)
    for wanted, what in ((xlwings_version(), "xlwings"), ("0.0.1", "xlwings_other")):
        line = xlwings_line(here, wanted=wanted)
        assert line
        assert said([line])["xlwings"][1] == what
    assert xlwings_line(machine("linux", tmp_path), wanted="0.0.1") is None

    def none(_: str) -> str:
        raise surroundings.PackageNotFoundError

    monkeypatch.setattr(surroundings, "version", none)
    line = xlwings_line(here, wanted="0.0.1")
    assert line
    assert said([line]) == {"xlwings": ("todo", "no_xlwings")}


def test_the_temporary_folder(tmp_path: Path) -> None:
    assert said([temporary_line(tmp_path)]) == {"temporary": ("ok", "temporary")}
    assert not list(tmp_path.iterdir()), "the probe is gone"
    assert said([temporary_line(tmp_path / "none")]) == {"temporary": ("todo", "temporary_refused")}
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    assert said([temporary_line(deep)]) == {"temporary": ("todo", "temporary_long")}


def test_an_addin_marked_as_downloaded(tmp_path: Path) -> None:
    """The mark of Windows is a stream of the file; here it is a file of that name."""
    here = machine(WINDOWS, tmp_path, python=r"C:\Py\python.exe")
    install(here)
    where = places(here.platform, here.env, here.home)
    assert where
    addin = where.startup / "collab_xl.xlam"
    assert said(addin_lines(here, from_excel=True))["blocked"] == ("ok", "addin_not_blocked")
    mark = addin.with_name(f"{addin.name}:Zone.Identifier")
    mark.write_text("[ZoneTransfer]\r\nZoneId=3\r\n")
    assert said(addin_lines(here, from_excel=True))["blocked"] == ("todo", "addin_blocked")
    mark.write_text("[ZoneTransfer]\r\nZoneId=1\r\n")
    assert not downloaded(addin, WINDOWS), "the company's own network"


@pytest.fixture
def kit(tmp_path: Path) -> dict[str, object]:
    """The list of a kit, as its script leaves it in the environment."""
    files = {"files/wheels/python_calamine-0.9.1-cp312-cp312-win_amd64.whl": "", "files/wheels/rich-15.0.0-py3-none-any.whl": ""}
    python = sysconfig.get_python_version()
    return {"package": __version__, "python": python, "addin": hashlib.sha256(build()).hexdigest(), "files": files}


GOOD = {"python-calamine": "0.9.1", "rich": "15.0.0"}


@pytest.mark.parametrize(
    ("change", "found", "what"),
    [
        ({}, GOOD, ("ok", "kit")),
        ({"addin": ""}, GOOD, ("ok", "kit_packages")),
        ({}, GOOD | {"rich": "15.0.1"}, ("todo", "kit_other")),
        ({}, {"rich": "15.0.0"}, ("todo", "kit_other")),
        ({"python": "3.1"}, GOOD, ("todo", "kit_other")),
        ({"package": "0.0.1"}, GOOD, ("todo", "kit_other")),
        ({"addin": "0" * 64}, GOOD, ("todo", "kit_addin")),
        ({"files": 3}, GOOD, ("todo", "kit_unreadable")),
    ],
)
def test_what_the_kit_installed(
    change: dict[str, object], found: dict[str, str], what: tuple[str, str], kit: dict[str, object], tmp_path: Path
) -> None:
    (tmp_path / KIT).write_text(json.dumps(kit | change), "utf-8")
    assert said(kit_lines(tmp_path, found)) == {"kit": what}


def test_without_a_kit_nothing_is_said_of_one(tmp_path: Path) -> None:
    assert list(kit_lines(tmp_path)) == []


@pytest.mark.parametrize("platform", [WINDOWS, MAC])
def test_what_cannot_be_known_is_said(platform: str, tmp_path: Path) -> None:
    here = machine(platform, tmp_path)
    (line,) = [line for line in addin_lines(here, from_excel=True) if line.topic == "unknown"]
    assert line.health is Health.NOTE
    assert all(word in text(line.what, "zh") for word in ("Excel 是否真的载入", "杀毒软件"))
