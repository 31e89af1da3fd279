"""A kit installs itself, here on Linux, by the script that the kits of Windows and the Mac have too; what it refuses changes nothing.

The packages are small ones without contents; the first of them lets the new environment import the ones installed here, so that the
program really starts. With the real packages: `test_kit_for_real.py`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.command_line import command_line, environment
from kit.small_wheels import folder_of_wheels, this_python, wheel

from collab_xl import __version__
from collab_xl.catalogue import LANGS, text
from collab_xl.kit import install as script
from collab_xl.kit.targets import PYTHONS

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64" or this_python() not in PYTHONS, reason="a kit for this computer is not made"
)
HOME_FOLDER = f"collab-{this_python()}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit for this computer."""
    folder = tmp_path_factory.mktemp("kit")
    wheels = folder_of_wheels(folder / "wheels", python=this_python(), real=sysconfig.get_paths()["purelib"])
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_CONFIG_FILE": "/dev/null"}
    done = command_line("kit", "--platform", "linux", "--python", this_python(), "--out", folder / "kit", "--lang", "en", env=settings)
    assert done.code == 0, done.err
    return folder / "kit"


@pytest.fixture
def kit(made: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    return Path(shutil.copytree(made, tmp_path / "kit of 张三"))


def start(kit: Path, home: Path, *words: str | Path, direct: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the installation for a person whose pip and Python are set to places that must not matter. `direct`: without the starter."""
    home.mkdir(exist_ok=True)
    hostile = {
        "PIP_INDEX_URL": "http://127.0.0.1:9",
        "PIP_NO_BINARY": ":all:",
        "PYTHONHOME": "/nowhere",
        "PIP_TARGET": str(home / "astray"),
    }
    env = {k: v for k, v in environment().items() if k != "PYTHONPATH"} | {"HOME": str(home)} | hostile
    command = [sys.executable, "-I", "-B", str(kit / "files" / "install.py")] if direct else ["sh", str(kit / "install.sh")]
    return subprocess.run([*command, *map(str, words)], capture_output=True, text=True, env=env, check=False, stdin=subprocess.DEVNULL)


def both(key: str, **facts: object) -> list[str]:
    return [text(key, lang, **facts) for lang in LANGS]


@pytest.fixture(scope="module")
def installed(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The home of a person who double-clicked the kit, and what the window said."""
    home, bin_folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("bin")
    (bin_folder / f"python{this_python()}").symlink_to(os.path.realpath(sys.executable))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{bin_folder}{os.pathsep}{os.environ['PATH']}")
        done = start(made, home, direct=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return home, done.stdout


def test_it_installs_from_itself_and_again(made: Path, installed: tuple[Path, str], tmp_path: Path) -> None:
    home, window = installed
    folder = home / HOME_FOLDER
    command = folder / "bin" / "collab-xl"
    for said in both("kit.install.done_no_addin", command=command):
        assert said in window
    assert not (home / "astray").exists()
    assert (folder / "collab-kit.json").read_bytes() == (made / "files" / "manifest.json").read_bytes()
    env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "en_US.UTF-8"}
    version = subprocess.run([command, "--version"], capture_output=True, text=True, env=env, check=True, cwd=tmp_path)
    assert version.stdout.strip() == f"collab-xl {__version__}"
    where = "import collab_xl.cli; print(collab_xl.__file__)"
    imported = subprocess.run([folder / "bin" / "python", "-I", "-c", where], capture_output=True, text=True, env=env, check=True)
    assert imported.stdout.startswith(str(folder))
    (folder / "notes.txt").write_text("mine")
    module = Path(imported.stdout.strip()).parent / "cli.py"
    module.write_text("damaged")
    assert start(made, home).returncode == 0
    assert "damaged" not in module.read_text(), "the same version is put in place anew"
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("spoil", "key"),
    [
        (lambda kit: next((kit / "files" / "wheels").glob("pandas-*")).unlink(), "incomplete"),
        (lambda kit: next((kit / "files" / "wheels").glob("pandas-*")).write_bytes(b"PK"), "changed"),
        (lambda kit: (kit / "read-me.html").write_text("another page"), "changed"),
        (lambda kit: wheel(kit / "files" / "wheels", "six", "999"), "foreign"),
    ],
    ids=["a wheel is gone", "a wheel is another", "a page is another", "a wheel more"],
)
def test_a_kit_that_is_not_as_listed_installs_nothing(spoil: Callable[[Path], object], key: str, kit: Path, tmp_path: Path) -> None:
    spoil(kit)
    done = start(kit, tmp_path / "home")
    assert done.returncode == 5
    assert not list((tmp_path / "home").iterdir())
    for lang in LANGS:
        assert text(f"kit.install.{key}.fix", lang) in done.stdout
    assert "Traceback" not in done.stderr


def relisted(kit: Path, **changes: object) -> None:
    path = kit / "files" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | changes), "utf-8")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"platform": "windows"}, "platform"),
        ({"python": "3.99"}, "python"),
        ({"requirements": {"arm64": "requirements-x86_64.txt"}}, "machine"),
    ],
)
def test_a_kit_for_another_computer_installs_nothing(changes: dict[str, object], key: str, kit: Path, tmp_path: Path) -> None:
    relisted(kit, **changes)
    done = start(kit, tmp_path / "home")
    assert done.returncode == 5
    assert not list((tmp_path / "home").iterdir())
    assert text(f"kit.install.{key}.what", "en", wanted="X", found="Y", path="Z").split("X")[0].split("Y")[0] in done.stdout


