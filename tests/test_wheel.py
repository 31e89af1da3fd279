"""What pip installs is complete: templates, texts, demo data and the macros folder travel inside the wheel and are found there."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from collab_xl.catalogue import LANGS, texts
from collab_xl.forms import load
from collab_xl.kit import own_wheel

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_everything_tracked_that_is_not_only_for_developers(wheel: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "collab_xl", "workbook_templates", "macros"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wanted = {
        name if name.startswith("collab_xl/") else f"collab_xl/_data/{name}"
        for name in tracked.stdout.split("\n")
        if name and (ROOT / name).is_file()
    }
    assert len(wanted) > 60
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    assert wanted - inside == set()
    assert not [name for name in inside if name.startswith(("tests/", "benchmarks/", "docs/"))]


@pytest.mark.slow
def test_an_unpacked_wheel_finds_its_templates_and_texts(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    ask = (
        "from collab_xl.catalogue import texts; from collab_xl.forms import load, templates_folder; "
        "print(len(load().forms), *(len(texts(lang)) for lang in ('zh', 'en')), templates_folder())"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", ask], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    *counts, folder = done.stdout.split(maxsplit=3)
    assert [int(count) for count in counts] == [len(load().forms), *(len(texts(lang)) for lang in LANGS)]
    assert Path(folder.strip()).is_relative_to(tmp_path)


@pytest.mark.slow
def test_an_unpacked_wheel_builds_the_same_addin(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    ask = "import hashlib; from collab_xl.addin.build import build; print(hashlib.sha256(build()).hexdigest())"
    built = []
    for place in (tmp_path, ROOT):
        command, env = [sys.executable, "-P", "-c", ask], {"PYTHONPATH": str(place)}
        built.append(subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout)
    assert len(built[0].strip()) == 64
    assert built[0] == built[1]


@pytest.mark.slow
def test_the_wheel_of_a_kit_is_the_wheel_that_is_built(wheel: Path) -> None:
    """`kit/own_wheel.py` makes it from the running package, without a build tool."""
    with zipfile.ZipFile(wheel) as built, zipfile.ZipFile(io.BytesIO(own_wheel.own_wheel())) as ours:
        wanted = {name: built.read(name) for name in built.namelist() if ".dist-info/" not in name}
        found = {name: ours.read(name) for name in ours.namelist() if ".dist-info/" not in name}
        assert found.keys() == wanted.keys()
        assert found == wanted
        needs = [
            sorted(
                re.sub(r"\s|[\"']", "", line)
                for line in archive.read(f"{own_wheel.INFO}/METADATA").decode().splitlines()
                if line.startswith("Requires-Dist:") and "extra ==" not in line
            )
            for archive in (built, ours)
        ]
    assert len(needs[0]) > 8
    assert [sorted(map(normal, one)) for one in needs[:1]] == [sorted(map(normal, one)) for one in needs[1:]]


def normal(requirement: str) -> str:
    """The build tool writes names, brackets and the order of versions in its own way."""
    return "".join(sorted(requirement.lower().replace("(", "").replace(")", "")))
