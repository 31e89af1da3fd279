"""Write a file so that after a crash it is either complete or does not exist."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from collab_xl.errors import CollabError
from collab_xl.model.submission_log import Content, InMemory
from collab_xl.os_errors import reason

SIDE_BY_SIDE: Final = 8


def write_durably(path: Path, data: bytes, *, code: str = "sidecar_not_writable") -> None:
    """Write to a temporary file, sync it, rename it. An existing file is replaced; a partly written file never has the name.

    Raises CollabError `code` (facts `path`, `reason`) if the disk is full or refuses to write.
    """
    _write(path, InMemory(data), code)
    sync_folder(path.parent)


def write_all_durably(files: Mapping[Path, bytes], *, code: str = "sidecar_not_writable") -> None:
    """Write many files, several at a time, as most of the time is spent waiting for the disk. All are complete when this returns.

    Raises as `write_durably` does; then some of the files may have been written.
    """
    copy_all_durably({path: InMemory(data) for path, data in files.items()}, code=code)


def copy_all_durably(files: Mapping[Path, Content], *, code: str = "sidecar_not_writable") -> None:
    """The same for contents that are read only when their turn comes, and piece by piece.

    Raises also CollabError `file_unreadable` if a content cannot be read or has changed.
    """
    if not files:
        return
    from concurrent.futures import ThreadPoolExecutor  # most runs write no files

    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        for done in [threads.submit(_write, path, content, code) for path, content in files.items()]:
            done.result()
    for folder in {path.parent for path in files}:
        sync_folder(folder)


def _write(path: Path, content: Content, code: str) -> None:
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            for piece in _pieces(content, path):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise CollabError(code, path=os.path.abspath(path.parent), reason=reason(error)) from error
        raise


def _pieces(content: Content, path: Path) -> Iterator[bytes]:
    try:
        yield from content.pieces()
    except OSError as error:
        raise CollabError("file_unreadable", file=path.name, path=str(error.filename or path), why=reason(error)) from error


def sync_folder(folder: Path) -> None:
    """Sync the folder, so that a rename survives a crash. Windows and some shares cannot do this; there only the rename itself protects."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
