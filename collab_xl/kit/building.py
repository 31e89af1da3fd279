"""Make an offline kit: what pip brings for another computer, our own wheel, the add-in, a list of all with SHA-256, and what installs it.

In: platform, Python version, a folder.  Out: a `Kit`.  Effects: runs pip with the settings of the person (mirror, proxy, certificates: no
address is known here), writes into the folder.  Decision 0028 says why pip runs with the markers of the other computer.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from collab_xl import __version__
from collab_xl.addin import xlwings_module
from collab_xl.addin.build import NAME as ADDIN
from collab_xl.addin.build import build as build_addin
from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.kit import own_wheel, pip_for_target
from collab_xl.kit.page import files_to_read
from collab_xl.kit.targets import PLATFORMS, PYTHONS, Platform, Target
from collab_xl.model.cell_text import shortened
from collab_xl.model.finding import Saying
from collab_xl.os_errors import reason
from collab_xl.project import made_folder
from collab_xl.project.durable import write_all_durably, write_durably

MANIFEST = "files/manifest.json"
INSTALLER = "files/python/"
LONGEST = 300
"""Characters of a line of pip that a refusal quotes."""
HERE = Path(__file__).parent
NO_NETWORK = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|NameResolutionError|Max retries exceeded"
    r"|Connection (?:refused|reset)|ConnectionResetError|ProtocolError"
    r"|HTTP error (?:40[137]|5\d\d)|40[137] Client Error|5\d\d Server Error",
)
"""Words of pip and urllib3 for a server that was not reached or did not let us in."""
NO_WHEEL = re.compile(r"(?:No matching distribution found for|Could not find a version that satisfies the requirement) ([A-Za-z0-9._-]+)")


@dataclass(frozen=True)
class Kit:
    """What was made. `files`: name in the kit → SHA-256, the list itself not among them."""

    folder: Path
    platform: Platform
    python: str
    files: Mapping[str, str]
    packages: tuple[str, ...]
    """`name version` of everything it installs, by name."""
    sha256: str
    """Of the list of files, which has those of all others."""
    addin: str
    """SHA-256 of the add-in, "" without one."""
    size_bytes: int


def make(
    out: Path, *, platform: str, python: str, installer: Path | None = None, lang: str, progress: Callable[[str, int, int], None]
) -> Kit:
    """Make the kit in `out`: a new folder, an empty one, or that of an earlier kit, whose files are replaced.

    Raises CollabError `kit_platform`, `kit_python` (exit 2), `kit_folder`, `kit_here`, `kit_installer`, `kit_no_pip`, `kit_no_network`,
    `kit_no_wheel`, `kit_pip`, `kit_incomplete`, `kit_xlwings`, `cannot_write_into`, and what building the add-in raises.
    """
    kind = PLATFORMS.get(platform)
    if kind is None:
        raise CollabError("kit_platform", exit_code=2, found=platform, known=tuple(PLATFORMS), lang=lang)
    if python not in PYTHONS:
        raise CollabError("kit_python", exit_code=2, found=python, known=PYTHONS, lang=lang)
    try:
        files = _installer(installer, kind, python) if installer is not None else {}
        if kind.excel:
            files[f"files/addin/{ADDIN}"] = build_addin()
        made_folder.may_clear(out, MANIFEST, refused="kit_folder", here="kit_here", lang=lang)
        requirements = {}
        for number, target in enumerate(kind.targets):
            progress(text("kit.say.fetching", lang), number, len(kind.targets))
            wheels = fetched(target, python, platform)
            files |= {f"files/wheels/{name}": data for name, data in wheels.items()}
            requirements[target.machine] = f"requirements-{target.machine}.txt"
            files[f"files/{requirements[target.machine]}"] = _lines({n: d for n, d in wheels.items() if n != own_wheel.NAME})
            files["files/own.txt"] = _lines({own_wheel.NAME: wheels[own_wheel.NAME]})
        if kind.excel:
            _same_xlwings(files)
        python_setup = [
            (name.removeprefix(INSTALLER), hashlib.sha256(data).hexdigest()) for name, data in files.items() if name.startswith(INSTALLER)
        ]
        files |= files_to_read(kind, python, *(python_setup or [("", "")]))
    except CollabError as error:
        error.facts.setdefault("lang", lang)
        raise
    listed = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    addin = listed.get(f"files/addin/{ADDIN}", "")
    manifest = {
        "version": "collab-xl/kit/1",
        "package": __version__,
        "platform": platform,
        "python": python,
        "excel": kind.excel,
        "addin": addin,
        "requirements": requirements,
        "files": listed,
    }
    body = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    made_folder.clear(out, MANIFEST, refused="kit_folder", here="kit_here", lang=lang)
    # The list first: a kit that was not finished can be made again in the same folder.
    write_durably(out / MANIFEST, body, code="cannot_write_into")
    write_all_durably({out / name: data for name, data in files.items()}, code="cannot_write_into")
    if not kind.starter.endswith(".cmd"):
        (out / kind.starter).chmod(0o755)
    packages = sorted({" ".join(_named(name)) for name in _wheels(files)})
    size = len(body) + sum(map(len, files.values()))
    return Kit(out, kind, python, listed, tuple(packages), hashlib.sha256(body).hexdigest(), addin, size)


# The wheels


def fetched(target: Target, python: str, platform: str) -> dict[str, bytes]:
    """Every wheel that this kind of computer needs, ours among them, by file name. Raises CollabError as `make` says."""
    markers = json.dumps(target.markers(python))
    with tempfile.TemporaryDirectory(prefix="collab-kit-") as folder:
        own = Path(folder) / own_wheel.NAME
        own.write_bytes(own_wheel.own_wheel())
        wheels = Path(folder) / "wheels"
        words = ["download", markers, "download", "--only-binary", ":all:", "--implementation", "cp", "--python-version", python]
        words += [word for tag in target.tags for word in ("--platform", tag)]
        code, said = _pip([*words, "-d", str(wheels), str(own)])
        if code:
            raise _refusal(code, said, platform, python, target.machine)
        code, said = _pip(["check", markers, str(wheels), "collab-xl"])
        if code:
            raise _refusal(code, said, platform, python, target.machine)
        if missing := json.loads(said):
            raise CollabError("kit_incomplete", needs=tuple(entry["needs"] for entry in missing), platform=platform, python=python)
        return {path.name: path.read_bytes() for path in sorted(wheels.iterdir())}


def _pip(words: list[str]) -> tuple[int, str]:
    """Exit code and all output. pip speaks English whatever the language of the system."""
    command = [sys.executable, "-P", str(HERE / "pip_for_target.py"), *words]
    environment = {**os.environ, "PYTHONUTF8": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, env=environment)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def _refusal(code: int, said: str, platform: str, python: str, machine: str) -> CollabError:
    """Why pip failed. A server that cannot be reached looks to pip like a package that does not exist, so it is asked for first."""
    if code == pip_for_target.UNKNOWN_PIP:
        return CollabError("kit_no_pip", path=sys.executable)
    lines = [line.strip() for line in said.splitlines() if line.strip()] or [f"exit {code}"]
    if unreached := [line for line in lines if NO_NETWORK.search(line)]:
        return CollabError("kit_no_network", reason=shortened(unreached[-1], LONGEST))
    if found := NO_WHEEL.search(said):
        return CollabError("kit_no_wheel", package=found[1], platform=platform, machine=machine, python=python)
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return CollabError("kit_pip", reason=shortened((errors or lines)[-1], LONGEST))


def _wheels(files: Iterable[str]) -> list[str]:
    return [name.rpartition("/")[2] for name in files if name.startswith("files/wheels/")]


def _named(wheel: str) -> tuple[str, str]:
    """Name and version of a wheel, by its file name."""
    name, version = wheel.split("-")[:2]
    return re.sub(r"[-_.]+", "-", name).lower(), version


def _lines(wheels: Mapping[str, bytes]) -> bytes:
    """For `pip install --require-hashes`: each package with its version and the SHA-256 of its wheel."""
    pinned = ["{}=={} --hash=sha256:{}\n".format(*_named(name), hashlib.sha256(data).hexdigest()) for name, data in wheels.items()]
    return "".join(sorted(pinned)).encode()


def _same_xlwings(files: Mapping[str, bytes]) -> None:
    """The add-in holds text of the xlwings that is installed here: it must be the one in the kit. Raises CollabError `kit_xlwings`."""
    here = xlwings_module.xlwings_version()
    for name, version in map(_named, _wheels(files)):
        if name == "xlwings" and version != here:
            raise CollabError("kit_xlwings", here=here, kit=version)


# An installer of Python


def _installer(path: Path, kind: Platform, python: str) -> dict[str, bytes]:
    """An installer of Python that a person downloaded. Raises CollabError `kit_installer` if it is not one for this kit."""
    try:
        data = path.read_bytes()
    except OSError as error:
        wrong: Saying | None = Saying("kit.installer.unreadable", {"reason": reason(error)})
    else:
        wrong = _unfit(path.name, data[:4], kind, python)
    if wrong is not None:
        raise CollabError("kit_installer", path=path, reason=wrong, python=python)
    return {f"{INSTALLER}{path.name}": data}


def _unfit(name: str, head: bytes, kind: Platform, python: str) -> Saying | None:
    """Why a file is no installer for this kit; None if it is one. python.org's names are like python-3.12.10-amd64.exe."""
    suffix, begins = kind.installer
    if not suffix:
        return Saying("kit.installer.none", {})
    if not name.lower().endswith(suffix) or not head.startswith(begins):
        return Saying("kit.installer.kind", {"suffix": suffix})
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        return Saying("kit.installer.name", {})
    found = re.search(r"python-(\d+\.\d+)", name)
    if found and found[1] != python:
        return Saying("kit.installer.version", {"found": found[1]})
    if suffix == ".exe" and "amd64" not in name.lower():
        return Saying("kit.installer.machine", {})
    return None
