"""Install the add-in in the folder from which Excel opens it, and remove exactly the installed files.

In: the machine as data.  Out: what was done to which file.  Effects: writes the add-in, on the Mac the script beside it, and a record
of both, by which `remove` knows them: the same script may serve a user's own xlwings add-in, which stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from collab_xl.addin import xlwings_module
from collab_xl.addin.build import NAME, build
from collab_xl.addin.installed import settings_in
from collab_xl.addin.machine import MAC, WINDOWS, Machine, places, record_path, script_name
from collab_xl.errors import CollabError
from collab_xl.os_errors import reason
from collab_xl.project.durable import write_durably


@dataclass(frozen=True)
class FileChange:
    """One file. `state`: new, replaced, same (already as it should be) · removed, gone, kept (changed since, or not ours)."""

    path: Path
    state: str
    version: str = ""
    """The version of the add-in that was there before, if it was ours."""


@dataclass(frozen=True)
class Installed:
    """`loads`: the add-in is in XLSTART, so Excel opens it when it starts."""

    files: tuple[FileChange, ...]
    interpreter: str
    loads: bool


def install(machine: Machine, *, to: Path | None = None, python: str | None = None) -> Installed:
    """Write the add-in with its interpreter into XLSTART, or into `to`; on the Mac also the script that starts Python.

    Args:
        python: the interpreter the add-in starts; by default the one that runs us.

    Raises:
        CollabError: `addin_no_excel` (no Excel for this system, and no `to`), `addin_no_office`, `addin_interpreter`,
            `addin_locked`, `addin_mac_denied`, `addin_cannot_write`, `addin_store_python`, and what `build` raises.
    """
    where = places(machine.platform, machine.env, machine.home)
    if to is None and not machine.has_excel:
        raise CollabError("addin_no_excel")
    if to is None and (where is None or not where.needs.is_dir()):
        raise CollabError("addin_no_office", folder=where.needs if where else "%APPDATA%")
    interpreter = machine.python if python is None else python
    windows, mac = for_system(interpreter, machine.platform)
    addin = build(interpreter_win=windows, interpreter_mac=mac)
    folder = _existing(to) if to is not None else where.startup if where else Path()
    wanted = {folder / NAME: addin}
    if machine.platform == MAC and where is not None and where.scripts is not None:
        wanted[where.scripts / script_name()] = xlwings_module.script()
    record = record_path(machine.platform, machine.env, machine.home)
    before = _recorded(record)
    done = [_put(path, data, machine.platform) for path, data in wanted.items()]
    _refuse_hidden_copy(folder / NAME)
    ours = {d.path: _sha(wanted[d.path]) for d in done if d.path.name == NAME or d.state == "new" or d.path in before}
    outdated = [path for path in before if path.suffix == ".applescript" and path not in wanted and machine.platform == MAC]
    done += [_take(path, before[path], machine.platform) for path in outdated]
    kept = {path: sha for path, sha in before.items() if path not in outdated}
    _write_record(record, {**kept, **ours})
    return Installed(tuple(done), interpreter, folder in machine.startup_folders())


def install_files(
    machine: Machine, wanted: Mapping[Path, bytes], outdated: Callable[[Mapping[Path, str]], list[Path]]
) -> tuple[FileChange, ...]:
    """Write further files of an installation and record them, so that `remove` takes exactly them away.

    Args:
        outdated: of the recorded files those that the new ones replace under another name.

    A file that somebody else has put in such a place stays, and is reported as kept. Raises as `install` does.
    """
    record = record_path(machine.platform, machine.env, machine.home)
    before = _recorded(record)
    foreign = {path for path, data in wanted.items() if path not in before and _read(path) not in (None, data)}
    done = [FileChange(path, "kept") if path in foreign else _put(path, data, machine.platform) for path, data in wanted.items()]
    ours = {change.path: _sha(wanted[change.path]) for change in done if change.state != "kept"}
    gone = outdated(before)
    done += [_take(path, before[path], machine.platform) for path in gone]
    _write_record(record, {**{path: sha for path, sha in before.items() if path not in gone}, **ours})
    return tuple(done)


def remove(machine: Machine) -> tuple[FileChange, ...]:
    """Remove every file that `install` wrote, and an add-in of ours in XLSTART that no record lists. Empty if nothing was found.

    Raises CollabError `addin_locked`, `addin_mac_denied`, `addin_cannot_write`; what was removed by then stays removed and is forgotten.
    """
    record = record_path(machine.platform, machine.env, machine.home)
    left = _recorded(record)
    where = places(machine.platform, machine.env, machine.home)
    if where is not None and (where.startup / NAME).exists():
        left.setdefault(where.startup / NAME, "")
    done = []
    for path, sha in list(left.items()):
        done.append(_take(path, sha, machine.platform))
        del left[path]
        _write_record(record, left)
    return tuple(done)


def for_system(python: str, platform: str) -> tuple[str, str]:
    """The path as (Windows, Mac), by its form; one of them is empty. So an add-in can be built for another system."""
    windows = PureWindowsPath(python).drive != "" or (platform == WINDOWS and not python.startswith("/"))
    return (python, "") if windows else ("", python)


def _existing(folder: Path) -> Path:
    """The absolute path, for the record. Raises CollabError `folder_missing`: a mistyped folder is not created."""
    if not folder.is_dir():
        raise CollabError("folder_missing", path=folder)
    return Path(os.path.abspath(folder))


def _put(path: Path, data: bytes, platform: str) -> FileChange:
    before = _read(path)
    if before == data:
        return FileChange(path, "same", settings_in(data).get("VERSION", "") if path.name == NAME else "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, data, code="addin_cannot_write")
    except (OSError, CollabError) as error:
        raise _refused(error, path, platform) from error
    if before is None:
        return FileChange(path, "new")
    return FileChange(path, "replaced", settings_in(before).get("VERSION", "") if path.name == NAME else "")


def _take(path: Path, sha: str, platform: str) -> FileChange:
    """Remove one of our files: unchanged since the record, or an add-in with our settings in it (a company may have signed it)."""
    data = _read(path)
    if data is None:
        return FileChange(path, "gone")
    if _sha(data) != sha and not (path.name == NAME and settings_in(data)):
        return FileChange(path, "kept")
    try:
        path.unlink()
    except OSError as error:
        raise _refused(error, path, platform) from error
    return FileChange(path, "removed")


def _read(path: Path) -> bytes | None:
    """None if the file does not exist. Raises CollabError `addin_cannot_write` if a network share does not answer."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CollabError("addin_cannot_write", path=path, reason=reason(error)) from error


