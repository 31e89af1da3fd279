"""A form with a `[report]` block and a figure of its own: counted, sorted, laid out and filled in without a line of code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from forms.forms_of_tests import installed, visits, written
from tables import problems, table, tasks
from templates.invented_week import week as invented

from collab_xl.book.read import Book, read_book
from collab_xl.book.write_plan import write_plan
from collab_xl.build.master import build_master
from collab_xl.catalogue import text
from collab_xl.forms import BASIC, Schema, load
from collab_xl.forms.blocks import form_bands
from collab_xl.model.calendar import Calendar
from collab_xl.model.directory import Directory
from collab_xl.model.record import replace
from collab_xl.model.report_pages import COUNTED, GRID
from collab_xl.model.sheets import Table
from collab_xl.model.summary import FormBlock, FormLine, Home, Summary
from collab_xl.model.values import Value
from collab_xl.plan.home import plan_home
from collab_xl.plan.weekly import plan_week
from collab_xl.report import summarise, week_record
from collab_xl.report.blocks import form_blocks
from collab_xl.rules.case import Case
from collab_xl.rules.flag import flag
from collab_xl.settings import Settings

FRIDAY = date(2026, 11, 20)
LOG = """
    | 拜访编号 | 客户名称 | 拜访人 | 回访期限   | 拜访状态 | 客户等级 |
    | BF-001   | 甲公司   | 张三   | 2026-11-27 | 跟进     | 小       |
    | BF-002   | 乙公司   | 李四   |            | 已约     | 大       |
    | BF-003   | 丙公司   | 王五   | 2026-11-18 | 跟进     | 大       |
    | BF-004   | 丁公司   |        | 2026-11-10 | 结束     | 大       |
    | BF-005   | 戊公司   |        | 2026-11-02 | 跟进     |          |
    | BF-006   | 己公司   |        | 2026-11-30 | 跟进     | 大       |
    | BF-007   | 庚公司   |        | 2026-11-01 | 作罢     | 大       |
"""
TASKS = "| 任务ID | 任务名称 | 负责部门 | 计划结束时间 | 完成状态 |\n| RW-001 | 联调 | 研发部 | 2026-11-16 | 进行中 |"


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schema]:
    """The forms every master has, and the visits."""
    with installed(written(tmp_path_factory.mktemp("own"), visits())):
        yield load().of((*BASIC, "visits"))


def summary(tables: dict[str, Table], schema: Schema) -> Summary:
    options, people = Settings(), Directory()
    flags = flag(tables, options, Calendar(), FRIDAY, schema, people)
    return summarise(tables, flags, options, Calendar(), people, as_of=FRIDAY, week="2026-W47", schema=schema)


def at(book: Book, name: str) -> list[Value]:
    sheet, area = book.names[name]
    return [book.snapshot(sheet).value(row, area.first_col) for row in range(area.first_row, area.last_row + 1)]


def test_rows_that_fit_are_sorted_the_highest_level_first_and_blanks_last(schema: Schema) -> None:
    found = summary({"tasks": tasks(TASKS), "visits": table("visits", LOG)}, schema)
    (block,) = found.blocks
    assert [line.key for line in block.lines] == ["BF-003", "BF-006", "BF-002", "BF-001", "BF-005"]
    assert block.lines[0].values == {"customer": "丙公司", "who": "王五", "till": date(2026, 11, 18), "weight": "big"}


def test_the_block_of_resources_names_who_has_too_much_at_once() -> None:
    """As of Friday of week 47: what is over, or with one task only, is not there."""
    work = tasks("""
        | 任务ID | 任务名称 | 负责部门 | 负责人 | 计划开始时间 | 计划结束时间 | 完成状态 |
        | RW-001 | 联调 | 研发部 | 张明 | 2026-11-02 | 2026-12-04 | 进行中 |
        | RW-002 | 压测 | 研发部 | 张明 | 2026-11-16 | 2026-11-27 | 进行中 |
        | RW-003 | 素材 | 市场部 | 张明 | 2026-11-19 | 2026-11-20 | 进行中 |
        | RW-004 | 旧的 | 研发部 | 李雷 | 2026-11-02 | 2026-11-06 | 进行中 |
        | RW-005 | 旧的二 | 研发部 | 李雷 | 2026-11-02 | 2026-11-06 | 进行中 |
        | RW-006 | 单独 | 市场部 | 韩梅 | 2026-11-16 | 2026-11-27 | 进行中 |
    """)
    plan = table("resources", """
        | 资源编号 | 资源名称 | 需求量 | 可用量 | 资源方 | 资源状态 |
        | ZY-001 | 压测环境 | 2 | 1 | 研发部 | 待答复 |
    """)  # fmt: skip
    case = Case({"tasks": work, "resources": plan}, load(), Directory(), Settings(), Calendar(), date(2026, 11, 20))
    (block,) = (block for block in form_blocks(case) if block.form == "resources")
    assert [(line.key, *line.values.values()) for line in block.lines] == [
        ("ZY-001", "压测环境", 2, 1, "研发部"),
        ("", "张明 2026-W47～2026-W48 同时 3 项任务，先办 RW-003", 3, 1, "研发部、市场部"),
    ]


def test_a_figure_is_counted_and_kept_for_next_week(schema: Schema) -> None:
    found = summary({"tasks": tasks(TASKS), "visits": table("visits", LOG)}, schema)
    assert [(k.id, k.value, k.before) for k in found.figures] == [("visits_big", 3, None)]
    assert week_record(found).kpis["visits_big"] == 3
    assert set(week_record(found).kpis) == {"visits_big", *COUNTED}


def test_only_urgent_problems_are_said_to_be_urgent_problems(schema: Schema) -> None:
    log = problems("| 问题编号 | 问题描述 | 问题等级 | 处理状态 |\n| WT-001 | 断电 | 紧急 | 处理中 |")
    found = summary({"tasks": tasks(TASKS), "visits": table("visits", LOG), "problems": log}, schema)
    assert sum(line.form == "visits" for line in found.escalations) == 4
    assert [cause.facts["n"] for cause in found.causes if cause.id == "at_once"] == [1]
    assert found.check["balanced"] is True


def test_a_form_the_master_lacks_adds_nothing(schema: Schema) -> None:
    found = summary({"tasks": tasks(TASKS)}, schema)
    assert found.blocks == found.figures == ()
    assert found == summary({"tasks": tasks(TASKS)}, load().of(("requirements", "tasks", "problems")))


def test_a_master_without_tasks_or_problems_has_a_week_of_nothing(schema: Schema) -> None:
    found = summary({"visits": table("visits", LOG)}, schema.of(("visits",)))
    assert [k.value for k in found.kpis if k.id != "escalated"] == [0] * 7
    assert found.check["balanced"] is True
    assert len(found.blocks[0].lines) == 5


@pytest.fixture(scope="module", params=["zh", "en"])
def filled(request: pytest.FixtureRequest, schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Book]:
    """A page with the visits' block, which has six rows."""
    lang, folder = str(request.param), tmp_path_factory.mktemp("page")
    source = folder / "empty.xlsx"
    source.write_bytes(build_master(lang, schema=schema))
    book = read_book(source)
    block = FormBlock(
        "visits", [FormLine(f"BF-{n}", {"customer": "客户名称很长" * 20, "who": None, "till": FRIDAY, "weight": "big"}) for n in range(6)]
    )
    whole = invented(lang)
    whole = replace(whole, blocks=(block,))
    plan = plan_week(whole, book.names, book.snapshot, lang, "R-1", "", schema)
    plan += plan_home(Home(figures={"visits_big": 7}), book.names, book.snapshot, lang, schema)
    write_plan(source, folder / "full.xlsx", plan)
    return lang, read_book(folder / "full.xlsx")


