"""The week of the demo's project counted again by an independent script with plain pandas over the workbook."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from collab_xl import verbs
from collab_xl.demo import desk, scenario
from collab_xl.forms import BASIC
from collab_xl.verbs.times import clock

MONDAY, FRIDAY, SUNDAY = date(2026, 11, 16), date(2026, 11, 20), date(2026, 11, 22)
DONE, CANCELLED, SOLVED = ["已完成"], ["已取消"], ["已解决", "已关闭"]


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("again") / "主表.xlsx"
    with clock.at(scenario.ISSUED_AT):
        verbs.init(path, project="演示", departments=scenario.departments("zh"), lang="zh", as_of=FRIDAY, forms="tasks")
    rows = {form: rows for form, rows in scenario.rows("zh").items() if form in BASIC}
    desk.fill_in(path, rows, "zh", FRIDAY)
    return path


def sheet(path: Path, name: str) -> pd.DataFrame:
    """A sheet below its heading row, which is the first after the title with more than two cells."""
    lines = [list(line) for line in openpyxl.load_workbook(path, read_only=True)[name].iter_rows(values_only=True)]
    head = next(n for n, line in enumerate(lines) if n and sum(cell is not None for cell in line) > 2)
    frame = pd.DataFrame(lines[head + 1 :], columns=lines[head])
    return frame.dropna(how="all")


def day(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else None


def test_every_figure_comes_out_the_same(master: Path) -> None:
    tasks, problems, calendar = (sheet(master, name) for name in ("任务跟踪表", "问题跟踪表", "工作日历"))
    kinds = {day(d): kind for d, kind in zip(calendar["日期"], calendar["类型"], strict=True)}
    assert len(kinds) > 20

    def works(d: date) -> bool:
        kind = kinds.get(d)
        return d.weekday() < 5 if kind is None else "班" in kind or "工作" in kind

    def late(end: date | None) -> int:
        """Working days after the end, today included."""
        return 0 if end is None else sum(works(end + timedelta(n)) for n in range(1, (FRIDAY - end).days + 1))

    def finish(frame: pd.DataFrame, end: str, status: str, closed: list[str]) -> pd.DataFrame:
        frame = frame.assign(end=frame[end].map(day), open=~frame[status].isin(closed))
        return frame.assign(late=[late(e) if is_open else 0 for e, is_open in zip(frame["end"], frame["open"], strict=True)])

    tasks = finish(tasks, "计划结束时间", "完成状态", DONE + CANCELLED)
    problems = finish(problems, "完成时限", "处理状态", SOLVED)
    finished = tasks["实际完成时间"].map(day).where(tasks["实际完成时间"].notna(), tasks["更新日期"].map(day))
    in_week = [e is not None and not pd.isna(e) and MONDAY <= e <= SUNDAY for e in tasks["end"]]
    done_in_week = [f is not None and not pd.isna(f) and MONDAY <= f <= SUNDAY for f in finished]
    up = problems["open"] & ((problems["late"] > 3) | (problems["问题等级"] == "紧急") | (problems["处理状态"] == "已升级"))

    report = verbs.week(master, as_of=FRIDAY, week="2026-W47", write=False, lang="zh").json
    reached = tasks["当前进度"].fillna(0).astype(float).where(~tasks["完成状态"].isin(DONE), 1.0)
    figures = {name: figure["value"] for name, figure in report["kpis"].items()}
    marked = tasks[(tasks["里程碑"] == "是") & ~tasks["完成状态"].isin(CANCELLED)]
    assert {m["row_id"] for m in report["milestones"]} == set(marked["任务ID"])
    assert figures.pop("milestones_late") == sum(m["actual"] is None and m["forecast"] > m["plan"] for m in report["milestones"]) > 0
    assert figures == {
        "open": tasks["open"].sum(),
        "due_this_week": (pd.Series(in_week, index=tasks.index) & ~tasks["完成状态"].isin(CANCELLED)).sum(),
        "rate": round(100 * reached[~tasks["完成状态"].isin(CANCELLED)].mean()),
        "overdue": (tasks["late"] > 0).sum(),
        "escalated": (tasks["late"] > 3).sum() + up.sum(),
        "finished_this_week": (pd.Series(done_in_week, index=tasks.index) & tasks["完成状态"].isin(DONE)).sum(),
        "open_problems": problems["open"].sum(),
    }
    ages = pd.cut(tasks["late"][tasks["late"] > 0], [0, 3, 7, 14, 10**6], labels=["1-3", "4-7", "8-14", "15+"]).value_counts()
    assert report["ageing"] == ages.to_dict()
    assert sum(report["ageing"].values()) > 5
    per = tasks.assign(overdue=tasks["late"] > 0, escalated=tasks["late"] > 3, done=tasks["完成状态"].isin(DONE)).groupby("负责部门")
    counts = per[["open", "overdue", "escalated", "done"]].sum().assign(total=per.size())
    counts["escalated"] += up.groupby(problems["责任部门"]).sum().reindex(counts.index, fill_value=0)
    ours = {d["name"]: {name: d[name] for name in counts.columns} for d in report["departments"]}
    assert ours == counts.to_dict("index")
    assert len(ours) > 5
