"""Masters that the tests of the ribbon click on: the demo's on Monday, and a large one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from e2e.small_project import fill_pack

from collab_xl import verbs
from collab_xl.demo import desk, scenario
from collab_xl.demo.replies import write_replies
from collab_xl.model.directory import Department
from collab_xl.model.values import Value
from collab_xl.verbs.demo import DemoRun
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

DAY = date(2026, 11, 20)
PACK = 200
"""Rows of a department in a large master."""


def demo_on_monday(folder: Path, lang: str) -> Path:
    """The demo's master: packs are out, nine mails lie in the inbox, the PMO has typed in the master meanwhile."""
    teller = DemoRun(folder, lang, no_progress)
    teller.earlier_weeks()
    with clock.at(scenario.ISSUED_AT):
        issued = verbs.issue(
            teller.master, as_of=scenario.ISSUED_AT.date(), week=scenario.WEEK, out=folder / "outbox", lang=lang, progress=no_progress
        )
    desk.change(teller.master, scenario.pmo_edits(lang), lang, scenario.AS_OF)
    write_replies({str(p["department"]): Path(str(p["file"])) for p in issued.json["packs"]}, folder / "inbox", lang)
    return teller.master


def task_rows(count: int) -> Iterator[dict[str, Value]]:
    """Departments one after the other, 200 rows each, as a plan is written."""
    for n in range(count):
        yield {
            "task_id": f"RW-{n + 1:05d}", "name": f"任务 {n + 1}", "dept": f"部门{n // PACK:02d}", "owner": f"人员{n}*",
            "start": date(2026, 9, 1) + timedelta(n % 60), "end": date(2026, 10, 1) + timedelta(n % 90), "standard": "通过评审",
            "progress": (n % 10) / 10, "status": "in_progress", "done_this_week": f"上周第 {n} 步", "updated": date(2026, 11, 13),
        }  # fmt: skip


def large(folder: Path, rows: int, changed: list[int], *, collected: bool = True) -> Path:
    """A master of so many rows; the first two departments have changed these rows (from 0) of their 200."""
    folder.mkdir()
    master = folder / "主表.xlsx"
    names = [f"部门{n:02d}" for n in range(-(-rows // PACK))]
    with clock.at(datetime(2026, 11, 16, 9)):
        people = [Department(name, emails=(f"{name}@example.com",), liaison=name) for name in names]
        verbs.init(master, project="大", departments=people, lang="zh", as_of=DAY)
        desk.fill_in(master, {"tasks": list(task_rows(rows))}, "zh", DAY)
        issued = verbs.issue(master, as_of=DAY, departments=names[:2], lang="zh", progress=no_progress)
    (folder / "inbox").mkdir()
    for n, pack in enumerate(sorted(str(p["file"]) for p in issued.json["packs"])):
        target = folder / "inbox" / Path(pack).name
        target.write_bytes(Path(pack).read_bytes())
        cells = {("tasks", f"RW-{n * PACK + row + 1:05d}"): {"progress": 0.95, "done_this_week": "验收完成"} for row in changed}
        fill_pack(target, cells, "zh", datetime(2026, 11, 20, 12))
    if collected:
        verbs.collect(master, (), department=None, as_of=DAY, write=True, lang="zh", progress=no_progress)
    return master
