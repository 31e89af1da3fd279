"""More departments than the weekly sheet has lines: the rest is summed up, what is outside the directory keeps its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_week import week

from collab_xl.book.read import Book, read_book
from collab_xl.book.verify import verify
from collab_xl.book.write_plan import write_plan
from collab_xl.build.master import template_path
from collab_xl.catalogue import text
from collab_xl.model.record import replace
from collab_xl.model.summary import DepartmentLine, Rag, Summary
from collab_xl.model.values import Value
from collab_xl.plan.weekly import plan_week
from collab_xl.plan.weekly_departments import shown_departments

FIGURES = ("open", "overdue", "escalated", "total", "done")


def line(name: str = "部门", outside: bool = False, **figures: int) -> DepartmentLine:
    facts = dict.fromkeys(FIGURES, 0) | figures
    return DepartmentLine(name, "", "not_asked", 0, overdue_trend=(facts["overdue"],), rag=Rag.GREEN, outside=outside, **facts)


lines = st.builds(line, outside=st.just(False), **{name: st.integers(0, 9) for name in FIGURES})


@given(st.lists(lines, max_size=12), st.booleans(), st.integers(1, 8))
def test_the_columns_always_add_up_and_never_need_more_lines_than_there_are(some: list[DepartmentLine], other: bool, room: int) -> None:
    every = [*some, *([line("其他", True, overdue=3, open=5, total=5)] if other else [])]
    shown = shown_departments(every, room, "zh")
    assert len(shown.lines) == len(shown.submitted) <= room
    for name in FIGURES:
        assert sum(getattr(d, name) for d in shown.lines) == sum(getattr(d, name) for d in every), name
    assert sum(d.overdue_trend[-1] for d in shown.lines) == sum(d.overdue for d in every)
    if other and room > 1:
        assert shown.lines[-1] == every[-1]
    if len(every) <= room:
        assert sorted(map(repr, shown.lines)) == sorted(map(repr, every))
        lights = [d.rag for d in shown.lines if not d.outside]
        assert lights == sorted(lights, key=[Rag.RED, Rag.AMBER, Rag.GREEN].index), "the worst first"


def crowd(lang: str) -> Summary:
    """45 departments, the last of them the worst, and tasks of nobody's."""
    summary = week(lang, departments=45)
    departments = [replace(d, name=f"{d.name} {n}", overdue=n % 3, overdue_trend=(1, n % 3)) for n, d in enumerate(summary.departments)]
    departments[44] = replace(departments[44], overdue=7, escalated=9, overdue_trend=(7,), rag=Rag.RED, submitted="missing")
    departments.append(replace(line(text("report.other_department", lang), True, overdue=3, open=4, total=4), overdue_trend=(2, 3)))
    by_department = tuple(d.overdue for d in departments)
    return replace(summary, departments=tuple(departments), check={**summary.check, "by_department": by_department})


def at(book: Book, name: str) -> list[Value]:
    sheet, area = book.names[name]
    return [book.snapshot(sheet).value(row, area.first_col) for row in range(area.first_row, area.last_row + 1)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_forty_five_departments_and_the_tasks_of_nobody_are_all_on_the_sheet(lang: str, tmp_path: Path) -> None:
    summary, source, target = crowd(lang), template_path(lang), tmp_path / "m.xlsx"
    book = read_book(source)
    plan = plan_week(summary, book.names, book.snapshot, lang, "R-0128", "2026-11-20 17:42")
    write_plan(source, target, plan)
    verify(source, target, plan)
    out = read_book(target)
    names, overdue = at(out, "wk_dept_name"), [int(str(n or 0)) for n in at(out, "wk_dept_overdue")]
    assert str(names[0]).partition("…")[0] in summary.departments[44].name, "the worst first, though it is the last on the sheet"
    assert names[6:] == [text("plan.week.other_departments", lang, n=39), text("report.other_department", lang)]
    assert sum(overdue) == sum(d.overdue for d in summary.departments)
    assert overdue[0] == 7
    assert overdue[7] == 3
    missing = sum(d.submitted == "missing" for d in summary.departments)
    assert text("model.submitted.missing", lang) in text("model.submitted.others_missing", lang, n=missing), (
        "the sheet colours it by this word"
    )
    assert at(out, "wk_dept_submitted")[6] in {text("model.submitted.others_missing", lang, n=n) for n in range(missing)}
    assert str(at(out, "wk_dept_rag")[6]).endswith(text("model.rag.red", lang))
    assert at(out, "wk_dept_more") == [text("plan.week.more", lang, shown=6, count=45)]
    sheet, area = out.names["wk_feed_trend"]
    feed = out.snapshot(sheet)
    assert [feed.value(area.first_row + n, area.last_col) for n in (6, 7)] == overdue[6:]
    assert "+".join(map(str, overdue)) in str(at(out, "wk_check")[0])