def test_a_folder_of_somebody_is_not_touched(made: Path, tmp_path: Path) -> None:
    mine = tmp_path / "home" / HOME_FOLDER
    mine.mkdir(parents=True)
    (mine / "pyvenv.cfg").write_text("mine")
    done = start(made, tmp_path / "home")
    assert done.returncode == 5
    assert {p.name: p.read_text() for p in mine.iterdir()} == {"pyvenv.cfg": "mine"}
    for said in both("kit.install.folder.what", folder=mine):
        assert said in done.stdout


def test_a_look_alone_installs_nothing(made: Path, tmp_path: Path) -> None:
    done = start(made, tmp_path / "home", "--check")
    count = len(json.loads((made / "files" / "manifest.json").read_text("utf-8"))["files"])
    assert done.returncode == 0
    for said in both("kit.install.verified", count=count):
        assert said in done.stdout
    assert not list((tmp_path / "home").iterdir())


@pytest.mark.parametrize("words", [("--nonsense",), ("--to",)])
def test_unknown_words(made: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert start(made, tmp_path / "home", *words).returncode == 2


def test_packages_that_are_another_build_than_listed_are_not_installed(kit: Path, installed: tuple[Path, str], tmp_path: Path) -> None:
    """Somebody who changes a wheel and the list still meets the SHA-256 that pip is told."""
    (path,) = (kit / "files" / "wheels").glob("rich-*")
    with path.open("ab") as file:
        file.write(b"\0")
    files = json.loads((kit / "files" / "manifest.json").read_text("utf-8"))["files"]
    relisted(kit, files=files | {f"files/wheels/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()})
    # An environment as the kit makes it, without that package: making another one takes long.
    folder = Path(shutil.copytree(installed[0] / HOME_FOLDER, tmp_path / "home" / HOME_FOLDER, symlinks=True))
    (info,) = folder.glob("lib/*/site-packages/rich-*.dist-info")
    shutil.rmtree(info)
    next(folder.glob("lib/*/site-packages/collab_kit_test.pth")).unlink()
    done = start(kit, tmp_path / "home")
    assert done.returncode == 5
    assert text("kit.install.pip_failed.what", "en", reason="X").split("X")[0] in done.stdout
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in (tmp_path / "home" / HOME_FOLDER / "collab-kit.log").read_text("utf-8")


@pytest.mark.parametrize("lang", LANGS)
def test_where_the_addin_is_refused_its_own_words_are_shown(lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder is a file here: the program says so, in both languages."""
    (tmp_path / "file").write_bytes(b"")
    for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    with pytest.raises(script.Refused) as refused:
        script.put_into_excel(Path(sys.executable))
    assert text("addin.error.addin_cannot_write.why", lang) in str(refused.value.facts["said"])


def test_the_mark_of_a_download_is_taken_off_and_the_file_stays(tmp_path: Path) -> None:
    """As NTFS shows it: a stream under the file's name and a colon. Here it is a file of that name."""
    path = tmp_path / "a.whl"
    path.write_bytes(b"a")
    stream = tmp_path / "a.whl:Zone.Identifier"
    stream.write_text("[ZoneTransfer]\nZoneId=3")
    script.unblock([path, tmp_path / "none.whl"], "linux")
    assert stream.exists()
    script.unblock([path, tmp_path / "none.whl"], "win32")
    assert [p.name for p in tmp_path.iterdir()] == ["a.whl"]


# The file that is double-clicked


def test_without_a_python_the_starter_says_which_one_to_install(made: Path, tmp_path: Path) -> None:
    for name in ("dirname", "cat", "cut"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    done = subprocess.run(["/bin/sh", made / "install.sh"], capture_output=True, text=True, env={"PATH": str(tmp_path)}, check=False)
    assert done.returncode == 5
    for said in both("kit.install.no_python.what", python=this_python()):
        assert said in done.stdout
    assert done.stderr == ""


def test_started_inside_the_zip_it_says_to_unpack(made: Path, tmp_path: Path) -> None:
    shutil.copy(made / "install.sh", tmp_path)
    done = subprocess.run(["/bin/sh", tmp_path / "install.sh"], capture_output=True, text=True, check=False)
    assert done.returncode == 5
    for said in both("kit.install.packed", starter="install.sh"):
        assert said in done.stdout
