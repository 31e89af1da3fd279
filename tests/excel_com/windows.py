"""Put Excel's stand-ins where pywin32 would be, so that xlwings' own code for Windows runs over them."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from addin import pywin32_stubs

from excel_com.application import Application, Window

MODULES = (
    *("pywintypes", "pythoncom", "win32api", "win32con", "win32timezone", "win32gui", "win32process", "win32com.client", "win32com"),
    *("xlwings._win32patch", "xlwings._xlwindows"),
)
OK, YES = 1, 6
"""What MessageBox returns; every question is answered with yes."""
INFO, WARNING = 0x40, 0x30
"""MB_ICONINFORMATION, MB_ICONWARNING."""


@contextlib.contextmanager
def excel(app: Application, alerts: list[tuple[str, bool]]) -> Iterator[Any]:
    """xlwings drives `app` inside the block. `alerts` gets the texts of the message boxes, and whether they warn."""
    import xlwings

    before = {name: sys.modules.get(name) for name in MODULES}
    attributes = [(ctypes, name) for name in ("windll", "oledll", "PyDLL", "WINFUNCTYPE")] + [(subprocess, "CREATE_NO_WINDOW")]
    had = [(owner, name, getattr(owner, name, None), hasattr(owner, name)) for owner, name in attributes]
    active = xlwings.engines.active if len(list(xlwings.engines)) else None
    engine: Any = None
    try:
        pywin32_stubs.install()
        gui: Any = sys.modules["win32gui"]
        gui.FindWindowEx = lambda *_: 1
        process: Any = sys.modules["win32process"]
        process.GetWindowThreadProcessId = lambda _: (1, 1)
        constants: Any = sys.modules["win32con"]
        constants.MB_OK, constants.MB_OKCANCEL, constants.MB_YESNO, constants.MB_YESNOCANCEL = 0, 1, 4, 3
        constants.MB_ICONINFORMATION, constants.MB_ICONWARNING = INFO, WARNING
        api: Any = sys.modules["win32api"]

        def box(_: int, text: str, title: str, style: int) -> int:
            if style & 0xF == constants.MB_YESNO:
                return 6  # IDYES
            alerts.append((text, style & WARNING == WARNING))
            return YES if style & 7 == constants.MB_YESNO else OK

        api.MessageBox = box
        sys.modules.pop("xlwings._xlwindows", None)
        windows: Any = importlib.import_module("xlwings._xlwindows")
        screen = SimpleNamespace(GetTopWindow=lambda _: 1, GetWindow=lambda *_: 0)
        screen.GetForegroundWindow, screen.SetForegroundWindow = lambda: 1, lambda _: 1
        windows.windll = SimpleNamespace(user32=screen)
        windows.Dispatch = lambda found: found
        windows._PyCom_PyObjectFromIUnknown = lambda *_: Window(app)
        from collab_xl.excel.xlwings_setup import drop_exit_hook

        drop_exit_hook()
        engine = xlwings.main.Engine(impl=windows.engine)
        xlwings.engines.add(engine)
        xlwings.engines.active = engine
        yield xlwings
    finally:
        if engine is not None:
            xlwings.engines.engines.remove(engine)
            xlwings.engines.active = active
        for name, module in before.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
        for owner, name, value, there in had:
            if there:
                setattr(owner, name, value)
            elif hasattr(owner, name):
                delattr(owner, name)
