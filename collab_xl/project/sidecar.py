"""The folder next to the master, `<master name>.collab/`: ledger, originals, backups, packs sent and workbooks returned.

It belongs to the project, not to the file name: for a renamed or copied master it is found by the project id inside.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from collab_xl.errors import CollabError
from collab_xl.intake.content import OnDisk, on_disk
from collab_xl.model.evidence import FOLDER
from collab_xl.model.regex import regex
from collab_xl.model.submission_log import Content
from collab_xl.os_errors import reason
from collab_xl.project.durable import copy_all_durably, write_durably
from collab_xl.project.ledger import Ledger
from collab_xl.project.ledger_schema import read_only
from collab_xl.project.private import make_private_file
from collab_xl.project.trust import MADE, remember

SUFFIX = ".collab"
WORKBOOKS = (".xlsx", ".xlsm")
KEEP_BACKUPS = 20
_BACKUP = regex(r"([0-9]{8}-[0-9]{6})_before-(R[0-9]+-[0-9a-f]+|saving)\.xls[xm]")


class Sidecar:
    """The folders of one project. They are created when the first file is written into them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger_path = path / "ledger.db"
        self.archive = path / "archive"
        self.issued = path / "issued"
        self.quarantine = path / "quarantine"
        self.backups = path / "backups"
        self.outbox = path / "outbox"
        self.mails = path / "mails"
        self.outgoing = path / "outgoing"
        self.returned = path / "returned"
        self.logs = path / "logs"
        self.evidence = path / FOLDER
        self.lock_path = path / "lock"

    @property
    def project_id(self) -> str | None:
        """From the file `project`, so that it is known even if the ledger is damaged; else from the ledger."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return (self.path / "project").read_text(encoding="utf-8").strip() or None
        with contextlib.suppress(sqlite3.Error, OSError):
            conn = read_only(self.ledger_path)
            try:
                return str(conn.execute("SELECT id FROM project").fetchone()[0])
            except TypeError:
                return None
            finally:
                conn.close()
        return None

    def archive_put(self, data: bytes) -> str:
        """Store a received file once; returns its sha256."""
        path = self.archive / hashlib.sha256(data).hexdigest()
        if not _complete(path, len(data)):
            write_durably(path, data)
        return path.name

    def keep(self, taken: Iterable[tuple[Content, str]], refused: Iterable[tuple[Content, str]]) -> None:
        """Store originals (content, sha256) in the archive and refused files (content, name) in quarantine, each only once. An original
        that was changed since is written again.

        The name of a refused file is its hash, the safe end of its old name, and `.refused`, so that a double click does not open it.
        """
        files = {self.archive / sha256: content for content, sha256 in taken if not self.has_original(sha256)}
        torn = {self._quarantined(content, name): content for content, name in refused}
        files |= {path: content for path, content in torn.items() if not _complete(path, content.size_bytes)}
        copy_all_durably(files)

    def lay_out(self, copies: Mapping[Path, str]) -> list[str]:
        """Put reading copies of evidence (path below `evidence` → sha256) where they are missing. The original stays in the archive, where
        nobody who opens a copy from a cell can save over it. Returns the sha256 whose original is lost."""
        files: dict[Path, Content] = {}
        lost = []
        for path, sha256 in copies.items():
            if not path.exists():
                try:
                    files[path] = self.archived(sha256)
                except CollabError:
                    lost.append(sha256)
        copy_all_durably(files)
        for path in files:
            with contextlib.suppress(OSError):  # a file system without rights
                path.chmod(0o444)
        return lost

    def has_original(self, sha256: str) -> bool:
        """Whether an original is there as it was received."""
        try:
            return self.archived(sha256).sha256 == sha256
        except CollabError:
            return False

    def archived(self, sha256: str) -> OnDisk:
        """An original, to be read by a worker. Raises CollabError `original_lost` if the file is missing or was changed."""
        path = self.archive / sha256
        with contextlib.suppress(OSError):
            content = on_disk(str(path))
            if content.sha256 == sha256:
                return content
        raise CollabError("original_lost", path=path, sha256=sha256[:16])

    def quarantined(self, sha256: str) -> Path | None:
        """The file of a refused input, if it was kept."""
        return next(iter(sorted(self.quarantine.glob(f"{sha256[:16]}_*"))), None)

    def _quarantined(self, content: Content, name: str) -> Path:
        digest = content.sha256 if isinstance(content, OnDisk) else hashlib.sha256(content.read()).hexdigest()
        tail = re.sub(r"[^0-9A-Za-z.\u4e00-\u9fff_-]", "_", Path(name).name)[-60:]
        return self.quarantine / f"{digest[:16]}_{tail}.refused"

    def backup_path(self, run_id: str, when: datetime, suffix: str) -> Path:
        """The path of the copy of the master from before a run."""
        return self.backups / f"{when:%Y%m%d-%H%M%S}_before-{run_id}{suffix}"

    def backup_files(self) -> list[Path]:
        """Backups of the master, oldest first."""
        return sorted((p for p in self.backups.glob("*") if _BACKUP.fullmatch(p.name)), key=lambda p: p.name)

    def rotate_backups(self) -> None:
        """Keep the last 20 and the newest of each week."""
        newest_of_week: dict[tuple[int, int], Path] = {}
        files = self.backup_files()
        for path in files:
            found = _BACKUP.fullmatch(path.name)
            if found:
                newest_of_week[datetime.strptime(found[1], "%Y%m%d-%H%M%S").isocalendar()[:2]] = path
        kept = {*files[-KEEP_BACKUPS:], *newest_of_week.values()}
        for path in files:
            if path not in kept:
                with contextlib.suppress(OSError):
                    path.unlink()

    def backup_ledger(self, ledger: Ledger, when: datetime) -> None:
        """Keep the copy after the last run, the one before it, and one per week. The ledger was checked when it was opened."""
        newest, before = self.backups / "ledger.db", self.backups / "ledger-before.db"
        if newest.is_file():
            newest.replace(before)
        ledger.copy_to(newest)
        year, week, _ = when.isocalendar()
        weekly = self.backups / f"ledger-{year}-W{week:02d}.db"
        if not weekly.exists():
            temporary = weekly.with_name(f".{weekly.name}.tmp")
            make_private_file(temporary)
            shutil.copyfile(newest, temporary)
            temporary.replace(weekly)


def _complete(path: Path, size_bytes: int) -> bool:
    return path.is_file() and path.stat().st_size == size_bytes


def own_sidecar(master: Path) -> Sidecar:
    """The sidecar with the master's name."""
    return Sidecar(master.with_name(master.stem + SUFFIX))