def test_the_page_shows_as_many_as_the_form_says_and_the_count(filled: tuple[str, Book]) -> None:
    lang, book = filled
    assert at(book, "wk_visits._more") == [text("plan.week.more", lang, shown=4, count=6)]
    titles = [str(title) for title in at(book, "wk_visits.customer")]
    assert [title.partition(" ")[0] for title in titles] == ["BF-0", "BF-1", "BF-2", "BF-3"]
    assert all(title.endswith("…") for title in titles)
    assert at(book, "wk_visits.till") == [FRIDAY] * 4
    assert at(book, "wk_visits.weight") == [load().form("visits").field("weight").label("big", lang)] * 4
    assert at(book, "wk_visits.who") == [None] * 4


def test_home_has_a_card_for_the_figure(filled: tuple[str, Book]) -> None:
    assert at(filled[1], "home_figure_visits_big") == [7]


def test_an_older_page_is_filled_as_before(schema: Schema) -> None:
    book = read_book(build_master("zh", schema=schema.of(BASIC)))
    whole = invented("zh")
    with_block = replace(whole, blocks=(FormBlock("visits", [FormLine("BF-1", {"customer": "甲"})]),))
    plan = plan_week(with_block, book.names, book.snapshot, "zh", "R-1", "", schema)
    assert plan == plan_week(whole, book.names, book.snapshot, "zh", "R-1", "", schema.of(BASIC))
    assert plan.edits
    assert plan_home(Home(figures={"visits_big": 7}), book.names, book.snapshot, "zh", schema) == plan_home(
        Home(), book.names, book.snapshot, "zh", schema
    )


def with_columns(folder: Path, *forms: tuple[str, list[str]]) -> list[list[tuple[str, int, int]]]:
    """The bands for forms like the visits with these columns."""
    made: list[dict[str, Any]] = []
    for n, (name, columns) in enumerate(forms):
        form = visits()
        form |= {"id": name, "table": name.title(), "key": {"prefix": f"{name.upper()}-", "width": 3}, "figure": []}
        form["sheet"] = {"zh": f"表{n}", "en": name}
        form["report"]["columns"] = columns
        made.append(form)
    with installed(written(folder, *made)):
        return [[(b.form, b.first, b.last) for b in band] for band in form_bands(load().of((*BASIC, *(name for name, _ in forms))))]


def test_two_small_blocks_share_a_band_and_a_wide_one_has_its_own(tmp_path: Path) -> None:
    small, wide = ["title", "due", "level"], ["title", "unit", "who", "asked", "till", "went", "reply"]
    assert with_columns(tmp_path, ("a", small), ("b", wide), ("c", small), ("d", small)) == [
        [("b", 1, GRID)],
        [("a", 1, 12), ("c", 14, GRID)],
        [("d", 1, 12)],
    ]


def test_columns_stand_side_by_side_over_the_whole_block(schema: Schema) -> None:
    (band,) = form_bands(schema)
    (block,) = band
    assert [c.first for c in block.columns[1:]] == [c.last + 1 for c in block.columns[:-1]]
    assert (block.first, block.last) == (1, 12)
    assert max(block.columns, key=lambda c: c.last - c.first).name == "visits.customer"
