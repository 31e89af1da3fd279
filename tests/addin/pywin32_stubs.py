"""Stand-ins for pywin32, so that xlwings' own code for Windows is imported and run anywhere.

`install()` first of all in a process of its own (the modules stay), then `import xlwings._xlwindows`.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
import types
from typing import Any

CALL_REJECTED = -2147418111


class ComError(Exception):
    """pywintypes.com_error: (hresult, text, (wcode, source, text, help file, help id, scode), argument)."""

    @property
    def hresult(self) -> int:
        return int(self.args[0])


class CDispatch:
    """What xlwings wraps, so that a rejected call is tried again."""


class _Anything:
    """A DLL of Windows: whatever is asked of it is a function that returns 0."""

    def __getattr__(self, name: str) -> _Anything:
        return _Anything()

    def __call__(self, *_: Any) -> int:
        return 0


def _module(name: str, **members: Any) -> types.ModuleType:
    made = types.ModuleType(name)
    made.__dict__.update(members)
    sys.modules[name] = made
    return made


def install() -> None:
    nothing: Any = type("Nothing", (), {})
    _module("pywintypes", com_error=ComError, error=type("error", (Exception,), {}), TimeType=nothing, IID=str)
    _module("pythoncom", CoInitialize=lambda: None, ole_error=ComError, __file__="")
    for name in ("win32api", "win32con", "win32timezone"):
        _module(name)
    _module("win32gui", FindWindowEx=lambda *_: 0)
    _module("win32process", GetWindowThreadProcessId=lambda _: (0, 0))
    client = _module(
        "win32com.client", CDispatch=CDispatch, CoClassBaseClass=nothing, DispatchBaseClass=nothing, Dispatch=None, DispatchEx=None
    )
    _module("win32com", client=client)
    _module("xlwings._win32patch", CoClassBaseClass=nothing)
    windows: Any = ctypes
    windows.windll = windows.oledll = _Anything()
    windows.PyDLL = lambda _: _Anything()
    windows.WINFUNCTYPE = ctypes.CFUNCTYPE
    vars(subprocess)["CREATE_NO_WINDOW"] = 0
