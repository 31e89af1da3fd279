"""A folder a verb fills, and may clear again: only files it made itself and nobody has changed since are removed; folders never are.

A file is known by its name and the SHA-256 of its bytes, as the folder's manifest lists them (`{"files": {name: sha256}}`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from collab_xl.errors import CollabError
from collab_xl.os_errors import reason

NAMED = 3
"""How many foreign files a refusal names."""


def clear(out: Path, manifest: str, *, refused: str, here: str, lang: str) -> None:
    """Make `out`, or clear it of the files that its manifest lists.

    Raises CollabError as `may_clear` does, and `cannot_write_into` when the disk refuses.
    """
    try:
        found = may_clear(out, manifest, refused=refused, here=here, lang=lang)
        out.mkdir(parents=True, exist_ok=True)
        for name in found:
            (out / name).unlink()
    except OSError as error:
        raise CollabError("cannot_write_into", path=os.path.abspath(out), reason=reason(error), lang=lang) from error


def may_clear(out: Path, manifest: str, *, refused: str, here: str, lang: str) -> list[str]:
    """The files in `out`, which may all be removed: none if it is new or empty. Removes nothing.

    Raises CollabError `here` when it is the current folder or one above it, `refused` (facts `path`, `names`: the first, `count`: of all)
    when it is a file or holds anything that is not exactly as it was left.
    """
    if Path.cwd().is_relative_to(out.resolve()):
        raise CollabError(here, path=out, lang=lang)
    if os.path.exists(out) and not out.is_dir():
        raise CollabError(refused, path=out, names=(out.name,), count=1, lang=lang)
    found = sorted(files_below(out))
    known = _listed(out / manifest)
    foreign = [name for name in found if (known is None if name == manifest else (known or {}).get(name) != sha256_of(out / name))]
    if foreign:
        raise CollabError(refused, path=out, names=tuple(foreign[:NAMED]), count=len(foreign), lang=lang)
    return found


def files_below(out: Path) -> Iterator[str]:
    """Every file and link below `out`, as a relative path with `/`. Folders are not removed, so they are not listed."""
    for folder, folders, files in os.walk(out):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*files, *links):
            yield (Path(folder) / name).relative_to(out).as_posix()


def sha256_of(path: Path) -> str:
    """The word `link` for what is no plain file: none is made."""
    return "link" if path.is_symlink() or not path.is_file() else hashlib.sha256(path.read_bytes()).hexdigest()


def _listed(manifest: Path) -> dict[str, str] | None:
    """Name → SHA-256; None without a manifest, or with one that cannot be read."""
    try:
        files = json.loads(manifest.read_text("utf-8"))["files"]
        return {str(name): str(sha256) for name, sha256 in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
