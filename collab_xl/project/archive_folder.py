"""The archive of a closed project: a folder with a manifest, which proves later that nothing in it was changed, lost or added.

The manifest lists name and SHA-256 of every file. It is no signature: whoever can change a file can change the manifest. Its own hash is
printed, so that it can be kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from collab_xl.errors import CollabError
from collab_xl.model.record import Struct
from collab_xl.model.regex import regex
from collab_xl.os_errors import reason
from collab_xl.project.durable import write_durably
from collab_xl.project.made_folder import files_below, sha256_of

_LEFT = regex(r"\.DS_Store|\._.*|\.localized|Thumbs\.db|ehthumbs\.db|desktop\.ini|Icon\r|~\$.*|\.~lock\..*#", re.I)
"""Names of files that a system, Excel or LibreOffice leaves in a folder that somebody has only looked into."""
MANIFEST = "manifest.json"
VERSION = "collab-xl/archive/1"


def is_archive(folder: Path) -> bool:
    """Whether the folder is an archive: it has a manifest of one."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            return VERSION.encode() in file.read(200)
    except OSError:
        return False


class Checked(Struct, frozen=True):
    """What `verify` found. Names are relative, with `/`."""

    files: int
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    """Files that the system or an office program has left since; they count as nothing."""
    sha256: str = ""
    """Of the manifest."""

    @property
    def is_whole(self) -> bool:
        return not (self.changed or self.missing or self.added)


def seal(folder: Path, facts: Mapping[str, object]) -> str:
    """List every file of the folder in its manifest, which is written last. Returns the manifest's SHA-256.

    Raises CollabError `cannot_write_into`.
    """
    files = {name: sha256_of(folder / name) for name in sorted(files_below(folder)) if not _is_left(name)}
    data = json.dumps({"version": VERSION, **facts, "files": files}, ensure_ascii=False, indent=1).encode()
    write_durably(folder / MANIFEST, data, code="cannot_write_into")
    return hashlib.sha256(data).hexdigest()


def verify(folder: Path, lang: str) -> Checked:
    """Compare the folder with its manifest. Raises CollabError `no_archive` for a folder without a manifest that can be read."""
    try:
        data = (folder / MANIFEST).read_bytes()
        listed = json.loads(data)
        if listed.get("version") != VERSION:
            raise ValueError(listed.get("version"))
        wanted = {str(name): str(sha256) for name, sha256 in listed["files"].items()}
    except OSError as error:
        raise CollabError("no_archive", path=folder, reason=reason(error), lang=lang) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CollabError("no_archive", path=folder, reason=MANIFEST, lang=lang) from error
    found = set(files_below(folder)) - {MANIFEST}
    changed = tuple(name for name in sorted(found & wanted.keys()) if sha256_of(folder / name) != wanted[name])
    missing, others = tuple(sorted(wanted.keys() - found)), sorted(found - wanted.keys())
    added, left = (tuple(name for name in others if _is_left(name) is whether) for whether in (False, True))
    return Checked(len(wanted), changed, missing, added, left, hashlib.sha256(data).hexdigest())


def _is_left(name: str) -> bool:
    return _LEFT.fullmatch(name.rpartition("/")[2]) is not None
