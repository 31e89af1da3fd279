"""The weekly pages of projects of every kind, made by the verbs and counted again from the workbook (`recount.py`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from recount import Week

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.catalogue import text
from collab_xl.demo import desk, scenario
from collab_xl.model.directory import Department
from collab_xl.model.record import Struct
from collab_xl.model.report_pages import BANDS, DEMANDS, SPONSOR
from collab_xl.verbs.times import clock

FRIDAY = date(2026, 11, 20)
USED = ("requirements", "tasks", "problems", "risks", "resources")
Rows = list[dict[str, Any]]


class World(Struct):
    lang: str
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    as_of: date = FRIDAY
    week: str = "2026-W47"
    departments: int = 6


def demo(lang: str, *forms: str) -> dict[str, Rows]:
    return {form: [dict(row) for row in scenario.rows(lang)[form]] for form in forms or USED}


def changed(rows: Mapping[str, Rows], form: str, **fields: Any) -> dict[str, Rows]:
    return {**rows, form: [{**row, **fields} for row in rows[form]]}


def without(rows: Rows, *fields: str) -> Rows:
    return [{name: value for name, value in row.items() if name not in fields} for row in rows]


def moved(rows: Mapping[str, Rows], days: int) -> dict[str, Rows]:
    shift = timedelta(days)
    return {
        form: [{name: value + shift if isinstance(value, date) else value for name, value in row.items()} for row in lines]
        for form, lines in rows.items()
    }


def long(rows: Mapping[str, Rows]) -> dict[str, Rows]:
    """Every name and description of 200 characters."""
    words = {"name", "description", "late_reason", "measure", "response", "owner", "support"}
    return {
        form: [
            {name: f"{value} · 关于各方配合 as agreed with all " * 9 if name in words else value for name, value in row.items()}
            for row in lines
        ]
        for form, lines in rows.items()
    }


def all_late(lang: str) -> dict[str, Rows]:
    rows = without(demo(lang, "tasks")["tasks"], "actual_end", "predecessors")
    for n, row in enumerate(rows):
        row |= {"status": "in_progress", "progress": 0.2, "start": FRIDAY - timedelta(60), "end": FRIDAY - timedelta(1 + n % 40)}
    return {"tasks": rows, "requirements": demo(lang)["requirements"]}


def many_milestones(lang: str) -> dict[str, Rows]:
    rows = demo(lang)
    return {**rows, "tasks": [{**row, "milestone": n % 3 == 0} for n, row in enumerate(rows["tasks"])]}


def escalations(lang: str) -> dict[str, Rows]:
    names = [d.name for d in scenario.departments(lang)]
    task = {"status": "in_progress", "progress": 0.5, "start": FRIDAY, "end": FRIDAY + timedelta(60)}
    asked = {"status": "escalated", "raised_at": datetime(2026, 11, 10, 9)}
    return {
        "tasks": [{"task_id": f"RW-{n}", "name": f"任务 {n}", "dept": names[n % 6], **task} for n in range(10)],
        "problems": [
            {"problem_id": f"WT-{n}", "description": f"问题 {n}", "dept": names[n % 6], "level": "normal", **asked} for n in range(7)
        ],
    }


DONE = {"status": "done", "progress": 1.0, "actual_end": FRIDAY}
WORLDS = {
    "demo": World("en", demo("en")),
    "empty": World("zh", {}),
    "ended": World("en", changed(demo("en", "tasks"), "tasks", **DONE), date(2027, 3, 5), "2027-W09"),
    "all done": World("zh", changed(changed(demo("zh", "tasks", "requirements"), "tasks", **DONE), "requirements", status="done")),
    "all late": World("en", all_late("en")),
    "week 53": World("zh", moved(demo("zh"), 42), date(2027, 1, 1), "2026-W53"),
    "国庆": World("en", moved(demo("en"), -42), date(2026, 10, 9), "2026-W41"),
    "long texts": World("zh", long(demo("zh"))),
    "one department": World("en", {"tasks": without(demo("en")["tasks"][:30], "req_id", "predecessors")}, departments=1),
    "no requirement": World("zh", {"tasks": without(demo("zh")["tasks"], "req_id"), "problems": demo("zh")["problems"]}),
    "40 milestones": World("en", many_milestones("en")),
    "only escalations": World("zh", escalations("zh")),
}


def made(world: World, folder: Path) -> tuple[Path, dict[str, Any]]:
    master, lang = folder / "m.xlsx", world.lang
    departments: list[Department] = list(scenario.departments(lang))[: world.departments]
    with clock.at(datetime.combine(world.as_of, datetime.min.time())):
        verbs.init(master, project="P", departments=departments, lang=lang, as_of=world.as_of, forms=",".join(USED))
        desk.fill_in(master, {form: [dict(row) for row in rows] for form, rows in world.rows.items()}, lang, world.as_of)
        verbs.flag(master, as_of=world.as_of, lang=lang)
        return master, dict(verbs.week(master, as_of=world.as_of, week=world.week, lang=lang).json)


@pytest.mark.parametrize("name", WORLDS)
def test_the_page_says_what_the_rows_say(name: str, tmp_path: Path) -> None:
    world = WORLDS[name]
    master, report = made(world, tmp_path)
    week = Week(master, world.lang, world.as_of, world.week)
    assert report["week"] == world.week
    shown = {figure: of["value"] for figure, of in report["kpis"].items()}
    expected = week.figures() | {"escalated": len(week.escalated())}
    expected["milestones_late"] = sum(m["rag"] in ("amber", "red") for m in report["milestones"])
    assert {figure: shown[figure] for figure in expected} == expected
    assert {line["row_id"] for line in report["escalations"]} == week.escalated()
    milestones = {m["row_id"]: (m["plan"], m["actual"]) for m in report["milestones"]}
    assert milestones == {key: tuple(d and d.isoformat() for d in days) for key, days in week.milestones().items()}
    progress = {d["row_id"]: d["progress"] for d in report["demands"]}
    assert progress == pytest.approx(week.progress_of_demands(), abs=0.011, nan_ok=True)
    causes = {cause["cause"].replace("late_weight", "late"): cause["rag"] for cause in report["causes"]}
    assert causes == week.causes(report)
    light = "red" if "red" in causes.values() else "amber" if causes else "green" if len(week.going) else "none"
    assert report["rag"] == light, "no light without a task"
    assert report["check"]["balanced"]
    page_of(master, world, report, week)


def at_fault(week: Week, demand: str, misses: bool, expected: bool, said: str) -> None:
    """The task named is as late as said, one of the requirement's own latest where it is expected in time; the others are counted."""
    named = re.fullmatch(r"(\S+) (\d+) (?:天|d)(?: \+(\d+))?", said)
    own = week.late_tasks(demand)
    assert bool(named) == bool(expected or (named and misses)), (demand, said)
    if named:
        everyone = week.late_tasks()
        assert everyone[named[1]] == int(named[2]), said
        assert misses or int(named[2]) == max(own.values()), said
        assert int(named[3] or 0) == len(own.keys() - {named[1]}), said


