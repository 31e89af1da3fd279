"""Headings nobody listed: read where words and cells say the same, asked about where they do not, else kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sheets_as_typed import only, read

from benchmarks.reading import of_sheets
from benchmarks.reading_sheets import sheets
from collab_xl.read.assignment import best
from collab_xl.read.heading_words import meanings

DAYS = ["2026-10-05", "2026-10-12", "2026-10-19"]
PEOPLE = ["张伟", "李娜", "张伟"]
WORK = ["联调接口方案", "编写用户手册", "部署服务器"]


def sheet(*columns: tuple[str, list[str]]) -> list[list[str]]:
    return [[heading for heading, _ in columns], *(list(row) for row in zip(*(cells for _, cells in columns), strict=True))]


@pytest.mark.parametrize(
    ("heading", "cells", "field"),
    [
        ("最晚完成日期", DAYS, "end"),
        ("落实人员", PEOPLE, "owner"),
        ("办理状态", ["已完成", "进行中", "进行中"], "status"),
        ("主办科室", ["市场部", "研发部", "市场部"], "dept"),
        ("真正完成日期", DAYS, "actual_end"),
    ],
)
def test_words_and_cells_that_agree_are_read(heading: str, cells: list[str], field: str) -> None:
    table = only(read(sheet(("任务名称", WORK), ("开始时间", DAYS), ("备注", ["a", "b", "c"]), (heading, cells))))
    assert table.headings.get(field) == heading


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("最晚完成日期", ["张伟", "李娜", "王强"]),  # its cells are no days
        ("审核人", PEOPLE),  # who approves does not do the work
        ("合同状态", ["已签", "未签", "已签"]),
        ("实际工时", ["3", "5", "8"]),
    ],
)
def test_what_does_not_agree_is_not_read(heading: str, cells: list[str]) -> None:
    table = only(read(sheet(("任务名称", WORK), ("开始时间", DAYS), ("备注", ["a", "b", "c"]), (heading, cells))))
    assert heading in table.extra.values()


def test_two_columns_that_could_be_one_field_are_not_read() -> None:
    table = only(read(sheet(("任务名称", WORK), ("开始时间", DAYS), ("落实人员", PEOPLE), ("实施人员", PEOPLE[::-1]))))
    assert "owner" not in table.columns


def test_names_that_recur_under_an_unknown_heading_are_asked_about() -> None:
    parsed = read(sheet(("任务名称", WORK), ("截止时间", DAYS), ("甲方对口", PEOPLE)))
    assert [(q.found, q.suggestion) for q in parsed.questions] == [("甲方对口", "owner")]


def test_a_result_over_words_of_the_status_is_asked_about() -> None:
    parsed = read(sheet(("任务名称", WORK), ("截止时间", DAYS), ("进展", ["已完成", "已完成", "进行中"])))
    assert [(q.found, q.suggestion) for q in parsed.questions] == [("进展", "status")]


@pytest.mark.parametrize("heading", ["功能", "里程碑", "Milestone"])
def test_what_the_rows_are_about_is_asked_by_its_cells(heading: str) -> None:
    parsed = read(sheet((heading, WORK), ("负责人", PEOPLE), ("开始时间", DAYS), ("结束时间", DAYS)))
    assert parsed.tables or [(q.found, q.suggestion) for q in parsed.questions] == [(heading, "name")]


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [("最晚完成时间", "due"), ("实际上线时间", "finished"), ("提单人", "raiser"), ("问题登记日期", "raised"), ("Person in charge", "owner"),
     ("Target completion", "due"), ("Affected departments", "departments"), ("合同编号", ""), ("付款状态", "")],
)  # fmt: skip
def test_what_words_say(heading: str, meaning: str) -> None:
    assert next(iter(meanings(heading)), "") == meaning


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(1, 5), st.sampled_from("abcde")), st.floats(0.1, 3), max_size=12))
def test_the_assignment_is_the_best_there_is(worth: dict[tuple[int, str], float]) -> None:
    def most(cols: tuple[int, ...], free: frozenset[str]) -> float:
        if not cols:
            return 0.0
        rest = most(cols[1:], free)
        return max([rest, *(worth[cols[0], f] + most(cols[1:], free - {f}) for f in free if (cols[0], f) in worth)])

    chosen = best(worth)
    assert len(set(chosen.values())) == len(chosen)
    assert sum(worth[c, f] for c, f in chosen.items()) == pytest.approx(most((1, 2, 3, 4, 5), frozenset("abcde")))
    assert best(dict(reversed(worth.items()))) == chosen


def test_generated_sheets_are_read_as_the_page_says() -> None:
    """A sixth of `make reading`, with headings nobody looked at."""
    figures = of_sheets("held out", sheets(4711, held_out=True)[:20])
    assert figures.tables["true"] > 10
    assert figures.columns["true"] > 90
    assert figures.tables["found"] + figures.tables["asked"] >= 0.9 * figures.tables["true"]
    assert figures.columns["right"] + figures.columns["asked"] >= 0.85 * figures.columns["true"]
    assert figures.columns["wrong"] <= 0.01 * figures.columns["true"]
    assert figures.questions["most"] <= 5


def test_a_name_alone_is_a_groups_title_where_every_other_row_has_its_id_and_a_day() -> None:
    rows = [
        ["ID", "任务名称", "开始时间", "结束时间"],
        ["", "启动", "", ""],
        ["1", "联调接口方案", DAYS[0], DAYS[1]],
        ["", "收尾", "", ""],
        ["2", "编写用户手册", DAYS[1], DAYS[2]],
    ]
    parsed = read(rows)
    assert list(only(parsed).rows) == [3, 5]
    assert [f.at.row for f in parsed.findings if f.code == "H107" and f.at] == [2, 4]
    rows[2][0] = ""  # a task without its ID: then a name alone may be a task too
    assert list(only(read(rows)).rows) == [2, 3, 4, 5]


def test_a_heading_merged_over_several_columns_is_one_column() -> None:
    rows = [
        ["任务ID", "任务名称", "", "负责人", "意见", ""],
        ["1", "联调接口方案", "", "张伟", "补上", "甲"],
        ["2", "编写用户手册", "", "李娜", "改正", "乙"],
    ]
    parsed = read(rows, merges=("B1:C1", "E1:F1"))
    table = only(parsed)
    assert (table.columns, table.extra) == ({"task_id": 1, "name": 2, "owner": 4}, {5: "意见", 6: "意见"})
    assert "H103" not in {f.code for f in parsed.findings}
    assert "H114" not in {f.code for f in parsed.findings}
