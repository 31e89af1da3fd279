"""Write a file so that it is there whole after a crash, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from collab_xl.errors import CollabError
from collab_xl.os_errors import reason

SIDE_BY_SIDE: Final = 8


def write_durably(path: Path, data: bytes, *, code: str = "sidecar_not_writable") -> None:
    """Written beside, synced, renamed. An existing file is replaced; nothing half written stays under the name.

    Raises CollabError `code` (facts `path`, `reason`) when the disk is full or refuses.
    """
    _write(path, data, code)
    sync_folder(path.parent)


def write_all_durably(files: Mapping[Path, bytes], *, code: str = "sidecar_not_writable") -> None:
    """Many files, a few at a time, as waiting for the disk is most of it; each is there whole or not at all, all when this returns.

    Raises as `write_durably` does; some of the files may have been written then.
    """
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        for done in [threads.submit(_write, path, data, code) for path, data in files.items()]:
            done.result()
    for folder in {path.parent for path in files}:
        sync_folder(folder)


def _write(path: Path, data: bytes, code: str) -> None:
    beside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError):
            raise CollabError(code, path=os.path.abspath(path.parent), reason=reason(error)) from error
        raise


def sync_folder(folder: Path) -> None:
    """Make a rename last. Windows and some shares cannot; there the rename itself is what there is."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