def the_end(week: Week, report: dict[str, Any], said: str) -> None:
    """The planned and expected day of the last milestone or requirement."""
    dates = {key: plan for key, (plan, _) in week.milestones().items() if plan}
    own = week.demands[week.demands["state"] != "cancelled"]
    dates |= {key: due for key, due in zip(own["key"], own["due_day"], strict=True) if due}
    if not dates or not len(week.going):
        assert said == ""
        return
    last, outlook = max(dates.values()), report["outlook"]
    assert outlook["planned"] == last.isoformat()
    expected = [
        line["forecast"] or line.get("actual") for name in ("milestones", "demands") for line in report[name] if line["row_id"] in dates
    ]
    assert outlook["forecast"] >= max(filter(None, expected), default=""), "nothing is expected to end later"
    assert outlook["days_late"] == week.between(last, date.fromisoformat(outlook["forecast"]))
    assert outlook["planned"].removeprefix(f"{week.sunday.year}-") in said
    assert outlook["forecast"].removeprefix(f"{week.sunday.year}-") in said


def page_of(master: Path, world: World, report: dict[str, Any], week: Week) -> None:
    """Every block says how many there are, and an empty one says so in a word; the worst come first; each line links to its row."""
    book = read_book(master)

    def column(name: str) -> list[Any]:
        sheet, area = book.names[name]
        return [book.snapshot(sheet).value(row, area.first_col) for row in range(area.first_row, area.last_row + 1)]

    counts = {
        ("milestone_name", "milestones"): len(report["milestones"]),
        ("demand_name", "demands"): len(report["demands"]),
        ("wanted_what", "decisions"): len(report["decisions"]),
        ("overdue_task", "overdue"): len(report["overdue"]),
        ("done_task", "done"): len(week.done()),
    }
    for (first, block), count in counts.items():
        cells = column(f"wk_{first}")
        shown = [cell for cell in cells if cell]
        numbers = [int(n) for n in re.findall(r"\d+", str(column(f"wk_{block}_more")[0] or ""))]
        if count == 0:
            assert (shown, numbers) == ([text("plan.week.nothing", world.lang)], []), block
        else:
            always = next((b.usual for band in BANDS[SPONSOR] for b in band if b.name == block), len(cells))
            assert min(count, always) <= len(shown) <= min(count, len(cells)), block
            assert numbers == ([count] if count == len(shown) else [len(shown), count]), block
    sheet = book.names["wk_title"][0]
    snapshot = book.snapshot(sheet)
    links = 0
    for (row, col), formula in snapshot.formulas.items():
        target = re.search(r"#?'?([^'\"!]+)'?!\$?([A-Z]+)\$?(\d+)", formula)
        key = re.search(r"\b[A-Z]{2}-[\d-]+", str(snapshot.value(row, col)))
        if target and key and target[1] in book.sheets:
            keys = [str(cell) for cell in book.snapshot(target[1]).values(int(target[3]), range(1, 30))]
            assert key[0] in keys, (formula, key)
            links += 1
    assert links or not week.tasks["open"].any()
    worst = {"red": 0, "amber": 1, "green": 2, "none": 3}
    missed = week.days_of_demands(report)
    order = [(not missed[d["row_id"]][0], worst[d["rag"]]) for d in report["demands"] if d["progress"] != 1.0]
    assert order == sorted(order), "those that miss their day first, each the worst first"
    said = column("wk_demand_why")[: sum(map(bool, column("wk_demand_due")))]
    assert len(said) >= min(len(week.demands["due_day"].dropna()), DEMANDS.usual)
    for line, why in zip(report["demands"], said, strict=False):
        days, parts, most = missed[line["row_id"]]
        assert (line["days_late"], line["late_tasks"], line["latest_task_days"]) == (days, parts, most), line
        at_fault(week, line["row_id"], bool(days), parts and (days or line["rag"] in ("red", "amber")), str(why or ""))
    late = {
        m["row_id"]: week.between(*(m[name] and date.fromisoformat(m[name]) for name in ("plan", "forecast"))) for m in report["milestones"]
    }
    assert {m["row_id"]: m["days_late"] for m in report["milestones"] if m["forecast"]} == {
        m["row_id"]: late[m["row_id"]] for m in report["milestones"] if m["forecast"]
    }
    shown = (
        [value or 0 for value in column("wk_milestone_late")[: sum(map(bool, column("wk_milestone_name")))]] if report["milestones"] else []
    )
    assert sorted(shown, reverse=True) == sorted(late.values(), reverse=True)[: len(shown)], (
        "who misses the plan is shown before who does not"
    )
    the_end(week, report, str(column("wk_outlook")[0] or ""))
    asked = Counter(d["decides"] or "、".join(d["to"]) for d in report["decisions"])
    told = [
        int(n)
        for n in re.findall(
            r"(?<=[^（(\d])\d+(?=(?: 项)?(?: \(\d+ late\)|（逾期 \d+）)?(?: ·|$))", str(column("wk_decisions_note")[0] or "")
        )
    ]
    assert sum(told) == sum(asked.values()), (column("wk_decisions_note"), asked)
    blank = week.without_response()
    numbers = [int(n) for n in re.findall(r"\d+", str(column("wk_risks._note")[0] or ""))] if "wk_risks._note" in book.names else []
    assert numbers == [n for n in blank if n]
