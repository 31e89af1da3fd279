"""A folder of small wheels in place of a registry: the names, versions and requirements of ours, without their contents."""

from __future__ import annotations

import re
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WINDOWS, ARM, INTEL, LINUX = "win_amd64", "macosx_11_0_arm64", "macosx_10_13_x86_64", "manylinux_2_17_x86_64"
NEEDS = {
    "pandas": ("numpy>=2", "python-dateutil>=2.8", "tzdata; sys_platform == 'win32'"),
    "xlwings": (
        "pywin32>=224; platform_system == 'Windows'",
        "psutil>=2; platform_system == 'Darwin'",
        "appscript>=1; platform_system == 'Darwin'",
    ),
    "rich": ("pygments>=2",),
    "typer": ("colorama; platform_system == 'Windows'",),
}
"""What matters of the real ones' requirements: those that only one system has."""
PLAIN = ("numpy", "python-dateutil", "tzdata", "pywin32", "psutil", "appscript", "pygments", "colorama")
COMPILED = {
    "lxml": (WINDOWS, ARM, INTEL, LINUX),
    "pywin32": (WINDOWS,),
    "appscript": (ARM, INTEL),
    "psutil": (ARM, INTEL),
}
"""Name → the systems it is there for."""


def wheel(folder: Path, name: str, number: str, *, tag: str = "py3-none-any", needs: Iterable[str] = (), python: str = "") -> Path:
    """Write one wheel, whose only module is empty."""
    module = re.sub(r"[-.]+", "_", name)
    path = folder / f"{module}-{number}-{tag}.whl"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {number}", *(f"Requires-Dist: {need}" for need in needs)]
    lines += [f"Requires-Python: {python}"] if python else []
    info = f"{module}-{number}.dist-info"
    parts = {f"{info}/METADATA": "\n".join(lines) + "\n", f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n"}
    with zipfile.ZipFile(path, "w") as archive:
        for part, text in parts.items():
            archive.writestr(part, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{part},,\n" for part in (*parts, f"{info}/RECORD")))
    return path


def folder_of_wheels(folder: Path, *, python: str = "3.12", real: str = "") -> Path:
    """Every wheel that a kit needs, on every system. `real`: a folder of installed packages that the first of them makes importable."""
    folder.mkdir()
    short = "cp" + python.replace(".", "")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    named = [re.match(r"([A-Za-z0-9._-]+)[^0-9]*([0-9.]+)", line) for line in wanted]
    versions = {found[1].lower(): found[2] for found in named if found} | dict.fromkeys(PLAIN, "300.0")
    versions["xlwings"] = version("xlwings")
    assert len(versions) > 15
    for name, number in versions.items():
        tags = [f"{short}-{short}-{system}" for system in COMPILED.get(name, ())] or ["py3-none-any"]
        for tag in tags:
            path = wheel(folder, name, number, tag=tag, needs=NEEDS.get(name, ()))
            if real and name == "rtoml":
                with zipfile.ZipFile(path, "a") as archive:
                    archive.writestr("collab_kit_test.pth", f"{real}\n")
    return folder


def this_python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"
