"""The object by which the ribbon reaches the desk on Windows: `GetObject(, "CollabXl.Desk").Click(verb, hwnd, book, copy)`.

In: calls of any program of this user.  Out: a queue of clicks that `click.judged` has taken.  Effects: the Running Object Table, and while
the desk runs the two keys of the ProgID under HKCU; no server is registered, so nobody can start one by its name.

`Click` only judges and queues: it returns at once, the macro ends, and the worker acts while Excel is idle. NOT TESTED on Windows: the
tests put stand-ins for pywin32 and the registry in its place.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections import deque
from pathlib import Path
from typing import Any, Final

from collab_xl.desk import log
from collab_xl.desk.click import Facts, Taken, WindowFacts, judged
from collab_xl.excel.copy import folder

PROGID: Final = "CollabXl.Desk"
CLSID: Final = "{6E5D0C34-9B1B-4C52-9D0A-6C1F5B0E7A11}"
KEYS: Final = (rf"Software\Classes\{PROGID}\CLSID", rf"Software\Classes\{PROGID}")
"""Of the ProgID, the inner one first."""
QUERY_LIMITED: Final = 0x1000
"""PROCESS_QUERY_LIMITED_INFORMATION."""


class Clicks:
    """What COM calls. `facts` is asked anew for every click."""

    _public_methods_ = ("Click",)

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.waiting: deque[Taken] = deque()

    def Click(self, verb: object, hwnd: object, book: object, copy: object) -> bool:
        """Queue a click of the ribbon. False for anything else; then the add-in starts Python as without a desk."""
        facts = Facts(self._facts.session, self._facts.temporary, self._facts.window, self._facts.real_path, len(self.waiting))
        found = judged(verb, hwnd, book, copy, facts)
        if isinstance(found, str):
            log.write(f"click refused: {found}")
            return False
        self.waiting.append(found)
        return True


class Registered:
    """The object in the table, from its making until `close`. `com`, `wrap` and `registry` are pywin32's pythoncom, the wrap function of
    win32com.server.util, and winreg."""

    def __init__(self, clicks: Clicks, com: Any, wrap: Any, registry: Any) -> None:
        self._com, self._registry = com, registry
        with registry.CreateKey(registry.HKEY_CURRENT_USER, KEYS[0]) as key:
            registry.SetValueEx(key, "", 0, registry.REG_SZ, CLSID)
        self._object = wrap(clicks)
        self._number = com.RegisterActiveObject(self._object, CLSID, 0)  # 0: the table keeps it until it is revoked

    def close(self) -> None:
        """Take the object out of the table and the keys out of the registry."""
        with contextlib.suppress(Exception):  # the session is ending
            self._com.RevokeActiveObject(self._number)
        for key in KEYS:
            with contextlib.suppress(OSError):
                self._registry.DeleteKey(self._registry.HKEY_CURRENT_USER, key)


def registered() -> tuple[Clicks, Registered] | None:
    """Offer the object to Excel. None on other systems, and where Windows refuses; the ribbon then starts Python as before."""
    if sys.platform != "win32":
        return None
    try:
        import winreg

        import pythoncom
        from win32com.server.util import wrap

        clicks = Clicks(facts_here())
        return clicks, Registered(clicks, pythoncom, wrap, winreg)
    except Exception as error:
        log.write(f"no object for the ribbon: {type(error).__name__}: {error}")
        return None


def facts_here() -> Facts:
    """What this computer says."""
    return Facts(_session_of(os.getpid()) or -1, os.path.realpath(folder()), _window, _real_path)


def _real_path(path: str) -> str | None:
    return os.path.realpath(path) if os.path.isfile(path) and not Path(path).is_symlink() else None


def _window(hwnd: int) -> WindowFacts | None:
    windll = getattr(ctypes, "windll", None)
    if windll is None:
        return None
    pid = ctypes.c_ulong()
    if not windll.user32.GetWindowThreadProcessId(ctypes.c_void_p(hwnd), ctypes.byref(pid)) or not pid.value:
        return None
    windll.kernel32.OpenProcess.restype = ctypes.c_void_p
    process = windll.kernel32.OpenProcess(QUERY_LIMITED, False, pid.value)
    if not process:
        return None
    try:
        path = ctypes.create_unicode_buffer(32768)
        size = ctypes.c_ulong(len(path))
        if not windll.kernel32.QueryFullProcessImageNameW(ctypes.c_void_p(process), 0, path, ctypes.byref(size)):
            return None
    finally:
        windll.kernel32.CloseHandle(ctypes.c_void_p(process))
    session = _session_of(pid.value)
    return WindowFacts(path.value, session) if session is not None else None


def _session_of(pid: int) -> int | None:
    windll = getattr(ctypes, "windll", None)
    session = ctypes.c_ulong()
    if windll is None or not windll.kernel32.ProcessIdToSessionId(pid, ctypes.byref(session)):
        return None
    return int(session.value)
