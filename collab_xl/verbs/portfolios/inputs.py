"""Which masters an overview is of: named workbooks, folders with everything below them, and lists of paths in a text file."""

from __future__ import annotations

import contextlib
import csv
import os
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from collab_xl.errors import CollabError
from collab_xl.model.encryption import HEAD_BYTES, encrypted_by
from collab_xl.model.record import Struct
from collab_xl.os_errors import may_be_there, reason
from collab_xl.project.archive_folder import is_archive
from collab_xl.project.sidecar import SUFFIX, WORKBOOKS, own_sidecar

LISTS = (".txt", ".csv")
_HEAD_BYTES = 4_000_000
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BROKEN = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class Found(Struct, frozen=True):
    """`masters`: workbooks to read, each once, in the order of their paths. `skipped`: workbooks in folders that are no masters;
    `archives`: the archives of closed projects in folders, which stay as they are; `closed`: encrypted workbooks in folders, of which
    nobody can say whether they are masters."""

    masters: tuple[Path, ...]
    skipped: int = 0
    archives: int = 0
    closed: tuple[Path, ...] = ()


def masters_in(inputs: Sequence[Path]) -> Found:
    """The masters named by the inputs. A workbook that is named is one whatever it holds; in a folder a workbook counts if it has a
    master's mark, or a master's folder beside it, and is not in an archive below that folder.

    Raises CollabError `portfolio_nothing`, `input_missing`, `list_unreadable`.
    """
    named: dict[Path, None] = {}
    skipped: set[Path] = set()
    archives: set[Path] = set()
    closed: set[Path] = set()
    for path in _spelled_out(inputs):
        if not os.path.isdir(path):
            named[_whole(path)] = None
            continue
        for file in _workbooks(path, archives):
            if _is_master(file):
                named[_whole(file)] = None
            else:
                (closed if _is_encrypted(file) else skipped).add(_whole(file))
    if not named:
        raise CollabError("portfolio_nothing", path=", ".join(map(str, inputs)) or ".", skipped=len(skipped | closed))
    return Found(tuple(sorted(named)), len(skipped - named.keys()), len(archives), tuple(sorted(closed - named.keys())))


def _whole(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _spelled_out(inputs: Sequence[Path]) -> Iterator[Path]:
    """The inputs with each list replaced by the paths in it, which are relative to its folder."""
    for path in inputs:
        if not may_be_there(path):
            raise CollabError("input_missing", path=path, file=path.name)
        if path.suffix.lower() in LISTS and not os.path.isdir(path):
            yield from _listed(path)
        else:
            yield path


def _listed(path: Path) -> Iterator[Path]:
    """The paths of a list, one a line (the first column of a CSV). A line that begins with # is a remark. A missing file stays in the list:
    it becomes a line of the overview."""
    for line in _text(path).splitlines():
        try:
            words = (next(csv.reader([line]), None) or [""])[0] if path.suffix.lower() == ".csv" else line
        except csv.Error as error:  # a cell longer than Python reads: no path
            raise CollabError("list_unreadable", path=path, file=path.name, reason=str(error)) from error
        words = words.strip().strip('"').strip()
        if words and not words.startswith("#"):
            yield path.parent / words.replace("\\", os.sep) if os.sep == "/" and not words.startswith("/") else path.parent / words


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CollabError("list_unreadable", path=path, file=path.name, reason=reason(error)) from error
    for charset in ("utf-8-sig", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(charset)
    raise CollabError("list_unreadable", path=path, file=path.name, reason="UTF-8, GB18030")


def _workbooks(folder: Path, archives: set[Path]) -> Iterator[Path]:
    """Workbooks in a folder and below, without the folders beside masters, hidden ones, archives (which are noted), and the files Excel
    keeps of open workbooks."""
    for home, folders, files in os.walk(folder):
        put_away = {name for name in folders if is_archive(Path(home) / name)}
        archives |= {_whole(Path(home) / name) for name in put_away}
        folders[:] = sorted(name for name in folders if name not in put_away and not name.endswith(SUFFIX) and not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(WORKBOOKS) and not name.startswith(("~$", ".")):
                yield Path(home) / name


def _is_encrypted(path: Path) -> bool:
    """Whether the file is encrypted with a password (Excel keeps it in an OLE file then) or by a company's program."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        return head.startswith(_OLE) or bool(encrypted_by(head))
    return False


def _is_master(path: Path) -> bool:
    """Whether the workbook names a master's cell for the run, or a master's folder is beside it (then a damaged one is one too)."""
    with contextlib.suppress(*_BROKEN), zipfile.ZipFile(path) as file, file.open("xl/workbook.xml") as part:
        return b"collab_run" in part.read(_HEAD_BYTES) or own_sidecar(path).project_id is not None
    return own_sidecar(path).path.is_dir()
