"""What `collab-xl kit` makes: all that a system needs and no other, each file in the list with its SHA-256; and what it refuses."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.command_line import Done, command_line
from kit.small_wheels import NEEDS, folder_of_wheels, wheel

from collab_xl import __version__
from collab_xl.addin.build import build
from collab_xl.catalogue import LANGS
from collab_xl.kit.own_wheel import NAME
from collab_xl.kit.page import files_to_read
from collab_xl.kit.pip_for_target import check
from collab_xl.kit.targets import PLATFORMS

ONLY_WINDOWS, ONLY_MAC = {"pywin32", "tzdata", "colorama"}, {"appscript", "psutil"}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_wheels(tmp_path_factory.mktemp("registry") / "wheels")


def make(wheels: Path, out: Path, *words: str | Path, platform: str = "windows", lang: str = "en") -> Done:
    """A kit out of these wheels, by pip's own settings."""
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": "/dev/null"}
    return command_line("kit", "--platform", platform, "--out", out, "--json", "--lang", lang, *words, env=settings)


Made = tuple[str, Path, dict[str, object]]
"""Platform, folder, what the verb said."""


def made(platform: str, wheels: Path, out: Path) -> Made:
    done = make(wheels, out, platform=platform)
    assert done.code == 0, done.err
    return platform, out, done.json


