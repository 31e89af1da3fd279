"""The calls of every button: on the demo's master in the order of a week, and on large masters."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from addin.masters import demo_on_monday, large
from copied import copy_project

from collab_xl import catalogue
from collab_xl.addin.blanks import Blanks
from collab_xl.forms import load
from collab_xl.verbs.times import clock
from excel_com.application import Workbook
from excel_com.clicks import Seen, on_the_screen

WEEK = (
    *("collect", "check", "preview", "consolidate", "flag", "resolve", "week", "pdf", "weekthis", "weeklast", "weekother"),
    *(
        "undo",
        "redo",
        "issue",
        "sendpacks",
        "chase",
        "sendreceipts",
        "sendreturns",
        "escalate",
        "sendweek",
        "agenda",
        "gantt",
        "calendar",
        "portfolio",
        "close",
        "import",
        "init",
        "baselineset",
        "baselinesign",
        "baselinecompare",
        "compare",
        "comparebase",
        "compareother",
        "log",
        "settings",
        "doctor",
        "help",
    ),
)
LARGE = ("collect", "check", "preview", "consolidate", "flag", "week", "undo", "redo", "log", "settings")
SCATTERED = list(range(3, 183, 9))
"""Changed rows of two packs: twenty of each, apart."""
STAGES = ("copy", "read", "state", "write", "click")
MILLISECONDS = (0.5, 2.0)
"""Of a call: a quick and a slow machine."""


@dataclass(frozen=True)
class Line:
    """One click."""

    button: str
    calls: int
    stages: Counter[str]
    names: Counter[str]

    @property
    def without_reading(self) -> int:
        return self.calls - self.stages["read"] - self.stages["copy"]


def demo_week(source: Path, folder: Path, lang: str = "zh", *, addin: bool = True) -> Iterator[tuple[Line, Seen]]:
    """Every button on a copy of the demo's master."""
    copy_project(source.parent, folder)
    with clock.at(datetime(2026, 11, 23, 9)), on_the_screen(lang, addin=addin) as excel:
        book = excel.open(folder / source.name)
        for verb in WEEK:
            if verb == "resolve":
                decide(book, lang)
            if verb == "issue":
                book.do_Save()
            seen = excel.click(verb, book, fill_in=lambda blanks: filled(blanks, folder))
            yield _line(verb, seen), seen


def filled(blanks: Blanks, folder: Path) -> dict[str, Any]:
    """What the person fills in: a new project, a tracker to be imported, the week the page is made of."""
    if blanks.verb == "init":
        return {"master": str(folder / "新主表.xlsx"), "project": "新项目", "departments": ("市场部",), "lang": blanks.lang}
    if blanks.verb == "portfolio make":
        return {"masters": str(folder)}
    if blanks.verb == "week":
        return {"week": blanks.given["week"]}
    if blanks.verb == "baseline set":
        return {"baseline_new": "启动"}
    if blanks.verb == "baseline sign":
        return {"signing": blanks.departments[0], "signed_by": "李总"}
    if blanks.verb == "compare":
        return {"since": "2026-11-20"}
    tracker = folder / "旧表.csv"
    heads = {"zh": "任务编号,任务名称,负责人,计划结束时间", "en": "Task ID,Task name,Owner,Planned end"}[blanks.lang]
    tracker.write_text(f"{heads}\nRW-901,写方案,*经理,2026-12-30\n", encoding="utf-8")
    return {"inputs": (str(tracker),), "department": blanks.departments[0]}


def large_week(folder: Path, rows: int) -> Iterator[tuple[Line, Seen]]:
    """The buttons of a week on a master of so many rows."""
    with clock.at(datetime(2026, 11, 20, 18)):
        master = large(folder, rows, SCATTERED, collected=False)
        with on_the_screen() as excel:
            book = excel.open(master)
            for verb in LARGE:
                seen = excel.click(verb, book)
                yield _line(verb, seen), seen


def _line(verb: str, seen: Seen) -> Line:
    return Line(verb, seen.total, seen.stages, seen.calls)


def decide(book: Workbook, lang: str) -> None:
    """What the PMO types on 冲突处理: the first two items get a decision."""
    service = load().service("conflicts")
    sheet, table = next((sheet, table) for sheet in book._contents.sheets for table in sheet.tables if table.name == service.table)
    heading = next(c.heading[lang] for c in service.columns if c.id == "decision")
    area = table.area
    col = next(col for col in range(area.first_col, area.last_col + 1) if sheet.cells[area.first_row, col].value == heading)
    for n, word in enumerate(("take_submission", "keep_master"), 1):
        content = sheet.content((area.first_row + n, col))
        content.value, content.shared = catalogue.text(f"model.word.{word}", lang), None
    book._saved = False


def printed(title: str, lines: list[Line], names: int = 4) -> str:
    """The table as text."""
    head = f"{'button':12}{'calls':>7}{'no read':>9}" + "".join(f"{stage:>7}" for stage in STAGES)
    head += "".join(f"{f'{ms:g} ms':>9}" for ms in MILLISECONDS) + "  most often"
    out = [title, head]
    for line in lines:
        often = ", ".join(f"{name} {count}" for name, count in line.names.most_common(names))
        seconds = "".join(f"{line.calls * ms / 1000:>7.1f} s" for ms in MILLISECONDS)
        stages = "".join(f"{line.stages[stage]:>7}" for stage in STAGES)
        out.append(f"{line.button:12}{line.calls:>7}{line.without_reading:>9}{stages}{seconds}  {often}")
    return "\n".join(out)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="collab-calls-") as scratch:
        folder = Path(scratch)
        (folder / "demo").mkdir()
        with clock.at(datetime(2026, 11, 16, 9)):
            master = demo_on_monday(folder / "demo", "zh")
        print(printed("The demo's master", [line for line, _ in demo_week(master, folder / "clicked")]))
        without = [line for line, _ in demo_week(master, folder / "without", addin=False)]
        print("\n" + printed("The demo's master, the add-in's macros not reachable", without))
        for rows in (500, 5_000):
            print("\n" + printed(f"{rows:,} rows", [line for line, _ in large_week(folder / str(rows), rows)]))
