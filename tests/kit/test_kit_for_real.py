"""Kits with the real packages, from pip's registry: each wheel as its own list says, and one installed in a fresh environment."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from e2e.command_line import command_line, environment
from kit.small_wheels import this_python

from collab_xl import __version__
from collab_xl.kit.targets import PLATFORMS

pytestmark = pytest.mark.slow
TAGS = {"windows": r"(any|win_amd64)", "mac": r"(any|macosx_\d+_\d+_(arm64|x86_64|universal2))", "linux": r"(any|.*x86_64)"}
MUST = {"windows": {"pywin32", "tzdata", "colorama", "xlwings"}, "mac": {"appscript", "psutil", "xlwings"}, "linux": set[str]()}


def made(platform: str, python: str, out: Path) -> Path:
    done = command_line("kit", "--platform", platform, "--python", python, "--out", out, "--lang", "en", real=True)
    assert done.code == 0, done.err
    return out


@pytest.mark.parametrize("platform", ["windows", "mac"])
def test_every_wheel_is_whole_and_for_that_system(platform: str, tmp_path: Path) -> None:
    kit = made(platform, "3.12", tmp_path / "kit")
    listed = json.loads((kit / "files" / "manifest.json").read_text("utf-8"))
    wheels = sorted((kit / "files" / "wheels").iterdir())
    assert len(wheels) > 20
    assert MUST[platform] <= {re.sub(r"[-_.]+", "-", w.name.split("-")[0]) for w in wheels}
    pinned = set()
    for name in listed["requirements"].values():
        pinned |= set(re.findall(r"--hash=sha256:(\w+)", (kit / "files" / name).read_text("utf-8")))
    pinned |= set(re.findall(r"--hash=sha256:(\w+)", (kit / "files" / "own.txt").read_text("utf-8")))
    for path in wheels:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        assert listed["files"][f"files/wheels/{path.name}"] == sha256
        assert sha256 in pinned
        tag = path.stem.rpartition("-")[2]
        assert any(re.fullmatch(TAGS[platform], one) for one in tag.split(".")), path.name
        python, abi = path.stem.split("-")[-3:-1]
        assert abi in {"cp312", "abi3", "none"}, path.name
        assert python == "cp312" or python.startswith("cp3") or "py3" in python, path.name
        with zipfile.ZipFile(path) as archive:
            (record,) = [n for n in archive.namelist() if n.endswith(".dist-info/RECORD")]
            checked = 0
            for name, digest, _ in csv.reader(io.StringIO(archive.read(record).decode("utf-8"))):
                if digest:
                    kind, _, wanted = digest.partition("=")
                    found = base64.urlsafe_b64encode(hashlib.new(kind, archive.read(name)).digest()).rstrip(b"=").decode()
                    assert found == wanted, f"{path.name}: {name}"
                    checked += 1
            assert checked
    assert len(pinned) == len(wheels)


@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="no kit for this computer")
def test_a_real_kit_installs_in_a_fresh_environment_and_works(tmp_path: Path) -> None:
    kit = made("linux", this_python(), tmp_path / "kit")
    env = {k: v for k, v in environment().items() if not k.startswith(("PIP_", "PYTHON"))} | {"HOME": str(tmp_path / "home")}
    # Whoever asks the network fails.
    env |= {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    (tmp_path / "home").mkdir()
    base = os.path.realpath(sys.executable)
    done = subprocess.run([base, "-I", "-B", kit / "files" / "install.py"], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    command = tmp_path / "home" / f"collab-{this_python()}" / "bin" / "collab-xl"
    said = subprocess.run([command, "demo", "--out", tmp_path / "demo"], capture_output=True, text=True, env=env, check=False, cwd=tmp_path)
    assert said.returncode == 0, said.stdout + said.stderr
    assert list((tmp_path / "demo").glob("*.xlsx"))
    version = subprocess.run([command, "--version"], capture_output=True, text=True, env=env, check=True)
    assert version.stdout.strip() == f"collab-xl {__version__}"
    assert PLATFORMS["linux"].starter in {p.name for p in kit.iterdir()}