@pytest.fixture(scope="module")
def windows(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made("windows", wheels, tmp_path_factory.mktemp("windows") / "kit")


@pytest.fixture(scope="module")
def mac(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made("mac", wheels, tmp_path_factory.mktemp("mac") / "kit")


@pytest.fixture(params=["windows", "mac"])
def kit(request: pytest.FixtureRequest) -> Made:
    found: Made = request.getfixturevalue(request.param)
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def names(folder: Path) -> set[str]:
    return {re.sub(r"[-_.]+", "-", p.name.split("-")[0]).lower() for p in (folder / "files" / "wheels").iterdir()}


def test_each_system_gets_what_only_it_needs(kit: Made) -> None:
    """Made on Linux with pip's own markers these would be missing, or stand in the wrong kit."""
    platform, out, said = kit
    found = names(out)
    wanted, other = (ONLY_WINDOWS, ONLY_MAC) if platform == "windows" else (ONLY_MAC, ONLY_WINDOWS)
    assert wanted <= found
    assert not other & found
    assert {"collab-xl", "xlwings", "pandas", "numpy", "python-dateutil", "lxml"} <= found
    packages = said["packages"]
    assert isinstance(packages, list)
    assert {name.partition(" ")[0] for name in packages} == found


def test_the_mac_has_both_processors() -> None:
    assert [t.machine for t in PLATFORMS["mac"].targets] == ["arm64", "x86_64"]


def test_a_mac_of_either_kind_finds_its_own_wheels(kit: Made) -> None:
    platform, out, _ = kit
    machines = {"windows": {"amd64"}, "mac": {"arm64", "x86_64"}}[platform]
    listed = json.loads((out / "files" / "manifest.json").read_text("utf-8"))["requirements"]
    assert listed.keys() == machines
    by_sha = {hashlib.sha256(data).hexdigest(): name for name, data in files(out / "files" / "wheels").items()}
    for machine, name in listed.items():
        pinned = re.findall(r"^([\w.-]+)==\S+ --hash=sha256:(\w+)$", (out / "files" / name).read_text("utf-8"), re.MULTILINE)
        assert len(pinned) > 15
        (lxml,) = [by_sha[sha] for package, sha in pinned if package == "lxml"]
        assert machine in lxml


def test_the_list_has_every_file_with_its_sha256(kit: Made) -> None:
    platform, out, said = kit
    found = files(out)
    listed = json.loads(found.pop("files/manifest.json"))
    assert listed["files"] == {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}
    assert said["sha256"] == hashlib.sha256((out / "files" / "manifest.json").read_bytes()).hexdigest()
    assert (listed["package"], listed["platform"], listed["python"], listed["excel"]) == (__version__, platform, "3.12", True)
    assert found["files/addin/collab_xl.xlam"] == build()
    assert listed["addin"] == said["addin_sha256"] == hashlib.sha256(build()).hexdigest()


def test_our_own_wheel_is_whole(kit: Made) -> None:
    with zipfile.ZipFile(kit[1] / "files" / "wheels" / NAME) as archive:
        assert archive.testzip() is None
        inside = set(archive.namelist())
        needs = archive.read(f"collab_xl-{__version__}.dist-info/METADATA").decode().count("Requires-Dist:")
    assert {"collab_xl/cli.py", "collab_xl/kit/install.py", "collab_xl/_data/macros/labels.csv"} <= inside
    assert not [name for name in inside if "__pycache__" in name]
    assert needs > 8


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_says_it_in_both_languages(kit: Made, lang: str) -> None:
    platform, out, _ = kit
    page = (out / "read-me.html").read_text("utf-8")
    assert page.count("<section lang=") == 2
    section = page.partition(f'<section lang="{lang}">')[2].partition("</section>")[0]
    assert PLATFORMS[platform].starter in section
    assert "collab-3.12" in section
    assert not re.search(r"[{}]", section)


# What is refused, and that nothing is written then


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    """A folder in which no refused kit leaves anything."""
    yield tmp_path / "kit"
    assert not (tmp_path / "kit" / "files").exists()


def test_a_wheel_that_is_not_there_for_the_system(tmp_path: Path, out: Path) -> None:
    wheels = folder_of_wheels(tmp_path / "wheels")
    for path in wheels.glob("pywin32-*"):
        path.unlink()
    done = make(wheels, out, lang="zh")
    assert (done.code, done.json["error"]) == (5, "kit_no_wheel")
    assert all(word in done.json["what"] for word in ("pywin32", "windows", "3.12"))


def test_wheels_that_are_not_for_that_python(wheels: Path, out: Path) -> None:
    done = make(wheels, out, "--python", "3.13")
    assert (done.code, done.json["error"]) == (5, "kit_no_wheel")
    assert "lxml" in done.json["what"]


def test_no_network(out: Path) -> None:
    settings = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1", "PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": ""}
    done = command_line("kit", "--platform", "windows", "--out", out, "--json", "--lang", "en", env=settings)
    assert (done.code, done.json["error"]) == (5, "kit_no_network")
    assert "pip config set" in done.json["fix"]


@pytest.mark.parametrize(
    ("words", "error"),
    [(("--platform", "solaris"), "kit_platform"), (("--python", "3.8"), "kit_python"), (("--python", "python.exe"), "kit_python")],
)
@pytest.mark.parametrize("lang", LANGS)
def test_an_unknown_system_or_python_is_wrong_usage(words: tuple[str, str], error: str, lang: str, out: Path) -> None:
    done = command_line("kit", "--out", out, *words, "--json", "--lang", lang)
    assert (done.code, done.json["error"]) == (2, error)
    assert words[1] in done.json["what"]


def test_a_folder_of_somebody_is_refused_and_kept(wheels: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "plan.xlsx").write_bytes(b"mine")
    done = make(wheels, tmp_path / "mine")
    assert (done.code, done.json["error"]) == (5, "kit_folder")
    assert files(tmp_path / "mine") == {"plan.xlsx": b"mine"}


def test_a_kit_is_made_again_in_its_folder_unless_somebody_changed_it(windows: Made, wheels: Path, tmp_path: Path) -> None:
    """Made again with an installer of Python inside; all that does not speak of it is the same bytes."""
    _, before_it, _ = windows
    out = tmp_path / "kit"
    shutil.copytree(before_it, out)
    name, data = "python-3.12.10-amd64.exe", b"MZ, the rest"
    (tmp_path / name).write_bytes(data)
    assert make(wheels, out, "--installer", tmp_path / name).code == 0
    before, after = files(before_it), files(out)
    assert after[f"files/python/{name}"] == data
    assert hashlib.sha256(data).hexdigest() in after["install.cmd"].decode("utf-8")
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {"install.cmd", "read-me.html", "files/manifest.json"}
    (out / "read-me.html").write_text("mine", "utf-8")
    before = files(out)
    done = make(wheels, out)
    assert (done.code, done.json["error"]) == (5, "kit_folder")
    assert "read-me.html" in done.json["what"]
    assert files(out) == before


def test_what_a_wheel_needs_is_asked_of_the_wheels_themselves(wheels: Path, tmp_path: Path) -> None:
    """The second look, which does not trust the download: a version too old, a package missing, a Python too new."""
    folder = tmp_path / "few"
    folder.mkdir()
    wheel(folder, "collab-xl", "1.0", needs=["xlwings==2", "rich>=1", "nothing; platform_system == 'Linux'"])
    wheel(folder, "xlwings", "1.0", needs=NEEDS["xlwings"])
    wheel(folder, "rich", "15.0", python="<3.12")
    (target,) = PLATFORMS["windows"].targets
    found = {entry["needs"] for entry in check(target.markers("3.12"), folder, "collab-xl")}
    assert found == {"xlwings==2", "Python <3.12"}
    wheel(folder, "xlwings", "2", needs=NEEDS["xlwings"])
    assert {entry["needs"] for entry in check(target.markers("3.12"), folder, "collab-xl")} == {"pywin32>=224", "Python <3.12"}


# An installer of Python inside


@pytest.mark.parametrize(
    ("name", "data", "platform", "said"),
    [
        ("python-3.11.9-amd64.exe", b"MZ..", "windows", "3.11"),
        ("python-3.12.10.exe", b"MZ..", "windows", "64-bit"),
        ("python-3.12.10-arm64.exe", b"MZ..", "windows", "64-bit"),
        ("python-3.12.10-amd64.exe", b"<html>", "windows", ".exe"),
        ("python 3.12 amd64.exe", b"MZ..", "windows", "blanks"),
        ("python-3.12.10-macos11.pkg", b"MZ..", "mac", ".pkg"),
        ("python-3.12.10-amd64.exe", b"MZ..", "mac", ".pkg"),
        ("python-3.12.10.tar", b"", "linux", "no installer"),
    ],
)
def test_an_installer_that_does_not_fit(name: str, data: bytes, platform: str, said: str, tmp_path: Path, out: Path, wheels: Path) -> None:
    (tmp_path / name).write_bytes(data)
    done = make(wheels, out, "--installer", tmp_path / name, platform=platform)
    assert (done.code, done.json["error"]) == (5, "kit_installer")
    assert said in done.json["what"]


@pytest.mark.parametrize("platform", ["windows", "mac"])
def test_an_installer_is_checked_by_the_file_that_starts_it(platform: str) -> None:
    kind, (name, sha256) = PLATFORMS[platform], ("python-3.12.10-amd64.exe", "ab" * 32)
    read = files_to_read(kind, "3.12", (name, sha256))
    starter = read[kind.starter].decode("utf-8")
    assert name in starter
    assert sha256 in starter
    assert read["read-me.html"] != files_to_read(kind, "3.12", ("", ""))["read-me.html"], "the page says that it is inside"


# The file to double-click on Windows: no cmd.exe here, so its form is looked at


def test_the_batch_file_is_well_formed(windows: Made) -> None:
    data = (windows[1] / "install.cmd").read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n") > 30
    assert data.rpartition(b":packed")[0].isascii(), "only behind the last label, where a wrong code page cannot hurt"
    text = data.decode("utf-8")
    labels = set(re.findall(r"^:(\w+)", text, re.MULTILINE))
    assert set(re.findall(r"(?:goto |call :)(\w+)", text)) == labels
    for label in labels:
        assert re.search(rf"^:{label}\r\n(?:.*\r\n)*?exit /b", text, re.MULTILINE), label
    assert not re.search(r"[{}]", text)
    assert "runas" not in text.lower()
    assert "http" not in text.lower()
