"""A real master on disk with its ledger, and one run on it: shared by the tests of the run protocol, also in other processes."""

from __future__ import annotations

import os
import signal
import sys
from datetime import date, datetime
from pathlib import Path

from collab_xl.build.master import build_master
from collab_xl.errors import CollabError
from collab_xl.model.plan import CellChange, CellEdit, Plan
from collab_xl.model.run import RunRecord
from collab_xl.project import checkpoint
from collab_xl.project.run import OpenMaster, open_master
from collab_xl.project.sidecar import create_sidecar

NOW = datetime(2026, 11, 20, 9, 30)
DAY = date(2026, 11, 20)
PROJECT = "0123456789abcdef"
POINTS = (
    *("run:computed", "ledger:packs_written", "ledger:before_commit", "ledger:prepared", "run:prepared"),
    *("commit:locked", "backup:copied", "commit:backed_up", "commit:written", "commit:synced", "commit:verified"),
    *("commit:before_replace", "commit:replaced", "commit:done", "run:replaced"),
)


def make_master(folder: Path, name: str = "主表.xlsx", project: str = PROJECT) -> Path:
    path = folder / name
    create_sidecar(path, project, NOW)
    path.write_bytes(build_master("zh", project_id=project, project="演示"))
    return path


def one_run(master: OpenMaster, text: str) -> str:
    """Write one task name into the first row; the run is stored in the ledger."""
    ref = master.book.tables["Tasks"]
    row, col = ref.data.first_row, ref.area.first_col + 1
    old = master.book.snapshot(ref.sheet).value(row, col)
    change = CellChange("tasks", "RW-001", "name", old, text, "merge")
    return master.commit(RunRecord("consolidate", DAY, NOW, "zh", changes=[change]), Plan((CellEdit(ref.sheet, row, col, old, text),)))


def task_name(path: Path) -> object:
    with open_master(path, for_writing=False) as master:
        ref = master.book.tables["Tasks"]
        return master.book.snapshot(ref.sheet).value(ref.data.first_row, ref.area.first_col + 1)


if __name__ == "__main__":  # python master_on_disk.py MASTER TEXT POINT: a run that is killed or waits at a point, or has a full disk
    target, words, point = sys.argv[1:4]
    if point.startswith("limit:"):  # no file may grow beyond so many bytes: for the program this is like a full disk
        import resource

        sys.dont_write_bytecode = True  # Python does not notice that a .pyc came out too short
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(point[6:]), int(point[6:])))
    elif point.startswith("hold:"):

        def hold() -> None:
            print("holding", flush=True)
            sys.stdin.read()

        checkpoint.armed[point[5:]] = hold
    else:
        checkpoint.armed[point] = lambda: os.kill(os.getpid(), signal.SIGKILL)
    try:
        with open_master(Path(target), for_writing=True) as opened:
            one_run(opened, words)
    except CollabError as error:
        print(error.code)
        sys.exit(error.exit_code)
    print("done", *opened.warnings)