def create_sidecar(master: Path, project_id: str, created: datetime) -> Sidecar:
    """Create the folder and an empty ledger for a new master. Raises CollabError `sidecar_taken` if the folder already has a ledger."""
    sidecar = own_sidecar(master)
    if os.path.exists(sidecar.ledger_path):
        raise CollabError("sidecar_taken", path=sidecar.path, file=master.name)
    try:
        Ledger.create(sidecar.ledger_path, project_id, created).close()
        write_durably(sidecar.path / "project", project_id.encode())
        remember(MADE, project_id, master)
    except OSError as error:
        raise CollabError("cannot_write_into", path=os.path.abspath(master.parent), reason=reason(error)) from error
    return sidecar


def find_sidecar(master: Path, project_id: str, run_id: str | None) -> Sidecar | None:
    """The sidecar of a project: the one with the master's name, else one in the same folder with the same project id; of several, one
    whose ledger contains the run inside the master."""
    own = own_sidecar(master)
    if own.project_id == project_id:
        return own
    found = [s for s in _sidecars(master.parent) if s.project_id == project_id]
    for sidecar in found:
        with contextlib.suppress(CollabError), Ledger.open(sidecar.ledger_path) as ledger:
            if run_id and ledger.knows(run_id):
                return sidecar
    return found[0] if found else None


def readable(sidecar: Sidecar) -> bool:
    """False if the folder is there but may not be opened: its ledger is then not missing."""
    return not sidecar.path.is_dir() or os.access(sidecar.path, os.R_OK | os.X_OK)


def _sidecars(folder: Path) -> Iterator[Sidecar]:
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path.is_dir():
            yield Sidecar(path)


def other_masters(master: Path, project_id: str) -> list[str]:
    """The names of other masters of the project in the folder.

    Only the zip is checked: the folder may contain any file, and a malicious file can crash a reader of workbooks.
    """
    out = []
    with contextlib.suppress(OSError):
        for path in sorted(master.parent.iterdir()):
            if path.suffix.lower() in WORKBOOKS and not path.name.startswith("~$") and path.name != master.name:
                with contextlib.suppress(OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
                    if _is_master_of(path, project_id.encode()):
                        out.append(path.name)
    return out


def masters_below(folder: Path) -> list[Path]:
    """The masters of any project in a folder and its subfolders, without those in the folders beside masters (backups). Only the zip is
    checked, as in `other_masters`."""
    out = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.suffix.lower() not in WORKBOOKS or path.name.startswith("~$") or any(part.endswith(SUFFIX) for part in inside[:-1]):
            continue
        with contextlib.suppress(OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
            if _is_master_of(path, b""):
                out.append(path)
    return out


def _is_master_of(path: Path, project_id: bytes) -> bool:
    """Whether the workbook names our run cell (a pack has none) and contains the project id in its texts or in a small sheet."""
    with zipfile.ZipFile(path) as file:
        names = set(file.namelist())
        if "xl/workbook.xml" not in names or b"collab_run" not in _head(file, "xl/workbook.xml", 4_000_000):
            return False
        texts = [n for n in names if n.lower() == "xl/sharedstrings.xml"]
        sheets = [n for n in names if n.startswith("xl/worksheets/") and file.getinfo(n).file_size < 100_000]
        return any(project_id in _head(file, n, 50_000_000) for n in (*texts, *sheets))


def _head(file: zipfile.ZipFile, name: str, size_bytes: int) -> bytes:
    with file.open(name) as part:
        return part.read(size_bytes)
