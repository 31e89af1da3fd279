"""Write a file so that it is there whole after a crash, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from collab_xl.engines.refusal import reason
from collab_xl.errors import CollabError


def write_durably(path: Path, data: bytes, *, code: str = "sidecar_not_writable") -> None:
    """Written beside, synced, renamed. An existing file is replaced; nothing half written stays under the name.

    Raises CollabError `code` (facts `path`, `reason`) when the disk is full or refuses.
    """
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
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename last. Windows and some shares cannot; there the rename itself is what there is."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
