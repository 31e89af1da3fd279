"""Many projects side by side: order, departments over projects, people wanted twice, milestones, tables."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import openpyxl
from tables import tasks

from collab_xl.build.portfolio import portfolio_book
from collab_xl.forms import load
from collab_xl.model.portfolio import DepartmentFigures, NotRead, OwnedTask, ProjectFacts
from collab_xl.model.record import replace
from collab_xl.model.summary import Rag
from collab_xl.plan.csv_text import csv_bytes
from collab_xl.plan.portfolio import overview
from collab_xl.report.milestones import owned_tasks
from collab_xl.report.portfolio import data_tables, portfolio_of
from collab_xl.rules.rows import Rows

FRIDAY = date(2026, 11, 20)
EMPTY = ProjectFacts(
    file="a/主表.xlsx", project_id="p", own_folder=True, project="甲", week="2026-W47", as_of=FRIDAY, frozen=False, open_by=None,
    rag=Rag.GREEN, trend="unknown", kpis={}, labels={}, alarms=frozenset(), total=4, done=1, planned=2, departments=(), missing=(),
    waiting=0,
)  # fmt: skip


def project(name: str, rag: Rag = Rag.GREEN, overdue: int = 0, escalated: int = 0, **more: Any) -> ProjectFacts:
    kpis = {"overdue": (overdue, 1), "escalated": (escalated, None), "open": (3, 3)}
    return replace(EMPTY, project=name, project_id=name, file=f"{name}/主表.xlsx", rag=rag, kpis=kpis, **more)


def line(name: str, overdue: int = 0, escalated: int = 0, outside: bool = False) -> DepartmentFigures:
    return DepartmentFigures(name, 3, overdue, escalated, 5, 2, "on_time", Rag.AMBER if overdue else Rag.GREEN, outside)


def owned(person: str, start: str = "", end: str = "", department: str = "研发部", key: str = "RW-001") -> OwnedTask:
    first, last = (date.fromisoformat(f"2026-{day}") if day else None for day in (start, end))
    return OwnedTask(person, department, key, "联调", first, last)


def people(*tasks_of: Sequence[OwnedTask]) -> Any:
    return portfolio_of([project(f"项目{n}", tasks=tuple(own)) for n, own in enumerate(tasks_of)], []).people


def test_the_worst_project_is_first_whatever_order_they_were_read_in() -> None:
    worst_first = [
        project("丁", Rag.RED, 1, 3), project("乙", Rag.RED, 5, 2), project("甲", Rag.AMBER, 9), project("丙", Rag.AMBER, 2),
        project("戊"), project("己"),
    ]  # fmt: skip
    unread = [NotRead("z.xlsx", "x", "y", "z"), NotRead("b.xlsx", "x", "y", "z")]
    for given in (worst_first, worst_first[::-1]):
        found = portfolio_of(given, unread)
        assert [p.project for p in found.projects] == ["丁", "乙", "甲", "丙", "己", "戊"]
        assert [n.file for n in found.not_read] == ["b.xlsx", "z.xlsx"]
    assert found.totals["overdue"] == (17, 6)
    assert found.totals["escalated"] == (5, None), "last week's sum is not known if one project's is not"


def test_a_department_is_one_line_over_all_projects_and_other_rows_come_last() -> None:
    first = project("甲", Rag.RED, 3, 1, departments=(line("研发部", 2, 1), line("市场部"), line("其他", 1, outside=True)))
    second = project("乙", departments=(line("研发 部", 1), line("财务部", 2)))
    heat = portfolio_of([second, first], []).heat
    assert [(h.department, h.overdue, h.escalated) for h in heat] == [("研发部", 3, 1), ("财务部", 2, 0), ("市场部", 0, 0), ("其他", 1, 0)]
    assert [[cell and cell.overdue for cell in h.cells] for h in heat] == [[2, 1], [None, 2], [0, None], [1, None]]


def test_a_person_is_wanted_on_the_days_on_which_tasks_of_two_projects_run() -> None:
    (one,) = people([owned("张三", "11-02", "11-10")], [owned("张三", "11-09", "11-20"), owned("李四", "11-02", "11-20")])
    assert (one.person, one.projects, one.days, one.first, one.last) == ("张三", (0, 1), 2, date(2026, 11, 9), date(2026, 11, 10))
    (apart,) = people([owned("张三", "11-02", "11-10")], [owned("张三", "11-11", "11-20")])
    assert (apart.days, apart.first) == (0, None)
    (unknown,) = people([owned("张三")], [owned("张三", "11-11", "11-20")])
    assert unknown.days == 0
    twice = [owned("张三", "11-01", "11-02"), owned("张三", "11-10", "11-11")]
    (gap,) = people(twice, [owned("张三", "11-01", "11-30")])
    assert (gap.days, gap.first, gap.last) == (4, date(2026, 11, 1), date(2026, 11, 11))


def test_two_tasks_in_one_project_are_no_shared_person_and_two_departments_are_said() -> None:
    assert people([owned("张三", "11-01", "11-09"), owned("张三", "11-02", "11-09")]) == ()
    found = portfolio_of(
        [project("甲", tasks=(owned("张三", department="研发部"),)), project("乙", tasks=(owned("张三", department="市场部"),))], []
    )
    assert found.people[0].departments == ("市场部", "研发部")
    assert "可能是两个人" in overview(found, "zh", FRIDAY).people[0].departments


def test_owners_of_open_tasks_are_named_one_by_one_and_masked_ones_are_left_out() -> None:
    table = tasks("""
        | 任务ID | 任务名称 | 负责部门 | 负责人     | 计划开始时间 | 计划结束时间 | 完成状态 |
        | RW-001 | 联调     | 研发部   | 张三、李四 | 2026-11-02   | 2026-11-09   | 进行中   |
        | RW-002 | 上线     | 研发部   | *经理      | 2026-11-02   | 2026-11-09   | 进行中   |
        | RW-003 | 验收     | 研发部   | 张三       | 2026-11-02   | 2026-11-09   | 已完成   |
    """)
    schema = load()
    work = schema.part("work")
    assert work is not None
    assert [(t.person, t.key) for t in owned_tasks(schema, {work.id: Rows(work, table)})] == [("张三", "RW-001"), ("李四", "RW-001")]


def test_projects_of_one_name_are_told_apart_by_their_files() -> None:
    one, other = project("甲"), replace(project("甲"), file="b/第二.xlsx", project_id="q")
    assert {shown.project for shown in overview(portfolio_of([one, other], []), "zh", FRIDAY).lines} == {"甲 (主表)", "甲 (第二)"}


def test_figures_of_the_heat_map_are_read_on_their_colours() -> None:
    """Red on pale red has a contrast of 4.0 for eyes that do not see green."""
    found = portfolio_of([project("甲", Rag.RED, 1, 1, departments=(replace(line("研发部", 1, 1), rag=Rag.RED),))], [])
    book = openpyxl.load_workbook(io.BytesIO(portfolio_book(overview(found, "zh", FRIDAY), "zh", {})))
    whole, own = (c for row in book.worksheets[1].iter_rows() for c in row if c.number_format == '0"↑1"')
    assert (whole.coordinate, own.coordinate) == ("D4", "D5")
    assert own.font.color.theme == 1, "ink on the ground of a red light"


def test_the_day_of_the_overview_is_that_of_the_pages() -> None:
    """Made on Monday the 23rd, the pages count to Sunday."""
    pages = [replace(project("甲"), as_of=date(2026, 11, 22)), replace(project("乙"), as_of=date(2026, 11, 20))]
    assert overview(portfolio_of(pages, []), "zh", date(2026, 11, 23)).head.endswith("截至 2026-11-22")
    assert overview(portfolio_of([], []), "zh", date(2026, 11, 23)).head.endswith("截至 2026-11-23")


def test_the_tables_begin_alike_and_a_text_is_no_formula_in_csv() -> None:
    shared = (owned("张三", "11-01", "11-09"),)
    found = portfolio_of([project("=1+1", tasks=shared, departments=(line("研发部", 2),)), project("乙", tasks=shared)], [])
    tables = {table.name: table for table in data_tables(found)}
    assert {name: len(table.rows) for name, table in tables.items()} == {"projects": 2, "figures": 6, "departments": 1, "people": 2}
    assert all(list(table.kinds)[:4] == ["project_id", "project", "week", "as_of"] for table in tables.values())
    assert all(len(row) == len(table.kinds) for table in tables.values() for row in table.rows)
    written = csv_bytes(tables["departments"])
    assert written.startswith(b"\xef\xbb\xbfproject_id,project,")
    assert b",'=1+1,2026-W47,2026-11-20," in written
