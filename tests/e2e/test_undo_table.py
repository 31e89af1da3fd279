"""The table of undo, printed: every verb that is a step × what it changed, and what undo and redo do, also after typing and a sort."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from small_project import DAY, WEEK, Project
from test_undo_steps import reverse_tasks, weeks

from collab_xl import verbs
from collab_xl.book.read import read_book
from collab_xl.verbs.report import Report

RISK = ("tasks", "RW-002", "risk")
TYPED = ("tasks", "RW-001", "remark")
Seen = tuple[dict[str, dict[str, dict[str, object]]], list[tuple[str, str, str]], tuple[str, ...], list[str]]


def seen(project: Project) -> Seen:
    """The data, the questions that wait, the sheets, and the weeks that have a weekly sheet."""
    book = read_book(project.master)
    waits = sorted((str(r["kind"]), str(r["row_key"]), str(r["field"])) for r in project.listed("conflicts"))
    return project.data(), waits, tuple(book.sheets), [record.week for record in weeks(project)]


def _import(project: Project) -> Report:
    tracker = openpyxl.Workbook()
    tracker.active.title = "任务跟踪表"
    for line in (["任务ID", "任务名称", "负责部门", "计划开始时间", "计划结束时间", "当前进度", "完成状态"],
                 ["RW-050", "压力测试", "研发部", "2026-11-23", "2026-12-04", "10%", "进行中"]):  # fmt: skip
        tracker.active.append(line)
    path = project.folder / "旧表.xlsx"
    tracker.save(path)
    return verbs.import_tracker(project.master, [path], as_of=DAY, confirmed=True, lang="zh")


def _consolidate(project: Project) -> Report:
    cells = {RISK[:2]: {"progress": "60%", "risk": "加剧"}, ("problems", "+0"): {"description": "测试环境又坏了"}}
    return project.consolidate(project.reply("研发部", cells, "一"))


def _resolve(project: Project) -> Report:
    project.decide(RW_002=("采用报送", None))
    return verbs.resolve(project.master, as_of=DAY, lang="zh")


STEPS: dict[str, Callable[[Project], Report]] = {
    "import": _import,
    "forms add": lambda p: verbs.forms_add(p.master, ["responsibilities"], as_of=DAY, lang="zh"),
    "consolidate": _consolidate,
    "resolve": _resolve,
    "flag": lambda p: verbs.flag(p.master, as_of=DAY, lang="zh"),
    "week": lambda p: verbs.week(p.master, as_of=DAY, week=WEEK, lang="zh"),
}


def undo(project: Project) -> None:
    verbs.undo(project.master, as_of=DAY, lang="zh")


def redo(project: Project) -> None:
    verbs.redo(project.master, as_of=DAY, lang="zh")


def changed(before: Seen, after: Seen) -> str:
    rows = {(f, k) for f, of in after[0].items() for k in of} - {(f, k) for f, of in before[0].items() for k in of}
    cells = sum(
        value != before[0].get(form, {}).get(key, {}).get(heading)
        for form, of in after[0].items()
        for key, line in of.items()
        if (form, key) not in rows
        for heading, value in line.items()
    )
    questions, sheets = (len(after[n]) - len(before[n]) for n in (1, 2))
    parts = [(cells, "cells"), (len(rows), "rows"), (questions, "questions"), (sheets, "sheets")]
    said = [f"{n:+d} {what}" for n, what in parts if n]
    return ", ".join([*said, *(["a weekly sheet"] if before[3] != after[3] else [])])


def without(state: Seen, cell: tuple[str, str, str], heading: str) -> Seen:
    data = {form: {key: dict(line) for key, line in of.items()} for form, of in state[0].items()}
    data.get(cell[0], {}).get(cell[1], {}).pop(heading, None)
    return data, *state[1:]


def test_the_table_of_undo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "project").mkdir()
    project = Project.start(tmp_path / "project")
    project.issue()
    project.type((*RISK, "已缓解"))
    states = [seen(project)]
    for step in STEPS.values():
        step(project)
        states.append(seen(project))

    back, forth = [], []
    for wanted in reversed(states[:-1]):
        undo(project)
        back.append(seen(project) == wanted)
    for wanted in states[1:]:
        redo(project)
        forth.append(seen(project) == wanted)

    typed = project.copy(tmp_path / "typed")
    typed.type((*TYPED, "PMO 自己写的"))
    kept = []
    for wanted in reversed(states[:-1]):
        undo(typed)
        now = seen(typed)
        kept.append(typed.value(*TYPED) == "PMO 自己写的" and without(now, TYPED, "备注") == without(wanted, TYPED, "备注"))

    turned = project.copy(tmp_path / "turned")
    reverse_tasks(turned)
    found = []
    for wanted in reversed(states[:-1]):
        undo(turned)
        found.append(seen(turned) == wanted)

    lines = [("step", "changed", "undo", "redo", "typed since stays", "after a sort")]
    rows = zip(STEPS, states[:-1], states[1:], reversed(back), forth, reversed(kept), reversed(found), strict=True)
    for name, before, after, *held in rows:
        lines.append((name, changed(before, after), *("yes" if one else "NO" for one in held)))
    with capsys.disabled():
        print()
        for line in lines:
            print(f"{line[0]:<12} {line[1]:<32} {line[2]:<5} {line[3]:<5} {line[4]:<18} {line[5]}")
    assert all(changed(before, after) for before, after in itertools.pairwise(states)), "each verb changes something"
    assert back == forth == kept == found == [True] * len(STEPS)
