"""The computers a kit is made for, as data: how pip names their wheels, and what decides which packages they need.

A kit of the Mac holds the wheels of both kinds of processor, as people do not know which one theirs has.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from collab_xl.addin.machine import MAC, WINDOWS

PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Target:
    """One kind of computer. `machine`: as `install.py` finds it out there."""

    machine: str
    tags: tuple[str, ...]
    """Platform tags for pip, the newest first; pip itself adds the older ones of the Mac."""
    facts: Mapping[str, str]
    """The environment markers of PEP 508, without those of the Python version."""

    def markers(self, python: str) -> dict[str, str]:
        """Every marker a requirement may ask for. `python` is 3.12: the packages of a minor version are the same for all its releases."""
        return {
            **self.facts,
            "python_version": python,
            "python_full_version": f"{python}.0",
            "implementation_name": "cpython",
            "implementation_version": f"{python}.0",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_version": "",
        }


@dataclass(frozen=True)
class Platform:
    """What `--platform` names."""

    name: str
    starter: str
    """The file a person opens by a double click."""
    targets: tuple[Target, ...]
    excel: bool
    """Whether there is an Excel, so that the kit installs the add-in too."""
    installer: tuple[str, bytes]
    """Suffix and first bytes of an installer of Python; the suffix is "" where there is none."""


def _facts(os_name: str, sys_platform: str, system: str, machine: str) -> dict[str, str]:
    return {"os_name": os_name, "sys_platform": sys_platform, "platform_system": system, "platform_machine": machine}


GLIBC = tuple(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1))
"""glibc 2.28 of 2018 is the oldest that the packages are built for today."""
PLATFORMS = {
    "windows": Platform(
        "windows",
        "install.cmd",
        (Target("amd64", ("win_amd64",), _facts("nt", WINDOWS, "Windows", "AMD64")),),
        True,
        (".exe", b"MZ"),
    ),
    "mac": Platform(
        "mac",
        "install.command",
        tuple(Target(m, (f"macosx_12_0_{m}",), _facts("posix", MAC, "Darwin", m)) for m in ("arm64", "x86_64")),
        True,
        (".pkg", b"xar!"),
    ),
    "linux": Platform(
        "linux",
        "install.sh",
        (Target("x86_64", (*GLIBC, "manylinux2014_x86_64", "linux_x86_64"), _facts("posix", "linux", "Linux", "x86_64")),),
        False,
        ("", b""),
    ),
}


def this_platform() -> str:
    """The name of the system this runs on."""
    return {WINDOWS: "windows", MAC: "mac"}.get(sys.platform, "linux")