def _refused(error: Exception, path: Path, platform: str) -> CollabError:
    """Why a file could not be written or removed: on Windows Excel has it open, on the Mac a permission is missing."""
    cause = error if isinstance(error, OSError) else error.__cause__
    if isinstance(cause, PermissionError):
        if platform == MAC:
            return CollabError("addin_mac_denied", path=path)
        if path.exists():
            return CollabError("addin_locked", path=path)
    return CollabError("addin_cannot_write", path=path.parent, reason=reason(cause or error))


def _refuse_hidden_copy(path: Path) -> None:
    """Python from the Microsoft Store writes into a private copy of AppData, which Excel does not read."""
    real = os.path.realpath(path)
    if is_private_copy(str(path), real):
        with contextlib.suppress(OSError):
            path.unlink()
        raise CollabError("addin_store_python", path=path)


def is_private_copy(path: str, real: str) -> bool:
    """Whether `real`, the real place of a file written to `path`, is the private folder of a packaged app."""
    private = r"[\\/]packages[\\/][^\\/]+[\\/]localcache[\\/]"
    return bool(re.search(private, real, re.IGNORECASE)) and not re.search(private, path, re.IGNORECASE)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _recorded(record: Path) -> dict[Path, str]:
    """Path → sha256 of the file written there; empty if the record is missing or unreadable."""
    try:
        files = json.loads(record.read_text("utf-8"))["files"]
        return {Path(str(file["path"])): str(file["sha256"]) for file in files}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _write_record(record: Path, files: Mapping[Path, str]) -> None:
    if files:
        body = {"version": 1, "files": [{"path": str(path), "sha256": sha} for path, sha in files.items()]}
        write_durably(record, json.dumps(body, ensure_ascii=False, indent=1).encode(), code="addin_cannot_write")
        return
    with contextlib.suppress(OSError):
        record.unlink()


def installed_elsewhere(machine: Machine) -> Iterable[Path]:
    """Add-ins that were installed into other folders than those Excel opens, and are still there."""
    opened = machine.startup_folders()
    for path in _recorded(record_path(machine.platform, machine.env, machine.home)):
        if path.name == NAME and path.is_file() and path.parent not in opened:
            yield path
