"""Run `send` in a process of its own that is killed at a checkpoint: `python killed_send.py MASTER WHAT POINT TIME OUT [--send]`.

POINT is the name of a checkpoint and how often it is passed before, `mail:sending@1`; "" for none.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from collab_xl import verbs
from collab_xl.project.checkpoint import armed
from collab_xl.verbs.times import clock


def main(master: str, what: str, point: str, moment: str, out: str, *more: str) -> None:
    name, _, times = point.partition("@")
    passed = [int(times or 0)]

    def kill() -> None:
        if passed[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        passed[0] -= 1

    if name:
        armed[name] = kill
    at = datetime.fromisoformat(moment)
    with clock.at(at):
        verbs.send(Path(master), what, now="--send" in more, as_of=at.date(), out=Path(out), lang="zh")


if __name__ == "__main__":
    main(*sys.argv[1:])
