"""The workbooks to look at: the demo's master, packs and return, an empty master, and one of 300 departments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from pathlib import Path
from unittest.mock import patch

from collab_xl import verbs
from collab_xl.catalogue import text
from collab_xl.demo import desk, scenario
from collab_xl.model.directory import Department
from collab_xl.verbs.report import no_progress
from collab_xl.verbs.times import clock

CROWD = 300


def demo_books(folder: Path, lang: str) -> dict[str, Path]:
    """The demo's master, the fullest of its packs, and the workbooks that went back to departments."""
    with patch("collab_xl.verbs.demo.weekly_picture", lambda *_: []):  # every sheet is printed here
        verbs.demo(folder, lang=lang, progress=no_progress)
    packs = sorted((folder / "outbox").glob("*.xlsx"), key=lambda path: path.stat().st_size)
    last = max(folder.glob("*.collab/returned/*"))
    back = sorted(last.rglob("*.xlsx"))
    return {
        f"demo.{lang}": folder / text("demo.master", lang),
        f"pack.{lang}": packs[-1],
        **{f"return{n}.{lang}": path for n, path in enumerate(back, 1)},
    }


def gantt_book(master: Path, folder: Path, lang: str) -> dict[str, Path]:
    """The Gantt chart of a master."""
    made = verbs.gantt(master, as_of=scenario.AS_OF, out=folder / f"gantt.{lang}", lang=lang)
    return {f"gantt.{lang}": Path(made.json["file"])}


def empty_book(folder: Path, lang: str) -> dict[str, Path]:
    """A master with every form and nothing in it."""
    master = folder / f"empty.{lang}.xlsx"
    with clock.at(datetime.combine(scenario.AS_OF, time(9))):
        verbs.init(
            master, project=scenario.project(lang), departments=scenario.departments(lang), lang=lang, as_of=scenario.AS_OF, forms="full"
        )
    return {f"empty.{lang}": master}


def crowded_book(folder: Path, lang: str, departments: int = CROWD) -> dict[str, Path]:
    """A master of many departments with long names, the demo's rows shared out among them, after check, flag and week."""
    master = folder / f"crowd.{lang}.xlsx"
    names = [_name(n, lang) for n in range(departments)]
    people = [Department(name, (), f"*{n}", (f"d{n}@example.com",), f"*{n} (head)", f"*{n} (chief)", "*") for n, name in enumerate(names)]
    day = scenario.AS_OF
    with clock.at(datetime.combine(day, time(9))):
        verbs.init(master, project=scenario.project(lang), departments=people, lang=lang, as_of=day, forms="full")
        desk.fill_in(master, _shared(scenario.rows(lang), names), lang, day)
        verbs.check(master, as_of=day, lang=lang)
        verbs.flag(master, as_of=day, lang=lang)
        verbs.week(master, as_of=day, lang=lang)
    return {f"crowd.{lang}": master}


def _name(n: int, lang: str) -> str:
    return f"华东区域第{n}营销服务与客户支持部" if lang == "zh" else f"Marketing services and customer support, region {n}"


def _shared(rows: Mapping[str, Sequence[Mapping[str, object]]], names: Sequence[str]) -> dict[str, list[dict[str, object]]]:
    """Three times the demo's tasks, each row with a department of its own."""
    shared: dict[str, list[dict[str, object]]] = {}
    for form, lines in rows.items():
        copies = 3 if form == "tasks" else 1
        for copy in range(copies):
            for n, row in enumerate(lines):
                line = {**row, **({"dept": names[(copy * len(lines) + n) % len(names)]} if "dept" in row else {})}
                if copy:
                    line |= {"task_id": f"{row['task_id']}-{copy}", "predecessors": ()}
                shared.setdefault(form, []).append(line)
    return shared
