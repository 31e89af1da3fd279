"""Make a project as the version on the path makes it: two departments, packs issued, one consolidated, flag and week; the other's reply in
the inbox. Run in a checkout of that version: `PYTHONPATH=.:tests python make.py FOLDER zh`, then pack the folder as `<commit>-zh.zip`.
"""

from __future__ import annotations

import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

from e2e.small_project import DAY, MONDAY, Project

from collab_xl import verbs
from collab_xl.verbs.times import clock


def main(folder: Path, lang: str) -> None:
    folder.mkdir(parents=True)
    project = Project.start(folder, lang)
    project.issue()
    market = {("tasks", "RW-001"): {"progress": 0.8}, ("tasks", "RW-003"): {"owner": "*主管"}}
    first = project.reply("市场部", market, "市场部")
    project.reply("研发部", {("tasks", "RW-002"): {"progress": 0.4, "end": date(2026, 12, 4)}}, "研发部", 13)
    with clock.at(MONDAY + timedelta(days=4, hours=5)):
        project.consolidate(first)
        verbs.check(project.master, as_of=DAY, lang=lang)
        verbs.flag(project.master, as_of=DAY, lang=lang)
        verbs.week(project.master, as_of=DAY, lang=lang)
    shutil.rmtree(folder / "主表.collab" / "backups", ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
