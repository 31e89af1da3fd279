"""Folders and files that only their owner may read: the ledger contains the key of the pack tokens and everybody's history.

POSIX: modes 0700 and 0600. Windows: an access list for owner, system and administrators, on local drives only, because on a share it
would lock out the colleagues who work on the same master; there the rights of the share apply. Existing folders keep their rights.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600
WINDOWS_ACCESS = "D:P(A;OICI;FA;;;OW)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
"""SDDL: protected from inheritance; full access for the owner, the system and the administrators; passed on to what is inside."""


def make_private_folder(path: Path) -> None:
    """Make the folder, with its parents, if it does not exist."""
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32" and _on_local_drive(path):
        _make_with_access(path)
    else:
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Make an empty file, for a program that opens files by name (SQLite); an existing one is emptied."""
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, FILE_MODE)
    try:
        if sys.platform != "win32":
            os.fchmod(handle, FILE_MODE)
    finally:
        os.close(handle)


def _on_local_drive(path: Path) -> bool:
    if sys.platform != "win32":
        return True
    import ctypes

    drive = os.path.splitdrive(os.path.abspath(path))[0]
    fixed = 3
    return len(drive) == 2 and ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == fixed


def _make_with_access(path: Path) -> None:
    """Windows: make the folder with WINDOWS_ACCESS; with the rights of its parent where the system refuses the list."""
    if sys.platform != "win32":
        return
    import ctypes

    class SecurityAttributes(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ulong), ("descriptor", ctypes.c_void_p), ("inherit", ctypes.c_int))

    descriptor = ctypes.c_void_p()
    convert = ctypes.windll.advapi32.ConvertStringSecurityDescriptorToSecurityDescriptorW
    made = False
    if convert(WINDOWS_ACCESS, 1, ctypes.byref(descriptor), None):
        attributes = SecurityAttributes(ctypes.sizeof(SecurityAttributes), descriptor, 0)
        made = bool(ctypes.windll.kernel32.CreateDirectoryW(str(path), ctypes.byref(attributes)))
        ctypes.windll.kernel32.LocalFree(descriptor)
    if not made:
        path.mkdir(exist_ok=True)
