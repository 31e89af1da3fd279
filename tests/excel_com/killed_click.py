"""A click in a process of its own, which is killed at one of its steps. Excel's settings outlive it in a file, as they do in Excel.

`python killed_click.py MASTER SETTINGS STEP`: the step is the number of the change of a setting, or the name of a checkpoint.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

SETTINGS = ("_updating", "_events", "_calculation", "_fills_columns", "_interactive", "_status")
FRIDAY = datetime(2026, 11, 20, 18)


def kill() -> None:
    """As the Task Manager does it: nothing of this process runs any more."""
    os.kill(os.getpid(), signal.SIGKILL)


def kept(app: Any) -> dict[str, Any]:
    return {name: getattr(app, name) for name in SETTINGS}


def main(master: Path, settings: Path, step: str) -> None:
    from collab_xl.project import checkpoint
    from collab_xl.verbs import clock
    from excel_com.application import Application, AutoCorrect
    from excel_com.clicks import on_the_screen

    changes = 0

    def told(original: Any) -> Any:
        def put(self: Any, value: Any) -> None:
            nonlocal changes
            original(self, value)
            app = getattr(self, "_app", self)
            settings.write_text(json.dumps(kept(app)), "utf-8")
            changes += 1
            if step == str(changes):
                kill()

        return put

    for name in ("ScreenUpdating", "EnableEvents", "StatusBar", "Calculation", "Interactive"):
        setattr(Application, f"put_{name}", told(getattr(Application, f"put_{name}")))
    AutoCorrect.put_AutoFillFormulasInLists = told(AutoCorrect.put_AutoFillFormulasInLists)  # type: ignore[method-assign]
    checkpoint.armed[step] = kill
    with clock.at(FRIDAY), on_the_screen() as excel:
        excel.click("flag", excel.open(master))
    print(changes)


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(root), str(root / "tests")]
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
