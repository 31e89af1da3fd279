"""The demo's folder. Only files that an earlier demo made and nobody has changed since are removed; folders never are.

A file is known by its name and the SHA-256 of its bytes, written down in a manifest (`.collab_xl_demo`) when the demo ends.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path

from collab_xl.catalogue import text
from collab_xl.errors import CollabError
from collab_xl.os_errors import reason
from collab_xl.project.durable import write_durably

MANIFEST = ".collab_xl_demo"
NAMED = 3
"""How many foreign files a refusal names."""


def prepare(out: Path, lang: str) -> None:
    """Make `out`, or clear it of an earlier demo's files.

    Raises CollabError `demo_here` when it is the current folder or one above it, `demo_folder` when it is a file or holds anything
    that is not exactly as an earlier demo left it (then nothing is removed), `cannot_write_into` when the disk refuses.
    """
    try:
        if Path.cwd().is_relative_to(out.resolve()):
            raise CollabError("demo_here", path=out, lang=lang)
        if os.path.exists(out) and not out.is_dir():
            raise CollabError("demo_folder", path=out, names=(out.name,), more="", lang=lang)
        out.mkdir(parents=True, exist_ok=True)
        found = sorted(_files(out))
        known = _manifest(out)
        foreign = [name for name in found if (known is None if name == MANIFEST else (known or {}).get(name) != _sha256(out / name))]
        if foreign:
            more = text("demo.more_files", lang, count=len(foreign) - NAMED) if len(foreign) > NAMED else ""
            raise CollabError("demo_folder", path=out, names=tuple(foreign[:NAMED]), more=more, lang=lang)
        for name in found:
            (out / name).unlink()
    except OSError as error:
        raise CollabError("cannot_write_into", path=os.path.abspath(out), reason=reason(error), lang=lang) from error


def remember(out: Path, made: Collection[str]) -> None:
    """Write down the files of `out` that are, or lie below, one of the entries `made`: a later demo may remove these."""
    files = {name: _sha256(out / name) for name in sorted(_files(out)) if name.partition("/")[0] in made}
    body = {"version": "collab-xl/demo-folder/1", "files": files}
    write_durably(out / MANIFEST, json.dumps(body, ensure_ascii=False, indent=1).encode(), code="cannot_write_into")


def _files(out: Path) -> Iterator[str]:
    """Every file and link below `out`, as a relative path with `/`. Folders are left alone, so they are not listed."""
    for folder, folders, files in os.walk(out):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*files, *links):
            yield (Path(folder) / name).relative_to(out).as_posix()


def _manifest(out: Path) -> dict[str, str] | None:
    """Name → SHA-256; None without a manifest, or with one that cannot be read."""
    try:
        files = json.loads((out / MANIFEST).read_text("utf-8"))["files"]
        return {str(name): str(sha256) for name, sha256 in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _sha256(path: Path) -> str:
    """The word `link` for what is no plain file: the demo makes none."""
    return "link" if path.is_symlink() or not path.is_file() else hashlib.sha256(path.read_bytes()).hexdigest()
