"""Try a master that this user does not know in a worker with limits, before this process opens it.

A workbook of 20 KB may expand to a sheet of millions of cells, and a ledger may contain values that expand to gigabytes. The worker opens
what any verb opens: the sheets with tables and the ledger's history. What it survives, this process survives.
"""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path

from collab_xl.book.hidden_sheet import HIDDEN_SHEET, hidden_values
from collab_xl.book.read import read_book
from collab_xl.errors import CollabError
from collab_xl.project.ledger import Ledger
from collab_xl.project.sidecar import find_sidecar, own_sidecar
from collab_xl.project.trust import known

MEMORY_MB, SECONDS = 600, 30


def refuse_harmful(master: Path) -> None:
    """Raise CollabError `foreign_master` if the master cannot be opened within the limits, and what opening its ledger raises.

    Known masters are not tried. A master that is no workbook, or refused for another reason, is left to the caller, who reports it.
    """
    if not master.is_file() or any(known(project_id, master) for project_id in project_ids(master)):
        return
    from collab_xl.intake.pool import SafePool  # only for a master that is not known

    try:
        with SafePool(1, MEMORY_MB, SECONDS, ("collab_xl.project.foreign",)) as pool:
            (result,) = pool.map(try_job, [str(master)])
    except OSError:  # this user may not start processes: nothing can be tried
        return
    if result.failed in ("died", "memory", "timeout"):
        raise CollabError("foreign_master", file=master.name, path=str(master), memory=f"{MEMORY_MB} MB", seconds=SECONDS)
    if isinstance(result.error, CollabError):
        raise result.error


def project_ids(master: Path) -> list[str]:
    """The project id by the small file in the master's sidecar: the workbook itself is not opened for it.

    An attacker may write the id of another project there. It only counts together with this folder, where this user made that project.
    """
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return [(own_sidecar(master).path / "project").read_text(encoding="utf-8")[:100].strip()]
    return []


def try_job(path: str) -> None:
    """Runs in the worker. Raises only what the ledger raises: what is wrong with the workbook is found again by the caller."""
    master = Path(path)
    found: tuple[Path, str | None] | None = None
    about: dict[str, str] = {}
    with contextlib.suppress(CollabError, zipfile.BadZipFile, OSError, ValueError, KeyError):
        book = read_book(master)
        about = {name: str(value or "") for name, value in hidden_values(book).items()}
        for sheet in dict.fromkeys((HIDDEN_SHEET, *(ref.sheet for ref in book.tables.values()))):
            if sheet in book.sheets:
                book.snapshot(sheet)
        sidecar = find_sidecar(master, about.get("project", ""), about.get("run") or None)
        if sidecar is not None and sidecar.ledger_path.exists():
            found = sidecar.ledger_path, about.get("run") or None
    if found is None:
        return
    try:
        _try_ledger(*found)
    except CollabError as error:
        if "lang" in about:
            error.facts.setdefault("lang", about["lang"])
        raise


def _try_ledger(path: Path, run_id: str | None) -> None:
    with Ledger.open(path) as ledger:
        if run_id is not None and not ledger.knows(run_id):
            return
        ledger.received(run_id)
        ledger.events(run_id)
        ledger.weeks(run_id)
        ledger.questions()
