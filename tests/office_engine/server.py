"""Start LibreOffice without a window and connect to it."""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DIST_PACKAGES = Path("/usr/lib/python3/dist-packages")
SECONDS = 40


def _absent(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI is set")
    pytest.skip(what)


def import_uno() -> Any:
    """The `uno` module of the system's Python. Skips where it is missing or made for another Python; fails where CI is set."""
    try:
        return importlib.import_module("uno")
    except ImportError:
        pass
    sys.path.append(str(DIST_PACKAGES))  # at the end: nothing else is taken from there
    try:
        return importlib.import_module("uno")
    except ImportError as error:
        version = ".".join(map(str, sys.version_info[:2]))
        _absent(f"LibreOffice cannot be driven: `import uno` fails in Python {version} ({error}); Debian: python3-uno")
    finally:
        sys.path.remove(str(DIST_PACKAGES))


@contextlib.contextmanager
def office(folder: Path) -> Iterator[Any]:
    """A running LibreOffice with a profile of its own in `folder`: its component context. It is ended afterwards."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        _absent("LibreOffice is not installed")
        return
    uno = import_uno()
    pytest.importorskip("xlwings") if not os.environ.get("CI") else importlib.import_module("xlwings")
    port = _free_port()
    command = [program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore", "--nologo", "--nodefault"]
    process = subprocess.Popen(
        [*command, f"--accept=socket,host=127.0.0.1,port={port};urp;"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        context = _connect(uno, port, process)
        yield context
        with contextlib.suppress(Exception):  # it hangs up while it answers
            context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context).terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)  # soffice is a script that starts soffice.bin
            process.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _connect(uno: Any, port: int, process: subprocess.Popen[bytes]) -> Any:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    until = time.monotonic() + SECONDS
    while True:
        try:
            return resolver.resolve(f"uno:socket,host=127.0.0.1,port={port};urp;StarOffice.ComponentContext")
        except Exception as error:
            if time.monotonic() > until or process.poll() is not None:
                raise AssertionError(f"LibreOffice did not answer within {SECONDS} s (exit code {process.poll()})") from error
        time.sleep(0.1)
